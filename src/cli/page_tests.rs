//! docs/commands.md, from the model of the command line.

use super::*;
use crate::page;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// Each command that can be run, as it is typed, in the order of the help.
pub(super) fn leaves() -> Vec<(String, clap::Command)> {
    fn below(command: &clap::Command, path: &str, found: &mut Vec<(String, clap::Command)>) {
        let visible = command
            .get_subcommands()
            .filter(|it| it.get_name() != "help");
        for it in visible {
            let name = format!("{path} {}", it.get_name());
            let name = name.trim().to_owned();
            match it.has_subcommands() {
                true => below(it, &name, found),
                false => found.push((name, it.clone())),
            }
        }
    }
    let mut command = Cli::command().disable_help_subcommand(true);
    command.build();
    let mut found = Vec::new();
    below(&command, "", &mut found);
    found
}

/// Of a page's table: a line, without what ends a cell.
fn one_line(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    words.join(" ").replace('<', "&lt;").replace('|', "\\|")
}

/// A flag or an argument as it is typed.
fn typed(arg: &clap::Arg) -> String {
    let names = arg.get_value_names().unwrap_or_default();
    let values = names
        .iter()
        .map(|name| name.as_str())
        .collect::<Vec<_>>()
        .join(" ");
    let takes = arg.get_action().takes_values();
    match (arg.get_long(), takes) {
        (Some(long), true) => format!("--{long} {values}"),
        (Some(long), false) => format!("--{long}"),
        (None, _) if arg.is_required_set() => values,
        (None, _) => format!("[{values}]"),
    }
}

/// What it is for, which values it takes, and its variable.
fn meaning(arg: &clap::Arg) -> String {
    let help = arg.get_help().map(ToString::to_string).unwrap_or_default();
    let mut text = one_line(&help);
    if let Some(short) = arg.get_short() {
        let _ = write!(text, ". Short: `-{short}`");
    }
    let values = arg.get_possible_values();
    let is_choice = arg.get_action().takes_values() && !values.is_empty();
    if is_choice && !arg.is_hide_possible_values_set() {
        let values: Vec<String> = values
            .iter()
            .map(|it| format!("`{}`", it.get_name()))
            .collect();
        let _ = write!(text, ". One of {}", values.join(", "));
    }
    let default: Vec<_> = arg
        .get_default_values()
        .iter()
        .map(|it| it.to_string_lossy())
        .collect();
    if arg.get_action().takes_values() && !default.is_empty() {
        let _ = write!(text, ". Default: `{}`", default.join(" "));
    }
    if let Some(variable) = arg.get_env() {
        let _ = write!(text, ". Variable: `{}`", variable.to_string_lossy());
    }
    text
}

/// What can be typed after a command, but for its help.
fn arguments(command: &clap::Command) -> impl Iterator<Item = &clap::Arg> {
    let all = command.get_arguments();
    all.filter(|it| !["help", "version"].contains(&it.get_id().as_str()) && !it.is_hide_set())
}

fn purpose(command: &clap::Command) -> String {
    let about = command.get_about().map(ToString::to_string);
    one_line(&about.unwrap_or_default())
}

#[test]
fn the_page_in_docs_has_each_command_with_its_flags() {
    let mut commands = String::new();
    for (name, command) in leaves() {
        let own = arguments(&command).filter(|it| !it.is_global_set());
        let (flags, plain): (Vec<_>, Vec<_>) = own.partition(|it| it.get_long().is_some());
        let plain: String = plain.iter().map(|it| format!(" {}", typed(it))).collect();
        let _ = writeln!(
            commands,
            "### `rootwatch {name}{plain}`\n{}.",
            purpose(&command)
        );
        if !flags.is_empty() {
            let flags = flags.iter().filter_map(|it| it.get_long());
            let flags: Vec<String> = flags.map(|it| format!("`--{it}`")).collect();
            let _ = writeln!(commands, "\nFlags: {}", flags.join(", "));
        }
        commands.push('\n');
    }
    page::holds("commands", "commands", &commands);
}

/// Where each flag is one of every command, or of which.
#[test]
fn the_page_in_docs_has_each_flag_with_its_commands() {
    let mut rows: BTreeMap<(String, String), Vec<String>> = BTreeMap::new();
    let mut globals = BTreeMap::new();
    for (name, command) in leaves() {
        for arg in arguments(&command) {
            let row = (typed(arg), meaning(arg));
            match arg.is_global_set() {
                true => _ = globals.insert(row.0, row.1),
                false => rows.entry(row).or_default().push(format!("`{name}`")),
            }
        }
    }
    let mut table = String::from("| flag | what it does |\n|---|---|\n");
    for (flag, meaning) in &globals {
        let _ = writeln!(table, "| `{flag}` | {meaning} |");
    }
    page::holds("commands", "global", &table);
    let mut table = String::from("| flag or argument | what it does | commands |\n|---|---|---|\n");
    for ((flag, meaning), commands) in &rows {
        let flag = flag.replace('|', "\\|");
        let _ = writeln!(table, "| `{flag}` | {meaning} | {} |", commands.join(", "));
    }
    page::holds("commands", "flags", &table);
}
