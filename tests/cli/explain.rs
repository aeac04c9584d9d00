use crate::world::{REGION, api_call, run, run_with_input, sign_in};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};
use std::io::Write;

fn explain(content: &str, form: &str) -> crate::world::Ran {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("event.json");
    std::fs::write(&file, content).unwrap();
    run(&[], &["explain", "--output", form, file.to_str().unwrap()])
}

#[test]
fn one_json_line_an_event_with_all_that_is_promised() {
    let log = serde_json::json!({"Records": [
        sign_in("111122223333", "No"),
        api_call("111122223333", REGION, "s3", "ListBuckets", true),
    ]});
    let ran = explain(&log.to_string(), "json").ends_with(0);
    let lines: Vec<serde_json::Value> = ran
        .stdout
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(lines.len(), 2);
    assert_eq!(
        (lines[0]["decision"].as_str(), lines[1]["decision"].as_str()),
        (Some("alert"), Some("digest"))
    );
    for key in [
        "decision", "reason", "severity", "activity", "account", "region", "time", "event_id",
        "subject", "text",
    ] {
        assert!(
            lines.iter().all(|line| line[key].is_string()),
            "{key} in {lines:?}"
        );
    }
}

#[test]
fn text_is_what_the_mail_says() {
    let ran = explain(&sign_in("111122223333", "Yes").to_string(), "text").ends_with(0);
    assert!(
        ran.stdout.starts_with("An alert would be sent: "),
        "{}",
        ran.stdout
    );
    assert!(
        ran.stdout.contains("Subject: [") && ran.stdout.contains("What to do now"),
        "{}",
        ran.stdout
    );
}

#[test]
fn json_that_is_no_event_is_still_an_alert() {
    let ran = explain(r#"{"some": "thing"}"#, "json").ends_with(0);
    let said: Value = serde_json::from_str(ran.stdout.trim()).unwrap();
    assert_eq!(said["decision"], "alert");
}

#[test]
fn what_is_shown_of_an_input_is_what_was_in_it() {
    let ran = explain(r#"{"some": "thing"}"#, "text").ends_with(0);
    assert!(!ran.stdout.contains("requestPayload"), "{}", ran.stdout);
    let ran = explain("{}", "text").ends_with(1);
    assert!(
        ran.stderr.contains("there is no event in it"),
        "{}",
        ran.stderr
    );
}

#[test]
fn a_file_that_is_not_there_is_an_error() {
    let ran = run(&[], &["explain", "no-such-file.json"]).ends_with(1);
    assert!(ran.stderr.contains("no-such-file.json"), "{}", ran.stderr);
}

#[test]
fn garbage_is_an_error_with_its_file_and_line() {
    let ran = explain("\n<html>", "text").ends_with(1);
    assert!(
        ran.stderr.contains("event.json, line 2: not JSON: "),
        "{}",
        ran.stderr
    );
    assert_eq!(ran.stdout, "");
}

#[test]
fn an_empty_file_is_reported_as_one() {
    let ran = explain(" \n", "text").ends_with(1);
    assert!(ran.stderr.contains("event.json is empty"), "{}", ran.stderr);
}

/// As `gzip` makes it.
fn compressed(text: &str) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn several_files_are_read_compressed_or_not_and_a_bad_line_loses_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let log = json!({"Records": [sign_in("111122223333", "No")]}).to_string();
    std::fs::write(path("log.json.gz"), compressed(&log)).unwrap();
    let call = api_call("444455556666", REGION, "iam", "CreateAccessKey", false);
    std::fs::write(path("lines.json"), format!("{call}\nnot JSON\n{call}\n")).unwrap();
    let files = [path("log.json.gz"), path("lines.json")];
    let args = ["explain", "--output", "json", &files[0], &files[1]];
    let ran = run(&[], &args).ends_with(1);
    let lines: Vec<Value> = ran
        .stdout
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let read = |place: usize| {
        (
            lines[place]["file"].clone(),
            lines[place]["account"].clone(),
        )
    };
    assert_eq!(lines.len(), 3, "{lines:?}");
    assert_eq!(read(0), (json!(files[0]), json!("111122223333")));
    assert_eq!(read(2), (json!(files[1]), json!("444455556666")));
    let bad = format!("{}, line 2: not JSON: ", files[1]);
    assert!(ran.stderr.contains(&bad), "{}", ran.stderr);
}

#[test]
fn standard_input_takes_a_compressed_subscription_message() {
    let call = api_call("444455556666", REGION, "iam", "CreateAccessKey", false).to_string();
    let log = json!({"messageType": "DATA_MESSAGE", "logEvents": [{"id": "1", "timestamp": 1, "message": call}]});
    let data = BASE64_STANDARD.encode(compressed(&log.to_string()));
    let message = json!({"awslogs": {"data": data}}).to_string();
    for input in [message.clone().into_bytes(), compressed(&message)] {
        let ran = run_with_input(&["explain", "-"], &input).ends_with(0);
        let text = &ran.stdout;
        assert!(text.contains("Root created an access key"), "{text}");
    }
}

#[test]
fn an_insights_record_names_nobody_and_is_no_alert() {
    let insight = json!({
        "eventVersion": "1.09", "eventTime": "2026-11-02T09:12:00Z", "awsRegion": "eu-west-1",
        "eventID": "00000000-1111-4222-8333-000000000077", "eventType": "AwsCloudTrailInsight",
        "recipientAccountId": "111122223333", "eventCategory": "Insight",
        "insightDetails": {"state": "Start", "eventSource": "iam.amazonaws.com", "eventName": "CreateAccessKey",
            "insightType": "ApiCallRateInsight"},
    });
    let ran = explain(&insight.to_string(), "text").ends_with(0);
    let expected =
        "Nothing would be sent: CloudTrail Insights counted calls: nobody's identity is in it\n";
    assert_eq!(ran.stdout, expected);
}
