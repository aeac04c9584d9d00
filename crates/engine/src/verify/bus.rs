//! The hub's bus: what its policy lets in, and from whom.

use super::deployed::Deployed;
use super::events::Place;
use super::finding::{DEPLOY_HUB, Hop};
use crate::hub::event_bus::EventBus;
use crate::hub::pattern::CANARY_DETAIL_TYPE;
use crate::names::region_of;
use rootwatch_eval::iam::{Decision, Keys, Principal, Request, decide};
use rootwatch_root_event::{CANARY_SOURCE, DETAIL_TYPES};

/// The source of a service's events.
const AWS_SOURCE: &str = "aws.signin";
/// A number that no account has.
const NOBODY: &str = "000000000000";
/// An id that no organization has.
const OTHER_ORGANIZATION: &str = "o-somebodyelse";

/// An event and the account that puts it on the bus.
struct Sender<'a> {
    account: &'a str,
    org_id: Option<&'a str>,
    /// Forwarded by a rule, put by a call, or what EventBridge asks when a rule's target is made.
    way: Way,
    detail_type: &'a str,
    source: &'a str,
}

#[derive(Clone, Copy, PartialEq)]
enum Way {
    Forwarded,
    Direct,
    /// AWS documents no condition keys for that check; so none is given.
    PutTargets,
}

impl Sender<'_> {
    fn request(&self, bus: &EventBus) -> Request {
        let known = |value: &str| (self.way != Way::PutTargets).then(|| value.to_owned());
        let invocation = if self.way == Way::Direct {
            "false"
        } else {
            "true"
        };
        let partition = bus.arn.split(':').nth(1).unwrap_or_default();
        let arn = format!("arn:{partition}:iam::{}:role/forward", self.account);
        let keys: Keys = [
            ("aws:principalorgid", self.org_id.map(str::to_owned)),
            ("aws:principalaccount", Some(self.account.to_owned())),
            ("events:eventbusinvocation", known(invocation)),
            ("events:detail-type", known(self.detail_type)),
            ("events:source", known(self.source)),
        ]
        .into();
        Request {
            principal: Some(Principal::Role {
                account: self.account.to_owned(),
                arn,
            }),
            action: "events:PutEvents",
            resource: bus.arn.clone(),
            keys,
        }
    }
}

/// The bus and its policy.
pub(super) fn check(deployed: &Deployed, places: &[Place]) -> Vec<Hop> {
    let id = format!("event-bus {}", deployed.names.bus());
    let bus = match deployed.bus(&deployed.names.bus()) {
        Ok(Some(bus)) => bus,
        Ok(None) => return vec![Hop::broken(&id, "exists", "there is none", DEPLOY_HUB)],
        Err(why) => return vec![Hop::unread(&id, "exists", &why)],
    };
    let mut hops = vec![Hop::ok(&id, "exists", "is there")];
    match &deployed.org_id {
        Err(why) => hops.push(Hop::unread(&id, "policy lets in", why)),
        Ok(org_id) => {
            hops.push(lets_in(&id, bus, org_id, places));
            hops.push(keeps_out(&id, bus, org_id, places));
        }
    }
    hops
}

fn lets_in(id: &str, bus: &EventBus, org_id: &str, places: &[Place]) -> Hop {
    let check = "policy lets in";
    for (account, detail_type, way) in wanted(places) {
        let sender = Sender {
            account,
            org_id: Some(org_id),
            way,
            detail_type,
            source: source_of(detail_type),
        };
        let what = match way {
            Way::PutTargets => format!("a rule in account {account} that forwards to it"),
            _ => format!("\"{detail_type}\" from account {account}"),
        };
        match decide([&bus.policy], &sender.request(bus)) {
            Decision::Allowed => {}
            Decision::Unknown(why) => {
                return Hop::unknown(id, check, format!("for {what}: {why}"), Some(fix_policy()));
            }
            // Within one account the caller's own policy is enough; the hub forwards to itself.
            Decision::NotAllowed if is_own(bus, account) => {}
            refused => {
                let finding = format!("{what} is refused: the policy {}", refused.words());
                return Hop::broken(id, check, finding, fix_policy());
            }
        }
    }
    Hop::ok(
        id,
        check,
        format!(
            "what {} accounts of the organization forward",
            accounts(places).len()
        ),
    )
}

fn keeps_out(id: &str, bus: &EventBus, org_id: &str, places: &[Place]) -> Hop {
    let check = "policy keeps out";
    let spoke = accounts(places)
        .into_iter()
        .find(|account| !is_own(bus, account))
        .unwrap_or(NOBODY);
    for (who, account, org_id, way, (detail_type, source)) in refused(spoke, org_id) {
        let sender = Sender {
            account,
            org_id,
            way,
            detail_type,
            source,
        };
        match decide([&bus.policy], &sender.request(bus)) {
            Decision::Allowed => {
                return Hop::broken(id, check, format!("{who} can write to it"), fix_policy());
            }
            Decision::Unknown(why) => {
                return Hop::unknown(id, check, format!("for {who}: {why}"), Some(fix_policy()));
            }
            _ => {}
        }
    }
    match others(bus).next() {
        Some(sid) => Hop::unknown(
            id,
            check,
            format!("statement \"{sid}\" of its policy is not rootwatch's and may allow others"),
            Some(format!(
                "find out whom it allows and who made it (`aws events describe-event-bus --region {} --name {}` shows it), and have them take it away unless somebody needs it",
                region_of(&bus.arn),
                bus.name
            )),
        ),
        None => Hop::ok(
            id,
            check,
            "everybody else, direct calls, and other kinds and sources of events",
        ),
    }
}

/// Who must not write to the bus: a description, account, organization, way, and the event's detail-type and source.
type Refused<'a> = (
    &'static str,
    &'a str,
    Option<&'a str>,
    Way,
    (&'static str, &'static str),
);

/// Of the service that records sign-ins and calls, or of a canary.
fn source_of(detail_type: &str) -> &'static str {
    match detail_type {
        CANARY_DETAIL_TYPE => CANARY_SOURCE,
        _ => AWS_SOURCE,
    }
}

fn refused<'a>(spoke: &'a str, org_id: &'a str) -> [Refused<'a>; 7] {
    let api_call = (DETAIL_TYPES[0], AWS_SOURCE);
    [
        (
            "an account that is in no organization",
            NOBODY,
            None,
            Way::Forwarded,
            api_call,
        ),
        (
            "an account of another organization",
            NOBODY,
            Some(OTHER_ORGANIZATION),
            Way::Forwarded,
            api_call,
        ),
        (
            "an account outside that calls PutEvents",
            NOBODY,
            None,
            Way::Direct,
            api_call,
        ),
        (
            "a spoke that calls PutEvents itself",
            spoke,
            Some(org_id),
            Way::Direct,
            api_call,
        ),
        (
            "a spoke that puts a canary here by PutEvents",
            spoke,
            Some(org_id),
            Way::Direct,
            (CANARY_DETAIL_TYPE, CANARY_SOURCE),
        ),
        (
            "a spoke that forwards another kind of event",
            spoke,
            Some(org_id),
            Way::Forwarded,
            ("made up", AWS_SOURCE),
        ),
        (
            "a spoke that forwards an event of another source",
            spoke,
            Some(org_id),
            Way::Forwarded,
            (DETAIL_TYPES[0], "made.up"),
        ),
    ]
}

/// Statements of others that allow something; whom exactly is not evaluated.
fn others(bus: &EventBus) -> impl Iterator<Item = &str> {
    let allows = |(sid, statement): &(&str, &serde_json::Value)| {
        statement["Effect"] == "Allow" && !sid.starts_with("Rootwatch")
    };
    bus.policy.statements().filter(allows).map(|(sid, _)| sid)
}

fn fix_policy() -> String {
    format!("{DEPLOY_HUB}, and remove statements of the bus's policy that are not rootwatch's")
}

fn is_own(bus: &EventBus, account: &str) -> bool {
    bus.arn.split(':').nth(4) == Some(account)
}

fn accounts(places: &[Place]) -> Vec<&str> {
    let mut accounts: Vec<&str> = places.iter().map(|place| place.account.as_str()).collect();
    accounts.sort_unstable();
    accounts.dedup();
    accounts
}

fn wanted(places: &[Place]) -> impl Iterator<Item = (&str, &'static str, Way)> {
    let kinds = || DETAIL_TYPES.iter().copied().chain([CANARY_DETAIL_TYPE]);
    accounts(places).into_iter().flat_map(move |account| {
        let forwarded = kinds().map(move |kind| (account, kind, Way::Forwarded));
        forwarded.chain([(account, "", Way::PutTargets)])
    })
}
