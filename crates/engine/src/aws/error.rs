//! One rendering for every error of AWS and of the connection to it.
//!
//! `SdkError`'s own text is only "service error", so nothing outside this file looks at one.

use super::answer;
use crate::stop::Stopped;
use crate::words::one_line;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::{ConnectorError, SdkError};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use std::error::Error;

/// Code of an [`AwsError`] for a request that never got an answer.
pub(crate) const NO_ANSWER: &str = "NoAnswer";
/// Code of an [`AwsError`] for a request that could not be signed.
pub(crate) const NO_CREDENTIALS: &str = "NoCredentials";
/// Code of an [`AwsError`] for an answer that somebody else gave, such as a proxy.
pub(crate) const NOT_AWS: &str = "NotAws";
/// Code of an [`AwsError`] for credentials of another account than requested.
pub(super) const OTHER_ACCOUNT: &str = "OtherAccount";
/// Code of an [`AwsError`] for an answer that cannot be what the service writes.
const UNREADABLE: &str = "UnreadableAnswer";
/// Code of an [`AwsError`] for a call that was not retried because the run was stopped.
const INTERRUPTED: &str = "Interrupted";

/// The error of one call.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{operation}: {code}: {message}{}", in_words(.request_id.as_deref()))]
pub(crate) struct AwsError {
    /// As an IAM action, `sns:CreateTopic`.
    pub(crate) operation: &'static str,
    /// AWS's code, or [`NO_ANSWER`], [`NO_CREDENTIALS`] or [`NOT_AWS`].
    pub(crate) code: String,
    /// AWS's message.
    pub(crate) message: String,
    /// What AWS's support asks for; none where AWS did not answer.
    pub(crate) request_id: Option<String>,
    /// The answer's HTTP status; none where nobody answered.
    pub(crate) http_status: Option<u16>,
}

fn in_words(request_id: Option<&str>) -> String {
    request_id.map_or_else(String::new, |id| format!(" (request id {id})"))
}

impl AwsError {
    /// A response without a member that every response of this operation has.
    pub(crate) fn incomplete(operation: &'static str, field: &str) -> Self {
        Self {
            operation,
            code: "IncompleteAnswer".into(),
            message: format!("the answer has no {field}"),
            request_id: None,
            http_status: None,
        }
    }

    /// A list whose pages come back to themselves.
    pub(super) fn endless(operation: &'static str) -> Self {
        Self {
            operation,
            code: UNREADABLE.into(),
            message: "the list has no end: a page names itself as the next one".into(),
            request_id: None,
            http_status: None,
        }
    }

    /// The error of one entry of a call that succeeded as a whole.
    pub(crate) fn of_entry(operation: &'static str, code: Option<&str>, message: &str) -> Self {
        Self {
            operation,
            code: code.unwrap_or("UnknownError").to_owned(),
            message: one_line(message),
            request_id: None,
            http_status: None,
        }
    }

    /// Whether AWS says that the resource does not exist.
    pub(crate) fn is_not_found(&self) -> bool {
        const CODES: [&str; 9] = [
            "AWS.SimpleQueueService.NonExistentQueue",
            "NoSuchEntity",
            "NotFound",
            "NotFoundException",
            "PolicyNotFoundException",
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
            request_id: None,
            http_status: None,
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
            | "DuplicatePolicyAttachmentException"
            | "DuplicatePolicyException"
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

    fn from_sdk<E>(operation: &'static str, error: &SdkError<E, HttpResponse>) -> Self
    where
        E: ProvideErrorMetadata + Error + 'static,
    {
        let (code, message) = match error {
            SdkError::ServiceError(failed) => service_answer(failed.err(), failed.raw()),
            SdkError::ResponseError(failed) => unreadable(error, failed.raw()),
            SdkError::TimeoutError(_) => (NO_ANSWER.into(), "no answer in time".into()),
            SdkError::DispatchFailure(failure) => failure
                .as_connector_error()
                .map_or_else(|| (NO_ANSWER.into(), "not sent".into()), no_answer),
            SdkError::ConstructionFailure(_) => {
                (NO_ANSWER.into(), format!("not sent: {}", causes(error)))
            }
            _ => (NO_ANSWER.into(), "unknown failure".into()),
        };
        Self {
            operation,
            code: one_line(&code),
            // AWS repeats what somebody sent.
            message: one_line(&message),
            request_id: error.raw_response().and_then(request_id),
            http_status: error.raw_response().map(|it| it.status().as_u16()),
        }
    }
}

/// The id of a request, without what no id has.
pub(super) fn request_id(answer: &HttpResponse) -> Option<String> {
    const LONGEST: usize = 128;
    let is_of_id = |letter: &char| letter.is_ascii_graphic();
    let headers = answer.headers();
    let id = headers
        .get("x-amzn-requestid")
        .or_else(|| headers.get("x-amz-request-id"));
    id.map(|id| id.chars().filter(is_of_id).take(LONGEST).collect())
}

/// An answer that the SDK cannot read.
fn unreadable(error: &(dyn Error + 'static), answer: &HttpResponse) -> (String, String) {
    let (begins, why) = (answer::description(answer), causes(error));
    let message = format!("the answer is not what the service writes: {begins}: {why}");
    (UNREADABLE.into(), message)
}

fn service_answer(
    error: &(impl ProvideErrorMetadata + Error + 'static),
    answer: &HttpResponse,
) -> (String, String) {
    let without = |what: &str| format!("AWS gave no {what}: {}", answer::description(answer));
    let message = error.message().filter(|message| !message.is_empty());
    match (error.code(), message) {
        (Some(code), Some(message)) => (code.to_owned(), message.to_owned()),
        (Some(code), None) => (code.to_owned(), without("message")),
        (None, Some(message)) => ("UnknownError".into(), message.to_owned()),
        (None, None) if answer.status().is_success() => unreadable(error, answer),
        (None, None) => ("UnknownError".into(), without("reason")),
    }
}

fn no_answer(error: &ConnectorError) -> (String, String) {
    let error = match error.source() {
        // Of its own it says "other".
        Some(source) if error.is_other() => source,
        _ => error,
    };
    let causes = causes(error);
    let code = if answer::is_not_aws(error) {
        NOT_AWS
    } else if causes.to_lowercase().contains("credential") {
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

impl<T, E> Call<T> for Result<T, SdkError<E, HttpResponse>>
where
    E: ProvideErrorMetadata + Error + 'static,
{
    fn call(self, operation: &'static str) -> Result<T, AwsError> {
        self.map_err(|error| AwsError::from_sdk(operation, &error))
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
