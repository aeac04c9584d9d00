mod hub;
mod random;
mod settings;
mod single;
mod spokes;
mod stories;

use crate::world::{Ran, World};
use serde_json::Value;

/// What a plan would change, by the ids of the resources.
fn changed(plan: &Ran) -> Vec<String> {
    let steps = plan.json()["steps"].clone();
    let steps = steps.as_array().unwrap().clone();
    let is_change = |step: &&Value| step["action"] != "keep";
    steps
        .iter()
        .filter(is_change)
        .map(|step| step["resource"].as_str().unwrap().to_owned())
        .collect()
}

/// What `plan hub` with these flags would change.
fn hub_changes(world: &World, args: &[&str]) -> Vec<String> {
    let plan = world.rootwatch(&[&["plan", "hub", "--output", "json"], args].concat());
    changed(&plan.ends_with(0))
}
