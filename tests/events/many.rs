//! `rootwatch test` for many accounts, which a stand-in plays, and `rootwatch verify`: much smaller than
//! `cargo bench-test` and `cargo bench-verify`.

use crate::world::{PERSON, REGION, Ran, World, run};
use rootwatch_lab::{Front, Generated, Manner};
use serde_json::Value;
use std::collections::BTreeSet;
use std::time::Duration;

const ACCOUNTS: u32 = 130;
const REGIONS: u32 = 4;
const PLACES: usize = 520;

fn organization() -> World {
    let world = World::deployed().calm();
    let generated = Generated {
        accounts: ACCOUNTS,
        units: 5,
        regions: REGIONS,
        hub: world.organization.hub.clone(),
    };
    world.lab.generate(&generated).unwrap();
    world
}

/// The tests of these accounts, against a stand-in of this manner.
fn tested(manner: Manner, code: i32, more: &[&str]) -> (Ran, Front) {
    let world = organization();
    let front = Front::start(world.lab.endpoint(), manner).unwrap();
    let mut env = world.lab.env(&world.organization.hub, REGION);
    env.push(("AWS_ENDPOINT_URL".to_owned(), front.endpoint()));
    let args = [
        &["test", "--all-accounts", "--role", "rootwatch-reader"],
        more,
    ]
    .concat();
    let ran = run(&env, &args).ends_with(code);
    let mails = world.lab.mailbox(PERSON).unwrap();
    let tests = mails
        .iter()
        .filter(|mail| mail.subject.contains("est event"));
    assert_eq!(tests.count(), 1, "{mails:?}");
    (ran, front)
}

fn quick() -> Manner {
    Manner {
        delay: Duration::from_millis(5),
        longest: Duration::from_secs(1),
        twice: 10,
        ..Manner::default()
    }
}

#[test]
fn all_of_many_arrive_by_few_calls_and_are_counted() {
    let (ran, front) = tested(quick(), 0, &[]);
    let counted =
        format!("{PLACES} of {PLACES} accounts and regions reached the hub's bus, after ");
    assert!(ran.stdout.contains(&counted), "{}", ran.stdout);
    assert!(!ran.stdout.contains("RW60"), "{}", ran.stdout);
    let calls = front.seen().calls;
    // What is still in the queue is not sent again, and what is received is deleted together.
    assert_eq!(calls["PutEvents"], PLACES, "{calls:?}");
    assert_eq!(calls["AssumeRole"], ACCOUNTS as usize, "{calls:?}");
    assert!(calls["DeleteMessageBatch"] < PLACES / 2, "{calls:?}");
}

#[test]
fn throttling_makes_fewer_calls_at_once_and_no_false_alarm() {
    let manner = Manner {
        most_at_once: 6,
        ..quick()
    };
    let (ran, front) = tested(manner, 0, &[]);
    assert!(ran.stdout.contains("Passed"), "{}", ran.stdout);
    let seen = front.seen();
    assert!(seen.throttled > 0, "{seen:?}");
    assert_eq!(seen.canaries, PLACES, "{seen:?}");
}

#[test]
fn only_what_fails_is_named_and_a_session_that_ends_is_renewed() {
    let silent = ("700000000007".to_owned(), "us-east-1".to_owned());
    let manner = Manner {
        session: Duration::from_secs(3),
        silent: BTreeSet::from([silent]),
        ..quick()
    };
    let (ran, front) = tested(manner, 2, &["--wait", "8s", "--output", "json"]);
    let report: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(report["counts"]["tested"], PLACES);
    assert_eq!(report["counts"]["arrived"], PLACES - 1);
    let spokes = report["spokes"].as_array().unwrap();
    let failed: Vec<&Value> = spokes.iter().filter(|it| !it["id"].is_null()).collect();
    assert_eq!(failed.len(), 1, "{failed:?}");
    // Its repeat met a session that had ended; that says nothing of the place.
    assert_eq!(
        (&failed[0]["id"], &failed[0]["result"]),
        (&"RW602".into(), &"lost".into())
    );
    assert_eq!(failed[0]["account"], "700000000007");
    assert_eq!(report["problems"][0]["id"], "RW602");
    let seen = front.seen();
    assert!(seen.expired > 0, "{seen:?}");
    assert!(seen.calls["AssumeRole"] > ACCOUNTS as usize, "{seen:?}");
}

#[test]
fn the_spokes_of_many_accounts_are_judged_by_pages_of_instances() {
    let world = organization();
    world.count_calls();
    let ran = world
        .rootwatch(&["verify", "--output", "json"])
        .ends_with(0);
    let report: Value = serde_json::from_str(&ran.stdout).unwrap();
    let hops = report["hops"].as_array().unwrap();
    assert!(hops.iter().all(|hop| hop["verdict"] == "ok"), "{hops:?}");
    let calls = world.lab.calls().unwrap();
    let pages = calls
        .iter()
        .filter(|call| call.operation == "ListStackInstances");
    // 130 instances a region by 100.
    assert_eq!(pages.count(), 2 * REGIONS as usize);
}
