//! Failures of stack instances that pass with time, tried again in the same run.

use super::Location;
use super::operation::{Ended, Failure};
use std::collections::BTreeSet;
use std::time::Duration;

/// Before each further try. Automatic deployment in the unit that an account has left removes its stacks meanwhile, and
/// IAM gets to know the roles that StackSets has just made.
pub(super) const PAUSES: [Duration; 3] = [
    Duration::from_secs(5),
    Duration::from_secs(20),
    Duration::from_secs(60),
];
/// Why an instance is updated once more.
pub(super) const AGAIN: &str = "failed for a reason that passes: tried again";

/// Parts of AWS's reason. Those of StackSets' own roles: terraform-provider-aws, internal/service/cloudformation/errors.go,
/// isRetryableIAMPropagationErr; what their role may not do beyond CloudFormation does not pass. A name that is taken: the
/// account has moved between two units, and the other's stack is still being removed
/// (github.com/aws-cloudformation/cloudformation-coverage-roadmap/issues/2427). A role that is a second old:
/// github.com/aws-samples/aws-ct-vpc-flowlogs/issues/4.
const PASSING: [&str; 7] = [
    "accountgate check failed",
    "role has insufficient",
    "role with trust relationship",
    "security token included in the request is invalid",
    "is not authorized to perform: cloudformation:",
    "already exists",
    "cannot be assumed",
];

/// Where creations and updates failed for such a reason, in the operations from `first` on. Pure.
pub(super) fn passing(operations: &[Ended], first: usize) -> BTreeSet<Location> {
    let made = operations.iter().skip(first);
    made.filter(|ended| !is_deletion(ended))
        .flat_map(|ended| &ended.failures)
        .filter(|failure| passes(failure))
        .map(|failure| Location::of(&failure.account, &failure.region))
        .collect()
}

/// Whether an operation removes: what it could not remove is not tried again.
pub(super) fn is_deletion(ended: &Ended) -> bool {
    ended.action == "DELETE"
}

fn passes(failure: &Failure) -> bool {
    is_passing(&failure.reason, &PASSING)
}

/// Parts of AWS's reason that do not pass within a run, and may in the next: somebody stopped the operation, or there
/// were too many calls at once.
const LATER: [&str; 3] = ["cancelled by user", "rate exceeded", "throttl"];

/// Whether the same run again can help where an instance failed for this reason. Pure.
pub(super) fn can_pass(reason: &str) -> bool {
    is_passing(reason, &PASSING) || is_passing(reason, &LATER)
}

fn is_passing(reason: &str, parts: &[&str]) -> bool {
    let reason = reason.to_lowercase();
    let is_denied = reason.contains("explicit deny");
    !is_denied && parts.iter().any(|part| reason.contains(part))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_passes_is_told_from_what_does_not() {
        for (reason, wanted) in [
            (
                "Account 333333333333 Region eu-west-1: AccountGate check failed",
                true,
            ),
            (
                "Account 3 should have 'stacksets-exec-0a' role with trust relationship to Role 'x'.",
                true,
            ),
            (
                "The security token included in the request is invalid",
                true,
            ),
            (
                "Resource handler returned message: rootwatch-root-activity already exists in stack arn:x",
                true,
            ),
            (
                "User: x is not authorized to perform: iam:CreateRole with an explicit deny in a service control policy",
                false,
            ),
            (
                "User: arn:aws:sts::3:assumed-role/stacksets-exec-0a/x is not authorized to perform: cloudformation:CreateStack on resource: x",
                true,
            ),
            ("The maximum limit of roles is reached", false),
        ] {
            let failure = Failure {
                account: "3".into(),
                name: None,
                region: "eu-west-1".into(),
                status: "FAILED".into(),
                reason: reason.into(),
                hint: None,
                retry: wanted,
            };
            assert_eq!(passes(&failure), wanted, "{reason}");
            assert_eq!(can_pass(reason), wanted, "{reason}");
        }
        assert!(can_pass("Cancelled by user") && can_pass("Rate exceeded"));
    }
}
