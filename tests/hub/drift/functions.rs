use super::Row;
use crate::intruder::{ACTS, Intruder, READS, filter};
use aws_sdk_lambda::types::{
    Environment, LoggingConfig, Runtime, ScalingConfig, TracingConfig, TracingMode, VpcConfig,
};
use serde_json::json;

pub(super) fn rows(c: &Intruder) -> Vec<Vec<Row<'_>>> {
    vec![function(c), mapping(c), acts_mapping(c)]
}

fn function(c: &Intruder) -> Vec<Row<'_>> {
    let id = "function rootwatch-notifier";
    vec![
        Row::new(
            id,
            &["architecture"],
            &["lambda:UpdateFunctionCode", "lambda:TagResource"],
            c.other_architecture(),
        ),
        code(c),
        configuration(c),
        surroundings(c),
        Row::new(
            id,
            &["reserved_concurrency"],
            &["lambda:DeleteFunctionConcurrency"],
            c.never_run(),
        ),
        Row::new(
            id,
            &["tags.team"],
            &["lambda:TagResource"],
            c.tag_function(),
        ),
    ]
}

/// Whoever wants to read unseen switches the reads off, or gives root's account a name that looks harmless.
fn code(c: &Intruder) -> Row<'_> {
    let fields = &[
        "code_sha256",
        "settings.account_names",
        "settings.read_only",
        "settings.topic_arn",
    ];
    let calls = &["lambda:UpdateFunctionCode", "lambda:TagResource"];
    let changed = c.other_code(json!({
        "topic_arn": "arn:aws:sns:eu-west-1:1:x",
        "read_only": "off",
        "account_names": {"333333333333": "test"},
    }));
    Row::new("function rootwatch-notifier", fields, calls, changed)
}

const CONFIGURATION: &[&str] = &["lambda:UpdateFunctionConfiguration"];

fn configuration(c: &Intruder) -> Row<'_> {
    let fields = &[
        "description",
        "environment.RUST_LOG",
        "handler",
        "memory_size",
        "runtime",
        "timeout",
    ];
    let environment = Environment::builder().variables("RUST_LOG", "off").build();
    let changed = c.configure(|call| {
        call.description("mine")
            .environment(environment)
            .handler("x")
            .memory_size(3008)
            .runtime(Runtime::Providedal2)
            .timeout(1)
    });
    Row::new(
        "function rootwatch-notifier",
        fields,
        CONFIGURATION,
        changed,
    )
}

/// What rootwatch sets none of is taken away in the same call.
fn surroundings(c: &Intruder) -> Row<'_> {
    let fields = &[
        "kms_key",
        "layers",
        "log_group",
        "not_default.TracingConfig",
        "role",
        "subnets",
    ];
    let changed = async {
        let (role, layer) = (c.other_role().await, c.layer().await);
        let vpc = VpcConfig::builder().subnet_ids("subnet-1");
        let vpc = vpc.security_group_ids("sg-1").build();
        let tracing = TracingConfig::builder().mode(TracingMode::Active).build();
        let logs = LoggingConfig::builder().log_group("/mine").build();
        c.configure(|call| {
            call.kms_key_arn("arn:aws:kms:eu-west-1:222222222222:key/1")
                .layers(layer)
                .logging_config(logs)
                .tracing_config(tracing)
                .role(role)
                .vpc_config(vpc)
        })
        .await;
    };
    Row::new(
        "function rootwatch-notifier",
        fields,
        CONFIGURATION,
        changed,
    )
}

fn mapping(c: &Intruder) -> Vec<Row<'_>> {
    let id = "event-source-mapping rootwatch-reads";
    let fields = &[
        "batch_size",
        "enabled",
        "filters",
        "maximum_batching_window",
        "maximum_concurrency",
        "report_batch_item_failures",
    ];
    let scaling = ScalingConfig::builder().maximum_concurrency(9).build();
    let changed = c.update_mapping(|call| {
        call.batch_size(1)
            .enabled(false)
            .filter_criteria(filter())
            .maximum_batching_window_in_seconds(300)
            .scaling_config(scaling)
            .set_function_response_types(Some(vec![]))
    });
    vec![
        Row::new(id, fields, &["lambda:UpdateEventSourceMapping"], changed),
        Row::gone(
            id,
            &["lambda:CreateEventSourceMapping"],
            c.delete_mapping(READS),
        ),
    ]
}

fn acts_mapping(c: &Intruder) -> Vec<Row<'_>> {
    let id = "event-source-mapping rootwatch-acts";
    let make = &["lambda:CreateEventSourceMapping"];
    vec![Row::gone(id, make, c.delete_mapping(ACTS))]
}
