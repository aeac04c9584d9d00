//! Who was heard when, from the lines that the notifier writes for heartbeats. Reads, and writes nothing.

use crate::aws::Aws;
use crate::aws::error::{AwsError, Call, absent};
use crate::names::Names;
use jiff::Timestamp;
use serde::Deserialize;
use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};

/// The call that reads them.
pub(crate) const OPERATION: &str = "logs:FilterLogEvents";
/// What the lines of heartbeats have and no other line has: a term in quotes, which CloudWatch finds anywhere (CloudWatch
/// Logs User Guide, "Filter pattern syntax").
const PATTERN: &str = "\"heard\"";

/// When each account and region was last heard. Small, since there are hundreds of thousands: an account's number is
/// kept as one, and a time in seconds since 1970.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Heard(BTreeMap<String, HashMap<u64, i64>>);

/// A line of the notifier's log.
#[derive(Deserialize)]
struct Line<'a> {
    #[serde(borrow)]
    heard: BTreeMap<Cow<'a, str>, Vec<Cow<'a, str>>>,
    at: Timestamp,
}

impl Heard {
    /// When an account was last heard from a region.
    pub(crate) fn last(&self, account: &str, region: &str) -> Option<Timestamp> {
        let account = account.parse().ok()?;
        let seconds = *self.0.get(region)?.get(&account)?;
        Timestamp::from_second(seconds).ok()
    }

    /// From some lines, each with when it was logged.
    #[cfg(test)]
    pub(crate) fn of(lines: impl Iterator<Item = (String, Timestamp)>) -> Self {
        let mut heard = Self::default();
        lines.for_each(|(text, logged)| heard.add(&text, logged.as_second()));
        heard
    }

    /// Takes a line that was logged at this time; what is no line of heartbeats is left out.
    fn add(&mut self, text: &str, logged_s: i64) {
        let Ok(line) = serde_json::from_str::<Line<'_>>(text) else {
            return;
        };
        let at = line.at.as_second().min(logged_s);
        for (region, accounts) in line.heard {
            let of_region = self.0.entry(region.into_owned()).or_default();
            for account in accounts.iter().filter_map(|it| it.parse().ok()) {
                let last = of_region.entry(account).or_insert(at);
                *last = at.max(*last);
            }
        }
    }
}

/// Reads all lines since a time. A log is kept for a day at the least (CloudWatch Logs API Reference,
/// PutRetentionPolicy), in which there are two of the longest heartbeats: what is no longer kept makes nobody quiet.
pub(crate) async fn read(aws: &Aws, names: &Names, since: Timestamp) -> Result<Heard, AwsError> {
    let call = aws
        .logs
        .filter_log_events()
        .log_group_name(names.log_group())
        .start_time(since.as_millisecond())
        .filter_pattern(PATTERN);
    let mut heard = Heard::default();
    // A page may be empty although another follows it (CloudWatch Logs API Reference, FilterLogEvents).
    let mut pages = call.into_paginator().send();
    while let Some(page) = pages.next().await {
        // Without a log group nothing was ever logged; that it is missing is a gap of its own.
        let Some(page) = absent(page.call(OPERATION))? else {
            break;
        };
        for event in page.events() {
            let logged_s = event.timestamp().map_or(i64::MAX, |it| it / 1000);
            heard.add(event.message().unwrap_or_default(), logged_s);
        }
    }
    Ok(heard)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn second(text: &str) -> i64 {
        text.parse::<Timestamp>().unwrap().as_second()
    }

    #[test]
    fn the_latest_line_of_each_counts() {
        let mut heard = Heard::default();
        let noon = second("2026-11-26T12:00:00Z");
        let six = second("2026-11-26T06:00:00Z");
        for (text, logged) in [
            (
                r#"{"heard":{"us-east-1":["012345678901","444455556666"]},"at":"2026-11-26T12:00:00Z"}"#,
                noon + 1,
            ),
            (
                r#"{"heard":{"us-east-1":["012345678901"],"eu-west-1":["444455556666"]},"at":"2026-11-26T06:00:00Z"}"#,
                six,
            ),
            // Logged at noon, of a heartbeat that was under way since six.
            (
                r#"{"heard":{"eu-west-1":["777788889999"]},"at":"2026-11-26T06:00:00Z"}"#,
                noon,
            ),
            (r#"{"level":"INFO","message":"\"heard\""}"#, noon),
            (
                r#"{"heard":{"us-east-1":["x"]},"at":"2026-11-26T12:00:00Z"}"#,
                noon,
            ),
            (
                r#"{"heard":{"us-east-1":["777788889999"]},"at":"noon"}"#,
                noon,
            ),
            ("START RequestId: heard", noon),
        ] {
            heard.add(text, logged);
        }
        let last =
            |account: &str, region: &str| heard.last(account, region).map(Timestamp::as_second);
        assert_eq!(last("012345678901", "us-east-1"), Some(noon));
        assert_eq!(last("444455556666", "us-east-1"), Some(noon));
        assert_eq!(last("444455556666", "eu-west-1"), Some(six));
        assert_eq!(last("777788889999", "eu-west-1"), Some(six));
        assert_eq!(last("777788889999", "us-east-1"), None);
        assert_eq!(last("012345678901", "eu-west-1"), None);
    }
}
