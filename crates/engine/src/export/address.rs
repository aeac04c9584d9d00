//! What resources of the hub are called in the files, so that one can name another. Pure.

use super::part::Part;
use crate::names::Names;
use std::collections::{BTreeMap, BTreeSet};

/// What a resource is called.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Address {
    /// Within which a label is there once: Terraform's types have labels of their own, CloudFormation has one list.
    pub(super) space: &'static str,
    pub(super) label: String,
}

/// The addresses of the hub's resources, by what [`key`] says.
pub(super) struct Addresses(BTreeMap<String, Address>);

impl Addresses {
    /// Of all of these, as a form would call each; a second one of a name gets a number.
    pub(super) fn of(
        names: &Names,
        parts: &[Part<'_>],
        separator: &str,
        wanted: impl Fn(&Part<'_>) -> Option<Address>,
    ) -> Self {
        let mut taken = BTreeSet::new();
        let mut all = BTreeMap::new();
        for part in parts {
            let Some(wanted) = wanted(part) else {
                continue;
            };
            let numbered = (2..).map(|number| Address {
                space: wanted.space,
                label: format!("{}{separator}{number}", wanted.label),
            });
            let mut all_names = std::iter::once(wanted.clone()).chain(numbered);
            let free = all_names.find(|it| !taken.contains(it));
            let address = free.unwrap_or(wanted);
            taken.insert(address.clone());
            all.insert(key(names, part), address);
        }
        Self(all)
    }

    /// The address of the resource with this key, if the files have it.
    pub(super) fn get(&self, key: &str) -> Option<&Address> {
        self.0.get(key)
    }

    /// The label of a resource.
    pub(super) fn label(&self, names: &Names, part: &Part<'_>) -> String {
        let found = self.get(&key(names, part));
        found.map(|it| it.label.clone()).unwrap_or_default()
    }
}

/// What stands for a role: its ARN depends on a path that nobody else needs.
pub(super) fn role_key(name: &str) -> String {
    format!("role {name}")
}

/// The ARN, as far as others name the resource by it.
fn key(names: &Names, part: &Part<'_>) -> String {
    match part {
        Part::Alarm(it) => it.arn.clone(),
        Part::EventBus(it) => it.arn.clone(),
        Part::Function(it) => it.arn.clone(),
        Part::LogGroup(it) => it.arn.clone(),
        Part::Mapping(it) => format!("mapping {}", it.name),
        Part::Permission(it) => format!("permission {}", it.name),
        Part::Queue(it) => names.queue_arn(&it.name),
        Part::Role(it) => role_key(&it.name),
        Part::Rule(it) => it.arn.to_owned(),
        Part::Subscriptions(it) => format!("subscriptions {}", it.name),
        Part::Topic(it) => it.arn.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hub::topic::Topic;

    #[test]
    fn two_that_would_have_one_name_have_two() {
        let names = Names::sample();
        let topics = ["a", "b", "c"].map(|name| Topic {
            name: name.into(),
            arn: names.topic_arn(name),
            ..Topic::default()
        });
        let parts: Vec<Part<'_>> = topics.iter().map(Part::Topic).collect();
        let same = |_: &Part<'_>| {
            Some(Address {
                space: "topic",
                label: "it".into(),
            })
        };
        let addresses = Addresses::of(&names, &parts, "_", same);
        let labels: Vec<String> = parts.iter().map(|it| addresses.label(&names, it)).collect();
        assert_eq!(labels, ["it", "it_2", "it_3"]);
        let found = addresses.get(&names.topic_arn("b")).unwrap();
        assert_eq!(found.label, "it_2");
        assert_eq!(addresses.get(&names.topic_arn("other")), None);
    }
}
