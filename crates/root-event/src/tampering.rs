//! Calls that can silence these alerts: on a trail, and on the rule, role and stack by which a spoke forwards.
//!
//! Names of calls and of their parameters are from the API references of CloudTrail, EventBridge, IAM and
//! CloudFormation. What has a name of rootwatch's is known by the end or a part of it, since the deployment's own name
//! may be any.

use crate::classify::Activity;
use crate::known::{Known, row};

/// What such calls are about.
struct Part {
    /// The beginning of `eventSource`.
    service: &'static str,
    /// Whether something of this name carries alerts.
    carries_alerts: fn(&str) -> bool,
    calls: &'static [Known],
}

/// A call that tampers with a part; `about` is the name of what it is about.
pub(crate) fn find(
    name: &str,
    source: Option<&str>,
    about: Option<&str>,
) -> Option<&'static Known> {
    let source = source?;
    let is_it = |part: &&Part| {
        source.starts_with(part.service) && (part.carries_alerts)(about.unwrap_or_default())
    };
    let calls = PARTS.iter().find(is_it)?.calls;
    calls.iter().find(|known| known.name == name)
}

const fn tampering(name: &'static str, done: &'static str, tried: &'static str) -> Known {
    row(name, Activity::Tampering, true, done, tried)
}

const CHANGED_ROLE: &str = "changed the role that forwards alerts";
const CHANGE_ROLE: &str = "change the role that forwards alerts";

#[rustfmt::skip] // a table reads best with a line a row
const PARTS: &[Part] = &[
    // Any trail may be the one that the alerts come from.
    Part { service: "cloudtrail.", carries_alerts: |_| true, calls: &[
        tampering("DeleteTrail", "deleted a CloudTrail trail", "delete a CloudTrail trail"),
        tampering("PutEventSelectors", "changed what a CloudTrail trail logs", "change what a CloudTrail trail logs"),
        tampering("StopLogging", "stopped a CloudTrail trail", "stop a CloudTrail trail"),
        tampering("UpdateTrail", "changed a CloudTrail trail", "change a CloudTrail trail"),
    ] },
    Part { service: "events.", carries_alerts: is_rule, calls: &[
        tampering("DeleteRule", "deleted an alerting rule", "delete an alerting rule"),
        tampering("DisableRule", "disabled an alerting rule", "disable an alerting rule"),
        tampering("PutRule", "changed an alerting rule", "change an alerting rule"),
        tampering("PutTargets", "set a target of an alerting rule", "set a target of an alerting rule"),
        tampering("RemoveTargets", "removed a target of an alerting rule", "remove a target of an alerting rule"),
    ] },
    Part { service: "iam.", carries_alerts: is_of_spoke, calls: &[
        tampering("AttachRolePolicy", CHANGED_ROLE, CHANGE_ROLE),
        tampering("DeleteRole", "deleted the role that forwards alerts", "delete the role that forwards alerts"),
        tampering("DeleteRolePolicy", CHANGED_ROLE, CHANGE_ROLE),
        tampering("DetachRolePolicy", CHANGED_ROLE, CHANGE_ROLE),
        tampering("PutRolePermissionsBoundary", CHANGED_ROLE, CHANGE_ROLE),
        tampering("PutRolePolicy", CHANGED_ROLE, CHANGE_ROLE),
        tampering("UpdateAssumeRolePolicy", CHANGED_ROLE, CHANGE_ROLE),
    ] },
    Part { service: "cloudformation.", carries_alerts: is_of_spoke, calls: &[
        tampering("DeleteStack", "deleted the stack that forwards alerts", "delete the stack that forwards alerts"),
        tampering("UpdateStack", "changed the stack that forwards alerts", "change the stack that forwards alerts"),
    ] },
];

/// The rule of a spoke, and the two of the hub.
fn is_rule(name: &str) -> bool {
    let ends = ["-root-activity", "-acts", "-reads"];
    ends.iter().any(|end| name.ends_with(end))
}

/// What CloudFormation named after a spoke's stack; an ARN has the name in it. In the management account no StackSet made
/// the stack.
fn is_of_spoke(name: &str) -> bool {
    let by_stack_set = name
        .rsplit_once("StackSet-")
        .is_some_and(|(_, rest)| rest.contains("-spoke-"));
    by_stack_set || name.contains("-spoke-ForwardRole-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_carries_alerts_is_tampered_with() {
        for (service, name, about, expected) in [
            ("cloudtrail.amazonaws.com", "StopLogging", Some("any"), true),
            ("cloudtrail.amazonaws.com.cn", "StopLogging", None, true),
            ("cloudtrail.amazonaws.com", "StartLogging", None, false),
            (
                "events.amazonaws.com",
                "PutRule",
                Some("rootwatch-root-activity"),
                true,
            ),
            ("events.amazonaws.com", "PutRule", Some("nightly"), false),
            ("events.amazonaws.com", "PutRule", None, false),
            (
                "iam.amazonaws.com",
                "DeleteRole",
                Some("StackSet-rootwatch-spoke-1f-ForwardRole-2"),
                true,
            ),
            (
                "iam.amazonaws.com",
                "DeleteRole",
                Some("hub-spoke-network"),
                false,
            ),
            (
                "cloudformation.amazonaws.com",
                "DeleteStack",
                Some(
                    "arn:aws:cloudformation:eu-west-1:111122223333:stack/StackSet-rootwatch-spoke-1f/2",
                ),
                true,
            ),
            ("logs.amazonaws.com", "DeleteTrail", None, false),
        ] {
            let found = find(name, Some(service), about);
            assert_eq!(found.is_some(), expected, "{service} {name} {about:?}");
        }
    }
}
