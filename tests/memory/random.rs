//! Whatever a deployment was made with: a plain run changes nothing, and a single flag what it names.

use super::hub_changes;
use crate::world::{PERSON, World};
use proptest::prelude::*;
use proptest::test_runner::{RngSeed, TestRunner};

/// Drawn deployments; `PROPTEST_CASES` draws more.
const CASES: u32 = 5;

/// The flags of one setting, or none of them.
fn flag(name: &'static str, values: &'static [&'static str]) -> impl Strategy<Value = Vec<String>> {
    let value = prop::sample::select(values);
    prop::option::of(value).prop_map(move |value| match value {
        Some(value) => vec![name.to_owned(), value.to_owned()],
        None => Vec::new(),
    })
}

fn key(name: &'static str) -> impl Strategy<Value = Vec<String>> {
    flag(
        name,
        &["arn:aws:kms:eu-west-1:222222222222:key/1234abcd-12ab-34cd-56ef-1234567890ab"],
    )
}

fn hub_flags() -> impl Strategy<Value = Vec<String>> {
    let roles = prop_oneof![
        Just(vec![]),
        Just(vec!["--role-prefix=Corp-".to_owned()]),
        Just(vec![
            "--role-prefix=Corp-".to_owned(),
            "--iam-path=/team/".to_owned()
        ]),
    ];
    (
        flag("--topic-name", &["root-alarms", "a", "rootwatch-alerts"]),
        flag("--notify-format", &["text", "chatbot"]),
        flag("--notify-read-only", &["digest", "each", "off"]),
        flag("--log-retention-days", &["1", "90", "365", "3653"]),
        (
            flag("--account-name", &["111122223333=Prod, \"EU\""]),
            flag(
                "--owner",
                &["111122223333=Pay, \"EU\"", "ou-ab12-cdefgh34=Shops"],
            ),
            flag("--notify-runbook", &["https://wiki.example.com/a?b=c#d"]),
            flag("--notify-contact", &["#sec, +49 30 1234567"]),
            flag(
                "--route",
                &["arn:aws:sns:eu-west-1:444455556666:shops=of=r-ab12"],
            ),
            flag("--tag", &["team=a b", "cost.centre=1:2"]),
        ),
        (
            key("--kms-key"),
            key("--log-kms-key"),
            key("--queue-kms-key"),
        ),
        roles,
        flag(
            "--sns-subscription",
            &["sms=+491701234567", "https=https://u:secret@example.com/in"],
        ),
    )
        .prop_map(|(a, b, c, d, (e, l, m, n, o, f), (g, h, i), roles, k)| {
            [a, b, c, d, e, f, g, h, i, roles, k, l, m, n, o].concat()
        })
}

fn spokes_flags() -> impl Strategy<Value = Vec<String>> {
    let units =
        prop::sample::subsequence(vec!["/Workloads", "/Security", "/Workloads/Prod"], 1..=2);
    (
        units,
        flag(
            "--regions",
            &["us-east-1", "us-east-1,eu-west-1", "eu-central-1,us-east-1"],
        ),
        flag("--max-concurrent", &["1", "25%"]),
        flag("--failure-tolerance", &["0", "10%"]),
        flag("--region-concurrency", &["sequential"]),
        flag("--heartbeat", &["off", "2h"]),
    )
        .prop_map(|(units, a, b, c, d, e)| {
            let units = units
                .into_iter()
                .flat_map(|it| ["--ou".to_owned(), it.to_owned()]);
            [units.collect(), a, b, c, d, e].concat()
        })
}

/// A flag, and the kinds of the resources that it may change.
const SINGLE: [(&[&str], &[&str]); 7] = [
    (&["--log-retention-days", "30"], &["log-group"]),
    (&["--notify-format", "chatbot"], &["function"]),
    (
        &["--notify-read-only", "each"],
        &["function", "event-source-mapping"],
    ),
    (&["--account-name", "444455556666=Data"], &["function"]),
    (&["--email", "cto@example.com"], &["subscriptions"]),
    (&["--reset", "notify.format"], &["function"]),
    (&["--reset", "log_retention_days"], &["log-group"]),
];

fn holds(hub: &[String], spokes: &[String], (single, kinds): (&[&str], &[&str])) {
    // Late truths have tests of their own, and are no part of what is remembered.
    let world = World::new().calm();
    let flags: Vec<&str> = hub.iter().map(String::as_str).collect();
    let deploy = [&["deploy", "hub", "--yes", "--email", PERSON], &flags[..]].concat();
    world.rootwatch(&deploy).ends_with(0);
    world.lab.confirm_subscription(PERSON).unwrap();
    assert_eq!(hub_changes(&world, &[]), Vec::<String>::new());
    for id in hub_changes(&world, single) {
        assert!(
            kinds.iter().any(|kind| id.starts_with(kind)),
            "{single:?} changes {id}"
        );
    }
    let flags: Vec<&str> = spokes.iter().map(String::as_str).collect();
    let deploy = [&["deploy", "spokes", "--yes"], &flags[..]].concat();
    world.rootwatch(&deploy).ends_with(0);
    let plan = world.rootwatch(&["plan", "spokes", "--detailed-exitcode"]);
    assert_eq!(plan.code, 0, "{}{}", plan.stdout, plan.stderr);
    assert_eq!(hub_changes(&world, &[]), Vec::<String>::new());
}

#[test]
fn a_plain_run_changes_nothing_and_a_flag_what_it_names() {
    let default = ProptestConfig::default();
    let config = ProptestConfig {
        cases: match std::env::var_os("PROPTEST_CASES") {
            Some(_) => default.cases,
            None => CASES,
        },
        rng_seed: RngSeed::Fixed(1),
        failure_persistence: None,
        max_shrink_iters: 8,
        ..default
    };
    let drawn = (hub_flags(), spokes_flags(), 0..SINGLE.len());
    TestRunner::new(config)
        .run(&drawn, |(hub, spokes, single)| {
            holds(&hub, &spokes, SINGLE[single]);
            Ok(())
        })
        .unwrap();
}
