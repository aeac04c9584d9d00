//! Every kind of finding, with a number that does not change: programs filter by it, people look it up. Pure.
//!
//! A number is given once. A kind that is no longer found keeps its number, so that an old `--ignore` never covers
//! something else.

macro_rules! kinds {
    ($($name:ident = $number:literal, $title:literal, $meaning:literal, $fix:literal;)*) => {
        $(
            #[doc = $title]
            pub const $name: FindingId = FindingId($number);
        )*
        /// The kinds of this group, by their numbers.
        pub(super) const KINDS: &[Kind] = &[$(Kind {
            id: $name,
            title: $title,
            meaning: $meaning,
            fix: $fix,
        },)*];
    };
}

pub mod canary;
pub mod coverage;
pub mod hub;
pub mod organization;
pub mod spokes;
pub mod status_hub;
pub mod steps;
pub mod subscribers;
pub mod trail;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::fmt;
use std::str::FromStr;

/// The number of a kind of finding, `RW101`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FindingId(u16);

/// A kind of finding, for the reference.
#[derive(Clone, Copy, Debug)]
pub struct Kind {
    /// Its number.
    pub id: FindingId,
    /// What was found, in a few words.
    pub title: &'static str,
    /// What it means for an alert, in a sentence or two.
    pub meaning: &'static str,
    /// What to do.
    pub fix: &'static str,
}

/// Every kind, by number.
pub fn all() -> impl Iterator<Item = &'static Kind> {
    let groups = [
        hub::KINDS,
        spokes::KINDS,
        coverage::KINDS,
        subscribers::KINDS,
        trail::KINDS,
        organization::KINDS,
        canary::KINDS,
        status_hub::KINDS,
        steps::KINDS,
    ];
    groups.into_iter().flatten()
}

/// A command that tells of findings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    /// `verify`, and `test` where it says why an event did not arrive.
    Verify,
    /// `status`.
    Status,
    /// `test`.
    Test,
    /// What writes: the steps of `deploy`, `adopt` and `teardown`.
    Deploy,
}

impl Command {
    /// Whether it can tell of a kind.
    #[must_use]
    pub fn tells(self, id: FindingId) -> bool {
        match id.0 / 100 {
            1 | 2 => self == Self::Verify,
            5 if trail::KINDS.iter().any(|kind| kind.id == id) => {
                matches!(self, Self::Verify | Self::Status)
            }
            6 => self == Self::Test,
            9 => self == Self::Deploy,
            _ => self == Self::Status,
        }
    }
}

impl FindingId {
    /// What is known of it.
    #[must_use]
    pub fn kind(self) -> Option<&'static Kind> {
        all().find(|kind| kind.id == self)
    }
}

impl fmt::Display for FindingId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RW{:03}", self.0)
    }
}

impl Serialize for FindingId {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for FindingId {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        text.parse().map_err(de::Error::custom)
    }
}

/// Why a text is not the number of a kind of finding.
#[derive(Debug, thiserror::Error)]
#[error(
    "\"{0}\" is not the id of a finding; they look like RW101, and `rootwatch verify --help` says where they are listed"
)]
pub struct UnknownId(String);

impl FromStr for FindingId {
    type Err = UnknownId;

    fn from_str(text: &str) -> Result<Self, UnknownId> {
        let number = text.strip_prefix("RW").and_then(|it| it.parse().ok());
        let known = number.and_then(|number| FindingId(number).kind());
        // `RW0101` is no second way to write it.
        let known = known.filter(|kind| kind.id.to_string() == text);
        let unknown = || UnknownId(text.to_owned());
        known.map(|kind| kind.id).ok_or_else(unknown)
    }
}

#[cfg(test)]
mod reference;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_has_a_number_of_its_own_and_they_are_in_order() {
        let ids: Vec<FindingId> = all().map(|kind| kind.id).collect();
        assert!(ids.is_sorted_by(|before, after| before < after), "{ids:?}");
        for kind in all() {
            let texts = [kind.title, kind.meaning, kind.fix];
            assert!(texts.iter().all(|it| !it.is_empty()), "{kind:?}");
        }
    }

    #[test]
    fn a_number_is_read_as_it_is_written() {
        for kind in all() {
            assert_eq!(kind.id.to_string().parse::<FindingId>().unwrap(), kind.id);
        }
        for wrong in ["", "101", "rw101", "RW0101", "RW999", "RW1O1"] {
            assert!(wrong.parse::<FindingId>().is_err(), "{wrong}");
        }
    }
}
