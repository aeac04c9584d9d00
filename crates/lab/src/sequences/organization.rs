//! Who is in the organization, where, as the model knows it. Pure.

use std::collections::{BTreeMap, BTreeSet};

use super::settings::{SpokesSettings, UNITS};
use super::step::{Act, Move, Place};
use crate::organization;

/// Regions in which root users act.
const REGIONS: [&str; 3] = ["us-east-1", "eu-west-1", "eu-central-1"];

/// An account and a region.
pub(super) type Spot = (String, String);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Member {
    unit: String,
    suspended: bool,
}

/// The organization.
#[derive(Clone, Debug)]
pub(super) struct Organization {
    pub(super) hub: String,
    pub(super) management: String,
    /// All but the management account.
    members: BTreeMap<String, Member>,
    /// Those that are gone.
    pub(super) left: BTreeSet<String>,
}

/// What a move comes to, for an account and perhaps a unit's path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Moved {
    Come { unit: &'static str },
    Go { account: String, unit: &'static str },
    Leave { account: String },
    Suspend { account: String },
    Reinstate { account: String },
}

impl Organization {
    pub(super) fn new(found: &organization::Organization) -> Self {
        let path = |id: &str| {
            let unit = found.ous.iter().find(|ou| ou.id == id);
            unit.map_or_else(|| UNITS[0].to_owned(), |ou| ou.path.clone())
        };
        let members = found.accounts.iter().filter(|it| it.id != found.management);
        let members = members.map(|it| {
            let member = Member {
                unit: path(&it.ou),
                suspended: it.suspended,
            };
            (it.id.clone(), member)
        });
        Self {
            hub: found.hub.clone(),
            management: found.management.clone(),
            members: members.collect(),
            left: BTreeSet::new(),
        }
    }

    /// The accounts that can be used, the management account too.
    fn active(&self) -> Vec<&String> {
        let members = self.members.iter().filter(|(_, it)| !it.suspended);
        let members = members.map(|(id, _)| id);
        members.chain([&self.management]).collect()
    }

    pub(super) fn suspended(&self) -> impl Iterator<Item = &String> {
        let suspended = self.members.iter().filter(|(_, it)| it.suspended);
        suspended.map(|(id, _)| id)
    }

    /// The account and the region that a step names.
    pub(super) fn spot(&self, place: Place) -> Spot {
        let active = self.active();
        let account = active[place.account % active.len()].clone();
        (account, REGIONS[place.region % REGIONS.len()].to_owned())
    }

    /// Where a root user acts, and whether by signing in, which is recorded in the first of the regions.
    pub(super) fn of_act(&self, act: Act) -> (Spot, bool) {
        match act {
            Act::SignIn { account } => (self.spot(Place { account, region: 0 }), true),
            Act::Call(place) => (self.spot(place), false),
        }
    }

    /// Whether it is a member account in one of these units, or below one.
    pub(super) fn is_below(&self, account: &str, units: &BTreeSet<&str>) -> bool {
        let found = self.members.get(account);
        found.is_some_and(|it| is_below_any(&it.unit, units))
    }

    /// Where StackSets are to be with these settings.
    pub(super) fn watched(&self, settings: &SpokesSettings) -> BTreeSet<Spot> {
        let members = self.members.iter();
        let members =
            members.filter(|(_, it)| !it.suspended && is_below_any(&it.unit, &settings.units));
        let spots = members.flat_map(|(id, _)| {
            let regions = settings.regions();
            regions.map(move |region| (id.clone(), region.to_owned()))
        });
        spots.collect()
    }

    /// What a move is here; nothing where there is no account for it. The hub's account stays where it is.
    pub(super) fn moved(&self, what: Move) -> Option<Moved> {
        let mut free = self.active();
        free.retain(|it| **it != self.hub && **it != self.management);
        let pick = |at: usize| {
            let at = at.checked_rem(free.len())?;
            Some((*free.get(at)?).clone())
        };
        let unit = |at: usize| UNITS[at % UNITS.len()];
        Some(match what {
            Move::Come { unit: at } => Moved::Come { unit: unit(at) },
            Move::Go { account, unit: at } => Moved::Go {
                account: pick(account)?,
                unit: unit(at),
            },
            Move::Leave { account } => Moved::Leave {
                account: pick(account)?,
            },
            Move::Suspend { account } => Moved::Suspend {
                account: pick(account)?,
            },
            Move::Reinstate => Moved::Reinstate {
                account: self.suspended().next()?.clone(),
            },
        })
    }

    pub(super) fn come(&mut self, account: &str, unit: &str) {
        let member = Member {
            unit: unit.to_owned(),
            suspended: false,
        };
        self.members.insert(account.to_owned(), member);
    }

    /// Takes note of a move of an account that is known.
    pub(super) fn note(&mut self, moved: &Moved) {
        match moved {
            Moved::Come { .. } => {}
            Moved::Go { account, unit } => self.come(account, unit),
            Moved::Leave { account } => {
                self.members.remove(account);
                self.left.insert(account.clone());
            }
            Moved::Suspend { account } => self.suspend(account, true),
            Moved::Reinstate { account } => self.suspend(account, false),
        }
    }

    fn suspend(&mut self, account: &str, suspended: bool) {
        if let Some(member) = self.members.get_mut(account) {
            member.suspended = suspended;
        }
    }
}

fn is_below_any(unit: &str, units: &BTreeSet<&str>) -> bool {
    let is_below =
        |above: &str| above == UNITS[0] || unit == above || unit.starts_with(&format!("{above}/"));
    units.iter().any(|above| is_below(above))
}

impl Moved {
    /// Whose places are no longer known.
    pub(super) fn account(&self) -> Option<&str> {
        match self {
            Self::Come { .. } => None,
            Self::Go { account, .. }
            | Self::Leave { account }
            | Self::Suspend { account }
            | Self::Reinstate { account } => Some(account),
        }
    }

    /// Its name in a table.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Come { .. } => "an account comes",
            Self::Go { .. } => "an account moves",
            Self::Leave { .. } => "an account leaves",
            Self::Suspend { .. } => "an account is suspended",
            Self::Reinstate { .. } => "an account is reinstated",
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// The hub in /Security, an account in /Workloads/Prod, and one in /Workloads that is suspended.
    pub(crate) fn sample() -> Organization {
        let member = |id: &str, unit: &str, suspended| {
            let unit = unit.to_owned();
            (id.to_owned(), Member { unit, suspended })
        };
        Organization {
            hub: "2".to_owned(),
            management: "1".to_owned(),
            members: BTreeMap::from([
                member("2", "/Security", false),
                member("3", "/Workloads/Prod", false),
                member("6", "/Workloads", true),
            ]),
            left: BTreeSet::new(),
        }
    }

    fn accounts(organization: &Organization, units: &[&'static str]) -> Vec<String> {
        let settings = SpokesSettings {
            units: units.iter().copied().collect(),
            ..SpokesSettings::default()
        };
        let watched = organization.watched(&settings);
        let accounts: BTreeSet<String> = watched.into_iter().map(|it| it.0).collect();
        accounts.into_iter().collect()
    }

    #[test]
    fn a_unit_has_what_is_below_it_but_for_what_is_suspended() {
        let mut organization = sample();
        assert_eq!(accounts(&organization, &["/Workloads"]), ["3"]);
        assert_eq!(accounts(&organization, &["/"]), ["2", "3"]);
        assert_eq!(accounts(&organization, &["/Security"]), ["2"]);
        let reinstated = organization
            .moved(Move::Reinstate)
            .unwrap_or(Moved::Come { unit: "/" });
        organization.note(&reinstated);
        assert_eq!(accounts(&organization, &["/Workloads"]), ["3", "6"]);
        assert_eq!(organization.moved(Move::Reinstate), None);
    }

    #[test]
    fn neither_hub_nor_management_account_is_moved() {
        let mut organization = sample();
        for account in 0..4 {
            let moved = organization.moved(Move::Leave { account });
            let three = "3".to_owned();
            assert_eq!(moved, Some(Moved::Leave { account: three }));
        }
        organization.note(&Moved::Leave {
            account: "3".to_owned(),
        });
        assert_eq!(organization.moved(Move::Suspend { account: 0 }), None);
        assert_eq!(accounts(&organization, &["/"]), ["2"]);
    }
}
