//! The SQS queues: what could not be delivered, and read-only events on their way to a digest.

use super::not_default::{self, LEAST_MESSAGE_SIZE, NotDefault, REDRIVE_BY_ALL};
use super::resource::{Resource, Tags};
use crate::aws::Aws;
use crate::aws::consistency::retry_until_consistent;
use crate::aws::error::{AwsError, Call, gone};
use crate::aws::partition::Partition;
use crate::names::Names;
use crate::work::Work;
use anyhow::Result;
use aws_sdk_sqs::types::QueueAttributeName as Name;
use rootwatch_eval::Policy;
use serde::Serialize;
use serde_json::json;
use std::collections::{BTreeSet, HashMap};

/// Where a queue sends what failed too often.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Redrive {
    pub(crate) dead_letter_target_arn: String,
    pub(crate) max_receive_count: u64,
}

/// A standard SQS queue.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Queue {
    #[serde(skip)]
    pub(crate) name: String,
    /// ARN of the key of its messages, in place of SQS's own.
    pub(crate) kms_key: Option<String>,
    /// In seconds.
    pub(crate) message_retention_period: Option<u64>,
    /// What rootwatch leaves at its default, and is not.
    #[serde(skip_serializing_if = "NotDefault::is_empty")]
    pub(crate) not_default: NotDefault,
    pub(crate) policy: Policy,
    pub(crate) redrive: Option<Redrive>,
    pub(crate) sqs_managed_sse: bool,
    pub(crate) tags: Tags,
    /// In seconds.
    pub(crate) visibility_timeout: Option<u64>,
    /// How many messages are waiting, when this was found.
    #[serde(skip)]
    pub(crate) depth: Option<u64>,
    /// How many had been received and not deleted, when this was found.
    #[serde(skip)]
    pub(crate) in_flight: Option<u64>,
}

impl Queue {
    /// As SQS gives it (SQS Developer Guide, "Queue and message identifiers"), so that nobody has to ask for it.
    fn url(&self, aws: &Aws) -> String {
        url(aws.partition, &aws.region, &aws.account, &self.name)
    }

    /// The same, where the hub has these names.
    pub(crate) fn url_in(&self, names: &Names) -> String {
        url(names.partition, &names.region, &names.account, &self.name)
    }

    async fn find_attributes(&self, aws: &Aws) -> Result<Option<HashMap<Name, String>>, AwsError> {
        let call = aws.sqs.get_queue_attributes().queue_url(self.url(aws));
        let answer = call.attribute_names(Name::All).send().await;
        let found = answer.found("sqs:GetQueueAttributes")?;
        Ok(found.and_then(|answer| answer.attributes))
    }

    /// Whether SQS says that no message is in it, neither waiting nor received.
    pub(crate) fn is_empty(&self) -> bool {
        (self.depth, self.in_flight) == (Some(0), Some(0))
    }

    /// Creates it, and returns its URL.
    pub(crate) async fn make(&self, aws: &Aws, work: &Work) -> Result<String, AwsError> {
        let mut attributes = self.attributes(self.policy.document());
        attributes.retain(|_, value| !value.is_empty());
        let answer = retry_until_consistent(work, async || {
            let call = aws.sqs.create_queue().queue_name(&self.name);
            let call = call.set_attributes(Some(attributes.clone()));
            let call = call.set_tags(Some(self.tags.clone().into_iter().collect()));
            call.send().await.call("sqs:CreateQueue")
        })
        .await?;
        let url = answer.queue_url;
        url.ok_or_else(|| AwsError::incomplete("sqs:CreateQueue", "QueueUrl"))
    }

    fn attributes(&self, policy: String) -> HashMap<Name, String> {
        let mut attributes = HashMap::from([
            (Name::Policy, policy),
            (
                Name::KmsMasterKeyId,
                self.kms_key.clone().unwrap_or_default(),
            ),
            (Name::SqsManagedSseEnabled, self.sqs_managed_sse.to_string()),
            (
                Name::RedrivePolicy,
                self.redrive
                    .as_ref()
                    .map(redrive_policy)
                    .unwrap_or_default(),
            ),
        ]);
        let seconds = [
            (Name::MessageRetentionPeriod, self.message_retention_period),
            (Name::VisibilityTimeout, self.visibility_timeout),
        ];
        for (name, value) in seconds {
            if let Some(value) = value {
                attributes.insert(name, value.to_string());
            }
        }
        attributes
    }

    /// From what SQS gives.
    pub(crate) fn read_attributes(
        &self,
        found: &HashMap<Name, String>,
        tags: Tags,
    ) -> Result<Self> {
        let text = |name| found.get(&name).filter(|value| !value.is_empty());
        let number = |name| text(name).and_then(|value| value.parse().ok());
        Ok(Self {
            name: self.name.clone(),
            kms_key: text(Name::KmsMasterKeyId).cloned(),
            message_retention_period: number(Name::MessageRetentionPeriod),
            not_default: not_default::of_queue(found),
            policy: match text(Name::Policy) {
                Some(policy) => Policy::parse(policy)?,
                None => Policy::default(),
            },
            redrive: text(Name::RedrivePolicy).and_then(|policy| parse_redrive(policy)),
            sqs_managed_sse: text(Name::SqsManagedSseEnabled).is_some_and(|on| on == "true"),
            tags,
            visibility_timeout: number(Name::VisibilityTimeout),
            depth: number(Name::ApproximateNumberOfMessages),
            in_flight: number(Name::ApproximateNumberOfMessagesNotVisible),
        })
    }
}

fn url(partition: Partition, region: &str, account: &str, name: &str) -> String {
    let suffix = partition.dns_suffix();
    format!("https://sqs.{region}.{suffix}/{account}/{name}")
}

fn redrive_policy(redrive: &Redrive) -> String {
    json!({
        "deadLetterTargetArn": redrive.dead_letter_target_arn,
        "maxReceiveCount": redrive.max_receive_count,
    })
    .to_string()
}

fn parse_redrive(policy: &str) -> Option<Redrive> {
    let policy: serde_json::Value = serde_json::from_str(policy).ok()?;
    let count = &policy["maxReceiveCount"];
    Some(Redrive {
        dead_letter_target_arn: policy["deadLetterTargetArn"].as_str()?.to_owned(),
        // SQS returns the number as it was sent, and consoles send it as a string.
        max_receive_count: count.as_u64().or_else(|| count.as_str()?.parse().ok())?,
    })
}

/// The default of what is not at it.
fn default_of(name: &str) -> Option<(Name, String)> {
    Some(match name {
        "DelaySeconds" => (Name::DelaySeconds, "0".into()),
        "MaximumMessageSize" => (Name::MaximumMessageSize, LEAST_MESSAGE_SIZE.to_string()),
        "RedriveAllowPolicy" => (Name::RedriveAllowPolicy, REDRIVE_BY_ALL.into()),
        _ => return None,
    })
}

/// The attributes that hold a changed field.
fn attribute_of(field: &str) -> Option<Name> {
    Some(match field {
        "kms_key" => Name::KmsMasterKeyId,
        "message_retention_period" => Name::MessageRetentionPeriod,
        "policy" => Name::Policy,
        "redrive" => Name::RedrivePolicy,
        "sqs_managed_sse" => Name::SqsManagedSseEnabled,
        "visibility_timeout" => Name::VisibilityTimeout,
        _ => return None,
    })
}

impl Resource for Queue {
    const KIND: &'static str = "queue";
    const FIND: &'static [&'static str] = &["sqs:GetQueueAttributes"];
    const CREATE: &'static [&'static str] = &["sqs:CreateQueue"];

    fn name(&self) -> &str {
        &self.name
    }

    async fn find(&self, aws: &Aws) -> Result<Option<Self>> {
        let (attributes, tags) = tokio::join!(
            self.find_attributes(aws),
            aws.sqs.list_queue_tags().queue_url(self.url(aws)).send(),
        );
        let tags = tags.found("sqs:ListQueueTags")?;
        let Some(attributes) = attributes? else {
            return Ok(None);
        };
        let tags = tags.and_then(|answer| answer.tags).unwrap_or_default();
        Ok(Some(self.read_attributes(
            &attributes,
            tags.into_iter().collect(),
        )?))
    }

    async fn find_doubtful(&self, aws: &Aws) -> Result<Option<Self>> {
        match self.find_attributes(aws).await? {
            Some(_) => self.find(aws).await,
            None => Ok(None),
        }
    }

    async fn create(&self, aws: &Aws, work: &Work) -> Result<()> {
        self.make(aws, work).await?;
        Ok(())
    }

    async fn update(
        &self,
        aws: &Aws,
        work: &Work,
        observed: &Self,
        changed: &BTreeSet<&str>,
    ) -> Result<()> {
        let url = self.url(aws);
        let names: Vec<Name> = changed
            .iter()
            .filter_map(|field| attribute_of(field))
            .collect();
        if !names.is_empty() || changed.contains("not_default") {
            let mut attributes = self.attributes(self.policy.document_over(Some(&observed.policy)));
            attributes.retain(|name, _| names.contains(name));
            attributes.extend(observed.not_default.keys().filter_map(|it| default_of(it)));
            retry_until_consistent(work, async || {
                let call = aws.sqs.set_queue_attributes().queue_url(&url);
                let call = call.set_attributes(Some(attributes.clone()));
                call.send().await.call("sqs:SetQueueAttributes")
            })
            .await?;
        }
        if changed.contains("tags") {
            retry_until_consistent(work, async || {
                let call = aws.sqs.tag_queue().queue_url(&url);
                let call = call.set_tags(Some(self.tags.clone().into_iter().collect()));
                call.send().await.call("sqs:TagQueue")
            })
            .await?;
        }
        Ok(())
    }

    async fn delete(&self, aws: &Aws, _: &Work) -> Result<()> {
        let call = aws.sqs.delete_queue().queue_url(self.url(aws));
        let answer = call.send().await;
        Ok(gone(answer.call("sqs:DeleteQueue"))?)
    }

    fn tags(&self) -> Option<&Tags> {
        Some(&self.tags)
    }
}
