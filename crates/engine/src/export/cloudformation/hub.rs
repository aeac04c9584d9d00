//! Each resource of the hub as its CloudFormation type has it. Pure.

use super::parameters::Parameters;
use super::{Resource, alarm, tags};
use crate::export::address::{Address, Addresses, role_key};
use crate::export::look::Look;
use crate::export::package_file;
use crate::export::part::{AnyRule, Part, short, subscribers};
use crate::hub::alarm::Alarm;
use crate::hub::event_bus::EventBus;
use crate::hub::function::Function;
use crate::hub::log_group::LogGroup;
use crate::hub::mapping::Mapping;
use crate::hub::queue::Queue;
use crate::hub::role::Role;
use crate::hub::rule::DEFAULT_BUS;
use crate::hub::self_check::permission::Permission;
use crate::hub::subscriptions::Subscriptions;
use crate::hub::targets::Target;
use crate::hub::topic::Topic;
use crate::names::Names;
use rootwatch_eval::Policy;
use serde_json::{Value, json};

/// All of the hub, in the order in which it is made.
pub(super) fn resources(look: &Look, parameters: &mut Parameters) -> Vec<Resource> {
    let parts: Vec<Part<'_>> = look.hub.iter().filter_map(Part::of).collect();
    let names = &look.names;
    let addresses = Addresses::of(names, &parts, "", |part| {
        Some(Address {
            space: "",
            label: logical_id(&names.deployment, part),
        })
    });
    let mut all = Vec::new();
    for part in &parts {
        let mut maker = Maker {
            names,
            addresses: &addresses,
            id: addresses.label(names, part),
            parameters: &mut *parameters,
        };
        all.extend(maker.resources(part));
    }
    all
}

/// `ActsQueue`: what it is called without what all begin with, and what it is.
fn logical_id(deployment: &str, part: &Part<'_>) -> String {
    let (name, kind) = match part {
        Part::Alarm(it) => (it.name.as_str(), "Alarm"),
        Part::EventBus(it) => (it.name.as_str(), "Bus"),
        Part::Function(it) => (it.name.as_str(), "Function"),
        Part::LogGroup(it) => (it.name.as_str(), "Log"),
        Part::Mapping(it) => (it.name.as_str(), "Mapping"),
        Part::Permission(it) => (it.function.as_str(), "Permission"),
        Part::Queue(it) => (it.name.as_str(), "Queue"),
        Part::Role(it) => (it.name.as_str(), "Role"),
        Part::Rule(it) => (it.name, "Rule"),
        Part::Subscriptions(it) => (it.name.as_str(), "Subscription"),
        Part::Topic(it) => (it.name.as_str(), "Topic"),
    };
    let name = short(deployment, name);
    let words = name.split(|it: char| !it.is_ascii_alphanumeric());
    let word = |word: &str| {
        let mut letters = word.chars();
        let first = letters.next().map(|it| it.to_ascii_uppercase());
        first.into_iter().chain(letters).collect::<String>()
    };
    let words: String = words.map(word).collect();
    format!("{words}{kind}")
}

/// Makes what one resource of the hub is in CloudFormation.
struct Maker<'a> {
    names: &'a Names,
    addresses: &'a Addresses,
    id: String,
    parameters: &'a mut Parameters,
}

impl Maker<'_> {
    fn resources(&mut self, part: &Part<'_>) -> Vec<Resource> {
        match part {
            Part::Alarm(it) => vec![self.alarm(it)],
            Part::EventBus(it) => vec![self.event_bus(it)],
            Part::Function(it) => vec![self.function(it)],
            Part::LogGroup(it) => vec![self.log_group(it)],
            Part::Mapping(it) => self.mapping(it).into_iter().collect(),
            Part::Permission(it) => vec![self.permission(it)],
            Part::Queue(it) => self.queue(it),
            Part::Role(it) => vec![self.role(it)],
            Part::Rule(it) => vec![self.rule(it)],
            Part::Subscriptions(it) => self.subscriptions(it),
            Part::Topic(it) => self.topic(it),
        }
    }

    fn main(
        &self,
        kind: &'static str,
        (name, id): (&'static str, &str),
        properties: Value,
    ) -> Resource {
        Resource::new(self.id.clone(), kind, &[(name, id)], properties)
    }

    /// The policy of a queue or a topic, which is a resource of its own.
    fn policy(
        &self,
        kind: &'static str,
        (name, id): (&'static str, &str),
        policy: &Policy,
    ) -> Resource {
        let properties = json!({name: {"Ref": self.id}, "PolicyDocument": document(policy)});
        Resource::new(
            format!("{}Policy", self.id),
            kind,
            &[(name, id)],
            properties,
        )
    }

    /// What a resource of the template is, by its key; the text where the template does not have it.
    fn value(&self, key: &str, attribute: Option<&str>, text: &str) -> Value {
        match (self.addresses.get(key), attribute) {
            (None, _) => text.into(),
            (Some(it), None) => json!({"Ref": it.label}),
            (Some(it), Some(attribute)) => json!({"Fn::GetAtt": [it.label, attribute]}),
        }
    }

    fn arn(&self, arn: &str) -> Value {
        // The name of a topic in a template is its ARN.
        let attribute = match arn.contains(":sns:") {
            true => None,
            false => Some("Arn"),
        };
        self.value(arn, attribute, arn)
    }

    fn alarm(&self, alarm: &Alarm) -> Resource {
        let arns = |all: &[String]| all.iter().map(|it| self.arn(it)).collect::<Value>();
        let mut properties = alarm::properties(alarm);
        properties["AlarmActions"] = arns(&alarm.alarm_actions);
        properties["OKActions"] = arns(&alarm.ok_actions);
        let id = ("AlarmName", alarm.name.as_str());
        self.main("AWS::CloudWatch::Alarm", id, properties)
    }

    fn event_bus(&self, bus: &EventBus) -> Resource {
        let properties = json!({
            "Name": bus.name,
            "Policy": document(&bus.policy),
            "Tags": tags(&bus.tags),
        });
        self.main("AWS::Events::EventBus", ("Name", &bus.name), properties)
    }

    fn function(&mut self, function: &Function) -> Resource {
        let role = role_key(function.role_name());
        let log = self
            .names
            .arn("logs", &format!("log-group:{}", function.log_group));
        let properties = json!({
            "FunctionName": function.name,
            "Description": function.description,
            "Role": self.value(&role, Some("Arn"), &function.role),
            "Code": {"S3Bucket": self.parameters.bucket(), "S3Key": package_file(&function.name)},
            "Handler": function.handler,
            "Runtime": function.runtime,
            "Architectures": [function.architecture],
            "MemorySize": function.memory_size,
            "Timeout": function.timeout,
            "LoggingConfig": {
                "LogFormat": "Text",
                "LogGroup": self.value(&log, None, &function.log_group),
            },
            "Tags": tags(&function.tags),
        });
        self.main(
            "AWS::Lambda::Function",
            ("FunctionName", &function.name),
            properties,
        )
    }

    fn log_group(&self, group: &LogGroup) -> Resource {
        let properties = json!({
            "LogGroupName": group.name,
            "RetentionInDays": group.retention_in_days,
            "KmsKeyId": group.kms_key,
            "Tags": tags(&group.tags),
        });
        self.main(
            "AWS::Logs::LogGroup",
            ("LogGroupName", &group.name),
            properties,
        )
    }

    fn mapping(&self, mapping: &Mapping) -> Option<Resource> {
        let function = self
            .names
            .arn("lambda", &format!("function:{}", mapping.function));
        let answers = mapping
            .report_batch_item_failures
            .then_some(["ReportBatchItemFailures"]);
        let scaling = mapping
            .maximum_concurrency
            .map(|it| json!({"MaximumConcurrency": it}));
        let properties = json!({
            "EventSourceArn": self.arn(&mapping.queue_arn),
            "FunctionName": self.value(&function, None, &mapping.function),
            "BatchSize": mapping.batch_size,
            "Enabled": mapping.enabled,
            "FunctionResponseTypes": answers,
            "MaximumBatchingWindowInSeconds": mapping.maximum_batching_window,
            "ScalingConfig": scaling,
        });
        let id = mapping.uuid.as_ref()?;
        Some(self.main("AWS::Lambda::EventSourceMapping", ("Id", id), properties))
    }

    fn permission(&self, permission: &Permission) -> Resource {
        let statement = &permission.statement;
        let function = self
            .names
            .arn("lambda", &format!("function:{}", permission.function));
        let properties = json!({
            "FunctionName": self.value(&function, None, &permission.function),
            "Action": statement["Action"],
            "Principal": statement["Principal"]["Service"],
            "SourceArn": self.arn(&permission.rule),
        });
        let identifiers = [
            ("FunctionName", permission.function.as_str()),
            ("Id", permission.sid()),
        ];
        Resource::new(
            self.id.clone(),
            "AWS::Lambda::Permission",
            &identifiers,
            properties,
        )
    }

    fn queue(&self, queue: &Queue) -> Vec<Resource> {
        let redrive = queue.redrive.as_ref().map(|it| {
            json!({
                "deadLetterTargetArn": self.arn(&it.dead_letter_target_arn),
                "maxReceiveCount": it.max_receive_count,
            })
        });
        let own = queue.kms_key.is_none().then_some(queue.sqs_managed_sse);
        let properties = json!({
            "QueueName": queue.name,
            "MessageRetentionPeriod": queue.message_retention_period,
            "VisibilityTimeout": queue.visibility_timeout,
            "KmsMasterKeyId": queue.kms_key,
            "SqsManagedSseEnabled": own,
            "RedrivePolicy": redrive,
            "Tags": tags(&queue.tags),
        });
        let url = queue.url_in(self.names);
        vec![
            self.main("AWS::SQS::Queue", ("QueueUrl", &url), properties),
            self.policy(
                "AWS::SQS::QueueInlinePolicy",
                ("Queue", &url),
                &queue.policy,
            ),
        ]
    }

    fn role(&self, role: &Role) -> Resource {
        let properties = json!({
            "RoleName": role.name,
            "Path": role.path,
            "Description": role.description,
            "AssumeRolePolicyDocument": document(&role.trust),
            "PermissionsBoundary": role.permissions_boundary,
            "Policies": [{"PolicyName": role.policy_name, "PolicyDocument": document(&role.inline_policy)}],
            "Tags": tags(&role.tags),
        });
        self.main("AWS::IAM::Role", ("RoleName", &role.name), properties)
    }

    fn rule(&self, rule: &AnyRule<'_>) -> Resource {
        let bus = self.names.arn("events", &format!("event-bus/{}", rule.bus));
        let bus = match rule.bus {
            DEFAULT_BUS => Value::Null,
            name => self.value(&bus, None, name),
        };
        let targets = rule.targets.iter();
        let properties = json!({
            "Name": rule.name,
            "EventBusName": bus,
            "Description": rule.description,
            "EventPattern": rule.pattern,
            "ScheduleExpression": rule.schedule,
            "State": rule.state,
            "Targets": targets.map(|(id, it)| self.target(id, it)).collect::<Value>(),
            "Tags": tags(rule.tags),
        });
        self.main("AWS::Events::Rule", ("Arn", rule.arn), properties)
    }

    fn target(&self, id: &str, target: &Target) -> Value {
        let mut properties = json!({"Id": id, "Arn": self.arn(&target.arn)});
        if let Some(role) = &target.role {
            properties["RoleArn"] = json!(role);
        }
        if let Some(queue) = &target.dead_letter_queue {
            properties["DeadLetterConfig"] = json!({"Arn": self.arn(queue)});
        }
        let tries = [
            ("MaximumEventAgeInSeconds", target.maximum_event_age),
            ("MaximumRetryAttempts", target.maximum_retry_attempts),
        ];
        for (name, value) in tries {
            if let Some(value) = value {
                properties["RetryPolicy"][name] = json!(value);
            }
        }
        properties
    }

    fn subscriptions(&mut self, all: &Subscriptions) -> Vec<Resource> {
        let topic = self.arn(&all.topic_arn);
        let mut made = Vec::new();
        for (at, it) in subscribers(all).enumerate() {
            let id = format!("{}{}", self.id, at + 1);
            let address = match it.without_secret() {
                Some(hidden) => self.parameters.address(&id, &hidden),
                None => json!(it.subscription.endpoint),
            };
            let properties = json!({
                "TopicArn": topic,
                "Protocol": it.subscription.protocol,
                "Endpoint": address,
            });
            made.push(Resource::new(
                id,
                "AWS::SNS::Subscription",
                &[("Arn", it.arn)],
                properties,
            ));
        }
        made
    }

    fn topic(&self, topic: &Topic) -> Vec<Resource> {
        let properties = json!({
            "TopicName": topic.name,
            "KmsMasterKeyId": topic.kms_master_key_id,
            "Tags": tags(&topic.tags),
        });
        vec![
            self.main("AWS::SNS::Topic", ("TopicArn", &topic.arn), properties),
            self.policy(
                "AWS::SNS::TopicInlinePolicy",
                ("TopicArn", &topic.arn),
                &topic.policy,
            ),
        ]
    }
}

/// A policy as it is deployed.
fn document(policy: &Policy) -> Value {
    serde_json::from_str(&policy.document()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    #[test]
    fn a_logical_id_says_what_it_is() {
        let topic = |name: &str| Topic {
            name: name.into(),
            ..Topic::default()
        };
        let id = |name: &str| logical_id("root", &Part::Topic(&topic(name)));
        assert_eq!(id("root-hub-urgent"), "HubUrgentTopic");
        assert_eq!(id("other_one"), "OtherOneTopic");
        assert!(tags(&BTreeMap::new()).as_array().is_some_and(Vec::is_empty));
    }
}
