//! The regions and units that the settings want, as the StackSet's description keeps them. Pure.
//!
//! Where a StackSet has instances does not show what was meant: a region that is missing may have been left out on
//! purpose, enabled since, or emptied by somebody; an account that is kept while its unit goes keeps the unit's name.

use std::collections::BTreeSet;

/// Characters of a description (CloudFormation API Reference, CreateStackSet).
const MOST: usize = 1024;
const PURPOSE: &str = "rootwatch: forwards root activity of every account to the hub.";
const ALL: &str = "all that are enabled";

/// What is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Record {
    /// The regions that are named; none where all that are enabled are watched.
    pub(crate) regions: BTreeSet<String>,
    /// The units by id; `None` where there are too many to keep.
    pub(crate) units: Option<BTreeSet<String>>,
}

impl Record {
    /// As the StackSet's description.
    pub(crate) fn description(&self) -> String {
        let list = |all: &BTreeSet<String>| {
            let all: Vec<&str> = all.iter().map(String::as_str).collect();
            all.join(", ")
        };
        let regions = match self.regions.is_empty() {
            true => ALL.to_owned(),
            false => list(&self.regions),
        };
        let without_units = format!("{PURPOSE} Regions: {regions}.");
        let units = self.units.as_ref().filter(|units| !units.is_empty());
        let whole = units.map(|units| format!("{without_units} Units: {}.", list(units)));
        whole
            .filter(|text| text.len() <= MOST)
            .unwrap_or(without_units)
    }

    /// From a StackSet's description; `None` where that of an earlier version, or somebody's own, keeps nothing.
    pub(crate) fn of(description: &str) -> Option<Self> {
        let rest = description.strip_prefix(PURPOSE)?;
        let (regions, units) = match rest.strip_prefix(" Regions: ")?.split_once(". Units: ") {
            Some((regions, units)) => (regions, Some(units.strip_suffix('.')?)),
            None => (rest.strip_prefix(" Regions: ")?.strip_suffix('.')?, None),
        };
        let list = |text: &str| text.split(", ").map(str::to_owned).collect();
        Some(Self {
            regions: match regions {
                ALL => BTreeSet::new(),
                named => list(named),
            },
            units: units.map(list),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(all: &[&str]) -> BTreeSet<String> {
        all.iter().map(|it| (*it).to_owned()).collect()
    }

    #[test]
    fn what_is_kept_is_read_again() {
        for record in [
            Record {
                regions: BTreeSet::new(),
                units: None,
            },
            Record {
                regions: set(&["eu-west-1", "us-east-1"]),
                units: Some(set(&["ou-ab12-cdefgh34", "r-ab12"])),
            },
        ] {
            assert_eq!(Record::of(&record.description()), Some(record));
        }
    }

    #[test]
    fn too_many_units_are_left_out_and_other_texts_keep_nothing() {
        let many: BTreeSet<String> = (0..60).map(|n| format!("ou-ab12-cdefgh{n:02}")).collect();
        let record = Record {
            regions: BTreeSet::new(),
            units: Some(many),
        };
        let description = record.description();
        assert!(description.len() <= MOST);
        assert_eq!(Record::of(&description).unwrap().units, None);
        for text in [
            "",
            "rootwatch: forwards root activity of every account and region to the hub",
            "rootwatch: forwards root activity of every account to the hub. Mine.",
        ] {
            assert_eq!(Record::of(text), None, "{text}");
        }
    }
}
