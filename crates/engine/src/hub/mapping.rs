//! The event source mapping that brings read-only activity to the notifier in batches.

use super::not_default::{self, NotDefault};
use super::resource::Resource;
use crate::aws::Aws;
use crate::aws::consistency::{Poll, poll_until, retry_until_consistent};
use crate::aws::error::{AwsError, Call, absent, gone};
use crate::work::Work;
use anyhow::Result;
use aws_sdk_lambda::types::{
    EventSourceMappingConfiguration, FilterCriteria, FunctionResponseType, ProvisionedPollerConfig,
    ScalingConfig,
};
use serde::Serialize;
use std::collections::BTreeSet;
use std::time::Duration;

/// How long the deletion of a mapping may take.
const PATIENCE: Duration = Duration::from_secs(300);

/// A Lambda event source mapping from an SQS queue.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Mapping {
    /// The queue's.
    #[serde(skip)]
    pub(crate) name: String,
    #[serde(skip)]
    pub(crate) queue_arn: String,
    #[serde(skip)]
    pub(crate) function: String,
    pub(crate) batch_size: Option<i32>,
    pub(crate) enabled: bool,
    /// Patterns; what matches none of them is dropped. rootwatch sets none.
    pub(crate) filters: BTreeSet<String>,
    /// In seconds.
    pub(crate) maximum_batching_window: Option<i32>,
    /// Concurrent batches (`MaximumConcurrency`).
    pub(crate) maximum_concurrency: Option<i32>,
    /// What rootwatch leaves at its default, and is not.
    #[serde(skip_serializing_if = "NotDefault::is_empty")]
    pub(crate) not_default: NotDefault,
    /// Whether the function says which messages of a batch failed.
    pub(crate) report_batch_item_failures: bool,
    /// Of the mapping that was found.
    #[serde(skip)]
    pub(crate) uuid: Option<String>,
}

impl Mapping {
    /// Finds several mappings of one function: one call lists all that it has.
    pub(crate) async fn find_all(aws: &Aws, wanted: &[&Self]) -> Result<Vec<Option<Self>>> {
        let Some(first) = wanted.first() else {
            return Ok(Vec::new());
        };
        let call = aws.lambda.list_event_source_mappings();
        let call = call.function_name(&first.function);
        let mut pages = call.into_paginator().items().send();
        let mut listed = Vec::new();
        while let Some(mapping) = pages.next().await {
            match absent(mapping.call("lambda:ListEventSourceMappings"))? {
                Some(mapping) => listed.push(mapping),
                None => break,
            }
        }
        let found = wanted.iter().map(|wanted| {
            let is_of_queue = |it: &&EventSourceMappingConfiguration| {
                it.event_source_arn() == Some(&wanted.queue_arn)
            };
            wanted.first_of(listed.iter().filter(is_of_queue))
        });
        Ok(found.collect())
    }

    /// The first that is not on its way out.
    fn first_of<'a>(
        &self,
        mut all: impl Iterator<Item = &'a EventSourceMappingConfiguration>,
    ) -> Option<Self> {
        let found = all.find(|mapping| mapping.state() != Some("Deleting"));
        found.map(|mapping| self.found(mapping))
    }

    async fn list(&self, aws: &Aws) -> Result<Vec<EventSourceMappingConfiguration>, AwsError> {
        let answer = aws
            .lambda
            .list_event_source_mappings()
            .function_name(&self.function)
            .event_source_arn(&self.queue_arn)
            .send()
            .await;
        let found = absent(answer.call("lambda:ListEventSourceMappings"))?;
        Ok(found
            .and_then(|answer| answer.event_source_mappings)
            .unwrap_or_default())
    }

    fn scaling(&self) -> ScalingConfig {
        ScalingConfig::builder()
            .set_maximum_concurrency(self.maximum_concurrency)
            .build()
    }

    fn response_types(&self) -> Vec<FunctionResponseType> {
        if self.report_batch_item_failures {
            vec![FunctionResponseType::ReportBatchItemFailures]
        } else {
            Vec::new()
        }
    }

    fn found(&self, mapping: &EventSourceMappingConfiguration) -> Self {
        Self {
            name: self.name.clone(),
            queue_arn: self.queue_arn.clone(),
            function: self.function.clone(),
            batch_size: mapping.batch_size(),
            enabled: !matches!(mapping.state(), Some("Disabled" | "Disabling")),
            filters: mapping
                .filter_criteria()
                .map(FilterCriteria::filters)
                .unwrap_or_default()
                .iter()
                .filter_map(|filter| filter.pattern().map(str::to_owned))
                .collect(),
            maximum_concurrency: mapping
                .scaling_config()
                .and_then(|scaling| scaling.maximum_concurrency()),
            maximum_batching_window: mapping.maximum_batching_window_in_seconds(),
            not_default: not_default::of_mapping(mapping),
            report_batch_item_failures: mapping
                .function_response_types()
                .contains(&FunctionResponseType::ReportBatchItemFailures),
            uuid: mapping.uuid().map(str::to_owned),
        }
    }

    async fn send(&self, aws: &Aws, work: &Work) -> Result<(), AwsError> {
        let made = retry_until_consistent(work, async || {
            aws.lambda
                .create_event_source_mapping()
                .function_name(&self.function)
                .event_source_arn(&self.queue_arn)
                .enabled(self.enabled)
                .set_batch_size(self.batch_size)
                .set_maximum_batching_window_in_seconds(self.maximum_batching_window)
                .set_scaling_config(self.maximum_concurrency.map(|_| self.scaling()))
                .set_function_response_types(Some(self.response_types()))
                .send()
                .await
                .call("lambda:CreateEventSourceMapping")
        });
        made.await.map(|_| ())
    }

    /// Whether the only conflict is a mapping that was deleted a moment ago.
    async fn is_going(&self, aws: &Aws) -> Result<bool, AwsError> {
        let found = self.list(aws).await?;
        Ok(found.iter().all(|it| it.state() == Some("Deleting")))
    }

    async fn wait_until_gone(&self, aws: &Aws, work: &Work) -> Result<()> {
        poll_until(
            work,
            "the deletion of the event source mapping",
            PATIENCE,
            async || {
                Ok(if self.list(aws).await?.is_empty() {
                    Poll::Ready(())
                } else {
                    Poll::Pending
                })
            },
        )
        .await
    }
}

impl Resource for Mapping {
    const KIND: &'static str = "event-source-mapping";
    const FIND: &'static [&'static str] = &["lambda:ListEventSourceMappings"];
    const CREATE: &'static [&'static str] = &["lambda:CreateEventSourceMapping"];

    fn name(&self) -> &str {
        &self.name
    }

    async fn find(&self, aws: &Aws) -> Result<Option<Self>> {
        let found = self.list(aws).await?;
        Ok(self.first_of(found.iter()))
    }

    async fn create(&self, aws: &Aws, work: &Work) -> Result<()> {
        match self.send(aws, work).await {
            Err(error) if error.already_exists() && self.is_going(aws).await? => {
                self.wait_until_gone(aws, work).await?;
                Ok(self.send(aws, work).await?)
            }
            made => Ok(made?),
        }
    }

    async fn update(
        &self,
        aws: &Aws,
        work: &Work,
        observed: &Self,
        changed: &BTreeSet<&str>,
    ) -> Result<()> {
        // An empty value removes what somebody set; where nothing is set, none is sent.
        let empty = |field| changed.contains(field).then_some(());
        let filters = FilterCriteria::builder().set_filters(Some(Vec::new()));
        let filters = empty("filters").map(|()| filters.build());
        let scaling = empty("maximum_concurrency").map(|()| self.scaling());
        let set = |name| observed.not_default.contains_key(name).then_some(());
        let key = set("KMSKeyArn").map(|()| String::new());
        let pollers = ProvisionedPollerConfig::builder();
        let pollers = set("ProvisionedPollerConfig").map(|()| pollers.build());
        retry_until_consistent(work, async || {
            aws.lambda
                .update_event_source_mapping()
                .set_kms_key_arn(key.clone())
                .set_provisioned_poller_config(pollers.clone())
                .set_filter_criteria(filters.clone())
                .set_scaling_config(scaling.clone())
                .set_uuid(observed.uuid.clone())
                .function_name(&self.function)
                .enabled(self.enabled)
                .set_batch_size(self.batch_size)
                .set_maximum_batching_window_in_seconds(self.maximum_batching_window)
                .set_function_response_types(Some(self.response_types()))
                .send()
                .await
                .call("lambda:UpdateEventSourceMapping")
        })
        .await?;
        Ok(())
    }

    async fn delete(&self, aws: &Aws, work: &Work) -> Result<()> {
        for mapping in self.list(aws).await? {
            if mapping.state() == Some("Deleting") {
                continue;
            }
            let answer = retry_until_consistent(work, async || {
                aws.lambda
                    .delete_event_source_mapping()
                    .set_uuid(mapping.uuid.clone())
                    .send()
                    .await
                    .call("lambda:DeleteEventSourceMapping")
            })
            .await;
            gone(answer)?;
        }
        self.wait_until_gone(aws, work).await
    }
}
