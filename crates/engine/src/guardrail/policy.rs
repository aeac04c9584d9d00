//! The service control policy that keeps a spoke as it is: what it denies, to everybody but StackSets and the roles that
//! stay free. Pure.
//!
//! SCPs bind every principal of a member account, its root user included, and neither the management account nor
//! service-linked roles (Organizations User Guide, "Service control policies"): so StackSets' own service-linked role goes
//! on making the roles `stacksets-exec-*`, by which it works in an account.

use crate::names::Names;
use anyhow::{Result, bail};
use rootwatch_eval::Policy;
use serde_json::{Value, json};

/// Characters of an SCP. AWS allows 10,240 since May 2026 (Organizations User Guide, "Quotas"), and allowed 5,120 before;
/// it is not known of every partition that it has the new quota.
pub const MOST_CHARACTERS: usize = 5_120;

/// Characters that CloudFormation keeps of a stack's name in the name of a role of that stack: what 64 leave beside
/// `-ForwardRole` and a suffix of 14 (IAM API Reference, CreateRole; CloudFormation User Guide, "Name type").
const STACK_IN_ROLE: usize = 64 - "-ForwardRole".len() - 14;

/// A role by which StackSets work in a member account (CloudFormation User Guide, "Grant service-managed permissions").
const STACK_SETS: &str = "stacksets-exec-*";

/// The statements. `free` are roles as the settings have them: names, patterns of names, or ARNs.
pub(super) fn content(names: &Names, free: &[String]) -> Policy {
    let partition = names.partition.name();
    let role = |role: &str| format!("arn:{partition}:iam::*:role/{role}");
    let exempt: Vec<String> = std::iter::once(role(STACK_SETS))
        .chain(free.iter().map(|it| arn_of(it, partition)))
        .collect();
    let unless = json!({"ArnNotLike": {"aws:PrincipalArn": exempt}});
    let stack = format!("StackSet-{}-*", names.stack_set());
    let [tampering, organization] = names.spoke_tampering_rules();
    let rules = [names.spoke_rule(), tampering, organization]
        .map(|it| format!("arn:{partition}:events:*:*:rule/{it}"));
    let denied = |actions: &[&str], resource: Value, condition: Option<&Value>| {
        let mut statement = json!({"Effect": "Deny", "Action": actions, "Resource": resource});
        if let Some(condition) = condition {
            statement["Condition"] = condition.clone();
        }
        statement
    };
    Policy::of([
        ("RootwatchRule", denied(&RULE, json!(rules), Some(&unless))),
        (
            "RootwatchRole",
            denied(
                &ROLE,
                json!([role(&forward_role(names)), role(STACK_SETS)]),
                Some(&unless),
            ),
        ),
        (
            "RootwatchStack",
            denied(
                &STACK,
                json!(format!("arn:{partition}:cloudformation:*:*:stack/{stack}")),
                Some(&unless),
            ),
        ),
        (
            "RootwatchQueue",
            denied(
                &QUEUE,
                json!(format!("arn:{partition}:sqs:*:*:{stack}")),
                Some(&unless),
            ),
        ),
        // What somebody else's StackSet may do to a trail is no reason to exempt StackSets: ours does nothing of it.
        (
            "RootwatchSurroundings",
            denied(&SURROUNDINGS, json!("*"), freed(free, partition).as_ref()),
        ),
    ])
}

/// The document, or why it cannot be one.
pub(super) fn checked(names: &Names, free: &[String]) -> Result<Policy> {
    let policy = content(names, free);
    let length = policy.document().chars().count();
    if length > MOST_CHARACTERS {
        bail!(
            "the service control policy has {length} characters with {} roles that stay free, and AWS takes {MOST_CHARACTERS} everywhere: name fewer of them, or one pattern for several, such as AWSReservedSSO_*",
            free.len()
        );
    }
    Ok(policy)
}

/// The roles that stay free by a policy that was deployed, as ARNs.
pub(super) fn free_of(policy: &Policy) -> Vec<String> {
    let statement = policy.statement("RootwatchRule");
    let exempt = statement.map(|it| &it["Condition"]["ArnNotLike"]["aws:PrincipalArn"]);
    let all = match exempt {
        Some(Value::Array(many)) => many.iter().filter_map(Value::as_str).collect(),
        Some(Value::String(one)) => vec![one.as_str()],
        _ => Vec::new(),
    };
    let is_free = |arn: &&str| !arn.ends_with(&format!(":role/{STACK_SETS}"));
    all.into_iter().filter(is_free).map(str::to_owned).collect()
}

/// What exempts the roles that stay free, where there are any.
fn freed(free: &[String], partition: &str) -> Option<Value> {
    let arns: Vec<String> = free.iter().map(|it| arn_of(it, partition)).collect();
    (!arns.is_empty()).then(|| json!({"ArnNotLike": {"aws:PrincipalArn": arns}}))
}

/// A role as a pattern of ARNs. Those of IAM Identity Center have a path with the region in it (IAM Identity Center User
/// Guide, "Referencing permission sets"); all others are taken to have none where none is given.
fn arn_of(role: &str, partition: &str) -> String {
    match role {
        arn if arn.starts_with("arn:") => arn.to_owned(),
        name if name.starts_with("AWSReservedSSO_") => {
            format!("arn:{partition}:iam::*:role/aws-reserved/sso.amazonaws.com/*{name}")
        }
        name => format!(
            "arn:{partition}:iam::*:role/{}",
            name.trim_start_matches('/')
        ),
    }
}

/// The spokes' role, path and all. CloudFormation names it where no prefix is set, and shortens the stack's name for that.
fn forward_role(names: &Names) -> String {
    let path = names.iam.path().trim_start_matches('/');
    match names.iam.role_prefix.as_str() {
        "" => {
            let stack = format!("StackSet-{}-", names.stack_set());
            let kept: String = stack.chars().take(STACK_IN_ROLE).collect();
            format!("{path}{kept}*")
        }
        prefix => format!("{path}{prefix}{}-*", names.stack_set()),
    }
}

const RULE: [&str; 7] = [
    "events:DeleteRule",
    "events:DisableRule",
    "events:PutRule",
    "events:PutTargets",
    "events:RemoveTargets",
    "events:TagResource",
    "events:UntagResource",
];

const ROLE: [&str; 8] = [
    "iam:Attach*",
    "iam:Create*",
    "iam:Delete*",
    "iam:Detach*",
    "iam:Put*",
    "iam:Tag*",
    "iam:Untag*",
    "iam:Update*",
];

const STACK: [&str; 7] = [
    "cloudformation:CreateChangeSet",
    "cloudformation:DeleteStack",
    "cloudformation:ExecuteChangeSet",
    "cloudformation:RollbackStack",
    "cloudformation:SetStackPolicy",
    "cloudformation:UpdateStack",
    "cloudformation:UpdateTerminationProtection",
];

const QUEUE: [&str; 6] = [
    "sqs:AddPermission",
    "sqs:DeleteMessage",
    "sqs:DeleteQueue",
    "sqs:PurgeQueue",
    "sqs:RemovePermission",
    "sqs:SetQueueAttributes",
];

const SURROUNDINGS: [&str; 7] = [
    "account:DisableRegion",
    "account:EnableRegion",
    "cloudtrail:DeleteTrail",
    "cloudtrail:PutEventSelectors",
    "cloudtrail:StopLogging",
    "cloudtrail:UpdateTrail",
    "organizations:LeaveOrganization",
];

#[cfg(test)]
#[path = "policy_tests.rs"]
mod tests;
