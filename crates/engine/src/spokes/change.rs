//! Something to do to instances: which, and the calls that do it.

use super::operation;
use super::preferences::Preferences;
use super::{Location, Place};
use crate::aws::error::{AwsError, Call};
use crate::work::Work;
use anyhow::Result;
use aws_sdk_cloudformation::types as sdk;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// Organizational units that one call accepts (CloudFormation API Reference, CreateStackInstances).
const UNITS_A_CALL: usize = 50;

/// Something to do to the instances of some units, accounts and regions.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Change {
    /// What happens to the instances.
    pub kind: ChangeKind,
    /// Why, shown after the change.
    pub why: &'static str,
    /// The organizational units.
    pub units: Vec<String>,
    /// The accounts of the units that are meant.
    pub accounts: Accounts,
    /// The regions.
    pub regions: Vec<String>,
    /// How many stack instances that is.
    pub instances: usize,
    /// Whether a deletion leaves the stacks where they are.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub retain: bool,
}

/// What to do to instances.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum ChangeKind {
    /// They are made.
    Create,
    /// They are updated.
    Update,
    /// They are removed.
    Delete,
}

impl ChangeKind {
    /// The call, as an IAM action.
    fn operation(self) -> &'static str {
        match self {
            Self::Create => "cloudformation:CreateStackInstances",
            Self::Update => "cloudformation:UpdateStackInstances",
            Self::Delete => "cloudformation:DeleteStackInstances",
        }
    }
}

/// Which accounts of some units.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Accounts {
    /// All, and those that join later, by automatic deployment.
    All,
    /// Only these.
    Only(BTreeSet<String>),
    /// All but these.
    AllBut(BTreeSet<String>),
    /// All, and these from elsewhere.
    AllAnd(BTreeSet<String>),
}

impl Change {
    /// The same split into changes that one call each accepts.
    pub(crate) fn calls(&self) -> Vec<Self> {
        self.units
            .chunks(UNITS_A_CALL)
            .map(|units| Self {
                units: units.to_vec(),
                ..self.clone()
            })
            .collect()
    }

    /// Whether it names this account and region.
    pub(crate) fn names(&self, location: &Location) -> bool {
        let Accounts::Only(accounts) = &self.accounts else {
            return false;
        };
        accounts.contains(&location.account) && self.regions.contains(&location.region)
    }

    /// The same without some accounts' regions.
    pub(crate) fn without(self, left_out: &BTreeSet<Location>) -> Vec<Self> {
        let Accounts::Only(accounts) = &self.accounts else {
            return vec![self];
        };
        let locations = accounts.iter().flat_map(|account| {
            let location = |region: &String| Location::of(account, region);
            self.regions.iter().map(location)
        });
        rectangles(locations.filter(|location| !left_out.contains(location)))
            .into_iter()
            .map(|(accounts, regions)| Self {
                instances: accounts.len() * regions.len(),
                accounts: Accounts::Only(accounts),
                regions,
                ..self.clone()
            })
            .collect()
    }

    /// Starts the operation and returns its id. Waits while another operation is under way, as long as `patience` allows.
    pub(crate) async fn start(
        &self,
        place: &Place<'_>,
        stack_set: &str,
        preferences: &Preferences,
        patience: Option<Duration>,
        work: &Work,
    ) -> Result<String> {
        let send = async |id: &str| self.send(place, stack_set, preferences, id).await;
        operation::start(patience, work, send).await
    }

    async fn send(
        &self,
        place: &Place<'_>,
        stack_set: &str,
        preferences: &Preferences,
        id: &str,
    ) -> Result<Option<String>, AwsError> {
        let client = &place.aws.cloudformation;
        let operation = self.kind.operation();
        let (targets, regions) = (self.targets(), Some(self.regions.clone()));
        let (call_as, preferences) = (place.call_as.clone(), preferences.to_sdk());
        Ok(match self.kind {
            ChangeKind::Create => {
                let request = client.create_stack_instances().stack_set_name(stack_set);
                let request = request
                    .operation_id(id)
                    .deployment_targets(targets)
                    .set_regions(regions);
                let request = request.call_as(call_as).operation_preferences(preferences);
                request.send().await.call(operation)?.operation_id
            }
            ChangeKind::Update => {
                let request = client.update_stack_instances().stack_set_name(stack_set);
                let request = request
                    .operation_id(id)
                    .deployment_targets(targets)
                    .set_regions(regions);
                let request = request.call_as(call_as).operation_preferences(preferences);
                request.send().await.call(operation)?.operation_id
            }
            ChangeKind::Delete => {
                let request = client.delete_stack_instances().stack_set_name(stack_set);
                let request = request
                    .operation_id(id)
                    .deployment_targets(targets)
                    .set_regions(regions);
                let request = request.call_as(call_as).operation_preferences(preferences);
                let request = request.retain_stacks(self.retain);
                request.send().await.call(operation)?.operation_id
            }
        })
    }

    fn targets(&self) -> sdk::DeploymentTargets {
        let targets =
            sdk::DeploymentTargets::builder().set_organizational_unit_ids(Some(self.units.clone()));
        let (accounts, filter) = match &self.accounts {
            Accounts::All => return targets.build(),
            Accounts::Only(accounts) => (accounts, sdk::AccountFilterType::Intersection),
            Accounts::AllBut(accounts) => (accounts, sdk::AccountFilterType::Difference),
            Accounts::AllAnd(accounts) => (accounts, sdk::AccountFilterType::Union),
        };
        targets
            .set_accounts(Some(accounts.iter().cloned().collect()))
            .account_filter_type(filter)
            .build()
    }
}

/// Groups locations so that each group is exactly some accounts by some regions, in few groups: a call
/// that names accounts and regions reaches every pair of them.
pub(super) fn rectangles(
    locations: impl IntoIterator<Item = Location>,
) -> Vec<(BTreeSet<String>, Vec<String>)> {
    let mut by_account: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut by_region: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for location in locations {
        let regions = by_account.entry(location.account.clone()).or_default();
        regions.push(location.region.clone());
        let accounts = by_region.entry(location.region).or_default();
        accounts.insert(location.account);
    }
    let mut alike: BTreeMap<Vec<String>, BTreeSet<String>> = BTreeMap::new();
    for (account, mut regions) in by_account {
        regions.sort();
        alike.entry(regions).or_default().insert(account);
    }
    if alike.len() <= by_region.len() {
        return alike.into_iter().map(|(r, a)| (a, r)).collect();
    }
    by_region.into_iter().map(|(r, a)| (a, vec![r])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(units: usize) -> Change {
        Change {
            kind: ChangeKind::Create,
            why: "",
            units: (0..units).map(|unit| format!("ou-{unit}")).collect(),
            accounts: Accounts::All,
            regions: Vec::new(),
            instances: 0,
            retain: false,
        }
    }

    #[test]
    fn more_units_than_one_call_takes_are_split() {
        let sizes = |units| -> Vec<usize> {
            let calls = change(units).calls();
            calls.iter().map(|call| call.units.len()).collect()
        };
        assert_eq!(sizes(120), [50, 50, 20]);
        assert_eq!(sizes(50), [50]);
    }

    #[test]
    fn only_the_regions_that_are_left_out_of_an_account_are() {
        let change = Change {
            accounts: Accounts::Only(["1", "2"].map(str::to_owned).into()),
            regions: ["a", "b"].map(str::to_owned).into(),
            ..change(1)
        };
        let left = |text: &str| -> Vec<(Accounts, String, usize)> {
            let left = change.clone().without(&pairs(text).into_iter().collect());
            let short = |it: Change| (it.accounts, it.regions.join(" "), it.instances);
            left.into_iter().map(short).collect()
        };
        let only = |account: &str| Accounts::Only([account.to_owned()].into());
        assert_eq!(
            left("1a 3b"),
            [(only("2"), "a b".into(), 2), (only("1"), "b".into(), 1)]
        );
        assert_eq!(left("1a 1b 2a 2b"), []);
    }

    fn pairs(text: &str) -> Vec<Location> {
        let location = |pair: &str| Location {
            account: pair[..1].into(),
            region: pair[1..].into(),
        };
        text.split_whitespace().map(location).collect()
    }

    /// Every pair that the groups reach, which must be those given and no other.
    fn reached(text: &str) -> (usize, Vec<Location>) {
        let groups = rectangles(pairs(text));
        let mut all: Vec<Location> = groups
            .iter()
            .flat_map(|(accounts, regions)| {
                accounts.iter().flat_map(move |account| {
                    regions.iter().map(move |region| Location {
                        account: account.clone(),
                        region: region.clone(),
                    })
                })
            })
            .collect();
        all.sort();
        (groups.len(), all)
    }

    #[test]
    fn a_group_reaches_no_account_and_region_that_is_not_meant() {
        for (text, groups) in [
            ("1a 1b 2a 2b", 1),
            ("1a 2b", 2),
            ("1a 1b 2a", 2),
            ("1a 1b 2a 3b", 2),
        ] {
            let mut wanted = pairs(text);
            wanted.sort();
            assert_eq!(reached(text), (groups, wanted), "{text}");
        }
    }
}
