//! What a rule sends to, on the hub's bus or on the account's default bus.

use super::not_default::{self, NotDefault};
use crate::aws::Aws;
use crate::aws::consistency::retry_until_consistent;
use crate::aws::error::{AwsError, Call, gone};
use crate::work::Work;
use anyhow::Result;
use aws_sdk_eventbridge::types as sdk;
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// By target id.
pub(crate) type Targets = BTreeMap<String, Target>;

/// What a rule sends to.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Target {
    pub(crate) arn: String,
    /// ARN of the queue for what could not be delivered.
    pub(crate) dead_letter_queue: Option<String>,
    /// What is sent in place of the event as it came; rootwatch sets nothing.
    pub(crate) input: Option<Value>,
    /// In seconds.
    pub(crate) maximum_event_age: Option<i32>,
    pub(crate) maximum_retry_attempts: Option<i32>,
    /// What rootwatch leaves at its default, and is not.
    #[serde(skip_serializing_if = "NotDefault::is_empty")]
    pub(crate) not_default: NotDefault,
    /// As which EventBridge sends; rootwatch sets one in a spoke alone, where the target is another account's bus.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) role: Option<String>,
}

/// The rule whose targets are meant.
#[derive(Clone, Copy)]
pub(super) struct RuleOnBus<'a> {
    pub(super) name: &'a str,
    pub(super) bus: &'a str,
}

impl RuleOnBus<'_> {
    pub(super) async fn find_targets(self, aws: &Aws) -> Result<Targets> {
        let call = aws.eventbridge.list_targets_by_rule().rule(self.name);
        let answer = call.event_bus_name(self.bus).send().await;
        let answer = answer.found("events:ListTargetsByRule")?;
        let targets = answer.iter().flat_map(|answer| answer.targets());
        Ok(targets
            .map(|target| (target.id().to_owned(), found_target(target)))
            .collect())
    }

    pub(super) async fn put_targets(self, aws: &Aws, work: &Work, targets: &Targets) -> Result<()> {
        let targets = targets.iter();
        let targets = targets
            .map(|(id, target)| sdk_target(id, target))
            .collect::<Result<Vec<_>, _>>()?;
        retry_until_consistent(work, async || {
            let call = aws.eventbridge.put_targets().rule(self.name);
            let call = call.event_bus_name(self.bus);
            let answer = call.set_targets(Some(targets.clone())).send().await;
            let answer = answer.call("events:PutTargets")?;
            // Success as a whole can hide a target that was refused.
            let failed = answer.failed_entries().first();
            let failed = failed.map(|it| (it.target_id(), it.error_code(), it.error_message()));
            refused("events:PutTargets", failed)
        })
        .await?;
        Ok(())
    }

    /// Takes away those that are not wanted, then writes the wanted ones where one differs.
    pub(super) async fn replace_targets(
        self,
        aws: &Aws,
        work: &Work,
        observed: &Targets,
        wanted: &Targets,
    ) -> Result<()> {
        let surplus = observed.keys().filter(|id| !wanted.contains_key(*id));
        self.remove_targets(aws, work, surplus.cloned().collect())
            .await?;
        let differs = |(id, target): (&String, &Target)| observed.get(id) != Some(target);
        if wanted.iter().any(differs) {
            self.put_targets(aws, work, wanted).await?;
        }
        Ok(())
    }

    async fn remove_targets(self, aws: &Aws, work: &Work, ids: Vec<String>) -> Result<()> {
        if ids.is_empty() {
            return Ok(());
        }
        let answer = retry_until_consistent(work, async || {
            let call = aws.eventbridge.remove_targets().rule(self.name);
            let call = call.event_bus_name(self.bus).set_ids(Some(ids.clone()));
            let answer = call.send().await.call("events:RemoveTargets")?;
            let failed = answer.failed_entries().first();
            let failed = failed.map(|it| (it.target_id(), it.error_code(), it.error_message()));
            refused("events:RemoveTargets", failed)
        });
        Ok(gone(answer.await)?)
    }

    /// Deletes the rule; it can be deleted only when it has no targets.
    pub(super) async fn delete(self, aws: &Aws, work: &Work) -> Result<()> {
        let targets = self.find_targets(aws).await?;
        self.remove_targets(aws, work, targets.into_keys().collect())
            .await?;
        let answer = retry_until_consistent(work, async || {
            let call = aws.eventbridge.delete_rule().name(self.name);
            let answer = call.event_bus_name(self.bus).send().await;
            answer.call("events:DeleteRule")
        })
        .await;
        Ok(gone(answer)?)
    }
}

/// The error of the first target of a call that failed for it: its id, AWS's code and message.
type FailedTarget<'a> = (Option<&'a str>, Option<&'a str>, Option<&'a str>);

fn refused(operation: &'static str, failed: Option<FailedTarget<'_>>) -> Result<(), AwsError> {
    let Some((target, code, message)) = failed else {
        return Ok(());
    };
    Err(AwsError::of_entry(
        operation,
        code,
        &format!(
            "target {}: {}",
            target.unwrap_or("?"),
            message.unwrap_or("AWS gave no message")
        ),
    ))
}

fn sdk_target(
    id: &str,
    target: &Target,
) -> Result<sdk::Target, aws_smithy_types::error::operation::BuildError> {
    // What is not set is left out: an empty structure is kept as one, and is a difference to other tools.
    let dead_letters = target.dead_letter_queue.as_ref();
    let dead_letters = dead_letters.map(|arn| sdk::DeadLetterConfig::builder().arn(arn).build());
    let (age, attempts) = (target.maximum_event_age, target.maximum_retry_attempts);
    let retries = (age.is_some() || attempts.is_some()).then(|| {
        sdk::RetryPolicy::builder()
            .set_maximum_event_age_in_seconds(age)
            .set_maximum_retry_attempts(attempts)
            .build()
    });
    sdk::Target::builder()
        .id(id)
        .arn(&target.arn)
        .set_dead_letter_config(dead_letters)
        .set_retry_policy(retries)
        .build()
}

/// A target as it was found.
pub(crate) fn found_target(target: &sdk::Target) -> Target {
    let retries = target.retry_policy();
    Target {
        arn: target.arn().to_owned(),
        dead_letter_queue: target
            .dead_letter_config()
            .and_then(|config| config.arn())
            .map(str::to_owned),
        input: found_input(target),
        maximum_event_age: retries.and_then(|policy| policy.maximum_event_age_in_seconds()),
        maximum_retry_attempts: retries.and_then(|policy| policy.maximum_retry_attempts()),
        not_default: not_default::of_target(target),
        role: target.role_arn().map(str::to_owned),
    }
}

/// The notifier cannot read a transformed event.
fn found_input(target: &sdk::Target) -> Option<Value> {
    let template = target
        .input_transformer()
        .map(sdk::InputTransformer::input_template);
    let input = target.input().or(target.input_path()).or(template);
    input.map(Value::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// AWS keeps an empty structure, and other tools find it.
    #[test]
    fn what_is_not_set_is_not_sent() {
        let bare = Target {
            arn: "arn:aws:lambda:eu-west-1:111122223333:function:x".into(),
            dead_letter_queue: None,
            input: None,
            maximum_event_age: None,
            maximum_retry_attempts: None,
            not_default: NotDefault::new(),
            role: None,
        };
        let sent = sdk_target("x", &bare).unwrap();
        assert_eq!(sent.dead_letter_config(), None);
        assert_eq!(sent.retry_policy(), None);
        let tried = Target {
            maximum_retry_attempts: Some(0),
            ..bare
        };
        let sent = sdk_target("x", &tried).unwrap();
        let retries = sent.retry_policy().unwrap();
        assert_eq!(retries.maximum_retry_attempts(), Some(0));
    }
}
