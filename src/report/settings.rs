//! Settings as text and JSON.

use crate::config::shown::Shown;
use rootwatch_engine::{Session, Source, memory};
use serde::Serialize;

/// Versioned form of the JSON that `settings` prints.
#[derive(Serialize)]
#[cfg_attr(
    test,
    derive(schemars::JsonSchema),
    schemars(title = "rootwatch settings, version 1")
)]
pub(crate) struct Settings<'a> {
    /// `rootwatch.settings/1`.
    schema: &'static str,
    /// The account of this run.
    account: String,
    /// The region of this run.
    region: String,
    /// What of the deployment was found.
    found: Vec<&'a str>,
    /// What could not be read, and why.
    unknown: &'a [String],
    /// Every setting, in the order of the file.
    settings: Vec<Setting<'a>>,
}

/// One setting.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Setting<'a> {
    /// Its path in the file.
    key: &'a str,
    /// Its value as TOML; absent where it is not set.
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<&'a str>,
    /// Where the value comes from.
    source: String,
    /// What the spokes have, where that is something else than the hub has.
    #[serde(skip_serializing_if = "Option::is_none")]
    spokes: Option<OfSpokes<'a>>,
}

/// The same setting in the spokes.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct OfSpokes<'a> {
    /// Its value as TOML; absent where it is not set.
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<&'a str>,
    /// Where the value comes from.
    source: String,
}

fn words(source: Option<&Source>) -> String {
    source.map_or_else(|| "default".to_owned(), ToString::to_string)
}

/// A line of the text: key, value and source.
type Row<'a> = (&'a str, &'a str, String);

impl<'a> Settings<'a> {
    /// Of what is given and deployed.
    pub(crate) fn of(session: &Session, all: &'a [Shown], deployed: &'a memory::Deployed) -> Self {
        let names = session.names();
        let setting = |shown: &'a Shown| Setting {
            key: &shown.key,
            value: shown.value.as_deref(),
            source: words(shown.source.as_ref()),
            spokes: shown.spokes.as_ref().map(|it| OfSpokes {
                value: it.value.as_deref(),
                source: words(it.source.as_ref()),
            }),
        };
        Self {
            schema: "rootwatch.settings/1",
            account: names.account,
            region: names.region,
            found: deployed.found().collect(),
            unknown: &deployed.unknown,
            settings: all.iter().map(setting).collect(),
        }
    }

    /// One line a setting: the value as the file would have it, and its source. Two where the hub and the spokes differ.
    pub(crate) fn text(&self) -> String {
        let rows: Vec<Row<'_>> = self.settings.iter().flat_map(Setting::rows).collect();
        let width = |texts: &mut dyn Iterator<Item = &str>| {
            let widths = texts.map(|it| it.chars().count());
            widths.max().unwrap_or_default()
        };
        let key = width(&mut rows.iter().map(|row| row.0));
        // A long list would push the sources of all others off the screen.
        let most = width(&mut rows.iter().map(|row| row.1)).min(40);
        let mut text = String::new();
        for (name, value, source) in &rows {
            text.push_str(&format!("{name:key$}  {value:most$}  {source}\n"));
        }
        for why in self.unknown {
            text.push_str(&format!("\n{why}\n"));
        }
        if self.found.is_empty() && self.unknown.is_empty() {
            text.push_str(
                "\nThis deployment does not exist here: settings that are not given have their defaults.\n",
            );
        }
        text
    }
}

impl Setting<'_> {
    fn rows(&self) -> Vec<Row<'_>> {
        const NOT_SET: &str = "(not set)";
        let value = self.value.unwrap_or(NOT_SET);
        let Some(spokes) = &self.spokes else {
            return vec![(self.key, value, self.source.clone())];
        };
        let of_spokes = spokes.value.unwrap_or(NOT_SET);
        vec![
            (self.key, value, format!("{} (hub)", self.source)),
            (self.key, of_spokes, format!("{} (spokes)", spokes.source)),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schema_in_templates_is_of_what_is_printed() {
        crate::schema::holds::<Settings<'_>>(&["settings/1"]);
    }
}
