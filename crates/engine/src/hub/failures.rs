//! Whether the notifier failed, or could not run, lately: CloudWatch's metrics of the last minutes.

use super::metrics::{OPERATION, points, query};
use crate::aws::Aws;
use crate::aws::error::{AwsError, Call};
use aws_sdk_cloudwatch::primitives::DateTime;
use jiff::Timestamp;

/// Seconds; the shortest that Lambda's metrics have.
const PERIOD_S: i64 = 60;
const NAMESPACE: &str = "AWS/Lambda";
const SUM: &str = "Sum";
const NAMED: &str = "FunctionName";

/// How often a function failed or was throttled since then, by one call (`cloudwatch:GetMetricData`).
pub(super) async fn failures_since(
    aws: &Aws,
    function: &str,
    since: Timestamp,
) -> Result<u64, AwsError> {
    let asked = [("errors", "Errors"), ("throttles", "Throttles")];
    let queries =
        asked.map(|(id, metric)| query((id, NAMESPACE, metric, SUM, NAMED), function, PERIOD_S));
    let period = |at: i64| at / PERIOD_S * PERIOD_S;
    let call = aws.cloudwatch.get_metric_data();
    let answer = call
        .set_metric_data_queries(Some(queries.into()))
        .start_time(DateTime::from_secs(period(since.as_second())))
        .end_time(DateTime::from_secs(
            period(Timestamp::now().as_second()) + PERIOD_S,
        ))
        .send()
        .await
        .call(OPERATION)?;
    let mut failures = 0.0;
    for result in answer.metric_data_results() {
        failures += points(result)?.values().sum::<f64>();
    }
    Ok(failures.max(0.0) as u64)
}
