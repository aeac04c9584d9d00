//! The SNS topics: one for alerts, one for the health of the path itself.

use super::not_default::{self, NotDefault};
use super::resource::{Resource, Tags, tag_list};
use crate::aws::Aws;
use crate::aws::consistency::{read_until_consistent, retry_until_consistent};
use crate::aws::error::{AwsError, Call, gone};
use crate::work::Work;
use anyhow::Result;
use aws_sdk_sns::types::Tag;
use rootwatch_eval::Policy;
use serde::Serialize;
use std::collections::BTreeSet;

/// An SNS topic.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct Topic {
    #[serde(skip)]
    pub(crate) name: String,
    #[serde(skip)]
    pub(crate) arn: String,
    /// Key id, ARN or alias; none leaves the topic without server-side encryption.
    pub(crate) kms_master_key_id: Option<String>,
    /// What rootwatch leaves at its default, and is not.
    #[serde(skip_serializing_if = "NotDefault::is_empty")]
    pub(crate) not_default: NotDefault,
    pub(crate) policy: Policy,
    pub(crate) tags: Tags,
}

impl Topic {
    async fn set(&self, aws: &Aws, work: &Work, name: &str, value: &str) -> Result<()> {
        retry_until_consistent(work, async || {
            let call = aws.sns.set_topic_attributes().topic_arn(&self.arn);
            let call = call.attribute_name(name).attribute_value(value);
            call.send().await.call("sns:SetTopicAttributes")
        })
        .await?;
        Ok(())
    }

    fn sdk_tags(&self) -> Result<Vec<Tag>> {
        Ok(tag_list(&self.tags, |key, value| {
            Tag::builder().key(key).value(value).build()
        })?)
    }
}

/// The tags of a topic; none when it is not there.
pub(crate) async fn find_tags(aws: &Aws, arn: &str) -> Result<Tags, AwsError> {
    let answer = read_until_consistent(async || {
        let call = aws.sns.list_tags_for_resource().resource_arn(arn);
        call.send().await.found("sns:ListTagsForResource")
    })
    .await?;
    let tags = answer.iter().flat_map(|answer| answer.tags());
    let tags = tags.map(|tag| (tag.key().to_owned(), tag.value().to_owned()));
    Ok(tags.collect())
}

impl Resource for Topic {
    const KIND: &'static str = "topic";
    const FIND: &'static [&'static str] = &["sns:GetTopicAttributes"];
    const CREATE: &'static [&'static str] = &["sns:CreateTopic"];

    fn name(&self) -> &str {
        &self.name
    }

    async fn find(&self, aws: &Aws) -> Result<Option<Self>> {
        let (attributes, tags) = tokio::join!(
            aws.sns.get_topic_attributes().topic_arn(&self.arn).send(),
            find_tags(aws, &self.arn),
        );
        let attributes = attributes.found("sns:GetTopicAttributes")?;
        let tags = tags?;
        let Some(attributes) = attributes.and_then(|answer| answer.attributes) else {
            return Ok(None);
        };
        let text = |name| attributes.get(name).filter(|value| !value.is_empty());
        Ok(Some(Self {
            kms_master_key_id: text("KmsMasterKeyId").cloned(),
            not_default: not_default::of_topic(&attributes),
            policy: match text("Policy") {
                Some(policy) => Policy::parse(policy)?,
                None => Policy::default(),
            },
            tags,
            ..self.clone()
        }))
    }

    async fn find_doubtful(&self, aws: &Aws) -> Result<Option<Self>> {
        let call = aws.sns.get_topic_attributes().topic_arn(&self.arn);
        match call.send().await.found("sns:GetTopicAttributes")? {
            Some(_) => self.find(aws).await,
            None => Ok(None),
        }
    }

    async fn create(&self, aws: &Aws, work: &Work) -> Result<()> {
        let mut request = aws
            .sns
            .create_topic()
            .name(&self.name)
            .attributes("Policy", self.policy.document())
            .set_tags(Some(self.sdk_tags()?));
        if let Some(key) = &self.kms_master_key_id {
            request = request.attributes("KmsMasterKeyId", key);
        }
        retry_until_consistent(work, async || {
            request.clone().send().await.call("sns:CreateTopic")
        })
        .await?;
        Ok(())
    }

    async fn update(
        &self,
        aws: &Aws,
        work: &Work,
        observed: &Self,
        changed: &BTreeSet<&str>,
    ) -> Result<()> {
        if changed.contains("kms_master_key_id") {
            let key = self.kms_master_key_id.as_deref().unwrap_or_default();
            self.set(aws, work, "KmsMasterKeyId", key).await?;
        }
        for name in observed.not_default.keys() {
            let default = match *name {
                "SignatureVersion" => "1",
                _ => "",
            };
            self.set(aws, work, name, default).await?;
        }
        if changed.contains("policy") {
            let policy = self.policy.document_over(Some(&observed.policy));
            self.set(aws, work, "Policy", &policy).await?;
        }
        if changed.contains("tags") {
            let tags = self.sdk_tags()?;
            retry_until_consistent(work, async || {
                let call = aws.sns.tag_resource().resource_arn(&self.arn);
                let call = call.set_tags(Some(tags.clone()));
                call.send().await.call("sns:TagResource")
            })
            .await?;
        }
        Ok(())
    }

    async fn delete(&self, aws: &Aws, work: &Work) -> Result<()> {
        let answer = retry_until_consistent(work, async || {
            let call = aws.sns.delete_topic().topic_arn(&self.arn);
            call.send().await.call("sns:DeleteTopic")
        });
        Ok(gone(answer.await)?)
    }

    fn tags(&self) -> Option<&Tags> {
        Some(&self.tags)
    }
}
