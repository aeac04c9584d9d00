//! Whether an event would arrive: what is deployed, read and evaluated as AWS would.
//!
//! Reading writes nothing, and what cannot be read is a finding of its own; judging is pure.

mod alarms;
mod bus;
pub(crate) mod deployed;
pub(crate) mod events;
pub(crate) mod finding;
mod function;
mod hub_rules;
mod identity;
pub(crate) mod named;
mod notifying;
mod queues;
mod rules;
mod run;
mod spoke;
mod spoke_queue;
pub(crate) mod spokes;
mod subscribers;
mod template;
#[cfg(test)]
mod tests;
mod topics;
pub(crate) mod trail;

use crate::spokes::Location;
use deployed::Deployed;
use events::Place;
pub use finding::{Hop, Part, Verdict};
pub(crate) use run::hops;
pub use run::{Counts, Report, verify};
pub use spokes::Selection;
use std::collections::BTreeSet;

/// Every hop of the hub, in the order in which an event passes them. Pure.
pub(crate) fn hub(deployed: &Deployed, locations: &[Location]) -> Vec<Hop> {
    let names = &deployed.names;
    let places = places(deployed, locations);
    let home = &places[0];
    let mut hops = bus::check(deployed, &places);
    hops.extend(hub_rules::check(deployed, &places));
    hops.extend(function::check(deployed, home));
    hops.extend(queues::check(deployed));
    hops.extend(topics::check(deployed));
    hops.extend(subscribers::check(deployed, home));
    hops.extend(alarms::check(deployed));
    hops.into_iter()
        .map(|hop| hop.at(Part::Hub, &names.account, &names.region))
        .collect()
}

/// Where events are assumed to come from: every account once, and every region once. The hub is the first.
fn places(deployed: &Deployed, locations: &[Location]) -> Vec<Place> {
    let names = &deployed.names;
    let place = |account: &str, region: &str| Place {
        account: account.to_owned(),
        region: region.to_owned(),
        sign_in_region: names.partition.sign_in_region().to_owned(),
    };
    let mut places = vec![place(&names.account, &names.region)];
    let (mut accounts, mut regions) = (
        BTreeSet::from([&names.account]),
        BTreeSet::from([&names.region]),
    );
    for location in locations {
        if accounts.insert(&location.account) | regions.insert(&location.region) {
            places.push(place(&location.account, &location.region));
        }
    }
    if accounts.len() == 1 {
        places.push(place(SOME_ACCOUNT, &names.region));
    }
    places
}

/// Stands for any other account where none is known.
const SOME_ACCOUNT: &str = "123456789012";
