//! Changes of what alerts depend on, by others than root.

use super::{Canonical, Place, canonical};
use crate::names::Names;
use serde_json::{Value, json};

impl Place {
    /// What somebody does to what this spoke forwards by.
    pub(crate) fn tampering(&self, names: &Names) -> Vec<Canonical> {
        let name = &names.deployment;
        let rule = names.spoke_rule();
        let [own, of_organization] = names.spoke_tampering_rules();
        [
            ("events", "DeleteRule", "name", rule.clone()),
            ("events", "RemoveTargets", "rule", rule),
            ("events", "PutRule", "name", own),
            ("events", "DisableRule", "name", of_organization),
            (
                "iam",
                "DeleteRolePolicy",
                "roleName",
                format!("StackSet-{name}-spoke-1f2e-ForwardRole-AB12"),
            ),
            (
                "iam",
                "UpdateAssumeRolePolicy",
                "roleName",
                format!("{name}-notifier-{}", names.region),
            ),
            (
                "iam",
                "PutRolePolicy",
                "roleName",
                format!("{name}-selfcheck-{}", names.region),
            ),
            (
                "cloudformation",
                "DeleteStack",
                "stackName",
                format!("StackSet-{name}-spoke-1f2e"),
            ),
            (
                "sqs",
                "PurgeQueue",
                "queueUrl",
                self.url(&format!("StackSet-{name}-spoke-1f2e-DeadLetterQueue-AB12")),
            ),
        ]
        .into_iter()
        .map(|(service, call, parameter, value)| {
            self.change(service, call, &json!({parameter: value}))
        })
        .collect()
    }

    /// What somebody does to what the organization and CloudTrail provide.
    pub(crate) fn of_organization(&self) -> Vec<Canonical> {
        [
            ("cloudtrail", "StopLogging", json!({"name": "all"})),
            ("organizations", "LeaveOrganization", Value::Null),
            ("organizations", "DetachPolicy", json!({"policyId": "p-1", "targetId": "r-1"})),
            (
                "organizations",
                "MoveAccount",
                json!({"accountId": self.account, "sourceParentId": "ou-1-2", "destinationParentId": "r-1"}),
            ),
            ("iam", "DisableOrganizationsRootSessions", Value::Null),
            ("account", "DisableRegion", json!({"regionName": "ap-east-1"})),
        ]
        .into_iter()
        .map(|(service, call, parameters)| self.change(service, call, &parameters))
        .collect()
    }

    /// What a deployment changes of the hub, and what may be hidden in it.
    pub(crate) fn hub_changes(&self, names: &Names) -> Vec<Canonical> {
        let bus = names.bus();
        [
            (
                "events",
                "PutRule",
                json!({"name": names.acts_rule(), "eventBusName": bus}),
            ),
            (
                "events",
                "PutTargets",
                json!({"rule": names.acts_rule(), "eventBusName": names.bus_arn()}),
            ),
            ("events", "PutPermission", json!({"eventBusName": bus})),
            (
                "events",
                "PutRule",
                json!({"name": names.hub_urgent_rule()}),
            ),
            (
                "events",
                "PutTargets",
                json!({"rule": names.hub_tampering_rule()}),
            ),
            ("events", "UpdateEventBus", json!({"name": bus})),
            (
                "sns",
                "SetTopicAttributes",
                json!({"topicArn": names.topic_arn(&names.alerts_topic())}),
            ),
            (
                "sqs",
                "SetQueueAttributes",
                json!({"queueUrl": self.url(&names.reads_queue())}),
            ),
            (
                "lambda",
                "UpdateFunctionConfiguration20150331v2",
                json!({"functionName": names.function()}),
            ),
            (
                "lambda",
                "CreateEventSourceMapping20150331",
                json!({"functionName": names.function_arn()}),
            ),
            (
                "lambda",
                "UpdateFunctionCode20150331v2",
                json!({"functionName": names.self_check()}),
            ),
            (
                "sns",
                "DeleteTopic",
                json!({"topicArn": names.topic_arn(&names.alerts_topic())}),
            ),
            (
                "logs",
                "DeleteLogGroup",
                json!({"logGroupName": names.log_group()}),
            ),
            (
                "logs",
                "DeleteLogGroup",
                json!({"logGroupName": names.self_check_log()}),
            ),
            (
                "monitoring",
                "PutMetricAlarm",
                json!({"alarmName": names.alarm("acts-waiting")}),
            ),
        ]
        .into_iter()
        .map(|(service, call, parameters)| self.change(service, call, &parameters))
        .collect()
    }

    /// What takes a part of the hub away.
    pub(crate) fn hub_losses(&self, names: &Names) -> Vec<Canonical> {
        let topic = names.topic_arn(&names.alerts_topic());
        let answered = json!({"uUID": "1", "functionArn": names.function_arn()});
        let mut all: Vec<Canonical> = [
            (
                "events",
                "DeleteRule",
                json!({"name": names.acts_rule(), "eventBusName": names.bus()}),
            ),
            (
                "events",
                "RemoveTargets",
                json!({"rule": names.reads_rule(), "eventBusName": names.bus_arn()}),
            ),
            (
                "events",
                "DisableRule",
                json!({"name": names.hub_tampering_rule()}),
            ),
            ("events", "DeleteEventBus", json!({"name": names.bus()})),
            (
                "sns",
                "SetSubscriptionAttributes",
                json!({"subscriptionArn": format!("{topic}:1-2")}),
            ),
            (
                "sqs",
                "PurgeQueue",
                json!({"queueUrl": self.url(&names.acts_queue())}),
            ),
            (
                "lambda",
                "DeleteFunction20150331",
                json!({"functionName": names.function()}),
            ),
            (
                "lambda",
                "PutFunctionConcurrency20171031",
                json!({"functionName": names.function_arn()}),
            ),
            (
                "lambda",
                "UpdateFunctionCode20150331v2",
                json!({"functionName": names.function()}),
            ),
            (
                "monitoring",
                "DisableAlarmActions",
                json!({"alarmNames": ["x", names.alarm("acts-waiting")]}),
            ),
        ]
        .into_iter()
        .map(|(service, call, parameters)| self.change(service, call, &parameters))
        .collect();
        for call in [
            "DeleteEventSourceMapping20150331",
            "UpdateEventSourceMapping20150331",
        ] {
            let mut it = self.change("lambda", call, &json!({"uUID": "1"}));
            it.event["detail"]["responseElements"] = answered.clone();
            all.push(it);
        }
        all
    }

    fn url(&self, queue: &str) -> String {
        let (region, account) = (&self.region, &self.account);
        format!("https://sqs.{region}.amazonaws.com/{account}/{queue}")
    }

    fn change(&self, service: &str, call: &str, parameters: &Value) -> Canonical {
        let mut event = self.api_call(service, call, Some(false), &self.administrator());
        event["detail"]["requestParameters"] = parameters.clone();
        canonical("a change of what alerts depend on", event)
    }
}
