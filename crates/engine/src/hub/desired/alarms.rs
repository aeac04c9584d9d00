//! The alarms on the path of an event through the hub.

use super::Wanted;
use crate::hub::alarm::Alarm;

/// Seconds after which read-only calls should have become a digest.
pub(crate) const LATE_DIGEST: i32 = 15 * 60;

impl Wanted {
    /// Everything that could keep an alert from a person, as far as a metric shows it.
    pub(super) fn alarms(&self) -> Vec<Alarm> {
        let names = &self.names;
        let rule = |rule: String| vec![("EventBusName", names.bus()), ("RuleName", rule)];
        vec![
            self.alarm(
                "dead-letters",
                "An event about a root user could not be delivered and waits in the dead-letter queue. Take it out: while it is there, nobody is notified of another.",
                ("AWS/SQS", "ApproximateNumberOfMessagesVisible", "Maximum"),
                vec![("QueueName", names.dead_letter_queue())],
            ),
            self.alarm(
                "notifier-errors",
                "The rootwatch notifier failed on an event about a root user.",
                ("AWS/Lambda", "Errors", "Sum"),
                vec![("FunctionName", names.function())],
            ),
            self.alarm(
                "acts-failed",
                "The rule for root activity could not reach the notifier.",
                ("AWS/Events", "FailedInvocations", "Sum"),
                rule(names.acts_rule()),
            ),
            self.alarm(
                "reads-failed",
                "The rule for read-only root activity could not reach its queue.",
                ("AWS/Events", "FailedInvocations", "Sum"),
                rule(names.reads_rule()),
            ),
            Alarm {
                threshold: Some(f64::from(LATE_DIGEST)),
                ..self.alarm(
                    "reads-waiting",
                    "Read-only activity of a root user waits in its queue and is not reported.",
                    ("AWS/SQS", "ApproximateAgeOfOldestMessage", "Maximum"),
                    vec![("QueueName", names.reads_queue())],
                )
            },
            self.alarm(
                "not-delivered",
                "SNS could not deliver an alert to somebody who is subscribed, or had to try again by http or https.",
                ("AWS/SNS", "NumberOfNotificationsFailed", "Sum"),
                vec![("TopicName", names.alerts_topic())],
            ),
        ]
    }

    fn alarm(
        &self,
        what: &str,
        description: &str,
        (namespace, metric, statistic): (&str, &str, &str),
        dimensions: Vec<(&str, String)>,
    ) -> Alarm {
        let name = self.names.alarm(what);
        Alarm {
            arn: self.names.alarm_arn(&name),
            name,
            actions_enabled: true,
            alarm_actions: vec![self.health_arn()],
            comparison: "GreaterThanThreshold".into(),
            description: description.into(),
            dimensions: dimensions
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value))
                .collect(),
            evaluation_periods: Some(1),
            metric: metric.into(),
            namespace: namespace.into(),
            // A new alarm goes from INSUFFICIENT_DATA to OK, and CloudWatch runs the actions on every change of state
            // (PutMetricAlarm, `OKActions`): with any, each deployment of an alarm would notify people of nothing.
            ok_actions: Vec::new(),
            period: Some(60),
            statistic: statistic.into(),
            tags: self.tags(),
            threshold: Some(0.0),
            treat_missing_data: "notBreaching".into(),
            is_in_alarm: false,
        }
    }
}
