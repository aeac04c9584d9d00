use super::state::{Hub, add, with, without};
use super::{Break, all_are_named_and_fixed};
use rootwatch_eval::Policy;
use rootwatch_root_event::CANARY_SOURCE;
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

/// Denies events of other sources.
fn sources(all: &[&str]) -> Value {
    json!({"Null": {"events:source": "false"}, "ForAnyValue:StringNotLike": {"events:source": all}})
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
        policy("no source of canaries", LETS_IN, |it| {
            with(it, "RootwatchAwsOnly", "Condition", sources(&["aws.*"]));
        }),
        policy("no source of heartbeats", LETS_IN, |it| {
            with(
                it,
                "RootwatchAwsOnly",
                "Condition",
                sources(&["aws.signin", CANARY_SOURCE]),
            );
        }),
        policy("a Deny of rules' targets", LETS_IN, |it| {
            add(it, freeze(json!({"Null": {"events:detail-type": "true"}})));
        })
        .and_unknown(BUS, "policy")
        .needs(theirs),
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

#[test]
fn a_spoke_that_a_deny_leaves_out_is_named_where_it_is_one() {
    const SPOKE: &str = "333333333333";
    let mut hub = Hub::good();
    let policy = &mut hub.bus("rootwatch").policy;
    let mut condition = policy.statement("RootwatchForwardedOnly").unwrap()["Condition"].clone();
    condition["StringNotEquals"]["aws:PrincipalAccount"] = json!(["111122223333", SPOKE]);
    with(policy, "RootwatchForwardedOnly", "Condition", condition);
    let is_named = |spoke: &str| {
        let hops = super::super::hub(&hub.deployed(), [(spoke, "eu-west-1")].into_iter());
        let mut open = hops.iter().filter(|hop| hop.check == KEEPS_OUT);
        open.any(|hop| hop.finding == "a spoke that calls PutEvents itself can write to it")
    };
    assert!(is_named(SPOKE) && !is_named("444444444444"));
}
