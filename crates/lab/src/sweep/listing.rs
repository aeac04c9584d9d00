//! All that there is, one value a line, without what differs from run to run.

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex};

use anyhow::Result;
use regex_lite::Regex;
use serde_json::Value;

use super::lock;
use crate::server::Lab;

/// Ids that AWS draws, and the time at which somebody was subscribed.
const DRAWN: [(&str, &str); 5] = [
    ("spoke-[0-9a-f]{8}-[0-9a-f-]+", "spoke-ID"),
    ("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "ID"),
    ("-[0-9A-Z]{12}\\b", "-SUFFIX"),
    ("p-[0-9a-z]{8,}\\b", "p-ID"),
    ("email [0-9-]{10}T[0-9:]{8}Z", "email TIME"),
];

/// Lines that are kept with what became of them: the same come again after each step.
const KEPT: usize = 100_000;

/// A listing of a world.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Listing(Vec<String>);

impl Listing {
    pub(crate) fn of(lab: &Lab) -> Result<Self> {
        Ok(Self::of_snapshot(&lab.snapshot()?))
    }

    pub(crate) fn of_snapshot(snapshot: &Value) -> Self {
        let mut all = Vec::new();
        values("", snapshot, &mut all);
        let mut all: Vec<String> = all.iter().map(|line| without_drawn(line)).collect();
        all.sort();
        Self(all)
    }

    /// Each value, with where it is.
    pub(crate) fn lines(&self) -> &[String] {
        &self.0
    }

    /// The same without the messages that wait, which come and go.
    pub(crate) fn without_messages(mut self) -> Self {
        let counts = ["/Messages: ", "/ApproximateNumberOfMessages"];
        self.0
            .retain(|line| !counts.iter().any(|count| line.contains(count)));
        self
    }

    /// Whether something of it is a temporary resource of a `test`.
    pub(crate) fn has_temporary(&self) -> bool {
        self.0.iter().any(|line| line.contains("-test-"))
    }

    /// What is here and not there, line by line: a value that is there twice is one more.
    pub(crate) fn beyond(&self, other: &Self) -> Vec<String> {
        let mut rest = other.0.iter().peekable();
        let mut beyond = Vec::new();
        // Both are sorted.
        for line in &self.0 {
            while rest.next_if(|it| *it < line).is_some() {}
            if rest.next_if(|it| *it == line).is_none() {
                beyond.push(line.clone());
            }
        }
        beyond
    }
}

fn values(path: &str, value: &Value, all: &mut Vec<String>) {
    match value {
        Value::Object(map) if !map.is_empty() => {
            for (key, value) in map {
                values(&format!("{path}/{key}"), value, all);
            }
        }
        Value::Array(list) if !list.is_empty() => {
            for value in list {
                match value {
                    // Such as a subscription: its parts mean nothing alone.
                    Value::Array(_) => all.push(format!("{path}: {value}")),
                    value => values(path, value, all),
                }
            }
        }
        leaf => all.push(format!("{path}: {leaf}")),
    }
}

fn without_drawn(line: &str) -> String {
    static PATTERNS: LazyLock<Vec<(Regex, &str)>> = LazyLock::new(|| {
        let compiled = DRAWN.iter().filter_map(|(pattern, stable)| {
            let pattern = Regex::new(pattern).ok()?;
            Some((pattern, *stable))
        });
        compiled.collect()
    });
    static KNOWN: Mutex<Option<HashMap<String, String>>> = Mutex::new(None);
    if !may_be_drawn(line) {
        return line.to_owned();
    }
    if let Some(stable) = lock(&KNOWN).get_or_insert_default().get(line) {
        return stable.clone();
    }
    let replace = |line: String, (pattern, stable): &(Regex, &str)| {
        pattern.replace_all(&line, *stable).into_owned()
    };
    let stable = PATTERNS.iter().fold(line.to_owned(), replace);
    let mut known = lock(&KNOWN);
    let known = known.get_or_insert_default();
    if known.len() >= KEPT {
        known.clear();
    }
    known.insert(line.to_owned(), stable.clone());
    stable
}

/// Whether one of the patterns may be in it: few lines have one, and to look for all of them in each takes its time.
fn may_be_drawn(line: &str) -> bool {
    let begins = |at: usize, count: usize, is: fn(&u8) -> bool| {
        let run = line.as_bytes().get(at..at + count);
        run.is_some_and(|run| run.iter().all(is))
    };
    let is_hex = |it: &u8| matches!(it, b'0'..=b'9' | b'a'..=b'f');
    let is_upper = |it: &u8| matches!(it, b'0'..=b'9' | b'A'..=b'Z');
    let is_lower = |it: &u8| matches!(it, b'0'..=b'9' | b'a'..=b'z');
    let is_id = |at: usize| {
        begins(at + 1, 8, is_hex)
            || begins(at + 1, 12, is_upper)
            || line[..at].ends_with('p') && begins(at + 1, 8, is_lower)
    };
    line.contains("email ") || line.match_indices('-').any(|(at, _)| is_id(at))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn ids_that_aws_draws_make_no_difference_and_all_else_does() {
        let id = |id: &str| json!({"1": {"r": {"mappings": [format!("{id}-1111-2222-3333-444444444444")]}}});
        let of = |id_: &str| Listing::of_snapshot(&id(id_));
        assert_eq!(of("00000000"), of("0a0a0a0a"));
        let named = |name: &str| Listing::of_snapshot(&json!({"1": {"r": {"topics": {name: {}}}}}));
        assert_eq!(named("a").beyond(&named("b")), ["/1/r/topics/a: {}"]);
        assert!(DRAWN.iter().all(|(pattern, _)| Regex::new(pattern).is_ok()));
    }

    #[test]
    fn each_id_that_is_drawn_is_looked_for() {
        for (line, stable) in [
            ("spoke-0a1b2c3d-e4f", "spoke-ID"),
            ("arn:0a1b2c3d-1111-2222-3333-444444444444/x", "arn:ID/x"),
            ("Stack-ForwardRole-A1B2C3D4E5F6", "Stack-ForwardRole-SUFFIX"),
            ("policy/p-zzzz1234 x", "policy/p-ID x"),
            ("email 2026-11-27T15:00:00Z", "email TIME"),
            ("rootwatch-activity", "rootwatch-activity"),
        ] {
            assert_eq!(without_drawn(line), stable);
        }
        assert!(!may_be_drawn("/2/eu-west-1/rootwatch-root-activity: 1"));
    }

    #[test]
    fn what_belongs_together_is_one_line() {
        let all = json!({"Subscriptions": [["sqs", "rootwatch-test-1", "False"]]});
        assert_eq!(
            Listing::of_snapshot(&all).lines(),
            [r#"/Subscriptions: ["sqs","rootwatch-test-1","False"]"#]
        );
    }

    #[test]
    fn what_is_there_twice_is_beyond_what_is_there_once() {
        let subscribed = |count: usize| {
            let all = vec!["x"; count];
            Listing::of_snapshot(&json!({"Subscriptions": all}))
        };
        assert_eq!(
            subscribed(2).beyond(&subscribed(1)),
            ["/Subscriptions: \"x\""]
        );
        assert!(subscribed(1).beyond(&subscribed(2)).is_empty());
        assert_ne!(subscribed(1), subscribed(2));
    }
}
