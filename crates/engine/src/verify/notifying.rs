//! What the notifier does with each event. Valid for the deployed code when the hop `code` is fine.

use super::deployed::Deployed;
use super::events::{Canonical, Place};
use super::finding::Hop;
use crate::hub::function::Function;
use rootwatch_root_event::{Decision, ReadOnly, assess, parse};
use serde_json::Value;
use std::collections::BTreeSet;

const CHECK: &str = "decides";
const FIX: &str = "report this as a bug of rootwatch";

/// Whether it reports everything that a rule of the hub forwards, in every form: write events at once, read-only events
/// at all.
pub(super) fn check(id: &str, place: &Place, function: &Function) -> Hop {
    let acts = [place.acts(), place.act_forms()].concat();
    let reads = [place.reads(), place.read_forms()].concat();
    let late = missed(&acts, |it| it == Decision::Alert);
    if !late.is_empty() {
        let finding = format!("it does not alert at once on {}", words(&late));
        return Hop::broken(id, CHECK, finding, FIX);
    }
    let left_out = missed(&reads, |it| it != Decision::Ignore);
    if !left_out.is_empty() {
        return Hop::broken(id, CHECK, format!("it ignores {}", words(&left_out)), FIX);
    }
    if decision(&place.service_made().event) != Some(Decision::Ignore) {
        return Hop::broken(id, CHECK, "it alerts on what an AWS service did", FIX);
    }
    let is_off = is_off(function);
    let finding = format!(
        "alerts on all {} forms of events{}; ignores calls that AWS services made",
        acts.len() + reads.len(),
        if is_off {
            ", except read-only calls, as `notify.read_only` says"
        } else {
            ""
        }
    );
    Hop::ok(id, CHECK, finding)
}

/// Whether the deployed notifier reports read-only calls; one that cannot be read may.
pub(super) fn reports_reads(deployed: &Deployed) -> bool {
    let function = deployed.function(&deployed.names.function());
    !function.is_ok_and(|it| it.is_some_and(is_off))
}

fn is_off(function: &Function) -> bool {
    function.settings.read_only() == Some(ReadOnly::Off)
}

/// The kinds of those for which its decision differs.
fn missed(events: &[Canonical], is_right: impl Fn(Decision) -> bool) -> BTreeSet<&str> {
    let wrong = events
        .iter()
        .filter(|it| !decision(&it.event).is_some_and(&is_right));
    wrong.map(|it| it.name).collect()
}

fn words(names: &BTreeSet<&str>) -> String {
    names.iter().copied().collect::<Vec<_>>().join(", ")
}

/// `None` for what the notifier cannot read.
fn decision(event: &Value) -> Option<Decision> {
    let events = parse(event.to_string().as_bytes()).ok()?;
    events.first().map(|event| assess(event).decision)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn every_form_of_a_write_event_alerts_at_once_and_every_read_only_one_is_reported() {
        let place = Place::sample();
        let acts = [place.acts(), place.act_forms()].concat();
        let reads = [place.reads(), place.read_forms()].concat();
        assert!(missed(&acts, |it| it == Decision::Alert).is_empty());
        assert!(missed(&reads, |it| it == Decision::Digest).is_empty());
        // The check can fail.
        let names = missed(&reads, |it| it == Decision::Alert);
        assert!(
            names.contains("a read-only call whose readOnly is text"),
            "{names:?}"
        );
    }

    #[test]
    fn what_cannot_be_read_counts_as_missed() {
        let event = Canonical {
            name: "nonsense",
            event: json!("nonsense"),
        };
        assert_eq!(missed(&[event], |_| true), ["nonsense"].into());
    }
}
