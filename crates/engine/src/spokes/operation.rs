//! StackSet operations: how they run, and how they ended in each account and region.

use super::again;
use super::hint::hint;
use super::operations::{OWN, is_ended};
use super::pace::{Pace, Tally};
use super::{Location, Place};
use crate::aws::consistency::{Poll, poll_until, retry_at_most, retry_until_consistent};
use crate::aws::error::{AwsError, Call};
use crate::findings::{FindingId, steps};
use crate::id;
use crate::words::one_line;
use crate::work::Work;
use anyhow::Result;
use aws_sdk_cloudformation::types as sdk;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::pin::pin;
use std::time::{Duration, Instant};

/// How long the list of results may lag behind.
const LAG: Duration = Duration::from_secs(60);

/// The result of an operation in one account and region in which it did not succeed.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Failure {
    /// Number of the account.
    pub account: String,
    /// The account's name, where it is known.
    pub name: Option<String>,
    /// The region.
    pub region: String,
    /// AWS's status, `FAILED`.
    pub status: String,
    /// AWS's reason.
    pub reason: String,
    /// What to do about it, where that is known.
    pub hint: Option<String>,
    /// Whether the same run again can help, without anything being changed first.
    pub retry: bool,
}

/// The result of an operation.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Ended {
    /// Its id.
    pub operation_id: String,
    /// What it does, `CREATE`.
    pub action: String,
    /// How it ended, `SUCCEEDED`.
    pub status: String,
    /// How it ended in our words, `finished, 17 of 68 failed`: AWS calls it succeeded when what failed is tolerated.
    pub result: String,
    /// AWS's reason, where it gave one.
    pub status_reason: Option<String>,
    /// How many accounts and regions ended in each status.
    pub counts: BTreeMap<String, usize>,
    /// Those that did not succeed.
    pub failures: Vec<Failure>,
    /// The number of the kind of failure, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schemars(with = "Option<String>"))]
    pub id: Option<FindingId>,
    /// The regions that it went through.
    #[serde(skip)]
    pub(crate) regions: BTreeSet<String>,
    /// Whether only what was left out failed.
    #[serde(skip)]
    is_only_left_out: bool,
}

impl Ended {
    fn of(operation_id: &str, operation: &sdk::StackSetOperation, results: Results) -> Self {
        let text = |value: Option<&str>| value.unwrap_or_default().to_owned();
        let mut ended = Self {
            operation_id: operation_id.to_owned(),
            action: text(operation.action().map(|action| action.as_str())),
            status: text(operation.status().map(|status| status.as_str())),
            result: String::new(),
            status_reason: operation.status_reason().map(one_line),
            counts: results.tally.0,
            failures: results.failures,
            id: None,
            regions: results.regions,
            is_only_left_out: false,
        };
        ended.result = ended.in_words();
        ended.set_id();
        ended
    }

    /// Whether every account and region that could be reached is up to date. An operation that AWS calls `SUCCEEDED`
    /// may hide failures inside its tolerance (CloudFormation User Guide, "Troubleshooting StackSets").
    pub fn is_success(&self) -> bool {
        self.failures.is_empty() && (self.status == SUCCEEDED || self.is_only_left_out)
    }

    /// Takes out expected failures, and counts them apart: where the region is turned off in the
    /// account nothing can be deployed, and where there never was a stack none has to be deleted.
    pub(crate) fn leave_out(&mut self, locations: &BTreeSet<Location>, word: &str) {
        let before = self.failures.len();
        self.failures
            .retain(|it| !locations.contains(&Location::of(&it.account, &it.region)));
        let left_out = before - self.failures.len();
        if left_out == 0 {
            return;
        }
        if let Some(failed) = self.counts.get_mut("FAILED") {
            *failed = failed.saturating_sub(left_out);
        }
        self.counts.retain(|_, count| *count > 0);
        self.counts.insert(word.to_owned(), left_out);
        self.is_only_left_out = self.failures.is_empty() && self.status == "FAILED";
        self.result = self.in_words();
        self.set_id();
    }

    fn set_id(&mut self) {
        self.id = (!self.is_success()).then_some(steps::INSTANCES_FAILED);
    }

    /// Whether the same run again can help with all that failed, without anything being changed first. What ended as a
    /// whole, as one that somebody stopped, can be tried again.
    #[must_use]
    pub fn passes(&self) -> bool {
        self.failures.iter().all(|it| it.retry)
    }

    /// Why operations did not succeed everywhere, as one error; nothing where they did.
    pub(crate) fn failure(operations: &[Self]) -> Option<crate::Failure> {
        let failed = || operations.iter().filter(|it| !it.is_success());
        failed().next()?;
        let texts: Vec<String> = failed()
            .map(|it| {
                format!(
                    "StackSet operation {} ({}): {}",
                    it.operation_id, it.action, it.result
                )
            })
            .collect();
        let retry = failed().all(Self::passes);
        Some(crate::Failure::said(
            steps::INSTANCES_FAILED,
            texts.join("; "),
            retry,
        ))
    }

    fn in_words(&self) -> String {
        let failed = self.failures.len();
        if failed == 0 {
            return match self.is_only_left_out {
                true => "succeeded".into(),
                false => self.status.to_lowercase(),
            };
        }
        let all = failed + self.counts.get(SUCCEEDED).copied().unwrap_or_default();
        match self.status.as_str() {
            SUCCEEDED => format!("finished, {failed} of {all} failed"),
            // Most of these were cancelled.
            other => format!("{}, {failed} of {all} not done", other.to_lowercase()),
        }
    }
}

/// Starts an operation under an id of our own, and returns its id. Waits while another one is under way, as long as
/// `patience` allows; not at all without it.
///
/// Where AWS's answer got lost, the SDK's repetition is refused because of that id: the operation has begun, and it is
/// ours (CloudFormation API Reference, CreateStackInstances). A new attempt after a refusal has a new id.
pub(super) async fn start(
    patience: Option<Duration>,
    work: &Work,
    mut send: impl AsyncFnMut(&str) -> Result<Option<String>, AwsError>,
) -> Result<String> {
    let (run, mut attempt) = (id::random()?, 0);
    let mut send = async || {
        attempt += 1;
        let own = format!("{OWN}{run}-{attempt}");
        match send(&own).await {
            Ok(given) => Ok(given.unwrap_or(own)),
            Err(error) if error.code == "OperationIdAlreadyExistsException" => Ok(own),
            Err(error) => Err(error),
        }
    };
    Ok(match patience {
        None => send().await?,
        Some(most) => retry_at_most(most, work, send).await?,
    })
}

/// Follows an operation to its end, and gathers where it did not succeed.
pub(crate) async fn follow(
    place: &Place<'_>,
    stack_set: &str,
    operation_id: &str,
    patience: Duration,
    work: &Work,
) -> Result<Ended> {
    let awaited = format!("StackSet operation {operation_id}");
    let mut pace = Pace::begin();
    let operation = poll_until(&work.unseen(), &awaited, patience, async || {
        let operation = describe(place, stack_set, operation_id, work).await?;
        if operation.status().is_some_and(is_ended) {
            return Ok(Poll::Ready(operation));
        }
        if pace.is_due() {
            let so_far = results(place, stack_set, operation_id, false, work).await?;
            pace.counted(so_far.tally);
        }
        pace.show(work);
        Ok(Poll::Pending)
    })
    .await?;
    let results = all_results(place, stack_set, &operation, operation_id, work).await?;
    Ok(Ended::of(operation_id, &operation, results))
}

async fn describe(
    place: &Place<'_>,
    stack_set: &str,
    operation_id: &str,
    work: &Work,
) -> Result<sdk::StackSetOperation, AwsError> {
    const OPERATION: &str = "cloudformation:DescribeStackSetOperation";
    let answer = retry_until_consistent(work, async || {
        let call = place.aws.cloudformation.describe_stack_set_operation();
        let call = call.stack_set_name(stack_set).operation_id(operation_id);
        let answer = call.call_as(place.call_as.clone()).send().await;
        answer.call(OPERATION)
    })
    .await?;
    answer
        .stack_set_operation
        .ok_or_else(|| AwsError::incomplete(OPERATION, "StackSetOperation"))
}

/// The results of an operation that has ended. Their list is eventually consistent, and what describes the operation
/// is not (CloudFormation API Reference, ListStackSetOperationResults): it is read again, for a while, until both agree.
async fn all_results(
    place: &Place<'_>,
    stack_set: &str,
    operation: &sdk::StackSetOperation,
    operation_id: &str,
    work: &Work,
) -> Result<Results> {
    let details = operation.status_details();
    let failed = details.and_then(|details| details.failed_stack_instances_count());
    let since = Instant::now();
    poll_until(work, "AWS to list every result", 2 * LAG, async || {
        let results = results(place, stack_set, operation_id, true, work).await?;
        Ok(
            if results.tally.is_final(failed) || since.elapsed() >= LAG {
                Poll::Ready(results)
            } else {
                Poll::Pending
            },
        )
    })
    .await
}

/// What is kept of an operation's results, of which there may be 100,000.
#[derive(Default)]
struct Results {
    /// How many accounts and regions are in each status.
    tally: Tally,
    /// Those that did not succeed, if asked for.
    failures: Vec<Failure>,
    regions: BTreeSet<String>,
}

/// The results so far. A run can be stopped between two of them.
async fn results(
    place: &Place<'_>,
    stack_set: &str,
    operation_id: &str,
    with_failures: bool,
    work: &Work,
) -> Result<Results, AwsError> {
    const OPERATION: &str = "cloudformation:ListStackSetOperationResults";
    let mut pages = place
        .aws
        .cloudformation
        .list_stack_set_operation_results()
        .stack_set_name(stack_set)
        .operation_id(operation_id)
        .call_as(place.call_as.clone())
        .into_paginator()
        .items()
        .send();
    let mut found = Results::default();
    let mut stopped = pin!(work.stop().requested());
    loop {
        // A large operation has hundreds of pages of results.
        let summary = tokio::select! {
            biased;
            () = &mut stopped => return Err(AwsError::interrupted(OPERATION, "its results")),
            summary = pages.next() => summary,
        };
        let Some(summary) = summary else { break };
        let summary = summary.call(OPERATION)?;
        let status = status(&summary);
        found.tally.add(status);
        if let Some(region) = summary.region().filter(|it| !found.regions.contains(*it)) {
            found.regions.insert(region.to_owned());
        }
        if with_failures && !matches!(status, SUCCEEDED | SUSPENDED) {
            found.failures.push(failure(&summary, status));
        }
    }
    found
        .failures
        .sort_by(|a, b| (&a.account, &a.region).cmp(&(&b.account, &b.region)));
    Ok(found)
}

const SUCCEEDED: &str = "SUCCEEDED";
const SUSPENDED: &str = "SKIPPED_SUSPENDED_ACCOUNT";

/// A suspended account is cancelled or failed with a reason that says so; that is not a failure.
fn status(summary: &sdk::StackSetOperationResultSummary) -> &str {
    let status = summary.status().map_or("", |status| status.as_str());
    let reason = summary.status_reason().unwrap_or_default();
    if status != SUCCEEDED && reason.to_lowercase().contains("suspended") {
        return SUSPENDED;
    }
    status
}

fn failure(summary: &sdk::StackSetOperationResultSummary, status: &str) -> Failure {
    let text = |value: Option<&str>| one_line(value.unwrap_or_default());
    let (reason, region) = (text(summary.status_reason()), text(summary.region()));
    Failure {
        account: text(summary.account()),
        name: None,
        status: status.to_owned(),
        hint: hint(&reason, &region).map(str::to_owned),
        // One that was never begun did not fail.
        retry: matches!(status, "PENDING" | "RUNNING") || again::can_pass(&reason),
        region,
        reason,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_operation_with_failures_is_never_called_succeeded() {
        let words = |status: sdk::StackSetOperationStatus, failed: usize, succeeded: usize| {
            let operation = sdk::StackSetOperation::builder().status(status).build();
            let mut results = Results::default();
            for (status, count) in [
                ("FAILED", failed),
                (SUCCEEDED, succeeded),
                // Nobody can act there, and nobody expected a stack.
                (SUSPENDED, 17),
            ] {
                (0..count).for_each(|_| results.tally.add(status));
            }
            let summary = sdk::StackSetOperationResultSummary::builder().build();
            results.failures = vec![failure(&summary, "FAILED"); failed];
            let mut ended = Ended::of("id", &operation, results);
            let at_first = ended.result.clone();
            ended.leave_out(&BTreeSet::from([Location::of("", "")]), "REGION_IS_OFF");
            (at_first, ended.result)
        };
        use sdk::StackSetOperationStatus::{Failed, Stopped, Succeeded};
        for (status, failed, succeeded, at_first, in_the_end) in [
            (Succeeded, 0, 68, "succeeded", "succeeded"),
            (Succeeded, 17, 51, "finished, 17 of 68 failed", "succeeded"),
            (Failed, 2, 0, "failed, 2 of 2 not done", "succeeded"),
            (Failed, 0, 0, "failed", "failed"),
            (Stopped, 2, 3, "stopped, 2 of 5 not done", "stopped"),
        ] {
            let words = words(status, failed, succeeded);
            assert_eq!((&*words.0, &*words.1), (at_first, in_the_end));
        }
    }
}
