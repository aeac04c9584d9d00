//! Each read that `status` makes is refused, one at a time: the report names it, and everything else stands.

use crate::faults::access_denied;
use crate::world::{Ran, World};
use serde_json::Value;
use std::collections::BTreeSet;

const STATUS: [&str; 3] = ["status", "--regions", "us-east-1,eu-west-1"];

/// Not asked of AWS by `status` itself, but by every run: who the caller is.
const OF_EVERY_RUN: &str = "GetCallerIdentity";

/// The calls that a run makes, each as its service and operation.
fn calls(world: &World, account: &str) -> BTreeSet<(String, String)> {
    world.count_calls();
    world.rootwatch_as(account, &STATUS).ends_with(0);
    let calls = world.lab.calls().unwrap().into_iter();
    let own = calls.filter(|call| !call.by_function && call.operation != OF_EVERY_RUN);
    own.map(|call| (call.service, call.operation)).collect()
}

fn json(world: &World, account: &str) -> Ran {
    world.rootwatch_as(account, &[&STATUS[..], &["--output", "json"]].concat())
}

fn strings(value: &Value) -> BTreeSet<String> {
    let all = value.as_array().into_iter().flatten();
    all.filter_map(Value::as_str).map(str::to_owned).collect()
}

/// What a report has that is neither refused nor a consequence of it.
#[track_caller]
fn is_whole(call: &str, before: &Value, after: &Value) {
    let (hub, was) = (&after["hub"], &before["hub"]);
    let unknown = strings(&hub["unknown"]);
    let wanted: BTreeSet<String> = strings(&was["present"])
        .difference(&unknown)
        .cloned()
        .collect();
    assert_eq!(strings(&hub["present"]), wanted, "{call}");
    for lost in ["missing", "changed"] {
        assert_eq!(strings(&hub[lost]), BTreeSet::new(), "{call}: {lost}");
    }
    let is_known = |kind: &str| !unknown.iter().any(|id| id.starts_with(kind));
    if is_known("subscriptions rootwatch-alerts") {
        assert_eq!(hub["subscriptions"], was["subscriptions"], "{call}");
    }
    if is_known("queue") {
        assert_eq!(hub["dead_letters"], was["dead_letters"], "{call}");
    }
    let spokes = &after["spokes"];
    for (unknown, known) in [
        ("stack_set_unknown", "forwards_to"),
        ("accounts_unknown", "accounts"),
        ("instances_unknown", "stack_set"),
    ] {
        if spokes[unknown].is_null() {
            assert_eq!(spokes[known], before["spokes"][known], "{call}: {known}");
        }
    }
}

/// The gap that names the call, and no other but those that follow from the same call.
#[track_caller]
fn is_named(call: &str, operation: &str, report: &Value) {
    let gaps = report["gaps"].as_array().unwrap();
    assert!(!gaps.is_empty(), "{call}: {report}");
    for gap in gaps {
        let named = gap["operation"].as_str().unwrap_or_default();
        assert!(named.ends_with(&format!(":{operation}")), "{call}: {gap}");
        let fix = gap["fix"].as_str().unwrap();
        assert!(
            fix.contains(operation) || fix.contains("delegated administrator"),
            "{call}: {gap}"
        );
        for key in ["id", "account", "resource", "text"] {
            assert!(
                gap[key].as_str().is_some_and(|it| !it.is_empty()),
                "{call}: {key}: {gap}"
            );
        }
    }
}

/// No text stands there twice.
#[track_caller]
fn says_nothing_twice(call: &str, text: &str, report: &Value) {
    let lines: Vec<&str> = text
        .lines()
        .filter(|line| !line.trim().is_empty())
        .collect();
    let distinct: BTreeSet<&&str> = lines.iter().collect();
    assert_eq!(lines.len(), distinct.len(), "{call}: {text}");
    // Each run's calls have ids of their own.
    let id = regex_lite::Regex::new("request id [A-Za-z0-9-]+").unwrap();
    let text = id.replace_all(text, "");
    for gap in report["gaps"].as_array().unwrap() {
        let said = id.replace_all(gap["text"].as_str().unwrap(), "");
        assert_eq!(text.matches(&*said).count(), 1, "{call}: {said}: {text}");
    }
}

fn each_refusal_is_a_gap(world: &World, account: &str) {
    let all = calls(world, account);
    assert!(all.len() > 20, "{all:?}");
    let before = json(world, account).ends_with(0).json();
    // Whether there is a guardrail is no part of the watch: not to know it is said, and no gap.
    let all = all.into_iter().filter(|(_, it)| it != "ListPolicies");
    for (service, operation) in all {
        let call = format!("{service} {operation}");
        let fault = access_denied().service(&service).operation(&operation);
        world.fail(&fault);
        let report = json(world, account).ends_with(2).json();
        let text = world.rootwatch_as(account, &STATUS).ends_with(2).stdout;
        world.lab.clear_faults().unwrap();
        is_named(&call, &operation, &report);
        is_whole(&call, &before, &report);
        says_nothing_twice(&call, &text, &report);
    }
}

#[test]
fn each_read_in_the_hubs_account_that_is_refused_is_a_gap_and_hides_nothing() {
    let world = World::deployed();
    let hub = world.organization.hub.clone();
    each_refusal_is_a_gap(&world, &hub);
}

#[test]
fn each_read_in_the_management_account_that_is_refused_is_a_gap_and_hides_nothing() {
    let world = World::deployed();
    let units = ["--ou", "/Workloads", "--ou", "/Security"];
    let regions = ["--regions", "us-east-1,eu-west-1", "--yes"];
    world
        .as_management(&[&["deploy", "spokes"], &units[..], &regions].concat())
        .ends_with(0);
    let management = world.organization.management.clone();
    let world = world.calm();
    for (service, operation) in [
        ("cloudformation", "DescribeStacks"),
        ("cloudformation", "GetTemplate"),
        ("cloudformation", "DescribeStackSet"),
        ("cloudformation", "ListStackInstances"),
        ("cloudformation", "ListStackSetOperations"),
        ("organizations", "DescribeOrganization"),
        ("organizations", "ListAccountsForParent"),
        ("account", "ListRegions"),
    ] {
        let call = format!("{service} {operation}");
        world.fail(&access_denied().service(service).operation(operation));
        let report = json(&world, &management).ends_with(2).json();
        let text = world.rootwatch_as(&management, &STATUS).ends_with(2).stdout;
        world.lab.clear_faults().unwrap();
        is_named(&call, operation, &report);
        says_nothing_twice(&call, &text, &report);
        let is_covered = report["spokes"]["covered_accounts"].as_u64();
        let hides = ["ListStackInstances", "DescribeStacks", "GetTemplate"];
        assert!(
            is_covered > Some(0) || hides.contains(&operation),
            "{call}: {report}"
        );
    }
}

#[test]
fn credentials_of_another_account_that_do_not_work_are_a_gap() {
    let world = World::deployed().calm();
    let (hub, management) = (&world.organization.hub, &world.organization.management);
    for (account, flag, other, id) in [
        (hub, "--management-role", management, "RW394"),
        (management, "--hub-role", hub, "RW792"),
    ] {
        let role = format!("arn:aws:iam::{other}:role/OrganizationAccountAccessRole");
        world.fail(&access_denied().operation("AssumeRole"));
        let args = [&STATUS[..], &[flag, &role, "--output", "json"]].concat();
        let report = world.rootwatch_as(account, &args).ends_with(2).json();
        world.lab.clear_faults().unwrap();
        let gaps = report["gaps"].as_array().unwrap();
        let refused = gaps.iter().find(|gap| gap["id"] == id);
        let refused = refused.unwrap_or_else(|| panic!("{report}"));
        assert_eq!(refused["operation"], "sts:GetCallerIdentity", "{refused}");
        assert!(
            refused["text"].as_str().unwrap().contains("not today"),
            "{refused}"
        );
        assert!(refused["fix"].as_str().unwrap().contains(flag), "{refused}");
        assert_eq!(refused["account"], **other, "{refused}");
        assert!(
            report["spokes"]["covered_accounts"].as_u64() > Some(0),
            "{report}"
        );
        assert_eq!(report["unseen"], serde_json::json!([]), "{report}");
    }
}

#[test]
fn drift_that_may_not_be_detected_is_a_gap() {
    let world = World::deployed().calm();
    world.fail(&access_denied().operation("DetectStackSetDrift"));
    let args = [&STATUS[..], &["--detect-drift", "--output", "json"]].concat();
    let report = world.rootwatch(&args).ends_with(2).json();
    let gaps = report["gaps"].as_array().unwrap();
    assert_eq!(gaps.len(), 1, "{report}");
    assert_eq!(gaps[0]["id"], "RW314");
    assert_eq!(gaps[0]["operation"], "cloudformation:DetectStackSetDrift");
}

#[test]
fn where_nothing_at_all_can_be_read_the_run_fails() {
    let world = World::deployed();
    let identity = "GetCallerIdentity";
    let hub = world.organization.hub.clone();
    for (service, operation) in calls(&world, &hub) {
        assert_ne!(operation, identity);
        world.fail(&access_denied().service(&service).operation(&operation));
    }
    let ran = world.rootwatch(&STATUS).ends_with(1);
    let said = "error: nothing of the deployment can be read: organizations:DescribeOrganization: AccessDenied: not today";
    assert!(ran.stderr.contains(said), "{}", ran.stderr);
}
