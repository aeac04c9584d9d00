//! The message: a subject, and a body for each kind of reader.

use std::fmt::Write as _;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Value, json};

use crate::assess::Assessment;
use crate::{json as machine, sanitize, words};

/// SNS takes subjects of less than 100 characters, without line breaks (SNS API reference, Publish).
const SUBJECT: usize = 99;
/// One SMS part of GSM characters is 160; some room is left for the sender's name.
const SMS: usize = 139;
/// From this many seconds on, a message says how late it is.
const LATE: i64 = 5 * 60;

/// What is known beside the event.
#[derive(Debug, Clone, Copy, Default)]
#[non_exhaustive]
pub struct Context<'a> {
    /// The name of the account, when it is known.
    pub account_name: Option<&'a str>,
    /// When the event reached us.
    pub received: Option<Timestamp>,
}

impl<'a> Context<'a> {
    /// Nothing is known.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            account_name: None,
            received: None,
        }
    }

    /// With the account's name, if it is known.
    #[must_use]
    pub const fn account_name(mut self, name: Option<&'a str>) -> Self {
        self.account_name = name;
        self
    }

    /// With the time at which the event reached us.
    #[must_use]
    pub const fn received(mut self, at: Timestamp) -> Self {
        self.received = Some(at);
        self
    }
}

/// A message, ready to be published.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Message {
    /// ASCII, less than 100 characters, one line.
    pub subject: String,
    /// For people who read mail.
    pub text: String,
    /// For telephones: ASCII, less than 140 characters.
    pub sms: String,
    /// For machines; obeys [`crate::ALERT_SCHEMA`].
    pub json: Value,
    /// For the filters of subscriptions.
    pub attributes: Attributes,
}

/// The message attributes, by which subscriptions can filter. None is empty.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Attributes {
    /// `critical`, `high`, `medium`, `low` or `info`.
    pub severity: String,
    /// The account's number, or `unknown`.
    pub account: String,
    /// As [`crate::Activity::name`], or `unreadable`.
    pub activity: String,
}

impl Attributes {
    /// Name and value of each.
    #[must_use]
    pub fn pairs(&self) -> [(&'static str, &str); 3] {
        [
            ("severity", &self.severity),
            ("account", &self.account),
            ("activity", &self.activity),
        ]
    }
}

impl Message {
    /// The body for `Publish` with `MessageStructure=json`: text for e-mail, a short one for SMS, and JSON as the
    /// default, which SNS takes for every other protocol (SNS API reference, Publish).
    #[must_use]
    pub fn sns_body(&self) -> String {
        json!({ "default": self.json.to_string(), "email": self.text, "sms": self.sms }).to_string()
    }
}

pub(crate) fn alert(it: &Assessment, context: &Context<'_>) -> Message {
    let head = Head::of(it, context);
    let subject = head.subject(&words::short(it));
    Message {
        text: text(it, context, &head),
        sms: head.sms(&words::short(it), it.source_ip.as_deref()),
        json: machine::alert(it, context, &subject),
        attributes: head.attributes(it.activity.name()),
        subject,
    }
}

/// What every subject begins with.
pub(crate) struct Head<'a> {
    pub(crate) label: String,
    pub(crate) severity: &'a str,
    pub(crate) account: &'a str,
    pub(crate) name: Option<&'a str>,
    pub(crate) region: Option<&'a str>,
}

impl<'a> Head<'a> {
    pub(crate) fn of(it: &'a Assessment, context: &Context<'a>) -> Self {
        let label = if it.is_test() {
            "TEST".to_owned()
        } else {
            it.severity.name().to_uppercase()
        };
        Self {
            label,
            severity: it.severity.name(),
            account: it.account_or_unknown(),
            name: context.account_name,
            region: it.region.as_deref(),
        }
    }

    /// `[HIGH] 111122223333 Name: words (region)`; a long name gives way first, then the words.
    pub(crate) fn subject(&self, words: &str) -> String {
        let region = self
            .region
            .map(|region| format!(" ({})", sanitize::ascii_within(region, 20)))
            .unwrap_or_default();
        let fixed = format!(
            "[{}] {}",
            self.label,
            sanitize::ascii_within(self.account, 16)
        );
        let words = sanitize::ascii_within(words, 60);
        let room =
            SUBJECT.saturating_sub(fixed.len() + words.len() + region.len() + ": ".len() + 1);
        let name = self.short_name(room.min(40));
        // The label stands in brackets, so only what follows it is made safe again.
        let rest = format!(
            "{}{name}: {words}{region}",
            sanitize::ascii_within(self.account, 16)
        );
        format!(
            "[{}] {}",
            self.label,
            sanitize::ascii_within(&rest, SUBJECT - self.label.len() - 3)
        )
    }

    pub(crate) fn sms(&self, words: &str, from: Option<&str>) -> String {
        let from = from
            .map(|ip| format!(" from {}", sanitize::ascii_within(ip, 39)))
            .unwrap_or_default();
        let name = self.short_name(24);
        let account = sanitize::ascii_within(self.account, 16);
        let words = sanitize::ascii_within(words, 50);
        sanitize::line_within(
            &format!("{} {account}{name}: {words}{from}", self.label),
            SMS,
        )
    }

    /// With a space before it; nothing where there is no room for a name that says something.
    fn short_name(&self, room: usize) -> String {
        match self.name.map(|name| sanitize::ascii_within(name, room)) {
            Some(name) if room >= 8 && !name.is_empty() => format!(" {name}"),
            _ => String::new(),
        }
    }

    /// `account 111122223333 (Name)`
    pub(crate) fn account_in_words(&self) -> String {
        match self.name.map(|name| sanitize::line_within(name, 64)) {
            Some(name) if !name.is_empty() => format!("account {} ({name})", self.account),
            _ => format!("account {}", self.account),
        }
    }

    pub(crate) fn attributes(&self, activity: &str) -> Attributes {
        Attributes {
            severity: self.severity.to_owned(),
            account: self.account.to_owned(),
            activity: activity.to_owned(),
        }
    }
}

fn text(it: &Assessment, context: &Context<'_>, head: &Head<'_>) -> String {
    let mut text = words::sentence(it, &head.account_in_words());
    text.push_str("\n\n");
    text.push_str(&fields(&alert_fields(it, context, head)));
    section(
        &mut text,
        "What to do now",
        words::what_to_do(it).iter().copied(),
    );
    section(&mut text, "Note", it.notes.iter().map(String::as_str));
    if let Some(link) = machine::console_link(it) {
        let _ = write!(
            text,
            "\nThe event in CloudTrail (sign in to the account first):\n{link}\n"
        );
    }
    text
}

fn alert_fields(
    it: &Assessment,
    context: &Context<'_>,
    head: &Head<'_>,
) -> Vec<(&'static str, String)> {
    let or = |value: &Option<String>| value.clone().unwrap_or_else(|| "not stated".to_owned());
    let what = format!("{} {}", or(&it.service), or(&it.action));
    let mut fields = vec![
        ("Severity", head.label.clone()),
        (
            "Account",
            head.account_in_words()
                .trim_start_matches("account ")
                .to_owned(),
        ),
        ("What", what),
        ("Outcome", words::outcome(&it.outcome)),
        ("When", when(it, context)),
        ("Region", or(&it.region)),
        ("From", or(&it.source_ip)),
        ("Agent", or(&it.agent)),
        ("MFA", words::mfa(it.mfa).to_owned()),
        ("Access", words::access(it)),
    ];
    let other_than_root = it.identity.clone().filter(|arn| !arn.ends_with(":root"));
    fields.extend(other_than_root.map(|arn| ("Identity", arn)));
    fields.extend(
        it.target_account
            .clone()
            .map(|target| ("Session in", target)),
    );
    fields.extend(it.task_policy.clone().map(|policy| ("Allowed", policy)));
    if !it.parameters.is_empty() {
        fields.push((
            "Parameters",
            format!("{} (names only)", it.parameters.join(", ")),
        ));
    }
    fields.push(("Event id", or(&it.event_id)));
    fields
}

/// One aligned line each; values are safe lines already.
pub(crate) fn fields(fields: &[(&'static str, String)]) -> String {
    fields
        .iter()
        .map(|(name, value)| format!("{:<13}{value}\n", format!("{name}:")))
        .collect()
}

pub(crate) fn section<'a>(text: &mut String, title: &str, lines: impl Iterator<Item = &'a str>) {
    for (index, line) in lines.enumerate() {
        if index == 0 {
            let _ = write!(text, "\n{title}:\n");
        }
        let _ = writeln!(text, "- {line}");
    }
}

fn when(it: &Assessment, context: &Context<'_>) -> String {
    let Some(time) = it.timestamp() else {
        return it.time.clone().unwrap_or_else(|| "not stated".to_owned());
    };
    let late = late_seconds(it, context).filter(|late| *late >= LATE);
    let late = late
        .map(|late| format!(", reached us {} later", duration(late)))
        .unwrap_or_default();
    format!("{}{late}", instant(time))
}

/// Seconds between the event and its arrival; none when one of them is not known.
pub(crate) fn late_seconds(it: &Assessment, context: &Context<'_>) -> Option<i64> {
    Some(context.received?.as_second() - it.timestamp()?.as_second())
}

pub(crate) fn instant(time: Timestamp) -> String {
    time.strftime("%Y-%m-%d %H:%M:%S UTC").to_string()
}

/// "47 min", "3 h", "12 days"
fn duration(seconds: i64) -> String {
    match seconds {
        ..7_200 => format!("{} min", seconds / 60),
        7_200..172_800 => format!("{} h", seconds / 3_600),
        _ => format!("{} days", seconds / 86_400),
    }
}
