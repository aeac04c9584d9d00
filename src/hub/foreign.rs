//! What others hung on resources of ours: it would break with them or keep them from going, so removal stops before it.

use super::HubPlan;
use super::hanging::{Hanging, read};
use crate::aws::Aws;
use crate::names::{DEPLOYMENT_TAG, Names};
use crate::plan::Action;
use anyhow::{Context, Result};
use futures_util::future::try_join_all;

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

/// What of it is not ours, each with what to do. Pure.
pub(crate) fn foreign(names: &Names, found: &[Hanging]) -> Vec<String> {
    let theirs = found
        .iter()
        .filter(|it| !is_ours(names, it) && !is_told(it, found));
    theirs.map(|it| words(names, it)).collect()
}

/// Whether it goes with something else that hangs there: an archive has a rule of its own.
fn is_told(hanging: &Hanging, found: &[Hanging]) -> bool {
    let Hanging::Rule {
        name,
        managed_by: Some(_),
        ..
    } = hanging
    else {
        return false;
    };
    let archive = name.strip_prefix("Events-Archive-");
    let is_it = |it: &Hanging| matches!(it, Hanging::Archive { name } if Some(&**name) == archive);
    found.iter().any(is_it)
}

fn is_ours(names: &Names, hanging: &Hanging) -> bool {
    match hanging {
        Hanging::Rule { name, tags, .. } => {
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
        Hanging::Archive { .. }
        | Hanging::Attached { .. }
        | Hanging::Inline { .. }
        | Hanging::InstanceProfile { .. }
        | Hanging::Vpc { .. } => false,
    }
}

fn words(names: &Names, hanging: &Hanging) -> String {
    match hanging {
        Hanging::Rule {
            name,
            managed_by: Some(service),
            ..
        } => format!(
            "rule {name} on the bus {}, which {service} made and manages: remove there what it serves",
            names.bus()
        ),
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
        Hanging::Archive { name } => format!(
            "archive {name} of the bus {}, with all events in it: `aws events delete-archive --archive-name {name}`",
            names.bus()
        ),
        Hanging::InstanceProfile { role, name } => format!(
            "instance profile {name} with the role {role}: `aws iam remove-role-from-instance-profile --instance-profile-name {name} --role-name {role}`"
        ),
        Hanging::Vpc { function } => format!(
            "the function {function} is in a VPC, and its network interfaces can only be removed while its role is there: `aws lambda update-function-configuration --function-name {function} --vpc-config SubnetIds=[],SecurityGroupIds=[]`, and wait until they are gone"
        ),
        Hanging::Inline { role, policy } => format!(
            "inline policy {policy} of the role {role}: `aws iam delete-role-policy --role-name {role} --policy-name {policy}`"
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Subscription;

    fn rule(name: &str, tag: Option<&str>) -> Hanging {
        let tag = tag.map(|value| (DEPLOYMENT_TAG.to_owned(), value.to_owned()));
        Hanging::Rule {
            name: name.into(),
            tags: tag.into_iter().collect(),
            managed_by: None,
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

    fn managed(name: &str) -> Hanging {
        Hanging::Rule {
            name: name.into(),
            tags: [].into(),
            managed_by: Some("prod.vhs.events.aws.internal".into()),
        }
    }

    #[test]
    fn an_archive_is_told_once_and_every_other_rule_of_a_service_too() {
        let archive = Hanging::Archive { name: "a".into() };
        let found = [managed("Events-Archive-a"), archive, managed("Schemas-x")];
        let told = foreign(&Names::sample(), &found);
        assert_eq!(told.len(), 2, "{told:?}");
        assert!(told[0].contains("delete-archive --archive-name a"));
        assert!(told[1].contains("rule Schemas-x on the bus"));
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
            Hanging::InstanceProfile {
                role: "r".into(),
                name: "p".into(),
            },
            Hanging::Vpc {
                function: "f".into(),
            },
        ];
        assert_eq!(foreign(&Names::sample(), &found).len(), found.len());
    }
}
