//! The event patterns of the hub's rules, made from the one pattern that the spokes use.

use rootwatch_root_event::{
    CANARY_SOURCE, HEARTBEAT_DETAIL_TYPE, HEARTBEAT_SOURCE, READ_ONLY_THAT_MATTERS,
};
use serde_json::{Value, json};

/// The pattern of `templates/root-activity.json`.
const ROOT_ACTIVITY: &str = include_str!("../../../../templates/root-activity.json");

/// Detail-type of the canary.
pub(crate) const CANARY_DETAIL_TYPE: &str = "rootwatch canary";

/// Field of a canary's detail that marks it as a probe: it only has to reach the hub's bus, and nobody is to be
/// notified of it.
pub(crate) const PROBE: &str = "probe";

/// End of the ARN of the task policy that only reads root's credentials (IAM guide, "Perform a privileged task on an AWS
/// Organizations member account").
const AUDIT_POLICY: &str = ":aws:policy/root-task/IAMAuditRootUserCredentials";

/// Write events: all root activity but what CloudTrail marks as read-only, with the read-only calls that matter as
/// much; sessions by `sts:AssumeRoot`, but for those that [`reads`] takes; and the canary, when the hub account itself
/// sent it.
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
        entries.push(assume_root(&[
            ("errorCode", json!([{"exists": false}])),
            (
                "requestParameters",
                task_policy(
                    &json!([{"exists": false}, {"anything-but": {"suffix": AUDIT_POLICY}}]),
                ),
            ),
        ]));
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

/// Read-only events; and of `sts:AssumeRoot`, which is a write event, the calls that were refused and the sessions that
/// only audit: anybody can make thousands of the one, and an audit of a large organization makes as many of the other.
/// They are reported in digests, and the larger batches of this queue make few of them; nor does an alert wait behind
/// them.
///
/// A call that root itself made is with root's own: STS refuses it (STS API, `AssumeRoot`).
pub(crate) fn reads() -> Value {
    let mut pattern = root_activity_where(&[json!({
        "readOnly": [true, "true"],
        "eventName": [{"anything-but": READ_ONLY_THAT_MATTERS}],
    })]);
    if let Some(entries) = pattern["$or"].as_array_mut() {
        let others = (
            "userIdentity",
            json!({"type": others(), "sessionContext": {"sessionIssuer": {"type": others()}}}),
        );
        entries.push(assume_root(&[
            ("errorCode", json!([{"exists": true}])),
            others.clone(),
        ]));
        entries.push(assume_root(&[
            (
                "requestParameters",
                task_policy(&json!([{"suffix": AUDIT_POLICY}])),
            ),
            others,
        ]));
    }
    pattern
}

/// Its entry in the root activity pattern, narrowed by these fields of the record.
fn assume_root(conditions: &[(&str, Value)]) -> Value {
    let pattern = root_activity();
    let mut entries = pattern["$or"].as_array().into_iter().flatten();
    let found = entries.find(|entry| is_assume_root(entry));
    let mut entry = found.cloned().unwrap_or_default();
    for (field, condition) in conditions {
        entry["detail"][field] = condition.clone();
    }
    entry
}

fn is_assume_root(entry: &Value) -> bool {
    entry["detail"]["eventName"] == json!(["AssumeRoot"])
}

/// A type of identity that is not root's.
fn others() -> Value {
    json!([{"exists": false}, {"anything-but": "Root"}])
}

fn task_policy(arn: &Value) -> Value {
    json!({"taskPolicyArn": {"arn": arn}})
}

/// The root activity pattern's entries for identities, one for each condition.
fn root_activity_where(conditions: &[Value]) -> Value {
    let mut pattern = root_activity();
    if let Some(types) = pattern["detail-type"].as_array_mut() {
        types.retain(|it| it != CANARY_DETAIL_TYPE);
    }
    let entries = pattern["$or"].as_array().cloned().unwrap_or_default();
    let narrowed = entries
        .iter()
        .filter(|entry| entry["detail"]["userIdentity"].is_object())
        .flat_map(|entry| {
            conditions
                .iter()
                .map(|condition| with_detail(entry, condition))
        });
    pattern["$or"] = narrowed.collect();
    pattern
}

/// The pattern of the spokes' rule.
pub(crate) fn root_activity() -> Value {
    serde_json::from_str(ROOT_ACTIVITY).unwrap_or_default()
}

/// Heartbeats: what the schedule of the spokes' rule sends, and no other schedule. The rule's ARN has the sender's
/// account and region, and ends in the rule's name (EventBridge User Guide, "Scheduled events").
pub(crate) fn heartbeats(spoke_rule: &str) -> Value {
    json!({
        "source": [HEARTBEAT_SOURCE],
        "detail-type": [HEARTBEAT_DETAIL_TYPE],
        "resources": [{"suffix": format!(":rule/{spoke_rule}")}],
    })
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
    use rootwatch_eval::Answer;
    use rootwatch_eval::pattern::matches;

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
        // Root users, and sessions that root handed out: four kinds of write events each, one of read-only events. AssumeRoot:
        // one kind, and two. The canary.
        assert_eq!((acts.len(), reads.len()), (2 * 4 + 1 + 1, 2 + 2));
        assert!(
            acts.iter()
                .take(8)
                .chain(reads.iter().take(2))
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

    /// What a field of a record may be; none means that there is no such field.
    fn with(record: &mut Value, pointer: &str, value: Option<Value>) {
        let (parent, field) = pointer.rsplit_once('/').unwrap();
        if let (Some(value), Some(parent)) = (value, record.pointer_mut(parent)) {
            parent[field] = value;
        }
    }

    #[test]
    fn each_call_of_assume_root_matches_one_of_the_two_rules() {
        let forms = |of: &[Value]| -> Vec<Option<Value>> {
            let present = of.iter().cloned().map(Some);
            std::iter::once(None).chain(present).collect()
        };
        let audit = "arn:aws:iam::aws:policy/root-task/IAMAuditRootUserCredentials";
        let unlock = "arn:aws:iam::aws:policy/root-task/S3UnlockBucketPolicy";
        let policies = forms(&[
            json!(audit),
            json!(unlock),
            json!(null),
            json!(7),
            json!({"x": audit}),
            json!([unlock, 1]),
        ]);
        let errors = forms(&[json!("AccessDenied"), json!(null)]);
        let types = forms(&[json!("Root"), json!("AssumedRole"), json!(null)]);
        let issuers = forms(&[json!("Root"), json!("Role")]);
        let (acts, reads) = (acts("222222222222"), reads());
        let is = |pattern: &Value, event: &Value| matches(pattern, event) == Answer::Yes;
        let mut to_reads = 0;
        for (policy, error) in policies
            .iter()
            .flat_map(|it| errors.iter().map(move |error| (it, error)))
        {
            for (kind, issuer) in types
                .iter()
                .flat_map(|it| issuers.iter().map(move |issuer| (it, issuer)))
            {
                let mut event = json!({"source": "aws.sts", "detail-type": "AWS API Call via CloudTrail", "account": "333333333333",
                    "detail": {"eventSource": "sts.amazonaws.com", "eventName": "AssumeRoot", "readOnly": false,
                        "userIdentity": {"sessionContext": {"sessionIssuer": {}}}, "requestParameters": {"taskPolicyArn": {}}}});
                with(
                    &mut event,
                    "/detail/requestParameters/taskPolicyArn/arn",
                    policy.clone(),
                );
                with(&mut event, "/detail/errorCode", error.clone());
                with(&mut event, "/detail/userIdentity/type", kind.clone());
                with(
                    &mut event,
                    "/detail/userIdentity/sessionContext/sessionIssuer/type",
                    issuer.clone(),
                );
                let by_root = [kind, issuer].iter().any(|it| **it == Some(json!("Root")));
                let in_digest = !by_root && (error.is_some() || *policy == Some(json!(audit)));
                assert_eq!(
                    (is(&acts, &event), is(&reads, &event)),
                    (!in_digest, in_digest),
                    "{event}"
                );
                to_reads += usize::from(in_digest);
            }
        }
        assert!(to_reads > 0);
    }

    #[test]
    fn what_the_rules_take_for_a_digest_the_notifier_reports_in_one() {
        let text = include_str!("../../../root-event/tests/fixtures/privileged-session-audit.json");
        let event: Value = serde_json::from_str(text).unwrap();
        assert_eq!(matches(&reads(), &event), Answer::Yes);
        let events = rootwatch_root_event::parse(text.as_bytes()).unwrap();
        let decision = rootwatch_root_event::assess(&events[0]).decision;
        assert_eq!(decision, rootwatch_root_event::Decision::Digest);
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
        let heartbeats = heartbeats(&format!("{}-root-activity", "x".repeat(32)));
        for pattern in [acts("111122223333"), reads(), root_activity(), heartbeats] {
            assert!(pattern.to_string().len() <= 2048);
        }
    }
}
