//! Values of a plan as people read them: maps part by part, lists by what differs, policies as sentences.

use rootwatch_engine::{FieldChange, one_line};
use serde_json::{Map, Value};
use std::collections::BTreeSet;

/// Other values than policies are cut at this many characters, unless all is asked for.
const LONGEST_VALUE: usize = 100;

/// A change of a field, a line for each part of it that differs.
pub(super) fn changed(change: &FieldChange, verbose: bool) -> Vec<String> {
    let mut parts = Vec::new();
    split(
        &change.field,
        change.old.as_ref(),
        change.new.as_ref(),
        &mut parts,
    );
    let source = change.source.as_ref().map(|it| format!(" ({it})"));
    let source = source.unwrap_or_default();
    parts
        .into_iter()
        .flat_map(|part| part.changed(verbose))
        .map(|line| line + &source)
        .collect()
}

/// A field that is set for the first time, a line for each part of it.
pub(super) fn set(change: &FieldChange, verbose: bool) -> Vec<String> {
    let mut parts = Vec::new();
    split(&change.field, None, change.new.as_ref(), &mut parts);
    parts
        .into_iter()
        .map(|part| format!("{}: {}", part.path, shown(part.new, verbose)))
        .collect()
}

/// One value, or the change of one, that is shown as a whole.
struct Part<'a> {
    path: String,
    old: Option<&'a Value>,
    new: Option<&'a Value>,
}

impl Part<'_> {
    fn changed(&self, verbose: bool) -> Vec<String> {
        let path = &self.path;
        if let (Some(Value::Array(old)), Some(Value::Array(new))) = (self.old, self.new) {
            let entry = |sign: &str, it| format!("{path}: {sign} {}", shown(Some(it), verbose));
            let gone = old.iter().filter(|it| !new.contains(it));
            let added = new.iter().filter(|it| !old.contains(it));
            return gone
                .map(|it| entry("-", it))
                .chain(added.map(|it| entry("+", it)))
                .collect();
        }
        let (old, new) = (shown(self.old, verbose), shown(self.new, verbose));
        vec![format!("{path}: {old} -> {new}")]
    }
}

fn split<'a>(
    path: &str,
    old: Option<&'a Value>,
    new: Option<&'a Value>,
    parts: &mut Vec<Part<'a>>,
) {
    let (old, new) = (
        old.filter(|it| !it.is_null()),
        new.filter(|it| !it.is_null()),
    );
    let is_split = |it: Option<&Value>| it.is_none_or(|it| is_map(path, it));
    if old.or(new).is_none() {
        return;
    }
    if !(is_split(old) && is_split(new)) {
        parts.push(Part {
            path: path.to_owned(),
            old,
            new,
        });
        return;
    }
    let keys = |it: Option<&'a Value>| {
        it.and_then(Value::as_object)
            .into_iter()
            .flat_map(Map::keys)
    };
    let all: BTreeSet<&String> = keys(old).chain(keys(new)).collect();
    for key in all {
        let of = |it: Option<&'a Value>| it.and_then(|it| it.get(key));
        split(
            &format!("{path}.{}", one_line(key)),
            of(old),
            of(new),
            parts,
        );
    }
}

/// Whether a value is a map of parts of its own. A statement and an event pattern are read as a whole.
fn is_map(path: &str, value: &Value) -> bool {
    let is_pattern = path.split('.').next() == Some("event_pattern");
    value
        .as_object()
        .is_some_and(|fields| !fields.is_empty() && !fields.contains_key("Effect") && !is_pattern)
}

fn shown(value: Option<&Value>, verbose: bool) -> String {
    match value {
        None | Some(Value::Null) => "(none)".to_owned(),
        Some(Value::Object(fields)) if fields.contains_key("Effect") => statement(fields),
        Some(value) if verbose => value.to_string(),
        Some(value) => shorten(&value.to_string()),
    }
}

fn shorten(text: &str) -> String {
    if text.chars().count() <= LONGEST_VALUE {
        return text.to_owned();
    }
    let start: String = text.chars().take(LONGEST_VALUE).collect();
    format!(
        "{start}… ({} characters; -v shows all)",
        text.chars().count()
    )
}

/// A policy statement as a sentence: who may or may not do what to what, and when.
fn statement(fields: &Map<String, Value>) -> String {
    let mut text = String::new();
    let mut conditions = Vec::new();
    for (field, before) in [
        ("Effect", ""),
        ("Action", " "),
        ("NotAction", " everything but "),
        ("Resource", " on "),
        ("NotResource", " on everything but "),
        ("Principal", " by "),
        ("NotPrincipal", " by everyone but "),
    ] {
        if let Some(value) = fields.get(field) {
            text += before;
            text += &match field {
                "Principal" | "NotPrincipal" => principal(value),
                _ => listed(value, ", "),
            };
        }
    }
    for (operator, keys) in fields
        .get("Condition")
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
    {
        for (key, values) in keys.as_object().into_iter().flatten() {
            conditions.push(condition(operator, key, values));
        }
    }
    if conditions.is_empty() {
        return text;
    }
    format!("{text}, if {}", conditions.join(" and "))
}

fn principal(value: &Value) -> String {
    let Some(kinds) = value.as_object() else {
        return listed(value, ", ");
    };
    let kind = |(kind, who): (&String, &Value)| match (kind.as_str(), who.as_str()) {
        ("AWS", Some("*")) => "anyone".to_owned(),
        _ => listed(who, ", "),
    };
    kinds.iter().map(kind).collect::<Vec<_>>().join(", ")
}

/// `ArnEquals` accepts wildcards as `ArnLike` does (IAM User Guide, "Amazon Resource Name (ARN) condition operators").
fn condition(operator: &str, key: &str, values: &Value) -> String {
    let many = values.as_array().is_some_and(|values| values.len() > 1);
    let has_wildcard = values.to_string().contains(['*', '?']);
    let (key, operator) = match operator.split_once(':') {
        Some(("ForAnyValue", plain)) => (&format!("a value of {key}"), plain),
        Some(("ForAllValues", plain)) => (&format!("every value of {key}"), plain),
        _ => (&key.to_owned(), operator),
    };
    let words = match operator {
        "Null" if values.as_str() == Some("true") => return format!("{key} is absent"),
        "Null" => return format!("{key} is present"),
        "StringLike" | "ArnLike" | "ArnEquals" if has_wildcard => "is like",
        "StringNotLike" | "ArnNotLike" | "ArnNotEquals" if has_wildcard => "is not like",
        "StringEquals" | "StringLike" | "ArnLike" | "ArnEquals" | "Bool" if many => "is one of",
        "StringEquals" | "StringLike" | "ArnLike" | "ArnEquals" | "Bool" => "is",
        "StringNotEquals" | "StringNotLike" | "ArnNotLike" | "ArnNotEquals" if many => {
            "is not one of"
        }
        "StringNotEquals" | "StringNotLike" | "ArnNotLike" | "ArnNotEquals" => "is not",
        other => other,
    };
    format!("{key} {words} {}", listed(values, ", "))
}

fn listed(value: &Value, between: &str) -> String {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), one_line);
    match value {
        Value::Array(many) => many.iter().map(text).collect::<Vec<_>>().join(between),
        one => text(one),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn change(field: &str, old: Value, new: Value) -> FieldChange {
        FieldChange {
            source: None,
            field: field.into(),
            old: Some(old).filter(|it| !it.is_null()),
            new: Some(new).filter(|it| !it.is_null()),
        }
    }

    #[test]
    fn a_statement_is_a_sentence() {
        let deny = json!({
            "Effect": "Deny", "Principal": {"AWS": "*"}, "Action": "events:PutEvents", "Resource": "arn:bus",
            "Condition": {
                "StringEquals": {"events:eventBusInvocation": "false"},
                "StringNotEquals": {"aws:PrincipalAccount": ["1", "2"]},
                "Null": {"events:detail-type": "false"},
                "ArnLike": {"aws:SourceArn": "arn:alarm:*"},
                "DateLessThan": {"aws:CurrentTime": "2030"},
                "ForAnyValue:StringNotLike": {"events:source": ["aws.*", "x"]},
                "ForAllValues:StringEquals": {"aws:TagKeys": "y"},
            },
        });
        assert_eq!(
            changed(&change("policy.X", Value::Null, deny), false),
            [
                "policy.X: (none) -> Deny events:PutEvents on arn:bus by anyone, if \
              events:eventBusInvocation is false and aws:PrincipalAccount is not one of 1, 2 and events:detail-type is present \
              and aws:SourceArn is like arn:alarm:* and aws:CurrentTime DateLessThan 2030 \
              and a value of events:source is not like aws.*, x and every value of aws:TagKeys is y"
            ]
        );
        let allow = json!({"Effect": "Allow", "NotAction": ["a:B", "a:C"], "NotResource": "x", "Principal": {"Service": "s.amazonaws.com"}});
        assert_eq!(
            changed(&change("trust.Y", allow, Value::Null), false),
            [
                "trust.Y: Allow everything but a:B, a:C on everything but x by s.amazonaws.com -> (none)"
            ]
        );
    }

    #[test]
    fn a_map_is_shown_part_by_part() {
        let target = json!({"arn": "arn:x", "retries": {"age": 60}, "input": null});
        assert_eq!(
            changed(&change("targets.it", Value::Null, target.clone()), false),
            [
                "targets.it.arn: (none) -> \"arn:x\"",
                "targets.it.retries.age: (none) -> 60"
            ]
        );
        assert_eq!(
            set(&change("targets.it", Value::Null, target), false),
            ["targets.it.arn: \"arn:x\"", "targets.it.retries.age: 60"]
        );
    }

    #[test]
    fn of_a_list_only_what_differs_is_shown() {
        let (old, new) = (json!(["a", "b", "c"]), json!(["b", "c", "d"]));
        assert_eq!(
            changed(&change("event_pattern.source", old, new), false),
            [
                "event_pattern.source: - \"a\"",
                "event_pattern.source: + \"d\""
            ]
        );
    }

    #[test]
    fn a_new_value_says_where_it_was_given() {
        let mut change = change("retention_in_days", json!(90), json!(365));
        change.source = Some("rootwatch.toml, line 3".into());
        assert_eq!(
            changed(&change, false),
            ["retention_in_days: 90 -> 365 (rootwatch.toml, line 3)"]
        );
    }

    #[test]
    fn a_long_value_is_cut_unless_all_is_asked_for() {
        let long = "x".repeat(200);
        let cut = &set(&change("a", Value::Null, json!(long)), false)[0];
        assert!(cut.ends_with("… (202 characters; -v shows all)"), "{cut}");
        assert!(set(&change("a", Value::Null, json!(long)), true)[0].contains(&long));
    }
}
