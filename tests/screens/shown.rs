//! Every screen at two widths, and what colour, pipes and flags make of it.

use super::terminal::{Screen, Terminal};
use crate::world::{DEPLOY_SPOKES, PERSON, REGION, Ran, World, run};
use regex_lite::Regex;
use std::fmt::Write as _;

const NARROW: u16 = 80;
const WIDE: u16 = 200;

/// Colours that can be read on a dark and on a light background: none is white, black, bright or a background.
const COLOURS: [&str; 8] = ["", "0", "1", "2", "31", "32", "33", "39"];

/// What was shown, with what differs from run to run replaced by as many other letters: where lines are broken stays.
pub(super) fn masked(text: &str) -> String {
    let of_length = |text: &str, pattern: &str, letter: &str| {
        let pattern = Regex::new(pattern).unwrap();
        let mask = |found: &regex_lite::Captures<'_>| letter.repeat(found[0].chars().count());
        pattern.replace_all(text, mask).into_owned()
    };
    let mut text = text.to_owned();
    for (pattern, letter) in [
        (r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "i"),
        (r"rootwatch-[0-9a-f]{24}-[0-9]+", "i"),
        (r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+Z", "t"),
        (r"\bo-[a-z0-9]{10,32}\b", "o"),
        (r"\bou-[a-z0-9]{4,32}-[a-z0-9]{8,32}\b", "u"),
        (r"\br-[a-z0-9]{4,32}\b", "r"),
        (r"[A-Za-z0-9+/]{43}=", "s"),
        (r"[0-9a-f]{64}", "s"),
        (r"127\.0\.0\.1:[0-9]+", "a"),
    ] {
        text = of_length(&text, pattern, letter);
    }
    let took = Regex::new("(?m)^ *[0-9]+ ms").unwrap();
    let text = took.replace_all(&text, "     NNN ms");
    // Whether AWS is still awaited when somebody looks depends on the machine.
    let waits = Regex::new(r"(?m)^ +reading: waiting for .*\n").unwrap();
    let text = waits.replace_all(&text, "");
    sorted(&text)
}

/// What was done side by side, in an order that is always the same.
fn sorted(text: &str) -> String {
    let done = Regex::new("^  [a-z].* (created|changed|deleted|removed|arrived|added)$").unwrap();
    let (mut all, mut block): (Vec<&str>, Vec<&str>) = Default::default();
    for line in text.lines() {
        match done.is_match(line) {
            true => block.push(line),
            false => {
                block.sort_unstable();
                all.append(&mut block);
                all.push(line);
            }
        }
    }
    block.sort_unstable();
    all.append(&mut block);
    all.join("\n") + "\n"
}

fn env(world: &World, account: &str, more: &[(&str, &str)]) -> Vec<(String, String)> {
    let mut env = world.lab.env(account, REGION);
    env.extend(
        more.iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned())),
    );
    env
}

fn on_terminal(
    world: &World,
    account: &str,
    columns: u16,
    args: &[&str],
    more: &[(&str, &str)],
) -> Screen {
    let folder = tempfile::tempdir().unwrap();
    Terminal::start(&env(world, account, more), folder.path(), columns, args).end()
}

/// Its colours, each as a terminal is told.
fn colours(bytes: &str) -> Vec<String> {
    let pattern = Regex::new("\u{1b}\\[([0-9;]*)m").unwrap();
    let all = pattern.captures_iter(bytes);
    all.flat_map(|found| found[1].split(';').map(str::to_owned).collect::<Vec<_>>())
        .collect()
}

fn plain(text: &str) -> String {
    anstream::adapter::strip_str(text).to_string()
}

/// Records a screen: on a terminal, narrow and wide, and without one. Commands that change nothing run in the same world.
fn record(name: &str, code: i32, world: &World, account: &str, args: &[&str]) {
    let mut all = String::new();
    for columns in [NARROW, WIDE] {
        let screen = on_terminal(world, account, columns, args, &[]).ends_with(code);
        for colour in colours(&screen.bytes) {
            assert!(COLOURS.contains(&&*colour), "{name}: colour {colour}");
        }
        for line in &screen.broken {
            let is_command = line.contains("rootwatch ") || line.contains("aws ");
            assert!(
                is_command,
                "{name} at {columns} columns breaks in a word: {line}"
            );
        }
        let _ = write!(all, "== {columns} columns\n{}", masked(&screen.text));
    }
    let piped = run(&env(world, account, &[]), args).ends_with(code);
    let _ = write!(
        all,
        "== piped\n{}",
        masked(&(piped.stderr.clone() + &piped.stdout))
    );
    assert!(!all.contains('\u{1b}'), "{name}: {all}");
    insta::assert_snapshot!(name, all);
    colour_is_a_matter_of_choice(name, world, account, args, &piped);
    let quiet = run(&env(world, account, &[]), &[args, &["--quiet"]].concat()).ends_with(code);
    let is_error = |line: &str| line.starts_with("error:") || line.starts_with("  ");
    assert!(
        quiet.stderr.lines().all(is_error),
        "{name}: {}",
        quiet.stderr
    );
    let json = run(
        &env(world, account, &[]),
        &[args, &["--output", "json"]].concat(),
    );
    json.ends_with(code).json();
}

/// The same text with and without colour, as the environment and the flag say.
fn colour_is_a_matter_of_choice(
    name: &str,
    world: &World,
    account: &str,
    args: &[&str],
    piped: &Ran,
) {
    let same = |ran: &Ran| {
        let text = |ran: &Ran| masked(&plain(&format!("{}{}", ran.stderr, ran.stdout)));
        assert_eq!(text(ran), text(piped), "{name}");
    };
    let forced = run(&env(world, account, &[("CLICOLOR_FORCE", "1")]), args);
    same(&forced);
    let always = run(
        &env(world, account, &[]),
        &[args, &["--color", "always"]].concat(),
    );
    same(&always);
    assert_eq!(colours(&forced.stdout), colours(&always.stdout), "{name}");
    let without = on_terminal(world, account, NARROW, args, &[("NO_COLOR", "1")]);
    let is_coloured = |colour: &String| colour.starts_with('3') && colour != "39";
    assert!(
        !colours(&without.bytes).iter().any(is_coloured),
        "{name}: {:?}",
        without.bytes
    );
}

#[test]
fn what_stands() {
    let world = World::deployed().calm();
    let hub = world.organization.hub.clone();
    for (name, args) in [
        ("status", &["status"][..]),
        ("verify", &["verify"]),
        ("plan-hub", &["plan", "hub", "--log-retention-days", "90"]),
        ("plan-spokes", &["plan", "spokes", "--ou", "/"]),
        ("settings", &["settings"]),
        ("deploy-hub-again", &["deploy", "hub", "--yes"]),
    ] {
        record(name, 0, &world, &hub, args);
    }
}

#[test]
fn what_is_missing() {
    let world = World::with_hub().calm();
    let hub = world.organization.hub.clone();
    record("status-gaps", 2, &world, &hub, &["status"]);
    let management = world.organization.management.clone();
    record("status-elsewhere", 2, &world, &management, &["status"]);
    let typo = [
        "deploy",
        "spokes",
        "--ou",
        "/",
        "--regions",
        "us-east-1,eu-wst-1",
    ];
    record("error", 1, &world, &hub, &typo);
}

/// What changes something is shown in a world of its own each time.
#[test]
fn what_is_done() {
    let before = World::new().calm();
    let hub = before.organization.hub.clone();
    let deploy = ["deploy", "hub", "--email", PERSON, "--yes"];
    let mut shown = String::new();
    for columns in [NARROW, WIDE] {
        let world = before.fork().calm();
        let screen = on_terminal(&world, &hub, columns, &deploy, &[]).ends_with(0);
        let _ = write!(shown, "== {columns} columns\n{}", masked(&screen.text));
    }
    insta::assert_snapshot!("deploy-hub", shown);
    let with_hub = World::with_hub().calm();
    let mut shown = String::new();
    for columns in [NARROW, WIDE] {
        let world = with_hub.fork().calm();
        let screen = on_terminal(&world, &hub, columns, &DEPLOY_SPOKES, &[]).ends_with(0);
        let _ = write!(shown, "== {columns} columns\n{}", masked(&screen.text));
        let removal = ["teardown", "spokes", "--yes"];
        let screen = on_terminal(&world, &hub, columns, &removal, &[]).ends_with(0);
        let _ = write!(
            shown,
            "== teardown, {columns} columns\n{}",
            masked(&screen.text)
        );
    }
    insta::assert_snapshot!("deploy-spokes", shown);
}

/// What root did, in each form, without an event and without AWS.
#[test]
fn each_message_can_be_seen_without_an_event() {
    let help = run(&[], &["explain", "--help"]).ends_with(0).stdout;
    let kind = Regex::new("(?m)^ +- ([a-z-]+): ").unwrap();
    let listed = help.split("--example <KIND>").nth(1).unwrap();
    let listed = listed.split("--as <FORM>").next().unwrap();
    let kinds: Vec<&str> = kind
        .captures_iter(listed)
        .map(|found| found.get(1).unwrap().as_str())
        .collect();
    assert!(kinds.len() > 12, "{help}");
    let mut all = String::new();
    for kind in kinds {
        let said =
            |form: &str| run(&[], &["explain", "--example", kind, "--as", form]).ends_with(0);
        let sms = said("sms");
        let _ = writeln!(all, "{kind}\n  {}  {}", sms.stderr, sms.stdout.trim_end());
        let is_sent = !sms.stdout.is_empty();
        for form in ["json", "chat"] {
            let body = said(form).stdout;
            let parsed: Result<serde_json::Value, _> = serde_json::from_str(&body);
            assert_eq!(parsed.is_ok(), is_sent, "{kind} {form}: {body}");
        }
        let mail = said("mail").stdout;
        assert_eq!(mail.contains("\nSubject: "), is_sent, "{kind}: {mail}");
    }
    insta::assert_snapshot!("explain-examples", all);
    let both = run(
        &[],
        &[
            "explain",
            "--example",
            "canary",
            "--as",
            "sms",
            "--output",
            "json",
        ],
    );
    let line = both.ends_with(0).json();
    assert!(
        line["message"].as_str().unwrap().starts_with("TEST"),
        "{line}"
    );
    run(&[], &["explain"]).ends_with(1);
    let wrong = run(&[], &["explain", "--example", "sign-in"]).ends_with(1);
    assert!(
        wrong.stderr.contains("sign-in-without-mfa"),
        "{}",
        wrong.stderr
    );
}
