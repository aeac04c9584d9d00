//! A spoke's dead-letter queue: what cannot be forwarded must arrive there.

use super::finding::{Hop, Read};
use crate::aws::error::{Call, absent};
use crate::aws::spoke::Spoke;
use anyhow::Result;
use aws_sdk_eventbridge::types::Target;
use aws_sdk_sqs::types::QueueAttributeName;
use rootwatch_eval::Policy;
use rootwatch_eval::iam::{Decision, Keys, Principal, Request, decide};

/// What decides whether EventBridge may send to a queue.
#[derive(Clone, Debug, Default)]
pub(super) struct Queue {
    /// Empty where it has none.
    pub(super) policy: Policy,
    /// Its KMS key, where it has not SQS's own encryption.
    pub(super) kms_key: Option<String>,
}

/// ARN of a target's dead-letter queue.
pub(super) fn of_target(target: &Target) -> Option<&str> {
    target.dead_letter_config()?.arn()
}

/// A queue in the spoke's account; `None` when there is none.
pub(super) async fn read(spoke: &Spoke, arn: &str) -> Read<Option<Queue>> {
    Ok(find(spoke, arn).await?)
}

async fn find(spoke: &Spoke, arn: &str) -> Result<Option<Queue>> {
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
    let call = call
        .attribute_names(QueueAttributeName::Policy)
        .attribute_names(QueueAttributeName::KmsMasterKeyId);
    let Some(answer) = absent(call.send().await.call("sqs:GetQueueAttributes"))? else {
        return Ok(None);
    };
    let text = |name| {
        let found = answer.attributes().and_then(|all| all.get(&name));
        found.filter(|text| !text.is_empty())
    };
    Ok(Some(Queue {
        policy: match text(QueueAttributeName::Policy) {
            Some(text) => Policy::parse(text)?,
            None => Policy::default(),
        },
        kms_key: text(QueueAttributeName::KmsMasterKeyId).cloned(),
    }))
}

/// Whether the rule keeps what it cannot forward.
pub(super) fn check(
    id: &str,
    target: &Target,
    queue: &Read<Option<Queue>>,
    rule_arn: &str,
    account: &str,
    fix: &str,
) -> Hop {
    let check = "dead letters";
    let Some(arn) = of_target(target) else {
        let finding = "what it cannot forward is lost: the target has no dead-letter queue";
        return Hop::broken(id, check, finding, fix);
    };
    let queue = match queue {
        Ok(Some(queue)) => queue,
        Ok(None) => {
            let finding = format!("what it cannot forward is lost: there is no queue {arn} here");
            return Hop::broken(id, check, finding, fix);
        }
        Err(why) => return Hop::unread(id, check, why),
    };
    let keys: Keys = [
        ("aws:sourcearn", Some(rule_arn.to_owned())),
        ("aws:sourceaccount", Some(account.to_owned())),
    ]
    .into();
    let request = Request {
        principal: Some(Principal::Service("events.amazonaws.com".to_owned())),
        action: "sqs:SendMessage",
        resource: arn.to_owned(),
        keys,
    };
    match (decide([&queue.policy], &request), &queue.kms_key) {
        // Nobody can change the policies of AWS's keys for EventBridge.
        (Decision::Allowed, Some(key)) if key.contains("alias/aws/") => {
            let finding = format!(
                "what it cannot forward is lost: EventBridge may not use {key}, the key of {arn}"
            );
            Hop::broken(id, check, finding, fix)
        }
        (Decision::Allowed, Some(key)) => Hop::unknown(
            id,
            check,
            format!("{arn} has the key {key}, whose policy is not evaluated"),
            Some(fix.to_owned()),
        ),
        (Decision::Allowed, None) => {
            Hop::ok(id, check, format!("{arn} accepts what it cannot forward"))
        }
        (Decision::Unknown(why), _) => Hop::unknown(
            id,
            check,
            format!("the policy of {arn}: {why}"),
            Some(fix.to_owned()),
        ),
        (refused, _) => {
            let words = refused.words();
            let finding = format!("what it cannot forward is lost: the policy of {arn} {words}");
            Hop::broken(id, check, finding, fix)
        }
    }
}
