use crate::faults::{denied, failing};
use crate::guardrail::Administrator;
use crate::world::{REGION, Ran, World, eventually};
use rootwatch_lab::{InstanceFault, Late};

const DEPLOY: [&str; 7] = [
    "deploy",
    "spokes",
    "--ou",
    "/Workloads/Prod",
    "--regions",
    "us-east-1",
    "--yes",
];

/// Operations of StackSets take this long.
fn slow(world: &World, ms: u64) {
    let late = Late {
        stackset_operation_ms: Some(ms),
        ..Late::default()
    };
    world.lab.set_late(&late).unwrap();
}

fn has_begun(world: &World) -> bool {
    let calls = world.lab.calls().unwrap();
    calls
        .iter()
        .any(|call| call.operation == "ListStackSetOperationResults")
}

#[test]
fn ctrl_c_detaches_and_the_next_run_picks_the_operation_up() {
    let world = World::with_hub().calm();
    slow(&world, 4000);
    let running = world.begin(&DEPLOY);
    eventually("the operation", || has_begun(&world));
    running.interrupt();
    let detached = running.wait().ends_with(130);
    insta::assert_snapshot!("detached", world.shown(&detached.stdout));
    let busy = world
        .rootwatch(&[&DEPLOY[..], &["--no-wait"]].concat())
        .ends_with(1);
    insta::assert_snapshot!("busy", world.shown(&busy.stderr));
    let waited = world.rootwatch(&DEPLOY).ends_with(0);
    insta::assert_snapshot!("waited", world.shown(&waited.stderr));
    assert!(
        waited
            .stdout
            .contains("No changes: all 2 stack instances are up to date."),
        "{}",
        waited.stdout
    );
}

#[test]
fn an_operation_that_somebody_stops_is_no_success() {
    let world = World::with_hub().calm();
    slow(&world, 3000);
    let running = world.begin(&DEPLOY);
    eventually("the operation", || has_begun(&world));
    world.lab.stop_operations().unwrap();
    let stopped = running.wait().ends_with(1);
    insta::assert_snapshot!("stopped", world.shown(&stopped.stdout));
    slow(&world, 100);
    world.rootwatch(&DEPLOY).ends_with(0);
}

#[test]
fn failures_inside_the_tolerance_are_reported_and_over_it_they_stop_the_rest() {
    let world = World::with_hub().calm();
    let fault = InstanceFault {
        account: Some(world.account("shop")),
        reason: "The maximum limit of roles is reached".into(),
        ..InstanceFault::default()
    };
    world.lab.fail_instances(&fault).unwrap();
    let within = world.rootwatch(&DEPLOY).ends_with(1);
    insta::assert_snapshot!("within-tolerance", world.shown(&within.stdout));
    let strict = [
        "--failure-tolerance",
        "0",
        "--max-concurrent",
        "1",
        "--region-concurrency",
        "sequential",
    ];
    let both = [
        &DEPLOY[..4],
        &["--ou", "/Security"],
        &["--regions", "us-east-1,eu-west-1", "--yes"],
        &strict,
    ]
    .concat();
    let over = world.rootwatch(&both).ends_with(1);
    assert!(
        over.stdout
            .contains("Cancelled since failure tolerance has exceeded")
            && over.stdout.contains("or raise --failure-tolerance"),
        "{}",
        over.stdout
    );
}

#[test]
fn an_inoperable_instance_is_removed_and_made_anew() {
    let world = World::with_hub().calm();
    world.rootwatch(&DEPLOY).ends_with(0);
    let fault = InstanceFault {
        account: Some(world.account("shop")),
        action: Some("DELETE".into()),
        reason: "Stack cannot be deleted while TerminationProtection is enabled".into(),
        ..InstanceFault::default()
    };
    world.lab.fail_instances(&fault).unwrap();
    let torn = world
        .rootwatch(&["teardown", "spokes", "--yes"])
        .ends_with(1);
    insta::assert_snapshot!("cannot-be-removed", world.shown(&torn.stderr));
    let status = world.rootwatch(&["status"]).ends_with(2);
    assert!(
        status
            .stdout
            .contains("us-east-1 INOPERABLE Stack cannot be deleted"),
        "{}",
        status.stdout
    );
    // While it still cannot be removed, it is not made a second time.
    let still = world.rootwatch(&DEPLOY).ends_with(1);
    insta::assert_snapshot!("still-inoperable", world.shown(&still.stdout));
    assert!(
        still
            .stderr
            .contains("Not created again, since it could not be removed: account"),
        "{}",
        still.stderr
    );
    world.lab.clear_instance_faults().unwrap();
    let fixed = world.rootwatch(&DEPLOY).ends_with(0);
    insta::assert_snapshot!("inoperable", world.shown(&fixed.stderr));
    assert!(world.is_watched(&world.account("shop"), "us-east-1"));
    assert!(world.is_watched(&world.account("payments"), "us-east-1"));
}

#[test]
fn a_region_that_is_off_in_an_account_is_reported_and_no_failure() {
    let world = World::with_hub().calm();
    world
        .lab
        .enable_region(&world.organization.management, "af-south-1")
        .unwrap();
    let deploy = [
        &DEPLOY[..4],
        &["--regions", "us-east-1,af-south-1", "--yes"],
    ]
    .concat();
    let ran = world.as_management(&deploy).ends_with(0);
    insta::assert_snapshot!("region-off", world.shown(&ran.stdout));
    world.count_calls();
    let again = world.as_management(&deploy).ends_with(0);
    insta::assert_snapshot!("region-off-again", world.shown(&again.stdout));
    assert_eq!(world.writes(), Vec::<String>::new());
    let status = world.as_management(&["status"]).ends_with(2);
    assert!(
        status
            .stdout
            .contains("region af-south-1 is turned off in account 333333333333")
            && !status.stdout.contains("333333333333 (shop)"),
        "{}",
        status.stdout
    );
    // A delegated administrator may not ask which regions an account has: it is reported as it fails.
    world
        .lab
        .enable_region(&world.organization.hub, "af-south-1")
        .unwrap();
    let failed = world.rootwatch(&deploy).ends_with(1);
    assert!(
        failed
            .stdout
            .contains("hint: turn the region on in that account"),
        "{}",
        failed.stdout
    );
}

/// The management account too may ask only where Account Management has trusted access.
#[test]
fn who_may_not_ask_which_regions_are_turned_off_learns_the_command() {
    const COMMAND: &str = "`aws organizations enable-aws-service-access --service-principal account.amazonaws.com` in the management account";
    const SERVICE: &str = "account.amazonaws.com";
    let world = World::with_hub().calm();
    let (management, hub) = (&world.organization.management, &world.organization.hub);
    for account in [management, hub] {
        world.lab.enable_region(account, "af-south-1").unwrap();
    }
    let administrator = Administrator::new(&world);
    let off = administrator.organizations.disable_aws_service_access();
    administrator
        .does(off.service_principal(SERVICE).send())
        .unwrap();
    let deploy = [
        &DEPLOY[..4],
        &["--regions", "us-east-1,af-south-1", "--yes"],
    ]
    .concat();
    let by_management = || world.as_management(&deploy);
    let by_hub = || world.rootwatch(&deploy);
    let both: [&dyn Fn() -> Ran; 2] = [&by_management, &by_hub];
    for run in both {
        let ran = run().ends_with(1);
        let said = ran.stdout + &ran.stderr;
        let unknown = "which regions other accounts have turned off cannot be read (account:ListRegions: AccessDeniedException: ";
        for part in [unknown, COMMAND] {
            assert_eq!(said.matches(part).count(), 1, "{part}: {said}");
        }
    }
    let on = administrator.organizations.enable_aws_service_access();
    administrator
        .does(on.service_principal(SERVICE).send())
        .unwrap();
    by_management().ends_with(0);
}

#[test]
fn regions_that_are_named_need_not_be_listed() {
    let world = World::with_hub().calm();
    world.fail(&denied().service("account").operation("ListRegions"));
    let all = ["plan", "spokes", "--ou", "/Workloads/Prod"];
    let refused = world.rootwatch(&all).ends_with(1);
    let says = "the regions that this account has enabled cannot be read, and --regions names none: account:ListRegions";
    assert!(refused.stderr.contains(says), "{}", refused.stderr);
    world.rootwatch(&DEPLOY).ends_with(0);
    assert!(world.is_watched(&world.account("shop"), "us-east-1"));
}

#[test]
fn more_instances_than_a_stack_set_may_have_are_refused_before_the_first_write() {
    let world = World::with_hub();
    world.count_calls();
    let two = ["--ou", "/", "--regions", "us-east-1,eu-west-1", "--yes"];
    let deploy = |quota: &str| {
        let args = [
            &["deploy", "spokes"],
            &two[..],
            &["--instance-quota", quota],
        ];
        world.rootwatch(&args.concat())
    };
    let refused = deploy("9").ends_with(1);
    let says = "5 accounts by 2 regions are 10 stack instances, and one StackSet may have 9";
    assert!(refused.stderr.contains(says), "{}", refused.stderr);
    assert_eq!(world.writes(), Vec::<String>::new());
    deploy("10").ends_with(0);
}

#[test]
fn everything_that_is_missing_is_reported_at_once_before_the_first_write() {
    let world = World::new();
    world.lab.set_trusted_access(false).unwrap();
    world.count_calls();
    let not_ready = world
        .rootwatch(&[
            "deploy",
            "spokes",
            "--ou",
            "/Nowhere",
            "--ou",
            "ou-ab12-cdefgh34",
            "--regions",
            "us-east-1,me-south-1",
            "--yes",
        ])
        .ends_with(1);
    insta::assert_snapshot!("not-ready", world.shown(&not_ready.stderr));
    let nobody = world.rootwatch_as("333333333333", &DEPLOY).ends_with(1);
    insta::assert_snapshot!("no-rights", world.shown(&nobody.stderr));
    assert_eq!(world.writes(), Vec::<String>::new());
}

#[test]
fn an_answer_that_is_no_refusal_is_shown_as_it_is() {
    let world = World::with_hub().calm();
    let fault = failing("SomethingElse", "went wrong", 400);
    let fault = fault.operation("DescribeOrganizationsAccess");
    world.fail(&fault);
    for args in [
        &["teardown", "spokes", "--yes"][..],
        &["status"],
        &["plan", "spokes", "--ou", "/"],
    ] {
        let ran = world.rootwatch(args);
        let reported = format!("{}{}", ran.stdout, ran.stderr);
        assert!(reported.contains("SomethingElse: went wrong"), "{reported}");
        assert!(
            !reported.contains("register-delegated-administrator"),
            "{reported}"
        );
        let is_plan = args[0] == "plan";
        assert_eq!(
            reported.contains("cannot be deployed yet"),
            is_plan,
            "{reported}"
        );
    }
}

#[test]
fn a_hub_in_another_region_of_the_same_account_is_looked_at() {
    let world = World::with_hub().calm();
    let plan = |region: &str, hub: &str| {
        let args = ["plan", "spokes", "--ou", "/Security", "--region", region];
        world.rootwatch(&[&args[..], &["--hub-region", hub]].concat())
    };
    let found = plan("us-east-1", "eu-west-1").ends_with(0);
    assert!(!found.stdout.contains("cannot be seen"), "{}", found.stdout);
    let missing = plan("eu-west-1", "us-west-2").ends_with(1);
    assert!(
        missing
            .stderr
            .contains("is not in account 222222222222, region us-west-2"),
        "{}",
        missing.stderr
    );
}

#[test]
fn trusted_access_is_turned_on_when_asked_by_the_management_account() {
    let world = World::with_hub().calm();
    world.lab.set_trusted_access(false).unwrap();
    let enable = [&DEPLOY[..], &["--enable-trusted-access"]].concat();
    let hub = world.rootwatch(&enable).ends_with(1);
    assert!(
        hub.stderr
            .contains("in the management account 111111111111"),
        "{}",
        hub.stderr
    );
    let without = world.as_management(&DEPLOY).ends_with(1);
    assert!(
        without
            .stderr
            .contains("--enable-trusted-access turns it on"),
        "{}",
        without.stderr
    );
    let ran = world.as_management(&enable).ends_with(0);
    assert!(
        ran.stderr
            .contains("+ trusted access for StackSets in the organization"),
        "{}",
        ran.stderr
    );
    assert!(
        world
            .writes()
            .contains(&"cloudformation:ActivateOrganizationsAccess".to_owned())
    );
    world.as_management(&DEPLOY).ends_with(0);
}

/// The line that says that no trail logs, as a run prints it.
fn is_of_trail(line: &str) -> bool {
    line.starts_with("! CloudTrail: no trail that logs management events")
        && line.contains("is stopped")
}

#[test]
fn a_missing_trail_is_the_last_line_too() {
    let world = World::with_hub().calm();
    world.lab.stop_trails().unwrap();
    let plan = [
        "plan",
        "spokes",
        "--ou",
        "/Workloads/Prod",
        "--regions",
        "us-east-1",
    ];
    // Before anything is there, in the run that makes it, and when nothing changes.
    for args in [&plan[..], &DEPLOY, &DEPLOY, &plan] {
        let ran = world.rootwatch(args).ends_with(0);
        let last = ran.stdout.lines().last().unwrap_or_default();
        assert!(is_of_trail(last), "{}", ran.stdout);
        let all = format!("{}{}", ran.stderr, ran.stdout);
        assert!(
            all.lines().filter(|it| is_of_trail(it)).count() > 1,
            "{all}"
        );
        assert!(
            all.contains("  fix: to start it again, in account"),
            "{all}"
        );
    }
    let coloured = world.rootwatch(&[&plan[..], &["--color", "always"]].concat());
    assert!(
        coloured.stdout.contains("\u{1b}[31m!\u{1b}[0m CloudTrail"),
        "{}",
        coloured.stdout
    );
    let json = world.rootwatch(&[&plan[..], &["--output", "json"]].concat());
    assert_eq!(json.json()["plan"]["trail"]["verdict"], "broken");
    let status = world.rootwatch(&["status"]).ends_with(2);
    assert!(
        status.stdout.contains("! RW501 CloudTrail: no trail"),
        "{}",
        status.stdout
    );
}

/// What IAM says in an account and region, where the names of roles and stacks have ids.
fn denied_by_scp(world: &World) {
    for (index, region) in ENABLED.iter().enumerate() {
        let id = format!("{index:02}a1b2c3d4e5f6");
        let reason = format!(
            "Resource handler returned message: \"User: arn:aws:sts::444444444444:assumed-role/stacksets-exec-{id}/{id} is not authorized to perform: iam:CreateRole on resource: arn:aws:iam::444444444444:role/StackSet-rootwatch-spoke-{region}-{id} with an explicit deny in a service control policy\""
        );
        let fault = InstanceFault {
            account: Some(world.account("payments")),
            region: Some((*region).into()),
            reason,
            ..InstanceFault::default()
        };
        world.lab.fail_instances(&fault).unwrap();
    }
}

/// The regions that every account of the lab has enabled.
const ENABLED: [&str; 17] = [
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-northeast-3",
    "ap-south-1",
    "ap-southeast-1",
    "ap-southeast-2",
    "ca-central-1",
    "eu-central-1",
    "eu-north-1",
    "eu-west-1",
    "eu-west-2",
    "eu-west-3",
    "sa-east-1",
    "us-east-1",
    "us-east-2",
    "us-west-1",
    "us-west-2",
];

#[test]
fn an_operation_in_which_accounts_failed_is_nowhere_called_succeeded() {
    let world = World::with_hub().calm();
    denied_by_scp(&world);
    let deploy = ["deploy", "spokes", "--ou", "/Workloads/Prod", "--yes"];
    let failed = world.rootwatch(&deploy).ends_with(1);
    assert!(
        failed.stderr.contains("finished, 17 of 34 failed") && !failed.stderr.contains("succeeded"),
        "{}",
        failed.stderr
    );
    insta::assert_snapshot!("denied-everywhere", world.shown(&failed.stdout));
    let again = world
        .rootwatch(&[&deploy[..], &["--output", "json"]].concat())
        .ends_with(1)
        .json();
    let ended = &again["operations"][0];
    assert_eq!(ended["result"], "finished, 17 of 17 failed");
    assert_eq!(ended["failures"].as_array().unwrap().len(), 17);
    let reason = ended["failures"][0]["reason"].as_str().unwrap();
    assert!(reason.contains("with an explicit deny"), "{reason}");
    let status = world.rootwatch(&["status"]).ends_with(2).stdout;
    let last = status.lines().find(|it| it.contains("last operation"));
    let last = last.unwrap_or_default();
    assert!(last.contains("finished, 17 failed, at "), "{last}");
}

#[test]
fn a_region_that_does_not_exist_is_told_from_one_that_is_turned_off() {
    let world = World::with_hub();
    let plan = |regions: &str| {
        let args = ["plan", "spokes", "--ou", "/Workloads", "--regions", regions];
        world.rootwatch(&args).ends_with(1).stderr
    };
    let slip = plan("us-east-1,eu-wst-1");
    assert!(
        slip.contains("there is no region eu-wst-1; did you mean eu-west-1?")
            && !slip.contains("enable-region"),
        "{slip}"
    );
    let off = plan("us-east-1,me-south-1");
    assert!(
        off.contains("`aws account enable-region --region-name me-south-1`")
            && !off.contains("there is no region"),
        "{off}"
    );
}

#[test]
fn a_bus_that_lets_nobody_in_is_refused() {
    let world = World::with_hub().calm();
    let client = aws_sdk_eventbridge::Client::new(&world.sdk(&world.organization.hub, REGION));
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let request = client
        .remove_permission()
        .event_bus_name("rootwatch")
        .remove_all_permissions(true);
    runtime.block_on(request.send()).unwrap();
    let refused = world.rootwatch(&DEPLOY).ends_with(1);
    assert!(
        refused.stderr.contains("does not allow the organization")
            && refused.stderr.contains("`rootwatch deploy hub` fixes it"),
        "{}",
        refused.stderr
    );
}

#[test]
fn what_fails_for_a_reason_that_passes_is_tried_again_in_the_same_run() {
    let world = World::with_hub().calm();
    let fault = InstanceFault {
        account: Some(world.account("shop")),
        reason: "Account 333333333333 Region us-east-1: AccountGate check failed".into(),
        times: Some(1),
        ..InstanceFault::default()
    };
    world.lab.fail_instances(&fault).unwrap();
    let ran = world.rootwatch(&DEPLOY).ends_with(0);
    insta::assert_snapshot!("tried-again", world.shown(&ran.stdout));
    assert!(world.is_watched(&world.account("shop"), "us-east-1"));
}
