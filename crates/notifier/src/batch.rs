//! A batch from the queue of read-only calls, and which of its items have to be retried.

use std::collections::{BTreeMap, BTreeSet};

use rootwatch_root_event::{Assessment, Decision, ReadOnly, Unreadable, assess, parse};
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
}

impl Item {
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

/// A batch, grouped into what is published. Each part knows which messages of the queue it is from.
#[derive(Default)]
pub(crate) struct Work<'a> {
    pub(crate) unreadable: Vec<(&'a Item, Unreadable)>,
    /// By event id: an event that arrived twice is reported once.
    pub(crate) alerts: BTreeMap<String, Alert<'a>>,
    pub(crate) sessions: BTreeMap<String, Session<'a>>,
}

/// An event that is reported on its own.
pub(crate) struct Alert<'a> {
    pub(crate) first: Assessment,
    pub(crate) message_ids: BTreeSet<&'a str>,
}

/// The read-only calls of one session.
#[derive(Default)]
pub(crate) struct Session<'a> {
    pub(crate) events: Vec<Assessment>,
    pub(crate) message_ids: BTreeSet<&'a str>,
}

impl<'a> Work<'a> {
    pub(crate) fn of(items: &'a [Item], read_only: ReadOnly) -> Self {
        let mut work = Self::default();
        for item in items {
            match parse(item.body.as_bytes()) {
                Ok(events) => events.iter().enumerate().for_each(|(index, event)| {
                    work.add(item, index, assess(event).under(read_only))
                }),
                Err(why) => work.unreadable.push((item, why)),
            }
        }
        work
    }

    fn add(&mut self, item: &'a Item, index: usize, it: Assessment) {
        if it.decision == Decision::Digest {
            let session = self.sessions.entry(it.session().to_owned()).or_default();
            session.message_ids.insert(&item.message_id);
            session.events.push(it);
            return;
        }
        // The sender of a refused event chose its id: it must not suppress a genuine event.
        let key = match &it.event_id {
            Some(id) if !it.is_refused() => format!("event {} {id}", it.activity.name()),
            _ => format!("item {} {index}", item.message_id),
        };
        let alert = self.alerts.entry(key).or_insert_with(|| Alert {
            first: it,
            message_ids: BTreeSet::new(),
        });
        alert.message_ids.insert(&item.message_id);
    }
}

/// Items that were not, or not completely, published.
#[derive(Default)]
pub(crate) struct Failures<'a>(BTreeSet<&'a str>);

impl<'a> Failures<'a> {
    pub(crate) fn add_if(
        &mut self,
        has_failed: bool,
        message_ids: impl IntoIterator<Item = &'a str>,
    ) {
        if has_failed {
            self.0.extend(message_ids);
        }
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
