//! The executable as Lambda runs it: a process, the Runtime API, and SNS at an endpoint.

use std::io::Read as _;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use rootwatch_lab::{Host, Request};
use serde_json::{Value, json};

use crate::services::Form;
use crate::{TOPIC, batch, envelope};

const PATIENCE: Duration = Duration::from_secs(20);

/// The function without Organizations.
fn bootstrap(api: &Host, sns: &Host) -> Command {
    with_organizations(api, sns.address, closed())
}

/// A port on which nothing listens.
fn closed() -> SocketAddr {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap()
}

fn with_organizations(api: &Host, sns: SocketAddr, organizations: SocketAddr) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_bootstrap"));
    command
        .env_clear()
        .env("AWS_LAMBDA_RUNTIME_API", api.address.to_string())
        .env("AWS_LAMBDA_FUNCTION_NAME", "f")
        .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128")
        .env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
        .env("AWS_ACCESS_KEY_ID", "an-id")
        .env("AWS_SECRET_ACCESS_KEY", "a-key")
        .env("AWS_SESSION_TOKEN", "a-token")
        .env("AWS_REGION", "eu-west-1")
        .env("AWS_ENDPOINT_URL", format!("http://{sns}"))
        .env(
            "AWS_ENDPOINT_URL_ORGANIZATIONS",
            format!("http://{organizations}"),
        )
        .env("ROOTWATCH_TOPIC_ARN", TOPIC)
        .env(
            "ROOTWATCH_ACCOUNT_NAMES",
            r#"{"111122223333":"Prod-Payments"}"#,
        )
        .stdout(Stdio::piped());
    command
}

/// The first response to an invocation: its path and body.
fn response(api: &Host) -> (String, String) {
    loop {
        let Request { path, body, .. } = api.requests.recv_timeout(PATIENCE).unwrap();
        if !path.ends_with("/next") {
            return (path, body);
        }
    }
}

/// The next message that was published, as a form.
fn published(sns: &Host) -> String {
    sns.requests.recv_timeout(PATIENCE).unwrap().body
}

fn stop(mut child: Child) -> String {
    child.kill().unwrap();
    let mut log = String::new();
    child
        .stdout
        .take()
        .unwrap()
        .read_to_string(&mut log)
        .unwrap();
    child.wait().unwrap();
    log
}

/// A value of a form, decoded.
fn form(body: &str, name: &str) -> String {
    Form::of(body).get(name).to_owned()
}

#[test]
fn an_event_goes_from_the_runtime_api_to_sns() {
    let sns = Host::sns("nothing is refused").unwrap();
    let api =
        Host::runtime_api(vec![envelope("e1", "PutBucketPolicy", false).to_string()]).unwrap();
    let child = bootstrap(&api, &sns).spawn().unwrap();
    let (path, body) = response(&api);
    assert!(
        path.ends_with("/invocation/request-1/response"),
        "{path} {body}"
    );
    assert_eq!(body, r#"{"published":1}"#);
    let request = published(&sns);
    assert_eq!(form(&request, "Action"), "Publish");
    assert_eq!(form(&request, "TopicArn"), TOPIC);
    assert_eq!(form(&request, "MessageStructure"), "json");
    assert!(
        form(&request, "Subject")
            .starts_with("[HIGH] Root called s3:PutBucketPolicy in Prod-Payments 111122223333")
    );
    let message: Value = serde_json::from_str(&form(&request, "Message")).unwrap();
    assert!(
        message["email"]
            .as_str()
            .unwrap()
            .contains("Event id:    e1")
    );
    let log = stop(child);
    let lines = log.lines().map(|line| serde_json::from_str(line).unwrap());
    let lines: Vec<Value> = lines.collect();
    let [names, line] = lines.as_slice() else {
        unreachable!("{log}")
    };
    let message = names["message"].as_str().unwrap();
    assert!(message.starts_with("account names are not available from Organizations"));
    assert_eq!(line["decision"], "alert");
    assert_eq!(line["event_id"], "e1");
    assert_eq!(line["sns_message_id"], "sns-1");
    assert!(
        !log.contains("secret") && !log.contains("PutBucketPolicy"),
        "no content of the event: {log}"
    );
}

#[test]
fn a_refused_publish_is_a_failed_invocation() {
    let sns = Host::sns("PutBucketPolicy").unwrap();
    let api =
        Host::runtime_api(vec![envelope("e1", "PutBucketPolicy", false).to_string()]).unwrap();
    let child = bootstrap(&api, &sns).spawn().unwrap();
    let (path, body) = response(&api);
    assert!(path.ends_with("/invocation/request-1/error"), "{path}");
    assert!(body.contains("AuthorizationError: not allowed"), "{body}");
    assert!(stop(child).contains(r#""level":"ERROR""#));
}

#[test]
fn sns_out_of_reach_is_a_failed_invocation() {
    let api =
        Host::runtime_api(vec![envelope("e1", "PutBucketPolicy", false).to_string()]).unwrap();
    let child = with_organizations(&api, closed(), closed())
        .spawn()
        .unwrap();
    assert!(response(&api).0.ends_with("/error"));
    stop(child);
}

#[test]
fn a_batch_comes_back_with_what_failed() {
    let sns = Host::sns("Subject=%5BHIGH%5D").unwrap();
    let bodies = [
        envelope("e1", "ListBuckets", true).to_string(),
        envelope("e2", "PutBucketPolicy", false).to_string(),
    ];
    let api = Host::runtime_api(vec![batch(&bodies).to_string()]).unwrap();
    let child = bootstrap(&api, &sns).spawn().unwrap();
    let (_, body) = response(&api);
    let reply: Value = serde_json::from_str(&body).unwrap();
    assert_eq!(
        reply,
        json!({ "batchItemFailures": [{ "itemIdentifier": "m1" }] })
    );
    stop(child);
}

#[test]
fn an_event_nested_deeper_than_json_parsers_allow_is_still_reported() {
    let sns = Host::sns("nothing is refused").unwrap();
    let deep = format!(r#"{{"detail":{}{}}}"#, "[".repeat(5_000), "]".repeat(5_000));
    let api = Host::runtime_api(vec![deep]).unwrap();
    let child = bootstrap(&api, &sns).spawn().unwrap();
    let (path, body) = response(&api);
    assert!(path.ends_with("/response"), "{path} {body}");
    let request = published(&sns);
    assert!(form(&request, "Subject").contains("could not be read"));
    stop(child);
}

#[test]
fn without_a_topic_it_does_not_start() {
    let sns = Host::sns("nothing is refused").unwrap();
    let api = Host::runtime_api(Vec::new()).unwrap();
    let output = bootstrap(&api, &sns)
        .env_remove("ROOTWATCH_TOPIC_ARN")
        .stderr(Stdio::piped())
        .output()
        .unwrap();
    assert!(!output.status.success());
    assert!(String::from_utf8_lossy(&output.stderr).contains("ROOTWATCH_TOPIC_ARN is not set"));
}

#[test]
fn an_account_has_the_name_that_organizations_gives_it() {
    let (sns, organizations) = (
        Host::sns("nothing is refused").unwrap(),
        Host::organizations("Payments Production").unwrap(),
    );
    let event = envelope("e1", "PutBucketPolicy", false).to_string();
    let api = Host::runtime_api(vec![event]).unwrap();
    let mut command = with_organizations(&api, sns.address, organizations.address);
    let child = command.spawn().unwrap();
    let subject = form(&published(&sns), "Subject");
    assert!(
        subject.contains(" in Payments Production 111122223333 "),
        "{subject}"
    );
    let asked = organizations.requests.recv_timeout(PATIENCE).unwrap();
    let operation = "AWSOrganizationsV20161128.DescribeAccount";
    assert_eq!(asked.target.as_deref(), Some(operation));
    assert_eq!(asked.body, r#"{"AccountId":"111122223333"}"#);
    stop(child);
}

#[test]
fn an_alert_waits_a_second_for_a_name_and_the_next_not_at_all() {
    let (sns, silent) = (
        Host::sns("nothing is refused").unwrap(),
        Host::silent().unwrap(),
    );
    let events = ["e1", "e2"].map(|id| envelope(id, "PutBucketPolicy", false).to_string());
    let api = Host::runtime_api(events.to_vec()).unwrap();
    let mut command = with_organizations(&api, sns.address, silent.address);
    let child = command.spawn().unwrap();
    let messages = [(); 2].map(|()| sns.requests.recv_timeout(PATIENCE).unwrap());
    let asked = silent.requests.recv_timeout(PATIENCE).unwrap();
    let waited = messages[0].at - asked.at;
    assert!(waited < Duration::from_secs(3), "{waited:?}");
    for message in &messages {
        let subject = form(&message.body, "Subject");
        assert!(subject.contains("Prod-Payments"), "{subject}");
    }
    // There was no lookup for the second.
    assert!(silent.requests.try_recv().is_err());
    assert!(stop(child).contains("account names are not available from Organizations"));
}

#[test]
fn a_settings_file_beside_the_executable_wins_over_the_environment() {
    let sns = Host::sns("nothing is refused").unwrap();
    let event = envelope("e1", "PutBucketPolicy", false).to_string();
    let api = Host::runtime_api(vec![event]).unwrap();
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("settings-file");
    std::fs::create_dir_all(&folder).unwrap();
    let topic = "arn:aws:sns:eu-west-1:999988887777:of-the-file";
    let file = json!({ "topic_arn": topic }).to_string();
    std::fs::write(folder.join("settings.json"), file).unwrap();
    let child = bootstrap(&api, &sns)
        .env("LAMBDA_TASK_ROOT", &folder)
        .spawn()
        .unwrap();
    let request = published(&sns);
    assert_eq!(form(&request, "TopicArn"), topic);
    assert!(form(&request, "Subject").contains("Prod-Payments"));
    stop(child);
}
