//! A rule on the hub's bus, or on its default bus, with the targets that it sends to.

use super::event_bus::{find_tags, put_tags, sdk_tags};
use super::not_default::{self, NotDefault};
use super::resource::{Resource, Tags, are_compared};
use crate::aws::Aws;
use crate::aws::consistency::retry_until_consistent;
use crate::aws::error::{AwsError, Call, gone};
use crate::work::Work;
use anyhow::Result;
use aws_sdk_eventbridge::operation::describe_rule::DescribeRuleOutput;
use aws_sdk_eventbridge::types as sdk;
use futures_util::future::try_join_all;
use serde::Serialize;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// The only state in which a rule gets read-only management events (EventBridge User Guide, "AWS service events
/// delivered via AWS CloudTrail").
pub(crate) const ALL_MANAGEMENT_EVENTS: &str = "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS";

/// The bus that AWS's own events arrive at.
pub(crate) const DEFAULT_BUS: &str = "default";
/// The state in which a rule gets all events but read-only management events.
pub(crate) const ENABLED: &str = "ENABLED";

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

/// An EventBridge rule.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct Rule {
    #[serde(skip)]
    pub(crate) name: String,
    #[serde(skip)]
    pub(crate) arn: String,
    #[serde(skip)]
    pub(crate) bus: String,
    pub(crate) description: String,
    pub(crate) event_pattern: Value,
    /// What rootwatch leaves at its default, and is not.
    #[serde(skip_serializing_if = "NotDefault::is_empty")]
    pub(crate) not_default: NotDefault,
    pub(crate) state: String,
    pub(crate) tags: Tags,
    /// By target id.
    pub(crate) targets: BTreeMap<String, Target>,
}

impl Rule {
    /// Whether anybody's rules are on its bus, so that its own tag says whose it is.
    pub(crate) fn is_on_default_bus(&self) -> bool {
        self.bus == DEFAULT_BUS
    }

    async fn put_rule(&self, aws: &Aws, work: &Work, tags: Option<Vec<sdk::Tag>>) -> Result<()> {
        retry_until_consistent(work, async || {
            aws.eventbridge
                .put_rule()
                .name(&self.name)
                .event_bus_name(&self.bus)
                .description(&self.description)
                .event_pattern(self.event_pattern.to_string())
                .state(sdk::RuleState::from(self.state.as_str()))
                .set_tags(tags.clone())
                .send()
                .await
                .call("events:PutRule")
        })
        .await?;
        Ok(())
    }

    async fn put_targets(&self, aws: &Aws, work: &Work) -> Result<()> {
        let targets = self
            .targets
            .iter()
            .map(|(id, target)| sdk_target(id, target))
            .collect::<Result<Vec<_>, _>>()?;
        retry_until_consistent(work, async || {
            let call = aws.eventbridge.put_targets().rule(&self.name);
            let call = call.event_bus_name(&self.bus);
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

    async fn remove_targets(&self, aws: &Aws, work: &Work, ids: Vec<String>) -> Result<()> {
        if ids.is_empty() {
            return Ok(());
        }
        let answer = retry_until_consistent(work, async || {
            let call = aws.eventbridge.remove_targets().rule(&self.name);
            let call = call.event_bus_name(&self.bus).set_ids(Some(ids.clone()));
            let answer = call.send().await.call("events:RemoveTargets")?;
            let failed = answer.failed_entries().first();
            let failed = failed.map(|it| (it.target_id(), it.error_code(), it.error_message()));
            refused("events:RemoveTargets", failed)
        });
        Ok(gone(answer.await)?)
    }

    /// Finds several rules of one bus: one call lists all that are on it.
    pub(crate) async fn find_all(aws: &Aws, wanted: &[&Self]) -> Result<Vec<Option<Self>>> {
        let Some(first) = wanted.first() else {
            return Ok(Vec::new());
        };
        let each = try_join_all(wanted.iter().map(|it| it.find_parts(aws)));
        let (listed, parts) = tokio::try_join!(list(aws, &first.bus), each)?;
        let found = wanted.iter().zip(parts).map(|(wanted, (targets, tags))| {
            let mut all = listed.iter();
            let rule = all.find(|it| it.name() == Some(&wanted.name))?;
            let of_rule = OfRule {
                description: rule.description(),
                pattern: rule.event_pattern(),
                state: rule.state(),
                schedule: rule.schedule_expression(),
                role: rule.role_arn(),
            };
            Some(wanted.found(of_rule, targets, tags))
        });
        Ok(found.collect())
    }

    /// What is read beside the rule itself. A rule of our name on our own bus is ours, whatever its tags.
    async fn find_parts(&self, aws: &Aws) -> Result<(BTreeMap<String, Target>, Tags)> {
        let tags = async {
            match are_compared(&self.tags) || self.is_on_default_bus() {
                true => find_tags(aws, &self.arn).await,
                false => Ok(self.tags.clone()),
            }
        };
        tokio::try_join!(self.find_targets(aws), tags)
    }

    /// As it was found.
    pub(crate) fn found(
        &self,
        of_rule: OfRule<'_>,
        targets: BTreeMap<String, Target>,
        tags: Tags,
    ) -> Self {
        Self {
            description: of_rule.description.unwrap_or_default().to_owned(),
            event_pattern: of_rule
                .pattern
                .and_then(|pattern| serde_json::from_str(pattern).ok())
                .unwrap_or_default(),
            not_default: not_default::of_rule(of_rule.schedule, of_rule.role),
            state: of_rule
                .state
                .map_or_else(String::new, |state| state.as_str().to_owned()),
            tags,
            targets,
            ..self.clone()
        }
    }

    async fn find_targets(&self, aws: &Aws) -> Result<BTreeMap<String, Target>> {
        let answer = aws
            .eventbridge
            .list_targets_by_rule()
            .rule(&self.name)
            .event_bus_name(&self.bus)
            .send()
            .await
            .found("events:ListTargetsByRule")?;
        Ok(answer
            .iter()
            .flat_map(|answer| answer.targets())
            .map(|target| (target.id().to_owned(), found_target(target)))
            .collect())
    }
}

/// A rule as AWS gives it.
pub(crate) struct OfRule<'a> {
    description: Option<&'a str>,
    pattern: Option<&'a str>,
    state: Option<&'a sdk::RuleState>,
    schedule: Option<&'a str>,
    role: Option<&'a str>,
}

impl<'a> OfRule<'a> {
    pub(crate) fn of(rule: &'a DescribeRuleOutput) -> Self {
        Self {
            description: rule.description(),
            pattern: rule.event_pattern(),
            state: rule.state(),
            schedule: rule.schedule_expression(),
            role: rule.role_arn(),
        }
    }
}

/// All rules of a bus; none where there is no bus.
pub(crate) async fn list(aws: &Aws, bus: &str) -> Result<Vec<sdk::Rule>> {
    let (mut found, mut token) = (Vec::new(), None);
    loop {
        let call = aws.eventbridge.list_rules().event_bus_name(bus);
        let answer = call.set_next_token(token).send().await;
        let Some(page) = answer.found("events:ListRules")? else {
            return Ok(found);
        };
        found.extend(page.rules.unwrap_or_default());
        token = page.next_token;
        if token.is_none() {
            return Ok(found);
        }
    }
}

/// The error of the first target of a call that failed for it: its id, AWS's code and message.
type FailedTarget<'a> = (Option<&'a str>, Option<&'a str>, Option<&'a str>);

pub(super) fn refused(
    operation: &'static str,
    failed: Option<FailedTarget<'_>>,
) -> Result<(), AwsError> {
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

pub(super) fn sdk_target(
    id: &str,
    target: &Target,
) -> Result<sdk::Target, aws_smithy_types::error::operation::BuildError> {
    let dead_letters = sdk::DeadLetterConfig::builder()
        .set_arn(target.dead_letter_queue.clone())
        .build();
    let retries = sdk::RetryPolicy::builder()
        .set_maximum_event_age_in_seconds(target.maximum_event_age)
        .set_maximum_retry_attempts(target.maximum_retry_attempts)
        .build();
    sdk::Target::builder()
        .id(id)
        .arn(&target.arn)
        .dead_letter_config(dead_letters)
        .retry_policy(retries)
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

impl Resource for Rule {
    const KIND: &'static str = "rule";
    const FIND: &'static [&'static str] = &["events:ListRules"];
    const CREATE: &'static [&'static str] = &["events:PutRule", "events:PutTargets"];

    fn name(&self) -> &str {
        &self.name
    }

    async fn find(&self, aws: &Aws) -> Result<Option<Self>> {
        let (rule, parts) = tokio::join!(
            aws.eventbridge
                .describe_rule()
                .name(&self.name)
                .event_bus_name(&self.bus)
                .send(),
            self.find_parts(aws),
        );
        let Some(rule) = rule.found("events:DescribeRule")? else {
            return Ok(None);
        };
        let (targets, tags) = parts?;
        let of_rule = OfRule::of(&rule);
        Ok(Some(self.found(of_rule, targets, tags)))
    }

    async fn find_doubtful(&self, aws: &Aws) -> Result<Option<Self>> {
        let call = aws.eventbridge.describe_rule().name(&self.name);
        let rule = call.event_bus_name(&self.bus).send().await;
        let Some(rule) = rule.found("events:DescribeRule")? else {
            return Ok(None);
        };
        let (targets, tags) = self.find_parts(aws).await?;
        Ok(Some(self.found(OfRule::of(&rule), targets, tags)))
    }

    async fn create(&self, aws: &Aws, work: &Work) -> Result<()> {
        self.put_rule(aws, work, Some(sdk_tags(&self.tags)?))
            .await?;
        self.put_targets(aws, work).await
    }

    async fn update(
        &self,
        aws: &Aws,
        work: &Work,
        observed: &Self,
        changed: &BTreeSet<&str>,
    ) -> Result<()> {
        if ["description", "event_pattern", "not_default", "state"]
            .iter()
            .any(|field| changed.contains(field))
        {
            self.put_rule(aws, work, None).await?;
        }
        if changed.contains("targets") {
            let surplus = observed
                .targets
                .keys()
                .filter(|id| !self.targets.contains_key(*id));
            self.remove_targets(aws, work, surplus.cloned().collect())
                .await?;
            let wrong = |(id, target): (&String, &Target)| observed.targets.get(id) != Some(target);
            if self.targets.iter().any(wrong) {
                self.put_targets(aws, work).await?;
            }
        }
        if changed.contains("tags") {
            put_tags(aws, work, &self.arn, &self.tags).await?;
        }
        Ok(())
    }

    /// A rule can be deleted only when it has no targets.
    async fn delete(&self, aws: &Aws, work: &Work) -> Result<()> {
        let targets = self.find_targets(aws).await?;
        self.remove_targets(aws, work, targets.into_keys().collect())
            .await?;
        let answer = retry_until_consistent(work, async || {
            let call = aws.eventbridge.delete_rule().name(&self.name);
            let answer = call.event_bus_name(&self.bus).send().await;
            answer.call("events:DeleteRule")
        })
        .await;
        Ok(gone(answer)?)
    }

    fn tags(&self) -> Option<&Tags> {
        Some(&self.tags)
    }
}
