//! A Lambda function.

use super::not_default::{self, NotDefault};
use super::notifier_settings::NotifierSettings;
use super::resource::{Resource, Tags};
use crate::aws::Aws;
use crate::aws::consistency::{Poll, poll_until, retry_until_consistent};
use crate::aws::error::{AwsError, Call, gone};
use crate::names::DEPLOYMENT_TAG;
use crate::words::one_line;
use crate::work::Work;
use anyhow::{Context, Result};
use aws_sdk_lambda::operation::get_function::GetFunctionOutput;
use aws_sdk_lambda::operation::update_function_configuration::builders::UpdateFunctionConfigurationFluentBuilder as UpdateFunctionConfiguration;
use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types::{
    Architecture, DeadLetterConfig, Environment, EphemeralStorage, FunctionCode,
    FunctionConfiguration, ImageConfig, LastUpdateStatus, LogFormat, LoggingConfig, Runtime,
    SnapStart, SnapStartApplyOn, State, TracingConfig, TracingMode, VpcConfig, VpcConfigResponse,
};
use jiff::Timestamp;
use rootwatch_bundle::{Package, is_same_but_for_settings, settings_in};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

/// How long a function may take to become active, or an update to end.
const PATIENCE: Duration = Duration::from_secs(300);

/// A Lambda function on an OS-only runtime.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct Function {
    #[serde(skip)]
    pub(crate) name: String,
    #[serde(skip)]
    pub(crate) arn: String,
    pub(crate) architecture: String,
    /// SHA-256 of the deployment package, in base64.
    pub(crate) code_sha256: String,
    pub(crate) description: String,
    /// Variables by name; rootwatch sets none, and earlier versions told the notifier by them.
    pub(crate) environment: BTreeMap<String, String>,
    pub(crate) handler: String,
    /// Key for the environment, in place of Lambda's own; rootwatch sets none.
    pub(crate) kms_key: Option<String>,
    /// ARNs of layers; rootwatch sets none.
    pub(crate) layers: BTreeSet<String>,
    /// Where it writes its log.
    pub(crate) log_group: String,
    /// In MB.
    pub(crate) memory_size: i32,
    /// What rootwatch leaves at its default, and is not.
    #[serde(skip_serializing_if = "NotDefault::is_empty")]
    pub(crate) not_default: NotDefault,
    /// 0 keeps it from ever running. Any other value is the operator's decision, and not compared.
    pub(crate) reserved_concurrency: Option<i32>,
    /// ARN.
    pub(crate) role: String,
    pub(crate) runtime: String,
    /// What the notifier is told, from its deployment package; from the environment where an earlier version made it.
    pub(crate) settings: NotifierSettings,
    /// Of a VPC, from where it may not reach SNS; rootwatch sets none.
    pub(crate) subnets: BTreeSet<String>,
    pub(crate) tags: Tags,
    /// In seconds.
    pub(crate) timeout: i32,
    /// The zip of its code without settings; nothing where this program does not have it, and in a function that was
    /// found.
    #[serde(skip)]
    pub(crate) code: Option<&'static [u8]>,
    /// The deployment package; nothing in a function that was found.
    #[serde(skip)]
    pub(crate) package: Arc<Package>,
    /// Whether its package is this rootwatch's with other settings, when this was found.
    #[serde(skip)]
    pub(crate) has_our_executable: bool,
    /// Why its settings are not known, when this was found.
    #[serde(skip)]
    pub(crate) unread: Option<String>,
    /// Whether another build of the same sources is to be replaced by this one.
    #[serde(skip)]
    pub(crate) is_own_build_wanted: bool,
    /// When it was last changed, when this was found.
    #[serde(skip)]
    pub(crate) modified: Option<Timestamp>,
    /// Whether it can be invoked, when this was found.
    #[serde(skip)]
    pub(crate) active: bool,
}

impl Function {
    /// Name of its role.
    pub(crate) fn role_name(&self) -> &str {
        self.role.rsplit('/').next().unwrap_or_default()
    }

    /// ARN of the topic that it publishes to.
    pub(crate) fn topic(&self) -> Option<&str> {
        self.settings.topic()
    }

    /// Whether both are of the same deployment.
    fn is_of_same(&self, other: &Self) -> bool {
        let deployment = |it: &Self| it.tags.get(DEPLOYMENT_TAG).cloned();
        deployment(self).is_some() && deployment(self) == deployment(other)
    }

    /// Adds what the notifier is told: the same as here where its package is the same, else from the package.
    async fn read_settings(&self, aws: &Aws, mut found: Self, location: Option<&str>) -> Self {
        if !self.is_of_same(&found) {
            return found;
        }
        let Some(code) = self.code else {
            // It is the function itself that asks, by the settings that it was told.
            found.settings = self.settings.clone();
            return found;
        };
        if found.code_sha256 == self.code_sha256 {
            found.settings = self.settings.clone();
            return found;
        }
        let read = package_at(aws, location).await;
        let read = read.and_then(|zip| {
            let text = settings_in(&zip)?;
            // Without the file it is to be uploaded, whatever the environment says.
            found.has_our_executable = text.is_some() && is_same_but_for_settings(&zip, code)?;
            Ok(text)
        });
        match read {
            Ok(Some(text)) => found.settings = NotifierSettings::parse(&text),
            Ok(None) => found.settings = NotifierSettings::of_environment(&found.environment),
            Err(why) => found.unread = Some(format!("{why:#}")),
        }
        found
    }

    /// Its deployment package, as Lambda has it.
    ///
    /// # Errors
    /// When Lambda does not say where it is, or it cannot be fetched from there.
    pub(crate) async fn download(&self, aws: &Aws) -> Result<Vec<u8>> {
        let code = self.get(aws).await?.and_then(|answer| answer.code);
        let location = code.as_ref().and_then(|it| it.location());
        package_at(aws, location).await
    }

    async fn get(&self, aws: &Aws) -> Result<Option<GetFunctionOutput>, AwsError> {
        let answer = aws.lambda.get_function().function_name(&self.name).send();
        answer.await.found("lambda:GetFunction")
    }

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

    async fn update_code(&self, aws: &Aws, work: &Work) -> Result<()> {
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

    async fn update_configuration(
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

    fn logging(&self) -> LoggingConfig {
        LoggingConfig::builder()
            .log_format(LogFormat::Text)
            .log_group(&self.log_group)
            .build()
    }

    async fn allow_to_run(&self, aws: &Aws, work: &Work) -> Result<()> {
        retry_until_consistent(work, async || {
            let call = aws.lambda.delete_function_concurrency();
            let answer = call.function_name(&self.name).send().await;
            answer.call("lambda:DeleteFunctionConcurrency")
        })
        .await?;
        Ok(())
    }

    async fn tag(&self, aws: &Aws, work: &Work) -> Result<()> {
        retry_until_consistent(work, async || {
            let call = aws.lambda.tag_resource().resource(&self.arn);
            let call = call.set_tags(Some(self.tags.clone().into_iter().collect()));
            call.send().await.call("lambda:TagResource")
        })
        .await?;
        Ok(())
    }

    fn found(&self, answer: GetFunctionOutput) -> Result<Self> {
        let Some(configuration) = answer.configuration else {
            return Err(AwsError::incomplete("lambda:GetFunction", "Configuration").into());
        };
        let text = |value: Option<&str>| value.unwrap_or_default().to_owned();
        let reserved = answer
            .concurrency
            .and_then(|it| it.reserved_concurrent_executions);
        // Lambda gives the tags only to who may list them, and says so in a response that is a success otherwise
        // (Lambda API Reference, GetFunction). Without them the function would be somebody else's.
        if let Some(refused) = answer.tags_error {
            return Err(AwsError {
                operation: "lambda:ListTags",
                code: refused.error_code,
                message: refused.message,
                request_id: None,
                http_status: None,
            }
            .into());
        }
        let vpc = configuration.vpc_config();
        Ok(Self {
            name: self.name.clone(),
            arn: self.arn.clone(),
            architecture: text(
                configuration
                    .architectures()
                    .first()
                    .map(Architecture::as_str),
            ),
            code_sha256: text(configuration.code_sha256()),
            description: text(configuration.description()),
            environment: configuration
                .environment()
                .and_then(|environment| environment.variables())
                .map(|variables| variables.clone().into_iter().collect())
                .unwrap_or_default(),
            handler: text(configuration.handler()),
            kms_key: configuration
                .kms_key_arn()
                .filter(|arn| !arn.is_empty())
                .map(str::to_owned),
            layers: configuration
                .layers()
                .iter()
                .filter_map(|layer| layer.arn().map(str::to_owned))
                .collect(),
            log_group: text(configuration.logging_config().and_then(|it| it.log_group())),
            memory_size: configuration.memory_size().unwrap_or_default(),
            not_default: not_default::of_function(&configuration),
            reserved_concurrency: reserved.filter(|most| *most == 0),
            role: text(configuration.role()),
            runtime: text(configuration.runtime().map(Runtime::as_str)),
            settings: NotifierSettings::default(),
            subnets: vpc
                .map(VpcConfigResponse::subnet_ids)
                .unwrap_or_default()
                .iter()
                .cloned()
                .collect(),
            tags: answer.tags.unwrap_or_default().into_iter().collect(),
            timeout: configuration.timeout().unwrap_or_default(),
            code: None,
            package: Arc::default(),
            has_our_executable: false,
            unread: None,
            is_own_build_wanted: false,
            modified: configuration.last_modified().and_then(time),
            active: matches!(readiness(Some(configuration)), Poll::Ready(())),
        })
    }
}

/// As Lambda writes it, `2026-11-26T12:00:00.000+0000`, or as ISO 8601 has it elsewhere.
fn time(text: &str) -> Option<Timestamp> {
    let of_lambda = Timestamp::strptime("%Y-%m-%dT%H:%M:%S%.f%z", text).ok();
    of_lambda.or_else(|| text.parse().ok())
}

/// The deployment package at this address.
async fn package_at(aws: &Aws, location: Option<&str>) -> Result<Vec<u8>> {
    let address = location.context("Lambda does not say where its code is")?;
    aws.download(address).await
}

fn readiness(configuration: Option<FunctionConfiguration>) -> Poll<()> {
    let Some(found) = configuration else {
        return Poll::Pending;
    };
    let reason = |text: Option<&str>| one_line(text.unwrap_or("AWS gave no reason"));
    match (found.state(), found.last_update_status()) {
        (Some(State::Failed), _) => Poll::Failed(reason(found.state_reason())),
        (_, Some(LastUpdateStatus::Failed)) => {
            Poll::Failed(reason(found.last_update_status_reason()))
        }
        // An idle function is `Inactive` until it is invoked again.
        (
            Some(State::Active | State::Inactive) | None,
            None | Some(LastUpdateStatus::Successful),
        ) => Poll::Ready(()),
        _ => Poll::Pending,
    }
}

impl Resource for Function {
    const KIND: &'static str = "function";
    const FIND: &'static [&'static str] = &["lambda:GetFunction"];
    const CREATE: &'static [&'static str] = &["lambda:CreateFunction"];

    fn name(&self) -> &str {
        &self.name
    }

    async fn find(&self, aws: &Aws) -> Result<Option<Self>> {
        match self.get(aws).await? {
            Some(answer) => {
                let code = answer.code.as_ref();
                let location = code.and_then(|it| it.location()).map(str::to_owned);
                let found = self.found(answer)?;
                Ok(Some(
                    self.read_settings(aws, found, location.as_deref()).await,
                ))
            }
            None => Ok(None),
        }
    }

    /// It may still be `Pending` then: what needs it is refused until it is active, and tried again; and nothing counts as
    /// settled before.
    async fn create(&self, aws: &Aws, work: &Work) -> Result<()> {
        retry_until_consistent(work, async || {
            aws.lambda
                .create_function()
                .function_name(&self.name)
                .architectures(Architecture::from(self.architecture.as_str()))
                .code(
                    FunctionCode::builder()
                        .zip_file(Blob::new(self.package.zip.as_slice()))
                        .build(),
                )
                .description(&self.description)
                .handler(&self.handler)
                .logging_config(self.logging())
                .memory_size(self.memory_size)
                .role(&self.role)
                .runtime(Runtime::from(self.runtime.as_str()))
                .set_tags(Some(self.tags.clone().into_iter().collect()))
                .timeout(self.timeout)
                .send()
                .await
                .call("lambda:CreateFunction")
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
        let is_code = |field: &&str| matches!(*field, "code_sha256" | "architecture" | "settings");
        let is_uploaded = changed.iter().any(is_code);
        if is_uploaded {
            self.update_code(aws, work).await?;
        }
        let is_configuration =
            |field: &&str| !is_code(field) && !matches!(*field, "reserved_concurrency" | "tags");
        if changed.iter().any(is_configuration) {
            self.update_configuration(aws, work, observed, changed)
                .await?;
        }
        if changed.contains("reserved_concurrency") {
            self.allow_to_run(aws, work).await?;
        }
        // They say what was uploaded.
        if is_uploaded || changed.contains("tags") {
            self.tag(aws, work).await?;
        }
        Ok(())
    }

    async fn delete(&self, aws: &Aws, work: &Work) -> Result<()> {
        let answer = retry_until_consistent(work, async || {
            aws.lambda
                .delete_function()
                .function_name(&self.name)
                .send()
                .await
                .call("lambda:DeleteFunction")
        })
        .await;
        Ok(gone(answer)?)
    }

    fn tags(&self) -> Option<&Tags> {
        Some(&self.tags)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_lambda::types::TagsError;

    #[test]
    fn a_time_is_read_as_lambda_writes_it_and_as_iso_8601_has_it() {
        for text in ["2026-11-26T12:00:00.250+0000", "2026-11-26T12:00:00.250Z"] {
            assert_eq!(time(text).unwrap().to_string(), "2026-11-26T12:00:00.25Z");
        }
        assert_eq!(time("yesterday"), None);
    }

    #[test]
    fn tags_that_may_not_be_listed_are_a_refused_read() {
        let refused = TagsError::builder()
            .error_code("AccessDeniedException")
            .message("User: arn:aws:iam::111122223333:user/ops is not authorized to perform: lambda:ListTags")
            .build()
            .unwrap();
        let answer = GetFunctionOutput::builder()
            .configuration(FunctionConfiguration::builder().build())
            .tags_error(refused)
            .build();
        let error = Function::default().found(answer).unwrap_err();
        let error: &AwsError = error.downcast_ref().unwrap();
        assert_eq!(
            (error.operation, error.code.as_str()),
            ("lambda:ListTags", "AccessDeniedException")
        );
    }
}
