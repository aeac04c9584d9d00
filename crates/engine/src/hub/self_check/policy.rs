//! What the self-check's role may do: read what `status` and `verify` read, send its test event, mail what it found.
//!
//! No statement lets it change anything. Above all it may neither make the temporary queue and rule of `rootwatch test`
//! nor subscribe that queue: `sns:Unsubscribe` knows no resource (Service Authorization Reference, SNS), and who may
//! that can end the subscription of everybody who is notified.

use crate::hub::pattern::CANARY_DETAIL_TYPE;
use crate::names::Names;
use rootwatch_eval::Policy;
use rootwatch_root_event::CANARY_SOURCE;
use serde_json::{Value, json};

/// The policy, for accounts of this organization, and a hub with these KMS keys of one's own and
/// topics of routes.
pub(crate) fn of(names: &Names, org_id: &str, keys: &[String], routes: &[String]) -> Policy {
    let with =
        |policy: Policy, (sid, statement): (&'static str, Value)| policy.with(sid, statement);
    let read_keys = ["kms:DescribeKey", "kms:GetKeyPolicy", "kms:ListGrants"];
    let read_keys = (!keys.is_empty()).then(|| ("ReadKeys", allow(&read_keys, keys)));
    let read_routes = ["sns:GetTopicAttributes"];
    let read_routes = (!routes.is_empty()).then(|| ("ReadRoutes", allow(&read_routes, routes)));
    let all = writes(names)
        .into_iter()
        .chain(of_hub(names))
        .chain(of_spokes(names, org_id))
        .chain(read_keys)
        .chain(read_routes)
        .chain([lists()]);
    all.fold(Policy::default(), with)
}

fn allow(actions: &[&str], resources: &[String]) -> Value {
    json!({"Effect": "Allow", "Action": actions, "Resource": resources})
}

/// Its log, its mails and its test event.
fn writes(names: &Names) -> [(&'static str, Value); 3] {
    let mut test_event = allow(&["events:PutEvents"], &[names.bus_arn()]);
    test_event["Condition"] = json!({
        "ForAllValues:StringEquals": {
            "events:source": [CANARY_SOURCE],
            "events:detail-type": [CANARY_DETAIL_TYPE],
        },
        // A set operator holds for a key that is not there.
        "Null": {"events:source": "false", "events:detail-type": "false"},
    });
    [
        (
            "Log",
            allow(
                &["logs:CreateLogStream", "logs:PutLogEvents"],
                &[format!("{}:*", names.self_check_log_arn())],
            ),
        ),
        (
            "Mail",
            allow(&["sns:Publish"], &[names.topic_arn(&names.health_topic())]),
        ),
        ("TestEvent", test_event),
    ]
}

/// Every resource of the hub by its name.
fn of_hub(names: &Names) -> Vec<(&'static str, Value)> {
    let roles = [names.role_arn(), names.self_check_role_arn()];
    let functions = [names.function_arn(), names.self_check_arn()];
    let logs = [names.log_group_arn(), names.self_check_log_arn()];
    let log_streams: Vec<String> = logs.iter().map(|arn| format!("{arn}:*")).collect();
    let topics = [names.alerts_topic(), names.health_topic()].map(|it| names.topic_arn(&it));
    let queues = [
        names.acts_queue(),
        names.reads_queue(),
        names.dead_letter_queue(),
    ];
    let queues = queues.map(|it| names.queue_arn(&it));
    let on_default_bus = [
        names.hub_tampering_rule(),
        names.hub_urgent_rule(),
        names.self_check(),
    ];
    let on_default_bus = on_default_bus.iter().map(|it| names.default_rule_arn(it));
    let rules: Vec<String> = on_default_bus.chain([names.rule_arn("*")]).collect();
    let (partition, account) = (names.partition.name(), &names.account);
    vec![
        (
            "ReadAlarms",
            allow(
                &["cloudwatch:DescribeAlarms"],
                // Asked for several by their names, CloudWatch looks for the right to all of this region.
                &[names.alarm_arn("*")],
            ),
        ),
        (
            "ReadAlarmTags",
            allow(
                &["cloudwatch:ListTagsForResource"],
                &[names.alarm_arn(&names.alarm("*"))],
            ),
        ),
        (
            "ReadBus",
            allow(
                &["events:DescribeEventBus", "events:ListTagsForResource"],
                &[names.bus_arn()],
            ),
        ),
        (
            "ReadRules",
            allow(
                &[
                    "events:DescribeRule",
                    "events:ListTagsForResource",
                    "events:ListTargetsByRule",
                ],
                &rules,
            ),
        ),
        (
            "ReadFunctions",
            allow(
                &[
                    "lambda:GetFunction",
                    "lambda:GetFunctionUrlConfig",
                    "lambda:GetPolicy",
                    "lambda:ListAliases",
                    "lambda:ListFunctionEventInvokeConfigs",
                    "lambda:ListTags",
                    "lambda:ListVersionsByFunction",
                ],
                &functions,
            ),
        ),
        (
            "ReadLogGroups",
            allow(
                &["logs:DescribeLogGroups"],
                // A search by prefix looks for the right to all groups of this region.
                &[names.arn("logs", "log-group:*")],
            ),
        ),
        ("ReadLogTags", allow(&["logs:ListTagsForResource"], &logs)),
        ("ReadLogs", allow(&["logs:FilterLogEvents"], &log_streams)),
        (
            "ReadPolicies",
            allow(
                &["iam:GetPolicy", "iam:GetPolicyVersion"],
                &[
                    format!("arn:{partition}:iam::{account}:policy/*"),
                    format!("arn:{partition}:iam::aws:policy/*"),
                ],
            ),
        ),
        (
            "ReadQueues",
            allow(&["sqs:GetQueueAttributes", "sqs:ListQueueTags"], &queues),
        ),
        (
            "ReadRoles",
            allow(
                &[
                    "iam:GetRole",
                    "iam:GetRolePolicy",
                    "iam:ListAttachedRolePolicies",
                    "iam:ListRolePolicies",
                ],
                &roles,
            ),
        ),
        (
            "ReadTopics",
            allow(
                &[
                    "sns:GetTopicAttributes",
                    "sns:ListSubscriptionsByTopic",
                    "sns:ListTagsForResource",
                ],
                &topics,
            ),
        ),
    ]
}

/// The organization, and what watches it. An ARN in an organization begins with the management account, and its id is
/// nobody else's.
fn of_spokes(names: &Names, org_id: &str) -> [(&'static str, Value); 5] {
    let (partition, account) = (names.partition.name(), &names.account);
    let region = &names.region;
    let set = names.stack_set();
    [
        (
            "ReadGuardrail",
            allow(
                &[
                    "organizations:DescribePolicy",
                    "organizations:ListTagsForResource",
                    "organizations:ListTargetsForPolicy",
                ],
                &[format!(
                    "arn:{partition}:organizations::*:policy/{org_id}/service_control_policy/*"
                )],
            ),
        ),
        (
            "ReadRegions",
            allow(
                &["account:ListRegions"],
                &[
                    format!("arn:{partition}:account::{account}:account"),
                    format!("arn:{partition}:account::*:account/{org_id}/*"),
                ],
            ),
        ),
        (
            "ReadStackSet",
            allow(
                &[
                    "cloudformation:DescribeStackSet",
                    "cloudformation:DescribeStackSetOperation",
                    "cloudformation:ListStackInstances",
                    "cloudformation:ListStackSetAutoDeploymentTargets",
                    "cloudformation:ListStackSetOperationResults",
                    "cloudformation:ListStackSetOperations",
                ],
                // A delegated administrator's StackSets are the management account's.
                &[format!(
                    "arn:{partition}:cloudformation:{region}:*:stackset/{set}:*"
                )],
            ),
        ),
        (
            "ReadOwnStacks",
            allow(
                &[
                    "cloudformation:DescribeStacks",
                    "cloudformation:GetTemplate",
                ],
                &[format!(
                    "arn:{partition}:cloudformation:*:{account}:stack/{set}/*"
                )],
            ),
        ),
        (
            "ReadTrails",
            allow(
                &["cloudtrail:GetEventSelectors", "cloudtrail:GetTrailStatus"],
                // An organization's trail is the management account's.
                &[format!("arn:{partition}:cloudtrail:*:*:trail/*")],
            ),
        ),
    ]
}

/// Calls that know no resource (Service Authorization Reference), and the lists of Organizations' tree.
fn lists() -> (&'static str, Value) {
    let actions = [
        "cloudformation:DescribeOrganizationsAccess",
        "cloudtrail:DescribeTrails",
        "cloudwatch:GetMetricData",
        "events:ListRules",
        "lambda:ListEventSourceMappings",
        "organizations:DescribeOrganization",
        "organizations:DescribeOrganizationalUnit",
        "organizations:ListAccountsForParent",
        "organizations:ListOrganizationalUnitsForParent",
        "organizations:ListParents",
        "organizations:ListPolicies",
        "organizations:ListRoots",
        "sns:GetSubscriptionAttributes",
    ];
    ("ReadLists", allow(&actions, &["*".to_owned()]))
}
