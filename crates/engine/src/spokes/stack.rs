//! A plain CloudFormation stack of the spoke template, in one region.

use crate::aws::consistency::{Poll, poll_until, retry_until_consistent};
use crate::aws::error::{AwsError, Call};
use crate::id;
use crate::words::one_line;
use crate::work::Work;
use anyhow::{Result, bail};
use aws_sdk_cloudformation::Client;
use aws_sdk_cloudformation::types as sdk;
use serde::{Serialize, Serializer};
use std::collections::BTreeMap;
use std::time::Duration;

/// CloudFormation needs about half a minute for a role, one for a queue; anything over this is stuck.
const PATIENCE: Duration = Duration::from_secs(1800);

/// A stack. A value is either the desired or the observed state.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Stack {
    #[serde(skip)]
    pub(crate) name: String,
    #[serde(skip)]
    pub(crate) region: String,
    /// The stack id, which is valid after its deletion too.
    #[serde(skip)]
    pub(crate) id: String,
    /// Whether it has termination protection, of one that was found.
    #[serde(skip)]
    pub(crate) protected: bool,
    /// Acknowledged at each call; not part of the stack's state.
    #[serde(skip)]
    pub(crate) capabilities: Vec<String>,
    pub(crate) parameters: BTreeMap<String, String>,
    /// AWS's status; every status that can be used and updated is the same to a plan.
    #[serde(serialize_with = "health")]
    pub(crate) status: String,
    pub(crate) tags: BTreeMap<String, String>,
    pub(crate) template: String,
    /// When it was made or last updated, in seconds since 1970, of one that was found.
    #[serde(skip)]
    pub(crate) changed_s: Option<i64>,
}

/// What a status means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Condition {
    /// It is complete, and can be updated.
    Usable,
    /// Something is under way.
    Moving,
    /// Its creation failed, or it is incomplete: it can only be deleted.
    Broken,
    /// The rollback of an update failed.
    Stuck,
}

fn health<S: Serializer>(status: &str, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(match condition(status) {
        Condition::Usable => Stack::USABLE,
        Condition::Moving | Condition::Broken | Condition::Stuck => status,
    })
}

/// CloudFormation User Guide, "Stack status codes".
fn condition(status: &str) -> Condition {
    match status {
        Stack::USABLE
        | "CREATE_COMPLETE"
        | "UPDATE_COMPLETE"
        | "UPDATE_ROLLBACK_COMPLETE"
        | "IMPORT_COMPLETE"
        | "IMPORT_ROLLBACK_COMPLETE" => Condition::Usable,
        "UPDATE_ROLLBACK_FAILED" => Condition::Stuck,
        // Made by a change set that was never executed.
        "REVIEW_IN_PROGRESS" => Condition::Broken,
        _ if status.ends_with("_IN_PROGRESS") => Condition::Moving,
        _ => Condition::Broken,
    }
}

impl Stack {
    /// The status that is wanted.
    pub(crate) const USABLE: &'static str = "COMPLETE";

    /// What its status means.
    pub(crate) fn condition(&self) -> Condition {
        condition(&self.status)
    }

    /// Reads the stack of this name, or of this id.
    pub(crate) async fn find(
        client: &Client,
        name: &str,
        region: &str,
    ) -> Result<Option<Self>, AwsError> {
        let Some(found) = describe(client, name).await? else {
            return Ok(None);
        };
        let id = found.stack_id().unwrap_or(name).to_owned();
        let template = client
            .get_template()
            .stack_name(&id)
            .template_stage(sdk::TemplateStage::Original)
            .send()
            .await
            .call("cloudformation:GetTemplate");
        let template = match template {
            Ok(answer) => answer.template_body.ok_or_else(|| {
                AwsError::incomplete("cloudformation:GetTemplate", "TemplateBody")
            })?,
            // A stack that only a change set made has none.
            Err(error) if is_gone(&error) => String::new(),
            Err(error) => return Err(error),
        };
        let text = |value: Option<&str>| value.unwrap_or_default().to_owned();
        Ok(Some(Self {
            name: text(found.stack_name()),
            region: region.to_owned(),
            id,
            protected: found.enable_termination_protection().unwrap_or_default(),
            capabilities: found
                .capabilities()
                .iter()
                .map(|it| it.as_str().to_owned())
                .collect(),
            parameters: found
                .parameters()
                .iter()
                .map(|it| (text(it.parameter_key()), text(it.parameter_value())))
                .collect(),
            status: text(found.stack_status().map(|status| status.as_str())),
            tags: found
                .tags()
                .iter()
                .map(|tag| (text(tag.key()), text(tag.value())))
                .collect(),
            template,
            changed_s: found
                .last_updated_time()
                .or(found.creation_time())
                .map(|at| at.secs()),
        }))
    }

    /// Creates it and waits until it is complete.
    pub(crate) async fn create(&self, client: &Client, work: &Work) -> Result<()> {
        let token = id::random()?;
        let answer = retry_until_consistent(work, async || {
            let call = client.create_stack().stack_name(&self.name);
            let call = call.client_request_token(&token);
            call.set_capabilities(Some(self.sdk_capabilities()))
                .set_parameters(Some(self.sdk_parameters()))
                .set_tags(Some(sdk_tags(&self.tags)))
                .template_body(&self.template)
                .send()
                .await
                .call("cloudformation:CreateStack")
        })
        .await;
        let id = match answer {
            Ok(answer) => answer.stack_id,
            Err(error) if error.already_exists() => {
                has_begun(client, &self.name, &token, error).await?;
                None
            }
            Err(error) => return Err(error.into()),
        };
        settle(client, &id.unwrap_or(self.name.clone()), &token, work).await
    }

    /// Brings the stack to the desired state: by an update where possible, else by deleting and creating it.
    pub(crate) async fn fix(&self, client: &Client, observed: &Self, work: &Work) -> Result<()> {
        let mut observed = observed.clone();
        if observed.condition() == Condition::Moving {
            wait(client, &observed.id, work).await?;
            match Self::find(client, &observed.id, &self.region).await? {
                Some(found) if found.status != "DELETE_COMPLETE" => observed = found,
                _ => return self.create(client, work).await,
            }
        }
        match observed.condition() {
            Condition::Usable | Condition::Moving => {}
            Condition::Stuck => {
                observed.continue_rollback(client, work).await?;
            }
            Condition::Broken => {
                observed.delete(client, work).await?;
                return self.create(client, work).await;
            }
        }
        self.update(client, &observed, work).await
    }

    /// Ends the rollback of an update that failed, and waits for that.
    async fn continue_rollback(&self, client: &Client, work: &Work) -> Result<()> {
        let token = id::random()?;
        let answer = retry_until_consistent(work, async || {
            let call = client.continue_update_rollback().stack_name(&self.id);
            let answer = call.client_request_token(&token).send().await;
            answer.call("cloudformation:ContinueUpdateRollback")
        });
        if let Err(error) = answer.await {
            has_begun(client, &self.id, &token, error).await?;
        }
        wait(client, &self.id, work).await?;
        Ok(())
    }

    async fn update(&self, client: &Client, observed: &Self, work: &Work) -> Result<()> {
        let mut tags = observed.tags.clone();
        tags.extend(self.tags.clone());
        tags.retain(|key, _| !key.starts_with("aws:"));
        let token = id::random()?;
        let answer = retry_until_consistent(work, async || {
            let call = client.update_stack().stack_name(&observed.id);
            let call = call.client_request_token(&token);
            call.set_capabilities(Some(self.sdk_capabilities()))
                .set_parameters(Some(self.sdk_parameters()))
                .set_tags(Some(sdk_tags(&tags)))
                .template_body(&self.template)
                .send()
                .await
                .call("cloudformation:UpdateStack")
        });
        match answer.await {
            Err(error) if error.message.contains("No updates are to be performed") => return Ok(()),
            Err(error) => has_begun(client, &observed.id, &token, error).await?,
            Ok(_) => {}
        }
        settle(client, &observed.id, &token, work).await
    }

    /// Removes it and waits until it is gone.
    pub(crate) async fn delete(&self, client: &Client, work: &Work) -> Result<()> {
        let token = id::random()?;
        let answer = retry_until_consistent(work, async || {
            let call = client.delete_stack().stack_name(&self.id);
            let answer = call.client_request_token(&token).send().await;
            answer.call("cloudformation:DeleteStack")
        });
        if let Err(error) = answer.await {
            has_begun(client, &self.id, &token, error).await?;
        }
        match wait(client, &self.id, work).await?.as_deref() {
            None | Some("DELETE_COMPLETE") => Ok(()),
            Some(status) => fail(client, &self.id, &token, status).await,
        }
    }

    fn sdk_capabilities(&self) -> Vec<sdk::Capability> {
        self.capabilities
            .iter()
            .map(|capability| sdk::Capability::from(capability.as_str()))
            .collect()
    }

    fn sdk_parameters(&self) -> Vec<sdk::Parameter> {
        sdk_parameters(&self.parameters)
    }
}

/// Parameters as CloudFormation expects them.
pub(super) fn sdk_parameters(parameters: &BTreeMap<String, String>) -> Vec<sdk::Parameter> {
    let parameter = |(key, value): (&String, &String)| {
        let parameter = sdk::Parameter::builder().parameter_key(key);
        parameter.parameter_value(value).build()
    };
    parameters.iter().map(parameter).collect()
}

/// Tags as CloudFormation expects them.
pub(super) fn sdk_tags(tags: &BTreeMap<String, String>) -> Vec<sdk::Tag> {
    let tag = |(key, value): (&String, &String)| sdk::Tag::builder().key(key).value(value).build();
    tags.iter().map(tag).collect()
}

/// CloudFormation has no code of its own for a stack that does not exist.
fn is_gone(error: &AwsError) -> bool {
    error.code == "ValidationError" && error.message.contains("does not exist")
}

async fn describe(client: &Client, name: &str) -> Result<Option<sdk::Stack>, AwsError> {
    let answer = client.describe_stacks().stack_name(name).send().await;
    match answer.call("cloudformation:DescribeStacks") {
        // A stack that does not exist is an error, never an empty list.
        Ok(answer) => match answer.stacks.unwrap_or_default().into_iter().next() {
            None => Err(AwsError::incomplete(
                "cloudformation:DescribeStacks",
                "Stacks",
            )),
            found => Ok(found),
        },
        Err(error) if is_gone(&error) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Waits until nothing is under way, and returns the status; `None` when the stack is gone.
async fn wait(client: &Client, id: &str, work: &Work) -> Result<Option<String>> {
    poll_until(work, "CloudFormation", PATIENCE, async || {
        let found = describe(client, id).await?;
        let status = found.and_then(|found| found.stack_status);
        let status = status.map(|status| status.as_str().to_owned());
        Ok(match status.as_deref().map(condition) {
            Some(Condition::Moving) => Poll::Pending,
            _ => Poll::Ready(status),
        })
    })
    .await
}

/// Waits until a stack that was created or updated is complete.
async fn settle(client: &Client, id: &str, token: &str, work: &Work) -> Result<()> {
    match wait(client, id, work).await?.as_deref() {
        Some("CREATE_COMPLETE" | "UPDATE_COMPLETE") => Ok(()),
        status => fail(client, id, token, status.unwrap_or("gone")).await,
    }
}

/// An error with the first reason that AWS gave in this operation. The stack's own reason only says how many resources
/// failed.
async fn fail(client: &Client, id: &str, token: &str, status: &str) -> Result<()> {
    let reason = match operation(client, id, token).await {
        Ok(operation) => operation
            .first_failure()
            .unwrap_or_else(|| "AWS gave no reason".into()),
        Err(error) => format!("why cannot be read: {error}"),
    };
    bail!("the stack is {status}: {reason}")
}

/// What happened in one operation on a stack, newest first.
struct Operation(Vec<sdk::StackEvent>);

/// The events that carry an operation's token, from all pages: CloudFormation gives the token to each event of the
/// operation (CloudFormation API Reference, StackEvent).
async fn operation(client: &Client, id: &str, token: &str) -> Result<Operation, AwsError> {
    let call = client.describe_stack_events().stack_name(id);
    let mut pages = call.into_paginator().items().send();
    let mut events = Vec::new();
    while let Some(event) = pages.next().await {
        let event = match event.call("cloudformation:DescribeStackEvents") {
            Err(error) if is_gone(&error) => break,
            event => event?,
        };
        if event.client_request_token() == Some(token) {
            events.push(event);
        }
    }
    Ok(Operation(events))
}

/// Nothing where an operation has begun, whose answer was lost and whose repetition AWS refused; else the refusal.
async fn has_begun(
    client: &Client,
    id: &str,
    token: &str,
    refusal: AwsError,
) -> Result<(), AwsError> {
    match operation(client, id, token).await {
        Ok(operation) if !operation.0.is_empty() => Ok(()),
        _ => Err(refusal),
    }
}

impl Operation {
    /// What failed first is why the rest was cancelled.
    fn first_failure(&self) -> Option<String> {
        let is_failure = |event: &&sdk::StackEvent| {
            let status = event.resource_status().map_or("", |status| status.as_str());
            let reason = event.resource_status_reason().unwrap_or_default();
            (status.ends_with("_FAILED") || status.contains("ROLLBACK"))
                && !reason.is_empty()
                && !reason.contains("cancelled")
        };
        let event = self.0.iter().rev().find(is_failure)?;
        let resource = event.logical_resource_id().unwrap_or_default();
        Some(format!(
            "{resource}: {}",
            one_line(event.resource_status_reason().unwrap_or_default())
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_status_has_its_way_on() {
        for (status, wanted) in [
            ("CREATE_COMPLETE", Condition::Usable),
            ("UPDATE_ROLLBACK_COMPLETE", Condition::Usable),
            ("CREATE_IN_PROGRESS", Condition::Moving),
            ("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", Condition::Moving),
            ("DELETE_IN_PROGRESS", Condition::Moving),
            ("REVIEW_IN_PROGRESS", Condition::Broken),
            ("ROLLBACK_COMPLETE", Condition::Broken),
            ("CREATE_FAILED", Condition::Broken),
            ("DELETE_FAILED", Condition::Broken),
            ("UPDATE_ROLLBACK_FAILED", Condition::Stuck),
        ] {
            assert_eq!(condition(status), wanted, "{status}");
        }
    }

    #[test]
    fn the_first_failure_is_the_reason() {
        let event = |resource: &str, status: sdk::ResourceStatus, reason: &str| {
            sdk::StackEvent::builder()
                .stack_id("s")
                .event_id("e")
                .stack_name("n")
                .timestamp(aws_smithy_types::DateTime::from_secs(0))
                .logical_resource_id(resource)
                .resource_status(status)
                .resource_status_reason(reason)
                .build()
        };
        let events = [
            event(
                "s",
                sdk::ResourceStatus::RollbackInProgress,
                "1 resource failed",
            ),
            event(
                "Rule",
                sdk::ResourceStatus::CreateFailed,
                "Resource creation cancelled",
            ),
            event(
                "Role",
                sdk::ResourceStatus::CreateFailed,
                "denied by an SCP",
            ),
            event("Role", sdk::ResourceStatus::CreateInProgress, ""),
        ];
        let failure = |events: &[sdk::StackEvent]| Operation(events.to_vec()).first_failure();
        assert_eq!(failure(&events).as_deref(), Some("Role: denied by an SCP"));
        assert_eq!(failure(&events[3..]), None);
    }
}
