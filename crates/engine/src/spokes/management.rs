//! The management account's own spokes. StackSets do not deploy to it (CloudFormation User Guide, "Create StackSets
//! with service-managed permissions"), so it gets the same template as plain stacks, one a region.

use super::stack::{Condition, Stack};
use crate::apply::{Outcome, Task, in_order};
use crate::aws::Aws;
use crate::aws::error::AwsError;
use crate::findings::steps;
use crate::names::DEPLOYMENT_TAG;
use crate::plan::{Action, Step, decide, kept};
use crate::work::Work;
use anyhow::{Context, Result};
use futures_util::future::join_all;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// What is to be done about the management account.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Management {
    /// These credentials are its own.
    Here(Vec<StackPlan>),
    /// They are not: the command left to run there.
    Elsewhere {
        /// The management account.
        account: String,
        /// The command to run with its credentials.
        command: String,
    },
}

/// One region's stack and what is to be done with it.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct StackPlan {
    /// Its region.
    pub region: String,
    /// What is to be done.
    #[serde(flatten)]
    pub step: Step,
    #[serde(skip)]
    wanted: Option<Stack>,
    #[serde(skip)]
    observed: Option<Stack>,
}

impl StackPlan {
    /// What was found of it.
    pub(crate) fn observed(&self) -> Option<&Stack> {
        self.observed.as_ref()
    }
}

impl Management {
    /// Whether carrying this out writes anything.
    pub fn is_change(&self) -> bool {
        self.stacks().iter().any(|it| it.step.action.is_change())
    }

    /// The plans of its stacks, where they can be seen.
    pub fn stacks(&self) -> &[StackPlan] {
        match self {
            Self::Here(stacks) => stacks,
            Self::Elsewhere { .. } => &[],
        }
    }
}

/// The management account's own stacks, as far as they can be read.
#[derive(Default)]
pub(crate) struct Found {
    pub(crate) stacks: BTreeMap<String, Stack>,
    /// Regions that could not be read, with AWS's answer.
    pub(crate) unread: Unread,
}

/// Regions that cannot be read, with AWS's answer.
pub(crate) type Unread = BTreeMap<String, AwsError>;

/// Reads the stacks of this name in some regions, each by itself.
pub(crate) async fn look(aws: &Aws, name: &str, regions: &BTreeSet<String>) -> Found {
    let answers = join_all(regions.iter().map(async |region| {
        let found = Stack::find(&aws.cloudformation_in(region), name, region).await;
        (region.clone(), found)
    }));
    let mut all = Found::default();
    for (region, answer) in answers.await {
        match answer {
            Ok(stack) => all.stacks.extend(stack.map(|it| (region, it))),
            Err(error) => {
                all.unread.insert(region, error);
            }
        }
    }
    all
}

/// Reads the stacks of this name in some regions.
///
/// A region that is not `wanted` may refuse the call, since an SCP may deny it to everybody. Any other
/// error fails: it is unknown whether a stack is there.
pub(crate) async fn observe(
    aws: &Aws,
    name: &str,
    regions: &BTreeSet<String>,
    wanted: &BTreeSet<String>,
) -> Result<Found> {
    let found = look(aws, name, regions).await;
    let is_meant =
        |region: &String, error: &AwsError| error.is_denied() && !wanted.contains(region);
    let mut unread = found.unread.iter();
    match unread.find(|(region, error)| !is_meant(region, error)) {
        None => Ok(found),
        Some((region, error)) => Err(error.clone()).with_context(|| {
            format!(
                "reading the stack {name} in account {}, region {region}",
                aws.account
            )
        }),
    }
}

/// Regions that cannot be read, as text.
pub(crate) fn unread_words(unread: &Unread) -> String {
    let regions: Vec<&str> = unread.keys().map(String::as_str).collect();
    let why = unread.values().next().map(|it| format!(" ({it})"));
    format!(
        "its own stacks in {} cannot be read from here{}",
        regions.join(", "),
        why.unwrap_or_default()
    )
}

/// Compares the stacks that are wanted, one a region, with those that are there. Pure.
///
/// A stack with our tag in a region that is not wanted is deleted; one without our tag is ignored there.
pub(crate) fn plan(
    wanted: &BTreeMap<String, Stack>,
    mut observed: BTreeMap<String, Stack>,
    deployment: &str,
) -> Vec<StackPlan> {
    let is_ours = |stack: &Stack| {
        stack
            .tags
            .get(DEPLOYMENT_TAG)
            .is_some_and(|it| it == deployment)
    };
    observed.retain(|region, stack| wanted.contains_key(region) || is_ours(stack));
    let regions: BTreeSet<String> = wanted.keys().chain(observed.keys()).cloned().collect();
    regions
        .into_iter()
        .map(|region| {
            let observed = observed.remove(&region);
            let wanted = wanted.get(&region).cloned();
            StackPlan::of(region, wanted, observed)
        })
        .collect()
}

impl StackPlan {
    fn of(region: String, wanted: Option<Stack>, observed: Option<Stack>) -> Self {
        let (action, kept) = match (&wanted, &observed) {
            (Some(wanted), found) => (decide(wanted, found.as_ref()), kept(wanted, found.as_ref())),
            (None, _) => (Action::Delete, Vec::new()),
        };
        let name = wanted
            .as_ref()
            .or(observed.as_ref())
            .map(|it| it.name.as_str());
        let step = Step {
            resource: format!("stack {} in {region}", name.unwrap_or_default()),
            action,
            needs: Vec::new(),
            kept,
            note: None,
            calls: &[],
        };
        Self {
            region,
            step,
            wanted,
            observed,
        }
    }

    /// Whether there is a stack of this name that does not carry our tag.
    pub(crate) fn is_foreign(&self, deployment: &str) -> bool {
        let found = self.observed.as_ref();
        found.is_some_and(|it| {
            it.tags
                .get(DEPLOYMENT_TAG)
                .is_none_or(|tag| tag != deployment)
        })
    }

    /// What allows a stack to be deleted, where something prevents that. Pure.
    pub(crate) fn protection(&self) -> Option<String> {
        let observed = self.observed.as_ref().filter(|it| it.protected)?;
        (self.step.action == Action::Delete).then(|| {
            format!(
                "`aws cloudformation update-termination-protection --no-enable-termination-protection --region {} --stack-name {}`",
                self.region, observed.name
            )
        })
    }

    async fn carry_out(&self, aws: &Aws, work: &Work) -> Result<()> {
        let client = aws.cloudformation_in(&self.region);
        let work = work.of(&self.step.resource);
        let verb = match (&self.step.action, &self.wanted, &self.observed) {
            (Action::Create { .. }, Some(wanted), _) => {
                wanted.create(&client, &work).await?;
                "created"
            }
            (Action::Update { .. }, Some(wanted), Some(observed)) => {
                wanted.fix(&client, observed, &work).await?;
                "updated"
            }
            (Action::Delete, _, Some(observed)) => {
                observed.delete(&client, &work).await?;
                "deleted"
            }
            _ => return Ok(()),
        };
        work.done(verb);
        Ok(())
    }
}

/// Makes, changes and removes stacks, all regions side by side; names what changed, and what did not.
pub(crate) async fn apply(aws: &Aws, stacks: &[StackPlan], work: &Work) -> Outcome {
    let changes = stacks.iter().filter(|it| it.step.action.is_change());
    let tasks = changes.map(|plan| Task {
        name: plan.step.resource.clone(),
        after: Vec::new(),
        what: plan,
    });
    in_order(
        tasks.collect(),
        work.stop().requested(),
        async |plan: &StackPlan| {
            plan.carry_out(aws, work).await.with_context(|| {
                format!(
                    "{} of the management account {}",
                    plan.step.resource, aws.account
                )
            })
        },
    )
    .await
    .of(steps::OWN_STACKS_FAILED)
}

/// What is wrong with the stack in each region where there is one; nothing where it is as it should be.
///
/// `forwards` are the parameters that the StackSet has, where there is one. Pure.
pub(crate) fn standing(
    stacks: &BTreeMap<String, Stack>,
    deployment: &str,
    template: &str,
    forwards: Option<&BTreeMap<String, String>>,
) -> BTreeMap<String, Option<String>> {
    let trouble = |stack: &Stack| {
        if stack
            .tags
            .get(DEPLOYMENT_TAG)
            .is_none_or(|tag| tag != deployment)
        {
            return Some(format!("stack {} is not rootwatch's", stack.name));
        }
        match stack.condition() {
            Condition::Usable => {}
            Condition::Moving | Condition::Broken | Condition::Stuck => {
                return Some(format!("stack {}", stack.status));
            }
        }
        if forwards.is_some_and(|forwards| *forwards != stack.parameters) {
            return Some("stack forwards elsewhere than the StackSet".into());
        }
        (stack.template != template).then(|| "stack has another template".into())
    };
    stacks
        .iter()
        .map(|(region, stack)| (region.clone(), trouble(stack)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stack(region: &str, status: &str, ours: bool) -> Stack {
        let tag = (DEPLOYMENT_TAG.to_owned(), "rootwatch".to_owned());
        Stack {
            name: "rootwatch-spoke".into(),
            region: region.into(),
            id: String::new(),
            protected: false,
            capabilities: vec!["CAPABILITY_IAM".into()],
            parameters: BTreeMap::from([("HubRegion".into(), "eu-west-1".into())]),
            status: status.into(),
            tags: ours.then_some(tag).into_iter().collect(),
            template: "t".into(),
            changed_s: None,
        }
    }

    fn stacks(all: &[(&str, &str, bool)]) -> BTreeMap<String, Stack> {
        all.iter()
            .map(|(region, status, ours)| ((*region).to_owned(), stack(region, status, *ours)))
            .collect()
    }

    fn actions(wanted: &[&str], observed: &[(&str, &str, bool)]) -> Vec<String> {
        let wanted = wanted
            .iter()
            .map(|region| ((*region).to_owned(), stack(region, Stack::USABLE, true)))
            .collect();
        plan(&wanted, stacks(observed), "rootwatch")
            .iter()
            .map(|it| {
                let action = match &it.step.action {
                    Action::Create { .. } => "create".to_owned(),
                    Action::Update { .. } => {
                        let changed: Vec<&str> = it.step.action.changed().into_iter().collect();
                        format!("update {}", changed.join(","))
                    }
                    Action::Keep => "keep".to_owned(),
                    Action::Delete => "delete".to_owned(),
                };
                format!("{} {action}", it.region)
            })
            .collect()
    }

    #[test]
    fn each_wanted_region_has_a_stack_and_no_other_region() {
        let found = [
            ("a", "CREATE_COMPLETE", true),
            ("b", "ROLLBACK_COMPLETE", true),
            ("c", "UPDATE_ROLLBACK_COMPLETE", true),
            ("x", "CREATE_COMPLETE", true),
            ("y", "CREATE_COMPLETE", false),
        ];
        assert_eq!(
            actions(&["a", "b", "c", "d"], &found),
            [
                "a keep",
                "b update status",
                "c keep",
                "d create",
                "x delete"
            ]
        );
    }

    #[test]
    fn a_foreign_stack_is_detected() {
        let wanted = stacks(&[("a", Stack::USABLE, true)]);
        let found = stacks(&[("a", "CREATE_COMPLETE", false)]);
        assert!(plan(&wanted, found, "rootwatch")[0].is_foreign("rootwatch"));
    }

    #[test]
    fn only_a_stack_that_works_and_forwards_to_the_hub_covers_its_region() {
        let mut found = stacks(&[
            ("a", "UPDATE_COMPLETE", true),
            ("b", "UPDATE_ROLLBACK_FAILED", true),
            ("c", "CREATE_COMPLETE", false),
            ("d", "CREATE_COMPLETE", true),
        ]);
        if let Some(stack) = found.get_mut("d") {
            stack.parameters.clear();
        }
        let forwards = stack("a", "", true).parameters;
        let standing = standing(&found, "rootwatch", "t", Some(&forwards));
        let words: Vec<&str> = standing
            .values()
            .map(|it| it.as_deref().unwrap_or("fine"))
            .collect();
        assert_eq!(
            words,
            [
                "fine",
                "stack UPDATE_ROLLBACK_FAILED",
                "stack rootwatch-spoke is not rootwatch's",
                "stack forwards elsewhere than the StackSet"
            ]
        );
    }
}
