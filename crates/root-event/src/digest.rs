//! One message for the read-only calls of one session. A console session makes dozens a minute.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde_json::{Value, json};

use crate::assess::{Assessment, Outcome};
use crate::json::{SCHEMA, access, account, mfa, without_nulls};
use crate::message::{self, Context, Head, Message, fields, instant, section};
use crate::severity::Severity;
use crate::words;

/// The most different calls that a digest lists; of others only the number is said.
const MOST_CALLS: usize = 40;
/// The most addresses or regions that a digest lists.
const MOST_VALUES: usize = 10;

/// One message for events of one session ([`Assessment::session`]); an event that came twice is counted once.
/// Nothing for no events; an alert of the usual form for a single one.
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
        Message {
            text: self.text(&head),
            sms: head.sms(&words, self.first.source_ip.as_deref()),
            json: self.json(context, &subject),
            attributes: head.attributes(self.first.activity.name()),
            subject,
        }
    }

    fn text(&self, head: &Head<'_>) -> String {
        let mut text = format!("{}\n\n", self.sentence(&head.account_in_words()));
        text.push_str(&fields(&self.fields(head)));
        let listed = self
            .calls
            .iter()
            .take(MOST_CALLS)
            .map(|(call, count)| format!("{count} x {call}"));
        let mut lines: Vec<String> = listed.collect();
        lines.extend(
            self.left_out()
                .map(|more| format!("and {more} other calls")),
        );
        section(&mut text, "Calls", lines.iter().map(String::as_str));
        section(
            &mut text,
            "What to do now",
            words::what_to_do(self.first).into_iter(),
        );
        let notes: BTreeSet<&str> = self
            .events
            .iter()
            .flat_map(|it| it.notes.iter().map(String::as_str))
            .collect();
        section(&mut text, "Note", notes.into_iter().take(MOST_CALLS));
        text
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
            (
                "Account",
                head.account_in_words()
                    .trim_start_matches("account ")
                    .to_owned(),
            ),
            ("First", time(self.first)),
            ("Last", time(self.last)),
            ("Regions", self.all(|it| it.region.as_deref()).join(", ")),
            ("From", self.all(|it| it.source_ip.as_deref()).join(", ")),
            ("Agent", or(&self.first.agent)),
            ("MFA", words::mfa(self.first.mfa).to_owned()),
            ("Access", words::access(self.first)),
            (
                "Failed",
                format!("{} of {}", self.failed(), self.events.len()),
            ),
            (
                "Repeated",
                format!("{} came again and are not counted", self.repeated),
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
            "regions": self.all(|it| it.region.as_deref()),
            "source_ips": self.all(|it| it.source_ip.as_deref()),
            "calls": calls.collect::<Vec<_>>(),
            "calls_left_out": self.left_out().unwrap_or_default(),
        }))
    }

    /// Calls that were refused: many of them look like somebody who tries what is possible.
    fn failed(&self) -> usize {
        self.events
            .iter()
            .filter(|it| matches!(it.outcome, Outcome::Failure { .. }))
            .count()
    }

    /// Different values of a field, in order, no more than a few.
    fn all(&self, field: impl Fn(&'a Assessment) -> Option<&'a str>) -> Vec<&'a str> {
        let values: BTreeSet<&str> = self.events.iter().filter_map(|it| field(it)).collect();
        values.into_iter().take(MOST_VALUES).collect()
    }

    fn left_out(&self) -> Option<usize> {
        self.calls
            .len()
            .checked_sub(MOST_CALLS)
            .filter(|more| *more > 0)
    }
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
