//! Alerts that do not reach the topic of a route: those who get all of them are told, since nobody else would notice.

use serde_json::{Value, json};

use crate::body::Body;
use crate::context::{Context, with_context};
use crate::json::{SCHEMA, without_nulls};
use crate::message::{Message, instant};
use crate::sanitize;
use crate::severity::Severity;

const SENTENCE: &str = "An alert was not passed on to the topic of a route. You get all alerts; whoever is subscribed to that topic did not get this one.";
const SUBJECT: &str = "[HIGH] Alerts do not reach a route's topic (rootwatch)";
const SMS: &str = "HIGH Alerts do not reach a route's topic (rootwatch). See the e-mail.";
const STEPS: [&str; 2] = [
    "`rootwatch verify` says what is wrong with the topic: it may be gone, refuse the notifier, or be under a key that the notifier may not use.",
    "Until it is mended, pass the alerts of its accounts on by hand. This message is sent at most once an hour.",
];

/// The message that a topic of a route does not get what it should, and why.
#[must_use]
pub fn unrouted_message(topic: &str, why: &str, context: &Context<'_>) -> Message {
    let topic = sanitize::line(topic);
    let why = sanitize::line(why);
    let json = machine(&topic, &why, context);
    let mut fields = vec![("Topic", topic), ("Why", why)];
    fields.extend(context.received.map(|at| ("When", instant(at))));
    let body = Body {
        sentence: SENTENCE.to_owned(),
        fields,
        help: context.guide.steps(),
        steps: STEPS.to_vec(),
        sender: context.guide.sender(),
        ..Body::default()
    };
    Message::of_no_account("unrouted", [SUBJECT, SMS], json, body)
}

fn machine(topic: &str, why: &str, context: &Context<'_>) -> Value {
    let body = without_nulls(json!({
        "schema": SCHEMA,
        "kind": "unrouted",
        "test": false,
        "severity": Severity::High.name(),
        "activity": "unrouted",
        "account": { "id": "unknown" },
        "subject": SUBJECT,
        "summary": SENTENCE,
        "received": context.received.map(|at| at.to_string()),
        "what_to_do": STEPS,
        "unrouted": { "topic": topic, "why": why },
    }));
    with_context(body, context, None)
}
