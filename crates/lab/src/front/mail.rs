//! A standard queue behind a rule: messages come after a while, out of order, some twice, none never.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

use serde_json::{Value, json};

use super::{Manner, now_ms};

/// How long a message that was received is hidden, in milliseconds: the visibility timeout of the tests' queue.
const HIDDEN_MS: u128 = 15_000;
const HANDLE: &str = "front-";

/// The queue.
#[derive(Debug)]
pub(super) struct Mail {
    longest_ms: u64,
    twice: usize,
    posted: usize,
    random: u64,
    /// Bodies by the number of the message.
    bodies: BTreeMap<usize, String>,
    /// When each is visible, and its number.
    visible: BinaryHeap<Reverse<(u128, usize)>>,
    next: usize,
}

/// A received message.
#[derive(Debug)]
pub(super) struct Message {
    number: usize,
    body: String,
    at_ms: u128,
}

impl Mail {
    pub(super) fn new(manner: &Manner) -> Self {
        Self {
            longest_ms: u64::try_from(manner.longest.as_millis()).unwrap_or(u64::MAX),
            twice: manner.twice.max(1),
            posted: 0,
            random: 0x9e37_79b9_7f4a_7c15,
            bodies: BTreeMap::new(),
            visible: BinaryHeap::new(),
            next: 0,
        }
    }

    pub(super) fn post(&mut self, body: String) {
        self.posted += 1;
        if self.posted.is_multiple_of(self.twice) {
            self.add(body.clone());
        }
        self.add(body);
    }

    fn add(&mut self, body: String) {
        let shortest = self.longest_ms / 10;
        let span = self.longest_ms.saturating_sub(shortest).max(1);
        let under_way = shortest + self.random() % span;
        self.visible
            .push(Reverse((now_ms() + u128::from(under_way), self.next)));
        self.bodies.insert(self.next, body);
        self.next += 1;
    }

    /// The same numbers in each run (xorshift).
    fn random(&mut self) -> u64 {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        self.random
    }

    /// Up to so many that are visible now; they are hidden for a while.
    pub(super) fn receive(&mut self, most: usize, now: u128) -> Vec<Message> {
        let mut received = Vec::new();
        while received.len() < most {
            let Some(Reverse((at_ms, number))) = self.visible.pop() else {
                break;
            };
            if at_ms > now {
                self.visible.push(Reverse((at_ms, number)));
                break;
            }
            // Deleted ones are gone.
            if let Some(body) = self.bodies.get(&number).cloned() {
                self.visible.push(Reverse((now + HIDDEN_MS, number)));
                received.push(Message {
                    number,
                    body,
                    at_ms,
                });
            }
        }
        received
    }

    pub(super) fn delete(&mut self, number: usize) {
        self.bodies.remove(&number);
    }
}

/// As SQS returns it.
pub(super) fn shown(message: &Message) -> Value {
    json!({
        "MessageId": format!("m{}", message.number),
        "ReceiptHandle": format!("{HANDLE}{}", message.number),
        "Body": message.body,
        "Attributes": {"SentTimestamp": message.at_ms.to_string()},
    })
}

/// The number of the message that has this receipt handle; none for one of the lab's.
pub(super) fn number(handle: &str) -> Option<usize> {
    handle.strip_prefix(HANDLE)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;
    use std::time::Duration;

    #[test]
    fn everything_comes_out_of_order_and_some_twice() {
        let manner = Manner {
            longest: Duration::from_secs(1),
            twice: 10,
            ..Manner::default()
        };
        let mut mail = Mail::new(&manner);
        (0..100).for_each(|number| mail.post(number.to_string()));
        assert!(mail.receive(10, now_ms()).is_empty());
        let mut came: Vec<usize> = Vec::new();
        loop {
            let messages = mail.receive(10, now_ms() + 2_000);
            if messages.is_empty() {
                break;
            }
            for message in messages {
                mail.delete(number(shown(&message)["ReceiptHandle"].as_str().unwrap()).unwrap());
                came.push(message.body.parse().unwrap());
            }
        }
        assert_eq!(came.len(), 110);
        assert_eq!(came.iter().collect::<BTreeSet<_>>().len(), 100);
        assert!(!came.is_sorted());
    }

    #[test]
    fn what_is_not_deleted_comes_again() {
        let mut mail = Mail::new(&Manner::default());
        mail.post("a".into());
        let later = now_ms() + 10_000;
        assert_eq!(mail.receive(10, later).len(), 1);
        assert_eq!(mail.receive(10, later + HIDDEN_MS - 1).len(), 0);
        assert_eq!(mail.receive(10, later + HIDDEN_MS).len(), 1);
    }
}
