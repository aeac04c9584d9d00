//! A hub's settings are those that it was deployed with.

use super::hub_changes;
use crate::faults::failing;
use crate::intruder::Intruder;
use crate::world::{PERSON, REGION, World, run};
use serde_json::json;
use std::io::Write;

const KEY: &str = "arn:aws:kms:eu-west-1:222222222222:key/1234abcd-12ab-34cd-56ef-1234567890ab";
/// A hub in which nearly every setting is another than by default.
const SPECIAL: [&str; 15] = [
    "--topic-name",
    "root-alarms",
    "--notify-format",
    "chatbot",
    "--notify-read-only",
    "each",
    "--log-retention-days",
    "90",
    "--role-prefix",
    "Corp-",
    "--iam-path",
    "/team/",
    "--account-name",
    "111122223333=Prod-Payments",
    "--tag=team=security",
];

pub(super) fn special() -> World {
    let world = World::new();
    let deploy = [&["deploy", "hub", "--yes", "--email", PERSON], &SPECIAL[..]].concat();
    world.rootwatch(&deploy).ends_with(0);
    world.lab.confirm_subscription(PERSON).unwrap();
    world
}

/// The command that every hint recommends took the people, the form and the rest from a hub that had other settings
/// than the default ones, and ended with 0.
#[test]
fn a_plain_run_takes_nothing_from_anybody() {
    let world = special();
    assert_eq!(hub_changes(&world, &[]), Vec::<String>::new());
    world.count_calls();
    let again = world.rootwatch(&["deploy", "hub", "--yes"]).ends_with(0);
    assert_eq!(world.writes(), Vec::<String>::new(), "{}", again.stdout);
    let snapshot = world.lab.snapshot().unwrap();
    let topics = snapshot[&world.organization.hub][REGION]["topics"].to_string();
    assert!(topics.contains(":root-alarms") && !topics.contains(":rootwatch-alerts"));
    let status = world.rootwatch(&["status", "--output", "json"]).json();
    let gaps = status["gaps"].to_string();
    assert!(!gaps.contains("not up to date"), "{gaps}");
    world.rootwatch(&["test"]).ends_with(0);
}

#[test]
fn a_single_flag_changes_what_it_names() {
    let world = special();
    let alone = |args: &[&str]| hub_changes(&world, args);
    assert_eq!(
        alone(&["--log-retention-days", "30"]),
        ["log-group /aws/lambda/rootwatch-notifier"]
    );
    assert_eq!(
        alone(&["--notify-format", "text"]),
        ["function rootwatch-notifier"]
    );
    assert_eq!(
        alone(&["--account-name", "444455556666=Data"]),
        ["function rootwatch-notifier"]
    );
    assert_eq!(
        alone(&["--email", "cto@example.com"]),
        [
            "subscriptions root-alarms",
            "subscriptions rootwatch-health"
        ]
    );
    let plan = world.rootwatch(&["plan", "hub", "--account-name", "444455556666=Data"]);
    let one = r#"settings.account_names.444455556666: (none) -> "Data""#;
    assert!(plan.stdout.contains(one), "{}", plan.stdout);
    assert!(!plan.stdout.contains("Prod-Payments"), "{}", plan.stdout);
}

#[test]
fn a_default_comes_back_by_name_only() {
    let world = special();
    let reset = |key: &str| hub_changes(&world, &["--reset", key]);
    assert_eq!(reset("notify.format"), ["function rootwatch-notifier"]);
    assert_eq!(
        reset("log-retention-days"),
        ["log-group /aws/lambda/rootwatch-notifier"]
    );
    assert_eq!(
        reset("account_names.111122223333"),
        ["function rootwatch-notifier"]
    );
    let plan = world.rootwatch(&["plan", "hub", "--reset", "account_names.111122223333"]);
    let said = "without what --reset account_names.111122223333 takes away";
    assert!(plan.stdout.contains(said), "{}", plan.stdout);
    let unknown = world
        .rootwatch(&["plan", "hub", "--reset", "account_names.999988887777"])
        .ends_with(1);
    let said = "it remembers those of 111122223333";
    assert!(unknown.stderr.contains(said), "{}", unknown.stderr);
    let refused = world
        .rootwatch(&["plan", "hub", "--reset", "emial"])
        .ends_with(1);
    assert!(refused.stderr.contains("hub.email"), "{}", refused.stderr);
    world
        .rootwatch(&["deploy", "hub", "--yes", "--reset", "notify.format"])
        .ends_with(0);
    assert_eq!(hub_changes(&world, &[]), Vec::<String>::new());
    let settings = world.rootwatch(&["settings"]).ends_with(0).stdout;
    let line = settings
        .lines()
        .find(|it| it.starts_with("notify.format"))
        .unwrap();
    assert!(line.contains("\"text\""), "{line}");
}

#[test]
fn subscribers_are_added_to_and_removed_by_name() {
    let world = special();
    world
        .rootwatch(&["deploy", "hub", "--yes", "--email", "cto@example.com"])
        .ends_with(0);
    let topic = format!(
        "arn:aws:sns:{REGION}:{}:root-alarms",
        world.organization.hub
    );
    let subscribed = || {
        let mails = world.lab.snapshot().unwrap();
        mails[&world.organization.hub][REGION].to_string()
    };
    assert!(
        subscribed().contains(PERSON) && subscribed().contains("cto@example.com"),
        "{topic}"
    );
    let pending = world
        .rootwatch(&[
            "deploy",
            "hub",
            "--yes",
            "--remove-subscription",
            "cto@example.com",
        ])
        .ends_with(1);
    assert!(pending.stderr.contains("two days"), "{}", pending.stderr);
    world.lab.confirm_subscription("cto@example.com").unwrap();
    let unknown = world
        .rootwatch(&[
            "deploy",
            "hub",
            "--yes",
            "--remove-subscription",
            "sms=+491701234567",
        ])
        .ends_with(1);
    assert!(
        unknown.stderr.contains("cto@example.com"),
        "{}",
        unknown.stderr
    );
    world
        .rootwatch(&[
            "deploy",
            "hub",
            "--yes",
            "--remove-subscription",
            "cto@example.com",
        ])
        .ends_with(0);
    assert!(!subscribed().contains("cto@example.com"));
    assert!(subscribed().contains(PERSON));
}

#[test]
fn the_files_list_is_the_whole_one_and_variables_go_before_it() {
    let world = special();
    world
        .rootwatch(&["deploy", "hub", "--yes", "--email", "cto@example.com"])
        .ends_with(0);
    world.lab.confirm_subscription("cto@example.com").unwrap();
    let mut file = tempfile::NamedTempFile::new().unwrap();
    writeln!(
        file,
        "[hub]\nemail = [\"{PERSON}\"]\nlog_retention_days = 30\n[notify]\nformat = \"text\""
    )
    .unwrap();
    let path = file.path().to_str().unwrap();
    assert_eq!(
        hub_changes(&world, &["--config", path]),
        [
            "log-group /aws/lambda/rootwatch-notifier",
            "function rootwatch-notifier",
            "subscriptions root-alarms",
            "subscriptions rootwatch-health"
        ]
    );
    let mut env = world.lab.env(&world.organization.hub, REGION);
    for (name, value) in [
        ("ROOTWATCH_NOTIFY_FORMAT", "chatbot"),
        ("ROOTWATCH_LOG_RETENTION_DAYS", "90"),
    ] {
        env.push((name.into(), value.into()));
    }
    let plan = ["plan", "hub", "--output", "json", "--config", path];
    assert_eq!(
        super::changed(&run(&env, &plan).ends_with(0)),
        [
            "subscriptions root-alarms",
            "subscriptions rootwatch-health"
        ]
    );
    // It would be subscribed now, and taken off again by the next plain run.
    env.push(("ROOTWATCH_EMAIL".into(), "cto@example.com".into()));
    let added = run(&env, &plan).ends_with(1).stderr;
    let said = "ROOTWATCH_EMAIL \"cto@example.com\" is not in the list of";
    assert!(added.contains(said) && added.contains("line 2"), "{added}");
    let listed = world
        .rootwatch(&[
            "plan",
            "hub",
            "--config",
            path,
            "--remove-subscription",
            PERSON,
        ])
        .ends_with(1);
    assert!(
        listed.stderr.contains("take it out of the file"),
        "{}",
        listed.stderr
    );
}

#[test]
fn a_key_is_remembered() {
    let world = World::new();
    let deploy = [
        "deploy",
        "hub",
        "--yes",
        "--email",
        PERSON,
        "--kms-key",
        KEY,
        "--queue-kms-key",
        KEY,
        "--log-kms-key",
        KEY,
    ];
    world.rootwatch(&deploy).ends_with(0);
    assert_eq!(hub_changes(&world, &[]), Vec::<String>::new());
    let reset = hub_changes(&world, &["--reset", "hub.kms_key"]);
    assert!(
        reset.contains(&"topic rootwatch-alerts".to_owned()),
        "{reset:?}"
    );
    world
        .rootwatch(&["deploy", "hub", "--yes", "--reset", "hub.log_kms_key"])
        .ends_with(0);
    assert_eq!(hub_changes(&world, &[]), Vec::<String>::new());
    let settings = world.rootwatch(&["settings"]).ends_with(0).stdout;
    let line = settings
        .lines()
        .find(|it| it.starts_with("hub.log_kms_key"))
        .unwrap();
    assert!(line.contains("(not set)"), "{line}");
}

/// Does something to the hub as somebody else.
fn somebody<T>(world: &World, act: impl AsyncFnOnce(aws_config::SdkConfig) -> T) -> T {
    let sdk = world.sdk(&world.organization.hub, REGION);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(act(sdk))
}

/// Without its function a hub still knows its names, by the alarm and by whom the topic lets publish.
#[test]
fn names_are_remembered_without_the_function() {
    let world = special();
    somebody(&world, async |sdk| {
        let lambda = aws_sdk_lambda::Client::new(&sdk);
        let call = lambda.delete_function().function_name("rootwatch-notifier");
        call.send().await.unwrap();
    });
    let changes = hub_changes(&world, &[]);
    assert!(
        changes.contains(&"function rootwatch-notifier".to_owned()),
        "{changes:?}"
    );
    let of_names = |it: &String| it.starts_with("topic") || it.starts_with("role");
    assert!(!changes.iter().any(of_names), "{changes:?}");
    let plan = world.rootwatch(&["plan", "hub"]).ends_with(0);
    assert!(
        plan.stderr.contains("The notifier is gone"),
        "{}",
        plan.stderr
    );
    world.rootwatch(&["teardown", "hub", "--yes"]).ends_with(0);
    let left = world.lab.snapshot().unwrap()[&world.organization.hub].to_string();
    for name in ["root-alarms", "rootwatch-notifier"] {
        assert!(!left.contains(name), "{name}");
    }
}

/// An intruder who has the notifier publish elsewhere has not changed a setting.
#[test]
fn the_notifier_alone_turns_no_alert_away() {
    let world = special();
    for topic in ["theirs", "nothing", "ours-by-tag"] {
        somebody(&world, async |sdk| {
            let sns = aws_sdk_sns::Client::new(&sdk);
            let tag = aws_sdk_sns::types::Tag::builder()
                .key("rootwatch:deployment")
                .value("rootwatch");
            let call = sns.create_topic().name(topic);
            match topic {
                "theirs" => drop(call.send().await.unwrap()),
                "ours-by-tag" => drop(call.tags(tag.build().unwrap()).send().await.unwrap()),
                _ => {}
            }
            let arn = format!("arn:aws:sns:{REGION}:{}:{topic}", world.organization.hub);
            Intruder::new(&world)
                .retell(json!({
                    "topic_arn": arn,
                    "format": "chatbot",
                    "read_only": "each",
                    "account_names": {"111122223333": "Prod-Payments"},
                }))
                .await;
        });
        assert_eq!(
            hub_changes(&world, &[]),
            ["function rootwatch-notifier"],
            "{topic}"
        );
        let status = world.rootwatch(&["status"]).ends_with(2);
        assert!(
            status.stdout.contains("function rootwatch-notifier"),
            "{}",
            status.stdout
        );
        world.rootwatch(&["deploy", "hub", "--yes"]).ends_with(0);
    }
}

/// A topic that lost our tag is refused, as everything else is, and no other one takes its place.
#[test]
fn a_topic_without_our_tag_is_not_replaced() {
    let world = special();
    somebody(&world, async |sdk| {
        let sns = aws_sdk_sns::Client::new(&sdk);
        let arn = format!(
            "arn:aws:sns:{REGION}:{}:root-alarms",
            world.organization.hub
        );
        let call = sns.untag_resource().resource_arn(arn);
        call.tag_keys("rootwatch:deployment").send().await.unwrap();
    });
    world.count_calls();
    let refused = world.rootwatch(&["deploy", "hub", "--yes"]).ends_with(1);
    assert!(
        refused.stderr.contains("topic root-alarms"),
        "{}",
        refused.stderr
    );
    assert!(refused.stderr.contains("--adopt"), "{}", refused.stderr);
    assert_eq!(world.writes(), Vec::<String>::new());
}

/// Whom the other topic has is subscribed again, and whoever has to follow a link is named.
#[test]
fn an_alerts_topic_that_is_gone_comes_back_with_its_people() {
    let world = special();
    somebody(&world, async |sdk| {
        let sns = aws_sdk_sns::Client::new(&sdk);
        let arn = format!(
            "arn:aws:sns:{REGION}:{}:root-alarms",
            world.organization.hub
        );
        sns.delete_topic().topic_arn(arn).send().await.unwrap();
    });
    let plan = world
        .rootwatch(&["plan", "hub", "--output", "json"])
        .ends_with(0)
        .json();
    let person = &plan["notified"][0];
    assert_eq!(person["subscriber"], format!("email {PERSON}"), "{plan}");
    assert_eq!(person["pending"], serde_json::json!(["alerts"]), "{plan}");
}

/// One queue's key does not spread to the other.
#[test]
fn queues_of_different_keys_are_asked_about() {
    let world = World::with_hub().calm();
    somebody(&world, async |sdk| {
        let sqs = aws_sdk_sqs::Client::new(&sdk);
        let url = sqs.get_queue_url().queue_name("rootwatch-dead-letters");
        let url = url.send().await.unwrap().queue_url.unwrap();
        let call = sqs.set_queue_attributes().queue_url(url);
        let name = aws_sdk_sqs::types::QueueAttributeName::KmsMasterKeyId;
        call.attributes(name, KEY).send().await.unwrap();
    });
    let refused = world.rootwatch(&["deploy", "hub", "--yes"]).ends_with(1);
    assert!(
        refused.stderr.contains("--queue-kms-key"),
        "{}",
        refused.stderr
    );
    world.rootwatch(&["status"]).ends_with(2);
    let reset = ["deploy", "hub", "--yes", "--reset", "hub.queue_kms_key"];
    world.rootwatch(&reset).ends_with(0);
    assert_eq!(hub_changes(&world, &[]), Vec::<String>::new());
}

/// What the notifier is told is in its code, which a network that lets AWS's API through may not let through.
#[test]
fn what_the_notifier_is_told_and_cannot_be_read_is_asked_for() {
    let world = special();
    let blocked = failing("AccessDenied", "not by this endpoint", 403);
    world
        .lab
        .add_fault(&blocked.service("s3").operation("GetObject"))
        .unwrap();
    world.count_calls();
    let ran = world.rootwatch(&["deploy", "hub", "--yes"]).ends_with(1);
    for part in [
        "function rootwatch-notifier",
        "HTTP 403",
        "--notify-format or --reset notify.format",
        "--notify-read-only or --reset notify.read_only",
        "--reset account_names",
    ] {
        assert!(ran.stderr.contains(part), "{part}: {}", ran.stderr);
    }
    assert!(!ran.stderr.contains("X-Amz-"), "{}", ran.stderr);
    assert_eq!(world.writes(), Vec::<String>::new());
    let status = world.rootwatch(&["status"]).ends_with(2).stdout;
    assert!(status.contains("could not be read"), "{status}");
    let verified = world.rootwatch(&["verify", "--hub-only"]).ends_with(2);
    assert!(
        verified.stdout.contains("could not be read"),
        "{}",
        verified.stdout
    );
    // With all of it said anew nothing is left to be read.
    let said = [
        "--notify-format",
        "chatbot",
        "--notify-read-only",
        "each",
        "--notify-runbook",
        "https://wiki.example.com/root",
        "--reset",
        "notify.contact",
        "--reset",
        "account_names",
        "--reset",
        "owners",
        "--reset",
        "routes",
    ];
    let deploy = [&["deploy", "hub", "--yes"], &said[..]].concat();
    world.rootwatch(&deploy).ends_with(0);
    world.rootwatch(&["teardown", "hub", "--yes"]).ends_with(0);
}

/// Settings that somebody else put beside the notifier's code hold, and nobody takes them for what rootwatch wrote.
#[test]
fn what_somebody_else_told_the_notifier_is_kept_and_said() {
    let world = World::with_hub();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(Intruder::new(&world).retell(json!({"read_only": "off"})));
    let plan = ["plan", "hub", "--detailed-exitcode"];
    let ran = world.rootwatch(&plan).ends_with(2);
    assert!(
        ran.stdout.contains("somebody changed its settings"),
        "{}",
        ran.stdout
    );
    let status = world.rootwatch(&["status"]).ends_with(2).stdout;
    assert!(status.contains("function rootwatch-notifier"), "{status}");
    world.rootwatch(&["deploy", "hub", "--yes"]).ends_with(0);
    world.rootwatch(&plan).ends_with(0);
    let settings = world.rootwatch(&["settings"]).ends_with(0).stdout;
    let mut lines = settings.lines();
    let read_only = lines.find(|it| it.starts_with("notify.read_only")).unwrap();
    assert!(read_only.contains("\"off\""), "{settings}");
}
