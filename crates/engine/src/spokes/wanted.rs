//! What the spokes are made from: the accounts and regions that are to be watched. Pure.

use super::change::{Accounts, Change, ChangeKind, rectangles};
use super::directory::Directory;
use super::organization::{Account, Paths, Subtree};
use super::stack_set::StackSet;
use super::targets::Targets;
use super::{Location, Observed};
use crate::heartbeat::Heartbeat;
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

impl Wanted {
    pub(super) fn heartbeat(&self) -> Heartbeat {
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

    /// The ids of the accounts that are wanted.
    pub(super) fn ids(&self) -> BTreeSet<&str> {
        self.accounts().map(|(_, it)| it.id.as_str()).collect()
    }

    /// The accounts with the unit by which they are wanted.
    pub(super) fn accounts(&self) -> impl Iterator<Item = (&String, &Account)> {
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

    pub(super) fn suspended(&self) -> Vec<Account> {
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
    pub(super) fn missing(
        &self,
        unit: &str,
        regions: &BTreeSet<String>,
        observed: &Observed,
    ) -> usize {
        let accounts = self.accounts();
        let accounts = accounts.filter(|(of, account)| *of == unit && account.active);
        let locations = accounts.flat_map(|(_, account)| {
            let location = |region: &String| Location::of(&account.id, region);
            regions.iter().map(location)
        });
        let is_missing = |it: &Location| observed.instances.at(it).is_none();
        locations.filter(is_missing).count()
    }

    pub(super) fn active(&self, unit: &str) -> usize {
        let accounts = self.accounts();
        let is_meant = |(of, account): &(&String, &Account)| *of == unit && account.active;
        accounts.filter(is_meant).count()
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
}
