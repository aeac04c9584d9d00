use crate::world::{PERSON, REGION, Ran, World, api_call, eventually, run};
use rootwatch_lab::Host;
use serde_json::{Value, json};
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(20);

fn deploy(world: &World, settings: &[&str]) -> Ran {
    let args = ["deploy", "hub", "--email", PERSON, "--yes"];
    world.rootwatch(&[&args, settings].concat()).ends_with(0)
}

/// Resource and field of every change.
fn changes(world: &World, settings: &[&str]) -> Vec<String> {
    let args = ["plan", "hub", "--email", PERSON, "--output", "json"];
    let plan = world.rootwatch(&[&args, settings].concat()).ends_with(0);
    let plan = plan.json();
    let steps = plan["steps"].as_array().unwrap().iter();
    steps
        .filter(|step| step["action"] != "keep")
        .flat_map(|step| {
            let fields = step["fields"].as_array().unwrap().iter();
            fields.map(|change| {
                let text = |value: &Value| value.as_str().unwrap().to_owned();
                format!("{} {}", text(&step["resource"]), text(&change["field"]))
            })
        })
        .collect()
}

fn reads(world: &World, names: &[&str]) {
    let shop = world.account("shop");
    for name in names {
        world.root_does(&shop, REGION, &api_call(&shop, REGION, "s3", name, true));
    }
}

const OFF: [&str; 2] = ["--notify-read-only", "off"];
const EACH: [&str; 2] = ["--notify-read-only", "each"];

#[test]
fn reads_are_reported_in_a_digest_each_or_not_at_all() {
    let world = World::deployed();
    let shop = world.account("shop");

    let setting = "function rootwatch-notifier settings.read_only";
    assert_eq!(changes(&world, &OFF), [setting]);
    deploy(&world, &OFF);
    reads(&world, &["ListBuckets", "GetBucketAcl"]);
    let card = api_call(&shop, REGION, "payments", "Instruments_Create", true);
    world.root_does(&shop, REGION, &card);
    let mut with_key = api_call(&shop, REGION, "sts", "GetCallerIdentity", true);
    with_key["userIdentity"]["accessKeyId"] = json!("AKIAEXAMPLEEXAMPLE42");
    world.root_does(&shop, REGION, &with_key);
    let mails = world.alerts(2);
    world.lab.wait_idle(PATIENCE).unwrap();
    assert_eq!(world.alerts_now().len(), 2, "what matters, and no more");
    let reported = |part: &str| mails.iter().any(|mail| mail.subject.contains(part));
    assert!(reported("Root added a payment instrument"), "{mails:?}");
    assert!(reported("[CRITICAL]"), "{mails:?}");
    let log: String = world
        .lab
        .invocations()
        .unwrap()
        .iter()
        .map(|it| it.log.clone())
        .collect();
    for name in ["ListBuckets", "GetBucketAcl"] {
        let line = log
            .lines()
            .find(|line| line.contains(&format!("{name}-{shop}")));
        assert!(line.unwrap().contains(r#""decision":"ignore""#), "{line:?}");
    }

    let mapping = "event-source-mapping rootwatch-reads";
    let expected = [
        setting.to_owned(),
        format!("{mapping} batch_size"),
        format!("{mapping} maximum_batching_window"),
    ];
    assert_eq!(changes(&world, &EACH), expected);
    world.count_calls();
    deploy(&world, &EACH);
    let mut writes = world.writes();
    writes.sort();
    assert_eq!(
        writes,
        [
            "lambda:TagResource",
            "lambda:UpdateEventSourceMapping",
            "lambda:UpdateFunctionCode"
        ]
    );
    assert_eq!(changes(&world, &EACH), Vec::<String>::new());
    reads(&world, &["ListBuckets", "GetBucketAcl", "GetBucketPolicy"]);
    let mails = world.alerts(2 + 3);
    for name in ["s3:ListBuckets", "s3:GetBucketAcl", "s3:GetBucketPolicy"] {
        let subject = format!("[LOW] Root called {name} in shop {shop} {REGION}");
        assert!(
            mails.iter().any(|mail| mail.subject == subject),
            "{mails:?}"
        );
    }

    deploy(&world, &[]);
    assert_eq!(changes(&world, &[]), Vec::<String>::new());
}

/// The canary of the hub itself, once it has come all the way.
fn canary(world: &World) -> String {
    let hub = &world.organization.hub;
    let detail = json!({"eventID": "a-canary", "recipientAccountId": hub, "awsRegion": REGION});
    let entry = aws_sdk_eventbridge::types::PutEventsRequestEntry::builder()
        .event_bus_name("rootwatch")
        .source("rootwatch.canary")
        .detail_type("rootwatch canary")
        .detail(detail.to_string())
        .build();
    let client = aws_sdk_eventbridge::Client::new(&world.sdk(hub, REGION));
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let put = client.put_events().entries(entry).send();
    assert_eq!(runtime.block_on(put).unwrap().failed_entry_count(), 0);
    world.alerts(1).remove(0).subject
}

#[test]
fn an_account_has_the_name_that_organizations_gives_it() {
    let world = World::with_hub();
    let subject = canary(&world);
    assert!(
        subject.starts_with("[TEST] Test event from hub 222222222222 "),
        "{subject}"
    );
}

#[test]
fn without_its_permission_the_notifier_is_reported_no_name() {
    let world = World::with_hub();
    let iam = aws_sdk_iam::Client::new(&world.sdk(&world.organization.hub, REGION));
    let role = "rootwatch-notifier-eu-west-1";
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let found = iam
            .get_role_policy()
            .role_name(role)
            .policy_name("notifier");
        let text = found.send().await.unwrap().policy_document;
        let text = percent_encoding::percent_decode_str(&text).decode_utf8_lossy();
        let mut policy: Value = serde_json::from_str(&text).unwrap();
        let statements = policy["Statement"].as_array_mut().unwrap();
        statements.retain(|statement| statement["Sid"] != "AccountNames");
        let put = iam
            .put_role_policy()
            .role_name(role)
            .policy_name("notifier");
        put.policy_document(policy.to_string())
            .send()
            .await
            .unwrap();
    });
    let subject = canary(&world);
    let expected = "[TEST] Test event from 222222222222 ";
    assert!(subject.starts_with(expected), "{subject}");
}

#[test]
fn a_hub_that_may_not_ask_takes_the_names_of_the_settings() {
    let world = World::without_delegation();
    deploy(&world, &["--account-name", "222222222222=Security Hub"]);
    world.lab.confirm_subscription(PERSON).unwrap();
    let subject = canary(&world);
    let expected = "[TEST] Test event from Security Hub 222222222222 ";
    assert!(subject.starts_with(expected), "{subject}");
    let calls = world.lab.calls().unwrap();
    let refused = calls
        .iter()
        .find(|call| call.by_function && call.operation == "DescribeAccount");
    let code = refused.and_then(|call| call.error_code.as_deref());
    assert_eq!(code, Some("AccessDeniedException"));
}

#[test]
fn a_chat_program_gets_a_notification_of_its_own() {
    let world = World::new();
    let chat = Host::silent().unwrap();
    let address = format!("http://{}/chat", chat.address);
    let subscription = format!("http={address}");
    let settings = [
        "--sns-subscription",
        &subscription,
        "--notify-format",
        "chatbot",
    ];
    deploy(&world, &settings);
    world.lab.confirm_subscription(PERSON).unwrap();
    world.lab.confirm_subscription(&address).unwrap();
    canary(&world);
    let mut found = Value::Null;
    eventually("the notification", || {
        let Ok(request) = chat.requests.try_recv() else {
            return false;
        };
        let body: Value = serde_json::from_str(&request.body).unwrap();
        found = body;
        found["Type"] == "Notification"
    });
    let message: Value = serde_json::from_str(found["Message"].as_str().unwrap()).unwrap();
    assert_eq!(message["version"], "1.0");
    assert_eq!(message["source"], "custom");
    let title = message["content"]["title"].as_str().unwrap();
    assert!(
        title.starts_with("[TEST] Test event from hub 222222222222"),
        "{title}"
    );
    // Mail is for people, whatever programs get.
    assert!(world.alerts(1)[0].body.starts_with("TEST: a test event"));
}

#[test]
fn explain_shows_what_the_settings_make_of_an_event() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let settings = "[notify]\nread_only = \"off\"\n[account_names]\n111122223333 = \"Shop\"\n";
    std::fs::write(path("rootwatch.toml"), settings).unwrap();
    let explain = |read_only| {
        let event = api_call("111122223333", REGION, "s3", "ListBuckets", read_only);
        std::fs::write(path("event.json"), event.to_string()).unwrap();
        let file = path("rootwatch.toml");
        run(&[], &["explain", "--config", &file, &path("event.json")])
            .ends_with(0)
            .stdout
    };
    let reported = explain(false);
    assert!(reported.contains("[HIGH] Root called"), "{reported}");
    let reported = explain(true);
    assert!(reported.starts_with("Nothing would be sent"), "{reported}");
}

#[test]
fn a_plan_that_leaves_no_subscriber_says_so() {
    let world = World::with_hub();
    let plan = |who: &[&str]| {
        let args = [&["plan", "hub"], who].concat();
        world.rootwatch(&args).ends_with(0).stdout
    };
    let said = "No longer notified: 1\n";
    let reported = plan(&["--remove-subscription", PERSON]);
    assert!(reported.contains(said), "{reported}");
    let reported = plan(&["--email", "another@example.com"]);
    assert!(!reported.contains("No longer notified"), "{reported}");
}
