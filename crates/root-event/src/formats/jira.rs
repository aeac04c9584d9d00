//! An alert of Jira Service Management (Cloud Ops REST API, "Create alert"; its lengths are those of Opsgenie's Alert API,
//! whose successor it is). The incoming webhook of a Jira automation takes any JSON, and its rule reads these fields.

use serde_json::{Value, json};

use crate::message::Message;
use crate::severity::Severity;

const MESSAGE: usize = 130;
const DESCRIPTION: usize = 15_000;
const TAG: usize = 50;
/// All names and values together.
const DETAILS: usize = 8_000;

pub(crate) fn jira(message: &Message) -> Value {
    let attributes = &message.attributes;
    let tags = [
        "rootwatch",
        &attributes.severity,
        &attributes.activity,
        &attributes.account,
    ];
    let tags = tags.map(|tag| super::within(tag, TAG));
    let mut details = serde_json::Map::new();
    let mut room = DETAILS;
    let links = message.links().into_iter();
    let links = links.map(|(name, link)| (name.to_owned(), json!(link)));
    for (name, value) in links.chain(message.details()) {
        let length = name.len() + value.as_str().unwrap_or_default().len();
        // The description has all of it.
        if length <= room {
            room -= length;
            details.insert(name, value);
        }
    }
    json!({
        "message": super::within(&message.subject, MESSAGE),
        "alias": message.key(),
        "description": description(&message.text),
        "entity": attributes.account,
        "priority": priority(message.about.severity),
        "source": "rootwatch",
        "tags": tags,
        "details": details,
    })
}

fn description(text: &str) -> String {
    const CUT: &str = "\n(cut here; the e-mail has the rest)";
    if text.chars().count() <= DESCRIPTION {
        return text.to_owned();
    }
    let kept: String = text.chars().take(DESCRIPTION - CUT.len()).collect();
    format!("{kept}{CUT}")
}

const fn priority(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "P1",
        Severity::High => "P2",
        Severity::Medium => "P3",
        Severity::Low => "P4",
        Severity::Info => "P5",
    }
}
