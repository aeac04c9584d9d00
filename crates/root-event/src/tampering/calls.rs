//! The calls by which alerts can be silenced, by the part that they are about.

use super::{Part, names};
use crate::classify::Activity;
use crate::known::{Known, row};

/// Lambda, whose calls have the version of its API in their names.
pub(super) const LAMBDA: &str = "lambda.";

const fn tampering(
    name: &'static str,
    short: &'static str,
    done: &'static str,
    tried: &'static str,
) -> Known {
    Known {
        short,
        ..row(name, Activity::Tampering, true, done, tried)
    }
}

/// What carries alerts, whoever changes it.
#[rustfmt::skip] // a table reads best with a line a row
pub(super) const PARTS: &[Part] = &[
    // Any trail may be the one that the alerts come from.
    Part { service: "cloudtrail.", carries_alerts: |_| true, calls: &[
        tampering("DeleteTrail", "CloudTrail trail deleted", "deleted a CloudTrail trail", "delete a CloudTrail trail"),
        tampering("PutEventSelectors", "CloudTrail trail changed", "changed what a CloudTrail trail logs", "change what a CloudTrail trail logs"),
        tampering("StopLogging", "CloudTrail trail stopped", "stopped a CloudTrail trail", "stop a CloudTrail trail"),
        tampering("UpdateTrail", "CloudTrail trail changed", "changed a CloudTrail trail", "change a CloudTrail trail"),
    ] },
    Part { service: "events.", carries_alerts: names::is_rule, calls: &[
        tampering("DeleteRule", "Alerting rule deleted", "deleted an alerting rule", "delete an alerting rule"),
        tampering("DisableRule", "Alerting rule disabled", "disabled an alerting rule", "disable an alerting rule"),
        tampering("PutRule", "Alerting rule changed", "changed an alerting rule", "change an alerting rule"),
        tampering("PutTargets", "Alerting rule target set", "set a target of an alerting rule", "set a target of an alerting rule"),
        tampering("RemoveTargets", "Alerting rule target removed", "removed a target of an alerting rule", "remove a target of an alerting rule"),
    ] },
    Part { service: "iam.", carries_alerts: names::is_role, calls: &[
        tampering("AttachRolePolicy", "Alerting role changed", "changed the role that forwards alerts", "change the role that forwards alerts"),
        tampering("DeleteRole", "Alerting role deleted", "deleted the role that forwards alerts", "delete the role that forwards alerts"),
        tampering("DeleteRolePolicy", "Alerting role changed", "changed the role that forwards alerts", "change the role that forwards alerts"),
        tampering("DetachRolePolicy", "Alerting role changed", "changed the role that forwards alerts", "change the role that forwards alerts"),
        tampering("PutRolePermissionsBoundary", "Alerting role changed", "changed the role that forwards alerts", "change the role that forwards alerts"),
        tampering("PutRolePolicy", "Alerting role changed", "changed the role that forwards alerts", "change the role that forwards alerts"),
        tampering("UpdateAssumeRolePolicy", "Alerting role changed", "changed the role that forwards alerts", "change the role that forwards alerts"),
    ] },
    Part { service: "iam.", carries_alerts: names::is_role_of_self_check, calls: &[
        tampering("AttachRolePolicy", "Self-check's role changed", "changed the role of the self-check", "change the role of the self-check"),
        tampering("DeleteRole", "Self-check's role deleted", "deleted the role of the self-check", "delete the role of the self-check"),
        tampering("DeleteRolePolicy", "Self-check's role changed", "changed the role of the self-check", "change the role of the self-check"),
        tampering("DetachRolePolicy", "Self-check's role changed", "changed the role of the self-check", "change the role of the self-check"),
        tampering("PutRolePermissionsBoundary", "Self-check's role changed", "changed the role of the self-check", "change the role of the self-check"),
        tampering("PutRolePolicy", "Self-check's role changed", "changed the role of the self-check", "change the role of the self-check"),
        tampering("UpdateAssumeRolePolicy", "Self-check's role changed", "changed the role of the self-check", "change the role of the self-check"),
    ] },
    // Whoever has such a role is taken for StackSets.
    Part { service: "iam.", carries_alerts: names::is_role_of_stack_sets, calls: &[
        tampering("AttachRolePolicy", "StackSets role changed", "changed a role of CloudFormation StackSets", "change a role of CloudFormation StackSets"),
        tampering("CreateRole", "StackSets role created", "created a role named like those of CloudFormation StackSets", "create a role named like those of CloudFormation StackSets"),
        tampering("DeleteRole", "StackSets role deleted", "deleted a role of CloudFormation StackSets", "delete a role of CloudFormation StackSets"),
        tampering("DeleteRolePolicy", "StackSets role changed", "changed a role of CloudFormation StackSets", "change a role of CloudFormation StackSets"),
        tampering("DetachRolePolicy", "StackSets role changed", "changed a role of CloudFormation StackSets", "change a role of CloudFormation StackSets"),
        tampering("PutRolePolicy", "StackSets role changed", "changed a role of CloudFormation StackSets", "change a role of CloudFormation StackSets"),
        tampering("UpdateAssumeRolePolicy", "StackSets role changed", "changed who may assume a role of CloudFormation StackSets", "change who may assume a role of CloudFormation StackSets"),
    ] },
    Part { service: "cloudformation.", carries_alerts: names::is_stack, calls: &[
        tampering("CreateChangeSet", "Alerting stack change planned", "prepared a change of the stack that forwards alerts", "prepare a change of the stack that forwards alerts"),
        tampering("DeleteStack", "Alerting stack deleted", "deleted the stack that forwards alerts", "delete the stack that forwards alerts"),
        tampering("ExecuteChangeSet", "Alerting stack changed", "changed the stack that forwards alerts", "change the stack that forwards alerts"),
        tampering("UpdateStack", "Alerting stack changed", "changed the stack that forwards alerts", "change the stack that forwards alerts"),
    ] },
    Part { service: "sqs.", carries_alerts: names::is_queue, calls: &[
        tampering("AddPermission", "Alerting queue changed", "changed who may use an alerting queue", "change who may use an alerting queue"),
        tampering("DeleteQueue", "Alerting queue deleted", "deleted an alerting queue", "delete an alerting queue"),
        tampering("PurgeQueue", "Alerting queue emptied", "emptied an alerting queue", "empty an alerting queue"),
        tampering("RemovePermission", "Alerting queue changed", "changed who may use an alerting queue", "change who may use an alerting queue"),
        tampering("SetQueueAttributes", "Alerting queue changed", "changed an alerting queue", "change an alerting queue"),
    ] },
    Part { service: "sns.", carries_alerts: names::is_topic, calls: &[
        tampering("AddPermission", "Alerting topic changed", "changed who may use a topic for alerts", "change who may use a topic for alerts"),
        tampering("DeleteTopic", "Alerting topic deleted", "deleted a topic for alerts", "delete a topic for alerts"),
        tampering("RemovePermission", "Alerting topic changed", "changed who may use a topic for alerts", "change who may use a topic for alerts"),
        tampering("SetSubscriptionAttributes", "Subscriber to alerts changed", "changed a subscription to alerts", "change a subscription to alerts"),
        tampering("SetTopicAttributes", "Alerting topic changed", "changed a topic for alerts", "change a topic for alerts"),
    ] },
    Part { service: LAMBDA, carries_alerts: names::is_function, calls: &[
        tampering("AddPermission", "Notifier's policy changed", "changed who may use the function that notifies", "change who may use the function that notifies"),
        tampering("CreateEventSourceMapping", "Notifier's source added", "added an event source mapping of the function that notifies", "add an event source mapping of the function that notifies"),
        tampering("DeleteEventSourceMapping", "Notifier's source removed", "removed an event source mapping of the function that notifies", "remove an event source mapping of the function that notifies"),
        tampering("DeleteFunction", "Notifier function deleted", "deleted the function that notifies", "delete the function that notifies"),
        tampering("PutFunctionConcurrency", "Notifier function limited", "limited the concurrency of the function that notifies", "limit the concurrency of the function that notifies"),
        tampering("RemovePermission", "Notifier's policy changed", "changed who may use the function that notifies", "change who may use the function that notifies"),
        tampering("UpdateEventSourceMapping", "Notifier's source changed", "changed an event source mapping of the function that notifies", "change an event source mapping of the function that notifies"),
        tampering("UpdateFunctionCode", "Notifier's code replaced", "replaced the code of the function that notifies", "replace the code of the function that notifies"),
        tampering("UpdateFunctionConfiguration", "Notifier function changed", "changed the function that notifies", "change the function that notifies"),
    ] },
    // It would tell that nobody is alerted any more.
    Part { service: LAMBDA, carries_alerts: names::is_self_check, calls: &[
        tampering("AddPermission", "Self-check's policy changed", "changed who may use the self-check", "change who may use the self-check"),
        tampering("DeleteFunction", "Self-check deleted", "deleted the self-check", "delete the self-check"),
        tampering("PutFunctionConcurrency", "Self-check limited", "limited the concurrency of the self-check", "limit the concurrency of the self-check"),
        tampering("RemovePermission", "Self-check's policy changed", "changed who may use the self-check", "change who may use the self-check"),
        tampering("UpdateFunctionCode", "Self-check's code replaced", "replaced the code of the self-check", "replace the code of the self-check"),
        tampering("UpdateFunctionConfiguration", "Self-check changed", "changed the self-check", "change the self-check"),
    ] },
    Part { service: "logs.", carries_alerts: names::is_log_group, calls: &[
        tampering("DeleteLogGroup", "Notifier's log deleted", "deleted the log of the function that notifies", "delete the log of the function that notifies"),
    ] },
    Part { service: "logs.", carries_alerts: names::is_log_group_of_self_check, calls: &[
        tampering("DeleteLogGroup", "Self-check's log deleted", "deleted the log of the self-check", "delete the log of the self-check"),
    ] },
    Part { service: "monitoring.", carries_alerts: names::is_alarm, calls: &[
        tampering("DeleteAlarms", "Alarm on alerting deleted", "deleted an alarm on the path of alerts", "delete an alarm on the path of alerts"),
        tampering("DisableAlarmActions", "Alarm on alerting disabled", "disabled an alarm on the path of alerts", "disable an alarm on the path of alerts"),
        tampering("PutMetricAlarm", "Alarm on alerting changed", "changed an alarm on the path of alerts", "change an alarm on the path of alerts"),
        tampering("SetAlarmState", "Alarm on alerting set", "set the state of an alarm on the path of alerts", "set the state of an alarm on the path of alerts"),
    ] },
];

/// What else root's credentials and alerts depend on: told where somebody other than root changes it.
#[rustfmt::skip] // a table reads best with a line a row
pub(super) const OF_ORGANIZATION: &[Part] = &[
    // The hub's rule takes those of its own bus alone.
    Part { service: "events.", carries_alerts: names::is_bus, calls: &[
        tampering("DeleteEventBus", "Alerting event bus deleted", "deleted the event bus of alerts", "delete the event bus of alerts"),
        tampering("PutPermission", "Alerting event bus changed", "changed who may send to the event bus of alerts", "change who may send to the event bus of alerts"),
        tampering("RemovePermission", "Alerting event bus changed", "changed who may send to the event bus of alerts", "change who may send to the event bus of alerts"),
        tampering("UpdateEventBus", "Alerting event bus changed", "changed the event bus of alerts", "change the event bus of alerts"),
    ] },
    Part { service: "organizations.", carries_alerts: |_| true, calls: &[
        tampering("CloseAccount", "Account closed", "closed an account of the organization", "close an account of the organization"),
        tampering("DeleteOrganization", "Organization deleted", "deleted the organization", "delete the organization"),
        tampering("DeletePolicy", "Organization policy deleted", "deleted a policy of the organization", "delete a policy of the organization"),
        tampering("DeregisterDelegatedAdministrator", "Delegated admin removed", "took the organization's administration from an account", "take the organization's administration from an account"),
        tampering("DetachPolicy", "Organization policy detached", "detached a policy of the organization", "detach a policy of the organization"),
        tampering("DisableAWSServiceAccess", "Trusted access disabled", "disabled a service's access to the organization", "disable a service's access to the organization"),
        tampering("DisablePolicyType", "Organization policies off", "disabled policies of the organization", "disable policies of the organization"),
        tampering("EnableAWSServiceAccess", "Trusted access enabled", "enabled a service's access to the organization", "enable a service's access to the organization"),
        tampering("LeaveOrganization", "Account left the organization", "left the organization", "leave the organization"),
        tampering("MoveAccount", "Account moved to another unit", "moved an account out of its organizational unit", "move an account out of its organizational unit"),
        tampering("RegisterDelegatedAdministrator", "Delegated admin added", "let an account administer a service for the organization", "let an account administer a service for the organization"),
        tampering("RemoveAccountFromOrganization", "Account removed from the org", "removed an account from the organization", "remove an account from the organization"),
    ] },
    // Central root access (IAM User Guide, "Centralize root access for member accounts").
    Part { service: "iam.", carries_alerts: |_| true, calls: &[
        tampering("DisableOrganizationsRootCredentialsManagement", "Central root access disabled", "disabled the central management of root credentials", "disable the central management of root credentials"),
        tampering("DisableOrganizationsRootSessions", "Privileged sessions disabled", "disabled privileged root sessions", "disable privileged root sessions"),
    ] },
    // In a region that was not enabled there is no rule.
    Part { service: "account.", carries_alerts: |_| true, calls: &[
        tampering("DisableRegion", "Region disabled", "disabled a region", "disable a region"),
        tampering("EnableRegion", "Region enabled", "enabled a region", "enable a region"),
    ] },
];
