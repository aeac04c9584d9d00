use crate::faults::failing;
use crate::world::{PERSON, REGION, World, api_call, eventually};
use rootwatch_lab::{Fault, Late};
use serde_json::Value;
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(30);

fn status(world: &World) -> String {
    let ran = world.rootwatch(&["status"]);
    // 2 where there is a gap.
    assert!([0, 2].contains(&ran.code), "{ran:?}");
    ran.stdout
}

fn hub_json(world: &World) -> Value {
    let ran = world.rootwatch(&["status", "--output", "json"]);
    ran.json()["hub"].clone()
}

/// The gaps that say this.
fn gaps<'a>(status: &'a str, what: &str) -> Vec<&'a str> {
    let lines = status.lines();
    let gaps = lines.filter_map(|line| line.strip_prefix("  ! RW")?.split_once(' '));
    gaps.map(|(_, gap)| gap)
        .filter(|gap| gap.contains(what))
        .collect()
}

fn root_creates_a_user(world: &World) {
    let shop = world.account("shop");
    let event = api_call(&shop, REGION, "iam", "CreateUser", false);
    world.root_does(&shop, REGION, &event);
}

fn fail(operation: &str, code: &str) -> Fault {
    failing(code, "not allowed", 403).operation(operation)
}

#[test]
fn a_notifier_that_fails_is_reported_and_one_that_rests_is_fine() {
    let world = World::deployed();
    let quiet = status(&world);
    let rests = "  notifier: has not run in the last 30 days\n";
    assert!(quiet.contains(rests), "{quiet}");
    assert!(gaps(&quiet, "notifier").is_empty(), "{quiet}");
    root_creates_a_user(&world);
    world.alerts(1);
    // The invocation goes on for a moment, and is counted at its end.
    world.lab.wait_idle(PATIENCE).unwrap();
    let reported = status(&world);
    assert!(reported.contains("  notifier: last ran 20"), "{reported}");
    assert!(
        reported.contains("; 0 errors in the last 24 hours\n"),
        "{reported}"
    );
    assert!(gaps(&reported, "notifier").is_empty(), "{reported}");
    // Five attempts at an event, then it is a dead letter. Minutes between them are seconds here.
    let quick = Late {
        visibility_percent: Some(1),
        ..Late::default()
    };
    world.lab.set_late(&quick).unwrap();
    let publish = fail("Publish", "AuthorizationError");
    world.fail(&publish);
    root_creates_a_user(&world);
    let failed = || hub_json(&world)["metrics"]["errors"] == 5;
    eventually("the fifth failure", failed);
    world.lab.wait_idle(PATIENCE).unwrap();
    let reported = status(&world);
    let failed = gaps(
        &reported,
        "the notifier failed 5 times in the last 24 hours",
    );
    assert!(
        failed[0].contains(
            "`aws logs tail /aws/lambda/rootwatch-notifier --region eu-west-1 --since 24h`"
        ),
        "{reported}"
    );
    let alarm = "the alarm rootwatch-dead-letters is in the state ALARM";
    let in_alarm = || !gaps(&status(&world), alarm).is_empty();
    eventually("the alarm of the dead-letter queue", in_alarm);
    let reported = status(&world);
    let dead = gaps(
        &reported,
        "1 undelivered event waits in the dead-letter queue rootwatch-dead-letters, the oldest for ",
    );
    assert!(
        dead[0].contains("`rootwatch verify` says what is broken"),
        "{reported}"
    );
    assert!(hub_json(&world)["metrics"]["oldest_dead_letter_s"].is_u64());
}

#[test]
fn reads_that_nobody_takes_are_reported_until_what_verify_says_is_done() {
    let world = World::deployed();
    let hub = world.organization.hub.clone();
    let lambda = aws_sdk_lambda::Client::new(&world.sdk(&hub, REGION));
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let mappings = lambda.list_event_source_mappings().send().await.unwrap();
        let mut mappings = mappings.event_source_mappings().iter();
        let is_of_reads = |arn: &str| arn.ends_with(":rootwatch-reads");
        let mapping = mappings.find(|it| it.event_source_arn().is_some_and(is_of_reads));
        let uuid = mapping.unwrap().uuid().unwrap().to_owned();
        let call = lambda.update_event_source_mapping().uuid(uuid);
        call.enabled(false).send().await.unwrap();
    });
    let shop = world.account("shop");
    let read = api_call(&shop, REGION, "iam", "ListUsers", true);
    world.root_does(&shop, REGION, &read);
    let queue = "rootwatch-reads";
    let waiting = || world.lab.queue_messages(&hub, REGION, queue).unwrap().len();
    eventually("the read-only event", || waiting() == 1);
    let early = status(&world);
    assert!(
        early.contains("  read-only events and heartbeats for the next batch: 1, the oldest for "),
        "{early}"
    );
    assert!(
        gaps(&early, "read-only events have waited").is_empty(),
        "{early}"
    );
    let late = Duration::from_secs(20 * 60);
    world.lab.age_messages(&hub, REGION, queue, late).unwrap();
    let reported = status(&world);
    let gap = "read-only events have waited for 20m in the queue rootwatch-reads and are not reported: `rootwatch verify` says";
    assert_eq!(gaps(&reported, gap).len(), 1, "{reported}");
    eventually("the alarm", || {
        let mails = world.health_mails();
        mails
            .iter()
            .any(|mail| mail.subject.contains("rootwatch-reads-waiting"))
    });
    let verify = world.rootwatch(&["verify", "--hub-only"]).ends_with(2);
    assert!(
        verify.stdout.contains("it is disabled: events wait"),
        "{}",
        verify.stdout
    );
    assert!(
        verify.stdout.contains("run `rootwatch deploy hub`"),
        "{}",
        verify.stdout
    );
    world
        .rootwatch(&["deploy", "hub", "--email", PERSON, "--yes"])
        .ends_with(0);
    eventually("the digest", || waiting() == 0);
    let fixed = status(&world);
    // CloudWatch still has what was, but the queue is empty.
    assert!(
        gaps(&fixed, "read-only events have waited").is_empty(),
        "{fixed}"
    );
    assert!(
        fixed.contains("  read-only events and heartbeats for the next batch: 0\n"),
        "{fixed}"
    );
}

#[test]
fn metrics_that_may_not_be_read_are_a_gap_and_hide_nothing_else() {
    let world = World::with_hub();
    world.fail(&fail("GetMetricData", "AccessDenied"));
    let reported = status(&world);
    let gap = "could not determine how long events wait and whether the notifier fails: cloudwatch:GetMetricData: AccessDenied: not allowed";
    assert_eq!(gaps(&reported, gap).len(), 1, "{reported}");
    assert!(
        reported.contains(&format!("  notified: email {PERSON} (confirmed")),
        "{reported}"
    );
    assert!(!reported.contains("notifier: "), "{reported}");
    let hub = hub_json(&world);
    assert!(
        hub["metrics"].is_null() && hub["metrics_unknown"].is_string(),
        "{hub}"
    );
    // Where there is no hub, nobody has to be allowed to ask about it.
    let management = &world.organization.management;
    let elsewhere = world.rootwatch_as(management, &["status"]).ends_with(2);
    assert!(
        gaps(&elsewhere.stdout, "is unknown").is_empty(),
        "{}",
        elsewhere.stdout
    );
}
