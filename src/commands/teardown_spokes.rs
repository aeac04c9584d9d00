//! The spokes' part of `teardown`: the management account's stacks, the StackSet's instances, then the StackSet.

use super::Run;
use super::deploy_spokes::{Following, follow_command, wait_for_others};
use super::stack_set_removal::Removal;
use super::teardown::Report;
use crate::apply::Stop;
use crate::cli::TeardownArgs;
use crate::interrupt;
use crate::names::DEPLOYMENT_TAG;
use crate::report;
use crate::spokes::management::{self, StackPlan, Unread};
use crate::spokes::reach::{self, Reach, Stuck, Why};
use crate::spokes::{self, Observed, Place, organization, preflight};
use crate::status::{forwards_here, forwards_to};
use anyhow::{Context, Error, Result, bail};
use std::collections::{BTreeMap, BTreeSet};

/// The spokes that are ours.
pub(super) struct Spokes<'a> {
    place: Place<'a>,
    /// The StackSet, if there is one.
    pub(super) observed: Option<Observed>,
    /// Stacks that StackSets cannot reach, and that may stay.
    retained: Vec<Stuck>,
    /// Why it is not known which those are.
    unknown: Option<String>,
    /// The management account's own stacks, when these credentials are its own.
    pub(super) stacks: Vec<StackPlan>,
    /// Regions in which these credentials may not look for such stacks.
    unread: Unread,
    /// The management account, when they are not.
    elsewhere: Option<String>,
    /// Account and region of the hub, when it is not the one of this run.
    other_hub: Option<String>,
    retain: bool,
    no_wait: bool,
}

impl Spokes<'_> {
    pub(super) fn is_nothing(&self) -> bool {
        self.observed.is_none() && self.stacks.is_empty()
    }

    /// Stacks that may be there, where nobody can look.
    pub(super) fn may_be_left(&self, run: &Run) -> Vec<String> {
        let name = run.names().stack_set();
        let words = |(region, why): (&String, &String)| {
            format!("stack {name} in {region} of the management account, if there is one: {why}")
        };
        let unread = self.unread.iter().map(words);
        let hub = self.other_hub.iter().map(|it| format!("the hub in {it}"));
        let elsewhere = self.elsewhere.iter().map(|management| {
            format!("stacks {name} of the management account {management}, if there are any: they cannot be seen from here")
        });
        unread.chain(hub).chain(elsewhere).collect()
    }

    pub(super) fn unread_text(&self) -> String {
        if self.unread.is_empty() {
            return String::new();
        }
        format!(
            "The management account may still have spokes: {}. `rootwatch teardown spokes` with credentials that may removes them.\n",
            management::unread_words(&self.unread)
        )
    }

    /// What these credentials and this region do not reach, in words.
    pub(super) fn unseen_text(&self) -> String {
        let mut text = String::new();
        if let Some(hub) = &self.other_hub {
            text += &format!(
                "The hub in {hub} is not touched: `rootwatch teardown hub` there removes it.\n"
            );
        }
        if let Some(management) = &self.elsewhere {
            text += &format!(
                "If the management account {management} has stacks of its own, `rootwatch teardown spokes` with its credentials removes them.\n"
            );
        }
        text
    }

    /// What of it stays, for the question.
    pub(super) fn stays(&self) -> String {
        match self.retained.len() {
            0 => String::new(),
            many => format!(
                " {} left where nobody can reach them.",
                report::count(many, "stack")
            ),
        }
    }

    /// What of the StackSet stays, or cannot be told.
    pub(super) fn warnings(&self) -> String {
        let unknown = self
            .unknown
            .as_ref()
            .map(|why| format!("! which accounts are suspended or gone cannot be told: {why}\n"));
        report::stuck::retained(&self.retained) + &unknown.unwrap_or_default()
    }
}

/// The StackSet and the management account's own stacks, as far as they are ours.
///
/// Fails when stacks are out of reach, unless they may stay.
pub(super) async fn find<'a>(run: &'a Run, args: &TeardownArgs) -> Result<Spokes<'a>> {
    let organization = organization::find(&run.aws).await?;
    let place = Place::of(&run.aws, &organization, run.config.spokes.call_as);
    preflight::access(&place, &organization)
        .await
        .context("the spokes cannot be removed yet, and nothing was changed")?;
    let name = run.names().stack_set();
    let mut observed = spokes::observe(&place, &name, &BTreeSet::new()).await?;
    while is_ours(run, &observed) && !observed.running.is_empty() {
        wait_for_others(run, &place, &name, &observed.running, args.no_wait).await?;
        observed = spokes::observe(&place, &name, &BTreeSet::new()).await?;
    }
    let is_here = run.aws.account == organization.management_account;
    let (stacks, unread) = match is_here {
        true => own_stacks(run, &name).await?,
        false => (Vec::new(), Unread::new()),
    };
    let other_hub = other_hub(run, &observed);
    let mut found = Spokes {
        observed: ours(run, &name, observed),
        retained: Vec::new(),
        unknown: None,
        stacks,
        unread,
        elsewhere: (!is_here).then_some(organization.management_account),
        other_hub,
        retain: args.retain_stacks,
        no_wait: args.no_wait,
        place,
    };
    found.look_beyond(run).await?;
    Ok(found)
}

fn is_ours(run: &Run, observed: &Observed) -> bool {
    let found = observed.stack_set.as_ref();
    found.is_some_and(|it| it.tags.get(DEPLOYMENT_TAG) == Some(&run.config.name))
}

/// Where our StackSet forwards to, if that is not here.
fn other_hub(run: &Run, observed: &Observed) -> Option<String> {
    let found = observed.stack_set.as_ref();
    let found = found.filter(|it| is_ours(run, observed) && !forwards_here(it, &run.aws));
    found.map(forwards_to)
}

fn ours(run: &Run, name: &str, observed: Observed) -> Option<Observed> {
    observed.stack_set.as_ref()?;
    if is_ours(run, &observed) {
        return Some(observed);
    }
    run.progress.say(&format!(
        "The StackSet {name} is not ours (no tag {DEPLOYMENT_TAG}={}): left alone.",
        run.config.name
    ));
    None
}

/// The management account's own stacks. Fails with what is to be done where one refuses to be deleted.
async fn own_stacks(run: &Run, name: &str) -> Result<(Vec<StackPlan>, Unread)> {
    let enabled = organization::enabled_regions(&run.aws).await?;
    let everywhere = enabled.into_iter().map(|region| region.name).collect();
    let found = management::observe(&run.aws, name, &everywhere, &BTreeSet::new()).await?;
    let plans = management::plan(&BTreeMap::new(), found.stacks, &run.config.name);
    let protected = plans.iter().filter_map(StackPlan::protection);
    let protected: String = protected.map(|it| format!("\n  - {it}")).collect();
    if !protected.is_empty() {
        bail!(
            "stacks of the management account {} have termination protection, and nothing was changed. To turn it off:{protected}",
            run.aws.account
        );
    }
    Ok((plans, found.unread))
}

impl Spokes<'_> {
    /// Finds the stacks that are out of reach. An instance that never had one leaves nothing behind.
    async fn look_beyond(&mut self, run: &Run) -> Result<()> {
        let Some(observed) = &self.observed else {
            return Ok(());
        };
        let (name, instances) = (run.names().stack_set(), &observed.instances);
        let reach = Reach::find(&run.aws, instances).await?;
        let beyond = |why: Option<Why>| why.is_some();
        let mut stuck = reach::stuck(&self.place, &name, &reach, instances, beyond).await?;
        stuck.retain(|it| it.stack.is_some());
        self.unknown = reach.unknown().map(str::to_owned);
        match &self.unknown {
            Some(why) if self.retain => bail!(
                "--retain-stacks takes knowing which accounts can no longer be reached, and nothing was changed: {why}"
            ),
            _ if !stuck.is_empty() && !self.retain => bail!(report::stuck::refusal(&stuck)),
            _ => {}
        }
        self.retained = stuck;
        Ok(())
    }

    /// Removes what was found.
    pub(super) async fn remove(&self, run: &Run, report: &mut Report) -> Result<()> {
        remove_stacks(run, &self.stacks, report).await?;
        let Some(observed) = &self.observed else {
            return Ok(());
        };
        let name = run.names().stack_set();
        let removal = Removal {
            place: &self.place,
            name: &name,
            retain: self.retain,
            no_wait: self.no_wait,
        };
        let (operations, retained) = (&mut report.operations, &mut report.retained);
        removal
            .carry_out(run, observed, operations, retained)
            .await?;
        report.stack_set_removed = true;
        Ok(())
    }

    /// What of ours is still there, when it ended early.
    pub(super) fn note_left(&self, run: &Run, report: &mut Report) {
        if self.observed.is_some() && !report.stack_set_removed {
            let name = run.names().stack_set();
            report.left.push(format!("stack-set {name}"));
        }
    }

    /// How Ctrl-C left it.
    pub(super) fn interrupted(&self, run: &Run, error: &Error, report: &mut Report) -> String {
        let name = run.names().stack_set();
        let Some(Following(id)) = error.downcast_ref::<Following>() else {
            return "Interrupted. Run the same command again to go on from here.\n".into();
        };
        report.detached = Some(id.clone());
        report::spokes::detached(id, &follow_command(run, &self.place, &name, id))
    }
}

async fn remove_stacks(run: &Run, stacks: &[StackPlan], report: &mut Report) -> Result<()> {
    let outcome = management::apply(&run.aws, stacks, &run.progress).await;
    let step = |index: &usize| stacks[*index].step.clone();
    report.management = outcome.done.iter().map(step).collect();
    match outcome.stop {
        None => Ok(()),
        Some(Stop::Interrupted) => Ok(interrupt::check()?),
        Some(Stop::Failed(failed)) => {
            let errors: String = failed.iter().map(|(_, it)| report::error(it)).collect();
            bail!(
                "not every stack of the management account could be removed, so the rest stays:\n{errors}"
            )
        }
    }
}
