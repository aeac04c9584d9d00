//! The alarms on the path of an event through the hub.

use super::Wanted;
use crate::hub::alarm::Alarm;
use crate::hub::not_default::NotDefault;
use crate::shell::CommandLine;

/// Seconds after which an act should have been reported. It waits behind a storm for a minute at the most: what is older
/// has failed at least once. Lambda counts no error where a function reports that items of a batch failed.
pub(crate) const LATE_ALERT: i32 = 2 * 60;
/// Seconds after which read-only calls should have become a digest.
pub(crate) const LATE_DIGEST: i32 = 15 * 60;

/// Seconds of a day, in which two heartbeats of each spoke fit.
const DAY: i32 = 24 * 3600;

impl Wanted {
    /// Everything that could keep an alert from a person, as far as a metric shows it.
    pub(super) fn alarms(&self) -> Vec<Alarm> {
        let mut alarms = self.alarms_of_the_path();
        if self.has_self_check() {
            alarms.extend(self.self_check_alarms());
        }
        alarms
    }

    fn alarms_of_the_path(&self) -> Vec<Alarm> {
        let names = &self.names;
        let depth = ("AWS/SQS", "ApproximateNumberOfMessagesVisible", "Maximum");
        let dead_letters = || vec![("QueueName", names.dead_letter_queue())];
        let age = ("AWS/SQS", "ApproximateAgeOfOldestMessage", "Maximum");
        let rule = |rule: String| vec![("EventBusName", names.bus()), ("RuleName", rule)];
        vec![
            self.alarm(
                "dead-letters",
                "Root activity, or a heartbeat, could not be delivered and is in the dead-letter queue; nobody has been told of it.",
                depth,
                dead_letters(),
            ),
            Alarm {
                // The alarm above stays in ALARM while a letter is there, and says no more. `DIFF` needs two periods.
                expression: Some("IF(m1 - DIFF(m1) > 0, DIFF(m1), 0)".into()),
                evaluation_periods: Some(2),
                datapoints_to_alarm: Some(1),
                ..self.alarm(
                    "more-dead-letters",
                    "More root activity, or another heartbeat, could not be delivered, while the dead-letter queue already held some; nobody has been told of it.",
                    depth,
                    dead_letters(),
                )
            },
            self.alarm(
                "notifier-errors",
                "The rootwatch notifier failed while it reported root activity.",
                ("AWS/Lambda", "Errors", "Sum"),
                vec![("FunctionName", names.function())],
            ),
            self.alarm(
                "acts-failed",
                "The rule for root activity could not put an event into its queue, so it is not reported.",
                ("AWS/Events", "FailedInvocations", "Sum"),
                rule(names.acts_rule()),
            ),
            self.alarm(
                "reads-failed",
                "The rule for read-only root activity could not put an event into its queue, so it is missing from the digest.",
                ("AWS/Events", "FailedInvocations", "Sum"),
                rule(names.reads_rule()),
            ),
            self.alarm(
                "tampering-failed",
                "The rule for changes to the alerting path could not put an event into its queue, so it is not reported.",
                ("AWS/Events", "FailedInvocations", "Sum"),
                rule(names.tampering_rule()),
            ),
            self.alarm(
                "hub-tampering",
                "Somebody deleted, stopped or replaced a part of the rootwatch hub, perhaps the part that would have reported it. If nobody deployed or removed the hub just now, find out in CloudTrail's event history, in this account and region, who did.",
                ("AWS/Events", "TriggeredRules", "Sum"),
                // Rules of a default bus have no dimension for it.
                vec![("RuleName", names.hub_urgent_rule())],
            ),
            Alarm {
                threshold: Some(f64::from(LATE_ALERT)),
                ..self.alarm(
                    "acts-waiting",
                    "Root activity has been stuck in its queue for over two minutes; nobody has been told of it.",
                    age,
                    vec![("QueueName", names.acts_queue())],
                )
            },
            Alarm {
                threshold: Some(f64::from(LATE_DIGEST)),
                ..self.alarm(
                    "reads-waiting",
                    "Read-only root activity, or a heartbeat, has been stuck in its queue for over 15 minutes.",
                    age,
                    vec![("QueueName", names.reads_queue())],
                )
            },
            Alarm {
                // How many there were the day before, when there is none now: so it does not go off before there are spokes, nor
                // stay in ALARM where heartbeats are turned off. EventBridge sends no zeros (EventBridge User Guide,
                // "Monitoring"), and CloudWatch waits for several periods before it takes data for missing; `FILL` does not.
                expression: Some("IF(FILL(m1, 0) > 0, 0, 0 - DIFF(FILL(m1, 0)))".into()),
                evaluation_periods: Some(2),
                datapoints_to_alarm: Some(1),
                period: Some(DAY),
                ..self.alarm(
                    "no-heartbeats",
                    "No account or region has sent a heartbeat for a day, though some did the day before: either nothing that they forward arrives, or heartbeats were turned off.",
                    ("AWS/Events", "Invocations", "Sum"),
                    rule(names.heartbeats_rule()),
                )
            },
            self.alarm(
                "not-delivered",
                "SNS could not deliver an alert to a subscriber, or had to retry over http or https.",
                ("AWS/SNS", "NumberOfNotificationsFailed", "Sum"),
                vec![("TopicName", names.alerts_topic())],
            ),
        ]
    }

    /// How every description ends: the mail of an alarm has nothing else that says what to do.
    fn what_to_do(&self) -> String {
        let names = &self.names;
        let command = CommandLine::new("rootwatch status").flag("--region", &names.region);
        let command = command.named(&names.deployment);
        format!(
            "What to do: run `{command}` with credentials of account {}; it shows the state of the whole path, and how to fix what is wrong.",
            names.account
        )
    }

    pub(crate) fn alarm(
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
            description: format!("{description} {}", self.what_to_do()),
            dimensions: dimensions
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value))
                .collect(),
            datapoints_to_alarm: None,
            evaluation_periods: Some(1),
            expression: None,
            metric: metric.into(),
            namespace: namespace.into(),
            // A new alarm goes from INSUFFICIENT_DATA to OK, and CloudWatch runs the actions on every change of state
            // (PutMetricAlarm, `OKActions`): with any, each deployment of an alarm would notify people of nothing.
            ok_actions: Vec::new(),
            not_default: NotDefault::new(),
            period: Some(60),
            statistic: statistic.into(),
            tags: self.tags(),
            threshold: Some(0.0),
            treat_missing_data: "notBreaching".into(),
            is_off: false,
            is_in_alarm: false,
        }
    }
}

#[cfg(test)]
#[path = "alarm_docs_tests.rs"]
mod docs_tests;
