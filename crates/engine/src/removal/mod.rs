//! Removal: what carries the deployment's tag, in reverse order of creation, and nothing else.

pub(crate) mod beside;
mod order;
pub(crate) mod report;
mod spokes;
pub(crate) mod stack_set;

use crate::aws::error::is_stopped;
use crate::canary::leftovers;
use crate::elsewhere::{self, Denied};
use crate::end::End;
use crate::failure::Failure;
use crate::findings::steps;
use crate::guardrail;
use crate::hub::desired::{Wanted, hub};
use crate::hub::foreign;
use crate::hub::former_roles::{former_roles, remove_former};
use crate::hub::plan::{HubPlan, plan_teardown};
use crate::memory::{self, Recalled};
use crate::names::DEPLOYMENT_TAG;
use crate::operator::{Question, View};
use crate::plan::Counts;
use crate::saved::Basis;
use crate::session::Session;
use crate::settings::SelfCheck;
use anyhow::{Result, anyhow};
pub use report::{InstanceCounts, Preview, Report, Spokes};

/// What to remove.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The hub's resources in this account and region.
    Hub,
    /// The StackSet and all its instances.
    Spokes,
    /// The spokes, then the hub.
    All,
}

/// How to remove it.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// What to remove.
    pub part: Part,
    /// Whether to remove the hub although spokes still forward to it.
    pub abandon_spokes: bool,
    /// Whether stacks that StackSets cannot reach may stay.
    pub retain_stacks: bool,
    /// Whether the notifier's log group stays.
    pub keep_logs: bool,
    /// Whether to fail instead of waiting when another operation of the StackSet is under way.
    pub no_wait: bool,
}

/// The result of `teardown`.
pub struct Removed<'a> {
    /// How it ended.
    pub end: End,
    /// Whether there was anything to remove.
    pub is_nothing: bool,
    /// Whether the hub was among it.
    pub with_hub: bool,
    /// Account and region of the hub, where that is not in the place of this run.
    pub hub_elsewhere: Option<String>,
    /// The spokes, where they were to be removed.
    pub spokes: Option<Spokes<'a>>,
    /// Whether it ended before the hub was begun.
    pub is_before_hub: bool,
    /// The command that follows the operation that continues in AWS after an interruption.
    pub follow: Option<String>,
    /// For programs.
    pub report: Report,
}

/// Removes the hub, the spokes, or the spokes and then the hub.
///
/// # Errors
/// When something cannot be read, others use what would be removed, or it is not confirmed. What fails while it is
/// removed is in the result, after it was shown.
pub async fn teardown(session: &Session, options: Options) -> Result<Removed<'_>> {
    let mut spokes = match options.part {
        Part::Hub => None,
        Part::Spokes | Part::All => Some(spokes::find(session, options).await?),
    };
    let at_hub = at_hub(session, options.part, spokes.as_mut()).await?;
    let mut hub = match options.part {
        Part::Spokes => None,
        Part::Hub | Part::All => Some(find_hub(&at_hub).await?),
    };
    let kept = hub.as_mut().filter(|_| options.keep_logs);
    let kept = kept.map(HubPlan::keep_logs).unwrap_or_default();
    let mut report = Report::before(&session.names(), spokes.as_ref(), hub.as_ref(), kept);
    if options.part != Part::Hub {
        report.guardrail = guardrail::left(session).await;
    }
    let with_hub = Counts::of(report.hub.iter().map(|step| &step.action)).delete > 0;
    let mut removed = Removed {
        end: End::Done,
        is_nothing: !with_hub && spokes.as_ref().is_none_or(Spokes::is_nothing),
        with_hub,
        hub_elsewhere: at_hub.elsewhere(session),
        spokes,
        is_before_hub: false,
        follow: None,
        report,
    };
    if removed.is_nothing {
        let beside = beside::find(&at_hub).await?;
        removed.report.beside = beside.found;
        for why in beside.denied {
            session.work.message(&format!(
                "Could not determine everything that may be beside it: {why}."
            ));
        }
        if !removed.report.beside.is_empty() {
            removed.end = End::Failed;
            let elsewhere = removed.report.beside.join("; ");
            removed.report.error = Some(Failure::of(&anyhow!(elsewhere)));
        }
        return Ok(removed);
    }
    ask(session, &at_hub, options, &removed, hub.as_ref()).await?;
    removed.carry_out(session, &at_hub, hub.as_ref()).await;
    Ok(removed)
}

/// This run where the hub is: elsewhere, if the hub is to be removed and the settings give credentials for its account.
async fn at_hub(session: &Session, part: Part, spokes: Option<&mut Spokes<'_>>) -> Result<Session> {
    let (aws, names) = (&session.aws, session.names());
    let here = session.clone();
    let is_wanted = part != Part::Spokes && session.settings.hub.access.is_some();
    if !is_wanted || elsewhere::has_bus(aws, &names, &Denied::default()).await? {
        return Ok(here);
    }
    let by_set = spokes.as_ref().and_then(|it| it.other_hub.clone());
    let call_as = session.settings.spokes.call_as;
    let hub = match by_set {
        Some(hub) => Some(hub),
        None => elsewhere::find(aws, &names, call_as, &Denied::default())
            .await?
            .map(|it| it.hub),
    };
    let Some(hub) = hub else { return Ok(here) };
    let there = session.at_hub(&hub).await?;
    if let (Some(_), Some(spokes)) = (&there, spokes) {
        spokes.other_hub = None;
    }
    Ok(there.unwrap_or(here))
}

/// Shows what is removed, and asks.
async fn ask(
    session: &Session,
    at_hub: &Session,
    options: Options,
    removed: &Removed<'_>,
    hub: Option<&HubPlan>,
) -> Result<()> {
    let warnings = match options.part {
        Part::Hub => order::check(at_hub, options.abandon_spokes).await?,
        Part::Spokes | Part::All => Vec::new(),
    };
    let spokes = removed.spokes.as_ref();
    session.show(View::Removal(&Preview {
        stack_set: session.names().stack_set(),
        spokes,
        warnings,
        report: &removed.report,
    }));
    let question = Question::Teardown {
        deployment: &session.settings.name,
        stacks_left: spokes.map_or(0, |it| it.retained().len()),
    };
    let basis = basis(session, spokes, hub);
    let again = async || {
        let (session, at_hub) = (session.unseen(), at_hub.unseen());
        let spokes = match spokes {
            Some(_) => Some(spokes::find(&session, options).await?),
            None => None,
        };
        let hub = match hub {
            Some(_) => Some(find_hub(&at_hub).await?),
            None => None,
        };
        anyhow::Ok(self::basis(&session, spokes.as_ref(), hub.as_ref()))
    };
    session.confirm_plan(question, &basis, again).await
}

/// What a removal rests on: what is there of the spokes and of the hub.
fn basis(session: &Session, spokes: Option<&Spokes<'_>>, hub: Option<&HubPlan>) -> Basis {
    let name = session.names().stack_set();
    let mut world = hub.map(HubPlan::basis).unwrap_or_default().world;
    if let Some(spokes) = spokes {
        world.extend(spokes.world(&name));
    }
    Basis {
        world,
        ..Basis::default()
    }
}

impl Removed<'_> {
    /// The spokes, then the hub; ends early with what is left.
    async fn carry_out(&mut self, session: &Session, at_hub: &Session, hub: Option<&HubPlan>) {
        self.remove_spokes(session).await;
        if let Some(hub) = hub.filter(|_| self.with_hub && self.end == End::Done) {
            self.remove_hub(at_hub, hub).await;
        }
    }

    async fn remove_spokes(&mut self, session: &Session) {
        let Some(spokes) = &self.spokes else { return };
        let report = &mut self.report;
        let removed = spokes.remove(session, report).await;
        let removed = removed.and_then(|()| match self.with_hub {
            true => Ok(session.work.stop().check()?),
            false => Ok(()),
        });
        let Err(error) = removed else { return };
        self.follow = spokes.detached(session, &error, report);
        report.error = Some(match is_stopped(&error) {
            true => Failure::of(&error),
            false => {
                session.show(View::StepError(steps::REMOVAL_FAILED, &error));
                Failure::of_step(steps::REMOVAL_FAILED, &error)
            }
        });
        spokes.note_left(session, report);
        self.end = End::of(&error);
        self.is_before_hub = true;
        self.leave_hub();
    }

    /// Notes all of the hub as left.
    fn leave_hub(&mut self) {
        let to_delete = self.report.hub.iter().filter(|it| it.action.is_change());
        let hub: Vec<String> = to_delete.map(|it| it.resource.clone()).collect();
        self.report.left.extend(hub);
    }

    async fn remove_hub(&mut self, session: &Session, hub: &HubPlan) {
        // A bus can be deleted only when it has no rules.
        let names = session.names();
        let removed = leftovers::remove(&session.aws, &names, true, &session.work).await;
        if let Err(error) = removed {
            session.show(View::StepError(steps::REMOVAL_FAILED, &error));
            self.end = End::of(&error);
            self.report.error = Some(Failure::of_step(steps::REMOVAL_FAILED, &error));
            self.leave_hub();
            return;
        }
        let outcome = hub.apply(&session.aws, &session.work).await;
        if let Some(unfinished) = &outcome.unfinished {
            session.show(View::Unfinished(&outcome));
            self.end = End::from(unfinished);
            self.report.failed = outcome.failed();
            self.report.error = outcome.error();
            self.report.left.extend(outcome.left);
            return;
        }
        self.see_gone(session, hub).await;
    }

    /// A removal is believed when it was seen.
    async fn see_gone(&mut self, session: &Session, hub: &HubPlan) {
        let at_most = session.settings.timeout;
        let seen = hub.see_gone(&session.aws, &session.work, at_most).await;
        let Err(still) = seen else { return };
        self.end = End::of(&still.error);
        self.report.left.extend(still.left);
        self.report.error = Some(match is_stopped(&still.error) {
            true => {
                session.work.message(
                    "Interrupted: AWS accepted the removal of all of it, and whether it is gone was not seen.",
                );
                Failure::of(&still.error)
            }
            false => {
                session.show(View::StepError(steps::STILL_SHOWN, &still.error));
                Failure::of_step(steps::STILL_SHOWN, &still.error)
            }
        });
    }
}

async fn find_hub(session: &Session) -> Result<HubPlan> {
    // What a resource holds does not matter to its removal, so the organization need not be known.
    let Recalled { session, found, .. } = &memory::recall(session).await?;
    // Something of the self-check may be there where it is off: a run that was to remove it may have ended early.
    let nodes = hub(&Wanted {
        self_check: SelfCheck::default(),
        ..session.hub(String::new())
    });
    let found = found.clone();
    let former = former_roles(session, &nodes, &found).await?;
    let mut plan = plan_teardown(nodes, found);
    remove_former(session, former, &mut plan);
    for theirs in plan.foreign() {
        session.work.message(&format!(
            "{theirs} is not rootwatch's (no tag {DEPLOYMENT_TAG}={}): left alone.",
            session.settings.name
        ));
    }
    foreign::check(&session.aws, &session.names(), &plan).await?;
    Ok(plan)
}
