use crate::world::{REGION, World};

const ALL: [&str; 3] = ["teardown", "all", "--yes"];

#[test]
fn nothing_beside_another_deployment_is_an_error_that_names_it() {
    let world = World::deployed();
    world.count_calls();
    let said = "Nothing named \"typo\" is in account 222222222222, region eu-west-1, but:\n! the deployment \"rootwatch\" is here: --name rootwatch removes that one\n";
    let typo = |account: &str, what: &str| {
        world.rootwatch_as(account, &["teardown", what, "--name", "typo", "--yes"])
    };
    let hub = &world.organization.hub;
    for what in ["all", "hub", "spokes"] {
        let ran = typo(hub, what).ends_with(1);
        assert!(ran.stdout.contains(said), "{what}: {}", ran.stdout);
    }
    // Where only a spoke is, and where only the StackSet is.
    let shop = world.account("shop");
    for account in [&shop, &world.organization.management] {
        let ran = typo(account, "hub").ends_with(1);
        assert!(
            ran.stdout.contains("the deployment \"rootwatch\" is here"),
            "{}",
            ran.stdout
        );
    }
    let json = world.rootwatch(&[&ALL[..], &["--name", "typo", "--output", "json"]].concat());
    assert_eq!(
        json.ends_with(1).json()["beside"].as_array().unwrap().len(),
        1
    );
    assert_eq!(world.writes(), Vec::<String>::new());
}

#[test]
fn nothing_beside_a_stack_set_of_another_region_is_an_error_that_names_the_region() {
    let world = World::with_hub().calm();
    let hub = &world.organization.hub;
    let place = ["--hub-account", hub, "--hub-region", REGION];
    let spokes = ["deploy", "spokes", "--ou", "/Workloads", "--yes"];
    let regions = ["--regions", "us-east-1", "--region", "us-east-1"];
    world
        .rootwatch(&[&spokes[..], &place, &regions].concat())
        .ends_with(0);
    let central = ["--region", "eu-central-1"];
    let management = &world.organization.management;
    let args = [&["teardown", "spokes", "--yes"], &central[..]].concat();
    let ran = world.rootwatch_as(management, &args).ends_with(1);
    let said = "! the StackSet rootwatch-spoke is administered in region us-east-1: run with --region us-east-1\n";
    assert!(ran.stdout.contains(said), "{}", ran.stdout);
}

#[test]
fn nothing_anywhere_is_done() {
    let world = World::new();
    for args in [&ALL[..], &["teardown", "spokes", "--yes"]] {
        let ran = world.rootwatch(args).ends_with(0);
        assert_eq!(ran.stdout, "There is nothing to remove.\n");
    }
    // A hub without spokes is no reason to fail where only these were to go.
    let world = World::with_hub();
    world
        .rootwatch(&["teardown", "spokes", "--yes"])
        .ends_with(0);
}
