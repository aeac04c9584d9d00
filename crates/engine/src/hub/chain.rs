//! The longest chain of calls each of which waits for the one before: as long as a run takes at best.

use super::plan::{HubPlan, Planned};
use crate::plan::Action;
use std::collections::BTreeMap;

/// What `deploy hub` would call for this plan, from GetCallerIdentity to reading back what was set.
///
/// A change counts as one call, whatever its fields.
pub(crate) fn longest(plan: &HubPlan) -> Vec<String> {
    // The bus says whether there is a hub, and so how all else is read best.
    let mut chain = vec![
        "sts:GetCallerIdentity".to_owned(),
        "events:DescribeEventBus".to_owned(),
    ];
    chain.extend(deepest(plan.resources.iter().map(reads)));
    chain.extend(writes(plan));
    if plan.counts().changes() > 0 {
        let read_back = plan.read_back();
        chain.extend(deepest(read_back.iter().map(|node| node.resource.reads())));
    }
    chain
}

/// The calls that found it, or found that it is not there.
fn reads(planned: &Planned) -> &'static [&'static str] {
    let chain = planned.wanted.resource.reads();
    match planned.found {
        Some(_) => chain,
        None => chain.get(..1).unwrap_or_default(),
    }
}

fn deepest(chains: impl Iterator<Item = &'static [&'static str]>) -> Vec<String> {
    let deepest = chains.max_by_key(|chain| chain.len()).unwrap_or_default();
    deepest.iter().map(|call| (*call).to_owned()).collect()
}

/// The longest way through the graph of what is to be written. A resource stands after all that it needs.
fn writes(plan: &HubPlan) -> Vec<String> {
    let mut chains: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for task in plan.tasks() {
        let before = task.after.iter().filter_map(|name| chains.get(name));
        let longest = before.max_by_key(|chain| chain.len()).cloned();
        let mut chain = longest.unwrap_or_default();
        chain.extend(calls(task.what));
        chains.insert(task.name, chain);
    }
    // Of several that are equally long, the one that ends last in the plan.
    let in_order = plan.resources.iter().map(Planned::id);
    let chains = in_order.filter_map(|id| chains.remove(&id));
    chains.max_by_key(Vec::len).unwrap_or_default()
}

fn calls(planned: &Planned) -> Vec<String> {
    match &planned.action {
        Action::Keep => Vec::new(),
        Action::Create { .. } => {
            let calls = planned.wanted.resource.calls(&planned.action).iter();
            calls.map(|call| (*call).to_owned()).collect()
        }
        Action::Update { .. } => vec![format!("changing {}", planned.id())],
        Action::Delete => vec![format!("deleting {}", planned.id())],
    }
}
