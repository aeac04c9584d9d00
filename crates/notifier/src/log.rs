//! The log: one line of JSON for each event. Ids and decisions, never the content of an event.

use std::io::Write as _;
use std::time::Duration;

use rootwatch_root_event::{Assessment, Decision};
use serde::Serialize;
use serde_json::{Value, json};

/// How one event was handled.
#[derive(Debug, Serialize)]
pub(crate) struct Line<'a> {
    level: &'static str,
    message: &'static str,
    #[serde(flatten)]
    event: Value,
    #[serde(skip_serializing_if = "Option::is_none")]
    sns_message_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    publish_ms: Option<u128>,
    #[serde(skip_serializing_if = "Option::is_none")]
    late_ms: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    refused: Option<u64>,
}

impl<'a> Line<'a> {
    pub(crate) fn new(message: &'static str, event: Value) -> Self {
        Self {
            level: "INFO",
            message,
            event,
            sns_message_id: None,
            error: None,
            publish_ms: None,
            late_ms: None,
            refused: None,
        }
    }

    pub(crate) fn of(message: &'static str, it: &Assessment) -> Self {
        Self::new(message, ids(it))
    }

    pub(crate) fn published(
        mut self,
        result: &'a Result<String, impl std::error::Error>,
        took: Duration,
    ) -> Self {
        self.publish_ms = Some(took.as_millis());
        match result {
            Ok(id) => self.sns_message_id = Some(id),
            Err(error) => {
                self.level = "ERROR";
                self.message = "not published";
                self.error = Some(error.to_string());
            }
        }
        self
    }

    pub(crate) const fn late(mut self, milliseconds: Option<i64>) -> Self {
        self.late_ms = milliseconds;
        self
    }

    /// The event was refused; `count` is how many were since this process started.
    pub(crate) const fn refused(mut self, count: u64) -> Self {
        self.refused = Some(count);
        self.warning()
    }

    pub(crate) const fn warning(mut self) -> Self {
        self.level = "WARN";
        self
    }

    pub(crate) fn write(&self) {
        write(self);
    }
}

/// The log message for the decision on an event.
pub(crate) fn message(it: &Assessment) -> &'static str {
    match it.decision {
        Decision::Alert => "alert",
        Decision::Digest => "digest",
        Decision::Ignore if it.is_refused() => "refused",
        Decision::Ignore => "ignored",
    }
}

fn ids(it: &Assessment) -> Value {
    json!({
        "decision": it.decision,
        "activity": it.activity,
        "severity": it.severity,
        "event_id": it.event_id,
        "account": it.account,
        "region": it.region,
    })
}

pub(crate) fn info(text: &str) {
    write(&json!({ "level": "INFO", "message": text }));
}

pub(crate) fn warning(text: &str) {
    write(&json!({ "level": "WARN", "message": text }));
}

/// Lambda reads the log from standard output; a line that cannot be written must not stop an alert.
pub(crate) fn write(line: &impl Serialize) {
    if let Ok(text) = serde_json::to_string(line) {
        let _ = writeln!(std::io::stdout().lock(), "{text}");
    }
}
