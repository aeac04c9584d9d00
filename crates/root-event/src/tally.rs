//! Counting events that are reported together.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde_json::{Value, json};

use crate::assess::Assessment;
use crate::classify::Activity;
use crate::json::without_nulls;
use crate::severity::Severity;

/// The maximum number of different calls, or of accounts, that a message lists; of the others it has only the count.
pub(crate) const MOST_LINES: usize = 40;
/// The maximum number of addresses or regions that a message lists.
const MOST_VALUES: usize = 10;
/// The maximum number of different calls in one line.
const MOST_IN_A_LINE: usize = 3;

/// Events that one message reports, in the order in which they happened; an event that arrived twice counts once.
pub(crate) struct Tally<'a> {
    pub(crate) first: &'a Assessment,
    pub(crate) last: &'a Assessment,
    /// The first of the most severe.
    pub(crate) gravest: &'a Assessment,
    pub(crate) events: Vec<&'a Assessment>,
    pub(crate) repeated: usize,
}

/// A call by service and action.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Call<'a> {
    service: Option<&'a str>,
    action: Option<&'a str>,
}

impl<'a> Call<'a> {
    pub(crate) fn of(it: &'a Assessment) -> Self {
        Self {
            service: it.service.as_deref(),
            action: it.action.as_deref(),
        }
    }
}

impl fmt::Display for Call<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} {}",
            self.service.unwrap_or("unknown"),
            self.action.unwrap_or("unnamed")
        )
    }
}

impl<'a> Tally<'a> {
    /// None for no events.
    pub(crate) fn of(all: &[&'a Assessment]) -> Option<Self> {
        let mut seen = BTreeSet::new();
        let mut events: Vec<&Assessment> = all.to_vec();
        events.retain(|it| it.event_id.as_ref().is_none_or(|id| seen.insert(id)));
        events.sort_by_key(|it| it.timestamp());
        let more_severe = |one: &'a Assessment, other: &'a Assessment| {
            if other.severity > one.severity {
                other
            } else {
                one
            }
        };
        Some(Self {
            first: events.first()?,
            last: events.last()?,
            gravest: events.iter().copied().reduce(more_severe)?,
            repeated: all.len() - events.len(),
            events,
        })
    }

    pub(crate) fn severity(&self) -> Severity {
        self.gravest.severity
    }

    /// Calls that failed: many of them suggest somebody who tries out what is allowed.
    pub(crate) fn failed(&self) -> usize {
        self.events.iter().filter(|it| it.has_failed()).count()
    }

    /// How often each value occurs, most often first.
    pub(crate) fn counts<K: Ord>(&self, key: impl Fn(&'a Assessment) -> K) -> Vec<(K, usize)> {
        let mut counts: BTreeMap<K, usize> = BTreeMap::new();
        for it in &self.events {
            *counts.entry(key(it)).or_default() += 1;
        }
        let mut counts: Vec<_> = counts.into_iter().collect();
        counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        counts
    }

    /// The different values of a field, in order.
    pub(crate) fn all(
        &self,
        field: impl Fn(&'a Assessment) -> Option<&'a str>,
    ) -> BTreeSet<&'a str> {
        self.events.iter().filter_map(|it| field(it)).collect()
    }

    /// The first of them.
    pub(crate) fn first_of(
        &self,
        field: impl Fn(&'a Assessment) -> Option<&'a str>,
    ) -> Vec<&'a str> {
        self.all(field).into_iter().take(MOST_VALUES).collect()
    }

    /// How many values of a field [`Self::first_of`] leaves out.
    pub(crate) fn left_out(
        &self,
        field: impl Fn(&'a Assessment) -> Option<&'a str>,
    ) -> Option<usize> {
        beyond(self.all(field).len(), MOST_VALUES)
    }

    /// A few values of a field as text, and how many more there are.
    pub(crate) fn some(&self, field: impl Fn(&'a Assessment) -> Option<&'a str> + Copy) -> String {
        let mut words: Vec<String> = self
            .first_of(field)
            .into_iter()
            .map(str::to_owned)
            .collect();
        words.extend(self.left_out(field).map(|more| format!("and {more} more")));
        words.join(", ")
    }

    /// The calls for programs.
    pub(crate) fn calls_as_json(&self) -> Vec<Value> {
        let calls = self.counts(Call::of).into_iter().take(MOST_LINES);
        calls
            .map(|(call, count)| {
                without_nulls(
                    json!({ "service": call.service, "action": call.action, "count": count }),
                )
            })
            .collect()
    }
}

/// By how many a number exceeds a maximum; none if it does not.
pub(crate) fn beyond(number: usize, most: usize) -> Option<usize> {
    number.checked_sub(most).filter(|more| *more > 0)
}

/// What else there was of a group, in one line; none for nothing.
pub(crate) fn in_a_line(others: &[&Assessment]) -> Option<String> {
    let tally = Tally::of(others)?;
    let whose = match tally.first.activity {
        Activity::PrivilegedSessionStart => "by the same caller",
        _ => "in the same session",
    };
    let (number, own) = match tally.events.len() {
        1 => ("1".to_owned(), "its"),
        many => (many.to_string(), "their"),
    };
    let calls = calls_in_a_line(others);
    Some(format!(
        "{number} more {whose}, in a message of {own} own: {calls}"
    ))
}

/// `30 x s3 PutBucketPolicy, 8 x iam CreateUser`, and how many other calls there were.
pub(crate) fn calls_in_a_line(events: &[&Assessment]) -> String {
    let calls = Tally::of(events).map(|tally| tally.counts(Call::of));
    let calls = calls.unwrap_or_default();
    let mut listed: Vec<String> = calls
        .iter()
        .take(MOST_IN_A_LINE)
        .map(|(call, count)| format!("{count} x {call}"))
        .collect();
    listed
        .extend(beyond(calls.len(), MOST_IN_A_LINE).map(|more| format!("and {more} other calls")));
    listed.join(", ")
}

/// The same for programs.
pub(crate) fn others(others: &[&Assessment]) -> Option<Value> {
    let tally = Tally::of(others)?;
    Some(json!({ "events": tally.events.len(), "calls": tally.calls_as_json() }))
}
