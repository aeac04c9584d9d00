//! Where events come from, as few as show everything. Pure.
//!
//! No pattern and no policy of ours names an account or a region but the hub's. So one account stands for all others, but
//! for those that somebody has named, and each region is there once.

use super::deployed::Deployed;
use super::events::Place;
use crate::names::Names;
use serde_json::json;
use std::collections::BTreeSet;

/// Stands for any other account where none is known.
const SOME_ACCOUNT: &str = "123456789012";

/// The hub first, then a place for each region, and for each account that is named anywhere.
pub(super) fn of<'a>(
    deployed: &Deployed,
    locations: impl Iterator<Item = (&'a str, &'a str)>,
) -> Vec<Place> {
    let names = &deployed.names;
    let said = said(deployed);
    let mut places = vec![place(names, &names.account, &names.region)];
    let mut accounts = BTreeSet::from([names.account.as_str()]);
    let mut regions = BTreeSet::from([names.region.as_str()]);
    let mut other = None;
    for (account, region) in locations {
        let is_new = accounts.insert(account)
            && (said.contains(account) || *other.get_or_insert(account) == account);
        if regions.insert(region) | is_new {
            places.push(place(names, account, region));
        }
    }
    if accounts.len() == 1 {
        places.push(place(names, SOME_ACCOUNT, &names.region));
    }
    places
}

fn place(names: &Names, account: &str, region: &str) -> Place {
    Place {
        account: account.to_owned(),
        region: region.to_owned(),
        sign_in_region: names.partition.sign_in_region().to_owned(),
    }
}

/// All that decides by account: the bus's policy, and the patterns.
fn said(deployed: &Deployed) -> String {
    let names = &deployed.names;
    let policy = deployed.bus(&names.bus()).ok().flatten();
    let policy = policy.map(|bus| bus.policy.document());
    let patterns = names.rules().map(|name| {
        let rule = deployed.rule(&name).ok().flatten();
        rule.map(|rule| rule.event_pattern.clone())
    });
    json!([policy, patterns]).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verify::tests::state::Hub;

    #[test]
    fn one_account_stands_for_all_that_nobody_named() {
        let mut hub = Hub::good();
        let accounts: Vec<String> = (0..1000)
            .map(|it| format!("{:012}", 444_000_000_000_u64 + it))
            .collect();
        let all = || {
            accounts
                .iter()
                .flat_map(|it| ["eu-west-1", "us-east-1"].map(|region| (it.as_str(), region)))
        };
        let deployed = hub.deployed();
        let one = [("444455556666", "us-east-1")];
        assert_eq!(super::of(&deployed, one.into_iter()).len(), 2);
        let of = |places: Vec<Place>| -> Vec<(String, String)> {
            places
                .into_iter()
                .map(|it| (it.account, it.region))
                .collect()
        };
        let hubs = ("111122223333".to_owned(), "eu-west-1".to_owned());
        let first = |region: &str| (accounts[0].clone(), region.to_owned());
        let expected = vec![hubs, first("eu-west-1"), first("us-east-1")];
        assert_eq!(of(super::of(&deployed, all())), expected);
        hub.rule("rootwatch-acts").event_pattern["account"] =
            json!([{"anything-but": accounts[700]}]);
        let named = of(super::of(&hub.deployed(), all()));
        assert!(
            named.iter().any(|it| it.0 == accounts[700]) && named.len() == 4,
            "{named:?}"
        );
        assert_eq!(super::of(&hub.deployed(), [].into_iter()).len(), 2);
    }
}
