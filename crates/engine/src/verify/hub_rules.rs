//! The events that the hub's rules must take, and those that they must not. Pure.

use super::deployed::Deployed;
use super::events::{Canonical, Place};
use super::rules::Events;

/// Of the rule of this name.
pub(super) fn events(deployed: &Deployed, rule: &str, places: &[Place]) -> Events {
    let names = &deployed.names;
    let of =
        |events: fn(&Place) -> Vec<Canonical>| places.iter().flat_map(events).collect::<Vec<_>>();
    let own = places.iter().find(|place| place.account == names.account);
    let forms = |events: fn(&Place) -> Vec<Canonical>| own.map(events).unwrap_or_default();
    let acts = [of(Place::acts), forms(Place::act_forms)].concat();
    let reads = [of(Place::reads), forms(Place::read_forms)].concat();
    let from_spokes = places.iter().filter(|place| place.account != names.account);
    let mut never = of(Place::never);
    never.extend(from_spokes.map(Place::canary));
    if rule == names.reads_rule() {
        never.extend(acts);
        return Events { must: reads, never };
    }
    never.extend(reads);
    let mut must = acts;
    must.extend(own.map(Place::canary));
    Events { must, never }
}
