//! The request and the result of a test, as data.

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
    /// Why people may not be notified although every event arrived.
    pub warning: Option<String>,
}

impl Outcome {
    /// Whether the event arrived, from everywhere that it was sent from.
    #[must_use]
    pub fn is_passed(&self) -> bool {
        self.diagnosis.is_none()
    }

    /// Why it does not show that people are notified, in a sentence; `None` where it does.
    pub(crate) fn shortfall(&self) -> Option<String> {
        let stopped = self
            .diagnosis
            .as_ref()
            .map(|it| format!("the test event did not arrive: it stopped {}", it.stopped));
        stopped.or_else(|| self.warning.clone())
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
