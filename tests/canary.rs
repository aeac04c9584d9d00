use crate::world::{Ran, World, eventually};
use serde_json::Value;

/// Taken in a spoke's account; the lab lets any name in.
const ROLE: &str = "OrganizationAccountAccessRole";

/// The mails of a test, and nothing else.
fn test_mails(world: &World) -> Vec<rootwatch_lab::Mail> {
    let mut mails = world.alerts_now();
    mails.retain(|mail| mail.subject.contains("[TEST]"));
    mails
}

fn hops(ran: &Ran) -> Vec<String> {
    let report = ran.json();
    let hops = report["hops"].as_array().unwrap();
    let name = |hop: &Value| hop["hop"].as_str().unwrap().to_owned();
    hops.iter().map(name).collect()
}

#[test]
fn a_test_of_the_hub_tells_people_once_and_leaves_nothing() {
    let world = World::with_hub();
    let before = world.lab.snapshot().unwrap();
    let ran = world.rootwatch(&["test", "--output", "json"]).ends_with(0);
    let report = ran.json();
    assert_eq!(report["schema"], "rootwatch.test/1");
    assert_eq!(report["passed"], true);
    let expected = [
        "sent to the hub's bus",
        "at the notifier",
        "at the topic",
        "heard",
    ];
    assert_eq!(hops(&ran), expected);
    eventually("the mail", || !test_mails(&world).is_empty());
    let mails = test_mails(&world);
    assert_eq!(mails.len(), 1);
    assert!(mails[0].body.contains("Nobody acted as root"), "{mails:?}");
    assert!(mails[0].body.contains(report["id"].as_str().unwrap()));
    assert_eq!(world.lab.snapshot().unwrap(), before);
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
        "handed on to the rule for alerts",
        "at the notifier",
        "at the topic",
        "heard",
    ];
    assert_eq!(hops(&ran), expected);
    eventually("the mail", || !test_mails(&world).is_empty());
    let mail = &test_mails(&world)[0];
    assert!(mail.subject.contains(&shop), "{mail:?}");
    assert_eq!(world.lab.snapshot().unwrap(), before);
}
