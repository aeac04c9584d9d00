//! The operator of the engine, who is shown what is found and planned, and asked before anything is changed.

use crate::adopt::old_path::OldPath;
use crate::adopt::report::{Proved, Report as AdoptReport};
use crate::apply::Outcome;
use crate::canary;
use crate::end::NotConfirmed;
use crate::findings::FindingId;
use crate::guardrail::GuardrailPlan;
use crate::hub::people::Lost;
use crate::hub::plan::HubPlan;
use crate::reference::subscribers::Takeover;
use crate::removal::report::Preview;
use crate::spokes::deployed::SpokesDeployed;
use crate::spokes::plan::{SpokesPlan, Stops};
use crate::spokes::reach::Stuck;
use crate::verify::finding::Hop;
use anyhow::{Error, Result};
use futures_util::future::LocalBoxFuture;

/// Something to show during a run. The outcome is the result of the run.
pub enum View<'a> {
    /// What `deploy hub` is about to change.
    HubPlan(&'a HubPlan),
    /// What `deploy spokes` is about to change.
    SpokesPlan {
        /// Name of the StackSet.
        stack_set: &'a str,
        /// What has to change.
        plan: &'a SpokesPlan,
    },
    /// What `deploy guardrail` or `teardown guardrail` is about to change.
    Guardrail(&'a GuardrailPlan),
    /// What was done for the spokes, before the error that ended it.
    Spokes(&'a SpokesDeployed),
    /// What `teardown` is about to remove.
    Removal(&'a Preview<'a>),
    /// What is done and what is not, when a run ended early.
    Unfinished(&'a Outcome),
    /// An error after which the run continues to its report.
    Error(&'a Error),
    /// The same of a step, with the number of its kind.
    StepError(FindingId, &'a Error),
    /// The parts of the published pattern that were found, and what it misses.
    OldPath(&'a OldPath, &'a AdoptReport),
    /// Who of the old topic's subscribers is taken over.
    Takeover(&'a Takeover, &'a OldPath),
    /// What of the published pattern is about to be removed, region by region.
    OldPathRemoval(&'a OldPath),
    /// A hop that is unknown, and accepted.
    Hop(&'a Hop),
    /// The result of a test.
    Test(&'a canary::Outcome),
    /// The hub was deployed as a step.
    HubDeployed(&'a crate::hub::deployed::HubDeployed),
    /// The spokes were deployed as a step.
    SpokesDeployed(&'a SpokesDeployed),
    /// Stacks that stay where they are.
    LeftBehind(&'a [Stuck]),
}

/// What is asked before something is changed.
pub enum Question<'a> {
    /// Whether to make the changes that were shown.
    MakeChanges,
    /// Whether these may stop being watched.
    StopWatching(&'a Stops),
    /// Whether these may stop being notified.
    StopNotifying(&'a [Lost]),
    /// Whether to make the changes, after which nobody is notified.
    NotifyNobody,
    /// Whether to end the watch of this deployment.
    Teardown {
        /// Name of the deployment.
        deployment: &'a str,
        /// How many stacks stay because they cannot be reached.
        stacks_left: usize,
    },
    /// Whether to remove the guardrail.
    RemoveGuardrail {
        /// Name of the deployment.
        deployment: &'a str,
    },
    /// Whether to remove the old path, now that the new one works.
    RemoveOldPath {
        /// Name of the deployment.
        deployment: &'a str,
        /// From where on the new path was proved.
        proved: Proved,
    },
}

/// Who is shown and asked.
pub trait Operator: Send + Sync {
    /// Shows something.
    fn show(&self, view: &View<'_>);

    /// Asks. Fails with [`NotConfirmed`], or with an error of asking, unless the answer is yes.
    fn confirm<'a>(&'a self, question: &'a Question<'a>) -> LocalBoxFuture<'a, Result<()>>;
}

/// Shows nothing and confirms nothing: for programs that only read.
#[derive(Clone, Copy, Debug, Default)]
pub struct Nobody;

impl Operator for Nobody {
    fn show(&self, _view: &View<'_>) {}

    fn confirm<'a>(&'a self, _question: &'a Question<'a>) -> LocalBoxFuture<'a, Result<()>> {
        Box::pin(async { Err(NotConfirmed::unasked("there is nobody to ask").into()) })
    }
}
