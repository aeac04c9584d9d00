//! What people have at hand: events in the wrappers in which AWS's services and its command line give them. Pure.

use super::gzip;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::Value;

/// Wrappers within each other; more is nobody's.
const DEEPEST: usize = 8;

/// What was found in an input.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Found {
    /// JSON values that are none of the wrappers: CloudTrail records and EventBridge's events, most likely.
    pub(super) values: Vec<Value>,
    /// What could not be read, with its place in the file; the place comes first.
    pub(super) unread: Vec<String>,
}

impl Found {
    pub(super) fn nothing(why: String) -> Self {
        Self {
            values: Vec::new(),
            unread: vec![why],
        }
    }

    fn unread(&mut self, line: usize, why: impl std::fmt::Display) {
        self.unread.push(format!(", line {line}: {why}"));
    }
}

/// Everything in these bytes: one JSON value, several, or one a line, of which each may be wrapped.
pub(super) fn all(bytes: &[u8]) -> Found {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let mut found = Found::default();
    match in_a_row(bytes) {
        Ok(values) => {
            for (line, value) in values {
                unwrap(value, line, 0, &mut found);
            }
        }
        Err(error) => by_lines(bytes, &error, &mut found),
    }
    if found == Found::default() {
        found.unread.push(": there is no event in it".to_owned());
    }
    found
}

/// The values, and the line in which each begins.
fn in_a_row(bytes: &[u8]) -> Result<Vec<(usize, Value)>, serde_json::Error> {
    let mut values = Vec::new();
    let mut stream = serde_json::Deserializer::from_slice(bytes).into_iter::<Value>();
    let (mut line, mut counted) = (1, 0);
    loop {
        let before = stream.byte_offset();
        let Some(value) = stream.next() else {
            return Ok(values);
        };
        let value = value?;
        // White space before the value is not part of it.
        let between = bytes.get(before..).unwrap_or_default();
        let begin = before + between.len() - between.trim_ascii_start().len();
        let passed = bytes.get(counted..begin).unwrap_or_default();
        line += passed.iter().filter(|byte| **byte == b'\n').count();
        counted = begin;
        values.push((line, value));
    }
}

/// One value a line, of which some cannot be read. A file of which no line can is no such file.
fn by_lines(bytes: &[u8], error: &serde_json::Error, found: &mut Found) {
    let lines = bytes.split(|byte| *byte == b'\n').enumerate();
    let lines = lines.filter(|(_, line)| !line.trim_ascii().is_empty());
    let parsed: Vec<_> = lines
        .map(|(number, line)| (number + 1, serde_json::from_slice::<Value>(line)))
        .collect();
    let is_object = |value: &Result<Value, _>| value.as_ref().is_ok_and(Value::is_object);
    if !parsed.iter().any(|(_, value)| is_object(value)) {
        return found.unread(
            error.line().max(1),
            format!("not JSON: {}", without_place(error)),
        );
    }
    for (line, value) in parsed {
        match value {
            Ok(value) => unwrap(value, line, 0, found),
            Err(error) => found.unread(line, format!("not JSON: {}", without_place(&error))),
        }
    }
}

/// serde_json counts the one line that it was given.
fn without_place(error: &serde_json::Error) -> String {
    let text = error.to_string();
    match text.rsplit_once(" at line ") {
        Some((what, _)) => format!("{what} at column {}", error.column()),
        None => text,
    }
}

fn unwrap(value: Value, line: usize, depth: usize, found: &mut Found) {
    if depth > DEEPEST {
        return found.unread(line, "too many wrappers within each other");
    }
    match inner(value) {
        Inner::Event(value) => found.values.push(value),
        Inner::Values(values) => values
            .into_iter()
            .for_each(|value| unwrap(value, line, depth + 1, found)),
        Inner::Text(what, text) => match serde_json::from_str(&text) {
            Ok(value) => unwrap(value, line, depth + 1, found),
            Err(error) => found.unread(line, format!("{what} is not JSON: {error}")),
        },
        Inner::Compressed(what, text) => match decoded(&text) {
            Ok(value) => unwrap(value, line, depth + 1, found),
            Err(why) => found.unread(line, format!("{what}: {why}")),
        },
        Inner::Nothing => {}
        Inner::Unread(why) => found.unread(line, why),
    }
}

/// What is in one wrapper.
enum Inner {
    /// It is none.
    Event(Value),
    Values(Vec<Value>),
    /// JSON as text, and in what it is.
    Text(&'static str, String),
    /// In base64, and perhaps compressed.
    Compressed(&'static str, String),
    Nothing,
    Unread(&'static str),
}

/// The wrappers, by the fields that they have and events have not.
fn inner(mut value: Value) -> Inner {
    let text = |value: &mut Value, pointer: &str| match value.pointer_mut(pointer).map(Value::take)
    {
        Some(Value::String(text)) => Some(text),
        _ => None,
    };
    // Lists: CloudTrail's log files and what Lambda gets; `lookup-events`; subscriptions of CloudWatch Logs;
    // `logs filter-log-events`; `sqs receive-message`; `cloudtrail get-query-results`.
    for list in [
        "Records",
        "Events",
        "logEvents",
        "events",
        "Messages",
        "QueryResultRows",
    ] {
        if value[list].is_array() {
            return match value[list].take() {
                Value::Array(_) if value["messageType"] == "CONTROL_MESSAGE" => Inner::Nothing,
                Value::Array(rows) if list == "QueryResultRows" => {
                    Inner::Values(rows.into_iter().map(row).collect())
                }
                Value::Array(values) => Inner::Values(values),
                _ => Inner::Nothing,
            };
        }
    }
    if let Value::Array(values) = value {
        return Inner::Values(values);
    }
    if !value.is_object() || value["detail"].is_object() || value["userIdentity"].is_object() {
        return Inner::Event(value);
    }
    if value["eventSource"] == "aws:s3" {
        return Inner::Unread(
            "S3's notification names a log file, and holds no event: download the file and explain it",
        );
    }
    if value["QueryRow"].is_object() && value["QueryRow"]["eventJson"].is_null() {
        return Inner::Unread("the result of the query has no column eventJson: SELECT eventJson");
    }
    for (what, pointer) in [
        ("awslogs.data", "/awslogs/data"),
        ("kinesis.data", "/kinesis/data"),
    ] {
        if let Some(text) = text(&mut value, pointer) {
            return Inner::Compressed(what, text);
        }
    }
    let is_log_event = value["timestamp"].is_number();
    let is_message = value["Type"] == "Notification" || value["MessageId"].is_string();
    for (what, pointer, is_it) in [
        ("CloudTrailEvent", "/CloudTrailEvent", true),
        ("eventJson", "/QueryRow/eventJson", true),
        ("the SNS message", "/Sns/Message", true),
        ("the SNS message", "/Message", is_message),
        ("the SQS message", "/Body", true),
        (
            "the SQS message",
            "/body",
            value["eventSource"] == "aws:sqs",
        ),
        ("the log event", "/message", is_log_event),
    ] {
        if is_it && let Some(text) = text(&mut value, pointer) {
            return Inner::Text(what, text);
        }
    }
    // What Lambda leaves of an invocation that failed.
    match value.get_mut("requestPayload").map(Value::take) {
        Some(payload @ Value::Object(_)) => Inner::Values(vec![payload]),
        Some(other) => {
            value["requestPayload"] = other;
            Inner::Event(value)
        }
        None if value.as_object().is_some_and(serde_json::Map::is_empty) => Inner::Nothing,
        None => Inner::Event(value),
    }
}

/// A row of CloudTrail Lake: a list of objects with one column each.
fn row(row: Value) -> Value {
    let Value::Array(columns) = row else {
        return row;
    };
    let objects = columns.into_iter().filter_map(|column| match column {
        Value::Object(column) => Some(column),
        _ => None,
    });
    let columns: serde_json::Map<String, Value> = objects.flatten().collect();
    serde_json::json!({ "QueryRow": columns })
}

fn decoded(text: &str) -> Result<Value, String> {
    let bytes = BASE64_STANDARD
        .decode(text.trim())
        .map_err(|error| format!("not base64: {error}"))?;
    let bytes = gzip::opened(&bytes)?;
    serde_json::from_slice(&bytes).map_err(|error| format!("not JSON: {error}"))
}
