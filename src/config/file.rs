//! `rootwatch.toml`, as it is written.

use super::{CallAs, Subscription};
use anyhow::{Context, Result};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::Path;

/// Looked for in the working folder when no file is named.
const DEFAULT: &str = "rootwatch.toml";

/// All that the file can say. Keys that are not here are errors.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct File {
    pub(super) name: Option<String>,
    pub(super) profile: Option<String>,
    pub(super) region: Option<String>,
    pub(super) endpoint_url: Option<String>,
    pub(super) org_id: Option<String>,
    pub(super) hub: FileHub,
    pub(super) spokes: FileSpokes,
    pub(super) tags: BTreeMap<String, String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct FileHub {
    pub(super) account: Option<String>,
    pub(super) region: Option<String>,
    pub(super) topic_name: Option<String>,
    pub(super) kms_key: Option<String>,
    pub(super) email: Vec<String>,
    pub(super) subscriptions: Vec<Subscription>,
    pub(super) log_retention_days: Option<i32>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct FileSpokes {
    pub(super) ou: Vec<String>,
    pub(super) regions: Vec<String>,
    pub(super) call_as: Option<CallAs>,
}

impl File {
    /// Reads the named file, or the default one if there is one.
    pub(super) fn read(path: Option<&Path>) -> Result<Self> {
        let path = match path {
            Some(path) => path,
            None if Path::new(DEFAULT).exists() => Path::new(DEFAULT),
            None => return Ok(Self::default()),
        };
        let text = std::fs::read_to_string(path)
            .with_context(|| format!("reading the configuration {}", path.display()))?;
        toml::from_str(&text).with_context(|| format!("in the configuration {}", path.display()))
    }
}
