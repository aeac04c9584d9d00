use crate::world::{REGION, World};
use rootwatch_lab::{Fault, Kind};

#[test]
fn a_unit_that_is_given_by_id_is_shown_by_its_path_where_that_may_be_read() {
    let world = World::with_hub();
    let prod = world.organization.ou("/Workloads/Prod").unwrap().id.clone();
    let plan = ["plan", "spokes", "--ou", &prod, "--regions", "us-east-1"];
    let shown = world.rootwatch(&plan).ends_with(0).stdout;
    let path = format!("all accounts of /Workloads/Prod ({prod}) in us-east-1");
    assert!(shown.contains(&path), "{shown}");

    let denied = Fault::new(Kind::Fail {
        code: "AccessDeniedException".into(),
        message: "You don't have permissions to access this resource.".into(),
        status: 400,
    });
    world.fail(&denied.operation("ListParents"));
    let shown = world.rootwatch(&plan).ends_with(0).stdout;
    let id = format!("all accounts of {prod} in us-east-1");
    assert!(shown.contains(&id), "{shown}");
}

#[test]
fn what_is_there_is_counted_as_kept() {
    let world = World::deployed();
    let wider = [
        "plan",
        "spokes",
        "--ou",
        "/",
        "--regions",
        "us-east-1,eu-west-1",
    ];
    let plan = world.rootwatch(&wider).ends_with(0);
    let line = "Plan: 8 stack instances kept.\n";
    assert!(plan.stdout.contains(line), "{}", plan.stdout);

    let more = [
        "plan",
        "spokes",
        "--ou",
        "/Workloads",
        "--ou",
        "/Security",
        "--regions",
        "us-east-1,eu-west-1,eu-central-1",
    ];
    let plan = world.rootwatch(&more).ends_with(0);
    let line = "Plan: 8 stack instances kept, 4 created.\n";
    assert!(plan.stdout.contains(line), "{}", plan.stdout);
}

#[test]
fn the_command_for_the_management_account_names_regions_only_if_the_settings_do() {
    let world = World::with_hub();
    let hub = &world.organization.hub;
    let command = format!(
        "rootwatch deploy spokes --region {REGION} --hub-account {hub} --hub-region {REGION} --ou /Security"
    );
    let plan = world
        .rootwatch(&["plan", "spokes", "--ou", "/Security"])
        .ends_with(0);
    assert!(
        plan.stdout.ends_with(&format!("{command}\n")),
        "{}",
        plan.stdout
    );
    let two = [
        "plan",
        "spokes",
        "--ou",
        "/Security",
        "--regions",
        "us-east-1,eu-west-1",
    ];
    let plan = world.rootwatch(&two).ends_with(0);
    let command = format!("{command} --regions eu-west-1,us-east-1\n");
    assert!(plan.stdout.ends_with(&command), "{}", plan.stdout);
}

#[test]
fn a_deployment_ends_with_who_is_watched_and_what_comes_next() {
    let world = World::with_hub();
    let (hub, management) = (&world.organization.hub, &world.organization.management);
    let ran = world.deploy_spokes().ends_with(0);
    let end = format!(
        "Watched now: 4 of 5 accounts in 2 regions. Not seen from here: management account {management}.
Next: 1. watch the management account too, if it is not yet (as the management account): rootwatch deploy spokes --region {REGION} --hub-account {hub} --hub-region {REGION}"
    );
    assert!(ran.stdout.contains(&end), "{}", ran.stdout);
    let test = format!("      2. in the hub account {hub}: rootwatch test --region {REGION}\n");
    assert!(ran.stdout.ends_with(&test), "{}", ran.stdout);
}
