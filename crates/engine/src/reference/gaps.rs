//! What the reference misses today. Pure: from what was found to sentences.

use super::hub::OldHub;
use super::spokes::OldSpokes;
use super::{BUS, FUNCTION, ROLE, RULE};
use crate::hub::event_bus::EventBus;
use crate::hub::function::Function;
use crate::hub::hub_resource::HubResource;
use crate::hub::role::Role;
use crate::hub::rule::{ALL_MANAGEMENT_EVENTS, Rule};
use crate::hub::subscriptions::Standing;
use crate::spokes::instances::Instance;
use crate::verify::events::{Canonical, Place};
use crate::words::count;
use rootwatch_eval::Answer;
use rootwatch_eval::iam::{Decision, Keys, Principal, Request, decide};
use rootwatch_eval::pattern::matches;
use std::collections::BTreeSet;

/// The input.
pub(crate) struct Known<'a> {
    /// In every region that has one.
    pub(crate) hubs: &'a [OldHub],
    /// Nothing where they cannot be seen.
    pub(crate) spokes: Option<&'a [OldSpokes]>,
    /// Where the hub is.
    pub(crate) account: &'a str,
    pub(crate) org_id: &'a str,
    pub(crate) management_account: &'a str,
    /// Where AWS records sign-ins.
    pub(crate) sign_in_region: &'a str,
}

/// Everything that does not reach people, or could be forged, each in a sentence, without repetition.
pub(crate) fn gaps(known: &Known<'_>) -> Vec<String> {
    let mut gaps = Vec::new();
    if let Some(spokes) = known.spokes {
        spokes_gaps(known, spokes, &mut gaps);
    }
    for hub in known.hubs {
        for found in hub.found() {
            match found {
                HubResource::Rule(rule) => rule_gaps(known, hub, rule, &mut gaps),
                HubResource::EventBus(bus) => gaps.extend(forgery(known, bus)),
                HubResource::Function(function) => function_gaps(hub, function, &mut gaps),
                HubResource::Role(role) => gaps.extend(publishing(role)),
                _ => {}
            }
        }
        gaps.extend(subscribers(hub));
    }
    let mut seen = BTreeSet::new();
    gaps.retain(|gap| seen.insert(gap.clone()));
    gaps
}

/// The regions that have a bus of the reference.
pub(crate) fn regions_with_bus(hubs: &[OldHub]) -> BTreeSet<&str> {
    let with_bus = hubs.iter().filter(|it| it.has_bus());
    with_bus.map(|it| it.region.as_str()).collect()
}

fn spokes_gaps(known: &Known<'_>, spokes: &[OldSpokes], gaps: &mut Vec<String>) {
    let with_bus = regions_with_bus(known.hubs);
    let instances = || spokes.iter().flat_map(|it| it.observed.instances.iter());
    let regions: BTreeSet<&str> = instances().map(|(region, _, _)| region).collect();
    let words = |regions: &mut dyn Iterator<Item = &&str>| -> String {
        regions.copied().collect::<Vec<_>>().join(", ")
    };
    let watched = words(&mut regions.intersection(&with_bus));
    if !with_bus.contains(known.sign_in_region) || !regions.contains(known.sign_in_region) {
        gaps.push(format!(
            "root sign-ins of every account: AWS records them in {}, from where nothing arrives",
            known.sign_in_region
        ));
    }
    let dead = words(&mut regions.difference(&with_bus));
    gaps.push(match (watched.is_empty(), dead.is_empty()) {
        (true, _) => "every region: no StackSet of the pattern forwards to a bus".into(),
        (false, true) => format!("every region but {watched}"),
        (false, false) => format!(
            "every region but {watched}: the spokes' rules send to a bus in their own region, and in {dead} there is none"
        ),
    });
    gaps.push(format!(
        "the root users of the hub account {}, which the pattern's template leaves out, and of the management account {}, which StackSets never reach",
        known.account, known.management_account
    ));
    let is_broken = |it: &Instance| !it.is_current() && !it.is_skipped();
    let broken = instances().filter(|(_, _, it)| is_broken(it)).count();
    if broken > 0 {
        gaps.push(format!(
            "what its StackSets could not deploy, or not bring up to date: {}",
            count(broken, "stack instance")
        ));
    }
    for set in spokes {
        let auto = set.observed.stack_set.as_ref();
        if auto.is_some_and(|it| !it.auto_deployment) {
            gaps.push(format!(
                "accounts that join later: automatic deployment of the StackSet {} is off",
                set.name
            ));
        }
    }
}

fn rule_gaps(known: &Known<'_>, hub: &OldHub, rule: &Rule, gaps: &mut Vec<String>) {
    if rule.state != ALL_MANAGEMENT_EVENTS {
        gaps.push(format!(
            "read-only calls: the state of the rule {RULE} is {}",
            rule.state
        ));
    }
    let place = Place {
        account: known.account.to_owned(),
        region: hub.region.clone(),
        sign_in_region: known.sign_in_region.to_owned(),
    };
    let is_missed = |it: &Canonical| matches(&rule.event_pattern, &it.event) == Answer::No;
    let events = place.acts().into_iter().chain(place.reads());
    let missed: BTreeSet<&str> = events.filter(is_missed).map(|it| it.name).collect();
    if !missed.is_empty() {
        let missed: Vec<&str> = missed.into_iter().collect();
        gaps.push(format!(
            "{}: the pattern of the rule {RULE} does not match",
            missed.join(", ")
        ));
    }
}

/// Whether a principal of a spoke may write to the bus by itself.
fn forgery(known: &Known<'_>, bus: &EventBus) -> Option<String> {
    let account = if known.management_account == known.account {
        "000000000000"
    } else {
        known.management_account
    };
    let keys = Keys::from([
        ("aws:principalorgid", Some(known.org_id.to_owned())),
        ("aws:principalaccount", Some(account.to_owned())),
        ("events:eventbusinvocation", Some("false".to_owned())),
    ]);
    let request = Request {
        principal: Some(Principal::Role {
            account: account.to_owned(),
            arn: format!("arn:aws:iam::{account}:role/any"),
        }),
        action: "events:PutEvents",
        resource: bus.arn.clone(),
        keys,
    };
    (decide([&bus.policy], &request) == Decision::Allowed).then(|| {
        format!("forgery: any principal of the organization may put any event on the bus {BUS}")
    })
}

fn function_gaps(hub: &OldHub, function: &Function, gaps: &mut Vec<String>) {
    if hub.on_failure.is_none() {
        gaps.push(format!(
            "events that the function {FUNCTION} fails on: there is no failure destination for them"
        ));
    }
    if function.runtime.starts_with("python3.") {
        gaps.push(format!(
            "errors of SNS: the pattern's Python (the function's runtime is {}) writes them to its log and ends with success",
            function.runtime
        ));
    }
}

/// Whether the role may publish anywhere.
fn publishing(role: &Role) -> Option<String> {
    let request = Request {
        principal: None,
        action: "sns:Publish",
        resource: "arn:aws:sns:us-east-1:000000000000:any-topic".into(),
        keys: Keys::new(),
    };
    (decide([&role.inline_policy], &request) == Decision::Allowed)
        .then(|| format!("least privilege: the role {ROLE} may publish to any topic"))
}

fn subscribers(hub: &OldHub) -> Option<String> {
    let topic = hub.topic.as_ref()?;
    let is_confirmed = |it: &Standing| *it != Standing::Pending;
    let confirmed = hub.subscribers.values().filter(|it| is_confirmed(it));
    (confirmed.count() == 0).then(|| {
        format!(
            "everything: nobody has confirmed a subscription to the topic {}",
            topic.name
        )
    })
}
