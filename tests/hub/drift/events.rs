use super::Row;
use crate::intruder::{ACTS, Intruder, policy_with};
use aws_sdk_eventbridge::types::RuleState;
use serde_json::{Value, json};

const PUT_RULE: &[&str] = &["events:PutRule"];
const PUT_TARGETS: &[&str] = &["events:PutTargets"];
const TAG: &[&str] = &["events:TagResource"];

pub(super) fn rows(c: &Intruder) -> Vec<Vec<Row<'_>>> {
    vec![
        bus(c),
        rule(c).into_iter().chain(targets(c)).collect(),
        vec![Row::gone(
            "rule rootwatch-hub-tampering",
            &["events:PutRule", "events:PutTargets"],
            c.delete_default_rule("rootwatch-hub-tampering"),
        )],
    ]
}

fn bus(c: &Intruder) -> Vec<Row<'_>> {
    let id = "event-bus rootwatch";
    let fields = &[
        "policy.RootwatchForwardedOnly",
        "policy.RootwatchOrganization.Condition.StringEquals.aws:PrincipalOrgID",
    ];
    vec![
        Row::new(id, fields, &["events:PutPermission"], async {
            let condition = json!({"StringEquals": {"aws:PrincipalOrgID": "o-somebodyelse"}});
            let change = Some(("Condition", condition));
            let policy = policy_with(&c.bus_policy().await, "RootwatchForwardedOnly", None);
            let policy = policy_with(&policy, "RootwatchOrganization", change);
            c.put_bus_policy(policy).await;
        }),
        Row::new(id, &["tags.team"], TAG, c.tag_event("event-bus/rootwatch")),
    ]
}

/// One property each: any of them alone brings the call.
fn rule(c: &Intruder) -> Vec<Row<'_>> {
    let id = "rule rootwatch-acts";
    let narrower = |pattern: &str| {
        let mut pattern: Value = serde_json::from_str(pattern).unwrap();
        pattern["account"] = json!(["999999999999"]);
        pattern.to_string()
    };
    vec![
        Row::new(
            id,
            &["state"],
            PUT_RULE,
            c.set_state(ACTS, RuleState::Enabled),
        ),
        Row::new(
            id,
            &["description"],
            PUT_RULE,
            c.put_rule(ACTS, |put, _| put.description("mine")),
        ),
        Row::new(
            id,
            &["event_pattern.account"],
            PUT_RULE,
            c.pattern(narrower),
        ),
        Row::new(
            id,
            &["tags.team"],
            TAG,
            c.tag_event("rule/rootwatch/rootwatch-acts"),
        ),
        Row::new(
            id,
            &["state"],
            PUT_RULE,
            c.set_state(ACTS, RuleState::Disabled),
        ),
    ]
}

fn targets(c: &Intruder) -> Vec<Row<'_>> {
    let id = "rule rootwatch-acts";
    let other = c.arn("sqs", "rootwatch-reads");
    let changed = c.put_target(|target| {
        target.arn = other;
        target.dead_letter_config = None;
        target.input = Some("{}".into());
        let policy = target.retry_policy.as_mut().unwrap();
        policy.maximum_event_age_in_seconds = Some(60);
        policy.maximum_retry_attempts = Some(0);
    });
    let fields = &[
        "targets.notifier.arn",
        "targets.notifier.dead_letter_queue",
        "targets.notifier.input",
        "targets.notifier.maximum_event_age",
        "targets.notifier.maximum_retry_attempts",
    ];
    vec![
        Row::new(id, fields, PUT_TARGETS, changed),
        Row::new(
            id,
            &["targets.notifier.input"],
            PUT_TARGETS,
            c.put_target(|target| target.input_path = Some("$.source".into())),
        ),
        Row::new(
            id,
            &["targets.notifier"],
            PUT_TARGETS,
            c.remove_target(ACTS),
        ),
        Row::new(
            id,
            &["targets.copy"],
            &["events:RemoveTargets"],
            c.put_target(|target| target.id = "copy".into()),
        ),
    ]
}
