//! What a test is asked, and what it came to, as data.

use crate::aws::spoke::Entry;
use crate::spokes::Location;
use crate::verify::finding::Hop;
use serde::Serialize;

/// Where canaries are sent from.
pub enum Target {
    /// The hub account, to the hub's bus.
    Hub,
    /// These accounts and regions, to their default buses.
    Spokes {
        /// How each account is entered; by the own credentials where nothing is given.
        entry: Option<Entry>,
        /// The accounts and regions.
        locations: Vec<Location>,
    },
}

/// What became of a spoke's canary.
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

/// What a test came to.
pub struct Outcome {
    /// The id of this run, which nobody can guess.
    pub id: String,
    /// What became of the canary of each spoke.
    pub spokes: Vec<(Location, Sent)>,
    /// Where the canary that was to be told was seen, in order, in milliseconds since it was sent.
    pub hops: Vec<(String, i64)>,
    /// Nothing when all came through.
    pub diagnosis: Option<Diagnosis>,
    /// Why people may hear nothing although all came through.
    pub warning: Option<String>,
}

impl Outcome {
    /// Whether the event came all the way, from everywhere that it was sent from.
    #[must_use]
    pub fn is_passed(&self) -> bool {
        self.diagnosis.is_none()
    }

    /// Why it does not show that people are notified, in a sentence; nothing where it does.
    pub(crate) fn shortfall(&self) -> Option<String> {
        let stopped = self.diagnosis.as_ref().map(|it| {
            format!(
                "the test event did not come all the way: it stopped {}",
                it.stopped
            )
        });
        stopped.or_else(|| self.warning.clone())
    }
}

/// Why an event did not come all the way.
pub struct Diagnosis {
    /// In words that follow "it stopped".
    pub stopped: String,
    /// What the event itself left behind.
    pub traces: Vec<String>,
    /// Hops that are broken or cannot be judged.
    pub findings: Vec<Hop>,
}
