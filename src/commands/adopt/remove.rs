//! The end of the old path: its StackSets, then its hub.

use super::look::{Old, place};
use super::report::{self, Report};
use crate::apply::Stop;
use crate::commands::deploy_spokes::{carry_out, wait_for_others};
use crate::commands::{Exit, Run};
use crate::reference::spokes::OldSpokes;
use crate::report as words;
use crate::spokes::change::Change;
use crate::spokes::plan::{plan_release, plan_removal};
use crate::spokes::stack_set::StackSet;
use crate::spokes::{Place, observe};
use anyhow::{Context, Result, bail};
use std::collections::BTreeSet;

/// Shows what goes, asks, and removes it.
pub(super) async fn remove(run: &Run, old: &Old, report: &mut Report) -> Result<Exit> {
    run.show(&report::removal(run, old));
    let question = "The new path is proved. This removes the old one.";
    let asked = run.confirm(question, &run.config.name).await;
    asked.context("both paths stand, and the old one was not touched")?;
    let place = place(run, &old.organization);
    for set in old.stack_sets() {
        remove_stack_set(run, &place, set).await?;
        report.removed.push(format!("stack-set {}", set.name));
    }
    remove_hub(run, old, report).await
}

async fn remove_stack_set(run: &Run, place: &Place<'_>, set: &OldSpokes) -> Result<()> {
    let name = &set.name;
    wait_for_others(run, place, name, &set.observed.running, false).await?;
    remove_instances(run, place, name, &plan_removal(&set.observed)).await?;
    let left = observe(place, name, &BTreeSet::new()).await?;
    remove_instances(run, place, name, &plan_release(&left)).await?;
    let deleted = StackSet::delete(place, name).await;
    deleted.with_context(|| format!("deleting the StackSet {name} in {}", run.aws.place()))?;
    run.progress
        .of(&format!("stack-set {name}"))
        .done("deleted");
    Ok(())
}

async fn remove_instances(
    run: &Run,
    place: &Place<'_>,
    name: &str,
    changes: &[Change],
) -> Result<()> {
    for change in changes.iter().flat_map(Change::calls) {
        let ended = carry_out(run, place, name, &change, false).await?;
        if !ended.is_success() {
            bail!(
                "not every stack instance of {name} could be removed, so the StackSet and the old hub stay; the new path is proved and stands:\n{}",
                words::spokes::operation(&ended)
            );
        }
    }
    Ok(())
}

async fn remove_hub(run: &Run, old: &Old, report: &mut Report) -> Result<Exit> {
    let outcome = old.hub.removal.apply(&run.aws, &run.progress).await;
    let steps = old.hub.removal.steps();
    let change = |index: &usize| Some(&steps[*index]).filter(|it| it.action.is_change());
    let done = outcome.done.iter().filter_map(change);
    report
        .removed
        .extend(done.map(|step| step.resource.clone()));
    let left = outcome.left.iter().filter_map(change);
    report.left.extend(left.map(|step| step.resource.clone()));
    let Some(stop) = &outcome.stop else {
        return Ok(Exit::Done);
    };
    run.show(&words::ended_early(&outcome, stop, &steps));
    Ok(match stop {
        Stop::Failed(_) => Exit::Error,
        Stop::Interrupted => Exit::Interrupted,
    })
}
