//! What has to change to deploy the spokes. Pure.

use super::change::{Accounts, Change, ChangeKind, rectangles};
use super::directory::Directory;
use super::instances::{Instance, Instances};
use super::management::Management;
use super::operations::Running;
use super::organization::{Account, Paths, Subtree};
use super::stack_set::StackSet;
use super::{Location, Observed};
use crate::heartbeat::Heartbeat;
use crate::plan::{Action, decide};
use crate::verify::finding::Hop;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// What the spokes are made from.
pub(crate) struct Wanted {
    pub(crate) stack_set: StackSet,
    pub(crate) regions: BTreeSet<String>,
    /// The organizational units, none of which is inside another.
    pub(crate) units: BTreeMap<String, Subtree>,
    /// The accounts below each unit that is deployed to and no longer wanted. Below one that is missing here all may
    /// be.
    pub(crate) beneath: BTreeMap<String, BTreeSet<String>>,
    /// Those of them that are active.
    pub(crate) active_beneath: BTreeSet<String>,
    /// Never a target of a StackSet.
    pub(crate) management_account: String,
    /// Accounts' regions that are turned off: nothing can be deployed there, and nobody can act there.
    pub(crate) off: BTreeSet<Location>,
    /// What to show whether or not anything changes.
    pub(crate) notes: Vec<String>,
    /// Paths of units, as far as they are known.
    pub(crate) paths: Paths,
}

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

const NEW: &str = "not deployed to yet";
const MISSING: &str = "not there yet";
const STALE: &str = "outdated or failed before";
/// Why an instance is removed and made again in one run.
pub(crate) const REMADE: &str = "a deletion failed there: removed and created again";
const UNWANTED: &str = "no longer wanted";
/// Why an instance that is up to date is created once more.
const RESTORED: &str =
    "automatic deployment has lost the unit: accounts that join it would not be watched";

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

/// The regions that are deployed to, or will be, for each organizational unit.
pub(crate) type Targets = BTreeMap<String, BTreeSet<String>>;

impl Observed {
    /// Whether one of these units has instances in these regions and is none of automatic deployment's there.
    pub(crate) fn lacks_target<'a>(
        &self,
        mut units: impl Iterator<Item = &'a String>,
        regions: &BTreeSet<String>,
    ) -> bool {
        let targets = self.targets();
        let has = |targets: &Targets, unit: &String, region: &String| {
            targets
                .get(unit)
                .is_some_and(|known| known.contains(region))
        };
        units.any(|unit| {
            let mut there = regions.iter().filter(|it| has(&targets, unit, it));
            there.any(|it| !has(&self.auto_deployment, unit, it))
        })
    }

    /// Units and regions that the StackSet is deployed to: what it says, and what instances show.
    pub(crate) fn targets(&self) -> Targets {
        let mut targets = self.auto_deployment.clone();
        for (region, _, instance) in self.instances.iter() {
            if instance.unit.is_empty() {
                continue;
            }
            match targets.get_mut(&*instance.unit) {
                Some(regions) if regions.contains(region) => {}
                Some(regions) => {
                    regions.insert(region.to_owned());
                }
                None => {
                    targets.insert(instance.unit.to_string(), [region.to_owned()].into());
                }
            }
        }
        targets
    }
}

impl Wanted {
    fn heartbeat(&self) -> Heartbeat {
        let schedule = self.stack_set.parameters.get(Heartbeat::PARAMETER);
        let heartbeat = schedule.and_then(|it| Heartbeat::of_schedule(it));
        heartbeat.unwrap_or(Heartbeat::Off)
    }

    /// Keeps the regions that are deployed to beside those that an account has enabled: a run without --regions did
    /// not ask for the removal of one that only another account has enabled.
    pub(crate) fn keep_regions(&mut self, targets: &Targets, account: &str) {
        let deployed: BTreeSet<String> = targets.values().flatten().cloned().collect();
        let kept: Vec<String> = deployed.difference(&self.regions).cloned().collect();
        if kept.is_empty() {
            return;
        }
        self.notes.push(format!(
            "not enabled in account {account}, but deployed to and still watched: {}; --regions without them removes them",
            kept.join(", ")
        ));
        self.regions.extend(kept);
    }

    /// The accounts with the unit by which they are wanted.
    fn accounts(&self) -> impl Iterator<Item = (&String, &Account)> {
        self.units
            .iter()
            .flat_map(|(unit, tree)| tree.accounts.iter().map(move |account| (unit, account)))
            .filter(|(_, account)| account.id != self.management_account)
    }

    /// Every account and region that must have an instance.
    pub(super) fn locations(&self) -> BTreeSet<Location> {
        self.accounts()
            .filter(|(_, account)| account.active)
            .flat_map(|(_, account)| {
                let location = |region: &String| Location::of(&account.id, region);
                self.regions.iter().map(location)
            })
            .filter(|location| !self.off.contains(location))
            .collect()
    }

    fn suspended(&self) -> Vec<Account> {
        let suspended: BTreeSet<Account> = self
            .accounts()
            .filter(|(_, account)| !account.active)
            .map(|(_, account)| account.clone())
            .collect();
        suspended.into_iter().collect()
    }

    /// The accounts that have to be watched, but for the management account.
    pub(super) fn active_accounts(&self) -> impl Iterator<Item = &str> {
        let active = self.accounts().filter(|(_, account)| account.active);
        active.map(|(_, account)| account.id.as_str())
    }

    /// What the organization calls what these changes name.
    pub(super) fn directory(&self, changes: &[Change]) -> Directory {
        let accounts = self.units.values().flat_map(|tree| &tree.accounts);
        let mut directory = Directory::of(self.paths.clone(), accounts);
        let named = changes.iter().flat_map(|change| &change.units);
        directory.keep_units(&named.chain(self.units.keys()).cloned().collect());
        directory
    }

    /// How many instances a unit gets in some regions that it has not.
    fn missing(&self, unit: &str, regions: &BTreeSet<String>, observed: &Observed) -> usize {
        let accounts = self.accounts();
        let accounts = accounts.filter(|(of, account)| *of == unit && account.active);
        let locations = accounts.flat_map(|(_, account)| {
            let location = |region: &String| Location::of(&account.id, region);
            regions.iter().map(location)
        });
        let is_missing = |it: &Location| observed.instances.at(it).is_none();
        locations.filter(is_missing).count()
    }

    fn active(&self, unit: &str) -> usize {
        let accounts = self.accounts();
        let is_meant = |(of, account): &(&String, &Account)| *of == unit && account.active;
        accounts.filter(is_meant).count()
    }

    /// Units and regions that the StackSet is not deployed to at all.
    fn new_targets(&self, targets: &Targets) -> Targets {
        let mut new = Targets::new();
        for unit in self.units.keys() {
            let known = targets.get(unit);
            let is_new = |region: &&String| known.is_none_or(|known| !known.contains(*region));
            let regions: BTreeSet<String> = self.regions.iter().filter(is_new).cloned().collect();
            if !regions.is_empty() {
                new.insert(unit.clone(), regions);
            }
        }
        new
    }

    /// Units and regions in which instances are, and to which automatic deployment does not deploy accounts that join,
    /// but for those that these changes make targets again. A deletion from one of the topmost units takes it out of the
    /// targets, whichever accounts it is about (CloudFormation User Guide, "Delete stacks from StackSets").
    fn lost_targets(&self, observed: &Observed, targets: &Targets, changes: &[Change]) -> Targets {
        let none = BTreeSet::new();
        let of = |targets: &Targets, unit: &String| targets.get(unit).unwrap_or(&none).clone();
        let made = |unit: &String| -> BTreeSet<String> {
            let creates = changes.iter().filter(|it| it.kind == ChangeKind::Create);
            let of_unit = creates.filter(|it| it.units.contains(unit));
            of_unit.flat_map(|it| it.regions.iter().cloned()).collect()
        };
        let lost = self.units.keys().map(|unit| {
            let there = &of(targets, unit) & &self.regions;
            let reached = &of(&observed.auto_deployment, unit) | &made(unit);
            (unit.clone(), &there - &reached)
        });
        lost.filter(|(_, regions)| !regions.is_empty()).collect()
    }

    /// Makes units targets again, by one instance of each that is there already: automatic deployment takes no account of
    /// filters (CloudFormation User Guide, "Enable or disable automatic deployments").
    fn restored(&self, lost: &Targets, observed: &Observed) -> Vec<Change> {
        let change = |(unit, regions): (&String, &BTreeSet<String>)| {
            let is_whole = |(of, account): &(&String, &Account)| {
                let mut instances = regions
                    .iter()
                    .map(|region| observed.instances.get(&account.id, region));
                *of == unit && instances.all(|it| it.is_some_and(Instance::is_current))
            };
            let one = self.accounts().find(is_whole);
            let one = one.map(|(_, account)| BTreeSet::from([account.id.clone()]));
            Change {
                kind: ChangeKind::Create,
                why: RESTORED,
                units: vec![unit.clone()],
                accounts: one.map_or(Accounts::All, Accounts::Only),
                regions: regions.iter().cloned().collect(),
                instances: 0,
                retain: false,
            }
        };
        lost.iter().map(change).collect()
    }

    /// The accounts below new targets, each with the regions of all targets that reach it.
    fn reached<'a>(&'a self, targets: &'a Targets) -> BTreeMap<&'a str, Vec<&'a BTreeSet<String>>> {
        let mut reached: BTreeMap<&str, Vec<&BTreeSet<String>>> = BTreeMap::new();
        for (unit, account) in self.accounts() {
            if let Some(regions) = targets.get(unit) {
                reached.entry(&account.id).or_default().push(regions);
            }
        }
        reached
    }

    /// Creates whole units, so that automatic deployment covers accounts that join later.
    fn whole_units(&self, new: &Targets, observed: &Observed) -> Vec<Change> {
        let mut alike: BTreeMap<&BTreeSet<String>, Vec<String>> = BTreeMap::new();
        for (unit, regions) in new {
            alike.entry(regions).or_default().push(unit.clone());
        }
        let change = |(regions, units): (&BTreeSet<String>, Vec<String>)| Change {
            kind: ChangeKind::Create,
            why: NEW,
            instances: units
                .iter()
                .map(|unit| self.missing(unit, regions, observed))
                .sum(),
            units,
            accounts: Accounts::All,
            regions: regions.iter().cloned().collect(),
            retain: false,
        };
        alike.into_iter().map(change).collect()
    }

    /// Whether an account is in one of the units, and the region is to be watched.
    pub(super) fn is_wanted(&self, location: &Location) -> bool {
        let mut accounts = self.accounts();
        let is_inside = accounts.any(|(_, account)| account.id == location.account);
        is_inside && self.regions.contains(&location.region)
    }

    /// Changes of exactly these accounts and regions.
    pub(super) fn of_accounts<'a>(
        &self,
        kind: ChangeKind,
        why: &'static str,
        locations: impl IntoIterator<Item = &'a Location>,
    ) -> Vec<Change> {
        let holds_one = |tree: &Subtree, accounts: &BTreeSet<String>| {
            tree.accounts.iter().any(|held| accounts.contains(&held.id))
        };
        rectangles(locations.into_iter().cloned())
            .into_iter()
            .map(|(accounts, regions)| Change {
                kind,
                why,
                units: self
                    .units
                    .iter()
                    .filter(|(_, tree)| holds_one(tree, &accounts))
                    .map(|(unit, _)| unit.clone())
                    .collect(),
                instances: accounts.len() * regions.len(),
                accounts: Accounts::Only(accounts),
                regions,
                retain: false,
            })
            .collect()
    }

    /// What is deployed to and no longer wanted.
    ///
    /// An account of a unit that is no longer wanted may still be wanted by a smaller unit inside; it keeps its
    /// instance, so that it is watched all the time. A deletion reaches every account below the unit, whichever unit an
    /// instance names (CloudFormation API Reference, DeploymentTargets), so what is kept is decided by the
    /// organization's structure.
    fn deletions(&self, observed: &Observed, targets: &Targets) -> Vec<Change> {
        let wanted: BTreeSet<&str> = self.accounts().map(|(_, it)| it.id.as_str()).collect();
        let mut found: BTreeMap<(Accounts, Vec<String>), Vec<String>> = BTreeMap::new();
        for (unit, regions) in targets {
            let (kept, gone): (BTreeSet<String>, BTreeSet<String>) = regions
                .iter()
                .cloned()
                .partition(|region| self.regions.contains(region));
            let keep = self.wanted_beneath(unit, &wanted);
            let mut accounts = observed.accounts_by(unit, &self.regions).into_iter();
            let leaves = accounts.any(|account| !wanted.contains(account));
            let mut delete = |accounts: Accounts, regions: BTreeSet<String>| {
                let regions: Vec<String> = regions.into_iter().collect();
                found
                    .entry((accounts, regions))
                    .or_default()
                    .push(unit.clone());
            };
            if !self.units.contains_key(unit) && keep.is_empty() {
                delete(Accounts::All, regions.clone());
                continue;
            }
            if !gone.is_empty() {
                delete(Accounts::All, gone);
            }
            if !self.units.contains_key(unit) && leaves {
                delete(Accounts::AllBut(keep), kept);
            }
        }
        found
            .into_iter()
            .map(|((accounts, regions), units)| observed.deletion(accounts, regions, units))
            .filter(|deletion| !self.is_in_vain(deletion, observed))
            .collect()
    }

    /// The wanted accounts below a unit that is no longer wanted; all of them where it is not known which.
    fn wanted_beneath(&self, unit: &str, wanted: &BTreeSet<&str>) -> BTreeSet<String> {
        let beneath = self.beneath.get(unit);
        let is_below = |account: &&&str| beneath.is_none_or(|below| below.contains(**account));
        let kept = wanted.iter().filter(is_below);
        kept.map(|account| (*account).to_owned()).collect()
    }

    fn stops(&self, observed: &Observed, management: &Management) -> Stops {
        let wanted: BTreeSet<&str> = self.accounts().map(|(_, it)| it.id.as_str()).collect();
        let mut stops = Stops::default();
        for (region, account, instance) in observed.instances.iter() {
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
        let wanted: BTreeSet<&str> = self.accounts().map(|(_, it)| it.id.as_str()).collect();
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

impl Observed {
    /// The accounts that have an instance by a unit in some regions.
    fn accounts_by(&self, unit: &str, regions: &BTreeSet<String>) -> BTreeSet<&str> {
        self.instances
            .iter()
            .filter(|(region, _, instance)| &*instance.unit == unit && regions.contains(*region))
            .map(|(_, account, _)| account)
            .collect()
    }

    /// The deletion of what these units, accounts and regions hold.
    pub(super) fn deletion(
        &self,
        accounts: Accounts,
        regions: Vec<String>,
        units: Vec<String>,
    ) -> Change {
        let mut change = Change {
            kind: ChangeKind::Delete,
            why: UNWANTED,
            instances: 0,
            units,
            accounts,
            regions,
            retain: false,
        };
        change.instances = self.named_by(&change).count();
        change
    }

    /// The instances that a change names, by region and account.
    pub(super) fn named_by(
        &self,
        change: &Change,
    ) -> impl Iterator<Item = (&str, &str, &Instance)> {
        let is_meant = |account: &str| match &change.accounts {
            Accounts::All | Accounts::AllAnd(_) => true,
            Accounts::Only(only) => only.contains(account),
            Accounts::AllBut(but) => !but.contains(account),
        };
        let all = self.instances.iter();
        all.filter(move |(region, account, instance)| {
            change.regions.iter().any(|it| it == region)
                && change.units.iter().any(|it| **it == *instance.unit)
                && is_meant(account)
        })
    }
}

#[cfg(test)]
#[path = "plan_tests.rs"]
mod tests;
