//! A spoke's dead-letter queue: what cannot be forwarded must arrive there, and stay.

use super::as_made::Changes;
use super::finding::{Hop, Read};
use super::queues::refuses;
use super::spoke_wanted::{At, STATEMENT};
use super::strangers::{self, Of};
use crate::aws::error::{Call, absent};
use crate::aws::spoke::Spoke;
use crate::findings::spokes;
use crate::hub::queue::Queue;
use crate::hub::resource::Tags;
use anyhow::Result;
use aws_sdk_sqs::types::QueueAttributeName;
use rootwatch_eval::Policy;

/// A queue in the spoke's account; `None` when there is none.
pub(super) async fn read(spoke: &Spoke, wanted: &Queue, arn: &str) -> Read<Option<Queue>> {
    Ok(find(spoke, wanted, arn).await?)
}

async fn find(spoke: &Spoke, wanted: &Queue, arn: &str) -> Result<Option<Queue>> {
    let mut parts = arn.split(':').skip(3);
    let place = (parts.next(), parts.next());
    // EventBridge sends to queues of the rule's own region alone, and rootwatch to those of its account.
    if place != (Some(spoke.region.as_str()), Some(spoke.account.as_str())) {
        return Ok(None);
    }
    let call = spoke
        .sqs
        .get_queue_url()
        .queue_name(parts.next().unwrap_or_default());
    let answer = call.send().await.found("sqs:GetQueueUrl")?;
    let Some(url) = answer.and_then(|answer| answer.queue_url) else {
        return Ok(None);
    };
    let call = spoke.sqs.get_queue_attributes().queue_url(url);
    let call = call.attribute_names(QueueAttributeName::All);
    let Some(answer) = absent(call.send().await.call("sqs:GetQueueAttributes"))? else {
        return Ok(None);
    };
    let attributes = answer.attributes.unwrap_or_default();
    Ok(Some(wanted.read_attributes(&attributes, Tags::new())?))
}

/// Whether the rule, whose finding it would be, keeps what it cannot forward.
pub(super) fn broken(
    at: &At<'_>,
    rule: &str,
    arn: &str,
    queue: Option<&Queue>,
    fix: &str,
) -> Option<Hop> {
    let why = match queue {
        None => format!("there is no queue {arn} here"),
        Some(queue) => {
            let key = queue.kms_key.as_deref();
            // Nobody can change the policies of AWS's keys for EventBridge.
            let mut rules = at.rule_arns().into_iter();
            let refused = rules.find_map(|rule| refuses(&queue.policy, arn, &rule));
            match (refused, key) {
                (Some(refused), _) => format!("the policy of {arn} {refused}"),
                (None, Some(key)) if key.contains("alias/aws/") => {
                    format!("EventBridge may not use {key}, the key of {arn}")
                }
                _ => return None,
            }
        }
    };
    let finding = format!("what it cannot forward is lost: {why}");
    Some(Hop::broken(
        spokes::RULE_DEAD_LETTERS,
        rule,
        "dead letters",
        finding,
        fix,
    ))
}

/// What differs of a queue that is there, and each statement of somebody else.
pub(super) fn judge(
    at: &At<'_>,
    arn: &str,
    found: &Queue,
    broken: Option<&Hop>,
    fix: &str,
) -> Vec<Hop> {
    let wanted = at.queue(arn);
    let id = format!("queue {}", found.name);
    let found = Queue {
        policy: keyed(&wanted.policy, &found.policy),
        ..found.clone()
    };
    let of = Of {
        open: spokes::QUEUE_STATEMENT,
        statement: spokes::QUEUE_STATEMENT,
        id: &id,
        shown_by: format!(
            "aws sqs get-queue-attributes --region {} --queue-url https://sqs.{}.{}/{}/{} --attribute-names Policy",
            at.region,
            at.region,
            at.names.partition.dns_suffix(),
            at.account,
            found.name
        ),
    };
    let mut hops = strangers::statements(&of, &wanted.policy, &found.policy, |_| None);
    // What it breaks has been said of the rule.
    let said: Vec<Hop> = broken
        .map(|hop| {
            hop.clone()
                .about("policy")
                .about("kms_key")
                .about("sqs_managed_sse")
        })
        .into_iter()
        .collect();
    let changes = Changes::between(&wanted, &found);
    hops.extend(changes.left(spokes::QUEUE_DIFFERS, &id, &said, fix));
    if hops.is_empty() && said.is_empty() {
        hops.push(Hop::ok(&id, "as made", "is as rootwatch makes it"));
    }
    hops
}

/// The statement that says what ours says under the key of ours, wherever it stands in the document.
fn keyed(wanted: &Policy, found: &Policy) -> Policy {
    let ours = wanted.statement(STATEMENT);
    let is_there = found.statements().any(|(_, it)| Some(it) == ours);
    let key = |sid: &str, is_ours: bool| match (is_ours, sid == STATEMENT && is_there) {
        (true, _) => STATEMENT.to_owned(),
        (false, true) => "statement 0".to_owned(),
        (false, false) => sid.to_owned(),
    };
    let keyed = found
        .statements()
        .map(|(sid, it)| (key(sid, Some(it) == ours), it));
    keyed.fold(Policy::default(), |policy, (sid, it)| {
        policy.with(&sid, it.clone())
    })
}
