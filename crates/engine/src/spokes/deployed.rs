//! What planning and deploying the spokes come to, as data.

use super::Place;
use super::change::Change;
use super::operation::Ended;
use super::organization::Region;
use super::plan::SpokesPlan;
use super::stack_set::Only;
use super::wanted::Wanted;
use crate::apply::{Outcome, Unfinished};
use crate::aws::Aws;
use crate::end::End;
use crate::failure::{FailedStep, Failure};
use crate::findings::steps;
use crate::plan::Step;
use crate::saved::Basis;
use crate::shell::CommandLine;
use anyhow::Error;
use aws_sdk_cloudformation::types::CallAs;
use serde::Serialize;
use std::collections::BTreeSet;

/// A plan and what it was made from.
pub struct SpokesPlanned {
    pub(super) account: String,
    pub(super) region: String,
    pub(crate) call_as: CallAs,
    pub(crate) wanted: Wanted,
    /// What has to change.
    pub plan: SpokesPlan,
    /// The one stack instance that an update of the StackSet touches, where it changes no stack.
    pub(super) only: Option<Only>,
    /// The regions that this account has enabled.
    pub(crate) enabled: Vec<Region>,
    /// What it rests on, to be kept with it.
    pub basis: Basis,
    /// The command that proves the path, and the account to run it in.
    pub test: (String, CommandLine),
}

/// Versioned form of the JSON that `plan spokes` and `deploy spokes` print.
#[derive(Serialize)]
#[cfg_attr(
    test,
    derive(schemars::JsonSchema),
    schemars(title = "rootwatch plan spokes and deploy spokes, version 1")
)]
pub struct Report<'a> {
    schema: &'static str,
    account: &'a str,
    region: &'a str,
    stack_set: &'a str,
    plan: &'a SpokesPlan,
    operations: &'a [Ended],
    /// An operation that continues in AWS after an interruption or an error.
    #[serde(skip_serializing_if = "Option::is_none")]
    detached: Option<&'a str>,
    /// The management account's own stacks that failed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    failed: Vec<FailedStep>,
    /// What was not done, where it ended early.
    #[serde(skip_serializing_if = "Option::is_none")]
    left: Option<&'a Left>,
    /// Why it ended early, if it did.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<Failure>,
}

/// What of a plan was not done.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Left {
    /// The management account's own stacks.
    pub stacks: Vec<String>,
    /// Whether the StackSet itself is to be created or updated.
    pub stack_set: bool,
    /// Changes of stack instances.
    pub changes: Vec<Change>,
}

impl Left {
    /// All of a plan.
    pub(super) fn all(plan: &SpokesPlan) -> Self {
        let stacks = plan.management.stacks().iter().map(|it| &it.step);
        let stacks = stacks.filter(|step| step.action.is_change());
        Self {
            stacks: stacks.map(|step| step.resource.clone()).collect(),
            stack_set: plan.stack_set.is_change(),
            changes: plan.changes.clone(),
        }
    }
}

impl SpokesPlanned {
    /// The plan for programs.
    #[must_use]
    pub fn report(&self) -> Report<'_> {
        self.report_with("rootwatch.plan-spokes/1", &[], None)
    }

    pub(crate) fn report_with<'a>(
        &'a self,
        schema: &'static str,
        operations: &'a [Ended],
        detached: Option<&'a str>,
    ) -> Report<'a> {
        Report {
            schema,
            account: &self.account,
            region: &self.region,
            stack_set: &self.wanted.stack_set.name,
            plan: &self.plan,
            operations,
            detached,
            failed: Vec::new(),
            left: None,
            error: None,
        }
    }

    /// The account of the run.
    #[must_use]
    pub fn account(&self) -> &str {
        &self.account
    }

    /// Name of the StackSet.
    #[must_use]
    pub fn stack_set(&self) -> &str {
        &self.wanted.stack_set.name
    }
}

impl SpokesPlanned {
    /// Where its calls go.
    pub(crate) fn place<'a>(&self, aws: &'a Aws) -> Place<'a> {
        Place {
            aws,
            call_as: self.call_as.clone(),
        }
    }
}

/// The result of `deploy spokes`.
pub struct SpokesDeployed {
    /// How it ended.
    pub end: End,
    /// The plan that was carried out.
    pub planned: SpokesPlanned,
    /// Operations that ended, each with what failed in it.
    pub operations: Vec<Ended>,
    /// An operation that continues in AWS after an interruption or an error.
    pub detached: Option<String>,
    /// What was not done; nothing where all was.
    pub left: Left,
    /// What ended it early.
    pub error: Option<Error>,
    pub(super) management: Option<Outcome>,
    pub(super) follow: Option<String>,
}

impl SpokesDeployed {
    pub(super) fn before(planned: SpokesPlanned) -> Self {
        Self {
            end: End::Done,
            planned,
            operations: Vec::new(),
            detached: None,
            left: Left::default(),
            error: None,
            management: None,
            follow: None,
        }
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

    /// Whether every change of the management account's own stacks was made.
    pub(super) fn is_management_done(&self) -> bool {
        let outcome = self.management.as_ref();
        outcome.is_none_or(|it| it.left.is_empty() && it.unfinished.is_none())
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
        let outcome = self.management.as_ref();
        let failed = outcome.map(Outcome::failed);
        Report {
            failed: failed.unwrap_or_default(),
            left: (self.left != Left::default()).then_some(&self.left),
            error: self.failure(),
            ..self.planned.report_with(schema, &self.operations, detached)
        }
    }

    /// Why it ended otherwise than well.
    pub(crate) fn failure(&self) -> Option<Failure> {
        if let Some(error) = &self.error {
            return Some(match self.end {
                End::Interrupted => Failure::of(error),
                _ => Failure::of_step(steps::SPOKES_FAILED, error),
            });
        }
        let outcome = self.management.as_ref();
        let of_stacks = outcome.and_then(Outcome::error);
        of_stacks.or_else(|| Ended::failure(&self.operations))
    }

    pub(super) fn ended(&self, interrupted: bool) -> End {
        if interrupted {
            End::Interrupted
        } else if self.failed().is_empty() && self.operations.iter().all(Ended::is_success) {
            End::Done
        } else {
            End::Failed
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schema_in_templates_is_of_what_is_printed() {
        crate::schema::holds::<Report<'_>>(&["plan-spokes/1", "deploy-spokes/1"]);
    }
}
