//! Stack instances that are no longer wanted and stay: AWS has left them out before, since their accounts are suspended or
//! closed, and does so again. To plan their removal would be to plan it for ever. Pure.

use super::change::{Change, ChangeKind};
use super::instances::Instance;
use super::wanted::Wanted;
use super::{Location, Observed};
use std::collections::{BTreeMap, BTreeSet};

impl Wanted {
    /// Whether nothing comes of a deletion: all that it names is left out, and it ends no automatic deployment.
    pub(super) fn is_in_vain(&self, deletion: &Change, observed: &Observed) -> bool {
        let ends_deployment = |unit: &String| {
            let regions = observed.auto_deployment.get(unit);
            regions.is_some_and(|all| deletion.regions.iter().any(|it| all.contains(it)))
        };
        let mut named = observed.named_by(deletion).peekable();
        named.peek().is_some()
            && named.all(|(_, account, instance)| self.is_left_out(account, instance))
            && !deletion.units.iter().any(ends_deployment)
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
        let words = |(account, count): (&str, usize)| {
            format!(
                "account {} is suspended or closed: {count} stack instances that are no longer wanted stay there, since StackSets cannot remove them; the first `rootwatch deploy spokes` after it can be used again does",
                directory.account(account)
            )
        };
        found.into_iter().map(words).collect()
    }
}
