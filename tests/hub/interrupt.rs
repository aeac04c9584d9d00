use crate::world::{PERSON, World, eventually};
use rootwatch_lab::{Call, Fault, Kind, Late};
use serde_json::{Map, Value};
use std::time::{Duration, Instant};

const DEPLOY: [&str; 5] = ["deploy", "hub", "--email", PERSON, "--yes"];
const UNINTERRUPTED: &str = "uninterrupted";

fn deploy(world: &World, name: &str) -> crate::world::Ran {
    world.rootwatch(&[&DEPLOY[..], &["--name", name]].concat())
}

/// What one deployment has in the lab, without its name and the times at which it subscribed somebody.
fn deployment(snapshot: &Value, name: &str) -> Value {
    let mut found = Map::new();
    for (account, regions) in snapshot.as_object().unwrap() {
        for (region, kinds) in regions.as_object().unwrap() {
            for (kind, items) in kinds.as_object().unwrap() {
                let place = format!("{account} {region} {kind}");
                found.insert(place, of_name(items, name));
            }
        }
    }
    let text = Value::Object(found).to_string().replace(name, "NAME");
    let time = regex_lite::Regex::new("email [0-9-]{10}T[0-9:]{8}Z").unwrap();
    serde_json::from_str(&time.replace_all(&text, "email TIME")).unwrap()
}

fn of_name(items: &Value, name: &str) -> Value {
    match items {
        Value::Object(items) => items
            .iter()
            .filter(|(key, _)| key.contains(name))
            .map(|(key, item)| (key.clone(), item.clone()))
            .collect(),
        Value::Array(items) => items
            .iter()
            .filter(|item| item.to_string().contains(name))
            .cloned()
            .collect(),
        other => other.clone(),
    }
}

/// Each write of a first deployment: service, operation, and which of its kind it is.
fn writes_of_a_first_deployment(world: &World) -> Vec<(String, String, u64)> {
    world.lab.clear_calls().unwrap();
    deploy(world, UNINTERRUPTED).ends_with(0);
    world.numbered_writes()
}

#[track_caller]
fn nothing_is_left_to_do(world: &World, name: &str) {
    let plan = ["plan", "hub", "--detailed-exitcode", "--email", PERSON];
    let plan = [&plan[..], &["--name", name]].concat();
    world.rootwatch(&plan).ends_with(0);
}

/// Fails unless these deployments are what the uninterrupted one is.
#[track_caller]
fn are_as_uninterrupted(world: &World, names: &[String]) {
    let snapshot = world.lab.snapshot().unwrap();
    let expected = deployment(&snapshot, UNINTERRUPTED);
    for name in names {
        assert_eq!(deployment(&snapshot, name), expected, "{name}");
    }
}

#[test]
fn the_next_run_goes_on_after_a_failure_at_any_write() {
    let world = World::new();
    let writes = writes_of_a_first_deployment(&world);
    assert!(writes.len() > 20, "{writes:?}");
    let mut names = Vec::new();
    for (index, (service, operation, nth)) in writes.iter().enumerate() {
        let name = format!("failed-{index:02}");
        let fault = Fault::new(Kind::Fail {
            code: "AccessDeniedException".into(),
            message: "not today".into(),
            status: 403,
        });
        let fault = fault.service(service).operation(operation).nth(*nth);
        world.lab.add_fault(&fault).unwrap();
        let ran = deploy(&world, &name).ends_with(1);
        for said in ["\nDone: ", "\nNot done: ", operation] {
            assert!(ran.stderr.contains(said), "{fault:?}\n{}", ran.stderr);
        }
        world.lab.clear_faults().unwrap();
        deploy(&world, &name).ends_with(0);
        nothing_is_left_to_do(&world, &name);
        names.push(name);
    }
    are_as_uninterrupted(&world, &names);
}

/// The SDK repeats a call that got no answer; each write gets none once, as many of them in a run as there are
/// operations.
fn each_connection_is_lost_once(applied: bool) {
    let world = World::new();
    let writes = writes_of_a_first_deployment(&world);
    let most = writes.iter().map(|(_, _, nth)| *nth).max().unwrap();
    let mut names = Vec::new();
    for wanted in 1..=most {
        let name = format!("lost-{wanted}");
        let lost = writes.iter().filter(|(_, _, nth)| *nth == wanted);
        for (service, operation, nth) in lost {
            let fault = Fault::new(Kind::Drop { applied });
            let fault = fault.service(service).operation(operation).nth(*nth);
            world.lab.add_fault(&fault).unwrap();
        }
        deploy(&world, &name).ends_with(0);
        world.lab.clear_faults().unwrap();
        nothing_is_left_to_do(&world, &name);
        names.push(name);
    }
    are_as_uninterrupted(&world, &names);
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
fn ctrl_c_before_the_first_write_changes_nothing() {
    let world = World::new();
    world.lab.clear_calls().unwrap();
    world.lab.set_delay(400).unwrap();
    let running = world.begin(&DEPLOY);
    eventually("the first call", || calls(&world, |_| true) > 0);
    running.interrupt();
    let ran = running.wait().ends_with(130);
    assert!(
        ran.stderr
            .contains("interrupted before anything was changed"),
        "{}",
        ran.stderr
    );
    std::thread::sleep(Duration::from_millis(500));
    assert_eq!(world.writes(), Vec::<String>::new());
}

#[test]
fn ctrl_c_finishes_the_call_under_way_and_the_next_run_goes_on() {
    let world = World::new();
    world.lab.clear_calls().unwrap();
    world.lab.set_delay(300).unwrap();
    let running = world.begin(&DEPLOY);
    eventually("a write", || calls(&world, |call| call.write) > 0);
    running.interrupt();
    let ran = running.wait().ends_with(130);
    let writes = world.writes();
    for said in ["\nDone: ", "\nNot done: ", "Run the same command again"] {
        assert!(ran.stderr.contains(said), "{}", ran.stderr);
    }
    assert!(!ran.stderr.contains("error:"), "{}", ran.stderr);
    // A call that was cut off would still reach the lab.
    std::thread::sleep(Duration::from_millis(400));
    assert_eq!(world.writes(), writes);
    assert!(!writes.contains(&"events:PutRule".to_owned()), "{writes:?}");

    world.lab.set_delay(0).unwrap();
    world.rootwatch(&DEPLOY).ends_with(0);
    nothing_is_left_to_do(&world, "rootwatch");
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
