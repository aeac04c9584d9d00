//! Alarms that tell people when the path itself breaks. They reach the health topic without the notifier's help.

use super::resource::{Resource, Tags, tag_list};
use crate::aws::Aws;
use crate::aws::error::{Call, gone};
use crate::progress::Progress;
use anyhow::Result;
use aws_sdk_cloudwatch::types as sdk;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// A CloudWatch alarm that goes off as soon as one period's sum or maximum is above zero.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Alarm {
    #[serde(skip)]
    pub(crate) name: String,
    #[serde(skip)]
    pub(crate) arn: String,
    pub(crate) actions_enabled: bool,
    /// ARNs of what is told when it goes off.
    pub(crate) alarm_actions: Vec<String>,
    pub(crate) comparison: String,
    pub(crate) description: String,
    pub(crate) dimensions: BTreeMap<String, String>,
    pub(crate) evaluation_periods: Option<i32>,
    pub(crate) metric: String,
    pub(crate) namespace: String,
    /// ARNs of what is told when it is over.
    pub(crate) ok_actions: Vec<String>,
    /// In seconds.
    pub(crate) period: Option<i32>,
    pub(crate) statistic: String,
    pub(crate) tags: Tags,
    pub(crate) threshold: Option<f64>,
    pub(crate) treat_missing_data: String,
}

impl Alarm {
    fn dimensions(&self) -> Vec<sdk::Dimension> {
        self.dimensions
            .iter()
            .map(|(name, value)| sdk::Dimension::builder().name(name).value(value).build())
            .collect()
    }

    fn sdk_tags(&self) -> Vec<sdk::Tag> {
        let tags: Result<_, std::convert::Infallible> = tag_list(&self.tags, |key, value| {
            Ok(sdk::Tag::builder().key(key).value(value).build())
        });
        tags.unwrap_or_default()
    }

    /// Tags given here count only when the alarm is new.
    async fn put(&self, aws: &Aws) -> Result<()> {
        aws.cloudwatch
            .put_metric_alarm()
            .alarm_name(&self.name)
            .alarm_description(&self.description)
            .actions_enabled(self.actions_enabled)
            .set_alarm_actions(Some(self.alarm_actions.clone()))
            .set_ok_actions(Some(self.ok_actions.clone()))
            .comparison_operator(sdk::ComparisonOperator::from(self.comparison.as_str()))
            .set_dimensions(Some(self.dimensions()))
            .set_evaluation_periods(self.evaluation_periods)
            .metric_name(&self.metric)
            .namespace(&self.namespace)
            .set_period(self.period)
            .statistic(sdk::Statistic::from(self.statistic.as_str()))
            .set_threshold(self.threshold)
            .treat_missing_data(&self.treat_missing_data)
            .set_tags(Some(self.sdk_tags()))
            .send()
            .await
            .call("cloudwatch:PutMetricAlarm")?;
        Ok(())
    }

    fn found(&self, alarm: &sdk::MetricAlarm, tags: Tags) -> Self {
        let text = |value: Option<&str>| value.unwrap_or_default().to_owned();
        Self {
            name: self.name.clone(),
            arn: self.arn.clone(),
            actions_enabled: alarm.actions_enabled().unwrap_or_default(),
            alarm_actions: alarm.alarm_actions().to_vec(),
            comparison: text(alarm.comparison_operator().map(|it| it.as_str())),
            description: text(alarm.alarm_description()),
            dimensions: alarm
                .dimensions()
                .iter()
                .map(|it| (text(it.name()), text(it.value())))
                .collect(),
            evaluation_periods: alarm.evaluation_periods(),
            metric: text(alarm.metric_name()),
            namespace: text(alarm.namespace()),
            ok_actions: alarm.ok_actions().to_vec(),
            period: alarm.period(),
            statistic: text(alarm.statistic().map(|it| it.as_str())),
            tags,
            threshold: alarm.threshold(),
            treat_missing_data: text(alarm.treat_missing_data()),
        }
    }
}

impl Resource for Alarm {
    const KIND: &'static str = "alarm";
    const FIND: &'static [&'static str] = &["cloudwatch:DescribeAlarms"];
    const CREATE: &'static [&'static str] = &["cloudwatch:PutMetricAlarm"];

    fn name(&self) -> &str {
        &self.name
    }

    async fn find(&self, aws: &Aws) -> Result<Option<Self>> {
        let (alarms, tags) = tokio::join!(
            aws.cloudwatch
                .describe_alarms()
                .alarm_names(&self.name)
                .send(),
            aws.cloudwatch
                .list_tags_for_resource()
                .resource_arn(&self.arn)
                .send(),
        );
        let alarms = alarms.call("cloudwatch:DescribeAlarms")?;
        let tags = tags.found("cloudwatch:ListTagsForResource")?;
        let tags = tags
            .iter()
            .flat_map(|answer| answer.tags())
            .filter_map(|tag| Some((tag.key()?.to_owned(), tag.value()?.to_owned())))
            .collect();
        Ok(alarms
            .metric_alarms()
            .first()
            .map(|alarm| self.found(alarm, tags)))
    }

    async fn create(&self, aws: &Aws, _: &Progress) -> Result<()> {
        self.put(aws).await
    }

    async fn update(
        &self,
        aws: &Aws,
        _: &Progress,
        _: &Self,
        changed: &BTreeSet<&str>,
    ) -> Result<()> {
        if changed.iter().any(|field| *field != "tags") {
            self.put(aws).await?;
        }
        if changed.contains("tags") {
            aws.cloudwatch
                .tag_resource()
                .resource_arn(&self.arn)
                .set_tags(Some(self.sdk_tags()))
                .send()
                .await
                .call("cloudwatch:TagResource")?;
        }
        Ok(())
    }

    async fn delete(&self, aws: &Aws, _: &Progress) -> Result<()> {
        let answer = aws
            .cloudwatch
            .delete_alarms()
            .alarm_names(&self.name)
            .send()
            .await;
        Ok(gone(answer.call("cloudwatch:DeleteAlarms"))?)
    }

    fn tags(&self) -> Option<&Tags> {
        Some(&self.tags)
    }
}
