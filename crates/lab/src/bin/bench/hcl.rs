//! The hub that `rootwatch plan hub --output json` describes, as a Terraform configuration in JSON.
//!
//! Made from the plan, so that both tools make the same hub: `rootwatch plan hub` finds nothing to change in it.

use anyhow::{Context as _, Result, bail};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::path::Path;

/// Provider version that the benchmark is written for.
const PROVIDER: &str = "5.100.0";

/// A Terraform resource: its type, its name in the configuration, and its arguments.
struct Block {
    kind: &'static str,
    name: String,
    arguments: Value,
}

impl Block {
    fn new(kind: &'static str, name: &str, arguments: Value) -> Self {
        let name = name.replace(|c: char| !c.is_ascii_alphanumeric(), "_");
        Self {
            kind,
            name,
            arguments,
        }
    }

    fn address(&self) -> String {
        format!("{}.{}", self.kind, self.name)
    }
}

/// A configuration with the provider and nothing else but who calls: what any run costs.
pub(crate) fn empty() -> Value {
    json!({
        "terraform": {"required_providers": {"aws": {"source": "hashicorp/aws", "version": PROVIDER}}},
        "provider": {"aws": {}},
        "data": {"aws_caller_identity": {"it": {}}},
    })
}

/// The deployment packages of the functions.
#[derive(Clone, Copy)]
pub(crate) struct Packages<'a> {
    pub(crate) notifier: &'a Path,
    pub(crate) self_check: &'a Path,
}

/// The hub of a plan.
///
/// # Errors
/// When the plan has a kind of resource that this does not know.
pub(crate) fn hub(plan: &Value, packages: Packages<'_>) -> Result<Value> {
    let place = Place::of(plan, packages)?;
    let mut addresses: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut resources = Map::new();
    for step in plan["steps"].as_array().context("a plan without steps")? {
        let (blocks, id) = (place.blocks(step)?, text(&step["resource"]));
        let needs = step["needs"].as_array().into_iter().flatten();
        let needed: Vec<String> = needs
            .filter_map(|need| addresses.get(&text(need)))
            .flatten()
            .cloned()
            .collect();
        for mut block in blocks {
            let own = addresses.entry(id.clone()).or_default();
            let waits: Vec<&String> = needed.iter().chain(own.iter()).collect();
            block.arguments["depends_on"] = json!(waits);
            own.push(block.address());
            let kind = resources.entry(block.kind).or_insert(json!({}));
            kind[block.name.as_str()] = without_nothing(block.arguments);
        }
    }
    let mut configuration = empty();
    configuration["resource"] = Value::Object(resources);
    Ok(configuration)
}

/// The settings in the deployment package of the function whose name ends like this, as text.
pub(crate) fn settings(plan: &Value, function: &str) -> Option<String> {
    let mut steps = plan["steps"].as_array()?.iter();
    let is_it =
        |resource: String| resource.starts_with("function ") && resource.ends_with(function);
    let function = steps.find(|step| is_it(text(&step["resource"])))?;
    let settings = Fields::of(function).get("settings");
    serde_json::to_string_pretty(&settings).ok()
}

/// What the names in a plan stand for.
struct Place<'a> {
    account: String,
    region: String,
    bus: String,
    packages: Packages<'a>,
}

impl<'a> Place<'a> {
    fn of(plan: &Value, packages: Packages<'a>) -> Result<Self> {
        let bus = text(&plan["event_bus"]);
        Ok(Self {
            account: text(&plan["account"]),
            region: text(&plan["region"]),
            bus: bus.rsplit('/').next().context("no event bus")?.to_owned(),
            packages,
        })
    }

    fn arn(&self, service: &str, name: &str) -> String {
        format!("arn:aws:{service}:{}:{}:{name}", self.region, self.account)
    }

    /// The Terraform resources that make what a step makes, in order.
    fn blocks(&self, step: &Value) -> Result<Vec<Block>> {
        let resource = text(&step["resource"]);
        let (kind, name) = resource
            .split_once(' ')
            .context("a resource without name")?;
        let fields = Fields::of(step);
        Ok(match kind {
            "log-group" => vec![log_group(name, &fields)],
            "topic" => vec![topic(name, &fields)],
            "queue" => vec![queue(name, &fields)],
            "role" => role(name, &fields),
            "event-bus" => event_bus(name, &fields),
            "function" => vec![self.function(name, &fields)],
            "event-source-mapping" => vec![self.mapping(name, &fields)],
            "permission" => vec![permission(name, &fields)?],
            "rule" => self.rule(name, &fields, self.bus_of(step)),
            "subscriptions" => self.subscriptions(name, &fields),
            "alarm" => vec![alarm(name, &fields)],
            other => bail!("no Terraform resource is known for {other}"),
        })
    }

    fn function(&self, name: &str, fields: &Fields<'_>) -> Block {
        Block::new(
            "aws_lambda_function",
            name,
            json!({
                "function_name": name,
                "filename": match is_of_self_check(name) {
                    true => self.packages.self_check,
                    false => self.packages.notifier,
                },
                "source_code_hash": fields.get("code_sha256"),
                "architectures": [fields.get("architecture")],
                "description": fields.get("description"),
                "handler": fields.get("handler"),
                "logging_config": {"log_format": "Text", "log_group": fields.get("log_group")},
                "memory_size": fields.get("memory_size"),
                "role": fields.get("role"),
                "runtime": fields.get("runtime"),
                "tags": fields.get("tags"),
                "timeout": fields.get("timeout"),
            }),
        )
    }

    fn mapping(&self, name: &str, fields: &Fields<'_>) -> Block {
        let reports = fields.get("report_batch_item_failures") == json!(true);
        Block::new(
            "aws_lambda_event_source_mapping",
            name,
            json!({
                "event_source_arn": self.arn("sqs", name),
                "function_name": format!("{}-notifier", self.bus),
                "batch_size": fields.get("batch_size"),
                "enabled": fields.get("enabled"),
                "function_response_types": reports.then_some(["ReportBatchItemFailures"]),
                "maximum_batching_window_in_seconds": fields.get("maximum_batching_window"),
                "scaling_config": {"maximum_concurrency": fields.get("maximum_concurrency")},
            }),
        )
    }

    /// A rule on the hub's bus needs that bus; others are on the default bus.
    fn bus_of(&self, step: &Value) -> &str {
        let mut needs = step["needs"].as_array().into_iter().flatten();
        match needs.any(|it| text(it).starts_with("event-bus ")) {
            true => &self.bus,
            false => "default",
        }
    }

    fn rule(&self, name: &str, fields: &Fields<'_>, bus: &str) -> Vec<Block> {
        // One by the clock has no pattern.
        let schedule = fields.get("schedule");
        let pattern = match schedule.is_null() {
            true => json!(fields.get("event_pattern").to_string()),
            false => Value::Null,
        };
        let rule = json!({
            "name": name,
            "event_bus_name": bus,
            "description": fields.get("description"),
            "event_pattern": pattern,
            "schedule_expression": schedule,
            "state": fields.get("state"),
            "tags": fields.get("tags"),
        });
        let mut blocks = vec![Block::new(
            "aws_cloudwatch_event_rule",
            name,
            without_nothing(rule),
        )];
        let targets = fields.get("targets");
        for (id, target) in targets.as_object().into_iter().flatten() {
            let is_sent_as_it_is = target["dead_letter_queue"].is_null();
            let target = json!({
                "rule": name,
                "event_bus_name": bus,
                "target_id": id,
                "arn": target["arn"],
                "dead_letter_config": (!is_sent_as_it_is).then(|| json!({"arn": target["dead_letter_queue"]})),
                "retry_policy": (!is_sent_as_it_is).then(|| json!({
                    "maximum_event_age_in_seconds": target["maximum_event_age"],
                    "maximum_retry_attempts": target["maximum_retry_attempts"],
                })),
            });
            let target = without_nothing(target);
            blocks.push(Block::new("aws_cloudwatch_event_target", name, target));
        }
        blocks
    }

    fn subscriptions(&self, topic: &str, fields: &Fields<'_>) -> Vec<Block> {
        let wanted = fields.get("subscriptions");
        let wanted = wanted.as_object().into_iter().flatten();
        wanted
            .filter_map(|(it, _)| it.split_once(' '))
            .map(|(protocol, endpoint)| {
                let arguments = json!({
                    "topic_arn": self.arn("sns", topic),
                    "protocol": protocol,
                    "endpoint": endpoint,
                });
                let name = format!("{topic}_{endpoint}");
                Block::new("aws_sns_topic_subscription", &name, arguments)
            })
            .collect()
    }
}

/// Whether a function or role is the self-check's.
fn is_of_self_check(name: &str) -> bool {
    name.ends_with("-selfcheck") || name.contains("-selfcheck-")
}

/// Its name is that of the function and of the statement.
fn permission(name: &str, fields: &Fields<'_>) -> Result<Block> {
    let (function, sid) = name
        .split_once(' ')
        .context("a permission without function")?;
    let statement = fields.get("statement");
    let arguments = json!({
        "function_name": function,
        "statement_id": sid,
        "action": statement["Action"],
        "principal": statement["Principal"]["Service"],
        "source_arn": statement["Condition"]["ArnLike"]["AWS:SourceArn"],
    });
    Ok(Block::new("aws_lambda_permission", name, arguments))
}

fn log_group(name: &str, fields: &Fields<'_>) -> Block {
    let arguments = json!({
        "name": name,
        "retention_in_days": fields.get("retention_in_days"),
        "tags": fields.get("tags"),
    });
    Block::new("aws_cloudwatch_log_group", name, arguments)
}

fn topic(name: &str, fields: &Fields<'_>) -> Block {
    let arguments = json!({
        "name": name,
        "kms_master_key_id": fields.get("kms_master_key_id"),
        "policy": fields.policy("policy"),
        "tags": fields.get("tags"),
    });
    Block::new("aws_sns_topic", name, arguments)
}

fn queue(name: &str, fields: &Fields<'_>) -> Block {
    let redrive = fields.get("redrive");
    let redrive = redrive.is_object().then(|| {
        json!({
            "deadLetterTargetArn": redrive["dead_letter_target_arn"],
            "maxReceiveCount": redrive["max_receive_count"],
        })
        .to_string()
    });
    let arguments = json!({
        "name": name,
        "message_retention_seconds": fields.get("message_retention_period"),
        "policy": fields.policy("policy"),
        "redrive_policy": redrive,
        "sqs_managed_sse_enabled": fields.get("sqs_managed_sse"),
        "tags": fields.get("tags"),
        "visibility_timeout_seconds": fields.get("visibility_timeout"),
    });
    Block::new("aws_sqs_queue", name, arguments)
}

fn role(name: &str, fields: &Fields<'_>) -> Vec<Block> {
    let role = json!({
        "name": name,
        "description": fields.get("description"),
        "assume_role_policy": fields.policy("trust"),
        "tags": fields.get("tags"),
    });
    let inline = match is_of_self_check(name) {
        true => "selfcheck",
        false => "notifier",
    };
    let policy = json!({"name": inline, "role": name, "policy": fields.policy("inline_policy")});
    vec![
        Block::new("aws_iam_role", name, role),
        Block::new("aws_iam_role_policy", name, policy),
    ]
}

fn event_bus(name: &str, fields: &Fields<'_>) -> Vec<Block> {
    let policy = json!({"event_bus_name": name, "policy": fields.policy("policy")});
    vec![
        Block::new(
            "aws_cloudwatch_event_bus",
            name,
            json!({"name": name, "tags": fields.get("tags")}),
        ),
        Block::new("aws_cloudwatch_event_bus_policy", name, policy),
    ]
}

fn alarm(name: &str, fields: &Fields<'_>) -> Block {
    let mut arguments = json!({
        "alarm_name": name,
        "actions_enabled": fields.get("actions_enabled"),
        "alarm_actions": fields.get("alarm_actions"),
        "alarm_description": fields.get("description"),
        "comparison_operator": fields.get("comparison"),
        "datapoints_to_alarm": fields.get("datapoints_to_alarm"),
        "evaluation_periods": fields.get("evaluation_periods"),
        "ok_actions": fields.get("ok_actions"),
        "tags": fields.get("tags"),
        "threshold": fields.get("threshold"),
        "treat_missing_data": fields.get("treat_missing_data"),
    });
    let mut metric = json!({
        "dimensions": fields.get("dimensions"),
        "metric_name": fields.get("metric"),
        "namespace": fields.get("namespace"),
        "period": fields.get("period"),
    });
    let statistic = fields.get("statistic");
    if fields.get("expression").is_null() {
        metric["statistic"] = statistic;
        let all = arguments.as_object_mut().into_iter();
        let more = metric.as_object().cloned().unwrap_or_default();
        all.for_each(|all| all.extend(more.clone()));
    } else {
        metric["stat"] = statistic;
        arguments["metric_query"] = json!([
            {"id": "m1", "metric": metric, "return_data": false},
            {"id": "e1", "expression": fields.get("expression"), "return_data": true},
        ]);
    }
    Block::new("aws_cloudwatch_metric_alarm", name, arguments)
}

/// The fields that a step sets.
struct Fields<'a>(BTreeMap<&'a str, &'a Value>);

impl<'a> Fields<'a> {
    fn of(step: &'a Value) -> Self {
        let fields = step["fields"].as_array().into_iter().flatten();
        Self(
            fields
                .filter_map(|field| Some((field["field"].as_str()?, &field["new"])))
                .collect(),
        )
    }

    fn get(&self, name: &str) -> Value {
        self.0.get(name).map_or(Value::Null, |it| (*it).clone())
    }

    /// A policy as a document.
    fn policy(&self, name: &str) -> String {
        let statements = self.get(name);
        let statements = statements.as_object().into_iter().flatten();
        let statements: Vec<Value> = statements
            .map(|(sid, statement)| {
                let mut statement = statement.clone();
                statement["Sid"] = json!(sid);
                statement
            })
            .collect();
        json!({"Version": "2012-10-17", "Statement": statements}).to_string()
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// Arguments that are not set are left to the provider.
fn without_nothing(arguments: Value) -> Value {
    match arguments {
        Value::Object(fields) => fields
            .into_iter()
            .filter(|(_, value)| !value.is_null())
            .collect::<Map<_, _>>()
            .into(),
        other => other,
    }
}
