//! One rendering for every error of AWS and of the connection to it.
//!
//! `SdkError`'s own text is only "service error", so nothing outside this file looks at one.

use crate::stop::Stopped;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use std::error::Error;

/// Code of an [`AwsError`] for a request that never got an answer.
pub(crate) const NO_ANSWER: &str = "NoAnswer";
/// Code of an [`AwsError`] for a request that could not be signed.
pub(crate) const NO_CREDENTIALS: &str = "NoCredentials";
/// Code of an [`AwsError`] for credentials of another account than requested.
pub(super) const OTHER_ACCOUNT: &str = "OtherAccount";
/// Code of an [`AwsError`] for a call that was not retried because the run was stopped.
const INTERRUPTED: &str = "Interrupted";

/// The error of one call.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{operation}: {code}: {message}")]
pub(crate) struct AwsError {
    /// As an IAM action, `sns:CreateTopic`.
    pub(crate) operation: &'static str,
    /// AWS's code, or [`NO_ANSWER`], or [`NO_CREDENTIALS`].
    pub(crate) code: String,
    /// AWS's message.
    pub(crate) message: String,
}

impl AwsError {
    /// A response without a member that every response of this operation has.
    pub(crate) fn incomplete(operation: &'static str, field: &str) -> Self {
        Self {
            operation,
            code: "IncompleteAnswer".into(),
            message: format!("the answer has no {field}"),
        }
    }

    /// The error of one entry of a call that succeeded as a whole.
    pub(crate) fn of_entry(operation: &'static str, code: Option<&str>, message: &str) -> Self {
        Self {
            operation,
            code: code.unwrap_or("UnknownError").to_owned(),
            message: message.to_owned(),
        }
    }

    /// Whether AWS says that the resource does not exist.
    pub(crate) fn is_not_found(&self) -> bool {
        const CODES: [&str; 8] = [
            "AWS.SimpleQueueService.NonExistentQueue",
            "NoSuchEntity",
            "NotFound",
            "NotFoundException",
            "QueueDoesNotExist",
            "ResourceNotFound",
            "ResourceNotFoundException",
            "StackSetNotFoundException",
        ];
        CODES.contains(&self.code.as_str())
    }

    /// Whether AWS denied the call: no permission, an SCP that denies a region, or a token that is not valid in a
    /// region that has to be turned on (IAM User Guide, "Manage AWS STS in an AWS Region").
    pub(crate) fn is_denied(&self) -> bool {
        const CODES: [&str; 9] = [
            "AccessDenied",
            "AccessDeniedException",
            "AuthFailure",
            "AuthorizationError",
            "AuthorizationErrorException",
            "InvalidClientTokenId",
            "OptInRequired",
            "UnauthorizedOperation",
            "UnrecognizedClientException",
        ];
        CODES.contains(&self.code.as_str())
    }

    /// A call that would have been retried if the run had not been stopped.
    pub(crate) fn interrupted(operation: &'static str, awaited: &str) -> Self {
        Self {
            operation,
            code: INTERRUPTED.into(),
            message: format!("interrupted while waiting for {awaited}"),
        }
    }

    /// Whether this is not an error of AWS: the run was stopped.
    pub(crate) fn is_interruption(&self) -> bool {
        self.code == INTERRUPTED
    }

    /// Whether AWS says that the resource exists already.
    pub(crate) fn already_exists(&self) -> bool {
        match self.code.as_str() {
            "AlreadyExistsException"
            | "EntityAlreadyExists"
            | "EntityAlreadyExistsException"
            | "NameAlreadyExistsException"
            | "QueueAlreadyExists"
            | "QueueNameExists"
            | "ResourceAlreadyExistsException" => true,
            // Lambda has one code for this and for an update in progress.
            "ResourceConflictException" => self.message.contains("already exist"),
            _ => false,
        }
    }

    fn from_sdk<E, R>(operation: &'static str, error: SdkError<E, R>) -> Self
    where
        E: ProvideErrorMetadata + Error + 'static,
        R: std::fmt::Debug,
    {
        let (code, message) = match &error {
            SdkError::ServiceError(answer) => service_answer(answer.err()),
            SdkError::ResponseError(_) => (
                "UnreadableAnswer".into(),
                "AWS's answer could not be read".into(),
            ),
            SdkError::TimeoutError(_) => (NO_ANSWER.into(), "no answer in time".into()),
            SdkError::DispatchFailure(failure) => failure.as_connector_error().map_or_else(
                || (NO_ANSWER.into(), "not sent".into()),
                |error| no_answer(error),
            ),
            SdkError::ConstructionFailure(failure) => {
                (NO_ANSWER.into(), format!("not sent: {failure:?}"))
            }
            _ => (NO_ANSWER.into(), "unknown failure".into()),
        };
        Self {
            operation,
            code,
            message,
        }
    }
}

fn service_answer(error: &(impl ProvideErrorMetadata + Error)) -> (String, String) {
    (
        error.code().unwrap_or("UnknownError").to_owned(),
        error
            .message()
            .map_or_else(|| "AWS gave no message".to_owned(), str::to_owned),
    )
}

fn no_answer(error: &(dyn Error + 'static)) -> (String, String) {
    let causes = causes(error);
    let code = if causes.to_lowercase().contains("credential") {
        NO_CREDENTIALS
    } else {
        NO_ANSWER
    };
    (code.into(), causes)
}

/// The texts of an error and of all that caused it, without repetition.
fn causes(error: &(dyn Error + 'static)) -> String {
    let mut texts: Vec<String> = Vec::new();
    let mut next = Some(error);
    while let Some(error) = next {
        let text = error.to_string();
        if !texts.iter().any(|said| said.contains(&text)) {
            texts.push(text);
        }
        next = error.source();
    }
    texts.join(": ")
}

/// Whether an error only means that the run was stopped.
#[must_use]
pub fn is_stopped(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        let call: Option<&AwsError> = cause.downcast_ref();
        cause.is::<Stopped>() || call.is_some_and(AwsError::is_interruption)
    })
}

/// Turns an SDK result into one with an [`AwsError`].
pub(crate) trait Call<T> {
    /// Names the operation of a failed call.
    fn call(self, operation: &'static str) -> Result<T, AwsError>;
    /// The same, with "does not exist" as `None`.
    fn found(self, operation: &'static str) -> Result<Option<T>, AwsError>;
}

impl<T, E, R> Call<T> for Result<T, SdkError<E, R>>
where
    E: ProvideErrorMetadata + Error + 'static,
    R: std::fmt::Debug,
{
    fn call(self, operation: &'static str) -> Result<T, AwsError> {
        self.map_err(|error| AwsError::from_sdk(operation, error))
    }

    fn found(self, operation: &'static str) -> Result<Option<T>, AwsError> {
        absent(self.call(operation))
    }
}

/// Turns "does not exist" into `None`.
pub(crate) fn absent<T>(result: Result<T, AwsError>) -> Result<Option<T>, AwsError> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.is_not_found() => Ok(None),
        Err(error) => Err(error),
    }
}

/// Turns "does not exist" into success: there is nothing left to delete.
pub(crate) fn gone<T>(result: Result<T, AwsError>) -> Result<(), AwsError> {
    absent(result).map(|_| ())
}
