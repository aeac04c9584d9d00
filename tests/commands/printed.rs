//! Commands in what was printed, and how a person types them.

use crate::world::{REGION, Ran, World};
use assert_cmd::cargo::cargo_bin;
use serde_json::Value;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

/// A command that was printed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Printed {
    pub(crate) command: String,
    /// The line in which it stands, after the finding that it fixes.
    pub(crate) line: String,
}

/// The commands of rootwatch's in a text: in backticks, or at the end of a line of what comes next.
pub(crate) fn printed(text: &str) -> Vec<Printed> {
    let pattern = r"`(rootwatch [^`]*)`|(?:Next:|     ) [0-9]+\. (?:[^`]*: )?(rootwatch .*)$";
    let pattern = regex_lite::Regex::new(pattern).unwrap();
    let (mut all, mut before) = (Vec::new(), "");
    for line in text.lines() {
        let whole = match line.trim_start().starts_with("fix: ") {
            true => format!("{before}\n{line}"),
            false => line.to_owned(),
        };
        all.extend(pattern.captures_iter(line).map(|found| {
            let command = found.get(1).or(found.get(2)).unwrap();
            Printed {
                command: command.as_str().to_owned(),
                line: whole.clone(),
            }
        }));
        before = line;
    }
    all
}

/// The commands in a result for programs: in its texts, and beside the account that they are for.
pub(crate) fn in_json(result: &Value) -> Vec<Printed> {
    match result {
        // What has several lines is a document, such as the spokes' template.
        Value::String(text) if text.contains('\n') => Vec::new(),
        Value::String(text) => printed(text),
        Value::Array(all) => all.iter().flat_map(in_json).collect(),
        Value::Object(fields) => {
            let text = |name: &str| fields.get(name).and_then(Value::as_str);
            let command = text("command").map(|command| Printed {
                command: command.to_owned(),
                line: match text("account") {
                    Some(account) => format!("`{command}` with credentials of account {account}"),
                    None => format!("`{command}`"),
                },
            });
            let below = fields.values().flat_map(in_json);
            below.chain(command).collect()
        }
        _ => Vec::new(),
    }
}

impl Printed {
    /// Something that a person would have to fill in before a shell takes it.
    pub(crate) fn placeholder(&self) -> Option<&str> {
        let is_one = |word: &&str| {
            word.contains(['…', '<', '>'])
                || word.len() > 1 && word.bytes().all(|it| it.is_ascii_uppercase())
        };
        self.command.split([' ', '=']).find(is_one)
    }

    /// The account whose credentials the line says, or the one in which it was printed.
    pub(crate) fn account(&self, world: &World, printed_in: &str) -> String {
        let numbers = r"(?:credentials of account|in the hub account) ([0-9]{12})";
        let named = regex_lite::Regex::new(numbers).unwrap();
        // What is said of one command is not said of the next one in the line.
        let at = self.line.find(&self.command).unwrap();
        let rest = &self.line[at + self.command.len()..];
        let rest = rest.get(1..).unwrap_or_default();
        let rest = rest.split('`').next().unwrap_or_default();
        let before = self.line[..at].trim_end_matches('`');
        let before = before.rsplit('`').next().unwrap_or_default();
        let of_number = named.captures(rest).or(named.captures(before));
        let of_management = [
            "the management account's credentials",
            "as the management account",
        ];
        match of_number {
            Some(found) => found[1].to_owned(),
            None if of_management.iter().any(|it| before.contains(it)) => {
                world.organization.management.clone()
            }
            None => printed_in.to_owned(),
        }
    }

    /// Whether the line says that it ends what the line is about.
    pub(crate) fn is_fix(&self) -> bool {
        let at = self.line.find(&self.command).unwrap();
        let (before, after) = (&self.line[..at], &self.line[at + self.command.len()..]);
        if before.ends_with("fix: run `") && after == "`" {
            return true;
        }
        let after = after.trim_start_matches('`');
        let after = after.trim_start();
        let with = regex_lite::Regex::new("^with credentials of account [0-9]+ ").unwrap();
        let after = with.replace(after, "");
        let verbs = [
            "fixes", "creates", "updates", "removes", "watches", "tries", "deletes",
        ];
        verbs.iter().any(|it| after.starts_with(it))
    }
}

/// Types a line into a shell with the credentials of an account, and says yes to what it asks.
pub(crate) fn typed(world: &World, account: &str, line: &str) -> Ran {
    shell(&world.lab.env(account, REGION), &[], &saying_yes(line))
}

/// A line with the flag that answers what it asks.
pub(crate) fn saying_yes(line: &str) -> String {
    let asks = ["rootwatch deploy", "rootwatch teardown", "rootwatch adopt"];
    let asks = asks.iter().any(|it| line.starts_with(it));
    match asks && !line.ends_with(" --yes") {
        true => format!("{line} --yes"),
        false => line.to_owned(),
    }
}

/// Runs a line in a shell that finds this build's binary, and what is in some folders.
pub(crate) fn shell(env: &[(String, String)], folders: &[&Path], line: &str) -> Ran {
    let home = tempfile::tempdir().unwrap();
    shell_at(home.path(), env, folders, line, "")
}

/// The same of a line that reads what a person types after it.
pub(crate) fn shell_with_input(env: &[(String, String)], line: &str, input: &str) -> Ran {
    let home = tempfile::tempdir().unwrap();
    shell_at(home.path(), env, &[], line, input)
}

/// The same in a folder that has what earlier lines wrote.
pub(crate) fn shell_at(
    home: &Path,
    env: &[(String, String)],
    folders: &[&Path],
    line: &str,
    input: &str,
) -> Ran {
    let ours = cargo_bin!("rootwatch").parent().unwrap();
    let system = [ours, Path::new("/usr/bin"), Path::new("/bin")];
    let path = std::env::join_paths(folders.iter().copied().chain(system)).unwrap();
    let mut child = Command::new("sh")
        .args(["-c", line])
        .env_clear()
        .envs(env.iter().cloned())
        .env("PATH", path)
        .env("HOME", home)
        .current_dir(home)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A line that reads nothing may have ended.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    let output = child.wait_with_output().unwrap();
    Ran::of(
        output.status,
        output.stdout,
        String::from_utf8(output.stderr).unwrap(),
        String::new(),
    )
}

#[test]
fn commands_are_found_where_they_stand() {
    let text = "a gap: `rootwatch deploy hub` fixes it; `rootwatch verify` with credentials of account 111122223333\nNext: 1. as the management account: rootwatch deploy spokes --ou /\n";
    let found = printed(text);
    let commands: Vec<&str> = found.iter().map(|it| it.command.as_str()).collect();
    let all = [
        "rootwatch deploy hub",
        "rootwatch verify",
        "rootwatch deploy spokes --ou /",
    ];
    assert_eq!(commands, all);
    assert!(found[0].is_fix());
    assert!(!found[1].is_fix());
}
