//! Two runs beside each other: whatever comes of it, one run afterwards brings it to the settings.

use crate::world::{DEPLOY_SPOKES, PERSON, Ran, World};
use serde_json::Value;
use std::time::Duration;

const HUB: [&str; 5] = ["deploy", "hub", "--email", PERSON, "--yes"];
const REST: Duration = Duration::from_secs(30);

/// Both begin at once; how each ended.
fn both(world: &World, one: &[&str], other: &[&str]) -> [Ran; 2] {
    let (one, other) = (world.begin(one), world.begin(other));
    let ended = [one.wait(), other.wait()];
    world.lab.wait_idle(REST).unwrap();
    for ran in &ended {
        let said = format!("{}{}", ran.stdout, ran.stderr);
        assert!([0, 1].contains(&ran.code), "{} {said}", ran.code);
        assert!(!said.contains("panicked"), "{said}");
        // Whoever loses is told what to do.
        let is_clear = ["again", "already", "at the same time", "is gone", "forward"];
        let is_clear = is_clear.iter().any(|it| said.contains(it));
        assert!(ran.code == 0 || is_clear, "{said}");
    }
    ended
}

/// The plan of a deployment is empty.
#[track_caller]
fn is_as_wanted(world: &World, deploy: &[&str]) {
    let flags = deploy[2..].iter().filter(|it| **it != "--yes");
    let flags: Vec<&str> = flags.copied().collect();
    let plan = [&["plan", deploy[1], "--detailed-exitcode"], &flags[..]].concat();
    world.rootwatch(&plan).ends_with(0);
}

/// One run, after which nothing is left to do.
#[track_caller]
fn one_run_mends(world: &World, deploy: &[&str]) {
    world.rootwatch(deploy).ends_with(0);
    is_as_wanted(world, deploy);
}

/// Without who has confirmed what, and when they were asked.
fn listing(world: &World) -> Value {
    let snapshot = world.lab.snapshot().unwrap().to_string();
    let time = regex_lite::Regex::new("email [0-9-]{10}T[0-9:]{8}Z").unwrap();
    serde_json::from_str(&time.replace_all(&snapshot, "email TIME")).unwrap()
}

#[test]
fn two_deployments_of_one_hub_with_the_same_settings_are_one() {
    let alone = World::new().calm();
    let beside = alone.fork().calm();
    alone.rootwatch(&HUB).ends_with(0);
    both(&beside, &HUB, &HUB);
    one_run_mends(&beside, &HUB);
    assert_eq!(listing(&beside), listing(&alone));
}

#[test]
fn two_deployments_of_one_hub_with_other_settings_end_soon_and_say_why() {
    let world = World::with_hub().calm();
    let with = |days, how| {
        [
            &HUB[..],
            &["--log-retention-days", days, "--notify-read-only", how],
        ]
        .concat()
    };
    let (one, other) = (with("30", "each"), with("90", "off"));
    for _ in 0..3 {
        let since = std::time::Instant::now();
        both(&world, &one, &other);
        assert!(
            since.elapsed() < Duration::from_secs(60),
            "{:?}",
            since.elapsed()
        );
    }
    one_run_mends(&world, &one);
    one_run_mends(&world, &other);
}

#[test]
fn a_deployment_beside_a_removal_leaves_nothing_that_one_run_does_not_mend() {
    let empty = World::new().calm();
    let before = listing(&empty);
    let world = World::with_hub().calm();
    let changed = [
        &HUB[..],
        &["--log-retention-days", "30", "--timeout", "10s"],
    ]
    .concat();
    both(&world, &changed, &["teardown", "hub", "--yes"]);
    one_run_mends(&world, &changed);
    both(
        &world,
        &["teardown", "hub", "--yes"],
        &["teardown", "hub", "--yes"],
    );
    world.rootwatch(&["teardown", "hub", "--yes"]).ends_with(0);
    assert_eq!(listing(&world), before);
}

#[test]
fn tests_beside_each_other_and_beside_a_deployment_leave_nothing() {
    let world = World::deployed().calm();
    let before = world.at_rest();
    for ran in both(&world, &["test"], &["test"]) {
        ran.ends_with(0);
    }
    assert_eq!(world.at_rest(), before);
    let changed = [&HUB[..], &["--log-retention-days", "30"]].concat();
    both(&world, &["test"], &changed);
    is_as_wanted(&world, &changed);
    world.rootwatch(&HUB).ends_with(0);
    world.rootwatch(&["test"]).ends_with(0);
}

#[test]
fn spokes_twice_at_once_are_deployed_by_one_run_afterwards() {
    let world = World::with_hub().calm();
    both(&world, &DEPLOY_SPOKES, &DEPLOY_SPOKES);
    one_run_mends(&world, &DEPLOY_SPOKES);
    let other = [
        "deploy",
        "spokes",
        "--ou",
        "/Security",
        "--heartbeat",
        "2h",
        "--yes",
    ];
    let changed = [&DEPLOY_SPOKES[..], &["--heartbeat", "3h"]].concat();
    both(&world, &changed, &other);
    one_run_mends(&world, &changed);
    both(&world, &changed, &["teardown", "spokes", "--yes"]);
    one_run_mends(&world, &changed);
}
