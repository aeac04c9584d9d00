//! What rootwatch makes lets every kind of root event through, and nothing else: the evaluators over our own state. So
//! `verify` need not try what equals it.

use super::as_made::Changes;
use super::events::{Canonical, Place};
use super::finding::Verdict;
use super::tests::state::Hub;
use super::{bus, hub_rules, judge, places, queues, role, spoke, spoke_wanted, topics};
use crate::hub::hub_resource::HubResource;
use crate::hub::{pattern, tampering};
use rootwatch_eval::Answer;
use rootwatch_eval::iam::Decision;
use rootwatch_eval::pattern::matches;
use rootwatch_root_event::{Decision as Told, assess, parse};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Places of a hub with spokes in its own region, in that of sign-ins, and in another.
fn everywhere(hub: &Hub) -> Vec<Place> {
    let spokes = [
        ("333333333333", "eu-west-1"),
        ("333333333333", "us-east-1"),
        ("444444444444", "ap-south-1"),
    ];
    places::of(&hub.deployed(), spokes.into_iter())
}

fn takes(pattern: &Value, must: &[Canonical], never: &[Canonical]) {
    assert!(!must.is_empty() && !never.is_empty());
    for (events, wanted) in [(must, Answer::Yes), (never, Answer::No)] {
        for it in events {
            assert_eq!(
                matches(pattern, &it.event),
                wanted,
                "{}: {pattern}",
                it.name
            );
        }
    }
}

#[test]
fn our_patterns_take_every_kind_of_root_event_and_nothing_else() {
    let hub = Hub::good();
    let (deployed, places) = (hub.deployed(), everywhere(&hub));
    assert!(places.len() > 3);
    let names = &deployed.names;
    for (name, pattern) in [
        (names.acts_rule(), pattern::acts(&names.account)),
        (names.reads_rule(), pattern::reads()),
        (
            names.tampering_rule(),
            tampering::forwarded(&names.deployment),
        ),
        (names.hub_tampering_rule(), tampering::hub(names)),
        (names.hub_urgent_rule(), tampering::hub_urgent(names)),
    ] {
        let events = hub_rules::events(&deployed, &name, &places);
        assert!(events.must.len() > 8 && events.never.len() > 10);
        takes(&pattern, &events.must, &events.never);
    }
    let name = names.heartbeats_rule();
    let events = hub_rules::events(&deployed, &name, &places);
    assert_eq!(events.must.len(), places.len());
    assert!(events.never.len() > 10);
    let pattern = pattern::heartbeats(&names.spoke_rule());
    takes(&pattern, &events.must, &events.never);
    for place in &places {
        takes(
            &pattern::root_activity(),
            &spoke::must(place),
            &place.never(),
        );
        let (own, of_organization) = (place.tampering(names), place.of_organization());
        let others = [place.acts(), place.reads(), place.never()].concat();
        let pattern = tampering::spoke(&names.deployment, "");
        takes(
            &pattern,
            &own,
            &[others.clone(), of_organization.clone()].concat(),
        );
        takes(
            &tampering::organization(),
            &of_organization,
            &[others, own].concat(),
        );
    }
}

#[test]
fn our_policies_let_in_what_they_must() {
    let hub = Hub::good();
    let (deployed, places) = (hub.deployed(), everywhere(&hub));
    let names = &deployed.names;
    let found = deployed.bus(&names.bus()).unwrap().unwrap();
    let events = bus::events_of_our_own();
    let answers = bus::answers(names, found, "o-abcdefghij", &places, &events);
    assert!(answers.len() > 20);
    let refused: Vec<_> = answers
        .iter()
        .filter(|it| it.1 != Decision::Allowed)
        .collect();
    assert!(refused.is_empty(), "{refused:?}");
    for (queue, rule) in [
        (names.acts_queue(), names.acts_rule()),
        (names.reads_queue(), names.reads_rule()),
        (names.reads_queue(), names.heartbeats_rule()),
        (names.dead_letter_queue(), names.acts_rule()),
        (names.dead_letter_queue(), names.reads_rule()),
        (names.dead_letter_queue(), names.heartbeats_rule()),
    ] {
        let policy = &deployed.queue(&queue).unwrap().unwrap().policy;
        let decision = queues::accepts(policy, &names.queue_arn(&queue), &names.rule_arn(&rule));
        assert_eq!(decision, Decision::Allowed, "{queue} {rule}");
    }
    for queue in [names.reads_queue(), names.dead_letter_queue()] {
        let policy = &deployed.queue(&queue).unwrap().unwrap().policy;
        for rule in crate::hub::policies::to_reads(names) {
            let decision = queues::accepts(policy, &names.queue_arn(&queue), &rule);
            assert_eq!(decision, Decision::Allowed, "{queue} {rule}");
        }
    }
    let health = deployed.topic(&names.health_topic()).unwrap().unwrap();
    assert_eq!(topics::takes_alarms(names, health), Decision::Allowed);
    assert_eq!(role::judge(&deployed), []);
}

#[test]
fn no_evaluator_finds_anything_in_our_own_state_whatever_it_is_asked_for() {
    let hub = Hub::good();
    let (deployed, places) = (hub.deployed(), everywhere(&hub));
    for node in &deployed.wanted {
        let wanted = &node.resource;
        // As if everything differed; an alarm is broken by each field of its metric that does.
        if !matches!(wanted, HubResource::Alarm(_)) {
            let all = Changes::of(&wanted.decide(None));
            let hops = judge(&deployed, &wanted.id(), (wanted, wanted), &all, &places);
            assert!(
                hops.iter().all(|hop| hop.verdict == Verdict::Ok),
                "{hops:#?}"
            );
        }
    }
}

#[test]
fn a_spokes_queue_and_role_let_through_what_they_must() {
    let hub = Hub::good();
    let none = BTreeMap::new();
    let at = spoke_wanted::At {
        names: hub.names(),
        account: "333333333333",
        region: "us-east-1",
        parameters: &none,
    };
    let arn = "arn:aws:sqs:us-east-1:333333333333:x";
    for rule in at.rule_arns() {
        let decision = queues::accepts(&at.queue(arn).policy, arn, &rule);
        assert_eq!(decision, Decision::Allowed, "{rule}");
    }
}

/// `None` for what the notifier cannot read.
fn told(event: &Value) -> Option<Told> {
    let events = parse(event.to_string().as_bytes()).ok()?;
    events.first().map(|event| assess(event).decision)
}

/// The kinds of those for which the notifier decides otherwise.
fn missed(events: &[Canonical], is_right: impl Fn(Told) -> bool) -> BTreeSet<&str> {
    let wrong = events
        .iter()
        .filter(|it| !told(&it.event).is_some_and(&is_right));
    wrong.map(|it| it.name).collect()
}

#[test]
fn the_notifier_alerts_at_once_on_every_form_of_a_write_event_and_reports_every_read_only_one() {
    let place = Place::sample();
    let acts = [place.acts(), place.act_forms()].concat();
    let reads = [place.reads(), place.read_forms()].concat();
    assert!(missed(&acts, |it| it == Told::Alert).is_empty());
    assert!(missed(&reads, |it| it == Told::Digest).is_empty());
    assert_eq!(told(&place.service_made().event), Some(Told::Ignore));
    // The check can fail.
    let names = missed(&reads, |it| it == Told::Alert);
    assert!(
        names.contains("a read-only call whose readOnly is text"),
        "{names:?}"
    );
}

#[test]
fn the_notifier_reports_all_that_the_rules_for_tampering_take() {
    let names = Hub::good().names().clone();
    let place = Place::sample();
    let all = [
        place.tampering(&names),
        place.of_organization(),
        place.hub_changes(&names),
        place.hub_losses(&names),
    ];
    assert_eq!(missed(&all.concat(), |it| it == Told::Digest), [].into());
}
