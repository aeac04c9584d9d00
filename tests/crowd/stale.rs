//! A plan that somebody's change makes stale while its question stands is noticed before the first write.

use crate::intruder::Intruder;
use crate::world::{PERSON, REGION, World, eventually};
use assert_cmd::cargo::cargo_bin;
use std::io::{Read, Write};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// For how long a person thinks at the least.
const THOUGHT: Duration = Duration::from_millis(1100);
const TERMINAL: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/terminal.py");

/// A run on a terminal.
struct Asked {
    child: Child,
    said: Arc<Mutex<String>>,
    reader: thread::JoinHandle<()>,
}

impl Asked {
    /// Begins a run, and waits for its question.
    fn of(world: &World, account: &str, args: &[&str]) -> Self {
        let mut child = Command::new(world.lab.python())
            .arg(TERMINAL)
            .arg(cargo_bin!("rootwatch"))
            .args(args)
            .env_clear()
            .env("ROOTWATCH_SELF_CHECK", "off")
            .env("NO_COLOR", "1")
            .env("HOME", "/nonexistent")
            .envs(world.lab.env(account, REGION))
            .current_dir(std::env::temp_dir())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let said: Arc<Mutex<String>> = Arc::default();
        let (mut from, into) = (child.stdout.take().unwrap(), said.clone());
        let reader = thread::spawn(move || {
            let mut bytes = [0; 4096];
            while let Ok(count @ 1..) = from.read(&mut bytes) {
                let text = String::from_utf8_lossy(&bytes[..count]);
                into.lock().unwrap().push_str(&text);
            }
        });
        let asked = Self {
            child,
            said,
            reader,
        };
        eventually("the question", || {
            asked.said.lock().unwrap().contains("to confirm:")
        });
        asked
    }

    /// Answers after a while; gives the exit code, and all that was said.
    fn answer(mut self, word: &str) -> (i32, String) {
        thread::sleep(THOUGHT);
        let mut typed = self.child.stdin.take().unwrap();
        writeln!(typed, "{word}").unwrap();
        let code = self.child.wait().unwrap().code().unwrap();
        drop(typed);
        self.reader.join().unwrap();
        let said = self.said.lock().unwrap().replace('\r', "");
        (code, said)
    }
}

const CHANGE: [&str; 6] = [
    "deploy",
    "hub",
    "--email",
    PERSON,
    "--log-retention-days",
    "30",
];

#[test]
fn a_hub_that_somebody_changes_while_the_question_stands_is_not_written_to() {
    let world = World::with_hub().calm();
    let asked = Asked::of(&world, &world.organization.hub, &CHANGE);
    let intruder = Intruder::new(&world);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(intruder.keep_logs(Some(7)));
    runtime.block_on(intruder.delete_alarm("rootwatch-dead-letters"));
    world.lab.clear_calls().unwrap();
    let (code, said) = asked.answer("yes");
    assert_eq!(code, 1, "{said}");
    for part in [
        "while the question stood",
        "alarm rootwatch-dead-letters is gone",
        "log-group /aws/lambda/rootwatch-notifier changed in retention_in_days",
        "Run the same command again",
    ] {
        assert!(said.contains(part), "{part} is not in\n{said}");
    }
    assert_eq!(world.writes(), Vec::<String>::new());
    world
        .rootwatch(&[&CHANGE[..], &["--yes"]].concat())
        .ends_with(0);
}

#[test]
fn a_plan_that_holds_is_carried_out_however_long_the_answer_takes() {
    let world = World::with_hub().calm();
    let asked = Asked::of(&world, &world.organization.hub, &CHANGE);
    let (code, said) = asked.answer("yes");
    assert_eq!(code, 0, "{said}");
    let plan = [&["plan", "hub", "--detailed-exitcode"], &CHANGE[2..]].concat();
    world.rootwatch(&plan).ends_with(0);
}

#[test]
fn an_account_that_comes_while_the_question_of_the_spokes_stands_is_noticed() {
    let world = World::deployed().calm();
    let args = ["deploy", "spokes", "--heartbeat", "2h"];
    let asked = Asked::of(&world, &world.organization.hub, &args);
    let unit = world.organization.ou("/Workloads").unwrap().id.clone();
    let account = world.lab.add_account("new", &unit).unwrap();
    world.lab.wait_idle(Duration::from_secs(20)).unwrap();
    world.lab.clear_calls().unwrap();
    let (code, said) = asked.answer("yes");
    assert_eq!(code, 1, "{said}");
    let part = format!(
        "the accounts of the unit /Workloads changed in {}",
        account.id
    );
    assert!(said.contains(&part), "{said}");
    assert_eq!(world.writes(), Vec::<String>::new());
}

#[test]
fn a_guardrail_that_somebody_detaches_meanwhile_is_noticed() {
    let world = World::deployed().calm();
    let management = world.organization.management.clone();
    let deploy = ["deploy", "guardrail", "--ou", "/Workloads"];
    world
        .rootwatch_as(&management, &[&deploy[..], &["--yes"]].concat())
        .ends_with(0);
    let args = ["deploy", "guardrail", "--ou", "/Security"];
    let asked = Asked::of(&world, &management, &args);
    let other = [
        "deploy",
        "guardrail",
        "--remove-ou",
        "/Workloads",
        "--ou",
        "/Workloads/Prod",
    ];
    world
        .rootwatch_as(&management, &[&other[..], &["--yes"]].concat())
        .ends_with(0);
    world.lab.clear_calls().unwrap();
    let (code, said) = asked.answer("yes");
    assert_eq!(code, 1, "{said}");
    assert!(
        said.contains("what rootwatch-guardrail is attached to changed in"),
        "{said}"
    );
    assert_eq!(world.writes(), Vec::<String>::new());
}

#[test]
fn a_removal_of_what_somebody_changes_meanwhile_does_not_begin() {
    let world = World::deployed().calm();
    let asked = Asked::of(&world, &world.organization.hub, &["teardown", "all"]);
    world
        .rootwatch(&["deploy", "hub", "--topic-name", "elsewhere", "--yes"])
        .ends_with(0);
    world.lab.clear_calls().unwrap();
    let (code, said) = asked.answer("rootwatch");
    assert_eq!(code, 1, "{said}");
    assert!(said.contains("topic rootwatch-alerts is gone"), "{said}");
    assert_eq!(world.writes(), Vec::<String>::new());
}
