//! What makes an event pass a rule, in the hub and in the spokes alike.

use super::events::Canonical;
use super::finding::Hop;
use crate::hub::rule::ALL_MANAGEMENT_EVENTS;
use rootwatch_eval::Answer;
use rootwatch_eval::pattern::matches;
use serde_json::Value;

/// Whether the rule is on for all of these events.
///
/// Source: EventBridge User Guide, "Read-only management events from AWS services".
pub(crate) fn state(resource: &str, state: &str, must: &[Canonical], fix: &str) -> Hop {
    let check = "state";
    let reads: Vec<&str> = must
        .iter()
        .filter(|event| event.is_read_only())
        .map(|event| event.name)
        .collect();
    match state {
        ALL_MANAGEMENT_EVENTS => Hop::ok(resource, check, "on, also for read-only calls"),
        "ENABLED" if reads.is_empty() => Hop::ok(resource, check, "on"),
        "ENABLED" => Hop::broken(
            resource,
            check,
            format!(
                "its state is ENABLED, in which it never gets {}",
                reads.join(", ")
            ),
            fix,
        ),
        "DISABLED" => Hop::broken(resource, check, "it is disabled: no event passes", fix),
        other => Hop::unknown(
            resource,
            check,
            format!("its state \"{other}\" is not known to rootwatch"),
            Some(fix.to_owned()),
        ),
    }
}

/// Whether the pattern matches all of `must` and none of `never`.
pub(crate) fn pattern(
    resource: &str,
    pattern: &Value,
    must: &[Canonical],
    never: &[Canonical],
    fix: &str,
) -> Hop {
    let check = "pattern";
    let of = |events: &[Canonical], wrong: &Answer| -> Vec<&'static str> {
        let wrong = events
            .iter()
            .filter(|it| matches(pattern, &it.event) == *wrong);
        // In the order of the kinds, each once: several accounts and regions have it.
        let mut names: Vec<_> = Vec::new();
        for it in wrong {
            if !names.contains(&it.name) {
                names.push(it.name);
            }
        }
        names
    };
    let (missed, surplus) = (of(must, &Answer::No), of(never, &Answer::Yes));
    if !missed.is_empty() {
        let finding = format!("it does not match {}", missed.join(", "));
        return Hop::broken(resource, check, finding, fix);
    }
    if !surplus.is_empty() {
        let finding = format!("it also matches {}", surplus.join(", "));
        return Hop::broken(resource, check, finding, fix);
    }
    let unknown = must
        .iter()
        .chain(never)
        .find_map(|it| match matches(pattern, &it.event) {
            Answer::Unknown(why) => Some(why),
            _ => None,
        });
    match unknown {
        Some(why) => Hop::unknown(resource, check, why, Some(fix.to_owned())),
        None => {
            let kinds = |events: &[Canonical]| {
                let mut names: Vec<_> = events.iter().map(|it| it.name).collect();
                names.sort_unstable();
                names.dedup();
                names.len()
            };
            let finding = format!(
                "matches all {} kinds of events that it must, and none of {} others",
                kinds(must),
                kinds(never)
            );
            Hop::ok(resource, check, finding)
        }
    }
}
