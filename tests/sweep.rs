//! A fixed sample of `cargo sweep`: each command that writes, with something going wrong at one of its calls.

use assert_cmd::cargo::cargo_bin;
use rootwatch_lab::sweep::{Outcome, Pattern, Settings, Table, commands, sweep};
use std::time::Duration;

/// Of the cases that there are, drawn by a seed.
const SAMPLE: (usize, u64) = (24, 18);
/// What a test leaves that is killed at one of its writes.
const KILLED: [&str; 4] = [
    "test:sqs:CreateQueue:kill-after",
    "test:events:PutRule:kill-after",
    "test:sns:Subscribe:kill-after",
    "test:events:PutEvents:kill-after",
];

fn swept(only: &[&str], sample: Option<(usize, u64)>) -> Table {
    let only: Result<Vec<Pattern>, _> = only.iter().map(|it| it.parse()).collect();
    let settings = Settings {
        binary: cargo_bin!("rootwatch").to_owned(),
        only: only.unwrap(),
        each: Some(1),
        sample,
        at_once: 6,
        attempts: 2,
        limit: Duration::from_secs(120),
        within: None,
    };
    sweep(&settings, &|_| ()).unwrap()
}

#[track_caller]
fn survived(table: &Table, cases: usize) {
    let words = |outcomes: Vec<&Outcome>| -> String {
        outcomes.iter().map(|it| format!("{it}\n")).collect()
    };
    assert!(table.failed().is_empty(), "{}", words(table.failed()));
    assert!(table.unmet().is_empty(), "{}", words(table.unmet()));
    assert_eq!(table.cases(), cases, "{table}");
}

#[test]
fn a_sample_of_all_faults_is_survived() {
    survived(&swept(&[], Some(SAMPLE)), SAMPLE.0);
}

#[test]
fn what_a_killed_test_left_the_next_one_finds_and_removes() {
    survived(&swept(&KILLED, None), KILLED.len());
}

#[test]
fn the_workflow_that_sweeps_all_leaves_no_command_out() {
    let workflow = include_str!("../.github/workflows/long.yml");
    let lines = workflow.lines().map(str::trim);
    let after = lines.skip_while(|line| *line != "command:").skip(1);
    let swept: Vec<&str> = after.map_while(|line| line.strip_prefix("- ")).collect();
    assert_eq!(swept, commands());
}
