//! What no command prints, at any verbosity: every run of the binary in every test has secrets to keep, traces at the
//! highest level, and its output held against them.

use regex_lite::Regex;
use std::sync::LazyLock;

/// The credentials that every run has.
const SECRET_KEY: &str = "planted/secret+access+key/planted";
const SESSION_TOKEN: &str = "IQoJplanted+session+token+planted==";
/// What the emulator takes for both.
const OF_LAB: (&str, &str) = ("lab", "");
/// Parts of signed requests, presigned addresses and session tokens, and what the tests use as passwords.
const NEVER: [&str; 11] = [
    SECRET_KEY,
    SESSION_TOKEN,
    "AWS4-HMAC-SHA256",
    "X-Amz-Signature",
    "X-Amz-Credential",
    "X-Amz-Security-Token",
    "x-amz-security-token",
    "Signature=",
    // How the emulator's session tokens begin.
    "FQoGZXIvYXdzE",
    "hunter2",
    "t0ken",
];

/// A password in an address, and the token in a link of SNS's that confirms or unsubscribes.
static PASSWORD: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"://[^/\s:@]+:([^/\s@]+)@").unwrap());
static TOKEN: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"Token=[0-9A-Za-z]{16,}").unwrap());

/// The variables of a run, with credentials that nobody may see.
pub(crate) fn planted(env: &[(String, String)]) -> Vec<(String, String)> {
    let mut env = env.to_vec();
    for (name, value) in &mut env {
        match name.as_str() {
            "AWS_SECRET_ACCESS_KEY" if value == OF_LAB.0 => *value = SECRET_KEY.into(),
            "AWS_SESSION_TOKEN" if value == OF_LAB.1 => *value = SESSION_TOKEN.into(),
            _ => {}
        }
    }
    env
}

/// The secret in a text, if there is one.
fn found(text: &str) -> Option<String> {
    let planted = NEVER.iter().find(|secret| text.contains(**secret));
    let password = PASSWORD.captures_iter(text).map(|it| it[1].to_owned());
    // The second is a hint's, which says where one belongs.
    let mut passwords = password.filter(|it| !["****", "PASSWORD"].contains(&it.as_str()));
    let token = || Some(TOKEN.find(text)?.as_str().to_owned());
    let planted = planted.map(|it| (*it).to_owned());
    planted.or_else(|| passwords.next()).or_else(token)
}

/// Fails the test where one is printed.
pub(crate) fn are_kept(texts: [&str; 3]) {
    for text in texts {
        assert_eq!(found(text), None, "a secret is printed: {text}");
    }
}

#[test]
fn what_is_a_secret_is_found() {
    for (text, secret) in [
        ("key planted/secret+access+key/planted", SECRET_KEY),
        (
            "https://x.s3.amazonaws.com/a?X-Amz-Signature=1",
            "X-Amz-Signature",
        ),
        ("to https://me:pa55@siem.example.com/in", "pa55"),
        (
            "sns.amazonaws.com/?Action=ConfirmSubscription&Token=2336412f37fb687f5d51e6e2425dacbba",
            "Token=2336412f37fb687f5d51e6e2425dacbba",
        ),
    ] {
        assert_eq!(found(text).as_deref(), Some(secret));
    }
    for good in [
        "https://me:****@siem.example.com/in",
        "arn:aws:sns:eu-west-1:222222222222:rootwatch-alerts",
        "mail a@b.c:",
        "http://127.0.0.1:4000/a@b",
    ] {
        assert_eq!(found(good), None);
    }
}
