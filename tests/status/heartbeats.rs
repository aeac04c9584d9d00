use crate::intruder::{Intruder, SpokeIntruder};
use crate::world::{DEPLOY_SPOKES, World, eventually};
use aws_sdk_eventbridge::types::RuleState;
use serde_json::{Value, json};
use std::time::Duration;

const ALL_EVENTS: RuleState = RuleState::EnabledWithAllCloudtrailManagementEvents;
const HOUR: Duration = Duration::from_secs(3600);

impl World {
    /// Time passes, with a heartbeat of everybody at its end, if it is time for one.
    fn hours(&self, hours: u32) {
        self.lab.turn_clock(HOUR * hours).unwrap();
        self.at_rest();
    }

    fn status(&self, code: i32) -> Value {
        let args = ["status", "--output", "json"];
        self.rootwatch(&args).ends_with(code).json()
    }
}

/// The gaps of these kinds, each as its id, account and region.
fn gaps(status: &Value, kinds: &[&str]) -> Vec<String> {
    let all = status["gaps"].as_array().unwrap().iter();
    let meant = all.filter(|gap| kinds.contains(&gap["id"].as_str().unwrap()));
    let text = |value: &Value| value.as_str().unwrap_or("several").to_owned();
    let of = |gap: &Value| {
        [&gap["id"], &gap["account"], &gap["region"]]
            .map(text)
            .join(" ")
    };
    meant.map(of).collect()
}

const SILENT: [&str; 3] = ["RW317", "RW318", "RW319"];

#[test]
fn every_account_and_region_is_heard_and_silence_is_a_gap() {
    let world = World::deployed().calm();
    // Nobody can have been heard yet.
    let fresh = world.status(0);
    assert_eq!(fresh["spokes"]["heartbeats"]["heard"], 0, "{fresh}");
    let new = SpokeIntruder::new(&world, "sandbox", "us-east-1");
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let same = |pattern: &str| pattern.to_owned();
    runtime.block_on(new.put_rule(RuleState::Disabled, same));

    world.hours(6);
    let alerts = world.alerts_now();
    assert!(alerts.is_empty(), "{alerts:#?}");
    let heard = world.status(0);
    let heartbeats = &heard["spokes"]["heartbeats"];
    let expected = heartbeats["expected"].as_u64().unwrap();
    assert_eq!(heartbeats["heard"].as_u64(), Some(expected - 1));
    let last = &heartbeats["last_heard"];
    assert!(last["eu-west-1"][&new.account].is_string(), "{last}");
    assert_eq!(last["us-east-1"][&new.account], Value::Null);
    let text = world.rootwatch(&["status"]).ends_with(0).stdout;
    let line = format!(
        "  heartbeats every 6h: {} of {expected} heard within 9h, 1 not due yet\n",
        expected - 1
    );
    assert!(text.contains(&line), "{text}");

    let [shop_1, shop_2] =
        ["us-east-1", "eu-west-1"].map(|it| SpokeIntruder::new(&world, "shop", it));
    let [pay_1, pay_2] =
        ["us-east-1", "eu-west-1"].map(|it| SpokeIntruder::new(&world, "payments", it));
    runtime.block_on(async {
        shop_1.put_rule(RuleState::Disabled, same).await;
        shop_2.forbid_forwarding().await;
        pay_1.remove_target().await;
        // A narrower pattern takes nothing from the schedule.
        let narrow = |it: &str| it.replace("\"Root\"", "\"Nobody\"");
        pay_2.put_rule(ALL_EVENTS, narrow).await;
    });
    world.hours(6);
    // Six hours are no reason to worry: a heartbeat may be late by half. Twelve are, for one that was never heard.
    let one = |id: &str, it: &SpokeIntruder| format!("{id} {} {}", it.account, it.region);
    let never = world.status(2);
    assert_eq!(gaps(&never, &SILENT), [one("RW317", &new)], "{never}");
    world.hours(6);
    let quiet = world.status(2);
    let heartbeats = &quiet["spokes"]["heartbeats"];
    assert_eq!(heartbeats["heard"].as_u64(), Some(expected - 4));
    // Both regions of the shop are one gap.
    let wanted = [
        one("RW317", &new),
        format!("RW318 {} several", shop_2.account),
        one("RW318", &pay_1),
    ];
    assert_eq!(gaps(&quiet, &SILENT), wanted, "{quiet}");
    assert!(world.health_mails().is_empty());

    let folder = tempfile::tempdir().unwrap();
    let page = folder.path().join("page.html");
    let args = ["status", "--html", page.to_str().unwrap()];
    world.rootwatch(&args).ends_with(2);
    let page = std::fs::read_to_string(page).unwrap();
    let last = &heartbeats["last_heard"]["eu-west-1"][&pay_2.account];
    assert!(
        page.contains(&format!("\"{}\":{last}", pay_2.account)),
        "{page}"
    );
}

#[test]
fn a_hub_that_hears_nobody_any_more_tells_people() {
    let world = World::deployed().calm();
    world.hours(6);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let hub = Intruder::new(&world);
    let everybody = json!({"Principal": "*"});
    runtime.block_on(hub.add_bus_statement("Mine", "Deny", everybody));
    for _ in 0..5 {
        world.hours(6);
    }
    eventually("the alarm", || !world.health_mails().is_empty());
    let mails = world.health_mails();
    assert!(
        mails
            .iter()
            .any(|mail| mail.subject.contains("rootwatch-no-heartbeats")),
        "{mails:#?}"
    );
    let status = world.status(2);
    let silent = gaps(&status, &["RW317"]);
    assert_eq!(silent, ["RW317 several several"]);
}

#[test]
fn without_heartbeats_nothing_is_said_but_that() {
    let world = World::deployed().calm();
    let off = [
        &DEPLOY_SPOKES[..],
        &["--ou", "/Security", "--heartbeat", "off"],
    ]
    .concat();
    world.rootwatch(&off).ends_with(0);
    assert_eq!(world.lab.turn_clock(HOUR * 24).unwrap(), 0);
    let status = world.status(0);
    assert_eq!(status["spokes"]["heartbeats"], json!({"every": "off"}));
    let text = world.rootwatch(&["status"]).ends_with(0).stdout;
    assert!(text.contains("\n  heartbeats: off\n"), "{text}");
    // It is remembered, and goes back by name.
    let plain = ["plan", "spokes", "--detailed-exitcode"];
    world.rootwatch(&plain).ends_with(0);
    let reset = world.rootwatch(&[&plain[..], &["--reset", "heartbeat"]].concat());
    let reset = reset.ends_with(2);
    assert!(reset.stdout.contains("rate(6 hours)"), "{}", reset.stdout);
    for (heartbeat, schedule) in [("1h", "rate(1 hour)"), ("12h", "rate(12 hours)")] {
        let ran = world.rootwatch(&["deploy", "spokes", "--heartbeat", heartbeat, "--yes"]);
        ran.ends_with(0);
        let snapshot = world.lab.snapshot().unwrap();
        let rules = &snapshot[world.account("shop")]["us-east-1"]["event_buses"];
        assert!(rules.to_string().contains(schedule), "{heartbeat}: {rules}");
    }
}
