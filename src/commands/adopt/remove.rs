//! The end of the old path: its StackSets, then its hub.

use super::look::{Old, look, place};
use super::report::{self, Report};
use crate::apply::Stop;
use crate::cli::ReferenceArgs;
use crate::commands::deploy_spokes::wait_for_others;
use crate::commands::stack_set_removal::Removal;
use crate::commands::{Exit, Run};
use crate::reference::hub::OldHub;
use crate::reference::spokes::OldSpokes;
use crate::report as words;
use crate::spokes::Place;
use anyhow::{Context, Result, bail};

/// Shows what goes, asks, and removes it.
pub(super) async fn remove(
    run: &Run,
    old: &Old,
    args: &ReferenceArgs,
    report: &mut Report,
) -> Result<Exit> {
    run.show(&report::removal(run, old));
    let proved = report.proved.words();
    let question = format!("The new path is proved{proved}. This removes the old one.");
    let asked = run.confirm(&question, &run.config.name).await;
    asked.context("both paths stand, and the old one was not touched")?;
    let now = look(run, args).await?;
    refuse_news(old, &now)?;
    let sets = now.stack_sets();
    if !sets.is_empty() {
        mark_compared(run, &now).await?;
    }
    for set in sets {
        let aws = now.aws_in(&set.region)?;
        let place = place(run, aws, &now.organization);
        remove_stack_set(run, &place, set, report).await?;
    }
    for hub in &now.hubs {
        let exit = remove_hub(run, &now, hub, report).await?;
        if exit != Exit::Done {
            return Ok(exit);
        }
    }
    Ok(Exit::Done)
}

/// Who came to the old path while the new one was made and proved has not been taken over.
fn refuse_news(old: &Old, now: &Old) -> Result<()> {
    let is_same = old.subscribers() == now.subscribers()
        && old.foreign() == now.foreign()
        && old.alive() == now.alive();
    if !is_same {
        bail!(
            "the old path's subscribers, spokes or others who use it have changed since this run began, and nothing of it was removed: run the same command again"
        );
    }
    Ok(())
}

/// A removal that ends early finds no StackSet any more, and has to know that it was compared with ours.
async fn mark_compared(run: &Run, now: &Old) -> Result<()> {
    for hub in now.hubs.iter().filter(|it| it.has_bus()) {
        let aws = now.aws_in(&hub.region)?;
        let marked = hub.mark_compared(aws, &run.config.name).await;
        marked.with_context(|| format!("marking the old bus in {}", aws.place()))?;
    }
    Ok(())
}

/// Stacks that nobody can reach stay: the new path cannot reach these accounts either.
async fn remove_stack_set(
    run: &Run,
    place: &Place<'_>,
    set: &OldSpokes,
    report: &mut Report,
) -> Result<()> {
    let name = &set.name;
    wait_for_others(run, place, name, &set.observed.running, false).await?;
    let removal = Removal {
        place,
        name,
        retain: true,
        no_wait: false,
    };
    let mut retained = Vec::new();
    let operations = &mut report.operations;
    let removed = removal.carry_out(run, &set.observed, operations, &mut retained);
    let removed = removed.await;
    run.show(&words::stuck::left_behind("Left behind", &retained));
    report.retained.extend(retained);
    removed.context("the new path is proved and stands; the old one is not gone yet")?;
    report.removed.push(format!("stack-set {name}"));
    Ok(())
}

async fn remove_hub(run: &Run, now: &Old, hub: &OldHub, report: &mut Report) -> Result<Exit> {
    let aws = now.aws_in(&hub.region)?;
    let outcome = hub.removal.apply(aws, &run.progress).await;
    let steps = hub.removal.steps();
    let change = |index: &usize| {
        let step = Some(&steps[*index]).filter(|it| it.action.is_change())?;
        Some(report::with_region(run, &step.resource, &hub.region))
    };
    report
        .removed
        .extend(outcome.done.iter().filter_map(change));
    report.left.extend(outcome.left.iter().filter_map(change));
    let Some(stop) = &outcome.stop else {
        return Ok(Exit::Done);
    };
    run.show(&words::ended_early(&outcome, stop, &steps));
    Ok(match stop {
        Stop::Failed(_) => Exit::Error,
        Stop::Interrupted => Exit::Interrupted,
    })
}
