//! The event bus that every account and region of the organization forwards to.

use super::not_default::{self, NotDefault};
use super::resource::{Resource, Tags, tag_list};
use crate::aws::Aws;
use crate::aws::consistency::retry_until_consistent;
use crate::aws::error::{Call, gone};
use crate::work::Work;
use anyhow::Result;
use aws_sdk_eventbridge::types::{DeadLetterConfig, IncludeDetail, Level, LogConfig, Tag};
use rootwatch_eval::Policy;
use serde::Serialize;
use std::collections::BTreeSet;

/// A custom event bus.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct EventBus {
    #[serde(skip)]
    pub(crate) name: String,
    #[serde(skip)]
    pub(crate) arn: String,
    /// What rootwatch leaves at its default, and is not.
    #[serde(skip_serializing_if = "NotDefault::is_empty")]
    pub(crate) not_default: NotDefault,
    pub(crate) policy: Policy,
    pub(crate) tags: Tags,
}

impl EventBus {
    async fn put_policy(&self, aws: &Aws, work: &Work, observed: Option<&Policy>) -> Result<()> {
        retry_until_consistent(work, async || {
            aws.eventbridge
                .put_permission()
                .event_bus_name(&self.name)
                .policy(self.policy.document_over(observed))
                .send()
                .await
                .call("events:PutPermission")
        })
        .await?;
        Ok(())
    }

    /// Takes away its own key, dead-letter queue and log. An empty key is AWS's own (EventBridge API Reference,
    /// UpdateEventBus).
    async fn reset(&self, aws: &Aws, work: &Work) -> Result<()> {
        let log = LogConfig::builder()
            .include_detail(IncludeDetail::None)
            .level(Level::Off)
            .build();
        retry_until_consistent(work, async || {
            let call = aws.eventbridge.update_event_bus().name(&self.name);
            let call = call.kms_key_identifier("").log_config(log.clone());
            let call = call.dead_letter_config(DeadLetterConfig::builder().build());
            call.send().await.call("events:UpdateEventBus")
        })
        .await?;
        Ok(())
    }

    fn sdk_tags(&self) -> Result<Vec<Tag>> {
        sdk_tags(&self.tags)
    }
}

/// Tags in EventBridge's form.
pub(super) fn sdk_tags(tags: &Tags) -> Result<Vec<Tag>> {
    Ok(tag_list(tags, |key, value| {
        Tag::builder().key(key).value(value).build()
    })?)
}

/// Tags of a bus or a rule; none when it is not there.
pub(crate) async fn find_tags(aws: &Aws, arn: &str) -> Result<Tags> {
    let answer = aws
        .eventbridge
        .list_tags_for_resource()
        .resource_arn(arn)
        .send()
        .await
        .found("events:ListTagsForResource")?;
    Ok(answer
        .iter()
        .flat_map(|answer| answer.tags())
        .map(|tag| (tag.key().to_owned(), tag.value().to_owned()))
        .collect())
}

/// Adds or changes tags of a bus or a rule.
pub(crate) async fn put_tags(aws: &Aws, work: &Work, arn: &str, tags: &Tags) -> Result<()> {
    let tags = sdk_tags(tags)?;
    retry_until_consistent(work, async || {
        let call = aws.eventbridge.tag_resource().resource_arn(arn);
        let call = call.set_tags(Some(tags.clone()));
        call.send().await.call("events:TagResource")
    })
    .await?;
    Ok(())
}

impl Resource for EventBus {
    const KIND: &'static str = "event-bus";
    const FIND: &'static [&'static str] = &["events:DescribeEventBus"];
    const CREATE: &'static [&'static str] = &["events:CreateEventBus", "events:PutPermission"];

    fn name(&self) -> &str {
        &self.name
    }

    async fn find(&self, aws: &Aws) -> Result<Option<Self>> {
        let (bus, tags) = tokio::join!(
            aws.eventbridge.describe_event_bus().name(&self.name).send(),
            find_tags(aws, &self.arn),
        );
        let Some(bus) = bus.found("events:DescribeEventBus")? else {
            return Ok(None);
        };
        Ok(Some(Self {
            not_default: not_default::of_bus(&bus),
            policy: match bus.policy().filter(|text| !text.is_empty()) {
                Some(text) => Policy::parse(text)?,
                None => Policy::default(),
            },
            tags: tags?,
            ..self.clone()
        }))
    }

    async fn create(&self, aws: &Aws, work: &Work) -> Result<()> {
        let tags = self.sdk_tags()?;
        retry_until_consistent(work, async || {
            let call = aws.eventbridge.create_event_bus().name(&self.name);
            let call = call.set_tags(Some(tags.clone()));
            call.send().await.call("events:CreateEventBus")
        })
        .await?;
        self.put_policy(aws, work, None).await
    }

    async fn update(
        &self,
        aws: &Aws,
        work: &Work,
        observed: &Self,
        changed: &BTreeSet<&str>,
    ) -> Result<()> {
        if changed.contains("not_default") {
            self.reset(aws, work).await?;
        }
        if changed.contains("policy") {
            self.put_policy(aws, work, Some(&observed.policy)).await?;
        }
        if changed.contains("tags") {
            put_tags(aws, work, &self.arn, &self.tags).await?;
        }
        Ok(())
    }

    async fn delete(&self, aws: &Aws, work: &Work) -> Result<()> {
        let answer = retry_until_consistent(work, async || {
            let call = aws.eventbridge.delete_event_bus().name(&self.name);
            call.send().await.call("events:DeleteEventBus")
        });
        Ok(gone(answer.await)?)
    }

    fn tags(&self) -> Option<&Tags> {
        Some(&self.tags)
    }
}
