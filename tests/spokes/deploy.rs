use crate::world::{REGION, World};
use rootwatch_lab::{Fault, InstanceFault, Kind};

const REGIONS: [&str; 2] = ["us-east-1", "eu-west-1"];

#[test]
fn every_account_and_region_under_the_units_gets_a_rule_and_a_role() {
    let world = World::with_hub().calm();
    let ran = world.deploy_spokes().ends_with(0);
    assert!(
        ran.stdout.contains("8 succeeded") && ran.stdout.contains("2 skipped suspended account"),
        "{}",
        ran.stdout
    );
    assert!(
        ran.stderr
            .contains("account 666666666666 (retired) is suspended: no stack is made there, and an operation counts its regions as skipped"),
        "{}",
        ran.stderr
    );
    let snapshot = world.lab.snapshot().unwrap();
    for name in ["hub", "shop", "payments", "sandbox"] {
        let account = world.account(name);
        for region in REGIONS {
            let buses = snapshot[&account][region]["event_buses"].to_string();
            assert!(
                buses.contains("rootwatch-root-activity"),
                "{account} {region}: {buses}"
            );
        }
        let roles = snapshot[&account]
            .to_string()
            .matches("forward-to-hub")
            .count();
        assert_eq!(roles, 2, "one role a region in {account}");
    }
    for (account, why) in [
        ("666666666666", "suspended"),
        ("111111111111", "management"),
    ] {
        for region in REGIONS {
            let buses = snapshot[account][region]["event_buses"].to_string();
            assert!(!buses.contains("rootwatch-root-activity"), "{why}: {buses}");
        }
    }

    world.count_calls();
    let again = world.deploy_spokes().ends_with(0);
    assert!(
        again
            .stdout
            .contains("No changes: all 8 stack instances are up to date."),
        "{}",
        again.stdout
    );
    assert_eq!(world.writes(), Vec::<String>::new());
}

#[test]
fn an_account_that_fails_is_named_with_awss_reason_and_tried_again_alone() {
    let world = World::with_hub().calm();
    let payments = world.account("payments");
    let fault = InstanceFault {
        account: Some(payments.clone()),
        region: Some("us-east-1".into()),
        reason: "Resource handler returned message: Access denied by SCP".into(),
        ..InstanceFault::default()
    };
    world.lab.fail_instances(&fault).unwrap();
    let failed = world.deploy_spokes().ends_with(1);
    insta::assert_snapshot!("failed-account", world.shown(&failed.stdout));
    let status = world.rootwatch(&["status"]).ends_with(2);
    assert!(
        status.stdout.contains(&format!(
            "account {payments} (payments): us-east-1 OUTDATED"
        )),
        "{}",
        status.stdout
    );

    world.lab.clear_instance_faults().unwrap();
    world.count_calls();
    let again = world.deploy_spokes().ends_with(0);
    assert!(again.stdout.contains("(1 succeeded)"), "{}", again.stdout);
    assert_eq!(world.writes(), ["cloudformation:UpdateStackInstances"]);
}

#[test]
fn the_management_account_can_deploy_them_for_a_hub_elsewhere() {
    let world = World::with_hub().calm();
    let management = &world.organization.management;
    let command = [
        "deploy",
        "spokes",
        "--ou",
        "/Workloads/Prod",
        "--regions",
        "us-east-1",
        "--yes",
    ];
    let nowhere = world.rootwatch_as(management, &command).ends_with(1);
    assert!(
        nowhere.stderr.contains("--hub-account"),
        "{}",
        nowhere.stderr
    );
    let hub = [
        "--hub-account",
        &world.organization.hub,
        "--hub-region",
        REGION,
    ];
    let ran = world
        .rootwatch_as(management, &[&command[..], &hub[..]].concat())
        .ends_with(0);
    assert!(ran.stdout.contains("(2 succeeded)"), "{}", ran.stdout);
    let status = world.rootwatch_as(management, &["status"]).ends_with(2);
    assert!(
        status.stdout.contains("  ? the hub in account "),
        "{}",
        status.stdout
    );
    assert!(
        status.stdout.contains("222222222222, region eu-west-1"),
        "{}",
        status.stdout
    );
}

#[test]
fn all_enabled_regions_are_watched_unless_told_otherwise() {
    let world = World::with_hub().calm();
    let plan = world
        .rootwatch(&["plan", "spokes", "--ou", "/Security", "--output", "json"])
        .ends_with(0)
        .json();
    let regions = plan["plan"]["changes"][0]["regions"].as_array().unwrap();
    assert_eq!(regions.len(), 17);
    assert!(regions.contains(&"us-east-1".into()));
}

#[test]
fn a_changed_hub_updates_every_instance() {
    let world = World::deployed().calm();
    world.count_calls();
    let elsewhere = [
        "deploy",
        "spokes",
        "--ou",
        "/Workloads",
        "--ou",
        "/Security",
        "--regions",
        "us-east-1,eu-west-1",
        "--yes",
        "--hub-account",
        "333333333333",
    ];
    let ran = world.rootwatch(&elsewhere);
    assert!(
        ran.stderr
            .contains("parameters.HubAccountId: \"222222222222\" -> \"333333333333\""),
        "{}",
        ran.stderr
    );
    assert_eq!(world.writes(), ["cloudformation:UpdateStackSet"]);
}

#[test]
fn an_account_that_is_no_delegated_administrator_is_told_how_to_become_one() {
    let world = World::new();
    let ran = world
        .rootwatch_as(
            "333333333333",
            &["deploy", "spokes", "--ou", "/Workloads", "--yes"],
        )
        .ends_with(1);
    assert!(
        ran.stderr.contains("register-delegated-administrator"),
        "{}",
        ran.stderr
    );
    assert_eq!(world.writes(), Vec::<String>::new());
}

#[test]
fn throttling_slows_down_and_does_not_fail() {
    let world = World::with_hub().calm();
    world.fail(&Fault::new(Kind::Throttle).every(3));
    world.deploy_spokes().ends_with(0);
}

#[test]
fn somebody_elses_stack_set_is_refused() {
    let world = World::with_hub().calm();
    let config = world.sdk(&world.organization.management, REGION);
    let client = aws_sdk_cloudformation::Client::new(&config);
    let theirs = client
        .create_stack_set()
        .stack_set_name("rootwatch-spoke")
        .permission_model(aws_sdk_cloudformation::types::PermissionModels::ServiceManaged)
        .auto_deployment(
            aws_sdk_cloudformation::types::AutoDeployment::builder()
                .enabled(false)
                .build(),
        )
        .template_body(r#"{"Resources": {"Q": {"Type": "AWS::SQS::Queue"}}}"#);
    tokio::runtime::Runtime::new()
        .unwrap()
        .block_on(theirs.send())
        .unwrap();
    world.count_calls();
    let ran = world.deploy_spokes().ends_with(1);
    assert!(
        ran.stderr.contains("belongs to somebody else"),
        "{}",
        ran.stderr
    );
    assert_eq!(world.writes(), Vec::<String>::new());
}
