//! StackSet operations: how they run, and how they ended in each account and region.

use super::again;
use super::hint::hint;
use super::pace::{Pace, Tally};
use super::{Location, Place};
use crate::aws::consistency::{Poll, poll_until, retry_at_most, retry_until_consistent};
use crate::aws::error::{AwsError, Call};
use crate::findings::{FindingId, steps};
use crate::id;
use crate::settings::{Amount, OperationSettings, RegionConcurrency};
use crate::words::one_line;
use crate::work::Work;
use anyhow::Result;
use aws_sdk_cloudformation::types as sdk;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::pin::pin;
use std::time::{Duration, Instant};

/// Operations that AWS lists in one answer (CloudFormation API Reference, MaxResults).
const PAGE: i32 = 100;
/// How long the list of results may lag behind.
const LAG: Duration = Duration::from_secs(60);

/// How an operation goes through accounts and regions.
///
/// By default all at once, and none stops for another's failure: a failure is reported at the end, not tolerated,
/// and stopping early would only leave more accounts unwatched.
#[derive(Clone, Debug)]
pub(crate) struct Preferences {
    settings: OperationSettings,
}

impl Preferences {
    /// Preferences by the settings.
    pub(crate) fn of(settings: &OperationSettings) -> Self {
        Self {
            settings: settings.clone(),
        }
    }

    /// As CloudFormation expects them. In the soft mode the two limits do not narrow one another
    /// (CloudFormation API Reference, StackSetOperationPreferences).
    pub(super) fn to_sdk(&self) -> sdk::StackSetOperationPreferences {
        let builder = sdk::StackSetOperationPreferences::builder()
            .region_concurrency_type(match self.settings.region_concurrency {
                RegionConcurrency::Parallel => sdk::RegionConcurrencyType::Parallel,
                RegionConcurrency::Sequential => sdk::RegionConcurrencyType::Sequential,
            })
            .concurrency_mode(sdk::ConcurrencyMode::SoftFailureTolerance);
        let builder = match self.settings.max_concurrent {
            Amount::Count(count) => builder.max_concurrent_count(count),
            Amount::Percent(percent) => builder.max_concurrent_percentage(percent),
        };
        match self.settings.failure_tolerance {
            Amount::Count(count) => builder.failure_tolerance_count(count),
            Amount::Percent(percent) => builder.failure_tolerance_percentage(percent),
        }
        .build()
    }
}

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

/// An operation that has not ended.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Running {
    /// Its id.
    pub operation_id: String,
    /// What it does, `CREATE`.
    pub action: String,
    /// AWS's status, `RUNNING`.
    pub status: String,
    /// When it was started, as AWS says it.
    pub since: String,
}

/// The newest operation of a StackSet that has ended.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Last {
    /// Its id.
    pub operation_id: String,
    /// What it did, `CREATE`.
    pub action: String,
    /// How it ended, `SUCCEEDED`; so also when accounts and regions failed that were tolerated.
    pub status: String,
    /// In how many accounts and regions it failed.
    pub failed: usize,
    /// AWS's reason, where it did not succeed.
    pub status_reason: Option<String>,
    /// When it ended, as AWS says it.
    pub ended: Option<String>,
    /// The same in seconds since 1970.
    #[serde(skip)]
    pub(crate) ended_s: Option<i64>,
}

/// The operations of a StackSet.
#[derive(Default)]
pub(crate) struct Operations {
    /// Those that have not ended, oldest first.
    pub(crate) running: Vec<Running>,
    /// The newest that has.
    pub(crate) last: Option<Last>,
    /// When each ended, in seconds since 1970, by its id; `None` while it is under way.
    pub(crate) ends: BTreeMap<String, Option<i64>>,
}

/// All operations that AWS still lists.
pub(crate) async fn list(place: &Place<'_>, stack_set: &str) -> Result<Operations, AwsError> {
    Ok(in_order(list_all(place, stack_set).await?))
}

async fn list_all(
    place: &Place<'_>,
    stack_set: &str,
) -> Result<Vec<sdk::StackSetOperationSummary>, AwsError> {
    let call = place.aws.cloudformation.list_stack_set_operations();
    let call = call
        .stack_set_name(stack_set)
        .call_as(place.call_as.clone())
        .max_results(PAGE);
    let mut pages = call.into_paginator().items().send();
    let mut all = Vec::new();
    while let Some(summary) = pages.next().await {
        all.push(summary.call("cloudformation:ListStackSetOperations")?);
    }
    Ok(all)
}

/// Begins the id of every operation that rootwatch starts.
const OWN: &str = "rootwatch-";

/// How the newest operation of rootwatch's goes through accounts and regions; `None` where AWS lists none.
pub(crate) async fn newest_preferences(
    place: &Place<'_>,
    stack_set: &str,
) -> Result<Option<OperationSettings>, AwsError> {
    let all = list_all(place, stack_set).await?;
    let own = all.iter().filter(|it| {
        let id = it.operation_id().unwrap_or_default();
        id.starts_with(OWN) && it.action() != Some(&sdk::StackSetOperationAction::DetectDrift)
    });
    let newest = own.max_by_key(|it| {
        it.creation_timestamp()
            .map(|at| (at.secs(), at.subsec_nanos()))
    });
    Ok(newest
        .and_then(|it| it.operation_preferences())
        .map(read_preferences))
}

/// As AWS has them; the default where it says nothing.
fn read_preferences(found: &sdk::StackSetOperationPreferences) -> OperationSettings {
    let default = OperationSettings::default();
    let amount = |count: Option<i32>, percent: Option<i32>, default: Amount| {
        let count = count.map(Amount::Count);
        count.or(percent.map(Amount::Percent)).unwrap_or(default)
    };
    OperationSettings {
        max_concurrent: amount(
            found.max_concurrent_count(),
            found.max_concurrent_percentage(),
            default.max_concurrent,
        ),
        failure_tolerance: amount(
            found.failure_tolerance_count(),
            found.failure_tolerance_percentage(),
            default.failure_tolerance,
        ),
        region_concurrency: match found.region_concurrency_type() {
            Some(sdk::RegionConcurrencyType::Sequential) => RegionConcurrency::Sequential,
            _ => default.region_concurrency,
        },
        ..default
    }
}

/// AWS promises no order. Pure.
fn in_order(mut all: Vec<sdk::StackSetOperationSummary>) -> Operations {
    all.sort_by_key(|it| {
        it.creation_timestamp()
            .map(|at| (at.secs(), at.subsec_nanos()))
    });
    let end = |it: &sdk::StackSetOperationSummary| {
        let ended = it.end_timestamp().map(|at| at.secs());
        Some((it.operation_id()?.to_owned(), ended))
    };
    Operations {
        running: all.iter().filter_map(read_running).collect(),
        last: all.iter().rev().find_map(read_last),
        ends: all.iter().filter_map(end).collect(),
    }
}

fn read_last(summary: &sdk::StackSetOperationSummary) -> Option<Last> {
    let status = summary.status().filter(|status| is_ended(status))?;
    let action = summary.action().map(|action| action.as_str());
    let details = summary.status_details();
    let failed = details.and_then(|details| details.failed_stack_instances_count());
    Some(Last {
        operation_id: summary.operation_id()?.to_owned(),
        action: action.unwrap_or("unknown").to_owned(),
        status: status.as_str().to_owned(),
        failed: failed.map_or(0, |count| usize::try_from(count).unwrap_or_default()),
        status_reason: summary.status_reason().map(one_line),
        ended: summary.end_timestamp().map(ToString::to_string),
        ended_s: summary.end_timestamp().map(|at| at.secs()),
    })
}

fn read_running(summary: &sdk::StackSetOperationSummary) -> Option<Running> {
    let status = summary.status()?;
    if is_ended(status) {
        return None;
    }
    let action = summary.action().map(|action| action.as_str());
    let since = summary.creation_timestamp().map(ToString::to_string);
    Some(Running {
        operation_id: summary.operation_id()?.to_owned(),
        action: action.unwrap_or("unknown").to_owned(),
        status: status.as_str().to_owned(),
        since: since.unwrap_or_else(|| "an unknown time".into()),
    })
}

fn is_ended(status: &sdk::StackSetOperationStatus) -> bool {
    use sdk::StackSetOperationStatus::{Failed, Stopped, Succeeded};
    matches!(status, Succeeded | Failed | Stopped)
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

/// What is kept of an operation's results, of which there may be 200,000.
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
    fn operations_are_put_in_order_whatever_the_order_of_the_list() {
        use sdk::StackSetOperationStatus::{Queued, Running as Under, Succeeded};
        let one = |id: &str, at: i64, status: sdk::StackSetOperationStatus| {
            sdk::StackSetOperationSummary::builder()
                .operation_id(id)
                .creation_timestamp(aws_smithy_types::DateTime::from_secs(at))
                .status(status)
                .build()
        };
        let Operations { running, last, .. } = in_order(vec![
            one("b", 2, Succeeded),
            one("d", 4, Queued),
            one("a", 1, Succeeded),
            one("c", 3, Under),
        ]);
        let ids: Vec<&str> = running.iter().map(|it| it.operation_id.as_str()).collect();
        assert_eq!(ids, ["c", "d"]);
        assert_eq!(last.map(|it| it.operation_id).as_deref(), Some("b"));
    }

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

    #[test]
    fn the_last_operation_has_its_failures() {
        let details = sdk::StackSetOperationStatusDetails::builder();
        let summary = sdk::StackSetOperationSummary::builder()
            .operation_id("a")
            .status(sdk::StackSetOperationStatus::Succeeded)
            .status_details(details.failed_stack_instances_count(17).build());
        let last = in_order(vec![summary.build()]).last;
        assert_eq!(last.map(|it| it.failed), Some(17));
    }
}
