//! The default body in the forms that other services take by https. What each takes, and its limits, stand in its file.

mod jira;
mod ocsf;
mod pagerduty;
mod slack;
mod teams;

pub(crate) use jira::jira;
pub(crate) use ocsf::ocsf;
pub(crate) use pagerduty::pagerduty;
pub(crate) use slack::slack;
pub(crate) use teams::teams;

use serde_json::{Map, Value, json};

use crate::message::Message;
use crate::sanitize;

/// The longest key that all services take, and then some.
const KEY: usize = 250;

impl Message {
    /// Equal for the same message, so that what is delivered twice is one incident: by the id of its event, or of the first
    /// of several. Never by the session alone: an incident that somebody has acknowledged would swallow what comes next.
    fn key(&self) -> String {
        let json = &self.json;
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let digest = &json["digest"];
        let of = match digest["of"].as_str() {
            Some(form) => form.to_owned(),
            None => text(&json["kind"]),
        };
        let id = [
            &json["event_id"],
            &digest["event_ids"][0],
            &json["time"],
            &json["received"],
        ];
        let id = id.into_iter().find_map(Value::as_str).unwrap_or_default();
        let replay = text(&json["replay"]);
        let parts = ["rootwatch", &self.attributes.account, &of, id, &replay];
        let parts = parts.iter().filter(|part| !part.is_empty());
        let key: Vec<String> = parts.map(|part| plain(part)).collect();
        key.join("-").chars().take(KEY).collect()
    }

    /// When it happened, as milliseconds since 1970; else when it was received.
    fn milliseconds(&self) -> Option<i64> {
        let at = |name: &str| -> Option<jiff::Timestamp> { self.json[name].as_str()?.parse().ok() };
        let at = at("time").or_else(|| at("received"))?;
        Some(at.as_millisecond())
    }

    /// Links, each with what it leads to, the organization's own first.
    fn links(&self) -> Vec<(&'static str, &str)> {
        let all = [
            ("Runbook", self.json["runbook"].as_str()),
            ("The event in CloudTrail", self.body.link.as_deref()),
        ];
        let there = all.into_iter();
        there
            .filter_map(|(what, link)| Some((what, link?)))
            .collect()
    }

    /// The fields of the mail by their names, and what else stands in it.
    fn details(&self) -> Map<String, Value> {
        let body = &self.body;
        let mut details: Map<String, Value> = body
            .fields
            .iter()
            .map(|(name, value)| ((*name).to_owned(), json!(value)))
            .collect();
        let (title, list) = &body.list;
        let mut add = |name: &str, lines: Vec<&str>| {
            if !lines.is_empty() {
                details.insert(name.to_owned(), json!(lines.join("\n")));
            }
        };
        add(title, list.iter().map(String::as_str).collect());
        add("What to do now", body.all_steps().collect());
        add("Note", body.notes.iter().map(String::as_str).collect());
        add("Sent by", body.sender.iter().map(String::as_str).collect());
        details
    }
}

/// Letters, digits and what ids have besides.
fn plain(text: &str) -> String {
    let is_plain = |c: &char| c.is_ascii_alphanumeric() || "-_.:".contains(*c);
    text.chars().filter(is_plain).collect()
}

/// One line of at most so many bytes, which says when it is cut.
fn within(text: &str, bytes: usize) -> String {
    let line = sanitize::line_within(text, bytes);
    if line.len() <= bytes {
        return line;
    }
    let mut end = bytes.saturating_sub(3);
    while !line.is_char_boundary(end) {
        end -= 1;
    }
    format!("{}...", &line[..end])
}

/// As many of the lines as there is room for, and how many are left out.
fn lines_within<'a>(lines: impl Iterator<Item = &'a str>, bytes: usize) -> Vec<String> {
    const LONGEST: usize = 400;
    let all: Vec<&str> = lines.collect();
    let (mut kept, mut room) = (Vec::new(), bytes);
    for line in &all {
        let line = within(line, LONGEST);
        if line.len() + 3 > room {
            let more = all.len() - kept.len();
            kept.push(format!("and {more} more, in the e-mail"));
            break;
        }
        room -= line.len() + 3;
        kept.push(line);
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_cut_says_so_and_stays_within_its_bytes() {
        assert_eq!(within("short", 10), "short");
        let cut = within(&"ü".repeat(50), 20);
        assert!(cut.len() <= 20 && cut.ends_with("..."), "{cut}");
        let lines = ["x".repeat(50), "y".repeat(50), "z".repeat(50)];
        let kept = lines_within(lines.iter().map(String::as_str), 110);
        assert_eq!(kept.last().unwrap(), "and 1 more, in the e-mail");
        assert_eq!(kept.len(), 3);
    }

    #[test]
    fn a_key_has_plain_characters_only() {
        assert_eq!(plain("a b\"<c>/d-1:2_3.é"), "abcd-1:2_3.");
    }
}
