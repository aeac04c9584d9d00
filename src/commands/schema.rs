//! `rootwatch schema`: JSON schemas of what programs read, as they are committed.

use super::Exit;
use crate::cli::{OutputForm, SchemaArgs};
use crate::config::nearest;
use crate::output::Output;
use anyhow::{Result, bail};

/// A file of `templates/`.
macro_rules! template {
    ($name:literal) => {
        include_str!(concat!("../../templates/", $name, ".schema.json"))
    };
}

/// Each with the names that its results carry.
const SCHEMAS: [(&[&str], &str); 19] = [
    (&["adopt/1"], template!("adopt-1")),
    (&["alert/1"], rootwatch_root_event::ALERT_SCHEMA),
    (&["confirm/1"], template!("confirm-1")),
    (&["error/1"], template!("error-1")),
    (&["explain/1"], template!("explain-1")),
    (&["export/1"], template!("export-1")),
    (&["init/1"], template!("init-1")),
    (
        &[
            "plan-guardrail/1",
            "deploy-guardrail/1",
            "teardown-guardrail/1",
        ],
        template!("plan-guardrail-1"),
    ),
    (&["plan-hub/2", "deploy-hub/2"], template!("plan-hub-2")),
    (
        &["plan-spokes/1", "deploy-spokes/1"],
        template!("plan-spokes-1"),
    ),
    (&["policy/1"], template!("policy-1")),
    (&["saved-plan/1"], template!("saved-plan-1")),
    (&["scp/1"], template!("scp-1")),
    (&["self-check/1"], template!("self-check-1")),
    (&["settings/1"], template!("settings-1")),
    (&["status/3"], template!("status-3")),
    (&["teardown/1"], template!("teardown-1")),
    (&["test/3"], template!("test-3")),
    (&["verify/3"], template!("verify-3")),
];

/// Prints one, or the names of all.
pub(super) fn schema(args: &SchemaArgs) -> Result<Exit> {
    let output = Output {
        form: OutputForm::Text,
        verbose: false,
        quiet: false,
    };
    let mut names: Vec<&str> = SCHEMAS
        .iter()
        .flat_map(|(names, _)| *names)
        .copied()
        .collect();
    names.sort_unstable();
    let Some(wanted) = &args.name else {
        output.text(&format!("{}\n", names.join("\n")))?;
        return Ok(Exit::Done);
    };
    let name = wanted.strip_prefix("rootwatch.").unwrap_or(wanted);
    let Some((_, schema)) = SCHEMAS.iter().find(|(names, _)| names.contains(&name)) else {
        let meant = nearest(name, names.iter().copied());
        let meant = meant.map_or_else(String::new, |it| format!(" (did you mean {it}?)"));
        bail!(
            "there is no schema \"{wanted}\"{meant}; there are {}",
            names.join(", ")
        );
    };
    output.text(schema)?;
    Ok(Exit::Done)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::page;
    use serde_json::Value;

    /// Whose result it is: the title without the version.
    fn of(schema: &Value) -> String {
        let title = schema["title"].as_str().unwrap();
        let title = title.split(", version").next().unwrap();
        let title = title.strip_prefix("rootwatch").unwrap_or(title);
        title.trim_start_matches([':', ' ']).to_owned()
    }

    #[test]
    fn the_page_in_docs_has_each_schema_with_its_file() {
        let mut table = String::from("| `schema` | of | file |\n|---|---|---|\n");
        for (names, text) in SCHEMAS {
            let schema: Value = serde_json::from_str(text).unwrap();
            let shown: Vec<String> = names.iter().map(|it| format!("`rootwatch.{it}`")).collect();
            let file = match names[0] {
                "alert/1" => "crates/root-event/schema/alert-1.json".to_owned(),
                name => format!("templates/{}.schema.json", name.replace('/', "-")),
            };
            let (shown, of) = (shown.join(", "), of(&schema));
            table.push_str(&format!("| {shown} | {of} | `{file}` |\n"));
        }
        page::holds("schemas", "schemas", &table);
    }
}
