//! What Lambda does with an event that the notifier failed on: try again, then keep it in the dead-letter queue.

use super::resource::Resource;
use crate::aws::Aws;
use crate::aws::consistency::retry_until_consistent;
use crate::aws::error::{Call, gone};
use crate::work::Work;
use anyhow::Result;
use aws_sdk_lambda::types::{DestinationConfig, OnFailure};
use serde::Serialize;
use std::collections::BTreeSet;

/// The configuration of a function's asynchronous invocations.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct AsyncInvoke {
    /// The function's.
    #[serde(skip)]
    pub(crate) name: String,
    /// In seconds.
    pub(crate) maximum_event_age: Option<i32>,
    pub(crate) maximum_retry_attempts: Option<i32>,
    /// ARN of the queue for what failed to the end.
    pub(crate) on_failure: Option<String>,
}

impl Resource for AsyncInvoke {
    const KIND: &'static str = "async-invoke";
    const FIND: &'static [&'static str] = &["lambda:GetFunctionEventInvokeConfig"];
    const CREATE: &'static [&'static str] = &["lambda:PutFunctionEventInvokeConfig"];

    fn name(&self) -> &str {
        &self.name
    }

    async fn find(&self, aws: &Aws) -> Result<Option<Self>> {
        let answer = aws
            .lambda
            .get_function_event_invoke_config()
            .function_name(&self.name)
            .send()
            .await
            .found("lambda:GetFunctionEventInvokeConfig")?;
        Ok(answer.map(|found| Self {
            name: self.name.clone(),
            maximum_event_age: found.maximum_event_age_in_seconds(),
            maximum_retry_attempts: found.maximum_retry_attempts(),
            on_failure: found
                .destination_config()
                .and_then(|destinations| destinations.on_failure())
                .and_then(|on_failure| on_failure.destination())
                .map(str::to_owned),
        }))
    }

    async fn create(&self, aws: &Aws, work: &Work) -> Result<()> {
        let on_failure = OnFailure::builder()
            .set_destination(self.on_failure.clone())
            .build();
        let destinations = DestinationConfig::builder().on_failure(on_failure).build();
        retry_until_consistent(work, async || {
            aws.lambda
                .put_function_event_invoke_config()
                .function_name(&self.name)
                .destination_config(destinations.clone())
                .set_maximum_event_age_in_seconds(self.maximum_event_age)
                .set_maximum_retry_attempts(self.maximum_retry_attempts)
                .send()
                .await
                .call("lambda:PutFunctionEventInvokeConfig")
        })
        .await?;
        Ok(())
    }

    async fn update(&self, aws: &Aws, work: &Work, _: &Self, _: &BTreeSet<&str>) -> Result<()> {
        self.create(aws, work).await
    }

    async fn delete(&self, aws: &Aws, work: &Work) -> Result<()> {
        let answer = retry_until_consistent(work, async || {
            let call = aws.lambda.delete_function_event_invoke_config();
            let answer = call.function_name(&self.name).send().await;
            answer.call("lambda:DeleteFunctionEventInvokeConfig")
        });
        Ok(gone(answer.await)?)
    }
}
