//! Each resource of the hub as the provider has it. Pure.

use super::address::{addresses, arn, attribute, label};
use super::hcl::{Body, Expression};
use super::{Resource, alarm, ignoring};
use crate::export::address::{Addresses, role_key};
use crate::export::look::Look;
use crate::export::package_file;
use crate::export::part::{AnyRule, Part, subscribers};
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

/// What the provider needs to subscribe somebody, and does not read back.
const WHEN_SUBSCRIBING: [&str; 2] = ["confirmation_timeout_in_minutes", "endpoint_auto_confirms"];

/// All of the hub, in the order in which it is made.
pub(super) fn resources(look: &Look) -> Vec<Resource> {
    let parts: Vec<Part<'_>> = look.hub.iter().filter_map(Part::of).collect();
    let names = &look.names;
    let addresses = &addresses(names, &parts);
    let make = |part: &Part<'_>| {
        let maker = Maker {
            names,
            addresses,
            label: addresses.label(names, part),
        };
        maker.resources(part)
    };
    parts.iter().flat_map(make).collect()
}

/// Makes what one resource of the hub is in Terraform.
pub(super) struct Maker<'a> {
    names: &'a Names,
    addresses: &'a Addresses,
    label: String,
}

impl Maker<'_> {
    fn resources(&self, part: &Part<'_>) -> Vec<Resource> {
        match part {
            Part::Alarm(it) => vec![self.main(
                "aws_cloudwatch_metric_alarm",
                &it.name,
                alarm::body(self, it),
            )],
            Part::EventBus(it) => self.event_bus(it),
            Part::Function(it) => vec![self.function(it)],
            Part::LogGroup(it) => vec![self.log_group(it)],
            Part::Mapping(it) => self.mapping(it).into_iter().collect(),
            Part::Permission(it) => vec![self.permission(it)],
            Part::Queue(it) => vec![self.queue(it)],
            Part::Role(it) => self.role(it),
            Part::Rule(it) => self.rule(it),
            Part::Subscriptions(it) => self.subscriptions(it),
            Part::Topic(it) => vec![self.topic(it)],
        }
    }

    /// What has the label of this resource alone.
    fn main(&self, kind: &'static str, id: &str, body: Body) -> Resource {
        self.labelled(kind, &self.label, id, body)
    }

    fn labelled(&self, kind: &'static str, label: &str, id: &str, body: Body) -> Resource {
        Resource {
            kind,
            label: label.to_owned(),
            body,
            id: id.to_owned(),
        }
    }

    fn attribute(&self, key: &str, name: &str, text: &str) -> Expression {
        attribute(self.addresses, key, name, text)
    }

    fn arn(&self, of: &str) -> Expression {
        arn(self.addresses, of)
    }

    pub(super) fn arns(&self, all: &[String]) -> Expression {
        Expression::List(all.iter().map(|it| self.arn(it)).collect())
    }

    /// An attribute of what this made before under the same label.
    fn own(&self, kind: &str, attribute: &str) -> Expression {
        Expression::code(format!("{kind}.{}.{attribute}", self.label))
    }

    fn event_bus(&self, bus: &EventBus) -> Vec<Resource> {
        const BUS: &str = "aws_cloudwatch_event_bus";
        let body = Body::default()
            .set("name", json!(bus.name))
            .set("tags", json!(bus.tags));
        let policy = Body::default()
            .set("event_bus_name", self.own(BUS, "name"))
            .set("policy", document(&bus.policy));
        vec![
            self.main(BUS, &bus.name, body),
            self.main("aws_cloudwatch_event_bus_policy", &bus.name, policy),
        ]
    }

    fn function(&self, function: &Function) -> Resource {
        let role = role_key(function.role_name());
        let log = self
            .names
            .arn("logs", &format!("log-group:{}", function.log_group));
        let logging = Body::default().set("log_format", json!("Text")).set(
            "log_group",
            self.attribute(&log, "name", &function.log_group),
        );
        let file = package_file(&function.name);
        let body = Body::default()
            .set("function_name", json!(function.name))
            .set("description", json!(function.description))
            .set("role", self.attribute(&role, "arn", &function.role))
            .set(
                "filename",
                Expression::code(format!("\"${{path.module}}/{file}\"")),
            )
            .set("handler", json!(function.handler))
            .set("runtime", json!(function.runtime))
            .set("architectures", json!([function.architecture]))
            .set("memory_size", json!(function.memory_size))
            .set("timeout", json!(function.timeout))
            .set("tags", json!(function.tags))
            .block("logging_config", logging);
        let body = ignoring(
            body,
            "AWS does not say from which file the code is. Remove this block to deploy other code.",
            &["filename", "publish"],
        );
        self.main("aws_lambda_function", &function.name, body)
    }

    fn log_group(&self, group: &LogGroup) -> Resource {
        let body = Body::default()
            .set("name", json!(group.name))
            .set("retention_in_days", json!(group.retention_in_days))
            .set("kms_key_id", json!(group.kms_key))
            .set("tags", json!(group.tags));
        self.main("aws_cloudwatch_log_group", &group.name, body)
    }

    fn mapping(&self, mapping: &Mapping) -> Option<Resource> {
        let function = self
            .names
            .arn("lambda", &format!("function:{}", mapping.function));
        let answers = mapping
            .report_batch_item_failures
            .then_some(["ReportBatchItemFailures"]);
        let mut body = Body::default()
            .set("event_source_arn", self.arn(&mapping.queue_arn))
            .set("function_name", self.arn(&function))
            .set("batch_size", json!(mapping.batch_size))
            .set("enabled", json!(mapping.enabled))
            .set("function_response_types", json!(answers))
            .set(
                "maximum_batching_window_in_seconds",
                json!(mapping.maximum_batching_window),
            );
        if let Some(most) = mapping.maximum_concurrency {
            let scaling = Body::default().set("maximum_concurrency", json!(most));
            body = body.block("scaling_config", scaling);
        }
        let id = mapping.uuid.as_ref()?;
        Some(self.main("aws_lambda_event_source_mapping", id, body))
    }

    fn permission(&self, permission: &Permission) -> Resource {
        let statement = &permission.statement;
        let function = self
            .names
            .arn("lambda", &format!("function:{}", permission.function));
        let sid = permission.sid();
        let body = Body::default()
            .set("statement_id", json!(sid))
            .set("action", statement["Action"].clone())
            .set(
                "function_name",
                self.attribute(&function, "function_name", &permission.function),
            )
            .set("principal", statement["Principal"]["Service"].clone())
            .set("source_arn", self.arn(&permission.rule));
        let id = format!("{}/{sid}", permission.function);
        self.main("aws_lambda_permission", &id, body)
    }

    fn queue(&self, queue: &Queue) -> Resource {
        let redrive = queue.redrive.as_ref().map(|it| {
            let dead = self.arn(&it.dead_letter_target_arn);
            Expression::json(Expression::Object(vec![
                ("deadLetterTargetArn".into(), dead),
                ("maxReceiveCount".into(), json!(it.max_receive_count).into()),
            ]))
        });
        // SQS's own encryption is off by itself where there is a key.
        let own = queue.kms_key.is_none().then_some(queue.sqs_managed_sse);
        let body = Body::default()
            .set("name", json!(queue.name))
            .set(
                "message_retention_seconds",
                json!(queue.message_retention_period),
            )
            .set(
                "visibility_timeout_seconds",
                json!(queue.visibility_timeout),
            )
            .set("kms_master_key_id", json!(queue.kms_key))
            .set("sqs_managed_sse_enabled", json!(own))
            .set("redrive_policy", redrive.unwrap_or(Expression::Nothing))
            .set("policy", document(&queue.policy))
            .set("tags", json!(queue.tags));
        let body = ignoring(
            body,
            "New queues take messages of 1 MiB, which version 5 of the provider does not know.",
            &["max_message_size"],
        );
        let url = queue.url_in(self.names);
        self.main("aws_sqs_queue", &url, body)
    }

    fn role(&self, role: &Role) -> Vec<Resource> {
        const ROLE: &str = "aws_iam_role";
        let path = Some(&role.path).filter(|it| *it != "/");
        let body = Body::default()
            .set("name", json!(role.name))
            .set("path", json!(path))
            .set("description", json!(role.description))
            .set("assume_role_policy", document(&role.trust))
            .set("permissions_boundary", json!(role.permissions_boundary))
            .set("tags", json!(role.tags));
        let policy = Body::default()
            .set("name", json!(role.policy_name))
            .set("role", self.own(ROLE, "name"))
            .set("policy", document(&role.inline_policy));
        let id = format!("{}:{}", role.name, role.policy_name);
        vec![
            self.main(ROLE, &role.name, body),
            self.main("aws_iam_role_policy", &id, policy),
        ]
    }

    fn rule(&self, rule: &AnyRule<'_>) -> Vec<Resource> {
        let bus = self.names.arn("events", &format!("event-bus/{}", rule.bus));
        let bus = match rule.bus {
            DEFAULT_BUS => Expression::Nothing,
            name => self.attribute(&bus, "name", name),
        };
        let pattern = rule.pattern.cloned().map(Expression::json);
        let body = Body::default()
            .set("name", json!(rule.name))
            .set("event_bus_name", bus.clone())
            .set("description", json!(rule.description))
            .set("event_pattern", pattern.unwrap_or(Expression::Nothing))
            .set("schedule_expression", json!(rule.schedule))
            .set("state", json!(rule.state))
            .set("tags", json!(rule.tags));
        let id = format!("{}/{}", rule.bus, rule.name);
        let targets = rule.targets.iter();
        let targets = targets.map(|(id, target)| self.target(rule, &bus, id, target));
        let rule = self.main("aws_cloudwatch_event_rule", &id, body);
        [rule].into_iter().chain(targets).collect()
    }

    fn target(&self, rule: &AnyRule<'_>, bus: &Expression, id: &str, target: &Target) -> Resource {
        let mut body = Body::default()
            .set("rule", self.own("aws_cloudwatch_event_rule", "name"))
            .set("event_bus_name", bus.clone())
            .set("target_id", json!(id))
            .set("arn", self.arn(&target.arn))
            .set("role_arn", json!(target.role));
        let tries = json!({
            "maximum_event_age_in_seconds": target.maximum_event_age,
            "maximum_retry_attempts": target.maximum_retry_attempts,
        });
        if target.maximum_event_age.is_some() || target.maximum_retry_attempts.is_some() {
            let tries = ["maximum_event_age_in_seconds", "maximum_retry_attempts"]
                .into_iter()
                .fold(Body::default(), |body, name| {
                    body.set(name, tries[name].clone())
                });
            body = body.block("retry_policy", tries);
        }
        if let Some(queue) = &target.dead_letter_queue {
            let dead = Body::default().set("arn", self.arn(queue));
            body = body.block("dead_letter_config", dead);
        }
        let label = match rule.targets.len() {
            1 => self.label.clone(),
            _ => label("", &format!("{}_{id}", self.label)),
        };
        let id = format!("{}/{}/{id}", rule.bus, rule.name);
        self.labelled("aws_cloudwatch_event_target", &label, &id, body)
    }

    fn subscriptions(&self, all: &Subscriptions) -> Vec<Resource> {
        let topic = label(&self.names.deployment, &all.name);
        let each = subscribers(all).enumerate();
        each.map(|(at, it)| {
            let subscription = it.subscription;
            let hidden = it.without_secret();
            let address = hidden.as_ref().unwrap_or(&subscription.endpoint);
            let body = Body::default()
                .set("topic_arn", self.arn(&all.topic_arn))
                .set("protocol", json!(subscription.protocol))
                .set("endpoint", json!(address));
            let body = match hidden {
                None => ignoring(
                    body,
                    "Of use only where Terraform subscribes somebody.",
                    &WHEN_SUBSCRIBING,
                ),
                Some(_) => ignoring(
                    body,
                    "The path of the address is left out, since it may hold a key.",
                    &[&["endpoint"][..], &WHEN_SUBSCRIBING].concat(),
                ),
            };
            let label = format!("{topic}_{}", at + 1);
            self.labelled("aws_sns_topic_subscription", &label, it.arn, body)
        })
        .collect()
    }

    fn topic(&self, topic: &Topic) -> Resource {
        let body = Body::default()
            .set("name", json!(topic.name))
            .set("kms_master_key_id", json!(topic.kms_master_key_id))
            .set("policy", document(&topic.policy))
            .set("tags", json!(topic.tags));
        self.main("aws_sns_topic", &topic.arn, body)
    }
}

/// A policy as it is deployed.
fn document(policy: &Policy) -> Expression {
    let document: Value = serde_json::from_str(&policy.document()).unwrap_or_default();
    Expression::json(document)
}
