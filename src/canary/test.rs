//! One test, from its temporary resources to their end.

use super::diagnosis::{self, Diagnosis};
use super::listening::{Heard, listen};
use super::send::send;
use super::temporary::Temporary;
use super::{leftovers, now_ms};
use crate::aws::Aws;
use crate::aws::error::{AwsError, Call};
use crate::aws::spoke::Spoke;
use crate::hub::desired::Wanted;
use crate::interrupt::{self, Interrupted};
use crate::names::Names;
use crate::progress::Progress;
use crate::spokes::Spot;
use anyhow::{Context, Result, bail};
use futures_util::stream::{self, StreamExt};
use serde::Serialize;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// Accounts that are entered, and canaries that are sent, side by side.
const AT_ONCE: usize = 16;
/// A canary that has not reached the hub's bus is sent again: a rule that was made a moment ago may not see the first.
/// It goes to the temporary queue alone, so nobody is told twice.
const REPEAT_TO_BUS_MS: i64 = 5_000;
/// One that the topic has not told of is sent again once, at the price of a second mail: SNS may not have known the
/// temporary subscription yet.
const REPEAT_TO_PEOPLE_MS: i64 = 20_000;
/// What a run needs beside its wait, in seconds.
const MARGIN: i64 = 600;

/// Where canaries are sent from.
pub(crate) enum Target {
    /// The hub account, to the hub's bus.
    Hub,
    /// These accounts and regions, to their default buses.
    Spokes {
        role: Option<String>,
        spots: Vec<Spot>,
    },
}

/// What became of a spoke's canary.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "result", rename_all = "kebab-case")]
pub(crate) enum Sent {
    /// It could not be sent.
    NotSent { why: String },
    /// It did not reach the hub's bus.
    Lost,
    /// It reached the hub's bus after so many milliseconds.
    Arrived { ms: i64 },
}

/// What a test came to.
pub(crate) struct Outcome {
    pub(crate) id: String,
    pub(crate) spokes: Vec<(Spot, Sent)>,
    /// Where the canary that was to be told was seen, in order, in milliseconds since it was sent.
    pub(crate) hops: Vec<(String, i64)>,
    /// Nothing when all came through.
    pub(crate) diagnosis: Option<Diagnosis>,
}

impl Outcome {
    pub(crate) fn is_passed(&self) -> bool {
        self.diagnosis.is_none()
    }
}

/// Sends, waits, and removes what it made, whatever happens.
pub(crate) async fn run(
    aws: &Aws,
    wanted: &Wanted,
    target: &Target,
    wait: Duration,
    progress: &Progress,
) -> Result<Outcome> {
    let names = &wanted.names;
    check_hub(aws, names).await?;
    let id = super::new_id()?;
    interrupt::writing_begins();
    leftovers::remove(aws, names, false, progress).await?;
    let temporary = Temporary::of_run(aws, names, &id);
    let wait_s = i64::try_from(wait.as_secs()).unwrap_or_default();
    let until = jiff::Timestamp::now().as_second() + wait_s + MARGIN;
    let tested = async {
        let url = temporary.make(&id, until, progress).await?;
        let mut test = Test::new(aws, names, &id, url);
        tokio::select! {
            done = test.carry_out(target, wait, progress) => done?,
            () = interrupt::pressed() => return Err(Interrupted::Waiting.into()),
        }
        let diagnosis = if test.is_passed() {
            None
        } else {
            tokio::select! {
                found = diagnosis::find(aws, wanted, &test) => Some(found),
                () = interrupt::pressed() => return Err(Interrupted::Waiting.into()),
            }
        };
        Ok(test.outcome(diagnosis))
    };
    let outcome = tested.await;
    remove(&temporary, outcome, progress).await
}

/// The temporary resources go before anything is told; what could not be removed is told with it.
async fn remove(
    temporary: &Temporary<'_>,
    outcome: Result<Outcome>,
    progress: &Progress,
) -> Result<Outcome> {
    if outcome.as_ref().is_err_and(interrupt::is_cause) {
        progress.say("Interrupted: removing what this test made. Ctrl-C again ends at once.");
    }
    let step = progress.of("temporary queue, rule and subscription");
    let removed = temporary.remove().await;
    match &removed {
        Ok(()) => {
            interrupt::leaves(None);
            step.done("removed");
        }
        Err(_) => step.failed(),
    }
    match (outcome, removed) {
        (outcome, Ok(())) => outcome,
        (outcome, Err(error)) => {
            if let Err(first) = outcome {
                progress.say(&crate::report::error(&first));
            }
            Err(error.context(format!(
                "removing what this test made ({}); the next `rootwatch test` after its time tries again",
                temporary.words()
            )))
        }
    }
}

async fn check_hub(aws: &Aws, names: &Names) -> Result<()> {
    let call = aws.eventbridge.describe_event_bus().name(names.bus());
    if call
        .send()
        .await
        .found("events:DescribeEventBus")?
        .is_none()
    {
        bail!(
            "there is no hub in {}: use the hub's account and region, or make one with `rootwatch deploy hub`",
            aws.place()
        );
    }
    Ok(())
}

/// A canary that a spoke sends.
pub(super) struct Probe {
    pub(super) spot: Spot,
    pub(super) spoke: Option<Spoke>,
    pub(super) sent: Sent,
    id: String,
    first_ms: i64,
    last_ms: i64,
}

impl Probe {
    async fn send(&mut self) {
        let Some(spoke) = &self.spoke else { return };
        match send(&spoke.eventbridge, "default", &self.id, &self.spot).await {
            Ok(at) => {
                self.last_ms = at;
                if self.first_ms == 0 {
                    self.first_ms = at;
                }
            }
            Err(error) => {
                self.sent = Sent::NotSent {
                    why: error.to_string(),
                }
            }
        }
    }
}

/// The canary that the topic is to tell of.
pub(super) struct Told {
    pub(super) id: String,
    from: Spot,
    sent_ms: i64,
    is_repeated: bool,
    hops: Vec<(String, i64)>,
    pub(super) is_heard: bool,
}

pub(super) struct Test<'a> {
    aws: &'a Aws,
    names: &'a Names,
    run: String,
    queue_url: String,
    pub(super) probes: Vec<Probe>,
    pub(super) told: Option<Told>,
}

impl<'a> Test<'a> {
    fn new(aws: &'a Aws, names: &'a Names, run: &str, queue_url: String) -> Self {
        Self {
            aws,
            names,
            run: run.to_owned(),
            queue_url,
            probes: Vec::new(),
            told: None,
        }
    }

    async fn carry_out(
        &mut self,
        target: &Target,
        wait: Duration,
        progress: &Progress,
    ) -> Result<()> {
        let until = Instant::now() + wait;
        match target {
            Target::Hub => {
                let own = Spot {
                    account: self.names.account.clone(),
                    region: self.names.region.clone(),
                };
                self.tell(format!("{}-hub", self.run), own, Vec::new())
                    .await?;
            }
            Target::Spokes { role, spots } => {
                self.enter(role.as_deref(), spots).await;
                self.send_all(|_| true).await;
            }
        }
        let progress = progress.of("test event");
        let since = Instant::now();
        while !self.is_settled() && Instant::now() < until {
            progress.waiting(self.awaited(), since.elapsed());
            let heard = listen(self.aws, &self.queue_url).await?;
            for one in heard {
                self.note(one).await?;
            }
            self.repeat().await?;
        }
        progress.done(if self.is_passed() {
            "came all the way"
        } else {
            "did not come all the way"
        });
        Ok(())
    }

    fn awaited(&self) -> &'static str {
        match &self.told {
            Some(told) if !told.is_heard => "the topic to tell of the event",
            _ => "the hub's bus to get the event",
        }
    }

    async fn enter(&mut self, role: Option<&str>, spots: &[Spot]) {
        let mut accounts: BTreeMap<&str, Vec<&Spot>> = BTreeMap::new();
        for spot in spots {
            accounts.entry(&spot.account).or_default().push(spot);
        }
        let aws = self.aws;
        let sessions = stream::iter(accounts).map(async |(account, spots)| {
            let session = match role {
                Some(role) => aws.assume(account, role).await,
                None => Ok(aws.own_session()),
            };
            (session, spots)
        });
        let sessions: Vec<_> = sessions.buffered(AT_ONCE).collect().await;
        for (session, spots) in sessions {
            for spot in spots {
                let (spoke, sent) = match &session {
                    Ok(session) => (Some(session.spoke(&spot.region)), Sent::Lost),
                    Err(error) => (
                        None,
                        Sent::NotSent {
                            why: error.to_string(),
                        },
                    ),
                };
                self.probes.push(Probe {
                    id: format!("{}-{}", self.run, self.probes.len()),
                    spot: spot.clone(),
                    spoke,
                    sent,
                    first_ms: 0,
                    last_ms: 0,
                });
            }
        }
    }

    async fn send_all(&mut self, which: impl Fn(&Probe) -> bool) {
        let due = self
            .probes
            .iter_mut()
            .filter(|probe| probe.sent == Sent::Lost && which(probe));
        stream::iter(due)
            .for_each_concurrent(AT_ONCE, Probe::send)
            .await;
    }

    /// Sends a canary the way of true alerts.
    async fn tell(&mut self, id: String, from: Spot, before: Vec<(String, i64)>) -> Result<()> {
        let at = self.send_to_hub(&id, &from).await?;
        let mut hops = before;
        let what = if hops.is_empty() {
            "sent to the hub's bus"
        } else {
            "handed on to the rule for alerts"
        };
        hops.push((what.to_owned(), at));
        self.told = Some(Told {
            id,
            from,
            sent_ms: at,
            is_repeated: false,
            hops,
            is_heard: false,
        });
        Ok(())
    }

    async fn send_to_hub(&self, id: &str, from: &Spot) -> Result<i64> {
        let sent = send(&self.aws.eventbridge, &self.names.bus(), id, from).await;
        let put = |error: AwsError| anyhow::Error::from(error);
        sent.map_err(put).with_context(|| {
            format!(
                "sending the test event to the hub's bus in {}",
                self.aws.place()
            )
        })
    }

    async fn note(&mut self, heard: Heard) -> Result<()> {
        match heard {
            Heard::OnBus { id, account, at_ms } => {
                // Somebody in another account may have seen the id and sent it, too.
                let is_it = |probe: &&mut Probe| {
                    probe.id == id && probe.spot.account == account && probe.sent == Sent::Lost
                };
                let Some(probe) = self.probes.iter_mut().find(is_it) else {
                    return Ok(());
                };
                probe.sent = Sent::Arrived {
                    ms: at_ms - probe.first_ms,
                };
                let sent = (
                    format!("sent in account {}, {}", account, probe.spot.region),
                    probe.first_ms,
                );
                let arrived = ("on the hub's bus".to_owned(), at_ms);
                let from = probe.spot.clone();
                if self.told.is_none() {
                    self.tell(id, from, vec![sent, arrived]).await?;
                }
            }
            Heard::Told {
                id,
                function_ms,
                topic_ms,
                at_ms,
            } => {
                let Some(told) = self
                    .told
                    .as_mut()
                    .filter(|told| told.id == id && !told.is_heard)
                else {
                    return Ok(());
                };
                told.is_heard = true;
                let seen = [
                    ("at the notifier", function_ms),
                    ("at the topic", topic_ms),
                    ("heard", Some(at_ms)),
                ];
                told.hops.extend(
                    seen.into_iter()
                        .filter_map(|(hop, at)| Some((hop.to_owned(), at?))),
                );
            }
        }
        Ok(())
    }

    async fn repeat(&mut self) -> Result<()> {
        let now = now_ms();
        self.send_all(|probe| now - probe.last_ms > REPEAT_TO_BUS_MS)
            .await;
        let due = |told: &&Told| {
            !told.is_heard && !told.is_repeated && now - told.sent_ms > REPEAT_TO_PEOPLE_MS
        };
        let Some((id, from)) = self
            .told
            .as_ref()
            .filter(due)
            .map(|told| (told.id.clone(), told.from.clone()))
        else {
            return Ok(());
        };
        self.send_to_hub(&id, &from).await?;
        if let Some(told) = &mut self.told {
            told.is_repeated = true;
        }
        Ok(())
    }

    /// Whether there is nothing left to wait for.
    fn is_settled(&self) -> bool {
        let waits = self.probes.iter().any(|probe| probe.sent == Sent::Lost);
        let is_told = self.told.as_ref().is_none_or(|told| told.is_heard);
        !waits && is_told
    }

    fn is_passed(&self) -> bool {
        let arrived = |probe: &Probe| matches!(probe.sent, Sent::Arrived { .. });
        self.probes.iter().all(arrived) && self.told.as_ref().is_some_and(|told| told.is_heard)
    }

    fn outcome(self, diagnosis: Option<Diagnosis>) -> Outcome {
        let hops = self.told.map(|told| told.hops).unwrap_or_default();
        let begun = hops.first().map(|(_, at)| *at).unwrap_or_default();
        Outcome {
            id: self.run,
            spokes: self
                .probes
                .into_iter()
                .map(|probe| (probe.spot, probe.sent))
                .collect(),
            hops: hops
                .into_iter()
                .map(|(hop, at)| (hop, at - begun))
                .collect(),
            diagnosis,
        }
    }
}
