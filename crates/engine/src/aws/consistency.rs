//! AWS is eventually consistent: a role that exists cannot be assumed yet, a deleted queue's name is still taken.
//!
//! Each case that rootwatch waits out stands in [`cases`], by the exact answer that AWS gives.

pub(crate) mod cases;

use super::error::AwsError;
use crate::failure::Late;
use crate::stop::Stopped;
use crate::work::Work;
use anyhow::{Result, bail};
use cases::{CASES, Case};
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// Whether an error passes with time.
pub(crate) fn passes(error: &AwsError) -> bool {
    case_of(error).is_some()
}

pub(super) fn case_of(error: &AwsError) -> Option<&'static Case> {
    CASES.iter().find(|case| {
        case.is_of(error.operation)
            && error.code == case.code
            && error.message.contains(case.message)
    })
}

/// Retries a call while AWS answers with one of the known consistency errors, each up to its own limit.
pub(crate) async fn retry_until_consistent<T>(
    work: &Work,
    call: impl AsyncFnMut() -> Result<T, AwsError>,
) -> Result<T, AwsError> {
    retry_at_most(Duration::MAX, work, call).await
}

/// The same, waiting for no case longer than this.
pub(crate) async fn retry_at_most<T>(
    most: Duration,
    work: &Work,
    mut call: impl AsyncFnMut() -> Result<T, AwsError>,
) -> Result<T, AwsError> {
    let mut waits = Waits::default();
    let mut pause = Pause::new();
    loop {
        let error = match call().await {
            Err(error) => error,
            done => return done,
        };
        let next = waits.next(&error, Instant::now());
        let Some((case, waited)) = next.filter(|(_, waited)| *waited < most) else {
            return Err(error);
        };
        if waited.is_zero() {
            pause = Pause::new();
        }
        work.waiting(case.awaited, waited);
        if pause.rest(work).await.is_err() {
            return Err(AwsError::interrupted(error.operation, case.awaited));
        }
    }
}

/// The same for a read, of which nobody needs to know that it is repeated.
pub(crate) async fn read_until_consistent<T>(
    read: impl AsyncFnMut() -> Result<T, AwsError>,
) -> Result<T, AwsError> {
    retry_until_consistent(&Work::silent(), read).await
}

/// Since when one call has met each case: a new role that Lambda sees late takes nothing from the time that its
/// policy has.
#[derive(Default)]
struct Waits(Vec<(&'static Case, Instant)>);

impl Waits {
    /// The case to wait for, and how long it has been met; `None` for any other error, and when the case's limit is
    /// over.
    fn next(&mut self, error: &AwsError, now: Instant) -> Option<(&'static Case, Duration)> {
        let case = case_of(error)?;
        let met = self.0.iter().find(|(known, _)| std::ptr::eq(*known, case));
        let since = met.map_or(now, |(_, since)| *since);
        if since == now {
            self.0.push((case, now));
        }
        let waited = now - since;
        (waited < case.patience).then_some((case, waited))
    }
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
        let text = format!("after {}s still waiting for {awaited}", patience.as_secs());
        return Err(Late(text).into());
    }
    work.waiting(awaited, waited);
    Ok(())
}

/// Rests this long. Ends early, with an error, when the run is stopped.
pub(crate) async fn rest(work: &Work, pause: Duration) -> Result<(), Stopped> {
    tokio::select! {
        () = sleep(pause) => Ok(()),
        () = work.stop().requested() => Err(Stopped),
    }
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
        rest(work, pause).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Seconds that a new role has.
    const IAM: u64 = 300;

    fn error(operation: &'static str, code: &str, message: &str) -> AwsError {
        AwsError {
            operation,
            code: code.into(),
            message: message.into(),
            request_id: None,
            http_status: None,
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
    fn each_case_has_its_own_patience() {
        let (mut waits, start) = (Waits::default(), Instant::now());
        let mut waited = |error: &AwsError, seconds: u64| {
            let now = start + Duration::from_secs(seconds);
            let next = waits.next(error, now);
            next.map(|(_, waited)| waited.as_secs())
        };
        let other = error(
            "lambda:CreateFunction",
            "InvalidParameterValueException",
            "Lambda was unable to configure access to your environment variables because the KMS key is invalid for CreateGrant. KMS Message: ARN does not refer to a valid principal: arn:x",
        );
        assert_eq!(waited(&not_assumable(), 0), Some(0));
        assert_eq!(waited(&not_assumable(), IAM - 1), Some(IAM - 1));
        assert_eq!(waited(&other, IAM - 1), Some(0));
        assert_eq!(waited(&not_assumable(), IAM), None);
        assert_eq!(waited(&other, 2 * IAM - 2), Some(IAM - 1));
        assert_eq!(waited(&other, 2 * IAM - 1), None);
    }

    #[test]
    fn an_error_of_the_same_code_that_does_not_pass_is_none() {
        for (operation, code, message) in [
            (
                "lambda:CreateFunction",
                "InvalidParameterValueException",
                "Unzipped size must be smaller",
            ),
            (
                "lambda:CreateFunction",
                "InvalidParameterValueException",
                "Lambda was unable to configure access to your environment variables because the KMS key is invalid for CreateGrant. Please check your KMS key settings. KMS Exception: UnsupportedOperationException KMS Message: Key Aliases are not supported for this operation.",
            ),
            (
                "iam:CreateRole",
                "InvalidParameterValueException",
                "cannot be assumed by Lambda",
            ),
            (
                "lambda:RemovePermission",
                "ResourceConflictException",
                "The statement id provided already exists",
            ),
            (
                "iam:PutRolePermissionsBoundary",
                "NoSuchEntity",
                "Scope ARN: arn:aws:iam::1:policy/team/role-boundary does not exist or is not attachable.",
            ),
            (
                "lambda:RemovePermission",
                "ResourceConflictException",
                "The operation cannot be performed at this time. The function is currently in the following state: Failed",
            ),
            (
                "cloudformation:UpdateStack",
                "ValidationError",
                "Stack:x is in ROLLBACK_COMPLETE state and can not be updated.",
            ),
        ] {
            let error = error(operation, code, message);
            assert!(case_of(&error).is_none(), "{error}");
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
