//! What asks a run to end, in every command: Ctrl-C, SIGTERM and SIGHUP, at a call, at a question, and where it reads.

use crate::world::{DEPLOY_SPOKES, PERSON, REGION, World, eventually, side_by_side};
use assert_cmd::cargo::cargo_bin;
use rootwatch_lab::{Fault, Kind};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

const SIGNALS: [&str; 3] = ["-INT", "-TERM", "-HUP"];
/// How long the lab may take to come to rest, and a run to end.
const PATIENCE: Duration = Duration::from_secs(30);

/// Every command that calls AWS.
const COMMANDS: [&[&str]; 17] = [
    &["deploy", "hub", "--email", PERSON, "--yes"],
    &DEPLOY_SPOKES,
    &["deploy", "guardrail", "--ou", "/Workloads", "--yes"],
    &["plan", "hub", "--email", PERSON],
    &["plan", "spokes"],
    &["plan", "guardrail", "--ou", "/Workloads"],
    &["status"],
    &["verify"],
    &["test"],
    &["adopt", "--yes"],
    &["confirm", "0123456789abcdef0123456789abcdef"],
    &["teardown", "hub", "--yes"],
    &["teardown", "spokes", "--yes"],
    &["teardown", "all", "--yes"],
    &["teardown", "guardrail", "--yes"],
    &["settings"],
    &["init", "--from-deployed"],
];

/// Its first call is held: whatever it does before anything is written can be ended at once.
fn ends_at_its_first_call(deployed: &World, args: &[&str], signal: &str) {
    let world = deployed.fork();
    world.count_calls();
    let before = world.lab.snapshot().unwrap();
    world.fail(&Fault::new(Kind::Hold { ms: 30_000 }).of_operators());
    let mut running = world.begin(args);
    eventually(&format!("a call of {args:?}"), || {
        !world.lab.held().unwrap().is_empty()
    });
    running.signal(signal);
    running.has_ended();
    world.lab.clear_faults().unwrap();
    let ran = running.wait().ends_with(130);
    let said = "interrupted before anything was changed";
    assert!(
        ran.stderr.contains(said),
        "{args:?} {signal}: {}",
        ran.stderr
    );
    world.lab.wait_disconnected(PATIENCE).unwrap();
    assert_eq!(world.writes(), Vec::<String>::new(), "{args:?}");
    assert_eq!(world.lab.snapshot().unwrap(), before, "{args:?}");
}

#[test]
fn each_ends_every_command_at_its_first_call() {
    let deployed = World::deployed();
    side_by_side(COMMANDS.into_iter().enumerate(), |(at, args)| {
        ends_at_its_first_call(&deployed, args, SIGNALS[at % SIGNALS.len()]);
    });
}

/// What a run that reads standard input came to, after a signal and before an end of that input.
fn ended_while_it_reads(env: &[(String, String)], args: &[&str], signal: &str) -> Option<i32> {
    let folder = tempfile::tempdir().unwrap();
    let mut child = Command::new(cargo_bin!("rootwatch"))
        .args(args)
        .env_clear()
        .envs(env.iter().cloned())
        .env("HOME", folder.path())
        .current_dir(folder.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let id = child.id().to_string();
    eventually("the signals to be caught", || catches_signals(&id));
    let sent = Command::new("kill").args([signal, &id]).status().unwrap();
    assert!(sent.success());
    let since = Instant::now();
    let code = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status.code();
        }
        if since.elapsed() > PATIENCE {
            child.kill().unwrap();
            break child.wait().unwrap().code();
        }
        thread::sleep(Duration::from_millis(20));
    };
    drop(child.stdin.take());
    code
}

/// Whether a process catches SIGHUP, SIGINT and SIGTERM, by its mask of caught signals (proc_pid_status(5), `SigCgt`).
fn catches_signals(id: &str) -> bool {
    let status = std::fs::read_to_string(format!("/proc/{id}/status")).unwrap_or_default();
    let mask = status.lines().find_map(|it| it.strip_prefix("SigCgt:"));
    let mask = mask.and_then(|it| u64::from_str_radix(it.trim(), 16).ok());
    let wanted = [1, 2, 15].map(|signal: u64| 1 << (signal - 1));
    mask.is_some_and(|mask| wanted.iter().all(|bit: &u64| mask & bit != 0))
}

#[test]
fn each_ends_what_waits_for_standard_input() {
    let world = World::new();
    let env = world.lab.env(&world.organization.hub, REGION);
    let waiting: [&[&str]; 2] = [&["confirm"], &["explain", "-"]];
    for args in waiting {
        for signal in SIGNALS {
            let code = ended_while_it_reads(&env, args, signal);
            assert_eq!(code, Some(130), "{args:?} {signal}");
        }
    }
    assert!(world.lab.calls().unwrap().is_empty());
}

/// Runs a command on a terminal, does something at its question, and prints its exit code.
const AT_QUESTION: &str = r#"
import os, pty, signal, sys, time
how, binary, *args = sys.argv[1:]
child, terminal = pty.fork()
if child == 0:
    os.execv(binary, [binary, *args])
said = b""
while b"to confirm:" not in said:
    said += os.read(terminal, 4096)
if how == "ctrl-c":
    os.write(terminal, b"\x03")
elif how == "close":
    os.close(terminal)
else:
    os.kill(child, signal.SIGTERM)
until = time.monotonic() + 30
while time.monotonic() < until:
    ended, status = os.waitpid(child, os.WNOHANG)
    if ended:
        print(os.waitstatus_to_exitcode(status))
        sys.exit()
    time.sleep(0.02)
os.kill(child, signal.SIGKILL)
print("it did not end")
"#;

#[test]
fn each_ends_a_question() {
    let deployed = World::with_hub();
    let questions: [&[&str]; 2] = [
        &["deploy", "hub", "--log-retention-days", "30"],
        &["teardown", "hub"],
    ];
    let cases = questions
        .iter()
        .flat_map(|args| ["ctrl-c", "close", "term"].map(|how| (args, how)));
    side_by_side(cases, |(args, how)| {
        let world = deployed.fork();
        world.count_calls();
        let folder = tempfile::tempdir().unwrap();
        let output = Command::new(world.lab.python())
            .args(["-B", "-c", AT_QUESTION, how])
            .arg(cargo_bin!("rootwatch"))
            .args(args.iter())
            .env_clear()
            .envs(world.lab.env(&world.organization.hub, REGION))
            .env(crate::world::SELF_CHECK, "off")
            .env("HOME", folder.path())
            .current_dir(folder.path())
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stdout);
        // A terminal that is closed ends the answer too, and a question without one is refused.
        let codes: &[&str] = if *how == "close" {
            &["130", "3"]
        } else {
            &["130"]
        };
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(
            codes.contains(&said.trim()),
            "{args:?} {how}: {said}{error}"
        );
        world.lab.wait_disconnected(PATIENCE).unwrap();
        assert_eq!(world.writes(), Vec::<String>::new(), "{args:?} {how}");
    });
}
