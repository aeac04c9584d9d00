//! Every command ends with what comes next.

use crate::adopt::{beside, world as published};
use crate::guardrail::{guarded, in_management};
use crate::world::{DEPLOY_SPOKES, PERSON, Ran, World};

/// What a run says comes next, without the numbers.
fn next(ran: &Ran) -> Vec<String> {
    let all = format!("{}\n{}", ran.stdout, ran.stderr);
    let pattern = regex_lite::Regex::new(r"(?m)^(?:Next:|     ) [0-9]+\. (.*)$").unwrap();
    let steps = pattern.captures_iter(&all);
    steps.map(|found| found[1].to_owned()).collect()
}

#[track_caller]
fn says(ran: Ran, wanted: &[&str]) {
    let ran = ran.ends_with(0);
    assert_eq!(next(&ran), wanted, "{}\n{}", ran.stdout, ran.stderr);
}

#[test]
fn what_looks_ends_with_what_comes_next() {
    let world = World::deployed().calm();
    for (args, wanted) in [
        (&["plan", "hub"][..], "rootwatch status"),
        (&["plan", "spokes"], "rootwatch status"),
        (&["status"], "rootwatch test"),
        (&["verify"], "rootwatch test"),
        (&["test"], "rootwatch status"),
        (&["settings"], "rootwatch plan hub"),
        (
            &["policy", "status"],
            "once that is allowed: rootwatch status",
        ),
        (&["scp"], "rootwatch plan guardrail --ou /"),
        (&["deploy", "hub", "--yes"], "rootwatch status"),
        (&["deploy", "spokes", "--yes"], "rootwatch status"),
    ] {
        says(world.rootwatch(args), &[wanted]);
    }
    // Beside a result for programs nothing is said.
    says(world.rootwatch(&["plan", "hub", "--output", "json"]), &[]);
}

#[test]
fn what_makes_ends_with_what_comes_next() {
    let world = World::new().calm();
    let hub = world.rootwatch(&["deploy", "hub", "--yes", "--email", PERSON]);
    assert!(next(&hub.ends_with(0)).len() > 2);
    let spokes = world.rootwatch(&DEPLOY_SPOKES);
    assert!(!next(&spokes.ends_with(0)).is_empty());
}

#[test]
fn what_removes_ends_with_what_is_left_to_remove() {
    let all = World::deployed().calm();
    let spokes = all.fork().calm();
    let hub = "remove the hub (where it is): rootwatch teardown hub";
    says(spokes.rootwatch(&["teardown", "spokes", "--yes"]), &[hub]);
    let rest =
        "remove the spokes, if you have not yet (where the StackSet is): rootwatch teardown spokes";
    says(spokes.rootwatch(&["teardown", "hub", "--yes"]), &[rest]);
    let again = "to see that nothing is left: rootwatch teardown all";
    says(all.rootwatch(&["teardown", "all", "--yes"]), &[again]);
    let seen = all.rootwatch(&["teardown", "all", "--yes"]);
    assert!(
        seen.stdout.starts_with("There is nothing to remove."),
        "{}",
        seen.stdout
    );
    says(seen, &[]);
}

#[test]
fn the_guardrail_that_stays_comes_next() {
    let world = guarded().calm();
    let spokes = in_management(&world, &["teardown", "spokes", "--yes"]);
    let guardrail = "as the management account: rootwatch teardown guardrail";
    let hub = "remove the hub (where it is): rootwatch teardown hub";
    says(spokes, &[guardrail, hub]);
    let removed = in_management(&world, &["teardown", "guardrail", "--yes"]);
    says(removed, &["rootwatch status"]);
}

#[test]
fn a_changeover_goes_on_by_the_same_command() {
    let flags = [
        "--regions",
        "us-east-1,eu-west-1",
        "--role",
        "rootwatch-reader",
    ];
    let adopt = [&["adopt", "--yes"], &flags[..]].concat();
    let waiting = published().calm().rootwatch(&adopt).ends_with(2);
    let again = "once that is done: rootwatch adopt --regions us-east-1 --regions eu-west-1 --role rootwatch-reader";
    // The hub that it has made says first whom to confirm.
    let steps = next(&waiting);
    assert_eq!(steps.last().unwrap(), again, "{}", waiting.stderr);
    says(beside().calm().rootwatch(&adopt), &["rootwatch status"]);
}
