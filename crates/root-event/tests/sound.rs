//! What holds for every message, from any input. The fuzz target uses it too.

#[path = "violations.rs"]
mod violations;

use rootwatch_root_event::{ALERT_SCHEMA, Format, Message};
use serde_json::Value;

/// SNS's limit for a message with its attributes, in bytes (SNS API reference, Publish).
const SNS_LIMIT: usize = 256 * 1024;
/// Allowance for the names of the attributes and what else SNS counts.
const ROOM: usize = 1_024;

/// Fails unless the message can be published, in both formats, and is valid against its schemas.
pub(crate) fn is_sound(message: &Message) {
    let subject = &message.subject;
    assert!(subject.len() < 100 && subject.is_ascii(), "{subject}");
    assert!(!subject.contains(|c: char| c.is_control()), "{subject}");
    assert!(
        message.sms.len() < 140 && message.sms.is_ascii() && !message.sms.contains('\n'),
        "{}",
        message.sms
    );
    assert!(!message.text.contains(|c: char| c.is_control() && c != '\n'));
    let attributes = message.attributes.pairs();
    assert!(attributes.iter().all(|(_, value)| !value.is_empty()));
    let attributes: usize = attributes.iter().map(|(_, value)| value.len()).sum();
    for (_, format) in Format::OF_ROUTES {
        let body = message.sns_body(format);
        let bytes = body.len() + subject.len() + attributes + ROOM;
        assert!(bytes < SNS_LIMIT, "{bytes} bytes");
        is_structured(&body);
    }
    obeys(&message.json);
    fits_chat(&message.chatbot);
    fits_pagerduty(&message.body(Format::PagerDuty));
    fits_slack(&message.body(Format::Slack));
    fits_teams(&message.body(Format::Teams));
    fits_jira(&message.body(Format::Jira));
    let found = violations(&message.body(Format::Ocsf), &ocsf_schema(), "finding");
    assert!(found.is_empty(), "{found:#?}");
}

pub(crate) fn ocsf_schema() -> Value {
    serde_json::from_str(include_str!("../schema/ocsf-detection-finding-1.5.0.json")).unwrap()
}

fn characters(text: &Value) -> usize {
    text.as_str().unwrap().chars().count()
}

/// PagerDuty developer documentation, "Send an Alert Event": required fields, values and lengths.
fn fits_pagerduty(it: &Value) {
    assert_eq!(it["event_action"], "trigger");
    assert!(it.get("routing_key").is_none(), "it is nobody's to know");
    assert!((1..=255).contains(&characters(&it["dedup_key"])), "{it}");
    let payload = &it["payload"];
    assert!(
        (1..=1_024).contains(&characters(&payload["summary"])),
        "{it}"
    );
    assert!(!payload["source"].as_str().unwrap().is_empty());
    let severity = payload["severity"].as_str().unwrap();
    assert!(["critical", "error", "warning", "info"].contains(&severity));
    assert!(it.to_string().len() < 512 * 1_024);
}

/// Slack developer documentation, "Block Kit": blocks, and characters of a header and of a section.
fn fits_slack(it: &Value) {
    let blocks = it["blocks"].as_array().unwrap();
    assert!((1..=50).contains(&blocks.len()));
    for block in blocks {
        let (text, most) = match block["type"].as_str().unwrap() {
            "header" => (&block["text"], 150),
            "section" => (&block["text"], 3_000),
            "context" => (&block["elements"][0], 2_000),
            other => panic!("{other}"),
        };
        assert!((1..=most).contains(&characters(&text["text"])), "{block}");
        for mention in ["<!", "<@", "<#"] {
            assert!(!text.to_string().contains(mention), "{block}");
        }
    }
}

/// Microsoft Learn, "Create incoming webhooks": the size of a message.
fn fits_teams(it: &Value) {
    assert!(
        it.to_string().len() < 28 * 1_024,
        "{}",
        it.to_string().len()
    );
    let card = &it["attachments"][0]["content"];
    assert_eq!(
        (&card["type"], &card["version"]),
        (&"AdaptiveCard".into(), &"1.4".into())
    );
    for item in card["body"].as_array().unwrap() {
        let is_text = item["type"] == "TextBlock" && !item["text"].as_str().unwrap().is_empty();
        assert!(is_text || item["type"] == "FactSet", "{item}");
    }
    assert!(!card.to_string().contains("]("), "{card}");
}

/// Opsgenie developer documentation, "Alert API", whose fields Jira Service Management has.
fn fits_jira(it: &Value) {
    let most = [
        ("message", 130),
        ("alias", 512),
        ("description", 15_000),
        ("entity", 512),
        ("source", 100),
    ];
    for (field, most) in most {
        assert!((1..=most).contains(&characters(&it[field])), "{field} {it}");
    }
    let tags = it["tags"].as_array().unwrap();
    assert!(tags.len() <= 20 && tags.iter().all(|tag| characters(tag) <= 50));
    let details = it["details"].as_object().unwrap().iter();
    let length: usize = details
        .map(|(name, value)| name.chars().count() + characters(value))
        .sum();
    assert!(length <= 8_000, "{length}");
    assert!(["P1", "P2", "P3", "P4", "P5"].contains(&it["priority"].as_str().unwrap()));
}

/// `MessageStructure=json` requires a text for each protocol, and a default.
fn is_structured(body: &str) {
    let body: Value = serde_json::from_str(body).unwrap();
    assert!(body.as_object().unwrap().values().all(Value::is_string));
    assert!(serde_json::from_str::<Value>(body["default"].as_str().unwrap()).is_ok());
}

/// The schema and the limits of a custom notification (Amazon Q Developer in chat applications administrator guide).
fn fits_chat(it: &Value) {
    assert_eq!(
        (&it["version"], &it["source"]),
        (&"1.0".into(), &"custom".into())
    );
    let content = &it["content"];
    assert_eq!(content["textType"], "client-markdown");
    let length = |text: &Value| text.as_str().unwrap().chars().count();
    assert!((1..=250).contains(&length(&content["title"])), "{content}");
    assert!(
        (1..=8_000).contains(&length(&content["description"])),
        "{content}"
    );
    let all = |list: &str, most: usize| {
        let items = content[list].as_array().unwrap();
        assert!(items.iter().all(|item| (1..=most).contains(&length(item))));
    };
    all("nextSteps", 350);
    all("keywords", 75);
    for mention in ["<!", "<@", "<http", "]("] {
        assert!(!it.to_string().contains(mention), "{mention} in {it}");
    }
}

/// Where `value` violates `schema`.
pub(crate) fn violations(value: &Value, schema: &Value, at: &str) -> Vec<String> {
    violations::violations(value, schema, at, false)
}

pub(crate) fn obeys(json: &Value) {
    let schema: Value = serde_json::from_str(ALERT_SCHEMA).unwrap();
    let found = violations(json, &schema, "message");
    assert!(found.is_empty(), "{found:#?}");
}
