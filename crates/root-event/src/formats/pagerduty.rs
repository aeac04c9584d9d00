//! An event of PagerDuty's Events API v2 (PagerDuty developer documentation, "Send an Alert Event"). The routing key is not
//! in it: whoever sends it on adds that, and rootwatch never knows it.

use serde_json::{Value, json};

use crate::json::without_nulls;
use crate::message::Message;
use crate::severity::Severity;

pub(crate) fn pagerduty(message: &Message) -> Value {
    let json = &message.json;
    let links: Vec<Value> = message
        .links()
        .into_iter()
        .map(|(text, href)| json!({ "href": href, "text": text }))
        .collect();
    let name = &json["account"]["name"];
    let account = &message.attributes.account;
    let source = match name.as_str() {
        Some(name) => format!("{name} {account}"),
        None => account.clone(),
    };
    let mut details = message.details();
    details.insert("Summary".to_owned(), json!(message.body.sentence));
    json!({
        "event_action": "trigger",
        "dedup_key": message.key(),
        "client": "rootwatch",
        "links": links,
        "payload": without_nulls(json!({
            "summary": message.subject,
            "source": source,
            "severity": severity(message.about.severity),
            "timestamp": timestamp(message),
            "component": json["service"],
            "group": account,
            "class": message.attributes.activity,
            "custom_details": details,
        })),
    })
}

/// PagerDuty knows four.
const fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "critical",
        Severity::High => "error",
        Severity::Medium => "warning",
        Severity::Low | Severity::Info => "info",
    }
}

fn timestamp(message: &Message) -> Option<String> {
    let at = jiff::Timestamp::from_millisecond(message.milliseconds()?).ok()?;
    Some(at.to_string())
}
