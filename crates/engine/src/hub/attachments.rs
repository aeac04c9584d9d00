//! What is attached to the hub's resources, whoever owns it. Read-only.

use super::event_bus::find_tags;
use super::hub_resource::HubResource;
use super::role::Role;
use crate::aws::Aws;
use crate::aws::error::{AwsError, Call, absent};
use crate::aws::pages::next_page;
use crate::subscription::Subscription;
use anyhow::Result;
use std::collections::BTreeMap;

/// Something attached to a resource of this deployment.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Attachment {
    /// A rule on the bus.
    Rule {
        name: String,
        tags: BTreeMap<String, String>,
        /// The service that made it for something of its own, and has to remove it.
        managed_by: Option<String>,
    },
    /// An archive of the bus's events. It has a rule on the bus, which keeps the bus from being deleted (EventBridge
    /// User Guide, "Deleting event archives").
    Archive { name: String },
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
    /// An instance profile that holds the role, so that the role cannot be deleted (IAM API Reference, DeleteRole).
    InstanceProfile { role: String, name: String },
    /// The function's place in a VPC. Lambda makes and removes its network interfaces by the function's role (Lambda
    /// Developer Guide, "Giving Lambda functions access to resources in an Amazon VPC").
    Vpc { function: String },
}

/// What is attached to one resource of this deployment.
pub(crate) async fn read(
    aws: &Aws,
    ours: &HubResource,
    found: Option<&HubResource>,
) -> Result<Vec<Attachment>> {
    Ok(match (ours, found) {
        (HubResource::EventBus(bus), _) => {
            let (rules, archives) =
                tokio::try_join!(rules(aws, &bus.name), archives(aws, &bus.arn))?;
            [rules, archives].concat()
        }
        (HubResource::Subscriptions(it), _) => {
            let others = it.others_confirmed(aws).await?.into_iter();
            let words = |(subscription, arn)| Attachment::Subscription {
                topic: it.name.clone(),
                subscription,
                arn,
            };
            others.map(words).collect()
        }
        (HubResource::Queue(queue), _) => mappings_from(aws, &queue.name).await?,
        (_, Some(HubResource::Role(role))) => on_role(aws, role).await?,
        (_, Some(HubResource::SelfCheckRole(role))) => on_role(aws, &role.it).await?,
        (_, Some(HubResource::Function(function))) if !function.subnets.is_empty() => {
            let function = function.name.clone();
            vec![Attachment::Vpc { function }]
        }
        _ => Vec::new(),
    })
}

async fn rules(aws: &Aws, bus: &str) -> Result<Vec<Attachment>> {
    let (mut found, mut token) = (Vec::new(), None);
    loop {
        let call = aws.eventbridge.list_rules().event_bus_name(bus);
        let answer = call.set_next_token(token.clone()).send().await;
        let Some(page) = absent(answer.call("events:ListRules"))? else {
            return Ok(found);
        };
        for rule in page.rules() {
            found.push(Attachment::Rule {
                name: rule.name().unwrap_or_default().to_owned(),
                tags: find_tags(aws, rule.arn().unwrap_or_default()).await?,
                managed_by: rule.managed_by().map(str::to_owned),
            });
        }
        token = next_page("events:ListRules", token.as_deref(), page.next_token)?;
        if token.is_none() {
            return Ok(found);
        }
    }
}

async fn archives(aws: &Aws, bus: &str) -> Result<Vec<Attachment>> {
    let (mut found, mut token) = (Vec::new(), None);
    loop {
        let call = aws.eventbridge.list_archives().event_source_arn(bus);
        let answer = call.set_next_token(token.clone()).send().await;
        let Some(page) = absent(answer.call("events:ListArchives"))? else {
            return Ok(found);
        };
        let names = page.archives().iter().filter_map(|it| it.archive_name());
        found.extend(names.map(|name| Attachment::Archive { name: name.into() }));
        token = next_page("events:ListArchives", token.as_deref(), page.next_token)?;
        if token.is_none() {
            return Ok(found);
        }
    }
}

async fn on_role(aws: &Aws, role: &Role) -> Result<Vec<Attachment>> {
    let attached = role
        .attached_policies
        .iter()
        .map(|arn| Attachment::Attached {
            role: role.name.clone(),
            arn: arn.clone(),
        });
    let inline = role.other_policies.iter().map(|policy| Attachment::Inline {
        role: role.name.clone(),
        policy: policy.clone(),
    });
    let mut found: Vec<Attachment> = attached.chain(inline).collect();
    let call = aws.iam.list_instance_profiles_for_role();
    let call = call.role_name(&role.name);
    let mut pages = call.into_paginator().items().send();
    while let Some(profile) = pages.next().await {
        let Some(profile) = absent(profile.call("iam:ListInstanceProfilesForRole"))? else {
            break;
        };
        found.push(Attachment::InstanceProfile {
            role: role.name.clone(),
            name: profile.instance_profile_name,
        });
    }
    Ok(found)
}

/// Every mapping from one of our queues, whichever function it invokes.
async fn mappings_from(aws: &Aws, queue: &str) -> Result<Vec<Attachment>, AwsError> {
    let (region, account) = (&aws.region, &aws.account);
    let arn = format!(
        "arn:{}:sqs:{region}:{account}:{queue}",
        aws.partition.name()
    );
    let call = aws.lambda.list_event_source_mappings();
    let mut pages = call.event_source_arn(arn).into_paginator().items().send();
    let mut found = Vec::new();
    while let Some(mapping) = pages.next().await {
        let Some(mapping) = absent(mapping.call("lambda:ListEventSourceMappings"))? else {
            break;
        };
        found.push(Attachment::Mapping {
            queue: queue.to_owned(),
            function: mapping.function_arn().unwrap_or_default().to_owned(),
            uuid: mapping.uuid().unwrap_or_default().to_owned(),
        });
    }
    Ok(found)
}
