//! Commands that are printed run as they are printed: they get the flags by which this run found its deployment.
//!
//! What comes from the environment, from a settings file or from what is deployed is found again; what was typed is not.

use crate::cli::Cli;
use clap::{ArgMatches, CommandFactory, parser::ValueSource};
use regex::{Captures, Regex};
use rootwatch_engine::shell::quoted;
use rootwatch_engine::without_password;
use std::ops::Range;
use std::sync::{LazyLock, OnceLock};

/// The flags of this run, each with its value.
static TYPED: OnceLock<Vec<Typed>> = OnceLock::new();
/// All that was typed.
static MATCHES: OnceLock<ArgMatches> = OnceLock::new();

/// For which commands a flag of this run is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum For {
    /// All.
    Every,
    /// Those that run with this run's credentials.
    TheseCredentials,
    /// `verify`, of the same spokes.
    TheseSpokes,
}

const FLAGS: [(&str, For); 15] = [
    ("name", For::Every),
    ("profile", For::TheseCredentials),
    ("region", For::Every),
    ("endpoint-url", For::Every),
    ("config", For::Every),
    ("call-as", For::TheseCredentials),
    ("hub-profile", For::TheseCredentials),
    ("hub-role", For::TheseCredentials),
    ("management-profile", For::TheseCredentials),
    ("management-role", For::TheseCredentials),
    ("account", For::TheseSpokes),
    ("spoke-region", For::TheseSpokes),
    ("role", For::TheseSpokes),
    ("external-id", For::TheseSpokes),
    ("spoke-profile", For::TheseSpokes),
];

#[derive(Clone, Debug)]
struct Typed {
    flag: &'static str,
    meant: For,
    value: String,
}

/// A command of rootwatch's that calls AWS: in backticks, at the end of a line of what comes next, or as a string of
/// JSON.
static COMMAND: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let command = r"rootwatch (?:adopt|confirm|deploy|plan|policy|scp|settings|status|teardown|test|verify)(?-u:\b)";
    let step =
        format!(r"^(?P<step>(?:Next:|     ) [0-9]+\. (?:[^`\n]*: )?)(?P<last>{command}[^`\n]*)$");
    let string = format!(r#""(?P<string>{command}(?:[^"\\`]|\\.)*)""#);
    Regex::new(&format!(
        r"(?m)`(?P<quoted>{command}[^`\n]*)`|{step}|{string}"
    ))
    .ok()
});

/// Keeps the flags that were typed.
pub(crate) fn set(matches: &ArgMatches) {
    // A second time changes nothing.
    let _ = TYPED.set(of(matches));
    let _ = MATCHES.set(matches.clone());
}

/// A command with all flags of this run that it takes, but for those of how results are shown: after `plan hub` what
/// `deploy hub` needs to do what was shown.
pub(crate) fn with_the_same_flags(command: &str) -> String {
    MATCHES.get().map_or_else(
        || command.to_owned(),
        |matches| with_flags_of(command, matches),
    )
}

fn with_flags_of(command: &str, matches: &ArgMatches) -> String {
    const OF_SHOWING: [&str; 5] = ["output", "color", "quiet", "verbose", "yes"];
    let mut matches = matches;
    let mut cli = Cli::command();
    cli.build();
    let mut typed_at = &cli;
    while let Some((name, below)) = matches.subcommand() {
        matches = below;
        typed_at = typed_at.find_subcommand(name).unwrap_or(typed_at);
    }
    let mut text = command.to_owned();
    for argument in typed_at.get_arguments() {
        let id = argument.get_id().as_str();
        let Some(flag) = argument.get_long().filter(|_| !OF_SHOWING.contains(&id)) else {
            continue;
        };
        if matches.value_source(id) != Some(ValueSource::CommandLine) || !takes(command, flag) {
            continue;
        }
        match argument.get_action().takes_values() {
            false => text.push_str(&format!(" --{flag}")),
            true => values(matches, flag)
                .iter()
                .for_each(|value| text.push_str(&format!(" --{flag} {}", shown(value)))),
        }
    }
    text
}

/// A value as it is typed, but for a password in it: whoever runs the command puts that in again.
fn shown(value: &str) -> String {
    quoted(&without_password(value))
}

fn of(matches: &ArgMatches) -> Vec<Typed> {
    let mut of_command = matches;
    while let Some((_, below)) = of_command.subcommand() {
        of_command = below;
    }
    let typed = FLAGS.iter().flat_map(|(flag, meant)| {
        let values = values(of_command, flag).into_iter();
        values.map(|value| Typed {
            flag,
            meant: *meant,
            value,
        })
    });
    typed.collect()
}

/// What was typed for a flag; nothing where the command has no such flag.
fn values(matches: &ArgMatches, flag: &str) -> Vec<String> {
    let id = flag.replace('-', "_");
    let Ok(Some(raw)) = matches.try_get_raw(&id) else {
        return Vec::new();
    };
    match matches.value_source(&id) {
        Some(ValueSource::CommandLine) => raw.map(|it| it.to_string_lossy().into_owned()).collect(),
        _ => Vec::new(),
    }
}

/// The text with whole commands.
pub(crate) fn complete(text: &str) -> String {
    with(text, TYPED.get().map_or(&[], Vec::as_slice), str::to_owned)
}

/// JSON text with whole commands in its strings.
pub(crate) fn complete_json(text: &str) -> String {
    let escape = |flags: &str| {
        serde_json::to_string(flags)
            .map_or_else(|_| String::new(), |text| text.trim_matches('"').to_owned())
    };
    with(text, TYPED.get().map_or(&[], Vec::as_slice), escape)
}

fn with(text: &str, typed: &[Typed], escape: impl Fn(&str) -> String) -> String {
    let Some(pattern) = COMMAND.as_ref().filter(|_| !typed.is_empty()) else {
        return text.to_owned();
    };
    let whole = |found: &Captures<'_>| {
        let flags = |command: &str, is_elsewhere| escape(&missing(command, is_elsewhere, typed));
        match (
            found.name("quoted"),
            found.name("last"),
            found.name("string"),
        ) {
            (Some(command), ..) => {
                let flags = flags(command.as_str(), is_for_others(text, &command.range()));
                format!("`{}{flags}`", command.as_str())
            }
            (_, Some(command), _) => {
                let step = &found["step"];
                let flags = flags(command.as_str(), step.contains("account"));
                format!("{step}{}{flags}", command.as_str())
            }
            (.., Some(command)) => {
                format!("\"{}{}\"", command.as_str(), flags(command.as_str(), true))
            }
            _ => found[0].to_owned(),
        }
    };
    pattern.replace_all(text, whole).into_owned()
}

/// Whether the words beside a command in backticks say that it takes other credentials.
fn is_for_others(text: &str, command: &Range<usize>) -> bool {
    let (before, after) = (&text[..command.start - 1], &text[command.end + 1..]);
    let after = after.split(['`', '\n']).next().unwrap_or_default();
    let before = before.rsplit(['`', '\n', ',', ';', ':']).next();
    after.contains("credentials") || before.is_some_and(|it| it.contains("credentials"))
}

/// The flags that a command lacks, of those that it takes.
fn missing(command: &str, is_elsewhere: bool, typed: &[Typed]) -> String {
    let given = |flag: &str| {
        let mut words = command.split(' ');
        words.find_map(|word| {
            let rest = word.strip_prefix("--")?.strip_prefix(flag)?;
            match rest.strip_prefix('=') {
                Some(value) => Some(value.to_owned()),
                None => rest.is_empty().then(String::new),
            }
        })
    };
    let region = typed.iter().find(|it| it.flag == "region");
    let is_elsewhere =
        is_elsewhere || given("region").is_some() && !region.is_some_and(|it| names(command, it));
    let is_meant = |it: &&Typed| match it.meant {
        For::Every => true,
        For::TheseCredentials => !is_elsewhere,
        For::TheseSpokes => {
            !is_elsewhere && command.starts_with("rootwatch verify") && given("hub-only").is_none()
        }
    };
    let typed = typed.iter().filter(is_meant);
    let lacking = typed.filter(|it| given(it.flag).is_none() && takes(command, it.flag));
    lacking
        .map(|it| format!(" --{} {}", it.flag, shown(&it.value)))
        .collect()
}

/// Whether a command has this flag with this value.
fn names(command: &str, typed: &Typed) -> bool {
    let flag = format!(" --{} {}", typed.flag, shown(&typed.value));
    format!("{command} ").contains(&format!("{flag} "))
}

/// Whether there is such a flag for a command.
fn takes(command: &str, flag: &str) -> bool {
    let mut cli = Cli::command();
    cli.build();
    let mut at = &cli;
    for word in command.split(' ').skip(1) {
        match at.find_subcommand(word) {
            Some(below) => at = below,
            None => break,
        }
    }
    at.get_arguments().any(|it| it.get_long() == Some(flag))
}

#[cfg(test)]
#[path = "typed_tests.rs"]
mod tests;
