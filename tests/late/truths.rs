//! The table of late truths, walked: each command meets every case that its calls can meet, one after the other, and
//! ends well in the one run.

use super::scenarios::{Scenario, all};
use crate::faults::failing;
use crate::hub::drift;
use crate::intruder::Intruder;
use crate::world::{PERSON, World, name, side_by_side};
use rootwatch_engine::{CASES, Case};
use rootwatch_lab::{Call, Fault, Kind};
use serde_json::Value;
use std::collections::BTreeSet;
use std::sync::Mutex;

/// What no command here can meet: the lab has no rollback that fails.
const NOT_MET: [(&str, &str); 1] = [("cloudformation:ContinueUpdateRollback", "ValidationError")];

/// A case by what makes it one: operation, code, part of the message.
type Key = (&'static str, &'static str, &'static str);

fn key(case: &Case) -> Key {
    (case.operation, case.code, case.message)
}

/// Whether AWS can give this answer to a call: a row for a whole service is for its writes, but that of Organizations,
/// and a StackSet's only for calls about StackSets.
fn fits(case: &Case, operation: &str, write: bool) -> bool {
    let is_whole_service = case.operation.ends_with(':');
    let of_stack_sets = operation.contains("StackSet") || operation.contains("StackInstances");
    case.is_of(operation)
        && (!is_whole_service || write || case.operation == "organizations:")
        && (case.operation != "cloudformation:" || of_stack_sets)
}

/// How a call fails for a case: as a whole, and where AWS says it of entries in a success, in that manner too.
fn failures(case: &Case, operation: &str) -> Vec<Fault> {
    let message = format!("It is not so yet: {}.", case.message);
    let mut all = vec![failing(case.code, &message, 400)];
    if case.source.contains(&format!("{operation}ResultEntry")) {
        all.push(Fault::new(Kind::Entries {
            code: case.code.into(),
            message,
            count: None,
        }));
    }
    all
}

/// Has each of these operations fail once for every case that fits it, and in every manner; returns how each will fail.
fn inject(world: &World, operations: &BTreeSet<(String, String, bool)>) -> Vec<(String, Key)> {
    let mut injected = Vec::new();
    for (service, operation, write) in operations {
        let action = match service.as_str() {
            "monitoring" => format!("cloudwatch:{operation}"),
            _ => format!("{service}:{operation}"),
        };
        let cases = CASES.iter().filter(|case| fits(case, &action, *write));
        let each = cases.flat_map(|case| {
            let failures = failures(case, operation).into_iter();
            failures.map(move |fault| (case, fault))
        });
        for (nth, (case, fault)) in (1..).zip(each) {
            let fault = fault.service(service).operation(operation).nth(nth);
            world.lab.add_fault(&fault).unwrap();
            injected.push((action.clone(), key(case)));
        }
    }
    injected
}

/// Fails unless each of these was met; a service may give a code without its prefix.
fn all_were_met(world: &World, injected: &[(String, Key)], what: &str) {
    let fired = world.lab.met_faults().unwrap();
    assert!(!fired.contains(&0), "{what}: {fired:?} of {injected:?}");
    let calls = world.lab.calls().unwrap();
    for (action, (_, code, _)) in injected {
        let is_it = |call: &Call| {
            let found = call.error_code.as_deref().unwrap_or_default();
            let is_cbor = found == call.status.to_string();
            is_cbor || found.ends_with(code) || (!found.is_empty() && code.ends_with(found))
        };
        let met = calls
            .iter()
            .any(|call| name(call) == *action && is_it(call));
        assert!(
            met,
            "{what}: {action} was not made, or did not fail with {code}"
        );
    }
}

fn walk(scenario: &Scenario) -> Vec<(String, Key)> {
    let calls = scenario.calls();
    let operations = calls
        .iter()
        .map(|it| (it.service.clone(), it.operation.clone(), it.write));
    let world = scenario.world();
    let injected = inject(&world, &operations.collect());
    let ran = scenario.run(&world);
    let expected = scenario.run_undisturbed();
    assert_eq!(
        ran.code, expected,
        "{}\n{}\n{}",
        scenario.name, ran.stdout, ran.stderr
    );
    all_were_met(&world, &injected, scenario.name);
    injected
}

/// The writes of a repair: everything in the hub is changed by somebody, in waves, and each wave's writes fail.
fn walk_repairs() -> Vec<(String, Key)> {
    let world = World::new().calm();
    let deploy = [&["deploy"], &drift::SETTINGS[..]].concat();
    world.rootwatch(&deploy).ends_with(0);
    world.lab.confirm_subscription(PERSON).unwrap();
    let intruder = Intruder::new(&world);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let mut all = Vec::new();
    for wave in drift::waves(drift::rows(&intruder)) {
        let writes = wave.iter().flat_map(|row| row.writes).map(|write| {
            let (service, operation) = write.split_once(':').unwrap();
            let service = if service == "cloudwatch" {
                "monitoring"
            } else {
                service
            };
            (service.to_owned(), operation.to_owned(), true)
        });
        let writes = writes.collect();
        for row in wave {
            runtime.block_on(row.drift);
        }
        world.lab.clear_calls().unwrap();
        let injected = inject(&world, &writes);
        world.rootwatch(&deploy).ends_with(0);
        all_were_met(&world, &injected, "a repair");
        world.lab.clear_faults().unwrap();
        all.extend(injected);
    }
    all
}

#[test]
fn every_late_truth_is_waited_out_by_every_call_that_can_meet_it() {
    let met = Mutex::new(BTreeSet::new());
    let note = |injected: Vec<(String, Key)>| {
        let keys = injected.into_iter().map(|(_, key)| key);
        met.lock().unwrap().extend(keys);
    };
    note(walk_repairs());
    side_by_side(all(), |scenario| note(walk(scenario)));
    let met = met.into_inner().unwrap();
    let missed = CASES.iter().map(key).filter(|key| !met.contains(key));
    let missed: Vec<(&str, &str)> = missed
        .map(|(operation, code, _)| (operation, code))
        .collect();
    assert_eq!(missed, NOT_MET);
}

/// The answers of AWS that the lab draws from, each with who has met it or documents it.
const OF_THE_LAB: &str = include_str!("../../crates/lab/python/rootwatch_lab/truths.json");
/// Codes that the SDK repeats by itself (aws-runtime, retries/classifiers.rs: THROTTLING_ERRORS; smithy: errors of 500).
const OF_THE_SDK: [&str; 4] = [
    "InternalError",
    "LimitExceededException",
    "RequestThrottled",
    "TooManyRequestsException",
];
/// Answers of the lab that no case is for, with the reason: operation, code, why.
const NO_CASE: [(&str, &str, &str); 5] = [
    (
        "lambda:PutFunctionEventInvokeConfig",
        "",
        "nothing makes this call any more",
    ),
    (
        "cloudformation:CreateStackInstances",
        "(operation result)",
        "a reason of an instance: spokes/again.rs tries it again",
    ),
    (
        "cloudformation:CreateStack",
        "AlreadyExistsException",
        "a stack's deletion is followed to its end before another is made",
    ),
    (
        "sts:AssumeRole",
        "AccessDenied",
        "more often a missing permission, which waiting would hide",
    ),
    (
        "iam:DeleteRolePermissionsBoundary",
        "NoSuchEntity",
        "only for a role that was found with a boundary",
    ),
];

/// What the lab draws is what strangers have met: a row that is taken out of the table, or words of it that no longer
/// fit, are noticed here.
#[test]
fn every_answer_that_the_lab_draws_is_waited_for_or_has_a_reason() {
    let rows: Vec<Value> = serde_json::from_str(OF_THE_LAB).unwrap();
    let text = |row: &Value, field: &str| row[field].as_str().unwrap().to_owned();
    let is_waited_for = |row: &&Value| {
        let (id, code, message) = (text(row, "id"), text(row, "code"), text(row, "message"));
        let operation = id.split(' ').next().unwrap();
        let is_case = |case: &Case| {
            case.is_of(operation) && case.code == code && message.contains(case.message)
        };
        let has_reason = |(of, only, _): &(&str, &str, &str)| {
            *of == operation && (only.is_empty() || *only == code)
        };
        OF_THE_SDK.contains(&code.as_str())
            || NO_CASE.iter().any(has_reason)
            || CASES.iter().any(is_case)
    };
    let missed: Vec<&Value> = rows.iter().filter(|row| !is_waited_for(row)).collect();
    assert!(missed.is_empty(), "{missed:#?}");
    assert!(rows.len() > 100);
}
