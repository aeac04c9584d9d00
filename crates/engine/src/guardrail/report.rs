//! What planning, deploying and removing the guardrail come to, as data.

use super::plan::GuardrailPlan;
use super::resource::Guardrail;
use super::targets::is_account;
use crate::apply::Outcome;
use crate::end::End;
use crate::failure::{FailedStep, Failure};
use crate::plan::{Counts, Step};
use crate::saved::Basis;
use crate::spokes::Directory;
use serde::Serialize;

/// Versioned form of the JSON that `plan guardrail`, `deploy guardrail` and `teardown guardrail` print.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(
    test,
    derive(schemars::JsonSchema),
    schemars(title = "rootwatch plan, deploy and teardown guardrail, version 1")
)]
pub struct Report {
    /// `rootwatch.plan-guardrail/1`, `rootwatch.deploy-guardrail/1` or `rootwatch.teardown-guardrail/1`.
    pub schema: &'static str,
    /// The account by whose credentials the organization was asked.
    pub account: String,
    /// The organization.
    pub organization: String,
    /// Name of the service control policy.
    pub policy: String,
    /// Characters that it has, of those that AWS takes.
    pub characters: usize,
    /// The roles that it does not bind, as patterns of ARNs; StackSets' own are never bound.
    pub free_roles: Vec<String>,
    /// What it is attached to after this.
    pub targets: Vec<Target>,
    /// How many things are created, changed, deleted and kept.
    pub counts: Counts,
    /// Each of them, after all that it needs.
    pub steps: Vec<Step>,
    /// What could not be carried out, after an error or an interruption.
    pub left: Vec<String>,
    /// Steps that failed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub failed: Vec<FailedStep>,
    /// Why it ended early, if it did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<Failure>,
}

/// A root, unit or account that the guardrail is attached to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Target {
    /// Its id.
    pub id: String,
    /// Its path, or the account's name, where that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
}

impl Target {
    pub(crate) fn of(id: &str, directory: &Directory) -> Self {
        let path = directory.units.get(id).filter(|_| !is_account(id));
        Self {
            id: id.to_owned(),
            path: path.cloned(),
        }
    }

    /// As people read it.
    #[must_use]
    pub fn words(&self) -> String {
        match &self.path {
            Some(path) => format!("{path} ({})", self.id),
            None if is_account(&self.id) => format!("account {}", self.id),
            None => self.id.clone(),
        }
    }
}

/// A plan and its report.
pub struct Planned {
    /// What has to change.
    pub plan: GuardrailPlan,
    /// The same for programs.
    pub report: Report,
    /// What it rests on, to be kept with it.
    pub basis: Basis,
}

/// The result of `deploy guardrail` or `teardown guardrail`.
pub struct Deployed {
    /// How it ended. What went wrong was shown.
    pub end: End,
    /// Whether anything was to be changed.
    pub is_changed: bool,
    /// For programs.
    pub report: Report,
}

impl Report {
    /// Of a plan of which nothing is carried out yet.
    pub(super) fn of(
        schema: &'static str,
        (account, organization): (&str, &str),
        plan: &GuardrailPlan,
        directory: &Directory,
    ) -> Self {
        let policy = plan.wanted.as_ref().or(plan.found.as_ref());
        let targets = plan.wanted.iter().flat_map(|it| it.targets.keys());
        let length = |it: &Guardrail| it.content.document().chars().count();
        Self {
            schema,
            account: account.to_owned(),
            organization: organization.to_owned(),
            policy: policy.map(|it| it.name.clone()).unwrap_or_default(),
            characters: policy.map(length).unwrap_or_default(),
            free_roles: plan.free_roles(),
            targets: targets.map(|it| Target::of(it, directory)).collect(),
            counts: plan.counts(),
            steps: plan.steps(),
            left: Vec::new(),
            failed: Vec::new(),
            error: None,
        }
    }

    /// Notes what was done and what was not.
    pub(super) fn take(&mut self, outcome: &Outcome) {
        self.left.clone_from(&outcome.left);
        self.failed = outcome.failed();
        self.error = outcome.error();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schema_in_templates_is_of_what_is_printed() {
        crate::schema::holds::<Report>(&[
            "plan-guardrail/1",
            "deploy-guardrail/1",
            "teardown-guardrail/1",
        ]);
    }
}
