//! The guardrail: what changes of it, and whom it binds as far as the model knows. Pure.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::model::Part;
use super::organization::Organization;
use super::settings::UNITS;

pub(super) const POLICY: &str = "rootwatch-guardrail";

/// What a `deploy guardrail` changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum GuardChange {
    Nothing,
    /// A unit that is not guarded is, or one that is guarded is no longer, unless it is the only one.
    Unit(usize),
}

impl GuardChange {
    /// Its name in a table.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Nothing => "nothing",
            Self::Unit(_) => "a unit",
        }
    }
}

/// Units, by their paths.
pub(super) type Units = BTreeSet<&'static str>;

/// The guardrail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Guard {
    pub(super) part: Part,
    /// What it is attached to; what it may be attached to, while nobody is sure.
    pub(super) units: Units,
}

impl Guard {
    pub(super) fn new(part: Part) -> Self {
        let units = Units::from(["/Workloads"]);
        Self { part, units }
    }

    /// The units after a change, and the flags that say so: the change alone where the rest is deployed.
    pub(super) fn changed(&self, change: GuardChange) -> (Units, Vec<String>) {
        let (is_there, mut new) = (self.part == Part::There, self.units.clone());
        let mut flags = Vec::new();
        if let GuardChange::Unit(at) = change {
            let unit = UNITS[at % UNITS.len()];
            if new.insert(unit) {
                flags = vec!["--ou", unit];
            } else if is_there && new.len() > 1 {
                new.remove(unit);
                flags = vec!["--remove-ou", unit];
            }
        }
        if !is_there {
            flags = new.iter().flat_map(|unit| ["--ou", *unit]).collect();
        }
        (new, flags.into_iter().map(str::to_owned).collect())
    }

    /// Takes note of how a deployment ended, and whether all is as it was before.
    pub(super) fn deployed(&mut self, units: Units, is_done: bool, same: bool) {
        if is_done {
            *self = Self {
                part: Part::There,
                units,
            };
        } else if !same {
            self.part = Part::Unsure;
            self.units.extend(units);
        }
    }

    /// The same of a removal.
    pub(super) fn removed(&mut self, is_done: bool, same: bool) {
        if is_done {
            *self = Self::new(Part::Gone);
        } else if !same {
            self.part = Part::Unsure;
        }
    }

    /// Whether it binds whoever administers an account; nothing where nobody is sure.
    pub(super) fn binds(&self, organization: &Organization, account: &str) -> Option<bool> {
        let is_below = organization.is_below(account, &self.units);
        match self.part {
            Part::There => Some(is_below),
            Part::Unsure if is_below => None,
            _ => Some(false),
        }
    }
}

/// The policy, among what there is in the management account.
pub(super) fn policy(management: &Value) -> Option<&Value> {
    let mut places = management.as_object()?.values();
    places.find_map(|place| place["policies"].get(POLICY))
}

#[cfg(test)]
mod tests {
    use super::super::organization::tests::sample;
    use super::*;

    #[test]
    fn a_unit_comes_and_goes_but_the_last_one_stays() {
        let mut guard = Guard::new(Part::Gone);
        let (one, flags) = guard.changed(GuardChange::Nothing);
        assert_eq!(flags, ["--ou", "/Workloads"]);
        guard.deployed(one, true, false);
        assert_eq!(
            guard.changed(GuardChange::Unit(1)),
            (guard.units.clone(), Vec::new())
        );
        let (two, flags) = guard.changed(GuardChange::Unit(3));
        assert_eq!(flags, ["--ou", "/Security"]);
        guard.deployed(two, true, false);
        let (_, flags) = guard.changed(GuardChange::Unit(1));
        assert_eq!(flags, ["--remove-ou", "/Workloads"]);
    }

    #[test]
    fn it_binds_what_is_below_its_units_once_somebody_is_sure() {
        let organization = sample();
        let mut guard = Guard::new(Part::Gone);
        assert_eq!(guard.binds(&organization, "3"), Some(false));
        guard.deployed(guard.units.clone(), false, true);
        assert_eq!(guard.part, Part::Gone);
        guard.deployed(guard.units.clone(), false, false);
        assert_eq!(guard.binds(&organization, "3"), None);
        assert_eq!(guard.binds(&organization, "2"), Some(false));
        guard.deployed(guard.units.clone(), true, false);
        assert_eq!(guard.binds(&organization, "3"), Some(true));
        assert_eq!(guard.binds(&organization, "1"), Some(false));
        guard.removed(true, false);
        assert_eq!(guard, Guard::new(Part::Gone));
    }
}
