//! What to do now: it fits what was done, and whether it succeeded.

use crate::assess::Assessment;
use crate::classify::Activity;

/// What to do now, most urgent first.
pub(crate) fn what_to_do(it: &Assessment) -> Vec<&'static str> {
    let mut lines: Vec<&'static str> = Vec::new();
    let is_roots = it.activity != Activity::PrivilegedSessionStart && !it.is_by_others();
    if it.access.kind == "access-key" && is_roots {
        lines.push("Root should have no access keys: if nobody on your team did this, deactivate the key and delete it.");
    }
    let steps = match (it.is_by_others(), it.has_failed()) {
        (true, true) => OF_OTHERS_REFUSED,
        (true, false) => OF_OTHERS,
        (false, true) => refused(it.activity).unwrap_or_else(|| steps(it.activity)),
        (false, false) => of_the_act(it).unwrap_or_else(|| steps(it.activity)),
    };
    lines.extend(steps);
    lines
}

/// Of tampering that root did not do.
const OF_OTHERS: &[&str] = &[
    "If you deployed or removed rootwatch just now, compare the caller and the address with yours.",
    "If nobody on your team did this, assume that somebody wants to act unseen: find out what else this caller did, and revoke its credentials.",
    "`rootwatch status` and `rootwatch verify` show what is missing; `rootwatch deploy` puts it back. Until then root activity may not be reported.",
];

/// The same where AWS refused it.
const OF_OTHERS_REFUSED: &[&str] = &[
    "If you deployed or removed rootwatch just now, compare the caller and the address with yours.",
    "If nobody on your team did this, assume that somebody wants to act unseen: find out what else this caller did, and revoke its credentials.",
    NOTHING_TO_UNDO,
];

const NOTHING_TO_UNDO: &str = "This attempt failed, so there is nothing to undo. `rootwatch status` and `rootwatch verify` show whether another one succeeded.";

/// What was tried and did not succeed; none where the usual steps fit that too.
const fn refused(activity: Activity) -> Option<&'static [&'static str]> {
    const WITH_ROOTS_CREDENTIALS: &str = "If nobody on your team did: somebody else is signed in as root. Reset the root password, check MFA and access keys, and open a case with AWS Support.";
    let steps: &'static [&'static str] = match activity {
        Activity::CredentialChange => &[
            "This attempt failed, so there is nothing to undo. Find out who made it, and why.",
            WITH_ROOTS_CREDENTIALS,
        ],
        Activity::AccountChange => &[
            "This attempt failed, so there is nothing to undo. Ask the owner of the account who made it, and why.",
            WITH_ROOTS_CREDENTIALS,
        ],
        Activity::Tampering => &[
            "Assume that somebody wants to act unseen: find out now who tried this, and what else this session did.",
            NOTHING_TO_UNDO,
            WITH_ROOTS_CREDENTIALS,
        ],
        _ => return None,
    };
    Some(steps)
}

/// Acts that have a way back of their own. Account Management User Guide, "Update the root user email" and "Close an AWS
/// account"; Organizations User Guide, "Leave an organization from your member account".
fn of_the_act(it: &Assessment) -> Option<&'static [&'static str]> {
    let is_roots_own = !it.phrase.done.ends_with(" of an IAM user");
    let steps: &'static [&'static str] = match (it.activity, it.action.as_deref()?) {
        (Activity::PasswordRecovery, "PasswordRecoveryRequested") => &[
            "Anybody who knows the root e-mail address can ask for this. The link goes to the root mailbox: check who can read it, and who asked.",
            "If nobody on your team did: nothing is changed yet. Secure the mailbox, and do not follow the link.",
        ],
        (
            Activity::CredentialChange,
            "EmailUpdated" | "AcceptPrimaryEmailUpdate" | "UpdateAccountEmailAddress",
        ) => &[
            "Ask the owner of the account whether the address was to change: whoever reads mail at the new one can reset the root password.",
            "If not: change it back from the management account (`aws account start-primary-email-update`, then `aws account accept-primary-email-update`); for the management account itself, open a case with AWS Support. Then reset the root password, and check MFA and access keys.",
        ],
        (Activity::CredentialChange, "DeactivateMFADevice" | "DeleteVirtualMFADevice")
            if is_roots_own =>
        {
            &[
                "Ask those who hold the root credentials whether they removed the device: the root password alone may now be enough to sign in.",
                "If nobody did: reset the root password and add an MFA device at once, remove unknown devices and access keys, and open a case with AWS Support. If you cannot sign in, delete root's credentials from the management account (`aws sts assume-root`).",
            ]
        }
        (Activity::AccountChange, "CloseAccount") => &[
            "Ask the owner of the account whether it was to be closed.",
            "If not: AWS Support can reopen it within 90 days; after that, all that is in it is deleted for good. Open a case at once, and reset the root password.",
        ],
        (Activity::AccountChange, "LeaveOrganization") => &[
            "Ask the owner of the account whether it was to leave: the organization's policies no longer bind it, and rootwatch may no longer see it.",
            "If not: invite it again from the management account, and open a case with AWS Support if you cannot sign in as root.",
        ],
        _ => return None,
    };
    Some(steps)
}

const fn steps(activity: Activity) -> &'static [&'static str] {
    match activity {
        Activity::SignIn => &[
            "Ask those who hold the root credentials whether they signed in just now, and why.",
            "If nobody did: reset the root password, check MFA and access keys, and open a case with AWS Support.",
        ],
        Activity::FailedSignIn => &[
            "A failed root sign-in means that somebody knows, or has guessed, the root e-mail address of this account.",
            "Check that root has MFA and a long, unique password. Treat several failures from one address as an attack.",
        ],
        Activity::PasswordRecovery => &[
            "Anyone who can read the root mailbox can take over root: check who has access to it, and who did this.",
            "If nobody on your team did: secure the mailbox first, then the root password and MFA.",
        ],
        Activity::CredentialChange => &[
            "Find out who made this change. It can give somebody access later, or lock you out.",
            "If nobody on your team did: undo it, remove unknown keys and devices, reset the root password, and open a case with AWS Support.",
        ],
        Activity::AccountChange => &[
            "Confirm the change with the owner of the account.",
            "If nobody requested it: change it back where you can, reset the root password, and open a case with AWS Support at once.",
        ],
        Activity::Tampering => &[
            "Assume that somebody wants to act unseen: find out now who did this, and what else this session did.",
            "Undo it: until then root activity may not be reported. `rootwatch status` and `rootwatch verify` show what is missing.",
        ],
        Activity::ApiWrite => &[
            "Ask who used root, and why a role was not enough.",
            "If nobody did: look up in CloudTrail what else this session did, and reset the root credentials.",
        ],
        Activity::ApiRead => {
            &["Read-only activity. If you did not expect it, ask who was signed in as root."]
        }
        Activity::PrivilegedSessionStart => &[
            "Check that this administrator was supposed to do this task in that account.",
            "Actions of the session are reported in messages of their own.",
        ],
        Activity::PrivilegedSessionAction => &[
            "Match it with the start of the privileged session (sts:AssumeRoot), which was reported too.",
            "If no such session was started: treat it as use of stolen root credentials.",
        ],
        Activity::Canary => &["Nothing: this message shows that alerts reach you."],
        Activity::ServiceMade | Activity::NotRoot | Activity::Forged => &["Nothing."],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{assess, known, parse};
    use serde_json::json;

    /// Of a call by root in the console.
    fn steps_of(name: &str, source: &str, error: Option<&str>) -> String {
        let mut detail = json!({
            "eventVersion": "1.11", "eventName": name, "eventSource": source, "eventType": "AwsApiCall",
            "userIdentity": {"type": "Root", "accountId": "111122223333", "arn": "arn:aws:iam::111122223333:root"},
        });
        if let Some(code) = error {
            detail["errorCode"] = code.into();
        }
        let event = json!({"detail-type": "AWS API Call via CloudTrail", "detail": detail});
        let events = parse(event.to_string().as_bytes()).unwrap();
        what_to_do(&assess(&events[0])).join(" ")
    }

    #[test]
    fn what_was_refused_is_never_to_be_undone() {
        let known = known::KNOWN.iter().map(|it| it.name);
        let others = [("StopLogging", "cloudtrail"), ("DeleteRule", "events")];
        let calls = known.map(|name| (name, "iam")).chain(others);
        for (name, service) in calls {
            let source = format!("{service}.amazonaws.com");
            let said = steps_of(name, &source, Some("AccessDenied"));
            for wrong in ["ndo it", "change it back", "puts it back", "reopen"] {
                assert!(!said.contains(wrong), "{name}: {said}");
            }
        }
        let done = steps_of("StopLogging", "cloudtrail.amazonaws.com", None);
        assert!(done.contains("Undo it"), "{done}");
    }

    #[test]
    fn an_act_with_a_way_back_names_it() {
        for (name, source, way) in [
            (
                "EmailUpdated",
                "signin",
                "aws account start-primary-email-update",
            ),
            ("DeactivateMFADevice", "iam", "add an MFA device"),
            ("CloseAccount", "account", "within 90 days"),
            ("LeaveOrganization", "organizations", "invite it again"),
            ("PasswordRecoveryRequested", "signin", "Anybody who knows"),
        ] {
            let said = steps_of(name, &format!("{source}.amazonaws.com"), None);
            assert!(said.contains(way), "{name}: {said}");
        }
    }
}
