//! A spoke's dead-letter queue: what cannot be forwarded must arrive there.

use super::finding::{Hop, Read};
use crate::aws::error::{Call, absent};
use crate::aws::spoke::Spoke;
use anyhow::Result;
use aws_sdk_eventbridge::types::Target;
use aws_sdk_sqs::types::QueueAttributeName;
use rootwatch_eval::Policy;
use rootwatch_eval::iam::{Decision, Keys, Principal, Request, decide};

/// ARN of a target's dead-letter queue.
pub(super) fn of_target(target: &Target) -> Option<&str> {
    target.dead_letter_config()?.arn()
}

/// The policy of a queue in the spoke's account, empty where it has none; `None` when there is no queue.
pub(super) async fn read(spoke: &Spoke, arn: &str) -> Read<Option<Policy>> {
    Ok(policy(spoke, arn).await?)
}

async fn policy(spoke: &Spoke, arn: &str) -> Result<Option<Policy>> {
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
    let call = call.attribute_names(QueueAttributeName::Policy);
    let Some(answer) = absent(call.send().await.call("sqs:GetQueueAttributes"))? else {
        return Ok(None);
    };
    let text = answer
        .attributes()
        .and_then(|all| all.get(&QueueAttributeName::Policy))
        .filter(|text| !text.is_empty());
    Ok(Some(match text {
        Some(text) => Policy::parse(text)?,
        None => Policy::default(),
    }))
}

/// Whether the rule keeps what it cannot forward.
pub(super) fn check(
    id: &str,
    target: &Target,
    queue: &Read<Option<Policy>>,
    rule_arn: &str,
    account: &str,
    fix: &str,
) -> Hop {
    let check = "dead letters";
    let Some(arn) = of_target(target) else {
        let finding = "what it cannot forward is lost: the target has no dead-letter queue";
        return Hop::broken(id, check, finding, fix);
    };
    let policy = match queue {
        Ok(Some(policy)) => policy,
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
    match decide([policy], &request) {
        Decision::Allowed => Hop::ok(id, check, format!("{arn} accepts what it cannot forward")),
        Decision::Unknown(why) => Hop::unknown(
            id,
            check,
            format!("the policy of {arn}: {why}"),
            Some(fix.to_owned()),
        ),
        refused => {
            let words = refused.words();
            let finding = format!("what it cannot forward is lost: the policy of {arn} {words}");
            Hop::broken(id, check, finding, fix)
        }
    }
}
