//! `rootwatch teardown`: removes what is ours, last made first, and nothing else.

use super::deploy_spokes::carry_out;
use super::{Exit, Run};
use crate::apply::Stop;
use crate::canary::leftovers;
use crate::cli::Teardown;
use crate::hub::desired::hub;
use crate::hub::{HubPlan, observe, plan_teardown};
use crate::names::DEPLOYMENT_TAG;
use crate::plan::{Counts, Step};
use crate::report;
use crate::spokes::instances::Change;
use crate::spokes::operation::Ended;
use crate::spokes::stack_set::StackSet;
use crate::spokes::{self, Observed, Place, organization, plan_removal};
use anyhow::{Context, Result, bail};
use serde::Serialize;

/// Versioned form of the JSON that `teardown` prints.
#[derive(Serialize)]
struct Report {
    schema: &'static str,
    account: String,
    region: String,
    /// StackSet operations that removed instances.
    operations: Vec<Ended>,
    stack_set_removed: bool,
    hub: Vec<Step>,
    /// Hub resources of ours that could not be removed.
    left: Vec<String>,
}

/// Removes the hub, the spokes, or the spokes and then the hub.
pub(super) async fn teardown(run: &Run, what: Teardown) -> Result<Exit> {
    let spokes = match what {
        Teardown::Hub => None,
        Teardown::Spokes | Teardown::All => find_spokes(run).await?,
    };
    let hub = match what {
        Teardown::Spokes => None,
        Teardown::Hub | Teardown::All => Some(find_hub(run).await?),
    };
    let hub_steps = hub.as_ref().map(HubPlan::steps).unwrap_or_default();
    let to_delete = Counts::of(hub_steps.iter().map(|step| &step.action)).delete;
    let mut report = Report {
        schema: "rootwatch.teardown/1",
        account: run.aws.account.clone(),
        region: run.aws.region.clone(),
        operations: Vec::new(),
        stack_set_removed: false,
        hub: hub_steps,
        left: Vec::new(),
    };
    if spokes.is_none() && to_delete == 0 {
        run.output
            .result("There is nothing of ours to remove.\n", &report)?;
        return Ok(Exit::Done);
    }
    run.show(&preview(run, spokes.as_ref(), &report.hub));
    let question = format!("This stops the watch of \"{}\".", run.config.name);
    run.confirm(&question, &run.config.name).await?;
    if let Some((place, observed)) = &spokes {
        remove_spokes(run, place, observed, &mut report).await?;
    }
    let exit = match &hub {
        Some(hub) if to_delete > 0 => {
            // A bus goes only when it has no rules.
            leftovers::remove(&run.aws, &run.names(), true, &run.progress).await?;
            remove_hub(run, hub, &mut report).await
        }
        _ => Exit::Done,
    };
    let text = match exit {
        Exit::Done => format!("Removed: {} of \"{}\".\n", what.words(), run.config.name),
        _ => String::new(),
    };
    run.output.result(&text, &report)?;
    Ok(exit)
}

fn preview(run: &Run, spokes: Option<&(Place<'_>, Observed)>, hub: &[Step]) -> String {
    let mut text = String::new();
    if let Some((_, observed)) = spokes {
        let watched = observed.instances.iter().filter(|(_, it)| it.is_current());
        let (accounts, regions) = spokes::instances::axes(watched.map(|(spot, _)| spot));
        text += &format!(
            "- stack-set {} with {} instances: {} accounts in {} regions stop being watched\n",
            run.names().stack_set(),
            observed.instances.len(),
            accounts.len(),
            regions.len()
        );
    }
    if hub.iter().any(|step| step.action.is_change()) {
        text += &report::steps(hub, run.output.verbose);
    }
    text
}

/// The StackSet, if there is one of ours.
async fn find_spokes(run: &Run) -> Result<Option<(Place<'_>, Observed)>> {
    let organization = organization::find(&run.aws).await?;
    let place = Place::of(&run.aws, &organization, run.config.spokes.call_as);
    place.check_access().await?;
    let name = run.names().stack_set();
    let observed = spokes::observe(&place, &name).await?;
    match &observed.stack_set {
        None => Ok(None),
        Some(found) if found.tags.get(DEPLOYMENT_TAG) == Some(&run.config.name) => {
            Ok(Some((place, observed)))
        }
        Some(_) => {
            run.progress.say(&format!(
                "The StackSet {name} is not ours (no tag {DEPLOYMENT_TAG}={}): left alone.",
                run.config.name
            ));
            Ok(None)
        }
    }
}

async fn find_hub(run: &Run) -> Result<HubPlan> {
    // What a resource holds does not matter to its removal, so the organization need not be known.
    let nodes = hub(&run.hub(String::new()));
    let observed = observe(&run.aws, &nodes).await?;
    let plan = plan_teardown(nodes, observed);
    for foreign in plan.foreign() {
        run.progress.say(&format!(
            "{foreign} is not ours (no tag {DEPLOYMENT_TAG}={}): left alone.",
            run.config.name
        ));
    }
    Ok(plan)
}

async fn remove_spokes(
    run: &Run,
    place: &Place<'_>,
    observed: &Observed,
    report: &mut Report,
) -> Result<()> {
    let name = run.names().stack_set();
    for change in plan_removal(observed).iter().flat_map(Change::calls) {
        let ended = carry_out(run, place, &name, &change).await?;
        let text = report::operation(&ended);
        let success = ended.is_success();
        report.operations.push(ended);
        if !success {
            bail!(
                "not every stack instance could be removed, so the StackSet and the hub stay:\n{text}"
            );
        }
    }
    StackSet::delete(place, &name)
        .await
        .with_context(|| format!("deleting the StackSet {name} in {}", run.aws.place()))?;
    run.progress
        .of(&format!("stack-set {name}"))
        .done("deleted");
    report.stack_set_removed = true;
    Ok(())
}

async fn remove_hub(run: &Run, hub: &HubPlan, report: &mut Report) -> Exit {
    let outcome = hub.apply(&run.aws, &run.progress).await;
    let Some(stop) = &outcome.stop else {
        return Exit::Done;
    };
    run.show(&report::ended_early(&outcome, stop, &report.hub));
    report.left = outcome
        .left
        .iter()
        .filter(|index| report.hub[**index].action.is_change())
        .map(|index| report.hub[*index].resource.clone())
        .collect();
    match stop {
        Stop::Failed(_) => Exit::Error,
        Stop::Interrupted => Exit::Interrupted,
    }
}
