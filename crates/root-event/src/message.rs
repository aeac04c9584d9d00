//! The message: a subject, and a body for each kind of recipient.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Value, json};

use crate::assess::Assessment;
use crate::body::Body;
use crate::context::Context;
use crate::headline::Headline;
use crate::options::Format;
use crate::severity::Severity;
use crate::{advice, chatbot, formats, json as machine, tally, words};

/// An event that arrives this many seconds late, or later, has its delay in the message.
const LATE: i64 = 5 * 60;

/// A message, ready to be published.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Message {
    /// ASCII, less than 100 characters, one line.
    pub subject: String,
    /// For people who read e-mail.
    pub text: String,
    /// For SMS: ASCII, less than 140 characters.
    pub sms: String,
    /// For programs; valid against [`crate::ALERT_SCHEMA`].
    pub json: Value,
    /// For chat programs: a custom notification of Amazon Q Developer in chat applications.
    pub chatbot: Value,
    /// For filter policies of subscriptions.
    pub attributes: Attributes,
    /// What routes go by.
    #[serde(skip)]
    pub about: About,
    /// What further formats are made from.
    #[serde(skip)]
    pub(crate) body: Body,
}

/// What a message is about, for routes.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct About {
    /// Its severity.
    pub severity: Severity,
    /// Numbers of all its accounts: whose root users acted, and in which sessions were started.
    pub accounts: BTreeSet<String>,
}

/// The message attributes, for filter policies of subscriptions. None is empty.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Attributes {
    /// `critical`, `high`, `medium`, `low` or `info`.
    pub severity: String,
    /// The account's number, or `unknown`.
    pub account: String,
    /// As [`crate::Activity::name`], or `unreadable`.
    pub activity: String,
    /// All accounts of a message about several, so that a filter by account lets it through; else empty.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub accounts: Vec<String>,
}

impl Attributes {
    /// Name and value of each that has one value.
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
    /// Of high severity and about no account: what of rootwatch's own work people have to look at. The subject stands
    /// before the SMS.
    pub(crate) fn of_no_account(
        activity: &str,
        [subject, sms]: [&str; 2],
        json: Value,
        body: Body,
    ) -> Self {
        let attributes = Attributes {
            severity: Severity::High.name().to_owned(),
            account: "unknown".to_owned(),
            activity: activity.to_owned(),
            accounts: Vec::new(),
        };
        let head = chatbot::Head {
            subject,
            summary: sms,
            id: None,
            thread: None,
            attributes: &attributes,
        };
        Self {
            subject: subject.to_owned(),
            text: body.text(),
            sms: sms.to_owned(),
            json,
            chatbot: chatbot::notification(&head, &body),
            about: About {
                severity: Severity::High,
                accounts: BTreeSet::new(),
            },
            body,
            attributes,
        }
    }

    /// The body for `Publish` with `MessageStructure=json`: text for e-mail, a short one for SMS, and the default, which
    /// SNS uses for every other protocol (SNS API reference, Publish).
    ///
    /// The default is JSON for programs. Where it is a chat notification instead, queues and functions, which no chat
    /// program reads, still get the JSON. In any other format they get that: it is by a queue that it is sent on.
    #[must_use]
    pub fn sns_body(&self, format: Format) -> String {
        let body = self.body(format).to_string();
        let mut bodies = json!({ "default": body, "email": self.text, "sms": self.sms });
        if format == Format::Chatbot {
            let machine = self.json.to_string();
            bodies["sqs"] = machine.clone().into();
            bodies["lambda"] = machine.into();
        }
        bodies.to_string()
    }

    /// The default body in this format.
    #[must_use]
    pub fn body(&self, format: Format) -> Value {
        match format {
            Format::Text => self.json.clone(),
            Format::Chatbot => self.chatbot.clone(),
            Format::Jira => formats::jira(self),
            Format::Ocsf => formats::ocsf(self),
            Format::PagerDuty => formats::pagerduty(self),
            Format::Slack => formats::slack(self),
            Format::Teams => formats::teams(self),
        }
    }
}

/// The alert of one event; `others` are those of the same group, which are reported in a message of their own.
pub(crate) fn alert(it: &Assessment, others: &[&Assessment], context: &Context<'_>) -> Message {
    let head = Head::of(it, context);
    let headline = words::headline(it, context);
    let subject = headline.subject(&head.label, head.region);
    let json = machine::alert(it, others, context, &subject);
    let body = body(it, others, context, &head);
    head.message(it, subject, &headline, body, json)
}

/// What every message begins with.
pub(crate) struct Head<'a> {
    pub(crate) label: String,
    pub(crate) severity: Severity,
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
            severity: it.severity,
            account: it.account_or_unknown(),
            name: context.account_name,
            region: it.region.as_deref(),
        }
    }

    /// `account 111122223333 (Name)`
    pub(crate) fn account_in_words(&self) -> String {
        format!("account {}", self.account_with_name())
    }

    /// `111122223333 (Name)`
    pub(crate) fn account_with_name(&self) -> String {
        with_name(self.account, self.name)
    }

    /// The complete message; `it` is the event, or the first of several.
    pub(crate) fn message(
        &self,
        it: &Assessment,
        subject: String,
        headline: &Headline<'_>,
        body: Body,
        json: Value,
    ) -> Message {
        let attributes = Attributes {
            severity: self.severity.name().to_owned(),
            account: self.account.to_owned(),
            activity: it.activity.name().to_owned(),
            accounts: Vec::new(),
        };
        let from = it.source_ip.as_deref();
        let sms = headline.sms(&self.label, from.filter(|_| headline.account.is_some()));
        let head = chatbot::Head {
            subject: &subject,
            summary: &sms,
            id: it.event_id.as_deref(),
            thread: thread(it),
            attributes: &attributes,
        };
        let accounts = [it.account.as_deref(), it.target_account.as_deref()];
        Message {
            text: body.text(),
            json,
            chatbot: chatbot::notification(&head, &body),
            about: About {
                severity: self.severity,
                accounts: accounts.into_iter().flatten().map(str::to_owned).collect(),
            },
            body,
            sms,
            attributes,
            subject,
        }
    }
}

pub(crate) fn with_name(account: &str, name: Option<&str>) -> String {
    match name.and_then(machine::name) {
        Some(name) => format!("{account} ({name})"),
        None => account.to_owned(),
    }
}

/// Equal for the messages of one session; the full id of its key must not be disclosed.
fn thread(it: &Assessment) -> Option<String> {
    let account = it.account.as_deref()?;
    let key = it.access.key_end.as_deref().unwrap_or_default();
    let since = it.access.since.as_deref().unwrap_or_default();
    let session = format!("{key}{since}");
    let id = if session.is_empty() {
        it.event_id.as_deref()?
    } else {
        &session
    };
    let is_plain = |c: &char| c.is_ascii_alphanumeric() || *c == '-';
    let text = format!("rootwatch-{account}-{id}");
    Some(text.chars().filter(is_plain).take(100).collect())
}

fn body(it: &Assessment, others: &[&Assessment], context: &Context<'_>, head: &Head<'_>) -> Body {
    let target = it
        .target_account
        .as_deref()
        .map(|target| with_name(target, context.target_name));
    Body {
        sentence: words::sentence(it, &head.account_in_words(), target.as_deref()),
        fields: tally::in_a_line(others)
            .map(|line| ("Others", line))
            .into_iter()
            .chain(fields(it, context, head, target))
            .collect(),
        help: context.guide.steps(),
        steps: advice::what_to_do(it),
        notes: it.notes.clone(),
        link: machine::console_link(it),
        sender: context.guide.sender(),
        ..Body::default()
    }
}

fn fields(
    it: &Assessment,
    context: &Context<'_>,
    head: &Head<'_>,
    target: Option<String>,
) -> Vec<(&'static str, String)> {
    let or = |value: &Option<String>| value.clone().unwrap_or_else(|| "not stated".to_owned());
    let event = format!("{} ({})", or(&it.action), or(&it.service));
    let mut fields = vec![
        ("Severity", head.label.clone()),
        ("Account", head.account_with_name()),
    ];
    fields.extend(context.owner_in_words().map(|owner| ("Owner", owner)));
    fields.extend([
        ("Event", event),
        ("Outcome", words::outcome(&it.outcome)),
        ("When", when(it, context)),
        ("Region", or(&it.region)),
        ("From", or(&it.source_ip)),
        ("Agent", or(&it.agent)),
        ("MFA", words::mfa(it.mfa).to_owned()),
        ("Access", words::access(it)),
    ]);
    let other_than_root = it.identity.clone().filter(|arn| !arn.ends_with(":root"));
    fields.extend(other_than_root.map(|arn| ("Identity", arn)));
    fields.extend(target.map(|target| ("Session in", target)));
    fields.extend(it.task_policy.clone().map(|policy| ("Allowed", policy)));
    fields.extend(parameters(it).map(|text| ("Parameters", text)));
    fields.push(("Event id", or(&it.event_id)));
    fields
}

/// `bucketName=media, bucketPolicy, Host`: values only where they identify a resource.
fn parameters(it: &Assessment) -> Option<String> {
    if it.parameters.is_empty() {
        return None;
    }
    let value = |name: &String| it.identifiers.iter().find(|(other, _)| other == name);
    let mut words: Vec<String> = it
        .parameters
        .iter()
        .map(|name| {
            value(name).map_or_else(|| name.clone(), |(_, value)| format!("{name}={value}"))
        })
        .collect();
    if it.parameters_left_out > 0 {
        words.push(format!("and {} more", it.parameters_left_out));
    }
    let what = match it.identifiers.len() {
        0 => " (values hidden)",
        shown if shown < it.parameters.len() => " (other values hidden)",
        _ => "",
    };
    Some(format!("{}{what}", words.join(", ")))
}

fn when(it: &Assessment, context: &Context<'_>) -> String {
    let Some(time) = it.timestamp() else {
        return it.time.clone().unwrap_or_else(|| "not stated".to_owned());
    };
    let late = late_seconds(it, context).filter(|late| *late >= LATE);
    let late = late
        .map(|late| format!(", received {} later", duration(late)))
        .unwrap_or_default();
    format!("{}{late}", instant(time))
}

/// Seconds between the event and its arrival; none if one of the times is unknown.
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
