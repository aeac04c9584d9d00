//! What planning and deploying the hub come to, as data.

use super::hub_resource::HubResource;
use super::people::{Lost, Person};
use super::plan::HubPlan;
use super::subscriptions::Standing;
use crate::end::End;
use crate::failure::{FailedStep, Failure};
use crate::names::Names;
use crate::next::AfterHub;
use crate::plan::{Counts, Step};
use crate::saved::Basis;
use serde::Serialize;

/// Versioned form of the JSON that `plan hub` and `deploy hub` print.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(
    test,
    derive(schemars::JsonSchema),
    schemars(title = "rootwatch plan hub and deploy hub, version 2")
)]
pub struct Report {
    /// `rootwatch.plan-hub/2` or `rootwatch.deploy-hub/2`.
    pub schema: &'static str,
    /// The hub's account.
    pub account: String,
    /// The hub's region.
    pub region: String,
    /// ARN of the bus that spokes forward to.
    pub event_bus: String,
    /// ARN of the topic for alerts.
    pub topic: String,
    /// How many resources are created, changed, deleted and kept.
    pub counts: Counts,
    /// Every resource of the hub, each after all that it needs.
    pub steps: Vec<Step>,
    /// What could not be carried out, after an error or an interruption.
    pub left: Vec<String>,
    /// Steps that failed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub failed: Vec<FailedStep>,
    /// Why it ended early, if it did: the first failure, or the interruption.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<Failure>,
    /// The calls that `deploy hub` cannot do side by side; only in a plan.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub longest_chain: Vec<String>,
    /// Subscriptions that somebody has to confirm.
    pub pending_subscriptions: Vec<String>,
    /// Everybody who is subscribed: of a plan then, and of a deployment now.
    pub notified: Vec<Person>,
    /// Who is notified before this and no longer after it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub no_longer_notified: Vec<Lost>,
}

/// A plan and its report.
pub struct HubPlanned {
    /// What has to change.
    pub plan: HubPlan,
    /// The same for programs.
    pub report: Report,
    /// What it rests on, to be kept with it.
    pub basis: Basis,
}

/// The result of `deploy hub`.
pub struct HubDeployed {
    /// How it ended. Only with [`End::Done`] is there anything to show beside the report.
    pub end: End,
    /// Whether anything was to be changed.
    pub is_changed: bool,
    /// The commands that come after it.
    pub next: AfterHub,
    /// For programs.
    pub report: Report,
}

impl Report {
    /// Of a plan of which nothing is carried out yet.
    pub(crate) fn of(schema: &'static str, names: &Names, plan: &HubPlan) -> Self {
        let people = plan.people();
        Self {
            schema,
            account: names.account.clone(),
            region: names.region.clone(),
            event_bus: names.bus_arn(),
            topic: names.topic_arn(&names.alerts_topic()),
            counts: plan.counts(),
            steps: plan.steps(),
            left: Vec::new(),
            failed: Vec::new(),
            error: None,
            longest_chain: Vec::new(),
            pending_subscriptions: Vec::new(),
            notified: people.after,
            no_longer_notified: people.lost,
        }
    }
}

/// Who has not confirmed yet, once for each topic.
pub(super) fn pending<'a>(observed: impl IntoIterator<Item = &'a HubResource>) -> Vec<String> {
    let mut all = Vec::new();
    for found in observed {
        let HubResource::Subscriptions(subscriptions) = found else {
            continue;
        };
        for (who, standing) in &subscriptions.standings {
            if *standing == Standing::Pending {
                all.push(format!("{who} on {}", subscriptions.name));
            }
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schema_in_templates_is_of_what_is_printed() {
        crate::schema::holds::<Report>(&["plan-hub/2", "deploy-hub/2"]);
    }
}
