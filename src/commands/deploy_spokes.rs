//! `rootwatch deploy spokes`: carries out what `plan spokes` shows.

use super::plan_spokes::{Made, Switches, make};
use super::{Closing, Exit, Run};
use crate::apply::{Outcome, Stop};
use crate::interrupt;
use crate::plan::{Action, Step};
use crate::report;
use crate::spokes::change::{Change, ChangeKind};
use crate::spokes::operation::{Ended, Failure, Preferences, Running, follow, list};
use crate::spokes::plan::REMADE;
use crate::spokes::{Place, Spot, management, preflight, regions};
use anyhow::{Context, Error, Result, bail};
use std::collections::{BTreeMap, BTreeSet};

const SCHEMA: &str = "rootwatch.deploy-spokes/1";

/// What a run came to.
#[derive(Default)]
struct Done {
    management: Option<Outcome>,
    operations: Vec<Ended>,
    /// An operation that goes on in AWS after Ctrl-C.
    detached: Option<String>,
}

/// Makes the StackSet, its instances and the management account's own stacks as wanted.
pub(super) async fn deploy(run: &Run, switches: Switches, no_wait: bool) -> Result<Exit> {
    bring(run, switches, no_wait).await?.print(run)
}

/// The same, with the result not yet printed.
pub(super) async fn bring(run: &Run, switches: Switches, no_wait: bool) -> Result<Closing> {
    let mut made = make(run, switches).await?;
    while !made.plan.running.is_empty() {
        let name = &made.wanted.stack_set.name;
        wait_for_others(run, &made.place, name, &made.plan.running, no_wait).await?;
        made = make(run, switches).await?;
    }
    let text = made.text(run);
    if !made.plan.is_change() {
        return Closing::of(Exit::Done, text, &made.report(SCHEMA, run, &[], None));
    }
    run.show(&text);
    confirm(run, &made).await?;
    let mut done = Done::default();
    let ended = apply(run, &made, no_wait, &mut done).await;
    explain(run, &made, &mut done).await;
    let text = done.text(&made, run);
    let detached = done.detached.as_deref();
    let report = made.report(SCHEMA, run, &done.operations, detached);
    match ended {
        Err(error) if !interrupt::is_cause(&error) => {
            run.show(&text);
            Err(error.context("the rest was not done; the same command again goes on"))
        }
        _ => Closing::of(done.exit(ended.is_err()), text, &report),
    }
}

/// Somebody who is left unwatched is worth typing a number for.
async fn confirm(run: &Run, made: &Made<'_>) -> Result<()> {
    match made.plan.stops.count() {
        0 => run.confirm("Make these changes?", "yes").await,
        count => {
            let question = format!("{}.", report::spokes::stops(&made.plan.stops));
            run.confirm(&question, &count.to_string()).await
        }
    }
}

/// Follows operations that somebody else has begun, or this command before it was interrupted, to their end.
pub(super) async fn wait_for_others(
    run: &Run,
    place: &Place<'_>,
    name: &str,
    others: &[Running],
    no_wait: bool,
) -> Result<()> {
    for operation in others {
        let words = report::spokes::running(operation);
        if no_wait {
            bail!(
                "the StackSet {name} is busy, and --no-wait was given: {words}. To follow it: {}",
                follow_command(run, place, name, &operation.operation_id)
            );
        }
        run.progress.say(&format!(
            "The StackSet {name} is busy: {words}. Waiting for it."
        ));
        follow_one(run, place, name, &operation.operation_id).await?;
    }
    Ok(())
}

async fn apply(run: &Run, made: &Made<'_>, no_wait: bool, done: &mut Done) -> Result<()> {
    if made.plan.enable_trusted_access {
        preflight::enable_trusted_access(&run.aws).await?;
        run.progress
            .of("trusted access for StackSets")
            .done("turned on");
    }
    let stacks = made.plan.management.stacks();
    let outcome = management::apply(&run.aws, stacks, &run.progress).await;
    let interrupted = matches!(outcome.stop, Some(Stop::Interrupted));
    done.management = Some(outcome);
    if interrupted {
        interrupt::check()?;
    }
    stack_set(run, made, no_wait, done).await?;
    let mut failed = BTreeSet::new();
    for change in &made.plan.changes {
        for call in possible(run, change, &failed)
            .iter()
            .flat_map(Change::calls)
        {
            let name = &made.wanted.stack_set.name;
            let ended = carry_out(run, &made.place, name, &call, no_wait).await;
            let ended = done.note(ended)?;
            if call.kind == ChangeKind::Delete {
                let spot = |it: &Failure| Spot::of(&it.account, &it.region);
                failed.extend(ended.failures.iter().map(spot));
            }
        }
    }
    Ok(())
}

/// What could not be removed cannot be made anew: leaves that out, and says so.
fn possible(run: &Run, change: &Change, failed: &BTreeSet<Spot>) -> Vec<Change> {
    let remade = change.why == REMADE && change.kind == ChangeKind::Create;
    let skipped: Vec<&Spot> = failed
        .iter()
        .filter(|spot| remade && change.names(spot))
        .collect();
    if skipped.is_empty() {
        return vec![change.clone()];
    }
    let spots: Vec<String> = skipped
        .iter()
        .map(|spot| format!("account {} in {}", spot.account, spot.region))
        .collect();
    run.progress.say(&format!(
        "Not made anew, since it could not be removed: {}.",
        spots.join(", ")
    ));
    change.clone().without(failed)
}

async fn stack_set(run: &Run, made: &Made<'_>, no_wait: bool, done: &mut Done) -> Result<()> {
    let wanted = &made.wanted.stack_set;
    let name = &wanted.name;
    let progress = run.progress.of(&format!("stack-set {name}"));
    match made.plan.stack_set {
        Action::Create { .. } => {
            let created = wanted.create(&made.place).await;
            created
                .with_context(|| format!("creating the StackSet {name} in {}", run.aws.place()))?;
            progress.done("created");
        }
        Action::Update { .. } => {
            let preferences = Preferences::of(&run.config.spokes.operations);
            let update = wanted.update(&made.place, &preferences, no_wait, &progress);
            let id = update
                .await
                .with_context(|| format!("updating the StackSet {name} in {}", run.aws.place()))?;
            let ended = follow_one(run, &made.place, name, &id).await;
            done.note(ended)?;
        }
        Action::Keep | Action::Delete => {}
    }
    Ok(())
}

impl Done {
    /// Keeps how an operation ended, or that it goes on without us.
    fn note(&mut self, ended: Result<Ended>) -> Result<&Ended> {
        match ended {
            Ok(ended) => self.operations.push(ended),
            Err(error) => {
                self.detached = error.downcast_ref::<Following>().map(|it| it.0.clone());
                return Err(error);
            }
        }
        self.operations.last().context("no operation")
    }

    /// In the order of the plan, not in that in which they ended.
    fn steps<'a>(&self, made: &'a Made<'_>) -> Vec<&'a Step> {
        let outcome = self.management.as_ref();
        let is_done = |index: &usize| outcome.is_some_and(|it| it.done.contains(index));
        let stacks = made.plan.management.stacks().iter().enumerate();
        stacks
            .filter(|(index, stack)| is_done(index) && stack.step.action.is_change())
            .map(|(_, stack)| &stack.step)
            .collect()
    }

    fn failed(&self) -> &[(usize, Error)] {
        match self
            .management
            .as_ref()
            .and_then(|outcome| outcome.stop.as_ref())
        {
            Some(Stop::Failed(failed)) => failed,
            _ => &[],
        }
    }

    fn text(&self, made: &Made<'_>, run: &Run) -> String {
        let mut text = report::spokes::management(&self.steps(made));
        for (_, error) in self.failed() {
            text.push_str(&report::error(error));
        }
        text.extend(self.operations.iter().map(report::spokes::operation));
        if let Some(id) = &self.detached {
            let name = &made.wanted.stack_set.name;
            let follow = follow_command(run, &made.place, name, id);
            text.push_str(&report::spokes::detached(id, &follow));
        }
        text
    }

    fn exit(&self, interrupted: bool) -> Exit {
        if interrupted {
            Exit::Interrupted
        } else if self.failed().is_empty() && self.operations.iter().all(Ended::is_success) {
            Exit::Done
        } else {
            Exit::Error
        }
    }
}

/// Gives each failure the account's name, and takes out what failed only because the region is off there.
async fn explain(run: &Run, made: &Made<'_>, done: &mut Done) {
    let accounts = made.wanted.units.values().flat_map(|tree| &tree.accounts);
    let names: BTreeMap<&str, &str> = accounts
        .map(|account| (account.id.as_str(), account.name.as_str()))
        .collect();
    let suspects: BTreeSet<Spot> = done
        .operations
        .iter()
        .flat_map(|ended| &ended.failures)
        .filter(|failure| regions::is_opt_in(&failure.region, &made.enabled))
        .map(|failure| Spot::of(&failure.account, &failure.region))
        .collect();
    let off = regions::turned_off(&run.aws, suspects).await;
    for ended in &mut done.operations {
        ended.leave_out(&off, "REGION_IS_OFF");
        for failure in &mut ended.failures {
            failure.name = names
                .get(failure.account.as_str())
                .map(|it| (*it).to_owned());
        }
    }
}

/// The operation that was being followed when something came between.
#[derive(Debug, thiserror::Error)]
#[error("following operation {0}; it goes on in AWS, and the next run picks up what it leaves")]
pub(super) struct Following(pub(super) String);

/// Starts a change of instances and follows it to its end.
pub(super) async fn carry_out(
    run: &Run,
    place: &Place<'_>,
    name: &str,
    change: &Change,
    no_wait: bool,
) -> Result<Ended> {
    interrupt::check()?;
    let progress = run.progress.of(&format!("stack instances of {name}"));
    let preferences = Preferences::of(&run.config.spokes.operations);
    let started = change.start(place, name, &preferences, no_wait, &progress);
    let id = match started.await {
        Ok(id) => id,
        Err(error) => {
            let busy = error.code == "OperationInProgressException" && no_wait;
            let others = if busy {
                list(place, name).await?.0
            } else {
                Vec::new()
            };
            wait_for_others(run, place, name, &others, no_wait).await?;
            let place = run.aws.place();
            return Err(Error::new(error).context(format!(
                "changing instances of the StackSet {name} in {place}"
            )));
        }
    };
    follow_one(run, place, name, &id).await
}

/// Follows an operation to its end, with its progress.
pub(super) async fn follow_one(
    run: &Run,
    place: &Place<'_>,
    name: &str,
    id: &str,
) -> Result<Ended> {
    let progress = run.progress.of(&format!("operation {id}"));
    let ended = follow(place, name, id, run.config.timeout, &progress)
        .await
        .with_context(|| Following(id.to_owned()))?;
    progress.done(&ended.status.to_lowercase());
    Ok(ended)
}

/// How to see how far an operation is, without rootwatch.
pub(super) fn follow_command(run: &Run, place: &Place<'_>, name: &str, id: &str) -> String {
    format!(
        "aws cloudformation describe-stack-set-operation --region {} --stack-set-name {name} --operation-id {id} --call-as {}",
        run.aws.region,
        place.call_as.as_str()
    )
}
