//! Makes, changes and removes what the hub's plan says.

use super::plan::{Direction, HubPlan, Planned};
use crate::apply::{self, Outcome};
use crate::aws::Aws;
use crate::aws::error::is_stopped;
use crate::findings::steps;
use crate::plan::Action;
use crate::work::Work;
use anyhow::Result;

impl HubPlan {
    /// Carries it out, each resource after those that come before it; names what changed, and what did not.
    pub(crate) async fn apply(&self, aws: &Aws, work: &Work) -> Outcome {
        let interrupted = async {
            work.stop().requested().await;
            work.message("Interrupted: finishing what is under way. Ctrl-C again ends at once.");
        };
        let outcome = apply::in_order(self.tasks(), interrupted, |planned| {
            planned.carry_out(aws, work)
        });
        let kind = match self.direction {
            Direction::Deploy => steps::STEP_FAILED,
            Direction::Remove => steps::REMOVAL_FAILED,
        };
        outcome.await.of(kind).retain(|id| self.changes(id))
    }
}

impl Planned {
    async fn carry_out(&self, aws: &Aws, work: &Work) -> Result<()> {
        let (doing, done) = match self.action {
            Action::Keep => return Ok(()),
            Action::Create { .. } => ("creating", "created"),
            Action::Update { .. } => ("changing", "changed"),
            Action::Delete => ("deleting", "deleted"),
        };
        let id = self.id();
        let work = work.of(&id);
        let resource = &self.wanted.resource;
        let applied = resource.apply(aws, &work, self.found.as_ref(), &self.action);
        let error = match applied.await {
            Ok(()) => {
                work.done(done);
                return Ok(());
            }
            Err(error) => error,
        };
        match is_stopped(&error) {
            true => work.done("not finished"),
            false => work.failed(),
        }
        Err(error.context(format!("{doing} {id} in {}", aws.place())))
    }
}
