//! What `teardown` is about to remove, and its result.

use super::{spokes, steps, stuck};
use rootwatch_engine::removal::{Preview, Removed, Report, Spokes};
use rootwatch_engine::{End, count};

/// What is about to be removed.
pub(crate) fn preview(preview: &Preview<'_>, verbose: bool) -> String {
    let warnings = preview.warnings.iter();
    let mut text: String = warnings.map(|it| format!("! {it}\n")).collect();
    if let Some(spokes) = preview.spokes {
        text += &going(spokes, &preview.stack_set);
    }
    text += &kept(preview.report);
    text += &guardrail(preview.report);
    if preview
        .report
        .hub
        .iter()
        .any(|step| step.action.is_change())
    {
        text += &steps(&preview.report.hub, verbose);
    }
    text
}

fn going(spokes: &Spokes<'_>, stack_set: &str) -> String {
    let mut text = String::new();
    if let Some(instances) = spokes.instances() {
        text += &format!(
            "- stack-set {stack_set} with {}: {} in {} will no longer be watched\n",
            count(instances.all, "stack instance"),
            count(instances.accounts, "account"),
            count(instances.regions, "region")
        );
    }
    text += &stuck::retained(spokes.retained());
    if let Some(why) = spokes.unknown() {
        text += &format!("! Could not determine which accounts are suspended or gone: {why}\n");
    }
    let unseen = spokes.unseen_text();
    text.extend(unseen.lines().map(|line| format!("! {line}\n")));
    for stack in spokes.stacks() {
        text += &format!("- {stack} of the management account\n");
    }
    text
}

/// The question before it.
pub(crate) fn question(deployment: &str, stacks_left: usize) -> String {
    let stays = match stacks_left {
        0 => String::new(),
        many => format!(
            " {} left where StackSets cannot reach them.",
            count(many, "stack")
        ),
    };
    format!("This stops all monitoring by the deployment \"{deployment}\".{stays}")
}

/// The result.
pub(crate) fn ending(removed: &Removed<'_>, deployment: &str) -> String {
    if removed.is_nothing {
        let kept = kept(&removed.report);
        let unread = removed.spokes.as_ref().map(Spokes::unread_text);
        let unread = unread.unwrap_or_default();
        let beside = beside(removed, deployment);
        let guardrail = guardrail(&removed.report);
        return format!("There is nothing to remove.\n{kept}{unread}{beside}{guardrail}");
    }
    match removed.end {
        End::Done => done(removed, deployment),
        _ => ended_early(removed),
    }
}

/// What is elsewhere, or named otherwise.
fn beside(removed: &Removed<'_>, deployment: &str) -> String {
    let report = &removed.report;
    if report.beside.is_empty() {
        return String::new();
    }
    let lines: String = report.beside.iter().map(|it| format!("! {it}\n")).collect();
    format!(
        "Nothing named \"{deployment}\" is in account {}, region {}, but:\n{lines}",
        report.account, report.region
    )
}

fn done(removed: &Removed<'_>, deployment: &str) -> String {
    let spokes = removed.spokes.as_ref();
    let hub = match &removed.hub_elsewhere {
        Some(place) => format!("the hub in {place}"),
        None => "the hub in this account and region".into(),
    };
    let parts = [
        (
            spokes.is_some_and(|it| !it.is_nothing()),
            "the spokes".into(),
        ),
        (removed.with_hub, hub),
    ];
    let parts = parts.into_iter().filter(|(is_removed, _)| *is_removed);
    let parts: Vec<String> = parts.map(|(_, words)| words).collect();
    let mut text = format!("Removed: {} of \"{deployment}\".\n", parts.join(", and "));
    text += &stuck::left_behind("Left behind", &removed.report.retained);
    text += &kept(&removed.report);
    text += &guardrail(&removed.report);
    text += &spokes.map(Spokes::unread_text).unwrap_or_default();
    text + &spokes.map(Spokes::unseen_text).unwrap_or_default()
}

/// The errors have been shown; the next run does not know what was left behind.
fn ended_early(removed: &Removed<'_>) -> String {
    let left = stuck::left_behind("Left behind", &removed.report.retained);
    let detached = removed
        .report
        .detached
        .as_ref()
        .zip(removed.follow.as_ref());
    left + &match detached {
        Some((id, follow)) => spokes::detached(id, follow),
        None if removed.end == End::Interrupted && removed.is_before_hub => {
            "Interrupted. Run the same command again to continue.\n".into()
        }
        None => String::new(),
    }
}

/// The organization's policy, which stays.
fn guardrail(report: &Report) -> String {
    let line = |it: &String| {
        format!(
            "= service-control-policy {it} stays: with the management account's credentials `rootwatch teardown guardrail` removes it\n"
        )
    };
    report.guardrail.iter().map(line).collect()
}

fn kept(report: &Report) -> String {
    let line = |it: &String| format!("= {it} is kept (--keep-logs)\n");
    report.kept.iter().map(line).collect()
}
