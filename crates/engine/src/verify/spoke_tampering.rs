//! A spoke's two rules for tampering: whether they are there, on, and as the template makes them. Pure.
//!
//! That the template's own patterns take what they must is proved by `own_tests.rs`.

use super::as_made::Changes;
use super::finding::Hop;
use super::rules::{Events, Judged, TAMPERING};
use super::spoke::Seen;
use super::spoke_wanted::At;
use crate::findings::spokes;
use crate::hub::rule::Rule;

/// What there is to say of both.
pub(super) fn judge(seen: &Seen, at: &At<'_>, fix: &str) -> Vec<Hop> {
    let none = Rule::default();
    let found = |place: usize| {
        let read = seen.tampering.get(place).and_then(|it| it.as_ref().ok());
        read.and_then(Option::as_ref).unwrap_or(&none)
    };
    let main = seen.rule.as_ref().ok().and_then(Option::as_ref);
    let wanted = at.tampering_rules([found(0), found(1)], main);
    let both = wanted.iter().zip(&seen.tampering);
    let judged = both.map(|(wanted, read)| {
        let id = format!("rule {}", wanted.name);
        match read {
            Ok(Some(found)) => one(&id, wanted, found, fix),
            Ok(None) => {
                let finding = "there is none: nobody is told when somebody other than root changes what alerts depend on";
                vec![Hop::broken(spokes::TAMPERING_RULE_MISSING, &id, "exists", finding, fix)]
            }
            Err(why) => vec![Hop::unread(spokes::UNREAD, &id, "exists", why)],
        }
    });
    judged.flatten().collect()
}

fn one(id: &str, wanted: &Rule, found: &Rule, fix: &str) -> Vec<Hop> {
    let changes = Changes::between(wanted, found);
    let judged = Judged {
        kinds: TAMPERING,
        id,
        wanted,
        found,
        changes: &changes,
        fix,
    };
    // A pattern that differs is a difference: no examples decide what of it is harmless.
    let nothing = || Events {
        must: Vec::new(),
        never: Vec::new(),
    };
    let mut hops = judged.broken(nothing);
    hops.extend(changes.left(spokes::TAMPERING_RULE_DIFFERS, id, &hops, fix));
    if hops.is_empty() {
        hops.push(Hop::ok(
            id,
            "as made",
            "reports who changes what alerts depend on",
        ));
    }
    hops
}
