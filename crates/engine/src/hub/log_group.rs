//! The notifier's log group, created first so that it has a retention and is deleted with the hub.

use super::resource::{Resource, Tags};
use crate::aws::Aws;
use crate::aws::consistency::retry_until_consistent;
use crate::aws::error::{Call, gone};
use crate::work::Work;
use anyhow::Result;
use serde::Serialize;
use std::collections::BTreeSet;

/// A CloudWatch Logs log group.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct LogGroup {
    #[serde(skip)]
    pub(crate) name: String,
    #[serde(skip)]
    pub(crate) arn: String,
    pub(crate) retention_in_days: Option<i32>,
    pub(crate) tags: Tags,
}

impl LogGroup {
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
        let (groups, tags) = tokio::join!(
            aws.logs
                .describe_log_groups()
                .log_group_name_prefix(&self.name)
                .send(),
            aws.logs
                .list_tags_for_resource()
                .resource_arn(&self.arn)
                .send(),
        );
        let groups = groups.call("logs:DescribeLogGroups")?;
        let tags = tags.found("logs:ListTagsForResource")?;
        let Some(group) = groups
            .log_groups()
            .iter()
            .find(|group| group.log_group_name() == Some(&self.name))
        else {
            return Ok(None);
        };
        Ok(Some(Self {
            retention_in_days: group.retention_in_days(),
            tags: tags
                .and_then(|answer| answer.tags)
                .unwrap_or_default()
                .into_iter()
                .collect(),
            ..self.clone()
        }))
    }

    async fn create(&self, aws: &Aws, work: &Work) -> Result<()> {
        retry_until_consistent(work, async || {
            let call = aws.logs.create_log_group().log_group_name(&self.name);
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
