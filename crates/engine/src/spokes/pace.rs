//! Progress of an operation: how far, at what rate, and the time left.

use crate::work::Work;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::time::{Duration, Instant};

/// Counting asks for every result, 100 a call: at most one second in ten is spent on it.
const SHARE_OF_COUNTING: u32 = 10;
/// A rate over less than this is not meaningful.
const SHORTEST_MEASURE: Duration = Duration::from_secs(10);

/// How many accounts and regions are in each of AWS's statuses.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Tally(pub(super) BTreeMap<String, usize>);

impl Tally {
    /// Counts one.
    pub(super) fn add(&mut self, status: &str) {
        match self.0.get_mut(status) {
            Some(count) => *count += 1,
            None => {
                self.0.insert(status.to_owned(), 1);
            }
        }
    }

    fn of(&self, statuses: &[&str]) -> usize {
        let count = |status: &&str| self.0.get(*status).copied().unwrap_or_default();
        statuses.iter().map(count).sum()
    }

    fn waiting(&self) -> usize {
        self.of(&["PENDING", "RUNNING"])
    }

    /// Whether these are the results of an operation that has ended, in which so many are known to have failed.
    pub(super) fn is_final(&self, failed: Option<i32>) -> bool {
        let failed = failed.and_then(|count| usize::try_from(count).ok());
        let unsuccessful = self.all() - self.of(&["SUCCEEDED"]);
        self.waiting() == 0 && failed.is_none_or(|failed| unsuccessful >= failed)
    }

    fn all(&self) -> usize {
        self.0.values().sum()
    }
}

/// The counts so far of an operation that is under way.
#[derive(Debug)]
pub(super) struct Pace {
    begun: Instant,
    first: Option<(Instant, usize)>,
    last: Option<(Instant, Tally)>,
    count_begun: Instant,
    cost: Duration,
}

impl Pace {
    /// Begins to measure.
    pub(super) fn begin() -> Self {
        let now = Instant::now();
        Self {
            begun: now,
            first: None,
            last: None,
            count_begun: now,
            cost: Duration::ZERO,
        }
    }

    /// Whether it is time to count again. If so, the count begins now.
    pub(super) fn is_due(&mut self) -> bool {
        let now = Instant::now();
        let due = match &self.last {
            None => true,
            Some((at, _)) => now.duration_since(*at) >= self.cost * SHARE_OF_COUNTING,
        };
        if due {
            self.count_begun = now;
        }
        due
    }

    /// Records the result of a count.
    pub(super) fn counted(&mut self, tally: Tally) {
        let now = Instant::now();
        self.cost = now.duration_since(self.count_begun);
        let ended = tally.all() - tally.waiting();
        self.first.get_or_insert((now, ended));
        self.last = Some((now, tally));
    }

    /// Shows it, as a part of all where something was counted.
    pub(super) fn show(&self, work: &Work) {
        match &self.last {
            Some((_, tally)) if tally.all() > 0 => {
                let ended = tally.all() - tally.waiting();
                work.part(ended, tally.all(), &self.words());
            }
            _ => work.at(&self.words()),
        }
    }

    /// As text.
    pub(super) fn words(&self) -> String {
        let Some((at, tally)) = &self.last else {
            return "begun".into();
        };
        let (done, failed) = (tally.of(&["SUCCEEDED"]), tally.of(&["FAILED"]));
        let mut text = format!("{done} done, {failed} failed, {} waiting", tally.waiting());
        let since = self
            .first
            .map(|(first, ended)| (at.duration_since(first), ended));
        if let Some((measured, before)) = since {
            let moved = (tally.all() - tally.waiting()).saturating_sub(before);
            let age = self.begun.elapsed();
            text.push_str(&rate(moved, measured, tally.waiting(), age));
        }
        text
    }
}

/// Rate and time left, once enough was seen to say so. `measured` lies between the first and the last count.
fn rate(moved: usize, measured: Duration, waiting: usize, age: Duration) -> String {
    let mut text = String::new();
    if measured < SHORTEST_MEASURE || moved == 0 {
        return text;
    }
    let a_minute = 60.0 * moved as f64 / measured.as_secs_f64();
    let _ = write!(text, "; {a_minute:.0} a minute");
    if waiting > 0 {
        let left = Duration::from_secs_f64(60.0 * waiting as f64 / a_minute);
        let _ = write!(text, ", about {} left", span(left));
    }
    let _ = write!(text, ", {} so far", span(age));
    text
}

/// A length of time, no finer than an estimate can be.
fn span(length: Duration) -> String {
    match length.as_secs() {
        seconds @ 0..=89 => format!("{seconds} s"),
        seconds @ 90..=5399 => format!("{} min", (seconds + 30) / 60),
        seconds => format!("{} h {} min", seconds / 3600, seconds % 3600 / 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_are_final_when_none_is_under_way_and_every_failure_is_listed() {
        let tally = |counts: &[(&str, usize)]| {
            let counts = counts.iter().map(|(status, n)| ((*status).to_owned(), *n));
            Tally(counts.collect())
        };
        let ended = tally(&[("SUCCEEDED", 3), ("FAILED", 1), ("CANCELLED", 1)]);
        assert!(ended.is_final(Some(1)) && ended.is_final(None));
        assert!(!ended.is_final(Some(3)));
        assert!(!tally(&[("SUCCEEDED", 3), ("RUNNING", 1)]).is_final(Some(0)));
        assert!(!tally(&[("PENDING", 1)]).is_final(None));
        assert!(!tally(&[]).is_final(Some(1)));
        assert!(tally(&[]).is_final(Some(0)));
    }

    #[test]
    fn an_estimate_needs_something_seen() {
        let seconds = Duration::from_secs;
        assert_eq!(rate(5, seconds(3), 100, seconds(3)), "");
        assert_eq!(rate(0, seconds(60), 100, seconds(60)), "");
        assert_eq!(
            rate(30, seconds(60), 100, seconds(70)),
            "; 30 a minute, about 3 min left, 70 s so far"
        );
        assert_eq!(
            rate(600, seconds(60), 200_000, seconds(120)),
            "; 600 a minute, about 5 h 33 min left, 2 min so far"
        );
    }

    #[test]
    fn a_tally_separates_what_ended_from_what_waits() {
        let mut tally = Tally::default();
        for status in ["SUCCEEDED", "FAILED", "PENDING", "RUNNING", "CANCELLED"] {
            tally.add(status);
        }
        assert_eq!((tally.all(), tally.waiting()), (5, 2));
        let mut pace = Pace::begin();
        assert!(pace.is_due());
        assert_eq!(pace.words(), "begun");
        pace.counted(tally);
        assert_eq!(pace.words(), "1 done, 1 failed, 2 waiting");
    }
}
