//! Properties that rootwatch leaves as AWS has them, by their names in AWS's API: where somebody sets one, it can
//! silence the resource. Pure.
//!
//! What is here is not at its default; so nothing is wanted here, and a plan names and removes what it finds. The tests
//! hold this against every field that AWS's answers have.

use aws_sdk_cloudwatch::types::{EvaluationWindow, MetricAlarm};
use aws_sdk_eventbridge::operation::describe_event_bus::DescribeEventBusOutput;
use aws_sdk_eventbridge::types::{IncludeDetail, Level, Target};
use aws_sdk_lambda::types::{
    EventSourceMappingConfiguration, FunctionConfiguration, LogFormat, SnapStartApplyOn,
    TracingMode,
};
use aws_sdk_sqs::types::QueueAttributeName as Name;
use serde_json::Value;
use std::collections::{BTreeMap, HashMap};
use std::fmt::Debug;

/// What is set, by its name in AWS's API.
pub(crate) type NotDefault = BTreeMap<&'static str, Value>;

/// Bytes that every event of CloudTrail fits into (CloudTrail User Guide, "CloudTrail record contents": 256 KB). Queues
/// had this as their default, and new ones have four times as much (SQS API Reference, SetQueueAttributes).
pub(crate) const LEAST_MESSAGE_SIZE: u64 = 256 * 1024;
/// What SQS has where nothing is set (SQS API Reference, SetQueueAttributes).
pub(crate) const REDRIVE_BY_ALL: &str = r#"{"redrivePermission":"allowAll"}"#;
/// MB (Lambda API Reference, EphemeralStorage).
pub(crate) const EPHEMERAL_STORAGE: i32 = 512;

/// Collects what is set.
#[derive(Default)]
struct Set(NotDefault);

impl Set {
    fn text(mut self, name: &'static str, value: Option<&str>) -> Self {
        if let Some(value) = value.filter(|it| !it.is_empty()) {
            self.0.insert(name, value.into());
        }
        self
    }

    fn number(mut self, name: &'static str, value: Option<i32>) -> Self {
        if let Some(value) = value {
            self.0.insert(name, value.into());
        }
        self
    }

    /// Of which no part is worth a name of its own.
    fn any(self, name: &'static str, value: Option<impl Debug>) -> Self {
        let text = value.map(|it| format!("{it:?}"));
        self.text(name, text.as_deref())
    }
}

/// Of a queue.
pub(super) fn of_queue(found: &HashMap<Name, String>) -> NotDefault {
    let text = |name| found.get(&name).map(String::as_str);
    let is_delayed = |it: &&str| *it != "0";
    let is_small = |it: &&str| !matches!(it.parse::<u64>(), Ok(size) if size >= LEAST_MESSAGE_SIZE);
    let is_narrowed = |it: &&str| {
        let policy: Value = serde_json::from_str(it).unwrap_or_default();
        policy["redrivePermission"] != "allowAll"
    };
    Set::default()
        .text("DelaySeconds", text(Name::DelaySeconds).filter(is_delayed))
        .text(
            "MaximumMessageSize",
            text(Name::MaximumMessageSize).filter(is_small),
        )
        .text(
            "RedriveAllowPolicy",
            text(Name::RedriveAllowPolicy)
                .filter(|it| !it.is_empty())
                .filter(is_narrowed),
        )
        .0
}

/// Of an alarm that has these queries, by id and whether each returns data.
pub(super) fn of_alarm(found: &MetricAlarm, queries: &[(&str, bool)]) -> NotDefault {
    // CloudWatch API Reference, PutMetricAlarm: a sliding window where nothing is set.
    let window = found.evaluation_window();
    let window = window.filter(|it| !matches!(it, EvaluationWindow::SlidingWindow(_)));
    let set = Set::default()
        .text("Unit", found.unit().map(|it| it.as_str()))
        .text("ExtendedStatistic", found.extended_statistic())
        .text("ThresholdMetricId", found.threshold_metric_id())
        .any("EvaluationWindow", window)
        .any("WarmUpConfiguration", found.warm_up_configuration())
        .any("EvaluationCriteria", found.evaluation_criteria());
    let is_ours = |query: &&aws_sdk_cloudwatch::types::MetricDataQuery| {
        let id = query.id().unwrap_or_default();
        let wanted = queries.iter().find(|(name, _)| *name == id);
        let unit = query.metric_stat().and_then(|it| it.unit());
        // `ReturnData` is true where it is not said (CloudWatch API Reference, MetricDataQuery).
        wanted.is_some_and(|(_, returns)| query.return_data().unwrap_or(true) == *returns)
            && unit.is_none()
            && query.account_id().is_none_or(str::is_empty)
    };
    let other = found.metrics().iter().find(|it| !is_ours(it));
    set.any("Metrics", other).0
}

/// Of a rule.
pub(crate) fn of_rule(schedule: Option<&str>, role: Option<&str>) -> NotDefault {
    Set::default()
        .text("ScheduleExpression", schedule)
        .text("RoleArn", role)
        .0
}

/// Of a rule's target.
pub(crate) fn of_target(found: &Target) -> NotDefault {
    Set::default()
        .any("AppSyncParameters", found.app_sync_parameters())
        .any("BatchParameters", found.batch_parameters())
        .any("EcsParameters", found.ecs_parameters())
        .any("HttpParameters", found.http_parameters())
        .any("KinesisParameters", found.kinesis_parameters())
        .any("RedshiftDataParameters", found.redshift_data_parameters())
        .any("RunCommandParameters", found.run_command_parameters())
        .any(
            "SageMakerPipelineParameters",
            found.sage_maker_pipeline_parameters(),
        )
        .any("SqsParameters", found.sqs_parameters())
        .0
}

/// Of a bus.
pub(super) fn of_bus(found: &DescribeEventBusOutput) -> NotDefault {
    let dead_letters = found.dead_letter_config().and_then(|it| it.arn());
    let log = found.log_config().filter(|it| {
        it.level().is_some_and(|level| *level != Level::Off)
            || it
                .include_detail()
                .is_some_and(|detail| *detail != IncludeDetail::None)
    });
    Set::default()
        .text("KmsKeyIdentifier", found.kms_key_identifier())
        .text("DeadLetterConfig", dead_letters)
        .any("LogConfig", log)
        .0
}

/// Of a topic.
pub(super) fn of_topic(found: &HashMap<String, String>) -> NotDefault {
    let text = |name: &str| found.get(name).map(String::as_str);
    Set::default()
        .text("DeliveryPolicy", text("DeliveryPolicy"))
        // SNS API Reference, SetTopicAttributes: by default 1.
        .text(
            "SignatureVersion",
            text("SignatureVersion").filter(|it| *it != "1"),
        )
        .0
}

/// Of an event source mapping from a queue.
pub(super) fn of_mapping(found: &EventSourceMappingConfiguration) -> NotDefault {
    Set::default()
        .text("KMSKeyArn", found.kms_key_arn())
        .any("ProvisionedPollerConfig", found.provisioned_poller_config())
        .0
}

/// Of a function.
pub(super) fn of_function(found: &FunctionConfiguration) -> NotDefault {
    let dead_letters = found.dead_letter_config().and_then(|it| it.target_arn());
    let files = Some(found.file_system_configs()).filter(|it| !it.is_empty());
    let logging = found.logging_config();
    let format = logging.and_then(|it| it.log_format());
    let snap_start = found.snap_start().and_then(|it| it.apply_on());
    let storage = found.ephemeral_storage().map(|it| it.size());
    let tracing = found.tracing_config().and_then(|it| it.mode());
    Set::default()
        .text("DeadLetterConfig", dead_letters)
        .number(
            "EphemeralStorage",
            storage.filter(|it| *it != EPHEMERAL_STORAGE),
        )
        .any("FileSystemConfigs", files)
        .any("ImageConfig", found.image_config_response())
        .any("LogFormat", format.filter(|it| **it != LogFormat::Text))
        .any(
            "SnapStart",
            snap_start.filter(|it| **it != SnapStartApplyOn::None),
        )
        .any(
            "TracingConfig",
            tracing.filter(|it| **it != TracingMode::PassThrough),
        )
        .0
}

#[cfg(test)]
#[path = "not_default_tests.rs"]
mod tests;
