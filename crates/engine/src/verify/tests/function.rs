use super::state::FUNCTION as NAME;
use super::{Break, all_are_named_and_fixed};
use crate::hub::function::Function;
use serde_json::{Value, json};

const FUNCTION: &str = "function rootwatch-notifier";
const ARN: &str = "arn:aws:lambda:eu-west-1:111122223333:function:rootwatch-notifier";

fn function(
    what: &'static str,
    check: &'static str,
    change: impl FnOnce(&mut Function) + 'static,
) -> Break {
    Break::new(what, FUNCTION, check, |hub| change(hub.function(NAME)))
}

fn statement(sid: &str, principal: Value, condition: Value) -> Value {
    json!({
        "Sid": sid, "Effect": "Allow", "Principal": principal, "Action": "lambda:InvokeFunction",
        "Resource": ARN, "Condition": condition,
    })
}

fn open_to(what: &'static str, principal: Value) -> Break {
    let theirs = statement("Theirs", principal, json!({}));
    Break::new(what, FUNCTION, "policy", |hub| hub.theirs.push(theirs))
        .needs("find out who made it")
}

#[test]
fn a_function_that_others_may_invoke() {
    let breaks = vec![
        open_to("open to everybody", json!("*")),
        open_to(
            "open to another account",
            json!({"AWS": "arn:aws:iam::999988887777:root"}),
        ),
    ];
    all_are_named_and_fixed("invocations", breaks);
}

#[test]
fn a_function_that_does_not_do_its_work() {
    let breaks = vec![
        function("reserved concurrency 0", "state", |it| {
            it.reserved_concurrency = Some(0)
        }),
        function("not active", "state", |it| it.active = false).needs(super::DEPLOY),
        function("other code", "code", |it| it.code_sha256 = "another".into()),
        function("another runtime", "code", |it| {
            it.runtime = "provided.al2".into()
        }),
        function("another architecture", "code", |it| {
            it.architecture = "another".into()
        }),
        function("a second's time", "settings", |it| it.timeout = 1),
        function("too little memory", "settings", |it| it.memory_size = 64),
        function("somebody else's layer", "settings", |it| {
            it.layers
                .insert("arn:aws:lambda:eu-west-1:111122223333:layer:mine:1".into());
        }),
        function("in a VPC", "settings", |it| {
            it.subnets.insert("subnet-1".into());
        }),
        function("another key", "settings", |it| {
            it.kms_key = Some("arn:aws:kms:::key/1".into())
        }),
        function("no settings", "told", |it| it.settings.clear()),
        function("settings that cannot be read", "told", |it| {
            it.settings.clear();
            it.unread = Some("downloading from a host: no answer".into());
        })
        .unknown(),
        Break::new("no topic", FUNCTION, "told", |hub| hub.publish_to("")),
        Break::new("another topic", FUNCTION, "told", |hub| {
            hub.publish_to("arn:aws:sns:eu-west-1:111122223333:elsewhere");
        }),
        Break::new("another endpoint", FUNCTION, "environment", |hub| {
            hub.set_variable("AWS_ENDPOINT_URL_SNS", "http://127.0.0.1:9");
        }),
    ];
    all_are_named_and_fixed("function", breaks);
}
