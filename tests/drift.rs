//! One row for each property: what changes behind rootwatch's back, how the plan says it, and the writes that mend it.

use crate::world::{PERSON, REGION, Ran, World};
use aws_sdk_cloudwatch::operation::put_metric_alarm::builders::PutMetricAlarmFluentBuilder as PutAlarm;
use aws_sdk_cloudwatch::types as alarm;
use aws_sdk_eventbridge::operation::put_rule::builders::PutRuleFluentBuilder as PutRule;
use aws_sdk_eventbridge::types as events;
use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types as lambda;
use aws_sdk_sqs::types::QueueAttributeName;
use rootwatch_lab::Late;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::pin::Pin;

const BUS: &str = "rootwatch";
const RULE: &str = "rootwatch-acts";
const FUNCTION: &str = "rootwatch-notifier";
const LOGS: &str = "/aws/lambda/rootwatch-notifier";
const ALARM: &str = "rootwatch-dead-letters";
const ROLE: &str = "rootwatch-notifier-eu-west-1";
const SETTINGS: [&str; 6] = ["hub", "--email", PERSON, "--tag", "team=security", "--yes"];

/// What a row does to the hub.
type Drift<'a> = Pin<Box<dyn Future<Output = ()> + 'a>>;

struct Row<'a> {
    resource: String,
    /// The path that the plan names; nothing when the resource is gone as a whole.
    field: Option<&'static str>,
    /// The writes that mend it, in order.
    writes: &'static [&'static str],
    drift: Drift<'a>,
}

impl<'a> Row<'a> {
    fn new(
        resource: &str,
        field: &'static str,
        writes: &'static [&'static str],
        drift: impl Future<Output = ()> + 'a,
    ) -> Self {
        Self {
            resource: resource.to_owned(),
            field: Some(field),
            writes,
            drift: Box::pin(drift),
        }
    }

    fn gone(
        resource: &str,
        writes: &'static [&'static str],
        drift: impl Future<Output = ()> + 'a,
    ) -> Self {
        Self {
            field: None,
            ..Self::new(resource, "", writes, drift)
        }
    }
}

/// Somebody else with the rights to change all of it.
pub(crate) struct Intruder {
    pub(crate) hub: String,
    pub(crate) alarms: aws_sdk_cloudwatch::Client,
    pub(crate) events: aws_sdk_eventbridge::Client,
    pub(crate) iam: aws_sdk_iam::Client,
    pub(crate) lambda: aws_sdk_lambda::Client,
    pub(crate) logs: aws_sdk_cloudwatchlogs::Client,
    pub(crate) sns: aws_sdk_sns::Client,
    pub(crate) sqs: aws_sdk_sqs::Client,
}

impl Intruder {
    pub(crate) fn new(world: &World) -> Self {
        let hub = world.organization.hub.clone();
        let sdk = world.sdk(&hub, REGION);
        Self {
            hub,
            alarms: aws_sdk_cloudwatch::Client::new(&sdk),
            events: aws_sdk_eventbridge::Client::new(&sdk),
            iam: aws_sdk_iam::Client::new(&sdk),
            lambda: aws_sdk_lambda::Client::new(&sdk),
            logs: aws_sdk_cloudwatchlogs::Client::new(&sdk),
            sns: aws_sdk_sns::Client::new(&sdk),
            sqs: aws_sdk_sqs::Client::new(&sdk),
        }
    }

    pub(crate) fn arn(&self, service: &str, resource: &str) -> String {
        format!("arn:aws:{service}:{REGION}:{}:{resource}", self.hub)
    }

    pub(crate) fn rule_arn(&self) -> String {
        self.arn("events", &format!("rule/{BUS}/{RULE}"))
    }

    pub(crate) async fn queue_url(&self, queue: &str) -> String {
        let answer = self.sqs.get_queue_url().queue_name(queue).send().await;
        answer.unwrap().queue_url.unwrap()
    }

    pub(crate) async fn set_queue(&self, queue: &str, name: QueueAttributeName, value: &str) {
        let url = self.queue_url(queue).await;
        let call = self.sqs.set_queue_attributes().queue_url(url);
        call.attributes(name, value).send().await.unwrap();
    }

    pub(crate) async fn queue_policy(&self, queue: &str) -> String {
        let name = QueueAttributeName::Policy;
        let url = self.queue_url(queue).await;
        let call = self.sqs.get_queue_attributes().queue_url(url);
        let answer = call.attribute_names(name.clone()).send().await.unwrap();
        answer.attributes.unwrap()[&name].clone()
    }

    pub(crate) async fn bus_policy(&self) -> String {
        let bus = self.events.describe_event_bus().name(BUS).send().await;
        bus.unwrap().policy.unwrap()
    }

    pub(crate) async fn put_bus_policy(&self, policy: String) {
        let call = self.events.put_permission().event_bus_name(BUS);
        call.policy(policy).send().await.unwrap();
    }

    pub(crate) async fn topic_attribute(&self, topic: &str, name: &str) -> String {
        let arn = self.arn("sns", topic);
        let answer = self.sns.get_topic_attributes().topic_arn(arn).send().await;
        answer.unwrap().attributes.unwrap()[name].clone()
    }

    pub(crate) async fn set_topic(&self, topic: &str, name: &str, value: &str) {
        let call = self.sns.set_topic_attributes();
        let call = call.topic_arn(self.arn("sns", topic)).attribute_name(name);
        call.attribute_value(value).send().await.unwrap();
    }

    /// The rule as it is, with a change.
    pub(crate) async fn put_rule(&self, change: impl FnOnce(PutRule, &str) -> PutRule) {
        let rule = self.events.describe_rule().name(RULE).event_bus_name(BUS);
        let rule = rule.send().await.unwrap();
        let put = self.events.put_rule().name(RULE).event_bus_name(BUS);
        let put = put
            .event_pattern(rule.event_pattern().unwrap())
            .set_description(rule.description.clone())
            .set_state(rule.state.clone());
        let put = change(put, rule.event_pattern().unwrap());
        put.send().await.unwrap();
    }

    /// The rule's target as it is, with a change.
    pub(crate) async fn put_target(&self, change: impl FnOnce(&mut events::Target)) {
        let targets = self.events.list_targets_by_rule().rule(RULE);
        let targets = targets.event_bus_name(BUS).send().await.unwrap();
        let mut target = targets.targets()[0].clone();
        change(&mut target);
        let put = self.events.put_targets().rule(RULE).event_bus_name(BUS);
        put.targets(target).send().await.unwrap();
    }

    pub(crate) async fn configure(
        &self,
        change: impl FnOnce(
            aws_sdk_lambda::operation::update_function_configuration::builders::UpdateFunctionConfigurationFluentBuilder,
        ) -> aws_sdk_lambda::operation::update_function_configuration::builders::UpdateFunctionConfigurationFluentBuilder,
    ) {
        let call = self.lambda.update_function_configuration();
        change(call.function_name(FUNCTION)).send().await.unwrap();
    }

    /// The function's environment with another variable, or another value for one of ours.
    pub(crate) async fn environment(&self, name: &str, value: &str) {
        let environment = lambda::Environment::builder()
            .variables("ROOTWATCH_TOPIC_ARN", self.arn("sns", "rootwatch-alerts"))
            .variables("ROOTWATCH_READ_ONLY", "digest")
            .variables("ROOTWATCH_FORMAT", "text")
            .variables(name, value);
        self.configure(|call| call.environment(environment.build()))
            .await;
    }

    /// What happens to failed invocations; nothing of it is kept.
    pub(crate) async fn invoke_config(&self, age: i32, attempts: i32, dead_letters: bool) {
        let queue = self.arn("sqs", "rootwatch-dead-letters");
        let on_failure =
            lambda::OnFailure::builder().set_destination(dead_letters.then_some(queue));
        let destinations = lambda::DestinationConfig::builder().on_failure(on_failure.build());
        let call = self.lambda.put_function_event_invoke_config();
        let call = call
            .function_name(FUNCTION)
            .maximum_retry_attempts(attempts);
        let call = call.maximum_event_age_in_seconds(age);
        let call = call.destination_config(destinations.build());
        call.send().await.unwrap();
    }

    pub(crate) async fn update_mapping(
        &self,
        change: impl FnOnce(
            aws_sdk_lambda::operation::update_event_source_mapping::builders::UpdateEventSourceMappingFluentBuilder,
        ) -> aws_sdk_lambda::operation::update_event_source_mapping::builders::UpdateEventSourceMappingFluentBuilder,
    ) {
        let call = self.lambda.update_event_source_mapping();
        let call = call.uuid(self.mapping().await).function_name(FUNCTION);
        change(call).send().await.unwrap();
    }

    pub(crate) async fn mapping(&self) -> String {
        let all = self.lambda.list_event_source_mappings();
        let all = all.function_name(FUNCTION).send().await.unwrap();
        all.event_source_mappings()[0].uuid().unwrap().to_owned()
    }

    pub(crate) async fn remove_permission(&self) {
        let call = self.lambda.remove_permission().function_name(FUNCTION);
        call.statement_id(RULE).send().await.unwrap();
    }

    /// The alarm as it is, with a change.
    pub(crate) async fn put_alarm(&self, change: impl FnOnce(PutAlarm) -> PutAlarm) {
        let found = self.alarms.describe_alarms().alarm_names(ALARM);
        let found = found.send().await.unwrap().metric_alarms.unwrap().remove(0);
        let call = self
            .alarms
            .put_metric_alarm()
            .alarm_name(ALARM)
            .set_alarm_description(found.alarm_description)
            .set_actions_enabled(found.actions_enabled)
            .set_alarm_actions(found.alarm_actions)
            .set_ok_actions(found.ok_actions)
            .set_comparison_operator(found.comparison_operator)
            .set_dimensions(found.dimensions)
            .set_evaluation_periods(found.evaluation_periods)
            .set_metric_name(found.metric_name)
            .set_namespace(found.namespace)
            .set_period(found.period)
            .set_statistic(found.statistic)
            .set_threshold(found.threshold)
            .set_treat_missing_data(found.treat_missing_data);
        change(call).send().await.unwrap();
    }

    pub(crate) async fn tag_event(&self, arn: String) {
        let tag = events::Tag::builder().key("team").value("x").build();
        let call = self.events.tag_resource().resource_arn(arn);
        call.tags(tag.unwrap()).send().await.unwrap();
    }
}

/// A policy with a change to one of its statements, or without it.
pub(crate) fn policy_with(policy: &str, sid: &str, change: Option<(&str, Value)>) -> String {
    let mut policy: Value = serde_json::from_str(policy).unwrap();
    let statements = policy["Statement"].as_array_mut().unwrap();
    match change {
        None => statements.retain(|statement| statement["Sid"] != sid),
        Some((field, value)) => {
            let statement = statements.iter_mut().find(|it| it["Sid"] == sid);
            statement.unwrap()[field] = value;
        }
    }
    policy.to_string()
}

fn alarm_rows(c: &Intruder) -> Vec<Row<'_>> {
    const PUT: &[&str] = &["cloudwatch:PutMetricAlarm"];
    let id = "alarm rootwatch-dead-letters";
    let row =
        |field, change: fn(PutAlarm) -> PutAlarm| Row::new(id, field, PUT, c.put_alarm(change));
    vec![
        row("actions_enabled", |put| put.actions_enabled(false)),
        row("alarm_actions", |put| put.set_alarm_actions(Some(vec![]))),
        row("comparison", |put| {
            put.comparison_operator(alarm::ComparisonOperator::LessThanThreshold)
        }),
        row("description", |put| put.alarm_description("fine")),
        row("dimensions.QueueName", |put| {
            let other = alarm::Dimension::builder().name("QueueName").value("other");
            put.set_dimensions(Some(vec![other.build()]))
        }),
        row("evaluation_periods", |put| put.evaluation_periods(9)),
        row("metric", |put| put.metric_name("NumberOfMessagesSent")),
        row("namespace", |put| put.namespace("Mine")),
        row("ok_actions", |put| put.set_ok_actions(Some(vec![]))),
        row("period", |put| put.period(300)),
        row("statistic", |put| put.statistic(alarm::Statistic::Minimum)),
        row("threshold", |put| put.threshold(1000.0)),
        row("treat_missing_data", |put| {
            put.treat_missing_data("missing")
        }),
        Row::new(id, "tags.team", &["cloudwatch:TagResource"], async {
            let tag = alarm::Tag::builder().key("team").value("x").build();
            let call = c.alarms.tag_resource().tags(tag);
            let call = call.resource_arn(c.arn("cloudwatch", &format!("alarm:{ALARM}")));
            call.send().await.unwrap();
        }),
        Row::gone("alarm rootwatch-reads-failed", PUT, async {
            let call = c.alarms.delete_alarms();
            call.alarm_names("rootwatch-reads-failed")
                .send()
                .await
                .unwrap();
        }),
    ]
}

fn bus_rows(c: &Intruder) -> Vec<Row<'_>> {
    const PUT: &[&str] = &["events:PutPermission"];
    let id = "event-bus rootwatch";
    vec![
        Row::new(id, "policy.RootwatchForwardedOnly", PUT, async {
            let policy = policy_with(&c.bus_policy().await, "RootwatchForwardedOnly", None);
            c.put_bus_policy(policy).await;
        }),
        Row::new(
            id,
            "policy.RootwatchOrganization.Condition.StringEquals.aws:PrincipalOrgID",
            PUT,
            async {
                let condition = json!({"StringEquals": {"aws:PrincipalOrgID": "o-somebodyelse"}});
                let change = Some(("Condition", condition));
                let policy = policy_with(&c.bus_policy().await, "RootwatchOrganization", change);
                c.put_bus_policy(policy).await;
            },
        ),
        Row::new(id, "tags.team", &["events:TagResource"], async {
            c.tag_event(c.arn("events", "event-bus/rootwatch")).await;
        }),
    ]
}

fn rule_rows(c: &Intruder) -> Vec<Row<'_>> {
    const RULE_WRITE: &[&str] = &["events:PutRule"];
    const TARGETS: &[&str] = &["events:PutTargets"];
    let id = "rule rootwatch-acts";
    vec![
        Row::new(id, "state", RULE_WRITE, async {
            let call = c.events.disable_rule().name(RULE).event_bus_name(BUS);
            call.send().await.unwrap();
        }),
        Row::new(
            id,
            "state",
            RULE_WRITE,
            c.put_rule(|put, _| put.state(events::RuleState::Enabled)),
        ),
        Row::new(
            id,
            "description",
            RULE_WRITE,
            c.put_rule(|put, _| put.description("mine")),
        ),
        Row::new(
            id,
            "event_pattern.account",
            RULE_WRITE,
            c.put_rule(|put, pattern| {
                let mut pattern: Value = serde_json::from_str(pattern).unwrap();
                pattern["account"] = json!(["999999999999"]);
                put.event_pattern(pattern.to_string())
            }),
        ),
        Row::new(
            id,
            "tags.team",
            &["events:TagResource"],
            c.tag_event(c.rule_arn()),
        ),
        Row::new(id, "targets.notifier", TARGETS, async {
            let call = c.events.remove_targets().rule(RULE).event_bus_name(BUS);
            call.ids("notifier").send().await.unwrap();
        }),
        Row::new(
            id,
            "targets.copy",
            &["events:RemoveTargets"],
            c.put_target(|target| target.id = "copy".into()),
        ),
        Row::new(id, "targets.notifier.arn", TARGETS, {
            let other = c.arn("sqs", "rootwatch-reads");
            c.put_target(|target| target.arn = other)
        }),
        Row::new(
            id,
            "targets.notifier.dead_letter_queue",
            TARGETS,
            c.put_target(|target| target.dead_letter_config = None),
        ),
        Row::new(
            id,
            "targets.notifier.input",
            TARGETS,
            c.put_target(|target| target.input = Some("{}".into())),
        ),
        Row::new(
            id,
            "targets.notifier.input",
            TARGETS,
            c.put_target(|target| target.input_path = Some("$.source".into())),
        ),
        Row::new(
            id,
            "targets.notifier.maximum_event_age",
            TARGETS,
            c.put_target(|target| {
                let policy = target.retry_policy.as_mut().unwrap();
                policy.maximum_event_age_in_seconds = Some(60);
            }),
        ),
        Row::new(
            id,
            "targets.notifier.maximum_retry_attempts",
            TARGETS,
            c.put_target(|target| {
                let policy = target.retry_policy.as_mut().unwrap();
                policy.maximum_retry_attempts = Some(0);
            }),
        ),
    ]
}

fn function_rows(c: &Intruder) -> Vec<Row<'_>> {
    const CODE: &[&str] = &["lambda:UpdateFunctionCode"];
    const CONFIGURATION: &[&str] = &["lambda:UpdateFunctionConfiguration"];
    let id = "function rootwatch-notifier";
    vec![
        Row::new(id, "architecture", CODE, async {
            let other = match rootwatch_notifier_bundle::ARCHITECTURE {
                "arm64" => lambda::Architecture::X8664,
                _ => lambda::Architecture::Arm64,
            };
            let zip = Blob::new(rootwatch_notifier_bundle::zip());
            let call = c.lambda.update_function_code().function_name(FUNCTION);
            call.zip_file(zip)
                .architectures(other)
                .send()
                .await
                .unwrap();
        }),
        Row::new(id, "code_sha256", CODE, async {
            let mut zip = rootwatch_notifier_bundle::zip().to_vec();
            zip.push(0);
            let call = c.lambda.update_function_code().function_name(FUNCTION);
            call.zip_file(Blob::new(zip)).send().await.unwrap();
        }),
        Row::new(
            id,
            "description",
            CONFIGURATION,
            c.configure(|call| call.description("mine")),
        ),
        Row::new(
            id,
            "environment.ROOTWATCH_TOPIC_ARN",
            CONFIGURATION,
            c.environment("ROOTWATCH_TOPIC_ARN", "arn:aws:sns:eu-west-1:1:x"),
        ),
        // Whoever wants to read unseen switches the reads off, or gives root's account a name that looks harmless.
        Row::new(
            id,
            "environment.ROOTWATCH_READ_ONLY",
            CONFIGURATION,
            c.environment("ROOTWATCH_READ_ONLY", "off"),
        ),
        Row::new(
            id,
            "environment.ROOTWATCH_ACCOUNT_NAMES",
            CONFIGURATION,
            c.environment("ROOTWATCH_ACCOUNT_NAMES", r#"{"333333333333":"test"}"#),
        ),
        Row::new(
            id,
            "environment.RUST_LOG",
            CONFIGURATION,
            c.environment("RUST_LOG", "off"),
        ),
        Row::new(
            id,
            "handler",
            CONFIGURATION,
            c.configure(|call| call.handler("x")),
        ),
        Row::new(
            id,
            "memory_size",
            CONFIGURATION,
            c.configure(|call| call.memory_size(3008)),
        ),
        Row::new(id, "role", CONFIGURATION, async {
            let trust = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "lambda.amazonaws.com"}}]});
            let call = c.iam.create_role().role_name("other");
            let role = call
                .assume_role_policy_document(trust.to_string())
                .send()
                .await;
            let arn = role.unwrap().role.unwrap().arn;
            c.configure(|call| call.role(arn)).await;
        }),
        Row::new(
            id,
            "runtime",
            CONFIGURATION,
            c.configure(|call| call.runtime(lambda::Runtime::Providedal2)),
        ),
        Row::new(
            id,
            "timeout",
            CONFIGURATION,
            c.configure(|call| call.timeout(1)),
        ),
        Row::new(
            id,
            "kms_key",
            CONFIGURATION,
            c.configure(|call| call.kms_key_arn("arn:aws:kms:eu-west-1:222222222222:key/1")),
        ),
        Row::new(id, "layers", CONFIGURATION, async {
            let content = lambda::LayerVersionContentInput::builder();
            let content = content.zip_file(Blob::new(rootwatch_notifier_bundle::zip()));
            let layer = c.lambda.publish_layer_version().layer_name("mine");
            let layer = layer.content(content.build()).send().await.unwrap();
            let arn = layer.layer_version_arn().unwrap();
            c.configure(|call| call.layers(arn)).await;
        }),
        Row::new(id, "log_group", CONFIGURATION, {
            let other = lambda::LoggingConfig::builder().log_group("/mine").build();
            c.configure(|call| call.logging_config(other))
        }),
        Row::new(
            id,
            "reserved_concurrency",
            &["lambda:DeleteFunctionConcurrency"],
            async {
                let call = c.lambda.put_function_concurrency().function_name(FUNCTION);
                let call = call.reserved_concurrent_executions(0);
                call.send().await.unwrap();
            },
        ),
        Row::new(id, "subnets", CONFIGURATION, {
            let vpc = lambda::VpcConfig::builder().subnet_ids("subnet-1");
            let vpc = vpc.security_group_ids("sg-1").build();
            c.configure(|call| call.vpc_config(vpc))
        }),
        Row::new(id, "tags.team", &["lambda:TagResource"], async {
            let call = c.lambda.tag_resource().tags("team", "x");
            let arn = c.arn("lambda", &format!("function:{FUNCTION}"));
            call.resource(arn).send().await.unwrap();
        }),
    ]
}

fn invocation_rows(c: &Intruder) -> Vec<Row<'_>> {
    const INVOKE: &[&str] = &["lambda:PutFunctionEventInvokeConfig"];
    let id = "async-invoke rootwatch-notifier";
    let permission = "permission rootwatch-acts";
    vec![
        Row::new(
            id,
            "maximum_event_age",
            INVOKE,
            c.invoke_config(60, 2, true),
        ),
        Row::new(
            id,
            "maximum_retry_attempts",
            INVOKE,
            c.invoke_config(21600, 0, true),
        ),
        Row::new(id, "on_failure", INVOKE, c.invoke_config(21600, 2, false)),
        Row::gone(id, INVOKE, async {
            let call = c.lambda.delete_function_event_invoke_config();
            call.function_name(FUNCTION).send().await.unwrap();
        }),
        Row::gone(permission, &["lambda:AddPermission"], c.remove_permission()),
        Row::new(
            permission,
            "statement.Condition.ArnLike.AWS:SourceArn",
            &["lambda:RemovePermission", "lambda:AddPermission"],
            async {
                c.remove_permission().await;
                let call = c.lambda.add_permission().function_name(FUNCTION);
                let call = call.statement_id(RULE).action("lambda:InvokeFunction");
                let call = call.principal("events.amazonaws.com");
                let call = call.source_arn(c.arn("events", "rule/rootwatch/other"));
                call.send().await.unwrap();
            },
        ),
    ]
}

fn mapping_rows(c: &Intruder) -> Vec<Row<'_>> {
    const UPDATE: &[&str] = &["lambda:UpdateEventSourceMapping"];
    let id = "event-source-mapping rootwatch-reads";
    vec![
        Row::new(
            id,
            "batch_size",
            UPDATE,
            c.update_mapping(|call| call.batch_size(1)),
        ),
        Row::new(
            id,
            "enabled",
            UPDATE,
            c.update_mapping(|call| call.enabled(false)),
        ),
        Row::new(
            id,
            "filters",
            UPDATE,
            c.update_mapping(|call| {
                let filter = lambda::Filter::builder().pattern("{\"body\":{\"account\":[\"1\"]}}");
                let filters = lambda::FilterCriteria::builder().filters(filter.build());
                call.filter_criteria(filters.build())
            }),
        ),
        Row::new(
            id,
            "maximum_concurrency",
            UPDATE,
            c.update_mapping(|call| {
                let scaling = lambda::ScalingConfig::builder().maximum_concurrency(9);
                call.scaling_config(scaling.build())
            }),
        ),
        Row::new(
            id,
            "maximum_batching_window",
            UPDATE,
            c.update_mapping(|call| call.maximum_batching_window_in_seconds(300)),
        ),
        Row::new(
            id,
            "report_batch_item_failures",
            UPDATE,
            c.update_mapping(|call| call.set_function_response_types(Some(vec![]))),
        ),
        Row::gone(id, &["lambda:CreateEventSourceMapping"], async {
            let call = c.lambda.delete_event_source_mapping();
            call.uuid(c.mapping().await).send().await.unwrap();
        }),
    ]
}

fn log_rows(c: &Intruder) -> Vec<Row<'_>> {
    const RETENTION: &[&str] = &["logs:PutRetentionPolicy"];
    let id = "log-group /aws/lambda/rootwatch-notifier";
    vec![
        Row::new(id, "retention_in_days", RETENTION, async {
            let call = c.logs.put_retention_policy().log_group_name(LOGS);
            call.retention_in_days(1).send().await.unwrap();
        }),
        Row::new(id, "retention_in_days", RETENTION, async {
            let call = c.logs.delete_retention_policy().log_group_name(LOGS);
            call.send().await.unwrap();
        }),
        Row::new(id, "tags.team", &["logs:TagResource"], async {
            let arn = c.arn("logs", &format!("log-group:{LOGS}"));
            let call = c.logs.tag_resource().resource_arn(arn);
            call.tags("team", "x").send().await.unwrap();
        }),
        Row::gone(
            id,
            &["logs:CreateLogGroup", "logs:PutRetentionPolicy"],
            async {
                let call = c.logs.delete_log_group().log_group_name(LOGS);
                call.send().await.unwrap();
            },
        ),
    ]
}

fn queue_rows(c: &Intruder) -> Vec<Row<'_>> {
    use QueueAttributeName as Name;
    const SET: &[&str] = &["sqs:SetQueueAttributes"];
    const READS: &str = "rootwatch-reads";
    let id = "queue rootwatch-reads";
    let set = |field, name, value: &'static str| {
        Row::new(id, field, SET, c.set_queue(READS, name, value))
    };
    vec![
        set(
            "message_retention_period",
            Name::MessageRetentionPeriod,
            "60",
        ),
        set("sqs_managed_sse", Name::SqsManagedSseEnabled, "false"),
        set("visibility_timeout", Name::VisibilityTimeout, "1"),
        set("redrive", Name::RedrivePolicy, ""),
        Row::new(id, "redrive.max_receive_count", SET, async {
            let target = c.arn("sqs", "rootwatch-dead-letters");
            let policy = json!({"deadLetterTargetArn": target, "maxReceiveCount": "1000"});
            c.set_queue(READS, Name::RedrivePolicy, &policy.to_string())
                .await;
        }),
        Row::new(
            id,
            "policy.RootwatchRules",
            SET,
            c.set_queue(READS, Name::Policy, ""),
        ),
        Row::new(id, "policy.RootwatchRules.Action", SET, async {
            let change = Some(("Action", json!("sqs:*")));
            let policy = policy_with(&c.queue_policy(READS).await, "RootwatchRules", change);
            c.set_queue(READS, Name::Policy, &policy).await;
        }),
        Row::new(id, "tags.team", &["sqs:TagQueue"], async {
            let call = c.sqs.tag_queue().queue_url(c.queue_url(READS).await);
            call.tags("team", "x").send().await.unwrap();
        }),
        Row::new("queue rootwatch-dead-letters", "redrive", SET, async {
            let target = c.arn("sqs", READS);
            let policy = json!({"deadLetterTargetArn": target, "maxReceiveCount": 1});
            c.set_queue(
                "rootwatch-dead-letters",
                Name::RedrivePolicy,
                &policy.to_string(),
            )
            .await;
        }),
    ]
}

fn role_rows(c: &Intruder) -> Vec<Row<'_>> {
    let id = "role rootwatch-notifier-eu-west-1";
    vec![
        Row::new(id, "description", &["iam:UpdateRole"], async {
            let call = c.iam.update_role().role_name(ROLE).description("mine");
            call.send().await.unwrap();
        }),
        Row::new(
            id,
            "inline_policy.Publish.Resource",
            &["iam:PutRolePolicy"],
            async {
                let found = c
                    .iam
                    .get_role_policy()
                    .role_name(ROLE)
                    .policy_name("notifier");
                let text = found.send().await.unwrap().policy_document;
                let text = percent_encoding::percent_decode_str(&text).decode_utf8_lossy();
                let wider = policy_with(&text, "Publish", Some(("Resource", json!("*"))));
                let call = c
                    .iam
                    .put_role_policy()
                    .role_name(ROLE)
                    .policy_name("notifier");
                call.policy_document(wider).send().await.unwrap();
            },
        ),
        Row::new(
            id,
            "inline_policy.Backdoor",
            &["iam:PutRolePolicy"],
            async {
                let found = c
                    .iam
                    .get_role_policy()
                    .role_name(ROLE)
                    .policy_name("notifier");
                let text = found.send().await.unwrap().policy_document;
                let text = percent_encoding::percent_decode_str(&text).decode_utf8_lossy();
                let mut policy: Value = serde_json::from_str(&text).unwrap();
                let more =
                    json!({"Sid": "Backdoor", "Effect": "Allow", "Action": "*", "Resource": "*"});
                policy["Statement"].as_array_mut().unwrap().push(more);
                let call = c
                    .iam
                    .put_role_policy()
                    .role_name(ROLE)
                    .policy_name("notifier");
                call.policy_document(policy.to_string())
                    .send()
                    .await
                    .unwrap();
            },
        ),
        Row::new(
            id,
            "trust.RootwatchLambda.Principal.Service",
            &["iam:UpdateAssumeRolePolicy"],
            async {
                let trust = json!({"Version": "2012-10-17", "Statement": [{"Sid": "RootwatchLambda", "Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "ec2.amazonaws.com"}}]});
                let call = c.iam.update_assume_role_policy().role_name(ROLE);
                call.policy_document(trust.to_string())
                    .send()
                    .await
                    .unwrap();
            },
        ),
        Row::new(id, "attached_policies", &["iam:DetachRolePolicy"], async {
            let all = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]});
            let policy = c.iam.create_policy().policy_name("mine");
            let policy = policy.policy_document(all.to_string()).send().await;
            let arn = policy.unwrap().policy.unwrap().arn.unwrap();
            let call = c.iam.attach_role_policy().role_name(ROLE);
            call.policy_arn(arn).send().await.unwrap();
        }),
        Row::new(id, "other_policies", &["iam:DeleteRolePolicy"], async {
            let all = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]});
            let call = c.iam.put_role_policy().role_name(ROLE).policy_name("mine");
            call.policy_document(all.to_string()).send().await.unwrap();
        }),
        Row::new(id, "tags.team", &["iam:TagRole"], async {
            let tag = aws_sdk_iam::types::Tag::builder().key("team").value("x");
            let call = c.iam.tag_role().role_name(ROLE);
            call.tags(tag.build().unwrap()).send().await.unwrap();
        }),
    ]
}

fn topic_rows(c: &Intruder) -> Vec<Row<'_>> {
    const SET: &[&str] = &["sns:SetTopicAttributes"];
    const ALERTS: &str = "rootwatch-alerts";
    let id = "topic rootwatch-alerts";
    vec![
        Row::new(
            id,
            "kms_master_key_id",
            SET,
            c.set_topic(ALERTS, "KmsMasterKeyId", ""),
        ),
        Row::new(
            "topic rootwatch-health",
            "kms_master_key_id",
            SET,
            c.set_topic("rootwatch-health", "KmsMasterKeyId", "alias/aws/sns"),
        ),
        Row::new(
            id,
            "policy.RootwatchNotifier.Condition.ArnEquals.aws:PrincipalArn",
            SET,
            async {
                let condition = json!({"ArnEquals": {"aws:PrincipalArn": "arn:aws:iam::1:role/x"}});
                let change = Some(("Condition", condition));
                let policy = c.topic_attribute(ALERTS, "Policy").await;
                let policy = policy_with(&policy, "RootwatchNotifier", change);
                c.set_topic(ALERTS, "Policy", &policy).await;
            },
        ),
        Row::new(id, "tags.team", &["sns:TagResource"], async {
            let tag = aws_sdk_sns::types::Tag::builder().key("team").value("x");
            let call = c.sns.tag_resource().resource_arn(c.arn("sns", ALERTS));
            call.tags(tag.build().unwrap()).send().await.unwrap();
        }),
        Row::new(
            "subscriptions rootwatch-alerts",
            "subscriptions.email security@example.com",
            // The mark says since when.
            &["sns:TagResource", "sns:Subscribe"],
            async {
                let all = c.sns.list_subscriptions_by_topic();
                let all = all.topic_arn(c.arn("sns", ALERTS)).send().await.unwrap();
                let arn = all.subscriptions()[0].subscription_arn().unwrap();
                c.sns
                    .unsubscribe()
                    .subscription_arn(arn)
                    .send()
                    .await
                    .unwrap();
            },
        ),
    ]
}

type RowsOf = for<'a> fn(&'a Intruder) -> Vec<Row<'a>>;

/// Half of the rows each, by the time they take.
const EVENTS: &[RowsOf] = &[bus_rows, rule_rows, function_rows, mapping_rows, log_rows];
const REST: &[RowsOf] = &[
    alarm_rows,
    invocation_rows,
    queue_rows,
    role_rows,
    topic_rows,
];

fn plan(world: &World, more: &[&str]) -> Ran {
    world.rootwatch(&[&["plan"], &SETTINGS[..5], more].concat())
}

/// Kind and top-level field of every property that a deployment sets.
fn properties(plan: &Value) -> BTreeSet<(String, String)> {
    let mut all = BTreeSet::new();
    for step in plan["steps"].as_array().unwrap() {
        for change in step["fields"].as_array().unwrap() {
            let top = |text: &Value, end: char| {
                let text = text.as_str().unwrap();
                text.split(end).next().unwrap().to_owned()
            };
            all.insert((top(&step["resource"], ' '), top(&change["field"], '.')));
        }
    }
    all
}

/// The steps of a plan that change something; what makes a resource is the same wherever it is made.
fn changed_steps(mut plan: Value) -> Vec<Value> {
    let mut steps = std::mem::take(plan["steps"].as_array_mut().unwrap());
    steps.retain(|step| step["action"] != "keep");
    for step in &mut steps {
        if step["action"] == "create" {
            step.as_object_mut().unwrap().remove("fields");
        }
    }
    steps
}

/// Resource and field of every change in a plan; no field where the resource is to be made.
fn changes(plan: &Value) -> Vec<(String, Option<String>)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let mut found = Vec::new();
    for step in plan["steps"].as_array().unwrap() {
        let resource = text(&step["resource"]);
        match step["action"].as_str().unwrap() {
            "keep" => {}
            "update" => found.extend(
                step["fields"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(|change| (resource.clone(), Some(text(&change["field"])))),
            ),
            _ => found.push((resource, None)),
        }
    }
    found
}

#[test]
fn every_property_has_a_row() {
    let world = World::new();
    let all = properties(&plan(&world, &["--output", "json"]).ends_with(0).json());
    let intruder = Intruder::new(&world);
    let rows = [EVENTS, REST]
        .concat()
        .into_iter()
        .flat_map(|rows| rows(&intruder));
    let tried: BTreeSet<_> = rows
        .filter_map(|row| {
            let kind = row.resource.split(' ').next()?.to_owned();
            Some((kind, row.field?.split('.').next()?.to_owned()))
        })
        .collect();
    let without_row: Vec<_> = all.difference(&tried).collect();
    assert!(without_row.is_empty(), "no row for {without_row:?}");
}

#[test]
fn drift_of_the_path_is_found_and_mended_with_its_own_writes_alone() {
    each_is_found_and_mended("path", EVENTS);
}

#[test]
fn drift_around_the_path_is_found_and_mended_with_its_own_writes_alone() {
    each_is_found_and_mended("around", REST);
}

/// What `deploy` shows before it changes anything.
fn shown(ran: &Ran) -> &str {
    let (_, plan) = ran.stderr.split_once('\n').unwrap();
    let end = plan.find("Plan: ").unwrap();
    plan[..end].trim_end()
}

fn each_is_found_and_mended(name: &str, kinds: &[RowsOf]) {
    let world = World::new();
    let late = Late {
        mapping_ms: Some(0),
        ..Late::default()
    };
    world.lab.set_late(&late).unwrap();
    let deploy = [&["deploy"], &SETTINGS[..]].concat();
    world.rootwatch(&deploy).ends_with(0);
    world.lab.confirm_subscription(PERSON).unwrap();

    let intruder = Intruder::new(&world);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let mut wrong = Vec::new();
    let (mut texts, mut steps) = (Vec::new(), Vec::new());
    for row in kinds.iter().flat_map(|rows| rows(&intruder)) {
        let what = format!("{} {}", row.resource, row.field.unwrap_or("gone"));
        runtime.block_on(row.drift);
        let json = plan(&world, &["--output", "json"]).ends_with(0).json();
        let found = changes(&json);
        let expected = vec![(row.resource.clone(), row.field.map(str::to_owned))];
        if found != expected {
            wrong.push(format!("{what}: the plan shows {found:?}"));
        }
        steps.extend(changed_steps(json));
        world.lab.clear_calls().unwrap();
        let ran = world.rootwatch(&deploy).ends_with(0);
        texts.push(shown(&ran).to_owned());
        if world.writes() != row.writes {
            wrong.push(format!("{what}: it was mended by {:?}", world.writes()));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    let steps = serde_json::to_string_pretty(&steps).unwrap();
    insta::assert_snapshot!(name, world.stable(&texts.join("\n")));
    insta::assert_snapshot!(format!("{name}-json"), world.stable(&steps));
    // Each row's plan has shown that the row before was mended; this one shows the last.
    plan(&world, &["--detailed-exitcode"]).ends_with(0);
}
