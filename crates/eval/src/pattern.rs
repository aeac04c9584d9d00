//! Whether an event matches an EventBridge pattern, or a message's attributes a subscription's filter policy.
//!
//! Only the operators that rootwatch writes, and the plain ones that people put into filter policies; of any other the
//! answer is that it is unknown. Of the crates there are, `event-ruler` 0.1.0 is an empty placeholder, and `quamina`
//! 0.7.0 has no `$or`, which every pattern here needs, and accepts operators that EventBridge refuses.
//!
//! Source: EventBridge User Guide, "Comparison operators for use in event patterns".

use crate::Answer;
use serde_json::{Map, Value};

/// Whether `event` has everything that `pattern` asks for.
pub fn matches(pattern: &Value, event: &Value) -> Answer {
    match pattern.as_object() {
        Some(fields) if !fields.is_empty() => object(fields, Some(event)),
        _ => Answer::unknown("the pattern is not an object with fields"),
    }
}

fn object(pattern: &Map<String, Value>, event: Option<&Value>) -> Answer {
    if let Some(Value::Array(many)) = event {
        // Of a list of objects, any one may match.
        return Answer::any(many.iter().map(|one| object(pattern, Some(one))));
    }
    Answer::all(pattern.iter().map(|(key, wanted)| {
        let have = event.and_then(|event| event.get(key));
        match (alternatives(key, wanted), wanted) {
            (Some(alternatives), _) => {
                Answer::any(alternatives.iter().map(|one| object(one, event)))
            }
            (None, Value::Object(fields)) => object(fields, have),
            (None, Value::Array(filters)) if !filters.is_empty() => {
                Answer::any(filters.iter().map(|filter| leaf(filter, have)))
            }
            _ => Answer::unknown(format!(
                "\"{key}\" is neither an object nor a list of values"
            )),
        }
    }))
}

/// With one entry, `$or` is the name of a field.
fn alternatives<'a>(key: &str, wanted: &'a Value) -> Option<Vec<&'a Map<String, Value>>> {
    let entries = wanted
        .as_array()
        .filter(|list| key == "$or" && list.len() > 1)?;
    entries.iter().map(Value::as_object).collect()
}

fn leaf(filter: &Value, have: Option<&Value>) -> Answer {
    // An object is not a leaf: to a filter it is absent.
    let have = have.filter(|value| !value.is_object());
    let items: Vec<&Value> = match have {
        None => Vec::new(),
        Some(Value::Array(many)) => many.iter().collect(),
        Some(one) => vec![one],
    };
    let Value::Object(operator) = filter else {
        return Answer::of(items.iter().any(|item| same(filter, item)));
    };
    let mut entries = operator.iter();
    match (entries.next(), entries.next()) {
        (Some((name, value)), None) if name == "exists" => match value.as_bool() {
            Some(wanted) => Answer::of(have.is_some() == wanted),
            None => Answer::unknown("\"exists\" takes true or false"),
        },
        (Some((name, value)), None) => {
            Answer::any(items.iter().map(|item| operation(name, value, item)))
        }
        _ => Answer::unknown("a filter must have exactly one operator"),
    }
}

fn operation(name: &str, value: &Value, item: &Value) -> Answer {
    match (name, value) {
        ("prefix", Value::String(start)) => text(item, |text| text.starts_with(start.as_str())),
        ("suffix", Value::String(end)) => text(item, |text| text.ends_with(end.as_str())),
        ("equals-ignore-case", Value::String(wanted)) => {
            text(item, |text| text.eq_ignore_ascii_case(wanted))
        }
        ("anything-but", Value::Object(inner)) => Answer::all(
            inner
                .iter()
                .map(|(name, value)| operation(name, value, item).negated()),
        ),
        ("anything-but", Value::Array(values)) => {
            Answer::of(!values.iter().any(|value| same(value, item)))
        }
        ("anything-but", value) => Answer::of(!same(value, item)),
        _ => Answer::unknown(format!(
            "the operator \"{name}\" is one that rootwatch does not write"
        )),
    }
}

fn text(item: &Value, test: impl Fn(&str) -> bool) -> Answer {
    Answer::of(item.as_str().is_some_and(test))
}

/// 1 and 1.0 are the same number, "1" and 1 are not the same.
fn same(wanted: &Value, have: &Value) -> bool {
    match (wanted.as_f64(), have.as_f64()) {
        (Some(wanted), Some(have)) => wanted.to_bits() == have.to_bits(),
        _ => wanted == have,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// Pattern, event, and whether they match: the cases of the guide's page for the operators accepted here. The lab's
    /// emulator is asked the same in `tests/verify/patterns.rs`.
    fn cases() -> Vec<(Value, Value, bool)> {
        serde_json::from_str(include_str!("../../../tests/fixtures/patterns.json")).unwrap()
    }

    #[test]
    fn the_guides_cases() {
        for (pattern, event, expected) in cases() {
            assert_eq!(
                matches(&pattern, &event),
                Answer::of(expected),
                "{pattern} {event}"
            );
        }
    }

    #[test]
    fn what_rootwatch_does_not_write_is_never_fine() {
        for pattern in [
            json!({"a": [{"numeric": ["=", 1]}]}),
            json!({"a": [{"wildcard": "*x"}]}),
            json!({"a": [{"cidr": "10.0.0.0/8"}]}),
            json!({"a": [{"prefix": {"equals-ignore-case": "x"}}]}),
            json!({"a": []}),
            json!({"a": "x"}),
            json!({}),
            json!(null),
        ] {
            let answer = matches(&pattern, &json!({"a": "x"}));
            assert!(
                matches!(answer, Answer::Unknown(_)),
                "{pattern}: {answer:?}"
            );
        }
    }

    #[test]
    fn an_or_with_one_entry_is_the_name_of_a_field() {
        let pattern = json!({"$or": [{"exists": false}]});
        assert_eq!(matches(&pattern, &json!({"a": 1})), Answer::Yes);
    }

    #[test]
    fn what_is_not_known_does_not_hide_what_is() {
        let pattern = json!({"a": [{"wildcard": "*"}], "b": ["x"]});
        assert_eq!(matches(&pattern, &json!({"a": "1", "b": "y"})), Answer::No);
    }
}
