//! An alarm as its CloudFormation type has it: on a metric, or on an expression of it. Pure.

use super::tags;
use crate::hub::alarm::{Alarm, EXPRESSION, METRIC};
use serde_json::{Value, json};

/// All but whom it tells.
pub(super) fn properties(alarm: &Alarm) -> Value {
    let mut properties = json!({
        "AlarmName": alarm.name,
        "AlarmDescription": alarm.description,
        "ActionsEnabled": alarm.actions_enabled,
        "ComparisonOperator": alarm.comparison,
        "DatapointsToAlarm": alarm.datapoints_to_alarm,
        "EvaluationPeriods": alarm.evaluation_periods,
        "Threshold": alarm.threshold,
        "TreatMissingData": alarm.treat_missing_data,
        "Tags": tags(&alarm.tags),
    });
    let dimensions: Value = alarm
        .dimensions
        .iter()
        .map(|(name, value)| json!({"Name": name, "Value": value}))
        .collect();
    let metric = [
        ("Namespace", json!(alarm.namespace)),
        ("MetricName", json!(alarm.metric)),
        ("Dimensions", dimensions),
    ];
    match &alarm.expression {
        None => {
            properties["Statistic"] = json!(alarm.statistic);
            properties["Period"] = json!(alarm.period);
            for (name, value) in metric {
                properties[name] = value;
            }
        }
        Some(expression) => {
            let metric: serde_json::Map<String, Value> = metric
                .map(|(name, value)| (name.to_owned(), value))
                .into_iter()
                .collect();
            let stat = json!({"Metric": metric, "Period": alarm.period, "Stat": alarm.statistic});
            properties["Metrics"] = json!([
                {"Id": METRIC, "MetricStat": stat, "ReturnData": false},
                {"Id": EXPRESSION, "Expression": expression, "ReturnData": true},
            ]);
        }
    }
    properties
}
