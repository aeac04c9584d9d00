//! Removal of a StackSet: all its instances, those that can no longer be reached, then the StackSet.

use crate::aws::consistency::{Poll, poll_until};
use crate::session::Session;
use crate::spokes::change::Change;
use crate::spokes::following::carry_out;
use crate::spokes::hint::removal_hint;
use crate::spokes::operation::Ended;
use crate::spokes::reach::{self, Reach, Stuck};
use crate::spokes::removal::{plan_release, plan_removal};
use crate::spokes::stack_set::StackSet;
use crate::spokes::{self, Location, Observed, Place, stuck, words};
use crate::work::Work;
use anyhow::{Context, Error, Result, bail};
use std::collections::BTreeSet;
use std::time::Duration;

/// How long a deleted StackSet may still be shown; its deletion is no operation that could be waited for.
const PATIENCE: Duration = Duration::from_secs(60);

/// A StackSet to remove.
pub(crate) struct Removal<'a> {
    pub(crate) place: &'a Place<'a>,
    pub(crate) name: &'a str,
    /// Whether stacks that StackSets cannot reach may stay.
    pub(crate) retain: bool,
    pub(crate) no_wait: bool,
}

impl Removal<'_> {
    /// Removes it, and notes each operation, and each stack before it is retained.
    pub(crate) async fn carry_out(
        &self,
        session: &Session,
        observed: &Observed,
        operations: &mut Vec<Ended>,
        retained: &mut Vec<Stuck>,
    ) -> Result<()> {
        self.change(session, &plan_removal(observed), operations)
            .await?;
        self.let_go(session, operations, retained).await?;
        session.work.stop().check()?;
        let (name, place) = (self.name, self.place);
        let work = session.work.of(&format!("stack-set {name}"));
        let deleted = StackSet::delete(place, name, &work).await;
        deleted
            .with_context(|| format!("deleting the StackSet {name} in {}", place.aws.place()))?;
        self.see_gone(&work).await?;
        work.done("deleted");
        Ok(())
    }

    /// A removal is believed when it was seen.
    async fn see_gone(&self, work: &Work) -> Result<()> {
        let (name, place) = (self.name, self.place);
        let seen = poll_until(work, "AWS to show that it is gone", PATIENCE, async || {
            Ok(match StackSet::find(place, name).await? {
                None => Poll::Ready(()),
                Some(_) => Poll::Pending,
            })
        });
        seen.await.with_context(|| {
            format!(
                "AWS accepted the deletion of the StackSet {name} in {}, and still shows it; the same command again removes it",
                place.aws.place()
            )
        })
    }

    async fn change(
        &self,
        session: &Session,
        changes: &[Change],
        operations: &mut Vec<Ended>,
    ) -> Result<()> {
        for change in changes.iter().flat_map(Change::calls) {
            let ended = carry_out(session, self.place, self.name, &change, self.no_wait).await?;
            operations.push(ended);
        }
        Ok(())
    }

    /// Removes the remaining instances with RetainStacks, if only stacks stay that may.
    async fn let_go(
        &self,
        session: &Session,
        operations: &mut Vec<Ended>,
        retained: &mut Vec<Stuck>,
    ) -> Result<()> {
        let (place, name) = (self.place, self.name);
        let left = spokes::observe(place, name, &BTreeSet::new()).await?;
        if left.instances.len() == 0 {
            return all_succeeded(operations);
        }
        // An operation under way may show what the first read did not.
        let reach = Reach::find(&session.aws, &left.instances).await?;
        let stuck = reach::stuck(place, name, &reach, &left.instances, |_| true).await?;
        let may_go = |it: &&Stuck| it.stack.is_none() || (self.retain && it.why.is_some());
        let (let_go, blocked): (Vec<&Stuck>, Vec<&Stuck>) = stuck.iter().partition(may_go);
        let let_go: BTreeSet<Location> = let_go.iter().map(|it| it.location.clone()).collect();
        for ended in operations.iter_mut() {
            ended.leave_out(&let_go, "OUT_OF_REACH");
        }
        if !blocked.is_empty() {
            return Err(self.not_removed(operations, &blocked, &left));
        }
        retained.extend(stuck.iter().filter(|it| it.stack.is_some()).cloned());
        let beneath = reach::beneath(&session.aws, &left).await?;
        if let Err(why) = &beneath {
            session.work.message(&format!(
                "Could not determine which accounts are still in their units: {why}. Each is named alone, by which an account that has left its unit keeps its instance, and then the StackSet stays."
            ));
        }
        let changes = plan_release(&left, beneath.as_ref().ok());
        self.change(session, &changes, operations).await?;
        all_succeeded(operations)
    }

    /// Each failure with how to fix it, and those that no operation named.
    fn not_removed(&self, operations: &mut [Ended], blocked: &[&Stuck], left: &Observed) -> Error {
        let mut named = BTreeSet::new();
        for failure in operations.iter_mut().flat_map(|it| &mut it.failures) {
            let location = Location::of(&failure.account, &failure.region);
            let Some(stuck) = blocked.iter().find(|it| it.location == location) else {
                continue;
            };
            failure.name.clone_from(&stuck.name);
            failure.hint = match (&stuck.stack, stuck.why) {
                (Some(stack), None) => {
                    let Location { account, region } = &location;
                    Some(removal_hint(&failure.reason, account, region, stack))
                }
                _ => None,
            };
            named.insert(location);
        }
        let failed = operations.iter().filter(|ended| !ended.is_success());
        let mut text: String = failed.map(words::operation).collect();
        let unnamed = |it: &&&Stuck| it.why.is_none() && !named.contains(&it.location);
        for stuck in blocked.iter().filter(unnamed) {
            text += &self.missed(stuck, left);
        }
        let beyond = blocked.iter().filter(|it| it.why.is_some());
        let beyond: Vec<Stuck> = beyond.map(|it| (*it).clone()).collect();
        let beyond = match beyond.is_empty() {
            true => String::new(),
            false => stuck::out_of_reach(&beyond),
        };
        anyhow::anyhow!("{STAYS}:\n{}{beyond}", text.trim_end())
    }

    /// An instance that the removal of its unit did not reach: its account has moved out of the unit.
    fn missed(&self, stuck: &Stuck, left: &Observed) -> String {
        let Location { account, region } = &stuck.location;
        let unit = left.instances.at(&stuck.location);
        let unit = unit.map_or("its unit", |it| &*it.unit);
        let (name, home, call_as) = (
            self.name,
            &self.place.aws.region,
            self.place.call_as.as_str(),
        );
        format!(
            "account {account} in {region}: its stack is still there, and no operation reached it, as when the account has moved out of {unit}: `aws cloudformation delete-stack-instances --region {home} --stack-set-name {name} --call-as {call_as} --deployment-targets Accounts={account},OrganizationalUnitIds={unit},AccountFilterType=UNION --regions {region} --no-retain-stacks` removes it, and all others of {unit}\n"
        )
    }
}

fn all_succeeded(operations: &[Ended]) -> Result<()> {
    let failed = operations.iter().filter(|ended| !ended.is_success());
    let text: String = failed.map(words::operation).collect();
    if text.is_empty() {
        return Ok(());
    }
    bail!("{STAYS}:\n{text}")
}

const STAYS: &str = "not every stack instance could be removed, so the StackSet and the hub stay";
