use super::state::{add, policy as document, with, without};
use super::{Break, all_are_named_and_fixed};
use rootwatch_eval::Policy;
use serde_json::{Value, json};

const NAME: &str = "rootwatch-notifier-eu-west-1";
const ROLE: &str = "role rootwatch-notifier-eu-west-1";

fn policy(
    what: &'static str,
    (resource, check): (&'static str, &'static str),
    change: impl FnOnce(&mut Policy) + 'static,
) -> Break {
    Break::new(what, resource, check, |hub| {
        change(&mut hub.role(NAME).inline_policy)
    })
}

fn deny(action: &str) -> Value {
    json!({"Sid": "No", "Effect": "Deny", "Action": action, "Resource": "*"})
}

#[test]
fn a_broken_role() {
    const OTHER: (&str, &str) = (ROLE, "policy");
    let trust = json!({
        "Sid": "RootwatchLambda", "Effect": "Allow", "Action": "sts:AssumeRole",
        "Principal": {"Service": "ec2.amazonaws.com"},
    });
    let elsewhere = json!("arn:aws:sns:eu-west-1:111122223333:x");
    let breaks = vec![
        Break::new("trusts somebody else", ROLE, "trust", |hub| {
            hub.role(NAME).trust = document(vec![trust]);
        }),
        policy("may not publish", OTHER, |it| without(it, "Publish")),
        policy("may publish elsewhere", OTHER, |it| {
            with(it, "Publish", "Resource", elsewhere)
        }),
        policy("a Deny in it", OTHER, |it| add(it, deny("sns:*"))),
        policy("may not read its queues", OTHER, |it| {
            without(it, "ReadQueues")
        }),
        policy("may only receive from its queues", OTHER, |it| {
            with(it, "ReadQueues", "Action", json!("sqs:ReceiveMessage"));
        }),
        policy("may not log", OTHER, |it| without(it, "Log")),
        Break::new("a Deny attached to it", ROLE, "policy", |hub| {
            hub.attach(deny("sqs:*"))
        })
        .says("detach policies of the role"),
        Break::new("bounded by less than it needs", ROLE, "policy", |hub| {
            let all_but_logs = json!({"Sid": "Some", "Effect": "Allow", "Action": ["sns:*", "sqs:*"], "Resource": "*"});
            hub.bound(all_but_logs);
        })
        .needs("a --permissions-boundary that allows it"),
        Break::new("bounded by a Deny", ROLE, "policy", |hub| hub.bound(deny("*")))
            .needs("a --permissions-boundary that allows it"),
        Break::new("deleted", ROLE, "exists", |hub| hub.delete(ROLE)),
        Break::new("the function has one that is gone", "role gone", "exists", |hub| {
            hub.function("rootwatch-notifier").role = "arn:aws:iam::111122223333:role/gone".into();
        }),
    ];
    all_are_named_and_fixed("role", breaks);
}
