//! The executable as Lambda runs it: a process, the Runtime API, and SNS at an endpoint.

use std::io::Read as _;
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::Receiver;
use std::time::Duration;

use serde_json::{Value, json};

use crate::host::{Request, runtime_api, sns};
use crate::{TOPIC, batch, envelope};

const PATIENCE: Duration = Duration::from_secs(20);

fn bootstrap(api: SocketAddr, sns: SocketAddr) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_bootstrap"));
    command
        .env_clear()
        .env("AWS_LAMBDA_RUNTIME_API", api.to_string())
        .env("AWS_LAMBDA_FUNCTION_NAME", "f")
        .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128")
        .env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
        .env("AWS_ACCESS_KEY_ID", "an-id")
        .env("AWS_SECRET_ACCESS_KEY", "a-key")
        .env("AWS_SESSION_TOKEN", "a-token")
        .env("AWS_REGION", "eu-west-1")
        .env("AWS_ENDPOINT_URL", format!("http://{sns}"))
        .env("ROOTWATCH_TOPIC_ARN", TOPIC)
        .env(
            "ROOTWATCH_ACCOUNT_NAMES",
            r#"{"111122223333":"Prod-Payments"}"#,
        )
        .stdout(Stdio::piped());
    command
}

/// The first answer that is given to an invocation: its path and body.
fn answer(api: &Receiver<Request>) -> Request {
    loop {
        let request = api.recv_timeout(PATIENCE).unwrap();
        if !request.0.ends_with("/next") {
            return request;
        }
    }
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
    let pair = body
        .split('&')
        .find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='))
        .unwrap();
    let mut bytes = Vec::new();
    let mut rest = pair.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'%' => {
                let code = [rest.next().unwrap(), rest.next().unwrap()];
                u8::from_str_radix(str::from_utf8(&code).unwrap(), 16).unwrap()
            }
            b'+' => b' ',
            other => other,
        });
    }
    String::from_utf8(bytes).unwrap()
}

#[test]
fn an_event_goes_from_the_runtime_api_to_sns() {
    let (sns, published) = sns("nothing is refused");
    let (api, answers) = runtime_api(vec![envelope("e1", "PutBucketPolicy", false).to_string()]);
    let child = bootstrap(api, sns).spawn().unwrap();
    let (path, body) = answer(&answers);
    assert!(
        path.ends_with("/invocation/request-1/response"),
        "{path} {body}"
    );
    assert_eq!(body, r#"{"published":1}"#);
    let (_, request) = published.recv_timeout(PATIENCE).unwrap();
    assert_eq!(form(&request, "Action"), "Publish");
    assert_eq!(form(&request, "TopicArn"), TOPIC);
    assert_eq!(form(&request, "MessageStructure"), "json");
    assert!(
        form(&request, "Subject")
            .starts_with("[HIGH] 111122223333 Prod-Payments: root called s3:PutBucketPolicy")
    );
    let message: Value = serde_json::from_str(&form(&request, "Message")).unwrap();
    assert!(
        message["email"]
            .as_str()
            .unwrap()
            .contains("Event id:    e1")
    );
    let log = stop(child);
    let line: Value = serde_json::from_str(log.lines().next().unwrap()).unwrap();
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
    let (sns, _published) = sns("PutBucketPolicy");
    let (api, answers) = runtime_api(vec![envelope("e1", "PutBucketPolicy", false).to_string()]);
    let child = bootstrap(api, sns).spawn().unwrap();
    let (path, body) = answer(&answers);
    assert!(path.ends_with("/invocation/request-1/error"), "{path}");
    assert!(body.contains("AuthorizationError: not allowed"), "{body}");
    assert!(stop(child).contains(r#""level":"ERROR""#));
}

#[test]
fn sns_out_of_reach_is_a_failed_invocation() {
    let closed = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let (api, answers) = runtime_api(vec![envelope("e1", "PutBucketPolicy", false).to_string()]);
    let child = bootstrap(api, closed).spawn().unwrap();
    assert!(answer(&answers).0.ends_with("/error"));
    stop(child);
}

#[test]
fn a_batch_comes_back_with_what_failed() {
    let (sns, _published) = sns("Subject=%5BHIGH%5D");
    let bodies = [
        envelope("e1", "ListBuckets", true).to_string(),
        envelope("e2", "PutBucketPolicy", false).to_string(),
    ];
    let (api, answers) = runtime_api(vec![batch(&bodies).to_string()]);
    let child = bootstrap(api, sns).spawn().unwrap();
    let (_, body) = answer(&answers);
    let reply: Value = serde_json::from_str(&body).unwrap();
    assert_eq!(
        reply,
        json!({ "batchItemFailures": [{ "itemIdentifier": "m1" }] })
    );
    stop(child);
}

#[test]
fn deeper_than_json_readers_go_is_still_told() {
    let (sns, published) = sns("nothing is refused");
    let deep = format!(r#"{{"detail":{}{}}}"#, "[".repeat(5_000), "]".repeat(5_000));
    let (api, answers) = runtime_api(vec![deep]);
    let child = bootstrap(api, sns).spawn().unwrap();
    let (path, body) = answer(&answers);
    assert!(path.ends_with("/response"), "{path} {body}");
    let (_, request) = published.recv_timeout(PATIENCE).unwrap();
    assert!(form(&request, "Subject").contains("could not be read"));
    stop(child);
}

#[test]
fn without_a_topic_it_does_not_start() {
    let (sns, _published) = sns("nothing is refused");
    let (api, _answers) = runtime_api(Vec::new());
    let output = bootstrap(api, sns)
        .env_remove("ROOTWATCH_TOPIC_ARN")
        .stderr(Stdio::piped())
        .output()
        .unwrap();
    assert!(!output.status.success());
    assert!(String::from_utf8_lossy(&output.stderr).contains("ROOTWATCH_TOPIC_ARN is not set"));
}
