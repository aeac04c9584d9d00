//! Reads which parts of the hub exist. Writes nothing.

use super::alarm::Alarm;
use super::desired::Node;
use super::hub_resource::HubResource;
use super::mapping::Mapping;
use super::rule::Rule;
use crate::aws::Aws;
use anyhow::{Context, Result};
use futures_util::future::try_join_all;
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// What was found, by the id of the resource that was looked for.
pub(crate) type Found = BTreeMap<String, HubResource>;

/// Reads all that is there, in one wave of parallel calls.
pub(crate) async fn observe(aws: &Aws, nodes: &[Node]) -> Result<Found> {
    // The longest sequence of calls starts first.
    read(aws, nodes, false).await
}

/// The same where there is most likely nothing: what is not there is found out by one call for each resource.
pub(crate) async fn observe_doubtful(aws: &Aws, nodes: &[Node]) -> Result<Found> {
    read(aws, nodes, true).await
}

async fn read(aws: &Aws, nodes: &[Node], is_doubtful: bool) -> Result<Found> {
    let mut order: Vec<&Node> = nodes.iter().filter(|node| !is_listed(node)).collect();
    order.sort_by_key(|node| Reverse(node.resource.reads().len()));
    let each = try_join_all(order.iter().map(async |node| {
        let id = node.resource.id();
        let found = match is_doubtful {
            true => node.resource.find_doubtful(aws).await,
            false => node.resource.find(aws).await,
        };
        let found = found.with_context(|| reading(&id, aws))?;
        Ok(found.map(|found| (id, found)))
    }));
    let (found, listed) = tokio::try_join!(each, observe_listed(aws, nodes))?;
    Ok(found.into_iter().flatten().chain(listed).collect())
}

/// What one call lists all of.
fn is_listed(node: &Node) -> bool {
    matches!(
        node.resource,
        HubResource::Alarm(_) | HubResource::Mapping(_) | HubResource::Rule(_)
    )
}

async fn observe_listed(aws: &Aws, nodes: &[Node]) -> Result<Found> {
    let (mut alarms, mut mappings, mut rules) = (Vec::new(), Vec::new(), Vec::new());
    for node in nodes {
        match &node.resource {
            HubResource::Alarm(it) => alarms.push(it),
            HubResource::Mapping(it) => mappings.push(it),
            HubResource::Rule(it) => rules.push(it),
            _ => {}
        }
    }
    let alarms = async {
        let found = Alarm::find_all(aws, &alarms).await;
        found.with_context(|| reading("the alarms", aws))
    };
    let mappings = async {
        let found = Mapping::find_all(aws, &mappings).await;
        found.with_context(|| reading("the event source mappings", aws))
    };
    let rules = async {
        let found = Rule::find_all(aws, &rules).await;
        found.with_context(|| reading("the rules", aws))
    };
    let (alarms, mappings, rules) = tokio::try_join!(alarms, mappings, rules)?;
    let alarms = alarms.into_iter().flatten().map(HubResource::from);
    let mappings = mappings.into_iter().flatten().map(HubResource::from);
    let rules = rules.into_iter().flatten().map(HubResource::from);
    let all = alarms.chain(mappings).chain(rules);
    Ok(all.map(|found| (found.id(), found)).collect())
}

fn reading(what: &str, aws: &Aws) -> String {
    format!("reading {what} in {}", aws.place())
}
