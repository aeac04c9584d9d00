//! A rule on the account's default bus that matches no event and invokes its target by the clock.

use crate::aws::Aws;
use crate::aws::consistency::retry_until_consistent;
use crate::aws::error::Call;
use crate::hub::event_bus::{find_tags, put_tags, sdk_tags};
use crate::hub::not_default::NotDefault;
use crate::hub::resource::{Resource, Tags};
use crate::hub::rule::DEFAULT_BUS;
use crate::hub::targets::{RuleOnBus, Targets};
use crate::work::Work;
use anyhow::Result;
use aws_sdk_eventbridge::operation::describe_rule::DescribeRuleOutput;
use aws_sdk_eventbridge::types as sdk;
use serde::Serialize;
use std::collections::BTreeSet;

/// A scheduled EventBridge rule. Only the default bus has such (EventBridge User Guide, "Creating a rule that runs on a
/// schedule").
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Schedule {
    #[serde(skip)]
    pub(crate) name: String,
    #[serde(skip)]
    pub(crate) arn: String,
    pub(crate) description: String,
    /// What rootwatch leaves at its default, and is not.
    #[serde(skip_serializing_if = "NotDefault::is_empty")]
    pub(crate) not_default: NotDefault,
    pub(crate) schedule: String,
    pub(crate) state: String,
    pub(crate) tags: Tags,
    /// By target id.
    pub(crate) targets: Targets,
}

impl Schedule {
    fn at(&self) -> RuleOnBus<'_> {
        RuleOnBus {
            name: &self.name,
            bus: DEFAULT_BUS,
        }
    }

    /// What is not said here is taken away: PutRule replaces the whole rule.
    async fn put_rule(&self, aws: &Aws, work: &Work, tags: Option<Vec<sdk::Tag>>) -> Result<()> {
        retry_until_consistent(work, async || {
            let call = aws.eventbridge.put_rule().name(&self.name);
            let call = call.description(&self.description);
            let call = call.schedule_expression(&self.schedule);
            let call = call.state(sdk::RuleState::from(self.state.as_str()));
            let answer = call.set_tags(tags.clone()).send().await;
            answer.call("events:PutRule")
        })
        .await?;
        Ok(())
    }

    fn found(&self, rule: &DescribeRuleOutput, targets: Targets, tags: Tags) -> Self {
        let set = [
            ("EventPattern", rule.event_pattern()),
            ("RoleArn", rule.role_arn()),
        ];
        let set = set.into_iter();
        Self {
            name: self.name.clone(),
            arn: self.arn.clone(),
            description: rule.description().unwrap_or_default().to_owned(),
            not_default: set
                .filter_map(|(name, value)| Some((name, value?.into())))
                .collect(),
            schedule: rule.schedule_expression().unwrap_or_default().to_owned(),
            state: rule
                .state()
                .map_or_else(String::new, |state| state.as_str().to_owned()),
            tags,
            targets,
        }
    }
}

impl Resource for Schedule {
    const KIND: &'static str = "rule";
    const FIND: &'static [&'static str] = &["events:DescribeRule"];
    const CREATE: &'static [&'static str] = &["events:PutRule", "events:PutTargets"];

    fn name(&self) -> &str {
        &self.name
    }

    async fn find(&self, aws: &Aws) -> Result<Option<Self>> {
        let at = self.at();
        let (rule, targets, tags) = tokio::join!(
            aws.eventbridge.describe_rule().name(&self.name).send(),
            at.find_targets(aws),
            find_tags(aws, &self.arn),
        );
        let Some(rule) = rule.found("events:DescribeRule")? else {
            return Ok(None);
        };
        Ok(Some(self.found(&rule, targets?, tags?)))
    }

    async fn find_doubtful(&self, aws: &Aws) -> Result<Option<Self>> {
        let call = aws.eventbridge.describe_rule().name(&self.name);
        match call.send().await.found("events:DescribeRule")? {
            Some(_) => self.find(aws).await,
            None => Ok(None),
        }
    }

    async fn create(&self, aws: &Aws, work: &Work) -> Result<()> {
        let tags = sdk_tags(&self.tags)?;
        self.put_rule(aws, work, Some(tags)).await?;
        self.at().put_targets(aws, work, &self.targets).await
    }

    async fn update(
        &self,
        aws: &Aws,
        work: &Work,
        observed: &Self,
        changed: &BTreeSet<&str>,
    ) -> Result<()> {
        let of_rule = ["description", "not_default", "schedule", "state"];
        if of_rule.iter().any(|field| changed.contains(field)) {
            self.put_rule(aws, work, None).await?;
        }
        if changed.contains("targets") {
            let at = self.at();
            at.replace_targets(aws, work, &observed.targets, &self.targets)
                .await?;
        }
        if changed.contains("tags") {
            put_tags(aws, work, &self.arn, &self.tags).await?;
        }
        Ok(())
    }

    async fn delete(&self, aws: &Aws, work: &Work) -> Result<()> {
        self.at().delete(aws, work).await
    }

    fn tags(&self) -> Option<&Tags> {
        Some(&self.tags)
    }
}
