//! What a root event is: reading a CloudTrail record, deciding whether to report it, and wording the report.
//!
//! Pure: no I/O and no clock. The notifier, `rootwatch explain` and `rootwatch test` share it, so that what `explain`
//! shows is what is sent.
//!
//! [`parse`] -> [`Event`] -> [`assess`] -> [`Assessment`] -> [`message`], or [`reports`] of several -> [`Message`].

mod advice;
mod assess;
mod body;
mod canary;
mod chatbot;
mod classify;
mod context;
mod explain;
mod formats;
mod headline;
mod heartbeat;
mod json;
mod known;
mod message;
mod notes;
mod options;
#[cfg(test)]
#[path = "../../engine/src/page.rs"]
mod page;
mod parameters;
mod record;
mod reports;
mod route;
mod sanitize;
mod several;
mod severity;
mod tally;
mod tampering;
mod unreadable;
mod unrouted;
mod who;
mod words;

pub use assess::{Access, Assessment, Mfa, Outcome, assess};
pub use canary::{CANARY_SOURCE, SELF_CHECK_EVENT, canary_detail};
pub use classify::{Activity, DETAIL_TYPES, Decision};
pub use context::{Context, Guide, Sender};
pub use explain::{Explanation, explain, explain_unreadable};
pub use heartbeat::{HEARTBEAT_DETAIL_TYPE, HEARTBEAT_SOURCE, Heartbeat, heartbeat};
pub use known::READ_ONLY_THAT_MATTERS;
pub use message::{About, Attributes, Message};
pub use options::{Format, ReadOnly};
pub use record::{Event, Unreadable, parse};
pub use reports::{Form, Report, digest, reports};
pub use route::{Route, RouteError};
pub use sanitize::is_invisible;
pub use severity::Severity;
pub use unreadable::unreadable_message;
pub use unrouted::unrouted_message;

/// The JSON schema of the body for programs: [`Message::json`] of every message is valid against it.
pub const ALERT_SCHEMA: &str = include_str!("../schema/alert-1.json");

/// The message for one assessed event, as an alert of its own.
#[must_use]
pub fn message(assessment: &Assessment, context: &Context<'_>) -> Message {
    message::alert(assessment, &[], context)
}
