use crate::faults::{access_denied, failing};
use crate::world::{REGION, Ran, Running, World, eventually, run, with_profiles};
use aws_sdk_eventbridge::types::PutEventsRequestEntry;
use rootwatch_lab::{Fault, Kind, Late, Mail};
use serde_json::{Value, json};
use std::time::Duration;

/// In every account; it lets the hub's in.
const ROLE: &str = "rootwatch-reader";

/// The mails of a test, and nothing else.
fn test_mails(world: &World) -> Vec<Mail> {
    let mut mails = world.alerts_now();
    mails.retain(|mail| mail.subject.contains("[TEST]"));
    mails
}

fn texts(list: &Value, field: &str) -> Vec<String> {
    let text = |entry: &Value| entry[field].as_str().unwrap().to_owned();
    list.as_array().unwrap().iter().map(text).collect()
}

fn hops(ran: &Ran) -> Vec<String> {
    texts(&ran.json()["hops"], "hop")
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Runtime::new().unwrap().block_on(future)
}

/// Somebody switches a rule off.
fn disable_rule(world: &World, account: &str, region: &str, bus: &str, rule: &str) {
    let client = aws_sdk_eventbridge::Client::new(&world.sdk(account, region));
    let call = client.disable_rule().name(rule).event_bus_name(bus);
    block_on(call.send()).unwrap();
}

fn calls(world: &World, operation: &str) -> usize {
    let calls = world.lab.calls().unwrap();
    calls
        .iter()
        .filter(|call| call.operation == operation)
        .count()
}

/// A run whose event goes nowhere, once it has made everything.
fn a_run_that_waits(world: &World) -> Running {
    disable_rule(
        world,
        &world.organization.hub,
        REGION,
        "rootwatch",
        "rootwatch-acts",
    );
    world.count_calls();
    let running = world.begin(&["test", "--wait", "60s", "--tag", "team=security"]);
    eventually("the test's event", || calls(world, "PutEvents") > 0);
    running
}

/// The temporary queues there are, by name.
fn temporary_queues(world: &World) -> Vec<String> {
    let snapshot = world.lab.snapshot().unwrap();
    let queues = &snapshot[&world.organization.hub][REGION]["queues"];
    let names = queues.as_object().unwrap().keys();
    names
        .filter(|name| name.starts_with("rootwatch-test-"))
        .cloned()
        .collect()
}

#[test]
fn a_test_of_the_hub_tells_people_once_and_leaves_nothing() {
    let world = World::with_hub();
    let before = world.lab.snapshot().unwrap();
    let ran = world.rootwatch(&["test", "--output", "json"]).ends_with(0);
    let report = ran.json();
    assert_eq!(report["schema"], "rootwatch.test/3");
    assert_eq!(report["passed"], true);
    let expected = [
        "sent to the hub's bus",
        "at the notifier",
        "at the topic",
        "received",
    ];
    assert_eq!(hops(&ran), expected);
    eventually("the mail", || !test_mails(&world).is_empty());
    let mails = test_mails(&world);
    assert_eq!(mails.len(), 1);
    assert!(mails[0].body.contains("Nobody acted as root"), "{mails:?}");
    assert!(mails[0].body.contains(report["id"].as_str().unwrap()));
    assert_eq!(world.at_rest(), before);
    let quiet = world.rootwatch(&["test", "--quiet"]).ends_with(0);
    assert_eq!((quiet.stdout, quiet.stderr), (String::new(), String::new()));
}

#[test]
fn a_test_from_a_spoke_in_another_region_comes_all_the_way() {
    let world = World::deployed();
    let before = world.lab.snapshot().unwrap();
    let shop = world.account("shop");
    let args = [
        "test",
        "--account",
        &shop,
        "--role",
        ROLE,
        "--output",
        "json",
    ];
    let ran = world.rootwatch(&args).ends_with(0);
    let expected = [
        &format!("sent in account {shop}, us-east-1"),
        "on the hub's bus",
        "forwarded to the rule for alerts",
        "at the notifier",
        "at the topic",
        "received",
    ];
    assert_eq!(hops(&ran), expected);
    eventually("the mail", || !test_mails(&world).is_empty());
    let mail = &test_mails(&world)[0];
    assert!(mail.subject.contains(&shop), "{mail:?}");
    assert_eq!(world.at_rest(), before);
    // The hub's own account is a spoke too, and needs no role to enter.
    world
        .rootwatch(&["test", "--account", &world.organization.hub])
        .ends_with(0);
}

#[test]
fn all_accounts_are_tested_with_one_mail() {
    let world = World::deployed();
    let all = ["test", "--all-accounts", "--role", ROLE, "--output", "json"];
    let report = world.rootwatch(&all).ends_with(0).json();
    // Four accounts, one of them the hub, in two regions; a suspended one is left out.
    assert_eq!(texts(&report["spokes"], "result"), vec!["arrived"; 8]);
    eventually("the mail", || !test_mails(&world).is_empty());
    world.lab.wait_idle(Duration::from_secs(10)).unwrap();
    assert_eq!(test_mails(&world).len(), 1);
    let sample = world.rootwatch(&[&all[..], &["--sample", "2"]].concat());
    assert_eq!(
        sample.ends_with(0).json()["spokes"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
    assert_eq!(temporary_queues(&world), Vec::<String>::new());
}

#[test]
fn a_broken_spoke_is_told_from_those_that_work() {
    let world = World::deployed();
    let shop = world.account("shop");
    disable_rule(
        &world,
        &shop,
        "us-east-1",
        "default",
        "rootwatch-root-activity",
    );
    let args = [
        "test",
        "--all-accounts",
        "--role",
        ROLE,
        "--wait",
        "4s",
        "--output",
        "json",
    ];
    let report = world.rootwatch(&args).ends_with(2).json();
    let spokes = report["spokes"].as_array().unwrap();
    let lost: Vec<&Value> = spokes
        .iter()
        .filter(|it| it["result"] != "arrived")
        .collect();
    assert_eq!(lost.len(), 1, "{lost:?}");
    assert_eq!(
        (&lost[0]["account"], &lost[0]["region"]),
        (&json!(shop), &json!("us-east-1"))
    );
    let stopped = report["stopped"].as_str().unwrap();
    assert!(
        stopped.contains("between the spoke and the hub's bus"),
        "{stopped}"
    );
    assert_eq!(texts(&report["findings"], "check"), ["state"]);
}

#[test]
fn a_spoke_that_cannot_be_entered_is_said_so() {
    let world = World::with_hub();
    let fault = access_denied().operation("AssumeRole");
    world.fail(&fault);
    let shop = world.account("shop");
    let ran = world
        .rootwatch(&["test", "--account", &shop, "--role", ROLE])
        .ends_with(2);
    for said in [
        "could not be sent",
        "sts:AssumeRole",
        "AccessDenied",
        &shop,
        "before it was sent",
    ] {
        assert!(ran.stdout.contains(said), "{said}: {}", ran.stdout);
    }
    assert_eq!(temporary_queues(&world), Vec::<String>::new());
    let ran = world.rootwatch(&["test", "--account", &shop]).ends_with(1);
    assert!(ran.stderr.contains("name a role"), "{}", ran.stderr);
}

/// A function that ends at once.
fn broken_code(world: &World) -> Vec<u8> {
    let script = r"
import io, sys, zipfile
out = io.BytesIO()
info = zipfile.ZipInfo('bootstrap')
info.external_attr = 0o755 << 16
with zipfile.ZipFile(out, 'w') as archive:
    archive.writestr(info, '#!/bin/sh\nexit 7\n')
sys.stdout.buffer.write(out.getvalue())
";
    let mut python = std::process::Command::new(world.lab.python());
    let output = python.args(["-c", script]).output().unwrap();
    assert!(output.status.success());
    output.stdout
}

#[test]
fn with_broken_code_it_says_where_it_stopped_and_leaves_nothing() {
    let world = World::with_hub();
    let client = aws_sdk_lambda::Client::new(&world.sdk(&world.organization.hub, REGION));
    let call = client
        .update_function_code()
        .function_name("rootwatch-notifier");
    let zip = aws_sdk_lambda::primitives::Blob::new(broken_code(&world));
    block_on(call.zip_file(zip).send()).unwrap();
    // What failed is brought again at once.
    let quick = Late {
        visibility_percent: Some(0),
        ..Late::default()
    };
    world.lab.set_late(&quick).unwrap();
    let before = world.lab.snapshot().unwrap();
    let args = ["test", "--wait", "10s", "--output", "json"];
    let report = world.rootwatch(&args).ends_with(2).json();
    assert_eq!(report["passed"], false);
    let traces = report["traces"].to_string();
    assert_eq!(report["stopped"], "at the notifier", "{traces}");
    assert!(traces.contains("dead-letter queue"), "{traces}");
    let findings = texts(&report["findings"], "resource");
    assert_eq!(findings, ["function rootwatch-notifier"; 2]);
    // Its settings were beside the code.
    assert_eq!(texts(&report["findings"], "check"), ["code", "told"]);
    // The event's dead letter is gone too.
    assert_eq!(world.lab.snapshot().unwrap(), before);
}

#[test]
fn an_alert_that_sns_refuses_is_found_in_the_notifiers_log() {
    let world = World::with_hub();
    let fault = failing("KMSAccessDenied", "no key", 400).operation("Publish");
    world.fail(&fault);
    let ran = world.rootwatch(&["test", "--wait", "6s"]).ends_with(2);
    for said in [
        "stopped between the notifier and the topic",
        "KMSAccessDenied: no key",
    ] {
        assert!(ran.stdout.contains(said), "{said}: {}", ran.stdout);
    }
}

#[test]
fn ctrl_c_leaves_nothing() {
    let world = World::with_hub();
    let running = a_run_that_waits(&world);
    let [name] = &temporary_queues(&world)[..] else {
        panic!("not one temporary queue")
    };
    let here = &world.lab.snapshot().unwrap()[&world.organization.hub][REGION];
    // An SCP may refuse to make what lacks one of the organization's tags.
    for made in [
        &here["queues"][name.as_str()]["Tags"],
        &here["event_buses"]["rootwatch"]["Rules"][name.as_str()]["Tags"],
    ] {
        assert_eq!(made["team"], "security", "{made}");
        assert_eq!(made["rootwatch:deployment"], "rootwatch", "{made}");
    }
    // As a job that is cancelled.
    running.signal("-TERM");
    let ran = running.wait().ends_with(130);
    assert!(
        ran.stderr.contains("removing what this test made"),
        "{}",
        ran.stderr
    );
    assert_eq!(temporary_queues(&world), Vec::<String>::new());
    let snapshot = world.lab.snapshot().unwrap().to_string();
    assert!(!snapshot.contains("rootwatch-test-"), "{snapshot}");
}

#[test]
fn a_second_ctrl_c_ends_at_once_and_a_later_run_cleans_up() {
    let world = World::with_hub();
    let running = a_run_that_waits(&world);
    let removal = Fault::new(Kind::Hold { ms: 30_000 }).writes();
    world.fail(&removal);
    running.interrupt();
    running.has_said(&["removing what this test made"]);
    eventually("the removal", || !world.lab.held().unwrap().is_empty());
    running.interrupt();
    let ran = running.wait().ends_with(130);
    world.lab.clear_faults().unwrap();
    world
        .lab
        .wait_disconnected(Duration::from_secs(30))
        .unwrap();
    let name = &temporary_queues(&world)[0];
    for said in ["left behind", name] {
        assert!(ran.stderr.contains(said), "{said}: {}", ran.stderr);
    }
    // Its time is not over: it could be another run that is still at work.
    world
        .rootwatch(&["deploy", "hub", "--email", crate::world::PERSON, "--yes"])
        .ends_with(0);
    world.rootwatch(&["test"]).ends_with(0);
    assert_eq!(temporary_queues(&world), std::slice::from_ref(name));
    pass_time_of(&world, name);
    world.rootwatch(&["test"]).ends_with(0);
    let snapshot = world.lab.snapshot().unwrap().to_string();
    assert!(!snapshot.contains("rootwatch-test-"), "{snapshot}");
}

/// The time that a queue's tag names is over.
fn pass_time_of(world: &World, queue: &str) {
    let client = aws_sdk_sqs::Client::new(&world.sdk(&world.organization.hub, REGION));
    block_on(async {
        let url = client
            .get_queue_url()
            .queue_name(queue)
            .send()
            .await
            .unwrap();
        let call = client.tag_queue().set_queue_url(url.queue_url);
        call.tags("rootwatch:test-until", "1000")
            .send()
            .await
            .unwrap();
    });
}

#[test]
fn teardown_removes_what_a_killed_test_left() {
    let world = World::new();
    let before = world.lab.snapshot().unwrap();
    world
        .rootwatch(&["deploy", "hub", "--email", crate::world::PERSON, "--yes"])
        .ends_with(0);
    let running = a_run_that_waits(&world);
    running.kill();
    assert_eq!(temporary_queues(&world).len(), 1);
    world.rootwatch(&["teardown", "hub", "--yes"]).ends_with(0);
    assert_eq!(world.lab.snapshot().unwrap(), before);
}

#[test]
fn canaries_that_nobody_announced_invoke_nothing_and_mail_nobody() {
    let world = World::deployed();
    let shop = world.account("shop");
    let client = aws_sdk_eventbridge::Client::new(&world.sdk(&shop, "us-east-1"));
    let entry = PutEventsRequestEntry::builder()
        .source("rootwatch.canary")
        .detail_type("rootwatch canary")
        .detail(json!({"eventID": "made-up", "userIdentity": {"type": "Root"}}).to_string())
        .build();
    for _ in 0..20 {
        let call = client
            .put_events()
            .set_entries(Some(vec![entry.clone(); 10]));
        assert_eq!(block_on(call.send()).unwrap().failed_entry_count(), 0);
    }
    world.lab.wait_idle(Duration::from_secs(30)).unwrap();
    assert_eq!(world.lab.invocations().unwrap().len(), 0);
    assert!(world.alerts_now().is_empty());
}

/// What a run printed last.
fn last_line(ran: &Ran) -> &str {
    ran.stdout.lines().last().unwrap_or_default()
}

#[test]
fn a_test_that_notifies_nobody_does_not_pass() {
    let world = World::new();
    let deploy = ["deploy", "hub", "--yes"];
    let email = ["--email", crate::world::PERSON];
    let json = |code: i32, more: &[&str]| {
        let args = [&["test", "--output", "json"][..], more].concat();
        world.rootwatch(&args).ends_with(code).json()
    };
    let nobody = "Reached the topic. Nobody is subscribed, so nobody was notified. (RW620)";
    let pending = "Reached the topic. Nobody has confirmed, so nobody was notified. Not confirmed yet: email security@example.com. (RW620)";
    for (more, last, who, warning) in [
        (
            &[][..],
            nobody,
            json!([]),
            "nobody is subscribed to topic rootwatch-alerts",
        ),
        (
            &email,
            pending,
            json!(["email security@example.com"]),
            "nobody has confirmed a subscription to topic rootwatch-alerts",
        ),
    ] {
        world.rootwatch(&[&deploy[..], more].concat()).ends_with(0);
        let ran = world.rootwatch(&["test", "--quiet"]).ends_with(2);
        assert_eq!(last_line(&ran), last);
        assert!(ran.stdout.contains("fix: "), "{}", ran.stdout);
        let coloured = world.rootwatch(&["test", "--color", "always"]).ends_with(2);
        assert!(
            last_line(&coloured).starts_with("\u{1b}[31mReached the topic."),
            "{}",
            coloured.stdout
        );
        let report = json(2, &[]);
        assert_eq!(
            (&report["passed"], &report["arrived"]),
            (&json!(false), &json!(true))
        );
        assert_eq!(report["subscribers"]["pending"], who);
        assert!(report["warning"].as_str().unwrap().starts_with(warning));
        // The first day.
        let ran = world.rootwatch(&["test", "--allow-nobody"]).ends_with(0);
        assert!(
            ran.stdout.contains("Passed") && last_line(&ran).starts_with("Warning: nobody"),
            "{}",
            ran.stdout
        );
        assert_eq!(json(0, &["--allow-nobody"])["passed"], true);
    }
    world
        .lab
        .confirm_subscription(crate::world::PERSON)
        .unwrap();
    let report = json(0, &[]);
    assert_eq!(report["warning"], Value::Null);
    assert_eq!(report["subscribers"]["confirmed"], 1);
}

#[test]
fn a_test_does_not_pass_while_no_trail_logs_real_events() {
    let world = World::with_hub().calm();
    world.lab.stop_trails().unwrap();
    let ran = world.rootwatch(&["test"]).ends_with(2);
    for said in [
        "the test event arrived",
        "no trail that logs management events",
        "is stopped",
        "fix: to start it again, in account 111111111111: `aws cloudtrail start-logging --region",
    ] {
        assert!(ran.stdout.contains(said), "{said}: {}", ran.stdout);
    }
    assert!(!ran.stdout.contains("Passed"), "{}", ran.stdout);
    let report = world.rootwatch(&["test", "--allow-nobody", "--output", "json"]);
    let report = report.ends_with(2).json();
    assert_eq!(
        (&report["passed"], &report["arrived"]),
        (&json!(false), &json!(true))
    );
    assert_eq!(report["trail"]["verdict"], "broken");

    // What cannot be seen is said, and fails nothing that was sent.
    let world = World::with_hub();
    world.fail(&access_denied().operation("DescribeTrails"));
    let ran = world.rootwatch(&["test", "--quiet"]).ends_with(0);
    assert!(
        last_line(&ran).starts_with("Warning: CloudTrail: the trails cannot be seen from here"),
        "{}",
        ran.stdout
    );
}

#[test]
fn an_account_or_region_that_does_not_exist_is_refused_before_anything_is_made() {
    let world = World::deployed();
    world.count_calls();
    let shop = world.account("shop");
    let management = world.organization.management.clone();
    for (args, said) in [
        (
            &["--account", "999999999999", "--role", ROLE][..],
            "account 999999999999 is not in the organization",
        ),
        (
            &[
                "--account",
                &shop,
                "--spoke-region",
                "eu-west-9",
                "--role",
                ROLE,
            ],
            "there is no region eu-west-9; did you mean eu-west-1?",
        ),
        (
            &[
                "--account",
                &shop,
                "--spoke-region",
                "ap-south-1",
                "--role",
                ROLE,
            ],
            "has no stack instance in ap-south-1: StackSet rootwatch-spoke has it in eu-west-1, us-east-1",
        ),
        (
            &[
                "--all-accounts",
                "--spoke-region",
                "eu-west-9",
                "--role",
                ROLE,
            ],
            "there is no region eu-west-9; did you mean eu-west-1?",
        ),
        (&["--account", &management], "name a role"),
    ] {
        let ran = world
            .rootwatch(&[&["test"][..], args].concat())
            .ends_with(1);
        assert!(ran.stderr.contains(said), "{said}: {}", ran.stderr);
    }
    assert_eq!(world.writes(), Vec::<String>::new());
    // It is in the organization, and its unit was not given.
    world
        .lab
        .add_account("new", &world.organization.root_id)
        .unwrap();
    let listed = world.lab.sample_organization().unwrap();
    let new = &listed.account("new").unwrap().id;
    let ran = world
        .rootwatch(&["test", "--account", new, "--role", ROLE])
        .ends_with(1);
    for said in [
        "(new) is in the organization, but has no stack instance: StackSet rootwatch-spoke has ",
        " in 2 regions",
        "`rootwatch deploy spokes --ou /`",
    ] {
        assert!(ran.stderr.contains(said), "{said}: {}", ran.stderr);
    }
}

#[test]
fn without_a_hub_nothing_is_made() {
    let world = World::new();
    world.count_calls();
    let ran = world.rootwatch(&["test"]).ends_with(1);
    assert!(ran.stderr.contains("there is no hub in"), "{}", ran.stderr);
    assert_eq!(world.writes(), Vec::<String>::new());
}

#[test]
fn a_spoke_is_entered_by_a_profile_and_no_other_account_by_it() {
    let world = World::deployed();
    let (shop, bank) = (world.account("shop"), world.account("payments"));
    let env = world.lab.env(&world.organization.hub, REGION);
    let (_folder, env) = with_profiles(env, &[("in-shop", &shop)]);
    let in_shop = ["--account", &shop, "--spoke-profile", "in-shop"];
    let ran = run(&env, &[&["test"][..], &in_shop].concat()).ends_with(0);
    assert!(ran.stdout.contains("Passed"), "{}", ran.stdout);
    let ran = run(&env, &[&["verify", "--quiet"][..], &in_shop].concat()).ends_with(0);
    assert_eq!(ran.stdout, "");

    let in_bank = ["test", "--account", &bank, "--spoke-profile", "in-shop"];
    let ran = run(&env, &in_bank).ends_with(2);
    let why = format!(
        "the credentials of the profile in-shop are those of account {shop}, not of {bank}"
    );
    assert!(ran.stdout.contains(&why), "{}", ran.stdout);

    // What is typed goes before the environment's credentials.
    let typed = run(&env, &["status", "--profile", "in-shop"]);
    assert!(
        typed.stderr.contains(&format!("account {shop}")),
        "{}",
        typed.stderr
    );
}
