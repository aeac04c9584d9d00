//! AWS is eventually consistent: a role that exists cannot be assumed yet, a deleted queue's name is still taken.
//!
//! Each case that rootwatch waits out stands in [`cases`], by the exact answer that AWS gives.

mod cases;

use super::error::AwsError;
use crate::stop::Stopped;
use crate::work::Work;
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

/// Retries a call while AWS answers with one of the known consistency errors, each up to its own limit.
pub(crate) async fn retry_until_consistent<T>(
    work: &Work,
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
        work.waiting(case.awaited, since.elapsed());
        if pause.rest(work).await.is_err() {
            return Err(AwsError::interrupted(error.operation, case.awaited));
        }
    }
}

/// The case to wait for, unless its time limit is over.
fn awaited(error: &AwsError, waited: Duration) -> Option<&'static Case> {
    case_of(error).filter(|case| waited < case.patience)
}

/// The state of something that takes time.
pub(crate) enum Poll<T> {
    /// It has the desired state.
    Ready(T),
    /// Not yet.
    Pending,
    /// Not yet, because of this.
    PendingOn(String),
    /// It never will, for this reason.
    Failed(String),
}

/// Polls until ready, failed, or out of time.
pub(crate) async fn poll_until<T>(
    work: &Work,
    awaited: &str,
    patience: Duration,
    mut poll: impl AsyncFnMut() -> Result<Poll<T>>,
) -> Result<T> {
    let since = Instant::now();
    let mut pause = Pause::new();
    loop {
        match poll().await? {
            Poll::Ready(value) => return Ok(value),
            Poll::Failed(reason) => bail!("waited for {awaited}, but it failed: {reason}"),
            Poll::Pending => still_waiting(work, awaited, since.elapsed(), patience)?,
            Poll::PendingOn(what) => {
                let awaited = format!("{awaited}: {what}");
                still_waiting(work, &awaited, since.elapsed(), patience)?;
            }
        }
        pause.rest(work).await?;
    }
}

fn still_waiting(work: &Work, awaited: &str, waited: Duration, patience: Duration) -> Result<()> {
    if waited >= patience {
        bail!("after {}s still waiting for {awaited}", patience.as_secs());
    }
    work.waiting(awaited, waited);
    Ok(())
}

/// A growing, jittered pause between two polls.
struct Pause {
    base: Duration,
}

impl Pause {
    const FIRST: Duration = Duration::from_millis(100);
    const LONGEST: Duration = Duration::from_secs(5);

    fn new() -> Self {
        Self { base: Self::FIRST }
    }

    /// Ends early, with an error, when the run is stopped.
    async fn rest(&mut self, work: &Work) -> Result<(), Stopped> {
        // The clock's nanoseconds are jitter enough to keep parallel waits from falling into step.
        let jitter = std::time::SystemTime::now()
            .duration_since(std::time::UNIX_EPOCH)
            .map_or(0, |now| now.subsec_nanos() % 50);
        let pause = self.base + self.base * jitter / 100;
        self.base = (self.base * 3 / 2).min(Self::LONGEST);
        tokio::select! {
            () = sleep(pause) => Ok(()),
            () = work.stop().requested() => Err(Stopped),
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
            request_id: None,
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
        let answer = retry_until_consistent(&Work::silent(), async || {
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
        let answer: Result<()> = poll_until(
            &Work::silent(),
            "the function",
            Duration::from_secs(9),
            async || Ok(Poll::Failed("EniLimitExceeded".into())),
        )
        .await;
        assert!(answer.is_err_and(|error| error.to_string().contains("EniLimitExceeded")));
    }

    #[tokio::test]
    async fn a_wait_that_never_ends_is_an_error() {
        let answer: Result<()> = poll_until(&Work::silent(), "rain", Duration::ZERO, async || {
            Ok(Poll::Pending)
        })
        .await;
        assert!(answer.is_err_and(|error| error.to_string().contains("rain")));
    }
}
