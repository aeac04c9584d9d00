//! The log's lines of heartbeats: who was heard when. `rootwatch status` reads them.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{Timestamp, TimestampRound, Unit};
use rootwatch_root_event::Heartbeat;
use serde::Serialize;

use crate::log;

/// A heartbeat that has been under way for longer says when it was sent, and not when it arrived: what waited for a
/// hub that was not reachable, or is replayed from an archive, is no news of now.
const FRESH_S: i64 = 3_600;

/// Accounts by region, each once.
type Heard<'a> = BTreeMap<&'a str, BTreeSet<&'a str>>;

/// One line of the log. Short, since there are hundreds of thousands a day in a large organization.
#[derive(Debug, PartialEq, Serialize)]
struct Line<'a> {
    heard: Heard<'a>,
    at: Timestamp,
}

/// Notes the heartbeats of a batch: in one line, and one for each hour that late ones are from.
pub(crate) fn log(heartbeats: &[Heartbeat], received: Timestamp) {
    for line in lines(heartbeats, received) {
        log::write(&line);
    }
}

fn lines(heartbeats: &[Heartbeat], received: Timestamp) -> Vec<Line<'_>> {
    let mut all: BTreeMap<Timestamp, Heard<'_>> = BTreeMap::new();
    for it in heartbeats {
        let heard = all.entry(at(it, received)).or_default();
        heard.entry(&it.region).or_default().insert(&it.account);
    }
    let lines = all.into_iter().map(|(at, heard)| Line { heard, at });
    lines.collect()
}

/// When it is taken for heard.
fn at(it: &Heartbeat, received: Timestamp) -> Timestamp {
    let is_late = |time: &Timestamp| received.as_second() - time.as_second() > FRESH_S;
    match it.time.filter(is_late) {
        Some(time) => to(Unit::Hour, time),
        None => to(Unit::Second, received),
    }
}

fn to(unit: Unit, time: Timestamp) -> Timestamp {
    let down = TimestampRound::new()
        .smallest(unit)
        .mode(jiff::RoundMode::Trunc);
    time.round(down).unwrap_or(time)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn heartbeat(account: &str, region: &str, time: &str) -> Heartbeat {
        Heartbeat {
            account: account.into(),
            region: region.into(),
            time: time.parse().ok(),
        }
    }

    fn written(heartbeats: &[Heartbeat]) -> Vec<serde_json::Value> {
        let received = "2026-11-26T19:00:12.5Z".parse().unwrap();
        let lines = lines(heartbeats, received).into_iter();
        lines.map(|it| serde_json::to_value(it).unwrap()).collect()
    }

    #[test]
    fn a_batch_is_one_line_with_each_account_once() {
        let now = "2026-11-26T18:59:50Z";
        let found = written(&[
            heartbeat("444455556666", "us-east-1", now),
            heartbeat("111122223333", "us-east-1", now),
            heartbeat("111122223333", "us-east-1", "2026-11-26T18:00:13Z"),
            heartbeat("111122223333", "eu-west-1", "no time"),
            heartbeat("111122223333", "eu-west-1", "2027-01-01T00:00:00Z"),
        ]);
        let heard = json!({
            "eu-west-1": ["111122223333"],
            "us-east-1": ["111122223333", "444455556666"],
        });
        assert_eq!(
            found,
            [json!({"heard": heard, "at": "2026-11-26T19:00:12Z"})]
        );
        assert_eq!(written(&[]), Vec::<serde_json::Value>::new());
    }

    #[test]
    fn what_was_long_under_way_is_no_news_of_now() {
        let found = written(&[
            heartbeat("111122223333", "us-east-1", "2026-11-26T18:59:50Z"),
            heartbeat("444455556666", "us-east-1", "2026-11-26T07:45:01Z"),
            heartbeat("777788889999", "us-east-1", "2026-11-26T07:15:01Z"),
        ]);
        let late = json!({"us-east-1": ["444455556666", "777788889999"]});
        let now = json!({"us-east-1": ["111122223333"]});
        let expected = [
            json!({"heard": late, "at": "2026-11-26T07:00:00Z"}),
            json!({"heard": now, "at": "2026-11-26T19:00:12Z"}),
        ];
        assert_eq!(found, expected);
    }
}
