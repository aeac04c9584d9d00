//! The event patterns of the hub's rules, made from the one pattern that the spokes use.

use rootwatch_root_event::{CANARY_SOURCE, READ_ONLY_THAT_MATTERS};
use serde_json::{Value, json};

/// The pattern of `templates/root-activity.json`.
const ROOT_ACTIVITY: &str = include_str!("../../../../templates/root-activity.json");

/// Detail-type of the canary.
pub(crate) const CANARY_DETAIL_TYPE: &str = "rootwatch canary";

/// Field of a canary's detail that marks it as a probe: it only has to reach the hub's bus, and nobody is to be
/// notified of it.
pub(crate) const PROBE: &str = "probe";

/// Write events: all root activity but what CloudTrail marks as read-only, with the read-only calls that matter as
/// much; and the canary, when the hub account itself sent it.
///
/// `readOnly` is missing from old records and from some sign-ins; what is not certainly read-only counts as a write
/// event. The envelope's `account` is set by EventBridge, and no sender can choose it: so a spoke's canary invokes
/// nothing here. Nor does one that the hub account sends in its part as a spoke.
pub(crate) fn acts(hub_account: &str) -> Value {
    let mut pattern = root_activity_where(&[
        json!({"readOnly": [false, "false"]}),
        json!({"readOnly": [{"exists": false}]}),
        json!({"readOnly": [null]}),
        json!({"eventName": READ_ONLY_THAT_MATTERS}),
    ]);
    if let Some(entries) = pattern["$or"].as_array_mut() {
        entries.push(json!({
            "source": [CANARY_SOURCE],
            "account": [hub_account],
            "detail": {PROBE: [{"exists": false}]},
        }));
    }
    if let Some(types) = pattern["detail-type"].as_array_mut() {
        types.push(json!(CANARY_DETAIL_TYPE));
    }
    pattern
}

/// Read-only events.
///
/// AssumeRoot is a write event, and so is not in it.
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

/// The root activity pattern without the canary, and with its entries for identities split into one for each condition.
fn root_activity_where(conditions: &[Value]) -> Value {
    let mut pattern = root_activity();
    if let Some(types) = pattern["detail-type"].as_array_mut() {
        types.retain(|it| it != CANARY_DETAIL_TYPE);
    }
    let entries = pattern["$or"].as_array().cloned().unwrap_or_default();
    let narrowed = entries
        .iter()
        .filter(|entry| entry["source"] != json!([CANARY_SOURCE]))
        .flat_map(|entry| {
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

/// The pattern of the spokes' rule.
pub(crate) fn root_activity() -> Value {
    serde_json::from_str(ROOT_ACTIVITY).unwrap_or_default()
}

/// What matches the canaries of one run of `rootwatch test`, whose ids all begin with this.
pub(crate) fn canaries(run: &str) -> Value {
    json!({
        "source": [CANARY_SOURCE],
        "detail-type": [CANARY_DETAIL_TYPE],
        "detail": {"eventID": [{"prefix": run}]},
    })
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

    const SPOKE_TEMPLATE: &str = include_str!("../../../../templates/spoke.yaml");

    fn compact(text: &str) -> String {
        text.chars().filter(|c| !c.is_whitespace()).collect()
    }

    #[test]
    fn the_spoke_template_holds_the_same_pattern() {
        assert!(compact(SPOKE_TEMPLATE).contains(&compact(ROOT_ACTIVITY)));
    }

    #[test]
    fn the_pattern_takes_every_detail_type_that_the_notifier_reads() {
        let pattern = root_activity();
        for detail_type in rootwatch_root_event::DETAIL_TYPES {
            let types = pattern["detail-type"].as_array().unwrap();
            assert!(types.contains(&json!(detail_type)), "{detail_type}");
        }
    }

    #[test]
    fn acts_and_reads_share_the_root_activity_and_only_acts_takes_the_hubs_canary() {
        let entries = |pattern: Value| pattern["$or"].as_array().unwrap().clone();
        let (acts, reads) = (entries(acts("111122223333")), entries(reads()));
        // Root users, and sessions that root handed out: four kinds of write events each, one of read-only events.
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
        assert_eq!(
            acts[9],
            json!({"source": ["rootwatch.canary"], "account": ["111122223333"], "detail": {"probe": [{"exists": false}]}})
        );
    }

    #[test]
    fn an_or_has_two_entries_at_least() {
        // EventBridge accepts `$or` with one entry for the name of a field.
        for pattern in [acts("111122223333"), reads(), root_activity()] {
            assert!(pattern["$or"].as_array().unwrap().len() >= 2);
        }
    }

    #[test]
    fn patterns_fit_eventbridge() {
        // EventBridge User Guide, "Quotas": an event pattern has at most 2,048 characters by default.
        for pattern in [acts("111122223333"), reads(), root_activity()] {
            assert!(pattern.to_string().len() <= 2048);
        }
    }
}
