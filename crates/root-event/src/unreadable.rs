//! An event that cannot be read is still reported: raw, shortened, and marked.

use serde_json::{Value, json};

use crate::body::Body;
use crate::context::{Context, with_context};
use crate::json::{SCHEMA, without_nulls};
use crate::message::{Message, instant};
use crate::record::Unreadable;
use crate::sanitize;
use crate::severity::Severity;

/// How much of the event is shown, in characters. Even escaped twice it is far below SNS's 256 KiB.
const RAW: usize = 8 * 1024;

const SENTENCE: &str =
    "rootwatch received an event that it could not read. It may be root activity.";
const SUBJECT: &str = "[HIGH] An event could not be read (rootwatch)";
const SMS: &str = "HIGH An event could not be read (rootwatch). See the e-mail.";
const STEPS: [&str; 2] = [
    "Read the event below. If it is root activity, treat it as an alert.",
    "Report it to the maintainers of rootwatch, without the confidential parts.",
];

/// The message for `bytes` that [`crate::parse`] could not read.
#[must_use]
pub fn unreadable_message(bytes: &[u8], why: &Unreadable, context: &Context<'_>) -> Message {
    let whole = String::from_utf8_lossy(bytes);
    let raw: String = whole.chars().take(RAW).collect();
    let left_out = whole.chars().count().saturating_sub(RAW);
    let json = machine(&raw, left_out, why, context);
    let body = body(raw, left_out, why, context);
    Message::of_no_account("unreadable", [SUBJECT, SMS], json, body)
}

fn body(raw: String, left_out: usize, why: &Unreadable, context: &Context<'_>) -> Body {
    let mut fields = vec![("Why", why.to_string())];
    fields.extend(context.received.map(|at| ("Received", instant(at))));
    Body {
        sentence: SENTENCE.to_owned(),
        fields,
        help: context.guide.steps(),
        steps: STEPS.to_vec(),
        sender: context.guide.sender(),
        raw: Some((raw, left_out)),
        ..Body::default()
    }
}

fn machine(raw: &str, left_out: usize, why: &Unreadable, context: &Context<'_>) -> Value {
    let body = without_nulls(json!({
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
        "unreadable": { "why": why.to_string(), "raw": sanitize::block(raw), "characters_left_out": left_out },
    }));
    with_context(body, context, None)
}
