//! What the reference misses, as it stands today. Pure: from what was found to words.

use super::hub::OldHub;
use super::spokes::OldSpokes;
use super::{BUS, FUNCTION, ROLE, RULE};
use crate::hub::event_bus::EventBus;
use crate::hub::function::Function;
use crate::hub::resource::HubResource;
use crate::hub::role::Role;
use crate::hub::rule::Rule;
use crate::hub::subscriptions::Standing;
use crate::report::count;
use crate::spokes::instances::Instance;
use crate::verify::events::{Canonical, Place};
use crate::verify::finding::Answer;
use crate::verify::pattern::matches;
use crate::verify::policy::{Decision, Keys, Principal, Request, decide};
use std::collections::BTreeSet;

/// The only rule state in which read-only management events are delivered (EventBridge User Guide, "AWS service events
/// delivered via AWS CloudTrail").
const ALL_EVENTS: &str = "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS";

/// What is looked at.
pub(crate) struct Known<'a> {
    pub(crate) hub: &'a OldHub,
    /// Nothing where they cannot be seen.
    pub(crate) spokes: Option<&'a [OldSpokes]>,
    /// Where the hub is.
    pub(crate) account: &'a str,
    pub(crate) region: &'a str,
    pub(crate) org_id: &'a str,
    pub(crate) management_account: &'a str,
    /// Where AWS records sign-ins.
    pub(crate) sign_in_region: &'a str,
}

/// Everything that does not reach people, or could be forged, each in a sentence.
pub(crate) fn gaps(known: &Known<'_>) -> Vec<String> {
    let mut gaps = Vec::new();
    if let Some(spokes) = known.spokes {
        spokes_gaps(known, spokes, &mut gaps);
    }
    for found in known.hub.found() {
        match found {
            HubResource::Rule(rule) => rule_gaps(known, rule, &mut gaps),
            HubResource::EventBus(bus) => gaps.extend(forgery(known, bus)),
            HubResource::Function(function) => function_gaps(known, function, &mut gaps),
            HubResource::Role(role) => gaps.extend(publishing(role)),
            _ => {}
        }
    }
    gaps.extend(hearing(known.hub));
    gaps
}

fn spokes_gaps(known: &Known<'_>, spokes: &[OldSpokes], gaps: &mut Vec<String>) {
    let instances = || spokes.iter().flat_map(|it| it.observed.instances.iter());
    let regions: BTreeSet<&str> = instances().map(|(region, _, _)| region).collect();
    let elsewhere: BTreeSet<&str> = regions
        .iter()
        .copied()
        .filter(|it| *it != known.region)
        .collect();
    if known.region != known.sign_in_region {
        gaps.push(format!(
            "root sign-ins of every account: AWS records them in {}, from where nothing is forwarded to the hub in {}",
            known.sign_in_region, known.region
        ));
    }
    let watched = known.region;
    gaps.push(match elsewhere.len() {
        0 => format!("every region but {watched}"),
        _ => format!(
            "every region but {watched}: the spokes' rules send to a bus in their own region, and in {} there is none",
            elsewhere.into_iter().collect::<Vec<_>>().join(", ")
        ),
    });
    gaps.push(format!(
        "the root users of the hub account {} and of the management account {}",
        known.account, known.management_account
    ));
    let is_broken = |it: &Instance| !it.is_current() && !it.is_skipped();
    let broken = instances().filter(|(_, _, it)| is_broken(it)).count();
    if broken > 0 {
        gaps.push(format!(
            "what its StackSets could not deploy: {}",
            count(broken, "stack instance")
        ));
    }
    for set in spokes {
        let auto = set.observed.stack_set.as_ref();
        if auto.is_some_and(|it| !it.auto_deployment) {
            gaps.push(format!(
                "accounts that come later: automatic deployment of the StackSet {} is off",
                set.name
            ));
        }
    }
}

fn rule_gaps(known: &Known<'_>, rule: &Rule, gaps: &mut Vec<String>) {
    if rule.state != ALL_EVENTS {
        gaps.push(format!(
            "read-only calls: the state of the rule {RULE} is {}",
            rule.state
        ));
    }
    let place = Place {
        account: known.account.to_owned(),
        region: known.region.to_owned(),
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

fn function_gaps(known: &Known<'_>, function: &Function, gaps: &mut Vec<String>) {
    if known.hub.on_failure.is_none() {
        gaps.push(format!(
            "events that the function {FUNCTION} fails on: there is no failure destination, and no alarm tells of it"
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

fn hearing(hub: &OldHub) -> Option<String> {
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
