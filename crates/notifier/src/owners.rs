//! Who owns an account: as the settings say of it, else of the nearest unit that it is in.

use std::collections::BTreeMap;

use crate::units::{Units, is_unit};

/// The owners of the settings.
#[derive(Debug)]
pub(crate) struct Owners {
    by_id: BTreeMap<String, String>,
    has_units: bool,
}

impl Owners {
    pub(crate) fn new(by_id: BTreeMap<String, String>) -> Self {
        Self {
            has_units: by_id.keys().any(|id| is_unit(id)),
            by_id,
        }
    }

    /// The account's owner; its units are looked up only where the settings name one, and nothing nearer.
    pub(crate) async fn of(&self, account: &str, units: &Units, may_look_up: bool) -> Option<&str> {
        if let Some(owner) = self.by_id.get(account) {
            return Some(owner);
        }
        if !self.has_units {
            return None;
        }
        let units = units.of(account, may_look_up).await?;
        let mut owners = units.iter().filter_map(|unit| self.by_id.get(unit));
        owners.next().map(String::as_str)
    }
}
