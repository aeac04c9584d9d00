//! The Terraform state that may list the old parts.

use crate::reference::terraform::{Listed, listed};
use anyhow::{Context, Result};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Terraform's default path of its state.
const DEFAULT: &str = "terraform.tfstate";

/// A state that was found or named, or none.
pub(crate) struct State {
    file: Option<PathBuf>,
    text: String,
    listed: Listed,
    /// Whether somebody named it; one that was found need not belong to this deployment.
    is_named: bool,
}

/// Reads the state that is named, or the one in the working folder.
pub(crate) fn read(given: Option<&Path>) -> Result<State> {
    let file = given.unwrap_or(Path::new(DEFAULT));
    let is_named = given.is_some();
    let mut state = State {
        file: None,
        text: String::new(),
        listed: Listed::default(),
        is_named,
    };
    if is_named || file.exists() {
        let text = std::fs::read_to_string(file);
        state.text =
            text.with_context(|| format!("reading the Terraform state {}", file.display()))?;
        state.file = Some(file.to_owned());
    }
    Ok(state)
}

impl State {
    /// Finds the reference's parts in it. Terraform leaves an empty file behind when it moves a state elsewhere.
    pub(crate) fn listed(mut self, account: &str, regions: &[String]) -> Result<Self> {
        let Some(file) = &self.file else {
            return Ok(self);
        };
        match listed(&self.text, account, regions) {
            Ok(listed) => self.listed = listed,
            Err(error) if self.is_named => {
                return Err(
                    error.context(format!("reading {}; nothing was changed", file.display()))
                );
            }
            Err(_) => self.file = None,
        }
        Ok(self)
    }

    /// Whether one was read.
    pub(crate) fn is_known(&self) -> bool {
        self.file.is_some()
    }

    pub(crate) fn topics(&self) -> &BTreeSet<String> {
        &self.listed.topics
    }

    pub(crate) fn addresses(&self) -> &[String] {
        &self.listed.addresses
    }
}
