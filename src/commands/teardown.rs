//! `rootwatch teardown`: removes what is ours, last made first, and nothing else.

use super::deploy_spokes::{carry_out, wait_for_others};
use super::{Exit, Run, teardown_order};
use crate::apply::Stop;
use crate::canary::leftovers;
use crate::cli::{Teardown, TeardownArgs};
use crate::hub::desired::hub;
use crate::hub::{HubPlan, foreign, observe, plan_teardown};
use crate::names::DEPLOYMENT_TAG;
use crate::plan::{Counts, Step};
use crate::report;
use crate::spokes::change::Change;
use crate::spokes::management::{self, StackPlan, Unread};
use crate::spokes::operation::Ended;
use crate::spokes::plan::{plan_release, plan_removal};
use crate::spokes::preflight;
use crate::spokes::stack_set::StackSet;
use crate::spokes::{self, Observed, Place, organization};
use anyhow::{Context, Result, bail};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// Versioned form of the JSON that `teardown` prints.
#[derive(Serialize)]
struct Report {
    schema: &'static str,
    account: String,
    region: String,
    /// StackSet operations that removed instances.
    operations: Vec<Ended>,
    stack_set_removed: bool,
    /// The management account's own stacks.
    management: Vec<Step>,
    hub: Vec<Step>,
    /// What is ours and stays because somebody asked for that.
    kept: Vec<String>,
    /// What is ours and could not be removed.
    left: Vec<String>,
}

/// The spokes that are ours.
struct Spokes<'a> {
    place: Place<'a>,
    /// The StackSet, if there is one.
    observed: Option<Observed>,
    /// The management account's own stacks, when these credentials are its own.
    stacks: Vec<StackPlan>,
    /// Regions in which these credentials may not look for such stacks.
    unread: Unread,
    /// The management account, when they are not.
    elsewhere: Option<String>,
}

/// Removes the hub, the spokes, or the spokes and then the hub.
pub(super) async fn teardown(run: &Run, args: &TeardownArgs) -> Result<Exit> {
    check_flags(args)?;
    let (what, no_wait) = (args.what, args.no_wait);
    let spokes = match what {
        Teardown::Hub => None,
        Teardown::Spokes | Teardown::All => Some(find_spokes(run, no_wait).await?),
    };
    let mut hub = match what {
        Teardown::Spokes => None,
        Teardown::Hub | Teardown::All => Some(find_hub(run).await?),
    };
    let keep_logs = |hub: &mut HubPlan| hub.keep_logs();
    let kept = hub.as_mut().filter(|_| args.keep_logs).map(keep_logs);
    let kept = kept.unwrap_or_default();
    let mut report = Report::before(run, spokes.as_ref(), hub.as_ref(), kept);
    let to_delete = Counts::of(report.hub.iter().map(|step| &step.action)).delete;
    if spokes.as_ref().is_none_or(Spokes::is_nothing) && to_delete == 0 {
        run.output
            .result(&nothing_text(spokes.as_ref(), &report), &report)?;
        return Ok(Exit::Done);
    }
    let warning = match what {
        Teardown::Hub => teardown_order::check(run, args.abandon_spokes).await?,
        _ => String::new(),
    };
    run.show(&(warning + &preview(run, spokes.as_ref(), &report)));
    let question = format!("This stops the watch of \"{}\".", run.config.name);
    run.confirm(&question, &run.config.name).await?;
    if let Some(spokes) = &spokes {
        remove_spokes(run, spokes, no_wait, &mut report).await?;
    }
    let exit = match hub.as_ref().filter(|_| to_delete > 0) {
        Some(hub) => remove_hub(run, hub, &mut report).await?,
        None => Exit::Done,
    };
    let text = match exit {
        Exit::Done => done_text(run, what, spokes.as_ref(), &report),
        _ => String::new(),
    };
    run.output.result(&text, &report)?;
    Ok(exit)
}

/// A flag that would do nothing is a mistake worth telling.
fn check_flags(args: &TeardownArgs) -> Result<()> {
    if args.abandon_spokes && args.what != Teardown::Hub {
        bail!("--abandon-spokes goes with `teardown hub` only: nothing was changed");
    }
    if args.keep_logs && args.what == Teardown::Spokes {
        bail!("--keep-logs goes with `teardown hub` and `teardown all`: nothing was changed");
    }
    Ok(())
}

fn nothing_text(spokes: Option<&Spokes<'_>>, report: &Report) -> String {
    let unread = spokes.map(Spokes::unread_text).unwrap_or_default();
    let kept = report.kept_text();
    format!("There is nothing of ours to remove.\n{kept}{unread}")
}

impl Report {
    /// Of a run that has removed nothing yet.
    fn before(
        run: &Run,
        spokes: Option<&Spokes<'_>>,
        hub: Option<&HubPlan>,
        kept: Vec<String>,
    ) -> Self {
        Self {
            schema: "rootwatch.teardown/1",
            account: run.aws.account.clone(),
            region: run.aws.region.clone(),
            operations: Vec::new(),
            stack_set_removed: false,
            management: Vec::new(),
            hub: hub.map(HubPlan::steps).unwrap_or_default(),
            kept,
            left: spokes
                .into_iter()
                .flat_map(|it| it.may_be_left(run))
                .collect(),
        }
    }

    fn kept_text(&self) -> String {
        let line = |it: &String| format!("= {it} is kept (--keep-logs)\n");
        self.kept.iter().map(line).collect()
    }
}

fn done_text(run: &Run, what: Teardown, spokes: Option<&Spokes<'_>>, report: &Report) -> String {
    let mut text = format!("Removed: {} of \"{}\".\n", what.words(), run.config.name);
    text += &report.kept_text();
    text += &spokes.map(Spokes::unread_text).unwrap_or_default();
    if let Some(management) = spokes.and_then(|it| it.elsewhere.as_ref()) {
        text += &format!(
            "If the management account {management} has stacks of its own, `rootwatch teardown spokes` with its credentials removes them.\n"
        );
    }
    text
}

impl Spokes<'_> {
    fn is_nothing(&self) -> bool {
        self.observed.is_none() && self.stacks.is_empty()
    }

    /// Stacks that may be there, where nobody can look.
    fn may_be_left(&self, run: &Run) -> Vec<String> {
        let name = run.names().stack_set();
        let words = |(region, why): (&String, &String)| {
            format!("stack {name} in {region} of the management account, if there is one: {why}")
        };
        self.unread.iter().map(words).collect()
    }

    fn unread_text(&self) -> String {
        if self.unread.is_empty() {
            return String::new();
        }
        format!(
            "The management account may still have spokes: {}. `rootwatch teardown spokes` with credentials that may removes them.\n",
            management::unread_words(&self.unread)
        )
    }
}

fn preview(run: &Run, spokes: Option<&Spokes<'_>>, report: &Report) -> String {
    let mut text = String::new();
    if let Some(observed) = spokes.and_then(|it| it.observed.as_ref()) {
        text += &format!(
            "- stack-set {} with {}: no longer watched are {} in {}\n",
            run.names().stack_set(),
            report::count(observed.instances.len(), "stack instance"),
            report::count(observed.instances.active_accounts().len(), "account"),
            report::count(observed.instances.regions().count(), "region")
        );
    }
    for stack in spokes.into_iter().flat_map(|it| &it.stacks) {
        text += &format!("- {} of the management account\n", stack.step.resource);
    }
    text += &report.kept_text();
    if report.hub.iter().any(|step| step.action.is_change()) {
        text += &report::steps(&report.hub, run.output.verbose);
    }
    text
}

/// The StackSet and the management account's own stacks, as far as they are ours.
async fn find_spokes(run: &Run, no_wait: bool) -> Result<Spokes<'_>> {
    let organization = organization::find(&run.aws).await?;
    let place = Place::of(&run.aws, &organization, run.config.spokes.call_as);
    preflight::access(&place, &organization)
        .await
        .context("the spokes cannot be removed yet, and nothing was changed")?;
    let name = run.names().stack_set();
    let mut observed = spokes::observe(&place, &name, &BTreeSet::new()).await?;
    while !observed.running.is_empty() {
        wait_for_others(run, &place, &name, &observed.running, no_wait).await?;
        observed = spokes::observe(&place, &name, &BTreeSet::new()).await?;
    }
    let is_here = run.aws.account == organization.management_account;
    let (stacks, unread) = match is_here {
        true => own_stacks(run, &name).await?,
        false => (Vec::new(), Unread::new()),
    };
    Ok(Spokes {
        observed: ours(run, &name, observed),
        stacks,
        unread,
        elsewhere: (!is_here).then_some(organization.management_account),
        place,
    })
}

fn ours(run: &Run, name: &str, observed: Observed) -> Option<Observed> {
    let found = observed.stack_set.as_ref()?;
    if found.tags.get(DEPLOYMENT_TAG) == Some(&run.config.name) {
        return Some(observed);
    }
    run.progress.say(&format!(
        "The StackSet {name} is not ours (no tag {DEPLOYMENT_TAG}={}): left alone.",
        run.config.name
    ));
    None
}

async fn own_stacks(run: &Run, name: &str) -> Result<(Vec<StackPlan>, Unread)> {
    let enabled = organization::enabled_regions(&run.aws).await?;
    let everywhere = enabled.into_iter().map(|region| region.name).collect();
    let found = management::observe(&run.aws, name, &everywhere, &BTreeSet::new()).await?;
    let plans = management::plan(&BTreeMap::new(), found.stacks, &run.config.name);
    Ok((plans, found.unread))
}

async fn find_hub(run: &Run) -> Result<HubPlan> {
    // What a resource holds does not matter to its removal, so the organization need not be known.
    let nodes = hub(&run.hub(String::new()));
    let observed = observe(&run.aws, &nodes).await?;
    let plan = plan_teardown(nodes, observed);
    for theirs in plan.foreign() {
        run.progress.say(&format!(
            "{theirs} is not ours (no tag {DEPLOYMENT_TAG}={}): left alone.",
            run.config.name
        ));
    }
    foreign::check(&run.aws, &run.names(), &plan).await?;
    Ok(plan)
}

async fn remove_spokes(
    run: &Run,
    spokes: &Spokes<'_>,
    no_wait: bool,
    report: &mut Report,
) -> Result<()> {
    remove_stacks(run, &spokes.stacks, report).await?;
    let Some(observed) = &spokes.observed else {
        return Ok(());
    };
    let (place, name) = (&spokes.place, run.names().stack_set());
    remove_instances(run, place, &plan_removal(observed), no_wait, report).await?;
    let left = spokes::observe(place, &name, &BTreeSet::new()).await?;
    remove_instances(run, place, &plan_release(&left), no_wait, report).await?;
    StackSet::delete(place, &name)
        .await
        .with_context(|| format!("deleting the StackSet {name} in {}", run.aws.place()))?;
    run.progress
        .of(&format!("stack-set {name}"))
        .done("deleted");
    report.stack_set_removed = true;
    Ok(())
}

async fn remove_instances(
    run: &Run,
    place: &Place<'_>,
    changes: &[Change],
    no_wait: bool,
    report: &mut Report,
) -> Result<()> {
    let name = run.names().stack_set();
    for change in changes.iter().flat_map(Change::calls) {
        let ended = carry_out(run, place, &name, &change, no_wait).await?;
        let text = report::spokes::operation(&ended);
        let success = ended.is_success();
        report.operations.push(ended);
        if !success {
            bail!(
                "not every stack instance could be removed, so the StackSet and the hub stay:\n{text}"
            );
        }
    }
    Ok(())
}

async fn remove_stacks(run: &Run, stacks: &[StackPlan], report: &mut Report) -> Result<()> {
    let outcome = management::apply(&run.aws, stacks, &run.progress).await;
    let step = |index: &usize| stacks[*index].step.clone();
    report.management = outcome.done.iter().map(step).collect();
    match outcome.stop {
        None => Ok(()),
        Some(Stop::Interrupted) => Ok(crate::interrupt::check()?),
        Some(Stop::Failed(failed)) => {
            let errors: String = failed.iter().map(|(_, it)| report::error(it)).collect();
            bail!(
                "not every stack of the management account could be removed, so the rest stays:\n{errors}"
            )
        }
    }
}

async fn remove_hub(run: &Run, hub: &HubPlan, report: &mut Report) -> Result<Exit> {
    // A bus goes only when it has no rules.
    leftovers::remove(&run.aws, &run.names(), true, &run.progress).await?;
    let outcome = hub.apply(&run.aws, &run.progress).await;
    let Some(stop) = &outcome.stop else {
        return Ok(Exit::Done);
    };
    run.show(&report::ended_early(&outcome, stop, &report.hub));
    let left = outcome.left.iter().map(|index| &report.hub[*index]);
    let left = left.filter(|step| step.action.is_change());
    report.left.extend(left.map(|step| step.resource.clone()));
    Ok(match stop {
        Stop::Failed(_) => Exit::Error,
        Stop::Interrupted => Exit::Interrupted,
    })
}
