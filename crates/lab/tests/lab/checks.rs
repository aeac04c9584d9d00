//! Each file of `python/checks`, with a lab of its own.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use rootwatch_lab::Lab;

fn python() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("python")
}

fn check(subject: &str) {
    let lab = Lab::start().unwrap();
    let output = Command::new(lab.python())
        .args(["-B", "-m", "unittest", "-q"])
        .arg(format!("checks.test_{subject}"))
        .current_dir(python())
        .env("LAB_ENDPOINT", lab.endpoint())
        .output()
        .unwrap();
    let report = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{report}\n{}", lab.complaints());
}

macro_rules! checks {
    ($($subject:ident),*) => {
        $(#[test] fn $subject() { check(stringify!($subject)); })*
        const SUBJECTS: &[&str] = &[$(stringify!($subject)),*];
    };
}

checks!(
    accounts, activity, commands, events, functions, metrics, policies, queues, requests, roles,
    schedules, silence, stacksets, steering, tags, topics, truths
);

#[test]
fn every_file_is_run() {
    let names = fs::read_dir(python().join("checks")).unwrap();
    let names = names.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let subject = |name: String| Some(name.strip_prefix("test_")?.strip_suffix(".py")?.to_owned());
    let found: BTreeSet<String> = names.filter_map(subject).collect();
    assert_eq!(found, SUBJECTS.iter().map(|it| (*it).to_owned()).collect());
}
