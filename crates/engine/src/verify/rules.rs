//! What is broken of a rule, in the hub and in the spokes alike. Pure.

use super::as_made::Changes;
use super::events::Canonical;
use super::finding::Hop;
use crate::findings::{FindingId, hub, spokes};
use crate::hub::rule::Rule;
use crate::hub::targets::Target;
use rootwatch_eval::Answer;
use rootwatch_eval::pattern::matches;
use serde_json::Value;

/// Seconds; a shorter time loses events in an outage of one night.
const SHORTEST_AGE: i32 = 3600;

/// What is found of a rule.
#[derive(Clone, Copy)]
pub(super) struct Kinds {
    state: FindingId,
    pattern: FindingId,
    target: FindingId,
    retries: FindingId,
    dead_letters: FindingId,
}

/// Of the hub's rules.
pub(super) const HUB: Kinds = Kinds {
    state: hub::RULE_STATE,
    pattern: hub::RULE_PATTERN,
    target: hub::RULE_TARGET,
    retries: hub::RULE_RETRIES,
    dead_letters: hub::RULE_DEAD_LETTERS,
};

/// Of a spoke's rule.
pub(super) const SPOKE: Kinds = Kinds {
    state: spokes::RULE_STATE,
    pattern: spokes::RULE_PATTERN,
    target: spokes::RULE_TARGET,
    retries: spokes::RULE_TARGET,
    dead_letters: spokes::RULE_DEAD_LETTERS,
};

/// Of a spoke's rules for tampering.
pub(super) const TAMPERING: Kinds = Kinds {
    state: spokes::TAMPERING_RULE_SILENT,
    pattern: spokes::TAMPERING_RULE_SILENT,
    target: spokes::TAMPERING_RULE_SILENT,
    retries: spokes::TAMPERING_RULE_SILENT,
    dead_letters: spokes::TAMPERING_RULE_SILENT,
};

/// The events that a rule is judged by.
pub(super) struct Events {
    pub(super) must: Vec<Canonical>,
    pub(super) never: Vec<Canonical>,
}

/// A rule as it is wanted, and what differs of it.
pub(super) struct Judged<'a> {
    pub(super) kinds: Kinds,
    pub(super) id: &'a str,
    pub(super) wanted: &'a Rule,
    pub(super) found: &'a Rule,
    pub(super) changes: &'a Changes,
    pub(super) fix: &'a str,
}

impl Judged<'_> {
    /// What is broken.
    pub(super) fn broken(&self, events: impl Fn() -> Events) -> Vec<Hop> {
        let mut hops = Vec::new();
        if self.changes.has("state") || self.changes.has("event_pattern") {
            let events = events();
            hops.extend(self.state(&events.must));
            hops.extend(self.pattern(&events));
        }
        if self.changes.has("targets") {
            let targets = self.wanted.targets.iter();
            hops.extend(targets.flat_map(|(id, wanted)| self.target(id, wanted)));
        }
        hops
    }

    /// Source: EventBridge User Guide, "Read-only management events from AWS services".
    fn state(&self, must: &[Canonical]) -> Option<Hop> {
        let reads = must.iter().filter(|event| event.is_read_only());
        let finding = match self.found.state.as_str() {
            // A rule for what is never read-only needs no more.
            state if state == self.wanted.state => return None,
            "ENABLED" => format!(
                "its state is ENABLED, in which it never gets {}",
                kinds_of(reads).join(", ")
            ),
            "DISABLED" => "it is disabled: no event passes".to_owned(),
            _ => return None,
        };
        let hop = Hop::broken(self.kinds.state, self.id, "state", finding, self.fix);
        Some(hop.about("state"))
    }

    fn pattern(&self, events: &Events) -> Option<Hop> {
        let finding = unfit(&self.found.event_pattern, events)?;
        let hop = Hop::broken(self.kinds.pattern, self.id, "pattern", finding, self.fix);
        Some(hop.about("event_pattern"))
    }

    fn target(&self, id: &str, wanted: &Target) -> Vec<Hop> {
        let all = &self.found.targets;
        let Some((found_id, found)) = all.iter().find(|(_, it)| it.arn == wanted.arn) else {
            let hop = self.broken_target("target", self.no_target(&wanted.arn));
            return vec![hop.about(&format!("targets.{id}"))];
        };
        let about = |field: &str| format!("targets.{found_id}.{field}");
        let mut hops = Vec::new();
        if found.input.is_some() {
            let finding = "the event is changed on its way to the target, and cannot be read there";
            hops.push(self.broken_target("target", finding).about(&about("input")));
        }
        if wanted.role.is_some() && found.role.is_none() {
            let finding = "its target has no role, without which no event leaves the account";
            hops.push(self.broken_target("target", finding).about(&about("role")));
        }
        hops.extend(self.retries(found).map(|hop| {
            hop.about(&about("maximum_event_age"))
                .about(&about("maximum_retry_attempts"))
        }));
        hops.extend(
            self.dead_letters(wanted, found)
                .map(|hop| hop.about(&about("dead_letter_queue"))),
        );
        hops
    }

    fn broken_target(&self, check: &'static str, finding: impl Into<String>) -> Hop {
        Hop::broken(self.kinds.target, self.id, check, finding, self.fix)
    }

    fn no_target(&self, wanted: &str) -> String {
        let others: Vec<&str> = self
            .found
            .targets
            .values()
            .map(|it| it.arn.as_str())
            .collect();
        match others.is_empty() {
            true => "it has no target: what it matches is dropped".to_owned(),
            false => format!(
                "it does not send to {wanted}, only to {}",
                others.join(", ")
            ),
        }
    }

    /// Unset means a day and 185 attempts (EventBridge User Guide, "Retrying events").
    fn retries(&self, found: &Target) -> Option<Hop> {
        let age = found.maximum_event_age.unwrap_or(24 * 3600);
        let attempts = found.maximum_retry_attempts.unwrap_or(185);
        if age >= SHORTEST_AGE && attempts > 0 {
            return None;
        }
        let finding = format!("it drops an event after {age} s and {attempts} retries");
        Some(Hop::broken(
            self.kinds.retries,
            self.id,
            "retries",
            finding,
            self.fix,
        ))
    }

    fn dead_letters(&self, wanted: &Target, found: &Target) -> Option<Hop> {
        let finding = match &found.dead_letter_queue {
            None => {
                "what it cannot deliver is lost: the target has no dead-letter queue".to_owned()
            }
            found if *found == wanted.dead_letter_queue => return None,
            Some(arn) => format!("what it cannot deliver goes to {arn}, which no alarm watches"),
        };
        let kind = self.kinds.dead_letters;
        Some(Hop::broken(
            kind,
            self.id,
            "dead letters",
            finding,
            self.fix,
        ))
    }
}

/// Which events a pattern misses, or takes too many of; none where it takes what it must, as far as can be judged.
pub(super) fn unfit(pattern: &Value, events: &Events) -> Option<String> {
    let of = |events: &[Canonical], wrong: &Answer| -> Vec<&'static str> {
        kinds_of(
            events
                .iter()
                .filter(|it| matches(pattern, &it.event) == *wrong),
        )
    };
    let missed = of(&events.must, &Answer::No);
    if !missed.is_empty() {
        return Some(format!("it does not match {}", missed.join(", ")));
    }
    let surplus = of(&events.never, &Answer::Yes);
    (!surplus.is_empty()).then(|| format!("it also matches {}", surplus.join(", ")))
}

/// In the order of the kinds, each once: several accounts and regions have it.
fn kinds_of<'a>(events: impl Iterator<Item = &'a Canonical>) -> Vec<&'static str> {
    let mut names: Vec<_> = Vec::new();
    for it in events {
        if !names.contains(&it.name) {
            names.push(it.name);
        }
    }
    names
}
