//! Tests of the wrappers.

use super::unwrap::*;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::Value;
use serde_json::json;

fn record(id: &str) -> Value {
    json!({"eventName": "CreateUser", "eventID": id, "userIdentity": {"type": "Root"}})
}

fn ids(found: &Found) -> Vec<&str> {
    let values = found.values.iter();
    values.filter_map(|it| it["eventID"].as_str()).collect()
}

#[test]
fn each_wrapper_is_taken_off() {
    let one = record("a");
    let text = one.to_string();
    let log = json!({"messageType": "DATA_MESSAGE", "logEvents": [{"id": "1", "timestamp": 1, "message": text}]});
    let encoded = BASE64_STANDARD.encode(log.to_string());
    for (what, value) in [
        ("a record", one.clone()),
        ("a list", json!([one])),
        ("a log file", json!({"Records": [one]})),
        (
            "lookup-events",
            json!({"Events": [{"EventId": "a", "CloudTrailEvent": text}]}),
        ),
        ("a subscription", log.clone()),
        (
            "a subscription at a function",
            json!({"awslogs": {"data": encoded}}),
        ),
        (
            "a subscription in Kinesis",
            json!({"Records": [{"kinesis": {"data": encoded}}]}),
        ),
        (
            "filter-log-events",
            json!({"events": [{"timestamp": 1, "message": text}]}),
        ),
        (
            "a notification",
            json!({"Type": "Notification", "MessageId": "m", "Message": text}),
        ),
        (
            "a notification at a function",
            json!({"Records": [{"EventSource": "aws:sns", "Sns": {"Message": text}}]}),
        ),
        (
            "receive-message",
            json!({"Messages": [{"MessageId": "m", "Body": text}]}),
        ),
        (
            "a batch",
            json!({"Records": [{"eventSource": "aws:sqs", "body": text}]}),
        ),
        (
            "a failed invocation",
            json!({"requestContext": {}, "requestPayload": one}),
        ),
        (
            "CloudTrail Lake",
            json!({"QueryResultRows": [[{"eventJson": text}, {"n": "1"}]]}),
        ),
        (
            "a notification in a queue",
            json!({"Messages": [{"Body": json!({"Type": "Notification", "Message": text}).to_string()}]}),
        ),
    ] {
        let found = all(value.to_string().as_bytes());
        assert_eq!(
            found.values,
            std::slice::from_ref(&one),
            "{what}: {found:?}"
        );
        assert_eq!(found.unread, Vec::<String>::new(), "{what}");
    }
}

#[test]
fn an_event_with_fields_of_a_wrapper_stays_whole() {
    let mut event = record("a");
    event["Records"] = json!("x");
    event["message"] = json!("x");
    event["requestPayload"] = json!({"x": 1});
    let envelope = json!({"detail-type": "x", "source": "aws.s3", "detail": event, "Message": "x", "Type": "Notification"});
    for value in [event, envelope] {
        assert_eq!(all(value.to_string().as_bytes()).values, [value]);
    }
}

#[test]
fn a_bad_line_does_not_lose_the_others() {
    let (a, b) = (record("a"), record("b"));
    let found = all(format!("{a}\n\n{{\"half\": \n{b}\nnot JSON\n").as_bytes());
    assert_eq!(ids(&found), ["a", "b"]);
    let [third, last] = &found.unread[..] else {
        panic!("{found:?}")
    };
    assert!(third.starts_with(", line 3: not JSON: EOF"), "{third}");
    assert_eq!(last, ", line 5: not JSON: expected ident at column 2");
}

#[test]
fn values_over_several_lines_are_read_in_a_row_and_their_lines_known() {
    let pretty = serde_json::to_string_pretty(&record("a")).unwrap();
    let bad = json!({"Type": "Notification", "Message": "hello"});
    let found = all(format!("{pretty}\n{pretty}\n{bad}").as_bytes());
    assert_eq!(ids(&found), ["a", "a"]);
    let line = 2 * pretty.lines().count() + 1;
    let begin = format!(", line {line}: the SNS message is not JSON: ");
    assert!(found.unread[0].starts_with(&begin), "{found:?}");
}

#[test]
fn garbage_is_said_with_its_line() {
    for (garbage, begin) in [
        ("not JSON", ", line 1: not JSON: expected ident"),
        ("\n\n<html>", ", line 3: not JSON: expected value"),
        ("{\n\"a\": 1,\n", ", line 3: not JSON: EOF"),
        ("[]", ": there is no event"),
        (
            r#"{"awslogs": {"data": "??"}}"#,
            ", line 1: awslogs.data: not base64",
        ),
        (
            r#"{"Records": [{"eventSource": "aws:s3"}]}"#,
            ", line 1: S3's notification",
        ),
        (
            r#"{"QueryResultRows": [[{"n": "1"}]]}"#,
            ", line 1: the result of the query",
        ),
    ] {
        let found = all(garbage.as_bytes());
        assert_eq!(found.values, Vec::<Value>::new(), "{garbage}");
        assert!(found.unread[0].starts_with(begin), "{garbage}: {found:?}");
    }
}

#[test]
fn wrappers_within_wrappers_have_an_end() {
    let mut value = record("a");
    for _ in 0..30 {
        value = json!([value]);
    }
    let found = all(value.to_string().as_bytes());
    assert_eq!(
        found.unread,
        [", line 1: too many wrappers within each other"]
    );
}
