//! Reads which parts of the hub exist. Writes nothing.

use super::alarm::Alarm;
use super::desired::Node;
use super::hub_resource::HubResource;
use super::mapping::Mapping;
use super::rule::Rule;
use crate::aws::Aws;
use anyhow::{Error, Result};
use futures_util::future::join_all;
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// What was found, by the id of the resource that was looked for.
pub(crate) type Found = BTreeMap<String, HubResource>;

/// What was found, and what could not be read.
#[derive(Default)]
pub(crate) struct Seen {
    pub(crate) found: Found,
    pub(crate) unread: Vec<Unreadable>,
}

/// Resources that one failed call keeps from being known.
#[derive(Debug)]
pub(crate) struct Unreadable {
    /// What was to be read, `queue rootwatch-acts` or `the alarms`.
    pub(crate) what: String,
    /// The ids of the resources that were looked for.
    pub(crate) ids: Vec<String>,
    /// Why it failed, with the account and region.
    pub(crate) error: Error,
}

impl Seen {
    /// Adds what another wave came to.
    pub(crate) fn extend(&mut self, other: Self) {
        self.found.extend(other.found);
        self.unread.extend(other.unread);
    }

    /// What was found, where all could be read.
    pub(crate) fn whole(self) -> Result<Found> {
        match self.unread.into_iter().next() {
            Some(it) => Err(it.error),
            None => Ok(self.found),
        }
    }
}

/// Reads all that is there, in one wave of parallel calls. Fails when something cannot be read.
pub(crate) async fn observe(aws: &Aws, nodes: &[Node]) -> Result<Found> {
    observe_each(aws, nodes).await.whole()
}

/// The same, each resource by itself: what cannot be read is named and keeps nothing else from being read.
pub(crate) async fn observe_each(aws: &Aws, nodes: &[Node]) -> Seen {
    read(aws, nodes, false).await
}

/// The same where there is most likely nothing: what is not there is found out by one call for each resource.
pub(crate) async fn observe_doubtful(aws: &Aws, nodes: &[Node]) -> Seen {
    read(aws, nodes, true).await
}

async fn read(aws: &Aws, nodes: &[Node], is_doubtful: bool) -> Seen {
    let mut order: Vec<&Node> = nodes.iter().filter(|node| !is_listed(node)).collect();
    // The longest sequence of calls starts first.
    order.sort_by_key(|node| Reverse(node.resource.reads().len()));
    let each = join_all(order.iter().map(async |node| {
        let id = node.resource.id();
        let found = match is_doubtful {
            true => node.resource.find_doubtful(aws).await,
            false => node.resource.find(aws).await,
        };
        (id, found)
    }));
    let (each, mut seen) = tokio::join!(each, observe_listed(aws, nodes));
    for (id, found) in each {
        match found {
            Ok(found) => seen.found.extend(found.map(|found| (id, found))),
            Err(error) => seen.unread.push(Unreadable {
                error: error.context(reading(&id, aws)),
                ids: vec![id.clone()],
                what: id,
            }),
        }
    }
    seen
}

/// What one call lists all of.
fn is_listed(node: &Node) -> bool {
    match &node.resource {
        HubResource::Alarm(_) | HubResource::Mapping(_) => true,
        // A default bus may have hundreds of rules of others.
        HubResource::Rule(rule) => !rule.is_on_default_bus(),
        _ => false,
    }
}

async fn observe_listed(aws: &Aws, nodes: &[Node]) -> Seen {
    let (mut alarms, mut mappings, mut rules) = (Vec::new(), Vec::new(), Vec::new());
    for node in nodes {
        match &node.resource {
            HubResource::Alarm(it) => alarms.push(it),
            HubResource::Mapping(it) => mappings.push(it),
            HubResource::Rule(it) if is_listed(node) => rules.push(it),
            _ => {}
        }
    }
    let (of_alarms, of_mappings, of_rules) = tokio::join!(
        Alarm::find_all(aws, &alarms),
        Mapping::find_all(aws, &mappings),
        Rule::find_all(aws, &rules),
    );
    let mut seen = Seen::default();
    seen.add(aws, "the alarms", &alarms, of_alarms);
    seen.add(aws, "the event source mappings", &mappings, of_mappings);
    seen.add(aws, "the rules", &rules, of_rules);
    seen
}

impl Seen {
    /// Adds what one list came to.
    fn add<R: Clone + Into<HubResource>>(
        &mut self,
        aws: &Aws,
        what: &str,
        wanted: &[&R],
        found: Result<Vec<Option<R>>>,
    ) {
        match found {
            Ok(found) => {
                let found = found.into_iter().flatten().map(Into::into);
                let found = found.map(|it: HubResource| (it.id(), it));
                self.found.extend(found);
            }
            Err(error) => {
                let ids = wanted.iter().map(|it| R::into((*it).clone()).id());
                self.unread.push(Unreadable {
                    what: what.to_owned(),
                    ids: ids.collect(),
                    error: error.context(reading(what, aws)),
                });
            }
        }
    }
}

fn reading(what: &str, aws: &Aws) -> String {
    format!("reading {what} in {}", aws.place())
}
