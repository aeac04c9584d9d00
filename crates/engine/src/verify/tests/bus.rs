use super::state::{add, with, without};
use super::{Break, all_are_named_and_fixed};
use rootwatch_eval::Policy;
use serde_json::{Value, json};

const BUS: &str = "event-bus rootwatch";
const LETS_IN: &str = "policy lets in";
const KEEPS_OUT: &str = "policy keeps out";

fn policy(
    what: &'static str,
    check: &'static str,
    change: impl FnOnce(&mut Policy) + 'static,
) -> Break {
    Break::new(what, BUS, check, |hub| {
        change(&mut hub.bus("rootwatch").policy)
    })
}

fn freeze(condition: Value) -> Value {
    json!({
        "Sid": "Freeze", "Effect": "Deny", "Principal": "*", "Action": "events:PutEvents",
        "Resource": "arn:aws:events:eu-west-1:111122223333:event-bus/rootwatch", "Condition": condition,
    })
}

#[test]
fn a_broken_bus() {
    const OURS: &str = "RootwatchOrganization";
    let other = json!({"StringEquals": {"aws:PrincipalOrgID": "o-another"}});
    let unknown = json!({"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}});
    let theirs = "remove statements of the bus's policy";
    let breaks = vec![
        policy("no organization", LETS_IN, |it| without(it, OURS)),
        policy("another organization", LETS_IN, |it| {
            with(it, OURS, "Condition", other)
        }),
        policy("another action", LETS_IN, |it| {
            with(it, OURS, "Action", json!("events:PutRule"))
        }),
        policy("open to everybody", KEEPS_OUT, |it| {
            with(it, OURS, "Condition", json!({}))
        }),
        policy("direct calls", KEEPS_OUT, |it| {
            without(it, "RootwatchForwardedOnly")
        }),
        policy("any detail-type", KEEPS_OUT, |it| {
            without(it, "RootwatchCloudTrailOnly")
        }),
        policy("any source", KEEPS_OUT, |it| {
            without(it, "RootwatchAwsOnly")
        }),
        policy("a Deny of somebody else's", LETS_IN, |it| {
            add(it, freeze(json!({})))
        })
        .and_unknown(BUS, "policy")
        .needs(theirs),
        policy("a Deny that cannot be judged", "policy", |it| {
            add(it, freeze(unknown))
        })
        .unknown()
        .needs("find out who made it"),
        Break::new("deleted", BUS, "exists", |hub| hub.delete(BUS)),
    ];
    all_are_named_and_fixed("bus", breaks);
}
