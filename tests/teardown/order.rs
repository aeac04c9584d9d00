use crate::faults::access_denied;
use crate::world::{PERSON, REGION, Ran, World};

const HUB: [&str; 3] = ["teardown", "hub", "--yes"];

#[test]
fn a_hub_that_spokes_forward_to_stays_unless_they_are_abandoned() {
    let world = World::deployed();
    world.count_calls();
    let ran = world.rootwatch(&HUB).ends_with(1);
    let said = "the StackSet rootwatch-spoke forwards to this hub (account 222222222222, region eu-west-1, partition aws), and nothing was changed: run teardown spokes first, or teardown all, or --abandon-spokes";
    assert!(ran.stderr.contains(said), "{}", ran.stderr);
    let flag = ["teardown", "all", "--abandon-spokes", "--yes"];
    world.rootwatch(&flag).ends_with(1);
    assert_eq!(world.writes(), Vec::<String>::new());
    let abandon = [&HUB[..], &["--abandon-spokes"]].concat();
    let ran = world.rootwatch(&abandon).ends_with(0);
    let said = "forwards to a hub that is gone";
    assert!(ran.stderr.contains(said), "{}", ran.stderr);
    assert!(world.is_watched(&world.account("shop"), REGION));
}

#[test]
fn a_stack_set_of_another_region_keeps_the_hub_too() {
    let world = World::with_hub();
    let elsewhere = |args: &[&str]| {
        let region = ["--region", "us-east-1", "--yes"];
        world.rootwatch(&[args, &region].concat())
    };
    let hub = [
        "--hub-account",
        &world.organization.hub,
        "--hub-region",
        REGION,
    ];
    let spokes = [
        "deploy",
        "spokes",
        "--ou",
        "/Security",
        "--regions",
        "us-east-1",
    ];
    elsewhere(&[&spokes[..], &hub].concat()).ends_with(0);
    let ran = world.rootwatch(&HUB).ends_with(1);
    let said = "the StackSet rootwatch-spoke (administered in us-east-1) forwards to this hub";
    assert!(ran.stderr.contains(said), "{}", ran.stderr);
    // There is no hub, and nobody says that one went.
    let ran = elsewhere(&["teardown", "all"]).ends_with(0);
    let said = format!(
        "The hub in account {0}, region {REGION} is not touched: `rootwatch teardown hub --region {REGION}` with credentials of account {0} removes it.",
        world.organization.hub
    );
    assert!(ran.stderr.contains(&format!("! {said}")), "{}", ran.stderr);
    assert!(ran.stdout.contains(&said), "{}", ran.stdout);
    let removed = "Removed: the spokes of \"rootwatch\".\n";
    assert!(ran.stdout.starts_with(removed), "{}", ran.stdout);
    world.rootwatch(&HUB).ends_with(0);
}

#[test]
fn verify_without_a_hub_names_the_one_that_the_spokes_forward_to() {
    let world = World::deployed();
    let ran = in_management(&world, &["verify"]).ends_with(1);
    let hub = &world.organization.hub;
    let said = format!(
        "no hub here: the StackSet rootwatch-spoke forwards to account {hub}, region {REGION}: run with --region {REGION} and with credentials of account {hub}"
    );
    assert!(ran.stderr.contains(&said), "{}", ran.stderr);
}

#[test]
fn who_may_not_look_for_spokes_is_reported_so_and_goes_on() {
    let world = World::without_delegation();
    world
        .rootwatch(&["deploy", "hub", "--email", PERSON, "--yes"])
        .ends_with(0);
    let unread = "still forwards to this hub: cloudformation:DescribeStackSet";
    let asked = world.rootwatch(&["teardown", "hub"]).ends_with(3);
    assert!(asked.stderr.contains(unread), "{}", asked.stderr);
    let ran = world.rootwatch(&HUB).ends_with(0);
    assert!(ran.stderr.contains(unread), "{}", ran.stderr);
}

/// A hub in the management account, and spokes in one unit and in that account itself.
fn all_in_the_management_account() -> World {
    let world = World::new();
    for args in [
        &["deploy", "hub", "--email", PERSON, "--yes"][..],
        &[
            "deploy",
            "spokes",
            "--ou",
            "/Security",
            "--regions",
            "us-east-1,eu-west-1",
            "--yes",
        ],
    ] {
        in_management(&world, args).ends_with(0);
    }
    world
}

fn in_management(world: &World, args: &[&str]) -> Ran {
    world.rootwatch_as(&world.organization.management, args)
}

#[test]
fn the_management_accounts_own_stacks_keep_a_hub_there_too() {
    let world = all_in_the_management_account();
    let ran = in_management(&world, &HUB).ends_with(1);
    let own = "this account's own stack rootwatch-spoke (in eu-west-1, us-east-1)";
    let both = format!("the StackSet rootwatch-spoke and {own} forward to this hub");
    assert!(ran.stderr.contains(&both), "{}", ran.stderr);
    // Also when the StackSet is gone, and the hub of another region looks at none of it.
    let sets =
        aws_sdk_cloudformation::Client::new(&world.sdk(&world.organization.management, REGION));
    let unit = world.organization.ou("/Security").unwrap().id.clone();
    let targets = aws_sdk_cloudformation::types::DeploymentTargets::builder();
    let call = sets
        .delete_stack_instances()
        .stack_set_name("rootwatch-spoke")
        .deployment_targets(targets.organizational_unit_ids(unit).build())
        .regions("us-east-1")
        .regions("eu-west-1")
        .retain_stacks(false);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(call.send()).unwrap();
    world
        .lab
        .wait_idle(std::time::Duration::from_secs(30))
        .unwrap();
    let call = sets.delete_stack_set().stack_set_name("rootwatch-spoke");
    runtime.block_on(call.send()).unwrap();
    let ran = in_management(&world, &HUB).ends_with(1);
    let said = format!("error: {own} forwards to this hub");
    assert!(ran.stderr.contains(&said), "{}", ran.stderr);
    let abandon = [&HUB[..], &["--abandon-spokes"]].concat();
    let ran = in_management(&world, &abandon).ends_with(0);
    let said = format!("! {own} stays and forwards to a hub that is gone");
    assert!(ran.stderr.contains(&said), "{}", ran.stderr);
    assert!(!ran.stderr.contains("! whether"), "{}", ran.stderr);
}

#[test]
fn what_cannot_be_seen_of_the_management_account_is_said() {
    let world = World::with_hub();
    let asked = world.rootwatch(&["teardown", "hub"]).ends_with(3);
    let said = "! Could not determine whether the management account 111111111111 has stacks rootwatch-spoke of its own that forward to this hub: they cannot be seen from here\n";
    assert!(asked.stderr.contains(said), "{}", asked.stderr);
    // Nor is a region fine that refuses the question.
    let world = all_in_the_management_account();
    in_management(&world, &["teardown", "spokes", "--yes"]).ends_with(0);
    let fault = rootwatch_lab::Fault {
        region: Some("us-west-2".into()),
        ..access_denied()
    };
    let fault = fault.operation("DescribeStacks");
    world.fail(&fault);
    let ran = in_management(&world, &HUB).ends_with(0);
    let said = "forward to this hub in every region: its own stacks in us-west-2";
    assert!(ran.stderr.contains(said), "{}", ran.stderr);
}
