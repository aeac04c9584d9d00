use super::{ALARM, Intruder};
use aws_sdk_cloudwatch::operation::put_metric_alarm::builders::PutMetricAlarmFluentBuilder as PutAlarm;
use aws_sdk_cloudwatch::types::Tag;

impl Intruder {
    /// The alarm as it is, with a change.
    pub(crate) async fn put_alarm(&self, name: &str, change: impl FnOnce(PutAlarm) -> PutAlarm) {
        let found = self.alarms.describe_alarms().alarm_names(name);
        let found = found.send().await.unwrap().metric_alarms.unwrap().remove(0);
        let call = self
            .alarms
            .put_metric_alarm()
            .alarm_name(name)
            .set_alarm_description(found.alarm_description)
            .set_actions_enabled(found.actions_enabled)
            .set_alarm_actions(found.alarm_actions)
            .set_ok_actions(found.ok_actions)
            .set_comparison_operator(found.comparison_operator)
            .set_datapoints_to_alarm(found.datapoints_to_alarm)
            .set_dimensions(found.dimensions)
            .set_evaluation_periods(found.evaluation_periods)
            .set_metric_name(found.metric_name)
            .set_metrics(found.metrics)
            .set_namespace(found.namespace)
            .set_period(found.period)
            .set_statistic(found.statistic)
            .set_threshold(found.threshold)
            .set_treat_missing_data(found.treat_missing_data);
        change(call).send().await.unwrap();
    }

    pub(crate) async fn delete_alarm(&self, name: &str) {
        let call = self.alarms.delete_alarms().alarm_names(name);
        call.send().await.unwrap();
    }

    pub(crate) async fn tag_alarm(&self) {
        let tag = Tag::builder().key("team").value("x").build();
        let call = self.alarms.tag_resource().tags(tag);
        let arn = self.arn("cloudwatch", &format!("alarm:{ALARM}"));
        call.resource_arn(arn).send().await.unwrap();
    }
}
