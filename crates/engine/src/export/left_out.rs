//! What is deployed and in no file, or not whole. Pure.

use super::look::{Look, Spokes};
use super::part::{Part, subscribers};
use crate::hub::function::Function;
use crate::hub::hub_resource::HubResource;
use crate::hub::role::Role;
use crate::hub::subscriptions::{Standing, Subscriptions};

/// All of it, each as a sentence.
pub(super) fn all(look: &Look) -> Vec<String> {
    let mut all = look.doubts.clone();
    let foreign = look.foreign.iter();
    all.extend(
        foreign.map(|id| format!("{id} has a name of this deployment and is somebody else's")),
    );
    all.extend(look.hub.iter().flat_map(of_one));
    all.extend(look.spokes.iter().flat_map(of_spokes));
    if look.spokes.is_none() && !look.hub.is_empty() {
        all.push("there is no StackSet of this deployment here: run the same where it is".into());
    }
    all
}

fn of_one(resource: &HubResource) -> Vec<String> {
    let id = resource.id();
    let mut all = not_default(resource, &id);
    match Part::of(resource) {
        None => all.push(format!(
            "{id} is of an earlier version: `rootwatch deploy hub` removes it"
        )),
        Some(Part::Function(it)) => all.extend(of_function(it, &id)),
        Some(Part::Mapping(it)) if !it.filters.is_empty() => {
            all.push(format!("{id} has filters, which somebody else set"));
        }
        Some(Part::Role(it)) => all.extend(of_role(it, &id)),
        Some(Part::Rule(it)) => {
            let targets = it.targets.iter().filter(|(_, it)| it.input.is_some());
            all.extend(targets.map(|(target, _)| {
                format!("the target {target} of {id} sends something else than the event, which somebody else set")
            }));
        }
        Some(Part::Subscriptions(it)) => all.extend(of_subscriptions(it)),
        Some(_) => {}
    }
    all
}

/// Properties that rootwatch leaves at their defaults, and that are not.
fn not_default(resource: &HubResource, id: &str) -> Vec<String> {
    let fields = serde_json::to_value(resource).unwrap_or_default();
    let set = fields["not_default"]
        .as_object()
        .cloned()
        .unwrap_or_default();
    let targets = fields["targets"].as_object().cloned().unwrap_or_default();
    let of_targets = targets
        .values()
        .filter_map(|it| it["not_default"].as_object().cloned());
    let names = of_targets.chain([set]).flatten().map(|(name, _)| name);
    names
        .map(|name| format!("{name} of {id}, which somebody else set"))
        .collect()
}

fn of_function(function: &Function, id: &str) -> Vec<String> {
    let set = [
        ("environment variables", function.environment.len()),
        ("layers", function.layers.len()),
        ("subnets", function.subnets.len()),
        ("a key of its own", usize::from(function.kms_key.is_some())),
        (
            "a reserved concurrency of 0",
            usize::from(function.reserved_concurrency.is_some()),
        ),
    ];
    let set = set.into_iter().filter(|(_, count)| *count > 0);
    set.map(|(what, _)| format!("{id} has {what}, which somebody else set"))
        .collect()
}

fn of_role(role: &Role, id: &str) -> Vec<String> {
    let policies = role.attached_policies.iter().chain(&role.other_policies);
    policies
        .map(|it| format!("{id} has the policy {it}, which somebody else gave to it"))
        .collect()
}

fn of_subscriptions(all: &Subscriptions) -> Vec<String> {
    let topic = &all.name;
    let others = all.others.keys().filter(|it| !is_pending(all, it));
    let others = others
        .map(|it| format!("the subscription {it} of the topic {topic}, which somebody else made"));
    let pending = all.standings.keys().filter(|it| is_pending(all, it));
    let pending = pending.map(|it| {
        format!("the subscription {it} of the topic {topic}, which nobody has confirmed: it can be taken over once it is")
    });
    let hidden = subscribers(all).filter_map(|it| Some((it.without_secret()?, it.subscription)));
    let hidden = hidden.map(|(address, _)| {
        format!(
            "the path of the address {address}, to which the topic {topic} sends: it may hold a key"
        )
    });
    others.chain(pending).chain(hidden).collect()
}

fn is_pending(all: &Subscriptions, subscription: &crate::Subscription) -> bool {
    all.standings.get(subscription) == Some(&Standing::Pending)
}

fn of_spokes(spokes: &Spokes) -> Vec<String> {
    let name = &spokes.set.name;
    let mut all: Vec<String> = spokes
        .empty
        .iter()
        .map(|unit| format!("the unit {unit}, to which {name} is deployed and which has no account: accounts that join it are watched all the same"))
        .collect();
    all.push(format!(
        "the stacks of {name} in accounts and regions, and the management account's own stacks: these are CloudFormation's already"
    ));
    all
}
