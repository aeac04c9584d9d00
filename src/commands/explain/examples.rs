//! Events as AWS sends them, one of each kind that there is a message for.

/// An event with its kind, and what happened in it.
pub(crate) struct Example {
    /// As it is typed.
    pub(crate) kind: &'static str,
    /// What happened.
    pub(crate) meaning: &'static str,
    /// As EventBridge delivers it.
    pub(super) event: &'static str,
}

/// What the examples' account is called, unless the settings name it.
pub(super) const ACCOUNT: (&str, &str) = ("111122223333", "Prod-Payments");

macro_rules! examples {
    ($($kind:literal: $meaning:literal,)*) => {
        [$(Example {
            kind: $kind,
            meaning: $meaning,
            event: include_str!(concat!(
                "../../../crates/root-event/tests/fixtures/",
                $kind,
                ".json"
            )),
        },)*]
    };
}

/// The gravest first.
pub(crate) const ALL: [Example; 18] = examples! {
    "sign-in-without-mfa": "Root signed in to the console without MFA",
    "sign-in-with-mfa": "Root signed in to the console with MFA",
    "failed-sign-in": "Somebody failed to sign in as root",
    "password-recovery-requested": "Somebody asked for a new root password",
    "credential-access-key": "Root created an access key of its own",
    "credential-mfa-removed": "Root removed its MFA device",
    "credential-email-changed": "Root's e-mail address was changed",
    "account-closed": "Root closed the account",
    "tampering-denied": "Root tried to delete the organization's trail",
    "tampering-by-role": "A role deleted the rule that alerts depend on",
    "api-write": "Root changed something",
    "api-write-long-lived-key": "Root changed something with a long-lived access key",
    "api-write-denied": "Root tried to change something",
    "api-read": "Root read something, which goes into a digest",
    "privileged-session-start": "An administrator called sts:AssumeRoot",
    "privileged-session-action": "Root acted in a session of sts:AssumeRoot",
    "service-made": "An AWS service acted for root, which is no alert",
    "canary": "The event of `rootwatch test`",
};

/// The example of a kind.
pub(super) fn of(kind: &str) -> Option<&'static Example> {
    static EXAMPLES: [Example; 18] = ALL;
    EXAMPLES.iter().find(|it| it.kind == kind)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rootwatch_root_event::{assess, parse};
    use std::collections::BTreeSet;

    /// Activities that nobody would look up: they are no alert, and no kind of event.
    const WITHOUT: [&str; 2] = ["forged", "not-root"];

    #[test]
    fn there_is_one_for_each_activity() {
        let activity = |it: &Example| {
            let events = parse(it.event.as_bytes()).unwrap();
            assert_eq!(events.len(), 1, "{}", it.kind);
            assess(&events[0]).activity.name()
        };
        let found: BTreeSet<&str> = ALL.iter().map(activity).collect();
        let all = include_str!("../../../crates/root-event/src/classify.rs");
        let names = all.lines().filter_map(|line| {
            let name = line.trim().strip_prefix("Self::")?.split_once(" => \"")?.1;
            name.strip_suffix("\",")
        });
        let names: BTreeSet<&str> = names.filter(|it| !WITHOUT.contains(it)).collect();
        assert!(names.len() > 10, "{names:?}");
        assert_eq!(found, names);
    }
}
