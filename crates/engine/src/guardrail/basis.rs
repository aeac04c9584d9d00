//! What a plan of the guardrail rests on, and what it does: to notice that somebody changed it since. Pure.

use super::plan::GuardrailPlan;
use crate::saved::{Basis, World, essence};
use serde_json::json;

impl GuardrailPlan {
    /// The policy that was found, what it is attached to, and the changes that follow.
    pub(super) fn basis(&self) -> Basis {
        let mut world = World::default();
        if let Some(found) = &self.found {
            world.add(format!("service-control-policy {}", found.name), found);
            let attached = found.attached.iter().map(|it| (it.clone(), json!(true)));
            let attached: serde_json::Map<_, _> = attached.collect();
            world.add(format!("what {} is attached to", found.name), &attached);
        }
        Basis {
            world,
            plan: json!({ "changes": essence(&self.steps()) }),
        }
    }
}
