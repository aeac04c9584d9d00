//! Deploying the spokes: carries out what the plan shows.

use super::change::{Change, ChangeKind};
use super::deployed::{Left, SpokesDeployed, SpokesPlanned};
use super::following::{Following, carry_out, follow_command, follow_one, wait_for_others};
use super::operation::{Ended, Failure};
use super::plan::REMADE;
use super::planning::{Switches, plan};
use super::preferences::Preferences;
use super::{Location, Place, again, management, regions, trusted_access};
use crate::apply::Unfinished;
use crate::aws::consistency::rest;
use crate::aws::error::is_stopped;
use crate::end::End;
use crate::findings::steps;
use crate::operator::{Question, View};
use crate::plan::Action;
use crate::saved::SavedPlan;
use crate::session::Session;
use anyhow::{Context, Result};
use std::collections::{BTreeMap, BTreeSet};

/// Brings the StackSet, its instances and the management account's own stacks to the configured state.
///
/// # Errors
/// As [`plan`], or when it is not confirmed. A call that fails after that is in the result, with what was done until then,
/// and so are accounts and regions in which an operation failed.
pub async fn deploy(
    session: &Session,
    switches: Switches,
    no_wait: bool,
) -> Result<SpokesDeployed> {
    deploy_as(session, switches, no_wait, None).await
}

/// The same, as a plan says that was made before.
///
/// # Errors
/// As [`deploy`], or when what that plan was made from, or what it changes, is otherwise now: before anything is asked.
pub async fn deploy_saved(
    session: &Session,
    switches: Switches,
    no_wait: bool,
    saved: &SavedPlan,
) -> Result<SpokesDeployed> {
    deploy_as(session, switches, no_wait, Some(saved)).await
}

async fn deploy_as(
    session: &Session,
    switches: Switches,
    no_wait: bool,
    saved: Option<&SavedPlan>,
) -> Result<SpokesDeployed> {
    let mut planned = plan(session, switches).await?;
    while !planned.plan.running.is_empty() {
        let (place, name) = (planned.place(&session.aws), planned.stack_set());
        wait_for_others(session, &place, name, &planned.plan.running, no_wait).await?;
        planned = plan(session, switches).await?;
    }
    if let Some(saved) = saved {
        saved.check(&planned.basis)?;
    }
    let mut done = SpokesDeployed::before(planned);
    if !done.planned.plan.is_change() {
        return Ok(done);
    }
    session.show(View::SpokesPlan {
        stack_set: done.planned.stack_set(),
        plan: &done.planned.plan,
    });
    confirm(session, &done.planned, switches).await?;
    let ended = apply(session, no_wait, &mut done).await;
    explain(session, &mut done).await;
    done.end = done.ended(ended.is_err());
    let Err(error) = ended else {
        return Ok(done);
    };
    if is_stopped(&error) {
        done.error = Some(error);
        return Ok(done);
    }
    // What was done, and which operations were begun, is in the result.
    let error = error.context("the rest was not done; run the same command again to continue");
    session.show(View::Spokes(&done));
    session.show(View::StepError(steps::SPOKES_FAILED, &error));
    done.end = End::of(&error);
    done.error = Some(error);
    Ok(done)
}

/// Accounts that stop being watched must be confirmed by their number.
async fn confirm(session: &Session, planned: &SpokesPlanned, switches: Switches) -> Result<()> {
    let stops = &planned.plan.stops;
    let question = match stops.count() {
        0 => Question::MakeChanges,
        _ => Question::StopWatching(stops),
    };
    let again = async || anyhow::Ok(plan(&session.unseen(), switches).await?.basis);
    session.confirm_plan(question, &planned.basis, again).await
}

async fn apply(session: &Session, no_wait: bool, done: &mut SpokesDeployed) -> Result<()> {
    done.left = Left::all(&done.planned.plan);
    if done.planned.plan.enable_trusted_access {
        trusted_access::enable(&session.aws).await?;
        let task = session.work.of("trusted access for StackSets");
        task.done("turned on");
    }
    let stacks = done.planned.plan.management.stacks();
    let account = &done.planned.wanted.management_account;
    let management = session.management(account).await?;
    let aws = management.as_ref().unwrap_or(&session.aws);
    let outcome = management::apply(aws, stacks, &session.work).await;
    done.left.stacks.clone_from(&outcome.left);
    let interrupted = matches!(outcome.unfinished, Some(Unfinished::Interrupted));
    done.management = Some(outcome);
    if interrupted {
        session.work.stop().check()?;
    }
    let place = done.planned.place(&session.aws);
    stack_set(session, &place, no_wait, done).await?;
    done.left.stack_set = false;
    let changes = done.planned.plan.changes.clone();
    carry_out_all(session, changes, no_wait, done).await?;
    try_again(session, no_wait, done).await
}

/// Tries what failed for a reason that passes a few times more.
async fn try_again(session: &Session, no_wait: bool, done: &mut SpokesDeployed) -> Result<()> {
    let mut first = 0;
    for pause in again::PAUSES {
        let failed = again::passing(&done.operations, first);
        let failed = still_wanted(session, done, failed).await;
        if failed.is_empty() || no_wait {
            break;
        }
        let work = session.work.of("stack instances that failed");
        work.waiting("AWS to allow another try", pause);
        rest(&work, pause).await?;
        work.end();
        first = done.operations.len();
        let changes = done
            .planned
            .wanted
            .of_accounts(ChangeKind::Update, again::AGAIN, &failed);
        carry_out_all(session, changes, no_wait, done).await?;
        let made = done.operations.iter_mut().take(first);
        for ended in made.filter(|ended| !again::is_deletion(ended)) {
            ended.leave_out(&failed, "TRIED_AGAIN");
        }
    }
    Ok(())
}

/// Those of some locations that a further try reaches, and that are not turned off.
async fn still_wanted(
    session: &Session,
    done: &SpokesDeployed,
    mut failed: BTreeSet<Location>,
) -> BTreeSet<Location> {
    let wanted = &done.planned.wanted;
    failed.retain(|it| wanted.is_wanted(it));
    let is_opt_in = |it: &&Location| regions::is_opt_in(&it.region, &done.planned.enabled);
    let suspects = failed.iter().filter(is_opt_in).cloned().collect();
    // What cannot be asked is tried.
    let off = regions::turned_off(&session.aws, suspects).await;
    failed.retain(|it| !off.as_ref().is_ok_and(|off| off.locations.contains(it)));
    failed
}

async fn carry_out_all(
    session: &Session,
    changes: Vec<Change>,
    no_wait: bool,
    done: &mut SpokesDeployed,
) -> Result<()> {
    let place = done.planned.place(&session.aws);
    let mut failed = BTreeSet::new();
    for change in changes {
        let possible = possible(session, &change, &failed);
        for call in possible.iter().flat_map(Change::calls) {
            let name = done.planned.stack_set();
            let ended = carry_out(session, &place, name, &call, no_wait).await;
            let ended = note(done, session, ended)?;
            if call.kind == ChangeKind::Delete {
                let location = |it: &Failure| Location::of(&it.account, &it.region);
                failed.extend(ended.failures.iter().map(location));
            }
        }
        done.left.changes.retain(|it| *it != change);
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
            let created = wanted.create(place, &work).await;
            created.with_context(|| doing("creating"))?;
            work.done("created");
        }
        Action::Update { .. } => {
            let preferences = Preferences::of(&session.settings.spokes.operations);
            let patience = (!no_wait).then_some(session.settings.timeout);
            let only = done.planned.only.as_ref();
            let update = wanted.update(place, only, &preferences, patience, &work);
            let id = update.await.with_context(|| doing("updating"))?;
            let ended = follow_one(session, place, &name, &id).await;
            note(done, session, ended)?;
        }
        Action::Keep | Action::Delete => {}
    }
    Ok(())
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
    // An error here must not hide how the operations ended.
    let off = match regions::turned_off(&session.aws, suspects).await {
        Ok(off) => off,
        Err(error) => regions::Off {
            denied: Some(error.to_string()),
            ..regions::Off::default()
        },
    };
    let notes = &done.planned.plan.notes;
    if let Some(unknown) = off.unknown().filter(|it| !notes.contains(it)) {
        session.work.message(&unknown);
    }
    for ended in &mut done.operations {
        ended.leave_out(&off.locations, "REGION_IS_OFF");
        for failure in &mut ended.failures {
            failure.name = names
                .get(failure.account.as_str())
                .map(|it| (*it).to_owned());
        }
    }
}

/// Keeps how an operation ended, or that it continues without us.
fn note<'a>(
    done: &'a mut SpokesDeployed,
    session: &Session,
    ended: Result<Ended>,
) -> Result<&'a Ended> {
    match ended {
        Ok(ended) => done.operations.push(ended),
        Err(error) => {
            done.detached = error.downcast_ref::<Following>().map(|it| it.0.clone());
            let (place, name) = (done.planned.place(&session.aws), done.planned.stack_set());
            let id = done.detached.as_ref();
            done.follow = id.map(|id| follow_command(session, &place, name, id));
            return Err(error);
        }
    }
    done.operations.last().context("no operation")
}
