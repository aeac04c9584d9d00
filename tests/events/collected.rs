//! What the alerts topic sends, collected: every message, and the events that it reports.

use crate::world::{PERSON, REGION, World};
use aws_sdk_sqs::types::QueueAttributeName;
use rootwatch_lab::Late;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// How long the lab may take to come to rest; it delivers some dozens of events a second.
pub(crate) const PATIENCE: Duration = Duration::from_secs(1_200);
/// Messages that people may get in any second: SNS suspends a mail subscription above ten.
pub(crate) const MOST_A_SECOND: usize = 8;
/// Who else is reported: a queue, in which every message stays.
const COLLECTOR: &str = "collector";

/// A message of the topic.
#[derive(Debug)]
pub(crate) struct Published {
    pub(crate) kind: String,
    /// Of the events in it.
    pub(crate) ids: BTreeSet<String>,
    /// When SNS accepted it, in milliseconds since 1970.
    pub(crate) at_ms: i64,
}

impl Published {
    pub(crate) fn is_digest(&self) -> bool {
        self.kind == "digest"
    }
}

/// Lambda invokes as often at once as on AWS.
pub(crate) fn at_once() -> Late {
    Late {
        batches_at_once: Some(2),
        ..Late::default()
    }
}

/// A world with spokes and a hub that notifies a person, and the collector beside.
pub(crate) fn collected() -> World {
    let world = World::new();
    let subscription = format!("sqs={}", collector(&world));
    let reported = ["--email", PERSON, "--sns-subscription", &subscription];
    let deploy = [&["deploy", "hub", "--yes"], &reported[..]].concat();
    world.rootwatch(&deploy).ends_with(0);
    world.lab.confirm_subscription(PERSON).unwrap();
    world.deploy_spokes().ends_with(0);
    world
}

/// A queue that takes what the alerts topic sends.
fn collector(world: &World) -> String {
    let hub = &world.organization.hub;
    let arn = format!("arn:aws:sqs:{REGION}:{hub}:{COLLECTOR}");
    let policy = json!({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:SendMessage", "Resource": arn,
        "Condition": {"ArnLike": {"aws:SourceArn": format!("arn:aws:sns:{REGION}:{hub}:rootwatch-*")}},
    }]});
    let client = aws_sdk_sqs::Client::new(&world.sdk(hub, REGION));
    let create = client.create_queue().queue_name(COLLECTOR);
    let create = create.attributes(QueueAttributeName::Policy, policy.to_string());
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(create.send()).unwrap();
    arn
}

/// Every alert and digest so far. What a digest counts must be what the notifier's log says is in it.
pub(crate) fn published(world: &World) -> Vec<Published> {
    let logged = logged(world);
    let hub = &world.organization.hub;
    let messages = world.lab.queue_messages(hub, REGION, COLLECTOR).unwrap();
    let mut all = Vec::new();
    for message in messages {
        let outer: Value = serde_json::from_str(&message.body).unwrap();
        let inner: Value = serde_json::from_str(outer["Message"].as_str().unwrap()).unwrap();
        let Some(kind) = inner["kind"].as_str() else {
            // Alarms notify the collector too.
            assert!(inner["AlarmName"].is_string(), "{inner}");
            continue;
        };
        let ids = match kind {
            "digest" => {
                let ids = &logged[outer["MessageId"].as_str().unwrap()];
                assert_eq!(inner["digest"]["events"], ids.len(), "{inner}");
                ids.clone()
            }
            _ => BTreeSet::from([inner["event_id"].as_str().unwrap().to_owned()]),
        };
        let at: jiff::Timestamp = outer["Timestamp"].as_str().unwrap().parse().unwrap();
        all.push(Published {
            kind: kind.to_owned(),
            ids,
            at_ms: at.as_millisecond(),
        });
    }
    all
}

/// The ids of the events in each digest, by the id of the message.
fn logged(world: &World) -> BTreeMap<String, BTreeSet<String>> {
    let mut logged: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for invocation in world.lab.invocations().unwrap() {
        for line in invocation.log.lines() {
            let Ok(line) = serde_json::from_str::<Value>(line) else {
                continue;
            };
            let text = |field: &str| line[field].as_str().map(str::to_owned);
            if let (Some(message), Some(id)) = (text("sns_message_id"), text("event_id")) {
                logged.entry(message).or_default().insert(id);
            }
        }
    }
    logged
}

/// The most messages that SNS accepted from the function in any second.
pub(crate) fn most_in_a_second(world: &World) -> usize {
    let calls = world.lab.calls().unwrap();
    let is_message = |call: &&rootwatch_lab::Call| {
        call.by_function && call.operation == "Publish" && call.status == 200
    };
    let mut times: Vec<u64> = calls.iter().filter(is_message).map(|it| it.at_ms).collect();
    times.sort_unstable();
    within(&times, 1_000)
}

/// The most of these times, in their order, that are within so long.
fn within(times: &[u64], span: u64) -> usize {
    let ends = times.iter().enumerate().map(|(first, begin)| {
        let rest = times.iter().skip(first);
        rest.take_while(|at| **at < begin + span).count()
    });
    ends.max().unwrap_or_default()
}

#[test]
fn a_second_may_begin_anywhere() {
    assert_eq!(within(&[0, 900, 1_100, 1_899, 1_900], 1_000), 3);
    assert_eq!(within(&[], 1_000), 0);
}
