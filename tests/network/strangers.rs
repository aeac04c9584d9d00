use super::environment;
use super::proxy::{Proxy, Request};
use super::{LAB, address};
use crate::faults::access_denied;
use crate::world::{PERSON, World, run};

fn answer(status: &str, headers: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "HTTP/1.1 {status}\r\n{headers}Content-Length: {length}\r\nConnection: close\r\n\r\n{body}"
    )
}

const SIGN_IN: &str =
    "<!DOCTYPE html><html><head><title>Sign in to Corp Wi-Fi</title></head></html>";

#[test]
fn who_answers_in_the_place_of_aws_is_named_with_the_status() {
    let world = World::new();
    let html = "Server: squid/6.6\r\nVia: 1.1 proxy.corp (squid)\r\nContent-Type: text/html\r\n";
    let to = "Location: https://portal.corp/login?session=t0ken\r\n";
    let said: [(String, &[&str]); 7] = [
        (
            answer("200 OK", html, SIGN_IN),
            &[
                "HTTP 200, server squid/6.6, via 1.1 proxy.corp (squid), text/html, \"Sign in to Corp Wi-Fi\"",
            ],
        ),
        (
            answer("302 Found", to, ""),
            &["HTTP 302, a redirection to https://portal.corp/login, empty"],
        ),
        (
            answer(
                "503 Service Unavailable",
                html,
                "<html><body><h1>Try later</h1></body></html>",
            ),
            &["HTTP 503, server squid/6.6", "\"Try later\""],
        ),
        (
            answer(
                "403 Forbidden",
                "Content-Type: text/plain\r\n",
                "blocked by policy",
            ),
            &["HTTP 403, text/plain, \"blocked by policy\""],
        ),
        (answer("200 OK", "", ""), &["HTTP 200, empty"]),
        (answer("502 Bad Gateway", "", ""), &["HTTP 502, empty"]),
        (
            answer("407 Proxy Authentication Required", "", ""),
            &["HTTP 407", "hint: the proxy wants a user and password"],
        ),
    ];
    for (answer, says) in said {
        let who = match answer.starts_with("HTTP/1.1 5") {
            true => "NotAws: AWS, or something on the way to it, cannot answer now",
            false => "NotAws: what answered is not AWS",
        };
        let proxy = Proxy::answering("", move |_| Some(answer.clone()));
        let endpoint = format!("http://{LAB}");
        let url = proxy.url();
        let way = [("AWS_ENDPOINT_URL", &*endpoint), ("HTTP_PROXY", &*url)];
        let ran = run(&environment(&world, &way), &["plan", "hub"]).ends_with(1);
        let always = ["sts:GetCallerIdentity: ", who, "hint: "];
        for text in always.iter().chain(says) {
            assert!(ran.stderr.contains(text), "{text}: {}", ran.stderr);
        }
        assert!(!ran.stderr.contains("t0ken"), "{}", ran.stderr);
    }
    assert_eq!(world.lab.calls().unwrap().len(), 0);
}

#[test]
fn json_and_xml_that_the_service_does_not_write_are_quoted() {
    let world = World::new();
    for (answer, says) in [
        (
            answer(
                "403 Forbidden",
                "Content-Type: application/json\r\n",
                "{\"error\":\"blocked\"}",
            ),
            "HTTP 403, application/json, \"{\"error\":\"blocked\"}\"",
        ),
        (
            answer("200 OK", "Content-Type: text/xml\r\n", "<Blocked/>"),
            "UnreadableAnswer: the answer is not what the service writes: HTTP 200, text/xml, \"<Blocked/>\": ",
        ),
    ] {
        let proxy = Proxy::answering("", move |_| Some(answer.clone()));
        let way = [("AWS_ENDPOINT_URL", &*proxy.url())];
        let ran = run(&environment(&world, &way), &["plan", "hub"]).ends_with(1);
        assert!(ran.stderr.contains(says), "{says}: {}", ran.stderr);
    }
}

/// A login page is no deletion: its status is 200, and the SDK reads nothing of an answer that may be empty.
#[test]
fn a_deletion_that_somebody_else_answers_is_not_believed() {
    let world = World::with_hub();
    let page = answer("200 OK", "Content-Type: text/html\r\n", SIGN_IN);
    for operation in ["DeleteQueue", "DeleteTopic", "DeleteRule", "DeleteAlarms"] {
        let (world, page) = (world.fork(), page.clone());
        let is_one = move |request: &Request| request.is(operation).then(|| page.clone());
        let proxy = Proxy::answering(address(&world), is_one);
        let env = environment(&world, &[("AWS_ENDPOINT_URL", &proxy.url())]);
        let ran = run(&env, &["teardown", "hub", "--yes"]).ends_with(1);
        let says = format!(":{operation}: NotAws: ");
        assert!(ran.stderr.contains(&says), "{says}: {}", ran.stderr);
        assert!(
            ran.stderr.contains("Sign in to Corp Wi-Fi"),
            "{}",
            ran.stderr
        );
        world.rootwatch(&["teardown", "hub", "--yes"]).ends_with(0);
        let left = world.left();
        assert!(!left.contains("rootwatch"), "{left}");
    }
}

#[test]
fn a_proxy_that_is_overloaded_for_a_moment_is_asked_again() {
    let world = World::new();
    let seen = std::sync::atomic::AtomicUsize::new(0);
    let busy = answer(
        "503 Service Unavailable",
        "Content-Type: text/html\r\n",
        "<html></html>",
    );
    let proxy = Proxy::answering(address(&world), move |_| {
        let nth = seen.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        (nth == 0).then(|| busy.clone())
    });
    let env = environment(&world, &[("AWS_ENDPOINT_URL", &proxy.url())]);
    run(&env, &["plan", "hub", "--email", PERSON]).ends_with(0);
}

#[test]
fn an_error_of_aws_has_the_id_of_its_request() {
    let world = World::new();
    world.fail(&access_denied().operation("GetCallerIdentity"));
    let ran = world.rootwatch(&["plan", "hub"]).ends_with(1);
    let id =
        regex_lite::Regex::new(r"AccessDenied: not today \(request id [0-9a-f-]{36}\)").unwrap();
    assert!(id.is_match(&ran.stderr), "{}", ran.stderr);
}
