//! Who receives the reference's topic, and what is to be done so that all of them receive rootwatch's.

use crate::aws::Aws;
use crate::aws::error::{AwsError, Call};
use crate::hub::subscriptions::Standing;
use crate::subscription::Subscription;
use aws_sdk_sqs::types::QueueAttributeName;
use rootwatch_eval::Policy;
use rootwatch_eval::iam::{Decision, Keys, Principal, Request, decide};
use std::collections::{BTreeMap, HashMap};

/// A protocol that needs more than an endpoint: a role of its own.
const NEEDS_A_ROLE: &str = "firehose";
/// What SNS shows in place of a password in an address.
const HIDDEN: &str = "****";

/// What is to be done about the subscribers.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Takeover {
    /// Those that get a subscription to the new topic.
    pub taken: Vec<Subscription>,
    /// Those that were left behind on purpose.
    pub left_behind: Vec<Subscription>,
    /// Those that never confirmed, and so receive nothing today.
    pub never_confirmed: Vec<Subscription>,
    /// Why the old topic cannot be removed yet.
    pub blocked: Vec<String>,
}

/// Sorts the old topic's subscribers. Pure.
pub(crate) fn takeover(
    old: &BTreeMap<Subscription, Standing>,
    left_behind: &[Subscription],
) -> Takeover {
    let mut takeover = Takeover::default();
    for (it, standing) in old {
        if left_behind.contains(it) {
            takeover.left_behind.push(it.clone());
        } else if *standing == Standing::Pending {
            takeover.never_confirmed.push(it.clone());
        } else if it.protocol == NEEDS_A_ROLE {
            takeover.blocked.push(format!(
                "{it} needs a role of its own: subscribe it to the new topic, then continue with {}",
                leave(it)
            ));
        } else if it.endpoint.contains(HIDDEN) {
            takeover.blocked.push(format!(
                "{it} has a password, which SNS does not show: name it in full with --sns-subscription, and continue with {}",
                leave(it)
            ));
        } else {
            takeover.taken.push(it.clone());
        }
    }
    takeover
}

fn leave(it: &Subscription) -> String {
    format!("--leave-behind {}={}", it.protocol, it.endpoint)
}

/// Attributes of confirmed subscriptions that are not taken over, as text.
pub(crate) async fn special(
    aws: &Aws,
    standings: &BTreeMap<Subscription, Standing>,
) -> Vec<String> {
    let mut special = Vec::new();
    for (it, standing) in standings {
        let Standing::Confirmed(arn) = standing else {
            continue;
        };
        let call = aws.sns.get_subscription_attributes().subscription_arn(arn);
        let answer = call.send().await.call("sns:GetSubscriptionAttributes");
        special.extend(match answer {
            Ok(answer) => settings(it, &answer.attributes.unwrap_or_default()),
            Err(error) => Some(format!("{it}: its settings cannot be read ({error})")),
        });
    }
    special
}

fn settings(it: &Subscription, attributes: &HashMap<String, String>) -> Option<String> {
    const PLAIN: [&str; 3] = ["", "{}", "false"];
    let known = [
        ("FilterPolicy", "a filter policy"),
        ("RawMessageDelivery", "raw delivery"),
        ("RedrivePolicy", "a dead-letter queue"),
        ("DeliveryPolicy", "a delivery policy"),
    ];
    let is_set = |key: &str| {
        attributes
            .get(key)
            .is_some_and(|it| !PLAIN.contains(&it.as_str()))
    };
    let set = known.iter().filter(|(key, _)| is_set(key));
    let words: Vec<&str> = set.map(|(_, words)| *words).collect();
    (!words.is_empty()).then(|| {
        format!(
            "{it} has {}, which the new subscription does not get",
            words.join(" and ")
        )
    })
}

/// Whether a subscriber receives the new topic.
enum Delivery {
    Yes,
    No(String),
    Unknown(String),
}

/// Which of those that were taken over would still receive nothing from the new topic, each with what to do; with
/// `accept_unknown` not those of whom it is unknown.
///
/// `standings` are those of the new topic.
pub(crate) async fn waiting(
    aws: &Aws,
    taken: &[Subscription],
    standings: &BTreeMap<Subscription, Standing>,
    topic_arn: &str,
    accept_unknown: bool,
) -> Vec<String> {
    let mut waiting = Vec::new();
    for it in taken {
        let delivery = match standings.get(it) {
            None => Delivery::No("is not subscribed to the new topic".into()),
            Some(Standing::Pending) => Delivery::No(
                "has not confirmed: SNS has sent a link that must be followed within two days"
                    .into(),
            ),
            Some(Standing::Confirmed(_)) => receives(aws, it, topic_arn).await,
        };
        let why = match delivery {
            Delivery::Yes => continue,
            Delivery::Unknown(_) if accept_unknown => continue,
            Delivery::Unknown(why) => format!("{why} (or continue with --accept-unknown)"),
            Delivery::No(why) => format!("{why} (or continue without it: {})", leave(it)),
        };
        waiting.push(format!("{it} {why}"));
    }
    waiting
}

/// Whether a queue or a function may receive what the topic sends; e-mail and SMS always do.
async fn receives(aws: &Aws, it: &Subscription, topic_arn: &str) -> Delivery {
    if !["sqs", "lambda"].contains(&it.protocol.as_str()) {
        return Delivery::Yes;
    }
    let mut parts = it.endpoint.split(':').skip(3);
    let (region, account) = (parts.next().unwrap_or_default(), parts.next());
    if account != Some(&aws.account) {
        return Delivery::Unknown(format!(
            "unknown: it belongs to another account; its policy has to allow {topic_arn}"
        ));
    }
    let there = aws.in_region(region);
    let (action, policy) = match it.protocol.as_str() {
        "sqs" => ("sqs:SendMessage", queue_policy(&there, &it.endpoint).await),
        _ => (
            "lambda:InvokeFunction",
            function_policy(&there, &it.endpoint).await,
        ),
    };
    let policy = match policy {
        Ok(policy) => policy,
        Err(error) => {
            return Delivery::Unknown(format!(
                "unknown: its policy cannot be read ({error}); it has to allow {topic_arn}"
            ));
        }
    };
    match lets_in(&policy, action, &it.endpoint, topic_arn, &aws.account) {
        Decision::Allowed => Delivery::Yes,
        Decision::Unknown(why) => Delivery::Unknown(format!(
            "unknown: its policy cannot be judged ({why}); it has to allow {topic_arn}"
        )),
        decision => Delivery::No(format!(
            "would not be notified: its policy {} for {topic_arn}; allow {action} to sns.amazonaws.com from there",
            decision.words()
        )),
    }
}

/// What the policy of a queue or a function says of what a topic sends. Pure.
fn lets_in(
    policy: &Policy,
    action: &'static str,
    resource: &str,
    topic_arn: &str,
    account: &str,
) -> Decision {
    let request = Request {
        principal: Some(Principal::Service("sns.amazonaws.com".into())),
        action,
        resource: resource.to_owned(),
        keys: Keys::from([
            ("aws:sourcearn", Some(topic_arn.to_owned())),
            ("aws:sourceaccount", Some(account.to_owned())),
            ("aws:securetransport", Some("true".to_owned())),
        ]),
    };
    decide([policy], &request)
}

async fn queue_policy(aws: &Aws, arn: &str) -> Result<Policy, AwsError> {
    const OPERATION: &str = "sqs:GetQueueAttributes";
    let name = arn.rsplit(':').next().unwrap_or_default();
    let call = aws.sqs.get_queue_url().queue_name(name);
    let url = call.send().await.call("sqs:GetQueueUrl")?.queue_url;
    let call = aws.sqs.get_queue_attributes().set_queue_url(url);
    let call = call.attribute_names(QueueAttributeName::Policy);
    let answer = call.send().await.call(OPERATION)?;
    let attributes = answer.attributes.unwrap_or_default();
    parse(OPERATION, attributes.get(&QueueAttributeName::Policy))
}

/// The policy of a function, by name or ARN. One without a policy allows nobody, and is treated like one that is not
/// there.
pub(super) async fn function_policy(aws: &Aws, name: &str) -> Result<Policy, AwsError> {
    const OPERATION: &str = "lambda:GetPolicy";
    let answer = aws.lambda.get_policy().function_name(name).send().await;
    let policy = answer.found(OPERATION)?.and_then(|it| it.policy);
    parse(OPERATION, policy.as_ref())
}

fn parse(operation: &'static str, text: Option<&String>) -> Result<Policy, AwsError> {
    let policy = text
        .filter(|text| !text.is_empty())
        .map(|it| Policy::parse(it));
    policy
        .transpose()
        .map(Option::unwrap_or_default)
        .map_err(|error| AwsError {
            operation,
            code: "UnreadablePolicy".into(),
            message: format!("{error:#}"),
            request_id: None,
            http_status: None,
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn subscription(protocol: &str, endpoint: &str) -> Subscription {
        Subscription {
            protocol: protocol.into(),
            endpoint: endpoint.into(),
        }
    }

    #[test]
    fn who_is_notified_today_is_taken_over() {
        let confirmed = || Standing::Confirmed("arn:x".into());
        let (confirmed_one, never) = (subscription("email-json", "a"), subscription("email", "b"));
        let (left, stream) = (subscription("sms", "+1"), subscription("firehose", "arn:f"));
        let old = BTreeMap::from([
            (confirmed_one.clone(), confirmed()),
            (never.clone(), Standing::Pending),
            (left.clone(), confirmed()),
            (stream.clone(), confirmed()),
        ]);
        let found = takeover(&old, std::slice::from_ref(&left));
        assert_eq!(found.taken, [confirmed_one]);
        assert_eq!(found.never_confirmed, [never]);
        assert_eq!(found.left_behind, [left]);
        assert_eq!(found.blocked.len(), 1);
        assert!(found.blocked[0].contains("--leave-behind firehose=arn:f"));
    }

    #[test]
    fn what_is_no_part_of_an_endpoint_is_named() {
        let it = subscription("sqs", "arn:q");
        let attributes = |given: &[(&str, &str)]| -> HashMap<String, String> {
            let owned = |(key, value): &(&str, &str)| ((*key).to_owned(), (*value).to_owned());
            given.iter().map(owned).collect()
        };
        let plain = attributes(&[("RawMessageDelivery", "false"), ("FilterPolicy", "{}")]);
        assert_eq!(settings(&it, &plain), None);
        let special = attributes(&[
            ("RawMessageDelivery", "true"),
            ("FilterPolicy", r#"{"a": ["b"]}"#),
        ]);
        assert_eq!(
            settings(&it, &special).as_deref(),
            Some(
                "sqs arn:q has a filter policy and raw delivery, which the new subscription does not get"
            )
        );
    }

    #[test]
    fn a_queue_that_only_lets_the_old_topic_in_would_be_deaf() {
        let queue = "arn:aws:sqs:eu-west-1:222222222222:siem";
        let policy = |from: &str| {
            Policy::parse(&format!(
                r#"{{"Statement": [{{"Effect": "Allow", "Principal": {{"Service": "sns.amazonaws.com"}}, "Action": "sqs:SendMessage", "Resource": "{queue}", "Condition": {{"ArnLike": {{"aws:SourceArn": "{from}"}}}}}}]}}"#
            ))
            .unwrap()
        };
        let of = |from: &str, to: &str| {
            lets_in(&policy(from), "sqs:SendMessage", queue, to, "222222222222")
        };
        let (old, new) = (
            "arn:aws:sns:eu-west-1:222222222222:old",
            "arn:aws:sns:eu-west-1:222222222222:new",
        );
        assert_eq!(of(old, old), Decision::Allowed);
        assert_eq!(of(old, new), Decision::NotAllowed);
    }
}
