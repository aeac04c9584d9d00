//! AWS tells some truths late: a role that exists cannot be assumed yet, a deleted queue's name is still taken.
//!
//! Each case that rootwatch waits out stands in [`cases`], by the exact answer that AWS gives.

mod cases;

use super::error::AwsError;
use crate::interrupt::{self, Interrupted};
use crate::progress::Progress;
use anyhow::{Result, bail};
use cases::{CASES, Case};
use std::time::Duration;
use tokio::time::{Instant, sleep};

fn case_of(error: &AwsError) -> Option<&'static Case> {
    CASES.iter().find(|case| {
        error.operation.starts_with(case.operation)
            && error.code == case.code
            && error.message.contains(case.message)
    })
}

/// Repeats a call while AWS answers with one of the known late truths, each up to its own patience.
pub(crate) async fn patiently<T>(
    progress: &Progress,
    mut call: impl AsyncFnMut() -> Result<T, AwsError>,
) -> Result<T, AwsError> {
    let since = Instant::now();
    let mut pause = Pause::new();
    loop {
        let error = match call().await {
            Err(error) => error,
            done => return done,
        };
        let Some(case) = awaited(&error, since.elapsed()) else {
            return Err(error);
        };
        progress.waiting(case.awaited, since.elapsed());
        if pause.rest().await.is_err() {
            return Err(AwsError::interrupted(error.operation, case.awaited));
        }
    }
}

/// The case to wait for, unless patience with it has ended.
fn awaited(error: &AwsError, waited: Duration) -> Option<&'static Case> {
    case_of(error).filter(|case| waited < case.patience)
}

/// What a look at something that takes its time can show.
pub(crate) enum Look<T> {
    /// It is as wanted.
    Ready(T),
    /// Not yet.
    Pending,
    /// Not yet, because of this.
    PendingOn(String),
    /// It will never be, for this reason.
    Failed(String),
}

/// Looks again and again until ready, failed, or out of patience.
pub(crate) async fn until<T>(
    progress: &Progress,
    awaited: &str,
    patience: Duration,
    mut look: impl AsyncFnMut() -> Result<Look<T>>,
) -> Result<T> {
    let since = Instant::now();
    let mut pause = Pause::new();
    loop {
        match look().await? {
            Look::Ready(value) => return Ok(value),
            Look::Failed(reason) => bail!("waited for {awaited}, but it failed: {reason}"),
            Look::Pending => still_waiting(progress, awaited, since.elapsed(), patience)?,
            Look::PendingOn(what) => {
                let awaited = format!("{awaited}: {what}");
                still_waiting(progress, &awaited, since.elapsed(), patience)?;
            }
        }
        pause.rest().await?;
    }
}

fn still_waiting(
    progress: &Progress,
    awaited: &str,
    waited: Duration,
    patience: Duration,
) -> Result<()> {
    if waited >= patience {
        bail!("after {}s still waiting for {awaited}", patience.as_secs());
    }
    progress.waiting(awaited, waited);
    Ok(())
}

/// A growing, jittered pause between two looks.
struct Pause {
    base: Duration,
}

impl Pause {
    const FIRST: Duration = Duration::from_millis(100);
    const LONGEST: Duration = Duration::from_secs(5);

    fn new() -> Self {
        Self { base: Self::FIRST }
    }

    /// Ends early, with an error, when Ctrl-C is pressed.
    async fn rest(&mut self) -> Result<(), Interrupted> {
        // The clock's nanoseconds are jitter enough to keep parallel waits from falling into step.
        let jitter = std::time::SystemTime::now()
            .duration_since(std::time::UNIX_EPOCH)
            .map_or(0, |now| now.subsec_nanos() % 50);
        let pause = self.base + self.base * jitter / 100;
        self.base = (self.base * 3 / 2).min(Self::LONGEST);
        tokio::select! {
            () = sleep(pause) => Ok(()),
            () = interrupt::pressed() => Err(Interrupted::Waiting),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(operation: &'static str, code: &str, message: &str) -> AwsError {
        AwsError {
            operation,
            code: code.into(),
            message: message.into(),
        }
    }

    fn not_assumable() -> AwsError {
        error(
            "lambda:CreateFunction",
            "InvalidParameterValueException",
            "The role defined for the function cannot be assumed by Lambda.",
        )
    }

    #[tokio::test]
    async fn a_late_truth_is_waited_out() {
        let mut answers = vec![Ok(7), Err(not_assumable())];
        let answer = patiently(&Progress::silent(), async || {
            answers.pop().unwrap_or_else(|| Err(not_assumable()))
        })
        .await;
        assert_eq!(answer, Ok(7));
    }

    #[test]
    fn patience_ends() {
        let patience = Duration::from_secs(cases::IAM);
        assert!(awaited(&not_assumable(), patience - Duration::from_secs(1)).is_some());
        assert!(awaited(&not_assumable(), patience).is_none());
    }

    #[test]
    fn every_case_is_known_by_its_operation_code_and_message() {
        for (operation, code, message) in [
            (
                "lambda:PutFunctionEventInvokeConfig",
                "InvalidParameterValueException",
                "The function's execution role does not have permissions to call SendMessage on arn:aws:sqs:x",
            ),
            (
                "lambda:CreateEventSourceMapping",
                "InvalidParameterValueException",
                "The provided execution role does not have permissions to call ReceiveMessage on SQS",
            ),
            (
                "lambda:AddPermission",
                "ResourceConflictException",
                "The operation cannot be performed at this time. An update is in progress for resource",
            ),
            (
                "lambda:PutFunctionEventInvokeConfig",
                "ResourceConflictException",
                "The function is currently in the following state: Pending",
            ),
            (
                "events:DeleteEventBus",
                "ValidationException",
                "EventBus can't be deleted since it has rules.",
            ),
            (
                "iam:DeleteRole",
                "DeleteConflict",
                "Cannot delete entity, must remove roles from instance profile first.",
            ),
            (
                "iam:DeleteRole",
                "DeleteConflict",
                "Cannot delete entity, must detach all policies first.",
            ),
            (
                "sqs:CreateQueue",
                "AWS.SimpleQueueService.QueueDeletedRecently",
                "You must wait 60 seconds after deleting a queue",
            ),
        ] {
            assert!(
                case_of(&error(operation, code, message)).is_some(),
                "{operation} {code}"
            );
        }
        for (operation, code, message) in [
            (
                "lambda:CreateFunction",
                "InvalidParameterValueException",
                "Unzipped size must be smaller",
            ),
            (
                "iam:CreateRole",
                "InvalidParameterValueException",
                "cannot be assumed by Lambda",
            ),
            (
                "lambda:AddPermission",
                "ResourceConflictException",
                "The statement id provided already exists",
            ),
        ] {
            assert!(
                case_of(&error(operation, code, message)).is_none(),
                "{operation} {code}"
            );
        }
    }

    #[tokio::test]
    async fn a_failed_state_ends_the_wait_with_its_reason() {
        let answer: Result<()> = until(
            &Progress::silent(),
            "the function",
            Duration::from_secs(9),
            async || Ok(Look::Failed("EniLimitExceeded".into())),
        )
        .await;
        assert!(answer.is_err_and(|error| error.to_string().contains("EniLimitExceeded")));
    }

    #[tokio::test]
    async fn a_wait_that_never_ends_is_an_error() {
        let answer: Result<()> = until(&Progress::silent(), "rain", Duration::ZERO, async || {
            Ok(Look::Pending)
        })
        .await;
        assert!(answer.is_err_and(|error| error.to_string().contains("rain")));
    }
}
