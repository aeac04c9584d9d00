//! Publishing one message to the topic.

use std::fmt;
use std::time::Duration;

use aws_sdk_sns::Client;
use aws_sdk_sns::config::retry::RetryConfig;
use aws_sdk_sns::config::timeout::TimeoutConfig;
use aws_sdk_sns::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_sns::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_sns::types::MessageAttributeValue;
use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use rootwatch_root_event::Message;

use crate::Settings;

/// SNS answers in tens of milliseconds. Three attempts of this length stay well within the function's time, so that
/// the failure is told as one instead of as a timeout.
const ATTEMPT: Duration = Duration::from_secs(3);
const CONNECT: Duration = Duration::from_millis(1_500);
const ATTEMPTS: u32 = 3;
/// How much of an error without a code is kept.
const LONGEST_ERROR: usize = 500;

/// Why a message was not published.
#[derive(Debug)]
pub struct PublishError(String);

impl fmt::Display for PublishError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SNS Publish: {}", self.0)
    }
}

impl std::error::Error for PublishError {}

impl PublishError {
    pub(crate) fn no_time_left() -> Self {
        Self("not tried, the function's time is almost over".to_owned())
    }

    fn of<E: ProvideErrorMetadata + std::error::Error + 'static, R: fmt::Debug>(
        error: &SdkError<E, R>,
    ) -> Self {
        match (error.code(), error.message()) {
            (Some(code), Some(message)) => Self(format!("{code}: {message}")),
            (Some(code), None) => Self(code.to_owned()),
            _ => Self(chain(error).chars().take(LONGEST_ERROR).collect()),
        }
    }
}

/// The error and its causes. The SDK's own way to show them adds the whole response.
fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |cause| cause.source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}

/// A client with the credentials that Lambda puts into the environment; they outlive the execution environment
/// (Lambda guide, "Defined runtime environment variables").
#[must_use]
pub fn sns_client(settings: &Settings) -> Client {
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(CONNECT)
        .operation_attempt_timeout(ATTEMPT)
        .build();
    let https = aws_smithy_http_client::Builder::new()
        .tls_provider(Provider::Rustls(CryptoMode::Ring))
        .build_https();
    let mut config = aws_sdk_sns::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(settings.region.clone()))
        .http_client(https)
        .timeout_config(timeouts)
        .retry_config(RetryConfig::standard().with_max_attempts(ATTEMPTS));
    config.set_credentials_provider(
        credentials().map(aws_sdk_sns::config::SharedCredentialsProvider::new),
    );
    config.set_endpoint_url(settings.endpoint_url.clone());
    Client::from_conf(config.build())
}

fn credentials() -> Option<Credentials> {
    let variable = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
    let (id, secret) = (
        variable("AWS_ACCESS_KEY_ID")?,
        variable("AWS_SECRET_ACCESS_KEY")?,
    );
    Some(Credentials::new(
        id,
        secret,
        variable("AWS_SESSION_TOKEN"),
        None,
        "lambda-environment",
    ))
}

/// Publishes, and gives SNS's id of the message.
pub(crate) async fn publish(
    sns: &Client,
    topic_arn: &str,
    message: &Message,
) -> Result<String, PublishError> {
    let mut request = sns
        .publish()
        .topic_arn(topic_arn)
        .subject(&message.subject)
        .message_structure("json")
        .message(message.sns_body());
    for (name, value) in message.attributes.pairs() {
        request = request.message_attributes(name, attribute(value)?);
    }
    let output = request
        .send()
        .await
        .map_err(|error| PublishError::of(&error))?;
    Ok(output.message_id.unwrap_or_default())
}

fn attribute(value: &str) -> Result<MessageAttributeValue, PublishError> {
    let attribute = MessageAttributeValue::builder()
        .data_type("String")
        .string_value(value)
        .build();
    attribute.map_err(|error| PublishError(error.to_string()))
}
