//! The walls between the crates: what each may stand on.

use std::collections::BTreeSet;
use std::process::Command;

/// Everything that a crate stands on, itself included.
fn stands_on(package: &str) -> BTreeSet<String> {
    let output = Command::new(env!("CARGO"))
        .args(["tree", "--offline", "--locked", "--package", package])
        .args(["--edges", "normal", "--prefix", "none"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{:?}", output.stderr);
    let names = said.lines().filter_map(|line| line.split(' ').next());
    names.map(str::to_owned).collect()
}

/// Those of them whose names begin like this.
fn named(all: &BTreeSet<String>, begins: &[&str]) -> Vec<String> {
    let is_named = |it: &&String| begins.iter().any(|begin| it.starts_with(begin));
    all.iter().filter(is_named).cloned().collect()
}

#[test]
fn the_evaluators_have_no_sdk_no_runtime_and_no_other_crate_of_ours() {
    let all = stands_on("rootwatch-eval");
    let outside = named(&all, &["aws-", "tokio", "hyper", "rootwatch"]);
    assert_eq!(outside, ["rootwatch-eval"]);
}

#[test]
fn the_engine_parses_no_command_line_and_draws_nothing() {
    let all = stands_on("rootwatch-engine");
    let terminal = ["clap", "indicatif", "console", "anstream", "anstyle"];
    assert_eq!(named(&all, &terminal), Vec::<String>::new());
    assert_eq!(
        named(&all, &["rootwatch"]),
        [
            "rootwatch-bundle",
            "rootwatch-engine",
            "rootwatch-eval",
            "rootwatch-root-event"
        ]
    );
}

#[test]
fn the_notifier_stands_on_what_a_root_event_is_and_on_nothing_else_of_ours() {
    let all = stands_on("rootwatch-notifier");
    assert_eq!(
        named(&all, &["rootwatch"]),
        ["rootwatch-notifier", "rootwatch-root-event"]
    );
}

#[test]
fn the_self_check_stands_on_the_engine_and_draws_nothing() {
    let all = stands_on("rootwatch-selfcheck");
    let terminal = ["clap", "indicatif", "console", "anstream", "anstyle"];
    assert_eq!(named(&all, &terminal), Vec::<String>::new());
    let ours = named(&all, &["rootwatch"]);
    assert!(
        ours.contains(&"rootwatch-engine".to_owned()) && !ours.contains(&"rootwatch".to_owned())
    );
}
