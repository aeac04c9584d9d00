//! What `rootwatch status` reports: its data, and which of it is a gap. Nothing here calls AWS.

mod clicks;
mod covered;
mod gap;
mod heartbeats;
mod hub;
mod look;
mod looked;
mod metrics;
mod spokes;
mod subscribers;
mod unread;
mod unseen;

use crate::aws::Aws;
use crate::aws::error::AwsError;
use crate::elsewhere::hub_of;
use crate::failure::Failure;
use crate::findings::status_hub as kinds;
use crate::findings::{coverage, subscribers as people};
pub use crate::guardrail::covered::{Guarded, State as GuardedState};
use crate::hub::metrics::Metrics;
use crate::ignore::{Accepted, Ignore};
use crate::names::Names;
use crate::self_check::SelfCheckStatus;
use crate::spokes::Location;
use crate::spokes::coverage::Coverage;
use crate::spokes::operations::{Last, Running};
use crate::spokes::stack_set::{Drift, StackSet};
pub use gap::Gap;
pub use heartbeats::Heartbeats;
pub(crate) use hub::{resource_gaps, unread_gaps};
use jiff::Timestamp;
pub use look::status;
pub use metrics::{notifier, oldest};
use serde::Serialize;
pub use subscribers::Subscribers;
use subscribers::Topic;

/// Versioned form of the JSON that `status` prints.
#[derive(Default, Serialize)]
#[cfg_attr(
    test,
    derive(schemars::JsonSchema),
    schemars(title = "rootwatch status, version 3")
)]
pub struct Report {
    /// `rootwatch.status/3`.
    pub schema: &'static str,
    /// The account of this run.
    pub account: String,
    /// The region of this run.
    pub region: String,
    /// The hub.
    pub hub: HubStatus,
    /// The spokes.
    pub spokes: SpokesStatus,
    /// Whether member accounts are kept from changing their spokes.
    pub guardrail: Guarded,
    /// Everything that could prevent an alert or could not be read, but for what somebody accepts.
    pub gaps: Vec<Gap>,
    /// Gaps that somebody accepts, with the reason.
    pub accepted: Vec<Accepted<Gap>>,
    /// What was to be accepted and was not found: it may be gone.
    pub unused_ignores: Vec<Ignore>,
    /// What these credentials cannot see, which is no gap by itself.
    pub unseen: Vec<Unseen>,
    /// What went wrong after all was read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<Failure>,
}

/// A part of the deployment that only other credentials can see.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Unseen {
    /// What it is.
    pub text: String,
    /// The account whose credentials can see it.
    pub account: String,
    /// The region to look in.
    pub region: String,
    /// What to run there.
    pub command: String,
}

/// What is known of the hub.
#[derive(Default, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct HubStatus {
    /// The account that was looked in.
    pub account: String,
    /// The region that was looked in.
    pub region: String,
    /// Resources that are up to date.
    pub present: Vec<String>,
    /// Resources that are missing.
    pub missing: Vec<String>,
    /// Resources of which something differs.
    pub changed: Vec<String>,
    /// Resources that could not be read, or not be judged.
    pub unknown: Vec<String>,
    /// Who receives the alerts.
    #[serde(flatten)]
    pub alerts: Subscribers,
    /// Who is notified when the path itself breaks.
    pub health: Subscribers,
    /// Messages in the dead-letter queue.
    pub dead_letters: Option<u64>,
    /// Acts of root users that wait to be reported.
    pub acts: Option<u64>,
    /// Read-only events that wait for the next digest, and heartbeats that wait with them.
    pub reads: Option<u64>,
    /// What CloudWatch knows of the queues and the notifier.
    pub metrics: Option<Metrics>,
    /// Why nothing of that is known, if so.
    pub metrics_unknown: Option<String>,
    /// When the self-check last ran, and what it found; nothing where there is no hub.
    pub self_check: Option<SelfCheckStatus>,
    #[serde(skip)]
    pub(crate) metrics_error: Option<AwsError>,
}

/// What is known of the spokes.
#[derive(Default, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct SpokesStatus {
    /// Why nothing is known of them, if so.
    pub unknown: Option<String>,
    /// Why the StackSet itself is not known, if so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stack_set_unknown: Option<String>,
    /// Why it is not known which accounts are covered, if so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instances_unknown: Option<String>,
    /// Why it is not known which accounts there are, if so; then only those that have a stack instance are looked at.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub accounts_unknown: Option<String>,
    /// Account and region of the hub, as the StackSet has them.
    pub forwards_to: Option<String>,
    /// Name of the StackSet, where there is one.
    pub stack_set: Option<String>,
    #[serde(skip)]
    pub(crate) found: Option<StackSet>,
    /// Whether the management account's own stacks were looked for.
    #[serde(skip)]
    pub(crate) with_management: bool,
    /// Whether CloudTrail answered.
    #[serde(skip)]
    pub(crate) with_trail: bool,
    /// Which accounts are covered.
    #[serde(flatten)]
    pub coverage: Coverage,
    /// Who was last heard when, where the StackSet has heartbeats and the hub was seen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub heartbeats: Option<Heartbeats>,
    #[serde(skip)]
    pub(crate) deployed: heartbeats::Deployed,
    /// What the last drift detection found, if there was one.
    pub drift: Option<Drift>,
    /// The newest StackSet operation that has ended. Its failures are among the gaps.
    pub last_operation: Option<Last>,
    /// Operations that are under way.
    pub running: Vec<Running>,
}

impl HubStatus {
    /// Whether anything of the hub is in this account and region.
    pub fn is_here(&self) -> bool {
        !self.present.is_empty() || !self.changed.is_empty()
    }
}

/// What of a hub that is here could prevent an alert. Pure.
pub(crate) fn hub_gaps(status: &HubStatus, names: &Names, now: Timestamp) -> Vec<Gap> {
    let mut gaps = Vec::new();
    let fix = "`rootwatch deploy hub` fixes it";
    for id in &status.missing {
        let text = format!("{id} is missing");
        gaps.push(Gap::new(kinds::RESOURCE_MISSING, id, text, fix));
    }
    let (alerts, health) = (names.alerts_topic(), names.health_topic());
    let topics = [
        (
            &status.alerts,
            Topic {
                name: &alerts,
                what: "the alerts",
                nobody: people::NOBODY_OF_ALERTS,
            },
        ),
        (
            &status.health,
            Topic {
                name: &health,
                what: "failures of the path itself",
                nobody: people::NOBODY_OF_HEALTH,
            },
        ),
    ];
    // Subscribers that are gone are reported by name.
    let is_told = |id: &String| {
        topics.iter().any(|(subscribers, topic)| {
            subscribers.misses_somebody() && *id == format!("subscriptions {}", topic.name)
        })
    };
    for id in status.changed.iter().filter(|id| !is_told(id)) {
        let text = format!("{id} is not up to date (`rootwatch plan hub` shows the difference)");
        gaps.push(Gap::new(kinds::RESOURCE_CHANGED, id, text, fix));
    }
    for (subscribers, topic) in &topics {
        gaps.extend(subscribers.gaps(topic, names, now));
    }
    gaps.extend(metrics::gaps(status, names));
    gaps.into_iter().map(|gap| gap.of(names)).collect()
}

/// Drift of the last detection that could keep an event from the hub. Pure.
pub(crate) fn drift_gap(drift: &Drift, stack_set: &str) -> Option<Gap> {
    (drift.drifted > 0).then(|| {
        Gap::new(
            coverage::DRIFTED,
            format!("stack-set {stack_set}"),
            format!(
                "{}: somebody changed these spokes, which `rootwatch deploy spokes` does not see",
                drift.words()
            ),
            "`rootwatch verify` with --role and the name of a role in those accounts says what is broken there and how to fix it",
        )
    })
}

/// Whether a StackSet forwards to a hub in this account and region.
pub(crate) fn forwards_here(found: &StackSet, aws: &Aws) -> bool {
    hub_of(&found.parameters) == Some(Location::of(&aws.account, &aws.region))
}

/// Account and region of the hub, as the StackSet has them.
pub(crate) fn forwards_to(found: &StackSet) -> String {
    let parameter = |name: &str| found.parameters.get(name).cloned().unwrap_or_default();
    let (account, region) = (parameter("HubAccountId"), parameter("HubRegion"));
    format!("account {account}, region {region}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schema_in_templates_is_of_what_is_printed() {
        crate::schema::holds::<Report>(&["status/3"]);
    }
}
