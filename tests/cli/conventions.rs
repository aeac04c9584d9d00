use crate::faults::failing;
use crate::world::{REGION, World, run};
use regex_lite::Regex;
use std::collections::BTreeSet;

#[test]
fn each_command_has_a_manual_page() {
    let folder = tempfile::tempdir().unwrap();
    let pages = folder.path().join("share/man1");
    let at = pages.to_str().unwrap();
    run(&[], &["man", at]).ends_with(0);
    let files = std::fs::read_dir(&pages).unwrap();
    let names: BTreeSet<String> = files
        .map(|it| it.unwrap().file_name().into_string().unwrap())
        .collect();
    for page in [
        "rootwatch.1",
        "rootwatch-status.1",
        "rootwatch-deploy.1",
        "rootwatch-deploy-hub.1",
        "rootwatch-man.1",
    ] {
        assert!(names.contains(page), "{page}: {names:?}");
    }
    let status = std::fs::read_to_string(pages.join("rootwatch-status.1")).unwrap();
    for part in [".TH ", ".SH NAME", ".SH OPTIONS", "\\-\\-html"] {
        assert!(status.contains(part), "{part}: {status}");
    }
    let printed = run(&[], &["man"]).ends_with(0).stdout;
    let written = std::fs::read_to_string(pages.join("rootwatch.1")).unwrap();
    assert_eq!(printed, written);
    assert!(printed.contains("Exit codes"), "{printed}");
}

#[test]
fn a_folder_that_cannot_be_written_is_named() {
    let ran = run(&[], &["man", "/dev/null/man"]).ends_with(1);
    let says = "writing manual pages into /dev/null/man: ";
    assert!(ran.stderr.contains(says), "{}", ran.stderr);
}

#[test]
fn the_version_is_short_or_names_all_that_is_inside() {
    let short = run(&[], &["-V"]).ends_with(0).stdout;
    assert_eq!(short, format!("rootwatch {}\n", env!("CARGO_PKG_VERSION")));
    let long = run(&[], &["--version"]).ends_with(0).stdout;
    assert!(long.starts_with(&short), "{long}");
    let notifier = format!(
        "notifier:   {} (executable {})",
        rootwatch_bundle::source_digest(),
        rootwatch_bundle::executable_digest()
    );
    let self_check = format!(
        "self-check: {} (executable {})",
        rootwatch_bundle::self_check_digest(),
        rootwatch_bundle::self_check_executable_digest()
    );
    for line in [
        "commit:     not recorded (a build for development)",
        &notifier,
        &self_check,
    ] {
        assert!(long.lines().any(|it| it == line), "{line}: {long}");
    }
    let digest = Regex::new("^[0-9a-f]{64}$").unwrap();
    assert!(digest.is_match(rootwatch_bundle::executable_digest()));
}

/// The traces of a run with this filter and these flags, as they stand on stderr.
fn traces(world: &World, filter: &str, args: &[&str]) -> String {
    let mut env = world.lab.env(&world.organization.hub, REGION);
    env.push(("RUST_LOG".into(), filter.into()));
    run(&env, args).traces
}

#[test]
fn each_call_is_traced_with_what_awss_support_asks_for() {
    let world = World::with_hub();
    world.count_calls();
    let seen = traces(&world, "", &["plan", "hub", "-vv"]);
    let line = Regex::new(
        "(?m)^[0-9T:.-]+Z DEBUG rootwatch::calls: sns:GetTopicAttributes account=\"222222222222\" region=\"eu-west-1\" attempts=1 status=\"200\" request_id=\"[A-Za-z0-9-]+\" ms=[0-9]+$",
    );
    assert!(line.unwrap().is_match(&seen), "{seen}");
    assert!(
        seen.contains("sts:GetCallerIdentity account=\"-\""),
        "{seen}"
    );
    let calls = world.lab.calls().unwrap();
    for call in calls.iter().filter(|it| !it.by_function) {
        let name = format!(":{} ", call.operation);
        assert!(seen.contains(&name), "{name} in {seen}");
    }
    assert_eq!(traces(&world, "", &["plan", "hub", "-v"]), "");
    assert_eq!(traces(&world, "hyper=trace", &["plan", "hub"]), "");
}

#[test]
fn a_call_that_is_tried_again_is_traced_with_each_attempt() {
    let world = World::with_hub().calm();
    let slow = failing("Throttling", "slower", 400).operation("GetTopicAttributes");
    world.fail(&slow.times(1));
    let seen = traces(&world, "rootwatch=trace", &["plan", "hub"]);
    let first = "attempt of sns:GetTopicAttributes account=\"222222222222\" region=\"eu-west-1\" attempt=1 status=\"400\"";
    assert!(seen.contains(first), "{seen}");
    assert!(seen.contains("attempts=2 status=\"200\""), "{seen}");
}

#[test]
fn a_schema_that_is_not_there_is_named_with_one_that_is() {
    let wrong = run(&[], &["schema", "status/9"]).ends_with(1);
    assert!(
        wrong.stderr.contains("did you mean status/3?"),
        "{}",
        wrong.stderr
    );
}
