//! Changes of a function that is there.

use super::found::readiness;
use super::{Function, PATIENCE};
use crate::aws::Aws;
use crate::aws::consistency::{poll_until, retry_until_consistent};
use crate::aws::error::Call;
use crate::hub::not_default;
use crate::work::Work;
use anyhow::Result;
use aws_sdk_lambda::operation::update_function_configuration::builders::UpdateFunctionConfigurationFluentBuilder as UpdateFunctionConfiguration;
use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types::{
    Architecture, DeadLetterConfig, Environment, EphemeralStorage, ImageConfig, Runtime, SnapStart,
    SnapStartApplyOn, TracingConfig, TracingMode, VpcConfig,
};
use std::collections::{BTreeSet, HashMap};

impl Function {
    /// A function is `Pending` before it is `Active`, and accepts no second update while one is in progress.
    async fn wait_until_active(&self, aws: &Aws, work: &Work) -> Result<()> {
        poll_until(
            work,
            "the function to become active",
            PATIENCE,
            async || {
                let found = self.get(aws).await?;
                Ok(readiness(found.and_then(|answer| answer.configuration)))
            },
        )
        .await
    }

    pub(super) async fn update_code(&self, aws: &Aws, work: &Work) -> Result<()> {
        retry_until_consistent(work, async || {
            aws.lambda
                .update_function_code()
                .function_name(&self.name)
                .architectures(Architecture::from(self.architecture.as_str()))
                .zip_file(Blob::new(self.package.zip.as_slice()))
                .send()
                .await
                .call("lambda:UpdateFunctionCode")
        })
        .await?;
        self.wait_until_active(aws, work).await
    }

    pub(super) async fn update_configuration(
        &self,
        aws: &Aws,
        work: &Work,
        observed: &Self,
        changed: &BTreeSet<&str>,
    ) -> Result<()> {
        retry_until_consistent(work, async || {
            let mut request = aws
                .lambda
                .update_function_configuration()
                .function_name(&self.name)
                .description(&self.description)
                .handler(&self.handler)
                .logging_config(self.logging())
                .memory_size(self.memory_size)
                .role(&self.role)
                .runtime(Runtime::from(self.runtime.as_str()))
                .timeout(self.timeout);
            // An empty value removes what somebody set; where nothing is set, none is sent.
            if changed.contains("environment") {
                let none = Environment::builder().set_variables(Some(HashMap::new()));
                request = request.environment(none.build());
            }
            if changed.contains("kms_key") {
                request = request.kms_key_arn("");
            }
            if changed.contains("layers") {
                request = request.set_layers(Some(Vec::new()));
            }
            request = observed.reset(request);
            if changed.contains("subnets") {
                let none = VpcConfig::builder().set_subnet_ids(Some(Vec::new()));
                let none = none.set_security_group_ids(Some(Vec::new()));
                request = request.vpc_config(none.build());
            }
            let answer = request.send().await;
            answer.call("lambda:UpdateFunctionConfiguration")
        })
        .await?;
        self.wait_until_active(aws, work).await
    }

    /// Sets to its default what is not at it.
    fn reset(&self, mut call: UpdateFunctionConfiguration) -> UpdateFunctionConfiguration {
        for name in self.not_default.keys() {
            call = match *name {
                "DeadLetterConfig" => {
                    call.dead_letter_config(DeadLetterConfig::builder().target_arn("").build())
                }
                "EphemeralStorage" => call.set_ephemeral_storage(
                    EphemeralStorage::builder()
                        .size(not_default::EPHEMERAL_STORAGE)
                        .build()
                        .ok(),
                ),
                "FileSystemConfigs" => call.set_file_system_configs(Some(Vec::new())),
                "ImageConfig" => call.image_config(ImageConfig::builder().build()),
                "SnapStart" => call.snap_start(
                    SnapStart::builder()
                        .apply_on(SnapStartApplyOn::None)
                        .build(),
                ),
                "TracingConfig" => call.tracing_config(
                    TracingConfig::builder()
                        .mode(TracingMode::PassThrough)
                        .build(),
                ),
                // The format of the log is always sent.
                _ => call,
            };
        }
        call
    }

    pub(super) async fn allow_to_run(&self, aws: &Aws, work: &Work) -> Result<()> {
        retry_until_consistent(work, async || {
            let call = aws.lambda.delete_function_concurrency();
            let answer = call.function_name(&self.name).send().await;
            answer.call("lambda:DeleteFunctionConcurrency")
        })
        .await?;
        Ok(())
    }

    pub(super) async fn tag(&self, aws: &Aws, work: &Work) -> Result<()> {
        retry_until_consistent(work, async || {
            let call = aws.lambda.tag_resource().resource(&self.arn);
            let call = call.set_tags(Some(self.tags.clone().into_iter().collect()));
            call.send().await.call("lambda:TagResource")
        })
        .await?;
        Ok(())
    }
}
