//! What no command prints, at any verbosity: every run has secrets to keep, and its output is held against them.

use std::sync::LazyLock;

use regex_lite::Regex;

/// The credentials that every run has.
const SECRET_KEY: &str = "planted/secret+access+key/planted";
const SESSION_TOKEN: &str = "IQoJplanted+session+token+planted==";
/// What the lab takes for both.
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
    // How the lab's session tokens begin.
    "FQoGZXIvYXdzE",
    "hunter2",
    "t0ken",
];

/// A password in an address, and the token in a link of SNS's that confirms or unsubscribes.
static PATTERNS: LazyLock<Option<(Regex, Regex)>> = LazyLock::new(|| {
    let password = Regex::new(r"://[^/\s:@]+:([^/\s@]+)@").ok()?;
    let token = Regex::new(r"Token=[0-9A-Za-z]{16,}").ok()?;
    Some((password, token))
});

/// The variables of a run, with credentials that nobody may see.
pub fn planted(env: &[(String, String)]) -> Vec<(String, String)> {
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
pub fn found(text: &str) -> Option<String> {
    let planted = NEVER.iter().find(|secret| text.contains(**secret));
    let (password, token) = PATTERNS.as_ref()?;
    let passwords = password.captures_iter(text).map(|it| it[1].to_owned());
    // The second is a hint's, which says where one belongs.
    let mut passwords = passwords.filter(|it| !["****", "PASSWORD"].contains(&it.as_str()));
    let token = || Some(token.find(text)?.as_str().to_owned());
    let planted = planted.map(|it| (*it).to_owned());
    planted.or_else(|| passwords.next()).or_else(token)
}

#[cfg(test)]
mod tests {
    use super::*;

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
}
