use crate::every::of_each_operation;
use crate::faults::denied;
use crate::world::{PERSON, World, eventually, side_by_side};
use rootwatch_lab::{Call, Fault, Kind, Late};
use serde_json::Value;
use std::time::{Duration, Instant};

const DEPLOY: [&str; 5] = ["deploy", "hub", "--email", PERSON, "--yes"];
/// How long calls may take that nobody waits for any more.
const PATIENCE: Duration = Duration::from_secs(30);

/// All that there is, without the times at which the hub subscribed somebody.
fn all(world: &World) -> Value {
    let snapshot = world.lab.snapshot().unwrap().to_string();
    let time = regex_lite::Regex::new("email [0-9-]{10}T[0-9:]{8}Z").unwrap();
    serde_json::from_str(&time.replace_all(&snapshot, "email TIME")).unwrap()
}

/// A first deployment that nothing disturbs.
struct Uninterrupted {
    /// Each write: service, operation, and which of its kind it is.
    writes: Vec<(String, String, u64)>,
    /// All that there is then.
    all: Value,
}

impl Uninterrupted {
    fn of(world: &World) -> Self {
        world.count_calls();
        world.rootwatch(&DEPLOY).ends_with(0);
        let writes = world.numbered_writes();
        assert!(writes.len() > 20, "{writes:?}");
        let all = all(world);
        Self { writes, all }
    }
}

#[track_caller]
fn nothing_is_left_to_do(world: &World) {
    let plan = ["plan", "hub", "--detailed-exitcode", "--email", PERSON];
    world.rootwatch(&plan).ends_with(0);
}

#[test]
fn the_next_run_goes_on_after_a_failure_at_any_write() {
    let empty = World::new();
    let uninterrupted = Uninterrupted::of(&empty.fork());
    let tried = of_each_operation(uninterrupted.writes.clone());
    side_by_side(tried, |(service, operation, nth)| {
        let world = empty.fork();
        let fault = denied().service(service).operation(operation).nth(*nth);
        world.fail(&fault);
        let ran = world.rootwatch(&DEPLOY).ends_with(1);
        for said in ["\nDone: ", "\nNot done: ", operation] {
            assert!(ran.stderr.contains(said), "{fault:?}\n{}", ran.stderr);
        }
        world.lab.clear_faults().unwrap();
        world.rootwatch(&DEPLOY).ends_with(0);
        nothing_is_left_to_do(&world);
        assert_eq!(all(&world), uninterrupted.all, "{fault:?}");
    });
}

/// The SDK repeats a call that got no answer; each write gets none once, as many of them in a run as there are
/// operations.
fn each_connection_is_lost_once(applied: bool) {
    let empty = World::new();
    let uninterrupted = Uninterrupted::of(&empty.fork());
    let writes = &uninterrupted.writes;
    let most = writes.iter().map(|(_, _, nth)| *nth).max().unwrap();
    side_by_side(1..=most, |wanted| {
        let world = empty.fork();
        let lost = writes.iter().filter(|(_, _, nth)| nth == wanted);
        for (service, operation, nth) in lost {
            let fault = Fault::new(Kind::Drop { applied });
            let fault = fault.service(service).operation(operation).nth(*nth);
            world.fail(&fault);
        }
        world.rootwatch(&DEPLOY).ends_with(0);
        world.lab.clear_faults().unwrap();
        nothing_is_left_to_do(&world);
        assert_eq!(all(&world), uninterrupted.all, "{wanted}");
    });
}

#[test]
fn a_connection_lost_before_any_write_does_no_harm() {
    each_connection_is_lost_once(false);
}

#[test]
fn a_connection_lost_after_any_write_does_no_harm() {
    each_connection_is_lost_once(true);
}

fn calls(world: &World, wanted: impl Fn(&Call) -> bool) -> usize {
    let calls = world.lab.calls().unwrap();
    calls.iter().filter(|call| wanted(call)).count()
}

#[test]
fn a_signal_before_the_first_write_changes_nothing() {
    side_by_side(["-INT", "-TERM", "-HUP"], |it| {
        ends_before_the_first_write(it)
    });
}

fn ends_before_the_first_write(signal: &str) {
    let world = World::new();
    world.count_calls();
    world.lab.set_delay(400).unwrap();
    let running = world.begin(&DEPLOY);
    eventually("the first call", || calls(&world, |_| true) > 0);
    running.signal(signal);
    let ran = running.wait().ends_with(130);
    assert!(
        ran.stderr
            .contains("interrupted before anything was changed"),
        "{}",
        ran.stderr
    );
    // A call that was cut off still reaches the lab.
    world.lab.wait_disconnected(PATIENCE).unwrap();
    assert_eq!(world.writes(), Vec::<String>::new());
}

/// Of a terminal, of a job that is cancelled, and of a terminal that is closed.
#[test]
fn each_signal_finishes_the_call_under_way_and_the_next_run_goes_on() {
    side_by_side(["-INT", "-TERM", "-HUP"], |it| {
        finishes_the_call_under_way(it)
    });
}

fn finishes_the_call_under_way(signal: &str) {
    let world = World::new();
    world.count_calls();
    world.lab.set_delay(300).unwrap();
    let running = world.begin(&DEPLOY);
    eventually("a write", || calls(&world, |call| call.write) > 0);
    running.signal(signal);
    let ran = running.wait().ends_with(130);
    let writes = world.writes();
    for said in ["\nDone: ", "\nNot done: ", "Run the same command again"] {
        assert!(ran.stderr.contains(said), "{}", ran.stderr);
    }
    assert!(!ran.stderr.contains("error:"), "{}", ran.stderr);
    // A call that was cut off would still reach the lab.
    world.lab.wait_disconnected(PATIENCE).unwrap();
    assert_eq!(world.writes(), writes);
    assert!(!writes.contains(&"events:PutRule".to_owned()), "{writes:?}");

    world.lab.set_delay(0).unwrap();
    world.rootwatch(&DEPLOY).ends_with(0);
    nothing_is_left_to_do(&world);
}

#[test]
fn ctrl_c_ends_a_wait() {
    let world = World::new();
    let late = Late {
        role_visible_after_ms: Some(60_000),
        ..Late::default()
    };
    world.lab.set_late(&late).unwrap();
    let running = world.begin(&DEPLOY);
    eventually("the wait for the role", || {
        calls(&world, |call| call.operation == "CreateFunction") > 1
    });
    let since = Instant::now();
    running.interrupt();
    let ran = running.wait().ends_with(130);
    assert!(since.elapsed() < Duration::from_secs(10));
    assert!(
        ran.stderr
            .contains("function rootwatch-notifier not finished"),
        "{}",
        ran.stderr
    );
}
