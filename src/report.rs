//! Plans and outcomes in words.

pub(crate) mod page;
pub(crate) mod spokes;
pub(crate) mod stuck;
mod value;

use crate::apply::{Outcome, Stop};
use crate::aws::error::AwsError;
use crate::aws::hint::hint;
use crate::plan::{Action, Counts, Step};
use anstyle::{AnsiColor, Style};
use std::fmt::Write;

const fn colour(colour: AnsiColor) -> Style {
    Style::new().fg_color(Some(anstyle::Color::Ansi(colour)))
}

pub(crate) const GREEN: Style = colour(AnsiColor::Green);
pub(crate) const YELLOW: Style = colour(AnsiColor::Yellow);
pub(crate) const RED: Style = colour(AnsiColor::Red);

/// The sign of an action, which reads without colour too.
fn sign(action: &Action) -> (&'static str, Style) {
    match action {
        Action::Create { .. } => ("+", GREEN),
        Action::Update { .. } => ("~", YELLOW),
        Action::Delete => ("-", RED),
        Action::Keep => ("=", Style::new()),
    }
}

/// So many of something: "1 region", "2 regions".
pub(crate) fn count(number: usize, thing: &str) -> String {
    match number {
        1 => format!("1 {thing}"),
        _ => format!("{number} {thing}s"),
    }
}

/// A plan, one line a resource, each change with the fields that differ.
pub(crate) fn steps(steps: &[Step], verbose: bool) -> String {
    let mut text = String::new();
    for step in steps {
        if step.action.is_change() || verbose || !step.kept.is_empty() {
            step_line(&mut text, step, verbose);
        }
    }
    let counts = Counts::of(steps.iter().map(|step| &step.action));
    if counts.changes() == 0 {
        let _ = writeln!(
            text,
            "No changes: all {} resources are as wanted.",
            counts.keep
        );
    } else {
        let _ = writeln!(
            text,
            "Plan: {} to create, {} to change, {} to delete, {} unchanged.",
            counts.create, counts.update, counts.delete, counts.keep
        );
    }
    text
}

/// The calls that a run cannot do side by side.
pub(crate) fn longest_chain(calls: &[String]) -> String {
    format!(
        "Longest chain of dependent calls, {} in all:\n  {}\n",
        calls.len(),
        calls.join(" -> ")
    )
}

fn step_line(text: &mut String, step: &Step, verbose: bool) {
    let (sign, style) = sign(&step.action);
    let _ = writeln!(text, "{style}{sign}{style:#} {}", step.resource);
    let lines: Vec<String> = match &step.action {
        Action::Update { fields } => fields
            .iter()
            .flat_map(|change| value::changed(change, verbose))
            .collect(),
        Action::Create { fields } if verbose => fields
            .iter()
            .flat_map(|change| value::set(change, verbose))
            .collect(),
        _ => Vec::new(),
    };
    for line in lines {
        let _ = writeln!(text, "    {line}");
    }
    if !step.kept.is_empty() {
        let _ = writeln!(text, "    not ours, kept: {}", step.kept.join(", "));
    }
    if verbose && !step.needs.is_empty() {
        let _ = writeln!(text, "    after {}", step.needs.join(", "));
    }
}

/// What AWS or somebody else wrote, kept to one line and free of control characters.
pub(crate) fn one_line(text: &str) -> String {
    text.replace(char::is_control, " ")
}

/// What is done and what is not, when a run ended early; the last thing a person reads.
pub(crate) fn ended_early(outcome: &Outcome, stop: &Stop, steps: &[Step]) -> String {
    let names = |wanted: &[usize]| -> String {
        let names: Vec<&str> = wanted
            .iter()
            .filter(|index| steps[**index].action.is_change())
            .map(|index| steps[*index].resource.as_str())
            .collect();
        if names.is_empty() {
            "nothing".into()
        } else {
            names.join(", ")
        }
    };
    let mut text = String::new();
    if let Stop::Failed(failed) = stop {
        for (_, failure) in failed {
            text.push_str(&error(failure));
        }
    }
    let _ = writeln!(text, "Done: {}.", names(&outcome.done));
    let _ = writeln!(text, "Not done: {}.", names(&outcome.left));
    text.push_str("Run the same command again to go on from here.\n");
    text
}

/// An error and what led to it, with a hint where one is known.
pub(crate) fn error(error: &anyhow::Error) -> String {
    let mut text = format!("{RED}error:{RED:#} {error:#}\n");
    let hint = error
        .chain()
        .find_map(|cause| hint(cause.downcast_ref::<AwsError>()?));
    if let Some(hint) = hint {
        let _ = writeln!(text, "  hint: {hint}");
    }
    text
}
