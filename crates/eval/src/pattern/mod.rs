//! Whether an event matches an EventBridge pattern, or a message a subscription's filter policy.
//!
//! As EventBridge's own matcher does it, Event Ruler (<https://github.com/aws/event-ruler>): a pattern becomes flat rules,
//! each a list of values for each path (`rule`); an event becomes flat fields that remember in which element of which
//! list they are (`event`). `tests/eval/patterns.rs` holds every answer against Event Ruler's. Of the crates there are,
//! `event-ruler` 0.1.0 is an empty placeholder, and `quamina` 0.7.0 has no `$or`, which every pattern here needs, and
//! accepts operators that EventBridge refuses.
//!
//! SNS's guide has the same operators for filter policies ("Amazon SNS subscription filter policies"); no judge of SNS's
//! own is known. A pattern that EventBridge refuses is unknown, and so is every operator that Event Ruler 2.0.1 lacks.

mod address;
mod compare;
mod event;
mod filter;
mod number;
mod rule;

use crate::Answer;
use event::{Field, Membership};
use filter::Filter;
use rule::Rule;
use serde_json::Value;

/// More ways through the lists of an event than this are not followed.
const MOST_WAYS: usize = 1000;

/// Whether `event` has everything that `pattern` asks for.
pub fn matches(pattern: &Value, event: &Value) -> Answer {
    let rules = match rule::of(pattern) {
        Ok(rules) => rules,
        Err(why) => return Answer::Unknown(why),
    };
    let fields = event::fields(event);
    let answer = Answer::any(rules.iter().map(|rule| of_rule(rule, &fields)));
    if answer == Answer::Yes && !event.is_object() {
        return Answer::unknown(
            "AWS does not say what it does with text that is not a JSON object",
        );
    }
    answer
}

/// A way through the elements of an event's lists, and why it is unknown whether it is one.
type Way = (Membership, Option<String>);

/// Whether one way through the event's lists has all that the rule asks for.
fn of_rule(rule: &Rule, fields: &[Field<'_>]) -> Answer {
    let mut ways: Vec<Way> = vec![Default::default()];
    for (path, filters) in rule {
        let of_path: Vec<&Field<'_>> = fields.iter().filter(|it| it.path == *path).collect();
        let mut next: Vec<Way> = Vec::new();
        for way in &ways {
            for step in steps(way, filters, &of_path) {
                if !next.contains(&step) {
                    next.push(step);
                }
            }
            if next.len() > MOST_WAYS {
                return Answer::unknown("the event has too many lists within lists");
            }
        }
        ways = next;
    }
    Answer::any(ways.into_iter().map(|(_, why)| match why {
        None => Answer::Yes,
        Some(why) => Answer::Unknown(why),
    }))
}

/// How a way can go on by the values of one path.
fn steps(way: &Way, filters: &[Filter], of_path: &[&Field<'_>]) -> Vec<Way> {
    let (so_far, why) = way;
    let mut next = Vec::new();
    let mut is_absent = true;
    for field in of_path {
        // A field of another element than the way's is none of its fields.
        let Some(membership) = so_far.joined(&field.membership) else {
            continue;
        };
        is_absent = false;
        let found = Answer::any(filters.iter().map(|filter| filter.of_value(field.value)));
        match found {
            Answer::Yes => next.push((membership, why.clone())),
            Answer::Unknown(reason) => next.push((membership, Some(reason))),
            Answer::No => {}
        }
    }
    if is_absent {
        match Answer::any(filters.iter().map(Filter::of_absence)) {
            Answer::Yes => next.push((so_far.clone(), why.clone())),
            Answer::Unknown(reason) => next.push((so_far.clone(), Some(reason))),
            Answer::No => {}
        }
    }
    next
}

#[cfg(test)]
mod tests;
