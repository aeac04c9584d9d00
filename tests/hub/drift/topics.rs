use super::Row;
use crate::intruder::{ALERTS, HEALTH, Intruder};
use serde_json::json;

const SET: &[&str] = &["sns:SetTopicAttributes"];
const KEY: &[&str] = &["kms_master_key_id"];

pub(super) fn rows(c: &Intruder) -> Vec<Vec<Row<'_>>> {
    let encrypted = c.set_topic(HEALTH, "KmsMasterKeyId", "alias/aws/sns");
    vec![
        alerts(c),
        vec![Row::new("topic rootwatch-health", KEY, SET, encrypted)],
        vec![Row::new(
            "subscriptions rootwatch-alerts",
            &["subscriptions.email security@example.com"],
            // The mark says since when.
            &["sns:TagResource", "sns:Subscribe"],
            c.unsubscribe(ALERTS),
        )],
    ]
}

fn alerts(c: &Intruder) -> Vec<Row<'_>> {
    let id = "topic rootwatch-alerts";
    let policy = &["policy.RootwatchNotifier.Condition.ArnEquals.aws:PrincipalArn"];
    let condition = json!({"ArnEquals": {"aws:PrincipalArn": "arn:aws:iam::1:role/x"}});
    let change = Some(("Condition", condition));
    vec![
        Row::new(id, KEY, SET, c.set_topic(ALERTS, "KmsMasterKeyId", "")),
        Row::new(
            id,
            policy,
            SET,
            c.topic_statement(ALERTS, "RootwatchNotifier", change),
        ),
        Row::new(id, &["tags.team"], &["sns:TagResource"], c.tag_alerts()),
    ]
}
