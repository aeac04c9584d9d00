//! From an invocation to messages.

use std::collections::BTreeSet;
use std::time::Instant;

use aws_sdk_sns::Client;
use jiff::Timestamp;
use lambda_runtime::Error;
use rootwatch_root_event::{
    Assessment, Context, Decision, Message, Unreadable, assess, digest, message, parse,
    unreadable_message,
};
use serde_json::{Value, json};

use crate::batch::{Failures, Item, Session, Work};
use crate::log::{self, Line};
use crate::publish::{PublishError, publish};
use crate::settings::Settings;

/// No publish is begun when less than this is left of the function's time: what was not tried is then reported as
/// failed, where a timeout would make Lambda send the whole batch again.
const RESERVE_MS: i64 = 4_000;

/// When an invocation came, and when it must be over.
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
}

/// Tells people, by one topic. Made once, used for every invocation.
#[derive(Debug)]
pub struct Notifier {
    sns: Client,
    settings: Settings,
}

impl Notifier {
    /// A notifier that publishes by `sns`.
    #[must_use]
    pub const fn new(sns: Client, settings: Settings) -> Self {
        Self { sns, settings }
    }

    /// Handles one invocation: a batch from SQS, or anything else, which is taken as one event.
    ///
    /// # Errors
    /// When something of a single event was not published. Failures within a batch are in the reply.
    pub async fn handle(&self, payload: &[u8], timing: Timing) -> Result<Value, Error> {
        match Item::all(payload) {
            Some(items) => Ok(self.batch(&items, timing).await),
            None => self.single(payload, timing).await,
        }
    }

    /// Everything in the payload is tried before the first failure is returned.
    async fn single(&self, payload: &[u8], timing: Timing) -> Result<Value, Error> {
        let assessments = match parse(payload) {
            Ok(events) => events.iter().map(assess).collect::<Vec<_>>(),
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
        let work = Work::of(items);
        let mut failures = Failures::default();
        for (item, why) in &work.unreadable {
            let result = self.unreadable(item.body.as_bytes(), why, timing).await;
            failures.add_if(result.is_err(), [item.message_id.as_str()]);
        }
        for alert in work.alerts.values() {
            let result = self.one(&alert.first, timing).await;
            failures.add_if(result.is_err(), alert.message_ids.iter().copied());
        }
        for session in work.sessions.values() {
            let result = self.session(session, timing).await;
            failures.add_if(result.is_err(), session.message_ids.iter().copied());
        }
        failures.reply()
    }

    /// One event as a message of its own; whether there was something to tell.
    async fn one(&self, it: &Assessment, timing: Timing) -> Result<bool, PublishError> {
        let line = Line::of(log::message(it), it).late(late(it, timing));
        if it.decision == Decision::Ignore {
            if it.is_refused() {
                line.warning().write()
            } else {
                line.write()
            }
            return Ok(false);
        }
        self.send(&message(it, &self.context(it, timing)), line, timing)
            .await?;
        Ok(true)
    }

    /// The read-only calls of one session, as one message.
    async fn session(&self, session: &Session<'_>, timing: Timing) -> Result<(), PublishError> {
        let Some(first) = session.events.first() else {
            return Ok(());
        };
        let Some(message) = digest(&session.events, &self.context(first, timing)) else {
            return Ok(());
        };
        let ids: BTreeSet<_> = session
            .events
            .iter()
            .filter_map(|it| it.event_id.as_deref())
            .collect();
        let event = json!({
            "decision": Decision::Digest,
            "account": first.account,
            "events": session.events.len(),
            "event_ids": ids,
        });
        self.send(&message, Line::new("digest", event), timing)
            .await
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
        self.send(&message, Line::new("unreadable", event).warning(), timing)
            .await
    }

    async fn send(
        &self,
        message: &Message,
        line: Line<'_>,
        timing: Timing,
    ) -> Result<(), PublishError> {
        let begun = Instant::now();
        let result = if timing.is_almost_over() {
            Err(PublishError::no_time_left())
        } else {
            // The SDK's futures are nested deeply; boxed, they stay within rustc's limit for one type.
            Box::pin(publish(&self.sns, &self.settings.topic_arn, message)).await
        };
        line.published(&result, begun.elapsed()).write();
        result.map(|_| ())
    }

    fn context(&self, it: &Assessment, timing: Timing) -> Context<'_> {
        let name = it
            .account
            .as_ref()
            .and_then(|account| self.settings.account_names.get(account));
        Context::new()
            .account_name(name.map(String::as_str))
            .received(timing.received)
    }
}

fn late(it: &Assessment, timing: Timing) -> Option<i64> {
    Some(timing.received.as_millisecond() - it.timestamp()?.as_millisecond())
}
