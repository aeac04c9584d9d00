//! Stack instances that are no longer wanted and stay: AWS has left them out before, since their accounts are suspended or
//! closed, and does so again; or a deletion that keeps others of their unit does not reach their accounts, which are no
//! longer below it. To plan their removal would be to plan it for ever. Pure.

use super::change::{Accounts, Change, ChangeKind};
use super::instances::Instance;
use super::wanted::Wanted;
use super::{Location, Observed};
use std::collections::{BTreeMap, BTreeSet};

impl Wanted {
    /// Whether nothing comes of a deletion: all that it reaches is left out, and it ends no automatic deployment.
    pub(super) fn is_in_vain(&self, deletion: &Change, observed: &Observed) -> bool {
        let ends_deployment = |unit: &String| {
            let regions = observed.auto_deployment.get(unit);
            regions.is_some_and(|all| deletion.regions.iter().any(|it| all.contains(it)))
        };
        let mut reached = self.reached_by(deletion, observed).peekable();
        reached.peek().is_some()
            && reached.all(|(_, account, instance)| self.is_left_out(account, instance))
            && !deletion.units.iter().any(ends_deployment)
    }

    /// What a deletion names and reaches.
    pub(super) fn reached_by<'a>(
        &'a self,
        deletion: &'a Change,
        observed: &'a Observed,
    ) -> impl Iterator<Item = (&'a str, &'a str, &'a Instance)> {
        let keeps = matches!(deletion.accounts, Accounts::AllBut(_));
        let named = observed.named_by(deletion);
        named.filter(move |(_, account, it)| !keeps || !self.has_left(&it.unit, account))
    }

    /// Whether an account is known to be no longer below a unit that is no longer wanted.
    pub(super) fn has_left(&self, unit: &str, account: &str) -> bool {
        let below = self.beneath.get(unit);
        below.is_some_and(|below| !below.contains(account))
    }

    /// Units that are no longer wanted and hold accounts that are.
    fn units_with_kept(&self) -> BTreeSet<&str> {
        let wanted = self.ids();
        let holds_one = |below: &BTreeSet<String>| below.iter().any(|it| wanted.contains(&**it));
        let units = self.beneath.iter().filter(|(_, below)| holds_one(below));
        units.map(|(unit, _)| unit.as_str()).collect()
    }

    /// What is no longer wanted and no deletion reaches, as account and unit: it would name accounts, since others of the
    /// unit are kept, and those that it does not keep are only those below the unit (CloudFormation API Reference,
    /// DeploymentTargets, DIFFERENCE).
    pub(super) fn out_of_reach<'a>(
        &self,
        observed: &'a Observed,
    ) -> BTreeMap<(&'a str, &'a str), usize> {
        let (kept, wanted) = (self.units_with_kept(), self.ids());
        let mut found = BTreeMap::new();
        for (region, account, instance) in observed.instances.iter() {
            let unit = &*instance.unit;
            let is_unwanted = kept.contains(unit) && !wanted.contains(account);
            if is_unwanted && self.regions.contains(region) && self.has_left(unit, account) {
                *found.entry((account, unit)).or_default() += 1;
            }
        }
        found
    }

    /// An account that is active again is known to be below one of the units.
    fn is_left_out(&self, account: &str, instance: &Instance) -> bool {
        instance.is_skipped()
            && instance.has_stack
            && !self.active_beneath.contains(account)
            && self.active_accounts().all(|it| it != account)
    }

    /// What stays so, for each account; what these changes name is tried at least.
    pub(super) fn left_out(&self, observed: &Observed, changes: &[Change]) -> Vec<String> {
        let deletions = changes.iter().filter(|it| it.kind == ChangeKind::Delete);
        let tried: BTreeSet<(&str, &str)> = deletions
            .flat_map(|change| observed.named_by(change))
            .map(|(region, account, _)| (region, account))
            .collect();
        let mut found: BTreeMap<&str, usize> = BTreeMap::new();
        for (region, account, instance) in observed.instances.iter() {
            let is_meant = || self.is_wanted(&Location::of(account, region));
            let is_tried = tried.contains(&(region, account));
            if self.is_left_out(account, instance) && !is_tried && !is_meant() {
                *found.entry(account).or_default() += 1;
            }
        }
        let directory = self.directory(&[]);
        let suspended = found.into_iter().map(|(account, count)| {
            format!(
                "account {} is suspended or closed: {count} stack instances that are no longer wanted stay there, since StackSets cannot remove them; the first `rootwatch deploy spokes` after it can be used again does",
                directory.account(account)
            )
        });
        let left = self.out_of_reach(observed).into_iter();
        let left = left.map(|((account, unit), count)| {
            format!(
                "account {} is no longer below {}: {count} stack instances that are no longer wanted stay there, since no deletion reaches them that keeps others of the unit. They can stay until `rootwatch teardown spokes` removes all spokes",
                directory.account(account),
                directory.unit(unit)
            )
        });
        suspended.chain(left).collect()
    }
}
