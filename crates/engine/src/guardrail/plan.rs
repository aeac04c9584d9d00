//! What has to change of the guardrail: what is wanted against what was found. Pure.

use super::resource::Guardrail;
use super::targets::is_account;
use crate::plan::{Action, Counts, Step, decide, kept};
use crate::spokes::Directory;
use std::collections::BTreeSet;

/// One thing to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// Service control policies of the root of this id.
    PolicyType(String),
    /// The policy itself.
    Policy,
    /// Its attachment to the root, unit or account of this id.
    Attachment(String),
}

#[derive(Clone, Debug)]
pub(super) struct Planned {
    pub(super) step: Step,
    pub(super) part: Part,
}

/// What is to be done, in order.
#[derive(Clone, Debug)]
pub struct GuardrailPlan {
    /// What is wanted; `None` where it is to be removed.
    pub(super) wanted: Option<Guardrail>,
    pub(super) found: Option<Guardrail>,
    pub(super) parts: Vec<Planned>,
}

const POLICY: &str = "service-control-policy";

impl GuardrailPlan {
    /// What brings it to the desired state. `enable` is the root whose policy type is to be enabled first.
    pub(super) fn deploy(
        wanted: Guardrail,
        found: Option<Guardrail>,
        enable: Option<String>,
        directory: &Directory,
    ) -> Self {
        let policy = name(&wanted);
        let mut parts: Vec<Planned> = enable.map(policy_type).into_iter().collect();
        let before: Vec<String> = parts.iter().map(|it| it.step.resource.clone()).collect();
        parts.push(Planned {
            part: Part::Policy,
            step: Step {
                resource: policy.clone(),
                action: decide(&wanted, found.as_ref()),
                needs: before,
                kept: kept(&wanted, found.as_ref()),
                note: None,
                calls: &[],
            },
        });
        let attached = found.as_ref().map(|it| it.attached.clone());
        let attached = attached.unwrap_or_default();
        let all: BTreeSet<&String> = wanted.targets.keys().chain(&attached).collect();
        let attachments = all.into_iter().map(|target| {
            let action = match (
                wanted.targets.contains_key(target),
                attached.contains(target),
            ) {
                (true, true) => Action::Keep,
                (true, false) => Action::Create { fields: Vec::new() },
                (false, _) => Action::Delete,
            };
            attachment(target, action, vec![policy.clone()], directory)
        });
        parts.extend(attachments);
        Self {
            wanted: Some(wanted),
            found,
            parts,
        }
    }

    /// What removes it: it can be deleted once it is attached to nothing.
    pub(super) fn removal(found: Guardrail, directory: &Directory) -> Self {
        let attached = found.attached.iter();
        let mut parts: Vec<Planned> = attached
            .map(|it| attachment(it, Action::Delete, Vec::new(), directory))
            .collect();
        let needs = parts.iter().map(|it| it.step.resource.clone()).collect();
        parts.push(Planned {
            part: Part::Policy,
            step: Step {
                resource: name(&found),
                action: Action::Delete,
                needs,
                kept: Vec::new(),
                note: None,
                calls: &[],
            },
        });
        Self {
            wanted: None,
            found: Some(found),
            parts,
        }
    }

    /// Nothing is there, and nothing is wanted.
    pub(super) fn nothing() -> Self {
        Self {
            wanted: None,
            found: None,
            parts: Vec::new(),
        }
    }

    /// Each step, in order.
    #[must_use]
    pub fn steps(&self) -> Vec<Step> {
        self.parts.iter().map(|it| it.step.clone()).collect()
    }

    /// Whether it takes the guardrail away.
    #[must_use]
    pub fn is_removal(&self) -> bool {
        self.wanted.is_none()
    }

    /// How many there are of each kind.
    #[must_use]
    pub fn counts(&self) -> Counts {
        Counts::of(self.parts.iter().map(|it| &it.step.action))
    }

    /// The roles that stay free, as ARNs.
    #[must_use]
    pub fn free_roles(&self) -> Vec<String> {
        let policy = self.wanted.as_ref().or(self.found.as_ref());
        policy
            .map(|it| super::policy::free_of(&it.content))
            .unwrap_or_default()
    }
}

fn name(guardrail: &Guardrail) -> String {
    format!("{POLICY} {}", guardrail.name)
}

fn policy_type(root: String) -> Planned {
    Planned {
        step: Step {
            resource: format!("policy-type SERVICE_CONTROL_POLICY of root {root}"),
            action: Action::Create { fields: Vec::new() },
            needs: Vec::new(),
            kept: Vec::new(),
            note: Some("AWS attaches its policy FullAWSAccess everywhere with it: nothing is denied by this alone".into()),
            calls: &["organizations:EnablePolicyType"],
        },
        part: Part::PolicyType(root),
    }
}

fn attachment(target: &str, action: Action, needs: Vec<String>, directory: &Directory) -> Planned {
    let what = match is_account(target) {
        true => format!("account {}", directory.account(target)),
        false => directory.unit(target),
    };
    Planned {
        step: Step {
            resource: format!("attachment to {what}"),
            action,
            needs,
            kept: Vec::new(),
            note: None,
            calls: &[],
        },
        part: Part::Attachment(target.to_owned()),
    }
}

#[cfg(test)]
#[path = "plan_tests.rs"]
mod tests;
