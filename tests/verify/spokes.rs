use super::{DEFAULT_ROLE, SPOKE_ROLE, Wrong, wrong};
use crate::faults::access_denied;
use crate::intruder::{Change, SpokeIntruder};
use crate::world::{PERSON, REGION, World};
use aws_sdk_cloudformation::types::{AccountFilterType, CallAs, DeploymentTargets};
use aws_sdk_eventbridge::types::RuleState;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(30);

struct Break<'a> {
    at: &'a SpokeIntruder,
    /// Kind of the resource and check of each hop that is named.
    hops: &'static [(&'static str, &'static str)],
    changes: Vec<Change<'a>>,
}

/// A spoke each for what hides the rest.
fn breaks(spokes: &[SpokeIntruder; 4]) -> [Break<'_>; 4] {
    let [changed, aimless, gone, leaking] = spokes;
    let pattern = |it: &str| it.replace("[\"Root\"]", "[\"Root\",\"IAMUser\"]");
    [
        Break {
            at: changed,
            hops: &[
                ("rule", "state"),
                ("rule", "pattern"),
                ("role", "trust"),
                ("role", "policy"),
                ("rule", "dead letters"),
            ],
            changes: vec![
                Box::pin(changed.put_rule(RuleState::Enabled, pattern)),
                Box::pin(changed.trust_another_rule()),
                Box::pin(changed.forbid_forwarding()),
                Box::pin(changed.queue_for_another_rule()),
            ],
        },
        Break {
            at: aimless,
            hops: &[("rule", "target")],
            changes: vec![Box::pin(aimless.remove_target())],
        },
        Break {
            at: gone,
            hops: &[("rule", "exists")],
            changes: vec![Box::pin(gone.delete_rule())],
        },
        Break {
            at: leaking,
            hops: &[("rule", "dead letters")],
            changes: vec![Box::pin(leaking.delete_queue())],
        },
    ]
}

/// Does what a hint says: the stack goes, and `deploy spokes` makes it again.
async fn remove_instance(world: &World, hint: &str) {
    let after = |word: &str| {
        let (_, rest) = hint.split_once(word).unwrap();
        rest.split([',', ' ']).next().unwrap()
    };
    let targets = DeploymentTargets::builder()
        .organizational_unit_ids(after("OrganizationalUnitIds="))
        .accounts(after(",Accounts="))
        .account_filter_type(AccountFilterType::Intersection);
    let sdk = world.sdk(&world.organization.hub, REGION);
    let call = aws_sdk_cloudformation::Client::new(&sdk).delete_stack_instances();
    let call = call
        .stack_set_name(after("--stack-set-name "))
        .regions(after("--regions "))
        .deployment_targets(targets.build())
        .retain_stacks(false);
    call.call_as(CallAs::DelegatedAdmin).send().await.unwrap();
    world.lab.wait_idle(PATIENCE).unwrap();
}

/// Place, kind of the resource and check of each hop.
fn named(found: &[Wrong]) -> BTreeSet<(&str, &str, &str, &str)> {
    let kind = |it: &Wrong| it.resource.find(' ').unwrap();
    found
        .iter()
        .map(|it| {
            (
                &*it.account,
                &*it.region,
                &it.resource[..kind(it)],
                &*it.check,
            )
        })
        .collect()
}

#[test]
fn broken_spokes_are_named_and_fixed() {
    let world = World::deployed();
    let spoke = |account, region| SpokeIntruder::new(&world, account, region);
    let spokes = [
        spoke("shop", "us-east-1"),
        spoke("shop", "eu-west-1"),
        spoke("payments", "us-east-1"),
        spoke("payments", "eu-west-1"),
    ];
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let mut expected = BTreeSet::new();
    for one in breaks(&spokes) {
        let (account, region) = (&*one.at.account, one.at.region);
        let hops = one.hops.iter();
        expected.extend(hops.map(|(kind, check)| (account, region, *kind, *check)));
        for change in one.changes {
            runtime.block_on(change);
        }
    }
    let (shop, payments) = (&spokes[0].account, &spokes[2].account);
    let accounts = ["--account", shop, "--account", payments];
    let verify = ["verify", "--role", SPOKE_ROLE, "--output", "json"];
    let verify = [&verify[..], &accounts].concat();
    let found = wrong(&world.rootwatch(&verify).ends_with(2));
    assert_eq!(named(&found), expected, "{found:#?}");
    assert!(found.iter().all(|it| it.verdict == "broken"), "{found:#?}");
    assert!(
        found
            .iter()
            .all(|it| it.fix.contains("rootwatch deploy spokes")),
        "{found:#?}"
    );
    let hints: BTreeSet<&str> = found.iter().map(|it| &*it.fix).collect();
    assert_eq!(hints.len(), spokes.len(), "{hints:#?}");
    for hint in hints {
        runtime.block_on(remove_instance(&world, hint));
    }
    world.deploy_spokes().ends_with(0);
    world.rootwatch(&verify).ends_with(0);
}

/// CloudFormation refuses the word of a delegated administrator to any other account, the management account too.
#[test]
fn the_command_for_a_spoke_calls_as_whoever_reads_it() {
    let of_hub = World::deployed().calm();
    let of_management = World::new().calm();
    let management = of_management.organization.management.clone();
    let deploy = |what: &[&str]| {
        let args = [&["deploy"], what, &["--yes"]].concat();
        of_management.rootwatch_as(&management, &args).ends_with(0);
    };
    deploy(&["hub", "--email", PERSON]);
    deploy(&["spokes", "--ou", "/Workloads", "--regions", "us-east-1"]);
    let hub = of_hub.organization.hub.clone();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    // Who calls decides which role lets them in, too.
    for (world, account, word, role) in [
        (&of_hub, &hub, "DELEGATED_ADMIN", SPOKE_ROLE),
        (&of_management, &management, "SELF", DEFAULT_ROLE),
    ] {
        let spoke = SpokeIntruder::new(world, "shop", "us-east-1");
        runtime.block_on(spoke.remove_target());
        let verify = ["verify", "--role", role, "--output", "json"];
        let verify = [&verify[..], &["--account", &spoke.account]].concat();
        let found = wrong(&world.rootwatch_as(account, &verify).ends_with(2));
        let command = format!("delete-stack-instances --call-as {word} ");
        let fixes: Vec<&str> = found.iter().map(|it| &*it.fix).collect();
        assert!(fixes.iter().any(|it| it.contains(&command)), "{fixes:#?}");
    }
}

#[test]
fn a_rule_narrowed_by_an_address_is_never_fine() {
    let world = World::deployed();
    let spoke = SpokeIntruder::new(&world, "shop", "us-east-1");
    let narrow = |pattern: &str| {
        let mut pattern: Value = serde_json::from_str(pattern).unwrap();
        let address = json!([{"exists": false}, {"anything-but": "203.0.113.66"}]);
        pattern["detail"] = json!({"sourceIPAddress": address});
        pattern.to_string()
    };
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let all = RuleState::EnabledWithAllCloudtrailManagementEvents;
    runtime.block_on(spoke.put_rule(all, narrow));
    let args = ["verify", "--role", SPOKE_ROLE, "--account", &spoke.account];
    let json = [&args[..], &["--output", "json"]].concat();
    let found = wrong(&world.rootwatch(&json).ends_with(2));
    let [rule] = &found[..] else {
        panic!("{found:#?}");
    };
    assert_eq!(
        (&*rule.resource, &*rule.region, &*rule.verdict),
        ("rule rootwatch-root-activity", "us-east-1", "differs")
    );
    let text = world.rootwatch(&args).ends_with(2).stdout;
    let line = "differs RW206  rule rootwatch-root-activity in account ";
    assert!(text.contains(line), "{text}");
    assert!(text.contains("event_pattern.detail is {"), "{text}");
    runtime.block_on(remove_instance(&world, &rule.fix));
    world.deploy_spokes().ends_with(0);
    world.rootwatch(&json).ends_with(0);
}

#[test]
fn a_spoke_that_cannot_be_entered_or_is_missing_is_said_so() {
    let world = World::deployed();
    let fault = access_denied().operation("AssumeRole");
    world.fail(&fault);
    let look = |account: &str| {
        let args = ["verify", "--role", SPOKE_ROLE, "--output", "json"];
        let args = [&args[..], &["--account", account]].concat();
        wrong(&world.rootwatch(&args).ends_with(2))
    };
    let found = look(&world.account("shop"));
    assert!(
        !found.is_empty() && found.iter().all(|it| it.verdict == "unknown"),
        "{found:#?}"
    );
    assert!(
        found.iter().any(|it| it.fix.contains("sts:AssumeRole")),
        "{found:#?}"
    );
    world.lab.clear_faults().unwrap();
    // The management account is in no StackSet; it is looked at because it was named.
    let found = look(&world.organization.management);
    let [missing] = &found[..] else {
        panic!("{found:#?}");
    };
    assert_eq!(
        (&*missing.resource, &*missing.check, &*missing.verdict),
        ("rule rootwatch-root-activity", "exists", "broken")
    );
}

#[test]
fn an_account_or_region_that_does_not_exist_is_no_green() {
    let world = World::deployed();
    let shop = world.account("shop");
    let management = world.organization.management.clone();
    for (args, said) in [
        (
            &["--account", "999999999999"][..],
            "account 999999999999 is not in the organization",
        ),
        (
            &["--account", "999999999999", "--role", SPOKE_ROLE],
            "account 999999999999 is not in the organization",
        ),
        (
            &["--account", &shop, "--spoke-region", "eu-west-9"],
            "there is no region eu-west-9; did you mean eu-west-1?",
        ),
        (
            &["--spoke-region", "eu-west-9"],
            "there is no region eu-west-9",
        ),
        (
            &["--spoke-region", "ap-south-1"],
            "no account has a stack instance in ap-south-1: StackSet rootwatch-spoke has 5 accounts in 2 regions",
        ),
        (
            &["--account", &shop, "--spoke-region", "ap-south-1"],
            "has no stack instance in ap-south-1: StackSet rootwatch-spoke has it in eu-west-1, us-east-1",
        ),
        (
            &["--account", &management],
            "is the management account, which no StackSet reaches",
        ),
    ] {
        let ran = world
            .rootwatch(&[&["verify"][..], args].concat())
            .ends_with(1);
        assert!(ran.stderr.contains(said), "{said}: {}", ran.stderr);
        assert_eq!(ran.stdout, "");
    }
    let there = [
        "verify",
        "--quiet",
        "--account",
        &shop,
        "--spoke-region",
        "us-east-1",
    ];
    assert_eq!(world.rootwatch(&there).ends_with(0).stdout, "");
}
