//! A list of mails on a phone shows some 40 characters of a subject, and a line or two of the text: they have to say who
//! did what, and where.

use rootwatch_root_event::{Decision, Message, assess, digest, message, parse, unreadable_message};

use crate::golden::session;
use crate::reports::storms;
use crate::{context, fixtures};

const SHOWN: usize = 40;

/// What the visible part of a subject has to contain.
#[rustfmt::skip] // a table reads best with a line a row
const WORDS: &[(&str, &str)] = &[
    ("account-closed", "Root closed the account"),
    ("account-payment-instrument", "Root added a payment instrument"),
    ("api-noise", "Root called cloudshell:SendHear"),
    ("api-read", "Root called ec2:DescribeInstances"),
    ("api-read-long-lived-key", "Root access key used"),
    ("api-read-old-record", "Root called s3:ListBuckets"),
    ("api-write", "Root called s3:PutBucketPolicy"),
    ("api-write-denied", "Root tried ec2:RunInstances"),
    ("api-write-envelope-differs", "Root called cloudtrail:CreateTra"),
    ("api-write-late", "Root called cloudtrail:CreateTra"),
    ("api-write-long-lived-key", "Root access key used"),
    ("canary", "Test event from"),
    ("credential-access-key", "Root created an access key"),
    ("credential-access-key-of-user", "Root created an access key"),
    ("credential-change-denied", "Root tried to create an access ke"),
    ("credential-email-changed", "Root changed the root e-mail"),
    ("credential-mfa-removed", "Root removed an MFA device"),
    ("failed-sign-in", "Root sign-in failed"),
    ("federated-by-root", "Root called iam:CreateUser"),
    ("hostile", "Root called iam:CreateUser"),
    ("password-recovery-completed", "Root password was reset in"),
    ("password-recovery-requested", "Root password reset requested"),
    ("privileged-session-action", "Root called s3:DeleteBucketPolicy"),
    ("privileged-session-audit", "Root credentials audited"),
    ("privileged-session-read-flagged", "Root called iam:GetAccountSummary"),
    ("privileged-session-refused", "Root session refused"),
    ("privileged-session-start", "Root session started"),
    ("replayed", "Root removed an MFA device"),
    ("sign-in-command-line", "Root got a command-line session"),
    ("sign-in-with-mfa", "Root signed in with MFA"),
    ("sign-in-without-mfa", "Root signed in without MFA"),
    ("tampering-by-role", "Alerting rule deleted in"),
    ("tampering-by-user-denied", "Tried to stop a CloudTrail tr"),
    ("tampering-china", "Root stopped a CloudTrail tra"),
    ("tampering-denied", "Root tried to delete a CloudT"),
    ("tampering-notifier", "Notifier's code replaced in"),
    ("tampering-organization", "Account removed from the org"),
    ("tampering-rule", "Root disabled an alerting rul"),
    ("digest", "Root made 28 read-only calls"),
    ("unreadable", "An event could not be read"),
    ("storm-alert", "Root removed an MFA device"),
    ("storm-audits", "14 audits of root credentials"),
    ("storm-others", "And 60 more events in 30 acco"),
    ("storm-refused", "200 refused AssumeRoot calls by"),
    ("storm-rest", "And 41 more by root"),
    ("storm-rest-of-sessions", "And 2 more root sessions by"),
    ("storm-spray", "6 root sign-ins failed in 3 acco"),
    ("storm-tampering", "Alerting changed 23 times in"),
    ("storm-tampering-refused", "Tried 9 times to change alert"),
    ("storm-tampering-silenced", "Alerting rule deleted, and 3 "),
    ("storm-spray-succeeded", "4 root sign-ins failed in 2"),
];

/// What is shown of the text below.
const PREVIEW: usize = 90;

/// Every golden message, by its name.
fn messages() -> Vec<(String, Message)> {
    let bytes = b"{";
    let unreadable = unreadable_message(bytes, &parse(bytes).unwrap_err(), &context());
    let mut all = vec![
        ("unreadable".to_owned(), unreadable),
        ("digest".to_owned(), digest(&session(), &context()).unwrap()),
    ];
    for (name, event) in fixtures() {
        let it = assess(&event);
        if it.decision != Decision::Ignore {
            all.push((name, message(&it, &context())));
        }
    }
    let storms = storms().into_iter();
    all.extend(storms.map(|(name, message)| (name.to_owned(), message)));
    all
}

fn shown(text: &str, characters: usize) -> String {
    text.chars().take(characters).collect()
}

#[test]
fn the_part_of_a_subject_that_a_phone_shows_says_what_happened() {
    let messages = messages();
    for (name, message) in &messages {
        let (_, words) = WORDS.iter().find(|(known, _)| known == name).unwrap();
        let shown = shown(&message.subject, SHOWN);
        assert!(shown.contains(words), "{name}: {shown}");
    }
    for (name, _) in WORDS {
        assert!(messages.iter().any(|(known, _)| known == name), "{name}");
    }
}

/// The root user; or of what others do, the part of the alerts that it is about.
#[test]
fn it_says_whom_it_is_about() {
    let about = [
        "root", "Root", "Alerting", "alert", "Notifier", "Account", "CloudT",
    ];
    for (name, message) in messages() {
        let shown = shown(&message.subject, SHOWN);
        let is_said = about.iter().any(|who| shown.contains(who));
        // A test, what could not be read, and what is left of many sessions.
        let is_of_nobody = ["canary", "unreadable", "storm-others"].contains(&name.as_str());
        assert!(is_said || is_of_nobody, "{name}: {shown}");
    }
}

/// The account's number and name do not fit behind what happened: the first line of the text begins with them.
#[test]
fn the_line_below_says_where() {
    for (name, message) in messages() {
        let shown = shown(&message.text, PREVIEW);
        let number = shown.split(|c: char| !c.is_ascii_digit());
        let is_said = shown.contains(" accounts") || number.into_iter().any(|it| it.len() == 12);
        assert!(is_said || name == "unreadable", "{name}: {shown}");
    }
}
