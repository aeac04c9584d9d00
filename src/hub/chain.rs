//! The longest chain of calls each of which waits for the one before: as long as a run takes at best.

use super::HubPlan;
use crate::plan::Action;

/// What `deploy hub` would call for this plan, from who we are to reading back what was set.
///
/// A change counts as one call, whatever its fields.
pub(crate) fn longest(plan: &HubPlan) -> Vec<String> {
    let mut chain = vec!["sts:GetCallerIdentity".to_owned()];
    chain.extend(deepest_read(plan));
    chain.extend(writes(plan));
    if plan.actions.iter().any(Action::is_change) {
        chain.extend(deepest(
            plan.read_back().iter().map(|node| node.resource.reads()),
        ));
    }
    chain
}

fn deepest_read(plan: &HubPlan) -> Vec<String> {
    deepest(plan.nodes.iter().zip(&plan.observed).map(|(node, found)| {
        let chain = node.resource.reads();
        if found.is_some() {
            chain
        } else {
            chain.get(..1).unwrap_or_default()
        }
    }))
}

fn deepest(chains: impl Iterator<Item = &'static [&'static str]>) -> Vec<String> {
    let deepest = chains.max_by_key(|chain| chain.len()).unwrap_or_default();
    deepest.iter().map(|call| (*call).to_owned()).collect()
}

/// The longest way through the graph of what is to be written.
fn writes(plan: &HubPlan) -> Vec<String> {
    let needs = plan.needs();
    let mut chains: Vec<Vec<String>> = Vec::new();
    for (index, node) in plan.nodes.iter().enumerate() {
        let before = needs[index].iter().filter_map(|need| chains.get(*need));
        let mut chain = before
            .max_by_key(|chain| chain.len())
            .cloned()
            .unwrap_or_default();
        match &plan.actions[index] {
            Action::Keep => {}
            Action::Create { .. } => {
                let calls = node.resource.calls(&plan.actions[index]);
                chain.extend(calls.iter().map(|call| (*call).to_owned()));
            }
            Action::Update { .. } => chain.push(format!("changing {}", node.resource.id())),
            Action::Delete => chain.push(format!("deleting {}", node.resource.id())),
        }
        chains.push(chain);
    }
    chains.into_iter().max_by_key(Vec::len).unwrap_or_default()
}
