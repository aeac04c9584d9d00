//! What to do about the most frequent failures of stack instances.

use crate::aws::partition::Partition;

/// Parts of AWS's reason by which a service control policy is known.
const SCP: &[&str] = &["service control policy", "scp"];

/// In the region that cannot be left out.
const SCP_IN_SIGN_IN_REGION: &str = "an SCP denies it, and this region cannot be left out, since AWS records root sign-ins there: exempt the roles stacksets-exec-* from the SCP, or let Control Tower govern the region; if the account is new and in quarantine, run the same command again after it";

/// Parts of AWS's reason, any of which is enough, and what to do. The first match wins.
const KNOWN: [(&[&str], &str); 14] = [
    (
        &["hook(s) failed", "hook failed"],
        "a CloudFormation hook refused it, such as a proactive control of Control Tower: the stack's events in that account (`aws cloudformation describe-stack-events`) name the rule; exclude these stacks by the hook's stack filters",
    ),
    (
        &["iam:createrole", "iam:putrolepermissionsboundary"],
        "new roles are denied there, often those without a certain permissions boundary, path or name: give it with --permissions-boundary, --iam-path or --role-prefix, or exempt the roles stacksets-exec-*",
    ),
    (
        &["not attachable"],
        "the permissions boundary must exist as a policy in that account, with the same name and path: make it there first",
    ),
    (
        SCP,
        "an SCP denies it: exempt the roles stacksets-exec-* there, or leave the region out with --regions; if the account is new and in quarantine, run the same command again after it",
    ),
    (
        &["cross-region"],
        "EventBridge does not forward from this region to the hub's: leave it out with --regions, or deploy the hub in another region",
    ),
    (
        &["not enabled", "not opted", "opt-in", "region is disabled"],
        "turn the region on in that account (`aws account enable-region`), or leave it out with --regions",
    ),
    (
        &["failure tolerance"],
        "other failures ended the operation first: fix those, or raise --failure-tolerance",
    ),
    (
        &["cancelled by user", "stopped"],
        "somebody stopped the operation: run the same command again",
    ),
    (
        &["assumed by principal"],
        "EventBridge did not know the new role yet: run the same command again",
    ),
    (
        &["already exists"],
        "something there has our name already: if the account has just moved between two of the units, run the same command again; otherwise remove or rename it first",
    ),
    (
        &["terminationprotection", "termination protection"],
        "turn off the stack's termination protection there, then run the same command again",
    ),
    (
        &["limit", "quota"],
        "a service quota is reached there: ask AWS for a higher one",
    ),
    (
        &["event bus", "event-bus", "eventbus"],
        "the hub's bus denies the account: `rootwatch deploy hub` fixes its policy",
    ),
    (
        &["access denied", "accessdenied", "not authorized"],
        "an SCP or a permissions boundary denies the roles stacksets-exec-* there: find and change it",
    ),
];

/// What to do about a common failure in this region, where it is known. Pure.
pub(crate) fn hint(reason: &str, region: &str) -> Option<&'static str> {
    let reason = reason.to_lowercase();
    let fits = |(parts, _): &&(&[&str], &str)| parts.iter().any(|part| reason.contains(part));
    let (parts, hint) = KNOWN.iter().find(fits)?;
    let is_sign_in = Partition::of_region(region).is_some_and(|it| it.sign_in_region() == region);
    Some(match *parts == SCP && is_sign_in {
        true => SCP_IN_SIGN_IN_REGION,
        false => hint,
    })
}

/// What to do about a stack that could not be removed, where its name is known. Pure.
pub(crate) fn removal_hint(reason: &str, account: &str, region: &str, stack: &str) -> String {
    if let Some(hint) = hint(reason, region).filter(|_| is_of_the_operation(reason)) {
        return hint.to_owned();
    }
    let reason = reason.to_lowercase();
    let says = |parts: &[&str]| parts.iter().any(|part| reason.contains(part));
    if says(&["terminationprotection", "termination protection"]) {
        return format!(
            "in account {account}: `aws cloudformation update-termination-protection --no-enable-termination-protection --region {region} --stack-name {stack}`, then run the same command again"
        );
    }
    if says(&["not enabled", "not opted", "opt-in", "region is disabled"]) {
        return format!(
            "turn the region on in account {account} (`aws account enable-region --region-name {region}`), then run the same command again; or, in the management account, --retain-stacks leaves the stack there"
        );
    }
    if says(&[
        "service control policy",
        "scp",
        "access denied",
        "accessdenied",
        "not authorized",
    ]) {
        return "an SCP or a permissions boundary denies StackSets: exempt the roles stacksets-exec-* there, then run the same command again".into();
    }
    format!(
        "in account {account}: `aws cloudformation describe-stack-events --region {region} --stack-name {stack}` says more; fix that, then run the same command again"
    )
}

/// Whether an instance was skipped because the operation ended early.
fn is_of_the_operation(reason: &str) -> bool {
    reason.to_lowercase().contains("cancelled")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hint_for_a_stack_names_its_account_region_and_name() {
        for (reason, part) in [
            (
                "Stack [x] cannot be deleted while TerminationProtection is enabled",
                "--no-enable-termination-protection --region eu-west-1 --stack-name x`",
            ),
            (
                "Region eu-west-1 is not enabled for this account",
                "enable-region --region-name eu-west-1`",
            ),
            (
                "Access denied with an explicit deny in a service control policy",
                "stacksets-exec-*",
            ),
            (
                "Internal failure",
                "describe-stack-events --region eu-west-1",
            ),
        ] {
            let hint = removal_hint(reason, "1", "eu-west-1", "x");
            assert!(hint.contains(part), "{reason}: {hint}");
            assert!(hint.contains("run the same command again"), "{hint}");
        }
    }

    /// Texts of AWS as people have published them; the numbers of accounts are made up.
    #[test]
    fn common_reasons_have_a_hint_and_others_none() {
        for (reason, part) in [
            (
                "Access denied with an explicit deny in a service control policy",
                "an SCP denies it: exempt the roles stacksets-exec-*",
            ),
            (
                "Resource handler returned message: Access denied by SCP",
                "or leave the region out",
            ),
            // github.com/aws-samples/aws-secure-environment-accelerator, issue 1186: a quarantine.
            (
                "User: arn:aws:sts::111122223333:assumed-role/stacksets-exec-1/2 is not authorized to perform: iam:GetRole on resource: role StackSet-x with an explicit deny in a service control policy",
                "in quarantine, run the same command again",
            ),
            // github.com/aws-solutions/quota-monitor-for-aws, issue 86: no permissions boundary.
            (
                "API: iam:CreateRole User: arn:aws:sts::111122223333:assumed-role/stacksets-exec-1/2 is not authorized to perform: iam:CreateRole on resource: arn:aws:iam::111122223333:role/StackSet-x with an explicit deny",
                "--permissions-boundary",
            ),
            (
                "Scope ARN: arn:aws:iam::111122223333:policy/Boundary does not exist or is not attachable.",
                "must exist as a policy in that account",
            ),
            // github.com/aws/aws-cdk, issue 21674.
            (
                "The following hook(s) failed: [AWS::ControlTower::Hook]",
                "a CloudFormation hook refused it",
            ),
            (
                "Hook failed with message: Template failed validation, the following rule(s) failed: sqs_dlq_check",
                "stack filters",
            ),
            // github.com/aws-samples/amazon-eventbridge-resource-policy-samples, issue 10.
            (
                "Cross-region API call is not allowed. (Service: AmazonCloudWatchEvents; Status Code: 400; Error Code: ValidationException)",
                "deploy the hub in another region",
            ),
            // github.com/hashicorp/terraform-provider-aws, issue 31444.
            (
                "ValidationException: Cross-region api call is not allowed.",
                "--regions",
            ),
            (
                "Provided role 'arn:aws:iam::111122223333:role/x' cannot be assumed by principal 'events.amazonaws.com'.",
                "run the same command again",
            ),
            (
                "Region af-south-1 is not enabled for this account",
                "enable-region",
            ),
            (
                "Cancelled since failure tolerance has exceeded",
                "--failure-tolerance",
            ),
            ("Cancelled by user", "stopped"),
            (
                "Rule rootwatch-root-activity already exists",
                "moved between two of the units",
            ),
            (
                "Stack cannot be deleted while TerminationProtection is enabled",
                "protection",
            ),
            ("The maximum limit of roles is reached", "quota"),
            (
                "User is not authorized to perform: sqs:CreateQueue",
                "boundary",
            ),
        ] {
            let found = hint(reason, "eu-west-1");
            assert!(
                found.is_some_and(|it| it.contains(part)),
                "{reason}: {found:?}"
            );
        }
        assert_eq!(hint("Internal failure", "eu-west-1"), None);
    }

    #[test]
    fn the_sign_in_region_is_not_to_be_left_out() {
        let reason = "Access denied with an explicit deny in a service control policy";
        for (region, is_left_out) in [
            ("us-east-1", false),
            ("us-gov-west-1", false),
            ("us-east-2", true),
        ] {
            let found = hint(reason, region).unwrap();
            assert_eq!(
                found.contains("--regions"),
                is_left_out,
                "{region}: {found}"
            );
            assert!(
                found.contains("exempt the roles stacksets-exec-*"),
                "{found}"
            );
        }
    }
}
