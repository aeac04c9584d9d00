//! The hub's rules: what they match, and whether it arrives at their targets.

use super::deployed::Deployed;
use super::events::{Canonical, Place};
use super::finding::{DEPLOY_HUB, Hop};
use super::rules;
use crate::hub::rule::{Rule, Target};
use rootwatch_eval::iam::{Decision, Keys, Principal, Request, decide};

/// Seconds; a shorter time loses events in an outage of one night.
const SHORTEST_AGE: i32 = 3600;

/// Both rules, with their targets.
pub(super) fn check(deployed: &Deployed, places: &[Place]) -> Vec<Hop> {
    let names = &deployed.names;
    let of =
        |events: fn(&Place) -> Vec<Canonical>| places.iter().flat_map(events).collect::<Vec<_>>();
    let (acts, reads) = (of(Place::acts), of(Place::reads));
    let from_spokes = |place: &Place| place.account != names.account;
    let canaries = places
        .iter()
        .filter(|place| from_spokes(place))
        .map(Place::canary);
    let never: Vec<Canonical> = of(Place::never).into_iter().chain(canaries).collect();
    let own = Place {
        account: names.account.clone(),
        region: names.region.clone(),
        sign_in_region: names.partition.sign_in_region().to_owned(),
    };
    let (acts, reads) = (
        [acts, own.act_forms()].concat(),
        [reads, own.read_forms()].concat(),
    );
    let acts_must = [acts.clone(), vec![own.canary()]].concat();
    let acts_never = [never.clone(), reads.clone()].concat();
    let reads_never = [never, acts].concat();
    let queue = |name: String| names.queue_arn(&name);
    let mut hops = of_rule(
        deployed,
        &names.acts_rule(),
        &acts_must,
        &acts_never,
        &queue(names.acts_queue()),
    );
    hops.extend(of_rule(
        deployed,
        &names.reads_rule(),
        &reads,
        &reads_never,
        &queue(names.reads_queue()),
    ));
    hops
}

fn of_rule(
    deployed: &Deployed,
    name: &str,
    must: &[Canonical],
    never: &[Canonical],
    target: &str,
) -> Vec<Hop> {
    let id = format!("rule {name}");
    let rule = match deployed.rule(name) {
        Ok(Some(rule)) => rule,
        Ok(None) => return vec![Hop::broken(&id, "exists", "there is none", DEPLOY_HUB)],
        Err(why) => return vec![Hop::unread(&id, "exists", &why)],
    };
    let mut hops = vec![
        rules::state(&id, &rule.state, must, DEPLOY_HUB),
        rules::pattern(&id, &rule.event_pattern, must, never, DEPLOY_HUB),
    ];
    match rule.targets.values().find(|it| it.arn == target) {
        None => hops.push(no_target(&id, rule, target)),
        Some(found) => {
            hops.push(the_target(&id, rule, found));
            hops.push(retries(&id, found));
            hops.push(dead_letters(deployed, &id, rule, found));
        }
    }
    hops
}

fn no_target(id: &str, rule: &Rule, target: &str) -> Hop {
    let others: Vec<&str> = rule.targets.values().map(|it| it.arn.as_str()).collect();
    let finding = if others.is_empty() {
        "it has no target: what it matches is dropped".to_owned()
    } else {
        format!(
            "it does not send to {target}, only to {}",
            others.join(", ")
        )
    };
    Hop::broken(id, "target", finding, DEPLOY_HUB)
}

fn the_target(id: &str, rule: &Rule, target: &Target) -> Hop {
    if target.input.is_some() {
        let finding = "the event is changed on its way to the target, and cannot be read there";
        return Hop::broken(id, "target", finding, DEPLOY_HUB);
    }
    let others: Vec<&str> = rule
        .targets
        .values()
        .map(|it| it.arn.as_str())
        .filter(|arn| *arn != target.arn)
        .collect();
    let finding = if others.is_empty() {
        format!("sends to {}", target.arn)
    } else {
        format!("sends to {}, and also to {}", target.arn, others.join(", "))
    };
    Hop::ok(id, "target", finding)
}

/// Unset means a day and 185 attempts (EventBridge User Guide, "Retrying events").
fn retries(id: &str, target: &Target) -> Hop {
    let check = "retries";
    let age = target.maximum_event_age.unwrap_or(24 * 3600);
    let attempts = target.maximum_retry_attempts.unwrap_or(185);
    if age < SHORTEST_AGE || attempts == 0 {
        let finding = format!("it drops an event after {age} s and {attempts} retries");
        return Hop::broken(id, check, finding, DEPLOY_HUB);
    }
    Hop::ok(id, check, format!("for {age} s, up to {attempts} retries"))
}

fn dead_letters(deployed: &Deployed, id: &str, rule: &Rule, target: &Target) -> Hop {
    let check = "dead letters";
    let queue = deployed.names.dead_letter_queue();
    let wanted = deployed.names.queue_arn(&queue);
    match &target.dead_letter_queue {
        None => Hop::broken(
            id,
            check,
            "what it cannot deliver is lost: the target has no dead-letter queue",
            DEPLOY_HUB,
        ),
        Some(arn) if *arn != wanted => Hop::broken(
            id,
            check,
            format!("what it cannot deliver goes to {arn}, which no alarm watches"),
            DEPLOY_HUB,
        ),
        Some(_) => may_send(deployed, id, check, rule, &queue),
    }
}

/// Whether a queue lets a rule send to it.
pub(super) fn may_send(
    deployed: &Deployed,
    id: &str,
    check: &'static str,
    rule: &Rule,
    queue: &str,
) -> Hop {
    let found = match deployed.queue(queue) {
        Ok(Some(found)) => found,
        Ok(None) => {
            return Hop::broken(id, check, format!("there is no queue {queue}"), DEPLOY_HUB);
        }
        Err(why) => return Hop::unread(id, check, &why),
    };
    let keys: Keys = [
        ("aws:sourcearn", Some(rule.arn.clone())),
        ("aws:sourceaccount", Some(deployed.names.account.clone())),
    ]
    .into();
    let request = Request {
        principal: Some(Principal::Service("events.amazonaws.com".to_owned())),
        action: "sqs:SendMessage",
        resource: deployed.names.queue_arn(queue),
        keys,
    };
    let decision = decide([&found.policy], &request);
    match decision {
        Decision::Allowed => Hop::ok(id, check, format!("queue {queue} accepts what it sends")),
        Decision::Unknown(why) => Hop::unknown(
            id,
            check,
            format!("the policy of queue {queue}: {why}"),
            Some(DEPLOY_HUB.to_owned()),
        ),
        refused => Hop::broken(
            id,
            check,
            format!(
                "queue {queue} refuses what it sends: its policy {}",
                refused.words()
            ),
            format!("{DEPLOY_HUB}, and remove statements of that policy that are not rootwatch's"),
        ),
    }
}
