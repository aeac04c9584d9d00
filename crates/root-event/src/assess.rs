//! Everything that is known about one event, each text a safe line.

use jiff::Timestamp;

use crate::classify::{
    Activity, Class, Decision, Privileged, classify, has_failed, is_audit, is_console_service,
    known,
};
use crate::notes;
use crate::record::{Event, Record, truth};
use crate::severity::{Factors, Severity};
use crate::words::{self, Phrase};

/// What [`assess`] found. Every text is one line, without control characters, at most 256 characters long.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Assessment {
    /// What is done with the event.
    pub decision: Decision,
    /// Why.
    pub reason: String,
    /// How severe it is.
    pub severity: Severity,
    /// What it is.
    pub activity: Activity,
    /// The account whose root user acted; the caller's for the start of a privileged session, and for tampering by others.
    pub account: Option<String>,
    /// The region that recorded it.
    pub region: Option<String>,
    /// When it happened, as the record writes it.
    pub time: Option<String>,
    /// CloudTrail's id of the event.
    pub event_id: Option<String>,
    /// The service, without `.amazonaws.com`.
    pub service: Option<String>,
    /// `eventName`.
    pub action: Option<String>,
    /// How it ended.
    pub outcome: Outcome,
    /// Whether MFA was used.
    pub mfa: Mfa,
    /// `sourceIPAddress`.
    pub source_ip: Option<String>,
    /// `userAgent`.
    pub agent: Option<String>,
    /// The credentials that were used.
    pub access: Access,
    /// The ARN of the identity.
    pub identity: Option<String>,
    /// Names of the request's parameters.
    pub parameters: Vec<String>,
    /// Values of those that only identify a resource, such as `bucketName`; other values are never reported.
    pub identifiers: Vec<(String, String)>,
    /// How many more parameters there were.
    pub parameters_left_out: usize,
    /// The account in which `sts:AssumeRoot` starts a session.
    pub target_account: Option<String>,
    /// What `sts:AssumeRoot` allows there: the name of its task policy.
    pub task_policy: Option<String>,
    /// The replay of an archive that sent the event again: it is not new.
    pub replay: Option<String>,
    /// What is unusual about the event.
    pub notes: Vec<String>,
    pub(crate) underlying: Activity,
    pub(crate) phrase: Phrase,
    session: String,
}

/// How an event ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It was done.
    Success,
    /// It was refused or failed.
    Failure {
        /// `errorCode`.
        code: Option<String>,
        /// `errorMessage`, only where there is no code.
        message: Option<String>,
    },
    /// The record does not say.
    Unknown,
}

/// Whether MFA was used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mfa {
    /// It was.
    Used,
    /// It was not.
    NotUsed,
    /// The record does not say.
    Unknown,
}

/// The credentials that an event was made with.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Access {
    /// One of `console`, `access-key`, `session`, `privileged-session`, `unknown`.
    pub kind: &'static str,
    /// The last characters of the access key's id.
    pub key_end: Option<String>,
    /// When the session began, as the record writes it.
    pub since: Option<String>,
}

impl Assessment {
    /// When it happened, when the record holds a time.
    #[must_use]
    pub fn timestamp(&self) -> Option<Timestamp> {
        self.time.as_deref()?.parse().ok()
    }

    /// Equal for events of the same session of the same account, and only for these: a digest covers one of them. Of
    /// calls of `sts:AssumeRoot`, and of tampering by others than root, equal for those of the same caller.
    #[must_use]
    pub fn session(&self) -> &str {
        &self.session
    }

    /// Whether the event was refused because AWS did not send it.
    #[must_use]
    pub fn is_refused(&self) -> bool {
        self.activity == Activity::Forged
    }

    /// Whether the event is our own test.
    #[must_use]
    pub fn is_test(&self) -> bool {
        self.activity == Activity::Canary
    }

    /// Whether it is tampering that somebody other than root did or tried.
    pub(crate) fn is_by_others(&self) -> bool {
        self.activity == Activity::Tampering && self.decision == Decision::Digest
    }

    /// Whether it failed or was refused.
    pub(crate) const fn has_failed(&self) -> bool {
        matches!(self.outcome, Outcome::Failure { .. })
    }

    /// The 12-digit account id, or what the record has in its place, or "unknown".
    pub(crate) fn account_or_unknown(&self) -> &str {
        self.account.as_deref().unwrap_or("unknown")
    }
}

/// What an event is, and everything that is reported about it.
#[must_use]
pub fn assess(event: &Event) -> Assessment {
    let class = classify(event);
    let record = &event.record;
    let access = access(record, &class);
    let mfa = mfa(record);
    let account = account(event);
    let severity = factors(record, &class, &access, mfa).severity();
    Assessment {
        decision: class.decision,
        severity,
        activity: class.activity,
        region: record
            .region
            .clone()
            .or_else(|| event.envelope.as_ref()?.region.clone()),
        time: record
            .event_time
            .clone()
            .or_else(|| event.envelope.as_ref()?.time.clone()),
        event_id: record
            .event_id
            .clone()
            .or_else(|| event.envelope.as_ref()?.id.clone()),
        service: record.event_source.as_deref().map(service),
        action: record.event_name.clone(),
        outcome: outcome(record),
        mfa,
        source_ip: record.source_ip.clone(),
        agent: record.agent.clone(),
        identity: record.identity.arn.clone(),
        parameters: record.parameters.names.clone(),
        identifiers: record.parameters.identifiers.clone(),
        parameters_left_out: record.parameters.left_out,
        target_account: target_account(record, &class),
        task_policy: task_policy(record, &class),
        notes: notes::notes(event, &class),
        underlying: class.underlying,
        phrase: words::phrase(record, &class, mfa),
        session: session(account.as_deref(), record, &class),
        replay: replay(event),
        reason: class.reason,
        account,
        access,
    }
}

fn factors(record: &Record, class: &Class, access: &Access, mfa: Mfa) -> Factors {
    Factors {
        activity: class.underlying,
        critical: known(record).is_some_and(|known| known.critical),
        failed: has_failed(record),
        without_mfa: mfa == Mfa::NotUsed,
        long_lived_key: access.kind == ACCESS_KEY,
        audit: is_audit(record),
    }
}

fn replay(event: &Event) -> Option<String> {
    event.envelope.as_ref()?.replay.clone()
}

fn service(source: &str) -> String {
    source
        .trim_end_matches(".cn")
        .trim_end_matches(".amazonaws.com")
        .to_owned()
}

/// The identity's account is the one whose root user acted; a record may be delivered to another account.
fn account(event: &Event) -> Option<String> {
    let record = &event.record;
    let found: Vec<&str> = [
        record.identity.account.as_deref(),
        account_of(record.identity.arn.as_deref()),
        record.recipient_account.as_deref(),
        envelope_account(event),
    ]
    .into_iter()
    .flatten()
    .collect();
    found
        .iter()
        .find(|one| is_account(one))
        .or(found.first())
        .map(|one| (*one).to_owned())
}

fn envelope_account(event: &Event) -> Option<&str> {
    event.envelope.as_ref()?.account.as_deref()
}

fn account_of(arn: Option<&str>) -> Option<&str> {
    arn?.split(':').nth(4).filter(|account| is_account(account))
}

fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// `targetPrincipal` is an account or the ARN of its root (STS API reference, AssumeRoot); nothing else is shown.
fn target_account(record: &Record, class: &Class) -> Option<String> {
    let target = record
        .target_principal
        .as_deref()
        .filter(|_| class.activity == Activity::PrivilegedSessionStart)?;
    let account = if is_account(target) {
        Some(target)
    } else {
        account_of(Some(target))
    };
    account.map(str::to_owned)
}

fn task_policy(record: &Record, class: &Class) -> Option<String> {
    let policy = record
        .task_policy
        .as_deref()
        .filter(|_| class.activity == Activity::PrivilegedSessionStart)?;
    let name = policy.rsplit('/').next()?;
    let is_name = !name.is_empty()
        && name.len() <= 64
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric());
    is_name.then(|| name.to_owned())
}

fn outcome(record: &Record) -> Outcome {
    let succeeded = record
        .answer
        .as_deref()
        .is_some_and(|answer| answer.eq_ignore_ascii_case("Success"));
    if has_failed(record) {
        let message = record
            .error_message
            .clone()
            .filter(|_| record.error_code.is_none());
        Outcome::Failure {
            code: record.error_code.clone(),
            message,
        }
    } else if record.event_name.as_deref() == Some("ConsoleLogin") && !succeeded {
        Outcome::Unknown
    } else {
        Outcome::Success
    }
}

/// A sign-in has it in `MFAUsed`, a session in its attributes.
fn mfa(record: &Record) -> Mfa {
    let at_sign_in = record.mfa_used.as_deref().and_then(truth);
    match at_sign_in.or(record.identity.mfa) {
        Some(true) => Mfa::Used,
        Some(false) => Mfa::NotUsed,
        None => Mfa::Unknown,
    }
}

const ACCESS_KEY: &str = "access-key";

/// The prefix of the key is checked first: AWS's samples show long-lived keys with a session, too (IAM guide,
/// "Unique identifiers": AKIA is an access key, ASIA a temporary one).
fn access(record: &Record, class: &Class) -> Access {
    let identity = &record.identity;
    let key = identity.access_key.as_deref().unwrap_or_default();
    let kind = if key.starts_with("AKIA") {
        ACCESS_KEY
    } else if class.privileged != Privileged::No {
        "privileged-session"
    } else if is_console(record) {
        "console"
    } else if key.starts_with("ASIA") || identity.session_since.is_some() {
        "session"
    } else {
        "unknown"
    };
    Access {
        kind,
        key_end: key_end(key),
        since: identity.session_since.clone(),
    }
}

fn is_console(record: &Record) -> bool {
    let agent = record.agent.as_deref().unwrap_or_default();
    let agents = [
        "signin.amazonaws.com",
        "console.amazonaws.com",
        "console.ec2.amazonaws.com",
        "[S3Console/",
    ];
    record.from_console == Some(true)
        || matches!(
            record.event_type.as_deref(),
            Some("AwsConsoleSignIn" | "AwsConsoleAction")
        )
        || record
            .identity
            .invoked_by
            .as_deref()
            .is_some_and(is_console_service)
        || agents.iter().any(|known| agent.starts_with(known))
}

fn key_end(key: &str) -> Option<String> {
    let is_key = key.len() >= 16 && key.bytes().all(|byte| byte.is_ascii_alphanumeric());
    is_key.then(|| key[key.len() - 4..].to_owned())
}

fn session(account: Option<&str>, record: &Record, class: &Class) -> String {
    let identity = &record.identity;
    let by = [
        &identity.access_key,
        &identity.session_since,
        &record.source_ip,
    ];
    let by = by.into_iter().flatten().next().map(String::as_str);
    let by = match class.activity {
        Activity::PrivilegedSessionStart => caller(record).or(by),
        Activity::Tampering if class.decision == Decision::Digest => caller(record).or(by),
        _ => by,
    };
    format!("{} {}", account.unwrap_or_default(), by.unwrap_or_default())
}

/// The role itself, or the user: whoever may assume a role can have a new session for every call.
fn caller(record: &Record) -> Option<&str> {
    let identity = &record.identity;
    identity.issuer.as_deref().or(identity.arn.as_deref())
}
