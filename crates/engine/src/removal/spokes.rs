//! The spokes' part of `teardown`: the management account's stacks, the StackSet's instances, then the StackSet.

use super::Options;
use super::report::{Report, Spokes};
use super::stack_set::Removal;
use crate::apply::Unfinished;
use crate::aws::{Aws, hint};
use crate::elsewhere::hub_of;
use crate::names::DEPLOYMENT_TAG;
use crate::saved::World;
use crate::session::Session;
use crate::spokes::basis::of_set;
use crate::spokes::following::{Following, follow_command, wait_for_others};
use crate::spokes::management::{self, StackPlan, Unread};
use crate::spokes::reach::{self, Reach, Why};
use crate::spokes::{self, Location, Observed, organization, stuck, trusted_access};
use crate::status::forwards_here;
use anyhow::{Context, Error, Result, bail};
use std::collections::{BTreeMap, BTreeSet};

/// The deployment's StackSet and the management account's own stacks.
///
/// Fails when stacks are out of reach, unless they may stay.
pub(crate) async fn find<'a>(session: &'a Session, options: Options) -> Result<Spokes<'a>> {
    let organization = organization::find(&session.aws).await?;
    let place = session.stack_sets(&organization);
    trusted_access::require(&place, &organization)
        .await
        .context("the spokes cannot be removed yet, and nothing was changed")?;
    let name = session.names().stack_set();
    let mut observed = spokes::observe(&place, &name, &BTreeSet::new()).await?;
    while is_ours(session, &observed) && !observed.running.is_empty() {
        wait_for_others(session, &place, &name, &observed.running, options.no_wait).await?;
        observed = spokes::observe(&place, &name, &BTreeSet::new()).await?;
    }
    let management = session.management(&organization.management_account).await?;
    let (stacks, unread) = match &management {
        Some(aws) => own_stacks(session, aws, &name).await?,
        None => (Vec::new(), Unread::new()),
    };
    let other_hub = other_hub(session, &observed);
    let mut found = Spokes {
        observed: ours(session, &name, observed),
        retained: Vec::new(),
        unknown: None,
        stacks,
        unread,
        elsewhere: management
            .is_none()
            .then_some(organization.management_account),
        management,
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
fn other_hub(session: &Session, observed: &Observed) -> Option<Location> {
    let found = observed.stack_set.as_ref();
    let found = found.filter(|it| is_ours(session, observed) && !forwards_here(it, &session.aws));
    found.and_then(|it| hub_of(&it.parameters))
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
async fn own_stacks(session: &Session, aws: &Aws, name: &str) -> Result<(Vec<StackPlan>, Unread)> {
    let enabled = organization::enabled_regions(aws).await?;
    let everywhere = enabled.into_iter().map(|region| region.name).collect();
    let found = management::observe(aws, name, &everywhere, &BTreeSet::new()).await?;
    let plans = management::plan(&BTreeMap::new(), found.stacks, &session.settings.name);
    let protected = plans.iter().filter_map(StackPlan::protection);
    let protected: String = protected.map(|it| format!("\n  - {it}")).collect();
    if !protected.is_empty() {
        bail!(
            "stacks of the management account {} have termination protection, and nothing was changed. To turn it off:{protected}",
            aws.account
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
        if let Some(why) = reach.off_unknown() {
            session.work.message(&format!("Could not determine {why}."));
        }
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

    /// What was found, as it is compared later.
    pub(super) fn world(&self, name: &str) -> World {
        let found = self.observed.as_ref();
        let mut world = found.map(|it| of_set(name, it)).unwrap_or_default();
        for stack in &self.stacks {
            if let Some(found) = stack.observed() {
                world.add(stack.step.resource.clone(), found);
            }
        }
        world
    }

    /// Removes what was found.
    pub(crate) async fn remove(&self, session: &Session, report: &mut Report) -> Result<()> {
        remove_stacks(session, self, report).await?;
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

    /// Notes the operation that continues in AWS after an interruption or an error; returns the command that shows it.
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

async fn remove_stacks(session: &Session, spokes: &Spokes<'_>, report: &mut Report) -> Result<()> {
    let stacks = &spokes.stacks;
    let aws = spokes.management.as_ref().unwrap_or(&session.aws);
    let outcome = management::apply(aws, stacks, &session.work).await;
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
