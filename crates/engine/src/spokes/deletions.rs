//! What is deployed to and no longer wanted. Pure.

use super::Observed;
use super::change::{Accounts, Change, ChangeKind};
use super::instances::Instance;
use super::targets::Targets;
use super::wanted::Wanted;
use std::collections::{BTreeMap, BTreeSet};

const UNWANTED: &str = "no longer wanted";

impl Wanted {
    /// What is deployed to and no longer wanted.
    ///
    /// An account of a unit that is no longer wanted may still be wanted by a smaller unit inside; it keeps its
    /// instance, so that it is watched all the time. A deletion reaches every account below the unit, whichever unit an
    /// instance names (CloudFormation API Reference, DeploymentTargets), so what is kept is decided by the
    /// organization's structure.
    pub(super) fn deletions(&self, observed: &Observed, targets: &Targets) -> Vec<Change> {
        let wanted = self.ids();
        let mut found: BTreeMap<(Accounts, Vec<String>), Vec<String>> = BTreeMap::new();
        for (unit, regions) in targets {
            let (kept, gone): (BTreeSet<String>, BTreeSet<String>) = regions
                .iter()
                .cloned()
                .partition(|region| self.regions.contains(region));
            let keep = self.wanted_beneath(unit, &wanted);
            let mut accounts = observed.accounts_by(unit, &self.regions).into_iter();
            let leaves = accounts.any(|it| !wanted.contains(it) && !self.has_left(unit, it));
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
        let deletion = |((accounts, regions), units)| {
            let mut deletion = observed.deletion(accounts, regions, units);
            deletion.instances = self.reached_by(&deletion, observed).count();
            deletion
        };
        found
            .into_iter()
            .map(deletion)
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
