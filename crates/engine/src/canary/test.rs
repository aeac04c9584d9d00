//! Sending canaries, and noting where each is seen.

use super::alert::Alert;
use super::now_ms;
use super::outcome::{Audience, Diagnosis, Outcome, Target};
use super::probes::Probes;
use super::receiving::{Received, Receiver};
use super::send::{Purpose, send};
use super::sending::{self, Sender, tried_ms};
use crate::aws::Aws;
use crate::names::Names;
use crate::spokes::Location;
use crate::verify::finding::Hop;
use crate::work::Work;
use anyhow::{Context, Result};
use futures_util::future::select_all;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How often it is looked whether canaries have to be sent again.
const LOOK: Duration = Duration::from_millis(500);
/// Places for each receiver, of which each takes some hundred messages a second; and the most receivers.
const PLACES_A_RECEIVER: usize = 250;
const MOST_RECEIVERS: usize = 16;
/// More places than this are counted while they are waited for.
const FEW: usize = 10;

pub(super) struct Test<'a> {
    aws: &'a Aws,
    names: &'a Names,
    run: &'a str,
    queue_url: String,
    wait_ms: i64,
    pub(super) sender: Sender<'a>,
    state: Mutex<State<'a>>,
}

/// What is known so far.
struct State<'a> {
    probes: Probes<'a>,
    alert: Option<Alert>,
    /// Receivers that found the queue empty one after the other, and a message by none in between.
    empty: usize,
}

impl<'a> Test<'a> {
    pub(super) fn new(
        aws: &'a Aws,
        names: &'a Names,
        run: &'a str,
        queue_url: String,
        target: &'a Target,
        wait: Duration,
    ) -> Self {
        let (entry, locations) = match target {
            Target::Hub => (None, [].as_slice()),
            Target::Spokes { entry, locations } => (entry.as_ref(), locations.as_slice()),
        };
        let wait_ms = i64::try_from(wait.as_millis()).unwrap_or(i64::MAX);
        Self {
            aws,
            names,
            run,
            queue_url,
            wait_ms,
            sender: Sender::new(aws, entry, locations),
            state: Mutex::new(State {
                probes: Probes::new(run, locations, wait_ms),
                alert: None,
                empty: 0,
            }),
        }
    }

    fn state(&self) -> MutexGuard<'_, State<'a>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) async fn carry_out(&self, target: &Target, work: &Work) -> Result<()> {
        if matches!(target, Target::Hub) {
            let own = Location {
                account: self.names.account.clone(),
                region: self.names.region.clone(),
            };
            self.send_alert(format!("{}-hub", self.run), own, Vec::new(), work)
                .await?;
        }
        let work = work.of("test event");
        tokio::select! {
            done = self.listen(&work) => done?,
            done = self.send(&work) => done?,
        }
        work.done(if self.is_passed() {
            "arrived"
        } else {
            "did not arrive"
        });
        Ok(())
    }

    /// Receives side by side until there is nothing left to wait for.
    async fn listen(&self, work: &Work) -> Result<()> {
        let since = Instant::now();
        let count = receivers(self.state().probes.len());
        let all = (0..count).map(|_| Box::pin(self.receive(since, work)));
        let (first, ..) = select_all(all).await;
        first
    }

    async fn receive(&self, since: Instant, work: &Work) -> Result<()> {
        let receiver = Receiver::new(self.aws, &self.queue_url);
        while !self.is_over() {
            match self.counted() {
                Some((settled, all)) => work.part(settled, all, &self.awaited()),
                None => work.waiting(&self.awaited(), since.elapsed()),
            }
            let (received, handles) = receiver.receive(work).await?;
            let empty = {
                let mut state = self.state();
                state.empty = if handles.is_empty() {
                    state.empty + 1
                } else {
                    0
                };
                handles.is_empty()
            };
            for one in received {
                self.note(one, work).await?;
            }
            if !empty {
                receiver.delete(handles).await?;
            }
        }
        Ok(())
    }

    /// Sends everything once, and again what has not arrived. Ends with the run.
    async fn send(&self, work: &Work) -> Result<()> {
        let all = (0..self.state().probes.len()).collect();
        self.send_these(all, work).await;
        loop {
            tokio::time::sleep(LOOK).await;
            let due = {
                let state = self.state();
                // What is still in the queue has arrived.
                let came_up_empty = state.empty >= receivers(state.probes.len());
                match came_up_empty {
                    true => state.probes.due(now_ms()),
                    false => Vec::new(),
                }
            };
            self.send_these(due, work).await;
            self.repeat_alert(work).await?;
        }
    }

    async fn send_these(&self, places: Vec<usize>, work: &Work) {
        let canaries = {
            let probes = &self.state().probes;
            places
                .into_iter()
                .map(|place| (place, probes.id(place)))
                .collect()
        };
        let note = |place: usize, result: sending::Result| {
            let at_ms = tried_ms(&result);
            let probes = &mut self.state().probes;
            match result {
                Ok(at) => probes.sent(place, at),
                Err(failure) => probes.failed(place, at_ms, &failure.why, failure.passes),
            }
        };
        self.sender.send(canaries, work, &note).await;
    }

    /// How many of how many have arrived or failed, while there are more than a few.
    fn counted(&self) -> Option<(usize, usize)> {
        let state = self.state();
        let (settled, all) = (state.probes.settled(), state.probes.len());
        (settled < all && all > FEW).then_some((settled, all))
    }

    fn awaited(&self) -> String {
        let state = self.state();
        let (settled, all) = (state.probes.settled(), state.probes.len());
        match &state.alert {
            _ if settled < all && all > FEW => {
                format!("the hub's bus to get the events: {settled} of {all}")
            }
            Some(alert) if !alert.is_delivered => "the topic to deliver the event".to_owned(),
            _ => "the hub's bus to get the event".to_owned(),
        }
    }

    /// Sends a canary along the path of real alerts. Nobody else sends one from now on.
    async fn send_alert(
        &self,
        id: String,
        from: Location,
        before: Vec<(String, i64)>,
        work: &Work,
    ) -> Result<()> {
        let what = if before.is_empty() {
            "sent to the hub's bus"
        } else {
            "forwarded to the rule for alerts"
        };
        {
            let mut state = self.state();
            if state.alert.is_some() {
                return Ok(());
            }
            state.alert = Some(Alert::new(id.clone(), from.clone(), before, now_ms()));
        }
        let at = self.send_to_hub(&id, &from, work).await?;
        if let Some(alert) = &mut self.state().alert {
            alert.sent(what, at);
        }
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

    async fn note(&self, received: Received, work: &Work) -> Result<()> {
        match received {
            Received::OnBus { id, account, at_ms } => {
                let arrival = self.state().probes.arrived(&id, &account, at_ms);
                let Some(arrival) = arrival else {
                    return Ok(());
                };
                if self.state().alert.is_some() {
                    return Ok(());
                }
                let region = &arrival.from.region;
                let before = vec![
                    (
                        format!("sent in account {account}, {region}"),
                        arrival.sent_ms,
                    ),
                    ("on the hub's bus".to_owned(), at_ms),
                ];
                self.send_alert(arrival.id, arrival.from, before, work)
                    .await
            }
            Received::Alert(delivery) => {
                if let Some(alert) = &mut self.state().alert {
                    alert.delivered(&delivery);
                }
                Ok(())
            }
        }
    }

    async fn repeat_alert(&self, work: &Work) -> Result<()> {
        let due = self
            .state()
            .alert
            .as_mut()
            .and_then(|it| it.repeat(now_ms()));
        if let Some((id, from)) = due {
            self.send_to_hub(&id, &from, work).await?;
        }
        Ok(())
    }

    /// Whether there is nothing left to wait for, or no time.
    fn is_over(&self) -> bool {
        let (state, now) = (self.state(), now_ms());
        let alert = state.alert.as_ref();
        let is_alert_over = alert.is_none_or(|alert| alert.is_over(now, self.wait_ms));
        state.probes.is_over(now) && is_alert_over
    }

    pub(super) fn is_passed(&self) -> bool {
        let state = self.state();
        let is_delivered = state.alert.as_ref().is_some_and(|alert| alert.is_delivered);
        state.probes.are_all_arrived() && is_delivered
    }

    /// The canary that the topic was to report.
    pub(super) fn alert(&self) -> Option<Alert> {
        self.state().alert.clone()
    }

    /// What became of each place's canary.
    pub(super) fn places(&self) -> Vec<(&'a Location, super::Sent)> {
        self.state().probes.results().collect()
    }

    pub(super) fn outcome(
        self,
        diagnosis: Option<Diagnosis>,
        audience: Audience,
        trail: Option<Hop>,
    ) -> Outcome {
        let spokes = self.places().into_iter();
        let spokes = spokes.map(|(location, sent)| (location.clone(), sent));
        let spokes = spokes.collect();
        let hops = self.alert().map(Alert::hops).unwrap_or_default();
        Outcome {
            id: self.run.to_owned(),
            spokes,
            hops,
            diagnosis,
            audience,
            trail,
            allow_nobody: false,
        }
    }
}

/// How many receive, for so many places.
fn receivers(places: usize) -> usize {
    (places / PLACES_A_RECEIVER).clamp(1, MOST_RECEIVERS)
}
