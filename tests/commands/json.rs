//! `--output json` when something goes wrong: one JSON value, whatever command it is and however far it came.

use crate::adopt;
use crate::faults::{access_denied, failing};
use crate::world::{PERSON, Ran, World, eventually};
use serde_json::Value;

/// Every command that may print JSON.
const COMMANDS: [&[&str]; 21] = [
    &["deploy", "hub", "--yes"],
    &["deploy", "spokes", "--ou", "/Workloads", "--yes"],
    &["plan", "hub"],
    &["plan", "spokes", "--ou", "/Workloads"],
    &["status"],
    &["verify"],
    &["test"],
    &["teardown", "hub", "--yes"],
    &["teardown", "spokes", "--yes"],
    &["teardown", "all", "--yes"],
    &["teardown", "guardrail", "--yes"],
    &["deploy", "guardrail", "--ou", "/Workloads", "--yes"],
    &["plan", "guardrail", "--ou", "/Workloads"],
    &["scp"],
    &["policy", "status"],
    &["export", "terraform"],
    &["confirm", "2336412f37"],
    &["adopt", "--hub-only", "--yes"],
    &["settings"],
    &["init", "--from-deployed"],
    &["explain", "/no/such/file"],
];

fn name(command: &[&str]) -> String {
    // A token of SNS begins with a digit.
    let is_argument =
        |it: &str| it.starts_with(|it: char| it == '-' || it == '/' || it.is_numeric());
    let words = command.iter().take_while(|it| !is_argument(it));
    words.copied().collect::<Vec<_>>().join(" ")
}

fn json(world: &World, account: &str, args: &[&str]) -> Ran {
    world.rootwatch_as(account, &[args, &["--output", "json"]].concat())
}

/// The error of a run that ended with this code, which people read on stderr.
#[track_caller]
fn error(ran: &Ran, code: i32) -> Value {
    assert_eq!(ran.code, code, "{}\n{}", ran.stdout, ran.stderr);
    let error = ran.json()["error"].clone();
    let text = error["text"].as_str().unwrap_or_default();
    assert!(!text.is_empty(), "{}", ran.stdout);
    assert!(error["retry"].is_boolean(), "{error}");
    assert!(!error["causes"].as_array().unwrap().is_empty(), "{error}");
    error
}

#[test]
fn an_early_error_of_any_command_is_one_json_value() {
    let world = World::new();
    let hub = world.organization.hub.clone();
    for command in COMMANDS {
        // What is wrong is known before the first call.
        let ran = json(&world, &hub, &[command, &["--name", "not valid!"]].concat());
        let wrong = error(&ran, 1);
        let report = ran.json();
        assert_eq!(report["schema"], "rootwatch.error/1", "{command:?}");
        assert_eq!(report["command"], name(command));
        assert_eq!(
            (&wrong["code"], &wrong["retry"]),
            (&Value::Null, &false.into())
        );
        assert!(
            ran.stderr.contains("error: "),
            "{command:?}: {}",
            ran.stderr
        );
    }
    let calling = COMMANDS.iter().filter(|it| it[0] != "explain");
    for (at, command) in calling.enumerate() {
        let (code, status, retry) = match at % 2 {
            0 => ("AccessDenied", 403, false),
            _ => ("ServiceUnavailable", 503, true),
        };
        let fault = failing(code, "not today", status);
        world.fail(&fault.operation("GetCallerIdentity"));
        let ran = json(&world, &hub, command);
        world.lab.clear_faults().unwrap();
        let refused = error(&ran, 1);
        assert_eq!(ran.json()["schema"], "rootwatch.error/1", "{command:?}");
        assert_eq!(refused["operation"], "sts:GetCallerIdentity", "{command:?}");
        assert_eq!(
            (&refused["code"], &refused["retry"]),
            (&code.into(), &retry.into())
        );
        assert_eq!(refused["http_status"], status);
        assert!(
            refused["request_id"].is_string() && refused["message"] == "not today",
            "{refused}"
        );
    }
}

/// What a late error leaves: a world, the account, the call that is refused, the command, its schema, its exit code, and
/// whose error it is.
struct Late {
    world: World,
    fails: &'static str,
    command: &'static [&'static str],
    schema: &'static str,
    id: Option<&'static str>,
}

impl Late {
    fn of(world: World, fails: &'static str, command: &'static [&'static str]) -> Self {
        Self {
            world,
            fails,
            command,
            schema: "rootwatch.error/1",
            id: None,
        }
    }

    fn has(self, schema: &'static str, id: &'static str) -> Self {
        Self {
            schema,
            id: Some(id),
            ..self
        }
    }

    /// Runs it; returns what was printed.
    #[track_caller]
    fn run(&self) -> Value {
        let Self { world, fails, .. } = self;
        world.fail(&access_denied().operation(fails));
        let ran = json(world, &world.organization.hub, self.command);
        world.lab.clear_faults().unwrap();
        let error = error(&ran, 1);
        let report = ran.json();
        assert_eq!(report["schema"], self.schema, "{report}");
        let operation = error["operation"].as_str().unwrap_or_default();
        assert!(
            operation.ends_with(&format!(":{fails}")),
            "{:?}: {error}",
            self.command
        );
        assert_eq!(error["id"].as_str(), self.id, "{error}");
        assert_eq!(
            (&error["code"], &error["retry"]),
            (&"AccessDenied".into(), &false.into())
        );
        let again = self.id.map(|id| {
            format!("  {id}: fix that first, then run the same command again to continue\n")
        });
        assert!(
            again.is_none_or(|it| ran.stderr.contains(&it)),
            "{}",
            ran.stderr
        );
        assert!(
            ran.stderr.contains(&format!(":{fails}: AccessDenied")),
            "{}",
            ran.stderr
        );
        report
    }
}

const SPOKES: &[&str] = &[
    "deploy",
    "spokes",
    "--ou",
    "/Workloads",
    "--regions",
    "us-east-1,eu-west-1",
    "--yes",
];

#[test]
fn a_late_error_of_what_writes_keeps_what_was_begun_and_what_is_left() {
    let hub = Late::of(
        World::new(),
        "CreateFunction",
        &["deploy", "hub", "--email", PERSON, "--yes"],
    );
    let report = hub.has("rootwatch.deploy-hub/2", "RW901").run();
    assert_eq!(
        report["failed"][0]["resource"],
        "function rootwatch-notifier"
    );
    assert_eq!(report["failed"][0]["id"], "RW901");
    let left = report["left"].as_array().unwrap();
    assert!(
        left.contains(&"function rootwatch-notifier".into()),
        "{left:?}"
    );

    let spokes = Late::of(World::with_hub(), "DescribeStackSetOperation", SPOKES);
    let report = spokes.has("rootwatch.deploy-spokes/1", "RW911").run();
    assert!(
        report["detached"].as_str().is_some_and(|it| !it.is_empty()),
        "{report}"
    );
    assert_eq!(
        report["left"]["changes"].as_array().map(Vec::len),
        Some(1),
        "{report}"
    );
    assert_eq!(report["left"]["stack_set"], false);

    let teardown = Late::of(
        World::deployed(),
        "DescribeStackSetOperation",
        &["teardown", "spokes", "--yes"],
    );
    let report = teardown.has("rootwatch.teardown/1", "RW921").run();
    assert!(
        report["detached"].as_str().is_some_and(|it| !it.is_empty()),
        "{report}"
    );
    let left = report["left"].as_array().unwrap();
    assert!(
        left.contains(&"stack-set rootwatch-spoke".into()),
        "{left:?}"
    );

    let whole = Late::of(
        World::deployed(),
        "DeleteEventBus",
        &["teardown", "all", "--yes"],
    );
    let report = whole.has("rootwatch.teardown/1", "RW921").run();
    assert_eq!(report["stack_set_removed"], true, "{report}");
    assert!(
        !report["operations"].as_array().unwrap().is_empty(),
        "{report}"
    );
    assert_eq!(report["failed"][0]["resource"], "event-bus rootwatch");

    let hub = Late::of(
        World::with_hub(),
        "DeleteFunction",
        &["teardown", "hub", "--yes"],
    );
    let report = hub.has("rootwatch.teardown/1", "RW921").run();
    assert_eq!(
        report["failed"][0]["resource"],
        "function rootwatch-notifier"
    );

    let adopt = Late::of(
        adopt::world(),
        "CreateFunction",
        &["adopt", "--hub-only", "--yes"],
    );
    let report = adopt.has("rootwatch.adopt/1", "RW901").run();
    assert!(!report["found"].as_array().unwrap().is_empty(), "{report}");
    assert_eq!(report["hub"]["failed"][0]["id"], "RW901");
}

#[test]
fn a_late_error_of_what_only_reads_names_the_call() {
    for (fails, command) in [
        ("DescribeEventBus", &["plan", "hub"][..]),
        ("ListStackInstances", &["plan", "spokes"]),
        ("ListTagsForResource", &["confirm", "2336412f37"]),
        ("CreateQueue", &["test"]),
        ("GetFunction", &["settings"]),
        ("GetFunction", &["init", "--from-deployed"]),
    ] {
        Late::of(World::deployed(), fails, command).run();
    }
}

#[test]
fn an_error_after_the_report_is_in_the_report() {
    let world = World::deployed();
    let hub = world.organization.hub.clone();
    let page = [
        "status",
        "--regions",
        "us-east-1,eu-west-1",
        "--html",
        "/no/such/folder/x.html",
    ];
    let ran = json(&world, &hub, &page);
    let wrong = error(&ran, 1);
    assert_eq!(ran.json()["schema"], "rootwatch.status/3");
    assert!(
        wrong["text"].as_str().unwrap().contains("/no/such/folder"),
        "{wrong}"
    );
    let nowhere = json(&world, &hub, &["verify", "--account", "999999999999"]);
    error(&nowhere, 1);
    assert_eq!(nowhere.json()["schema"], "rootwatch.error/1");
}

#[test]
fn what_fails_in_accounts_is_an_error_too_and_says_whether_it_passes() {
    let world = World::with_hub();
    let hub = world.organization.hub.clone();
    for (reason, retry) in [("Access denied by SCP", false), ("Rate exceeded", true)] {
        let fault = rootwatch_lab::InstanceFault {
            account: Some(world.account("shop")),
            reason: reason.into(),
            ..rootwatch_lab::InstanceFault::default()
        };
        world.lab.fail_instances(&fault).unwrap();
        let ran = json(&world, &hub, SPOKES);
        let text = world.rootwatch(SPOKES).ends_with(1).stdout;
        world.lab.clear_instance_faults().unwrap();
        let failed = error(&ran, 1);
        assert_eq!(
            (&failed["id"], &failed["retry"]),
            (&"RW912".into(), &retry.into())
        );
        let operation = &ran.json()["operations"][0];
        assert_eq!(
            (&operation["id"], &operation["failures"][0]["retry"]),
            (&"RW912".into(), &retry.into())
        );
        let again = match retry {
            true => "  RW912: running it again can help\n",
            false => "  RW912: fix that first, then run the same command again to continue\n",
        };
        assert!(text.contains(again), "{text}");
    }
}

#[test]
fn an_interrupted_run_is_one_json_value_and_can_be_run_again() {
    for (is_begun, schema) in [
        (false, "rootwatch.error/1"),
        (true, "rootwatch.deploy-hub/2"),
    ] {
        let world = World::new();
        world.count_calls();
        world.lab.set_delay(400).unwrap();
        let running = world.begin(&[
            "deploy", "hub", "--email", PERSON, "--yes", "--output", "json",
        ]);
        eventually("a call", || {
            let calls = world.lab.calls().unwrap();
            calls.iter().any(|call| call.write || !is_begun)
        });
        running.interrupt();
        let ran = running.wait();
        let stopped = error(&ran, 130);
        assert_eq!(
            (&ran.json()["schema"], &stopped["retry"]),
            (&schema.into(), &true.into())
        );
    }
}

#[test]
fn what_nobody_confirmed_is_an_answer_in_json_too() {
    for (world, command) in [
        (World::new(), &["deploy", "hub"][..]),
        (World::with_hub(), &["teardown", "hub"]),
        (adopt::world(), &["adopt", "--hub-only"]),
    ] {
        let ran = json(&world, &world.organization.hub, command);
        let refused = error(&ran, 3);
        assert!(
            refused["text"].as_str().unwrap().contains("Not confirmed"),
            "{refused}"
        );
        assert_eq!(refused["retry"], false);
    }
}
