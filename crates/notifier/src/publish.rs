//! Publishing one message to the topic.

use std::fmt;

use aws_sdk_sns::Client;
use aws_sdk_sns::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_sns::types::MessageAttributeValue;
use rootwatch_root_event::{Format, Message};

/// The maximum length of an error without a code.
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
        Self("not tried, since the function is about to time out".to_owned())
    }

    pub(crate) fn too_late() -> Self {
        Self("cancelled, since the function is about to time out".to_owned())
    }

    pub(crate) fn too_many() -> Self {
        Self(
            "not tried, since there are too many events in this batch that cannot be read"
                .to_owned(),
        )
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

/// The error and its causes. The SDK's own `DisplayErrorContext` adds the whole response.
fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |cause| cause.source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}

/// Publishes, and returns the message id from SNS.
pub(crate) async fn publish(
    sns: &Client,
    topic_arn: &str,
    message: &Message,
    format: Format,
) -> Result<String, PublishError> {
    let mut request = sns
        .publish()
        .topic_arn(topic_arn)
        .subject(&message.subject)
        .message_structure("json")
        .message(message.sns_body(format));
    for (name, value) in message.attributes.pairs() {
        request = request.message_attributes(name, attribute("String", value)?);
    }
    if !message.attributes.accounts.is_empty() {
        let all = serde_json::json!(message.attributes.accounts).to_string();
        request = request.message_attributes("account", attribute("String.Array", &all)?);
    }
    let output = request
        .send()
        .await
        .map_err(|error| PublishError::of(&error))?;
    Ok(output.message_id.unwrap_or_default())
}

fn attribute(kind: &str, value: &str) -> Result<MessageAttributeValue, PublishError> {
    let attribute = MessageAttributeValue::builder()
        .data_type(kind)
        .string_value(value)
        .build();
    attribute.map_err(|error| PublishError(error.to_string()))
}
