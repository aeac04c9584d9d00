//! Who may do what on the hub. Every statement names its resources; none is wider than one step of the event's path.

use super::pattern::CANARY_DETAIL_TYPE;
use crate::names::Names;
use crate::settings::Notify;
use rootwatch_eval::Policy;
use rootwatch_root_event::{CANARY_SOURCE, DETAIL_TYPES, HEARTBEAT_DETAIL_TYPE};
use serde_json::json;

/// The statement of the bus's policy that lets the organization in.
pub(crate) const LETS_IN: &str = "RootwatchOrganization";

/// The organization may forward CloudTrail events of AWS's own sources to the bus; nobody may write to it directly but
/// the hub itself.
///
/// A spoke may forward the canary of `rootwatch test` too, and as many as it likes: no rule of the hub takes a canary
/// that came from a spoke, but the one that a test makes for its own ids and removes again.
///
/// Of scheduled events a rule of the hub takes those of the spokes' own rule. The policy cannot say so: a Deny of one
/// detail-type with another source would compare all values of a call, and so refuse alerts that EventBridge forwards
/// in the same call.
///
/// The Denies apply only to what carries an event, which has a detail-type: PutTargets checks this policy when a target is
/// made, and no page of AWS's documentation says which keys exist at that moment. It may look like a direct call, and
/// then one that forbids those would keep every spoke of another region from being made. As conditions of the Allow they
/// could silence everything.
pub(crate) fn event_bus(names: &Names, org_id: &str) -> Policy {
    let mut detail_types: Vec<&str> = DETAIL_TYPES.to_vec();
    detail_types.extend([HEARTBEAT_DETAIL_TYPE, CANARY_DETAIL_TYPE]);
    let statement = |effect: &str, condition: serde_json::Value| {
        json!({
            "Effect": effect,
            "Principal": "*",
            "Action": "events:PutEvents",
            "Resource": names.bus_arn(),
            "Condition": condition,
        })
    };
    Policy::of([
        (
            LETS_IN,
            statement(
                "Allow",
                json!({"StringEquals": {"aws:PrincipalOrgID": org_id}}),
            ),
        ),
        (
            "RootwatchForwardedOnly",
            statement(
                "Deny",
                json!({
                    "Null": {"events:detail-type": "false"},
                    // No page says in which case EventBridge writes it.
                    "StringEqualsIgnoreCase": {"events:eventBusInvocation": "false"},
                    "StringNotEquals": {"aws:PrincipalAccount": names.account},
                }),
            ),
        ),
        (
            "RootwatchCloudTrailOnly",
            statement(
                "Deny",
                json!({
                    "Null": {"events:detail-type": "false"},
                    // The key is a list, for which operators without a set are not defined (IAM User Guide, "Multivalued
                    // context keys"; Service Authorization Reference, EventBridge).
                    "ForAnyValue:StringNotEquals": {"events:detail-type": detail_types},
                }),
            ),
        ),
        (
            "RootwatchAwsOnly",
            statement(
                "Deny",
                json!({
                    "Null": {"events:source": "false"},
                    "ForAnyValue:StringNotLike": {"events:source": ["aws.*", CANARY_SOURCE]},
                }),
            ),
        ),
    ])
}

/// The notifier may publish alerts, and nobody else, even if their own policies allow it.
///
/// The role is named in conditions and not as a principal: SNS refuses a principal that does not exist yet.
pub(super) fn alerts_topic(names: &Names) -> Policy {
    let (partition, account) = (names.partition.name(), &names.account);
    let statement = |effect: &str, principal: serde_json::Value, operator: &str| {
        json!({
            "Effect": effect,
            "Principal": {"AWS": principal},
            "Action": "sns:Publish",
            "Resource": names.topic_arn(&names.alerts_topic()),
            "Condition": {operator: {"aws:PrincipalArn": names.role_arn()}},
        })
    };
    let account_root = json!(format!("arn:{partition}:iam::{account}:root"));
    Policy::of([
        (
            "RootwatchNotifier",
            statement("Allow", account_root, "ArnEquals"),
        ),
        (
            "RootwatchNobodyElse",
            statement("Deny", json!("*"), "ArnNotEquals"),
        ),
    ])
}

/// These alarms may publish to the health topic, and the self-check where there is one, and nobody else, even if their
/// own policies allow it: a made-up mail could say that all is well again.
pub(super) fn health_topic(names: &Names, alarms: &[String], with_self_check: bool) -> Policy {
    let topic = names.topic_arn(&names.health_topic());
    // A caller that is no service's has no source, and a service no ARN of a principal: each key is that of one of them,
    // and who has neither is denied by both.
    let mut others = json!({"aws:SourceArn": alarms});
    if with_self_check {
        others["aws:PrincipalArn"] = names.self_check_role_arn().into();
    }
    let policy = Policy::of([
        (
            "RootwatchAlarms",
            json!({
                "Effect": "Allow",
                "Principal": {"Service": "cloudwatch.amazonaws.com"},
                "Action": "sns:Publish",
                "Resource": topic,
                "Condition": {
                    "ArnEquals": {"aws:SourceArn": alarms},
                    "StringEquals": {"aws:SourceAccount": names.account},
                },
            }),
        ),
        (
            "RootwatchNobodyElse",
            json!({
                "Effect": "Deny",
                "Principal": "*",
                "Action": "sns:Publish",
                "Resource": topic,
                "Condition": {"ArnNotEquals": others},
            }),
        ),
    ]);
    policy.with(
        "RootwatchSelfCheck",
        of_self_check(names, &topic, with_self_check),
    )
}

/// The role is named in a condition and not as a principal: SNS refuses a principal that does not exist yet. Where there
/// is no self-check, the statement denies: one that was there before is kept like those of others, or replaced.
fn of_self_check(names: &Names, topic: &str, is_there: bool) -> serde_json::Value {
    let (partition, account) = (names.partition.name(), &names.account);
    json!({
        "Effect": if is_there { "Allow" } else { "Deny" },
        "Principal": {"AWS": format!("arn:{partition}:iam::{account}:root")},
        "Action": "sns:Publish",
        "Resource": topic,
        "Condition": {"ArnEquals": {"aws:PrincipalArn": names.self_check_role_arn()}},
    })
}

/// The hub's rules may leave here what they could not deliver.
///
/// Without a Deny, as in the two other queues: principals of the hub whose own policies allow it may send, since
/// somebody has to move dead letters back (SQS, `StartMessageMoveTask`), which no condition tells from sending.
pub(super) fn dead_letter_queue(names: &Names) -> Policy {
    let mut arns = vec![names.rule_arn(&names.acts_rule())];
    arns.extend(to_reads(names));
    Policy::of([from_rules(names, &names.dead_letter_queue(), &arns)])
}

/// The rule for root's acts may send here.
pub(super) fn acts_queue(names: &Names) -> Policy {
    let arn = names.rule_arn(&names.acts_rule());
    Policy::of([from_rules(names, &names.acts_queue(), &[arn])])
}

/// The rules for read-only activity, for heartbeats and for tampering may send here.
pub(super) fn reads_queue(names: &Names) -> Policy {
    Policy::of([from_rules(names, &names.reads_queue(), &to_reads(names))])
}

/// The ARNs of the rules whose events may wait.
pub(crate) fn to_reads(names: &Names) -> [String; 5] {
    [
        names.rule_arn(&names.reads_rule()),
        names.rule_arn(&names.heartbeats_rule()),
        names.rule_arn(&names.tampering_rule()),
        names.default_rule_arn(&names.hub_tampering_rule()),
        names.default_rule_arn(&names.hub_urgent_rule()),
    ]
}

fn from_rules(names: &Names, queue: &str, rules: &[String]) -> (&'static str, serde_json::Value) {
    (
        "RootwatchRules",
        json!({
            "Effect": "Allow",
            "Principal": {"Service": "events.amazonaws.com"},
            "Action": "sqs:SendMessage",
            "Resource": names.queue_arn(queue),
            "Condition": {"ArnEquals": {"aws:SourceArn": rules}},
        }),
    )
}

/// What the notifier's role may do besides, while a rule invokes the notifier itself: Lambda leaves what failed to the
/// end in the dead-letter queue by that role.
pub(super) fn keep_what_failed(names: &Names) -> (&'static str, serde_json::Value) {
    (
        "KeepWhatFailed",
        json!({
            "Effect": "Allow",
            "Action": ["sqs:SendMessage"],
            "Resource": names.queue_arn(&names.dead_letter_queue()),
        }),
    )
}

/// Only Lambda may assume the role.
///
/// Without `aws:SourceAccount`: only who may pass the role can give it to a function, and that ends at the account.
/// Without `aws:SourceArn`: Lambda checks the trust when the function is made, before the function has an ARN to send.
pub(super) fn notifier_trust() -> Policy {
    Policy::of([(
        "RootwatchLambda",
        json!({
            "Effect": "Allow",
            "Principal": {"Service": "lambda.amazonaws.com"},
            "Action": "sts:AssumeRole",
        }),
    )])
}

/// What the notifier may do: log, publish alerts, read its queues, and ask for the names of the organization's accounts;
/// where the settings name units, also which of them those are in, and to publish to the topics of routes.
pub(super) fn notifier(
    names: &Names,
    org_id: &str,
    topic_key: Option<&str>,
    queue_key: Option<&str>,
    notify: &Notify,
) -> Policy {
    let of_organization = |kind: &str| {
        let partition = names.partition.name();
        format!("arn:{partition}:organizations::*:{kind}/{org_id}/*")
    };
    let allow = |actions: &[&str], resource: String| json!({"Effect": "Allow", "Action": actions, "Resource": resource});
    let policy = Policy::of([
        (
            "Log",
            allow(
                &["logs:CreateLogStream", "logs:PutLogEvents"],
                // CreateLogStream asks for the group, PutLogEvents for a stream of it.
                format!("{}:*", names.log_group_arn()),
            ),
        ),
        (
            "Publish",
            allow(&["sns:Publish"], names.topic_arn(&names.alerts_topic())),
        ),
        (
            "ReadQueues",
            json!({
                "Effect": "Allow",
                "Action": ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"],
                "Resource": [names.queue_arn(&names.acts_queue()), names.queue_arn(&names.reads_queue())],
            }),
        ),
        (
            "AccountNames",
            // An account's ARN begins with the management account, and an organization's id is nobody else's.
            allow(
                &["organizations:DescribeAccount"],
                of_organization("account"),
            ),
        ),
    ]);
    let topics: Vec<String> = notify.routes().into_iter().map(|it| it.topic).collect();
    let policy = match topics.as_slice() {
        [] => policy,
        topics => policy.with(
            "Routes",
            json!({"Effect": "Allow", "Action": "sns:Publish", "Resource": topics}),
        ),
    };
    let policy = match notify.asks_for_units() {
        true => policy.with(
            "Units",
            json!({
                "Effect": "Allow",
                "Action": ["organizations:ListParents"],
                "Resource": [of_organization("account"), of_organization("ou")],
            }),
        ),
        false => policy,
    };
    // A customer managed key needs to be allowed; the AWS managed one allows a service's callers by itself.
    let keys = [
        ("UseTopicKey", "sns", topic_key),
        ("UseQueueKey", "sqs", queue_key),
    ];
    keys.into_iter()
        .fold(policy, |policy, (sid, service, key)| {
            let Some(key) = key else { return policy };
            let mut statement = allow(&["kms:GenerateDataKey*", "kms:Decrypt"], key.to_owned());
            let via = format!(
                "{service}.{}.{}",
                names.region,
                names.partition.dns_suffix()
            );
            statement["Condition"] = json!({"StringEquals": {"kms:ViaService": via}});
            policy.with(sid, statement)
        })
}
