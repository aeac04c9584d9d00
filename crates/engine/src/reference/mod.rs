//! AWS's published pattern "Monitor IAM root user activity", called the reference here: what of it is there, and what
//! it misses.
//!
//! Its names are fixed. Source: the pattern's Terraform module and StackSet template,
//! <https://github.com/aws-samples/aws-iam-root-user-activity-monitor>. The module can be used once a region, so there
//! may be several hubs in one account.

pub(crate) mod gaps;
pub(crate) mod hub;
mod shape;
pub(crate) mod spokes;
pub(crate) mod subscribers;
pub(crate) mod terraform;

/// The event bus in the hub account.
pub(crate) const BUS: &str = "hub-root-activity";
/// The rule on that bus.
pub(crate) const RULE: &str = "hub-capture-root-activity";
/// The function that the rule invokes.
pub(crate) const FUNCTION: &str = "root-activity-monitor";
/// The function's role.
pub(crate) const ROLE: &str = "LambdaRootAPIMonitorRole";
/// The role's inline policy.
const ROLE_POLICY: &str = "LambdaRootAPIMonitorPolicy";
/// The function's environment variable that holds the topic's ARN.
const TOPIC_VARIABLE: &str = "SNSARN";
/// The statement that lets the rule invoke the function.
const PERMISSION: &str = "AllowExecutionFromEvents";
/// What the topic is called in mails.
const DISPLAY_NAME: &str = "AWS IAM Root User Activity Monitor";
/// The statement that SNS itself puts into a topic's policy.
const DEFAULT_STATEMENT: &str = "__default_statement_ID";
/// The rule that the StackSet makes in a spoke.
const SPOKE_RULE: &str = "RootActivityMonitorRule";
/// The StackSet's one parameter: the hub's account.
const HUB_PARAMETER: &str = "HubAccount";
/// Key of the tag that the bus gets when rootwatch watches all that the StackSets watched, before these go.
pub(crate) const COMPARED_TAG: &str = "rootwatch:adopted";

#[cfg(test)]
fn sample_names() -> crate::names::Names {
    crate::names::Names {
        deployment: BUS.into(),
        account: "222222222222".into(),
        ..crate::names::Names::sample()
    }
}
