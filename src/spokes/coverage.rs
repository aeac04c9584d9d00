//! Every account of the organization by every wanted region: watched, or a hole with its reason and what closes it. Pure.

use super::Spot;
use super::instances::{Instance, Instances};
use super::management::{Unread, unread_words};
use super::organization::Account;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// Accounts that a sentence names; the JSON names all.
const NAMED: usize = 10;

/// What is known about the organization and its spokes.
pub(crate) struct Known<'a> {
    pub(crate) accounts: &'a [Account],
    /// The regions that shall be watched.
    pub(crate) regions: &'a BTreeSet<String>,
    pub(crate) instances: &'a Instances,
    /// Never reached by a StackSet.
    pub(crate) management_account: &'a str,
    /// What is wrong with the management account's own stack in each region, or nothing where it is as it should be;
    /// none at all when these credentials are not its own.
    pub(crate) management: Option<&'a BTreeMap<String, Option<String>>>,
    /// Regions in which its own stacks cannot be read.
    pub(crate) unread: &'a Unread,
    /// Accounts' regions that are turned off, so that nobody can act there.
    pub(crate) off: &'a BTreeSet<Spot>,
}

/// An account, as people know it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub(crate) struct Named {
    pub(crate) account: String,
    pub(crate) name: String,
}

/// Accounts that are not watched in some regions, for one reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Hole {
    pub(crate) accounts: Vec<Named>,
    pub(crate) regions: Vec<String>,
    pub(crate) reason: String,
    /// What closes it.
    pub(crate) closes: String,
}

/// How an account stands as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Standing {
    /// Watched in every region.
    Covered,
    /// Not watched in some region, for a reason that stands among the holes.
    Hole,
    /// Suspended: nobody can sign in to it.
    Suspended,
    /// These credentials cannot see all of it.
    Unseen,
}

/// An account of the organization and how it stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct AccountStanding {
    #[serde(flatten)]
    pub(crate) named: Named,
    /// The unit or root that it is in.
    pub(crate) unit: String,
    pub(crate) standing: Standing,
}

/// What is watched and what is not.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub(crate) struct Coverage {
    pub(crate) regions: Vec<String>,
    /// Accounts that are active.
    pub(crate) accounts: usize,
    /// Those of them that are watched in every region.
    pub(crate) covered_accounts: usize,
    /// Every account of the organization.
    pub(crate) every_account: Vec<AccountStanding>,
    /// Those that are not active, with their names.
    pub(crate) suspended: Vec<String>,
    /// Accounts' regions that are turned off there.
    pub(crate) off: Vec<Spot>,
    pub(crate) holes: Vec<Hole>,
    /// What these credentials cannot see, and what shows it.
    pub(crate) unseen: Vec<String>,
    /// Where they cannot see whether there is a watch.
    pub(crate) unseen_spots: Vec<Spot>,
}

/// Why an account is not watched in a region, and what closes that.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Reason {
    words: String,
    closes: String,
}

/// Accounts by what is wrong with them and where.
type Holes = BTreeMap<(Reason, Vec<String>), Vec<Named>>;

/// Compares every account with every region.
pub(crate) fn coverage(known: &Known<'_>) -> Coverage {
    let mut coverage = Coverage {
        regions: known.regions.iter().cloned().collect(),
        off: known.off.iter().cloned().collect(),
        ..Coverage::default()
    };
    let mut holes = Holes::new();
    for account in known.accounts {
        let standing = coverage.add(known, account, &mut holes);
        coverage.accounts += usize::from(standing != Standing::Suspended);
        coverage.covered_accounts += usize::from(standing == Standing::Covered);
        coverage.every_account.push(AccountStanding {
            named: account.named(),
            unit: account.unit.clone(),
            standing,
        });
    }
    coverage.holes = holes
        .into_iter()
        .map(|((reason, regions), accounts)| Hole {
            accounts,
            regions,
            reason: reason.words,
            closes: reason.closes,
        })
        .collect();
    coverage
}

impl Coverage {
    /// Adds an account with its holes, and says how it stands.
    fn add(&mut self, known: &Known<'_>, account: &Account, holes: &mut Holes) -> Standing {
        if !account.active {
            self.suspended.push(account.named().words());
            return Standing::Suspended;
        }
        let is_management = account.id == known.management_account;
        if is_management && known.management.is_none() {
            self.unseen.push(unseen_management(account));
            let spots = known.regions.iter().map(|it| Spot::of(&account.id, it));
            self.unseen_spots.extend(spots);
            return Standing::Unseen;
        }
        let unread = known.unread_of(is_management);
        if !unread.is_empty() {
            self.unseen.push(unread_management(account, &unread));
            let spots = unread.keys().map(|it| Spot::of(&account.id, it));
            self.unseen_spots.extend(spots);
        }
        let uncovered = known.uncovered(account, is_management);
        let standing = match (uncovered.is_empty(), unread.is_empty()) {
            (false, _) => Standing::Hole,
            (true, false) => Standing::Unseen,
            (true, true) => Standing::Covered,
        };
        for hole in uncovered {
            holes.entry(hole).or_default().push(account.named());
        }
        standing
    }
}

fn unseen_management(account: &Account) -> String {
    format!(
        "management account {} ({}): StackSets never reach it, and its own stacks cannot be seen from here: `rootwatch status` with its credentials shows them",
        account.id, account.name
    )
}

fn unread_management(account: &Account, unread: &Unread) -> String {
    format!(
        "management account {} ({}): {}: `rootwatch status` with credentials that may read them shows whether it is watched there",
        account.id,
        account.name,
        unread_words(unread)
    )
}

impl Known<'_> {
    /// The wanted regions of which nothing is known for an account.
    fn unread_of(&self, is_management: bool) -> Unread {
        let is_meant = |(region, _): &(&String, &String)| self.regions.contains(*region);
        let unread = self.unread.iter().filter(|_| is_management);
        let unread = unread.filter(is_meant);
        unread
            .map(|(region, why)| (region.clone(), why.clone()))
            .collect()
    }

    /// The wanted regions in which an account is not watched, by the reason.
    fn uncovered(&self, account: &Account, is_management: bool) -> BTreeMap<Reason, Vec<String>> {
        let mut uncovered: BTreeMap<Reason, Vec<String>> = BTreeMap::new();
        for region in self.regions {
            if let Some(reason) = self.reason(account, region, is_management) {
                uncovered.entry(reason).or_default().push(region.clone());
            }
        }
        uncovered
    }

    fn reason(&self, account: &Account, region: &str, is_management: bool) -> Option<Reason> {
        if is_management && self.unread.contains_key(region) {
            return None;
        }
        if is_management {
            let standing = self.management?.get(region);
            return own_stack(standing.map(Option::as_deref));
        }
        if self.off.contains(&Spot::of(&account.id, region)) {
            return None;
        }
        match self.instances.get(&account.id, region) {
            None => Some(Reason {
                words: "no stack instance".into(),
                closes: format!(
                    "its unit was not given, or automatic deployment has not reached it yet; `rootwatch deploy spokes` with all your units and also --ou {} makes it",
                    account.unit
                ),
            }),
            Some(instance) => not_current(instance),
        }
    }
}

/// What is wrong with the management account's own stack in a region, if anything is.
fn own_stack(standing: Option<Option<&str>>) -> Option<Reason> {
    let words = match standing {
        Some(None) => return None,
        Some(Some(trouble)) => trouble.to_owned(),
        None => "no stack".to_owned(),
    };
    Some(Reason {
        words,
        closes: "`rootwatch deploy spokes` here, in the management account, mends it".into(),
    })
}

fn not_current(instance: &Instance) -> Option<Reason> {
    if instance.is_current() {
        return None;
    }
    let why = instance.reason.as_deref().unwrap_or(&instance.detail);
    let closes = match &*instance.detail {
        "PENDING" | "RUNNING" => "an operation is under way: `rootwatch deploy spokes` follows it",
        _ if instance.is_inoperable() => {
            "`rootwatch deploy spokes` removes the instance and makes it anew"
        }
        _ => "`rootwatch deploy spokes` tries again",
    };
    Some(Reason {
        words: format!("{} {why}", instance.status),
        closes: closes.into(),
    })
}

impl Hole {
    /// All that in a sentence. `all` is how many regions are wanted.
    pub(crate) fn words(&self, all: usize) -> String {
        let accounts: Vec<String> = self.accounts.iter().take(NAMED).map(Named::words).collect();
        let more = self.accounts.len().saturating_sub(NAMED);
        let who = match (self.accounts.len(), more) {
            (1, _) => format!("account {}", accounts[0]),
            (many, 0) => format!("{many} accounts, {}", accounts.join(", ")),
            (many, more) => format!("{many} accounts, {} and {more} more", accounts.join(", ")),
        };
        let regions = match self.regions.len() {
            many if many == all && all > 1 => format!("all {all} regions"),
            _ => self.regions.join(", "),
        };
        format!("{who}: {regions} {}: {}", self.reason, self.closes)
    }
}

impl Named {
    fn words(&self) -> String {
        format!("{} ({})", self.account, self.name)
    }
}

impl Account {
    /// As people know it.
    pub(crate) fn named(&self) -> Named {
        Named {
            account: self.id.clone(),
            name: self.name.clone(),
        }
    }
}

#[cfg(test)]
#[path = "coverage_tests.rs"]
mod tests;
