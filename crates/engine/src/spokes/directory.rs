//! Names of accounts and paths of organizational units, as far as they are known.

use super::organization::Account;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// What the organization calls its accounts and units.
#[derive(Clone, Debug, Default, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Directory {
    /// Paths of organizational units by their ids, `/` for the root.
    pub units: BTreeMap<String, String>,
    /// Names of accounts by their numbers.
    #[serde(skip)]
    accounts: BTreeMap<String, String>,
}

impl Directory {
    /// With these paths, and the names of these accounts.
    pub(crate) fn of<'a>(
        units: BTreeMap<String, String>,
        accounts: impl IntoIterator<Item = &'a Account>,
    ) -> Self {
        let accounts = accounts.into_iter();
        Self {
            units,
            accounts: accounts
                .map(|it| (it.id.clone(), it.name.clone()))
                .collect(),
        }
    }

    /// Leaves out the paths of all other units.
    pub(crate) fn keep_units(&mut self, named: &BTreeSet<String>) {
        self.units.retain(|id, _| named.contains(id));
    }

    /// A unit with its path, `/Workloads/Prod (ou-ab12-cdefgh34)`; without one where it is not known.
    #[must_use]
    pub fn unit(&self, id: &str) -> String {
        match self.units.get(id) {
            Some(path) => format!("{path} ({id})"),
            None => id.to_owned(),
        }
    }

    /// How a unit is given to a command: by its path where that is known.
    #[must_use]
    pub fn unit_argument(&self, id: &str) -> String {
        self.units.get(id).map_or(id, String::as_str).to_owned()
    }

    /// An account with its name, `444444444444 (payments)`; without one where it is not known.
    #[must_use]
    pub fn account(&self, id: &str) -> String {
        match self.accounts.get(id).filter(|name| !name.is_empty()) {
            Some(name) => format!("{id} ({name})"),
            None => id.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_known_is_shown_by_its_id() {
        let known = Account {
            id: "1".into(),
            name: "shop".into(),
            active: true,
            unit: "ou-1".into(),
        };
        let units = BTreeMap::from([("ou-1".to_owned(), "/Workloads/Prod".to_owned())]);
        let directory = Directory::of(units, [&known]);
        assert_eq!(directory.unit("ou-1"), "/Workloads/Prod (ou-1)");
        assert_eq!(directory.unit("ou-2"), "ou-2");
        assert_eq!(directory.unit_argument("ou-1"), "/Workloads/Prod");
        assert_eq!(directory.unit_argument("ou-2"), "ou-2");
        assert_eq!(directory.account("1"), "1 (shop)");
        assert_eq!(directory.account("2"), "2");
    }
}
