//! The spokes' part of `teardown`: the management account's stacks, the StackSet's instances, then the StackSet.

use super::stack_set::Removal;
use super::{Options, Report};
use crate::apply::Unfinished;
use crate::aws::hint;
use crate::names::DEPLOYMENT_TAG;
use crate::session::Session;
use crate::spokes::following::{Following, follow_command, wait_for_others};
use crate::spokes::management::{self, StackPlan, Unread};
use crate::spokes::reach::{self, Reach, Stuck, Why};
use crate::spokes::{self, Observed, Place, organization, preflight, stuck};
use crate::status::{forwards_here, forwards_to};
use anyhow::{Context, Error, Result, bail};
use std::collections::{BTreeMap, BTreeSet};

/// How much a StackSet watches.
#[derive(Clone, Copy, Debug)]
pub struct InstanceCounts {
    /// Its instances: accounts times regions.
    pub all: usize,
    /// Active accounts.
    pub accounts: usize,
    /// Regions.
    pub regions: usize,
}

/// The spokes of this deployment.
pub struct Spokes<'a> {
    place: Place<'a>,
    /// The StackSet, if there is one.
    pub(crate) observed: Option<Observed>,
    /// Stacks that StackSets cannot reach, and that may stay.
    retained: Vec<Stuck>,
    /// Why it is not known which those are.
    unknown: Option<String>,
    /// The management account's own stacks, when these credentials are its own.
    pub(crate) stacks: Vec<StackPlan>,
    /// Regions in which these credentials may not read such stacks.
    unread: Unread,
    /// The management account, when they are not.
    elsewhere: Option<String>,
    /// Account and region of the hub, when it is not the one of this run.
    other_hub: Option<String>,
    retain: bool,
    no_wait: bool,
}

impl Spokes<'_> {
    /// Whether there is nothing to remove.
    pub fn is_nothing(&self) -> bool {
        self.observed.is_none() && self.stacks.is_empty()
    }

    /// Stacks that may exist, where these credentials cannot read.
    pub(crate) fn may_be_left(&self, session: &Session) -> Vec<String> {
        let name = session.names().stack_set();
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

    /// What these credentials could not read, in a sentence.
    pub fn unread_text(&self) -> String {
        if self.unread.is_empty() {
            return String::new();
        }
        format!(
            "The management account may still have spokes: {}. `rootwatch teardown spokes` with credentials that may do so removes them.\n",
            management::unread_words(&self.unread)
        )
    }

    /// What these credentials and this region do not reach, as text.
    pub fn unseen_text(&self) -> String {
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

    /// How much the StackSet watches, where there is one.
    #[must_use]
    pub fn instances(&self) -> Option<InstanceCounts> {
        let instances = &self.observed.as_ref()?.instances;
        Some(InstanceCounts {
            all: instances.len(),
            accounts: instances.active_accounts().len(),
            regions: instances.regions().count(),
        })
    }

    /// The management account's own stacks that are removed, by name.
    pub fn stacks(&self) -> impl Iterator<Item = &str> {
        self.stacks.iter().map(|stack| stack.step.resource.as_str())
    }

    /// Stacks that stay because they cannot be reached.
    #[must_use]
    pub fn retained(&self) -> &[Stuck] {
        &self.retained
    }

    /// Why it is not known which stacks those are.
    #[must_use]
    pub fn unknown(&self) -> Option<&str> {
        self.unknown.as_deref()
    }
}

/// The deployment's StackSet and the management account's own stacks.
///
/// Fails when stacks are out of reach, unless they may stay.
pub(crate) async fn find<'a>(session: &'a Session, options: Options) -> Result<Spokes<'a>> {
    let organization = organization::find(&session.aws).await?;
    let place = session.stack_sets(&organization);
    preflight::access(&place, &organization)
        .await
        .context("the spokes cannot be removed yet, and nothing was changed")?;
    let name = session.names().stack_set();
    let mut observed = spokes::observe(&place, &name, &BTreeSet::new()).await?;
    while is_ours(session, &observed) && !observed.running.is_empty() {
        wait_for_others(session, &place, &name, &observed.running, options.no_wait).await?;
        observed = spokes::observe(&place, &name, &BTreeSet::new()).await?;
    }
    let is_here = session.aws.account == organization.management_account;
    let (stacks, unread) = match is_here {
        true => own_stacks(session, &name).await?,
        false => (Vec::new(), Unread::new()),
    };
    let other_hub = other_hub(session, &observed);
    let mut found = Spokes {
        observed: ours(session, &name, observed),
        retained: Vec::new(),
        unknown: None,
        stacks,
        unread,
        elsewhere: (!is_here).then_some(organization.management_account),
        other_hub,
        retain: options.retain_stacks,
        no_wait: options.no_wait,
        place,
    };
    found.find_out_of_reach(session).await?;
    Ok(found)
}

fn is_ours(session: &Session, observed: &Observed) -> bool {
    let found = observed.stack_set.as_ref();
    found.is_some_and(|it| it.tags.get(DEPLOYMENT_TAG) == Some(&session.settings.name))
}

/// Where the StackSet forwards to, if that is not here.
fn other_hub(session: &Session, observed: &Observed) -> Option<String> {
    let found = observed.stack_set.as_ref();
    let found = found.filter(|it| is_ours(session, observed) && !forwards_here(it, &session.aws));
    found.map(forwards_to)
}

fn ours(session: &Session, name: &str, observed: Observed) -> Option<Observed> {
    observed.stack_set.as_ref()?;
    if is_ours(session, &observed) {
        return Some(observed);
    }
    session.work.message(&format!(
        "The StackSet {name} is not rootwatch's (no tag {DEPLOYMENT_TAG}={}): left alone.",
        session.settings.name
    ));
    None
}

/// The management account's own stacks. Fails with what is to be done where one has termination protection.
async fn own_stacks(session: &Session, name: &str) -> Result<(Vec<StackPlan>, Unread)> {
    let enabled = organization::enabled_regions(&session.aws).await?;
    let everywhere = enabled.into_iter().map(|region| region.name).collect();
    let found = management::observe(&session.aws, name, &everywhere, &BTreeSet::new()).await?;
    let plans = management::plan(&BTreeMap::new(), found.stacks, &session.settings.name);
    let protected = plans.iter().filter_map(StackPlan::protection);
    let protected: String = protected.map(|it| format!("\n  - {it}")).collect();
    if !protected.is_empty() {
        bail!(
            "stacks of the management account {} have termination protection, and nothing was changed. To turn it off:{protected}",
            session.aws.account
        );
    }
    Ok((plans, found.unread))
}

impl Spokes<'_> {
    /// Finds the stacks that are out of reach. An instance that never had one leaves nothing behind.
    async fn find_out_of_reach(&mut self, session: &Session) -> Result<()> {
        let Some(observed) = &self.observed else {
            return Ok(());
        };
        let (name, instances) = (session.names().stack_set(), &observed.instances);
        let reach = Reach::find(&session.aws, instances).await?;
        let beyond = |why: Option<Why>| why.is_some();
        let mut found = reach::stuck(&self.place, &name, &reach, instances, beyond).await?;
        found.retain(|it| it.stack.is_some());
        self.unknown = reach.unknown().map(str::to_owned);
        match &self.unknown {
            Some(why) if self.retain => bail!(
                "--retain-stacks needs to know which accounts can no longer be reached, and nothing was changed: {why}"
            ),
            _ if !found.is_empty() && !self.retain => bail!(stuck::refusal(&found)),
            _ => {}
        }
        self.retained = found;
        Ok(())
    }

    /// Removes what was found.
    pub(crate) async fn remove(&self, session: &Session, report: &mut Report) -> Result<()> {
        remove_stacks(session, &self.stacks, report).await?;
        let Some(observed) = &self.observed else {
            return Ok(());
        };
        let name = session.names().stack_set();
        let removal = Removal {
            place: &self.place,
            name: &name,
            retain: self.retain,
            no_wait: self.no_wait,
        };
        let (operations, retained) = (&mut report.operations, &mut report.retained);
        removal
            .carry_out(session, observed, operations, retained)
            .await?;
        report.stack_set_removed = true;
        Ok(())
    }

    /// What is still there, when it ended early.
    pub(crate) fn note_left(&self, session: &Session, report: &mut Report) {
        if self.observed.is_some() && !report.stack_set_removed {
            let name = session.names().stack_set();
            report.left.push(format!("stack-set {name}"));
        }
    }

    /// Notes the operation that continues in AWS after an interruption; returns the command that shows it.
    pub(crate) fn detached(
        &self,
        session: &Session,
        error: &Error,
        report: &mut Report,
    ) -> Option<String> {
        let Following(id) = error.downcast_ref()?;
        report.detached = Some(id.clone());
        let name = session.names().stack_set();
        Some(follow_command(session, &self.place, &name, id))
    }
}

async fn remove_stacks(session: &Session, stacks: &[StackPlan], report: &mut Report) -> Result<()> {
    let outcome = management::apply(&session.aws, stacks, &session.work).await;
    let step = |name: &String| {
        let mut steps = stacks.iter().map(|it| &it.step);
        steps.find(|it| it.resource == *name).cloned()
    };
    report.management = outcome.done.iter().filter_map(step).collect();
    match outcome.unfinished {
        None => Ok(()),
        Some(Unfinished::Interrupted) => Ok(session.work.stop().check()?),
        Some(Unfinished::Failed(failed)) => {
            let errors: String = failed.iter().map(|(_, it)| hint::with_hint(it)).collect();
            bail!(
                "not every stack of the management account could be removed, so the rest stays:\n{errors}"
            )
        }
    }
}
