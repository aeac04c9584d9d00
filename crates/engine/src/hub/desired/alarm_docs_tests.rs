//! The table of alarms in `docs/troubleshooting.md`, which is made from their descriptions.

use crate::hub::sample;
use crate::page;
use std::fmt::Write;

/// The longest description that CloudWatch takes (CloudWatch API Reference, PutMetricAlarm).
const LONGEST: usize = 1024;

#[test]
fn every_alarm_says_what_happened_and_what_to_do() {
    let mut wanted = sample::wanted();
    wanted.names.deployment = "other".into();
    let names = &wanted.names;
    for alarm in wanted.alarms() {
        let text = &alarm.description;
        assert!(text.len() <= LONGEST, "{text}");
        for part in [
            "rootwatch status",
            "--name other",
            &names.account,
            &names.region,
        ] {
            assert!(text.contains(part), "{}: {text}", alarm.name);
        }
    }
}

#[test]
fn the_table_in_docs_is_made_from_the_alarms() {
    let wanted = sample::wanted();
    let mut table = String::from("| alarm | what happened |\n|---|---|\n");
    for alarm in wanted.alarms() {
        let name = alarm.name.strip_prefix(&wanted.names.deployment);
        let (what, _) = alarm.description.split_once(" What to do: ").unwrap();
        let _ = writeln!(table, "| `<name>{}` | {what} |", name.unwrap());
    }
    page::holds("troubleshooting", "alarms", &table);
}
