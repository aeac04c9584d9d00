use crate::faults::access_denied;
use crate::world::{PERSON, REGION, World, side_by_side};

/// The same commands that people try where there is no hub.
const COMMANDS: [&[&str]; 7] = [
    &["status"],
    &["verify"],
    &["test"],
    &["plan", "hub"],
    &["deploy", "hub", "--email", PERSON, "--yes"],
    &["teardown", "hub", "--yes"],
    &["deploy", "spokes", "--ou", "/Security", "--yes"],
];

#[track_caller]
fn says(world: &World, account: &str, region: &str, args: &[&str], said: &str) {
    let ran = world.rootwatch_as(account, &[args, &["--region", region]].concat());
    let ran = ran.ends_with(1);
    let all = format!("{}{}", ran.stdout, ran.stderr);
    assert!(all.contains(said), "{args:?}: {all}");
}

#[test]
fn every_command_in_a_wrong_region_names_the_hub_that_the_account_forwards_to() {
    let world = World::deployed();
    world.count_calls();
    let hub = &world.organization.hub;
    let said = format!(
        "no hub here: this account forwards to account {hub}, region {REGION}: run with --region {REGION}"
    );
    for args in COMMANDS {
        says(&world, hub, "us-east-1", args, &said);
    }
    let all = ["teardown", "all", "--yes"];
    says(&world, hub, "us-east-1", &all, &said);
    // The region of sign-ins knows it, whatever the region of the run.
    says(&world, hub, "eu-central-1", &["verify"], &said);
    assert_eq!(world.writes(), Vec::<String>::new());
}

#[test]
fn other_accounts_learn_whose_credentials_it_takes() {
    let world = World::deployed();
    world.count_calls();
    let (hub, shop) = (&world.organization.hub, world.account("shop"));
    let run = format!(
        "account {hub}, region {REGION}: run with --region {REGION} and with credentials of account {hub}"
    );
    for args in &COMMANDS[..6] {
        let said = format!("no hub here: this account forwards to {run}");
        says(&world, &shop, REGION, args, &said);
    }
    // The management account has no spoke yet, and sees the StackSet.
    for args in &COMMANDS[1..6] {
        let said = format!("no hub here: the StackSet rootwatch-spoke forwards to {run}");
        says(&world, &world.organization.management, REGION, args, &said);
    }
    assert_eq!(world.writes(), Vec::<String>::new());
}

#[test]
fn the_management_account_finds_the_stack_set_of_another_region() {
    let world = World::deployed();
    world.count_calls();
    let hub = &world.organization.hub;
    let said = format!(
        "no hub here: the StackSet rootwatch-spoke in region {REGION} forwards to account {hub}, region {REGION}: run with --region {REGION} and with credentials of account {hub}"
    );
    let management = &world.organization.management;
    for args in &COMMANDS[..2] {
        says(&world, management, "us-east-1", args, &said);
    }
    assert_eq!(world.writes(), Vec::<String>::new());
}

#[test]
fn a_hub_that_nothing_forwards_to_is_found_by_its_bus() {
    let world = World::with_hub();
    world.count_calls();
    let hub = &world.organization.hub;
    let said =
        format!("no hub here: it is in account {hub}, region {REGION}: run with --region {REGION}");
    for args in [
        COMMANDS[0],
        COMMANDS[1],
        COMMANDS[2],
        COMMANDS[5],
        COMMANDS[6],
    ] {
        says(&world, hub, "us-east-1", args, &said);
    }
    assert_eq!(world.writes(), Vec::<String>::new());
    // A second hub takes nothing from it.
    let second = ["deploy", "hub", "--region", "us-east-1", "--yes"];
    world.rootwatch(&second).ends_with(0);
}

#[test]
fn a_hub_is_moved_on_purpose_and_made_anew_where_it_was() {
    let world = World::deployed().calm();
    let deploy = ["deploy", "hub", "--email", PERSON, "--yes"];
    let moved = ["--move-hub", "--region", "us-east-1"];
    world
        .rootwatch(&[&deploy[..], &moved].concat())
        .ends_with(0);
    let abandon = ["teardown", "hub", "--abandon-spokes", "--yes"];
    world.rootwatch(&abandon).ends_with(0);
    world.rootwatch(&deploy).ends_with(0);
}

#[test]
fn verify_without_any_hub_is_one_finding() {
    let world = World::new();
    let ran = world.rootwatch(&["verify", "--hub-only"]).ends_with(2);
    assert_eq!(ran.stdout.matches("fix: ").count(), 1, "{}", ran.stdout);
    let said = "broken  RW100  hub, exists: there is none in account 222222222222";
    assert!(ran.stdout.contains(said), "{}", ran.stdout);
}

#[test]
fn a_look_for_another_hub_that_is_refused_is_said_and_not_taken_for_none() {
    let world = World::new().calm();
    let rule = access_denied().operation("ListTargetsByRule");
    world.fail(&rule);
    let answer = "events:ListTargetsByRule: AccessDenied: not today";
    let plan = world.rootwatch(&["plan", "hub"]).ends_with(0);
    let said = "Could not determine whether the spokes forward to a hub elsewhere";
    assert!(
        plan.stderr.contains(said) && plan.stderr.contains(answer),
        "{}",
        plan.stderr
    );
    let status = world.rootwatch(&["status"]).ends_with(2).stdout;
    let said = "creates it, unless there is one elsewhere, which could not be read: events:ListTargetsByRule";
    assert!(status.contains(said), "{status}");
    let nothing = world.rootwatch(&["teardown", "all", "--yes"]).ends_with(0);
    let said = "Could not determine everything that may be beside it: events:ListTargetsByRule";
    assert!(nothing.stderr.contains(said), "{}", nothing.stderr);
    world.lab.clear_faults().unwrap();
    let plan = world.rootwatch(&["plan", "hub"]).ends_with(0);
    assert!(
        !plan.stderr.contains("Could not determine"),
        "{}",
        plan.stderr
    );
}

#[test]
fn a_hub_here_that_cannot_be_read_is_said_where_only_the_stack_set_names_one_elsewhere() {
    let world = World::deployed().calm();
    let management = &world.organization.management;
    let bus = access_denied()
        .operation("DescribeEventBus")
        .account(management);
    world.fail(&bus);
    let plan = ["plan", "spokes", "--ou", "/Workloads"];
    let ran = world.rootwatch_as(management, &plan).ends_with(0);
    let said = "Could not determine whether a hub of this deployment is here too, besides the one to which the StackSet forwards: events:DescribeEventBus";
    assert!(ran.stderr.contains(said), "{}", ran.stderr);
}

/// None of these commands knows a hub in the end, and each says what it was not allowed to look at.
#[test]
fn a_refused_look_is_never_taken_for_no_hub_anywhere() {
    let world = World::new();
    for operation in ["ListTargetsByRule", "ListRegions", "DescribeStackSet"] {
        world.fail(&access_denied().operation(operation));
    }
    let cases: [(&[&str], i32); 3] = [
        (&["verify", "--hub-only"], 2),
        (&["test"], 1),
        (&["init", "--from-deployed"], 1),
    ];
    side_by_side(cases, |(args, code)| {
        let ran = world.rootwatch(args).ends_with(*code);
        let said = format!("{}{}", ran.stdout, ran.stderr);
        for call in ["events:ListTargetsByRule: ", "account:ListRegions: "] {
            assert!(said.contains(call), "{args:?}: {said}");
        }
        assert!(
            !said.contains("nothing leads to another"),
            "{args:?}: {said}"
        );
    });
}
