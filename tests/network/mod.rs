//! The network of a company: proxies, their certificates, endpoints of other kinds, and what is not AWS's answer.

/// Certificates of a company, and a proxy that opens TLS with them.
mod certificates;
/// Profiles whose credentials somebody has to renew, or that need more than keys.
mod credentials;
/// FIPS and dual-stack endpoints.
mod endpoints;
/// The partitions that AWS knows.
mod partitions;
/// Whole commands through a proxy that is the only way out.
mod proxies;
/// A proxy for tests.
pub(crate) mod proxy;
/// Answers that are not AWS's.
mod strangers;

use crate::world::{REGION, World};

/// A name that only a proxy of a test can resolve.
const LAB: &str = "aws.lab.invalid";

/// The environment of the hub account's operator, with these variables set.
fn environment(world: &World, more: &[(&str, &str)]) -> Vec<(String, String)> {
    let mut all = world.lab.env(&world.organization.hub, REGION);
    all.extend(
        more.iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned())),
    );
    all
}

/// The lab's address without the scheme.
fn address(world: &World) -> &str {
    world.lab.endpoint().strip_prefix("http://").unwrap()
}
