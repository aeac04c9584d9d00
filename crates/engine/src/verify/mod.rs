//! Whether an event would arrive: what is deployed, read, and compared with what rootwatch makes.
//!
//! What equals what this version makes is fine: that our own state lets every kind of root event through, and nothing
//! else, is proved by `own_tests.rs`. What differs never is: the evaluators say what it breaks, and where they find
//! nothing it differs. What others made or added is judged by whom it names. Reading writes nothing, and what cannot be
//! read is a finding of its own; judging is pure.

mod accept;
mod alarms;
mod as_made;
mod attached;
mod bus;
pub(crate) mod deployed;
pub(crate) mod events;
pub(crate) mod finding;
mod forwarders;
mod function;
mod hub_rules;
mod identity;
mod key_uses;
mod keys;
mod missing;
pub(crate) mod named;
mod notifying;
mod others;
#[cfg(test)]
mod own_tests;
mod places;
mod queues;
mod role;
mod routes;
mod rules;
mod run;
mod spoke;
mod spoke_queue;
mod spoke_tampering;
mod spoke_wanted;
pub(crate) mod spokes;
mod strangers;
mod subscribers;
mod template;
#[cfg(test)]
mod tests;
mod topics;
pub(crate) mod trail;

use crate::findings::hub;
use crate::hub::hub_resource::HubResource;
use crate::hub::plan::{Planned, plan_deploy};
use as_made::Changes;
use deployed::Deployed;
use events::Place;
use finding::DEPLOY_HUB;
pub use finding::{Hop, Part, Verdict};
pub(crate) use run::hops;
pub use run::{Counts, Report, verify};
pub use spokes::Selection;

/// Every hop of the hub, in the order in which an event passes them. Pure.
///
/// `locations` are the accounts and regions that have a spoke.
pub(crate) fn hub<'a>(
    deployed: &Deployed,
    locations: impl Iterator<Item = (&'a str, &'a str)>,
) -> Vec<Hop> {
    let names = &deployed.names;
    let places = places::of(deployed, locations);
    let mut hops = unread(deployed);
    hops.extend(missing::all(deployed));
    // What was not read, or is not there, has its own finding.
    let mut nodes = deployed.wanted.clone();
    let is_found = |id: &str| matches!(deployed.found.get(id), Some(Ok(Some(_))));
    nodes.retain(|node| is_found(&node.resource.id()));
    let mut planned = plan_deploy(nodes, deployed.readable()).resources;
    planned.sort_by_key(|it| rank(&it.wanted.resource));
    hops.extend(planned.iter().flat_map(|it| one(deployed, it, &places)));
    hops.extend(routes::judge(deployed));
    hops.extend(key_uses::judge(deployed));
    hops.extend(attached::judge(deployed));
    hops.into_iter()
        .map(|hop| hop.at(Part::Hub, &names.account, &names.region))
        .collect()
}

fn unread(deployed: &Deployed) -> Vec<Hop> {
    let ids = deployed.wanted.iter().map(|node| node.resource.id());
    let unread = ids.filter_map(|id| {
        let why = deployed.unread(&id)?;
        Some(Hop::unread(hub::UNREAD, &id, "exists", why))
    });
    unread.collect()
}

/// The place of a kind of resource on the way of an event.
fn rank(resource: &HubResource) -> usize {
    match resource {
        HubResource::EventBus(_) => 0,
        HubResource::Rule(_) => 1,
        HubResource::Queue(_) => 2,
        HubResource::Mapping(_) | HubResource::DirectWay(_) => 3,
        HubResource::Function(_) => 4,
        HubResource::Role(_) => 5,
        HubResource::Topic(_) => 6,
        HubResource::Subscriptions(_) => 7,
        HubResource::Alarm(_) => 8,
        HubResource::LogGroup(_) => 9,
        HubResource::SelfCheckFunction(_)
        | HubResource::SelfCheckLog(_)
        | HubResource::SelfCheckPermission(_)
        | HubResource::SelfCheckRole(_)
        | HubResource::SelfCheckSchedule(_) => 10,
    }
}

/// The hops of one resource: one where it is as rootwatch makes it and nobody added anything.
fn one(deployed: &Deployed, planned: &Planned, places: &[Place]) -> Vec<Hop> {
    let (id, wanted) = (planned.id(), &planned.wanted.resource);
    let Some(found) = &planned.found else {
        return Vec::new();
    };
    let changes = Changes::of(&planned.action);
    let mut hops = judge(deployed, &id, (wanted, found), &changes, places);
    hops.extend(changes.left(missing::differs(wanted), &id, &hops, DEPLOY_HUB));
    if hops.is_empty() {
        let finding = words(deployed, found);
        hops.push(Hop::ok(&id, "as made", finding));
    }
    hops
}

/// What is broken, and what others added.
fn judge(
    deployed: &Deployed,
    id: &str,
    (wanted, found): (&HubResource, &HubResource),
    changes: &Changes,
    places: &[Place],
) -> Vec<Hop> {
    use HubResource::{
        Alarm, EventBus, Function, LogGroup, Mapping, Queue, Role, Rule, Subscriptions, Topic,
    };
    match (wanted, found) {
        (Alarm(_), Alarm(found)) => alarms::broken(deployed, id, found, changes),
        (EventBus(wanted), EventBus(found)) => {
            bus::judge(deployed, (wanted, found), changes, places)
        }
        (Function(wanted), Function(found)) => {
            function::judge(deployed, id, (wanted, found), changes)
        }
        (LogGroup(_), LogGroup(found)) => missing::class(deployed, id, found),
        (Mapping(_), Mapping(found)) => queues::mapping(id, found),
        (Queue(wanted), Queue(found)) => queues::judge(deployed, id, (wanted, found), changes),
        // The role that the function has may be another one, which is a finding of the function.
        (Role(_), Role(_)) if role::is_ours(deployed) => role::judge(deployed),
        (Rule(wanted), Rule(found)) => {
            let judged = rules::Judged {
                kinds: rules::HUB,
                id,
                wanted,
                found,
                changes,
                fix: DEPLOY_HUB,
            };
            judged.broken(|| hub_rules::events(deployed, &wanted.name, places))
        }
        (Subscriptions(wanted), Subscriptions(_)) => match places.first() {
            Some(home) => subscribers::judge(deployed, id, wanted, home),
            None => Vec::new(),
        },
        (Topic(wanted), Topic(found)) => topics::judge(deployed, id, (wanted, found), changes),
        _ => Vec::new(),
    }
}

/// What is found of a resource that is fine and of which there is no more to know.
pub const AS_MADE: &str = "is as rootwatch makes it";

/// What there is to know of a resource that is fine.
fn words(deployed: &Deployed, found: &HubResource) -> String {
    let subscribers = match found {
        HubResource::Subscriptions(it) if it.name == deployed.names.health_topic() => {
            &deployed.health_subscribers
        }
        HubResource::Subscriptions(_) => &deployed.alerts_subscribers,
        _ => return AS_MADE.to_owned(),
    };
    match subscribers {
        Ok(subscribers) => subscribers::summary(subscribers),
        Err(why) => why.why.clone(),
    }
}
