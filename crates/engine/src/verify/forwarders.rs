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
