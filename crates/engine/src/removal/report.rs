//! What `teardown` is about to remove, and what it came to, as data.

use crate::aws::Aws;
use crate::aws::error::AwsError;
use crate::failure::{FailedStep, Failure};
use crate::hub::plan::HubPlan;
use crate::names::Names;
use crate::next;
use crate::plan::Step;
use crate::spokes::management::{self, StackPlan, Unread};
use crate::spokes::operation::Ended;
use crate::spokes::reach::Stuck;
use crate::spokes::{Location, Observed, Place};
use serde::Serialize;

/// Versioned form of the JSON that `teardown` prints.
#[derive(Serialize)]
#[cfg_attr(
    test,
    derive(schemars::JsonSchema),
    schemars(title = "rootwatch teardown, version 1")
)]
pub struct Report {
    /// `rootwatch.teardown/1`.
    pub schema: &'static str,
    /// The account that this ran in.
    pub account: String,
    /// The region that this ran in.
    pub region: String,
    /// StackSet operations that removed instances.
    pub operations: Vec<Ended>,
    /// Whether the StackSet is gone.
    pub stack_set_removed: bool,
    /// An operation that continues in AWS after an interruption or an error.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detached: Option<String>,
    /// The management account's own stacks.
    pub management: Vec<Step>,
    /// The hub's resources, and what is done about each.
    pub hub: Vec<Step>,
    /// Parts of the deployment that stay on request.
    pub kept: Vec<String>,
    /// Stacks that stay in accounts and regions out of reach, on request.
    pub retained: Vec<Stuck>,
    /// Parts of the deployment that could not be removed.
    pub left: Vec<String>,
    /// Steps of the hub's removal that failed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub failed: Vec<FailedStep>,
    /// Why it ended early, if it did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<Failure>,
    /// The service control policy that is still there, and that `teardown guardrail` removes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub guardrail: Option<String>,
    /// Where nothing was found here: the deployment's parts elsewhere, and other deployments here.
    pub beside: Vec<String>,
}

/// What is about to be removed.
pub struct Preview<'a> {
    /// Name of the StackSet.
    pub stack_set: String,
    /// The spokes, where they are to be removed.
    pub spokes: Option<&'a Spokes<'a>>,
    /// Warnings.
    pub warnings: Vec<String>,
    /// The hub's steps, and what is kept.
    pub report: &'a Report,
}

impl Report {
    /// Of a run that has removed nothing yet.
    pub(super) fn before(
        names: &Names,
        spokes: Option<&Spokes<'_>>,
        hub: Option<&HubPlan>,
        kept: Vec<String>,
    ) -> Self {
        Self {
            schema: "rootwatch.teardown/1",
            account: names.account.clone(),
            region: names.region.clone(),
            operations: Vec::new(),
            stack_set_removed: false,
            detached: None,
            management: Vec::new(),
            hub: hub.map(HubPlan::steps).unwrap_or_default(),
            kept,
            retained: Vec::new(),
            failed: Vec::new(),
            error: None,
            guardrail: None,
            beside: Vec::new(),
            left: spokes
                .into_iter()
                .flat_map(|it| it.may_be_left(&names.stack_set()))
                .collect(),
        }
    }
}

/// How much a StackSet watches.
#[derive(Clone, Copy, Debug)]
pub struct InstanceCounts {
    /// Its instances: accounts times regions.
    pub all: usize,
    /// Active accounts.
    pub accounts: usize,
    /// Regions.
    pub regions: usize,
}

/// The spokes of this deployment.
pub struct Spokes<'a> {
    pub(super) place: Place<'a>,
    /// The StackSet, if there is one.
    pub(crate) observed: Option<Observed>,
    /// Stacks that StackSets cannot reach, and that may stay.
    pub(super) retained: Vec<Stuck>,
    /// Why it is not known which those are.
    pub(super) unknown: Option<String>,
    /// The management account's own stacks, when it can be reached.
    pub(crate) stacks: Vec<StackPlan>,
    /// Regions in which these credentials may not read such stacks.
    pub(super) unread: Unread,
    /// The clients of the management account, when it can be reached.
    pub(super) management: Option<Aws>,
    /// The management account, when it cannot.
    pub(super) elsewhere: Option<String>,
    /// The hub, when it is not here and stays.
    pub(super) other_hub: Option<Location>,
    pub(super) retain: bool,
    pub(super) no_wait: bool,
}

impl Spokes<'_> {
    /// Whether there is nothing to remove.
    pub fn is_nothing(&self) -> bool {
        self.observed.is_none() && self.stacks.is_empty()
    }

    /// Stacks that may exist, where these credentials cannot read.
    pub(crate) fn may_be_left(&self, stack_set: &str) -> Vec<String> {
        let name = stack_set;
        let words = |(region, why): (&String, &AwsError)| {
            format!("stack {name} in {region} of the management account, if there is one: {why}")
        };
        let unread = self.unread.iter().map(words);
        let hub = self.other_hub.iter();
        let hub = hub.map(|it| format!("the hub in account {}, region {}", it.account, it.region));
        let elsewhere = self.elsewhere.iter().map(|management| {
            format!("stacks {name} of the management account {management}, if there are any: they cannot be seen from here")
        });
        unread.chain(hub).chain(elsewhere).collect()
    }

    /// What these credentials could not read, in a sentence.
    pub fn unread_text(&self) -> String {
        if self.unread.is_empty() {
            return String::new();
        }
        format!(
            "The management account may still have spokes: {}. `rootwatch teardown spokes` with credentials that may do so removes them.\n",
            management::unread_words(&self.unread)
        )
    }

    /// What these credentials and this region do not reach, as text.
    pub fn unseen_text(&self) -> String {
        let mut text = String::new();
        if let Some(hub) = &self.other_hub {
            text += &format!(
                "The hub in account {}, region {} is not touched: {} removes it.\n",
                hub.account,
                hub.region,
                next::there("rootwatch teardown hub", hub)
            );
        }
        if let Some(management) = &self.elsewhere {
            text += &format!(
                "If the management account {management} has stacks of its own, {} removes them.\n",
                next::there(
                    "rootwatch teardown spokes",
                    &Location::of(management, &self.place.aws.region)
                )
            );
        }
        text
    }

    /// How much the StackSet watches, where there is one.
    #[must_use]
    pub fn instances(&self) -> Option<InstanceCounts> {
        let instances = &self.observed.as_ref()?.instances;
        Some(InstanceCounts {
            all: instances.len(),
            accounts: instances.active_accounts().len(),
            regions: instances.regions().count(),
        })
    }

    /// The management account's own stacks that are removed, by name.
    pub fn stacks(&self) -> impl Iterator<Item = &str> {
        self.stacks.iter().map(|stack| stack.step.resource.as_str())
    }

    /// Stacks that stay because they cannot be reached.
    #[must_use]
    pub fn retained(&self) -> &[Stuck] {
        &self.retained
    }

    /// Why it is not known which stacks those are.
    #[must_use]
    pub fn unknown(&self) -> Option<&str> {
        self.unknown.as_deref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schema_in_templates_is_of_what_is_printed() {
        crate::schema::holds::<Report>(&["teardown/1"]);
    }
}
