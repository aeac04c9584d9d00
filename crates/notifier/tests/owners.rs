//! Owners, by account and by unit, and what the settings add to every message.

use rootwatch_notifier::{Notifier, Settings};
use serde_json::{Value, json};

use crate::handle::handle;
use crate::names::in_account;
use crate::services::{self, NEVER, Organizations, Sns};
use crate::{TOPIC, envelope};

const SHOP: &str = "444455556666";

fn settings(owners: &Value) -> Settings {
    let file = json!({
        "topic_arn": TOPIC,
        "owners": owners,
        "runbook": "https://wiki.example.com/root",
        "contact": "Security on call",
    });
    let name =
        |name: &str| (name == "AWS_LAMBDA_FUNCTION_NAME").then(|| "audit-notifier".to_owned());
    Settings::read(name, Some(&file.to_string())).unwrap()
}

fn notifier(owners: &Value, organizations: &Organizations) -> (Notifier, Sns) {
    let sns = Sns::refusing(NEVER);
    (
        services::notifier(settings(owners), &sns, organizations),
        sns,
    )
}

fn bodies(sns: &Sns) -> Vec<Value> {
    let accepted = sns.accepted();
    let body = |form: &services::Form| -> Value {
        let all: Value = serde_json::from_str(form.get("Message")).unwrap();
        serde_json::from_str(all["default"].as_str().unwrap()).unwrap()
    };
    accepted.iter().map(body).collect()
}

#[tokio::test]
async fn the_nearest_owner_is_named_and_units_are_asked_for_once() {
    let organizations =
        Organizations::with_units(&[SHOP, "ou-ab12-inner000", "ou-ab12-outer000", "r-ab12"]);
    let owners = json!({
        "111122223333": "Payments",
        "ou-ab12-outer000": "Workloads",
        "r-ab12": "Platform",
    });
    let (notifier, sns) = notifier(&owners, &organizations);
    for (id, account) in [("e1", "111122223333"), ("e2", SHOP), ("e3", SHOP)] {
        handle(&notifier, &in_account(id, account)).await.unwrap();
    }
    let bodies = bodies(&sns);
    let owners: Vec<&str> = bodies
        .iter()
        .map(|it| it["owner"].as_str().unwrap())
        .collect();
    assert_eq!(owners, ["Payments", "Workloads", "Workloads"]);
    // A name for each account, and the three parents of one.
    assert_eq!(organizations.asked(), 2 + 3);
}

#[tokio::test]
async fn without_access_to_organizations_nobody_waits_and_the_alert_is_sent() {
    let organizations = Organizations::with_units(&[]);
    let (notifier, sns) = notifier(&json!({ "r-ab12": "Platform" }), &organizations);
    for id in ["e1", "e2"] {
        handle(&notifier, &in_account(id, SHOP)).await.unwrap();
    }
    let bodies = bodies(&sns);
    assert_eq!((bodies.len(), bodies[0].get("owner")), (2, None));
    // A name, and one refusal, after which there is none for a while.
    assert_eq!(organizations.asked(), 2);
}

#[tokio::test]
async fn every_message_says_what_helps_and_who_sent_it() {
    let organizations = Organizations::refusing();
    let (notifier, sns) = notifier(&json!({}), &organizations);
    handle(&notifier, &envelope("e1", "PutBucketPolicy", false))
        .await
        .unwrap();
    handle(&notifier, &json!({ "odd": 1 })).await.unwrap();
    for body in bodies(&sns) {
        assert_eq!(body["runbook"], "https://wiki.example.com/root", "{body}");
        assert_eq!(body["contact"], "Security on call");
        let sender = json!({ "name": "audit", "account": "999988887777", "region": "eu-west-1" });
        assert_eq!(body["sender"], sender);
    }
    let accepted = sns.accepted();
    let mails = accepted
        .iter()
        .map(|form| -> Value { serde_json::from_str(form.get("Message")).unwrap() });
    for mail in mails {
        let text = mail["email"].as_str().unwrap();
        assert!(text.contains("What to do now:\n- Runbook: https://wiki.example.com/root\n- Contact: Security on call\n"), "{text}");
        assert!(
            text.ends_with("\nSent by audit, account 999988887777, eu-west-1\n"),
            "{text}"
        );
    }
}
