use super::DEPLOY;
use crate::intruder::Intruder;
use crate::world::{PERSON, REGION, World, eventually, name};
use aws_sdk_cloudwatch::types::StateValue;
use std::collections::BTreeSet;

#[test]
fn a_second_run_only_reads() {
    let world = World::new().with_self_check();
    world.deploy_hub();
    world.at_rest();
    world.count_calls();
    let again = world.rootwatch(&DEPLOY).ends_with(0);
    assert!(
        again
            .stdout
            .starts_with("No changes: all 37 resources are up to date."),
        "{}",
        again.stdout
    );
    assert_eq!(world.writes(), Vec::<String>::new());
    // docs/calls.md names each of these calls and how often it is made.
    let page = include_str!("../../docs/calls.md");
    let mut counts = std::collections::BTreeMap::new();
    for call in world.lab.calls().unwrap() {
        *counts.entry(crate::world::name(&call)).or_insert(0) += 1;
    }
    for (call, count) in counts {
        let row = format!("| `{call}` | {count} |");
        assert!(page.contains(&row), "{row} is not in docs/calls.md");
    }
}

#[test]
fn everything_that_can_carry_a_tag_carries_ours() {
    let world = World::new();
    world
        .rootwatch(&[&DEPLOY[..], &["--tag", "team=security"]].concat())
        .ends_with(0);
    let plan = world
        .rootwatch(&[
            "plan",
            "hub",
            "--email",
            PERSON,
            "--tag",
            "team=payments",
            "--output",
            "json",
        ])
        .ends_with(0)
        .json();
    let tagged = plan["steps"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|step| step["action"] == "update");
    let fields: BTreeSet<_> = tagged
        .clone()
        .flat_map(|step| step["fields"].as_array().unwrap())
        .map(|change| change["field"].as_str().unwrap())
        .collect();
    assert_eq!(fields, BTreeSet::from(["tags.team"]));
    assert_eq!(tagged.count(), 26);
}

#[test]
fn nobody_at_a_terminal_means_nothing_changes_without_yes() {
    let world = World::new();
    world.count_calls();
    let ran = world.rootwatch(&["deploy", "hub"]).ends_with(3);
    assert!(ran.stderr.contains("--yes"), "{}", ran.stderr);
    assert_eq!(world.writes(), Vec::<String>::new());
    world.rootwatch(&["plan", "hub"]).ends_with(0);
    world
        .rootwatch(&["plan", "hub", "--detailed-exitcode"])
        .ends_with(2);
    assert_eq!(world.writes(), Vec::<String>::new());
}

#[test]
fn drift_is_shown_and_repaired_with_one_write() {
    let world = World::with_hub();
    let client = aws_sdk_eventbridge::Client::new(&world.sdk(&world.organization.hub, REGION));
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let disable = client
        .disable_rule()
        .name("rootwatch-acts")
        .event_bus_name("rootwatch");
    runtime.block_on(disable.send()).unwrap();
    let plan = world
        .rootwatch(&["plan", "hub", "--email", PERSON, "--detailed-exitcode"])
        .ends_with(2);
    assert!(
        plan.stdout.contains("~ rule rootwatch-acts"),
        "{}",
        plan.stdout
    );
    assert!(
        plan.stdout
            .contains(r#"state: "DISABLED" -> "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS""#),
        "{}",
        plan.stdout
    );
    world.count_calls();
    world.rootwatch(&DEPLOY).ends_with(0);
    assert_eq!(world.writes(), ["events:PutRule"]);
}

/// The reads of a self-check that the settings turn off.
const OF_SELF_CHECK: [&str; 10] = [
    "events:DescribeRule",
    "events:ListTagsForResource",
    "events:ListTargetsByRule",
    "iam:GetRole",
    "iam:GetRolePolicy",
    "iam:ListAttachedRolePolicies",
    "iam:ListRolePolicies",
    "lambda:GetFunction",
    "logs:DescribeLogGroups",
    "logs:ListTagsForResource",
];

#[test]
fn a_plan_names_the_calls_that_a_deployment_makes() {
    let world = World::new();
    world.count_calls();
    let plan = ["plan", "hub", "--email", PERSON, "--output", "json"];
    let first = world.rootwatch(&plan).ends_with(0).json();
    let observed = world.lab.calls().unwrap().len();
    world.count_calls();
    world.rootwatch(&DEPLOY).ends_with(0);

    let texts = |value: &serde_json::Value| -> Vec<String> {
        let texts = value.as_array().unwrap().iter();
        texts.map(|it| it.as_str().unwrap().to_owned()).collect()
    };
    let steps = first["steps"].as_array().unwrap();
    let mut planned: Vec<String> = steps
        .iter()
        .flat_map(|step| texts(&step["calls"]))
        .collect();
    let calls = world.lab.calls().unwrap();
    let own = calls.iter().filter(|call| !call.by_function);
    let mut made: Vec<String> = own.skip(observed).map(name).collect();
    made.sort();
    // What was made is read back, as the next run reads it.
    world.count_calls();
    let again = world.rootwatch(&plan).ends_with(0).json();
    let read = world.lab.calls().unwrap();
    let read = read.iter().map(name).filter(|call| {
        ![
            "sts:GetCallerIdentity",
            "organizations:DescribeOrganization",
            "lambda:GetPolicy",
        ]
        .contains(&call.as_str())
    });
    planned.extend(read);
    // What is looked for, since it would be removed.
    for call in OF_SELF_CHECK {
        let place = planned.iter().position(|it| it == call).unwrap();
        planned.remove(place);
    }
    planned.sort();
    assert_eq!(made, planned);

    assert_eq!(
        texts(&first["longest_chain"]).len(),
        2 + 1 + 2 + 1 + 1 + 2 + 1,
        "who, whether there is a bus, what is there; role, function, mapping, rule; what is there now"
    );
    assert_eq!(
        texts(&again["longest_chain"]),
        [
            "sts:GetCallerIdentity",
            "events:DescribeEventBus",
            "cloudwatch:DescribeAlarms"
        ]
    );
    let reported = world.rootwatch(&["plan", "hub", "--email", PERSON, "-v"]);
    assert!(
        reported
            .stdout
            .contains("Longest chain of dependent calls, 3 in all:"),
        "{}",
        reported.stdout
    );
}

#[test]
fn a_hub_that_the_settings_put_elsewhere_is_not_made_here() {
    let world = World::new();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("rootwatch.toml");
    std::fs::write(&file, "[hub]\nregion = \"us-east-1\"\n").unwrap();
    let ran = world
        .rootwatch(&["deploy", "hub", "--config", file.to_str().unwrap(), "--yes"])
        .ends_with(1);
    assert!(ran.stderr.contains("region us-east-1"), "{}", ran.stderr);
    assert_eq!(world.writes(), Vec::<String>::new());
}

/// Without an environment Lambda has no grant on a key, which would be void with the role.
#[test]
fn a_function_whose_role_is_made_anew_goes_on() {
    let world = World::deployed();
    let intruder = Intruder::new(&world);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(intruder.delete_role());
    world.count_calls();
    world.rootwatch(&DEPLOY).ends_with(0);
    assert_eq!(
        world.writes(),
        ["iam:CreateRole", "iam:PutRolePolicy"],
        "nothing of the function"
    );
    world.rootwatch(&["test"]).ends_with(0);
}

#[test]
fn a_new_alarm_mails_nobody() {
    let world = World::with_hub();
    let intruder = Intruder::new(&world);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let alarm = "rootwatch-acts-failed";
    runtime.block_on(intruder.delete_alarm(alarm));
    world.rootwatch(&DEPLOY).ends_with(0);
    let state = || {
        let call = intruder.alarms.describe_alarms().alarm_names(alarm);
        let found = runtime.block_on(call.send()).unwrap();
        found.metric_alarms()[0].state_value().cloned()
    };
    eventually("the alarm's first state", || {
        state() == Some(StateValue::Ok)
    });
    let mails = world.health_mails();
    assert!(mails.is_empty(), "{mails:#?}");
}

/// What is set at the group has no effect then, so there is nothing to set and nothing to wait for.
#[test]
fn an_accounts_retention_policy_is_accepted_and_said() {
    let world = World::with_hub().calm();
    let intruder = Intruder::new(&world);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    for (days, kept) in [("30", "30 days"), ("\"NEVER_EXPIRE\"", "without end")] {
        runtime.block_on(intruder.keep_all_logs(days));
        world.count_calls();
        let ran = world.rootwatch(&DEPLOY).ends_with(0);
        assert!(ran.stdout.contains("\nNo changes: "), "{}", ran.stdout);
        assert_eq!(world.writes(), Vec::<String>::new());
        let plan = world.rootwatch(&["plan", "hub", "-v"]).ends_with(0);
        let note = format!(
            "the account's retention policy \"short\" keeps it {kept}, whatever is set here"
        );
        let said = plan.stdout + &plan.stderr;
        assert!(said.contains(&note), "{said}");
        let status = world.rootwatch(&["status"]).stdout;
        assert!(
            status.contains("\n  30 of 30 resources up to date\n"),
            "{status}"
        );
        world.rootwatch(&["verify", "--hub-only"]).ends_with(0);
    }
    // A first deployment ends there too.
    world.rootwatch(&["teardown", "hub", "--yes"]).ends_with(0);
    world.rootwatch(&DEPLOY).ends_with(0);
}
