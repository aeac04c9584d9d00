//! The spokes' settings are those that they were deployed with.

use crate::world::{REGION, Ran, World, eventually, run};
use serde_json::Value;
use std::io::Write;

fn plan(world: &World, args: &[&str]) -> Ran {
    world
        .rootwatch(&[&["plan", "spokes", "--output", "json"], args].concat())
        .ends_with(0)
}

/// Whether `plan spokes` with these flags would change anything.
fn is_change(world: &World, args: &[&str]) -> bool {
    let args = [&["plan", "spokes", "--detailed-exitcode"], args].concat();
    let ran = world.rootwatch(&args);
    match ran.code {
        0 => false,
        2 => true,
        code => panic!("ended with {code}"),
    }
}

/// `status` called the regions that were left out on purpose gaps, and recommended a command that went into them.
#[test]
fn a_plain_run_watches_what_was_watched() {
    let world = World::deployed().calm();
    assert!(!is_change(&world, &[]));
    world.count_calls();
    world.rootwatch(&["deploy", "spokes", "--yes"]).ends_with(0);
    assert_eq!(world.writes(), Vec::<String>::new());
    let status = world.rootwatch(&["status", "--output", "json"]).json();
    let gaps = status["gaps"].to_string();
    assert!(!gaps.contains("not watched, but enabled"), "{gaps}");
}

#[test]
fn all_regions_stay_all_and_named_ones_stay_named() {
    let world = World::with_hub().calm();
    world
        .rootwatch(&["deploy", "spokes", "--yes", "--ou", "/Security"])
        .ends_with(0);
    let settings = world.rootwatch(&["settings"]).ends_with(0).stdout;
    let line = settings
        .lines()
        .find(|it| it.starts_with("spokes.regions"))
        .unwrap();
    assert!(line.contains("(not set)"), "{line}");
    assert!(!is_change(&world, &[]));
    // One of those that are enabled is left out: the next plain run leaves it out too.
    let named = [
        "deploy",
        "spokes",
        "--yes",
        "--regions",
        "us-east-1,eu-west-1",
    ];
    world.rootwatch(&named).ends_with(0);
    assert!(!is_change(&world, &[]));
    assert!(is_change(&world, &["--all-regions"]));
    assert!(is_change(&world, &["--reset", "regions"]));
}

#[test]
fn a_unit_is_added_by_one_flag_and_removed_by_another() {
    let world = World::with_hub().calm();
    world.deploy_units(&["/Security"], &[]).ends_with(0);
    let stops = |plan: &Ran| plan.json()["plan"]["stops"].clone();
    let more = plan(&world, &["--ou", "/Workloads"]);
    assert_eq!(
        stops(&more)["accounts"].as_array().map_or(0, Vec::len),
        0,
        "{}",
        more.stdout
    );
    world
        .rootwatch(&["deploy", "spokes", "--yes", "--ou", "/Workloads"])
        .ends_with(0);
    assert!(!is_change(&world, &["--ou", "/Security"]));
    let less = plan(&world, &["--remove-ou", "/Workloads"]);
    assert!(
        is_change(&world, &["--remove-ou", "/Workloads"]),
        "{}",
        less.stdout
    );
    let unknown = world
        .rootwatch(&["plan", "spokes", "--remove-ou", "/Sandbox"])
        .ends_with(1);
    assert!(unknown.stderr.contains("/Sandbox"), "{}", unknown.stderr);
}

/// A file has units by their paths, and people take one away by its id, or the other way round.
#[test]
fn a_unit_of_the_files_list_is_removed_by_no_other_name() {
    let world = World::with_hub().calm();
    world.deploy_units(&["/Security"], &[]).ends_with(0);
    let settings = world.rootwatch(&["settings", "--output", "json"]).json();
    let all = settings["settings"].as_array().unwrap();
    let units = all.iter().find(|it| it["key"] == "spokes.ou").unwrap();
    let id = units["value"]
        .as_str()
        .unwrap()
        .trim_matches(['[', ']', '"']);
    let mut file = tempfile::NamedTempFile::new().unwrap();
    writeln!(file, "[spokes]\nou = [\n  \"/Security\",\n]").unwrap();
    let path = file.path().to_str().unwrap();
    let of_file = ["plan", "spokes", "--config", path, "--remove-ou", id];
    let refused = world.rootwatch(&of_file).ends_with(1).stderr;
    let said = format!("--remove-ou removes {id}, the unit /Security, which {path}, line 3 lists");
    assert!(refused.contains(&said), "{refused}");
    let of_flag = ["plan", "spokes", "--ou", id, "--remove-ou", "/Security"];
    let refused = world.rootwatch(&of_flag).ends_with(1).stderr;
    assert!(refused.contains("is given by flag --ou"), "{refused}");
}

#[test]
fn all_regions_win_over_the_variable() {
    let world = World::with_hub().calm();
    world.deploy_units(&["/Security"], &[]).ends_with(0);
    let mut env = world.lab.env(&world.organization.hub, REGION);
    env.push(("ROOTWATCH_REGIONS".into(), "us-east-1".into()));
    let regions = |args: &[&str]| {
        let ran = run(&env, args).ends_with(0).stdout;
        let line = ran.lines().find(|it| it.starts_with("spokes.regions"));
        line.unwrap().to_owned()
    };
    assert!(regions(&["settings"]).contains("ROOTWATCH_REGIONS"));
    let all = regions(&["settings", "--all-regions"]);
    assert!(all.contains("(not set)"), "{all}");
}

/// In the management account the StackSet knows the hub, the units and the regions.
#[test]
fn the_management_account_needs_no_flags() {
    let world = World::deployed().calm();
    let management = world.organization.management.clone();
    let run = |args: &[&str]| world.rootwatch_as(&management, args);
    run(&["deploy", "spokes", "--yes"]).ends_with(0);
    assert!(world.is_watched(&management, "eu-west-1"));
    assert!(!world.is_watched(&management, "eu-central-1"));
    let settings: Value = run(&["settings", "--output", "json"]).ends_with(0).json();
    let all = settings["settings"].as_array().unwrap();
    let hub = all.iter().find(|it| it["key"] == "hub.account").unwrap();
    assert_eq!(hub["value"], format!("\"{}\"", world.organization.hub));
    assert_eq!(hub["source"], "deployed: StackSet rootwatch-spoke");
}

#[test]
fn how_operations_go_is_remembered() {
    let world = World::with_hub().calm();
    world
        .deploy_units(
            &["/Security"],
            &[
                "--max-concurrent",
                "1",
                "--region-concurrency",
                "sequential",
            ],
        )
        .ends_with(0);
    let settings = world.rootwatch(&["settings"]).ends_with(0).stdout;
    let line = |key: &str| {
        settings
            .lines()
            .find(|it| it.starts_with(key))
            .unwrap()
            .to_owned()
    };
    assert!(
        line("spokes.max_concurrent").contains("\"1\""),
        "{settings}"
    );
    assert!(
        line("spokes.region_concurrency").contains("sequential"),
        "{settings}"
    );
}

/// A region whose instances somebody deleted is missing, and not left out.
#[test]
fn a_named_region_that_is_emptied_is_a_gap() {
    let world = World::deployed().calm();
    let sdk = world.sdk(&world.organization.hub, REGION);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let cloudformation = aws_sdk_cloudformation::Client::new(&sdk);
        let targets = aws_sdk_cloudformation::types::DeploymentTargets::builder()
            .organizational_unit_ids(&world.organization.ou("/Security").unwrap().id)
            .organizational_unit_ids(&world.organization.ou("/Workloads").unwrap().id)
            .build();
        let call = cloudformation.delete_stack_instances();
        let call = call.stack_set_name("rootwatch-spoke").regions("eu-west-1");
        let call = call.deployment_targets(targets).retain_stacks(false);
        let call = call.call_as(aws_sdk_cloudformation::types::CallAs::DelegatedAdmin);
        call.send().await.unwrap();
    });
    eventually("the end of the deletion", || {
        !world.is_watched(&world.account("shop"), "eu-west-1")
    });
    let status = world.rootwatch(&["status"]).ends_with(2);
    assert!(
        status.stdout.contains("eu-west-1 no stack instance"),
        "{}",
        status.stdout
    );
    world.rootwatch(&["deploy", "spokes", "--yes"]).ends_with(0);
    assert!(world.is_watched(&world.account("shop"), "eu-west-1"));
}

/// What the settings' record alone changes goes through one stack instance, not through all.
#[test]
fn a_further_unit_touches_no_stack_that_is_there() {
    let world = World::with_hub().calm();
    world.deploy_units(&["/Workloads"], &[]).ends_with(0);
    let more = world
        .rootwatch(&["deploy", "spokes", "--yes", "--ou", "/Security"])
        .ends_with(0);
    assert!(
        more.stdout.contains("(UPDATE): succeeded (1 succeeded)"),
        "{}",
        more.stdout
    );
    assert!(!is_change(&world, &[]));
}

/// Somebody who turns the StackSet to another hub has not moved the hub.
#[test]
fn a_stack_set_that_was_turned_away_is_not_followed() {
    let world = World::deployed().calm();
    let sdk = world.sdk(&world.organization.hub, REGION);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let cloudformation = aws_sdk_cloudformation::Client::new(&sdk);
        let call = cloudformation.describe_stack_set();
        let delegate = aws_sdk_cloudformation::types::CallAs::DelegatedAdmin;
        let call = call
            .stack_set_name("rootwatch-spoke")
            .call_as(delegate.clone());
        let found = call.send().await.unwrap().stack_set.unwrap();
        let turned = found.parameters().iter().map(|it| {
            let is_hub = it.parameter_key() == Some("HubAccountId");
            let value = if is_hub {
                Some("555555555555")
            } else {
                it.parameter_value()
            };
            aws_sdk_cloudformation::types::Parameter::builder()
                .set_parameter_key(it.parameter_key().map(str::to_owned))
                .set_parameter_value(value.map(str::to_owned))
                .build()
        });
        let call = cloudformation.update_stack_set();
        let call = call.stack_set_name("rootwatch-spoke").call_as(delegate);
        let call = call
            .use_previous_template(true)
            .set_parameters(Some(turned.collect()));
        let named = aws_sdk_cloudformation::types::Capability::CapabilityNamedIam;
        call.capabilities(named).send().await.unwrap();
    });
    let refused = world.rootwatch(&["deploy", "spokes", "--yes"]).ends_with(1);
    let hub = &world.organization.hub;
    let fix = format!("rootwatch deploy spokes --hub-account {hub} --hub-region {REGION}");
    assert!(refused.stderr.contains(&fix), "{}", refused.stderr);
    let status = world.rootwatch(&["status"]).ends_with(2);
    assert!(status.stdout.contains(&fix), "{}", status.stdout);
    let args: Vec<&str> = fix.split(' ').skip(1).chain(["--yes"]).collect();
    world.rootwatch(&args).ends_with(0);
    assert!(!is_change(&world, &[]));
}
