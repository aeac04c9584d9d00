//! Invocations, with an SNS at an endpoint.

use jiff::Timestamp;
use rootwatch_notifier::{Notifier, Settings, Timing};
use serde_json::{Value, json};

use crate::services::{self, NEVER, Organizations, Sns, settings};
use crate::{TOPIC, batch, envelope};

/// A notifier with these settings whose hub has no access to Organizations, and its SNS.
fn with(settings: Settings, refuse: &'static str) -> (Notifier, Sns, Organizations) {
    let (sns, organizations) = (Sns::refusing(refuse), Organizations::refusing());
    let notifier = services::notifier(settings, &sns, &organizations);
    (notifier, sns, organizations)
}

/// A notifier whose SNS refuses every message with `refuse` in its subject.
pub(crate) fn notifier(refuse: &'static str) -> (Notifier, Sns, Organizations) {
    with(settings("digest"), refuse)
}

pub(crate) fn timing() -> Timing {
    ends_after(60_000)
}

/// The function is about to time out.
pub(crate) fn almost_over() -> Timing {
    ends_after(1_000)
}

fn ends_after(milliseconds: u64) -> Timing {
    let received: Timestamp = "2026-11-02T09:13:12Z".parse().unwrap();
    let now = u64::try_from(received.as_millisecond()).unwrap();
    Timing::new(received, now + milliseconds)
}

pub(crate) async fn handle(notifier: &Notifier, payload: &Value) -> Result<Value, String> {
    let result = notifier
        .handle(payload.to_string().as_bytes(), timing())
        .await;
    result.map_err(|error| error.to_string())
}

pub(crate) fn failures(reply: &Value) -> Vec<&str> {
    let list = reply["batchItemFailures"].as_array().unwrap();
    list.iter()
        .map(|one| one["itemIdentifier"].as_str().unwrap())
        .collect()
}

#[tokio::test]
async fn one_event_is_one_message_with_a_body_for_each_protocol() {
    let (notifier, sns, _organizations) = notifier(NEVER);
    let reply = handle(&notifier, &envelope("e1", "PutBucketPolicy", false))
        .await
        .unwrap();
    assert_eq!(reply, json!({ "published": 1 }));
    let accepted = sns.accepted();
    let [form] = accepted.as_slice() else {
        unreachable!("{accepted:?}")
    };
    assert_eq!(form.get("TopicArn"), TOPIC);
    assert_eq!(form.get("MessageStructure"), "json");
    assert_eq!(
        form.get("Subject"),
        "[HIGH] Root called s3:PutBucketPolicy in Prod-Payments 111122223333 eu-west-1"
    );
    assert_eq!(form.attribute("severity"), Some("high"));
    assert_eq!(form.attribute("account"), Some("111122223333"));
    assert_eq!(form.attribute("activity"), Some("api-write"));
    let body: Value = serde_json::from_str(form.get("Message")).unwrap();
    assert!(
        body["email"]
            .as_str()
            .unwrap()
            .starts_with("The root user of account 111122223333 (Prod-Payments)")
    );
    assert!(body["sms"].as_str().unwrap().len() < 140);
    let machine: Value = serde_json::from_str(body["default"].as_str().unwrap()).unwrap();
    assert_eq!(machine["event_id"], "e1");
    assert!(!form.get("Message").contains("secret"));
}

#[tokio::test]
async fn a_read_only_event_that_arrives_alone_is_reported_alone() {
    let (notifier, sns, _organizations) = notifier(NEVER);
    handle(&notifier, &envelope("e1", "ListBuckets", true))
        .await
        .unwrap();
    assert_eq!(sns.subjects().len(), 1);
}

#[tokio::test]
async fn a_failed_publish_is_an_error_with_what_sns_said() {
    let (notifier, _sns, _organizations) = notifier("Root");
    let error = handle(&notifier, &envelope("e1", "PutBucketPolicy", false))
        .await
        .unwrap_err();
    assert_eq!(error, "SNS Publish: InternalError: down");
}

#[tokio::test]
async fn what_is_not_root_activity_is_not_published() {
    let (notifier, sns, _organizations) = notifier(NEVER);
    let mut forged = envelope("e1", "PutBucketPolicy", false);
    forged["source"] = json!("com.example");
    let mut service = envelope("e2", "PutBucketPolicy", false);
    service["detail"]["userIdentity"]["invokedBy"] = json!("config.amazonaws.com");
    let mut user = envelope("e3", "PutBucketPolicy", false);
    user["detail"]["userIdentity"]["type"] = json!("IAMUser");
    for event in [forged, service, user] {
        assert_eq!(
            handle(&notifier, &event).await.unwrap(),
            json!({ "published": 0 })
        );
    }
    assert!(sns.accepted().is_empty());
}

#[tokio::test]
async fn an_unreadable_event_is_published_as_received() {
    let (notifier, sns, _organizations) = notifier(NEVER);
    handle(&notifier, &json!({ "odd": ["thing"] }))
        .await
        .unwrap();
    notifier.handle(br#"{"half"#, timing()).await.unwrap();
    assert_eq!(
        sns.subjects(),
        ["[HIGH] An event could not be read (rootwatch)"; 2]
    );
    assert!(sns.accepted()[0].get("Message").contains("odd"));
}

#[tokio::test]
async fn an_unreadable_event_that_is_not_published_is_an_error() {
    let (notifier, _sns, _organizations) = notifier("could not be read");
    assert!(
        handle(&notifier, &json!({ "odd": ["thing"] }))
            .await
            .is_err()
    );
}

#[tokio::test]
async fn a_batch_is_one_digest_a_session_and_an_event_counts_once() {
    let (notifier, sns, _organizations) = notifier(NEVER);
    let mut other = envelope("e9", "ListBuckets", true);
    other["detail"]["userIdentity"]["accessKeyId"] = json!("ASIAEXAMPLEKEY0OTHER");
    let mut another = envelope("e10", "ListBuckets", true);
    another["detail"]["userIdentity"]["accessKeyId"] = json!("ASIAEXAMPLEKEY0OTHER");
    let bodies = [
        envelope("e1", "ListBuckets", true),
        envelope("e2", "GetBucketAcl", true),
        envelope("e2", "GetBucketAcl", true),
        envelope("e3", "GetBucketAcl", true),
        other,
        another,
    ]
    .map(|event| event.to_string());
    let reply = handle(&notifier, &batch(&bodies)).await.unwrap();
    assert_eq!(reply, json!({ "batchItemFailures": [] }));
    let mut subjects = sns.subjects();
    subjects.sort();
    assert_eq!(subjects.len(), 2);
    assert!(
        subjects[0].contains("2 read-only calls") && subjects[1].contains("3 read-only calls"),
        "{subjects:?}"
    );
}

#[tokio::test]
async fn an_alert_in_a_batch_is_reported_on_its_own_and_once() {
    let (notifier, sns, _organizations) = notifier(NEVER);
    let mut matters = envelope("e2", "Instruments_Create", true);
    matters["detail"]["eventSource"] = json!("payments.amazonaws.com");
    let bodies = [
        envelope("e1", "ListBuckets", true),
        matters.clone(),
        matters,
    ]
    .map(|event| event.to_string());
    handle(&notifier, &batch(&bodies)).await.unwrap();
    let subjects = sns.subjects();
    assert_eq!(subjects.len(), 2, "{subjects:?}");
    assert!(subjects[0].contains("Root added a payment instrument"));
}

#[tokio::test]
async fn only_what_failed_is_retried() {
    let (notifier, sns, _organizations) = notifier("payment instrument");
    let mut matters = envelope("e2", "Instruments_Create", true);
    matters["detail"]["eventSource"] = json!("payments.amazonaws.com");
    let matters = matters.to_string();
    let bodies = [
        envelope("e1", "ListBuckets", true).to_string(),
        matters.clone(),
        "no json".to_owned(),
        matters,
        envelope("e3", "GetBucketAcl", true).to_string(),
    ];
    let reply = handle(&notifier, &batch(&bodies)).await.unwrap();
    assert_eq!(
        failures(&reply),
        ["m1", "m3"],
        "both messages of the event that was not reported"
    );
    assert_eq!(sns.subjects().len(), 2);
}

#[tokio::test]
async fn all_items_of_a_digest_that_failed_are_retried() {
    let (notifier, sns, _organizations) = notifier("read-only calls");
    let bodies = [
        envelope("e1", "ListBuckets", true),
        envelope("e2", "PutBucketPolicy", false),
        envelope("e3", "GetBucketAcl", true),
    ]
    .map(|event| event.to_string());
    let reply = handle(&notifier, &batch(&bodies)).await.unwrap();
    assert_eq!(failures(&reply), ["m0", "m2"]);
    assert_eq!(sns.subjects().len(), 1);
}

#[tokio::test]
async fn each_read_is_reported_on_its_own_and_once() {
    let (notifier, sns, _organizations) = with(settings("each"), NEVER);
    let bodies = ["e1", "e2", "e2"].map(|id| envelope(id, "ListBuckets", true).to_string());
    let reply = handle(&notifier, &batch(&bodies)).await.unwrap();
    assert_eq!(reply, json!({ "batchItemFailures": [] }));
    let subject = "[LOW] Root called s3:ListBuckets in Prod-Payments 111122223333 eu-west-1";
    assert_eq!(sns.subjects(), [subject; 2]);
}

#[tokio::test]
async fn switched_off_reads_are_not_reported_and_what_matters_is() {
    let (notifier, sns, _organizations) = with(settings("off"), NEVER);
    let mut matters = envelope("e2", "Instruments_Create", true);
    matters["detail"]["eventSource"] = json!("payments.amazonaws.com");
    let with_key = |id| {
        let mut event = envelope(id, "ListBuckets", true);
        event["detail"]["userIdentity"]["accessKeyId"] = json!("AKIAEXAMPLEKEY00LONG");
        event
    };
    let read = envelope("e1", "ListBuckets", true);
    let all = [read.clone(), matters, with_key("e3"), with_key("e4")];
    handle(&notifier, &batch(&all.map(|event| event.to_string())))
        .await
        .unwrap();
    // Old records have no `readOnly`, and arrive by the rule for write events.
    let alone = handle(&notifier, &read).await.unwrap();
    assert_eq!(alone, json!({ "published": 0 }));
    let subjects = sns.subjects();
    assert_eq!(subjects.len(), 2, "{subjects:?}");
    assert!(subjects[0].contains("payment instrument"), "{subjects:?}");
    assert!(
        subjects[1].starts_with("[CRITICAL]") && subjects[1].contains("2 read-only calls"),
        "{subjects:?}"
    );
}

#[tokio::test]
async fn as_a_chat_notification_the_default_body_is_one_and_queues_keep_theirs() {
    let mut settings = settings("digest");
    settings.format = rootwatch_root_event::Format::Chatbot;
    let (notifier, sns, _organizations) = with(settings, NEVER);
    handle(&notifier, &envelope("e1", "PutBucketPolicy", false))
        .await
        .unwrap();
    let body: Value = serde_json::from_str(sns.accepted()[0].get("Message")).unwrap();
    let inner = |protocol: &str| -> Value {
        serde_json::from_str(body[protocol].as_str().unwrap()).unwrap()
    };
    assert_eq!(inner("default")["source"], "custom");
    assert_eq!(inner("sqs")["schema"], "rootwatch.alert/1");
    assert_eq!(inner("lambda"), inner("sqs"));
    assert!(body["email"].as_str().unwrap().starts_with("The root user"));
}

#[tokio::test]
async fn a_refused_event_does_not_suppress_a_genuine_one() {
    let (notifier, sns, _organizations) = notifier(NEVER);
    let mut forged = envelope("e1", "PutBucketPolicy", false);
    forged["source"] = json!("com.example");
    let bodies = [forged, envelope("e1", "PutBucketPolicy", false)].map(|event| event.to_string());
    handle(&notifier, &batch(&bodies)).await.unwrap();
    assert_eq!(sns.subjects().len(), 1);
}

#[tokio::test]
async fn nothing_is_started_when_the_function_is_about_to_time_out() {
    let (notifier, sns, _organizations) = notifier(NEVER);
    let bodies = [
        envelope("e1", "PutBucketPolicy", false).to_string(),
        envelope("e2", "ListBuckets", true).to_string(),
    ];
    let reply = notifier
        .handle(batch(&bodies).to_string().as_bytes(), almost_over())
        .await;
    // All of it has failed, so that Lambda retries all of it, and counts an error.
    assert!(reply.is_err(), "{reply:?}");
    assert!(sns.accepted().is_empty());
}

#[tokio::test]
async fn a_log_file_is_not_a_batch() {
    let (notifier, sns, _organizations) = notifier(NEVER);
    let record = envelope("e1", "PutBucketPolicy", false)["detail"].clone();
    let reply = handle(&notifier, &json!({ "Records": [record] }))
        .await
        .unwrap();
    assert_eq!(reply, json!({ "published": 1 }));
    assert_eq!(sns.subjects().len(), 1);
}

/// What the schedule of a spoke's rule sends.
fn beat(account: &str, rule: &str) -> String {
    json!({
        "version": "0",
        "id": "53dc4d37-cffa-4f76-80c9-8b7d4a4d2eaa",
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": account,
        "time": "2026-11-02T09:13:00Z",
        "region": "us-east-1",
        "resources": [format!("arn:aws:events:us-east-1:{account}:rule/{rule}")],
        "detail": {},
    })
    .to_string()
}

#[tokio::test]
async fn heartbeats_notify_nobody_and_are_in_no_digest() {
    let (notifier, sns, _organizations) = notifier(NEVER);
    let beat = beat("111122223333", "rootwatch-root-activity");
    let read = envelope("e1", "ListBuckets", true).to_string();
    let reply = handle(&notifier, &batch(std::slice::from_ref(&beat))).await;
    assert_eq!(failures(&reply.unwrap()), Vec::<&str>::new());
    assert!(sns.accepted().is_empty());
    let mixed = [beat.clone(), read, beat];
    let reply = handle(&notifier, &batch(&mixed)).await.unwrap();
    assert_eq!(failures(&reply), Vec::<&str>::new());
    handle(&notifier, &batch(&mixed[1..2])).await.unwrap();
    let subjects = sns.subjects();
    let [mixed, alone] = subjects.as_slice() else {
        unreachable!("{subjects:?}")
    };
    assert_eq!(mixed, alone);
}

#[tokio::test]
async fn what_fails_beside_heartbeats_is_tried_again_without_them() {
    let (notifier, _sns, _organizations) = notifier("Root");
    let beat = beat("111122223333", "rootwatch-root-activity");
    let read = envelope("e1", "ListBuckets", true).to_string();
    let reply = handle(&notifier, &batch(&[beat, read])).await.unwrap();
    assert_eq!(failures(&reply), ["m1"]);
}

#[tokio::test]
async fn what_is_like_a_heartbeat_and_is_none_is_published() {
    let other = beat("111122223333", "my-root-activity");
    let beat = beat("111122223333", "rootwatch-root-activity");
    for (queue, body) in [("reads", other), ("acts", beat)] {
        let (notifier, sns, _organizations) = notifier(NEVER);
        handle(&notifier, &crate::batch_of(queue, &[body]))
            .await
            .unwrap();
        assert_eq!(sns.subjects().len(), 1, "{queue}");
    }
}
