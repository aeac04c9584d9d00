//! Long work: what is waited for, how far it is, and what happens when it is interrupted.

use super::terminal::Terminal;
use crate::world::{DEPLOY_SPOKES, PERSON, REGION, World, eventually};
use rootwatch_lab::{Fault, Kind, Late};

const CTRL_C: &str = "\u{3}";

fn begin(world: &World, args: &[&str]) -> (tempfile::TempDir, Terminal) {
    let folder = tempfile::tempdir().unwrap();
    let env = world.lab.env(&world.organization.hub, REGION);
    let run = Terminal::start(&env, folder.path(), 100, args);
    (folder, run)
}

#[test]
fn a_call_that_is_throttled_is_said_with_its_number() {
    let world = World::deployed();
    let throttled = Fault::new(Kind::Throttle)
        .operation("ListStackInstances")
        .times(3);
    world.fail(&throttled);
    let (_folder, run) = begin(&world, &["status"]);
    run.shows("AWS is throttling cloudformation:ListStackInstances; trying again (");
    let screen = run.end().ends_with(0);
    // It is gone when the result is there.
    assert!(!screen.text.contains("throttling"), "{}", screen.text);
    assert!(screen.text.contains("No gaps found."), "{}", screen.text);
}

#[test]
fn a_slow_read_is_counted_and_ctrl_c_ends_it() {
    let world = World::deployed();
    world.fail(&Fault::new(Kind::Hold { ms: 60_000 }).operation("ListRoots"));
    let (_folder, mut run) = begin(&world, &["status"]);
    run.shows("calls answered");
    run.press(CTRL_C);
    let screen = run.end().ends_with(130);
    let error = "error: interrupted before anything was changed";
    assert!(
        screen.text.lines().any(|line| line == error),
        "{}",
        screen.text
    );
    world.lab.clear_faults().unwrap();
}

#[test]
fn a_long_operation_has_a_bar() {
    let world = World::with_hub().calm();
    let late = Late {
        stackset_operation_ms: Some(3_000),
        ..Late::default()
    };
    world.lab.set_late(&late).unwrap();
    let (_folder, run) = begin(&world, &DEPLOY_SPOKES);
    run.shows("% ");
    run.shows(" waiting");
    let screen = run.end().ends_with(0);
    assert!(screen.text.contains("Watched now: "), "{}", screen.text);
    let is_command = |line: &String| line.trim_start().starts_with("rootwatch ");
    assert!(screen.broken.iter().all(is_command), "{:?}", screen.broken);
}

/// What of a bar would be left, as it is drawn.
fn is_of_a_bar(line: &str) -> bool {
    line.contains(|it: char| ('\u{2801}'..='\u{28ff}').contains(&it)) || line.contains("% ")
}

/// Presses Ctrl-C once something is shown, until the run has ended: how it then looks.
fn interrupted(world: &World, args: &[&str], shown: &str) -> String {
    let (_folder, mut run) = begin(world, args);
    run.shows(shown);
    eventually(&format!("the end of {args:?}"), || {
        run.press(CTRL_C);
        run.has_ended()
    });
    assert!(
        run.shows_control_keys(),
        "{args:?} left the terminal otherwise"
    );
    world.lab.clear_faults().unwrap();
    run.end().ends_with(130).text
}

#[test]
fn ctrl_c_leaves_nothing_of_a_bar() {
    let hold = |world: World, call: &str| {
        world.fail(&Fault::new(Kind::Hold { ms: 60_000 }).operation(call));
        world
    };
    let slow = World::with_hub().calm();
    let late = Late {
        stackset_operation_ms: Some(60_000),
        ..Late::default()
    };
    slow.lab.set_late(&late).unwrap();
    let deploy = ["deploy", "hub", "--email", PERSON, "--yes"];
    for (world, args, shown) in [
        (
            hold(World::deployed(), "ListRoots"),
            &["status"][..],
            "reading: ",
        ),
        (
            hold(World::new(), "CreateFunction"),
            &deploy,
            " function rootwatch-notifier 1s",
        ),
        (slow, &DEPLOY_SPOKES, "% "),
        (
            hold(World::deployed(), "PutEvents"),
            &["test"],
            "calling AWS",
        ),
    ] {
        let text = interrupted(&world, args, shown);
        assert!(!text.lines().any(is_of_a_bar), "{args:?}: {text}");
    }
}
