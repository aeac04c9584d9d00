//! Deciding: what events are, and which of them are reported.

use serde::Serialize;

use crate::canary::{CANARY_SOURCE, SELF_CHECK_EVENT};
use crate::known::{self, Known};
use crate::record::{Event, Record};
use crate::tampering;

/// The detail-types of CloudTrail's events in EventBridge.
///
/// The EventBridge guide and the CloudTrail guide spell the one for sign-ins differently; both are accepted.
pub const DETAIL_TYPES: &[&str] = &[
    "AWS API Call via CloudTrail",
    "AWS Console Action via CloudTrail",
    "AWS Console Sign In via CloudTrail",
    "AWS Console Signin via CloudTrail",
    "AWS Insight via CloudTrail",
    "AWS Network Activity Event via CloudTrail",
    "AWS Service Event via CloudTrail",
];

/// How long a session of `sts:AssumeRoot` may last, in seconds (STS API reference, AssumeRoot).
const PRIVILEGED_SESSION_SECONDS: i64 = 900;

/// The name under which the console made requests for a person in records up to version 1.05.
const CONSOLE_SERVICE: &str = "signin.amazonaws.com";

/// What is done with an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Decision {
    /// Reported at once, in a message of its own.
    Alert,
    /// Reported with the others of its session, or of its caller.
    Digest,
    /// Not reported.
    Ignore,
}

/// What an event is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Activity {
    /// Root signed in, or completed a step of a sign-in.
    SignIn,
    /// Somebody tried to sign in as root.
    FailedSignIn,
    /// The root password is being recovered by e-mail.
    PasswordRecovery,
    /// Change of an access key, password, MFA device, certificate or e-mail address, or new temporary credentials.
    CredentialChange,
    /// Change of the account itself: closed, moved, its contacts, its payment.
    AccountChange,
    /// Change of a trail, of what these alerts get through by, or by others than root of what the organization decides.
    Tampering,
    /// Any other call that changes something.
    ApiWrite,
    /// A call that only reads.
    ApiRead,
    /// An administrator called `sts:AssumeRoot`.
    PrivilegedSessionStart,
    /// Root acted in a session that `sts:AssumeRoot` started.
    PrivilegedSessionAction,
    /// An AWS service acted on behalf of root; no person did.
    ServiceMade,
    /// A test event of rootwatch.
    Canary,
    /// Not activity of root.
    NotRoot,
    /// An event that AWS did not send.
    Forged,
}

impl Activity {
    /// The activity's name, as in JSON and in message attributes.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::SignIn => "sign-in",
            Self::FailedSignIn => "failed-sign-in",
            Self::PasswordRecovery => "password-recovery",
            Self::CredentialChange => "credential-change",
            Self::AccountChange => "account-change",
            Self::Tampering => "tampering",
            Self::ApiWrite => "api-write",
            Self::ApiRead => "api-read",
            Self::PrivilegedSessionStart => "privileged-session-start",
            Self::PrivilegedSessionAction => "privileged-session-action",
            Self::ServiceMade => "service-made",
            Self::Canary => "canary",
            Self::NotRoot => "not-root",
            Self::Forged => "forged",
        }
    }
}

/// What an event was found to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Class {
    pub(crate) decision: Decision,
    pub(crate) activity: Activity,
    /// What was done, where `activity` only says that it was in a privileged session.
    pub(crate) underlying: Activity,
    pub(crate) privileged: Privileged,
    pub(crate) reason: String,
}

/// Whether root acted in a session that `sts:AssumeRoot` started.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Privileged {
    No,
    /// Probably; AWS's sample of such a record has no flag.
    Likely,
    /// `sessionContext.assumedRoot` says so.
    Stated,
}

pub(crate) fn classify(event: &Event) -> Class {
    if event.source() == Some(CANARY_SOURCE) {
        if event.record.event_name.as_deref() == Some(SELF_CHECK_EVENT) {
            let reason = "the test event of the self-check".to_owned();
            return ignored(Activity::Canary, reason);
        }
        return alert(Activity::Canary, "a test event of rootwatch");
    }
    if !event.is_from_aws() {
        let source = event.source().unwrap_or("nothing");
        return ignored(
            Activity::Forged,
            format!("refused: its source is {source}, which is not an AWS service"),
        );
    }
    let record = &event.record;
    if is_assume_root(record) {
        return by_administrator(record);
    }
    if !is_root(record) {
        return by_others(record);
    }
    match serving(record) {
        Some(service) => ignored(
            Activity::ServiceMade,
            format!("{service} acted for the account, not a person"),
        ),
        None => by_root(record),
    }
}

fn by_root(record: &Record) -> Class {
    let underlying = underlying(record);
    let privileged = privileged(record);
    let is_sign_in = matches!(underlying, Activity::SignIn | Activity::FailedSignIn);
    let in_session = privileged != Privileged::No && !is_sign_in;
    let activity = if in_session {
        Activity::PrivilegedSessionAction
    } else {
        underlying
    };
    let (decision, reason) = match underlying {
        Activity::ApiRead => (
            Decision::Digest,
            "read-only call by root: reported in the digest of its session",
        ),
        _ => (Decision::Alert, "root user activity"),
    };
    let reason = format!("{reason} ({})", activity.name());
    Class {
        decision,
        activity,
        underlying,
        privileged,
        reason,
    }
}

/// Anybody can try, thousands of times, and a deployment changes many things: so it is reported with what else the same
/// caller changed.
fn by_others(record: &Record) -> Class {
    let is_tampering = known(record).is_some_and(|known| known.activity == Activity::Tampering);
    if !is_tampering {
        return ignored(Activity::NotRoot, not_root(record));
    }
    if let Some(service) = deploying(record) {
        return ignored(
            Activity::NotRoot,
            format!("not root: a change of what carries the alerts, by {service}"),
        );
    }
    Class {
        decision: Decision::Digest,
        ..alert(
            Activity::Tampering,
            "not root, but a change of what the alerts depend on: reported with the others of its caller (tampering)",
        )
    }
}

/// The service that made a change as itself: by its service-linked role, which nobody else can assume (IAM User Guide,
/// "Service-linked roles"), or the role by which StackSets deploy. A spoke's rule leaves both out. The names of the latter
/// are nobody's alone: that somebody makes or changes such a role is reported.
fn deploying(record: &Record) -> Option<&'static str> {
    let issuer = record.identity.issuer.as_deref().unwrap_or_default();
    if record.identity.kind.as_deref() == Some("AWSService")
        || issuer.contains(":role/aws-service-role/")
    {
        return Some("an AWS service");
    }
    let role = issuer.rsplit('/').next().unwrap_or_default();
    let is_of_stack_sets = issuer.contains(":role/") && role.starts_with("stacksets-exec-");
    is_of_stack_sets.then_some("CloudFormation StackSets")
}

/// A refused call started nothing, and anybody can make thousands: a message each would drown all others.
fn by_administrator(record: &Record) -> Class {
    let (decision, reason) = if has_failed(record) {
        (
            Decision::Digest,
            "a refused call of sts:AssumeRoot: reported in the digest of its caller",
        )
    } else if is_audit(record) {
        (
            Decision::Digest,
            "an administrator called sts:AssumeRoot to audit root credentials: reported in the digest of its caller",
        )
    } else {
        (Decision::Alert, "an administrator called sts:AssumeRoot")
    };
    Class {
        decision,
        ..alert(Activity::PrivilegedSessionStart, reason)
    }
}

/// Whether `sts:AssumeRoot` asks for the task policy that only reads root's credentials (IAM guide, "Perform a privileged
/// task on an AWS Organizations member account").
pub(crate) fn is_audit(record: &Record) -> bool {
    let policy = record.task_policy.as_deref().unwrap_or_default();
    policy.ends_with(":aws:policy/root-task/IAMAuditRootUserCredentials")
}

fn alert(activity: Activity, reason: &str) -> Class {
    let reason = reason.to_owned();
    Class {
        decision: Decision::Alert,
        activity,
        underlying: activity,
        privileged: Privileged::No,
        reason,
    }
}

fn ignored(activity: Activity, reason: String) -> Class {
    Class {
        decision: Decision::Ignore,
        activity,
        underlying: activity,
        privileged: Privileged::No,
        reason,
    }
}

/// The administrator's own event; its identity is never root (STS refuses root as the caller of `AssumeRoot`).
fn is_assume_root(record: &Record) -> bool {
    let by_sts = record
        .event_source
        .as_deref()
        .is_none_or(|source| source.starts_with("sts."));
    record.event_name.as_deref() == Some("AssumeRoot") && by_sts
}

/// Root itself, a session that root created, or an identity without a type whose ARN is root's.
fn is_root(record: &Record) -> bool {
    let identity = &record.identity;
    if identity.issuer_kind.as_deref() == Some("Root") {
        return true;
    }
    match identity.kind.as_deref() {
        Some(kind) => kind.eq_ignore_ascii_case("Root"),
        None => identity
            .arn
            .as_deref()
            .is_some_and(|arn| arn.starts_with("arn:") && arn.ends_with(":root")),
    }
}

fn not_root(record: &Record) -> String {
    match &record.identity.kind {
        Some(kind) => format!("not root: the identity's type is {kind}"),
        None if record.is_insight() => {
            "CloudTrail Insights counted calls: nobody's identity is in it".to_owned()
        }
        None => "not root: the identity has no type".to_owned(),
    }
}

/// Whether a service's name is the console's, which in China may end in `.cn`, as others do.
pub(crate) fn is_console_service(name: &str) -> bool {
    name.strip_suffix(".cn").unwrap_or(name) == CONSOLE_SERVICE
}

/// The service that made the request, if a service did. "AWS Internal" and the like are not names of services, and
/// the console's own service acts for a person.
fn serving(record: &Record) -> Option<&str> {
    let invoked_by = record.identity.invoked_by.as_deref()?;
    let is_service =
        invoked_by.ends_with(".amazonaws.com") || invoked_by.ends_with(".amazonaws.com.cn");
    (is_service && !is_console_service(invoked_by)).then_some(invoked_by)
}

fn underlying(record: &Record) -> Activity {
    match known(record).map(|known| known.activity) {
        Some(Activity::SignIn) => signed_in(record),
        Some(activity) if activity != Activity::Canary => activity,
        _ if is_sign_in(record) => signed_in(record),
        _ if is_read_only(record) => Activity::ApiRead,
        _ => Activity::ApiWrite,
    }
}

pub(crate) fn known(record: &Record) -> Option<&'static Known> {
    let (name, source) = (
        record.event_name.as_deref()?,
        record.event_source.as_deref(),
    );
    let find = match is_root(record) {
        true => tampering::find,
        false => tampering::find_by_others,
    };
    find(name, source, &record.about).or_else(|| known::find(name, source))
}

fn is_sign_in(record: &Record) -> bool {
    record.event_type.as_deref() == Some("AwsConsoleSignIn")
        || record
            .event_source
            .as_deref()
            .is_some_and(is_console_service)
}

fn signed_in(record: &Record) -> Activity {
    if has_failed(record) {
        Activity::FailedSignIn
    } else {
        Activity::SignIn
    }
}

pub(crate) fn has_failed(record: &Record) -> bool {
    let refused = record
        .answer
        .as_deref()
        .is_some_and(|answer| answer.eq_ignore_ascii_case("Failure"));
    refused || record.error_code.is_some() || record.error_message.is_some()
}

fn is_read_only(record: &Record) -> bool {
    let name = record.event_name.as_deref().unwrap_or_default();
    known::changes_nothing(name, record.event_source.as_deref())
        || record
            .read_only
            .unwrap_or_else(|| known::sounds_read_only(name))
}

/// The flag `assumedRoot` is documented for such sessions, and missing in AWS's own sample of one. Without it: a recent
/// session, not of the console, that does what a task policy allows.
fn privileged(record: &Record) -> Privileged {
    let identity = &record.identity;
    if identity.assumed_root == Some(true) {
        return Privileged::Stated;
    }
    let is_session = identity
        .access_key
        .as_deref()
        .is_some_and(|key| key.starts_with("ASIA"));
    let is_console = record.from_console == Some(true)
        || identity.invoked_by.is_some()
        || identity.mfa == Some(true);
    let name = record.event_name.as_deref().unwrap_or_default();
    if is_session && !is_console && is_recent(record) && known::PRIVILEGED_TASKS.contains(&name) {
        return Privileged::Likely;
    }
    Privileged::No
}

fn is_recent(record: &Record) -> bool {
    let instant = |text: &Option<String>| text.as_deref()?.parse::<jiff::Timestamp>().ok();
    match (
        instant(&record.identity.session_since),
        instant(&record.event_time),
    ) {
        (Some(since), Some(time)) => {
            (0..=PRIVILEGED_SESSION_SECONDS).contains(&(time.as_second() - since.as_second()))
        }
        _ => false,
    }
}
