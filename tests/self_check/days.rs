use super::{DEPLOY, check, ids, mails, report, runtime, watched};
use crate::world::{PERSON, REGION, World};

fn delete_alarm(world: &World, name: &str) {
    let client = aws_sdk_cloudwatch::Client::new(&world.sdk(&world.organization.hub, REGION));
    let call = client.delete_alarms().alarm_names(name);
    runtime().block_on(call.send()).unwrap();
}

#[test]
fn a_deployment_asks_for_the_first_one_which_mails_nothing() {
    let world = World::new().with_self_check().calm();
    world.rootwatch(&DEPLOY).ends_with(0);
    world.lab.confirm_subscription(PERSON).unwrap();
    world.at_rest();
    let found = report(&world);
    assert!(
        ids(&found, "wrong").contains(&"RW308".to_owned()),
        "{found:#}"
    );
    assert!(mails(&world).is_empty());
    // The day after it says so, and the next day nothing: nothing changed but that the person has confirmed.
    let next = check(&world);
    let why = next["mailed"]["why"].as_str().unwrap();
    assert!(["changed", "wrong"].contains(&why), "{next:#}");
    let again = check(&world);
    assert!(again["mailed"].is_null(), "{again:#}");
    assert_eq!(again["changes"], serde_json::json!([]));
    assert_eq!(mails(&world).len(), 1);
}

#[test]
fn a_deployment_that_is_whole_is_well_and_the_mail_says_so() {
    let world = watched();
    let found = check(&world);
    assert_eq!(ids(&found, "wrong"), Vec::<String>::new(), "{found:#}");
    assert!(found["figures"]["test_event_ms"].as_i64().unwrap() > 0);
    // The management account's own stacks are not seen from here.
    assert_eq!(found["figures"]["accounts"], 5);
    assert_eq!(found["figures"]["covered"], 4);
    let mails = mails(&world);
    let mail = mails.last().unwrap();
    assert!(
        mail.subject.starts_with("rootwatch: all is well, "),
        "{mail:#?}"
    );
    // The test event is for nobody.
    assert!(world.alerts_now().is_empty());
    let status = world.rootwatch(&["status"]).ends_with(0);
    assert!(
        status.stdout.contains("  self-check: all is well, on "),
        "{}",
        status.stdout
    );
    let json = world
        .rootwatch(&["status", "--output", "json"])
        .ends_with(0)
        .json();
    assert_eq!(json["hub"]["self_check"]["wrong"], 0, "{json:#}");
    assert_eq!(json["hub"]["self_check"]["setting"], "weekly");
}

#[test]
fn what_breaks_is_mailed_once_and_so_is_that_it_was_fixed() {
    let world = watched();
    check(&world);
    let before = mails(&world).len();
    delete_alarm(&world, "rootwatch-dead-letters");
    let found = check(&world);
    assert_eq!(ids(&found, "wrong"), ["RW180"], "{found:#}");
    assert_eq!(found["mailed"]["why"], "changed");
    check(&world);
    let all = mails(&world);
    assert_eq!(all.len(), before + 1, "{all:#?}");
    assert!(all.last().unwrap().subject.contains("problem"), "{all:#?}");
    world.rootwatch(&DEPLOY).ends_with(0);
    world.at_rest();
    let fixed = report(&world);
    assert_eq!(ids(&fixed, "wrong"), Vec::<String>::new(), "{fixed:#}");
    assert_eq!(fixed["mailed"]["why"], "changed");
    assert_eq!(mails(&world).len(), before + 2);
}

#[test]
fn a_test_event_that_does_not_reach_the_notifier_is_a_problem() {
    let world = watched();
    let client = aws_sdk_eventbridge::Client::new(&world.sdk(&world.organization.hub, REGION));
    let rule = client.disable_rule().name("rootwatch-acts");
    runtime()
        .block_on(rule.event_bus_name("rootwatch").send())
        .unwrap();
    let found = check(&world);
    assert_eq!(ids(&found, "wrong"), ["RW111", "RW333"], "{found:#}");
    let status = world.rootwatch(&["status"]).ends_with(2);
    assert!(
        status.stdout.contains("! RW333 the self-check of "),
        "{}",
        status.stdout
    );
}

#[test]
fn without_its_log_status_says_that_it_is_not_known_to_run() {
    let world = watched();
    let logs = aws_sdk_cloudwatchlogs::Client::new(&world.sdk(&world.organization.hub, REGION));
    let group = "/aws/lambda/rootwatch-selfcheck";
    runtime()
        .block_on(logs.delete_log_group().log_group_name(group).send())
        .unwrap();
    let status = world.rootwatch(&["status"]).ends_with(2);
    assert!(
        status
            .stdout
            .contains("log-group /aws/lambda/rootwatch-selfcheck is missing"),
        "{}",
        status.stdout
    );
    assert!(
        status.stdout.contains("self-check: has not run"),
        "{}",
        status.stdout
    );
}
