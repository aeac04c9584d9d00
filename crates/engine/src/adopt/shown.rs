//! What is shown of the old path, without its inner parts.

use super::old_path::OldPath;
use crate::hub::subscriptions::Standing;
use crate::plan::Step;
use crate::subscription::Subscription;

/// A StackSet of the pattern that is removed.
#[derive(Clone, Debug)]
pub struct OldStackSet {
    /// Its name.
    pub name: String,
    /// Its instances: accounts times regions.
    pub instances: usize,
    /// Accounts with one.
    pub accounts: usize,
    /// Regions with one.
    pub regions: usize,
}

/// A hub of the pattern that is removed.
#[derive(Clone, Debug)]
pub struct OldHubSteps<'a> {
    /// Its region.
    pub region: &'a str,
    /// What is removed of it.
    pub steps: Vec<Step>,
    /// Why its topic is kept, if it is.
    pub topic_stays: Option<&'a str>,
}

impl OldPath {
    /// Who is subscribed to its topics, and whether they have confirmed.
    #[must_use]
    pub fn all_subscribers(&self) -> Vec<(Subscription, bool)> {
        let all = self.subscribers().into_iter();
        all.map(|(who, standing)| (who, matches!(standing, Standing::Confirmed(_))))
            .collect()
    }

    /// Attributes of their subscriptions that are not taken over, in sentences.
    pub fn special_subscriptions(&self) -> impl Iterator<Item = &str> {
        let special = self.hubs.iter().flat_map(|hub| &hub.special);
        special.map(String::as_str)
    }

    /// The StackSets that are removed.
    pub fn old_stack_sets(&self) -> impl Iterator<Item = OldStackSet> {
        self.stack_sets().iter().map(|set| {
            let instances = &set.observed.instances;
            OldStackSet {
                name: set.name.clone(),
                instances: instances.len(),
                accounts: instances.accounts().len(),
                regions: instances.regions().count(),
            }
        })
    }

    /// The hubs that are removed, the run's own region last.
    pub fn old_hubs(&self) -> impl Iterator<Item = OldHubSteps<'_>> {
        self.hubs.iter().map(|hub| OldHubSteps {
            region: &hub.region,
            steps: hub.removal.steps(),
            topic_stays: hub.topic_stays.as_deref(),
        })
    }

    /// The account that this ran in.
    #[must_use]
    pub fn account(&self) -> &str {
        self.regions.first().map_or("", |aws| aws.account.as_str())
    }

    /// The region that this ran in.
    #[must_use]
    pub fn home(&self) -> &str {
        self.regions.last().map_or("", |aws| aws.region.as_str())
    }

    /// How many regions were read.
    #[must_use]
    pub fn region_count(&self) -> usize {
        self.regions.len()
    }

    /// The organization's management account.
    #[must_use]
    pub fn management_account(&self) -> &str {
        &self.organization.management_account
    }

    /// The old functions' log groups, which stay, each with its region.
    pub fn kept_log_groups(&self) -> impl Iterator<Item = (&str, &str)> {
        let groups = self.log_groups.iter();
        groups.map(|(name, region)| (name.as_str(), region.as_str()))
    }

    /// Whether the spokes were left to the management account.
    #[must_use]
    pub fn is_hub_only(&self) -> bool {
        self.sets.is_none()
    }

    /// Whether a Terraform state was read.
    #[must_use]
    pub fn has_terraform_state(&self) -> bool {
        self.terraform.is_known()
    }
}
