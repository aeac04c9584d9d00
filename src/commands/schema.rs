//! `rootwatch schema`: JSON schemas of what programs read, as they are committed.

use super::Exit;
use crate::cli::{OutputForm, SchemaArgs};
use crate::config::nearest;
use crate::output::Output;
use anyhow::{Result, bail};

/// By the names that results carry, in the order of the alphabet. The three results about the guardrail share one.
const SCHEMAS: [(&str, &str); 8] = [
    ("alert/1", rootwatch_root_event::ALERT_SCHEMA),
    (
        "confirm/1",
        include_str!("../../templates/confirm-1.schema.json"),
    ),
    (
        "error/1",
        include_str!("../../templates/error-1.schema.json"),
    ),
    (
        "guardrail/1",
        include_str!("../../templates/guardrail-1.schema.json"),
    ),
    (
        "plan-hub/2",
        include_str!("../../templates/plan-hub-2.schema.json"),
    ),
    (
        "saved-plan/1",
        include_str!("../../templates/saved-plan-1.schema.json"),
    ),
    (
        "self-check/1",
        include_str!("../../templates/self-check-1.schema.json"),
    ),
    (
        "status/3",
        include_str!("../../templates/status-3.schema.json"),
    ),
];

/// Prints one, or the names of all.
pub(super) fn schema(args: &SchemaArgs) -> Result<Exit> {
    let output = Output {
        form: OutputForm::Text,
        verbose: false,
        quiet: false,
    };
    let names = SCHEMAS.map(|(name, _)| name);
    let Some(wanted) = &args.name else {
        output.text(&format!("{}\n", names.join("\n")))?;
        return Ok(Exit::Done);
    };
    let name = wanted.strip_prefix("rootwatch.").unwrap_or(wanted);
    let Some((_, schema)) = SCHEMAS.iter().find(|(it, _)| *it == name) else {
        let meant = nearest(name, names.into_iter());
        let meant = meant.map_or_else(String::new, |it| format!(" (did you mean {it}?)"));
        bail!(
            "there is no schema \"{wanted}\"{meant}; there are {}",
            names.join(", ")
        );
    };
    output.text(schema)?;
    Ok(Exit::Done)
}
