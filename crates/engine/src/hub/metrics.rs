//! CloudWatch metrics of the hub: how long messages wait, and how the notifier did.

use crate::aws::Aws;
use crate::aws::error::{AwsError, Call};
use crate::names::Names;
use aws_sdk_cloudwatch::primitives::DateTime;
use aws_sdk_cloudwatch::types::{
    Dimension, Metric, MetricDataQuery, MetricDataResult, MetricStat, StatusCode,
};
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use std::collections::BTreeMap;

pub(super) const OPERATION: &str = "cloudwatch:GetMetricData";
/// How far back the last invocation is looked for: root users are quiet for weeks.
pub(crate) const LOOK_BACK_DAYS: i64 = 30;
/// Seconds. The shortest that CloudWatch keeps for longer than 15 days, and all periods of a call that looks back
/// further must be multiples of it (CloudWatch API Reference, GetMetricData and MetricStat). Five metrics over
/// [`LOOK_BACK_DAYS`] then have 43,200 data points at the most, and one answer holds 100,800.
const PERIOD_S: i64 = 300;
/// Only an age within this many seconds describes the present. SQS is up to 15 minutes late with the metrics of a queue
/// that has not been used for a while (SQS Developer Guide, "Available CloudWatch metrics"), and the period comes on
/// top.
const FRESH_S: i64 = 15 * 60 + PERIOD_S;
/// How far back errors count, in seconds.
const ERRORS_S: i64 = 24 * 3600;

/// What the metrics show. CloudWatch has no data points where nothing happened.
#[derive(Debug, Default, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Metrics {
    /// How long the oldest event in the dead-letter queue has waited there, in seconds.
    pub oldest_dead_letter_s: Option<u64>,
    /// The same of the queue for acts.
    pub oldest_act_s: Option<u64>,
    /// The same of the queue for read-only events. SQS leaves out what was received three times without success.
    pub oldest_read_s: Option<u64>,
    /// Begin of the five minutes in which the notifier last ran, if it did within [`LOOK_BACK_DAYS`].
    #[cfg_attr(test, schemars(with = "Option<String>"))]
    pub last_invocation: Option<Timestamp>,
    /// How often the notifier failed in the last 24 hours; Lambda counts each attempt at an event.
    pub errors: u64,
    /// Begin of the five minutes in which it last did, if within [`LOOK_BACK_DAYS`].
    #[cfg_attr(test, schemars(with = "Option<String>"))]
    pub last_error: Option<Timestamp>,
    /// Whether it has succeeded in later five minutes.
    pub has_recovered: bool,
}

/// The metrics that are asked for: id in the call, namespace, name, statistic, dimension.
const ASKED: [(&str, &str, &str, &str, &str); 5] = [
    (DEAD, "AWS/SQS", AGE, "Maximum", "QueueName"),
    (ACTS, "AWS/SQS", AGE, "Maximum", "QueueName"),
    (READS, "AWS/SQS", AGE, "Maximum", "QueueName"),
    (RUNS, "AWS/Lambda", "Invocations", "Sum", "FunctionName"),
    (ERRORS, "AWS/Lambda", "Errors", "Sum", "FunctionName"),
];
const AGE: &str = "ApproximateAgeOfOldestMessage";
const DEAD: &str = "dead_letters";
const ACTS: &str = "acts";
const READS: &str = "reads";
const RUNS: &str = "invocations";
const ERRORS: &str = "errors";

/// Data points of a metric, by the second since 1970 at which their period begins.
pub(super) type Points = BTreeMap<i64, f64>;

/// Asks CloudWatch by one call (`cloudwatch:GetMetricData`).
///
/// Fails also when CloudWatch answers but leaves a metric out.
pub(crate) async fn read(aws: &Aws, names: &Names, now: Timestamp) -> Result<Metrics, AwsError> {
    let queries = ASKED.map(|asked| query(asked, &named(asked.0, names), PERIOD_S));
    // Whole periods: CloudWatch answers faster, and the current one is among them.
    let end = (now.as_second() / PERIOD_S + 1) * PERIOD_S;
    let mut pages = aws
        .cloudwatch
        .get_metric_data()
        .set_metric_data_queries(Some(queries.into()))
        .start_time(DateTime::from_secs(end - LOOK_BACK_DAYS * 24 * 3600))
        .end_time(DateTime::from_secs(end))
        .into_paginator()
        .send();
    let mut found: BTreeMap<&str, Points> = BTreeMap::new();
    while let Some(page) = pages.next().await {
        for result in page.call(OPERATION)?.metric_data_results() {
            let asked = ASKED.iter().find(|asked| Some(asked.0) == result.id());
            let Some((id, ..)) = asked else { continue };
            found.entry(id).or_default().extend(points(result)?);
        }
    }
    if let Some((id, ..)) = ASKED.iter().find(|asked| !found.contains_key(asked.0)) {
        return Err(AwsError::incomplete(OPERATION, id));
    }
    Ok(reported(&found, now))
}

fn named(id: &str, names: &Names) -> String {
    match id {
        DEAD => names.dead_letter_queue(),
        ACTS => names.acts_queue(),
        READS => names.reads_queue(),
        _ => names.function(),
    }
}

pub(super) fn query(
    (id, namespace, name, statistic, dimension): (&str, &str, &str, &str, &str),
    value: &str,
    period_s: i64,
) -> MetricDataQuery {
    let dimension = Dimension::builder().name(dimension).value(value).build();
    let metric = Metric::builder()
        .namespace(namespace)
        .metric_name(name)
        .dimensions(dimension)
        .build();
    let period = i32::try_from(period_s).unwrap_or(i32::MAX);
    let stat = MetricStat::builder()
        .metric(metric)
        .period(period)
        .stat(statistic)
        .build();
    MetricDataQuery::builder().id(id).metric_stat(stat).build()
}

pub(super) fn points(result: &MetricDataResult) -> Result<Points, AwsError> {
    match result.status_code() {
        // Partial data continues on the next page.
        None | Some(StatusCode::Complete | StatusCode::PartialData) => {}
        Some(code) => {
            return Err(AwsError {
                operation: OPERATION,
                code: code.as_str().to_owned(),
                message: format!("no data of {}", result.id().unwrap_or_default()),
                request_id: None,
                http_status: None,
            });
        }
    }
    let times = result.timestamps().iter().map(DateTime::secs);
    Ok(times.zip(result.values().iter().copied()).collect())
}

/// What the data points say. Pure.
fn reported(found: &BTreeMap<&str, Points>, now: Timestamp) -> Metrics {
    let none = Points::new();
    let of = |id| found.get(id).unwrap_or(&none);
    let since = |seconds: i64| now.as_second() - seconds;
    let errors = of(ERRORS).range(since(ERRORS_S)..).map(|(_, count)| count);
    Metrics {
        oldest_dead_letter_s: newest(of(DEAD), since(FRESH_S)),
        oldest_act_s: newest(of(ACTS), since(FRESH_S)),
        oldest_read_s: newest(of(READS), since(FRESH_S)),
        last_invocation: last(of(RUNS)),
        errors: whole(errors.sum()),
        last_error: last(of(ERRORS)),
        has_recovered: recovered(of(RUNS), of(ERRORS)),
    }
}

/// Whether a later period than that of the last error has an invocation.
fn recovered(runs: &Points, errors: &Points) -> bool {
    let failed = errors.iter().filter(|(_, count)| **count > 0.0);
    let Some(last) = failed.map(|(at, _)| *at).next_back() else {
        return false;
    };
    // Within a period the order is unknown.
    let mut since = runs.range(last + PERIOD_S..);
    since.any(|(_, count)| *count > 0.0)
}

fn newest(points: &Points, since: i64) -> Option<u64> {
    let (_, value) = points.range(since..).next_back()?;
    Some(whole(*value))
}

/// When something was last counted.
fn last(points: &Points) -> Option<Timestamp> {
    let mut counted = points.iter().filter(|(_, value)| **value > 0.0);
    Timestamp::from_second(*counted.next_back()?.0).ok()
}

fn whole(value: f64) -> u64 {
    value.max(0.0) as u64
}

/// How long something has waited, as text.
pub(crate) fn waited(seconds: u64) -> String {
    let seconds = i64::try_from(seconds).unwrap_or(i64::MAX);
    // Seconds are noise beside minutes.
    let shown = if seconds < 60 {
        seconds
    } else {
        seconds / 60 * 60
    };
    format!("{:#}", SignedDuration::from_secs(shown))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_800_000_000;

    fn reported_of(found: &[(&'static str, &[(i64, f64)])]) -> Metrics {
        let found = found
            .iter()
            .map(|(id, points)| {
                (
                    *id,
                    points.iter().map(|(ago, it)| (NOW - ago, *it)).collect(),
                )
            })
            .collect();
        reported(&found, Timestamp::from_second(NOW).unwrap())
    }

    #[test]
    fn no_data_is_no_answer() {
        assert_eq!(reported_of(&[]), Metrics::default());
    }

    #[test]
    fn only_a_fresh_age_is_reported_with_another() {
        let stale = reported_of(&[
            (DEAD, &[(FRESH_S + 1, 9.0)]),
            (READS, &[(FRESH_S + 1, 9.0)]),
        ]);
        assert_eq!(stale, Metrics::default());
        let fresh = reported_of(&[
            (DEAD, &[(FRESH_S, 9.0), (600, 7.9), (90_000, 3.0)]),
            (READS, &[(0, 4.0)]),
        ]);
        assert_eq!(fresh.oldest_dead_letter_s, Some(7));
        assert_eq!(fresh.oldest_read_s, Some(4));
    }

    #[test]
    fn errors_of_a_day_count_and_older_ones_are_only_the_last() {
        let at = |ago: i64| Timestamp::from_second(NOW - ago).ok();
        let (day, week) = (ERRORS_S, 7 * ERRORS_S);
        let found = reported_of(&[
            (RUNS, &[(week, 3.0), (600, 1.0), (300, 0.0)]),
            (ERRORS, &[(week, 2.0), (day, 1.0), (600, 3.0), (300, 0.0)]),
        ]);
        assert_eq!(
            (found.last_invocation, found.last_error),
            (at(600), at(600))
        );
        assert_eq!(found.errors, 4);
        let long_ago = reported_of(&[(ERRORS, &[(day + 1, 2.0)])]);
        assert_eq!((long_ago.errors, long_ago.last_error), (0, at(day + 1)));
    }

    #[test]
    fn an_invocation_well_after_the_last_error_is_a_recovery() {
        let has_recovered = |runs: &[(i64, f64)], errors: &[(i64, f64)]| {
            reported_of(&[(RUNS, runs), (ERRORS, errors)]).has_recovered
        };
        assert!(!has_recovered(&[(900, 5.0), (600, 3.0)], &[(600, 3.0)]));
        assert!(!has_recovered(&[(600, 4.0)], &[(600, 3.0)]));
        assert!(has_recovered(&[(600, 3.0), (300, 1.0)], &[(600, 3.0)]));
        assert!(!has_recovered(&[(600, 3.0)], &[]));
    }

    #[test]
    fn what_cloudwatch_refuses_is_not_zero() {
        let result = |code| {
            MetricDataResult::builder()
                .id(DEAD)
                .status_code(code)
                .build()
        };
        let refused = points(&result(StatusCode::Forbidden)).unwrap_err();
        assert_eq!(
            refused.to_string(),
            "cloudwatch:GetMetricData: Forbidden: no data of dead_letters"
        );
        assert!(points(&result(StatusCode::InternalError)).is_err());
        assert_eq!(points(&result(StatusCode::PartialData)), Ok(Points::new()));
    }

    #[test]
    fn a_wait_reads_as_people_say_it() {
        assert_eq!(waited(59), "59s");
        assert_eq!(waited(20 * 60 + 13), "20m");
        assert_eq!(waited(26 * 3600 + 60), "26h 1m");
    }
}
