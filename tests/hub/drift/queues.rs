use super::Row;
use crate::intruder::{DEAD_LETTERS, Intruder, READS};
use aws_sdk_sqs::types::QueueAttributeName as Name;
use serde_json::json;

const SET: &[&str] = &["sqs:SetQueueAttributes"];

pub(super) fn rows(c: &Intruder) -> Vec<Vec<Row<'_>>> {
    vec![reads(c), vec![dead_letters(c)], logs(c)]
}

/// One property each: only what differs is sent.
fn reads(c: &Intruder) -> Vec<Row<'_>> {
    let id = "queue rootwatch-reads";
    let set = |field, name, value| Row::new(id, field, SET, c.set_queue(READS, name, value));
    let wider = Some(("Action", json!("sqs:*")));
    vec![
        set(
            &["message_retention_period"],
            Name::MessageRetentionPeriod,
            "60",
        ),
        set(&["sqs_managed_sse"], Name::SqsManagedSseEnabled, "false"),
        set(&["not_default.DelaySeconds"], Name::DelaySeconds, "900"),
        set(
            &["not_default.MaximumMessageSize"],
            Name::MaximumMessageSize,
            "1024",
        ),
        set(
            &["not_default.RedriveAllowPolicy"],
            Name::RedriveAllowPolicy,
            r#"{"redrivePermission":"denyAll"}"#,
        ),
        set(
            &["kms_key", "sqs_managed_sse"],
            Name::KmsMasterKeyId,
            "alias/aws/sqs",
        ),
        set(&["visibility_timeout"], Name::VisibilityTimeout, "1"),
        set(&["redrive"], Name::RedrivePolicy, ""),
        Row::new(
            id,
            &["redrive.max_receive_count"],
            SET,
            // As a console sends it.
            c.redrive(READS, DEAD_LETTERS, json!("1000")),
        ),
        set(&["policy.RootwatchRules"], Name::Policy, ""),
        Row::new(
            id,
            &["policy.RootwatchRules.Action"],
            SET,
            c.reads_statement("RootwatchRules", wider),
        ),
        Row::new(id, &["tags.team"], &["sqs:TagQueue"], c.tag_queue(READS)),
    ]
}

fn dead_letters(c: &Intruder) -> Row<'_> {
    let id = "queue rootwatch-dead-letters";
    Row::new(
        id,
        &["redrive"],
        SET,
        c.redrive(DEAD_LETTERS, READS, json!(1)),
    )
}

fn logs(c: &Intruder) -> Vec<Row<'_>> {
    const PUT: &[&str] = &["logs:PutRetentionPolicy"];
    const MAKE: &[&str] = &["logs:CreateLogGroup", "logs:PutRetentionPolicy"];
    let id = "log-group /aws/lambda/rootwatch-notifier";
    let retention = &["retention_in_days"];
    vec![
        Row::new(id, retention, PUT, c.keep_logs(Some(1))),
        Row::new(id, retention, PUT, c.keep_logs(None)),
        Row::new(id, &["tags.team"], &["logs:TagResource"], c.tag_logs()),
        Row::gone(id, MAKE, c.delete_logs()),
    ]
}
