//! A function as Lambda has it.

use super::Function;
use crate::aws::Aws;
use crate::aws::consistency::Poll;
use crate::aws::error::{AwsError, Call};
use crate::hub::not_default;
use crate::hub::notifier_settings::NotifierSettings;
use crate::words::one_line;
use anyhow::{Context, Result};
use aws_sdk_lambda::operation::get_function::GetFunctionOutput;
use aws_sdk_lambda::types::{
    Architecture, FunctionConfiguration, LastUpdateStatus, Runtime, State, VpcConfigResponse,
};
use jiff::Timestamp;
use rootwatch_bundle::{is_same_but_for_settings, settings_in};
use std::sync::Arc;

impl Function {
    /// Adds what the notifier is told: the same as here where its package is the same, else from the package.
    pub(super) async fn read_settings(
        &self,
        aws: &Aws,
        mut found: Self,
        location: Option<&str>,
    ) -> Self {
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

    pub(super) async fn get(&self, aws: &Aws) -> Result<Option<GetFunctionOutput>, AwsError> {
        let answer = aws.lambda.get_function().function_name(&self.name).send();
        answer.await.found("lambda:GetFunction")
    }

    pub(super) fn found(&self, answer: GetFunctionOutput) -> Result<Self> {
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

pub(super) fn readiness(configuration: Option<FunctionConfiguration>) -> Poll<()> {
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
