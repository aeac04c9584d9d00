use crate::faults::{access_denied, denied};
use crate::world::{REGION, World};
use aws_sdk_cloudformation::Client;
use std::time::Duration;

const SPOKES: [&str; 3] = ["teardown", "spokes", "--yes"];
const RETAIN: [&str; 4] = ["teardown", "spokes", "--yes", "--retain-stacks"];
const REGIONS: [&str; 2] = ["eu-west-1", "us-east-1"];
const PATIENCE: Duration = Duration::from_secs(30);

fn block_on<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Runtime::new().unwrap().block_on(work)
}

fn cloudformation(world: &World, account: &str, region: &str) -> Client {
    Client::new(&world.sdk(account, region))
}

/// Does with a stack what a command that rootwatch names does: `--region` and `--stack-name` stand in it.
fn follow(world: &World, account: &str, command: &str) {
    let word = |flag: &str| {
        let mut words = command.split([' ', '`']).skip_while(|word| *word != flag);
        words.nth(1).unwrap().to_owned()
    };
    let (region, stack) = (word("--region"), word("--stack-name"));
    let client = cloudformation(world, account, &region);
    if command.contains("delete-stack") {
        block_on(client.delete_stack().stack_name(stack).send()).unwrap();
    } else {
        let call = client.update_termination_protection().stack_name(stack);
        block_on(call.enable_termination_protection(false).send()).unwrap();
    }
}

fn protect(world: &World, account: &str, region: &str) {
    let client = cloudformation(world, account, region);
    let found = block_on(client.describe_stacks().send()).unwrap();
    let stack = found.stacks()[0].stack_id().unwrap().to_owned();
    let call = client.update_termination_protection().stack_name(stack);
    block_on(call.enable_termination_protection(true).send()).unwrap();
}

fn refuses(world: &World, said: &str) {
    world.count_calls();
    let refused = world.rootwatch(&SPOKES).ends_with(1);
    for said in [said, "nothing was changed", "--retain-stacks"] {
        assert!(refused.stderr.contains(said), "{said}\n{}", refused.stderr);
    }
    assert_eq!(world.writes(), Vec::<String>::new());
}

/// Runs the removal with its flag, and gives what it says of the stacks that stay.
fn retains(world: &World, stays: &[(&str, &str, &str)]) -> Vec<serde_json::Value> {
    let asked = world.rootwatch(&[&RETAIN[..2], &["--retain-stacks"]].concat());
    let asked = asked.ends_with(3).stderr;
    assert!(asked.contains("left there (--retain-stacks)"), "{asked}");
    let ran = world.rootwatch(&[&RETAIN[..], &["--output", "json"]].concat());
    let report = ran.ends_with(0).json();
    let retained = report["retained"].as_array().unwrap().clone();
    let reported: Vec<(&str, &str, &str)> = retained
        .iter()
        .map(|it| {
            let text = |key: &str| it[key].as_str().unwrap();
            (text("account"), text("region"), text("why"))
        })
        .collect();
    assert_eq!(reported, stays);
    let again = world.rootwatch(&RETAIN).ends_with(0);
    assert_eq!(again.stdout, "There is nothing to remove.\n");
    retained
}

#[test]
fn stacks_of_a_suspended_account_stay_only_when_asked_and_can_be_removed_later() {
    let world = World::with_hub().calm();
    let before = world.lab.snapshot().unwrap();
    world.deploy_spokes().ends_with(0);
    let sandbox = world.account("sandbox");
    world.lab.suspend_account(&sandbox).unwrap();
    let said = format!(
        "account {sandbox} (sandbox) is suspended or closed: 2 stacks in eu-west-1, us-east-1"
    );
    refuses(&world, &said);
    let retained = retains(
        &world,
        &REGIONS.map(|it| (sandbox.as_str(), it, "suspended")),
    );
    for name in ["shop", "payments", "hub"] {
        assert!(!world.is_watched(&world.account(name), REGION), "{name}");
    }
    assert!(world.is_watched(&sandbox, REGION));
    world.lab.reinstate_account(&sandbox).unwrap();
    for stack in &retained {
        let name = stack["stack"].as_str().unwrap();
        let region = stack["region"].as_str().unwrap();
        let command = format!("delete-stack --region {region} --stack-name {name}");
        follow(&world, &sandbox, &command);
    }
    assert_eq!(world.lab.snapshot().unwrap(), before);
}

#[test]
fn what_was_let_go_of_is_reported_though_the_removal_fails_after_it() {
    let world = World::deployed().calm();
    let sandbox = world.account("sandbox");
    world.lab.suspend_account(&sandbox).unwrap();
    let fault = access_denied().operation("DeleteStackSet");
    world.fail(&fault);
    let ran = world.rootwatch(&[&RETAIN[..], &["--output", "json"]].concat());
    let ran = ran.ends_with(1);
    assert!(ran.stderr.contains("not today"), "{}", ran.stderr);
    let report = ran.json();
    assert_eq!(report["retained"].as_array().unwrap().len(), 2, "{report}");
    assert_eq!(report["stack_set_removed"], false);
    let left = report["left"].to_string();
    assert!(left.contains("stack-set rootwatch-spoke"), "{left}");
}

#[test]
fn what_removes_a_retained_stack_is_reported() {
    let world = World::deployed().calm();
    let sandbox = world.account("sandbox");
    world.lab.suspend_account(&sandbox).unwrap();
    let ran = world.rootwatch(&RETAIN).ends_with(0);
    insta::assert_snapshot!("retained", world.shown(&(ran.stderr + &ran.stdout)));
}

#[test]
fn a_suspended_account_may_have_been_moved_out_of_its_unit() {
    let world = World::deployed().calm();
    let sandbox = world.account("sandbox");
    world.lab.suspend_account(&sandbox).unwrap();
    let root = &world.organization.root_id;
    world.lab.move_account(&sandbox, root).unwrap();
    world.lab.wait_idle(PATIENCE).unwrap();
    refuses(&world, "2 stacks in eu-west-1, us-east-1");
    retains(
        &world,
        &REGIONS.map(|it| (sandbox.as_str(), it, "suspended")),
    );
    assert!(!world.is_watched(&world.account("shop"), REGION));
}

#[test]
fn an_account_that_left_the_organization_keeps_its_stacks() {
    let world = World::deployed().calm();
    let sandbox = world.account("sandbox");
    world.lab.remove_account(&sandbox).unwrap();
    world.lab.wait_idle(PATIENCE).unwrap();
    refuses(
        &world,
        &format!("account {sandbox} is no longer in the organization"),
    );
    retains(&world, &REGIONS.map(|it| (sandbox.as_str(), it, "left")));
    for name in ["shop", "payments", "hub"] {
        assert!(!world.is_watched(&world.account(name), REGION), "{name}");
    }
    assert!(world.is_watched(&sandbox, REGION));
}

#[test]
fn a_protected_stack_of_a_live_account_never_stays_silently() {
    let world = World::with_hub().calm();
    let before = world.lab.snapshot().unwrap();
    world.deploy_spokes().ends_with(0);
    let (shop, sandbox) = (world.account("shop"), world.account("sandbox"));
    protect(&world, &shop, "us-east-1");
    world.lab.suspend_account(&sandbox).unwrap();
    let all = ["teardown", "all", "--yes", "--retain-stacks"];
    let stopped = world.rootwatch(&all).ends_with(1);
    insta::assert_snapshot!("protected", world.shown(&stopped.stderr));
    assert!(world.is_watched(&shop, "us-east-1"));
    assert!(!world.is_watched(&world.account("payments"), "us-east-1"));
    // What the message names fixes it, and the same command goes on.
    let hint = stopped
        .stderr
        .lines()
        .find(|it| it.contains("hint: in account"));
    follow(&world, &shop, hint.unwrap());
    world.rootwatch(&all).ends_with(0);
    let after = world.lab.snapshot().unwrap();
    assert_eq!(after[&shop], before[&shop]);
}

#[test]
fn a_protected_stack_of_the_management_account_stops_everything_before_the_first_write() {
    let world = World::with_hub().calm();
    let management = world.organization.management.clone();
    let deploy = ["deploy", "spokes", "--ou", "/Security", "--yes"];
    let two = ["--regions", "us-east-1,eu-west-1"];
    world
        .as_management(&[&deploy[..], &two].concat())
        .ends_with(0);
    protect(&world, &management, "eu-west-1");
    world.count_calls();
    let refused = world.as_management(&SPOKES).ends_with(1);
    assert_eq!(world.writes(), Vec::<String>::new());
    let said = "have termination protection, and nothing was changed";
    assert!(refused.stderr.contains(said), "{}", refused.stderr);
    let command = refused.stderr.lines().find(|it| it.starts_with("  - "));
    follow(&world, &management, command.unwrap());
    world.as_management(&SPOKES).ends_with(0);
    assert!(!world.is_watched(&management, "eu-west-1"));
}

/// Deploys, as the management account, to a region that only it and the shop have turned on.
fn with_a_region_turned_on() -> World {
    let world = World::with_hub().calm();
    for account in [&world.organization.management, &world.account("shop")] {
        world.lab.enable_region(account, "af-south-1").unwrap();
    }
    let deploy = ["deploy", "spokes", "--ou", "/Workloads", "--yes"];
    let two = ["--regions", "us-east-1,af-south-1"];
    world
        .as_management(&[&deploy[..], &two].concat())
        .ends_with(0);
    world
}

#[test]
fn where_a_region_was_never_turned_on_nothing_stays() {
    // A delegated administrator may not even ask for it.
    let world = with_a_region_turned_on();
    let ran = world.rootwatch(&SPOKES).ends_with(0);
    assert!(!ran.stdout.contains("Left behind"), "{}", ran.stdout);
    let status = world.rootwatch(&["status"]).ends_with(2);
    assert!(status.stdout.contains("no StackSet"), "{}", status.stdout);
}

#[test]
fn a_stack_in_a_region_that_was_turned_off_stays_only_when_asked() {
    let world = with_a_region_turned_on();
    let shop = world.account("shop");
    world.lab.disable_region(&shop, "af-south-1").unwrap();
    // Only the operation shows it, since all was well before.
    let failed = world.as_management(&SPOKES).ends_with(1);
    insta::assert_snapshot!("region-off", world.shown(&failed.stderr));
    // From now on it is known beforehand.
    let known = world.as_management(&SPOKES).ends_with(1);
    let said = format!("account {shop} (shop) has turned the region off: 1 stack in af-south-1");
    assert!(known.stderr.contains(&said), "{}", known.stderr);
    let ran = world.as_management(&RETAIN).ends_with(0);
    assert!(ran.stdout.contains("Left behind"), "{}", ran.stdout);
    assert!(world.is_watched(&shop, "af-south-1"));
}

#[test]
fn an_inoperable_instance_is_tried_again() {
    let world = World::deployed().calm();
    let shop = world.account("shop");
    protect(&world, &shop, "us-east-1");
    world.rootwatch(&SPOKES).ends_with(1);
    // Still in the way, it is reported again, and nothing else is touched.
    let again = world.rootwatch(&SPOKES).ends_with(1);
    let hint = again
        .stderr
        .lines()
        .find(|it| it.contains("hint: in account"));
    follow(&world, &shop, hint.unwrap());
    world.rootwatch(&SPOKES).ends_with(0);
    assert!(!world.is_watched(&shop, "us-east-1"));
}

#[test]
fn who_may_not_list_accounts_may_not_leave_stacks_behind() {
    let world = World::deployed().calm();
    let fault = denied().operation("ListRoots");
    world.fail(&fault);
    let refused = world.rootwatch(&RETAIN).ends_with(1);
    let said = "needs to know which accounts can no longer be reached";
    assert!(refused.stderr.contains(said), "{}", refused.stderr);
    let ran = world.rootwatch(&SPOKES).ends_with(0);
    let said = "Could not determine which accounts are suspended or gone";
    assert!(ran.stderr.contains(said), "{}", ran.stderr);
}
