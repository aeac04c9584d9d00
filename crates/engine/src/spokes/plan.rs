//! What has to change to deploy the spokes. Pure.

use super::change::{Change, ChangeKind};
use super::directory::Directory;
use super::instances::{Instance, Instances};
use super::management::Management;
use super::operations::Running;
use super::organization::Account;
use super::wanted::Wanted;
use super::{Location, Observed};
use crate::heartbeat::Heartbeat;
use crate::plan::{Action, decide};
use crate::verify::finding::Hop;
use serde::Serialize;
use std::collections::BTreeSet;

/// What has to change.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct SpokesPlan {
    /// Whether trusted access for StackSets is to be turned on.
    pub enable_trusted_access: bool,
    /// What is to be done with the StackSet itself.
    pub stack_set: Action,
    /// In the order in which they are made: nothing is removed before its replacement is there.
    pub changes: Vec<Change>,
    /// The management account's own stacks.
    pub management: Management,
    /// Accounts that the changes leave unwatched.
    pub stops: Stops,
    /// Accounts that AWS leaves out because they are suspended.
    pub suspended: Vec<Account>,
    /// Accounts' regions that are turned off there.
    pub off: Vec<Location>,
    /// Operations that are under way.
    pub running: Vec<Running>,
    /// What is wrong with CloudTrail's trails, without which no account sends anything.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trail: Option<Hop>,
    /// Further notes.
    pub notes: Vec<String>,
    /// Accounts and regions that are up to date already.
    pub current: usize,
    /// How many stack instances are kept, created, updated and deleted.
    pub instances: InstanceCounts,
    /// Names of the accounts and paths of the units that this names.
    pub directory: Directory,
    /// How often each account and region will be heard.
    #[serde(skip)]
    pub(crate) heartbeat: Heartbeat,
}

/// What happens to how many stack instances.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct InstanceCounts {
    /// Those that stay as they are.
    pub kept: usize,
    /// Those that are made.
    pub created: usize,
    /// Those that are updated.
    pub updated: usize,
    /// Those that are removed.
    pub deleted: usize,
}

/// Accounts that the changes leave unwatched.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Stops {
    /// Accounts that are no longer watched at all.
    pub accounts: BTreeSet<String>,
    /// Accounts that are no longer watched in `regions`.
    pub partly: BTreeSet<String>,
    /// Regions in which those are no longer watched.
    pub regions: BTreeSet<String>,
}

impl Stops {
    /// How many accounts stop being watched, in all or some regions.
    pub fn count(&self) -> usize {
        self.accounts.union(&self.partly).count()
    }
}

impl SpokesPlan {
    /// Whether carrying this out writes anything.
    pub fn is_change(&self) -> bool {
        self.enable_trusted_access
            || self.stack_set.is_change()
            || !self.changes.is_empty()
            || self.management.is_change()
    }
}

/// Compares the wanted accounts and regions with the instances that are there.
pub(crate) fn plan(wanted: &Wanted, observed: &Observed, management: Management) -> SpokesPlan {
    let stack_set = decide(&wanted.stack_set, observed.stack_set.as_ref());
    let locations = wanted.locations();
    let targets = observed.targets();
    let mut changes = Vec::new();
    let broken = locations_where(&locations, &observed.instances, Instance::is_inoperable);
    changes.extend(wanted.of_accounts(ChangeKind::Delete, REMADE, broken.iter().copied()));
    let whole = wanted.new_targets(&targets);
    changes.extend(wanted.whole_units(&whole, observed));
    let reached = wanted.reached(&whole);
    let is_reached = |location: &Location| {
        let targets = reached.get(location.account.as_str());
        targets.is_some_and(|targets| targets.iter().any(|it| it.contains(&location.region)))
    };
    let missing = locations
        .iter()
        .filter(|location| observed.instances.at(location).is_none() && !is_reached(location));
    changes.extend(wanted.of_accounts(ChangeKind::Create, MISSING, missing));
    changes.extend(wanted.of_accounts(ChangeKind::Create, REMADE, broken.iter().copied()));
    let lost = wanted.lost_targets(observed, &targets, &changes);
    changes.extend(wanted.restored(&lost, observed));
    // An update of the set updates every instance that is there.
    let stale = locations_where(&locations, &observed.instances, is_stale);
    if !updates_all(&stack_set) {
        changes.extend(wanted.of_accounts(ChangeKind::Update, STALE, stale.iter().copied()));
    }
    changes.extend(wanted.deletions(observed, &targets));
    let is_there = |location: &&Location| {
        observed
            .instances
            .at(location)
            .is_some_and(Instance::is_current)
    };
    let current = locations.iter().filter(is_there).count();
    let there = locations_where(&locations, &observed.instances, |it| !it.is_inoperable());
    let instances = InstanceCounts::of(
        &changes,
        current,
        updates_all(&stack_set).then_some(there.len()),
    );
    SpokesPlan {
        enable_trusted_access: false,
        directory: wanted.directory(&changes),
        notes: wanted.notes(observed, &changes),
        stack_set,
        changes,
        instances,
        stops: wanted.stops(observed, &management),
        management,
        suspended: wanted.suspended(),
        off: wanted.off.iter().cloned().collect(),
        running: observed.running.clone(),
        trail: None,
        current,
        heartbeat: wanted.heartbeat(),
    }
}

/// Whether every instance is updated with the StackSet. A description is no part of a stack.
fn updates_all(stack_set: &Action) -> bool {
    let changed = stack_set.changed();
    matches!(stack_set, Action::Update { .. }) && changed.iter().any(|it| *it != "description")
}

impl InstanceCounts {
    /// Of these changes, where so many wanted instances are up to date, and so many are updated with the StackSet.
    fn of(changes: &[Change], current: usize, with_the_set: Option<usize>) -> Self {
        let sum = |kind: ChangeKind| {
            let changes = changes.iter().filter(|change| change.kind == kind);
            changes.map(|change| change.instances).sum::<usize>()
        };
        Self {
            kept: if with_the_set.is_some() { 0 } else { current },
            created: sum(ChangeKind::Create),
            updated: with_the_set.unwrap_or_else(|| sum(ChangeKind::Update)),
            deleted: sum(ChangeKind::Delete),
        }
    }
}

const MISSING: &str = "not there yet";
const STALE: &str = "outdated or failed before";
/// Why an instance is removed and made again in one run.
pub(crate) const REMADE: &str = "a deletion failed there: removed and created again";

/// Only active accounts are compared, so one that AWS skipped while it was suspended is active again.
fn is_stale(instance: &Instance) -> bool {
    !instance.is_current() && !instance.is_inoperable()
}

fn locations_where<'a>(
    locations: &'a BTreeSet<Location>,
    instances: &Instances,
    test: impl Fn(&Instance) -> bool,
) -> Vec<&'a Location> {
    let is_so = |location: &&Location| instances.at(location).is_some_and(&test);
    locations.iter().filter(is_so).collect()
}

impl Wanted {
    fn stops(&self, observed: &Observed, management: &Management) -> Stops {
        let wanted = self.ids();
        let mut stops = Stops::default();
        let out_of_reach = self.out_of_reach(observed);
        for (region, account, instance) in observed.instances.iter() {
            if out_of_reach.contains_key(&(account, &*instance.unit)) {
                continue;
            }
            // An outdated instance usually has an older stack that works.
            if instance.is_skipped() || self.off.contains(&Location::of(account, region)) {
                continue;
            }
            if !wanted.contains(account) && !self.units.contains_key(&*instance.unit) {
                stops.accounts.insert(account.to_owned());
            } else if !self.regions.contains(region) {
                stops.partly.insert(account.to_owned());
                stops.regions.insert(region.to_owned());
            }
        }
        for stack in management.stacks() {
            if stack.step.action == Action::Delete {
                stops.partly.insert(self.management_account.clone());
                stops.regions.insert(stack.region.clone());
            }
        }
        stops
    }

    fn notes(&self, observed: &Observed, changes: &[Change]) -> Vec<String> {
        let mut notes = self.notes.clone();
        notes.extend(self.left_out(observed, changes));
        let directory = self.directory(&[]);
        for unit in self.units.keys().filter(|unit| self.active(unit) == 0) {
            let unit = directory.unit(unit);
            notes.push(format!(
                "{unit} holds no active account yet: automatic deployment deploys to accounts that join"
            ));
        }
        let wanted = self.ids();
        let left: BTreeSet<&str> = observed
            .instances
            .iter()
            .filter(|(_, account, instance)| {
                !wanted.contains(account) && self.units.contains_key(&*instance.unit)
            })
            .map(|(_, account, _)| account)
            .collect();
        if !left.is_empty() {
            let left: Vec<String> = left.into_iter().map(|it| directory.account(it)).collect();
            notes.push(format!(
                "{} left the units: automatic deployment removes the instances there",
                left.join(", ")
            ));
        }
        notes
    }
}

#[cfg(test)]
#[path = "plan_tests.rs"]
mod tests;
