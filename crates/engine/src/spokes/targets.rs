//! Units and regions to which automatic deployment deploys accounts that join: what there are, what is missing. Pure.

use super::Observed;
use super::change::{Accounts, Change, ChangeKind};
use super::instances::Instance;
use super::organization::Account;
use super::wanted::Wanted;
use std::collections::{BTreeMap, BTreeSet};

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

const NEW: &str = "not deployed to yet";
/// Why an instance that is up to date is created once more.
const RESTORED: &str =
    "automatic deployment has lost the unit: accounts that join it would not be watched";

impl Wanted {
    /// Units and regions that the StackSet is not deployed to at all.
    pub(super) fn new_targets(&self, targets: &Targets) -> Targets {
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
    pub(super) fn lost_targets(
        &self,
        observed: &Observed,
        targets: &Targets,
        changes: &[Change],
    ) -> Targets {
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
    pub(super) fn restored(&self, lost: &Targets, observed: &Observed) -> Vec<Change> {
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
    pub(super) fn reached<'a>(
        &'a self,
        targets: &'a Targets,
    ) -> BTreeMap<&'a str, Vec<&'a BTreeSet<String>>> {
        let mut reached: BTreeMap<&str, Vec<&BTreeSet<String>>> = BTreeMap::new();
        for (unit, account) in self.accounts() {
            if let Some(regions) = targets.get(unit) {
                reached.entry(&account.id).or_default().push(regions);
            }
        }
        reached
    }

    /// Creates whole units, so that automatic deployment covers accounts that join later.
    pub(super) fn whole_units(&self, new: &Targets, observed: &Observed) -> Vec<Change> {
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
}
