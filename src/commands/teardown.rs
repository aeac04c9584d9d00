//! `rootwatch teardown`: removes what is ours, last made first, and nothing else.

use super::teardown_spokes::{self, Spokes};
use super::{Exit, Run, teardown_order};
use crate::apply::Stop;
use crate::canary::leftovers;
use crate::cli::{Teardown, TeardownArgs};
use crate::hub::desired::hub;
use crate::hub::{HubPlan, foreign, observe, plan_teardown};
use crate::interrupt;
use crate::names::DEPLOYMENT_TAG;
use crate::plan::{Counts, Step};
use crate::report;
use crate::spokes::operation::Ended;
use crate::spokes::reach::Stuck;
use anyhow::{Result, bail};
use serde::Serialize;

/// Versioned form of the JSON that `teardown` prints.
#[derive(Serialize)]
pub(super) struct Report {
    schema: &'static str,
    account: String,
    region: String,
    /// StackSet operations that removed instances.
    pub(super) operations: Vec<Ended>,
    pub(super) stack_set_removed: bool,
    /// An operation that goes on in AWS after Ctrl-C.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) detached: Option<String>,
    /// The management account's own stacks.
    pub(super) management: Vec<Step>,
    hub: Vec<Step>,
    /// What is ours and stays because somebody asked for that.
    kept: Vec<String>,
    /// Stacks that stay in accounts and regions out of reach, because somebody asked for that.
    pub(super) retained: Vec<Stuck>,
    /// What is ours and could not be removed.
    pub(super) left: Vec<String>,
}

/// Removes the hub, the spokes, or the spokes and then the hub.
pub(super) async fn teardown(run: &Run, args: &TeardownArgs) -> Result<Exit> {
    check_flags(args)?;
    let what = args.what;
    let spokes = match what {
        Teardown::Hub => None,
        Teardown::Spokes | Teardown::All => Some(teardown_spokes::find(run, args).await?),
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
    let stays = spokes.as_ref().map(Spokes::stays).unwrap_or_default();
    let question = format!("This stops the watch of \"{}\".{stays}", run.config.name);
    run.confirm(&question, &run.config.name).await?;
    if let Some(spokes) = &spokes {
        let ended = remove_spokes(run, spokes, to_delete > 0, &mut report).await;
        if let Some((exit, text)) = ended {
            run.output.result(&text, &report)?;
            return Ok(exit);
        }
    }
    let exit = match hub.as_ref().filter(|_| to_delete > 0) {
        Some(hub) => remove_hub(run, hub, &mut report).await?,
        None => Exit::Done,
    };
    let text = match exit {
        Exit::Done => done_text(run, to_delete > 0, spokes.as_ref(), &report),
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
    if args.retain_stacks && args.what == Teardown::Hub {
        bail!(
            "--retain-stacks goes with `teardown spokes` and `teardown all`: nothing was changed"
        );
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
            detached: None,
            management: Vec::new(),
            hub: hub.map(HubPlan::steps).unwrap_or_default(),
            kept,
            retained: Vec::new(),
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

fn done_text(run: &Run, hub: bool, spokes: Option<&Spokes<'_>>, report: &Report) -> String {
    let parts = [
        (spokes.is_some_and(|it| !it.is_nothing()), "the spokes"),
        (hub, "the hub in this account and region"),
    ];
    let parts = parts.iter().filter(|(is_removed, _)| *is_removed);
    let parts: Vec<&str> = parts.map(|(_, words)| *words).collect();
    let mut text = format!(
        "Removed: {} of \"{}\".\n",
        parts.join(", and "),
        run.config.name
    );
    text += &report::stuck::left_behind("Left behind", &report.retained);
    text += &report.kept_text();
    text += &spokes.map(Spokes::unread_text).unwrap_or_default();
    text + &spokes.map(Spokes::unseen_text).unwrap_or_default()
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
    text += &spokes.map(Spokes::warnings).unwrap_or_default();
    let unseen = spokes.map(Spokes::unseen_text).unwrap_or_default();
    text.extend(unseen.lines().map(|line| format!("! {line}\n")));
    for stack in spokes.into_iter().flat_map(|it| &it.stacks) {
        text += &format!("- {} of the management account\n", stack.step.resource);
    }
    text += &report.kept_text();
    if report.hub.iter().any(|step| step.action.is_change()) {
        text += &report::steps(&report.hub, run.output.verbose);
    }
    text
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

/// Removes the spokes; gives how it ended and what to say, when it did not come to its end.
async fn remove_spokes(
    run: &Run,
    spokes: &Spokes<'_>,
    hub_follows: bool,
    report: &mut Report,
) -> Option<(Exit, String)> {
    let removed = spokes.remove(run, report).await;
    let removed = removed.and_then(|()| match hub_follows {
        true => Ok(interrupt::check()?),
        false => Ok(()),
    });
    let error = removed.err()?;
    let text = match interrupt::is_cause(&error) {
        true => spokes.interrupted(run, &error, report),
        false => {
            run.show(&report::error(&error));
            String::new()
        }
    };
    spokes.note_left(run, report);
    let to_delete = report.hub.iter().filter(|step| step.action.is_change());
    let hub: Vec<String> = to_delete.map(|step| step.resource.clone()).collect();
    report.left.extend(hub);
    // The next run does not know them any more.
    let text = report::stuck::left_behind("Left behind", &report.retained) + &text;
    Some((Exit::of(&error), text))
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
