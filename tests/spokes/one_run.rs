use crate::world::{REGION, Ran, World, run, with_profiles};

const UNITS: [&str; 4] = ["--ou", "/Workloads", "--ou", "/Security"];
const TWO: [&str; 2] = ["--regions", "us-east-1,eu-west-1"];
const STRICT: [&str; 2] = ["status", "--strict"];

/// A run in an account that has a profile for the others.
fn run_as(world: &World, account: &str, args: &[&str]) -> Ran {
    let organization = &world.organization;
    let shop = world.account("shop");
    let profiles = [
        ("management", organization.management.as_str()),
        ("hub", organization.hub.as_str()),
        ("shop", shop.as_str()),
    ];
    let (_folder, env) = with_profiles(world.lab.env(account, REGION), &profiles);
    run(&env, args)
}

#[test]
fn the_hub_does_the_management_accounts_part_by_a_profile() {
    let world = World::with_hub().calm();
    let (hub, management) = (&world.organization.hub, &world.organization.management);
    let by = ["--management-profile", "management"];
    let in_hub = |args: &[&[&str]]| run_as(&world, hub, &[&args.concat()[..], &by].concat());
    let before = world.lab.snapshot().unwrap()[management].clone();
    let deployed = in_hub(&[&["deploy", "spokes", "--yes"], &UNITS, &TWO]).ends_with(0);
    for region in ["us-east-1", REGION] {
        assert!(world.is_watched(management, region), "{region}");
    }
    assert!(
        !deployed.stderr.contains("rootwatch deploy spokes"),
        "{}",
        deployed.stderr
    );
    let line = format!("the management account · account {management} · user operator");
    assert!(deployed.stderr.contains(&line), "{}", deployed.stderr);
    let status = in_hub(&[&STRICT, &TWO]).ends_with(0);
    assert!(
        status.stdout.contains("5 of 5 active accounts covered"),
        "{}",
        status.stdout
    );
    world.count_calls();
    in_hub(&[&["deploy", "spokes", "--yes"], &UNITS, &TWO]).ends_with(0);
    assert_eq!(world.writes(), Vec::<String>::new());
    in_hub(&[&["teardown", "all", "--yes"]]).ends_with(0);
    assert_eq!(world.lab.snapshot().unwrap()[management], before);
}

#[test]
fn the_management_account_does_the_hubs_part_by_a_role() {
    let world = World::deployed().calm();
    let (hub, management) = (&world.organization.hub, &world.organization.management);
    let role = format!("arn:aws:iam::{hub}:role/OrganizationAccountAccessRole");
    let by = ["--hub-role", &role];
    let own = ["deploy", "spokes", "--yes"];
    world
        .as_management(&[&own[..], &UNITS, &TWO, &by].concat())
        .ends_with(0);
    let in_management =
        |args: &[&[&str]]| world.rootwatch_as(management, &[&args.concat()[..], &by].concat());
    let status = in_management(&[&STRICT, &TWO]).ends_with(0);
    assert!(
        status
            .stdout
            .starts_with(&format!("Hub in account {hub}, region {REGION}\n")),
        "{}",
        status.stdout
    );
    let removed = in_management(&[&["teardown", "all", "--yes"]]).ends_with(0);
    let said = format!(
        "Removed: the spokes, and the hub in account {hub}, region {REGION} of \"rootwatch\".\n"
    );
    assert_eq!(removed.stdout, said);
    let left = world.left();
    assert!(!left.contains("rootwatch-root-activity"), "{left}");
    assert!(!left.contains("rootwatch-notifier"), "{left}");
}

#[test]
fn credentials_of_a_wrong_account_are_refused() {
    let world = World::deployed();
    world.count_calls();
    let (hub, management) = (&world.organization.hub, &world.organization.management);
    let shop = world.account("shop");
    for (account, flag, what, right) in [
        (
            hub,
            "--management-profile",
            "the management account",
            management,
        ),
        (management, "--hub-profile", "the hub", hub),
    ] {
        let args = [&["teardown", "all", "--yes"][..], &[flag, "shop"]].concat();
        let ran = run_as(&world, account, &args).ends_with(1);
        let said = format!(
            "the credentials by the profile shop are those of account {shop}, and {what} is account {right}"
        );
        assert!(ran.stderr.contains(&said), "{}", ran.stderr);
    }
    assert_eq!(world.writes(), Vec::<String>::new());
}
