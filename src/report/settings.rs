//! Settings as text and JSON.

use crate::config::shown::Shown;
use rootwatch_engine::{Session, memory};
use serde::Serialize;

/// Versioned form of the JSON that `settings` prints.
#[derive(Serialize)]
pub(crate) struct Settings<'a> {
    /// `rootwatch.settings/1`.
    schema: &'static str,
    /// The account of this run.
    account: String,
    /// The region of this run.
    region: String,
    /// What of the deployment was found.
    found: &'a [String],
    /// What could not be read, and why.
    unknown: &'a [String],
    /// Every setting, in the order of the file.
    settings: Vec<Setting<'a>>,
}

/// One setting.
#[derive(Serialize)]
struct Setting<'a> {
    /// Its path in the file.
    key: &'a str,
    /// Its value as TOML; absent where it is not set.
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<&'a str>,
    /// Where the value comes from.
    source: String,
}

impl<'a> Settings<'a> {
    /// Of what is given and deployed.
    pub(crate) fn of(session: &Session, all: &'a [Shown], deployed: &'a memory::Deployed) -> Self {
        let names = session.names();
        let setting = |shown: &'a Shown| Setting {
            key: &shown.key,
            value: shown.value.as_deref(),
            source: match &shown.source {
                Some(source) => source.to_string(),
                None => "default".into(),
            },
        };
        Self {
            schema: "rootwatch.settings/1",
            account: names.account,
            region: names.region,
            found: &deployed.found,
            unknown: &deployed.unknown,
            settings: all.iter().map(setting).collect(),
        }
    }

    /// One line a setting: the value as the file would have it, and its source.
    pub(crate) fn text(&self) -> String {
        let wide = |one: &dyn Fn(&Setting<'_>) -> usize| self.settings.iter().map(one).max();
        let key = wide(&|it| it.key.len()).unwrap_or_default();
        let value = |it: &Setting<'_>| it.value.unwrap_or("(not set)").to_owned();
        // A long list would push the sources of all others off the screen.
        let most = wide(&|it| value(it).chars().count())
            .unwrap_or_default()
            .min(40);
        let mut text = String::new();
        for it in &self.settings {
            let (name, value) = (it.key, value(it));
            text.push_str(&format!("{name:key$}  {value:most$}  {}\n", it.source));
        }
        for why in self.unknown {
            text.push_str(&format!("\n{why}\n"));
        }
        if self.found.is_empty() && self.unknown.is_empty() {
            text.push_str(
                "\nNothing of this deployment is here: what is not given has its default.\n",
            );
        }
        text
    }
}
