//! The request and the result of a test, as data.

use crate::aws::spoke::Entry;
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

/// The result of a spoke's canary.
#[derive(Clone, Debug, PartialEq, Serialize)]
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
    },
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
                "nobody has confirmed a subscription to topic {topic}, so nobody was notified: {} must follow the link in SNS's mail, which holds for two days; after that run `rootwatch deploy hub` again",
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
    /// What follows "it stopped".
    pub stopped: String,
    /// What the event itself left behind.
    pub traces: Vec<String>,
    /// Hops that are broken or cannot be judged.
    pub findings: Vec<Hop>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::findings::trail::TRAIL_WRITES;

    fn outcome(confirmed: usize, pending: &[&str]) -> Outcome {
        Outcome {
            id: "id".into(),
            spokes: Vec::new(),
            hops: Vec::new(),
            diagnosis: None,
            audience: Audience {
                topic: "alerts".into(),
                confirmed,
                pending: pending.iter().map(|it| (*it).to_owned()).collect(),
                unknown: None,
            },
            trail: None,
            allow_nobody: false,
        }
    }

    fn unread() -> Outcome {
        let mut outcome = outcome(0, &[]);
        outcome.audience.unknown = Some("denied".into());
        outcome
    }

    #[test]
    fn it_passes_only_when_somebody_was_notified_unless_nobody_is_allowed() {
        for (mut outcome, passes, passes_if_allowed, says) in [
            (outcome(1, &[]), true, true, None),
            (outcome(1, &["email a"]), true, true, None),
            (outcome(0, &[]), false, true, Some("nobody is subscribed")),
            (
                outcome(0, &["email a", "sms b"]),
                false,
                true,
                Some("email a, sms b must follow"),
            ),
            (unread(), false, false, Some("could not be read")),
        ] {
            let problem = outcome.audience.problem().unwrap_or_default();
            assert_eq!(outcome.is_passed(), passes, "{problem}");
            assert!(says.is_none_or(|it| problem.contains(it)), "{problem}");
            assert_eq!(outcome.shortfall().is_none(), passes, "{problem}");
            outcome.allow_nobody = true;
            assert_eq!(outcome.is_passed(), passes_if_allowed, "{problem}");
            // What is allowed for a test is no proof for who takes the old path away.
            assert_eq!(outcome.shortfall().is_none(), passes, "{problem}");
        }
    }

    #[test]
    fn an_event_that_arrives_proves_nothing_where_no_trail_logs_real_ones() {
        let broken = Hop::broken(
            TRAIL_WRITES,
            "CloudTrail",
            "write events",
            "none",
            "make one",
        );
        let unknown = Hop::unknown(TRAIL_WRITES, "CloudTrail", "write events", "unseen", None);
        for (hop, passes) in [(broken, false), (unknown, true)] {
            let mut outcome = outcome(1, &[]);
            outcome.trail = Some(hop);
            assert_eq!(outcome.is_passed(), passes);
            assert_eq!(outcome.shortfall().is_none(), passes);
            assert_eq!(outcome.warnings().len(), 1);
        }
    }
}
