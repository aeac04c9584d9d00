//! The wording: what happened, in one sentence.

use crate::assess::{Assessment, Mfa, Outcome};
use crate::classify::{Activity, Class, Decision, known};
use crate::context::Context;
use crate::headline::Headline;
use crate::message::instant;
use crate::record::Record;
use crate::sanitize;
use crate::who::{self, upper_first};

/// The maximum length of a service and an action in a sentence.
const NAME: usize = 64;

/// What was done, in the two forms a sentence needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Phrase {
    /// "created an access key"
    pub(crate) done: String,
    /// "create an access key"
    pub(crate) tried: String,
    /// "Alerting rule deleted", where others than root may have done it; else empty.
    pub(crate) short: &'static str,
}

pub(crate) fn phrase(record: &Record, class: &Class, mfa: Mfa) -> Phrase {
    let (mut done, mut tried) = match known(record) {
        Some(known) => (known.done.to_owned(), known.tried.to_owned()),
        None => unknown(record, class),
    };
    if class.underlying == Activity::CredentialChange && is_for_another_user(record) {
        done.push_str(" of an IAM user");
        tried.push_str(" of an IAM user");
    }
    if class.underlying == Activity::SignIn {
        done.push_str(with_mfa(mfa));
    }
    let short = known(record).map_or("", |known| known.short);
    Phrase { done, tried, short }
}

/// As IAM writes an action: `ec2:RunInstances`.
fn unknown(record: &Record, class: &Class) -> (String, String) {
    let action = record.event_name.as_deref().unwrap_or("an unnamed action");
    let service = record
        .event_source
        .as_deref()
        .and_then(|source| source.split('.').next());
    let service = service.filter(|service| !service.is_empty());
    let call = service.map_or_else(
        || action.to_owned(),
        |service| format!("{service}:{action}"),
    );
    let call = sanitize::line_within(&call, NAME);
    match class.underlying {
        Activity::SignIn | Activity::FailedSignIn => {
            (format!("signed in by {call}"), format!("sign in by {call}"))
        }
        _ => (format!("called {call}"), format!("call {call}")),
    }
}

/// Root appears as "AWS ROOT USER" where it changes its own MFA device (CloudTrail guide, sign-in events).
fn is_for_another_user(record: &Record) -> bool {
    record
        .for_user
        .as_deref()
        .is_some_and(|user| user != "AWS ROOT USER" && !user.eq_ignore_ascii_case("root"))
}

const fn with_mfa(mfa: Mfa) -> &'static str {
    match mfa {
        Mfa::Used => " with MFA",
        Mfa::NotUsed => " without MFA",
        Mfa::Unknown => "",
    }
}

/// What explains the severity, where the action alone does not.
fn because(it: &Assessment) -> &'static str {
    let with_key = it.access.kind == "access-key" && !it.is_by_others();
    match it.underlying {
        Activity::Tampering if with_key => {
            " with a long-lived access key, which can silence these alerts"
        }
        Activity::Tampering => ", which can silence these alerts",
        _ if with_key => " with a long-lived access key, which should not exist",
        _ => "",
    }
}

/// The first sentence; `account` is the account as text, `target` the one that a privileged session is for.
pub(crate) fn sentence(it: &Assessment, account: &str, target: Option<&str>) -> String {
    let happened = happened(it, account, target);
    match &it.replay {
        Some(replay) => {
            let time = it.timestamp().map(instant).or_else(|| it.time.clone());
            let time = time.unwrap_or_else(|| "a time that the record does not state".to_owned());
            format!(
                "{happened} This was replayed from an archive (replay {replay}): it happened at {time}."
            )
        }
        None => happened,
    }
}

fn happened(it: &Assessment, account: &str, target: Option<&str>) -> String {
    let Phrase { done, tried, .. } = &it.phrase;
    let because = because(it);
    match it.activity {
        Activity::Tampering if it.is_by_others() => by_others(it, account),
        Activity::Canary => {
            format!(
                "TEST: a test event from {account} passed through the whole path. Nobody acted as root."
            )
        }
        Activity::PrivilegedSessionStart => session_start(it, account, target),
        Activity::FailedSignIn => {
            format!("Somebody tried to {tried} as the root user of {account}, and failed.")
        }
        // AWS sends the link to whoever knows the address: it names nobody who was signed in.
        Activity::PasswordRecovery => match it.has_failed() {
            true => format!("Somebody tried to {tried} of {account}, and failed."),
            false => format!("Somebody {done} of {account}."),
        },
        _ => match &it.outcome {
            Outcome::Failure { .. } => {
                format!("The root user of {account} tried to {tried}{because}, and failed.")
            }
            Outcome::Unknown => format!(
                "The root user of {account} {done}{because}; the record does not say whether it succeeded."
            ),
            Outcome::Success => {
                format!(
                    "The root user of {account} {done}{}{because}.",
                    in_session(it)
                )
            }
        },
    }
}

/// Of tampering that root did not do.
fn by_others(it: &Assessment, account: &str) -> String {
    let Phrase { done, tried, .. } = &it.phrase;
    let (who, because) = (upper_first(&who::in_words(it)), because(it));
    if it.has_failed() {
        return format!("{who} of {account} tried to {tried}{because}, and failed.");
    }
    format!("{who} of {account} {done}{because}.")
}

fn in_session(it: &Assessment) -> &'static str {
    if it.activity == Activity::PrivilegedSessionAction {
        " in a privileged session"
    } else {
        ""
    }
}

fn session_start(it: &Assessment, account: &str, target: Option<&str>) -> String {
    let target = target.map_or_else(|| "an account".to_owned(), |id| format!("account {id}"));
    if it.has_failed() {
        return format!(
            "An administrator in {account} tried to start a privileged root session in {target}, and was refused."
        );
    }
    let only = if it.decision == Decision::Digest {
        ", which can only read what credentials root has"
    } else {
        ""
    };
    format!("An administrator in {account} started a privileged root session in {target}{only}.")
}

/// The same in a few words, for the subject and SMS: what happened, and where.
pub(crate) fn headline<'a>(it: &'a Assessment, context: &Context<'a>) -> Headline<'a> {
    let here = Headline {
        more: it.replay.as_ref().map(|_| "(replay)".to_owned()),
        what: short(it),
        account: Some(it.account_or_unknown()),
        name: context.account_name,
        ..Headline::default()
    };
    match (it.activity, it.target_account.as_deref()) {
        (Activity::Canary, _) => Headline {
            link: "from",
            ..here
        },
        (Activity::Tampering, _) if it.is_by_others() => Headline {
            more: Some(format!("by {}", who::in_words(it))),
            ..here
        },
        (Activity::PrivilegedSessionStart, Some(target)) => Headline {
            account: Some(target),
            name: context.target_name,
            more: it.account.as_ref().map(|account| format!("by {account}")),
            ..here
        },
        _ => here,
    }
}

fn short(it: &Assessment) -> String {
    let Phrase { done, tried, short } = &it.phrase;
    match it.activity {
        Activity::Tampering if it.is_by_others() => match it.has_failed() {
            true => format!("Tried to {tried}"),
            false => (*short).to_owned(),
        },
        Activity::Canary => "Test event".to_owned(),
        Activity::FailedSignIn => "Root sign-in failed".to_owned(),
        Activity::PasswordRecovery if !it.has_failed() => (*short).to_owned(),
        Activity::PasswordRecovery => format!("Tried to {tried}"),
        Activity::PrivilegedSessionStart => short_session_start(it).to_owned(),
        Activity::SignIn => short_sign_in(it),
        // What is critical about it comes before what it was used for.
        _ if it.access.kind == "access-key" && it.underlying != Activity::Tampering => {
            match tried.strip_prefix("call ") {
                Some(call) => format!("Root access key used: {call}"),
                None => format!("Root access key used to {tried}"),
            }
        }
        _ if it.has_failed() => match tried.strip_prefix("call ") {
            Some(call) => format!("Root tried {call}"),
            None => format!("Root tried to {tried}"),
        },
        _ => format!("Root {done}"),
    }
}

fn short_session_start(it: &Assessment) -> &'static str {
    match it.decision {
        _ if it.has_failed() => "Root session refused",
        Decision::Digest => "Root credentials audited",
        _ => "Root session started",
    }
}

fn short_sign_in(it: &Assessment) -> String {
    if it.action.as_deref() != Some("ConsoleLogin") {
        return format!("Root {}", it.phrase.done);
    }
    match it.outcome {
        Outcome::Unknown => "Root sign-in, outcome not stated".to_owned(),
        _ => format!("Root signed in{}", with_mfa(it.mfa)),
    }
}

pub(crate) fn outcome(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Success => "success".to_owned(),
        Outcome::Unknown => "not stated".to_owned(),
        Outcome::Failure {
            code: Some(why), ..
        }
        | Outcome::Failure {
            message: Some(why), ..
        } => format!("failed: {why}"),
        Outcome::Failure { .. } => "failed".to_owned(),
    }
}

pub(crate) const fn mfa(mfa: Mfa) -> &'static str {
    match mfa {
        Mfa::Used => "yes",
        Mfa::NotUsed => "no",
        Mfa::Unknown => "not stated",
    }
}

pub(crate) fn access(it: &Assessment) -> String {
    let access = &it.access;
    let end = access
        .key_end
        .as_deref()
        .map(|end| format!(" ...{end}"))
        .unwrap_or_default();
    let since = access
        .since
        .as_deref()
        .map(|since| format!(", session since {since}"))
        .unwrap_or_default();
    match access.kind {
        "access-key" => format!("long-lived access key{end}"),
        "console" => format!("console{since}"),
        "privileged-session" => format!("privileged session{end}{since}"),
        "session" => format!("temporary credentials{end}{since}"),
        _ => "not stated".to_owned(),
    }
}
