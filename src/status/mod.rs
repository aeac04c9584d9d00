//! What `rootwatch status` tells: its data, and what of it is a hole. Nothing here asks AWS.

mod hearers;
mod hub;
mod metrics;
mod text;

use crate::aws::Aws;
use crate::hub::metrics::Metrics;
use crate::names::Names;
use crate::spokes::coverage::Coverage;
use crate::spokes::operation::{Last, Running};
use crate::spokes::stack_set::{Drift, StackSet};
pub(crate) use hearers::Hearers;
pub(crate) use hub::resource_holes;
use jiff::Timestamp;
use serde::Serialize;
pub(crate) use text::text;

/// Versioned form of the JSON that `status` prints.
#[derive(Serialize)]
pub(crate) struct Report {
    pub(crate) schema: &'static str,
    pub(crate) account: String,
    pub(crate) region: String,
    pub(crate) hub: HubStatus,
    pub(crate) spokes: SpokesStatus,
    /// Everything that could keep an alert from a person.
    pub(crate) holes: Vec<String>,
}

/// What is known of the hub.
#[derive(Default, Serialize)]
pub(crate) struct HubStatus {
    pub(crate) present: Vec<String>,
    pub(crate) missing: Vec<String>,
    pub(crate) changed: Vec<String>,
    /// Who hears the alerts.
    #[serde(flatten)]
    pub(crate) alerts: Hearers,
    /// Who hears when the path itself breaks.
    pub(crate) health: Hearers,
    pub(crate) dead_letters: Option<u64>,
    /// Read-only events that wait for the next digest.
    pub(crate) reads: Option<u64>,
    /// What CloudWatch knows of the queues and the notifier.
    pub(crate) metrics: Option<Metrics>,
    /// Why nothing of that is known, if so.
    pub(crate) metrics_unknown: Option<String>,
}

/// What is known of the spokes.
#[derive(Default, Serialize)]
pub(crate) struct SpokesStatus {
    /// Why nothing is known of them, if so.
    pub(crate) unknown: Option<String>,
    /// Account and region of the hub, as the StackSet has them.
    pub(crate) forwards_to: Option<String>,
    pub(crate) stack_set: Option<String>,
    #[serde(skip)]
    pub(crate) found: Option<StackSet>,
    #[serde(flatten)]
    pub(crate) coverage: Coverage,
    /// What the last drift detection found, if there was one.
    pub(crate) drift: Option<Drift>,
    /// The newest StackSet operation that has ended. What it failed in stands among the holes.
    pub(crate) last_operation: Option<Last>,
    /// Operations that are under way.
    pub(crate) running: Vec<Running>,
}

impl HubStatus {
    /// Whether anything of the hub is in this account and region.
    pub(crate) fn is_here(&self) -> bool {
        !self.present.is_empty() || !self.changed.is_empty()
    }
}

/// What of a hub that is here could keep an alert from a person. Pure.
pub(crate) fn hub_holes(status: &HubStatus, names: &Names, now: Timestamp) -> Vec<String> {
    let mut holes = Vec::new();
    let mend = "`rootwatch deploy hub` mends it";
    for id in &status.missing {
        holes.push(format!("{id} is missing: {mend}"));
    }
    let (alerts, health) = (names.alerts_topic(), names.health_topic());
    let topics = [
        (&status.alerts, alerts, "the alerts"),
        (&status.health, health, "when the path itself breaks"),
    ];
    // Who is gone is told by name.
    let is_told = |id: &String| {
        topics.iter().any(|(hearers, topic, _)| {
            hearers.misses_somebody() && *id == format!("subscriptions {topic}")
        })
    };
    for id in status.changed.iter().filter(|id| !is_told(id)) {
        holes.push(format!(
            "{id} is not as wanted (`rootwatch plan hub` shows it): {mend}"
        ));
    }
    for (hearers, topic, what) in &topics {
        holes.extend(hearers.holes(topic, what, names, now));
    }
    holes.extend(metrics::holes(status, names));
    holes
}

/// What of the last drift detection could keep an event from the hub. Pure.
pub(crate) fn drift_hole(drift: &Drift) -> Option<String> {
    (drift.drifted > 0).then(|| {
        format!(
            "{}: somebody changed these spokes, which `rootwatch deploy spokes` does not see; `rootwatch verify --role NAME` says what is broken there and what mends it",
            drift.words()
        )
    })
}

/// Whether a StackSet forwards to a hub in this account and region.
pub(crate) fn forwards_here(found: &StackSet, aws: &Aws) -> bool {
    let is = |key: &str, value: &String| found.parameters.get(key) == Some(value);
    is("HubAccountId", &aws.account) && is("HubRegion", &aws.region)
}

/// Account and region of the hub, as the StackSet has them.
pub(crate) fn forwards_to(found: &StackSet) -> String {
    let parameter = |name: &str| found.parameters.get(name).cloned().unwrap_or_default();
    let (account, region) = (parameter("HubAccountId"), parameter("HubRegion"));
    format!("account {account}, region {region}")
}
