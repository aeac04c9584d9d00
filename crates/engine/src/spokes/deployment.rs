//! Deploying the spokes: carries out what the plan shows.

use super::change::{Change, ChangeKind};
use super::following::{Following, carry_out, follow_command, follow_one, wait_for_others};
use super::operation::{Ended, Failure, Preferences};
use super::plan::REMADE;
use super::planning::{Report, SpokesPlanned, Switches, plan};
use super::{Location, Place, management, preflight, regions};
use crate::apply::{Outcome, Unfinished};
use crate::aws::error::is_stopped;
use crate::end::End;
use crate::operator::{Question, View};
use crate::plan::{Action, Step};
use crate::session::Session;
use anyhow::{Context, Error, Result};
use std::collections::{BTreeMap, BTreeSet};

/// The result of `deploy spokes`.
pub struct SpokesDeployed {
    /// How it ended.
    pub end: End,
    /// The plan that was carried out.
    pub planned: SpokesPlanned,
    /// Operations that ended, each with what failed in it.
    pub operations: Vec<Ended>,
    /// An operation that continues in AWS after an interruption.
    pub detached: Option<String>,
    management: Option<Outcome>,
    follow: Option<String>,
}

/// Brings the StackSet, its instances and the management account's own stacks to the configured state.
///
/// # Errors
/// As [`plan`], when it is not confirmed, or when a call fails; what was done until then has been shown. Accounts and
/// regions in which an operation failed are in the result.
pub async fn deploy(
    session: &Session,
    switches: Switches,
    no_wait: bool,
) -> Result<SpokesDeployed> {
    let mut planned = plan(session, switches).await?;
    while !planned.plan.running.is_empty() {
        let (place, name) = (planned.place(session), planned.stack_set());
        wait_for_others(session, &place, name, &planned.plan.running, no_wait).await?;
        planned = plan(session, switches).await?;
    }
    let mut done = SpokesDeployed::before(planned);
    if !done.planned.plan.is_change() {
        return Ok(done);
    }
    session.show(View::SpokesPlan {
        stack_set: done.planned.stack_set(),
        plan: &done.planned.plan,
    });
    confirm(session, &done.planned).await?;
    let ended = apply(session, no_wait, &mut done).await;
    explain(session, &mut done).await;
    match ended {
        Err(error) if !is_stopped(&error) => {
            session.show(View::Spokes(&done));
            Err(error.context("the rest was not done; run the same command again to continue"))
        }
        ended => {
            done.end = done.ended(ended.is_err());
            Ok(done)
        }
    }
}

/// Accounts that stop being watched must be confirmed by their number.
async fn confirm(session: &Session, planned: &SpokesPlanned) -> Result<()> {
    let stops = &planned.plan.stops;
    let question = match stops.count() {
        0 => Question::MakeChanges,
        _ => Question::StopWatching(stops),
    };
    session.confirm(question).await
}

async fn apply(session: &Session, no_wait: bool, done: &mut SpokesDeployed) -> Result<()> {
    if done.planned.plan.enable_trusted_access {
        preflight::enable_trusted_access(&session.aws).await?;
        let task = session.work.of("trusted access for StackSets");
        task.done("turned on");
    }
    let stacks = done.planned.plan.management.stacks();
    let outcome = management::apply(&session.aws, stacks, &session.work).await;
    let interrupted = matches!(outcome.unfinished, Some(Unfinished::Interrupted));
    done.management = Some(outcome);
    if interrupted {
        session.work.stop().check()?;
    }
    let place = done.planned.place(session);
    stack_set(session, &place, no_wait, done).await?;
    let mut failed = BTreeSet::new();
    for change in done.planned.plan.changes.clone() {
        let possible = possible(session, &change, &failed);
        for call in possible.iter().flat_map(Change::calls) {
            let name = done.planned.stack_set();
            let ended = carry_out(session, &place, name, &call, no_wait).await;
            let ended = done.note(session, ended)?;
            if call.kind == ChangeKind::Delete {
                let location = |it: &Failure| Location::of(&it.account, &it.region);
                failed.extend(ended.failures.iter().map(location));
            }
        }
    }
    Ok(())
}

/// What could not be removed cannot be created again: leaves that out, and says so.
fn possible(session: &Session, change: &Change, failed: &BTreeSet<Location>) -> Vec<Change> {
    let remade = change.why == REMADE && change.kind == ChangeKind::Create;
    let skipped: Vec<&Location> = failed
        .iter()
        .filter(|location| remade && change.names(location))
        .collect();
    if skipped.is_empty() {
        return vec![change.clone()];
    }
    let locations: Vec<String> = skipped
        .iter()
        .map(|location| format!("account {} in {}", location.account, location.region))
        .collect();
    session.work.message(&format!(
        "Not created again, since it could not be removed: {}.",
        locations.join(", ")
    ));
    change.clone().without(failed)
}

async fn stack_set(
    session: &Session,
    place: &Place<'_>,
    no_wait: bool,
    done: &mut SpokesDeployed,
) -> Result<()> {
    let wanted = &done.planned.wanted.stack_set;
    let name = wanted.name.clone();
    let work = session.work.of(&format!("stack-set {name}"));
    let doing = |verb: &str| format!("{verb} the StackSet {name} in {}", session.aws.place());
    match done.planned.plan.stack_set {
        Action::Create { .. } => {
            let created = wanted.create(place).await;
            created.with_context(|| doing("creating"))?;
            work.done("created");
        }
        Action::Update { .. } => {
            let preferences = Preferences::of(&session.settings.spokes.operations);
            let update = wanted.update(place, &preferences, no_wait, &work);
            let id = update.await.with_context(|| doing("updating"))?;
            let ended = follow_one(session, place, &name, &id).await;
            done.note(session, ended)?;
        }
        Action::Keep | Action::Delete => {}
    }
    Ok(())
}

impl SpokesPlanned {
    /// Where its calls go.
    pub(crate) fn place<'a>(&self, session: &'a Session) -> Place<'a> {
        Place {
            aws: &session.aws,
            call_as: self.call_as.clone(),
        }
    }
}

impl SpokesDeployed {
    fn before(planned: SpokesPlanned) -> Self {
        Self {
            end: End::Done,
            planned,
            operations: Vec::new(),
            detached: None,
            management: None,
            follow: None,
        }
    }

    /// Keeps how an operation ended, or that it continues without us.
    fn note(&mut self, session: &Session, ended: Result<Ended>) -> Result<&Ended> {
        match ended {
            Ok(ended) => self.operations.push(ended),
            Err(error) => {
                self.detached = error.downcast_ref::<Following>().map(|it| it.0.clone());
                let (place, name) = (self.planned.place(session), self.planned.stack_set());
                let id = self.detached.as_ref();
                self.follow = id.map(|id| follow_command(session, &place, name, id));
                return Err(error);
            }
        }
        self.operations.last().context("no operation")
    }

    /// The management account's stacks that were changed, in the order of the plan.
    #[must_use]
    pub fn stacks(&self) -> Vec<&Step> {
        let done = self.management.iter().flat_map(|it| &it.done);
        let done: BTreeSet<&String> = done.collect();
        let stacks = self.planned.plan.management.stacks().iter();
        let steps = stacks.map(|stack| &stack.step);
        steps.filter(|step| done.contains(&step.resource)).collect()
    }

    /// The management account's stacks that failed, by name.
    #[must_use]
    pub fn failed(&self) -> &[(String, Error)] {
        match self
            .management
            .as_ref()
            .and_then(|it| it.unfinished.as_ref())
        {
            Some(Unfinished::Failed(failed)) => failed,
            _ => &[],
        }
    }

    /// The operation that continues in AWS, and the command that shows it.
    #[must_use]
    pub fn detached(&self) -> Option<(&str, &str)> {
        self.detached.as_deref().zip(self.follow.as_deref())
    }

    /// For programs.
    #[must_use]
    pub fn report(&self) -> Report<'_> {
        let schema = "rootwatch.deploy-spokes/1";
        let detached = self.detached.as_deref();
        self.planned.report_with(schema, &self.operations, detached)
    }

    fn ended(&self, interrupted: bool) -> End {
        if interrupted {
            End::Interrupted
        } else if self.failed().is_empty() && self.operations.iter().all(Ended::is_success) {
            End::Done
        } else {
            End::Failed
        }
    }
}

/// Gives each failure the account's name, and takes out what failed only because the region is off there.
async fn explain(session: &Session, done: &mut SpokesDeployed) {
    let accounts = done
        .planned
        .wanted
        .units
        .values()
        .flat_map(|tree| &tree.accounts);
    let names: BTreeMap<&str, &str> = accounts
        .map(|account| (account.id.as_str(), account.name.as_str()))
        .collect();
    let suspects: BTreeSet<Location> = done
        .operations
        .iter()
        .flat_map(|ended| &ended.failures)
        .filter(|failure| regions::is_opt_in(&failure.region, &done.planned.enabled))
        .map(|failure| Location::of(&failure.account, &failure.region))
        .collect();
    let off = regions::turned_off(&session.aws, suspects).await;
    for ended in &mut done.operations {
        ended.leave_out(&off, "REGION_IS_OFF");
        for failure in &mut ended.failures {
            failure.name = names
                .get(failure.account.as_str())
                .map(|it| (*it).to_owned());
        }
    }
}
