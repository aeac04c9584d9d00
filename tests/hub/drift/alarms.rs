use super::Row;
use crate::intruder::{ALARM, Intruder};
use aws_sdk_cloudwatch::types::{
    ComparisonOperator, Dimension, MetricDataQuery, StandardUnit, Statistic,
};

const PUT: &[&str] = &["cloudwatch:PutMetricAlarm"];

pub(super) fn rows(c: &Intruder) -> Vec<Vec<Row<'_>>> {
    let id = "alarm rootwatch-dead-letters";
    let other = Dimension::builder().name("QueueName").value("other");
    let changed = c.put_alarm(ALARM, |put| {
        put.actions_enabled(false)
            .set_alarm_actions(Some(vec![]))
            .comparison_operator(ComparisonOperator::LessThanThreshold)
            .alarm_description("fine")
            .set_dimensions(Some(vec![other.build()]))
            .evaluation_periods(9)
            .metric_name("NumberOfMessagesSent")
            .namespace("Mine")
            .ok_actions(c.arn("sns", "rootwatch-health"))
            .period(300)
            .statistic(Statistic::Minimum)
            .threshold(1000.0)
            .treat_missing_data("missing")
            .unit(StandardUnit::TerabytesSecond)
    });
    let fields = &[
        "actions_enabled",
        "alarm_actions",
        "comparison",
        "description",
        "dimensions.QueueName",
        "evaluation_periods",
        "metric",
        "namespace",
        "not_default.Unit",
        "ok_actions",
        "period",
        "statistic",
        "threshold",
        "treat_missing_data",
    ];
    let gone = c.delete_alarm("rootwatch-reads-failed");
    vec![
        vec![
            Row::new(id, fields, PUT, changed),
            Row::new(
                id,
                &["tags.team"],
                &["cloudwatch:TagResource"],
                c.tag_alarm(),
            ),
        ],
        vec![Row::gone("alarm rootwatch-reads-failed", PUT, gone)],
        expression(c),
    ]
}

/// Of an alarm on an expression: that nothing is above zero.
fn expression(c: &Intruder) -> Vec<Row<'_>> {
    let id = "alarm rootwatch-more-dead-letters";
    let changed = c.put_alarm("rootwatch-more-dead-letters", |put| {
        let mut metrics = put.get_metrics().clone().unwrap();
        let nothing = MetricDataQuery::builder().id("e1").expression("m1 - m1");
        metrics.retain(|it| it.expression().is_none());
        metrics.push(nothing.return_data(true).build());
        put.datapoints_to_alarm(2).set_metrics(Some(metrics))
    });
    vec![Row::new(
        id,
        &["datapoints_to_alarm", "expression"],
        PUT,
        changed,
    )]
}
