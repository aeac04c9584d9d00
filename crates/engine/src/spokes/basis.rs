//! What a plan of the spokes rests on, and what it does: to notice that somebody changed it since. Pure.

use super::Observed;
use super::management::Management;
use super::organization::Region;
use super::plan::SpokesPlan;
use super::wanted::Wanted;
use crate::saved::{Basis, World, essence};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// Of what was read, and of the plan that follows.
pub(super) fn basis(
    wanted: &Wanted,
    observed: &Observed,
    plan: &SpokesPlan,
    enabled: &[Region],
) -> Basis {
    Basis {
        world: world(wanted, observed, plan, enabled),
        plan: changes(plan),
    }
}

fn world(wanted: &Wanted, observed: &Observed, plan: &SpokesPlan, enabled: &[Region]) -> World {
    let mut world = of_set(&wanted.stack_set.name, observed);
    for (unit, tree) in &wanted.units {
        let path = wanted.paths.get(unit).unwrap_or(unit);
        let accounts = tree.accounts.iter();
        let accounts = accounts.map(|it| (it.id.clone(), json!([it.active, it.unit])));
        world.add(
            format!("the accounts of the unit {path}"),
            &accounts.collect::<Map<String, Value>>(),
        );
    }
    for stack in plan.management.stacks() {
        if let Some(found) = stack.observed() {
            world.add(stack.step.resource.clone(), found);
        }
    }
    let enabled: Vec<&String> = enabled.iter().map(|it| &it.name).collect();
    world.add("the enabled regions", &enabled);
    world.add("the regions that accounts have turned off", &plan.off);
    world.add("trusted access for StackSets", &plan.enable_trusted_access);
    world
}

/// Of a StackSet: itself, its instances by region and account, and what is under way.
pub(crate) fn of_set(name: &str, observed: &Observed) -> World {
    let mut world = World::default();
    if let Some(found) = &observed.stack_set {
        world.add(format!("stack-set {name}"), found);
    }
    let mut regions: BTreeMap<&str, Map<String, Value>> = BTreeMap::new();
    for (region, account, instance) in observed.instances.iter() {
        let state = json!([&*instance.status, &*instance.detail, &*instance.unit]);
        let accounts = regions.entry(region).or_default();
        accounts.insert(account.to_owned(), state);
    }
    for (region, accounts) in regions {
        world.add(format!("the stack instances in {region}"), &accounts);
    }
    for running in &observed.running {
        let operation = format!(
            "the operation {} ({})",
            running.operation_id, running.action
        );
        world.add(operation, &());
    }
    world
}

/// What is done, without notes and what stays.
fn changes(plan: &SpokesPlan) -> Value {
    let management = match &plan.management {
        Management::Here(stacks) => {
            let steps: Vec<_> = stacks.iter().map(|it| it.step.clone()).collect();
            essence(&steps)
        }
        Management::Elsewhere { account, .. } => json!({ "left_to": account }),
    };
    let mut stack_set = json!(plan.stack_set);
    let fields = stack_set.get_mut("fields").and_then(Value::as_array_mut);
    for field in fields.into_iter().flatten() {
        if let Some(field) = field.as_object_mut() {
            field.remove("source");
        }
    }
    json!({
        "enable_trusted_access": plan.enable_trusted_access,
        "stack_set": stack_set,
        "changes": plan.changes,
        "management": management,
        "stops": plan.stops,
    })
}
