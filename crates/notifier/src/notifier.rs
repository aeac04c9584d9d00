//! From an invocation to messages.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use aws_sdk_sns::Client;
use jiff::Timestamp;
use lambda_runtime::Error;
use rootwatch_root_event::{
    Assessment, Context, Decision, Message, Report, Unreadable, reports, unreadable_message,
};
use serde_json::{Value, json};

use crate::batch::{Failures, Item, Work};
use crate::clients::Clients;
use crate::heard;
use crate::log::{self, Line};
use crate::names::Names;
use crate::pace::{self, Limits, Pace};
use crate::publish::{PublishError, publish};
use crate::settings::Settings;

/// No publish is started when less than this is left until the function's timeout: what was not tried is then reported
/// as failed, whereas a timeout would make Lambda retry the whole batch.
const RESERVE_MS: i64 = 4_000;
/// A publish that has not ended this long before the function's timeout is cancelled, and reported as failed.
const REPORT_MS: i64 = 500;
/// Names are looked up only this long into an invocation: the time of a large batch is for its messages.
const TIME_FOR_NAMES: Duration = Duration::from_secs(5);

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

    /// Handles one invocation: a batch from either queue, or anything else, which is handled as one event.
    ///
    /// # Errors
    /// When a single event was not published, or nothing of a batch. Other failures within a batch are in the response.
    pub async fn handle(&self, payload: &[u8], timing: Timing) -> Result<Value, Error> {
        match Item::all(payload) {
            Some(items) => self.batch(&items, timing).await,
            None => self.single(payload, timing).await,
        }
    }

    /// Everything in the payload is tried before the first failure is returned.
    async fn single(&self, payload: &[u8], timing: Timing) -> Result<Value, Error> {
        let alone = [Item::alone(payload)];
        let work = Work::of(&alone, self.settings.read_only, &self.settings.topic_arn);
        // What invokes the function without a queue has a process for each event: there is no pace to keep between them.
        let (run, _) = self.all(&work, pace::ACTS, timing).await;
        match run.error {
            Some(error) => Err(error.into()),
            None => Ok(json!({ "published": run.published })),
        }
    }

    /// A batch of which all failed is an error of the function, which retries all of it too: Lambda's metric of errors,
    /// on which an alarm goes off, counts no items. It ends when the next message may be published, since the next batch of
    /// the queue begins then, perhaps in another process.
    async fn batch(&self, items: &[Item], timing: Timing) -> Result<Value, Error> {
        let is_reads = items.iter().all(Item::is_from_reads);
        let limits = if is_reads { pace::READS } else { pace::ACTS };
        let work = Work::of(items, self.settings.read_only, &self.settings.topic_arn);
        heard::log(&work.heartbeats, timing.received);
        let (run, pace) = self.all(&work, limits, timing).await;
        turn(&pace, timing).await;
        match run.error {
            Some(error) if run.failures.are_all(items) => Err(error.into()),
            _ => Ok(run.failures.reply()),
        }
    }

    /// Publishes all that there is, the most severe first. What cannot be published is a failure; so is an event that
    /// cannot be read, when there are more of them than one batch may publish.
    async fn all<'a>(&self, work: &Work<'a>, limits: Limits, timing: Timing) -> (Run<'a>, Pace) {
        let (mut run, mut pace) = (Run::default(), Pace::new(limits));
        self.log_ignored(work, timing);
        let now = work.unreadable.len().min(pace::MOST_UNREADABLE);
        for report in reports(&work.events, limits.most.saturating_sub(now)) {
            turn(&pace, timing).await;
            let result = self.report(&report, &work.events, timing).await;
            pace.published(Instant::now());
            run.ended(result, work.message_ids(&report.events));
        }
        let (now, later) = work.unreadable.split_at(now);
        for (item, why) in now {
            turn(&pace, timing).await;
            let result = self.unreadable(item.body.as_bytes(), why, timing).await;
            pace.published(Instant::now());
            run.ended(result, [item.message_id.as_str()]);
        }
        if !later.is_empty() {
            log::warning(&format!(
                "{} more events that cannot be read are left for a later batch",
                later.len()
            ));
        }
        for (item, _) in later {
            run.ended(Err(PublishError::too_many()), [item.message_id.as_str()]);
        }
        (run, pace)
    }

    fn log_ignored(&self, work: &Work<'_>, timing: Timing) {
        let ignored = work.events.iter();
        for it in ignored.filter(|it| it.decision == Decision::Ignore) {
            let line = Line::of(log::message(it), it).late(late(it, timing));
            if it.is_refused() {
                let count = self.refused.fetch_add(1, Ordering::Relaxed) + 1;
                line.refused(count).write();
            } else {
                line.write();
            }
        }
    }

    /// One message; and a line in the log for each event that it reports.
    async fn report(
        &self,
        report: &Report,
        batch: &[Assessment],
        timing: Timing,
    ) -> Result<(), PublishError> {
        let names = self.names_of(&report.accounts(batch), timing).await;
        let name = |account: Option<&String>| names.get(account?).map(String::as_str);
        let gravest = report.gravest(batch);
        let context = Context::new()
            .account_name(gravest.and_then(|it| name(it.account.as_ref())))
            .target_name(gravest.and_then(|it| name(it.target_account.as_ref())))
            .names(&names)
            .received(timing.received);
        let Some(message) = report.message(batch, &context) else {
            return Ok(());
        };
        let sent = self.send(&message, timing).await;
        let is_digest = message.json["kind"] == "digest";
        for it in report.events.iter().filter_map(|place| batch.get(*place)) {
            let word = if is_digest {
                "digest"
            } else {
                log::message(it)
            };
            Line::of(word, it)
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

    async fn names_of(&self, accounts: &[&str], timing: Timing) -> BTreeMap<String, String> {
        let mut names = BTreeMap::new();
        for account in accounts {
            let name = self.names.of(account, timing.has_time_for_names()).await;
            names.extend(name.map(|name| ((*account).to_owned(), name)));
        }
        names
    }
}

/// What will not be published any more needs no turn: waiting would only use up the time to say so.
async fn turn(pace: &Pace, timing: Timing) {
    if !timing.is_almost_over() {
        pace.turn().await;
    }
}

/// How an invocation went.
#[derive(Default)]
struct Run<'a> {
    published: usize,
    failures: Failures<'a>,
    /// The first of all.
    error: Option<PublishError>,
}

impl<'a> Run<'a> {
    fn ended(
        &mut self,
        result: Result<(), PublishError>,
        message_ids: impl IntoIterator<Item = &'a str>,
    ) {
        match result {
            Ok(()) => self.published += 1,
            Err(error) => {
                self.failures.add(message_ids);
                self.error.get_or_insert(error);
            }
        }
    }
}

/// The result of publishing a message, and how long it took.
struct Sent {
    result: Result<String, PublishError>,
    took: Duration,
}

fn late(it: &Assessment, timing: Timing) -> Option<i64> {
    Some(timing.received.as_millisecond() - it.timestamp()?.as_millisecond())
}
