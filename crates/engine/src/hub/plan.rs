//! What has to change to deploy or to remove the hub: one list. Pure.

use super::desired::Node;
use super::hub_resource::HubResource;
use super::observe::Found;
use super::people::FormerTopic;
use super::policies;
use super::role::Role;
use crate::apply::Task;
use crate::names::{DEPLOYMENT_TAG, Names};
use crate::plan::{Action, Counts, Step};

/// One resource: the desired state, the observed one, and what to do about it.
#[derive(Clone, Debug)]
pub(crate) struct Planned {
    pub(crate) wanted: Node,
    pub(crate) found: Option<HubResource>,
    pub(crate) action: Action,
}

/// Which way the hub's dependencies are walked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Direction {
    /// Each resource after those that it needs.
    Deploy,
    /// Each resource before those that it needs: last made, first removed.
    Remove,
}

/// What is to be done about each resource of the hub.
#[derive(Clone, Debug)]
pub struct HubPlan {
    pub(crate) resources: Vec<Planned>,
    pub(crate) direction: Direction,
    /// The topic that alerts no longer go to.
    pub(crate) former_topic: Option<FormerTopic>,
}

/// What brings the hub to the configured state. Pure.
pub(crate) fn plan_deploy(nodes: Vec<Node>, mut found: Found) -> HubPlan {
    let planned = |wanted: Node| {
        let found = found.remove(&wanted.resource.id());
        let action = wanted.resource.decide(found.as_ref());
        Planned {
            wanted,
            found,
            action,
        }
    };
    let resources: Vec<Planned> = nodes.into_iter().map(planned).collect();
    let resources = without_what_is_gone(resources);
    HubPlan {
        resources,
        direction: Direction::Deploy,
        former_topic: None,
    }
}

/// Without what earlier versions made, and what is off, where it is gone already or somebody else's.
fn without_what_is_gone(mut resources: Vec<Planned>) -> Vec<Planned> {
    let foreign: Vec<String> = resources
        .iter()
        .filter(|it| it.is_foreign())
        .map(Planned::id)
        .collect();
    let is_ours = |it: &Planned| it.found.is_some() && !foreign.contains(&it.owner());
    resources.retain(|it| !it.wanted.resource.is_off() || is_ours(it));
    resources
}

fn is_former(planned: &Planned) -> bool {
    matches!(planned.wanted.resource, HubResource::DirectWay(_))
}

/// What removes the hub: everything that carries the deployment's tag. Pure.
pub(crate) fn plan_teardown(nodes: Vec<Node>, found: Found) -> HubPlan {
    let mut plan = plan_deploy(nodes, found);
    let foreign = plan.foreign();
    for planned in &mut plan.resources {
        let is_ours = !foreign.contains(&planned.owner());
        planned.action = match planned.found.is_some() && is_ours {
            true => Action::Delete,
            false => Action::Keep,
        };
    }
    plan.direction = Direction::Remove;
    plan
}

impl Planned {
    /// Kind and name, `topic rootwatch-alerts`.
    pub(crate) fn id(&self) -> String {
        self.wanted.resource.id()
    }

    /// Id of the resource whose tag says who owns this.
    fn owner(&self) -> String {
        let owner = self.wanted.belongs_to.clone();
        owner.unwrap_or_else(|| self.id())
    }

    /// Whether it has our name without our tag: somebody else's.
    fn is_foreign(&self) -> bool {
        let mark = |it: &HubResource| it.tags().map(|tags| tags.get(DEPLOYMENT_TAG).cloned());
        let theirs = self.found.as_ref().and_then(mark);
        theirs.is_some_and(|theirs| Some(theirs) != mark(&self.wanted.resource))
    }

    /// Whether it is there or is to be: nothing is wanted of what is kept and not there, such as subscriptions of nobody.
    fn is_something(&self) -> bool {
        self.action != Action::Keep || self.found.is_some()
    }

    /// As data, for people and programs.
    fn step(&self) -> Step {
        let resource = &self.wanted.resource;
        Step {
            resource: self.id(),
            action: self.action.clone(),
            needs: self.wanted.needs.clone(),
            kept: match self.action {
                Action::Delete => Vec::new(),
                _ => resource.kept(self.found.as_ref()),
            },
            note: match self.action {
                Action::Delete => None,
                _ => resource.note(self.found.as_ref()),
            },
            calls: resource.calls(&self.action),
        }
    }
}

impl HubPlan {
    /// Lets the role do what the way of earlier versions needs until that is removed.
    pub(crate) fn keep_what_failed(&mut self, names: &Names) {
        if !self.resources.iter().any(is_former) {
            return;
        }
        for planned in &mut self.resources {
            if let HubResource::Role(role) = &mut planned.wanted.resource {
                let (sid, statement) = policies::keep_what_failed(names);
                role.policy_for_now = Some(role.inline_policy.clone().with(sid, statement));
            }
        }
    }

    /// Removes too a role of this deployment that a function has under another name: once it has the new one, or once it
    /// is gone.
    pub(crate) fn remove_former(&mut self, former: Role) {
        let mut node = Node::free(former.clone());
        let id = node.resource.id();
        let functions = self.resources.iter_mut();
        let is_function = |it: &&mut Planned| {
            matches!(
                it.wanted.resource,
                HubResource::Function(_) | HubResource::SelfCheckFunction(_)
            )
        };
        for planned in functions.filter(is_function) {
            match self.direction {
                Direction::Deploy => node.needs.push(planned.id()),
                Direction::Remove => planned.wanted.needs.push(id.clone()),
            }
        }
        if self.direction == Direction::Deploy {
            self.allow_after(&node.needs);
        }
        self.resources.push(Planned {
            wanted: node,
            found: Some(former.into()),
            action: Action::Delete,
        });
    }

    /// Has the topic's policy, which allows one role alone, follow the function: while that cannot get the new role,
    /// the former one goes on publishing.
    fn allow_after(&mut self, functions: &[String]) {
        let changes_policy = |it: &&mut Planned| {
            matches!(it.wanted.resource, HubResource::Topic(_))
                && it.action.changed().contains("policy")
        };
        for planned in self.resources.iter_mut().filter(changes_policy) {
            planned.wanted.needs.extend(functions.iter().cloned());
        }
    }

    /// Ids of the resources that have our names without our tag: somebody else's.
    pub(crate) fn foreign(&self) -> Vec<String> {
        let foreign = self.resources.iter().filter(|it| it.is_foreign());
        foreign.map(Planned::id).collect()
    }

    /// Leaves the log group out of a removal; returns the ids of what is kept.
    pub(crate) fn keep_logs(&mut self) -> Vec<String> {
        let mut kept = Vec::new();
        for planned in &mut self.resources {
            let is_log_group = matches!(
                planned.wanted.resource,
                HubResource::LogGroup(_) | HubResource::SelfCheckLog(_)
            );
            if is_log_group && planned.action == Action::Delete {
                planned.action = Action::Keep;
                kept.push(planned.id());
            }
        }
        kept
    }

    /// What is there.
    pub(crate) fn found(&self) -> impl Iterator<Item = &HubResource> {
        self.resources.iter().filter_map(|it| it.found.as_ref())
    }

    /// The plan as data, for people and programs.
    #[must_use]
    pub fn steps(&self) -> Vec<Step> {
        let told = self.resources.iter().filter(|it| it.is_something());
        told.map(Planned::step).collect()
    }

    /// How many resources are created, changed, deleted and kept.
    #[must_use]
    pub fn counts(&self) -> Counts {
        let counted = self.resources.iter().filter(|it| it.is_something());
        Counts::of(counted.map(|it| &it.action))
    }

    /// Whether anything of this name is to be written.
    pub(crate) fn changes(&self, id: &str) -> bool {
        let mut changes = self.resources.iter().filter(|it| it.action.is_change());
        changes.any(|it| it.id() == id)
    }

    /// Each resource with the names of those that come before it, in this direction.
    pub(crate) fn tasks(&self) -> Vec<Task<&Planned>> {
        let task = |planned| Task {
            name: Planned::id(planned),
            after: self.before(planned),
            what: planned,
        };
        self.resources.iter().map(task).collect()
    }

    fn before(&self, planned: &Planned) -> Vec<String> {
        match self.direction {
            Direction::Deploy => planned.wanted.needs.clone(),
            Direction::Remove => {
                let id = planned.id();
                let needs_it = |it: &&Planned| it.wanted.needs.contains(&id);
                self.resources
                    .iter()
                    .filter(needs_it)
                    .map(Planned::id)
                    .collect()
            }
        }
    }
}

#[cfg(test)]
#[path = "plan_tests.rs"]
mod tests;
