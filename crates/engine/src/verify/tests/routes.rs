//! The topics of routes: what is wrong with each, and that a good one is one hop.

use super::super::finding::{CannotRead, Hop, Read, Verdict};
use super::super::routes::Topic;
use super::state::Hub;
use crate::findings::hub;
use rootwatch_eval::Policy;
use rootwatch_root_event::Route;
use serde_json::json;

/// A topic whose policy lets its own account in, and this role too.
fn topic(role: &str) -> Topic {
    let allow = json!({"Effect": "Allow", "Principal": {"AWS": role}, "Action": "sns:Publish", "Resource": "*"});
    Topic {
        confirmed: 1,
        key: None,
        policy: Policy::default().with("Hub", allow),
    }
}

/// The hops of a hub with one route to a topic of this account and region.
fn hops(account: &str, region: &str, topic: Read<Option<Topic>>) -> Vec<Hop> {
    let mut deployed = Hub::good().deployed();
    let arn = format!("arn:aws:sns:{region}:{account}:shops");
    let route = Route::parse(&arn, "severity=high").unwrap();
    deployed.routes = vec![(route, topic)];
    let mut hops = super::super::hub(&deployed, [].into_iter());
    hops.retain(|hop| hop.resource.starts_with("route "));
    hops
}

#[test]
fn each_way_in_which_a_route_ends_nowhere_is_named() {
    let good = Hub::good();
    let names = good.names();
    let (here, region, role) = (
        names.account.as_str(),
        names.region.as_str(),
        names.role_arn(),
    );
    let denied =
        json!({"Effect": "Deny", "Principal": "*", "Action": "sns:Publish", "Resource": "*"});
    let other = "444455556666";
    let nobody = Topic {
        confirmed: 0,
        ..topic(&role)
    };
    let silent = Topic {
        policy: Policy::default(),
        ..topic(&role)
    };
    let refusing = Topic {
        policy: topic(&role).policy.with("No", denied),
        ..topic(&role)
    };
    let keyed = |key: &str| Topic {
        key: Some(key.into()),
        ..topic(&role)
    };
    let own = "arn:aws:kms:eu-west-1:111122223333:key/1";
    let unread = || CannotRead {
        why: "refused".into(),
        fix: None,
    };
    for (account, at, topic, expected) in [
        (here, region, Ok(Some(topic(&role))), None),
        (other, region, Ok(Some(topic(&role))), None),
        // Within the account the role's own policy is enough.
        (here, region, Ok(Some(silent.clone())), None),
        (here, region, Ok(Some(keyed("alias/aws/sns"))), None),
        (
            other,
            region,
            Ok(Some(silent)),
            Some((hub::ROUTE_TOPIC, Verdict::Broken)),
        ),
        (
            here,
            region,
            Ok(Some(refusing)),
            Some((hub::ROUTE_TOPIC, Verdict::Broken)),
        ),
        (
            here,
            region,
            Ok(None),
            Some((hub::ROUTE_TOPIC, Verdict::Broken)),
        ),
        (
            here,
            "ap-south-2",
            Ok(None),
            Some((hub::ROUTE_TOPIC, Verdict::Broken)),
        ),
        (
            here,
            region,
            Ok(Some(nobody)),
            Some((hub::ROUTE_NOBODY, Verdict::Broken)),
        ),
        (
            here,
            region,
            Ok(Some(keyed(own))),
            Some((hub::ROUTE_KEY, Verdict::Unknown)),
        ),
        (
            other,
            region,
            Err(unread()),
            Some((hub::ROUTE_UNREAD, Verdict::Unknown)),
        ),
    ] {
        let found = hops(account, at, topic.clone());
        let [hop] = found.as_slice() else {
            panic!("{topic:?}: {found:#?}")
        };
        let wrong = hop.id.map(|id| (id, hop.verdict));
        assert_eq!(wrong, expected, "{topic:?}");
        if matches!(topic, Ok(None)) {
            let is_gone = hop.finding == "there is no such topic";
            assert_eq!(is_gone, at == region, "{hop:#?}");
        }
        let says_how = hop.fix.is_some() || hop.verdict == Verdict::Ok;
        assert!(says_how, "{hop:#?}");
    }
}
