//! Which accounts are watched once `deploy spokes` has ended. Pure.

use super::Location;
use super::deployed::SpokesDeployed;
use super::management::Management;
use super::operation::{Ended, Failure};
use std::collections::BTreeSet;

/// Which accounts are watched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Watched {
    /// How many are, in every region.
    pub watched: usize,
    /// How many there are: the active ones of the units, and the management account.
    pub accounts: usize,
    /// In how many regions.
    pub regions: usize,
    /// Those that are not, in every region.
    pub not_yet: Vec<String>,
    /// The management account, where these credentials are another account's: whether it is watched cannot be seen.
    pub unseen: Option<String>,
}

impl SpokesDeployed {
    /// Which accounts are watched now. That is unknown while an operation goes on without us, and where one failed
    /// without saying in which accounts.
    #[must_use]
    pub fn watched(&self) -> Option<Watched> {
        let is_dark = |it: &Ended| it.failures.is_empty() && !it.is_success();
        if self.detached.is_some() || self.operations.iter().any(is_dark) {
            return None;
        }
        let (wanted, plan) = (&self.planned.wanted, &self.planned.plan);
        let mut missed = self.failed_accounts();
        let mut accounts: BTreeSet<&str> = wanted.active_accounts().collect();
        let management = wanted.management_account.as_str();
        let unseen = match &plan.management {
            Management::Elsewhere { .. } => Some(plan.directory.account(management)),
            Management::Here(_) => None,
        };
        accounts.insert(management);
        if unseen.is_none() && !self.is_management_done() {
            missed.insert(management);
        }
        missed.retain(|it| accounts.contains(it));
        Some(Watched {
            watched: accounts.len() - missed.len() - usize::from(unseen.is_some()),
            accounts: accounts.len(),
            regions: wanted.regions.len(),
            not_yet: missed.iter().map(|it| plan.directory.account(it)).collect(),
            unseen,
        })
    }

    /// Accounts in which something failed where they have to be watched: what could not be removed to be made again
    /// counts too.
    fn failed_accounts(&self) -> BTreeSet<&str> {
        let failures = self.operations.iter().flat_map(|ended| &ended.failures);
        let is_missed = |it: &&Failure| {
            let location = Location::of(&it.account, &it.region);
            self.planned.wanted.is_wanted(&location)
        };
        let missed = failures.filter(is_missed);
        missed.map(|failure| failure.account.as_str()).collect()
    }
}
