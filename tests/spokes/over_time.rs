use crate::world::{REGION, World, eventually};
use aws_sdk_cloudformation::types::{AccountFilterType, CallAs, DeploymentTargets};
use rootwatch_lab::{InstanceFault, Late};
use std::time::Duration;

const STATUS: [&str; 3] = ["status", "--regions", "us-east-1,eu-west-1"];
const PATIENCE: Duration = Duration::from_secs(30);
const SET: &str = "rootwatch-spoke";

#[test]
fn what_is_no_longer_wanted_goes_once_its_number_is_confirmed() {
    let world = World::deployed().calm();
    let narrower = [
        "deploy",
        "spokes",
        "--remove-ou",
        "/Security",
        "--regions",
        "us-east-1",
    ];
    let refused = world.rootwatch(&narrower).ends_with(3);
    insta::assert_snapshot!("narrower", world.shown(&refused.stderr));
    assert!(world.is_watched(&world.account("shop"), "eu-west-1"));
    world
        .rootwatch(&[&narrower[..], &["--yes"]].concat())
        .ends_with(0);
    for (name, region, watched) in [
        ("shop", "us-east-1", true),
        ("shop", "eu-west-1", false),
        ("hub", "us-east-1", false),
    ] {
        assert_eq!(
            world.is_watched(&world.account(name), region),
            watched,
            "{name} {region}"
        );
    }
    world.count_calls();
    world.rootwatch(&["deploy", "spokes", "--yes"]).ends_with(0);
    assert_eq!(world.writes(), Vec::<String>::new());
}

#[test]
fn an_inner_unit_alone_keeps_its_accounts_watched() {
    let world = World::deployed().calm();
    world.count_calls();
    let inner = world
        .deploy_units(&["/Workloads/Prod"], &["--remove-ou", "/Workloads"])
        .ends_with(0);
    insta::assert_snapshot!("inner-unit", world.shown(&inner.stderr));
    assert!(world.is_watched(&world.account("shop"), "us-east-1"));
    assert!(!world.is_watched(&world.account("sandbox"), "us-east-1"));
    world.count_calls();
    let again = world
        .deploy_units(&["/Workloads/Prod", "/Security"], &[])
        .ends_with(0);
    assert_eq!(world.writes(), Vec::<String>::new(), "{}", again.stderr);
}

#[test]
fn an_inner_unit_outlives_its_outer_one() {
    let world = World::with_hub().calm();
    let inner = ["/Workloads/Prod"];
    let outer = ["--remove-ou", "/Workloads"];
    for (units, gone) in [
        (&inner[..], &[][..]),
        (&["/Workloads"], &[]),
        (&inner, &outer),
    ] {
        world.deploy_units(units, gone).ends_with(0);
        for region in ["us-east-1", "eu-west-1"] {
            let shop = world.account("shop");
            assert!(world.is_watched(&shop, region), "{units:?} {region}");
        }
    }
    assert!(!world.is_watched(&world.account("sandbox"), "us-east-1"));
}

#[test]
fn units_inside_one_another_are_deployed_to_once() {
    // What is tried again is shown too.
    let world = World::with_hub().calm();
    let ran = world
        .deploy_units(&["/", "/Workloads/Prod", "/Workloads"], &[])
        .ends_with(0);
    insta::assert_snapshot!("nested-units", world.shown(&ran.stderr));
    assert!(ran.stdout.contains("8 succeeded"), "{}", ran.stdout);
    let status = world.rootwatch(&STATUS).ends_with(0);
    insta::assert_snapshot!("status-of-all", world.shown(&status.stdout));
}

#[test]
fn a_new_account_is_a_gap_until_automatic_deployment_reaches_it() {
    let world = World::deployed().calm();
    let late = |ms| Late {
        auto_deployment_ms: Some(ms),
        ..Late::default()
    };
    world.lab.set_late(&late(60_000)).unwrap();
    let prod = world.organization.ou("/Workloads/Prod").unwrap().id.clone();
    let new = world.lab.add_account("newcomer", &prod).unwrap().id;
    let gap = format!("account {new} (newcomer): all 2 regions no stack instance");
    let before = world.rootwatch(&STATUS).ends_with(2);
    assert!(before.stdout.contains(&gap), "{}", before.stdout);
    // Nobody has to wait: only what is missing is made.
    let plan = world
        .deploy_units(&["/Workloads", "/Security"], &[])
        .ends_with(0);
    assert!(
        plan.stderr
            .contains(&format!("+ 2 stack instances: account {new}")),
        "{}",
        plan.stderr
    );
    assert!(
        !world
            .rootwatch(&STATUS)
            .ends_with(0)
            .stdout
            .contains("newcomer")
    );
    // And another one by itself.
    world.lab.set_late(&late(10)).unwrap();
    world.lab.add_account("second", &prod).unwrap();
    eventually("automatic deployment", || {
        let is_gap = world.rootwatch(&STATUS).stdout.contains("second");
        !is_gap
    });
    world.rootwatch(&STATUS).ends_with(0);
}

#[test]
fn a_set_that_no_longer_reaches_the_hub_is_a_gap() {
    let world = World::deployed().calm();
    let config = world.sdk(&world.organization.hub, "eu-west-1");
    let parameter = |key: &str, value: Option<&str>| {
        aws_sdk_cloudformation::types::Parameter::builder()
            .parameter_key(key)
            .set_parameter_value(value.map(str::to_owned))
            .set_use_previous_value(value.is_none().then_some(true))
            .build()
    };
    let request = aws_sdk_cloudformation::Client::new(&config)
        .update_stack_set()
        .stack_set_name("rootwatch-spoke")
        .use_previous_template(true)
        .capabilities("CAPABILITY_NAMED_IAM".into())
        .call_as("DELEGATED_ADMIN".into())
        .parameters(parameter("HubRegion", Some("us-west-2")))
        .parameters(parameter("HubAccountId", None))
        .parameters(parameter("HubBusName", None))
        .parameters(parameter("DeploymentName", None));
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(request.send()).unwrap();
    world.lab.wait_idle(PATIENCE).unwrap();
    let status = world.rootwatch(&STATUS).ends_with(2).stdout;
    assert!(
        status.contains("HubRegion is us-west-2, not eu-west-1"),
        "{status}"
    );
}

#[test]
fn an_account_that_moves_stays_watched_or_is_reported() {
    let world = World::deployed().calm();
    let id = |path: &str| world.organization.ou(path).unwrap().id.clone();
    let shop = world.account("shop");
    world.lab.move_account(&shop, &id("/Security")).unwrap();
    world.lab.wait_idle(PATIENCE).unwrap();
    // The unit that it came to created before the one that it left had deleted, and the rule's name was taken.
    assert!(!world.is_watched(&shop, "us-east-1"));
    let left = world.rootwatch(&STATUS).ends_with(2).stdout;
    assert!(
        left.contains("rootwatch-root-activity already exists"),
        "{left}"
    );
    let units = ["/Workloads", "/Security"];
    let mended = world.deploy_units(&units, &[]).ends_with(0).stdout;
    assert!(mended.contains("succeeded (2 succeeded)"), "{mended}");
    let same = world.deploy_units(&units, &[]).ends_with(0);
    assert!(same.stdout.contains("No changes: all 8"), "{}", same.stdout);
    assert!(world.is_watched(&shop, "us-east-1"));
    // Out of all units: automatic deployment takes its stacks away, and status shows it.
    world
        .lab
        .move_account(&shop, &world.organization.root_id)
        .unwrap();
    world.lab.wait_idle(PATIENCE).unwrap();
    let status = world.rootwatch(&STATUS).ends_with(2);
    insta::assert_snapshot!("moved-out", world.shown(&status.stdout));
}

/// Somebody lets go of a suspended account by itself: that ends automatic deployment to its unit.
#[test]
fn a_unit_that_automatic_deployment_has_lost_is_made_a_target_again() {
    let world = World::deployed().calm();
    let workloads = world.organization.ou("/Workloads").unwrap().id.clone();
    let client = aws_sdk_cloudformation::Client::new(&world.sdk(&world.organization.hub, REGION));
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let retired = DeploymentTargets::builder()
        .organizational_unit_ids(&workloads)
        .accounts(world.account("retired"))
        .account_filter_type(AccountFilterType::Intersection);
    let call = client.delete_stack_instances().retain_stacks(true);
    let call = call.stack_set_name(SET).regions("us-east-1");
    let call = call.deployment_targets(retired.build());
    let call = call.call_as(CallAs::DelegatedAdmin).send();
    runtime.block_on(call).unwrap();
    world.lab.wait_idle(PATIENCE).unwrap();
    let is_target = || {
        let call = client.list_stack_set_auto_deployment_targets();
        let call = call.stack_set_name(SET).call_as(CallAs::DelegatedAdmin);
        let found = runtime.block_on(call.send()).unwrap();
        let mut units = found.summaries().iter();
        let unit = units.find(|it| it.organizational_unit_id() == Some(&workloads));
        unit.is_some_and(|it| it.regions().contains(&"us-east-1".to_owned()))
    };
    assert!(!is_target());
    let units = ["/Workloads", "/Security"];
    let restored = world.deploy_units(&units, &[]).ends_with(0);
    insta::assert_snapshot!("target-again", world.shown(&restored.stderr));
    assert!(is_target());
    let same = world.deploy_units(&units, &[]).ends_with(0);
    assert!(same.stdout.contains("No changes: all 8"), "{}", same.stdout);
}

#[test]
fn a_spoke_that_somebody_changed_is_a_gap_once_drift_was_detected() {
    let world = World::deployed().calm();
    let quiet = world.rootwatch(&STATUS);
    assert!(!quiet.stdout.contains("drift:"), "{}", quiet.stdout);
    let shop = world.account("shop");
    let spoke = aws_sdk_eventbridge::Client::new(&world.sdk(&shop, "us-east-1"));
    let name = "rootwatch-root-activity";
    let disabling = spoke.disable_rule().name(name).send();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(disabling).unwrap();
    let found = world.rootwatch(&[&STATUS[..], &["--detect-drift"]].concat());
    let found = found.ends_with(2);
    assert!(
        found.stdout.contains("! RW313 drift: 1 of "),
        "{}",
        found.stdout
    );
    assert!(
        found.stdout.contains("(DETECT_DRIFT) succeeded"),
        "{}",
        found.stdout
    );
    // What was found stays known, and asking for it is no write.
    world.count_calls();
    let again = world.rootwatch(&STATUS).ends_with(2);
    assert!(
        again.stdout.contains("! RW313 drift: 1 of "),
        "{}",
        again.stdout
    );
    assert_eq!(world.writes(), Vec::<String>::new());
    // Where it could not look, nothing is known.
    let fault = InstanceFault {
        account: Some(shop),
        reason: "Access denied by SCP".into(),
        ..InstanceFault::default()
    };
    world.lab.fail_instances(&fault).unwrap();
    let failed = world.rootwatch(&[&STATUS[..], &["--detect-drift"]].concat());
    let gap = "! RW314 drift could not be detected everywhere: ";
    let failed = failed.ends_with(2);
    let (_, reported) = failed.stdout.split_once(gap).unwrap();
    assert!(reported.contains("Access denied by SCP"), "{reported}");
}
