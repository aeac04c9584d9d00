//! Every account of the organization by every wanted region: watched, or a gap with its reason and what closes it.
//! Pure.

use super::Location;
use super::directory::Directory;
use super::hint::hint;
use super::instances::{Instance, Instances};
use super::management::{Unread, unread_words};
use super::organization::Account;
use crate::aws::error::AwsError;
use crate::findings::FindingId;
use crate::findings::coverage as kinds;
use crate::shell::quoted;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// Accounts that a sentence names; the JSON names all.
const NAMED: usize = 10;

/// What is known about the organization and its spokes.
pub(crate) struct Known<'a> {
    pub(crate) accounts: &'a [Account],
    /// The regions to watch.
    pub(crate) regions: &'a BTreeSet<String>,
    /// Where the StackSet has instances; `None` where that could not be read.
    pub(crate) instances: Option<&'a Instances>,
    /// The management account, which no StackSet reaches.
    pub(crate) management_account: &'a str,
    /// What is wrong with the management account's own stack in each region, or nothing where it is as it should be;
    /// `None` when these credentials are another account's.
    pub(crate) management: Option<&'a BTreeMap<String, Option<String>>>,
    /// Regions in which its own stacks cannot be read.
    pub(crate) unread: &'a Unread,
    /// Accounts' regions that are turned off, so that nothing can be deployed there.
    pub(crate) off: &'a BTreeSet<Location>,
    pub(crate) directory: &'a Directory,
}

/// An account with its name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Named {
    /// Number of the account.
    pub account: String,
    /// Its name, as Organizations has it.
    pub name: String,
}

/// Accounts that are not watched in some regions, for one reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Gap {
    /// The number of its kind.
    #[cfg_attr(test, schemars(with = "String"))]
    pub id: FindingId,
    /// The accounts.
    pub accounts: Vec<Named>,
    /// The regions.
    pub regions: Vec<String>,
    /// Why they are not covered.
    pub reason: String,
    /// What closes it.
    pub closes: String,
}

/// The state of an account as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub enum Standing {
    /// Watched in every region.
    Covered,
    /// Not watched in some region, for a reason that stands among the gaps.
    Gap,
    /// Suspended: nobody can sign in to it.
    Suspended,
    /// These credentials cannot see all of it.
    Unseen,
}

/// An account of the organization and its state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct AccountStanding {
    /// The account.
    #[serde(flatten)]
    pub named: Named,
    /// The unit or root that it is in.
    pub unit: String,
    /// The unit's path, `/` for the root.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unit_path: Option<String>,
    /// Whether it is covered.
    pub standing: Standing,
}

/// What is watched and what is not.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Coverage {
    /// The regions that are checked.
    pub regions: Vec<String>,
    /// Accounts that are active.
    pub accounts: usize,
    /// Those of them that are watched in every region.
    pub covered_accounts: usize,
    /// Every account of the organization.
    pub every_account: Vec<AccountStanding>,
    /// Those that are not active, with their names.
    pub suspended: Vec<String>,
    /// Accounts' regions that are turned off there.
    pub off: Vec<Location>,
    /// Accounts and regions that are not covered.
    pub gaps: Vec<Gap>,
    /// What these credentials cannot see, and what shows it.
    pub unseen: Vec<String>,
    /// Locations where they cannot see whether there is a spoke.
    pub unseen_locations: Vec<Location>,
}

/// Why an account is not watched in a region, and what closes that.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Reason {
    id: FindingId,
    words: String,
    closes: String,
}

/// Accounts by what is wrong with them and where.
type Gaps = BTreeMap<(Reason, Vec<String>), Vec<Named>>;

/// Compares every account with every region.
pub(crate) fn coverage(known: &Known<'_>) -> Coverage {
    let mut coverage = Coverage {
        regions: known.regions.iter().cloned().collect(),
        off: known.off.iter().cloned().collect(),
        ..Coverage::default()
    };
    let mut gaps = Gaps::new();
    for account in known.accounts {
        let standing = coverage.add(known, account, &mut gaps);
        coverage.accounts += usize::from(standing != Standing::Suspended);
        coverage.covered_accounts += usize::from(standing == Standing::Covered);
        coverage.every_account.push(AccountStanding {
            named: account.named(),
            unit: account.unit.clone(),
            unit_path: known.directory.units.get(&account.unit).cloned(),
            standing,
        });
    }
    coverage.gaps = gaps
        .into_iter()
        .map(|((reason, regions), accounts)| Gap {
            id: reason.id,
            accounts,
            regions,
            reason: reason.words,
            closes: reason.closes,
        })
        .collect();
    coverage
}

impl Coverage {
    /// Adds an account with its gaps, and returns its state.
    fn add(&mut self, known: &Known<'_>, account: &Account, gaps: &mut Gaps) -> Standing {
        if !account.active {
            self.suspended.push(account.named().words());
            return Standing::Suspended;
        }
        let is_management = account.id == known.management_account;
        if is_management && known.management.is_none() {
            self.unseen.push(unseen_management(account));
            let locations = known.regions.iter().map(|it| Location::of(&account.id, it));
            self.unseen_locations.extend(locations);
            return Standing::Unseen;
        }
        if !is_management && known.instances.is_none() {
            let locations = known.regions.iter().map(|it| Location::of(&account.id, it));
            self.unseen_locations.extend(locations);
            return Standing::Unseen;
        }
        let unread = known.unread_of(is_management);
        if !unread.is_empty() {
            self.unseen.push(unread_management(account, &unread));
            let locations = unread.keys().map(|it| Location::of(&account.id, it));
            self.unseen_locations.extend(locations);
        }
        let uncovered = known.uncovered(account, is_management);
        let standing = match (uncovered.is_empty(), unread.is_empty()) {
            (false, _) => Standing::Gap,
            (true, false) => Standing::Unseen,
            (true, true) => Standing::Covered,
        };
        for gap in uncovered {
            gaps.entry(gap).or_default().push(account.named());
        }
        standing
    }
}

fn unseen_management(account: &Account) -> String {
    format!(
        "management account {} ({}): StackSets never reach it, and its own stacks cannot be seen from here",
        account.id, account.name
    )
}

fn unread_management(account: &Account, unread: &Unread) -> String {
    format!(
        "management account {} ({}): {}",
        account.id,
        account.name,
        unread_words(unread)
    )
}

/// What shows whether the management account is watched where it could not be read.
pub(crate) const LOOK_OTHERWISE: &str =
    "`rootwatch status` with credentials that may read them shows whether it is watched there";

impl Known<'_> {
    /// The wanted regions of which nothing is known for an account.
    fn unread_of(&self, is_management: bool) -> Unread {
        let is_meant = |(region, _): &(&String, &AwsError)| self.regions.contains(*region);
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
        if self.off.contains(&Location::of(&account.id, region)) {
            return None;
        }
        match self.instances?.get(&account.id, region) {
            None => Some(Reason {
                id: kinds::NO_INSTANCE,
                words: "no stack instance".into(),
                closes: format!(
                    "its unit was not given, or automatic deployment has not reached it yet; `rootwatch deploy spokes --ou {}` creates it",
                    quoted(&self.directory.unit_argument(&account.unit))
                ),
            }),
            Some(instance) => not_current(instance, region),
        }
    }
}

/// What is wrong with the management account's own stack in a region, if anything is.
fn own_stack(standing: Option<Option<&str>>) -> Option<Reason> {
    let (id, words) = match standing {
        Some(None) => return None,
        Some(Some(trouble)) => (kinds::OWN_STACK_WRONG, trouble.to_owned()),
        None => (kinds::NO_OWN_STACK, "no stack".to_owned()),
    };
    Some(Reason {
        id,
        words,
        closes: "`rootwatch deploy spokes` fixes it".into(),
    })
}

fn not_current(instance: &Instance, region: &str) -> Option<Reason> {
    if instance.is_current() {
        return None;
    }
    let why = instance.reason.as_deref().unwrap_or(&instance.detail);
    let (id, closes) = match &*instance.detail {
        "PENDING" | "RUNNING" => (
            kinds::INSTANCE_UNDER_WAY,
            "`rootwatch deploy spokes` follows the operation that is under way, or tries again where none is".to_owned(),
        ),
        _ if instance.is_inoperable() => (
            kinds::INSTANCE_INOPERABLE,
            "`rootwatch deploy spokes` deletes the instance and creates it again".to_owned(),
        ),
        _ => (kinds::INSTANCE_FAILED, tries_again(why, region)),
    };
    Some(Reason {
        id,
        words: format!("{} {why}", instance.status),
        closes,
    })
}

/// What to do about a failure in this region. StackSets do not try again by themselves.
fn tries_again(why: &str, region: &str) -> String {
    const AGAIN: &str = "`rootwatch deploy spokes` tries again";
    match hint(why, region) {
        // There the same command is the one that deployed.
        Some(hint) => {
            let hint = hint.replace("run the same command again", "deploy the spokes again");
            format!("{hint}; {AGAIN}")
        }
        None => AGAIN.into(),
    }
}

impl Gap {
    /// Who is not watched where, and why. `all` is how many regions are wanted.
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
        format!("{who}: {regions} {}", self.reason)
    }

    /// Takes out the locations that something covers; returns what is left and what was taken, each as few gaps.
    pub(crate) fn split(self, covers: impl Fn(&str, &str) -> bool) -> (Vec<Self>, Vec<Self>) {
        let (mut left, mut taken) = (Groups::new(), Groups::new());
        for account in &self.accounts {
            let is_covered = |region: &&String| covers(&account.account, region);
            let (covered, open): (Vec<_>, Vec<_>) = self.regions.iter().partition(is_covered);
            for (regions, groups) in [(open, &mut left), (covered, &mut taken)] {
                if !regions.is_empty() {
                    let regions: Vec<String> = regions.into_iter().cloned().collect();
                    groups.entry(regions).or_default().push(account.clone());
                }
            }
        }
        let gaps = |groups: Groups| {
            let gaps = groups.into_iter().map(|(regions, accounts)| Self {
                accounts,
                regions,
                ..self.clone()
            });
            gaps.collect()
        };
        (gaps(left), gaps(taken))
    }
}

/// Accounts by the regions that they have in common.
type Groups = BTreeMap<Vec<String>, Vec<Named>>;

impl Named {
    fn words(&self) -> String {
        match self.name.as_str() {
            "" => self.account.clone(),
            name => format!("{} ({name})", self.account),
        }
    }
}

impl Account {
    /// Number and name.
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
