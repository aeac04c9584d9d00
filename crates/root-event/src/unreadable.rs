//! An event that cannot be read is still told: raw, shortened, and marked.

use serde_json::json;

use crate::json::{SCHEMA, without_nulls};
use crate::message::{Attributes, Context, Message, instant, section};
use crate::record::Unreadable;
use crate::sanitize;
use crate::severity::Severity;

/// How much of the event is shown, in characters. Escaped twice it stays far below SNS's 256 KiB.
const RAW: usize = 8 * 1024;

const SENTENCE: &str =
    "An event reached rootwatch that it could not read. It may be root activity.";
const SUBJECT: &str = "[HIGH] rootwatch: an event that could not be read";
const STEPS: [&str; 2] = [
    "Read the event below. If it is root activity, treat it as an alert.",
    "Report it to the maintainers of rootwatch, without what is confidential in it.",
];

/// The message for `bytes` that [`crate::parse`] refused.
#[must_use]
pub fn unreadable_message(bytes: &[u8], why: &Unreadable, context: &Context<'_>) -> Message {
    let whole = String::from_utf8_lossy(bytes);
    let raw: String = sanitize::block_within(&whole, RAW);
    let left_out = whole.chars().count().saturating_sub(RAW);
    Message {
        subject: SUBJECT.to_owned(),
        text: text(&raw, left_out, why, context),
        sms: "HIGH rootwatch: an event came that could not be read. See the e-mail.".to_owned(),
        json: without_nulls(json!({
            "schema": SCHEMA,
            "kind": "unreadable",
            "test": false,
            "severity": Severity::High.name(),
            "activity": "unreadable",
            "account": { "id": "unknown" },
            "subject": SUBJECT,
            "summary": SENTENCE,
            "received": context.received.map(|at| at.to_string()),
            "what_to_do": STEPS,
            "unreadable": { "why": why.to_string(), "raw": raw, "characters_left_out": left_out },
        })),
        attributes: Attributes {
            severity: Severity::High.name().to_owned(),
            account: "unknown".to_owned(),
            activity: "unreadable".to_owned(),
        },
    }
}

fn text(raw: &str, left_out: usize, why: &Unreadable, context: &Context<'_>) -> String {
    let mut text = format!("{SENTENCE}\n\nWhy:         {why}\n");
    if let Some(at) = context.received {
        text.push_str(&format!("Received:    {}\n", instant(at)));
    }
    section(&mut text, "What to do now", STEPS.into_iter());
    text.push_str(&format!("\nThe event, each line marked with |:\n{raw}\n"));
    if left_out > 0 {
        text.push_str(&format!("({left_out} more characters are left out)\n"));
    }
    text
}
