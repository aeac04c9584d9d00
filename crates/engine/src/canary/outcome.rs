//! The request and the result of a test, as data.

use crate::aws::spoke::Entry;
use crate::findings::{FindingId, canary as kinds};
use crate::spokes::Location;
use crate::verify::finding::{Hop, Verdict};
use serde::Serialize;

/// Where canaries are sent from.
pub enum Target {
    /// The hub account, to the hub's bus.
    Hub,
    /// These accounts and regions, to their default buses.
    Spokes {
        /// The role or profile for each account; with the run's own credentials where nothing is given.
        entry: Option<Entry>,
        /// The accounts and regions.
        locations: Vec<Location>,
    },
}

impl Target {
    /// How many accounts and regions are tested.
    pub(super) fn places(&self) -> usize {
        match self {
            Self::Hub => 0,
            Self::Spokes { locations, .. } => locations.len(),
        }
    }
}

/// The result of a spoke's canary.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(tag = "result", rename_all = "kebab-case")]
pub enum Sent {
    /// It could not be sent.
    #[serde(rename = "not-sent")]
    Unsent {
        /// Why.
        why: String,
    },
    /// It did not reach the hub's bus.
    Lost,
    /// It reached the hub's bus after so many milliseconds.
    Arrived {
        /// How many.
        ms: i64,
        /// Whether that is longer than was to be waited; other places were still waited for then.
        #[serde(rename = "late", skip_serializing_if = "std::ops::Not::not")]
        is_late: bool,
    },
}

impl Sent {
    /// Which kind of finding it is; none where it arrived in time.
    #[must_use]
    pub fn id(&self) -> Option<FindingId> {
        match self {
            Self::Unsent { .. } => Some(kinds::NOT_SENT),
            Self::Lost => Some(kinds::LOST),
            Self::Arrived { is_late, .. } => is_late.then_some(kinds::LATE),
        }
    }
}

/// How many places there are of each result.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Counts {
    /// Accounts and regions that were tested.
    pub tested: usize,
    /// Those whose canary reached the hub's bus, the late ones too.
    pub arrived: usize,
    /// Those of them that took longer than was to be waited.
    pub late: usize,
    /// Those whose canary did not.
    pub lost: usize,
    /// Those whose canary could not be sent.
    pub not_sent: usize,
    /// The longest that one took, in milliseconds.
    pub slowest_ms: Option<i64>,
}

impl Counts {
    pub(super) fn of<'a>(all: impl Iterator<Item = &'a Sent>) -> Self {
        let mut counts = Self::default();
        for sent in all {
            counts.tested += 1;
            match sent {
                Sent::Unsent { .. } => counts.not_sent += 1,
                Sent::Lost => counts.lost += 1,
                Sent::Arrived { ms, is_late } => {
                    counts.arrived += 1;
                    counts.late += usize::from(*is_late);
                    counts.slowest_ms = counts.slowest_ms.max(Some(*ms));
                }
            }
        }
        counts
    }
}

/// One kind of finding of a test.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Problem {
    /// Its kind.
    #[cfg_attr(test, schemars(with = "String"))]
    pub id: FindingId,
    /// What was found, in a sentence without a full stop.
    pub text: String,
}

/// The result of a test.
pub struct Outcome {
    /// The unguessable id of this run.
    pub id: String,
    /// The result of the canary of each spoke.
    pub spokes: Vec<(Location, Sent)>,
    /// Where the canary for people was seen, in order, in milliseconds since it was sent.
    pub hops: Vec<(String, i64)>,
    /// `None` when everything arrived.
    pub diagnosis: Option<Diagnosis>,
    /// Who gets what the topic delivers.
    pub audience: Audience,
    /// What is wrong with CloudTrail's trails, without which no real event sets out; `None` where they log write events.
    pub trail: Option<Hop>,
    /// Whether it may pass although nobody is notified.
    pub allow_nobody: bool,
}

/// Who is subscribed to the topic for alerts, the tests' own queues left out.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Audience {
    /// Name of the topic.
    pub topic: String,
    /// How many have confirmed.
    pub confirmed: usize,
    /// Who has not: protocol and endpoint.
    pub pending: Vec<String>,
    /// Why that could not be read, if so.
    pub unknown: Option<String>,
}

impl Audience {
    /// The kind of [`Audience::problem`].
    #[must_use]
    pub fn problem_id(&self) -> FindingId {
        match self.unknown {
            Some(_) => kinds::SUBSCRIBERS_UNKNOWN,
            None => kinds::NOBODY_NOTIFIED,
        }
    }

    /// Why nobody, or perhaps nobody, was notified; `None` where somebody was.
    #[must_use]
    pub fn problem(&self) -> Option<String> {
        let topic = &self.topic;
        if let Some(why) = &self.unknown {
            return Some(format!(
                "who is subscribed to topic {topic} could not be read, so perhaps nobody was notified: {why}"
            ));
        }
        if self.confirmed > 0 {
            return None;
        }
        Some(match self.pending.as_slice() {
            [] => format!(
                "nobody is subscribed to topic {topic}, so nobody was notified: add somebody with `rootwatch deploy hub`, and --email with an address"
            ),
            pending => format!(
                "nobody has confirmed a subscription to topic {topic}, so nobody was notified: {} must click the link in the mail from SNS, which is good for two days; after that run `rootwatch deploy hub` again",
                pending.join(", ")
            ),
        })
    }
}

impl Outcome {
    /// Whether the event arrived at the topic, from everywhere that it was sent from.
    #[must_use]
    pub fn is_arrived(&self) -> bool {
        self.diagnosis.is_none()
    }

    /// Whether it shows that people are notified: the event arrived, real ones can set out, and somebody was notified,
    /// unless nobody is allowed for now.
    #[must_use]
    pub fn is_passed(&self) -> bool {
        let is_excused = self.allow_nobody && self.audience.unknown.is_none();
        let is_notified = is_excused || self.audience.problem().is_none();
        self.is_arrived() && self.lost_before().is_none() && is_notified
    }

    /// Why no real event sets out although the test's own arrived.
    #[must_use]
    pub fn lost_before(&self) -> Option<&Hop> {
        let trail = self.trail.as_ref();
        trail.filter(|hop| hop.verdict == Verdict::Broken)
    }

    /// Why people may not be notified although every event arrived, in sentences.
    #[must_use]
    pub fn warnings(&self) -> Vec<String> {
        let trail = self.trail.as_ref();
        let trail = trail.map(|hop| match &hop.fix {
            Some(fix) => format!("{}: {}; {fix}", hop.resource, hop.finding),
            None => format!("{}: {}", hop.resource, hop.finding),
        });
        trail.into_iter().chain(self.audience.problem()).collect()
    }

    /// How many places there are of each result.
    #[must_use]
    pub fn counts(&self) -> Counts {
        Counts::of(self.spokes.iter().map(|(_, sent)| sent))
    }

    /// What was found, by kind: programs filter by it. Late is one too, although it arrived.
    #[must_use]
    pub fn problems(&self) -> Vec<Problem> {
        let counts = self.counts();
        let of_places = [
            (counts.not_sent, kinds::NOT_SENT, "could not be sent"),
            (counts.lost, kinds::LOST, "did not reach the hub's bus"),
            (counts.late, kinds::LATE, "took longer than --wait"),
        ];
        let of_places = of_places.into_iter().filter(|(count, ..)| *count > 0);
        let of_places = of_places.map(|(count, id, what)| Problem {
            id,
            text: format!(
                "the test event of {count} of {} accounts and regions {what}",
                counts.tested
            ),
        });
        let in_hub = self.diagnosis.iter().filter(|it| !it.is_of_places());
        let in_hub = in_hub.map(|it| Problem {
            id: it.id,
            text: format!("the test event stopped {}", it.stopped),
        });
        let trail = self.trail.iter().map(|hop| Problem {
            id: kinds::TRAIL,
            text: format!("{}: {}", hop.resource, hop.finding),
        });
        let audience = self.audience.problem().map(|text| Problem {
            id: self.audience.problem_id(),
            text,
        });
        of_places
            .chain(in_hub)
            .chain(trail)
            .chain(audience)
            .collect()
    }

    /// Why it does not show that people are notified, in a sentence; `None` where it does.
    pub(crate) fn shortfall(&self) -> Option<String> {
        if let Some(diagnosis) = &self.diagnosis {
            return Some(format!(
                "the test event did not arrive: it stopped {}",
                diagnosis.stopped
            ));
        }
        let lost = self.lost_before().map(ToString::to_string);
        lost.or_else(|| self.audience.problem())
    }
}

/// Why an event did not arrive.
pub struct Diagnosis {
    /// The kind of finding.
    pub id: FindingId,
    /// What follows "it stopped".
    pub stopped: String,
    /// What the event itself left behind.
    pub traces: Vec<String>,
    /// Hops that are broken or cannot be judged.
    pub findings: Vec<Hop>,
}

impl Diagnosis {
    /// Whether it stopped before the hub, so that each place has its own result.
    fn is_of_places(&self) -> bool {
        [kinds::NOT_SENT, kinds::LOST].contains(&self.id)
    }
}
