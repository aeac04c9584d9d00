//! What others hung on resources of ours: it would break with them or keep them from going, so removal stops before it.

use super::event_bus::find_tags;
use super::resource::HubResource;
use super::{HubPlan, mapping};
use crate::aws::Aws;
use crate::aws::error::{Call, absent};
use crate::config::Subscription;
use crate::names::{DEPLOYMENT_TAG, Names};
use crate::plan::Action;
use anyhow::{Context, Result};
use futures_util::future::try_join_all;
use std::collections::BTreeMap;

/// Something that hangs on a resource of ours.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Hanging {
    /// A rule on the bus.
    Rule {
        name: String,
        tags: BTreeMap<String, String>,
    },
    /// A confirmed subscription that neither the settings nor the topic's marks name.
    Subscription {
        topic: String,
        subscription: Subscription,
        arn: String,
    },
    /// An event source mapping from a queue.
    Mapping {
        queue: String,
        function: String,
        uuid: String,
    },
    /// A managed policy attached to the role.
    Attached { role: String, arn: String },
    /// An inline policy of the role that is not the notifier's.
    Inline { role: String, policy: String },
}

/// Others hold on to what would be removed.
#[derive(Debug, thiserror::Error)]
#[error("{place}: others use what would be removed, and nothing was changed:{}\nWhen these are gone, run the same command again.", lines(.left))]
pub(crate) struct InUse {
    pub(crate) place: String,
    /// Each with what to do.
    pub(crate) left: Vec<String>,
}

fn lines(left: &[String]) -> String {
    left.iter().map(|it| format!("\n  - {it}")).collect()
}

/// Fails with the names of all that others hung on what the plan removes. Reads only.
pub(crate) async fn check(aws: &Aws, names: &Names, plan: &HubPlan) -> Result<()> {
    let removed = plan.nodes.iter().zip(&plan.observed).zip(&plan.actions);
    let removed = removed.filter(|(_, action)| **action == Action::Delete);
    let found = try_join_all(removed.map(async |((node, found), _)| {
        let hanging = read(aws, &node.resource, found.as_ref()).await;
        let id = node.resource.id();
        hanging.with_context(|| format!("reading what hangs on {id} in {}", aws.place()))
    }));
    let left = foreign(names, &found.await?.concat());
    if left.is_empty() {
        return Ok(());
    }
    let place = aws.place();
    Err(InUse { place, left }.into())
}

/// What hangs on one resource.
pub(crate) async fn read(
    aws: &Aws,
    ours: &HubResource,
    found: Option<&HubResource>,
) -> Result<Vec<Hanging>> {
    Ok(match (ours, found) {
        (HubResource::EventBus(bus), _) => rules(aws, &bus.name).await?,
        (HubResource::Subscriptions(it), _) => {
            let others = it.others_confirmed(aws).await?.into_iter();
            let words = |(subscription, arn)| Hanging::Subscription {
                topic: it.name.clone(),
                subscription,
                arn,
            };
            others.map(words).collect()
        }
        (HubResource::Queue(queue), _) => mapping::all_from(aws, &queue.name).await?,
        (_, Some(HubResource::Role(role))) => {
            let attached = role.attached_policies.iter().map(|arn| Hanging::Attached {
                role: role.name.clone(),
                arn: arn.clone(),
            });
            let inline = role.other_policies.iter().map(|policy| Hanging::Inline {
                role: role.name.clone(),
                policy: policy.clone(),
            });
            attached.chain(inline).collect()
        }
        _ => Vec::new(),
    })
}

async fn rules(aws: &Aws, bus: &str) -> Result<Vec<Hanging>> {
    let (mut found, mut token) = (Vec::new(), None);
    loop {
        let call = aws.eventbridge.list_rules().event_bus_name(bus);
        let answer = call.set_next_token(token).send().await;
        let Some(page) = absent(answer.call("events:ListRules"))? else {
            return Ok(found);
        };
        for rule in page.rules() {
            found.push(Hanging::Rule {
                name: rule.name().unwrap_or_default().to_owned(),
                tags: find_tags(aws, rule.arn().unwrap_or_default()).await?,
            });
        }
        token = page.next_token;
        if token.is_none() {
            return Ok(found);
        }
    }
}

/// What of it is not ours, each with what to do. Pure.
pub(crate) fn foreign(names: &Names, found: &[Hanging]) -> Vec<String> {
    let theirs = found.iter().filter(|it| !is_ours(names, it));
    theirs.map(|it| words(names, it)).collect()
}

fn is_ours(names: &Names, hanging: &Hanging) -> bool {
    match hanging {
        Hanging::Rule { name, tags } => {
            let is_named = [names.acts_rule(), names.reads_rule()].contains(name)
                || name.starts_with(&names.test(""));
            is_named && tags.get(DEPLOYMENT_TAG) == Some(&names.deployment)
        }
        // A test that was killed leaves one.
        Hanging::Subscription { subscription, .. } => {
            let temporary = names.queue_arn(&names.test(""));
            subscription.protocol == "sqs" && subscription.endpoint.starts_with(&temporary)
        }
        Hanging::Mapping {
            queue, function, ..
        } => *queue == names.reads_queue() && *function == names.function_arn(),
        Hanging::Attached { .. } | Hanging::Inline { .. } => false,
    }
}

fn words(names: &Names, hanging: &Hanging) -> String {
    match hanging {
        Hanging::Rule { name, .. } => {
            let bus = names.bus();
            format!(
                "rule {name} on the bus {bus}, without our name and tag: move it to another bus, or remove it by `aws events remove-targets --event-bus-name {bus} --rule {name} --ids ID …` and `aws events delete-rule --event-bus-name {bus} --name {name}`"
            )
        }
        Hanging::Subscription {
            topic,
            subscription,
            arn,
        } => format!(
            "subscription {subscription} to the topic {topic}, which this deployment did not make: name it in rootwatch.toml if it may go, or `aws sns unsubscribe --subscription-arn {arn}`"
        ),
        Hanging::Mapping {
            queue,
            function,
            uuid,
        } => format!(
            "event source mapping {uuid} from the queue {queue} to {function}: `aws lambda delete-event-source-mapping --uuid {uuid}`"
        ),
        Hanging::Attached { role, arn } => format!(
            "policy {arn} attached to the role {role}: `aws iam detach-role-policy --role-name {role} --policy-arn {arn}`"
        ),
        Hanging::Inline { role, policy } => format!(
            "inline policy {policy} of the role {role}: `aws iam delete-role-policy --role-name {role} --policy-name {policy}`"
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(name: &str, tag: Option<&str>) -> Hanging {
        let tag = tag.map(|value| (DEPLOYMENT_TAG.to_owned(), value.to_owned()));
        Hanging::Rule {
            name: name.into(),
            tags: tag.into_iter().collect(),
        }
    }

    fn subscription(endpoint: &str) -> Hanging {
        Hanging::Subscription {
            topic: "rootwatch-alerts".into(),
            subscription: Subscription {
                protocol: "sqs".into(),
                endpoint: endpoint.into(),
            },
            arn: "arn:x".into(),
        }
    }

    fn mapping(function: String) -> Hanging {
        Hanging::Mapping {
            queue: "rootwatch-reads".into(),
            function,
            uuid: "id".into(),
        }
    }

    #[test]
    fn what_carries_our_name_and_tag_is_ours() {
        let found = [
            rule("rootwatch-acts", Some("rootwatch")),
            rule("rootwatch-reads", Some("rootwatch")),
            rule("rootwatch-test-1", Some("rootwatch")),
            subscription("arn:aws:sqs:eu-west-1:111122223333:rootwatch-test-1"),
            mapping(Names::sample().function_arn()),
        ];
        assert_eq!(foreign(&Names::sample(), &found), Vec::<String>::new());
    }

    #[test]
    fn all_else_is_named() {
        let found = [
            rule("rootwatch-acts", None),
            rule("rootwatch-test-1", Some("another")),
            rule("copied", Some("rootwatch")),
            subscription("arn:aws:sqs:eu-west-1:999999999999:rootwatch-test-1"),
            mapping(format!("{}-other", Names::sample().function_arn())),
            Hanging::Attached {
                role: "r".into(),
                arn: "arn:p".into(),
            },
            Hanging::Inline {
                role: "r".into(),
                policy: "p".into(),
            },
        ];
        assert_eq!(foreign(&Names::sample(), &found).len(), found.len());
    }
}
