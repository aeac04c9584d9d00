//! The hub: what it consists of, what of it is there, and what has to change.

pub(crate) mod alarm;
pub(crate) mod async_invoke;
pub(crate) mod chain;
pub(crate) mod desired;
#[cfg(test)]
mod drift_tests;
pub(crate) mod event_bus;
pub(crate) mod foreign;
pub(crate) mod function;
pub(crate) mod hanging;
pub(crate) mod log_group;
pub(crate) mod mapping;
pub(crate) mod mark;
pub(crate) mod metrics;
pub(crate) mod pattern;
mod permission;
mod policies;
pub(crate) mod queue;
pub(crate) mod resource;
pub(crate) mod role;
pub(crate) mod rule;
#[cfg(test)]
pub(crate) mod sample;
mod settle;
pub(crate) mod subscriptions;
pub(crate) mod topic;

use crate::apply::{self, Outcome};
use crate::aws::Aws;
use crate::interrupt;
use crate::names::DEPLOYMENT_TAG;
use crate::plan::{Action, Step};
use crate::progress::Progress;
use alarm::Alarm;
use anyhow::{Context, Result};
use desired::Node;
use futures_util::future::try_join_all;
use resource::HubResource;
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// The hub's resources as wanted, as found, and what is to be done about each.
pub(crate) struct HubPlan {
    pub(crate) nodes: Vec<Node>,
    pub(crate) observed: Vec<Option<HubResource>>,
    pub(crate) actions: Vec<Action>,
}

/// Reads all that is there, in one wave of parallel calls.
pub(crate) async fn observe(aws: &Aws, nodes: &[Node]) -> Result<Vec<Option<HubResource>>> {
    // What takes the most calls one after the other begins first.
    let mut order: Vec<&Node> = nodes.iter().filter(|node| !is_alarm(node)).collect();
    order.sort_by_key(|node| Reverse(node.resource.reads().len()));
    let each = try_join_all(order.iter().map(async |node| {
        let found = node.resource.find(aws).await;
        let found = found.with_context(|| reading(&node.resource.id(), aws))?;
        Ok((node.resource.id(), found))
    }));
    let (mut found, alarms) = tokio::try_join!(each, observe_alarms(aws, nodes))?;
    found.extend(alarms);
    let mut found: BTreeMap<String, Option<HubResource>> = found.into_iter().collect();
    let in_order = nodes.iter().map(|node| found.remove(&node.resource.id()));
    Ok(in_order.map(Option::flatten).collect())
}

fn is_alarm(node: &Node) -> bool {
    matches!(node.resource, HubResource::Alarm(_))
}

async fn observe_alarms(aws: &Aws, nodes: &[Node]) -> Result<Vec<(String, Option<HubResource>)>> {
    let wanted: Vec<&Alarm> = nodes
        .iter()
        .filter_map(|node| match &node.resource {
            HubResource::Alarm(alarm) => Some(alarm),
            _ => None,
        })
        .collect();
    if wanted.is_empty() {
        return Ok(Vec::new());
    }
    let found = Alarm::find_all(aws, &wanted).await;
    let found = found.with_context(|| reading("the alarms", aws))?;
    let ids = nodes.iter().filter(|node| is_alarm(node));
    let ids = ids.map(|node| node.resource.id());
    Ok(ids
        .zip(found)
        .map(|(id, it)| (id, it.map(HubResource::from)))
        .collect())
}

fn reading(what: &str, aws: &Aws) -> String {
    format!("reading {what} in {}", aws.place())
}

/// What makes the hub as wanted. Pure.
pub(crate) fn plan_deploy(nodes: Vec<Node>, observed: Vec<Option<HubResource>>) -> HubPlan {
    let actions = nodes
        .iter()
        .zip(&observed)
        .map(|(node, found)| node.resource.decide(found.as_ref()))
        .collect();
    HubPlan {
        nodes,
        observed,
        actions,
    }
}

/// What removes the hub: everything of ours that is there. Pure.
pub(crate) fn plan_teardown(nodes: Vec<Node>, observed: Vec<Option<HubResource>>) -> HubPlan {
    let mut plan = plan_deploy(nodes, observed);
    let foreign = plan.foreign();
    plan.actions = (0..plan.nodes.len())
        .map(|index| {
            let node = &plan.nodes[index];
            let id = node
                .belongs_to
                .clone()
                .unwrap_or_else(|| node.resource.id());
            if plan.observed[index].is_some() && !foreign.contains(&id) {
                Action::Delete
            } else {
                Action::Keep
            }
        })
        .collect();
    plan
}

impl HubPlan {
    /// Ids of the resources that have our names without our tag: somebody else's.
    pub(crate) fn foreign(&self) -> Vec<String> {
        let is_foreign = |(node, found): &(&Node, &Option<HubResource>)| {
            let ours = node
                .resource
                .tags()
                .and_then(|tags| tags.get(DEPLOYMENT_TAG));
            let theirs = found.as_ref().and_then(|found| found.tags());
            theirs.is_some_and(|tags| tags.get(DEPLOYMENT_TAG) != ours)
        };
        self.nodes
            .iter()
            .zip(&self.observed)
            .filter(is_foreign)
            .map(|(node, _)| node.resource.id())
            .collect()
    }

    /// Leaves the log group out of a removal; gives the ids of what stays by that.
    pub(crate) fn keep_logs(&mut self) -> Vec<String> {
        let mut kept = Vec::new();
        for (node, action) in self.nodes.iter().zip(&mut self.actions) {
            if matches!(node.resource, HubResource::LogGroup(_)) && *action == Action::Delete {
                *action = Action::Keep;
                kept.push(node.resource.id());
            }
        }
        kept
    }

    /// What is there.
    pub(crate) fn found(&self) -> impl Iterator<Item = &HubResource> {
        self.observed.iter().flatten()
    }

    /// The plan as data, for people and programs.
    pub(crate) fn steps(&self) -> Vec<Step> {
        self.nodes
            .iter()
            .zip(self.actions.iter().zip(&self.observed))
            .map(|(node, (action, found))| Step {
                resource: node.resource.id(),
                action: action.clone(),
                needs: node.needs.clone(),
                kept: match action {
                    Action::Delete => Vec::new(),
                    _ => node.resource.kept(found.as_ref()),
                },
                calls: node.resource.calls(action),
            })
            .collect()
    }

    /// Makes, changes and removes what the plan says; each resource after those that it needs.
    pub(crate) async fn apply(&self, aws: &Aws, progress: &Progress) -> Outcome {
        let needs = self.needs();
        let interrupted = async {
            interrupt::pressed().await;
            progress.say("Interrupted: finishing what is under way. Ctrl-C again ends at once.");
        };
        apply::in_order(&needs, interrupted, |index| {
            self.carry_out(index, aws, progress)
        })
        .await
    }

    async fn carry_out(&self, index: usize, aws: &Aws, progress: &Progress) -> Result<()> {
        let (node, action) = (&self.nodes[index], &self.actions[index]);
        let (doing, done) = match action {
            Action::Keep => return Ok(()),
            Action::Create { .. } => ("creating", "created"),
            Action::Update { .. } => ("changing", "changed"),
            Action::Delete => ("deleting", "deleted"),
        };
        let id = node.resource.id();
        let progress = progress.of(&id);
        let observed = self.observed[index].as_ref();
        match node.resource.apply(aws, &progress, observed, action).await {
            Ok(()) => {
                progress.done(done);
                Ok(())
            }
            Err(error) => {
                if interrupt::is_cause(&error) {
                    progress.done("not finished");
                } else {
                    progress.failed();
                }
                Err(error.context(format!("{doing} {id} in {}", aws.place())))
            }
        }
    }

    /// Indices of what each step waits for. Removal goes the other way round: last made, first removed.
    fn needs(&self) -> Vec<Vec<usize>> {
        let index_of = |id: &String| self.nodes.iter().position(|node| node.resource.id() == *id);
        let mut needs: Vec<Vec<usize>> = vec![Vec::new(); self.nodes.len()];
        let removal = self.actions.contains(&Action::Delete);
        for (index, node) in self.nodes.iter().enumerate() {
            for need in node.needs.iter().filter_map(index_of) {
                if removal {
                    needs[need].push(index);
                } else {
                    needs[index].push(need);
                }
            }
        }
        needs
    }
}

#[cfg(test)]
mod tests {
    use super::desired::{Wanted, hub};
    use super::*;
    use crate::aws::partition::Partition;
    use crate::names::Names;
    use std::collections::BTreeMap;

    fn nodes() -> Vec<Node> {
        hub(&Wanted {
            names: Names {
                deployment: "rootwatch".into(),
                account: "111122223333".into(),
                region: "us-gov-west-1".into(),
                partition: Partition::GovCloud,
                topic: None,
            },
            org_id: "o-abcdefghij".into(),
            kms_key: None,
            subscriptions: Vec::new(),
            notify: crate::config::Notify::default(),
            log_retention_days: 30,
            tags: BTreeMap::new(),
        })
    }

    fn all_there() -> Vec<Option<HubResource>> {
        nodes()
            .into_iter()
            .map(|node| Some(node.resource))
            .collect()
    }

    #[test]
    fn every_need_stands_before_what_needs_it() {
        let nodes = nodes();
        let mut seen = Vec::new();
        for node in &nodes {
            for need in &node.needs {
                assert!(seen.contains(need), "{} before {need}", node.resource.id());
            }
            seen.push(node.resource.id());
        }
    }

    #[test]
    fn nothing_changes_when_all_is_there() {
        let plan = plan_deploy(nodes(), all_there());
        assert!(plan.actions.iter().all(|action| *action == Action::Keep));
        assert!(plan.foreign().is_empty());
    }

    #[test]
    fn what_lacks_our_tag_is_foreign_and_stays_at_teardown() {
        let mut observed = all_there();
        if let Some(HubResource::Function(function)) = &mut observed[7] {
            function.tags.clear();
        }
        let plan = plan_teardown(nodes(), observed);
        assert_eq!(plan.foreign(), ["function rootwatch-notifier"]);
        let kept: Vec<String> = plan
            .steps()
            .into_iter()
            .filter(|step| step.action == Action::Keep)
            .map(|step| step.resource)
            .collect();
        // What hangs on the foreign function is not ours either.
        assert_eq!(
            kept,
            [
                "function rootwatch-notifier",
                "async-invoke rootwatch-notifier",
                "permission rootwatch-acts",
                "event-source-mapping rootwatch-reads",
            ]
        );
    }

    #[test]
    fn removal_waits_for_what_was_made_later() {
        let plan = plan_teardown(nodes(), all_there());
        let index = |id: &str| {
            plan.nodes
                .iter()
                .position(|node| node.resource.id() == id)
                .unwrap()
        };
        let needs = plan.needs();
        assert!(needs[index("event-bus rootwatch")].contains(&index("rule rootwatch-acts")));
        assert!(needs[index("rule rootwatch-acts")].is_empty());
    }

    #[test]
    fn every_arn_is_of_the_regions_partition() {
        let text = serde_json::to_string(&nodes().iter().map(|n| &n.resource).collect::<Vec<_>>())
            .unwrap();
        assert!(text.contains("arn:aws-us-gov:"));
        assert!(!text.contains("arn:aws:"));
    }
}
