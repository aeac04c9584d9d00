//! The queues: what waits in them must arrive, or be kept until somebody fixes the path.

use super::deployed::Deployed;
use super::finding::{DEPLOY_HUB, Hop};
use super::hub_rules::may_send;
use crate::hub::queue::Queue;
use rootwatch_eval::external::{self, Access};
use rootwatch_eval::iam::Decision;

/// Seconds that a dead letter must be kept at least: a weekend, until somebody reads the alarm.
const SHORTEST_RETENTION: u64 = 3 * 24 * 3600;

/// The queues, and the mappings from two of them to the function.
pub(super) fn check(deployed: &Deployed) -> Vec<Hop> {
    let names = &deployed.names;
    let ways = [
        Way {
            queue: names.acts_queue(),
            rule: names.acts_rule(),
            events: "acts",
        },
        Way {
            queue: names.reads_queue(),
            rule: names.reads_rule(),
            events: "read-only calls",
        },
    ];
    let mut hops = of_queue(deployed, &names.dead_letter_queue());
    hops.extend(ways.iter().flat_map(|way| of_way(deployed, way)));
    hops
}

/// A queue between a rule and the function.
struct Way {
    queue: String,
    rule: String,
    /// What waits in it.
    events: &'static str,
}

fn of_way(deployed: &Deployed, way: &Way) -> Vec<Hop> {
    let mut hops = of_queue(deployed, &way.queue);
    if hops.iter().all(|hop| hop.check != "exists") {
        hops.extend(between(deployed, way));
    }
    hops.push(mapping(deployed, way));
    hops
}

fn of_queue(deployed: &Deployed, name: &str) -> Vec<Hop> {
    let id = format!("queue {name}");
    let queue = match deployed.queue(name) {
        Ok(Some(queue)) => queue,
        Ok(None) => return vec![Hop::broken(&id, "exists", "there is none", DEPLOY_HUB)],
        Err(why) => return vec![Hop::unread(&id, "exists", &why)],
    };
    let key = queue.kms_key.as_deref();
    let key = key.and_then(|key| self::key(deployed, &id, key));
    [retention(&id, queue)].into_iter().chain(key).collect()
}

/// Whether a key of its own lets through what is sent to the queue and read from it.
fn key(deployed: &Deployed, id: &str, key: &str) -> Option<Hop> {
    let check = "key";
    // EventBridge Developer Guide, "Amazon SQS queue is encrypted": its principal has to be in the key's policy, and
    // that of AWS's own key cannot be changed.
    if key.contains("alias/aws/") {
        let finding = format!("EventBridge may not use {key}: what it sends to this queue is lost");
        return Some(Hop::broken(id, check, finding, DEPLOY_HUB));
    }
    // A missing role has been reported already.
    let Ok(Some(role)) = &deployed.role else {
        return None;
    };
    let names = &deployed.names;
    let via = format!("sqs.{}.{}", names.region, names.partition.dns_suffix());
    match role.refused_key(key, &via) {
        None => {}
        Some((_, Decision::Unknown(why))) => {
            return Some(Hop::unknown(id, check, why, Some(DEPLOY_HUB.to_owned())));
        }
        Some((action, refused)) => {
            let words = refused.words();
            let finding =
                format!("the notifier may not {action} with {key}: its role's policy {words}");
            return Some(Hop::broken(id, check, finding, DEPLOY_HUB));
        }
    }
    let finding = format!("{key}, by the notifier's role; the key's own policy is not evaluated");
    Some(Hop::ok(id, check, finding))
}

fn retention(id: &str, queue: &Queue) -> Hop {
    match queue.message_retention_period {
        Some(seconds) if seconds < SHORTEST_RETENTION => Hop::broken(
            id,
            "retention",
            format!("what waits in it is lost after {seconds} s"),
            DEPLOY_HUB,
        ),
        seconds => Hop::ok(
            id,
            "retention",
            format!("{} days", seconds.unwrap_or_default() / 86_400),
        ),
    }
}

fn between(deployed: &Deployed, way: &Way) -> Vec<Hop> {
    let name = &way.queue;
    let id = format!("queue {name}");
    let mut hops = Vec::new();
    if let Ok(Some(rule)) = deployed.rule(&way.rule) {
        hops.push(may_send(deployed, &id, "policy lets in", rule, name));
    }
    if let Ok(Some(queue)) = deployed.queue(name) {
        hops.push(keeps_out(deployed, &id, queue));
        hops.push(redrive(deployed, &id, queue));
        hops.push(visibility(deployed, &id, queue));
    }
    hops
}

/// Anyone who may send to it can make the notifier report forged events.
fn keeps_out(deployed: &Deployed, id: &str, queue: &Queue) -> Hop {
    let check = "policy keeps out";
    let arn = deployed.names.queue_arn(&queue.name);
    let access = Access {
        account: &deployed.names.account,
        actions: &["sqs:SendMessage"],
        resource: &arn,
    };
    let Some(found) = external::find(&queue.policy, &access) else {
        return Hop::ok(id, check, "other accounts");
    };
    let (who, sid) = (&found.who, &found.sid);
    let fix =
        format!("{DEPLOY_HUB}, and remove statements of that policy that are not rootwatch's");
    match found.unknown {
        None => {
            let finding =
                format!("\"{sid}\" of its policy allows {who} to send forged events to it");
            Hop::broken(id, check, finding, fix)
        }
        Some(why) => Hop::unknown(id, check, format!("for {who}: {why}"), Some(fix)),
    }
}

fn redrive(deployed: &Deployed, id: &str, queue: &Queue) -> Hop {
    let check = "dead letters";
    let wanted = deployed
        .names
        .queue_arn(&deployed.names.dead_letter_queue());
    match &queue.redrive {
        None => Hop::broken(
            id,
            check,
            "events that the notifier fails on are retried until they are lost: there is no redrive policy",
            DEPLOY_HUB,
        ),
        Some(redrive) if redrive.dead_letter_target_arn != wanted => Hop::broken(
            id,
            check,
            format!(
                "events that the notifier fails on go to {}, which no alarm watches",
                redrive.dead_letter_target_arn
            ),
            DEPLOY_HUB,
        ),
        Some(redrive) => Hop::ok(
            id,
            check,
            format!("after {} attempts", redrive.max_receive_count),
        ),
    }
}

/// Lambda Developer Guide, "Using Lambda with Amazon SQS": never shorter than the function may run.
fn visibility(deployed: &Deployed, id: &str, queue: &Queue) -> Hop {
    let check = "visibility";
    let timeout = match deployed.function(&deployed.names.function()) {
        Ok(Some(function)) => u64::try_from(function.timeout).unwrap_or_default(),
        _ => 0,
    };
    let seconds = queue.visibility_timeout.unwrap_or_default();
    if seconds < timeout {
        let finding = format!(
            "a message becomes visible again after {seconds} s, while the notifier may still work on it for {timeout} s"
        );
        return Hop::broken(id, check, finding, DEPLOY_HUB);
    }
    Hop::ok(id, check, format!("{seconds} s"))
}

fn mapping(deployed: &Deployed, way: &Way) -> Hop {
    let (queue, events) = (&way.queue, way.events);
    let (id, check) = (format!("event-source-mapping {queue}"), "delivers");
    let mapping = match deployed.mapping(queue) {
        Ok(Some(mapping)) => mapping,
        Ok(None) => {
            return Hop::broken(
                &id,
                check,
                format!("there is none: {events} wait in the queue and are never reported"),
                DEPLOY_HUB,
            );
        }
        Err(why) => return Hop::unread(&id, check, &why),
    };
    if !mapping.enabled {
        return Hop::broken(
            &id,
            check,
            format!("it is disabled: {events} wait in the queue and are never reported"),
            DEPLOY_HUB,
        );
    }
    if !mapping.filters.is_empty() {
        let finding = format!("it drops {events} that match none of its filters");
        return Hop::broken(&id, check, finding, DEPLOY_HUB);
    }
    if !mapping.report_batch_item_failures {
        return Hop::broken(
            &id,
            check,
            "it does not use ReportBatchItemFailures: messages that failed count as reported, and are lost",
            DEPLOY_HUB,
        );
    }
    Hop::ok(&id, check, "on, and retries only the messages that failed")
}
