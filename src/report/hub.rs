//! The hub's plan, and the result of a deployment.

use super::{longest_chain, steps};
use rootwatch_engine::End;
use rootwatch_engine::hub::{HubDeployed, HubPlan, HubPlanned};

const NOBODY: &str = "Nobody is notified yet: give --email or --sns-subscription.\n";

/// What `deploy hub` is about to change.
pub(crate) fn plan(plan: &HubPlan, verbose: bool) -> String {
    let silenced = plan.silenced_topics().into_iter();
    let silenced = silenced.map(|topic| {
        format!(
            "! All current subscribers of {topic} will be removed; no one is notified until a new one confirms.\n"
        )
    });
    steps(&plan.steps(), verbose) + &silenced.collect::<String>()
}

/// What `plan hub` shows.
pub(crate) fn planned(planned: &HubPlanned, verbose: bool) -> String {
    let mut text = plan(&planned.plan, verbose);
    if planned.plan.notifies_nobody() {
        text += NOBODY;
    }
    if verbose {
        text += &longest_chain(&planned.report.longest_chain);
    }
    text
}

/// The result of `deploy hub`; empty where it ended early and that was shown.
pub(crate) fn deployed(deployed: &HubDeployed, verbose: bool) -> String {
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
    head + &people(deployed)
}

/// What people have to do before alerts arrive.
fn people(deployed: &HubDeployed) -> String {
    if !deployed.has_subscribers {
        return NOBODY.into();
    }
    let pending = deployed.report.pending_subscriptions.iter();
    let line = |who: &String| {
        format!(
            "Not confirmed yet: {who}. SNS has sent a link that must be followed within two days.\n"
        )
    };
    pending.map(line).collect()
}
