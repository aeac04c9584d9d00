//! Carries out the plan of the guardrail, and reads back until AWS shows it.

use super::plan::{GuardrailPlan, Part, Planned};
use super::resource::{self, Guardrail};
use crate::apply::{Outcome, Task, in_order};
use crate::aws::Aws;
use crate::aws::consistency::{Poll, poll_until};
use crate::findings::steps;
use crate::plan::{Action, decide};
use crate::work::Work;
use anyhow::{Context, Result, anyhow};
use std::cell::RefCell;
use std::time::Duration;

/// Nothing documents how late Organizations' lists are; others wait a minute or less.
const PATIENCE: Duration = Duration::from_secs(120);

impl GuardrailPlan {
    /// Makes each change after those that it needs, and names what is done and what is not.
    pub(super) async fn apply(&self, aws: &Aws, work: &Work) -> Outcome {
        let id = RefCell::new(self.found.as_ref().map(|it| it.id.clone()));
        let changes = self.parts.iter().filter(|it| it.step.action.is_change());
        let tasks = changes.map(|planned| Task {
            name: planned.step.resource.clone(),
            after: planned.step.needs.clone(),
            what: planned,
        });
        let carry_out = async |planned: &Planned| {
            let what = &planned.step.resource;
            let work = work.of(what);
            let done = self.carry_out(planned, aws, &work, &id).await;
            match &done {
                Ok(verb) => work.done(verb),
                Err(_) => work.failed(),
            }
            done.map(drop)
                .with_context(|| format!("{what} in the organization, by account {}", aws.account))
        };
        in_order(tasks.collect(), work.stop().requested(), carry_out)
            .await
            .of(steps::GUARDRAIL_FAILED)
    }

    async fn carry_out(
        &self,
        planned: &Planned,
        aws: &Aws,
        work: &Work,
        id: &RefCell<Option<String>>,
    ) -> Result<&'static str> {
        let known = || {
            let id = id.borrow().clone();
            id.ok_or_else(|| anyhow!("the policy has no id yet"))
        };
        match (&planned.part, &planned.step.action) {
            (_, Action::Keep) => {}
            (Part::PolicyType(root), _) => {
                resource::enable(aws, work, root).await?;
                return Ok("enabled");
            }
            (Part::Policy, Action::Delete) => {
                resource::delete(aws, work, &known()?).await?;
                return Ok("deleted");
            }
            (Part::Policy, Action::Create { .. }) => {
                if let Some(wanted) = &self.wanted {
                    let made = wanted.create(aws, work).await?;
                    id.replace(Some(made));
                }
                return Ok("created");
            }
            (Part::Policy, Action::Update { .. }) => {
                if let (Some(wanted), Some(found)) = (&self.wanted, &self.found) {
                    let changed = planned.step.action.changed();
                    wanted.update(aws, work, found, &changed).await?;
                }
                return Ok("updated");
            }
            (Part::Attachment(target), Action::Delete) => {
                resource::detach(aws, work, &known()?, target).await?;
                return Ok("detached");
            }
            (Part::Attachment(target), _) => {
                resource::attach(aws, work, &known()?, target).await?;
                return Ok("attached");
            }
        }
        Ok("unchanged")
    }

    /// Reads it until AWS shows what was set, or nothing where it was removed.
    ///
    /// # Errors
    /// When AWS does not show it in time, or it cannot be read.
    pub(super) async fn settle(&self, aws: &Aws, work: &Work, at_most: Duration) -> Result<()> {
        let policy = self.wanted.as_ref().or(self.found.as_ref());
        let Some(policy) = policy else { return Ok(()) };
        let work = work.of("guardrail");
        let patience = PATIENCE.min(at_most);
        let looked = poll_until(&work, "AWS to show what was set", patience, async || {
            let found = Guardrail::find(aws, &policy.name).await?;
            Ok(match is_as_wanted(self.wanted.as_ref(), found.as_ref()) {
                true => Poll::Ready(()),
                false => Poll::Pending,
            })
        })
        .await;
        work.end();
        looked.context(
            "AWS accepted all changes, but does not show all of them yet; `rootwatch plan guardrail` shows what differs",
        )
    }
}

/// Whether all is seen that is wanted. Pure.
fn is_as_wanted(wanted: Option<&Guardrail>, found: Option<&Guardrail>) -> bool {
    match (wanted, found) {
        (None, None) => true,
        (Some(wanted), Some(found)) => {
            let is_attached = wanted.targets.keys().all(|it| found.attached.contains(it));
            let no_more = found.attached.len() == wanted.targets.len();
            is_attached && no_more && !decide(wanted, Some(found)).is_change()
        }
        _ => false,
    }
}
