//! One spoke: its rule, the target, and the role that forwards.

use super::events::Place;
use super::finding::{CannotRead, Hop, Part, Read};
use super::identity::Identity;
use super::{rules, spoke_queue};
use crate::aws::error::{Call, absent};
use crate::aws::spoke::Spoke;
use crate::names::Names;
use aws_sdk_eventbridge::types::Target;
use rootwatch_eval::iam::{Decision, Keys};
use serde_json::Value;

/// A spoke as deployed in its account.
pub(crate) struct Seen {
    pub(crate) account: String,
    pub(crate) region: String,
    rule: Read<Option<Rule>>,
    /// The role of the target that leads to the hub.
    role: Read<Option<Identity>>,
    /// That target's dead-letter queue; `None` where there is none.
    dead_letters: Read<Option<spoke_queue::Queue>>,
}

struct Rule {
    arn: String,
    state: String,
    pattern: Value,
    targets: Vec<Target>,
}

impl Rule {
    fn to_hub(&self, names: &Names) -> Option<&Target> {
        let hub = names.bus_arn();
        self.targets.iter().find(|target| target.arn() == hub)
    }
}

impl Seen {
    /// Reads it; what cannot be read is kept with the reason.
    pub(crate) async fn read(spoke: &Spoke, names: &Names) -> Self {
        let rule = rule(spoke, &names.spoke_rule()).await;
        let target = rule.as_ref().ok().and_then(Option::as_ref);
        let target = target.and_then(|rule| rule.to_hub(names));
        let role = async {
            match target.and_then(Target::role_arn) {
                Some(arn) => Identity::read(&spoke.iam, arn).await,
                None => Ok(None),
            }
        };
        let dead_letters = async {
            match target.and_then(spoke_queue::of_target) {
                Some(arn) => spoke_queue::read(spoke, arn).await,
                None => Ok(None),
            }
        };
        let (role, dead_letters) = tokio::join!(role, dead_letters);
        Self {
            account: spoke.account.clone(),
            region: spoke.region.clone(),
            rule,
            role,
            dead_letters,
        }
    }

    /// A spoke whose account could not be entered.
    pub(crate) fn closed(account: &str, region: &str, why: CannotRead) -> Self {
        Self {
            account: account.to_owned(),
            region: region.to_owned(),
            rule: Err(why),
            role: Ok(None),
            dead_letters: Ok(None),
        }
    }

    /// Its hops.
    pub(crate) fn check(&self, names: &Names, fix: &str) -> Vec<Hop> {
        let hops = self.hops(names, fix);
        hops.into_iter()
            .map(|hop| hop.at(Part::Spoke, &self.account, &self.region))
            .collect()
    }

    fn hops(&self, names: &Names, fix: &str) -> Vec<Hop> {
        let id = format!("rule {}", names.spoke_rule());
        let rule = match &self.rule {
            Ok(Some(rule)) => rule,
            Ok(None) => {
                return vec![Hop::broken(
                    &id,
                    "exists",
                    "there is none: nothing is forwarded",
                    fix,
                )];
            }
            Err(why) => return vec![Hop::unread(&id, "exists", why)],
        };
        let place = Place {
            account: self.account.clone(),
            region: self.region.clone(),
            sign_in_region: names.partition.sign_in_region().to_owned(),
        };
        let must = must(&place);
        let mut hops = vec![
            rules::state(&id, &rule.state, &must, fix),
            rules::pattern(&id, &rule.pattern, &must, &place.never(), fix),
        ];
        match rule.to_hub(names) {
            None => hops.push(no_target(&id, rule, names, fix)),
            Some(target) => {
                hops.push(the_target(&id, target, fix));
                hops.extend(self.role(rule, target, names, fix));
                let queue = &self.dead_letters;
                let (rule, account) = (&rule.arn, &self.account);
                hops.push(spoke_queue::check(&id, target, queue, rule, account, fix));
            }
        }
        hops
    }

    fn role(&self, rule: &Rule, target: &Target, names: &Names, fix: &str) -> Vec<Hop> {
        let Some(arn) = target.role_arn() else {
            return Vec::new();
        };
        let id = format!("role {}", arn.rsplit('/').next().unwrap_or(arn));
        let role = match &self.role {
            Ok(Some(role)) => role,
            Ok(None) => {
                return vec![Hop::broken(
                    &id,
                    "exists",
                    "the role of the rule's target does not exist",
                    fix,
                )];
            }
            Err(why) => return vec![Hop::unread(&id, "exists", why)],
        };
        let keys: Keys = [
            ("aws:sourcearn", Some(rule.arn.clone())),
            ("aws:sourceaccount", Some(self.account.clone())),
        ]
        .into();
        vec![
            judged(
                &id,
                "trust",
                &role.trusts("events.amazonaws.com", keys),
                "EventBridge may assume it for this rule",
                "EventBridge may not assume it for this rule: its trust policy",
                fix,
            ),
            judged(
                &id,
                "policy",
                &role.may("events:PutEvents", &names.bus_arn()),
                "may put events on the hub's bus",
                "it may not put events on the hub's bus: its policy",
                fix,
            ),
        ]
    }
}

/// What a spoke's rule must match: everything that the hub reports, and the canary.
pub(super) fn must(place: &Place) -> Vec<super::events::Canonical> {
    [
        place.acts(),
        place.act_forms(),
        place.reads(),
        place.read_forms(),
        vec![place.canary()],
    ]
    .concat()
}

fn judged(
    id: &str,
    check: &'static str,
    decision: &Decision,
    fine: &str,
    refused: &str,
    fix: &str,
) -> Hop {
    match decision {
        Decision::Allowed => Hop::ok(id, check, fine),
        Decision::Unknown(why) => Hop::unknown(id, check, why, Some(fix.to_owned())),
        other => Hop::broken(id, check, format!("{refused} {}", other.words()), fix),
    }
}

fn no_target(id: &str, rule: &Rule, names: &Names, fix: &str) -> Hop {
    let others: Vec<&str> = rule.targets.iter().map(Target::arn).collect();
    let finding = if others.is_empty() {
        "it has no target: nothing is forwarded".to_owned()
    } else {
        format!(
            "it does not forward to {}, only to {}",
            names.bus_arn(),
            others.join(", ")
        )
    };
    Hop::broken(id, "target", finding, fix)
}

fn the_target(id: &str, target: &Target, fix: &str) -> Hop {
    if target.role_arn().is_none() {
        return Hop::broken(
            id,
            "target",
            "its target has no role, without which no event leaves the account",
            fix,
        );
    }
    Hop::ok(id, "target", format!("forwards to {}", target.arn()))
}

async fn rule(spoke: &Spoke, name: &str) -> Read<Option<Rule>> {
    let client = &spoke.eventbridge;
    let (rule, targets) = tokio::join!(
        client.describe_rule().name(name).send(),
        client.list_targets_by_rule().rule(name).send(),
    );
    let Some(rule) = rule.found("events:DescribeRule")? else {
        return Ok(None);
    };
    let targets = absent(targets.call("events:ListTargetsByRule"))?;
    Ok(Some(Rule {
        arn: rule.arn().unwrap_or_default().to_owned(),
        state: rule
            .state()
            .map(|state| state.as_str().to_owned())
            .unwrap_or_default(),
        pattern: rule
            .event_pattern()
            .and_then(|pattern| serde_json::from_str(pattern).ok())
            .unwrap_or_default(),
        targets: targets
            .and_then(|answer| answer.targets)
            .unwrap_or_default(),
    }))
}

#[cfg(test)]
#[path = "spoke_tests.rs"]
mod tests;
