//! Tests of what becomes of many canaries.

use super::outcome::Sent;
use super::probes::*;
use crate::spokes::Location;

const WAIT: i64 = 30_000;

fn locations(count: usize) -> Vec<Location> {
    let location = |number| Location {
        account: format!("{number:012}"),
        region: "eu-west-1".into(),
    };
    (0..count).map(location).collect()
}

fn results(probes: &Probes<'_>) -> Vec<Sent> {
    probes.results().map(|(_, sent)| sent).collect()
}

fn arrived(ms: i64, is_late: bool) -> Sent {
    Sent::Arrived { ms, is_late }
}

#[test]
fn a_canary_is_found_by_its_id_and_counts_once_from_its_own_account() {
    let places = locations(3);
    let mut probes = Probes::new("run", &places, WAIT);
    probes.sent(2, 1_000);
    for (id, account) in [
        ("run-2", "000000000001"),
        ("run-02", "000000000002"),
        ("run-9", "000000000002"),
        ("other-2", "000000000002"),
        ("run-", "000000000002"),
    ] {
        assert_eq!(probes.arrived(id, account, 1_500), None, "{id} {account}");
    }
    let first = probes.arrived("run-2", "000000000002", 1_500).unwrap();
    assert_eq!((first.from, first.sent_ms), (places[2].clone(), 1_000));
    assert_eq!(probes.arrived("run-2", "000000000002", 1_600), None);
    assert_eq!(results(&probes)[2], arrived(500, false));
    assert_eq!((probes.settled(), probes.len()), (1, 3));
}

#[test]
fn only_a_first_sending_that_failed_makes_a_place_unsent() {
    let places = locations(4);
    let mut probes = Probes::new("run", &places, WAIT);
    probes.failed(0, 10, "denied", false);
    probes.sent(1, 10);
    probes.failed(1, 6_000, "the session has ended", false);
    probes.failed(2, 10, "slow down", true);
    let why = |why: &str| Sent::Unsent { why: why.into() };
    assert_eq!(results(&probes)[..2], [why("denied"), Sent::Lost]);
    assert_eq!(results(&probes)[2], why("slow down"));
    // What was sent before arrives all the same, and so does what a lost response hid.
    probes.arrived("run-1", &places[1].account, 7_000);
    probes.arrived("run-2", &places[2].account, 7_000);
    assert_eq!(
        results(&probes)[1..3],
        [arrived(6_990, false), arrived(0, false)]
    );
    assert!(!probes.is_settled());
    probes.sent(3, 20);
    probes.arrived("run-3", &places[3].account, 30);
    assert!(probes.is_settled() && !probes.are_all_arrived());
}

#[test]
fn the_clock_of_each_begins_when_it_is_sent_and_late_is_not_lost() {
    let places = locations(2);
    let mut probes = Probes::new("run", &places, WAIT);
    probes.sent(0, 1_000);
    // The second waits for its turn: nothing is over before it has had its time.
    assert!(!probes.is_over(1_000 + 10 * WAIT));
    probes.sent(1, 50_000);
    assert!(!probes.is_over(50_000 + WAIT));
    probes.arrived("run-0", &places[0].account, 60_000);
    assert!(probes.is_over(50_001 + WAIT));
    assert_eq!(results(&probes), [arrived(59_000, true), Sent::Lost]);
}

#[test]
fn repeats_come_less_and_less_often_and_end_with_the_time() {
    let places = locations(3);
    let mut probes = Probes::new("run", &places, WAIT);
    probes.sent(0, 1);
    probes.sent(1, 1);
    probes.arrived("run-1", &places[1].account, 2);
    assert_eq!(probes.due(5_001), Vec::<usize>::new());
    assert_eq!(probes.due(5_002), [0]);
    probes.sent(0, 5_002);
    assert_eq!(probes.due(15_002), Vec::<usize>::new());
    assert_eq!(probes.due(15_003), [0]);
    assert_eq!(probes.due(1 + WAIT), Vec::<usize>::new());
}

#[test]
fn what_was_never_tried_is_not_lost() {
    let places = locations(1);
    let probes = Probes::new("run", &places, WAIT);
    assert!(matches!(&results(&probes)[..], [Sent::Unsent { .. }]));
}
