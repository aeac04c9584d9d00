//! A rule on the account's default bus that matches no event and invokes its target by the clock.

use crate::aws::Aws;
use crate::aws::consistency::retry_until_consistent;
use crate::aws::error::{Call, gone};
use crate::hub::event_bus::{find_tags, put_tags, sdk_tags};
use crate::hub::not_default::NotDefault;
use crate::hub::resource::{Resource, Tags};
use crate::hub::rule::{Target, found_target, refused, sdk_target};
use crate::work::Work;
use anyhow::Result;
use aws_sdk_eventbridge::operation::describe_rule::DescribeRuleOutput;
use aws_sdk_eventbridge::types as sdk;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

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
    pub(crate) targets: BTreeMap<String, Target>,
}

impl Schedule {
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

    async fn put_targets(&self, aws: &Aws, work: &Work) -> Result<()> {
        let targets = self.targets.iter();
        let targets = targets
            .map(|(id, target)| sdk_target(id, target))
            .collect::<Result<Vec<_>, _>>()?;
        retry_until_consistent(work, async || {
            let call = aws.eventbridge.put_targets().rule(&self.name);
            let answer = call.set_targets(Some(targets.clone())).send().await;
            let answer = answer.call("events:PutTargets")?;
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
            let answer = call.set_ids(Some(ids.clone())).send().await;
            let answer = answer.call("events:RemoveTargets")?;
            let failed = answer.failed_entries().first();
            let failed = failed.map(|it| (it.target_id(), it.error_code(), it.error_message()));
            refused("events:RemoveTargets", failed)
        });
        Ok(gone(answer.await)?)
    }

    async fn find_targets(&self, aws: &Aws) -> Result<BTreeMap<String, Target>> {
        let call = aws.eventbridge.list_targets_by_rule().rule(&self.name);
        let answer = call.send().await.found("events:ListTargetsByRule")?;
        let targets = answer.iter().flat_map(|answer| answer.targets());
        Ok(targets
            .map(|target| (target.id().to_owned(), found_target(target)))
            .collect())
    }

    fn found(
        &self,
        rule: &DescribeRuleOutput,
        targets: BTreeMap<String, Target>,
        tags: Tags,
    ) -> Self {
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
        let (rule, targets, tags) = tokio::join!(
            aws.eventbridge.describe_rule().name(&self.name).send(),
            self.find_targets(aws),
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
        self.put_targets(aws, work).await
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
            let is_surplus = |id: &&String| !self.targets.contains_key(*id);
            let surplus = observed.targets.keys().filter(is_surplus);
            self.remove_targets(aws, work, surplus.cloned().collect())
                .await?;
            self.put_targets(aws, work).await?;
        }
        if changed.contains("tags") {
            put_tags(aws, work, &self.arn, &self.tags).await?;
        }
        Ok(())
    }

    async fn delete(&self, aws: &Aws, work: &Work) -> Result<()> {
        let targets = self.find_targets(aws).await?;
        self.remove_targets(aws, work, targets.into_keys().collect())
            .await?;
        let answer = retry_until_consistent(work, async || {
            let call = aws.eventbridge.delete_rule().name(&self.name);
            call.send().await.call("events:DeleteRule")
        })
        .await;
        Ok(gone(answer)?)
    }

    fn tags(&self) -> Option<&Tags> {
        Some(&self.tags)
    }
}
