//! Sending canaries, and noting where each is seen.

use super::now_ms;
use super::outcome::{Audience, Diagnosis, Outcome, Sent, Target};
use super::receiving::{Received, receive};
use super::send::{Purpose, send};
use crate::aws::Aws;
use crate::aws::consistency::passes;
use crate::aws::spoke::{Entry, Spoke};
use crate::names::Names;
use crate::spokes::Location;
use crate::verify::finding::Hop;
use crate::work::Work;
use anyhow::{Context, Result};
use futures_util::stream::{self, StreamExt};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// Accounts whose roles are assumed, and canaries that are sent, concurrently.
const AT_ONCE: usize = 16;
/// A canary that has not reached the hub's bus is sent again: a rule that was made a moment ago may not see the first.
/// It goes to the temporary queue alone, so nobody is notified twice.
const REPEAT_TO_BUS_MS: i64 = 5_000;
/// One that the topic has not delivered is sent again once, at the price of a second mail: SNS may not have known the
/// temporary subscription yet.
const REPEAT_TO_PEOPLE_MS: i64 = 20_000;
/// A canary that a spoke sends.
pub(super) struct Probe {
    pub(super) location: Location,
    pub(super) spoke: Option<Spoke>,
    pub(super) sent: Sent,
    id: String,
    first_ms: i64,
    last_ms: i64,
}

impl Probe {
    /// One that was sent before may still arrive when its repetition fails.
    async fn send(&mut self, work: &Work) {
        let Some(spoke) = &self.spoke else { return };
        let (bus, id) = (&spoke.eventbridge, &self.id);
        match send(bus, "default", id, &self.location, Purpose::Probe, work).await {
            Ok(at) => {
                self.last_ms = at;
                if self.first_ms == 0 {
                    self.first_ms = at;
                }
            }
            Err(error) if self.first_ms > 0 || passes(&error) => self.last_ms = now_ms(),
            Err(error) => {
                self.sent = Sent::Unsent {
                    why: error.to_string(),
                }
            }
        }
    }
}

/// The canary that the topic is to report.
pub(super) struct Alert {
    pub(super) id: String,
    from: Location,
    pub(super) sent_ms: i64,
    is_repeated: bool,
    hops: Vec<(String, i64)>,
    pub(super) is_delivered: bool,
}

pub(super) struct Test<'a> {
    aws: &'a Aws,
    names: &'a Names,
    run: String,
    queue_url: String,
    pub(super) probes: Vec<Probe>,
    pub(super) alert: Option<Alert>,
}

impl<'a> Test<'a> {
    pub(super) fn new(aws: &'a Aws, names: &'a Names, run: &str, queue_url: String) -> Self {
        Self {
            aws,
            names,
            run: run.to_owned(),
            queue_url,
            probes: Vec::new(),
            alert: None,
        }
    }

    pub(super) async fn carry_out(
        &mut self,
        target: &Target,
        wait: Duration,
        work: &Work,
    ) -> Result<()> {
        let until = Instant::now() + wait;
        match target {
            Target::Hub => {
                let own = Location {
                    account: self.names.account.clone(),
                    region: self.names.region.clone(),
                };
                let id = format!("{}-hub", self.run);
                self.send_alert(id, own, Vec::new(), work).await?;
            }
            Target::Spokes { entry, locations } => {
                self.enter(entry.as_ref(), locations).await;
                self.send_all(work, |_| true).await;
            }
        }
        let work = work.of("test event");
        let since = Instant::now();
        while !self.is_settled() && Instant::now() < until {
            work.waiting(self.awaited(), since.elapsed());
            let received = receive(self.aws, &self.queue_url, &work).await?;
            for one in received {
                self.note(one, &work).await?;
            }
            self.repeat(&work).await?;
        }
        work.done(if self.is_passed() {
            "arrived"
        } else {
            "did not arrive"
        });
        Ok(())
    }

    fn awaited(&self) -> &'static str {
        match &self.alert {
            Some(alert) if !alert.is_delivered => "the topic to deliver the event",
            _ => "the hub's bus to get the event",
        }
    }

    async fn enter(&mut self, entry: Option<&Entry>, locations: &[Location]) {
        let mut accounts: BTreeMap<&str, Vec<&Location>> = BTreeMap::new();
        for location in locations {
            accounts
                .entry(&location.account)
                .or_default()
                .push(location);
        }
        let aws = self.aws;
        let sessions = stream::iter(accounts).map(async |(account, locations)| {
            let session = match entry {
                Some(entry) => aws.enter(account, entry).await,
                None => Ok(aws.own_session()),
            };
            (session, locations)
        });
        let sessions: Vec<_> = sessions.buffered(AT_ONCE).collect().await;
        for (session, locations) in sessions {
            for location in locations {
                let (spoke, sent) = match &session {
                    Ok(session) => (Some(session.spoke(&location.region)), Sent::Lost),
                    Err(error) => (
                        None,
                        Sent::Unsent {
                            why: error.to_string(),
                        },
                    ),
                };
                self.probes.push(Probe {
                    id: format!("{}-{}", self.run, self.probes.len()),
                    location: location.clone(),
                    spoke,
                    sent,
                    first_ms: 0,
                    last_ms: 0,
                });
            }
        }
    }

    async fn send_all(&mut self, work: &Work, which: impl Fn(&Probe) -> bool) {
        let due = self
            .probes
            .iter_mut()
            .filter(|probe| probe.sent == Sent::Lost && which(probe));
        stream::iter(due)
            .for_each_concurrent(AT_ONCE, |probe| probe.send(work))
            .await;
    }

    /// Sends a canary along the path of real alerts.
    async fn send_alert(
        &mut self,
        id: String,
        from: Location,
        before: Vec<(String, i64)>,
        work: &Work,
    ) -> Result<()> {
        let at = self.send_to_hub(&id, &from, work).await?;
        let mut hops = before;
        let what = if hops.is_empty() {
            "sent to the hub's bus"
        } else {
            "forwarded to the rule for alerts"
        };
        hops.push((what.to_owned(), at));
        self.alert = Some(Alert {
            id,
            from,
            sent_ms: at,
            is_repeated: false,
            hops,
            is_delivered: false,
        });
        Ok(())
    }

    async fn send_to_hub(&self, id: &str, from: &Location, work: &Work) -> Result<i64> {
        let (client, bus) = (&self.aws.eventbridge, self.names.bus());
        let sent = send(client, &bus, id, from, Purpose::Alert, work).await;
        sent.with_context(|| {
            format!(
                "sending the test event to the hub's bus in {}",
                self.aws.place()
            )
        })
    }

    async fn note(&mut self, received: Received, work: &Work) -> Result<()> {
        match received {
            Received::OnBus { id, account, at_ms } => {
                // Another account may have seen the id and sent it, too.
                let is_it = |probe: &&mut Probe| {
                    probe.id == id && probe.location.account == account && probe.sent == Sent::Lost
                };
                let Some(probe) = self.probes.iter_mut().find(is_it) else {
                    return Ok(());
                };
                probe.sent = Sent::Arrived {
                    ms: at_ms - probe.first_ms,
                };
                let sent = (
                    format!("sent in account {}, {}", account, probe.location.region),
                    probe.first_ms,
                );
                let arrived = ("on the hub's bus".to_owned(), at_ms);
                let from = probe.location.clone();
                if self.alert.is_none() {
                    let before = vec![sent, arrived];
                    self.send_alert(id, from, before, work).await?;
                }
            }
            Received::Alert {
                id,
                function_ms,
                topic_ms,
                at_ms,
            } => {
                let Some(alert) = self
                    .alert
                    .as_mut()
                    .filter(|alert| alert.id == id && !alert.is_delivered)
                else {
                    return Ok(());
                };
                alert.is_delivered = true;
                let seen = [
                    ("at the notifier", function_ms),
                    ("at the topic", topic_ms),
                    ("received", Some(at_ms)),
                ];
                alert.hops.extend(
                    seen.into_iter()
                        .filter_map(|(hop, at)| Some((hop.to_owned(), at?))),
                );
            }
        }
        Ok(())
    }

    async fn repeat(&mut self, work: &Work) -> Result<()> {
        let now = now_ms();
        self.send_all(work, |probe| now - probe.last_ms > REPEAT_TO_BUS_MS)
            .await;
        let due = |alert: &&Alert| {
            !alert.is_delivered && !alert.is_repeated && now - alert.sent_ms > REPEAT_TO_PEOPLE_MS
        };
        let Some((id, from)) = self
            .alert
            .as_ref()
            .filter(due)
            .map(|alert| (alert.id.clone(), alert.from.clone()))
        else {
            return Ok(());
        };
        self.send_to_hub(&id, &from, work).await?;
        if let Some(alert) = &mut self.alert {
            alert.is_repeated = true;
        }
        Ok(())
    }

    /// Whether there is nothing left to wait for.
    fn is_settled(&self) -> bool {
        let waits = self.probes.iter().any(|probe| probe.sent == Sent::Lost);
        let is_told = self.alert.as_ref().is_none_or(|alert| alert.is_delivered);
        !waits && is_told
    }

    pub(super) fn is_passed(&self) -> bool {
        let arrived = |probe: &Probe| matches!(probe.sent, Sent::Arrived { .. });
        self.probes.iter().all(arrived)
            && self.alert.as_ref().is_some_and(|alert| alert.is_delivered)
    }

    pub(super) fn outcome(
        self,
        diagnosis: Option<Diagnosis>,
        audience: Audience,
        trail: Option<Hop>,
    ) -> Outcome {
        let hops = self.alert.map(|alert| alert.hops).unwrap_or_default();
        let begun = hops.first().map(|(_, at)| *at).unwrap_or_default();
        Outcome {
            id: self.run,
            spokes: self
                .probes
                .into_iter()
                .map(|probe| (probe.location, probe.sent))
                .collect(),
            hops: hops
                .into_iter()
                .map(|(hop, at)| (hop, at - begun))
                .collect(),
            diagnosis,
            audience,
            trail,
            allow_nobody: false,
        }
    }
}
