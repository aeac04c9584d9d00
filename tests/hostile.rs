//! Names, reasons, files, flags and answers of somebody who means harm: they steer no terminal, forge no line, fill no
//! memory and end no run in a panic.

use crate::network::proxy::{Proxy, Request};
use crate::steers::steers_nothing;
use crate::world::{REGION, Ran, World, run};
use rootwatch_lab::InstanceFault;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::thread;

/// A name or a reason with all that could be misused in one: a new line, orders for a terminal in their forms, and marks
/// that turn letters round, hide them, or carry a text that nobody sees.
const NAME: &str =
    "Prod\nerror: forged\u{1b}[2J\u{1b}]0;forged\u{7}\r\u{9b}31m\u{202e}a\u{200b}b\u{e0041}";

/// Fails where a line of the output is somebody else's.
fn no_line_is_forged(ran: &Ran) {
    let both = format!("{}\n{}", ran.stdout, ran.stderr);
    assert!(
        !both
            .lines()
            .any(|it| it.trim_start().starts_with("error: forged")),
        "{both}"
    );
}

#[test]
fn what_others_are_called_and_say_forges_no_line() {
    let world = World::deployed().calm();
    let unit = &world.organization.ou("/Workloads/Prod").unwrap().id;
    let config = world.sdk(&world.organization.management, "us-east-1");
    let organizations = aws_sdk_organizations::Client::new(&config);
    let renamed = organizations
        .update_organizational_unit()
        .organizational_unit_id(unit)
        .name(NAME)
        .send();
    done(renamed).unwrap();
    world.lab.add_account(NAME, unit).unwrap();
    let fault = InstanceFault {
        region: Some("us-east-1".into()),
        reason: format!("Resource handler returned message: {}", in_xml(NAME)),
        ..InstanceFault::default()
    };
    world.lab.fail_instances(&fault).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let page = folder.path().join("page.html");
    let page = page.to_str().unwrap();
    let failed = [
        "deploy",
        "spokes",
        "--heartbeat",
        "3h",
        "--yes",
        "--color",
        "always",
        "-v",
    ];
    let commands: [&[&str]; 7] = [
        &failed,
        &["plan", "spokes", "-v", "--color", "always"],
        &["status", "-v", "--color", "always", "--html", page],
        &["status", "--output", "json"],
        &["plan", "spokes", "--output", "json"],
        &["verify", "-v"],
        &["settings", "-v"],
    ];
    for command in commands {
        let ran = world.rootwatch(command);
        no_line_is_forged(&ran);
        assert!(!ran.stderr.contains("panicked"), "{}", ran.stderr);
        if command.contains(&"json") {
            ran.json();
        }
    }
    // It says what happened all the same.
    let status = world.rootwatch(&["status", "-v"]);
    assert!(status.stdout.contains("error: forged"), "{}", status.stdout);
    let page = std::fs::read_to_string(page).unwrap();
    steers_nothing([&page, "", ""]);
    // A backslash of a text's own is two in its data; one alone would become the letter in the browser.
    let data = page.replace(r"\\", "");
    assert!(!data.contains(r"\u001b") && !data.contains(r"\u0007"));
}

#[test]
fn flags_files_and_variables_are_shown_as_they_are() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a\u{1b}[2Jb.toml");
    std::fs::write(&file, format!("na\u{1b}me = 1\n\"{}\" = 2\n", "\\u001b[2J")).unwrap();
    let file = file.to_str().unwrap();
    let cases: [&[&str]; 6] = [
        &["plan", "hub", "--name", NAME],
        &["plan", "hub", "--config", file],
        &["plan", "hub", "--config", "/no\u{1b}[2J/such"],
        &["plan", "hub", "--\u{1b}[2Jbogus"],
        &["explain", "/no\u{1b}[2J/such"],
        &["confirm", NAME],
    ];
    for case in cases {
        let ran = run(&[], case).ends_with(1);
        assert!(ran.stderr.contains("error"), "{case:?}: {}", ran.stderr);
        assert!(!ran.stderr.contains("panicked"), "{}", ran.stderr);
        let json = run(&[], &[case, &["--output", "json"]].concat()).ends_with(1);
        assert!(json.stdout.is_empty() || json.json().is_object());
    }
}

#[test]
fn a_file_without_an_end_is_refused() {
    let ran = run(&[], &["plan", "hub", "--config", "/dev/zero"]).ends_with(1);
    assert!(ran.stderr.contains("longer than 1 MiB"), "{}", ran.stderr);
    // A pipe has no length that one could ask for first.
    let ran = run(&[], &["explain", "/dev/zero"]).ends_with(1);
    assert!(ran.stderr.contains("more than 256 MiB"), "{}", ran.stderr);
}

/// What of a text an answer in XML can have (XML 1.0, "Char").
fn in_xml(text: &str) -> String {
    text.replace(|it: char| it < ' ' && !"\t\n\r".contains(it), "")
}

/// A server that answers every request with a body that has no end.
fn endless() -> String {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for client in listener.incoming() {
            let Ok(mut client) = client else { return };
            thread::spawn(move || {
                let mut request = [0; 4096];
                let _ = client.read(&mut request);
                let head = "HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\n\r\n<Answer>";
                let _ = client.write_all(head.as_bytes());
                // Ends when the other side has had enough.
                while client.write_all(&[b'a'; 65_536]).is_ok() {}
            });
        }
    });
    format!("http://127.0.0.1:{port}")
}

#[test]
fn an_answer_without_an_end_is_not_read_to_its_end() {
    let world = World::new();
    let mut env = world.lab.env(&world.organization.hub, REGION);
    env.push(("AWS_ENDPOINT_URL".into(), endless()));
    let ran = run(&env, &["plan", "hub"]).ends_with(1);
    let says = "NotAws: the answer is longer than 64 MiB, and was not read to its end: HTTP 200, text/xml, \"aaaa";
    assert!(ran.stderr.contains(says), "{}", ran.stderr);
}

/// An answer in the service's own form, by somebody between.
fn answer(kind: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nx-amzn-requestid: 1\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
    )
}

/// A run through a proxy that answers some requests itself.
fn through(
    world: &World,
    args: &[&str],
    answers: impl Fn(&Request) -> Option<String> + Send + Sync + 'static,
) -> Ran {
    let lab = world.lab.endpoint().strip_prefix("http://").unwrap();
    let proxy = Proxy::answering(lab, answers);
    let mut env = world.lab.env(&world.organization.hub, REGION);
    env.push(("AWS_ENDPOINT_URL".into(), proxy.url()));
    run(&env, args)
}

#[test]
fn a_list_without_an_end_is_no_list() {
    let world = World::with_hub().calm();
    let again = answer(
        "application/x-amz-json-1.1",
        r#"{"Rules":[],"NextToken":"again"}"#,
    );
    let ran = through(&world, &["teardown", "hub", "--yes"], move |request| {
        request.is("ListRules").then(|| again.clone())
    });
    let ran = ran.ends_with(1);
    let says = "events:ListRules: UnreadableAnswer: the list has no end";
    assert!(ran.stderr.contains(says), "{}", ran.stderr);
}

/// Reads whose answers have members that every answer of AWS has.
const JSON: [&str; 14] = [
    "DescribeEventBus",
    "DescribeRule",
    "ListTargetsByRule",
    "ListTagsForResource",
    "GetQueueUrl",
    "GetQueueAttributes",
    "ListQueueTags",
    "DescribeLogGroups",
    "DescribeTrails",
    "DescribeOrganization",
    "ListRoots",
    "ListOrganizationalUnitsForParent",
    "ListAccountsForParent",
    "ListDelegatedAdministrators",
];
const XML: [&str; 10] = [
    "GetTopicAttributes",
    "ListSubscriptionsByTopic",
    "GetRole",
    "GetRolePolicy",
    "ListRolePolicies",
    "ListAttachedRolePolicies",
    "DescribeStackSet",
    "ListStackInstances",
    "ListStackSetOperations",
    "GetCallerIdentity",
];

/// Whatever an answer lacks is a finding, a gap or an error with the call, and never a panic or a run without an end.
#[test]
fn answers_without_their_members_end_no_run_in_a_panic() {
    let world = World::deployed().calm();
    let cases = JSON
        .map(|it| (it, true))
        .into_iter()
        .chain(XML.map(|it| (it, false)));
    crate::world::side_by_side(cases, |(operation, is_json)| {
        let (operation, body) = (
            *operation,
            match is_json {
                true => answer("application/x-amz-json-1.1", "{}"),
                false => answer(
                    "text/xml",
                    &format!(
                        "<{operation}Response><{operation}Result></{operation}Result></{operation}Response>"
                    ),
                ),
            },
        );
        for command in [&["status"][..], &["verify", "-q"], &["plan", "spokes"]] {
            let body = body.clone();
            let ran = through(&world, command, move |request| {
                request.is(operation).then(|| body.clone())
            });
            assert!(
                (0..=2).contains(&ran.code),
                "{operation} {command:?}: {ran:?}"
            );
            assert!(
                !ran.stderr.contains("panicked"),
                "{operation}: {}",
                ran.stderr
            );
            let explains = ran.code == 0 || !ran.stderr.is_empty() || !ran.stdout.is_empty();
            assert!(explains, "{operation} {command:?}");
        }
    });
}

/// Runs a call of a test's own.
fn done<T>(call: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    runtime.unwrap().block_on(call)
}
