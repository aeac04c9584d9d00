//! Batches from both queues: storms are few messages, and no record of a batch is lost.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::handle::{almost_over, failures, handle, notifier};
use crate::services::{NEVER, Sns};
use crate::{batch_of, envelope};

/// Between two messages from the queue of write events.
const PACE: Duration = Duration::from_millis(400);

fn account(number: usize) -> String {
    format!("{:012}", 444_455_556_666 + number)
}

/// A write event of one root session.
fn act(number: usize) -> Value {
    envelope(&format!("act-{number}"), "PutBucketPolicy", false)
}

/// The same, of another account's root user.
fn act_in(number: usize) -> Value {
    let mut event = act(number);
    event["detail"]["userIdentity"]["accountId"] = json!(account(number));
    event
}

fn failed_sign_in(number: usize) -> Value {
    let mut event = act_in(number);
    event["detail-type"] = json!("AWS Console Sign In via CloudTrail");
    let detail = event["detail"].as_object_mut().unwrap();
    detail["eventName"] = json!("ConsoleLogin");
    detail["eventSource"] = json!("signin.amazonaws.com");
    detail["eventID"] = json!(format!("sign-in-{number}"));
    detail.insert("errorMessage".to_owned(), json!("Failed authentication"));
    detail.insert("sourceIPAddress".to_owned(), json!("198.51.100.7"));
    event
}

fn refused_session(number: usize) -> Value {
    let mut event = envelope(&format!("refused-{number}"), "AssumeRoot", false);
    let detail = event["detail"].as_object_mut().unwrap();
    detail["eventSource"] = json!("sts.amazonaws.com");
    detail["userIdentity"] = json!({
        "type": "IAMUser", "accountId": "999988887777", "accessKeyId": "AKIAEXAMPLEKEY00USER",
        "arn": "arn:aws:iam::999988887777:user/mallory",
    });
    detail["requestParameters"] = json!({ "targetPrincipal": account(number % 7) });
    detail.insert("errorCode".to_owned(), json!("AccessDenied"));
    event
}

fn acts(events: impl IntoIterator<Item = Value>) -> Value {
    let bodies: Vec<String> = events.into_iter().map(|it| it.to_string()).collect();
    batch_of("acts", &bodies)
}

/// The ids of the events that a message reports, alone or counted among others.
fn reported(sns: &Sns) -> Vec<String> {
    let accepted = sns.accepted();
    let bodies = accepted.iter().map(|form| -> Value {
        let body: Value = serde_json::from_str(form.get("Message")).unwrap();
        serde_json::from_str(body["default"].as_str().unwrap()).unwrap()
    });
    let ids = |body: Value| match body["kind"].as_str() {
        Some("digest") => body["digest"]["event_ids"].as_array().unwrap().clone(),
        _ => vec![body["event_id"].clone()],
    };
    let ids = bodies.flat_map(ids);
    ids.filter_map(|id| id.as_str().map(str::to_owned))
        .collect()
}

#[tokio::test]
async fn a_storm_of_one_session_is_two_messages() {
    let (notifier, sns, _organizations) = notifier(NEVER);
    let mut storm: Vec<Value> = (0..99).map(act).collect();
    storm.push(envelope("key", "CreateAccessKey", false));
    storm[99]["detail"]["eventSource"] = json!("iam.amazonaws.com");
    let reply = handle(&notifier, &acts(storm)).await.unwrap();
    assert_eq!(failures(&reply), Vec::<&str>::new());
    assert_eq!(
        sns.subjects(),
        [
            "[CRITICAL] Root created an access key in Prod-Payments 111122223333 eu-west-1",
            "[HIGH] And 99 more by root in Prod-Payments 111122223333 eu-west-1",
        ]
    );
}

#[tokio::test]
async fn of_a_storm_only_what_failed_is_retried() {
    let (first, sns, _organizations) = notifier("And 2 more");
    let reply = handle(&first, &acts((0..3).map(act))).await.unwrap();
    assert_eq!(failures(&reply), ["m1", "m2"]);
    assert_eq!(sns.subjects().len(), 1);
    let (second, sns, _organizations) = notifier("Root called");
    let reply = handle(&second, &acts((0..3).map(act))).await.unwrap();
    assert_eq!(failures(&reply), ["m0"]);
    assert_eq!(sns.subjects().len(), 1);
}

#[tokio::test]
async fn a_user_who_hammers_assume_root_is_one_message_a_batch() {
    let (notifier, sns, _organizations) = notifier(NEVER);
    let reply = handle(&notifier, &acts((0..100).map(refused_session))).await;
    assert_eq!(failures(&reply.unwrap()), Vec::<&str>::new());
    let expected =
        "[MEDIUM] 100 refused AssumeRoot calls by user mallory in 999988887777 eu-west-1";
    assert_eq!(sns.subjects(), [expected]);
}

#[tokio::test]
async fn failed_sign_ins_over_accounts_are_one_alert_for_subscribers_of_each() {
    let (notifier, sns, _organizations) = notifier(NEVER);
    handle(&notifier, &acts((0..3).map(failed_sign_in)))
        .await
        .unwrap();
    let accepted = sns.accepted();
    let [form] = accepted.as_slice() else {
        unreachable!("{accepted:?}")
    };
    let expected = "[HIGH] 3 root sign-ins failed in 3 accounts from 198.51.100.7 eu-west-1";
    assert_eq!(form.get("Subject"), expected);
    let all = json!([account(0), account(1), account(2)]).to_string();
    assert_eq!(form.array("account"), Some(all.as_str()));
}

#[tokio::test]
async fn messages_keep_their_pace_from_one_batch_to_the_next() {
    let (notifier, sns, _organizations) = notifier(NEVER);
    let begun = Instant::now();
    handle(&notifier, &acts((0..3).map(act_in))).await.unwrap();
    handle(&notifier, &acts([act_in(4)])).await.unwrap();
    assert_eq!(sns.subjects().len(), 4);
    // The last rest is within the batch: another process may take the next one, and knows nothing of this.
    assert!(begun.elapsed() >= PACE * 4, "{:?}", begun.elapsed());
}

#[tokio::test]
async fn of_many_events_that_cannot_be_read_a_few_are_published_and_the_others_retried() {
    let (notifier, sns, _organizations) = notifier(NEVER);
    let odd = (0..5).map(|number| json!({ "odd": number }));
    let reply = handle(&notifier, &acts(odd)).await.unwrap();
    assert_eq!(failures(&reply), ["m3", "m4"]);
    assert_eq!(sns.subjects().len(), 3);
}

#[tokio::test]
async fn each_record_of_a_batch_is_reported_once_or_retried() {
    // Refused: the alerts of half of the accounts, and what there are digests of.
    let (notifier, sns, _organizations) = notifier("4444555566");
    let mut events: Vec<Value> = (0..20)
        .flat_map(|number| [act_in(number), act_in(number)])
        .collect();
    events.extend((20..40).map(act_in));
    events.extend((50..60).map(act));
    events.extend((0..5).map(refused_session));
    events.extend((0..5).map(failed_sign_in));
    events.extend((0..5).map(|number| envelope(&format!("read-{number}"), "ListBuckets", true)));
    for number in 0..5 {
        let mut service = envelope(&format!("service-{number}"), "PutBucketPolicy", false);
        service["detail"]["userIdentity"]["invokedBy"] = json!("config.amazonaws.com");
        events.push(service);
    }
    let ids: Vec<String> = events
        .iter()
        .map(|event| event["detail"]["eventID"].as_str().unwrap().to_owned())
        .collect();
    let reply = handle(&notifier, &acts(events)).await.unwrap();
    let retried: BTreeSet<&str> = failures(&reply).into_iter().collect();
    let reported = reported(&sns);
    let once: BTreeSet<&String> = reported.iter().collect();
    assert_eq!(once.len(), reported.len(), "{reported:?}");
    for (place, id) in ids.iter().enumerate() {
        let is_retried = retried.contains(format!("m{place}").as_str());
        let is_ignored = id.starts_with("service-");
        let ends =
            usize::from(is_retried) + usize::from(once.contains(id)) + usize::from(is_ignored);
        assert_eq!(ends, 1, "{id}");
    }
    assert!(!retried.is_empty() && !once.is_empty());
}

#[tokio::test]
async fn without_time_nothing_waits_and_all_is_retried() {
    let (notifier, sns, _organizations) = notifier(NEVER);
    let payload = acts((0..15).map(act_in)).to_string();
    let begun = Instant::now();
    let reply = notifier.handle(payload.as_bytes(), almost_over()).await;
    assert!(reply.is_err(), "{reply:?}");
    assert!(sns.subjects().is_empty());
    assert!(begun.elapsed() < PACE * 14, "{:?}", begun.elapsed());
}
