//! The queues: what waits in them must arrive, or be kept until somebody fixes the path. Pure.

use super::as_made::Changes;
use super::deployed::Deployed;
use super::finding::{DEPLOY_HUB, Hop};
use super::strangers::{self, Of};
use crate::findings::hub;
use crate::hub::mapping::Mapping;
use crate::hub::policies::to_reads;
use crate::hub::queue::Queue;
use crate::names::Names;
use rootwatch_eval::Policy;
use rootwatch_eval::external::{self, Access};
use rootwatch_eval::iam::{Decision, Keys, Principal, Request, decide};

/// Seconds that a dead letter must be kept at least: a weekend, until somebody reads the alarm.
const SHORTEST_RETENTION: u64 = 3 * 24 * 3600;

/// What is broken of a queue, and each statement of somebody else in its policy.
pub(super) fn judge(
    deployed: &Deployed,
    id: &str,
    (wanted, found): (&Queue, &Queue),
    changes: &Changes,
) -> Vec<Hop> {
    let mut hops = losses(deployed, id, (wanted, found), changes);
    let names = &deployed.names;
    let refused = senders(names, &found.name).iter().find_map(|arn| {
        let refused = refuses(&found.policy, &names.queue_arn(&found.name), arn)?;
        let rule = arn.rsplit('/').next().unwrap_or(arn);
        Some(format!(
            "it refuses what rule {rule} sends: its policy {refused}"
        ))
    });
    if let Some(finding) = refused {
        let fix =
            format!("{DEPLOY_HUB}, and remove statements of that policy that are not rootwatch's");
        let hop = Hop::broken(hub::QUEUE_REFUSES, id, "policy lets in", finding, fix);
        hops.push(hop.about("policy"));
    }
    let opens = |policy: &Policy| open_to(deployed, policy, &found.name);
    if changes.has("policy")
        && let Some(finding) = opens(&ours(&wanted.policy, &found.policy))
    {
        let hop = Hop::broken(hub::QUEUE_OPEN, id, "policy keeps out", finding, DEPLOY_HUB);
        hops.push(hop.about("policy"));
    }
    let of = Of {
        open: hub::QUEUE_OPEN,
        statement: hub::QUEUE_STATEMENT,
        id,
        shown_by: shown_by(deployed, &found.name),
    };
    hops.extend(strangers::statements(
        &of,
        &wanted.policy,
        &found.policy,
        opens,
    ));
    hops
}

/// The rules that send to a queue, by their ARNs; to that of dead letters, all.
pub(super) fn senders(names: &Names, queue: &str) -> Vec<String> {
    let acts = names.rule_arn(&names.acts_rule());
    match queue {
        name if name == names.acts_queue() => vec![acts],
        name if name == names.reads_queue() => to_reads(names).to_vec(),
        _ => [vec![acts], to_reads(names).to_vec()].concat(),
    }
}

fn shown_by(deployed: &Deployed, name: &str) -> String {
    let names = &deployed.names;
    format!(
        "aws sqs get-queue-attributes --region {} --queue-url https://sqs.{}.{}/{}/{name} --attribute-names Policy",
        names.region,
        names.region,
        names.partition.dns_suffix(),
        names.account
    )
}

/// The statements that have the names of ours, with every statement that denies.
fn ours(wanted: &Policy, found: &Policy) -> Policy {
    let all = found.statements();
    all.filter(|(sid, it)| wanted.statement(sid).is_some() || it["Effect"] != "Allow")
        .fold(Policy::default(), |policy, (sid, it)| {
            policy.with(sid, it.clone())
        })
}

/// Anyone who may send to it can make the notifier report forged events.
fn open_to(deployed: &Deployed, policy: &Policy, queue: &str) -> Option<String> {
    let arn = deployed.names.queue_arn(queue);
    let access = Access {
        account: &deployed.names.account,
        actions: &["sqs:SendMessage"],
        resource: &arn,
    };
    let found = external::find(policy, &access).filter(|it| it.unknown.is_none())?;
    Some(format!("{} can send forged events to it", found.who))
}

/// How the policy of a queue refuses what a rule sends; none where it accepts it, or cannot be judged.
pub(super) fn refuses(policy: &Policy, queue_arn: &str, rule_arn: &str) -> Option<String> {
    match accepts(policy, queue_arn, rule_arn) {
        Decision::Allowed | Decision::Unknown(_) => None,
        refused => Some(refused.words()),
    }
}

/// What the policy of a queue decides about what a rule sends.
pub(super) fn accepts(policy: &Policy, queue_arn: &str, rule_arn: &str) -> Decision {
    let account = rule_arn.split(':').nth(4).map(str::to_owned);
    let keys: Keys = [
        ("aws:sourcearn", Some(rule_arn.to_owned())),
        ("aws:sourceaccount", account),
    ]
    .into();
    let request = Request {
        principal: Some(Principal::Service("events.amazonaws.com".to_owned())),
        action: "sqs:SendMessage",
        resource: queue_arn.to_owned(),
        keys,
    };
    decide([policy], &request)
}

/// What it has that loses what is in it.
fn losses(
    deployed: &Deployed,
    id: &str,
    (wanted, found): (&Queue, &Queue),
    changes: &Changes,
) -> Vec<Hop> {
    let broken = |check, finding: String, about| {
        Hop::broken(hub::QUEUE_LOSES, id, check, finding, DEPLOY_HUB).about(about)
    };
    let mut hops: Vec<Hop> = key(id, found).into_iter().collect();
    if let Some(seconds) = found
        .message_retention_period
        .filter(|it| *it < SHORTEST_RETENTION)
    {
        let finding = format!("what waits in it is lost after {seconds} s");
        hops.push(broken("retention", finding, "message_retention_period"));
    }
    if let Some(size) = found.not_default.get("MaximumMessageSize") {
        let finding =
            format!("events of more than {size} bytes are lost: it takes no larger message");
        hops.push(broken("size", finding, "not_default.MaximumMessageSize"));
    }
    if let (Some(wanted), true) = (&wanted.redrive, changes.has("redrive")) {
        let target = found.redrive.as_ref().map(|it| &it.dead_letter_target_arn);
        let finding = match target {
            None => Some("events that the notifier fails on are retried until they are lost: there is no redrive policy".to_owned()),
            Some(arn) if *arn == wanted.dead_letter_target_arn => None,
            Some(arn) => Some(format!(
                "events that the notifier fails on go to {arn}, which no alarm watches"
            )),
        };
        hops.extend(finding.map(|it| broken("dead letters", it, "redrive")));
    }
    let seconds = found.visibility_timeout.unwrap_or_default();
    let timeout = timeout(deployed);
    // Lambda Developer Guide, "Using Lambda with Amazon SQS": never shorter than the function may run.
    if wanted.redrive.is_some() && seconds < timeout {
        let finding = format!(
            "a message becomes visible again after {seconds} s, while the notifier may still work on it for {timeout} s"
        );
        hops.push(broken("visibility", finding, "visibility_timeout"));
    }
    hops
}

fn timeout(deployed: &Deployed) -> u64 {
    match deployed.function(&deployed.names.function()) {
        Ok(Some(function)) => u64::try_from(function.timeout).unwrap_or_default(),
        _ => 0,
    }
}

/// EventBridge Developer Guide, "Amazon SQS queue is encrypted": its principal has to be in the key's policy, and that
/// of AWS's own key cannot be changed.
fn key(id: &str, found: &Queue) -> Option<Hop> {
    let key = found
        .kms_key
        .as_deref()
        .filter(|it| it.contains("alias/aws/"))?;
    let finding = format!("EventBridge may not use {key}: what it sends to this queue is lost");
    let hop = Hop::broken(hub::QUEUE_KEY, id, "key", finding, DEPLOY_HUB);
    Some(hop.about("kms_key"))
}

/// What is broken of the mapping from a queue to the function.
pub(super) fn mapping(id: &str, found: &Mapping) -> Vec<Hop> {
    let broken = |finding: &str, about| {
        Hop::broken(hub::MAPPING_LOSES, id, "delivers", finding, DEPLOY_HUB).about(about)
    };
    let mut hops = Vec::new();
    if !found.enabled {
        let finding = "it is disabled: events wait in the queue and are never reported";
        hops.push(broken(finding, "enabled"));
    }
    if !found.filters.is_empty() {
        let finding = "it drops events that match none of its filters";
        hops.push(broken(finding, "filters"));
    }
    if !found.report_batch_item_failures {
        let finding = "it does not use ReportBatchItemFailures: messages that failed count as reported, and are lost";
        hops.push(broken(finding, "report_batch_item_failures"));
    }
    hops
}
