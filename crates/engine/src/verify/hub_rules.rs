//! The events that the hub's rules must take, and those that they must not. Pure.

use super::deployed::Deployed;
use super::events::{Canonical, Place};
use super::rules::Events;
use crate::names::Names;

/// Of the rule of this name.
pub(super) fn events(deployed: &Deployed, rule: &str, places: &[Place]) -> Events {
    let names = &deployed.names;
    let of =
        |events: fn(&Place) -> Vec<Canonical>| places.iter().flat_map(events).collect::<Vec<_>>();
    let own = places.iter().find(|place| place.account == names.account);
    let forms = |events: fn(&Place) -> Vec<Canonical>| own.map(events).unwrap_or_default();
    let heartbeats: Vec<Canonical> = places.iter().map(|it| it.heartbeat(names)).collect();
    let acts = [of(Place::acts), forms(Place::act_forms)].concat();
    let reads = [of(Place::reads), forms(Place::read_forms)].concat();
    let tampering = places.iter().flat_map(|place| {
        let own = place.tampering(names);
        own.into_iter().chain(place.of_organization())
    });
    let tampering: Vec<Canonical> = tampering.collect();
    let from_spokes = places.iter().filter(|place| place.account != names.account);
    let mut never = of(Place::never);
    never.extend(from_spokes.map(Place::canary));
    let hub = |events: fn(&Place, &Names) -> Vec<Canonical>| own.map(|it| events(it, names));
    let changes = hub(Place::hub_changes).unwrap_or_default();
    let losses = hub(Place::hub_losses).unwrap_or_default();
    if rule == names.heartbeats_rule() {
        never.extend([acts, reads, tampering].concat());
        never.extend(places.iter().flat_map(|it| it.other_schedules(names)));
        return Events {
            must: heartbeats,
            never,
        };
    }
    never.extend(heartbeats);
    let must = match rule {
        rule if rule == names.reads_rule() => {
            never.extend([acts, tampering].concat());
            reads
        }
        rule if rule == names.tampering_rule() => {
            never.extend([acts, reads].concat());
            tampering
        }
        // On the default bus is what anybody does, whatever it is; only the other rule's would come twice.
        rule if rule == names.hub_tampering_rule() => {
            never.extend([acts, reads, losses].concat());
            changes
        }
        rule if rule == names.hub_urgent_rule() => {
            never.extend([acts, reads, changes].concat());
            losses
        }
        _ => {
            never.extend([reads, tampering].concat());
            let mut must = acts;
            must.extend(own.map(Place::canary));
            must
        }
    };
    Events { must, never }
}
