//! What a plan of the hub rests on, and what it does: to notice that somebody changed it since. Pure.

use super::plan::HubPlan;
use crate::saved::{Basis, World, essence};
use serde_json::json;

impl HubPlan {
    /// All that was found, and the changes that follow from it; also who is no longer notified after them.
    ///
    /// Who has confirmed a subscription is no part of it: that somebody does makes no plan worse.
    pub(crate) fn basis(&self) -> Basis {
        let mut world = World::default();
        for planned in &self.resources {
            if let Some(found) = &planned.found {
                world.add(planned.id(), found);
            }
        }
        let lost = self.people().lost;
        let lost: Vec<String> = lost.into_iter().map(|it| it.subscriber).collect();
        Basis {
            world,
            plan: json!({ "changes": essence(&self.steps()), "no_longer_notified": lost }),
        }
    }
}
