//! What to do about the most frequent failures of stack instances.

/// Parts of AWS's reason, any of which is enough, and what to do. The first match wins.
const KNOWN: [(&[&str], &str); 9] = [
    (
        &["service control policy", "scp"],
        "an SCP denies it: exempt the roles stacksets-exec-* there, or leave the region out with --regions",
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
        &["already exists"],
        "something there has our name already: remove or rename it, then run the same command again",
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

/// What to do about a common failure, where it is known. Pure.
pub(crate) fn hint(reason: &str) -> Option<&'static str> {
    let reason = reason.to_lowercase();
    let fits = |(parts, _): &&(&[&str], &str)| parts.iter().any(|part| reason.contains(part));
    KNOWN.iter().find(fits).map(|(_, hint)| *hint)
}

/// What to do about a stack that could not be removed, where its name is known. Pure.
pub(crate) fn removal_hint(reason: &str, account: &str, region: &str, stack: &str) -> String {
    if let Some(hint) = hint(reason).filter(|_| is_of_the_operation(reason)) {
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

    #[test]
    fn common_reasons_have_a_hint_and_others_none() {
        for (reason, part) in [
            (
                "Access denied with an explicit deny in a service control policy",
                "SCP",
            ),
            (
                "Resource handler returned message: Access denied by SCP",
                "SCP",
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
            ("Rule rootwatch-root-activity already exists", "our name"),
            (
                "Stack cannot be deleted while TerminationProtection is enabled",
                "protection",
            ),
            ("The maximum limit of roles is reached", "quota"),
            (
                "User is not authorized to perform: iam:CreateRole",
                "boundary",
            ),
        ] {
            assert!(hint(reason).is_some_and(|it| it.contains(part)), "{reason}");
        }
        assert_eq!(hint("Internal failure"), None);
    }
}
