//! Plans and outcomes as text: the only place that renders what people read.

pub(crate) mod adopt;
mod alike;
pub(crate) mod confirm;
pub(crate) mod export;
pub(crate) mod guardrail;
pub(crate) mod hub;
pub(crate) mod ignore;
pub(crate) mod next;
pub(crate) mod page;
mod people;
pub(crate) mod policy;
pub(crate) mod settings;
pub(crate) mod spokes;
pub(crate) mod status;
mod stuck;
pub(crate) mod survey;
pub(crate) mod teardown;
pub(crate) mod test;
mod value;
pub(crate) mod verify;

use anstyle::{AnsiColor, Style};
use rootwatch_engine::findings::FindingId;
use rootwatch_engine::{
    Action, Counts, NotConfirmed, Outcome, Question, Step, Unfinished, View, failure, hint_of,
};
use std::fmt::Write;

/// What is shown during a run.
pub(crate) fn view(view: &View<'_>, verbose: bool) -> String {
    match view {
        View::HubPlan(plan) => hub::plan(plan, verbose),
        View::HubDeployed(deployed) => hub::step(deployed, verbose),
        View::SpokesPlan { stack_set, plan } => spokes::plan(plan, stack_set, verbose),
        View::Guardrail(plan) => guardrail::plan(plan, verbose),
        View::Spokes(deployed) => spokes::done(deployed),
        View::SpokesDeployed(deployed) => spokes::step(deployed, verbose),
        View::Removal(preview) => teardown::preview(preview, verbose),
        View::Unfinished(outcome) => ended_early(outcome),
        View::Error(it) => error(it),
        View::StepError(id, it) => step_error(*id, it),
        View::OldPath(old, report) => adopt::found(old, report),
        View::Takeover(takeover, old) => adopt::takeover(takeover, old),
        View::OldPathRemoval(old) => adopt::removal(old, verbose),
        View::Hop(hop) => verify::line(hop, true),
        View::Test(outcome) => test::text(outcome),
        View::LeftBehind(stuck) => stuck::left_behind("Left behind", stuck),
    }
}

/// What `--yes` has confirmed that takes something away, said once more; empty for every other question.
pub(crate) fn confirmed_unasked(question: &Question<'_>) -> String {
    let taken = match question {
        Question::StopWatching(stops) => format!("{}.", spokes::stops(stops)),
        Question::StopNotifying(lost) => people::question(lost),
        Question::NotifyNobody => "Nobody is notified after this.".into(),
        _ => return String::new(),
    };
    format!("{YELLOW}! Confirmed by --yes: {taken}{YELLOW:#}")
}

/// The question, and the word that confirms it.
pub(crate) fn question(question: &Question<'_>) -> (String, String) {
    match question {
        Question::MakeChanges => ("Make these changes?".into(), "yes".into()),
        Question::NotifyNobody => (
            "Make these changes, and leave nobody notified?".into(),
            "yes".into(),
        ),
        Question::StopNotifying(lost) => (people::question(lost), lost.len().to_string()),
        Question::StopWatching(stops) => {
            let question = format!("{}.", spokes::stops(stops));
            (question, stops.count().to_string())
        }
        Question::Teardown {
            deployment,
            stacks_left,
        } => {
            let question = teardown::question(deployment, *stacks_left);
            (question, (*deployment).to_owned())
        }
        Question::RemoveGuardrail { deployment } => {
            (guardrail::question(deployment), (*deployment).to_owned())
        }
        Question::RemoveOldPath { deployment, proved } => {
            let proved = adopt::proved(*proved);
            let question = format!("The new path is proved{proved}. This removes the old one.");
            (question, (*deployment).to_owned())
        }
    }
}

const fn colour(colour: AnsiColor) -> Style {
    Style::new().fg_color(Some(anstyle::Color::Ansi(colour)))
}

pub(crate) const GREEN: Style = colour(AnsiColor::Green);
pub(crate) const YELLOW: Style = colour(AnsiColor::Yellow);
/// Where a part begins.
pub(crate) const BOLD: Style = Style::new().bold();
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

/// A plan, one line a resource, each change with the fields that differ.
pub(crate) fn steps(steps: &[Step], verbose: bool) -> String {
    let mut text = String::new();
    for step in steps {
        let is_news = !step.kept.is_empty() || step.note.is_some();
        if step.action.is_change() || verbose || is_news {
            step_line(&mut text, step, verbose);
        }
    }
    let counts = Counts::of(steps.iter().map(|step| &step.action));
    if counts.changes() == 0 {
        let _ = writeln!(
            text,
            "No changes: all {} resources are up to date.",
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
    if let Some(note) = &step.note {
        let _ = writeln!(text, "    {note}");
    }
    if !step.kept.is_empty() {
        let _ = writeln!(
            text,
            "    not from these settings, kept: {}",
            step.kept.join(", ")
        );
    }
    if verbose && !step.needs.is_empty() {
        let _ = writeln!(text, "    after {}", step.needs.join(", "));
    }
}

/// What is done and what is not, when a run ended early; the end of the output.
fn ended_early(outcome: &Outcome) -> String {
    let listed = |names: &[String]| match names {
        [] => "nothing".to_owned(),
        names => names.join(", "),
    };
    let mut text = String::new();
    let mut passes = true;
    if let Some(Unfinished::Failed(failed)) = &outcome.unfinished {
        for (_, failure) in failed {
            text.push_str(&step_error(outcome.kind, failure));
            passes &= failure::passes(failure);
        }
    }
    let _ = writeln!(text, "Done: {}.", listed(&outcome.done));
    let _ = writeln!(text, "Not done: {}.", listed(&outcome.left));
    // The error has said what comes first.
    if passes {
        text.push_str("Run the same command again to continue.\n");
    }
    text
}

/// The error of a step: with the number of its kind, and whether the same run again can help.
fn step_error(id: FindingId, failed: &anyhow::Error) -> String {
    let (text, again) = (error(failed), failure::again(failure::passes(failed)));
    match text.contains(again) {
        // An operation that failed has said it.
        true => text,
        false => format!("{text}  {id}: {again}\n"),
    }
}

/// An error and what led to it, with a hint where one is known.
pub(crate) fn error(error: &anyhow::Error) -> String {
    // An answer is no error.
    if error.is::<NotConfirmed>() {
        return format!("{YELLOW}{error:#}{YELLOW:#}\n");
    }
    let mut text = format!("{RED}error:{RED:#} {error:#}\n");
    if let Some(hint) = hint_of(error) {
        let _ = writeln!(text, "  hint: {hint}");
    }
    text
}
