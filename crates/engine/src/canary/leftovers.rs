//! What a test that was killed left behind.

use super::UNTIL_TAG;
use super::temporary::Temporary;
use crate::aws::Aws;
use crate::aws::error::{AwsError, Call, absent};
use crate::aws::pages::next_page;
use crate::names::{DEPLOYMENT_TAG, Names};
use crate::work::Work;
use anyhow::{Context, Result};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Removes what tests of this deployment left: what has expired, or all of it.
///
/// A queue or rule whose name looks like a test's but that lacks our tags is somebody else's, and stays.
pub(crate) async fn remove(aws: &Aws, names: &Names, all: bool, work: &Work) -> Result<()> {
    let now = jiff::Timestamp::now().as_second();
    let (queues, rules) = tokio::try_join!(queues(aws, names), rules(aws, names))?;
    let mut left: BTreeMap<String, i64> = rules;
    left.extend(queues);
    let over: BTreeSet<String> = left
        .into_iter()
        .filter(|(_, until)| all || *until < now)
        .map(|(name, _)| name)
        .collect();
    for name in over {
        let temporary = Temporary::named(aws, names, name);
        let found = temporary.remove(work).await;
        found.with_context(|| {
            format!("removing what an earlier test left: {}", temporary.words())
        })?;
        work.message(&format!(
            "Removed what an earlier test left: {}.",
            temporary.name
        ));
    }
    Ok(())
}

/// Until when a test needs what carries these tags; nothing when they are not a test's of this deployment.
fn until(tags: &HashMap<String, String>, names: &Names) -> Option<i64> {
    let ours = tags.get(DEPLOYMENT_TAG) == Some(&names.deployment);
    tags.get(UNTIL_TAG).filter(|_| ours)?.parse().ok()
}

async fn queues(aws: &Aws, names: &Names) -> Result<BTreeMap<String, i64>, AwsError> {
    let call = aws.sqs.list_queues().queue_name_prefix(names.test(""));
    let mut pages = call.max_results(1000).into_paginator().send();
    let mut found = BTreeMap::new();
    while let Some(page) = pages.next().await {
        for url in page.call("sqs:ListQueues")?.queue_urls.unwrap_or_default() {
            let answer = aws.sqs.list_queue_tags().queue_url(&url).send().await;
            let tags = answer
                .found("sqs:ListQueueTags")?
                .and_then(|answer| answer.tags);
            let name = url.rsplit('/').next().unwrap_or_default().to_owned();
            found.extend(until(&tags.unwrap_or_default(), names).map(|until| (name, until)));
        }
    }
    Ok(found)
}

async fn rules(aws: &Aws, names: &Names) -> Result<BTreeMap<String, i64>, AwsError> {
    let mut found = BTreeMap::new();
    let mut token = None;
    loop {
        let call = aws.eventbridge.list_rules().event_bus_name(names.bus());
        let call = call
            .name_prefix(names.test(""))
            .set_next_token(token.clone());
        let Some(page) = absent(call.send().await.call("events:ListRules"))? else {
            return Ok(found);
        };
        for rule in page.rules() {
            let (name, arn) = (
                rule.name().unwrap_or_default(),
                rule.arn().unwrap_or_default(),
            );
            let answer = aws
                .eventbridge
                .list_tags_for_resource()
                .resource_arn(arn)
                .send()
                .await;
            let answer = answer.found("events:ListTagsForResource")?;
            let tags = answer.iter().flat_map(|answer| answer.tags());
            let tags = tags
                .map(|tag| (tag.key().to_owned(), tag.value().to_owned()))
                .collect();
            found.extend(until(&tags, names).map(|until| (name.to_owned(), until)));
        }
        token = next_page("events:ListRules", token.as_deref(), page.next_token)?;
        if token.is_none() {
            return Ok(found);
        }
    }
}
