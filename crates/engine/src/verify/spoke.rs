//! One spoke: its rule, the role that forwards, and the queue of what could not be forwarded.

use super::as_made::Changes;
use super::events::{Canonical, Place};
use super::finding::{CannotRead, Hop, Part, Read};
use super::identity::Identity;
use super::rules::{self, Events, Judged};
use super::spoke_queue;
use super::spoke_tampering;
use super::spoke_wanted::{At, Forwarder};
use crate::aws::error::{Call, absent};
use crate::aws::spoke::Spoke;
use crate::findings::{FindingId, spokes};
use crate::hub::queue::Queue;
use crate::hub::resource::Tags;
use crate::hub::rule::{OfRule, Rule};
use crate::hub::targets::{Target, found_target};
use crate::names::Names;
use anyhow::Result;
use rootwatch_eval::iam::{Decision, Keys};
use std::collections::BTreeMap;

/// A spoke as deployed in its account.
pub(crate) struct Seen {
    pub(crate) account: String,
    pub(crate) region: String,
    pub(super) rule: Read<Option<Rule>>,
    /// The two rules for tampering.
    pub(super) tampering: [Read<Option<Rule>>; 2],
    /// The role of the target that leads to the hub.
    role: Read<Option<Identity>>,
    /// That target's dead-letter queue.
    queue: Read<Option<Queue>>,
}

impl Seen {
    /// Reads it; what cannot be read is kept with the reason.
    pub(crate) async fn read(spoke: &Spoke, names: &Names) -> Self {
        let none = BTreeMap::new();
        let at = At {
            names,
            account: &spoke.account,
            region: &spoke.region,
            parameters: &none,
        };
        let of = at.rule(&Rule::default());
        let [own, of_organization] = at.tampering_rules([&Rule::default(), &Rule::default()], None);
        let (rule, own, of_organization) = tokio::join!(
            read(spoke, &of),
            read(spoke, &own),
            read(spoke, &of_organization)
        );
        let target = rule.as_ref().ok().and_then(Option::as_ref);
        let target = target.and_then(|rule| to_hub(rule, names));
        let role = async {
            match target.and_then(|it| it.role.as_ref()) {
                Some(arn) => Identity::read(&spoke.iam, arn).await,
                None => Ok(None),
            }
        };
        let queue = async {
            match target.and_then(|it| it.dead_letter_queue.as_ref()) {
                Some(arn) => spoke_queue::read(spoke, &at.queue(arn), arn).await,
                None => Ok(None),
            }
        };
        let (role, queue) = tokio::join!(role, queue);
        Self {
            account: spoke.account.clone(),
            region: spoke.region.clone(),
            rule,
            tampering: [own, of_organization],
            role,
            queue,
        }
    }

    /// A spoke whose account could not be entered.
    pub(crate) fn closed(account: &str, region: &str, why: CannotRead) -> Self {
        Self {
            account: account.to_owned(),
            region: region.to_owned(),
            rule: Err(why),
            tampering: [Ok(None), Ok(None)],
            role: Ok(None),
            queue: Ok(None),
        }
    }

    /// Its hops, against the template with these parameters.
    pub(crate) fn check(
        &self,
        names: &Names,
        parameters: &BTreeMap<String, String>,
        fix: &str,
    ) -> Vec<Hop> {
        let at = At {
            names,
            account: &self.account,
            region: &self.region,
            parameters,
        };
        let mut hops = self.hops(&at, fix);
        // Of an account that could not be entered, or that has no spoke, one finding says all.
        if matches!(self.rule, Ok(Some(_))) {
            hops.extend(spoke_tampering::judge(self, &at, fix));
        }
        hops.into_iter()
            .map(|hop| hop.at(Part::Spoke, &self.account, &self.region))
            .collect()
    }

    fn hops(&self, at: &At<'_>, fix: &str) -> Vec<Hop> {
        let id = format!("rule {}", at.names.spoke_rule());
        let rule = match &self.rule {
            Ok(Some(rule)) => rule,
            Ok(None) => {
                let finding = "there is none: nothing is forwarded";
                return vec![Hop::broken(
                    spokes::RULE_MISSING,
                    &id,
                    "exists",
                    finding,
                    fix,
                )];
            }
            Err(why) => return vec![Hop::unread(spokes::UNREAD, &id, "exists", why)],
        };
        let wanted = at.rule(rule);
        let changes = Changes::between(&wanted, rule);
        let judged = Judged {
            kinds: rules::SPOKE,
            id: &id,
            wanted: &wanted,
            found: rule,
            changes: &changes,
            fix,
        };
        let mut hops = judged.broken(|| self.events(at.names));
        let target = to_hub(rule, at.names);
        let mut others = Vec::new();
        if let Some(arn) = target.and_then(|it| it.dead_letter_queue.as_ref()) {
            let (of_rule, of_queue) = self.queue(at, &id, arn, fix);
            hops.extend(of_rule);
            others.extend(of_queue);
        }
        if let Some(arn) = target.and_then(|it| it.role.as_ref()) {
            others.extend(self.role(at, arn, fix));
        }
        hops.extend(changes.left(spokes::RULE_DIFFERS, &id, &hops, fix));
        if hops.is_empty() {
            hops.push(Hop::ok(
                &id,
                "as made",
                format!("forwards to {}", at.names.bus_arn()),
            ));
        }
        hops.extend(others);
        hops
    }

    /// Everything that the hub reports, and the canary.
    fn events(&self, names: &Names) -> Events {
        let place = Place {
            account: self.account.clone(),
            region: self.region.clone(),
            sign_in_region: names.partition.sign_in_region().to_owned(),
        };
        Events {
            must: must(&place),
            never: place.never(),
        }
    }

    /// What there is to say of the queue at the rule, and at the queue.
    fn queue(&self, at: &At<'_>, rule: &str, arn: &str, fix: &str) -> (Option<Hop>, Vec<Hop>) {
        let queue = match &self.queue {
            Ok(queue) => queue.as_ref(),
            Err(why) => {
                return (
                    Some(Hop::unread(spokes::UNREAD, rule, "dead letters", why)),
                    Vec::new(),
                );
            }
        };
        let broken = spoke_queue::broken(at, rule, arn, queue, fix);
        let of_queue = queue.map(|queue| spoke_queue::judge(at, arn, queue, broken.as_ref(), fix));
        (broken, of_queue.unwrap_or_default())
    }

    fn role(&self, at: &At<'_>, arn: &str, fix: &str) -> Vec<Hop> {
        let id = format!("role {}", arn.rsplit('/').next().unwrap_or(arn));
        let role = match &self.role {
            Ok(Some(role)) => role,
            Ok(None) => {
                let finding = "the role of the rule's target does not exist";
                return vec![Hop::broken(
                    spokes::ROLE_MISSING,
                    &id,
                    "exists",
                    finding,
                    fix,
                )];
            }
            Err(why) => return vec![Hop::unread(spokes::UNREAD, &id, "exists", why)],
        };
        let trust = |rule: String| {
            let keys: Keys = [
                ("aws:sourcearn", Some(rule)),
                ("aws:sourceaccount", Some(self.account.clone())),
            ]
            .into();
            let trust = role.trusts("events.amazonaws.com", keys);
            refused(spokes::ROLE_TRUST, &id, "trust", &trust, fix)
        };
        let trust = at.rule_arns().into_iter().find_map(trust);
        let trust = trust.map(|hop| hop.about("trust"));
        let policy = role.may("events:PutEvents", &at.names.bus_arn());
        let policy = refused(spokes::ROLE_POLICY, &id, "policy", &policy, fix)
            .map(|hop| hop.about("policies").about("permissions_boundary"));
        let mut hops: Vec<Hop> = [trust, policy].into_iter().flatten().collect();
        let changes = Changes::between(&at.role(), &Forwarder::found(role));
        hops.extend(changes.left(spokes::ROLE_DIFFERS, &id, &hops, fix));
        if hops.is_empty() {
            hops.push(Hop::ok(&id, "as made", "is as rootwatch makes it"));
        }
        hops
    }
}

/// What a spoke's rule must match: everything that the hub reports, and the canary.
pub(super) fn must(place: &Place) -> Vec<Canonical> {
    [
        place.acts(),
        place.act_forms(),
        place.reads(),
        place.read_forms(),
        vec![place.canary()],
    ]
    .concat()
}

fn to_hub<'a>(rule: &'a Rule, names: &Names) -> Option<&'a Target> {
    let hub = names.bus_arn();
    rule.targets.values().find(|target| target.arn == hub)
}

fn refused(
    kind: FindingId,
    id: &str,
    check: &'static str,
    decision: &Decision,
    fix: &str,
) -> Option<Hop> {
    let what = match check {
        "trust" => "EventBridge may not assume it for this rule: its trust policy",
        _ => "it may not put events on the hub's bus: its policy",
    };
    match decision {
        Decision::Allowed => None,
        Decision::Unknown(why) => Some(Hop::unknown(kind, id, check, why, Some(fix.to_owned()))),
        other => {
            let finding = format!("{what} {}", other.words());
            Some(Hop::broken(kind, id, check, finding, fix))
        }
    }
}

/// A rule like the wanted one, as it is found.
async fn read(spoke: &Spoke, wanted: &Rule) -> Read<Option<Rule>> {
    rule(spoke, wanted).await.map_err(CannotRead::from)
}

async fn rule(spoke: &Spoke, wanted: &Rule) -> Result<Option<Rule>> {
    let (client, name) = (&spoke.eventbridge, &wanted.name);
    let (rule, targets) = tokio::join!(
        client.describe_rule().name(name).send(),
        client.list_targets_by_rule().rule(name).send(),
    );
    let Some(rule) = rule.found("events:DescribeRule")? else {
        return Ok(None);
    };
    let targets = absent(targets.call("events:ListTargetsByRule"))?;
    let targets = targets
        .and_then(|answer| answer.targets)
        .unwrap_or_default();
    let targets = targets
        .iter()
        .map(|it| (it.id().to_owned(), as_default(found_target(it))));
    Ok(Some(wanted.found(
        OfRule::of(&rule),
        targets.collect(),
        Tags::new(),
    )))
}

/// What a rule retries where nothing is set, which EventBridge may say or leave out (EventBridge User Guide, "Retrying
/// events"): a day, and 185 times.
fn as_default(target: Target) -> Target {
    Target {
        maximum_event_age: target.maximum_event_age.filter(|it| *it != 86_400),
        maximum_retry_attempts: target.maximum_retry_attempts.filter(|it| *it != 185),
        ..target
    }
}

#[cfg(test)]
#[path = "spoke_tests.rs"]
mod tests;
