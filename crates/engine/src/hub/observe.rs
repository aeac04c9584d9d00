//! Reads which parts of the hub exist. Writes nothing.

use super::alarm::Alarm;
use super::desired::Node;
use super::hub_resource::HubResource;
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
    let mut order: Vec<&Node> = nodes.iter().filter(|node| !is_alarm(node)).collect();
    order.sort_by_key(|node| Reverse(node.resource.reads().len()));
    let each = try_join_all(order.iter().map(async |node| {
        let id = node.resource.id();
        let found = node.resource.find(aws).await;
        let found = found.with_context(|| reading(&id, aws))?;
        Ok(found.map(|found| (id, found)))
    }));
    let (found, alarms) = tokio::try_join!(each, observe_alarms(aws, nodes))?;
    Ok(found.into_iter().flatten().chain(alarms).collect())
}

fn is_alarm(node: &Node) -> bool {
    matches!(node.resource, HubResource::Alarm(_))
}

/// All alarms by one call.
async fn observe_alarms(aws: &Aws, nodes: &[Node]) -> Result<Found> {
    let wanted = nodes.iter().filter_map(|node| match &node.resource {
        HubResource::Alarm(alarm) => Some(alarm),
        _ => None,
    });
    let wanted: Vec<&Alarm> = wanted.collect();
    if wanted.is_empty() {
        return Ok(Found::new());
    }
    let found = Alarm::find_all(aws, &wanted).await;
    let found = found.with_context(|| reading("the alarms", aws))?;
    let found = found.into_iter().flatten().map(HubResource::from);
    Ok(found.map(|alarm| (alarm.id(), alarm)).collect())
}

fn reading(what: &str, aws: &Aws) -> String {
    format!("reading {what} in {}", aws.place())
}
