//! The hub's plan, and the result of a deployment.

use super::{longest_chain, next, people, steps};
use rootwatch_engine::hub::{HubDeployed, HubPlan, HubPlanned};
use rootwatch_engine::{End, cost};

/// What `deploy hub` is about to change. Who is notified comes last, right before the question.
pub(crate) fn plan(plan: &HubPlan, verbose: bool) -> String {
    steps(&plan.steps(), verbose) + &consequences(plan)
}

/// What `plan hub` shows.
pub(crate) fn planned(planned: &HubPlanned, verbose: bool) -> String {
    let mut text = steps(&planned.plan.steps(), verbose);
    if verbose {
        text += &longest_chain(&planned.report.longest_chain);
    }
    text + &consequences(&planned.plan)
}

/// What a plan costs, and whom it notifies.
fn consequences(plan: &HubPlan) -> String {
    let (counts, people) = (plan.counts(), plan.people());
    let mut text = String::new();
    if counts.create > 0 {
        text += &format!("{}\n", cost::of_hub(plan));
    }
    let (heading, when) = match counts.changes() {
        0 => ("Notified", "now"),
        _ => ("Notified after this", "after this"),
    };
    text += &people::notified(heading, &people.after);
    text += &people::no_longer(&people);
    text + &people::warning(&people.after, &people.unheard, when)
}

/// The result of `deploy hub`, with what comes next; empty where it ended early and that was shown.
pub(crate) fn deployed(deployed: &HubDeployed, verbose: bool) -> String {
    result(deployed, verbose, &what_next(deployed))
}

/// Whether the result has said what comes next.
pub(crate) fn has_said_what_next(deployed: &HubDeployed) -> bool {
    !what_next(deployed).is_empty()
}

/// The same as a step of another command, which goes on.
pub(super) fn step(deployed: &HubDeployed, verbose: bool) -> String {
    let to_confirm = people::to_confirm(&deployed.report.notified);
    result(deployed, verbose, &to_confirm)
}

fn result(deployed: &HubDeployed, verbose: bool, next: &[String]) -> String {
    let report = &deployed.report;
    let head = match (deployed.end, deployed.is_changed) {
        (End::Done, true) => format!(
            "The hub is deployed: {} created, {} changed, {} unchanged.\n  event bus  {}\n  topic      {}\n",
            report.counts.create,
            report.counts.update,
            report.counts.keep,
            report.event_bus,
            report.topic
        ),
        (End::Done, false) => steps(&report.steps, verbose),
        _ => return String::new(),
    };
    let persons = &report.notified;
    head + &people::notified("Notified", persons)
        + &next::steps(next)
        + &people::warning(persons, &people::unheard(persons), "now")
}

/// What is left to do, in order. A hub that was up to date has been followed by the rest before.
fn what_next(deployed: &HubDeployed) -> Vec<String> {
    let mut all = people::to_confirm(&deployed.report.notified);
    if deployed.is_changed {
        let commands = &deployed.next;
        all.extend(commands.deploy_spokes.as_ref().map(|command| {
            format!(
                "deploy the spokes, if you have not yet (as the management account or a delegated administrator): {command}"
            )
        }));
        all.push(commands.test.to_string());
    } else if !all.is_empty() {
        all.push("rootwatch status".into());
    }
    all
}
