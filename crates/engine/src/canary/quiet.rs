//! The test event of the self-check: it takes the way of a real event to the notifier, which writes to its log that it has
//! it and notifies nobody.
//!
//! It needs no temporary queue, rule or subscription, and so no right to make or end any. What lies behind the notifier,
//! that SNS delivers, it does not show.

use super::now_ms;
use super::send::{Purpose, send};
use crate::aws::error::{AwsError, Call, absent};
use crate::session::Session;
use crate::spokes::Location;
use anyhow::Result;
use serde_json::Value;
use std::time::Duration;

/// How long it may take: some seconds as a rule, and CloudWatch Logs shows a line a little later.
const PATIENCE: Duration = Duration::from_secs(120);
/// How often the log is looked at.
const LOOK: Duration = Duration::from_secs(2);
/// How far the clocks may differ, in milliseconds.
const CLOCKS_MS: i64 = 60_000;

/// What became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Quiet {
    /// The notifier has it; after so many milliseconds that was seen.
    Arrived(i64),
    /// The notifier does not have it, after so many seconds.
    Lost(u64),
}

/// Sends one, and waits for the notifier's line about it.
///
/// # Errors
/// When it cannot be sent, or the log cannot be read.
pub(crate) async fn send_quietly(session: &Session) -> Result<Quiet> {
    let (aws, names) = (&session.aws, session.names());
    let id = format!("{}-selfcheck", crate::id::random()?);
    let from = Location::of(&names.account, &names.region);
    let (client, bus) = (&aws.eventbridge, names.bus());
    let sent = send(client, &bus, &id, &from, Purpose::SelfCheck, &session.work).await?;
    let end = tokio::time::Instant::now() + PATIENCE;
    loop {
        tokio::time::sleep(LOOK).await;
        if has_line(session, &id, sent).await? {
            return Ok(Quiet::Arrived(now_ms() - sent));
        }
        if tokio::time::Instant::now() >= end {
            return Ok(Quiet::Lost(PATIENCE.as_secs()));
        }
    }
}

/// Whether the notifier's log has a line about this event.
async fn has_line(session: &Session, id: &str, sent_ms: i64) -> Result<bool, AwsError> {
    let call = session.aws.logs.filter_log_events();
    let call = call.log_group_name(session.names().log_group());
    let call = call.start_time(sent_ms - CLOCKS_MS);
    let call = call.filter_pattern(format!("\"{id}\""));
    // A page may be empty although another follows it.
    let mut pages = call.into_paginator().send();
    while let Some(page) = pages.next().await {
        let Some(page) = absent(page.call("logs:FilterLogEvents"))? else {
            return Ok(false);
        };
        let mut lines = page.events().iter().filter_map(|event| event.message());
        if lines.any(|line| is_about(line, id)) {
            return Ok(true);
        }
    }
    Ok(false)
}

fn is_about(line: &str, id: &str) -> bool {
    let line: Value = serde_json::from_str(line).unwrap_or_default();
    line["event_id"] == id
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_notifiers_line_about_this_event_counts() {
        let line = r#"{"level":"INFO","message":"ignored","activity":"canary","event_id":"a"}"#;
        assert!(is_about(line, "a"));
        for other in [
            line.replace("\"a\"", "\"b\""),
            "a".into(),
            "{\"id\":\"a\"}".into(),
        ] {
            assert!(!is_about(&other, "a"), "{other}");
        }
    }
}
