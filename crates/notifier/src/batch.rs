//! A batch from one of the queues, and which of its items have to be retried.

use std::collections::{BTreeMap, BTreeSet};

use rootwatch_root_event::{
    Assessment, Decision, Heartbeat, ReadOnly, Unreadable, assess, heartbeat, parse,
};
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};

/// What Lambda's event source mapping sends (Lambda guide, "Using Lambda with Amazon SQS").
#[derive(Deserialize)]
pub(crate) struct Batch<'a> {
    #[serde(borrow, rename = "Records")]
    records: Vec<&'a RawValue>,
}

/// One message of the queue. Its body is what the rule put there: an EventBridge envelope.
#[derive(Deserialize)]
pub(crate) struct Item {
    #[serde(rename = "messageId")]
    pub(crate) message_id: String,
    pub(crate) body: String,
    #[serde(rename = "eventSource")]
    event_source: String,
    #[serde(rename = "eventSourceARN", default)]
    queue_arn: String,
}

impl Item {
    /// What is invoked without a queue, as the only item of a batch.
    pub(crate) fn alone(payload: &[u8]) -> Self {
        Self {
            message_id: String::new(),
            body: String::from_utf8_lossy(payload).into_owned(),
            event_source: String::new(),
            queue_arn: String::new(),
        }
    }

    /// Whether it is from the queue of read events, which may wait.
    pub(crate) fn is_from_reads(&self) -> bool {
        self.queue_arn.ends_with("-reads")
    }

    /// The heartbeat that it is, if it is one: of the rule of this deployment's spokes, whose name the queue's tells.
    fn heartbeat(&self) -> Option<Heartbeat> {
        let queue = self.queue_arn.rsplit(':').next()?;
        let deployment = queue.strip_suffix("-reads")?;
        heartbeat(self.body.as_bytes(), &format!("{deployment}-root-activity"))
    }

    /// The items, when `payload` is a batch from SQS; CloudTrail's log files have "Records" too.
    pub(crate) fn all(payload: &[u8]) -> Option<Vec<Self>> {
        let batch: Batch<'_> = serde_json::from_slice(payload).ok()?;
        let items: Result<Vec<Self>, _> = batch
            .records
            .iter()
            .map(|record| serde_json::from_str(record.get()))
            .collect();
        items.ok().filter(|items| {
            !items.is_empty() && items.iter().all(|item| item.event_source == "aws:sqs")
        })
    }
}

/// The events of a batch. Each knows which messages of the queue it is from.
#[derive(Default)]
pub(crate) struct Work<'a> {
    pub(crate) unreadable: Vec<(&'a Item, Unreadable)>,
    pub(crate) events: Vec<Assessment>,
    /// What is only noted: nobody is notified of it, and it cannot fail.
    pub(crate) heartbeats: Vec<Heartbeat>,
    /// By the event's place in `events`.
    message_ids: Vec<BTreeSet<&'a str>>,
    /// The place of an alert by its id: an event that arrived twice is reported once. Digests count it once themselves.
    places: BTreeMap<String, usize>,
}

impl<'a> Work<'a> {
    pub(crate) fn of(items: &'a [Item], read_only: ReadOnly, topic_arn: &str) -> Self {
        let mut work = Self::default();
        for item in items {
            if let Some(heartbeat) = item.heartbeat() {
                work.heartbeats.push(heartbeat);
                continue;
            }
            match parse(item.body.as_bytes()) {
                Ok(events) => events.into_iter().for_each(|event| {
                    let event = event.of_hub(topic_arn);
                    work.add(item, assess(&event).under(read_only));
                }),
                Err(why) => work.unreadable.push((item, why)),
            }
        }
        work
    }

    fn add(&mut self, item: &'a Item, it: Assessment) {
        let next = self.events.len();
        let place = match key(&it) {
            Some(key) => *self.places.entry(key).or_insert(next),
            None => next,
        };
        if place == next {
            self.events.push(it);
            self.message_ids.push(BTreeSet::new());
        }
        if let Some(ids) = self.message_ids.get_mut(place) {
            ids.insert(&item.message_id);
        }
    }

    /// The messages of the queue that these events are from.
    pub(crate) fn message_ids(&self, places: &[usize]) -> impl Iterator<Item = &'a str> {
        let all = places
            .iter()
            .filter_map(|place| self.message_ids.get(*place));
        all.flatten().copied()
    }
}

/// What makes an alert the same as another. The sender of a refused event chose its id: it must not suppress a genuine
/// event. Nor may a replay, which is reported as such.
fn key(it: &Assessment) -> Option<String> {
    let is_alert = it.decision == Decision::Alert;
    let id = it.event_id.as_ref().filter(|_| is_alert)?;
    Some(format!(
        "{} {} {id}",
        it.activity.name(),
        it.replay.is_some()
    ))
}

/// Items that were not, or not completely, published.
#[derive(Default)]
pub(crate) struct Failures<'a>(BTreeSet<&'a str>);

impl<'a> Failures<'a> {
    pub(crate) fn add(&mut self, message_ids: impl IntoIterator<Item = &'a str>) {
        self.0.extend(message_ids);
    }

    /// Whether nothing of these was published completely. Beside heartbeats the rest fails by itself: they would come
    /// again with it, and end among the dead letters.
    pub(crate) fn are_all(&self, items: &[Item]) -> bool {
        items.iter().all(|item| self.0.contains(&*item.message_id))
    }

    /// The response that makes Lambda retry these items, and only these (Lambda guide, "Reporting batch item failures").
    pub(crate) fn reply(&self) -> Value {
        let failures: Vec<Value> = self
            .0
            .iter()
            .map(|id| json!({ "itemIdentifier": id }))
            .collect();
        json!({ "batchItemFailures": failures })
    }
}
