//! A fixed sample of `cargo sequences`: drawn commands, edits, moves, faults and acts of root, from one seed.

use assert_cmd::cargo::cargo_bin;
use rootwatch_lab::sequences::{Outcome, Report, Settings, edits_without_effect, sequences};
use std::time::Duration;

/// Few and short: `cargo sequences` plays as many as anybody has time for.
const COUNT: usize = 6;
const LONGEST: usize = 6;
const SEED: u64 = 27;

fn settings() -> Settings {
    Settings {
        binary: cargo_bin!("rootwatch").to_owned(),
        seed: SEED,
        count: COUNT,
        only: None,
        case: None,
        longest: LONGEST,
        at_once: 3,
        shorter: 8,
        attempts: 2,
        limit: Duration::from_secs(120),
        within: None,
    }
}

fn played(settings: &Settings) -> Report {
    sequences(settings, &|_| ()).unwrap()
}

fn words(failed: &[&Outcome]) -> String {
    failed.iter().map(|it| format!("{it}\n")).collect()
}

#[test]
fn a_sample_of_all_sequences_holds() {
    let report = played(&settings());
    let failed = report.failed();
    assert!(failed.is_empty(), "{}", words(&failed));
    assert_eq!(report.played(), COUNT);
    for (what, count) in [
        ("commands that ended with 0", report.succeeded()),
        ("deploy guardrail", report.ran("deploy guardrail")),
        ("confirm", report.ran("confirm")),
        ("faults that met a call", report.disturbed()),
        ("acts that were told", report.told()),
    ] {
        assert!(count > 0, "no {what}: {report}");
    }
}

#[test]
fn each_edit_by_hand_changes_something() {
    let idle = edits_without_effect(&settings()).unwrap();
    assert_eq!(idle, Vec::<String>::new());
}
