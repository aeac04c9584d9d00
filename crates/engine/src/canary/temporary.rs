//! What one test makes and removes again: a queue, a rule that sends it this run's canaries, and a subscription that
//! sends it the topic's messages about them.
//!
//! The queue is created first and removed last: after any failure in between, a later run finds the rest by it.

use super::UNTIL_TAG;
use crate::aws::Aws;
use crate::aws::consistency::retry_until_consistent;
use crate::aws::error::{AwsError, Call, gone};
use crate::hub::desired::Wanted;
use crate::hub::not_default::NotDefault;
use crate::hub::pattern;
use crate::hub::queue::Queue;
use crate::hub::resource::{Resource, Tags};
use crate::hub::rule::Rule;
use crate::hub::targets::Target;
use crate::names::Names;
use crate::work::Work;
use anyhow::Result;
use aws_sdk_eventbridge::types::RuleState;
use rootwatch_eval::Policy;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

const TARGET_ID: &str = "test";
/// Seconds, in which what is received is deleted.
const VISIBILITY: u64 = 15;

/// The temporary resources of one run, by their one name.
pub(crate) struct Temporary<'a> {
    aws: &'a Aws,
    names: &'a Names,
    /// Name of the queue and of the rule.
    pub(crate) name: String,
    /// The tags of everything of this deployment.
    tags: Tags,
    /// The KMS key of all queues of this deployment, where one is demanded.
    kms_key: Option<String>,
    /// ARN of the subscription, once SNS has returned it: a list may not show it yet when it has to be removed.
    subscription: OnceLock<String>,
}

impl<'a> Temporary<'a> {
    /// Those of a run; nothing is created yet.
    pub(crate) fn of_run(aws: &'a Aws, wanted: &'a Wanted, run: &str) -> Self {
        Self {
            tags: wanted.tags(),
            kms_key: wanted.queue_kms_key.clone(),
            ..Self::named(aws, &wanted.names, wanted.names.test(run))
        }
    }

    /// Those of this name, which another run made.
    pub(crate) fn named(aws: &'a Aws, names: &'a Names, name: String) -> Self {
        Self {
            aws,
            names,
            name,
            tags: Tags::new(),
            kms_key: None,
            subscription: OnceLock::new(),
        }
    }

    fn queue_arn(&self) -> String {
        self.names.queue_arn(&self.name)
    }

    pub(super) fn topic_arn(&self) -> String {
        self.names.topic_arn(&self.names.alerts_topic())
    }

    /// What may exist, as text.
    pub(crate) fn words(&self) -> String {
        format!(
            "queue {0}, rule {0} on bus {1}, and the queue's subscription to topic {2}",
            self.name,
            self.names.bus(),
            self.names.alerts_topic()
        )
    }

    /// Creates them, and returns the queue's URL. `until` is the second after which another run may remove them.
    pub(crate) async fn make(&self, run: &str, until: i64, work: &Work) -> Result<String> {
        work.leaves(Some(format!(
            "{}; the next `rootwatch test` removes them once their time is over",
            self.words()
        )));
        let task = work.of("temporary queue, rule and subscription");
        let mut tags = self.tags.clone();
        tags.insert(UNTIL_TAG.into(), until.to_string());
        let url = self.queue(tags.clone()).make(self.aws, &task).await?;
        work.stop().check()?;
        self.rule(run, tags).create(self.aws, &task).await?;
        work.stop().check()?;
        self.subscribe(&task).await?;
        task.done("made");
        Ok(url)
    }

    fn queue(&self, tags: Tags) -> Queue {
        Queue {
            name: self.name.clone(),
            message_retention_period: Some(3600),
            not_default: NotDefault::new(),
            policy: self.queue_policy(&self.names.rule_arn(&self.name)),
            redrive: None,
            kms_key: self.kms_key.clone(),
            sqs_managed_sse: self.kms_key.is_none(),
            tags,
            // What was received with an answer that got lost comes again.
            visibility_timeout: Some(VISIBILITY),
            depth: None,
            in_flight: None,
        }
    }

    fn rule(&self, run: &str, tags: Tags) -> Rule {
        let target = Target {
            arn: self.queue_arn(),
            dead_letter_queue: None,
            input: None,
            maximum_event_age: None,
            maximum_retry_attempts: None,
            not_default: NotDefault::new(),
            role: None,
        };
        Rule {
            name: self.name.clone(),
            arn: self.names.rule_arn(&self.name),
            bus: self.names.bus(),
            description: "Temporary: the canaries of one `rootwatch test`".into(),
            event_pattern: pattern::canaries(run),
            not_default: NotDefault::new(),
            state: RuleState::Enabled.as_str().to_owned(),
            tags,
            targets: BTreeMap::from([(TARGET_ID.to_owned(), target)]),
        }
    }

    /// This rule and this topic may send to it, and nobody else.
    fn queue_policy(&self, rule: &str) -> Policy {
        let statement = |service: &str, source: &str| {
            json!({
                "Effect": "Allow",
                "Principal": {"Service": service},
                "Action": "sqs:SendMessage",
                "Resource": self.queue_arn(),
                "Condition": {"ArnEquals": {"aws:SourceArn": source}},
            })
        };
        Policy::of([
            ("RootwatchTestRule", statement("events.amazonaws.com", rule)),
            (
                "RootwatchTopic",
                statement("sns.amazonaws.com", &self.topic_arn()),
            ),
        ])
    }

    /// For canaries alone. Until SNS applies the filter everywhere other messages may arrive, which the reader skips.
    async fn subscribe(&self, work: &Work) -> Result<(), AwsError> {
        let filter = json!({"activity": ["canary"]}).to_string();
        let answer = retry_until_consistent(work, async || {
            let call = self.aws.sns.subscribe().topic_arn(self.topic_arn());
            let call = call.protocol("sqs").endpoint(self.queue_arn());
            let call = call.attributes("FilterPolicy", &filter);
            let answer = call.return_subscription_arn(true).send().await;
            answer.call("sns:Subscribe")
        })
        .await?;
        if let Some(arn) = answer.subscription_arn {
            self.subscription.get_or_init(|| arn);
        }
        Ok(())
    }

    /// Removes all of it that is there. The queue stays when something else could not be removed, so that the next run
    /// finds that by it.
    pub(crate) async fn remove(&self, work: &Work) -> Result<()> {
        let rule = self.rule("", Tags::new());
        let (rule, subscription) =
            tokio::join!(rule.delete(self.aws, work), self.unsubscribe(work));
        rule?;
        subscription?;
        self.queue(Tags::new()).delete(self.aws, work).await
    }

    /// Found by its queue too: its ARN may have been lost with a call's response.
    async fn unsubscribe(&self, work: &Work) -> Result<(), AwsError> {
        let call = self.aws.sns.list_subscriptions_by_topic();
        let mut pages = call.topic_arn(self.topic_arn()).into_paginator().send();
        let mut arns: BTreeSet<String> = self.subscription.get().cloned().into_iter().collect();
        while let Some(page) = pages.next().await {
            let page = match page.call("sns:ListSubscriptionsByTopic") {
                Err(error) if error.is_not_found() => return Ok(()),
                page => page?,
            };
            let all = page.subscriptions.unwrap_or_default();
            let ours = all
                .into_iter()
                .filter(|it| it.endpoint() == Some(self.queue_arn().as_str()));
            arns.extend(ours.filter_map(|it| it.subscription_arn));
        }
        // A pending or deleted one has a status in place of its ARN.
        for arn in arns.into_iter().filter(|arn| arn.starts_with("arn:")) {
            let answer = retry_until_consistent(work, async || {
                let call = self.aws.sns.unsubscribe().subscription_arn(&arn);
                call.send().await.call("sns:Unsubscribe")
            });
            gone(answer.await)?;
        }
        Ok(())
    }
}
