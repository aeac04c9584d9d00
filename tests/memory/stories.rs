//! What a new user met before what is deployed was the memory, each story from its beginning to its end.

use crate::commands::printed::{Printed, printed, typed};
use crate::world::{PERSON, REGION, Ran, World, run_in, with_profiles};

/// The commands that a run printed in the lines that contain this.
#[track_caller]
fn commands(ran: &Ran, about: &str) -> Vec<Printed> {
    let all = printed(&format!("{}\n{}", ran.stdout, ran.stderr)).into_iter();
    let found: Vec<Printed> = all.filter(|it| it.line.contains(about)).collect();
    assert!(!found.is_empty(), "{about}: {}{}", ran.stdout, ran.stderr);
    found
}

/// A1: the command that every hint recommends silenced everything.
#[test]
fn what_a_hint_recommends_takes_nothing_from_anybody() {
    let world = World::new().calm();
    let hub = world.organization.hub.clone();
    let named = ["--name", "q"];
    let special = [
        "--topic-name",
        "root-alarms",
        "--notify-format",
        "chatbot",
        "--log-retention-days",
        "90",
    ];
    let deploy = ["deploy", "hub", "--yes", "--email", PERSON];
    world
        .rootwatch(&[&deploy[..], &named, &special].concat())
        .ends_with(0);
    world.lab.confirm_subscription(PERSON).unwrap();
    let spokes = ["deploy", "spokes", "--yes", "--ou", "/Security"];
    let regions = ["--regions", "us-east-1,eu-west-1"];
    world
        .rootwatch(&[&spokes[..], &named, &regions].concat())
        .ends_with(0);
    let before = world.lab.snapshot().unwrap();
    let sdk = world.sdk(&hub, REGION);
    let alarms = aws_sdk_cloudwatch::Client::new(&sdk);
    let gone = alarms.delete_alarms().alarm_names("q-dead-letters");
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(gone.send()).unwrap();
    let status = world.rootwatch(&[&["status"], &named[..]].concat());
    let status = status.ends_with(2);
    // What was left out on purpose is no gap.
    assert!(
        !status.stdout.contains("not watched, but enabled"),
        "{}",
        status.stdout
    );
    for hint in commands(&status, "q-dead-letters") {
        assert!(hint.command.ends_with(" hub --name q"), "{hint:?}");
        typed(&world, &hub, &hint.command).ends_with(0);
    }
    let after = world.lab.snapshot().unwrap();
    for what in ["topics", "log_groups", "functions"] {
        let at = |it: &serde_json::Value| it[&hub][REGION][what].clone();
        assert!(at(&before).is_object(), "{before}");
        assert_eq!(at(&after), at(&before), "{what}");
    }
    typed(&world, &hub, "rootwatch test --name q").ends_with(0);
    let mails = world.lab.mailbox(PERSON).unwrap();
    assert!(
        mails
            .iter()
            .any(|it| it.topic_arn.ends_with(":root-alarms") && it.kind == "notification")
    );
}

/// A2: `verify` was green for an account that does not exist.
#[test]
fn an_account_that_does_not_exist_is_an_error_at_once() {
    let world = World::deployed().calm();
    let shop = world.account("shop");
    let nobody = ["--account", "999999999999"];
    let nowhere = ["--account", &shop, "--spoke-region", "eu-west-9"];
    for place in [&nobody[..], &nowhere] {
        for command in [&["verify", "--quiet"][..], &["test", "--role", "R"]] {
            let ran = world.rootwatch(&[command, place].concat()).ends_with(1);
            let said = ["is not in the organization", "there is no region eu-west-9"];
            assert!(
                said.iter().any(|it| ran.stderr.contains(it)),
                "{}",
                ran.stderr
            );
            assert_eq!(ran.stdout, "", "{command:?}");
        }
    }
}

/// A3: `test` passed when nobody was notified, and everything when no event could ever arrive.
#[test]
fn nothing_is_green_where_nobody_is_notified_or_no_event_sets_out() {
    let world = World::new().calm();
    let deploy = ["deploy", "hub", "--yes", "--email", PERSON];
    world.rootwatch(&deploy).ends_with(0);
    let test = world.rootwatch(&["test"]).ends_with(2);
    assert!(
        test.stdout.contains("Reached the topic. Nobody"),
        "{}",
        test.stdout
    );
    world.rootwatch(&["test", "--allow-nobody"]).ends_with(0);
    world.lab.confirm_subscription(PERSON).unwrap();
    world.rootwatch(&["test"]).ends_with(0);
    world.lab.stop_trails().unwrap();
    world.rootwatch(&["test"]).ends_with(2);
    world.rootwatch(&["verify", "--quiet"]).ends_with(2);
    let spokes = ["deploy", "spokes", "--yes", "--ou", "/Security"];
    let ran = world.rootwatch(&spokes).ends_with(0);
    assert!(
        ran.stdout.contains("! CloudTrail: no trail"),
        "{}",
        ran.stdout
    );
}

/// A4: `status` could not end with 0 where the hub has an account of its own.
#[test]
fn a_status_without_gaps_ends_with_0_in_both_accounts() {
    let world = World::deployed().calm();
    let (hub, management) = (&world.organization.hub, &world.organization.management);
    typed(&world, management, "rootwatch deploy spokes").ends_with(0);
    for account in [hub, management] {
        let ran = typed(&world, account, "rootwatch status").ends_with(0);
        assert!(
            ran.stdout.contains("Not seen from here: 1\n"),
            "{}",
            ran.stdout
        );
        typed(&world, account, "rootwatch status --strict").ends_with(2);
    }
    let profiles = [("management", management.as_str())];
    let (folder, env) = with_profiles(world.lab.env(hub, REGION), &profiles);
    let all = ["status", "--strict", "--management-profile", "management"];
    let ran = run_in(folder.path(), &env, &all).ends_with(0);
    assert!(!ran.stdout.contains("Not seen from here"), "{}", ran.stdout);
}

/// A5: in the wrong region or account people were told to build a second hub, or that there was nothing.
#[test]
fn in_the_wrong_place_the_hub_is_named() {
    let world = World::deployed().calm();
    let (hub, management) = (&world.organization.hub, &world.organization.management);
    let place = format!("account {hub}, region {REGION}");
    let there = ["--region", "us-east-1"];
    for command in [&["status"][..], &["verify"], &["teardown", "all", "--yes"]] {
        for account in [hub, management] {
            let ran = world.rootwatch_as(account, &[command, &there].concat());
            let said = format!("{}{}", ran.stdout, ran.stderr);
            assert!(
                ran.code == 1 || account == management,
                "{command:?}: {said}"
            );
            assert!(
                !said.contains("`rootwatch deploy hub"),
                "{command:?}: {said}"
            );
            assert!(said.contains(&place), "{command:?} in {account}: {said}");
        }
    }
    let typo = world.rootwatch(&["teardown", "all", "--name", "typo", "--yes"]);
    let typo = typo.ends_with(1);
    assert!(
        typo.stdout.contains("--name rootwatch removes that one"),
        "{}",
        typo.stdout
    );
}

/// A6: `AWS_REGION` beat the project's own file, and from a folder below it the file was not found.
#[test]
fn the_projects_file_says_where_from_every_folder_below_it() {
    let world = World::with_hub().calm();
    let folder = tempfile::tempdir().unwrap();
    let below = folder.path().join("a/b");
    std::fs::create_dir_all(&below).unwrap();
    let file = format!("region = \"{REGION}\"\n[spokes]\nou = [\"/Security\"]\n");
    std::fs::write(folder.path().join("rootwatch.toml"), file).unwrap();
    let hub = &world.organization.hub;
    let env = world.lab.env(hub, "us-west-2");
    let ran = run_in(&below, &env, &["deploy", "spokes", "--yes"]).ends_with(0);
    let first = format!(
        "rootwatch \"rootwatch\" · account {hub} · user operator · {REGION} · settings ../../rootwatch.toml\n"
    );
    assert!(ran.stderr.starts_with(&first), "{}", ran.stderr);
    for (region, is_there) in [(REGION, true), ("us-west-2", false)] {
        let status = world.rootwatch(&["status", "--region", region]);
        let set = status.stdout.contains("StackSet rootwatch-spoke");
        assert_eq!(set, is_there, "{region}: {}", status.stdout);
    }
}

/// B1: the commands that were printed did not run.
#[test]
fn what_status_prints_in_the_management_account_and_for_a_new_unit_runs() {
    let world = World::with_hub().calm();
    let (hub, management) = (&world.organization.hub, &world.organization.management);
    let sandbox = world.account("sandbox");
    let prod = [
        "--ou",
        "/Workloads/Prod",
        "--regions",
        "us-east-1,eu-west-1",
    ];
    let deploy = ["deploy", "spokes", "--yes"];
    world.rootwatch(&[&deploy[..], &prod].concat()).ends_with(0);
    for hint in commands(&world.rootwatch(&["status"]), "(sandbox)") {
        assert!(hint.command.contains("--ou /Workloads"), "{hint:?}");
        let ran = typed(&world, hub, &hint.command).ends_with(0);
        assert!(!ran.stderr.contains("no longer watched"), "{}", ran.stderr);
    }
    for account in [&sandbox, &world.account("payments")] {
        assert!(world.is_watched(account, REGION), "{account}");
    }
    typed(&world, management, "rootwatch deploy spokes").ends_with(0);
    let sdk = world.sdk(management, "us-east-1");
    let stacks = aws_sdk_cloudformation::Client::new(&sdk);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let gone = stacks.delete_stack().stack_name("rootwatch-spoke");
    runtime.block_on(gone.send()).unwrap();
    world
        .lab
        .wait_idle(std::time::Duration::from_secs(30))
        .unwrap();
    let status = world.rootwatch_as(management, &["status"]).ends_with(2);
    for hint in commands(&status, "(management)") {
        typed(&world, management, &hint.command).ends_with(0);
    }
    assert!(world.is_watched(management, "us-east-1"));
}
