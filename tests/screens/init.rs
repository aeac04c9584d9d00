//! `rootwatch init` as a person types it.

use super::terminal::Terminal;
use crate::world::{PERSON, REGION, World, run_in};
use std::path::Path;
use std::process::Command;

const ENTER: &str = "\r";
const DOWN: &str = "\u{1b}[B";
const CTRL_C: &str = "\u{3}";

fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect()
}

fn begin(world: &World, folder: &Path, account: &str) -> Terminal {
    let env = world.lab.env(account, REGION);
    Terminal::start(&env, folder, 100, &["init"])
}

#[test]
fn what_is_asked_becomes_a_file_that_deploys() {
    let world = World::new().calm();
    let folder = tempfile::tempdir().unwrap();
    let hub = world.organization.hub.clone();
    let mut run = begin(&world, folder.path(), &hub);
    run.answers("Where is the hub to be?", ENTER);
    // What is no address is refused at once.
    run.answers("Who is notified?", &format!("nobody{ENTER}"));
    run.shows("is not an e-mail address");
    run.press("\u{7f}\u{7f}\u{7f}\u{7f}\u{7f}\u{7f}");
    run.press(&format!("{PERSON}{ENTER}"));
    run.answers("A second way", ENTER);
    // Instead of all accounts, those of one unit.
    run.answers("Which organizational units", &format!(" {DOWN}"));
    run.shows("/Security (");
    run.press(&format!(" {ENTER}"));
    run.answers("In which regions?", ENTER);
    run.answers("How is what root only reads reported?", ENTER);
    run.answers("Tags that are demanded", &format!("team=security{ENTER}"));
    run.answers("Another name than rootwatch", "n");
    run.answers("Write rootwatch.toml?", "y");
    let screen = run.end().ends_with(0);
    assert!(
        screen.text.contains("Next: 1. rootwatch plan hub\n"),
        "{}",
        screen.text
    );
    let shown = world.shown(&screen.text);
    insta::assert_snapshot!("init", shown);

    let text = std::fs::read_to_string(folder.path().join("rootwatch.toml")).unwrap();
    for line in [
        "email = [\"security@example.com\"]",
        "ou = [\"/Security\"]",
        "region = \"eu-west-1\"",
        "account = \"222222222222\"",
        "[tags]\n\"team\" = \"security\"",
    ] {
        assert!(text.contains(&format!("\n{line}\n")), "{line}: {text}");
    }
    let env = world.lab.env(&hub, REGION);
    run_in(folder.path(), &env, &["deploy", "hub", "--yes"]).ends_with(0);
    world.lab.confirm_subscription(PERSON).unwrap();
    run_in(folder.path(), &env, &["deploy", "spokes", "--yes"]).ends_with(0);
    let plan = run_in(folder.path(), &env, &["plan", "hub", "--detailed-exitcode"]);
    plan.ends_with(0);
    // What stands is found, and its settings are the better answer.
    std::fs::remove_file(folder.path().join("rootwatch.toml")).unwrap();
    let mut again = begin(&world, folder.path(), &hub);
    again.answers("There is a deployment already", "y");
    let screen = again.end().ends_with(0);
    assert!(
        screen.text.contains("the settings of what is deployed"),
        "{}",
        screen.text
    );
}

#[test]
fn ctrl_c_and_a_signal_leave_nothing_half_written() {
    let world = World::new().calm();
    let folder = tempfile::tempdir().unwrap();
    let hub = &world.organization.hub;
    for question in ["Where is the hub to be?", "Who is notified?"] {
        let mut run = begin(&world, folder.path(), hub);
        if question != "Where is the hub to be?" {
            run.answers("Where is the hub to be?", ENTER);
        }
        run.answers(question, CTRL_C);
        let screen = run.end().ends_with(130);
        assert!(
            screen
                .text
                .contains("interrupted before anything was changed"),
            "{}",
            screen.text
        );
    }
    let run = begin(&world, folder.path(), hub);
    run.shows("Where is the hub to be?");
    let sent = Command::new("kill")
        .args(["-TERM", &run.id()])
        .status()
        .unwrap();
    assert!(sent.success());
    let screen = run.end().ends_with(130);
    // The cursor, which a list hides, is back.
    let hidden = screen.bytes.rfind("\u{1b}[?25l");
    assert!(
        screen.bytes.rfind("\u{1b}[?25h") > hidden,
        "{:?}",
        screen.bytes
    );
    assert_eq!(names(folder.path()), Vec::<String>::new());
}

#[test]
fn no_is_an_answer() {
    let world = World::new().calm();
    let folder = tempfile::tempdir().unwrap();
    let env = world.lab.env(&world.organization.management, REGION);
    let args = [
        "init",
        "--email",
        PERSON,
        "--ou",
        "/Workloads",
        "--regions",
        "us-east-1",
        "--notify-read-only",
        "off",
        "--name",
        "quiet",
        "--tag",
        "a=b",
        "--hub-account",
        "222222222222",
        "--hub-region",
        REGION,
    ];
    let mut run = Terminal::start(&env, folder.path(), 80, &args);
    // Flags have said the rest.
    run.answers("Write rootwatch.toml?", "n");
    let screen = run.end().ends_with(3);
    assert!(screen.text.contains("Not confirmed"), "{}", screen.text);
    for line in [
        "name = \"quiet\"",
        "email = [",
        "read_only = \"off\"",
        "[tags]",
    ] {
        assert!(screen.text.contains(line), "{line}: {}", screen.text);
    }
    assert_eq!(names(folder.path()), Vec::<String>::new());
}

#[test]
fn a_script_is_never_asked_and_says_all_by_flags() {
    let folder = tempfile::tempdir().unwrap();
    let ran = run_in(folder.path(), &[], &["init"]).ends_with(1);
    for flag in ["--email", "--ou", "--template"] {
        assert!(ran.stderr.contains(flag), "{}", ran.stderr);
    }
    let ran = run_in(folder.path(), &[], &["init", "--email", PERSON]).ends_with(1);
    assert!(!ran.stderr.contains("--email"), "{}", ran.stderr);
    assert!(ran.stderr.contains("--ou"), "{}", ran.stderr);
    assert_eq!(names(folder.path()), Vec::<String>::new());
    let all = [
        "init",
        "--email",
        PERSON,
        "--ou",
        "/",
        "--regions",
        "us-east-1,eu-west-1",
    ];
    let ran = run_in(folder.path(), &[], &all).ends_with(0);
    insta::assert_snapshot!(ran.stdout, @r"
    Wrote rootwatch.toml: these settings, and every other with its meaning, default and an example.
    Next: 1. rootwatch plan hub
          2. rootwatch deploy hub
          3. rootwatch deploy spokes
          4. rootwatch test
    ");
    let text = std::fs::read_to_string(folder.path().join("rootwatch.toml")).unwrap();
    assert!(
        text.contains("\nregions = [\"eu-west-1\", \"us-east-1\"]\n"),
        "{text}"
    );
    let again = run_in(folder.path(), &[], &all).ends_with(1);
    assert!(again.stderr.contains("--overwrite"), "{}", again.stderr);
    let over = [&all[..], &["--overwrite", "--name", "other"]].concat();
    run_in(folder.path(), &[], &over).ends_with(0);
    let text = std::fs::read_to_string(folder.path().join("rootwatch.toml")).unwrap();
    assert!(text.contains("\nname = \"other\"\n"), "{text}");
    let wrong = ["init", "other.toml", "--email", "nobody", "--ou", "/"];
    let ran = run_in(folder.path(), &[], &wrong).ends_with(1);
    assert!(
        ran.stderr.contains("is not an e-mail address"),
        "{}",
        ran.stderr
    );
}

#[test]
fn a_password_is_not_written() {
    let folder = tempfile::tempdir().unwrap();
    let secret = "https=https://me:hunter2@example.com/in";
    let ran = run_in(
        folder.path(),
        &[],
        &["init", "--sns-subscription", secret, "--ou", "/"],
    )
    .ends_with(1);
    assert!(ran.stderr.contains("has a password"), "{}", ran.stderr);
    assert!(!ran.stderr.contains("hunter2"), "{}", ran.stderr);
    assert_eq!(names(folder.path()), Vec::<String>::new());
}
