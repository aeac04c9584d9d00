//! The guardrail's plan, and what deploying and removing it come to.

use super::{BOLD, steps};
use rootwatch_engine::guardrail::{Deployed, GuardrailPlan, Planned, Report};
use rootwatch_engine::status::{Guarded, GuardedState};
use rootwatch_engine::{End, count, one_line};

/// What is about to be changed.
pub(crate) fn plan(plan: &GuardrailPlan, verbose: bool) -> String {
    let free = match plan.is_removal() {
        true => String::new(),
        false => free(&plan.free_roles()),
    };
    steps(&plan.steps(), verbose) + &free
}

/// What `plan guardrail` shows.
pub(crate) fn planned(planned: &Planned, verbose: bool) -> String {
    plan(&planned.plan, verbose)
}

/// The result of `deploy guardrail`; empty where it ended early and that was shown.
pub(crate) fn deployed(deployed: &Deployed, verbose: bool) -> String {
    let report = &deployed.report;
    match (deployed.end, deployed.is_changed) {
        (End::Done, false) => steps(&report.steps, verbose) + &free(&report.free_roles),
        (End::Done, true) => format!(
            "The guardrail {} is deployed, and attached to {}.\n{}",
            report.policy,
            targets(report),
            free(&report.free_roles)
        ),
        _ => String::new(),
    }
}

/// The result of `teardown guardrail`.
pub(crate) fn removed(removed: &Deployed) -> String {
    match (removed.end, removed.is_changed) {
        (End::Done, false) => "There is no rootwatch guardrail to remove.\n".into(),
        (End::Done, true) => format!(
            "Removed: the guardrail {}. Whoever administers a member account can change its spokes now.\n",
            removed.report.policy
        ),
        _ => String::new(),
    }
}

/// The question before it is removed.
pub(crate) fn question(deployment: &str) -> String {
    format!(
        "This removes the guardrail of \"{deployment}\": from then on administrators and root users of member accounts can change their spokes."
    )
}

fn targets(report: &Report) -> String {
    let all: Vec<String> = report.targets.iter().map(|it| it.words()).collect();
    all.join(", ")
}

fn free(roles: &[String]) -> String {
    match roles {
        [] => "Only StackSets will be able to change the spokes in these accounts.\n".into(),
        roles => format!(
            "Only StackSets and these roles will be able to change the spokes in these accounts: {}\n",
            roles.join(", ")
        ),
    }
}

/// Accounts that a line names; the JSON names all.
const NAMED: usize = 10;

/// Whether member accounts are kept from changing their spokes, as `status` says it.
pub(crate) fn standing(guarded: &Guarded) -> String {
    let targets: Vec<String> = guarded.targets.iter().map(|it| it.words()).collect();
    let attached = match targets.as_slice() {
        [] => "attached to nothing".to_owned(),
        all => format!("attached to {}", all.join(", ")),
    };
    let bound = count(guarded.guarded, "member account");
    let words = match guarded.state {
        GuardedState::Unknown => format!(
            "not known: {}",
            one_line(guarded.unknown.as_deref().unwrap_or("it could not be read"))
        ),
        GuardedState::None => "none: administrators and root users of member accounts can change their spokes (`rootwatch scp` prints the policy that keeps them from it)".into(),
        GuardedState::Guarded => format!("{attached}: all {bound} cannot change their spokes"),
        GuardedState::Partly => format!(
            "{attached}: {bound} cannot change their spokes, {} can: {}",
            guarded.not_guarded.len(),
            some(guarded)
        ),
    };
    format!("{BOLD}Guardrail{BOLD:#}\n  {words}\n")
}

fn some(guarded: &Guarded) -> String {
    let all = guarded.not_guarded.iter().take(NAMED);
    let name = |it: &rootwatch_engine::spokes::coverage::Named| match it.name.as_str() {
        "" => it.account.clone(),
        name => format!("{} ({})", it.account, one_line(name)),
    };
    let mut words: Vec<String> = all.map(name).collect();
    let rest = guarded.not_guarded.len().saturating_sub(NAMED);
    if rest > 0 {
        words.push(format!("and {rest} more"));
    }
    words.join(", ")
}
