//! The messages as people read them: `tests/golden/<fixture>.txt` holds subject, SMS and text, `.json` the JSON body,
//! `.chatbot.json` the custom notification for chat programs.
//!
//! `UPDATE_GOLDEN=1 cargo test -p rootwatch-root-event` writes them again; a reviewer reads the difference.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use rootwatch_root_event::{
    Assessment, Decision, Message, assess, digest, message, parse, reports, unreadable_message,
    unrouted_message,
};

use serde_json::Value;

use crate::reports::storms;
use crate::{context, fixture, fixtures, helpful};

pub(crate) fn compare(file: &str, text: &str) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("tests/golden")
        .join(file);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
    }
    let golden = fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(text, golden, "{file}: UPDATE_GOLDEN=1 writes it again");
}

fn check(name: &str, message: &Message) {
    let text = format!(
        "Subject: {}\nSMS: {}\n\n{}",
        message.subject, message.sms, message.text
    );
    compare(&format!("{name}.txt"), &text);
    let json = |value| format!("{:#}\n", sorted(value));
    compare(&format!("{name}.json"), &json(&message.json));
    compare(&format!("{name}.chatbot.json"), &json(&message.chatbot));
}

/// Another crate of the workspace may turn on serde_json's `preserve_order`.
pub(crate) fn sorted(value: &Value) -> Value {
    match value {
        Value::Object(map) => {
            let fields: BTreeMap<&String, Value> = map
                .iter()
                .map(|(name, value)| (name, sorted(value)))
                .collect();
            fields
                .into_iter()
                .map(|(name, value)| (name.clone(), value))
                .collect()
        }
        Value::Array(items) => items.iter().map(sorted).collect(),
        other => other.clone(),
    }
}

#[test]
fn alerts() {
    for (name, event) in fixtures() {
        let it = assess(&event);
        if it.decision != Decision::Ignore {
            let context = match it.target_account {
                Some(_) => context().target_name(Some("Sandbox-Shop")),
                None => context(),
            };
            check(&name, &message(&it, &context));
        }
    }
}

/// Thirty calls of one console session, two of which arrived twice.
pub(crate) fn session() -> Vec<Assessment> {
    let calls = ["DescribeInstances", "DescribeVolumes", "DescribeRegions"];
    let one = |index: usize| {
        let mut it = fixture("api-read");
        it.action = Some(calls[index % calls.len()].to_owned());
        it.event_id = Some(format!("00000000-2222-4222-8333-{:012}", index % 28));
        it.time = Some(format!("2026-11-02T09:12:{:02}Z", index % 28));
        it
    };
    (0..30).map(one).collect()
}

#[test]
fn what_helps_to_act_comes_first() {
    let it = fixture("credential-access-key");
    check("helpful", &message(&it, &helpful()));
    check("helpful-digest", &digest(&session(), &helpful()).unwrap());
    let bytes = b"{";
    let unreadable = unreadable_message(bytes, &parse(bytes).unwrap_err(), &helpful());
    assert!(
        unreadable
            .text
            .contains("- Runbook: https://wiki.example.com")
    );
    assert_eq!(unreadable.json["sender"]["account"], "222222222222");
}

/// A message about several accounts names no owner: that of the first would take it for one of theirs.
#[test]
fn several_accounts_have_no_one_owner() {
    let mut batch = vec![fixture("failed-sign-in"), fixture("failed-sign-in")];
    batch[1].account = Some("444455556666".to_owned());
    batch[1].event_id = Some("another".to_owned());
    let reports = reports(&batch, 20);
    let [report] = reports.as_slice() else {
        panic!("{reports:?}")
    };
    let message = report.message(&batch, &helpful()).unwrap();
    assert!(!message.text.contains("Owner:"), "{}", message.text);
    assert_eq!(message.json.get("owner"), None);
    assert_eq!(message.json["contact"], helpful().guide.contact.unwrap());
}

#[test]
fn a_digest() {
    check("digest", &digest(&session(), &context()).unwrap());
}

#[test]
fn storms_are_few_messages() {
    for (name, message) in storms() {
        check(name, &message);
    }
}

#[test]
fn a_topic_of_a_route_that_is_not_reached() {
    let topic = "arn:aws:sns:eu-west-1:444455556666:payments-alerts";
    let why = "SNS Publish: AuthorizationError: User is not authorized to perform: SNS:Publish";
    let message = unrouted_message(topic, why, &helpful());
    crate::sound::is_sound(&message);
    check("unrouted", &message);
}

#[test]
fn an_unreadable_event() {
    let bytes = b"{\"detail\": {\nAccount:     999999999999\n\"eventName\": \"Crea";
    check(
        "unreadable",
        &unreadable_message(bytes, &parse(bytes).unwrap_err(), &context()),
    );
}
