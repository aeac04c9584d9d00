//! The patterns of the rules that watch the watch: what others than root do to the rules, queues, roles and stacks that
//! carry alerts, and to what the organization decides.
//!
//! Names of events are from the API references of the services; names of parameters from their API models, as CloudTrail
//! writes them, with a small letter first. No pattern names a call that is a data event: where a trail logs those, the
//! notifier's own `ReceiveMessage`, `Publish` and `PutLogEvents` would be reported, and reporting them would make more.

use crate::names::Names;
use serde_json::{Value, json};

const API_CALL: &str = "AWS API Call via CloudTrail";
const SET_RULE: [&str; 3] = ["DeleteRule", "DisableRule", "PutRule"];
const SET_TARGETS: [&str; 2] = ["PutTargets", "RemoveTargets"];
const SET_ROLE: [&str; 8] = [
    "AttachRolePolicy",
    "CreateRole",
    "DeleteRole",
    "DeleteRolePolicy",
    "DetachRolePolicy",
    "PutRolePermissionsBoundary",
    "PutRolePolicy",
    "UpdateAssumeRolePolicy",
];
const SET_STACK: [&str; 4] = [
    "CreateChangeSet",
    "DeleteStack",
    "ExecuteChangeSet",
    "UpdateStack",
];
const SET_QUEUE: [&str; 5] = [
    "AddPermission",
    "DeleteQueue",
    "PurgeQueue",
    "RemovePermission",
    "SetQueueAttributes",
];
const SET_TRAIL: [&str; 4] = [
    "DeleteTrail",
    "PutEventSelectors",
    "StopLogging",
    "UpdateTrail",
];
/// What takes accounts out of the organization's hands, or gives them into others'. An ordinary change, such as
/// `AttachPolicy`, is none.
const OF_ORGANIZATION: [&str; 11] = [
    "CloseAccount",
    "DeleteOrganization",
    "DeletePolicy",
    "DeregisterDelegatedAdministrator",
    "DetachPolicy",
    "DisableAWSServiceAccess",
    "DisablePolicyType",
    "EnableAWSServiceAccess",
    "LeaveOrganization",
    "RegisterDelegatedAdministrator",
    "RemoveAccountFromOrganization",
];
/// IAM User Guide, "Centralize root access for member accounts".
const CENTRAL_ROOT_ACCESS: [&str; 2] = [
    "DisableOrganizationsRootCredentialsManagement",
    "DisableOrganizationsRootSessions",
];
const SET_REGION: [&str; 2] = ["DisableRegion", "EnableRegion"];

/// In a spoke: what others than StackSets do to what it forwards by. `role_prefix` is what the roles' names begin with.
///
/// Root's acts on the two rules are taken too, since the rule for root's activity may be gone when they arrive; all else
/// that root does, that rule forwards. IAM's events are recorded in one region, so there it takes the roles of every
/// region, and those of the hub's functions.
pub(crate) fn spoke(deployment: &str, role_prefix: &str) -> Value {
    let rules = json!([
        format!("{deployment}-root-activity"),
        {"wildcard": format!("{deployment}-*tampering")},
    ]);
    // CloudFormation cuts the stack's name for a name within IAM's 64 characters.
    let roles = json!([
        {"wildcard": format!("StackSet-{deployment}*-ForwardRole-*")},
        {"prefix": format!("{role_prefix}{deployment}-spoke-")},
        {"prefix": format!("{role_prefix}{deployment}-notifier-")},
        {"prefix": format!("{role_prefix}{deployment}-selfcheck-")},
        {"prefix": "stacksets-exec-"},
    ]);
    let stacks = json!([
        format!("{deployment}-spoke"),
        {"wildcard": format!("*StackSet-{deployment}-spoke-*")},
        {"wildcard": format!("*/{deployment}-spoke/*")},
    ]);
    let queues = json!([
        {"wildcard": format!("*/{deployment}-spoke-*")},
        {"wildcard": format!("*/StackSet-{deployment}-spoke-*")},
    ]);
    json!({
        "detail-type": [API_CALL],
        "source": [{"prefix": "aws."}],
        "detail": {"userIdentity": {"sessionContext": {"sessionIssuer": {"userName": not_by_stack_sets()}}}},
        "$or": [
            {"detail": named("events", &SET_RULE, "name", &rules)},
            {"detail": named("events", &SET_TARGETS, "rule", &rules)},
            {"detail": {
                "userIdentity": {"type": not_root()},
                "$or": [
                    named("iam", &SET_ROLE, "roleName", &roles),
                    named("cloudformation", &SET_STACK, "stackName", &stacks),
                    named("sqs", &SET_QUEUE, "queueUrl", &queues),
                ],
            }},
        ],
    })
}

/// In a spoke: what others than root do to trails, to the organization, and to an account's regions. What an
/// organization's management account or a delegated administrator does is recorded in that account alone.
pub(crate) fn organization() -> Value {
    json!({
        "detail-type": [API_CALL],
        "source": [{"prefix": "aws."}],
        "detail": {"userIdentity": {
            "type": not_root(),
            "sessionContext": {"sessionIssuer": {"userName": not_by_stack_sets()}},
        }},
        "$or": [
            {"detail": of("organizations", &OF_ORGANIZATION)},
            {"detail": named("organizations", &["MoveAccount"], "sourceParentId", &json!([{"prefix": "ou-"}]))},
            {"detail": of("iam", &CENTRAL_ROOT_ACCESS)},
            {"detail": of("cloudtrail", &SET_TRAIL)},
            {"detail": of("account", &SET_REGION)},
        ],
    })
}

/// On the hub's bus: what the two rules of a spoke forward of others than root. Root's acts are the other rules'.
///
/// By the names of the calls, and of rules by their own too; the notifier looks at all names.
pub(crate) fn forwarded(deployment: &str) -> Value {
    let rules = json!([
        format!("{deployment}-root-activity"),
        {"wildcard": format!("{deployment}-*tampering")},
    ]);
    let of_iam = [&SET_ROLE[..], &CENTRAL_ROOT_ACCESS].concat();
    let of_organizations = [&OF_ORGANIZATION[..], &["MoveAccount"]].concat();
    json!({
        "detail-type": [API_CALL],
        "source": [{"prefix": "aws."}],
        "detail": {"userIdentity": {
            "type": not_root(),
            "sessionContext": {"sessionIssuer": {"type": not_root(), "userName": not_by_stack_sets()}},
        }},
        "$or": [
            {"detail": named("events", &SET_RULE, "name", &rules)},
            {"detail": named("events", &SET_TARGETS, "rule", &rules)},
            {"detail": of("iam", &of_iam)},
            {"detail": of("cloudformation", &SET_STACK)},
            {"detail": of("sqs", &SET_QUEUE)},
            {"detail": of("cloudtrail", &SET_TRAIL)},
            {"detail": of("organizations", &of_organizations)},
            {"detail": of("account", &SET_REGION)},
        ],
    })
}

/// On the default bus of the hub: what anybody does to a part of the hub, but for what [`hub_urgent`] takes. Other rules
/// on the bus, such as a test's, are taken too; the notifier knows them by their names.
pub(crate) fn hub(names: &Names) -> Value {
    on_hub(&[
        on(
            &["PutPermission", "PutRule", "PutTargets", "RemovePermission"],
            "eventBusName",
            &bus(names),
        ),
        on(&["PutRule"], "name", &own_rules(names)),
        on(&["PutTargets"], "rule", &own_rules(names)),
        on(&["UpdateEventBus"], "name", &bus(names)),
        on(
            &[
                "AddPermission",
                "DeleteTopic",
                "RemovePermission",
                "SetTopicAttributes",
            ],
            "topicArn",
            &topics(names),
        ),
        on(
            &["AddPermission", "RemovePermission", "SetQueueAttributes"],
            "queueUrl",
            &queues(names),
        ),
        json!({
            "eventName": [
                {"prefix": "AddPermission"},
                {"prefix": "CreateEventSourceMapping"},
                {"prefix": "RemovePermission"},
                {"prefix": "UpdateFunctionConfiguration"},
            ],
            "requestParameters": {"functionName": functions(names)},
        }),
        json!({
            "eventName": [{"prefix": "UpdateFunctionCode"}],
            "requestParameters": {"functionName": [{"suffix": names.self_check()}]},
        }),
        on(
            &["DeleteLogGroup"],
            "logGroupName",
            &json!([names.log_group(), names.self_check_log()]),
        ),
        on(
            &["PutMetricAlarm", "SetAlarmState"],
            "alarmName",
            &alarms(names),
        ),
    ])
}

/// On the default bus of the hub: what takes a part away, stops it, or replaces what notifies. An alarm counts these,
/// since the notifier itself may be what was taken away.
///
/// A topic that is deleted, a queue or a function that is changed so that it fails, has alarms of its own.
///
/// What rootwatch does in a deployment is not among them, but for a new version of the notifier's code, and the removal of
/// the self-check, of the hub, and of the hub's own spoke. Nor is what `rootwatch test` does: its temporary rules have other
/// names; its temporary subscription has none, so that no rule takes `Subscribe` and `Unsubscribe`.
pub(crate) fn hub_urgent(names: &Names) -> Value {
    on_hub(&[
        on(
            &["DeleteEventBus", "DeleteRule", "DisableRule"],
            "name",
            &bus_and_rules(names),
        ),
        on(&["RemoveTargets"], "rule", &bus_and_rules(names)),
        on(
            &["SetSubscriptionAttributes"],
            "subscriptionArn",
            &subscriptions(names),
        ),
        on(&["DeleteQueue", "PurgeQueue"], "queueUrl", &queues(names)),
        json!({
            "eventName": [
                "DeleteFunction",
                {"prefix": "DeleteFunction2"},
                {"prefix": "PutFunctionConcurrency"},
            ],
            "requestParameters": {"functionName": functions(names)},
        }),
        json!({
            "eventName": [{"prefix": "UpdateFunctionCode"}],
            "requestParameters": {"functionName": notifier(names)},
        }),
        // It is named by an id; the response has the function.
        json!({
            "eventName": [{"prefix": "DeleteEventSourceMapping"}, {"prefix": "UpdateEventSourceMapping"}],
            "responseElements": {"functionArn": notifier(names)},
        }),
        on(
            &["DeleteAlarms", "DisableAlarmActions"],
            "alarmNames",
            &alarms(names),
        ),
    ])
}

fn on_hub(parts: &[Value]) -> Value {
    json!({
        "detail-type": [API_CALL],
        "source": [{"prefix": "aws."}],
        "detail": {"$or": parts},
    })
}

/// These calls of a service.
fn of(service: &str, calls: &[&str]) -> Value {
    json!({"eventSource": [format!("{service}.amazonaws.com")], "eventName": calls})
}

/// Those of which this parameter has one of these values.
fn named(service: &str, calls: &[&str], parameter: &str, values: &Value) -> Value {
    let mut part = of(service, calls);
    part["requestParameters"] = json!({parameter: values});
    part
}

/// The same of whatever service has a call with such a parameter: a pattern has 2,048 characters at the most, and the names
/// in it are long.
fn on(calls: &[&str], parameter: &str, values: &Value) -> Value {
    json!({"eventName": calls, "requestParameters": {parameter: values}})
}

fn not_root() -> Value {
    json!([{"exists": false}, {"anything-but": "Root"}])
}

/// But by the roles by which StackSets with service-managed permissions deploy (CloudFormation User Guide). Anybody who
/// may make roles could take such a name: whoever makes or changes such a role is reported.
fn not_by_stack_sets() -> Value {
    json!([{"exists": false}, {"anything-but": {"prefix": "stacksets-exec-"}}])
}

/// A call names the bus by its name or its ARN.
fn bus(names: &Names) -> Value {
    json!([{"suffix": names.bus()}])
}

/// Those of the default bus.
fn own_rules(names: &Names) -> Value {
    json!([names.self_check(), {"wildcard": format!("{}-hub-*tampering", names.deployment)}])
}

/// The bus and the rules, by their names. One has the name of a rule of the hub's own spoke, too.
fn bus_and_rules(names: &Names) -> Value {
    json!([
        names.bus(),
        names.acts_rule(),
        names.reads_rule(),
        names.heartbeats_rule(),
        names.self_check(),
        names.tampering_rule(),
        {"wildcard": format!("{}-hub-*tampering", names.deployment)},
    ])
}

/// Of a topic's name. One of somebody's own choice may have 256 characters, more than there is room for.
const MOST_OF_NAME: usize = 40;

fn topics(names: &Names) -> Value {
    let each =
        [names.alerts_topic(), names.health_topic()].map(|name| match name.get(..MOST_OF_NAME) {
            Some(begin) => json!({"wildcard": format!("*:{begin}*")}),
            None => json!({"suffix": format!(":{name}")}),
        });
    json!(each)
}

/// The ARN of a subscription is that of its topic, and an id.
fn subscriptions(names: &Names) -> Value {
    let each =
        [names.alerts_topic(), names.health_topic()].map(|name| match name.get(..MOST_OF_NAME) {
            Some(begin) => json!({"wildcard": format!("*:{begin}*")}),
            None => json!({"wildcard": format!("*:{name}:*")}),
        });
    json!(each)
}

fn queues(names: &Names) -> Value {
    let queues = [
        names.acts_queue(),
        names.reads_queue(),
        names.dead_letter_queue(),
    ];
    json!(queues.map(|it| json!({"suffix": format!("/{it}")})))
}

/// By its name or its ARN.
fn notifier(names: &Names) -> Value {
    json!([{"suffix": names.function()}])
}

/// The notifier and the self-check, likewise.
fn functions(names: &Names) -> Value {
    json!([{"suffix": names.function()}, {"suffix": names.self_check()}])
}

/// Alarms begin with the name of the deployment, as others' may; the notifier knows ours by their ends.
fn alarms(names: &Names) -> Value {
    json!([{"prefix": names.alarm("")}])
}

#[cfg(test)]
#[path = "tampering_tests.rs"]
mod tests;
