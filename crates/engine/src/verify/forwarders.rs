//! The roles by which spokes forward, as a policy of the bus sees them. Pure.

use crate::names::Names;
use rootwatch_eval::Policy;
use serde_json::Value;
use std::collections::BTreeSet;

/// The roles by which an account may forward: one of the name that CloudFormation gives, or that the settings make, and
/// each that the policy names and that has such a name.
///
/// Source: CloudFormation User Guide, "Name type"; a stack of a StackSet is called `StackSet-<set>-<id>`.
pub(super) fn of(names: &Names, account: &str, named: &BTreeSet<String>) -> Vec<String> {
    let prefix = format!(
        "arn:{}:iam::{account}:role{}",
        names.partition.name(),
        names.iam.path()
    );
    let usual = match names.iam.role_prefix.as_str() {
        "" => format!(
            "StackSet-{}-00000000-ForwardRole-EXAMPLEEXAMPLE",
            names.stack_set()
        ),
        given => format!("{given}{}-spoke-{}", names.deployment, names.region),
    };
    let is_forwarder = |arn: &&String| {
        let is_in_account = arn.split(':').nth(4) == Some(account);
        let name = arn.rsplit('/').next().unwrap_or_default();
        let is_named =
            name.contains("ForwardRole") || name.contains(&format!("{}-spoke", names.deployment));
        is_in_account && is_named
    };
    let named = named.iter().filter(is_forwarder).cloned();
    [format!("{prefix}{usual}")]
        .into_iter()
        .chain(named)
        .collect()
}

/// Every ARN of a role that a policy has, as a principal or in a condition.
pub(super) fn named(policy: &Policy) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (_, statement) in policy.statements() {
        collect(statement, &mut found);
    }
    found
}

fn collect(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::String(text) if text.contains(":role/") && !text.contains('*') => {
            found.insert(text.clone());
        }
        Value::Array(many) => many.iter().for_each(|it| collect(it, found)),
        Value::Object(fields) => fields.values().for_each(|it| collect(it, found)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_roles_that_a_policy_names_and_may_forward_are_found() {
        const SPOKE: &str = "333333333333";
        let role = |name: &str| format!("arn:aws:iam::{SPOKE}:role/{name}");
        let statement = json!({"Effect": "Deny", "Principal": {"AWS": [role("Set-ForwardRole-1"), SPOKE]},
            "Condition": {"ArnLike": {"aws:PrincipalArn": [role("team-rootwatch-spoke-eu-west-1"), role("ForwardRole*")]},
                "StringNotEquals": {"a": role("Admin"), "b": "arn:aws:iam::444444444444:role/x-ForwardRole"}},
            "Resource": "arn:aws:events:eu-west-1:111122223333:event-bus/ForwardRole"});
        let named = named(&Policy::default().with("X", statement));
        assert_eq!(named.len(), 4, "{named:?}");
        let found = of(&Names::sample(), SPOKE, &named);
        let usual = role("StackSet-rootwatch-spoke-00000000-ForwardRole-EXAMPLEEXAMPLE");
        let both = ["Set-ForwardRole-1", "team-rootwatch-spoke-eu-west-1"].map(role);
        assert_eq!(found, [vec![usual], both.to_vec()].concat());
    }
}
