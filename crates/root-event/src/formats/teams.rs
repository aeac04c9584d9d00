//! A message with an adaptive card, as a workflow of Microsoft Teams takes it by its webhook (Microsoft Learn, "Create
//! incoming webhooks with Workflows", and the schema of adaptive cards 1.4). A message has room for 28 KB.

use serde_json::{Value, json};

use super::{lines_within, within};
use crate::chatbot::{chat, title, with_links};
use crate::message::Message;
use crate::severity::Severity;

/// Bytes of each part: all together, escaped as JSON, stay below 28 KB.
const SENTENCE: usize = 1_000;
const FACT: usize = 200;
const LIST: usize = 3_000;
const STEPS: usize = 2_000;
const NOTES: usize = 1_000;
const RAW: usize = 1_500;

pub(crate) fn teams(message: &Message) -> Value {
    let body = &message.body;
    let facts: Vec<Value> = body
        .fields
        .iter()
        .map(|(name, value)| json!({ "title": name, "value": safe(value, FACT) }))
        .collect();
    let mut items = vec![
        json!({ "type": "TextBlock", "text": title(&message.subject), "size": "Medium", "weight": "Bolder",
            "wrap": true, "color": color(message.about.severity) }),
        text(&safe(&body.sentence, SENTENCE)),
        json!({ "type": "FactSet", "facts": facts }),
    ];
    let (name, list) = &body.list;
    items.extend(titled(name, list.iter().map(String::as_str), LIST));
    let help: Vec<String> = body.help.iter().map(|line| with_links(line, 350)).collect();
    let steps = help
        .iter()
        .map(String::as_str)
        .chain(body.steps.iter().copied());
    items.extend(titled("What to do now", steps, STEPS));
    items.extend(titled("Note", body.notes.iter().map(String::as_str), NOTES));
    if let Some((raw, _)) = &body.raw {
        items.extend(titled("The event", raw.lines(), RAW));
    }
    if let Some(sender) = &body.sender {
        let sender = format!("Sent by {}", safe(sender, 200));
        items.push(json!({ "type": "TextBlock", "text": sender, "isSubtle": true, "size": "Small", "wrap": true }));
    }
    let actions: Vec<Value> = message
        .links()
        .into_iter()
        .map(|(title, url)| json!({ "type": "Action.OpenUrl", "title": title, "url": url }))
        .collect();
    json!({
        "type": "message",
        "attachments": [{
            "contentType": "application/vnd.microsoft.card.adaptive",
            "contentUrl": null,
            "content": {
                "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
                "type": "AdaptiveCard",
                "version": "1.4",
                "msteams": { "width": "Full" },
                "body": items,
                "actions": actions,
            },
        }],
    })
}

fn text(text: &str) -> Value {
    json!({ "type": "TextBlock", "text": text, "wrap": true })
}

fn titled<'a>(title: &str, lines: impl Iterator<Item = &'a str>, bytes: usize) -> Vec<Value> {
    let lines = lines_within(lines, bytes);
    if lines.is_empty() {
        return Vec::new();
    }
    let lines: Vec<String> = lines
        .iter()
        .map(|line| format!("- {}", with_links(line, 400)))
        .collect();
    vec![
        json!({ "type": "TextBlock", "text": title, "weight": "Bolder", "wrap": true, "spacing": "Medium" }),
        text(&lines.join("\n")),
    ]
}

const fn color(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical | Severity::High => "Attention",
        Severity::Medium => "Warning",
        Severity::Low | Severity::Info => "Default",
    }
}

fn safe(line: &str, bytes: usize) -> String {
    within(&chat(line, bytes), bytes)
}
