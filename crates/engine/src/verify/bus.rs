//! The hub's bus: what its policy lets in, and from whom. Pure.

use super::as_made::Changes;
use super::deployed::Deployed;
use super::events::Place;
use super::finding::{DEPLOY_HUB, Hop};
use super::forwarders;
use super::strangers::{self, Of};
use crate::findings::hub;
use crate::hub::event_bus::EventBus;
use crate::hub::pattern::CANARY_DETAIL_TYPE;
use crate::names::{Names, region_of};
use rootwatch_eval::Policy;
use rootwatch_eval::iam::{Decision, Keys, Principal, Request, decide};
use rootwatch_root_event::{CANARY_SOURCE, DETAIL_TYPES, HEARTBEAT_DETAIL_TYPE, HEARTBEAT_SOURCE};
use std::collections::BTreeSet;

/// The source of a service's events.
const AWS_SOURCE: &str = "aws.signin";
/// A number that no account has.
const NOBODY: &str = "000000000000";
/// An id that no organization has.
const OTHER_ORGANIZATION: &str = "o-somebodyelse";
const LETS_IN: &str = "policy lets in";

/// An event and the role that puts it on the bus.
struct Sender<'a> {
    account: &'a str,
    role: String,
    org_id: Option<&'a str>,
    /// Forwarded by a rule, put by a call, or what EventBridge asks when a rule's target is made.
    way: Way,
    detail_type: &'a str,
    source: &'a str,
}

#[derive(Clone, Copy, PartialEq)]
pub(super) enum Way {
    Forwarded,
    Direct,
    /// AWS documents no condition keys for that check; so none is given of an event, and of the way only this.
    PutTargets(Option<&'static str>),
}

impl Sender<'_> {
    fn request(&self, bus: &EventBus) -> Request {
        let invocation = match self.way {
            Way::Forwarded => Some("true"),
            Way::Direct => Some("false"),
            Way::PutTargets(invocation) => invocation,
        };
        let has_event = matches!(self.way, Way::Forwarded | Way::Direct);
        let of_event = |value: &str| has_event.then(|| value.to_owned());
        let keys: Keys = [
            ("aws:principalarn", Some(self.role.clone())),
            ("aws:principalorgid", self.org_id.map(str::to_owned)),
            ("aws:principalaccount", Some(self.account.to_owned())),
            ("events:eventbusinvocation", invocation.map(str::to_owned)),
            ("events:detail-type", of_event(self.detail_type)),
            ("events:source", of_event(self.source)),
        ]
        .into();
        Request {
            principal: Some(Principal::Role {
                account: self.account.to_owned(),
                arn: self.role.clone(),
            }),
            action: "events:PutEvents",
            resource: bus.arn.clone(),
            keys,
        }
    }
}

/// What is broken of the bus, and each statement of somebody else.
pub(super) fn judge(
    deployed: &Deployed,
    (wanted, bus): (&EventBus, &EventBus),
    changes: &Changes,
    places: &[Place],
) -> Vec<Hop> {
    let id = format!("event-bus {}", bus.name);
    let org_id = match &deployed.org_id {
        Ok(org_id) => org_id,
        Err(why) => {
            let hop = Hop::unread(hub::UNREAD, &id, LETS_IN, why);
            return vec![hop.about("policy.RootwatchOrganization")];
        }
    };
    let mut hops: Vec<Hop> = refuses(&deployed.names, &id, bus, org_id, places)
        .into_iter()
        .collect();
    let spoke = spoke_of(bus, places);
    let opens = |policy: &Policy| {
        let found = open_to(policy, bus, org_id, spoke);
        found.map(|who| format!("{who} can write to it"))
    };
    if changes.has("policy")
        && let Some(finding) = opens(&bus.policy)
    {
        let hop = Hop::broken(hub::BUS_OPEN, &id, "policy keeps out", finding, DEPLOY_HUB);
        hops.push(hop.about("policy"));
    }
    let of = Of {
        open: hub::BUS_OPEN,
        statement: hub::BUS_STATEMENT,
        id: &id,
        shown_by: format!(
            "aws events describe-event-bus --region {} --name {}",
            region_of(&bus.arn),
            bus.name
        ),
    };
    hops.extend(strangers::statements(
        &of,
        &wanted.policy,
        &bus.policy,
        opens,
    ));
    hops
}

/// Whether an event of an account of the organization is refused.
fn refuses(names: &Names, id: &str, bus: &EventBus, org_id: &str, places: &[Place]) -> Option<Hop> {
    let is_refused = |(_, decision): &(String, Decision)| match decision {
        // What cannot be judged is not rootwatch's, and so is a finding of its own.
        Decision::Allowed | Decision::Unknown(_) => false,
        Decision::NotAllowed | Decision::Denied(_) | Decision::OutOfBounds => true,
    };
    let (what, refused) = answers(names, bus, org_id, places, &events())
        .into_iter()
        .find(is_refused)?;
    let finding = format!("{what} is refused: the policy {}", refused.words());
    let fix =
        format!("{DEPLOY_HUB}, and remove statements of the bus's policy that are not rootwatch's");
    let hop = Hop::broken(hub::BUS_REFUSES, id, LETS_IN, finding, fix);
    Some(hop.about("policy"))
}

/// What the policy decides about these events from each account of the organization.
pub(super) fn answers(
    names: &Names,
    bus: &EventBus,
    org_id: &str,
    places: &[Place],
    events: &[(&'static str, Way)],
) -> Vec<(String, Decision)> {
    let named = forwarders::named(&bus.policy);
    let accounts: BTreeSet<&str> = places.iter().map(|it| it.account.as_str()).collect();
    let mut answers = Vec::new();
    for account in accounts {
        for role in forwarders::of(names, account, &named) {
            for &(detail_type, way) in events {
                let sender = Sender {
                    account,
                    role: role.clone(),
                    org_id: Some(org_id),
                    way,
                    detail_type,
                    source: source_of(detail_type),
                };
                let what = match way {
                    Way::PutTargets(_) => {
                        format!("a rule in account {account} that forwards to it")
                    }
                    _ => format!("\"{detail_type}\" from account {account}"),
                };
                let decision = match decide([&bus.policy], &sender.request(bus)) {
                    // Within one account the caller's own policy is enough; the hub forwards to itself.
                    Decision::NotAllowed if is_own(bus, account) => Decision::Allowed,
                    other => other,
                };
                answers.push((what, decision));
            }
        }
    }
    answers
}

/// Every kind of event, and the check when a rule's target is made.
fn events() -> Vec<(&'static str, Way)> {
    let others = [HEARTBEAT_DETAIL_TYPE, CANARY_DETAIL_TYPE];
    let kinds = DETAIL_TYPES.iter().copied().chain(others);
    let forwarded = kinds.map(|kind| (kind, Way::Forwarded));
    forwarded.chain([("", Way::PutTargets(None))]).collect()
}

/// The same, and that check as it looks if it is a call that carries no event. A policy that does not let it in like that
/// may do so on AWS, and so is no finding; ours has to.
#[cfg(test)]
pub(super) fn events_of_our_own() -> Vec<(&'static str, Way)> {
    [events(), vec![("", Way::PutTargets(Some("false")))]].concat()
}

/// Somebody who can write to the bus by this policy and must not.
fn open_to(policy: &Policy, bus: &EventBus, org_id: &str, spoke: &str) -> Option<&'static str> {
    let partition = bus.arn.split(':').nth(1).unwrap_or_default();
    let is_let_in = |(_, account, org_id, way, (detail_type, source)): &Refused<'_>| {
        let sender = Sender {
            account,
            role: format!("arn:{partition}:iam::{account}:role/any"),
            org_id: *org_id,
            way: *way,
            detail_type,
            source,
        };
        decide([policy], &sender.request(bus)) == Decision::Allowed
    };
    let found = refused(spoke, org_id).into_iter().find(is_let_in);
    found.map(|(who, ..)| who)
}

/// Who must not write to the bus: a description, account, organization, way, and the event's detail-type and source.
type Refused<'a> = (
    &'static str,
    &'a str,
    Option<&'a str>,
    Way,
    (&'static str, &'static str),
);

fn refused<'a>(spoke: &'a str, org_id: &'a str) -> [Refused<'a>; 7] {
    use Way::{Direct, Forwarded};
    let call = (DETAIL_TYPES[0], AWS_SOURCE);
    let canary = (CANARY_DETAIL_TYPE, CANARY_SOURCE);
    let (ours, other) = (Some(org_id), Some(OTHER_ORGANIZATION));
    [
        (
            "an account that is in no organization",
            NOBODY,
            None,
            Forwarded,
            call,
        ),
        (
            "an account of another organization",
            NOBODY,
            other,
            Forwarded,
            call,
        ),
        (
            "an account outside that calls PutEvents",
            NOBODY,
            None,
            Direct,
            call,
        ),
        (
            "a spoke that calls PutEvents itself",
            spoke,
            ours,
            Direct,
            call,
        ),
        (
            "a spoke that puts a canary here by PutEvents",
            spoke,
            ours,
            Direct,
            canary,
        ),
        (
            "a spoke that forwards another kind of event",
            spoke,
            ours,
            Forwarded,
            ("made up", AWS_SOURCE),
        ),
        (
            "a spoke that forwards an event of another source",
            spoke,
            ours,
            Forwarded,
            (DETAIL_TYPES[0], "made.up"),
        ),
    ]
}

/// Of the service that records sign-ins and calls, or of a canary.
fn source_of(detail_type: &str) -> &'static str {
    match detail_type {
        CANARY_DETAIL_TYPE => CANARY_SOURCE,
        HEARTBEAT_DETAIL_TYPE => HEARTBEAT_SOURCE,
        _ => AWS_SOURCE,
    }
}

fn spoke_of<'a>(bus: &EventBus, places: &'a [Place]) -> &'a str {
    let accounts = places.iter().map(|it| it.account.as_str());
    let mut others = accounts.filter(|account| !is_own(bus, account));
    others.next().unwrap_or(NOBODY)
}

fn is_own(bus: &EventBus, account: &str) -> bool {
    bus.arn.split(':').nth(4) == Some(account)
}
