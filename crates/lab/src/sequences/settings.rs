//! The settings that change, as flags, and what of them the model knows to be deployed.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::sweep::command::{PERSON, SECOND};

pub(super) const RETENTION: &str = "--log-retention-days";
pub(super) const TAG: &str = "--tag";
pub(super) const REGIONS: &str = "--regions";
const SELF_CHECK: &str = "--self-check";
/// Without and with one.
const CHECKED: [&str; 2] = ["off", "weekly"];
/// The units of the lab's organization, the root among them.
pub(super) const UNITS: [&str; 4] = ["/", "/Workloads", "/Workloads/Prod", "/Security"];

/// A flag, and what it may have.
pub(super) type Setting = (&'static str, &'static [&'static str]);

pub(super) const OF_HUB: [Setting; 9] = [
    (RETENTION, &["30", "90", "365"]),
    (TAG, &["team=security", "team=cloud"]),
    ("--notify-read-only", &["digest", "each", "off"]),
    ("--notify-format", &["text", "chatbot"]),
    ("--notify-runbook", &["https://wiki.example.com/root"]),
    ("--notify-contact", &["#security"]),
    (
        "--account-name",
        &["333333333333=Shop, \"EU\"", "333333333333=Store"],
    ),
    ("--owner", &["444444444444=Payments"]),
    (
        "--route",
        &[
            "arn:aws:sns:eu-west-1:222222222222:siem-alerts=severity=high",
            "arn:aws:sns:eu-west-1:222222222222:siem-alerts=severity=critical format=ocsf",
        ],
    ),
];

pub(super) const OF_SPOKES: [Setting; 5] = [
    (
        REGIONS,
        &["us-east-1,eu-west-1", "us-east-1", "eu-central-1,us-east-1"],
    ),
    ("--heartbeat", &["6h", "2h", "off"]),
    (TAG, &["team=security", "team=cloud"]),
    ("--max-concurrent", &["1", "25%"]),
    ("--region-concurrency", &["sequential", "parallel"]),
];

/// A setting of a table, and a value of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Chosen {
    pub(crate) setting: usize,
    pub(crate) value: usize,
}

impl Chosen {
    /// The flag alone.
    fn name(self, table: &[Setting]) -> &'static str {
        self.of(table).map_or("nothing", |(flag, _)| flag)
    }

    /// The flag and its value.
    fn of(self, table: &[Setting]) -> Option<(&'static str, &'static str)> {
        let (flag, values) = *table.get(self.setting % table.len())?;
        Some((flag, values.get(self.value % values.len())?))
    }

    /// Sets it, and gives the flag that says so.
    fn set(
        self,
        table: &[Setting],
        flags: &mut BTreeMap<&'static str, &'static str>,
    ) -> Vec<String> {
        let chosen = self.of(table);
        flags.extend(chosen);
        let said = chosen.into_iter();
        said.flat_map(|(flag, value)| pair(flag, value)).collect()
    }
}

/// What a `deploy hub` changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum HubChange {
    Nothing,
    /// The second person comes, or goes.
    Person,
    /// The self-check comes, or goes. It is off at first, since it takes seconds.
    SelfCheck,
    Setting(Chosen),
}

/// What a `deploy spokes` changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum SpokesChange {
    Nothing,
    /// A unit that is not watched is, or one that is watched is no longer, unless it is the only one.
    Unit(usize),
    Setting(Chosen),
}

impl HubChange {
    /// Its name in a table.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Nothing => "nothing",
            Self::Person => "a person",
            Self::SelfCheck => SELF_CHECK,
            Self::Setting(chosen) => chosen.name(&OF_HUB),
        }
    }
}

impl SpokesChange {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Nothing => "nothing",
            Self::Unit(_) => "a unit",
            Self::Setting(chosen) => chosen.name(&OF_SPOKES),
        }
    }
}

/// The settings of the hub.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct HubSettings {
    pub(super) people: BTreeSet<&'static str>,
    pub(super) flags: BTreeMap<&'static str, &'static str>,
}

impl Default for HubSettings {
    fn default() -> Self {
        Self {
            people: BTreeSet::from([PERSON]),
            flags: BTreeMap::from([(SELF_CHECK, CHECKED[0])]),
        }
    }
}

impl HubSettings {
    /// What they are after a change, and the flags that say so: the change alone where the rest is deployed.
    pub(super) fn changed(&self, change: HubChange, is_deployed: bool) -> (Self, Vec<String>) {
        let mut new = self.clone();
        let mut flags = Vec::new();
        match change {
            HubChange::Nothing => {}
            HubChange::Person if is_deployed && new.people.remove(SECOND) => {
                flags.extend(pair("--remove-subscription", SECOND));
            }
            HubChange::Person => {
                new.people.insert(SECOND);
                flags.extend(pair("--email", SECOND));
            }
            HubChange::SelfCheck => {
                let value = CHECKED[usize::from(!self.has_self_check())];
                new.flags.insert(SELF_CHECK, value);
                flags.extend(pair(SELF_CHECK, value));
            }
            HubChange::Setting(chosen) => {
                flags = chosen.set(&OF_HUB, &mut new.flags);
            }
        }
        if !is_deployed {
            flags = new.all();
        }
        (new, flags)
    }

    pub(super) fn has_self_check(&self) -> bool {
        self.flags.get(SELF_CHECK) == Some(&CHECKED[1])
    }

    /// All of them, as flags.
    fn all(&self) -> Vec<String> {
        let people = self.people.iter().flat_map(|it| pair("--email", it));
        people.chain(given(&self.flags)).collect()
    }

    /// What there may be after a change that did not end: nobody has gone, and what is new may be there.
    pub(super) fn either(self, old: &Self) -> Self {
        Self {
            people: &self.people | &old.people,
            ..self
        }
    }
}

/// The settings of the spokes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct SpokesSettings {
    pub(super) units: BTreeSet<&'static str>,
    pub(super) flags: BTreeMap<&'static str, &'static str>,
}

impl Default for SpokesSettings {
    fn default() -> Self {
        let (flag, values) = OF_SPOKES[0];
        Self {
            units: BTreeSet::from(["/Workloads", "/Security"]),
            flags: BTreeMap::from([(flag, values[0])]),
        }
    }
}

impl SpokesSettings {
    /// As for the hub.
    pub(super) fn changed(&self, change: SpokesChange, is_deployed: bool) -> (Self, Vec<String>) {
        let mut new = self.clone();
        let mut flags = Vec::new();
        match change {
            SpokesChange::Nothing => {}
            SpokesChange::Unit(at) => {
                let unit = UNITS[at % UNITS.len()];
                if !new.units.contains(unit) {
                    new.units.insert(unit);
                    flags.extend(pair("--ou", unit));
                } else if is_deployed && new.units.len() > 1 {
                    new.units.remove(unit);
                    flags.extend(pair("--remove-ou", unit));
                }
            }
            SpokesChange::Setting(chosen) => {
                flags = chosen.set(&OF_SPOKES, &mut new.flags);
            }
        }
        if !is_deployed {
            let units = new.units.iter().flat_map(|it| pair("--ou", it));
            flags = units.chain(given(&new.flags)).collect();
        }
        (new, flags)
    }

    pub(super) fn either(self, old: &Self) -> Self {
        Self {
            units: &self.units | &old.units,
            ..self
        }
    }

    /// The regions that are watched.
    pub(super) fn regions(&self) -> impl Iterator<Item = &'static str> + use<> {
        let regions = self.flags.get(REGIONS).copied().unwrap_or_default();
        regions.split(',')
    }
}

fn pair(flag: &str, value: &str) -> [String; 2] {
    [flag.to_owned(), value.to_owned()]
}

fn given<'a>(flags: &'a BTreeMap<&'static str, &'static str>) -> impl Iterator<Item = String> + 'a {
    flags.iter().flat_map(|(flag, value)| pair(flag, value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_all_is_deployed_only_the_change_is_said() {
        let old = HubSettings::default();
        let (new, flags) = old.changed(HubChange::Person, true);
        assert_eq!(flags, ["--email", SECOND]);
        let (gone, flags) = new.changed(HubChange::Person, true);
        assert_eq!(flags, ["--remove-subscription", SECOND]);
        assert_eq!(gone, old);
        assert!(old.changed(HubChange::Nothing, true).1.is_empty());
        let all = old.changed(HubChange::Nothing, false).1;
        assert_eq!(all, ["--email", PERSON, "--self-check", "off"]);
        let (with, flags) = old.changed(HubChange::SelfCheck, true);
        assert_eq!(flags, ["--self-check", "weekly"]);
        assert!(with.has_self_check() && !old.has_self_check());
        assert_eq!(with.changed(HubChange::SelfCheck, true).0, old);
    }

    #[test]
    fn a_unit_comes_and_goes_but_the_last_one_stays() {
        let old = SpokesSettings::default();
        let (one, flags) = old.changed(SpokesChange::Unit(1), true);
        assert_eq!(flags, ["--remove-ou", "/Workloads"]);
        let (same, flags) = one.changed(SpokesChange::Unit(3), true);
        assert_eq!((same, flags), (one.clone(), Vec::new()));
        let (two, flags) = one.changed(SpokesChange::Unit(0), true);
        assert_eq!(flags, ["--ou", "/"]);
        assert_eq!(two.units, BTreeSet::from(["/", "/Security"]));
        assert_eq!(
            old.regions().collect::<Vec<_>>(),
            ["us-east-1", "eu-west-1"]
        );
    }

    #[test]
    fn a_change_that_did_not_end_takes_nothing_away() {
        let old = HubSettings::default();
        let with = old.changed(HubChange::Person, true).0;
        assert_eq!(old.clone().either(&with).people, with.people);
        assert_eq!(with.clone().either(&old).people, with.people);
    }
}
