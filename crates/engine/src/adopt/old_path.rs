//! The published pattern as it was found, as data.

use super::terraform_state::State;
use crate::aws::Aws;
use crate::hub::subscriptions::Standing;
use crate::reference::hub::OldHub;
use crate::reference::spokes::OldSpokes;
use crate::reference::{gaps, spokes, terraform};
use crate::spokes::Location;
use crate::spokes::organization::Organization;
use crate::subscription::Subscription;
use anyhow::{Context, Result};
use std::collections::{BTreeMap, BTreeSet};

/// The old path, as far as it is there and can be seen.
pub struct OldPath {
    pub(crate) organization: Organization,
    /// The account in each region that it has enabled, the run's own last.
    pub(crate) regions: Vec<Aws>,
    /// In each region where there is something; the run's own last.
    pub(crate) hubs: Vec<OldHub>,
    /// Nothing with `--hub-only`.
    pub(crate) sets: Option<Vec<OldSpokes>>,
    /// What looks like a part of it and is not, as text.
    pub(crate) left_alone: Vec<String>,
    /// Regions in which these credentials may not read, with AWS's reason.
    pub(crate) unread: BTreeMap<String, String>,
    /// What it misses, each in a sentence.
    pub(crate) gaps: Vec<String>,
    /// The old functions' log groups, which Lambda made, each with its region.
    pub(crate) log_groups: Vec<(String, String)>,
    pub(crate) terraform: State,
}

impl OldPath {
    pub(crate) fn is_nothing(&self) -> bool {
        self.hubs.iter().all(OldHub::is_nothing) && self.stack_sets().is_empty()
    }

    pub(crate) fn stack_sets(&self) -> &[OldSpokes] {
        self.sets.as_deref().unwrap_or_default()
    }

    /// The account in one of the regions.
    pub(crate) fn aws_in(&self, region: &str) -> Result<&Aws> {
        let mut regions = self.regions.iter();
        let found = regions.find(|aws| aws.region == region);
        found.with_context(|| format!("the region {region} was not read"))
    }

    /// Who is subscribed to the topic of any hub. One confirmed subscription is enough.
    pub(crate) fn subscribers(&self) -> BTreeMap<Subscription, Standing> {
        let mut all: BTreeMap<Subscription, Standing> = BTreeMap::new();
        for (it, standing) in self.hubs.iter().flat_map(|hub| &hub.subscribers) {
            let known = all.entry(it.clone()).or_insert(Standing::Pending);
            if *known == Standing::Pending {
                *known = standing.clone();
            }
        }
        all
    }

    /// What prevents its removal.
    pub(crate) fn foreign(&self) -> Vec<String> {
        let foreign = self.hubs.iter().flat_map(|hub| &hub.foreign);
        let stays = self.stack_sets().iter().filter_map(|it| it.stays.as_ref());
        foreign.chain(stays).cloned().collect()
    }

    /// The accounts and regions in which it may be alive. The template leaves the hub's account out.
    pub(crate) fn alive(&self) -> BTreeSet<Location> {
        let mut alive = spokes::alive(self.stack_sets(), &gaps::regions_with_bus(&self.hubs));
        let hub = self.regions.first().map(|aws| aws.account.clone());
        alive.retain(|location| Some(&location.account) != hub.as_ref());
        alive
    }
}

/// The commands that make Terraform forget the old parts.
pub(crate) fn terraform_commands(old: &OldPath) -> Vec<String> {
    terraform::commands(old.terraform.addresses())
}
