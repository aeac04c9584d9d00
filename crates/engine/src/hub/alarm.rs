//! Alarms that notify people when the path itself breaks. They reach the health topic without the notifier's help.

use super::not_default::{self, NotDefault};
use super::resource::{Resource, Tags, are_compared, tag_list};
use crate::aws::Aws;
use crate::aws::consistency::retry_until_consistent;
use crate::aws::error::{AwsError, Call, gone};
use crate::work::Work;
use anyhow::Result;
use aws_sdk_cloudwatch::operation::put_metric_alarm::builders::PutMetricAlarmFluentBuilder as PutMetricAlarm;
use aws_sdk_cloudwatch::types as sdk;
use futures_util::future::try_join_all;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// Id of the metric in an expression, and of the expression.
pub(crate) const METRIC: &str = "m1";
pub(crate) const EXPRESSION: &str = "e1";

/// A CloudWatch alarm on one metric, or on an expression of it.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Alarm {
    #[serde(skip)]
    pub(crate) name: String,
    #[serde(skip)]
    pub(crate) arn: String,
    pub(crate) actions_enabled: bool,
    /// ARNs that are notified when it goes off.
    pub(crate) alarm_actions: Vec<String>,
    pub(crate) comparison: String,
    /// How many of the evaluated periods have to be above the threshold; all of them where nothing is set.
    pub(crate) datapoints_to_alarm: Option<i32>,
    pub(crate) description: String,
    pub(crate) dimensions: BTreeMap<String, String>,
    pub(crate) evaluation_periods: Option<i32>,
    /// Metric math over the metric, which it calls `m1`; none where the metric itself is compared.
    pub(crate) expression: Option<String>,
    pub(crate) metric: String,
    pub(crate) namespace: String,
    /// What rootwatch leaves at its default, and is not.
    #[serde(skip_serializing_if = "NotDefault::is_empty")]
    pub(crate) not_default: NotDefault,
    /// ARNs that are notified when it is back to OK.
    pub(crate) ok_actions: Vec<String>,
    /// In seconds.
    pub(crate) period: Option<i32>,
    pub(crate) statistic: String,
    pub(crate) tags: Tags,
    pub(crate) threshold: Option<f64>,
    pub(crate) treat_missing_data: String,
    /// Whether it is not to be there: it is of a part of the hub that is off.
    #[serde(skip)]
    pub(crate) is_off: bool,
    /// Whether it is in the state ALARM, when this was found.
    #[serde(skip)]
    pub(crate) is_in_alarm: bool,
}

impl Alarm {
    /// Finds several alarms, each matched by name: one call describes all of them.
    ///
    /// At most 100, the most names that DescribeAlarms accepts.
    pub(crate) async fn find_all(aws: &Aws, wanted: &[&Self]) -> Result<Vec<Option<Self>>> {
        if wanted.is_empty() {
            return Ok(Vec::new());
        }
        let names = wanted.iter().map(|alarm| alarm.name.clone()).collect();
        let call = aws.cloudwatch.describe_alarms();
        let alarms = async {
            let answer = call.set_alarm_names(Some(names)).send().await;
            answer.call("cloudwatch:DescribeAlarms")
        };
        let are_compared = wanted.iter().any(|it| are_compared(&it.tags));
        let tags = async {
            match are_compared {
                true => try_join_all(wanted.iter().map(|it| it.find_tags(aws))).await,
                false => Ok(Vec::new()),
            }
        };
        let (alarms, tags) = tokio::try_join!(alarms, tags)?;
        let found = wanted.iter().enumerate().map(async |(place, wanted)| {
            let mut all = alarms.metric_alarms().iter();
            let found = all.find(|alarm| alarm.alarm_name() == Some(&wanted.name));
            let Some(found) = found else {
                return Ok::<_, AwsError>(None);
            };
            let tags = match tags.get(place) {
                Some(tags) => tags.clone(),
                None if wanted.is_part_of_ours(found) => wanted.tags.clone(),
                None => wanted.find_tags(aws).await?,
            };
            Ok(Some(wanted.found(found, tags)))
        });
        Ok(try_join_all(found).await?)
    }

    /// One of our name that notifies our topic is ours, whatever its tags.
    fn is_part_of_ours(&self, found: &sdk::MetricAlarm) -> bool {
        let mut wanted = self.alarm_actions.iter();
        wanted.any(|it| found.alarm_actions().contains(it))
    }

    /// Its tags; none when it is not there.
    pub(crate) async fn find_tags(&self, aws: &Aws) -> Result<Tags, AwsError> {
        let call = aws.cloudwatch.list_tags_for_resource();
        let answer = call.resource_arn(&self.arn).send().await;
        let answer = answer.found("cloudwatch:ListTagsForResource")?;
        Ok(answer
            .iter()
            .flat_map(|answer| answer.tags())
            .filter_map(|tag| Some((tag.key()?.to_owned(), tag.value()?.to_owned())))
            .collect())
    }

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
        let call = self.with_metric(aws.cloudwatch.put_metric_alarm());
        call.alarm_name(&self.name)
            .alarm_description(&self.description)
            .actions_enabled(self.actions_enabled)
            .set_alarm_actions(Some(self.alarm_actions.clone()))
            .set_ok_actions(Some(self.ok_actions.clone()))
            .comparison_operator(sdk::ComparisonOperator::from(self.comparison.as_str()))
            .set_datapoints_to_alarm(self.datapoints_to_alarm)
            .set_evaluation_periods(self.evaluation_periods)
            .set_threshold(self.threshold)
            .treat_missing_data(&self.treat_missing_data)
            .set_tags(Some(self.sdk_tags()))
            .send()
            .await
            .call("cloudwatch:PutMetricAlarm")?;
        Ok(())
    }

    /// CloudWatch takes either a metric or a list of queries.
    fn with_metric(&self, call: PutMetricAlarm) -> PutMetricAlarm {
        let Some(expression) = &self.expression else {
            return call
                .set_dimensions(Some(self.dimensions()))
                .metric_name(&self.metric)
                .namespace(&self.namespace)
                .set_period(self.period)
                .statistic(sdk::Statistic::from(self.statistic.as_str()));
        };
        let metric = sdk::Metric::builder()
            .namespace(&self.namespace)
            .metric_name(&self.metric)
            .set_dimensions(Some(self.dimensions()))
            .build();
        let stat = sdk::MetricStat::builder()
            .metric(metric)
            .set_period(self.period)
            .stat(&self.statistic)
            .build();
        let metric = sdk::MetricDataQuery::builder()
            .id(METRIC)
            .metric_stat(stat)
            .return_data(false);
        let expression = sdk::MetricDataQuery::builder()
            .id(EXPRESSION)
            .expression(expression)
            .return_data(true);
        call.metrics(metric.build()).metrics(expression.build())
    }

    /// Id of each query, and whether it returns data.
    fn queries(&self) -> &[(&str, bool)] {
        match self.expression {
            Some(_) => &[(METRIC, false), (EXPRESSION, true)],
            None => &[],
        }
    }

    fn found(&self, alarm: &sdk::MetricAlarm, tags: Tags) -> Self {
        let text = |value: Option<&str>| value.unwrap_or_default().to_owned();
        let queries = alarm.metrics().iter();
        let stat = queries.clone().find_map(|it| it.metric_stat());
        let metric = stat.and_then(|it| it.metric());
        let dimensions = metric.map_or_else(|| alarm.dimensions(), |it| it.dimensions());
        Self {
            name: self.name.clone(),
            arn: self.arn.clone(),
            actions_enabled: alarm.actions_enabled().unwrap_or_default(),
            alarm_actions: alarm.alarm_actions().to_vec(),
            comparison: text(alarm.comparison_operator().map(|it| it.as_str())),
            description: text(alarm.alarm_description()),
            datapoints_to_alarm: alarm.datapoints_to_alarm(),
            dimensions: dimensions
                .iter()
                .map(|it| (text(it.name()), text(it.value())))
                .collect(),
            evaluation_periods: alarm.evaluation_periods(),
            expression: queries
                .filter_map(|it| it.expression().map(str::to_owned))
                .next(),
            metric: text(
                alarm
                    .metric_name()
                    .or(metric.and_then(|it| it.metric_name())),
            ),
            namespace: text(alarm.namespace().or(metric.and_then(|it| it.namespace()))),
            not_default: not_default::of_alarm(alarm, self.queries()),
            ok_actions: alarm.ok_actions().to_vec(),
            period: alarm.period().or(stat.and_then(|it| it.period())),
            statistic: text(
                alarm
                    .statistic()
                    .map(|it| it.as_str())
                    .or(stat.and_then(|it| it.stat())),
            ),
            tags,
            threshold: alarm.threshold(),
            treat_missing_data: text(alarm.treat_missing_data()),
            is_off: self.is_off,
            is_in_alarm: alarm.state_value() == Some(&sdk::StateValue::Alarm),
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
        Ok(Self::find_all(aws, &[self]).await?.remove(0))
    }

    async fn create(&self, aws: &Aws, _: &Work) -> Result<()> {
        self.put(aws).await
    }

    async fn update(
        &self,
        aws: &Aws,
        work: &Work,
        _: &Self,
        changed: &BTreeSet<&str>,
    ) -> Result<()> {
        if changed.iter().any(|field| *field != "tags") {
            self.put(aws).await?;
        }
        if changed.contains("tags") {
            retry_until_consistent(work, async || {
                let call = aws.cloudwatch.tag_resource().resource_arn(&self.arn);
                let answer = call.set_tags(Some(self.sdk_tags())).send().await;
                answer.call("cloudwatch:TagResource")
            })
            .await?;
        }
        Ok(())
    }

    async fn delete(&self, aws: &Aws, work: &Work) -> Result<()> {
        let answer = retry_until_consistent(work, async || {
            let call = aws.cloudwatch.delete_alarms().alarm_names(&self.name);
            call.send().await.call("cloudwatch:DeleteAlarms")
        });
        Ok(gone(answer.await)?)
    }

    fn tags(&self) -> Option<&Tags> {
        Some(&self.tags)
    }

    fn is_off(&self) -> bool {
        self.is_off
    }
}
