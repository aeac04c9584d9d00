//! What others attached to our resources: it would break with them or keep them from being deleted, so removal stops
//! first.

use super::attachments::{Attachment, read};
use super::plan::HubPlan;
use crate::aws::Aws;
use crate::names::{DEPLOYMENT_TAG, Names};
use crate::plan::Action;
use anyhow::{Context, Result};
use futures_util::future::try_join_all;

/// Others use what would be removed.
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

/// Fails with the names of all that others attached to what the plan removes. Reads only.
pub(crate) async fn check(aws: &Aws, names: &Names, plan: &HubPlan) -> Result<()> {
    let removed = plan.resources.iter();
    let removed = removed.filter(|it| it.action == Action::Delete);
    let found = try_join_all(removed.map(async |planned| {
        let attachments = read(aws, &planned.wanted.resource, planned.found.as_ref()).await;
        let id = planned.id();
        attachments.with_context(|| format!("reading what is attached to {id} in {}", aws.place()))
    }));
    let left = foreign(names, &found.await?.concat());
    if left.is_empty() {
        return Ok(());
    }
    let place = aws.place();
    Err(InUse { place, left }.into())
}

/// What of it is not rootwatch's, each with what to do. Pure.
pub(crate) fn foreign(names: &Names, found: &[Attachment]) -> Vec<String> {
    let theirs = found
        .iter()
        .filter(|it| !is_ours(names, it) && !is_reported_with_another(it, found));
    theirs.map(|it| words(names, it)).collect()
}

/// Whether it is reported with something else that is attached: an archive has a rule of its own.
fn is_reported_with_another(attachments: &Attachment, found: &[Attachment]) -> bool {
    let Attachment::Rule {
        name,
        managed_by: Some(_),
        ..
    } = attachments
    else {
        return false;
    };
    let archive = name.strip_prefix("Events-Archive-");
    let is_it =
        |it: &Attachment| matches!(it, Attachment::Archive { name } if Some(&**name) == archive);
    found.iter().any(is_it)
}

fn is_ours(names: &Names, attachments: &Attachment) -> bool {
    match attachments {
        Attachment::Rule { name, tags, .. } => {
            let is_tagged = tags.get(DEPLOYMENT_TAG) == Some(&names.deployment);
            // On our bus our own rules are known by their names.
            names.rules().contains(name) || name.starts_with(&names.test("")) && is_tagged
        }
        // A test that was killed leaves one.
        Attachment::Subscription { subscription, .. } => {
            let temporary = names.queue_arn(&names.test(""));
            subscription.protocol == "sqs" && subscription.endpoint.starts_with(&temporary)
        }
        Attachment::Mapping {
            queue, function, ..
        } => {
            [names.acts_queue(), names.reads_queue()].contains(queue)
                && *function == names.function_arn()
        }
        Attachment::Archive { .. }
        | Attachment::Attached { .. }
        | Attachment::Inline { .. }
        | Attachment::InstanceProfile { .. }
        | Attachment::Vpc { .. } => false,
    }
}

fn words(names: &Names, attachments: &Attachment) -> String {
    let region = &names.region;
    match attachments {
        Attachment::Rule {
            name,
            managed_by: Some(service),
            ..
        } => format!(
            "rule {name} on the bus {}, which {service} created and manages: remove what it belongs to in that service",
            names.bus()
        ),
        Attachment::Rule { name, .. } => {
            let bus = names.bus();
            format!(
                "rule {name} on the bus {bus}, without our name and tag: move it to another bus, or remove it by `aws events remove-targets --region {region} --event-bus-name {bus} --rule {name} --ids ID …` and `aws events delete-rule --region {region} --event-bus-name {bus} --name {name}`"
            )
        }
        Attachment::Subscription {
            topic,
            subscription,
            arn,
        } => format!(
            "subscription {subscription} to the topic {topic}, which this deployment did not make: name it in rootwatch.toml if it may be removed, or `aws sns unsubscribe --region {region} --subscription-arn {arn}`"
        ),
        Attachment::Mapping {
            queue,
            function,
            uuid,
        } => format!(
            "event source mapping {uuid} from the queue {queue} to {function}: `aws lambda delete-event-source-mapping --region {region} --uuid {uuid}`"
        ),
        Attachment::Attached { role, arn } => format!(
            "policy {arn} attached to the role {role}: `aws iam detach-role-policy --role-name {role} --policy-arn {arn}`"
        ),
        Attachment::Archive { name } => format!(
            "archive {name} of the bus {}, with all events in it: `aws events delete-archive --region {region} --archive-name {name}`",
            names.bus()
        ),
        Attachment::InstanceProfile { role, name } => format!(
            "instance profile {name} with the role {role}: `aws iam remove-role-from-instance-profile --instance-profile-name {name} --role-name {role}`"
        ),
        Attachment::Vpc { function } => format!(
            "the function {function} is in a VPC, and its network interfaces can only be removed while its role is there: `aws lambda update-function-configuration --region {region} --function-name {function} --vpc-config SubnetIds=[],SecurityGroupIds=[]`, and wait until they are gone"
        ),
        Attachment::Inline { role, policy } => format!(
            "inline policy {policy} of the role {role}: `aws iam delete-role-policy --role-name {role} --policy-name {policy}`"
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::subscription::Subscription;

    fn rule(name: &str, tag: Option<&str>) -> Attachment {
        let tag = tag.map(|value| (DEPLOYMENT_TAG.to_owned(), value.to_owned()));
        Attachment::Rule {
            name: name.into(),
            tags: tag.into_iter().collect(),
            managed_by: None,
        }
    }

    fn subscription(endpoint: &str) -> Attachment {
        Attachment::Subscription {
            topic: "rootwatch-alerts".into(),
            subscription: Subscription {
                protocol: "sqs".into(),
                endpoint: endpoint.into(),
            },
            arn: "arn:x".into(),
        }
    }

    fn mapping(queue: &str, function: String) -> Attachment {
        Attachment::Mapping {
            queue: queue.into(),
            function,
            uuid: "id".into(),
        }
    }

    #[test]
    fn what_carries_our_name_and_tag_is_ours() {
        let found = [
            rule("rootwatch-acts", None),
            rule("rootwatch-reads", Some("rootwatch")),
            rule("rootwatch-heartbeats", None),
            rule("rootwatch-tampering", None),
            rule("rootwatch-test-1", Some("rootwatch")),
            subscription("arn:aws:sqs:eu-west-1:111122223333:rootwatch-test-1"),
            mapping("rootwatch-acts", Names::sample().function_arn()),
            mapping("rootwatch-reads", Names::sample().function_arn()),
        ];
        assert_eq!(foreign(&Names::sample(), &found), Vec::<String>::new());
    }

    fn managed(name: &str) -> Attachment {
        Attachment::Rule {
            name: name.into(),
            tags: [].into(),
            managed_by: Some("prod.vhs.events.aws.internal".into()),
        }
    }

    #[test]
    fn an_archive_is_reported_once_and_so_is_every_other_managed_rule() {
        let archive = Attachment::Archive { name: "a".into() };
        let found = [managed("Events-Archive-a"), archive, managed("Schemas-x")];
        let reported = foreign(&Names::sample(), &found);
        assert_eq!(reported.len(), 2, "{reported:?}");
        assert!(reported[0].contains("--archive-name a"));
        assert!(reported[1].contains("rule Schemas-x on the bus"));
    }

    #[test]
    fn all_else_is_named() {
        let found = [
            rule("rootwatch-test-1", Some("another")),
            rule("copied", Some("rootwatch")),
            subscription("arn:aws:sqs:eu-west-1:999999999999:rootwatch-test-1"),
            mapping(
                "rootwatch-acts",
                format!("{}-other", Names::sample().function_arn()),
            ),
            Attachment::Attached {
                role: "r".into(),
                arn: "arn:p".into(),
            },
            Attachment::Inline {
                role: "r".into(),
                policy: "p".into(),
            },
            Attachment::InstanceProfile {
                role: "r".into(),
                name: "p".into(),
            },
            Attachment::Vpc {
                function: "f".into(),
            },
        ];
        assert_eq!(foreign(&Names::sample(), &found).len(), found.len());
    }
}
