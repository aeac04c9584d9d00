//! From an invocation to messages.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use aws_sdk_sns::Client;
use jiff::Timestamp;
use lambda_runtime::Error;
use rootwatch_root_event::{
    Assessment, Context, Decision, Message, ReadOnly, Unreadable, assess, digest, message, parse,
    unreadable_message,
};
use serde_json::{Value, json};

use crate::batch::{Failures, Item, Session, Work};
use crate::clients::Clients;
use crate::log::{self, Line};
use crate::names::Names;
use crate::publish::{PublishError, publish};
use crate::settings::Settings;

/// No publish is started when less than this is left until the function's timeout: what was not tried is then reported
/// as failed, whereas a timeout would make Lambda retry the whole batch.
const RESERVE_MS: i64 = 4_000;
/// A publish that has not ended this long before the function's timeout is cancelled, and reported as failed.
const REPORT_MS: i64 = 500;
/// Names are looked up only this long into an invocation: the time of a large batch is for its messages.
const TIME_FOR_NAMES: Duration = Duration::from_secs(5);

/// Between two messages of a batch, where each read is reported on its own. SNS suspends an e-mail subscription that
/// gets more than ten messages a second (SNS guide, "Email notifications"), and a console page makes dozens of calls at once.
const PACE: Duration = Duration::from_millis(250);

/// When an invocation was received, and when it times out.
#[derive(Debug, Clone, Copy)]
pub struct Timing {
    received: Timestamp,
    deadline_ms: i64,
    begun: Instant,
}

impl Timing {
    /// `deadline` is Lambda's, in milliseconds since 1970.
    #[must_use]
    pub fn new(received: Timestamp, deadline: u64) -> Self {
        let deadline_ms = i64::try_from(deadline).unwrap_or(i64::MAX);
        Self {
            received,
            deadline_ms,
            begun: Instant::now(),
        }
    }

    fn is_almost_over(&self) -> bool {
        let spent = i64::try_from(self.begun.elapsed().as_millis()).unwrap_or(i64::MAX);
        self.received.as_millisecond().saturating_add(spent)
            > self.deadline_ms.saturating_sub(RESERVE_MS)
    }

    /// What is left for a publish, so that its failure can still be reported in time.
    fn left(&self) -> Duration {
        let spent = i64::try_from(self.begun.elapsed().as_millis()).unwrap_or(i64::MAX);
        let now = self.received.as_millisecond().saturating_add(spent);
        let left = self
            .deadline_ms
            .saturating_sub(now)
            .saturating_sub(REPORT_MS);
        Duration::from_millis(u64::try_from(left).unwrap_or(0))
    }

    fn has_time_for_names(&self) -> bool {
        self.begun.elapsed() < TIME_FOR_NAMES && !self.is_almost_over()
    }
}

/// Notifies people by one topic. Created once, used for every invocation.
#[derive(Debug)]
pub struct Notifier {
    sns: Client,
    names: Names,
    settings: Settings,
    refused: AtomicU64,
}

impl Notifier {
    /// A notifier that uses `clients`.
    #[must_use]
    pub fn new(clients: Clients, settings: Settings) -> Self {
        Self {
            sns: clients.sns,
            names: Names::new(clients.organizations, settings.account_names.clone()),
            settings,
            refused: AtomicU64::new(0),
        }
    }

    /// Handles one invocation: a batch from SQS, or anything else, which is handled as one event.
    ///
    /// # Errors
    /// When a single event was not published. Failures within a batch are in the response.
    pub async fn handle(&self, payload: &[u8], timing: Timing) -> Result<Value, Error> {
        match Item::all(payload) {
            Some(items) => Ok(self.batch(&items, timing).await),
            None => self.single(payload, timing).await,
        }
    }

    /// Everything in the payload is tried before the first failure is returned.
    async fn single(&self, payload: &[u8], timing: Timing) -> Result<Value, Error> {
        let assessments = match parse(payload) {
            Ok(events) => events
                .iter()
                .map(|event| assess(event).under(self.settings.read_only))
                .collect::<Vec<_>>(),
            Err(why) => {
                self.unreadable(payload, &why, timing).await?;
                return Ok(json!({ "published": 1 }));
            }
        };
        let mut published = 0;
        let mut failure = None;
        for it in &assessments {
            match self.one(it, timing).await {
                Ok(true) => published += 1,
                Ok(false) => {}
                Err(error) => failure = failure.or(Some(error)),
            }
        }
        failure.map_or_else(
            || Ok(json!({ "published": published })),
            |error| Err(error.into()),
        )
    }

    async fn batch(&self, items: &[Item], timing: Timing) -> Value {
        let work = Work::of(items, self.settings.read_only);
        let mut failures = Failures::default();
        for (item, why) in &work.unreadable {
            let result = self.unreadable(item.body.as_bytes(), why, timing).await;
            failures.add_if(result.is_err(), [item.message_id.as_str()]);
        }
        for (index, alert) in work.alerts.values().enumerate() {
            if index > 0 && self.settings.read_only == ReadOnly::Each && !timing.is_almost_over() {
                tokio::time::sleep(PACE).await;
            }
            let result = self.one(&alert.first, timing).await;
            failures.add_if(result.is_err(), alert.message_ids.iter().copied());
        }
        for session in work.sessions.values() {
            let result = self.session(session, timing).await;
            failures.add_if(result.is_err(), session.message_ids.iter().copied());
        }
        failures.reply()
    }

    /// One event as a message of its own; whether there was one to publish.
    async fn one(&self, it: &Assessment, timing: Timing) -> Result<bool, PublishError> {
        let line = Line::of(log::message(it), it).late(late(it, timing));
        if it.decision == Decision::Ignore {
            let line = if it.is_refused() {
                line.refused(self.refused.fetch_add(1, Ordering::Relaxed) + 1)
            } else {
                line
            };
            line.write();
            return Ok(false);
        }
        let named = self.named(it, timing).await;
        let sent = self
            .send(&message(it, &named.context(timing)), timing)
            .await;
        line.published(&sent.result, sent.took).write();
        sent.result.map(|_| true)
    }

    /// The read-only calls of one session, as one message; and a line in the log for each.
    async fn session(&self, session: &Session<'_>, timing: Timing) -> Result<(), PublishError> {
        let Some(first) = session.events.first() else {
            return Ok(());
        };
        let named = self.named(first, timing).await;
        let Some(message) = digest(&session.events, &named.context(timing)) else {
            return Ok(());
        };
        let sent = self.send(&message, timing).await;
        for it in &session.events {
            Line::of("digest", it)
                .late(late(it, timing))
                .published(&sent.result, sent.took)
                .write();
        }
        sent.result.map(|_| ())
    }

    async fn unreadable(
        &self,
        bytes: &[u8],
        why: &Unreadable,
        timing: Timing,
    ) -> Result<(), PublishError> {
        let message = unreadable_message(bytes, why, &Context::new().received(timing.received));
        let event =
            json!({ "decision": Decision::Alert, "activity": "unreadable", "bytes": bytes.len() });
        let sent = self.send(&message, timing).await;
        Line::new("unreadable", event)
            .warning()
            .published(&sent.result, sent.took)
            .write();
        sent.result.map(|_| ())
    }

    async fn send(&self, message: &Message, timing: Timing) -> Sent {
        let begun = Instant::now();
        let (topic, format) = (&self.settings.topic_arn, self.settings.format);
        let result = if timing.is_almost_over() {
            Err(PublishError::no_time_left())
        } else {
            // The SDK's futures are nested deeply; boxed, they stay within rustc's limit for one type.
            let publish = Box::pin(publish(&self.sns, topic, message, format));
            let ended = tokio::time::timeout(timing.left(), publish).await;
            ended.unwrap_or_else(|_| Err(PublishError::too_late()))
        };
        Sent {
            result,
            took: begun.elapsed(),
        }
    }

    async fn named(&self, it: &Assessment, timing: Timing) -> Named {
        Named {
            account: self.name(it.account.as_deref(), timing).await,
            target: self.name(it.target_account.as_deref(), timing).await,
        }
    }

    async fn name(&self, account: Option<&str>, timing: Timing) -> Option<String> {
        self.names.of(account?, timing.has_time_for_names()).await
    }
}

/// The result of publishing a message, and how long it took.
struct Sent {
    result: Result<String, PublishError>,
    took: Duration,
}

/// The names of the accounts that an event is about.
struct Named {
    account: Option<String>,
    target: Option<String>,
}

impl Named {
    fn context(&self, timing: Timing) -> Context<'_> {
        Context::new()
            .account_name(self.account.as_deref())
            .target_name(self.target.as_deref())
            .received(timing.received)
    }
}

fn late(it: &Assessment, timing: Timing) -> Option<i64> {
    Some(timing.received.as_millisecond() - it.timestamp()?.as_millisecond())
}
