use super::{DEPLOY, NAME, report, watched};
use crate::world::{REGION, World};
use serde_json::Value;

/// What of the self-check is there, as text.
fn rest(world: &World) -> Vec<String> {
    let snapshot = world.lab.snapshot().unwrap();
    let mut found = Vec::new();
    let hub = &snapshot[&world.organization.hub];
    for place in hub.as_object().unwrap().values() {
        for (kind, items) in place.as_object().unwrap() {
            let Value::Object(items) = items else {
                continue;
            };
            let names = items.keys().filter(|it| it.contains("selfcheck"));
            found.extend(names.map(|it| format!("{kind} {it}")));
        }
        let rules = &place["event_buses"]["default"]["Rules"];
        let rules = rules.as_object().into_iter().flat_map(|it| it.keys());
        found.extend(
            rules
                .filter(|it| *it == NAME)
                .map(|it| format!("rule {it}")),
        );
    }
    found.sort();
    found
}

#[test]
fn off_removes_all_of_it_and_is_remembered_and_on_makes_it_again() {
    let world = watched();
    let all = rest(&world);
    assert_eq!(all.len(), 6, "{all:?}");
    let off = [&DEPLOY[..], &["--self-check", "off"]].concat();
    world.rootwatch(&off).ends_with(0);
    assert_eq!(rest(&world), Vec::<String>::new());
    world.count_calls();
    world.rootwatch(&DEPLOY).ends_with(0);
    assert_eq!(world.writes(), Vec::<String>::new());
    let status = world.rootwatch(&["status"]).ends_with(0);
    assert!(
        status.stdout.contains("  self-check: off\n"),
        "{}",
        status.stdout
    );
    let verified = world.rootwatch(&["verify"]).ends_with(0);
    assert!(
        !verified.stdout.contains("selfcheck"),
        "{}",
        verified.stdout
    );

    let on = [&DEPLOY[..], &["--self-check", "daily"]].concat();
    world.rootwatch(&on).ends_with(0);
    assert_eq!(rest(&world), all);
    world.at_rest();
    report(&world);
    // And that is remembered too.
    world.count_calls();
    world.rootwatch(&DEPLOY).ends_with(0);
    assert_eq!(world.writes(), Vec::<String>::new());
}

#[test]
fn a_second_run_only_reads_and_verify_calls_all_of_it_fine() {
    let world = watched();
    world.count_calls();
    world.rootwatch(&DEPLOY).ends_with(0);
    assert_eq!(world.writes(), Vec::<String>::new());
    let verified = world.rootwatch(&["verify", "-v"]).ends_with(0);
    for part in [
        "function rootwatch-selfcheck",
        "log-group /aws/lambda/rootwatch-selfcheck",
        "permission rootwatch-selfcheck RootwatchSchedule",
        "role rootwatch-selfcheck-eu-west-1",
        "rule rootwatch-selfcheck",
        "alarm rootwatch-selfcheck-silent",
    ] {
        assert!(
            verified.stdout.contains(part),
            "{part}: {}",
            verified.stdout
        );
    }
}

#[test]
fn teardown_leaves_nothing_of_it() {
    let world = watched();
    world.rootwatch(&["teardown", "all", "--yes"]).ends_with(0);
    assert_eq!(rest(&world), Vec::<String>::new());
    assert!(!world.left().contains("rootwatch"));
}

#[test]
fn a_hub_of_an_earlier_version_gets_one() {
    let world = World::with_hub().with_self_check().calm();
    // As an earlier version leaves it: nobody said anything of a self-check.
    let config = world.sdk(&world.organization.hub, REGION);
    let sns = aws_sdk_sns::Client::new(&config);
    let topic = format!(
        "arn:aws:sns:{REGION}:{}:rootwatch-health",
        world.organization.hub
    );
    let untag = sns.untag_resource().resource_arn(topic);
    let untag = untag.tag_keys("rootwatch:self-check");
    super::runtime().block_on(untag.send()).unwrap();
    let plan = world.rootwatch(&["plan", "hub"]).ends_with(0);
    assert!(
        plan.stdout.contains("function rootwatch-selfcheck"),
        "{}",
        plan.stdout
    );
    world.rootwatch(&DEPLOY).ends_with(0);
    assert_eq!(rest(&world).len(), 6);
}

#[test]
fn somebody_elses_function_of_that_name_stays() {
    let world = World::new().calm();
    world.rootwatch(&DEPLOY).ends_with(0);
    let config = world.sdk(&world.organization.hub, REGION);
    let logs = aws_sdk_cloudwatchlogs::Client::new(&config);
    let group = "/aws/lambda/rootwatch-selfcheck";
    let made = logs.create_log_group().log_group_name(group).send();
    super::runtime().block_on(made).unwrap();
    // Off: it is none of ours, and no reason to stop.
    world.count_calls();
    world.rootwatch(&DEPLOY).ends_with(0);
    assert_eq!(world.writes(), Vec::<String>::new());
    assert_eq!(rest(&world), [format!("log_groups {group}")]);
    // On: it would have to be changed.
    let on = [&DEPLOY[..], &["--self-check", "weekly"]].concat();
    let refused = world.rootwatch(&on).ends_with(1);
    assert!(
        refused.stderr.contains("belongs to somebody else"),
        "{}",
        refused.stderr
    );
}
