//! Tests of what a test comes to.

use super::outcome::*;
use crate::findings::canary as kinds;
use crate::findings::trail::TRAIL_WRITES;
use crate::spokes::Location;
use crate::verify::finding::Hop;

fn outcome(confirmed: usize, pending: &[&str]) -> Outcome {
    Outcome {
        id: "id".into(),
        spokes: Vec::new(),
        hops: Vec::new(),
        diagnosis: None,
        audience: Audience {
            topic: "alerts".into(),
            confirmed,
            pending: pending.iter().map(|it| (*it).to_owned()).collect(),
            unknown: None,
        },
        trail: None,
        allow_nobody: false,
    }
}

fn unread() -> Outcome {
    let mut outcome = outcome(0, &[]);
    outcome.audience.unknown = Some("denied".into());
    outcome
}

#[test]
fn it_passes_only_when_somebody_was_notified_unless_nobody_is_allowed() {
    for (mut outcome, passes, passes_if_allowed, says) in [
        (outcome(1, &[]), true, true, None),
        (outcome(1, &["email a"]), true, true, None),
        (outcome(0, &[]), false, true, Some("nobody is subscribed")),
        (
            outcome(0, &["email a", "sms b"]),
            false,
            true,
            Some("email a, sms b must click"),
        ),
        (unread(), false, false, Some("could not be read")),
    ] {
        let problem = outcome.audience.problem().unwrap_or_default();
        assert_eq!(outcome.is_passed(), passes, "{problem}");
        assert!(says.is_none_or(|it| problem.contains(it)), "{problem}");
        assert_eq!(outcome.shortfall().is_none(), passes, "{problem}");
        outcome.allow_nobody = true;
        assert_eq!(outcome.is_passed(), passes_if_allowed, "{problem}");
        // What is allowed for a test is no proof for who takes the old path away.
        assert_eq!(outcome.shortfall().is_none(), passes, "{problem}");
    }
}

fn ids(outcome: &Outcome) -> Vec<String> {
    let problems = outcome.problems().into_iter();
    problems.map(|it| it.id.to_string()).collect()
}

#[test]
fn each_kind_of_result_is_one_problem_with_its_count() {
    let mut outcome = outcome(1, &[]);
    assert_eq!(ids(&outcome), Vec::<String>::new());
    let location = Location {
        account: "1".into(),
        region: "eu-west-1".into(),
    };
    let unsent = || Sent::Unsent { why: "no".into() };
    let arrived = |ms, is_late| Sent::Arrived { ms, is_late };
    let all = [
        unsent(),
        unsent(),
        Sent::Lost,
        arrived(7, false),
        arrived(9, true),
    ];
    outcome.spokes = all.map(|sent| (location.clone(), sent)).into();
    outcome.diagnosis = Some(Diagnosis {
        id: kinds::LOST,
        stopped: "between".into(),
        traces: Vec::new(),
        findings: Vec::new(),
    });
    assert_eq!(ids(&outcome), ["RW601", "RW602", "RW603"]);
    let text = "the test event of 2 of 5 accounts and regions could not be sent";
    assert_eq!(outcome.problems()[0].text, text);
    let counts = Counts {
        tested: 5,
        arrived: 2,
        late: 1,
        lost: 1,
        not_sent: 2,
        slowest_ms: Some(9),
    };
    assert_eq!(outcome.counts(), counts);
}

#[test]
fn what_stopped_in_the_hub_and_who_was_not_notified_have_kinds_of_their_own() {
    let mut nobody = outcome(0, &[]);
    assert_eq!(ids(&nobody), ["RW620"]);
    nobody.diagnosis = Some(Diagnosis {
        id: kinds::AT_NOTIFIER,
        stopped: "at the notifier".into(),
        traces: Vec::new(),
        findings: Vec::new(),
    });
    assert_eq!(ids(&nobody), ["RW611", "RW620"]);
    assert_eq!(ids(&unread()), ["RW621"]);
}

#[test]
fn an_event_that_arrives_proves_nothing_where_no_trail_logs_real_ones() {
    let broken = Hop::broken(
        TRAIL_WRITES,
        "CloudTrail",
        "write events",
        "none",
        "make one",
    );
    let unknown = Hop::unknown(TRAIL_WRITES, "CloudTrail", "write events", "unseen", None);
    for (hop, passes) in [(broken, false), (unknown, true)] {
        let mut outcome = outcome(1, &[]);
        outcome.trail = Some(hop);
        assert_eq!(outcome.is_passed(), passes);
        assert_eq!(outcome.shortfall().is_none(), passes);
        assert_eq!(outcome.warnings().len(), 1);
        assert_eq!(ids(&outcome), ["RW622"]);
    }
}
