//! Plans by who is notified after them: subscribers that come, go, wait, and are left on another topic.

use super::super::desired::{Wanted, hub};
use super::super::observe::Found;
use super::super::plan::plan_deploy;
use super::super::sample;
use super::*;

/// `email a` is confirmed, `email a?` pending.
fn standings(text: &str) -> BTreeMap<Subscription, Standing> {
    let standing = |word: &str| match word.strip_suffix('?') {
        Some(who) => (email(who), Standing::Pending),
        None => (email(word), Standing::Confirmed(format!("arn:{word}"))),
    };
    text.split_whitespace().map(standing).collect()
}

fn email(endpoint: &str) -> Subscription {
    Subscription {
        protocol: "email".into(),
        endpoint: endpoint.into(),
    }
}

fn wanted(who: &str) -> Wanted {
    Wanted {
        subscriptions: who.split_whitespace().map(email).collect(),
        ..sample::wanted()
    }
}

/// A plan for these subscribers of a hub whose topics both have those; those named `their…` are somebody else's.
fn plan(who: &str, found: &str) -> HubPlan {
    let mut resources = Found::new();
    for node in hub(&wanted(who)) {
        let mut resource = node.resource;
        if let HubResource::Subscriptions(it) = &mut resource {
            let is_kept = it.subscriptions.is_empty();
            it.standings = standings(found);
            let ours = it.standings.keys();
            let ours = ours.filter(|it| !is_kept && !it.endpoint.starts_with("their"));
            it.subscriptions = ours.map(|it| (it.clone(), true)).collect();
        }
        resources.insert(resource.id(), resource);
    }
    plan_deploy(hub(&wanted(who)), resources)
}

/// As `who: confirmed | pending`.
fn after(people: &People) -> Vec<String> {
    let persons = people.after.iter();
    persons
        .map(|it| {
            format!(
                "{}: {} | {}",
                it.subscriber,
                names(&it.confirmed),
                names(&it.pending)
            )
        })
        .collect()
}

/// As `who: gone | until confirmed`.
fn gone(people: &People) -> Vec<String> {
    let lost = people.lost.iter();
    lost.map(|it| {
        format!(
            "{}: {} | {}",
            it.subscriber,
            names(&it.subjects),
            names(&it.until_confirmed)
        )
    })
    .collect()
}

fn names(subjects: &[Subject]) -> String {
    let names: Vec<&str> = subjects.iter().map(|it| it.name()).collect();
    names.join(" ")
}

#[test]
fn whoever_is_no_longer_wanted_goes_and_whoever_is_somebody_elses_stays() {
    let people = plan("b", "a b their").people();
    assert_eq!(
        after(&people),
        ["email b: alerts health | ", "email their: alerts health | "]
    );
    assert_eq!(gone(&people), ["email a: alerts health | "]);
    assert!(people.unheard.is_empty());
}

#[test]
fn a_run_that_names_nobody_takes_nothing_from_anybody() {
    let people = plan("", "a b?").people();
    assert_eq!(
        after(&people),
        ["email a: alerts health | ", "email b:  | alerts health"]
    );
    assert!(people.lost.is_empty());
}

#[test]
fn who_is_new_or_pending_is_not_notified_yet() {
    let people = plan("a b", "a?").people();
    assert_eq!(
        after(&people),
        ["email a:  | alerts health", "email b:  | alerts health"]
    );
    // Who has never confirmed loses nothing.
    assert!(people.lost.is_empty());
    assert_eq!(people.unheard, Subject::ALL);
    assert!(!people.is_nobody());
    assert!(plan("", "").people().is_nobody());
}

#[test]
fn what_needs_no_confirmation_is_notified_at_once() {
    let mut wanted = wanted("");
    wanted.subscriptions = [
        ("sms", "+1555"),
        ("sqs", "arn:aws:sqs:eu-west-1:111122223333:q"),
        ("sqs", "arn:aws:sqs:eu-west-1:999999999999:q"),
    ]
    .map(|(protocol, endpoint)| Subscription {
        protocol: protocol.into(),
        endpoint: endpoint.into(),
    })
    .into();
    let people = plan_deploy(hub(&wanted), Found::new()).people();
    assert_eq!(
        after(&people),
        [
            "sms +1555: alerts health | ",
            "sqs arn:aws:sqs:eu-west-1:111122223333:q: alerts health | ",
            "sqs arn:aws:sqs:eu-west-1:999999999999:q:  | alerts health"
        ]
    );
}

#[test]
fn subscribers_of_the_topic_that_alerts_leave_are_lost() {
    let mut plan = plan("", "c");
    plan.former_topic = Some(FormerTopic {
        arn: "arn:former".into(),
        standings: Ok(standings("a c their d?")),
    });
    let people = plan.people();
    assert_eq!(
        gone(&people),
        ["email a: alerts | ", "email their: alerts | "]
    );
}

#[test]
fn who_must_confirm_again_on_another_topic_is_lost_until_then() {
    let mut plan = plan("a", "a?");
    plan.former_topic = Some(FormerTopic {
        arn: "arn:former".into(),
        standings: Ok(standings("a")),
    });
    assert_eq!(gone(&plan.people()), ["email a:  | alerts"]);
}

#[test]
fn a_topic_that_cannot_be_read_is_said() {
    let mut plan = plan("a", "a");
    plan.former_topic = Some(FormerTopic {
        arn: "arn:former".into(),
        standings: Err("denied".into()),
    });
    assert_eq!(plan.people().unknown.as_deref(), Some("arn:former: denied"));
}
