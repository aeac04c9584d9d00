use crate::world::{REGION, api_call, run, sign_in};

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
fn what_cannot_be_read_is_still_an_alert() {
    let ran = explain("not JSON", "json").ends_with(0);
    let said: serde_json::Value = serde_json::from_str(ran.stdout.trim()).unwrap();
    assert_eq!(said["decision"], "alert");
}

#[test]
fn a_file_that_is_not_there_is_an_error() {
    let ran = run(&[], &["explain", "no-such-file.json"]).ends_with(1);
    assert!(ran.stderr.contains("no-such-file.json"), "{}", ran.stderr);
}

#[test]
fn a_compressed_log_is_told_how_to_be_read() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("log.json.gz");
    std::fs::write(&file, [0x1f, 0x8b, 8, 0]).unwrap();
    let ran = run(&[], &["explain", file.to_str().unwrap()]).ends_with(1);
    assert!(ran.stderr.contains("gunzip"), "{}", ran.stderr);
}

#[test]
fn an_empty_file_is_reported_as_one() {
    let ran = explain(" \n", "text").ends_with(1);
    assert!(ran.stderr.contains("event.json is empty"), "{}", ran.stderr);
}
