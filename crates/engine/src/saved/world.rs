//! What a plan was made from, kept so that a later look can say what moved. Pure.

use super::shortened;
use crate::words::count;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::collections::BTreeSet;

/// Fields that are named where one part changed; the rest is counted.
const NAMED: usize = 4;

/// What was read, by part and field, as digests: it says what moved, and keeps nothing that may be a secret.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(transparent)]
pub struct World(BTreeMap<String, BTreeMap<String, String>>);

impl World {
    /// Adds a part. Each field of an object is kept by itself.
    pub(crate) fn add(&mut self, part: impl Into<String>, value: &impl Serialize) {
        let value = serde_json::to_value(value).unwrap_or_default();
        let fields = match value {
            Value::Object(fields) => fields.into_iter().map(|(key, it)| (key, digest(&it))),
            other => return drop(self.0.insert(part.into(), whole(&other))),
        };
        self.0.insert(part.into(), fields.collect());
    }

    /// Adds the parts of another.
    pub(crate) fn extend(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    /// What is otherwise now, each part as a sentence's piece; nothing where nothing moved.
    pub(crate) fn moved(&self, now: &Self) -> Vec<String> {
        let parts: BTreeSet<&String> = self.0.keys().chain(now.0.keys()).collect();
        let moved = parts.into_iter().filter_map(|part| {
            let said = match (self.0.get(part), now.0.get(part)) {
                (None, Some(_)) => "is new".to_owned(),
                (Some(_), None) => "is gone".to_owned(),
                (Some(then), Some(now)) => fields(then, now)?,
                (None, None) => return None,
            };
            // A plan file is written by whoever can write files.
            Some(format!("{} {}", shortened(part), shortened(&said)))
        });
        moved.collect()
    }
}

fn whole(value: &Value) -> BTreeMap<String, String> {
    BTreeMap::from([(String::new(), digest(value))])
}

/// How the fields of one part differ, if they do.
fn fields(then: &BTreeMap<String, String>, now: &BTreeMap<String, String>) -> Option<String> {
    let all: BTreeSet<&String> = then.keys().chain(now.keys()).collect();
    let differing: Vec<&str> = all
        .into_iter()
        .filter(|field| then.get(*field) != now.get(*field))
        .map(String::as_str)
        .collect();
    let named = &differing[..differing.len().min(NAMED)];
    match (differing.len(), named) {
        (0, _) => None,
        (_, [""]) => Some("changed".into()),
        (many, named) if many > NAMED => {
            let more = count(many - NAMED, "more field");
            Some(format!("changed in {} and {more}", named.join(", ")))
        }
        (_, named) => Some(format!("changed in {}", named.join(", "))),
    }
}

/// Of a value's canonical text: the keys of objects in order, wherever they came from.
pub(super) fn digest(value: &Value) -> String {
    let mut text = String::new();
    canonical(value, &mut text);
    let hash = Sha256::digest(text.as_bytes());
    hash[..12]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

fn canonical(value: &Value, text: &mut String) {
    match value {
        Value::Object(fields) => {
            let ordered: BTreeMap<&String, &Value> = fields.iter().collect();
            text.push('{');
            for (key, inner) in ordered {
                text.push_str(&Value::from(key.as_str()).to_string());
                text.push(':');
                canonical(inner, text);
                text.push(',');
            }
            text.push('}');
        }
        Value::Array(all) => {
            text.push('[');
            for inner in all {
                canonical(inner, text);
                text.push(',');
            }
            text.push(']');
        }
        plain => text.push_str(&plain.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn world(parts: &[(&str, Value)]) -> World {
        let mut world = World::default();
        for (part, value) in parts {
            world.add(*part, value);
        }
        world
    }

    #[test]
    fn what_moved_is_named_by_part_and_field() {
        let then = world(&[
            ("topic a", json!({"policy": 1, "tags": {}})),
            ("queue b", json!({"age": 1})),
            ("regions", json!(["x"])),
        ]);
        let now = world(&[
            ("topic a", json!({"policy": 2, "tags": {}, "key": "k"})),
            ("rule c", json!({})),
            ("regions", json!(["x", "y"])),
        ]);
        assert_eq!(then.moved(&then), Vec::<String>::new());
        assert_eq!(
            then.moved(&now),
            [
                "queue b is gone",
                "regions changed",
                "rule c is new",
                "topic a changed in key, policy",
            ]
        );
    }

    #[test]
    fn many_fields_are_counted_and_no_control_character_is_shown() {
        let of = |value: u32| {
            let fields = (0..9).map(|it| (it.to_string(), json!(value)));
            json!(fields.collect::<serde_json::Map<_, _>>())
        };
        let (then, now) = (
            world(&[("\u{1b}[31m", of(1))]),
            world(&[("\u{1b}[31m", of(2))]),
        );
        assert_eq!(
            then.moved(&now),
            [" [31m changed in 0, 1, 2, 3 and 5 more fields"]
        );
    }

    #[test]
    fn the_order_of_keys_is_no_difference_and_no_value_is_kept() {
        let then = world(&[("a", json!({"f": {"x": 1, "y": "secret"}}))]);
        let now = world(&[("a", json!({"f": {"y": "secret", "x": 1}}))]);
        assert_eq!(then, now);
        assert!(!serde_json::to_string(&then).unwrap().contains("secret"));
    }
}
