//! StackSet operations: how they run, and how they ended in each account and region.

use super::Place;
use crate::aws::error::{AwsError, Call};
use crate::aws::late::{Look, until};
use crate::progress::Progress;
use anyhow::Result;
use aws_sdk_cloudformation::types as sdk;
use serde::Serialize;
use std::collections::BTreeMap;
use std::time::Duration;

/// All accounts and regions at once, and none stops for another's failure.
///
/// A failure is told at the end, not tolerated; stopping early would only leave more accounts unwatched.
pub(super) fn preferences() -> sdk::StackSetOperationPreferences {
    sdk::StackSetOperationPreferences::builder()
        .region_concurrency_type(sdk::RegionConcurrencyType::Parallel)
        .max_concurrent_percentage(100)
        .failure_tolerance_percentage(100)
        .concurrency_mode(sdk::ConcurrencyMode::SoftFailureTolerance)
        .build()
}

/// What an operation came to in one account and region.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct SpotResult {
    pub(crate) account: String,
    pub(crate) region: String,
    pub(crate) status: String,
    pub(crate) reason: String,
}

/// What an operation came to.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Ended {
    pub(crate) operation_id: String,
    pub(crate) status: String,
    pub(crate) status_reason: Option<String>,
    /// How many accounts and regions ended in each status.
    pub(crate) counts: BTreeMap<String, usize>,
    /// Those that did not succeed.
    pub(crate) failures: Vec<SpotResult>,
}

impl Ended {
    /// Whether every account and region that could be reached is as wanted.
    pub(crate) fn is_success(&self) -> bool {
        self.status == "SUCCEEDED" && self.failures.is_empty()
    }
}

/// Follows an operation to its end.
pub(crate) async fn follow(
    place: &Place<'_>,
    stack_set: &str,
    operation_id: &str,
    patience: Duration,
    progress: &Progress,
) -> Result<Ended> {
    let awaited = format!("StackSet operation {operation_id}");
    let operation = until(progress, &awaited, patience, async || {
        let operation = describe(place, stack_set, operation_id).await?;
        Ok(match operation.status() {
            Some(
                sdk::StackSetOperationStatus::Succeeded
                | sdk::StackSetOperationStatus::Failed
                | sdk::StackSetOperationStatus::Stopped,
            ) => Look::Ready(operation),
            _ => {
                show(place, stack_set, operation_id, progress).await?;
                Look::Pending
            }
        })
    })
    .await?;
    let results = results(place, stack_set, operation_id).await?;
    Ok(Ended {
        operation_id: operation_id.to_owned(),
        status: operation
            .status()
            .map(|status| status.as_str().to_owned())
            .unwrap_or_default(),
        status_reason: operation.status_reason().map(str::to_owned),
        counts: counts(&results),
        failures: results.into_iter().filter(is_failure).collect(),
    })
}

fn is_failure(result: &SpotResult) -> bool {
    !matches!(
        result.status.as_str(),
        "SUCCEEDED" | "SKIPPED_SUSPENDED_ACCOUNT"
    )
}

fn counts(results: &[SpotResult]) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for result in results {
        *counts.entry(result.status.clone()).or_default() += 1;
    }
    counts
}

async fn describe(
    place: &Place<'_>,
    stack_set: &str,
    operation_id: &str,
) -> Result<sdk::StackSetOperation, AwsError> {
    const OPERATION: &str = "cloudformation:DescribeStackSetOperation";
    let answer = place
        .aws
        .cloudformation
        .describe_stack_set_operation()
        .stack_set_name(stack_set)
        .operation_id(operation_id)
        .call_as(place.call_as.clone())
        .send()
        .await
        .call(OPERATION)?;
    answer
        .stack_set_operation
        .ok_or_else(|| AwsError::incomplete(OPERATION, "StackSetOperation"))
}

async fn show(
    place: &Place<'_>,
    stack_set: &str,
    operation_id: &str,
    progress: &Progress,
) -> Result<()> {
    let counts = counts(&results(place, stack_set, operation_id).await?);
    let of = |status: &str| counts.get(status).copied().unwrap_or_default();
    progress.at(&format!(
        "{} done, {} failed, {} waiting",
        of("SUCCEEDED"),
        of("FAILED"),
        of("PENDING") + of("RUNNING")
    ));
    Ok(())
}

async fn results(
    place: &Place<'_>,
    stack_set: &str,
    operation_id: &str,
) -> Result<Vec<SpotResult>, AwsError> {
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
    let mut all = Vec::new();
    while let Some(summary) = pages.next().await {
        all.push(spot_result(
            &summary.call("cloudformation:ListStackSetOperationResults")?,
        ));
    }
    Ok(all)
}

/// A suspended account is cancelled or failed with a reason that says so; it is nobody's failure.
fn spot_result(summary: &sdk::StackSetOperationResultSummary) -> SpotResult {
    let text = |value: Option<&str>| value.unwrap_or_default().to_owned();
    let reason = text(summary.status_reason());
    let status = text(summary.status().map(|status| status.as_str()));
    let suspended = status != "SUCCEEDED" && reason.to_lowercase().contains("suspended");
    SpotResult {
        account: text(summary.account()),
        region: text(summary.region()),
        status: if suspended {
            "SKIPPED_SUSPENDED_ACCOUNT".into()
        } else {
            status
        },
        reason,
    }
}
