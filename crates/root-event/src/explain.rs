//! What `rootwatch explain` shows about an event.

use serde::Serialize;

use crate::assess::Assessment;
use crate::classify::Decision;
use crate::context::Context;
use crate::message;
use crate::record::Unreadable;
use crate::severity::Severity;
use crate::unreadable::unreadable_message;

/// What would be done with an event, and what would be sent. Serialized, it is a line of `explain --output json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Explanation {
    /// What is done with the event.
    pub decision: Decision,
    /// Why.
    pub reason: String,
    /// How severe it is.
    pub severity: Severity,
    /// As [`crate::Activity::name`], or `unreadable`.
    pub activity: &'static str,
    /// The account whose root user acted.
    pub account: Option<String>,
    /// The region that recorded it.
    pub region: Option<String>,
    /// When it happened, as the record writes it.
    pub time: Option<String>,
    /// CloudTrail's id of the event.
    pub event_id: Option<String>,
    /// The subject of the message; none when nothing is sent. A digest has a subject of its own.
    pub subject: Option<String>,
    /// The text of the message; none when nothing is sent.
    pub text: Option<String>,
}

/// What would be done with an event.
#[must_use]
pub fn explain(it: &Assessment, context: &Context<'_>) -> Explanation {
    let message = (it.decision != Decision::Ignore).then(|| message::alert(it, &[], context));
    let (subject, text) = message
        .map(|message| (message.subject, message.text))
        .unzip();
    Explanation {
        decision: it.decision,
        reason: it.reason.clone(),
        severity: it.severity,
        activity: it.activity.name(),
        account: it.account.clone(),
        region: it.region.clone(),
        time: it.time.clone(),
        event_id: it.event_id.clone(),
        subject,
        text,
    }
}

/// What would be done with `bytes` that [`crate::parse`] could not read: they are sent as they are.
#[must_use]
pub fn explain_unreadable(bytes: &[u8], why: &Unreadable, context: &Context<'_>) -> Explanation {
    let message = unreadable_message(bytes, why, context);
    Explanation {
        decision: Decision::Alert,
        reason: format!("unreadable: {why}"),
        severity: Severity::High,
        activity: "unreadable",
        account: None,
        region: None,
        time: None,
        event_id: None,
        subject: Some(message.subject),
        text: Some(message.text),
    }
}
