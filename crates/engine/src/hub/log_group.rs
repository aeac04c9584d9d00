//! The notifier's log group, created first so that it has a retention and is deleted with the hub.

use super::resource::{Resource, Tags};
use crate::aws::Aws;
use crate::aws::consistency::retry_until_consistent;
use crate::aws::error::{AwsError, Call, gone};
use crate::work::Work;
use anyhow::Result;
use aws_sdk_cloudwatchlogs::types as sdk;
use serde::Serialize;
use std::collections::BTreeSet;

/// The tag that keeps the days that were set: what the log group itself shows may be somebody's change by hand.
const RETENTION_TAG: &str = "rootwatch:retention-days";

/// A CloudWatch Logs log group.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct LogGroup {
    #[serde(skip)]
    pub(crate) name: String,
    #[serde(skip)]
    pub(crate) arn: String,
    /// ARN of the key of its events, in place of CloudWatch's own.
    pub(crate) kms_key: Option<String>,
    /// Whether a key that is found is taken away, where this has none.
    #[serde(skip)]
    pub(crate) is_without_key: bool,
    pub(crate) retention_in_days: Option<i32>,
    pub(crate) tags: Tags,
    /// Its class, when this was found; AWS sets it at creation only.
    #[serde(skip)]
    pub(crate) class: Option<String>,
    /// Name of the account's retention policy, of a group that was found under one.
    #[serde(skip)]
    pub(crate) retention_policy: Option<String>,
}

impl LogGroup {
    /// The same, with the tag by which later runs remember its retention.
    pub(crate) fn that_remembers(mut self) -> Self {
        if let Some(days) = self.retention_in_days {
            self.tags.insert(RETENTION_TAG.into(), days.to_string());
        }
        self
    }

    /// The days that were set; of a log group of an earlier version, those that it shows. The account's policy wins over
    /// what is set at the group, so that this is no setting of ours.
    pub(crate) fn remembered_retention(&self) -> Option<i32> {
        let set = self.tags.get(RETENTION_TAG);
        let set = set.and_then(|days| days.parse().ok());
        let shown = || {
            self.retention_in_days
                .filter(|_| self.retention_policy.is_none())
        };
        set.or_else(shown)
    }

    /// What was found, as a plan compares it: an account's retention policy wins over what is set at the group, so that
    /// PutRetentionPolicy succeeds and has no effect (CloudWatch Logs API Reference, PutAccountPolicy).
    pub(crate) fn as_compared(&self, found: &Self) -> Self {
        let mut found = found.clone();
        if found.retention_policy.is_some() {
            found.retention_in_days = self.retention_in_days;
        }
        // A key that the settings do not name is somebody's rule, and stays.
        if self.kms_key.is_none() && !self.is_without_key {
            found.kms_key = None;
        }
        found
    }

    /// What people should know of it.
    pub(crate) fn note(&self, found: &Self) -> Option<String> {
        let notes = [self.retention_note(found), self.key_note(found)];
        let notes: Vec<String> = notes.into_iter().flatten().collect();
        (!notes.is_empty()).then(|| notes.join("; "))
    }

    fn key_note(&self, found: &Self) -> Option<String> {
        let kept = found.kms_key.as_ref();
        let kept = kept.filter(|_| self.kms_key.is_none() && !self.is_without_key)?;
        Some(format!(
            "its key {kept}, which the settings do not name, stays"
        ))
    }

    fn retention_note(&self, found: &Self) -> Option<String> {
        let policy = found.retention_policy.as_ref()?;
        if found.retention_in_days == self.retention_in_days {
            return None;
        }
        let kept = match found.retention_in_days {
            Some(days) => format!("{days} days"),
            None => "without end".into(),
        };
        Some(format!(
            "the account's retention policy \"{policy}\" keeps it {kept}, whatever is set here"
        ))
    }

    async fn find_group(&self, aws: &Aws) -> Result<Option<sdk::LogGroup>, AwsError> {
        let call = aws.logs.describe_log_groups();
        let answer = call.log_group_name_prefix(&self.name).send().await;
        let groups = answer.call("logs:DescribeLogGroups")?.log_groups;
        let mut groups = groups.unwrap_or_default().into_iter();
        Ok(groups.find(|group| group.log_group_name() == Some(&self.name)))
    }

    /// What was logged before keeps the key that it was written with.
    async fn set_key(&self, aws: &Aws, work: &Work) -> Result<()> {
        let Some(key) = &self.kms_key else {
            return self.unset_key(aws, work).await;
        };
        retry_until_consistent(work, async || {
            let call = aws.logs.associate_kms_key().log_group_name(&self.name);
            let answer = call.kms_key_id(key).send().await;
            answer.call("logs:AssociateKmsKey")
        })
        .await?;
        Ok(())
    }

    async fn unset_key(&self, aws: &Aws, work: &Work) -> Result<()> {
        retry_until_consistent(work, async || {
            let call = aws.logs.disassociate_kms_key().log_group_name(&self.name);
            call.send().await.call("logs:DisassociateKmsKey")
        })
        .await?;
        Ok(())
    }

    async fn put_retention(&self, aws: &Aws, work: &Work) -> Result<()> {
        let Some(days) = self.retention_in_days else {
            return Ok(());
        };
        retry_until_consistent(work, async || {
            let call = aws.logs.put_retention_policy().log_group_name(&self.name);
            let answer = call.retention_in_days(days).send().await;
            answer.call("logs:PutRetentionPolicy")
        })
        .await?;
        Ok(())
    }
}

impl Resource for LogGroup {
    const KIND: &'static str = "log-group";
    const FIND: &'static [&'static str] = &["logs:DescribeLogGroups"];
    const CREATE: &'static [&'static str] = &["logs:CreateLogGroup", "logs:PutRetentionPolicy"];

    fn name(&self) -> &str {
        &self.name
    }

    async fn find(&self, aws: &Aws) -> Result<Option<Self>> {
        let (group, tags) = tokio::join!(
            self.find_group(aws),
            aws.logs
                .list_tags_for_resource()
                .resource_arn(&self.arn)
                .send(),
        );
        let tags = tags.found("logs:ListTagsForResource")?;
        let Some(group) = group? else {
            return Ok(None);
        };
        Ok(Some(Self {
            class: group.log_group_class().map(|it| it.as_str().to_owned()),
            kms_key: group.kms_key_id().map(str::to_owned),
            retention_in_days: group.retention_in_days(),
            retention_policy: group.retention_policy_name().map(str::to_owned),
            tags: tags
                .and_then(|answer| answer.tags)
                .unwrap_or_default()
                .into_iter()
                .collect(),
            ..self.clone()
        }))
    }

    async fn find_doubtful(&self, aws: &Aws) -> Result<Option<Self>> {
        match self.find_group(aws).await? {
            Some(_) => self.find(aws).await,
            None => Ok(None),
        }
    }

    async fn create(&self, aws: &Aws, work: &Work) -> Result<()> {
        retry_until_consistent(work, async || {
            let call = aws.logs.create_log_group().log_group_name(&self.name);
            let call = call.set_kms_key_id(self.kms_key.clone());
            let call = call.set_tags(Some(self.tags.clone().into_iter().collect()));
            call.send().await.call("logs:CreateLogGroup")
        })
        .await?;
        self.put_retention(aws, work).await
    }

    async fn update(
        &self,
        aws: &Aws,
        work: &Work,
        _: &Self,
        changed: &BTreeSet<&str>,
    ) -> Result<()> {
        if changed.contains("kms_key") {
            self.set_key(aws, work).await?;
        }
        if changed.contains("retention_in_days") {
            self.put_retention(aws, work).await?;
        }
        if changed.contains("tags") {
            retry_until_consistent(work, async || {
                let call = aws.logs.tag_resource().resource_arn(&self.arn);
                let call = call.set_tags(Some(self.tags.clone().into_iter().collect()));
                call.send().await.call("logs:TagResource")
            })
            .await?;
        }
        Ok(())
    }

    async fn delete(&self, aws: &Aws, work: &Work) -> Result<()> {
        let answer = retry_until_consistent(work, async || {
            let call = aws.logs.delete_log_group().log_group_name(&self.name);
            call.send().await.call("logs:DeleteLogGroup")
        });
        Ok(gone(answer.await)?)
    }

    fn tags(&self) -> Option<&Tags> {
        Some(&self.tags)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hub::hub_resource::HubResource;
    use crate::plan::Action;

    fn group(days: Option<i32>, policy: Option<&str>) -> HubResource {
        HubResource::LogGroup(LogGroup {
            class: None,
            is_without_key: false,
            name: "/aws/lambda/rootwatch-notifier".into(),
            arn: String::new(),
            kms_key: None,
            retention_in_days: days,
            tags: Tags::new(),
            retention_policy: policy.map(str::to_owned),
        })
    }

    #[test]
    fn an_accounts_retention_policy_is_accepted_and_said() {
        let wanted = group(Some(365), None);
        for (found, is_kept, note) in [
            (group(Some(30), None), false, None),
            (group(Some(365), Some("short")), true, None),
            (
                group(Some(30), Some("short")),
                true,
                Some(
                    "the account's retention policy \"short\" keeps it 30 days, whatever is set here",
                ),
            ),
            (
                group(None, Some("for ever")),
                true,
                Some(
                    "the account's retention policy \"for ever\" keeps it without end, whatever is set here",
                ),
            ),
        ] {
            assert_eq!(wanted.decide(Some(&found)) == Action::Keep, is_kept);
            assert_eq!(wanted.note(Some(&found)).as_deref(), note);
        }
    }
}
