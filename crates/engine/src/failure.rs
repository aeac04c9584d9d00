//! An error as data, for programs: what failed, what AWS answered, and whether the same run again can help. Pure.

use crate::apply::{Outcome, Unfinished};
use crate::aws::error::{AwsError, is_stopped};
use crate::aws::hint;
use crate::end::NotConfirmed;
use crate::findings::FindingId;
use crate::stop::Stopped;
use anyhow::Error;
use serde::Serialize;

/// An error that ended a run, or a step of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Failure {
    /// The number of its kind, where it is a step that failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schemars(with = "Option<String>"))]
    pub id: Option<FindingId>,
    /// What was tried and why it failed, as people read it.
    pub text: String,
    /// The call that failed, as an IAM action, `sqs:CreateQueue`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operation: Option<&'static str>,
    /// AWS's code; `NoAnswer`, `NoCredentials` or `NotAws` where AWS did not answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// AWS's message.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// What AWS's support asks for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// The answer's HTTP status.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub http_status: Option<u16>,
    /// Whether the same run again can help, without anything being changed first.
    pub retry: bool,
    /// What to do, where that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// Each error by itself, what was tried first, the cause last.
    pub causes: Vec<String>,
}

impl Failure {
    /// An error as data.
    #[must_use]
    pub fn of(error: &Error) -> Self {
        let answer: Option<&AwsError> = error.chain().find_map(|cause| cause.downcast_ref());
        let answer = answer.filter(|it| !it.is_interruption());
        Self {
            id: None,
            text: format!("{error:#}"),
            operation: answer.map(|it| it.operation),
            code: answer.map(|it| it.code.clone()),
            message: answer.map(|it| it.message.clone()),
            request_id: answer.and_then(|it| it.request_id.clone()),
            http_status: answer.and_then(|it| it.http_status),
            retry: passes(error),
            hint: hint::of(error).map(str::to_owned),
            causes: error.chain().map(ToString::to_string).collect(),
        }
    }

    /// What did not succeed although AWS accepted each call.
    pub(crate) fn said(id: FindingId, text: String, retry: bool) -> Self {
        Self {
            id: Some(id),
            operation: None,
            code: None,
            message: None,
            request_id: None,
            http_status: None,
            retry,
            hint: None,
            causes: vec![text.clone()],
            text,
        }
    }

    /// The same of a step.
    #[must_use]
    pub fn of_step(id: FindingId, error: &Error) -> Self {
        Self {
            id: Some(id),
            ..Self::of(error)
        }
    }
}

/// A step that failed, and of what.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct FailedStep {
    /// Kind and name of the resource.
    pub resource: String,
    /// Why it failed.
    #[serde(flatten)]
    pub failure: Failure,
}

impl Outcome {
    /// The steps that failed.
    pub(crate) fn failed(&self) -> Vec<FailedStep> {
        let Some(Unfinished::Failed(failed)) = &self.unfinished else {
            return Vec::new();
        };
        let step = |(resource, error): &(String, Error)| FailedStep {
            resource: resource.clone(),
            failure: Failure::of_step(self.kind, error),
        };
        failed.iter().map(step).collect()
    }

    /// Why it ended early: the first failure, or that it was stopped.
    pub(crate) fn error(&self) -> Option<Failure> {
        match self.unfinished.as_ref()? {
            Unfinished::Failed(failed) => {
                let (_, error) = failed.first()?;
                Some(Failure::of_step(self.kind, error))
            }
            Unfinished::Interrupted => Some(Failure::of(&Stopped.into())),
        }
    }
}

/// Versioned form of the JSON that a command prints which ended before it had a report of its own.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(
    test,
    derive(schemars::JsonSchema),
    schemars(title = "rootwatch: an error, version 1")
)]
pub struct ErrorReport {
    /// `rootwatch.error/1`.
    pub schema: &'static str,
    /// The command, `deploy spokes`.
    pub command: String,
    /// Why it ended.
    pub error: Failure,
}

impl ErrorReport {
    /// The report of a command that ended with an error.
    #[must_use]
    pub fn of(command: String, error: &Error) -> Self {
        Self {
            schema: "rootwatch.error/1",
            command,
            error: Failure::of(error),
        }
    }
}

/// Whether the same run again can help, by the first answer of AWS in an error, or by its being stopped.
#[must_use]
pub fn passes(error: &Error) -> bool {
    if error.is::<NotConfirmed>() {
        return false;
    }
    let mut answers = error.chain().filter_map(|cause| cause.downcast_ref());
    match answers.next() {
        Some(answer) => AwsError::passes(answer),
        None => is_stopped(error) || error.chain().any(|it| it.is::<Late>()),
    }
}

/// What to expect of the same run again, for people.
#[must_use]
pub fn again(passes: bool) -> &'static str {
    match passes {
        true => "running it again can help",
        false => "fix that first, then run the same command again to continue",
    }
}

/// Something that AWS did not show or end in time: the next run continues from there.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Late(pub(crate) String);

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(code: &str) -> Error {
        let mut answer = AwsError::of_entry("sqs:CreateQueue", Some(code), "no");
        answer.request_id = Some("42".into());
        answer.http_status = Some(403);
        Error::from(answer).context("creating queue q")
    }

    #[test]
    fn an_answer_of_aws_is_taken_apart() {
        let failure = Failure::of(&answer("AccessDenied"));
        assert_eq!(failure.operation, Some("sqs:CreateQueue"));
        assert_eq!(failure.code.as_deref(), Some("AccessDenied"));
        assert_eq!(failure.message.as_deref(), Some("no"));
        assert_eq!(failure.request_id.as_deref(), Some("42"));
        assert_eq!((failure.http_status, failure.retry), (Some(403), false));
        assert!(
            failure
                .hint
                .is_some_and(|it| it.contains("lacks this permission"))
        );
        assert_eq!(failure.causes.len(), 2, "{:?}", failure.causes);
        assert!(
            failure
                .text
                .starts_with("creating queue q: sqs:CreateQueue: ")
        );
        assert!(Failure::of(&answer("Throttling")).retry);
    }

    #[test]
    fn what_is_no_answer_has_a_text_and_no_code() {
        let failure = Failure::of(&anyhow::anyhow!("the settings are wrong"));
        assert_eq!((failure.code, failure.operation), (None, None));
        assert_eq!(failure.causes, ["the settings are wrong"]);
        assert!(!failure.retry);
        let stopped = Error::from(Stopped).context("waiting");
        assert!(Failure::of(&stopped).retry);
        assert!(!Failure::of(&NotConfirmed::unasked("x").into()).retry);
        assert_eq!(
            again(passes(&answer("Throttling"))),
            "running it again can help"
        );
    }

    #[test]
    fn the_schema_in_templates_is_of_what_is_printed() {
        crate::schema::holds::<ErrorReport>(&["error/1"]);
    }
}
