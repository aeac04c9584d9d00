//! Every JSON body obeys the committed schema. The checker knows the few keywords that the schema uses.

use rootwatch_root_event::{ALERT_SCHEMA, assess, digest, message, parse, unreadable_message};
use serde_json::Value;

use crate::golden::session;
use crate::{context, fixtures};

/// What of `value` does not obey `schema`.
fn violations(value: &Value, schema: &Value, at: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (keyword, rule) in schema.as_object().unwrap() {
        let holds = match keyword.as_str() {
            "type" => has_type(value, rule.as_str().unwrap()),
            "const" => value == rule,
            "enum" => rule.as_array().unwrap().contains(value),
            "maxLength" => value.as_str().unwrap().chars().count() as u64 <= rule.as_u64().unwrap(),
            "required" => rule
                .as_array()
                .unwrap()
                .iter()
                .all(|name| value.get(name.as_str().unwrap()).is_some()),
            "additionalProperties" => value
                .as_object()
                .unwrap()
                .keys()
                .all(|name| schema["properties"].get(name).is_some()),
            "properties" => {
                for (name, inner) in value.as_object().unwrap() {
                    let rule = rule.get(name).into_iter();
                    found.extend(
                        rule.flat_map(|rule| violations(inner, rule, &format!("{at}.{name}"))),
                    );
                }
                true
            }
            "items" => {
                found.extend(
                    value
                        .as_array()
                        .unwrap()
                        .iter()
                        .flat_map(|item| violations(item, rule, at)),
                );
                true
            }
            "$schema" | "$id" | "title" | "description" => true,
            other => panic!("the checker does not know {other}"),
        };
        if !holds {
            found.push(format!("{at}: {keyword} {rule}: {value}"));
        }
    }
    found
}

fn has_type(value: &Value, name: &str) -> bool {
    match name {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "integer" => value.is_i64() || value.is_u64(),
        "boolean" => value.is_boolean(),
        other => panic!("the checker does not know {other}"),
    }
}

pub(crate) fn obeys(json: &Value) {
    let schema: Value = serde_json::from_str(ALERT_SCHEMA).unwrap();
    let found = violations(json, &schema, "message");
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn every_message_obeys_the_schema() {
    for (_, event) in fixtures() {
        obeys(&message(&assess(&event), &context()).json);
    }
    obeys(&digest(&session(), &context()).unwrap().json);
    obeys(&unreadable_message(b"{", &parse(b"{").unwrap_err(), &context()).json);
}

#[test]
fn the_checker_finds_violations() {
    let schema: Value = serde_json::from_str(ALERT_SCHEMA).unwrap();
    let bad = serde_json::json!({ "schema": "rootwatch.alert/2", "surprise": 1, "notes": [3] });
    assert_eq!(violations(&bad, &schema, "message").len(), 4);
}
