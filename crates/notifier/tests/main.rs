//! The notifier with SNS and Organizations at an endpoint, and its executable as Lambda runs it.

#![expect(clippy::unwrap_used, reason = "tests")]

mod executable;
mod handle;
mod names;
mod owners;
mod routes;
mod services;
mod storms;

use serde_json::{Value, json};

const TOPIC: &str = "arn:aws:sns:eu-west-1:999988887777:rootwatch-alerts";

/// An envelope of a root call, as the rule sends it.
fn envelope(event_id: &str, name: &str, read_only: bool) -> Value {
    json!({
        "version": "0",
        "id": "aaaaaaaa-0000-4000-8000-000000000001",
        "detail-type": "AWS API Call via CloudTrail",
        "source": "aws.s3",
        "account": "111122223333",
        "time": "2026-11-02T09:12:44Z",
        "region": "eu-west-1",
        "detail": {
            "userIdentity": {
                "type": "Root",
                "accountId": "111122223333",
                "arn": "arn:aws:iam::111122223333:root",
                "accessKeyId": "ASIAEXAMPLEKEY00CONS",
                "sessionContext": { "attributes": { "creationDate": "2026-11-02T08:58:11Z", "mfaAuthenticated": "true" } }
            },
            "eventTime": "2026-11-02T09:12:44Z",
            "eventSource": "s3.amazonaws.com",
            "eventName": name,
            "awsRegion": "eu-west-1",
            "recipientAccountId": "111122223333",
            "requestParameters": { "bucketName": "media", "bucketPolicy": "a secret" },
            "readOnly": read_only,
            "eventID": event_id,
            "eventType": "AwsApiCall"
        }
    })
}

/// A batch as the event source mapping sends it; message ids are `m0`, `m1` and so on.
fn batch(bodies: &[String]) -> Value {
    batch_of("reads", bodies)
}

/// A batch of this queue.
fn batch_of(queue: &str, bodies: &[String]) -> Value {
    let item = |(index, body): (usize, &String)| {
        json!({ "messageId": format!("m{index}"), "receiptHandle": "r", "body": body, "eventSource": "aws:sqs",
            "eventSourceARN": format!("arn:aws:sqs:eu-west-1:999988887777:rootwatch-{queue}"), "awsRegion": "eu-west-1" })
    };
    json!({ "Records": bodies.iter().enumerate().map(item).collect::<Vec<_>>() })
}
