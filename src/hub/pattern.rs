//! The event patterns of the hub's rules, made from the one pattern that the spokes use.

use rootwatch_root_event::{CANARY_SOURCE, READ_ONLY_THAT_MATTERS};
use serde_json::{Value, json};

/// The pattern of `templates/root-activity.json`.
const ROOT_ACTIVITY: &str = include_str!("../../templates/root-activity.json");

/// Detail-type of the canary.
pub(crate) const CANARY_DETAIL_TYPE: &str = "rootwatch canary";

/// What root did, all of root activity but what CloudTrail marks as read-only and the reads that matter as much; and
/// the canary, which the hub account alone may send.
///
/// `readOnly` is missing from old records and from some sign-ins; what is not surely a read counts as an act.
pub(crate) fn acts() -> Value {
    let mut pattern = root_activity_where(&[
        json!({"readOnly": [false, "false"]}),
        json!({"readOnly": [{"exists": false}]}),
        json!({"readOnly": [null]}),
        json!({"eventName": READ_ONLY_THAT_MATTERS}),
    ]);
    let source = pattern["source"].take();
    if let Some(fields) = pattern.as_object_mut() {
        fields.remove("source");
    }
    if let Some(entries) = pattern["$or"].as_array_mut() {
        for entry in entries.iter_mut() {
            entry["source"] = source.clone();
        }
        entries.push(json!({"source": [CANARY_SOURCE]}));
    }
    if let Some(types) = pattern["detail-type"].as_array_mut() {
        types.push(json!(CANARY_DETAIL_TYPE));
    }
    pattern
}

/// What root only looked at.
///
/// AssumeRoot is an act, and so is not in it.
pub(crate) fn reads() -> Value {
    let mut pattern = root_activity_where(&[json!({
        "readOnly": [true, "true"],
        "eventName": [{"anything-but": READ_ONLY_THAT_MATTERS}],
    })]);
    if let Some(entries) = pattern["$or"].as_array_mut() {
        entries.retain(|entry| entry["detail"]["readOnly"].is_array());
    }
    pattern
}

/// The root activity pattern with its entries for identities split into one for each condition.
fn root_activity_where(conditions: &[Value]) -> Value {
    let mut pattern: Value = serde_json::from_str(ROOT_ACTIVITY).unwrap_or_default();
    let entries = pattern["$or"].as_array().cloned().unwrap_or_default();
    let narrowed = entries.iter().flat_map(|entry| {
        if entry["detail"]["userIdentity"].is_object() {
            conditions
                .iter()
                .map(|condition| with_detail(entry, condition))
                .collect()
        } else {
            vec![entry.clone()]
        }
    });
    pattern["$or"] = narrowed.collect();
    pattern
}

fn with_detail(entry: &Value, condition: &Value) -> Value {
    let mut entry = entry.clone();
    for (key, value) in condition.as_object().into_iter().flatten() {
        entry["detail"][key] = value.clone();
    }
    entry
}

#[cfg(test)]
mod tests {
    use super::*;

    const SPOKE_TEMPLATE: &str = include_str!("../../templates/spoke.yaml");

    fn compact(text: &str) -> String {
        text.chars().filter(|c| !c.is_whitespace()).collect()
    }

    #[test]
    fn the_spoke_template_holds_the_same_pattern() {
        assert!(compact(SPOKE_TEMPLATE).contains(&compact(ROOT_ACTIVITY)));
    }

    #[test]
    fn the_pattern_takes_every_detail_type_that_the_notifier_reads() {
        let pattern: Value = serde_json::from_str(ROOT_ACTIVITY).unwrap();
        for detail_type in rootwatch_root_event::DETAIL_TYPES {
            let types = pattern["detail-type"].as_array().unwrap();
            assert!(types.contains(&json!(detail_type)), "{detail_type}");
        }
    }

    #[test]
    fn acts_and_reads_share_the_root_activity_between_them() {
        let entries = |pattern: Value| pattern["$or"].as_array().unwrap().clone();
        let (acts, reads) = (entries(acts()), entries(reads()));
        // Root users, and sessions that root handed out: four kinds of acts each, one of reads.
        assert_eq!((acts.len(), reads.len()), (2 * 4 + 2, 2));
        assert!(
            acts.iter()
                .take(8)
                .chain(&reads)
                .all(|it| it["detail"]["userIdentity"].is_object())
        );
        assert!(
            acts.iter()
                .take(9)
                .all(|it| it["source"] == json!([{"prefix": "aws."}]))
        );
        assert_eq!(acts[9], json!({"source": ["rootwatch.canary"]}));
    }

    #[test]
    fn an_or_has_two_entries_at_least() {
        // EventBridge takes `$or` with one entry for the name of a field.
        for pattern in [
            acts(),
            reads(),
            serde_json::from_str(ROOT_ACTIVITY).unwrap(),
        ] {
            assert!(pattern["$or"].as_array().unwrap().len() >= 2);
        }
    }

    #[test]
    fn patterns_fit_eventbridge() {
        // EventBridge User Guide, "Quotas": an event pattern has at most 2,048 characters by default.
        for pattern in [
            acts(),
            reads(),
            serde_json::from_str(ROOT_ACTIVITY).unwrap(),
        ] {
            assert!(pattern.to_string().len() <= 2048);
        }
    }
}
