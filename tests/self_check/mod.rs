//! The daily self-check: the function really runs, by the role that it has.

/// What it reports and mails from day to day.
mod days;
/// What somebody changes of it.
mod drift;
/// Hubs without one.
mod off;
/// What its role may do, and what is said where it may not.
mod role;
/// Ways to silence the watch, and who is told.
mod silence;

use crate::schemas;
use crate::world::{DEPLOY_SPOKES, PERSON, REGION, World};
use rootwatch_lab::Mail;
use serde_json::Value;
use std::sync::LazyLock;

const DEPLOY: [&str; 5] = ["deploy", "hub", "--email", PERSON, "--yes"];
const NAME: &str = "rootwatch-selfcheck";

/// A deployment that watches itself, made once; tests begin with forks of it.
static WATCHED: LazyLock<World> = LazyLock::new(|| {
    let world = World::new().with_self_check().calm();
    world.rootwatch(&DEPLOY).ends_with(0);
    world.lab.confirm_subscription(PERSON).unwrap();
    // As a whole: the unit of the delegated administrator's own account too.
    let units = ["--ou", "/Security"];
    world
        .rootwatch(&[&DEPLOY_SPOKES[..], &units].concat())
        .ends_with(0);
    world.at_rest();
    world
});

fn watched() -> World {
    WATCHED.fork().calm()
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Runtime::new().unwrap()
}

fn lambda(world: &World) -> aws_sdk_lambda::Client {
    aws_sdk_lambda::Client::new(&world.sdk(&world.organization.hub, REGION))
}

/// Has it run as the schedule does, and waits for it.
#[track_caller]
fn invoke(world: &World) {
    let event = aws_sdk_lambda::primitives::Blob::new(r#"{"source":"aws.events"}"#);
    let client = lambda(world);
    let call = client.invoke().function_name(NAME).payload(event);
    let answer = runtime().block_on(call.send()).unwrap();
    let payload = answer
        .payload()
        .map(|it| String::from_utf8_lossy(it.as_ref()).into_owned());
    assert_eq!(
        answer.function_error(),
        None,
        "{payload:?}\n{}",
        last_log(world)
    );
    world.at_rest();
}

/// What its last run wrote.
fn last_log(world: &World) -> String {
    let invocations = world.lab.invocations().unwrap();
    let mut own = invocations
        .iter()
        .filter(|it| it.function_arn.ends_with(NAME));
    own.next_back().map(|it| it.log.clone()).unwrap_or_default()
}

/// The report of its last run.
#[track_caller]
fn report(world: &World) -> Value {
    let log = last_log(world);
    let line = log.lines().find(|it| it.contains("rootwatch.self-check/1"));
    let line = line.unwrap_or_else(|| panic!("no report in: {log}"));
    let report = serde_json::from_str(line).unwrap();
    schemas::is_obeyed(&report);
    report
}

/// Has it run, and returns its report.
#[track_caller]
fn check(world: &World) -> Value {
    invoke(world);
    report(world)
}

/// The ids of what it found wrong, or could not read.
fn ids(report: &Value, which: &str) -> Vec<String> {
    let kinds = report[which]["kinds"].as_array().unwrap();
    kinds
        .iter()
        .map(|it| it["id"].as_str().unwrap().to_owned())
        .collect()
}

/// What it mailed so far; alarms mail to the same address.
fn mails(world: &World) -> Vec<Mail> {
    let mut mails = world.health_mails();
    mails.retain(|it| !it.subject.starts_with("ALARM"));
    mails
}
