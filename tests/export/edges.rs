//! What is in no file, and what an export refuses.

use super::{files, text};
use crate::intruder::{ACTS, FUNCTION, Intruder};
use crate::world::{PERSON, Ran, World};
use serde_json::Value;
use std::path::Path;

fn export(world: &World, folder: &Path) -> Ran {
    world.rootwatch(&["export", "terraform", folder.to_str().unwrap()])
}

fn block_on<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Runtime::new().unwrap().block_on(work)
}

/// What a run says that the files do not have.
fn left_out(report: &Value) -> Vec<String> {
    let all = report["left_out"].as_array().unwrap().iter();
    all.map(|it| it.as_str().unwrap().to_owned()).collect()
}

#[test]
fn no_file_that_is_there_is_replaced_unless_that_is_asked_for() {
    let world = World::with_hub();
    let folder = tempfile::tempdir().unwrap();
    let other = folder.path().join("imports.tf");
    std::fs::write(&other, "mine").unwrap();
    let refused = export(&world, folder.path()).ends_with(1);
    let said =
        "imports.tf exists already and was not changed; give export another folder, or --overwrite";
    assert!(refused.stderr.contains(said), "{}", refused.stderr);
    assert_eq!(files(folder.path()).len(), 1);
    assert_eq!(std::fs::read_to_string(&other).unwrap(), "mine");
    let path = folder.path().to_str().unwrap();
    let args = ["export", "terraform", path, "--overwrite"];
    world.rootwatch(&args).ends_with(0);
    assert!(
        std::fs::read_to_string(&other)
            .unwrap()
            .starts_with("import {")
    );
}

#[test]
fn no_password_and_no_key_is_in_a_file_and_nobody_who_is_pending() {
    const HOOK: &str = "https://me:hunter2@siem.example.com/in/k3y";
    const PENDING: &str = "late@example.com";
    let world = World::new().calm();
    let hook = format!("https={HOOK}");
    let args = [
        "--email",
        PERSON,
        "--email",
        PENDING,
        "--sns-subscription",
        &hook,
        "--yes",
    ];
    world
        .rootwatch(&[&["deploy", "hub"], &args[..]].concat())
        .ends_with(0);
    for endpoint in [PERSON, HOOK] {
        world.lab.confirm_subscription(endpoint).unwrap();
    }
    for (tool, wanted) in [
        ("terraform", "https://siem.example.com/****"),
        (
            "cloudformation",
            "The whole address https://siem.example.com/****",
        ),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().to_str().unwrap();
        let ran = world.rootwatch(&["export", tool, path, "--output", "json"]);
        let report = ran.ends_with(0).json();
        let files = files(folder.path());
        let all: String = files
            .keys()
            .filter(|it| !it.ends_with(".zip"))
            .map(|it| text(&files, it))
            .collect();
        for secret in ["hunter2", "k3y", "me:", PENDING] {
            assert!(!all.contains(secret), "{tool}: {secret}");
        }
        assert_eq!(all.matches(wanted).count(), 2, "{tool}");
        assert!(all.contains(PERSON), "{tool}");
        let left_out = left_out(&report);
        let of = |part: &str| left_out.iter().filter(|it| it.contains(part)).count();
        assert_eq!(
            of(&format!("the subscription email {PENDING}")),
            2,
            "{left_out:?}"
        );
        assert_eq!(
            of("the path of the address https://siem.example.com/****"),
            2
        );
    }
}

#[test]
fn what_somebody_changed_is_exported_as_it_is_or_named() {
    let world = World::with_hub();
    let intruder = Intruder::new(&world);
    block_on(async {
        intruder.tag_alarm().await;
        intruder.set_variable("KEY", "t0ken").await;
        intruder.retell(serde_json::json!({"format": "json"})).await;
    });
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().to_str().unwrap();
    let ran = world.rootwatch(&["export", "terraform", path, "--output", "json"]);
    let report = ran.ends_with(0).json();
    let files = files(folder.path());
    let hub = text(&files, "hub.tf");
    // The tag that a plan does not compare, since tags are no setting.
    assert!(hub.contains("team"), "{hub}");
    assert!(!hub.contains("t0ken"));
    let said = "function rootwatch-notifier has environment variables, which somebody else set";
    assert!(left_out(&report).iter().any(|it| it == said), "{report}");
    // The code as it is deployed, not as this program has it.
    let zip = &files["rootwatch-notifier.zip"];
    let settings = rootwatch_bundle::settings_in(zip).unwrap().unwrap();
    assert!(settings.contains("\"format\": \"json\""), "{settings}");
    let found = block_on(
        intruder
            .lambda
            .get_function()
            .function_name(FUNCTION)
            .send(),
    );
    let size = found.unwrap().configuration.unwrap().code_size;
    assert_eq!(u64::try_from(size).unwrap(), zip.len() as u64);
}

#[test]
fn what_is_somebody_elses_is_in_no_file() {
    let world = World::with_hub();
    let intruder = Intruder::new(&world);
    block_on(intruder.disown_queue(ACTS));
    let report = world
        .rootwatch(&["export", "terraform", "--output", "json"])
        .ends_with(0)
        .json();
    let resources = report["resources"].as_array().unwrap();
    let address = |it: &&Value| it["address"] == "aws_sqs_queue.acts";
    assert_eq!(resources.iter().filter(address).count(), 0);
    let said = "queue rootwatch-acts has a name of this deployment and is somebody else's";
    assert!(left_out(&report).iter().any(|it| it == said), "{report}");
    // Others name it by its ARN, since no address is there.
    let text = report["files"]
        .as_array()
        .unwrap()
        .iter()
        .find(|it| it["name"] == "hub.tf");
    let text = text.unwrap()["text"].as_str().unwrap();
    assert!(
        text.contains(&format!("\"{}\"", intruder.arn("sqs", ACTS))),
        "{text}"
    );
    assert!(!text.contains("aws_sqs_queue.acts"), "{text}");
}

#[test]
fn where_nothing_is_the_place_of_the_hub_is_said() {
    let world = World::deployed();
    let refused = world
        .rootwatch(&["export", "terraform", "--region", "us-east-1"])
        .ends_with(1);
    assert!(
        refused.stderr.contains("run with --region eu-west-1"),
        "{}",
        refused.stderr
    );
    let nothing = World::new()
        .rootwatch(&["export", "terraform"])
        .ends_with(1);
    assert!(
        nothing
            .stderr
            .contains("nothing of the deployment \"rootwatch\" is in account"),
        "{}",
        nothing.stderr
    );
}

#[test]
fn the_management_account_exports_the_stack_set_that_it_has() {
    let world = World::without_delegation();
    world.deploy_hub();
    let deploy = [
        "deploy",
        "spokes",
        "--ou",
        "/Workloads",
        "--regions",
        "us-east-1,eu-west-1",
        "--yes",
    ];
    world.as_management(&deploy).ends_with(0);
    let management = &world.organization.management;
    let ran = world.rootwatch_as(management, &["export", "terraform", "--output", "json"]);
    let report = ran.ends_with(0).json();
    let resources = serde_json::json!([
        {"address": "aws_cloudformation_stack_set.spoke", "identifiers": {"id": "rootwatch-spoke,SELF"}},
        {"address": "aws_cloudformation_stack_instances.spoke", "identifiers": {"id": "rootwatch-spoke,SELF,OU"}},
    ]);
    assert_eq!(report["resources"], resources);
    // The hub's account exports the hub, and says that the spokes are not there.
    let ran = world.rootwatch(&["export", "terraform"]).ends_with(0);
    assert!(ran.stdout.contains("resource \"aws_cloudwatch_event_bus\""));
    assert!(!ran.stdout.contains("aws_cloudformation_stack_set"));
    assert!(ran.stderr.contains("spokes"), "{}", ran.stderr);
}
