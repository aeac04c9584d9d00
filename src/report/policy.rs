//! An IAM policy as text: JSON, HCL or YAML.

use crate::cli::Form;
use anyhow::{Context, Result};
use rootwatch_engine::permissions::{Permissions, READER_ROLE, Statement};
use serde_json::Value;
use std::fmt::Write;

/// The policy in a form.
pub(crate) fn text(made: &Permissions, form: Form) -> Result<String> {
    Ok(match form {
        Form::Json => {
            let json = serde_json::to_string_pretty(&made.policy).context("writing the policy")?;
            format!("{json}\n")
        }
        Form::Hcl => hcl(made),
        Form::Yaml => yaml(made),
        Form::Template => READER_ROLE.to_owned(),
    })
}

/// A text in quotes, as JSON has it, which HCL and YAML read alike but for `${`.
fn quoted(text: &str) -> String {
    Value::String(text.to_owned()).to_string()
}

fn conditions(statement: &Statement) -> Vec<(&String, &String, &Value)> {
    let operators = statement.condition.as_ref().and_then(Value::as_object);
    let keys = |(operator, keys)| {
        let keys: Option<&serde_json::Map<String, Value>> = Value::as_object(keys);
        keys.into_iter()
            .flatten()
            .map(move |(key, value)| (operator, key, value))
    };
    operators.into_iter().flatten().flat_map(keys).collect()
}

fn list(out: &mut String, indent: &str, name: &str, all: impl Iterator<Item = String>) {
    let _ = writeln!(out, "{indent}{name} = [");
    for it in all {
        let _ = writeln!(out, "{indent}  {it},");
    }
    let _ = writeln!(out, "{indent}]");
}

fn hcl(made: &Permissions) -> String {
    let name = made.command.replace(' ', "_");
    let mut out = format!("data \"aws_iam_policy_document\" \"rootwatch_{name}\" {{\n");
    for (at, it) in made.statements.iter().enumerate() {
        if at > 0 {
            out.push('\n');
        }
        if !it.purposes.is_empty() {
            let _ = writeln!(out, "  # {}", it.purposes.join("; "));
        }
        let _ = writeln!(out, "  statement {{\n    sid       = {}", quoted(&it.sid));
        list(
            &mut out,
            "    ",
            "actions  ",
            it.actions.iter().map(|it| quoted(it)),
        );
        list(
            &mut out,
            "    ",
            "resources",
            it.resources.iter().map(|it| quoted(it)),
        );
        for (operator, key, value) in conditions(it) {
            let value = value.as_str().unwrap_or_default();
            let _ = writeln!(
                out,
                "    condition {{\n      test     = {}\n      variable = {}\n      values   = [{}]\n    }}",
                quoted(operator),
                quoted(key),
                quoted(value)
            );
        }
        out.push_str("  }\n");
    }
    out.push_str("}\n");
    out
}

fn yaml(made: &Permissions) -> String {
    let mut out = String::from("Version: \"2012-10-17\"\nStatement:\n");
    for it in &made.statements {
        if !it.purposes.is_empty() {
            let _ = writeln!(out, "  # {}", it.purposes.join("; "));
        }
        let _ = writeln!(out, "  - Sid: {}\n    Effect: Allow\n    Action:", it.sid);
        for action in &it.actions {
            let _ = writeln!(out, "      - {action}");
        }
        out.push_str("    Resource:\n");
        for resource in &it.resources {
            let _ = writeln!(out, "      - {}", quoted(resource));
        }
        let mut last = "";
        for (at, (operator, key, value)) in conditions(it).into_iter().enumerate() {
            if at == 0 {
                out.push_str("    Condition:\n");
            }
            if operator != last {
                let _ = writeln!(out, "      {operator}:");
                last = operator;
            }
            let value = value.as_str().unwrap_or_default();
            let _ = writeln!(out, "        {}: {}", quoted(key), quoted(value));
        }
    }
    out
}
