//! A rule on the hub's bus, or on its default bus, with the targets that it sends to.

use super::event_bus::{find_tags, put_tags, sdk_tags};
use super::not_default::{self, NotDefault};
use super::resource::{Resource, Tags, are_compared};
use super::targets::{RuleOnBus, Targets};
use crate::aws::Aws;
use crate::aws::consistency::retry_until_consistent;
use crate::aws::error::Call;
use crate::aws::pages::next_page;
use crate::work::Work;
use anyhow::Result;
use aws_sdk_eventbridge::operation::describe_rule::DescribeRuleOutput;
use aws_sdk_eventbridge::types as sdk;
use futures_util::future::try_join_all;
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeSet;

/// The only state in which a rule gets read-only management events (EventBridge User Guide, "AWS service events
/// delivered via AWS CloudTrail").
pub(crate) const ALL_MANAGEMENT_EVENTS: &str = "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS";

/// The bus that AWS's own events arrive at.
pub(crate) const DEFAULT_BUS: &str = "default";
/// The state in which a rule gets all events but read-only management events.
pub(crate) const ENABLED: &str = "ENABLED";

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
    pub(crate) targets: Targets,
}

impl Rule {
    /// Whether anybody's rules are on its bus, so that its own tag says whose it is.
    pub(crate) fn is_on_default_bus(&self) -> bool {
        self.bus == DEFAULT_BUS
    }

    fn at(&self) -> RuleOnBus<'_> {
        RuleOnBus {
            name: &self.name,
            bus: &self.bus,
        }
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
    async fn find_parts(&self, aws: &Aws) -> Result<(Targets, Tags)> {
        let tags = async {
            match are_compared(&self.tags) || self.is_on_default_bus() {
                true => find_tags(aws, &self.arn).await,
                false => Ok(self.tags.clone()),
            }
        };
        tokio::try_join!(self.at().find_targets(aws), tags)
    }

    /// As it was found.
    pub(crate) fn found(&self, of_rule: OfRule<'_>, targets: Targets, tags: Tags) -> Self {
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
        let answer = call.set_next_token(token.clone()).send().await;
        let Some(page) = answer.found("events:ListRules")? else {
            return Ok(found);
        };
        found.extend(page.rules.unwrap_or_default());
        token = next_page("events:ListRules", token.as_deref(), page.next_token)?;
        if token.is_none() {
            return Ok(found);
        }
    }
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
        self.at().put_targets(aws, work, &self.targets).await
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
