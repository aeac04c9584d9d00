//! Plans of a hub that is there, is not, and is in part somebody else's.

use super::super::desired::{Wanted, hub, hub_and_former};
use super::super::sample;
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
            iam: crate::settings::IamSettings::default(),
        },
        subscriptions: Vec::new(),
        log_retention_days: 30,
        tags: BTreeMap::new(),
        ..crate::hub::sample::wanted()
    })
}

fn all_there() -> Found {
    let resources = nodes().into_iter().map(|node| node.resource);
    resources.map(|it| (it.id(), it)).collect()
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
fn what_has_no_tag_of_its_own_belongs_to_what_has_one() {
    let nodes = nodes();
    let tagged = |id: &String| {
        let mut named = nodes.iter().filter(|node| node.resource.id() == *id);
        named.any(|node| node.resource.tags().is_some())
    };
    for node in nodes.iter().filter(|node| node.resource.tags().is_none()) {
        let owner = node.belongs_to.as_ref();
        assert!(owner.is_some_and(tagged), "{}", node.resource.id());
    }
}

#[test]
fn nothing_changes_when_all_is_there() {
    let plan = plan_deploy(nodes(), all_there());
    assert!(plan.resources.iter().all(|it| it.action == Action::Keep));
    assert!(plan.foreign().is_empty());
}

#[test]
fn what_lacks_our_tag_is_foreign_and_stays_at_teardown() {
    let mut observed = all_there();
    if let Some(HubResource::Function(function)) = observed.get_mut("function rootwatch-notifier") {
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
    // What is attached to the foreign function is not rootwatch's either.
    assert_eq!(
        kept,
        [
            "function rootwatch-notifier",
            "event-source-mapping rootwatch-acts",
            "event-source-mapping rootwatch-reads",
        ]
    );
}

#[test]
fn removal_goes_in_reverse_order() {
    let plan = plan_teardown(nodes(), all_there());
    let tasks = plan.tasks();
    let after = |id: &str| &tasks.iter().find(|it| it.name == id).unwrap().after;
    assert!(after("event-bus rootwatch").contains(&"rule rootwatch-acts".to_owned()));
    assert!(after("rule rootwatch-acts").is_empty());
}

#[test]
fn a_deployment_walks_the_other_way() {
    let plan = plan_deploy(nodes(), Found::new());
    let tasks = plan.tasks();
    let after = |id: &str| &tasks.iter().find(|it| it.name == id).unwrap().after;
    assert!(after("event-bus rootwatch").is_empty());
    assert!(after("rule rootwatch-acts").contains(&"event-bus rootwatch".to_owned()));
}

#[test]
fn every_arn_is_of_the_regions_partition() {
    let text =
        serde_json::to_string(&nodes().iter().map(|n| &n.resource).collect::<Vec<_>>()).unwrap();
    assert!(text.contains("arn:aws-us-gov:"));
    assert!(!text.contains("arn:aws:"));
}

#[test]
fn what_earlier_versions_made_is_removed_last_and_is_no_part_of_a_removal() {
    let id = "permission rootwatch-acts";
    let wanted = sample::wanted();
    let all = hub_and_former(&wanted).into_iter();
    let found: Found = all.map(|it| (it.resource.id(), it.resource)).collect();
    let mut plan = plan_deploy(hub_and_former(&wanted), found.clone());
    plan.keep_what_failed(&wanted.names);
    let tasks = plan.tasks();
    let last = tasks.iter().find(|it| it.name == id).unwrap();
    assert_eq!(last.what.action, Action::Delete);
    for before in ["rule rootwatch-acts", "function rootwatch-notifier"] {
        assert!(last.after.contains(&before.to_owned()), "{:?}", last.after);
    }
    let role = plan
        .resources
        .iter()
        .find_map(|it| match &it.wanted.resource {
            HubResource::Role(role) => role.policy_for_now.as_ref(),
            _ => None,
        });
    assert!(role.unwrap().statement("KeepWhatFailed").is_some());

    let without: Found = hub(&wanted)
        .into_iter()
        .map(|it| (it.resource.id(), it.resource))
        .collect();
    let plan = plan_deploy(hub_and_former(&wanted), without);
    assert!(plan.steps().iter().all(|step| step.resource != id));
    assert_eq!(plan.counts().changes(), 0);
    let removal = plan_teardown(hub(&wanted), found);
    assert!(removal.steps().iter().all(|step| step.resource != id));
}
