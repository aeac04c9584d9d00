//! One message for the read-only calls of one session. A console session makes dozens a minute.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde_json::{Value, json};

use crate::assess::{Assessment, Outcome};
use crate::body::Body;
use crate::json::{SCHEMA, access, account, mfa, without_nulls};
use crate::message::{self, Context, Head, Message, instant};
use crate::severity::Severity;
use crate::words;

/// The maximum number of different calls that a digest lists; of the others it has only the count.
const MOST_CALLS: usize = 40;
/// The maximum number of addresses or regions that a digest lists.
const MOST_VALUES: usize = 10;

/// One message for events of one session ([`Assessment::session`]); an event that arrived twice is counted once.
/// None for no events; the usual alert for a single one.
#[must_use]
pub fn digest(session: &[Assessment], context: &Context<'_>) -> Option<Message> {
    let digest = Digest::of(session)?;
    if digest.events.len() == 1 {
        return Some(message::alert(digest.first, context));
    }
    Some(digest.message(context))
}

struct Digest<'a> {
    first: &'a Assessment,
    last: &'a Assessment,
    events: Vec<&'a Assessment>,
    repeated: usize,
    severity: Severity,
    calls: Vec<(Call<'a>, usize)>,
}

#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Call<'a> {
    service: Option<&'a str>,
    action: Option<&'a str>,
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

impl<'a> Digest<'a> {
    fn of(session: &'a [Assessment]) -> Option<Self> {
        let mut seen = BTreeSet::new();
        let mut events: Vec<&Assessment> = session
            .iter()
            .filter(|it| it.event_id.as_ref().is_none_or(|id| seen.insert(id)))
            .collect();
        events.sort_by_key(|it| it.timestamp());
        Some(Self {
            first: events.first()?,
            last: events.last()?,
            repeated: session.len() - events.len(),
            severity: events.iter().map(|it| it.severity).max()?,
            calls: calls(&events),
            events,
        })
    }

    fn message(&self, context: &Context<'_>) -> Message {
        let head = Head {
            label: self.severity.name().to_uppercase(),
            severity: self.severity.name(),
            ..Head::of(self.first, context)
        };
        let words = format!("root made {} read-only calls", self.events.len());
        let subject = head.subject(&words);
        let body = self.body(&head);
        let json = self.json(context, &subject);
        head.message(self.first, subject, &words, &body, json)
    }

    fn body(&self, head: &Head<'_>) -> Body {
        let listed = self.calls.iter().take(MOST_CALLS);
        let mut calls: Vec<String> = listed
            .map(|(call, count)| format!("{count} x {call}"))
            .collect();
        calls.extend(
            self.left_out()
                .map(|more| format!("and {more} other calls")),
        );
        let notes: BTreeSet<&String> = self.events.iter().flat_map(|it| &it.notes).collect();
        Body {
            sentence: self.sentence(&head.account_in_words()),
            fields: self.fields(head),
            calls,
            steps: words::what_to_do(self.first),
            notes: notes.into_iter().take(MOST_CALLS).cloned().collect(),
            ..Body::default()
        }
    }

    fn sentence(&self, account: &str) -> String {
        format!(
            "The root user of {account} made {} read-only calls in one session.",
            self.events.len()
        )
    }

    fn fields(&self, head: &Head<'_>) -> Vec<(&'static str, String)> {
        let or = |value: &Option<String>| value.clone().unwrap_or_else(|| "not stated".to_owned());
        vec![
            ("Severity", head.label.clone()),
            ("Account", head.account_with_name()),
            ("First", time(self.first)),
            ("Last", time(self.last)),
            ("Regions", self.some(|it| it.region.as_deref())),
            ("From", self.some(|it| it.source_ip.as_deref())),
            ("Agent", or(&self.first.agent)),
            ("MFA", words::mfa(self.first.mfa).to_owned()),
            ("Access", words::access(self.first)),
            (
                "Failed",
                format!("{} of {}", self.failed(), self.events.len()),
            ),
            (
                "Repeated",
                format!("{} duplicates, not counted", self.repeated),
            ),
        ]
    }

    fn json(&self, context: &Context<'_>, subject: &str) -> Value {
        let id = self.first.account_or_unknown();
        without_nulls(json!({
            "schema": SCHEMA,
            "kind": "digest",
            "test": false,
            "severity": self.severity.name(),
            "activity": self.first.activity.name(),
            "account": account(id, context),
            "subject": subject,
            "summary": self.sentence(&format!("account {id}")),
            "time": self.first.time,
            "received": context.received.map(|at| at.to_string()),
            "mfa": mfa(self.first.mfa),
            "access": access(self.first),
            "what_to_do": words::what_to_do(self.first),
            "digest": self.counts(),
        }))
    }

    fn counts(&self) -> Value {
        let calls = self.calls.iter().take(MOST_CALLS).map(|(call, count)| {
            without_nulls(json!({ "service": call.service, "action": call.action, "count": count }))
        });
        without_nulls(json!({
            "events": self.events.len(),
            "repeated": self.repeated,
            "failed": self.failed(),
            "first": self.first.time,
            "last": self.last.time,
            "regions": self.first_of(|it| it.region.as_deref()),
            "regions_left_out": more(self.all(|it| it.region.as_deref()).len()),
            "source_ips": self.first_of(|it| it.source_ip.as_deref()),
            "source_ips_left_out": more(self.all(|it| it.source_ip.as_deref()).len()),
            "calls": calls.collect::<Vec<_>>(),
            "calls_left_out": self.left_out().unwrap_or_default(),
        }))
    }

    /// Calls that failed: many of them suggest somebody who tries out what is allowed.
    fn failed(&self) -> usize {
        self.events
            .iter()
            .filter(|it| matches!(it.outcome, Outcome::Failure { .. }))
            .count()
    }

    /// The different values of a field, in order.
    fn all(&self, field: impl Fn(&'a Assessment) -> Option<&'a str>) -> BTreeSet<&'a str> {
        self.events.iter().filter_map(|it| field(it)).collect()
    }

    fn first_of(&self, field: impl Fn(&'a Assessment) -> Option<&'a str>) -> Vec<&'a str> {
        self.all(field).into_iter().take(MOST_VALUES).collect()
    }

    /// A few of them as text, and how many more there are.
    fn some(&self, field: impl Fn(&'a Assessment) -> Option<&'a str>) -> String {
        let all = self.all(field);
        let mut words: Vec<String> = all
            .iter()
            .take(MOST_VALUES)
            .map(ToString::to_string)
            .collect();
        words.extend(more(all.len()).map(|more| format!("and {more} more")));
        words.join(", ")
    }

    fn left_out(&self) -> Option<usize> {
        self.calls
            .len()
            .checked_sub(MOST_CALLS)
            .filter(|more| *more > 0)
    }
}

/// How many of this number of values are not listed.
fn more(values: usize) -> Option<usize> {
    values.checked_sub(MOST_VALUES).filter(|more| *more > 0)
}

/// How often each call was made, most often first.
fn calls<'a>(events: &[&'a Assessment]) -> Vec<(Call<'a>, usize)> {
    let mut counts: BTreeMap<Call<'_>, usize> = BTreeMap::new();
    for it in events {
        let call = Call {
            service: it.service.as_deref(),
            action: it.action.as_deref(),
        };
        *counts.entry(call).or_default() += 1;
    }
    let mut calls: Vec<_> = counts.into_iter().collect();
    calls.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    calls
}

fn time(it: &Assessment) -> String {
    it.timestamp()
        .map(instant)
        .or_else(|| it.time.clone())
        .unwrap_or_else(|| "not stated".to_owned())
}
