//! AWS's reason for a failure in few words, and whether two of them are one. Pure.

use crate::words::one_line;

/// What IAM says before the action that it denied (IAM User Guide, "Troubleshoot access denied error messages").
const DENIED: &str = "not authorized to perform: ";
/// The kinds of policies, as it names them.
const POLICIES: [(&str, &str); 6] = [
    ("service control policy", "an SCP"),
    ("resource control policy", "an RCP"),
    ("permissions boundary", "a permissions boundary"),
    ("session policy", "a session policy"),
    ("resource-based policy", "a resource's policy"),
    ("identity-based policy", "an IAM policy"),
];
/// What is as long and has a digit is a name, a region or an id, and differs from place to place.
const SHORTEST_ID: usize = 8;
/// What CloudFormation adds to names.
const SUFFIX: usize = 12;

/// Who denied which action, where the reason says so; else the reason in one line.
#[must_use]
pub fn short(reason: &str) -> String {
    let Some((before, after)) = reason.split_once(DENIED) else {
        return one_line(reason);
    };
    let action = after.split([' ', '"', ')', ',']).next().unwrap_or_default();
    let action = action.trim_end_matches('.');
    let policy = POLICIES.iter().find(|(name, _)| after.contains(name));
    let denied = match policy {
        Some((name, _)) if after.contains(&format!("no {name}")) => {
            format!("{action} is allowed by no {name}")
        }
        Some((_, who)) => format!("{action} denied by {who}"),
        None => format!("{action} denied"),
    };
    // The resource that a stack's own event names.
    match before.split_once(": ") {
        Some((resource, _)) if resource != "User" && !resource.contains([' ', ':']) => {
            format!("{resource}: {denied}")
        }
        _ => denied,
    }
}

/// The reason without what differs from place to place: names with ids, accounts and regions.
#[must_use]
pub fn kind(reason: &str) -> String {
    let mut kind = String::new();
    let is_of_name = |it: char| it.is_ascii_alphanumeric() || it == '-';
    let text = short(reason);
    let mut rest = text.as_str();
    while !rest.is_empty() {
        let end = rest.find(|it| !is_of_name(it)).unwrap_or(rest.len());
        let (name, after) = rest.split_at(end);
        kind.push_str(if is_id(name) { "*" } else { name });
        let next = after.find(is_of_name).unwrap_or(after.len());
        kind.push_str(&after[..next]);
        rest = &after[next..];
    }
    kind
}

fn is_id(name: &str) -> bool {
    let has_digit = name.bytes().any(|it| it.is_ascii_digit());
    let suffix = name.rsplit_once('-').map_or(0, |(_, suffix)| suffix.len());
    (name.len() >= SHORTEST_ID && has_digit) || suffix >= SUFFIX
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_denial_is_the_action_and_the_policy() {
        for (reason, wanted) in [
            (
                "User: arn is not authorized to perform: iam:CreateRole on resource: arn with an explicit deny in a service control policy",
                "iam:CreateRole denied by an SCP",
            ),
            (
                "Role: User: arn is not authorized to perform: iam:CreateRole on resource: arn because no permissions boundary allows the iam:CreateRole action",
                "Role: iam:CreateRole is allowed by no permissions boundary",
            ),
            (
                "You are not authorized to perform: sqs:createqueue.",
                "sqs:createqueue denied",
            ),
            ("Access denied\nby SCP", "Access denied by SCP"),
            ("", ""),
        ] {
            assert_eq!(short(reason), wanted);
        }
    }

    #[test]
    fn reasons_that_differ_in_names_and_places_alone_are_of_one_kind() {
        let alike = |one: &str, other: &str| kind(one) == kind(other);
        assert!(alike(
            "role/StackSet-x-Role-aBcDeFgHiJkL exists in us-east-1",
            "role/StackSet-x-Role-1ABCDEFGHIJKL exists in ap-southeast-2"
        ));
        assert!(alike(
            "Account 333333333333 Region us-east-1: AccountGate check failed (request id 0a1b2c3d-1)",
            "Account 444444444444 Region eu-west-1: AccountGate check failed (request id 9f8e7d6c-2)"
        ));
        assert!(!alike("the limit of roles", "the limit of rules"));
        assert!(!alike("HTTP 500", "HTTP 503"));
        assert!(!alike("Rule: denied", "Role: denied"));
    }
}
