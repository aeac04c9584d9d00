//! What others made of the hub's bus, queues and function. Read-only.

use super::finding::{CannotRead, Read};
use crate::aws::Aws;
use crate::aws::error::{AwsError, Call, absent};
use crate::hub::rule;
use crate::names::Names;
use anyhow::Result;
use futures_util::future::try_join_all;
use rootwatch_eval::Policy;

/// What others made.
pub(crate) struct Others {
    pub(super) rules: Read<Vec<OtherRule>>,
    pub(super) ways: Read<Vec<Way>>,
    pub(super) mappings: Read<Vec<OtherMapping>>,
}

/// A rule on our bus.
#[derive(Clone, Debug)]
pub(crate) struct OtherRule {
    pub(super) name: String,
    /// The service that made it for something of its own.
    pub(super) managed_by: Option<String>,
    /// ARNs.
    pub(super) targets: Vec<String>,
}

/// An event source mapping from one of our queues, or to our function.
#[derive(Clone, Debug)]
pub(crate) struct OtherMapping {
    pub(super) source: String,
    pub(super) function: String,
    pub(super) uuid: String,
}

/// A way to our function, or an alias or version of it with a policy of its own.
#[derive(Clone, Debug)]
pub(crate) enum Way {
    Url {
        qualifier: Option<String>,
        auth: String,
    },
    Invocations {
        qualifier: String,
        destinations: Vec<String>,
    },
    Qualified {
        qualifier: String,
        policy: Policy,
    },
}

impl Others {
    /// Reads them; what cannot be read is kept with the reason.
    pub(crate) async fn read(aws: &Aws, names: &Names) -> Self {
        let (rules, ways, mappings) =
            tokio::join!(rules(aws, names), ways(aws, names), mappings(aws, names));
        Self {
            rules: rules.map_err(CannotRead::from),
            ways: ways.map_err(CannotRead::from),
            mappings: mappings.map_err(CannotRead::from),
        }
    }
}

async fn rules(aws: &Aws, names: &Names) -> Result<Vec<OtherRule>> {
    let bus = names.bus();
    let ours = names.rules();
    let listed = rule::list(aws, &bus).await?;
    let others = listed.into_iter().filter(|it| {
        it.name()
            .is_none_or(|name| !ours.contains(&name.to_owned()))
    });
    let others = try_join_all(others.map(async |it| {
        let name = it.name.unwrap_or_default();
        let call = aws.eventbridge.list_targets_by_rule().rule(&name);
        let answer = call.event_bus_name(&bus).send().await;
        let answer = answer.found("events:ListTargetsByRule")?;
        let targets = answer.iter().flat_map(|answer| answer.targets());
        Ok::<_, AwsError>(OtherRule {
            name,
            managed_by: it.managed_by,
            targets: targets.map(|target| target.arn().to_owned()).collect(),
        })
    }));
    let temporary = names.queue_arn(&names.test(""));
    // One of a run of `rootwatch test` sends to the queue of that run alone.
    let is_temporary = |it: &OtherRule| {
        it.name.starts_with(&names.test(""))
            && it.targets.iter().all(|arn| arn.starts_with(&temporary))
    };
    Ok(others
        .await?
        .into_iter()
        .filter(|it| !is_temporary(it))
        .collect())
}

async fn ways(aws: &Aws, names: &Names) -> Result<Vec<Way>> {
    let function = names.function();
    let (aliases, versions, invocations) = tokio::try_join!(
        aliases(aws, &function),
        versions(aws, &function),
        invocations(aws, &function),
    )?;
    let of_urls = [None].into_iter().chain(aliases.iter().cloned().map(Some));
    let qualified = aliases.iter().chain(&versions);
    let (urls, policies) = tokio::try_join!(
        try_join_all(of_urls.map(|qualifier| url(aws, &function, qualifier))),
        try_join_all(qualified.map(|qualifier| policy(aws, &function, qualifier))),
    )?;
    let mut all: Vec<Way> = urls.into_iter().flatten().collect();
    all.extend(policies.into_iter().flatten());
    all.extend(invocations);
    Ok(all)
}

async fn aliases(aws: &Aws, function: &str) -> Result<Vec<String>> {
    let call = aws.lambda.list_aliases().function_name(function);
    let mut pages = call.into_paginator().items().send();
    let mut found = Vec::new();
    while let Some(alias) = pages.next().await {
        match absent(alias.call("lambda:ListAliases"))? {
            Some(alias) => found.extend(alias.name),
            None => break,
        }
    }
    Ok(found)
}

/// But the one that changes, whose policy is the function's.
async fn versions(aws: &Aws, function: &str) -> Result<Vec<String>> {
    let call = aws.lambda.list_versions_by_function();
    let mut pages = call.function_name(function).into_paginator().items().send();
    let mut found = Vec::new();
    while let Some(version) = pages.next().await {
        match absent(version.call("lambda:ListVersionsByFunction"))? {
            Some(version) => found.extend(version.version.filter(|it| it != "$LATEST")),
            None => break,
        }
    }
    Ok(found)
}

async fn invocations(aws: &Aws, function: &str) -> Result<Vec<Way>> {
    let call = aws.lambda.list_function_event_invoke_configs();
    let mut pages = call.function_name(function).into_paginator().items().send();
    let mut found = Vec::new();
    while let Some(config) = pages.next().await {
        let Some(config) = absent(config.call("lambda:ListFunctionEventInvokeConfigs"))? else {
            break;
        };
        let destinations = config.destination_config();
        let failed = destinations.and_then(|it| it.on_failure()?.destination());
        let succeeded = destinations.and_then(|it| it.on_success()?.destination());
        found.push(Way::Invocations {
            qualifier: config.function_arn().unwrap_or_default().to_owned(),
            destinations: [failed, succeeded]
                .into_iter()
                .flatten()
                .map(str::to_owned)
                .collect(),
        });
    }
    Ok(found)
}

async fn url(aws: &Aws, function: &str, qualifier: Option<String>) -> Result<Option<Way>> {
    let call = aws.lambda.get_function_url_config().function_name(function);
    let answer = call.set_qualifier(qualifier.clone()).send().await;
    let found = answer.found("lambda:GetFunctionUrlConfig")?;
    Ok(found.map(|found| Way::Url {
        qualifier,
        auth: found.auth_type().as_str().to_owned(),
    }))
}

async fn policy(aws: &Aws, function: &str, qualifier: &str) -> Result<Option<Way>> {
    let call = aws.lambda.get_policy().function_name(function);
    let answer = call.qualifier(qualifier).send().await;
    let text = answer.found("lambda:GetPolicy")?.and_then(|it| it.policy);
    let policy = text.map(|text| Policy::parse(&text)).transpose()?;
    Ok(policy.map(|policy| Way::Qualified {
        qualifier: qualifier.to_owned(),
        policy,
    }))
}

async fn mappings(aws: &Aws, names: &Names) -> Result<Vec<OtherMapping>> {
    let ours = [names.acts_queue(), names.reads_queue()].map(|it| names.queue_arn(&it));
    let all = || aws.lambda.list_event_source_mappings();
    let dead_letters = names.queue_arn(&names.dead_letter_queue());
    let queues = ours.iter().chain([&dead_letters]);
    let mut calls = vec![all().function_name(names.function())];
    calls.extend(queues.map(|queue| all().event_source_arn(queue)));
    let mut found: Vec<OtherMapping> = Vec::new();
    for call in calls {
        let mut pages = call.into_paginator().items().send();
        while let Some(mapping) = pages.next().await {
            let Some(mapping) = absent(mapping.call("lambda:ListEventSourceMappings"))? else {
                break;
            };
            let text = |it: Option<&str>| it.unwrap_or_default().to_owned();
            let mapping = OtherMapping {
                source: text(mapping.event_source_arn()),
                function: text(mapping.function_arn()),
                uuid: text(mapping.uuid()),
            };
            let is_ours =
                mapping.function == names.function_arn() && ours.contains(&mapping.source);
            if !is_ours && !found.iter().any(|it| it.uuid == mapping.uuid) {
                found.push(mapping);
            }
        }
    }
    Ok(found)
}
