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
mod tests {
    use super::*;

    fn account(id: &str, active: bool) -> Account {
        Account {
            id: id.into(),
            name: format!("name-{id}"),
            active,
            unit: "ou-1".into(),
        }
    }

    fn instances(spots: &[(&str, &str, &str, &str)]) -> Instances {
        let mut all = Instances::default();
        for (account, region, status, detail) in spots {
            let instance = Instance {
                status: (*status).into(),
                detail: (*detail).into(),
                reason: (*status == "OUTDATED").then(|| "no permission".into()),
                unit: "ou-1".into(),
            };
            all.insert(Spot::of(account, region), instance);
        }
        all
    }

    const REGIONS: [&str; 2] = ["eu-west-1", "us-east-1"];

    /// The holes and what cannot be seen, in words, with the number of accounts and of those covered.
    fn told(
        accounts: &[Account],
        instances: &Instances,
        management: Option<&BTreeMap<String, Option<String>>>,
        off: &[Spot],
    ) -> (usize, usize, Vec<String>) {
        told_of(accounts, instances, management, &Unread::new(), off)
    }

    fn told_of(
        accounts: &[Account],
        instances: &Instances,
        management: Option<&BTreeMap<String, Option<String>>>,
        unread: &Unread,
        off: &[Spot],
    ) -> (usize, usize, Vec<String>) {
        let regions = REGIONS.map(str::to_owned).into();
        let coverage = coverage(&Known {
            accounts,
            regions: &regions,
            instances,
            management_account: "0",
            management,
            unread,
            off: &off.iter().cloned().collect(),
        });
        let holes = coverage.holes.iter().map(|hole| hole.words(2));
        let all = holes.chain(coverage.unseen.iter().cloned()).collect();
        (coverage.accounts, coverage.covered_accounts, all)
    }

    #[test]
    fn every_account_is_covered_suspended_or_a_hole_with_its_reason() {
        let accounts = ["0", "1", "2", "4", "5", "6"].map(|id| account(id, true));
        let accounts = [&accounts[..], &[account("3", false)]].concat();
        let found = instances(&[
            ("1", "us-east-1", "CURRENT", "SUCCEEDED"),
            ("1", "eu-west-1", "CURRENT", "SUCCEEDED"),
            ("2", "us-east-1", "CURRENT", "SUCCEEDED"),
            ("2", "eu-west-1", "OUTDATED", "FAILED"),
            ("6", "us-east-1", "INOPERABLE", "INOPERABLE"),
            ("6", "eu-west-1", "CURRENT", "RUNNING"),
        ]);
        let (all, covered, told) = told(&accounts, &found, None, &[]);
        assert_eq!((all, covered), (6, 1));
        let known = Known {
            accounts: &accounts,
            regions: &REGIONS.map(str::to_owned).into(),
            instances: &found,
            management_account: "0",
            management: None,
            unread: &Unread::new(),
            off: &BTreeSet::new(),
        };
        let every = coverage(&known).every_account;
        let standings = every
            .iter()
            .map(|it| (it.named.account.as_str(), it.standing));
        let expected = [
            ("0", Standing::Unseen),
            ("1", Standing::Covered),
            ("2", Standing::Hole),
            ("4", Standing::Hole),
            ("5", Standing::Hole),
            ("6", Standing::Hole),
            ("3", Standing::Suspended),
        ];
        assert!(standings.eq(expected), "{every:?}");
        let unseen = coverage(&known).unseen_spots;
        assert_eq!(unseen, REGIONS.map(|region| Spot::of("0", region)));
        insta::assert_snapshot!(told.join("\n"), @r"
        account 6 (name-6): us-east-1 INOPERABLE INOPERABLE: `rootwatch deploy spokes` removes the instance and makes it anew
        account 2 (name-2): eu-west-1 OUTDATED no permission: `rootwatch deploy spokes` tries again
        2 accounts, 4 (name-4), 5 (name-5): all 2 regions no stack instance: its unit was not given, or automatic deployment has not reached it yet; `rootwatch deploy spokes` with all your units and also --ou ou-1 makes it
        management account 0 (name-0): StackSets never reach it, and its own stacks cannot be seen from here: `rootwatch status` with its credentials shows them
        ");
    }

    #[test]
    fn the_management_account_is_covered_by_its_own_stacks() {
        let accounts = [account("0", true)];
        let none = Instances::default();
        let mut own: BTreeMap<String, Option<String>> =
            REGIONS.map(|region| (region.to_owned(), None)).into();
        assert_eq!(told(&accounts, &none, Some(&own), &[]), (1, 1, vec![]));
        own.insert("us-east-1".into(), Some("stack ROLLBACK_COMPLETE".into()));
        own.remove("eu-west-1");
        insta::assert_snapshot!(told(&accounts, &none, Some(&own), &[]).2.join("\n"), @r"
        account 0 (name-0): eu-west-1 no stack: `rootwatch deploy spokes` here, in the management account, mends it
        account 0 (name-0): us-east-1 stack ROLLBACK_COMPLETE: `rootwatch deploy spokes` here, in the management account, mends it
        ");
    }

    #[test]
    fn a_region_that_cannot_be_read_is_neither_covered_nor_a_hole() {
        let own = [("us-east-1".to_owned(), None)].into();
        let why = "cloudformation:DescribeStacks: AccessDenied: by an SCP".to_owned();
        let unread = [("eu-west-1".to_owned(), why.clone()), ("x".to_owned(), why)].into();
        let accounts = [account("0", true)];
        let (_, covered, told) =
            told_of(&accounts, &Instances::default(), Some(&own), &unread, &[]);
        assert_eq!(covered, 0);
        insta::assert_snapshot!(told.join("\n"), @"management account 0 (name-0): its own stacks in eu-west-1 cannot be read from here (cloudformation:DescribeStacks: AccessDenied: by an SCP): `rootwatch status` with credentials that may read them shows whether it is watched there");
    }

    #[test]
    fn a_region_that_is_turned_off_is_no_hole() {
        let found = instances(&[
            ("1", "us-east-1", "CURRENT", "SUCCEEDED"),
            ("1", "eu-west-1", "OUTDATED", "FAILED"),
        ]);
        let off = [Spot::of("1", "eu-west-1")];
        assert_eq!(
            told(&[account("1", true)], &found, None, &off),
            (1, 1, vec![])
        );
    }

    #[test]
    fn of_many_accounts_only_some_are_named() {
        let accounts: Vec<Account> = (10..30).map(|id| account(&id.to_string(), true)).collect();
        let (_, _, told) = told(&accounts, &Instances::default(), None, &[]);
        assert_eq!(told.len(), 1);
        assert!(
            told[0].starts_with("20 accounts, 10 (name-10), "),
            "{told:?}"
        );
        assert!(
            told[0].contains("19 (name-19) and 10 more: all 2 regions"),
            "{told:?}"
        );
    }
}
