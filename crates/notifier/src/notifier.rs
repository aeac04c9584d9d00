//! From an invocation to messages.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use aws_sdk_sns::Client;
use lambda_runtime::Error;
use rootwatch_root_event::{
    Assessment, Context, Decision, Format, Message, Report, Route, Unreadable, reports,
    unreadable_message, unrouted_message,
};
use serde_json::{Value, json};

use crate::batch::{Failures, Item, Work};
use crate::clients::Clients;
use crate::heard;
use crate::log::{self, Line};
use crate::names::Names;
use crate::owners::Owners;
use crate::pace::{self, Limits, Pace};
use crate::publish::{PublishError, publish};
use crate::routes::{Published, Routes};
use crate::settings::Settings;
use crate::timing::Timing;
use crate::units::Units;

/// How long an alert waits for its owner, whose units may be looked up one after the other.
const TIME_FOR_AN_OWNER: Duration = Duration::from_secs(1);

/// Notifies people by one topic. Created once, used for every invocation.
#[derive(Debug)]
pub struct Notifier {
    sns: Client,
    names: Names,
    units: Units,
    owners: Owners,
    routes: Routes,
    settings: Settings,
    refused: AtomicU64,
}

impl Notifier {
    /// A notifier that uses `clients`.
    #[must_use]
    pub fn new(clients: Clients, settings: Settings) -> Self {
        Self {
            sns: clients.sns,
            units: Units::new(clients.organizations.clone()),
            owners: Owners::new(settings.owners.clone()),
            routes: Routes::new(settings.routes.clone()),
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
            let result = self.report(&report, &work.events, timing, &mut run).await;
            pace.published(Instant::now());
            run.ended(result, work.message_ids(&report.events));
        }
        let (now, later) = work.unreadable.split_at(now);
        for (item, why) in now {
            turn(&pace, timing).await;
            let bytes = item.body.as_bytes();
            let result = self.unreadable(bytes, why, timing, &mut run).await;
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
        let routed = std::mem::take(&mut run.routed);
        self.along_routes(routed, &mut pace, timing).await;
        (run, pace)
    }

    /// Passes on what was published, and tells of a topic that is not reached.
    async fn along_routes(&self, messages: Vec<Message>, pace: &mut Pace, timing: Timing) {
        if self.routes.is_empty() {
            return;
        }
        let mut published = Vec::new();
        for message in messages {
            let units = self.units_of(&message, timing).await;
            published.push(Published { message, units });
        }
        for (route, messages) in self.routes.of(&published) {
            let failed = self.along(route, &messages, timing).await;
            let failed = failed.or_else(|| Routes::unknown(route, &published));
            let Some(why) = failed else { continue };
            if self.routes.is_news(&route.topic, Instant::now()) {
                turn(pace, timing).await;
                let is_told = self.unrouted(&route.topic, &why, timing).await;
                pace.published(Instant::now());
                if is_told {
                    self.routes.told_of(&route.topic, Instant::now());
                }
            }
        }
    }

    /// The units of the accounts that a message is about; none where one of them is not known.
    async fn units_of(&self, message: &Message, timing: Timing) -> Option<Vec<String>> {
        let mut units = Vec::new();
        if self.routes.have_units() {
            for account in &message.about.accounts {
                let may_look_up = !timing.is_almost_over();
                units.extend(self.units.of(account, may_look_up).await?);
            }
        }
        Some(units)
    }

    /// Whether those who get all alerts were told.
    async fn unrouted(&self, topic: &str, why: &str, timing: Timing) -> bool {
        let context = Context::new()
            .guide(self.settings.guide())
            .received(timing.received);
        let message = unrouted_message(topic, why, &context);
        let sent = self.send(&message, timing).await;
        Line::new("unrouted", json!({ "topic": topic }))
            .warning()
            .published(&sent.result, sent.took)
            .write();
        sent.result.is_ok()
    }

    /// Messages for one route's topic, none after the first that fails; why that failed.
    async fn along(&self, route: &Route, messages: &[&Message], timing: Timing) -> Option<String> {
        for message in messages {
            let (topic, format) = (&route.topic, route.format);
            let sent = self.send_to(topic, format, message, timing).await;
            Line::new("routed", json!({ "topic": topic }))
                .published(&sent.result, sent.took)
                .write();
            if let Err(why) = sent.result {
                return Some(why.to_string());
            }
        }
        None
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
        run: &mut Run<'_>,
    ) -> Result<(), PublishError> {
        let names = self.names_of(&report.accounts(batch), timing).await;
        let name = |account: Option<&String>| names.get(account?).map(String::as_str);
        let gravest = report.gravest(batch);
        let context = Context::new()
            .guide(self.settings.guide())
            .owner(self.owner_of(gravest, timing).await)
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
        sent.result?;
        run.routed.push(message);
        Ok(())
    }

    async fn unreadable(
        &self,
        bytes: &[u8],
        why: &Unreadable,
        timing: Timing,
        run: &mut Run<'_>,
    ) -> Result<(), PublishError> {
        let context = Context::new()
            .guide(self.settings.guide())
            .received(timing.received);
        let message = unreadable_message(bytes, why, &context);
        let event =
            json!({ "decision": Decision::Alert, "activity": "unreadable", "bytes": bytes.len() });
        let sent = self.send(&message, timing).await;
        Line::new("unreadable", event)
            .warning()
            .published(&sent.result, sent.took)
            .write();
        sent.result?;
        run.routed.push(message);
        Ok(())
    }

    async fn send(&self, message: &Message, timing: Timing) -> Sent {
        let (topic, format) = (&self.settings.topic_arn, self.settings.format);
        self.send_to(topic, format, message, timing).await
    }

    async fn send_to(
        &self,
        topic: &str,
        format: Format,
        message: &Message,
        timing: Timing,
    ) -> Sent {
        let begun = Instant::now();
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

    async fn owner_of(&self, it: Option<&Assessment>, timing: Timing) -> Option<&str> {
        let account = it?.affected_account()?;
        let may_look_up = timing.has_time_for_names();
        // What is looked up on the way is cached, so that the next alert gets further.
        let owner = self.owners.of(account, &self.units, may_look_up);
        let found = tokio::time::timeout(TIME_FOR_AN_OWNER, owner).await;
        found.ok().flatten()
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
    /// What was published, for the routes.
    routed: Vec<Message>,
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
