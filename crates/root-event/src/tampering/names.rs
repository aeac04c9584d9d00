//! Names of what carries alerts, as rootwatch and CloudFormation give them.

use crate::record::OWN_TOPIC;

/// What the log groups of Lambda functions begin with (Lambda Developer Guide).
const LOGS_OF_LAMBDA: &str = "/aws/lambda/";

/// The rules of a spoke and of the hub.
pub(super) fn is_rule(name: &str) -> bool {
    let ends = [
        "-root-activity",
        "-tampering",
        "-acts",
        "-reads",
        "-heartbeats",
        "-selfcheck",
    ];
    ends.iter().any(|end| name.ends_with(end))
}

/// A bus of somebody's own: the hub's has the name of the deployment.
pub(super) fn is_bus(name: &str) -> bool {
    !name.is_empty() && last(name) != "default"
}

/// The role of a spoke, or of the notifier. CloudFormation cuts what it makes names of: of the stack's name, which a
/// StackSet gives, only the beginning may be left.
pub(super) fn is_role(name: &str) -> bool {
    is_of_spoke(name)
        || name.starts_with("StackSet-") && name.contains("-ForwardRole-")
        || ends_in_region(name, "-spoke-")
        || ends_in_region(name, "-notifier-")
}

/// The role of the self-check.
pub(super) fn is_role_of_self_check(name: &str) -> bool {
    ends_in_region(name, "-selfcheck-")
}

/// A role by which StackSets with service-managed permissions deploy: what it does is not reported as tampering.
pub(super) fn is_role_of_stack_sets(name: &str) -> bool {
    name.starts_with("stacksets-exec-")
}

/// The stack of a spoke; an ARN has its name in it.
pub(super) fn is_stack(name: &str) -> bool {
    let of_management = name.ends_with("-spoke") || name.contains("-spoke/");
    of_management || is_of_spoke(name)
}

/// A queue of the hub or of a spoke, by its URL.
pub(super) fn is_queue(url: &str) -> bool {
    let ends = ["-acts", "-reads", "-dead-letters"];
    ends.iter().any(|end| url.ends_with(end))
        || url.contains("-spoke-DeadLetterQueue-")
        || is_of_spoke(url) && url.contains("-DeadLetterQueue-")
}

/// A topic, or a subscription to it, by its ARN.
pub(super) fn is_topic(arn: &str) -> bool {
    let name = arn.split(':').nth(5).unwrap_or(arn);
    arn == OWN_TOPIC || name.ends_with("-alerts") || name.ends_with("-health")
}

/// The notifier, by its name or ARN.
pub(super) fn is_function(name: &str) -> bool {
    name.ends_with("-notifier") || name.contains("-notifier:")
}

/// The notifier's log group.
pub(super) fn is_log_group(name: &str) -> bool {
    name.starts_with(LOGS_OF_LAMBDA) && name.ends_with("-notifier")
}

/// The self-check, by its name or ARN.
pub(super) fn is_self_check(name: &str) -> bool {
    name.ends_with("-selfcheck") || name.contains("-selfcheck:")
}

/// The self-check's log group.
pub(super) fn is_log_group_of_self_check(name: &str) -> bool {
    name.starts_with(LOGS_OF_LAMBDA) && name.ends_with("-selfcheck")
}

/// The hub's alarms.
pub(super) fn is_alarm(name: &str) -> bool {
    let ends = [
        "-acts-failed",
        "-acts-waiting",
        "-dead-letters",
        "-hub-tampering",
        "-no-heartbeats",
        "-not-delivered",
        "-notifier-errors",
        "-reads-failed",
        "-reads-waiting",
        "-selfcheck-errors",
        "-selfcheck-silent",
        "-tampering-failed",
    ];
    ends.iter().any(|end| name.ends_with(end))
}

/// What CloudFormation named after a spoke's stack. In the management account no StackSet made the stack.
fn is_of_spoke(name: &str) -> bool {
    let by_stack_set = name
        .rsplit_once("StackSet-")
        .is_some_and(|(_, rest)| rest.contains("-spoke-"));
    by_stack_set || name.contains("-spoke-ForwardRole-")
}

/// Whether a name ends in this and a region.
fn ends_in_region(name: &str, before: &str) -> bool {
    let Some((_, region)) = name.rsplit_once(before) else {
        return false;
    };
    let parts: Vec<&str> = region.split('-').collect();
    let is_number = |it: &&str| !it.is_empty() && it.bytes().all(|byte| byte.is_ascii_digit());
    parts.len() >= 3 && parts.last().is_some_and(is_number)
}

/// The last part of an ARN, or a name.
fn last(name: &str) -> &str {
    name.rsplit('/').next().unwrap_or(name)
}
