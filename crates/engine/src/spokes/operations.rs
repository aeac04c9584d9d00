//! The operations of a StackSet that AWS still lists: which are under way, and how the newest ended.

use super::{Place, preferences};
use crate::aws::error::{AwsError, Call};
use crate::settings::OperationSettings;
use crate::words::one_line;
use aws_sdk_cloudformation::types as sdk;
use serde::Serialize;
use std::collections::BTreeMap;

/// Operations that AWS lists in one answer (CloudFormation API Reference, MaxResults).
const PAGE: i32 = 100;

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
pub(super) const OWN: &str = "rootwatch-";

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
        .map(preferences::read))
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

pub(super) fn is_ended(status: &sdk::StackSetOperationStatus) -> bool {
    use sdk::StackSetOperationStatus::{Failed, Stopped, Succeeded};
    matches!(status, Succeeded | Failed | Stopped)
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
