//! An alarm as the provider has it: on a metric, or on an expression of it. Pure.

use super::hcl::Body;
use super::hub::Maker;
use crate::hub::alarm::{Alarm, EXPRESSION, METRIC};
use serde_json::json;

pub(super) fn body(maker: &Maker<'_>, alarm: &Alarm) -> Body {
    let body = Body::default()
        .set("alarm_name", json!(alarm.name))
        .set("alarm_description", json!(alarm.description))
        .set("comparison_operator", json!(alarm.comparison))
        .set("evaluation_periods", json!(alarm.evaluation_periods))
        .set("datapoints_to_alarm", json!(alarm.datapoints_to_alarm))
        .set("threshold", json!(alarm.threshold))
        .set("treat_missing_data", json!(alarm.treat_missing_data))
        .set("actions_enabled", json!(alarm.actions_enabled))
        .set("alarm_actions", maker.arns(&alarm.alarm_actions))
        .set("ok_actions", maker.arns(&alarm.ok_actions));
    let body = match &alarm.expression {
        None => metric(body, alarm).set("statistic", json!(alarm.statistic)),
        Some(_) => body,
    };
    let body = body.set("tags", json!(alarm.tags));
    match &alarm.expression {
        None => body,
        Some(expression) => with_expression(body, alarm, expression),
    }
}

fn metric(body: Body, alarm: &Alarm) -> Body {
    body.set("namespace", json!(alarm.namespace))
        .set("metric_name", json!(alarm.metric))
        .set("dimensions", json!(alarm.dimensions))
        .set("period", json!(alarm.period))
}

fn with_expression(body: Body, alarm: &Alarm, expression: &str) -> Body {
    let inner = metric(Body::default(), alarm).set("stat", json!(alarm.statistic));
    let of_metric = Body::default()
        .set("id", json!(METRIC))
        .set("return_data", json!(false))
        .block("metric", inner);
    let of_expression = Body::default()
        .set("id", json!(EXPRESSION))
        .set("expression", json!(expression))
        .set("return_data", json!(true));
    body.block("metric_query", of_metric)
        .block("metric_query", of_expression)
}
