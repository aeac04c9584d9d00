//! Who was heard, of a few accounts at a fixed time.

use super::*;
use crate::spokes::coverage::{AccountStanding, Coverage, Standing};

const NOW: &str = "2026-11-26T20:00:00Z";
const SIX: Heartbeat = Heartbeat::Every(6);

fn now() -> Timestamp {
    NOW.parse().unwrap()
}

fn ago(hours: i64) -> i64 {
    now().as_second() - hours * 3600
}

fn instance(status: &str, operation: &str) -> Instance {
    Instance {
        status: status.into(),
        detail: "SUCCEEDED".into(),
        reason: None,
        unit: "ou".into(),
        operation: operation.into(),
        has_stack: true,
    }
}

/// Accounts in us-east-1, each with its status and the last operation on it.
fn spokes(all: &[(&str, &str, &str)]) -> SpokesStatus {
    let mut spokes = SpokesStatus {
        coverage: Coverage {
            regions: vec!["us-east-1".into(), "eu-west-1".into()],
            ..Coverage::default()
        },
        ..SpokesStatus::default()
    };
    for (account, status, operation) in all {
        let location = Location::of(account, "us-east-1");
        let instances = &mut spokes.deployed.instances;
        instances.insert(location, instance(status, operation));
        spokes.coverage.every_account.push(AccountStanding {
            named: Named {
                account: (*account).to_owned(),
                name: format!("name {}", &account[..1]),
            },
            unit: "ou".into(),
            unit_path: None,
            standing: Standing::Covered,
        });
    }
    let ends = [
        ("new", Some(ago(1))),
        ("running", None),
        ("old", Some(ago(13))),
    ];
    let ends = ends.map(|(id, end)| (id.to_owned(), end));
    spokes.deployed.ends = Some(ends.into());
    spokes
}

fn judged(spokes: &mut SpokesStatus, heard: &[(&str, i64)]) -> Vec<String> {
    let lines = heard.iter().map(|(account, hours)| {
        let at = Timestamp::from_second(ago(*hours)).unwrap();
        (
            format!(r#"{{"heard":{{"us-east-1":["{account}"]}},"at":"{at}"}}"#),
            at,
        )
    });
    let heard = Heard::of(lines);
    let times = Times::of(SIX, now()).unwrap();
    let (open, accepted) = judge(spokes, &heard, (SIX, times), "rootwatch-root-activity", &[]);
    assert_eq!(accepted, []);
    open.iter()
        .map(|it| format!("{} {}", it.id, it.text))
        .collect()
}

const ONE: &str = "111122223333";
const TWO: &str = "222233334444";

#[test]
fn who_was_heard_of_late_is_no_gap() {
    let mut spokes = spokes(&[(ONE, "CURRENT", "old"), (TWO, "CURRENT", "forgotten")]);
    assert_eq!(
        judged(&mut spokes, &[(ONE, 1), (ONE, 7), (TWO, 9)]),
        [""; 0]
    );
    let found = spokes.heartbeats.unwrap();
    assert_eq!((found.expected, found.heard), (Some(2), Some(2)));
    assert_eq!((&*found.every, found.within.as_deref()), ("6h", Some("9h")));
    let last = found.last_heard["us-east-1"][ONE].map(Timestamp::as_second);
    assert_eq!(last, Some(ago(1)));
}

#[test]
fn who_was_not_heard_is_a_gap_by_whether_it_ever_was() {
    let all = [
        (ONE, "CURRENT", "old"),
        (TWO, "CURRENT", "forgotten"),
        ("333344445555", "CURRENT", "old"),
    ];
    let mut spokes = spokes(&all);
    assert_eq!(
        judged(&mut spokes, &[(ONE, 10)]),
        [
            "RW317 2 accounts, 222233334444 (name 2), 333344445555 (name 3): us-east-1 not heard in the last 15h",
            "RW318 account 111122223333 (name 1): us-east-1 gone quiet: heard before, but not in the last 9h",
        ]
    );
    let found = spokes.heartbeats.unwrap();
    assert_eq!((found.expected, found.heard), (Some(3), Some(0)));
    assert_eq!(found.last_heard["us-east-1"][TWO], None);
}

#[test]
fn what_has_just_changed_may_not_have_been_heard_yet() {
    for operation in ["new", "running"] {
        let mut spokes = spokes(&[(ONE, "CURRENT", operation), (TWO, "CURRENT", operation)]);
        assert_eq!(judged(&mut spokes, &[(ONE, 11)]), [""; 0], "{operation}");
        let found = spokes.heartbeats.unwrap();
        assert_eq!((found.heard, found.new), (Some(0), Some(2)));
    }
    // Where the operations are not known, neither is what is new.
    let mut unknown = spokes(&[(ONE, "CURRENT", "old")]);
    unknown.deployed.ends = None;
    assert_eq!(judged(&mut unknown, &[]), [""; 0]);
}

#[test]
fn what_is_a_gap_already_or_off_is_not_expected() {
    let mut spokes = spokes(&[(ONE, "OUTDATED", "old"), (TWO, "CURRENT", "old")]);
    spokes.coverage.off = vec![Location::of(TWO, "us-east-1")];
    assert_eq!(judged(&mut spokes, &[]), [""; 0]);
    assert_eq!(spokes.heartbeats.unwrap().expected, Some(0));
}

#[test]
fn the_management_accounts_own_stacks_are_heard_like_others() {
    let stacks = |changed_s| vec![(Location::of(ONE, "us-east-1"), changed_s)];
    let mut old = spokes(&[]);
    old.deployed.stacks = stacks(Some(ago(13)));
    let text = "RW317 account 111122223333: us-east-1 not heard in the last 15h";
    assert_eq!(judged(&mut old, &[]), [text]);
    let mut new = spokes(&[]);
    new.deployed.stacks = stacks(Some(ago(1)));
    assert_eq!(judged(&mut new, &[]), [""; 0]);
}

#[test]
fn what_somebody_accepts_is_no_gap() {
    let mut spokes = spokes(&[(ONE, "CURRENT", "old"), (TWO, "CURRENT", "old")]);
    let times = Times::of(SIX, now()).unwrap();
    let ignore = Ignore::parse(&format!("RW317@{ONE}"), "it is being moved", "--ignore").unwrap();
    let (open, accepted) = judge(&mut spokes, &Heard::default(), (SIX, times), "r", &[ignore]);
    assert_eq!(open.len(), 1);
    assert_eq!(open[0].account.as_deref(), Some(TWO));
    assert_eq!(accepted.len(), 1);
}

#[test]
fn times_are_said_in_hours_and_minutes() {
    for (hours, quiet, window) in [(1, "1h30m", "2h30m"), (6, "9h", "15h"), (12, "18h", "30h")] {
        let times = Times::of(Heartbeat::Every(hours), now()).unwrap();
        assert_eq!(
            (&*words(times.quiet()), &*words(times.window())),
            (quiet, window)
        );
    }
    assert!(Times::of(Heartbeat::Off, now()).is_none());
}
