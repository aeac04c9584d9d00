//! Every field of AWS's answers about a resource is compared, or left out for a written reason: what a new version of the
//! SDK reads besides has to be decided. The SDK's types print all their fields, also those that are not set.

use super::*;
use aws_sdk_cloudformation::types::StackSet;
use aws_sdk_cloudwatch::types::{MetricDataQuery, MetricStat};
use aws_sdk_cloudwatchlogs::types::LogGroup;
use aws_sdk_eventbridge::operation::describe_rule::DescribeRuleOutput;
use aws_sdk_iam::types::Role;
use aws_sdk_lambda::operation::get_function::GetFunctionOutput;
use std::collections::BTreeSet;

const NAME: &str = "by which it is found";
const SAYS: &str = "what AWS says of it, and nobody sets";
const KAFKA: &str =
    "of streams and brokers, which no queue has (Lambda API Reference, CreateEventSourceMapping)";

/// The fields of a value of the SDK.
fn fields(value: &impl Debug) -> BTreeSet<String> {
    let text = format!("{value:#?}");
    let of_it = text.lines().filter_map(|line| {
        let field = line.strip_prefix("    ")?;
        let (name, _) = field.split_once(':')?;
        let is_name = name
            .bytes()
            .all(|it| it.is_ascii_alphanumeric() || it == b'_');
        is_name.then(|| name.to_owned())
    });
    of_it.collect()
}

#[track_caller]
fn all_are_decided(found: BTreeSet<String>, compared: &[&str], left_out: &[(&str, &str)]) {
    assert!(left_out.iter().all(|(_, reason)| !reason.is_empty()));
    let decided = compared.iter().chain(left_out.iter().map(|(name, _)| name));
    let decided: Vec<String> = decided.map(|it| (*it).to_owned()).collect();
    let known: BTreeSet<String> = decided.iter().cloned().collect();
    assert_eq!(decided.len(), known.len(), "one is decided twice");
    let new: Vec<_> = found.difference(&known).collect();
    assert!(new.is_empty(), "compare these, or say why not: {new:?}");
    let gone: Vec<_> = known.difference(&found).collect();
    assert!(gone.is_empty(), "the SDK has these no more: {gone:?}");
}

#[test]
fn of_queues() {
    let all = Name::values().iter().map(|it| (*it).to_owned());
    const FIFO: &str = "of FIFO queues, and which kind it is is set at its creation";
    all_are_decided(
        all.collect(),
        &[
            "DelaySeconds",
            "KmsMasterKeyId",
            "MaximumMessageSize",
            "MessageRetentionPeriod",
            "Policy",
            "RedriveAllowPolicy",
            "RedrivePolicy",
            "SqsManagedSseEnabled",
            "VisibilityTimeout",
        ],
        &[
            ("All", "all of them"),
            ("ApproximateNumberOfMessages", SAYS),
            ("ApproximateNumberOfMessagesDelayed", SAYS),
            ("ApproximateNumberOfMessagesNotVisible", SAYS),
            ("ContentBasedDeduplication", FIFO),
            ("CreatedTimestamp", SAYS),
            ("DeduplicationScope", FIFO),
            ("FifoQueue", FIFO),
            ("FifoThroughputLimit", FIFO),
            (
                "KmsDataKeyReusePeriodSeconds",
                "how often KMS is asked, which costs money and loses nothing",
            ),
            ("LastModifiedTimestamp", SAYS),
            ("QueueArn", NAME),
            (
                "ReceiveMessageWaitTimeSeconds",
                "how long a receiver waits; Lambda asks for its own",
            ),
        ],
    );
}

#[test]
fn of_alarms() {
    all_are_decided(
        fields(&MetricAlarm::builder().build()),
        &[
            "actions_enabled",
            "alarm_actions",
            "alarm_description",
            "comparison_operator",
            "datapoints_to_alarm",
            "dimensions",
            "evaluation_criteria",
            "evaluation_periods",
            "evaluation_window",
            "extended_statistic",
            "metric_name",
            "metrics",
            "namespace",
            "ok_actions",
            "period",
            "statistic",
            "threshold",
            "threshold_metric_id",
            "treat_missing_data",
            "unit",
            "warm_up_configuration",
        ],
        &[
            (
                "action_configuration",
                "what a notification says, not whether there is one",
            ),
            ("alarm_arn", NAME),
            ("alarm_configuration_updated_timestamp", SAYS),
            ("alarm_name", NAME),
            (
                "evaluate_low_sample_count_percentile",
                "of percentiles, which an extended statistic would be",
            ),
            (
                "evaluation_interval",
                "of alarms on a query, which name no metric",
            ),
            ("evaluation_state", SAYS),
            (
                "insufficient_data_actions",
                "who is notified besides, of no data",
            ),
            ("state_reason", SAYS),
            ("state_reason_data", SAYS),
            ("state_transitioned_timestamp", SAYS),
            ("state_updated_timestamp", SAYS),
            ("state_value", SAYS),
        ],
    );
    all_are_decided(
        fields(&MetricDataQuery::builder().build()),
        &[
            "account_id",
            "expression",
            "id",
            "metric_stat",
            "return_data",
        ],
        &[
            ("label", "a text for graphs"),
            (
                "period",
                "of an expression without a metric; ours has that of its metric",
            ),
        ],
    );
    let parts = ["metric", "period", "stat", "unit"];
    all_are_decided(fields(&MetricStat::builder().build()), &parts, &[]);
}

#[test]
fn of_rules() {
    all_are_decided(
        fields(&DescribeRuleOutput::builder().build()),
        &[
            "description",
            "event_pattern",
            "role_arn",
            "schedule_expression",
            "state",
        ],
        &[
            ("_request_id", SAYS),
            ("arn", NAME),
            ("created_by", SAYS),
            ("event_bus_name", NAME),
            ("managed_by", SAYS),
            ("name", NAME),
        ],
    );
    let target = Target::builder().id("a").arn("b").build().unwrap();
    all_are_decided(
        fields(&target),
        &[
            "app_sync_parameters",
            "arn",
            "batch_parameters",
            "dead_letter_config",
            "ecs_parameters",
            "http_parameters",
            "id",
            "input",
            "input_path",
            "input_transformer",
            "kinesis_parameters",
            "redshift_data_parameters",
            "retry_policy",
            "role_arn",
            "run_command_parameters",
            "sage_maker_pipeline_parameters",
            "sqs_parameters",
        ],
        &[],
    );
}

#[test]
fn of_buses() {
    all_are_decided(
        fields(&DescribeEventBusOutput::builder().build()),
        &[
            "dead_letter_config",
            "kms_key_identifier",
            "log_config",
            "policy",
        ],
        &[
            ("_request_id", SAYS),
            ("arn", NAME),
            ("creation_time", SAYS),
            ("description", "a text for people"),
            ("last_modified_time", SAYS),
            ("managed_by", SAYS),
            ("name", NAME),
        ],
    );
}

#[test]
fn of_mappings() {
    all_are_decided(
        fields(&EventSourceMappingConfiguration::builder().build()),
        &[
            "batch_size",
            "event_source_arn",
            "filter_criteria",
            "function_arn",
            "function_response_types",
            "kms_key_arn",
            "maximum_batching_window_in_seconds",
            "provisioned_poller_config",
            "scaling_config",
            "state",
        ],
        &[
            ("amazon_managed_kafka_event_source_config", KAFKA),
            ("bisect_batch_on_function_error", KAFKA),
            ("destination_config", KAFKA),
            ("document_db_event_source_config", KAFKA),
            ("event_source_mapping_arn", NAME),
            ("filter_criteria_error", SAYS),
            ("last_modified", SAYS),
            ("last_processing_result", SAYS),
            ("logging_config", KAFKA),
            ("maximum_record_age_in_seconds", KAFKA),
            ("maximum_retry_attempts", KAFKA),
            (
                "metrics_config",
                "more metrics, which cost money and lose nothing",
            ),
            ("parallelization_factor", KAFKA),
            ("queues", KAFKA),
            ("self_managed_event_source", KAFKA),
            ("self_managed_kafka_event_source_config", KAFKA),
            ("source_access_configurations", KAFKA),
            ("starting_position", KAFKA),
            ("starting_position_timestamp", KAFKA),
            ("state_transition_reason", SAYS),
            ("topics", KAFKA),
            ("tumbling_window_in_seconds", KAFKA),
            ("uuid", NAME),
        ],
    );
}

#[test]
fn of_functions() {
    const CREATED: &str =
        "set at its creation only, and a function of ours that is made anew has none";
    all_are_decided(
        fields(&FunctionConfiguration::builder().build()),
        &[
            "architectures",
            "code_sha256",
            "dead_letter_config",
            "description",
            "environment",
            "ephemeral_storage",
            "file_system_configs",
            "handler",
            "image_config_response",
            "kms_key_arn",
            "last_update_status",
            "layers",
            "logging_config",
            "memory_size",
            "role",
            "runtime",
            "snap_start",
            "state",
            "timeout",
            "tracing_config",
            "vpc_config",
        ],
        &[
            ("capacity_provider_config", CREATED),
            ("code_size", SAYS),
            ("config_sha256", SAYS),
            ("durable_config", CREATED),
            ("function_arn", NAME),
            ("function_name", NAME),
            ("last_modified", SAYS),
            ("last_update_status_reason", SAYS),
            ("last_update_status_reason_code", SAYS),
            ("master_arn", SAYS),
            ("package_type", CREATED),
            ("revision_id", SAYS),
            (
                "runtime_version_config",
                "which patch of the runtime it runs on; Lambda takes back one that fails",
            ),
            ("signing_job_arn", SAYS),
            ("signing_profile_version_arn", SAYS),
            ("state_reason", SAYS),
            ("state_reason_code", SAYS),
            ("tenancy_config", CREATED),
            ("version", SAYS),
        ],
    );
    all_are_decided(
        fields(&GetFunctionOutput::builder().build()),
        &["concurrency", "configuration", "tags", "tags_error"],
        &[
            ("_request_id", SAYS),
            (
                "code",
                "where the package can be fetched; its hash is compared",
            ),
        ],
    );
}

#[test]
fn of_log_groups() {
    all_are_decided(
        fields(&LogGroup::builder().build()),
        &[
            "kms_key_id",
            "log_group_class",
            "retention_in_days",
            "retention_policy_name",
        ],
        &[
            ("arn", NAME),
            (
                "bearer_token_authentication_enabled",
                "who else may write to it",
            ),
            ("creation_time", SAYS),
            ("data_protection_status", "what is masked when it is read"),
            (
                "deletion_protection_enabled",
                "keeps it from being deleted, which loses nothing",
            ),
            ("inherited_properties", SAYS),
            ("log_group_arn", NAME),
            ("log_group_name", NAME),
            ("metric_filter_count", SAYS),
            ("stored_bytes", SAYS),
        ],
    );
}

#[test]
fn of_roles() {
    let role = Role::builder()
        .path("/")
        .role_name("a")
        .role_id("b")
        .arn("c")
        .create_date(aws_smithy_types::DateTime::from_secs(0));
    all_are_decided(
        fields(&role.build().unwrap()),
        &[
            "assume_role_policy_document",
            "description",
            "permissions_boundary",
            "tags",
        ],
        &[
            ("arn", NAME),
            (
                "create_date",
                "a role that is newer than the function is a difference of the function",
            ),
            (
                "max_session_duration",
                "how long others may assume it; Lambda and EventBridge assume it again",
            ),
            ("path", "set at its creation only"),
            ("role_id", SAYS),
            ("role_last_used", SAYS),
            ("role_name", NAME),
            ("source_role_template", SAYS),
        ],
    );
}

#[test]
fn of_stack_sets() {
    const ROLES: &str = "of self-managed StackSets, and which kind it is is set at its creation";
    all_are_decided(
        fields(&StackSet::builder().build()),
        &[
            "auto_deployment",
            "capabilities",
            "description",
            "managed_execution",
            "parameters",
            "tags",
            "template_body",
        ],
        &[
            ("administration_role_arn", ROLES),
            ("execution_role_name", ROLES),
            (
                "organizational_unit_ids",
                "where it has instances, each of which is a finding of its own",
            ),
            ("permission_model", ROLES),
            (
                "regions",
                "where it has instances, each of which is a finding of its own",
            ),
            ("stack_set_arn", NAME),
            ("stack_set_drift_detection_details", SAYS),
            ("stack_set_id", NAME),
            ("stack_set_name", NAME),
            ("status", SAYS),
        ],
    );
}

#[test]
fn what_is_at_its_default_is_no_difference() {
    let attributes = |pairs: &[(Name, &str)]| {
        let pairs = pairs
            .iter()
            .map(|(name, value)| (name.clone(), (*value).to_owned()));
        of_queue(&pairs.collect())
    };
    let defaults = [
        (Name::DelaySeconds, "0"),
        (Name::MaximumMessageSize, "262144"),
        (
            Name::RedriveAllowPolicy,
            r#"{"redrivePermission": "allowAll"}"#,
        ),
    ];
    assert!(attributes(&defaults).is_empty());
    assert!(attributes(&[(Name::MaximumMessageSize, "1048576")]).is_empty());
    assert!(attributes(&[(Name::RedriveAllowPolicy, "")]).is_empty());
    let set = [
        (Name::DelaySeconds, "1"),
        (Name::MaximumMessageSize, "262143"),
        (
            Name::RedriveAllowPolicy,
            r#"{"redrivePermission":"byQueue","sourceQueueArns":[]}"#,
        ),
    ];
    assert_eq!(attributes(&set).len(), 3);
    let function = FunctionConfiguration::builder()
        .ephemeral_storage(
            aws_sdk_lambda::types::EphemeralStorage::builder()
                .size(EPHEMERAL_STORAGE)
                .build()
                .unwrap(),
        )
        .tracing_config(
            aws_sdk_lambda::types::TracingConfigResponse::builder()
                .mode(TracingMode::PassThrough)
                .build(),
        );
    assert!(of_function(&function.build()).is_empty());
}

#[test]
fn an_alarm_has_the_queries_that_it_is_made_with_and_no_other() {
    let queries = [("m1", false), ("e1", true)];
    let query = |id: &str, returns: Option<bool>| {
        MetricDataQuery::builder()
            .id(id)
            .set_return_data(returns)
            .build()
    };
    let of = |all: [MetricDataQuery; 2]| {
        let alarm = MetricAlarm::builder().set_metrics(Some(all.into()));
        of_alarm(&alarm.build(), &queries)
    };
    assert!(of([query("m1", Some(false)), query("e1", None)]).is_empty());
    for wrong in [
        [query("m1", Some(true)), query("e1", Some(false))],
        [query("m1", Some(false)), query("x", Some(true))],
    ] {
        assert_eq!(of(wrong).len(), 1);
    }
    let unit = aws_sdk_cloudwatch::types::StandardUnit::Terabytes;
    let alarm = MetricAlarm::builder().unit(unit).build();
    assert_eq!(of_alarm(&alarm, &[]).len(), 1);
}
