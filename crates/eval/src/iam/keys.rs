//! The condition keys of a request.

use std::collections::BTreeMap;

/// Condition keys with their values. A key that the request certainly lacks is in it without a value; one that is not in
/// it at all may have any.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Keys(BTreeMap<String, Vec<String>>);

/// Keys that have several values though a request may bring one (Service Authorization Reference, "ArrayOfString" and
/// "ArrayOfARN"; IAM User Guide, "Multivalued context keys").
const MULTIVALUED: &[&str] = &[
    "aws:calledvia",
    "aws:principalorgpaths",
    "aws:principalservicenameslist",
    "aws:resourceorgpaths",
    "aws:sourceorgpaths",
    "aws:tagkeys",
    "aws:vpceorgpaths",
    "events:detail-type",
    "events:source",
    "events:targetarn",
];

/// What a request has of a key.
pub(super) struct Values<'a> {
    /// None where the request lacks the key.
    pub(super) all: &'a [String],
    /// Whether IAM reads the key as a list.
    pub(super) is_list: bool,
}

impl Keys {
    /// None are known.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets a key to a value, or to none, which the request certainly lacks.
    pub fn insert(&mut self, key: &str, value: Option<String>) {
        self.insert_all(key, value.into_iter().collect());
    }

    /// Sets a key to several values.
    pub fn insert_all(&mut self, key: &str, values: Vec<String>) {
        self.0.insert(key.to_lowercase(), values);
    }

    /// What the request has of a key; `None` when that is not known.
    pub(super) fn values(&self, key: &str) -> Option<Values<'_>> {
        let key = key.to_lowercase();
        let all = self.0.get(&key)?;
        Some(Values {
            all,
            is_list: all.len() > 1 || MULTIVALUED.contains(&key.as_str()),
        })
    }
}

impl<'a> FromIterator<(&'a str, Option<String>)> for Keys {
    fn from_iter<T: IntoIterator<Item = (&'a str, Option<String>)>>(pairs: T) -> Self {
        let mut keys = Self::new();
        for (key, value) in pairs {
            keys.insert(key, value);
        }
        keys
    }
}

impl<const N: usize> From<[(&str, Option<String>); N]> for Keys {
    fn from(pairs: [(&str, Option<String>); N]) -> Self {
        pairs.into_iter().collect()
    }
}
