//! What one test makes and removes again: a queue, a rule that sends it this run's canaries, and a subscription that
//! sends it the topic's messages about them.
//!
//! The queue is created first and removed last: after any failure in between, a later run finds the rest by it.

use super::UNTIL_TAG;
use crate::aws::Aws;
use crate::aws::error::{AwsError, Call, gone};
use crate::hub::pattern;
use crate::names::{DEPLOYMENT_TAG, Names};
use crate::work::Work;
use anyhow::Result;
use aws_sdk_eventbridge::types::{RuleState, Tag, Target};
use aws_sdk_sqs::types::QueueAttributeName;
use rootwatch_eval::Policy;
use serde_json::json;
use std::collections::{BTreeSet, HashMap};
use std::sync::OnceLock;

const TARGET_ID: &str = "test";

/// The temporary resources of one run, by their one name.
pub(crate) struct Temporary<'a> {
    aws: &'a Aws,
    names: &'a Names,
    /// Name of the queue and of the rule.
    pub(crate) name: String,
    /// ARN of the subscription, once SNS has returned it: a list may not show it yet when it has to be removed.
    subscription: OnceLock<String>,
}

impl<'a> Temporary<'a> {
    /// Those of a run; nothing is created yet.
    pub(crate) fn of_run(aws: &'a Aws, names: &'a Names, run: &str) -> Self {
        Self::named(aws, names, names.test(run))
    }

    /// Those of this name, which another run made.
    pub(crate) fn named(aws: &'a Aws, names: &'a Names, name: String) -> Self {
        Self {
            aws,
            names,
            name,
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
        let url = self.make_queue(until).await?;
        work.stop().check()?;
        self.make_rule(run, until).await?;
        work.stop().check()?;
        self.subscribe().await?;
        task.done("made");
        Ok(url)
    }

    async fn make_queue(&self, until: i64) -> Result<String, AwsError> {
        let rule = self.names.rule_arn(&self.name);
        let attributes = HashMap::from([
            (
                QueueAttributeName::Policy,
                self.queue_policy(&rule).document(),
            ),
            (QueueAttributeName::SqsManagedSseEnabled, "true".to_owned()),
            (
                QueueAttributeName::MessageRetentionPeriod,
                "3600".to_owned(),
            ),
        ]);
        let call = self.aws.sqs.create_queue().queue_name(&self.name);
        let call = call.set_attributes(Some(attributes));
        let call = call.tags(DEPLOYMENT_TAG, &self.names.deployment);
        let answer = call.tags(UNTIL_TAG, until.to_string()).send().await;
        let url = answer.call("sqs:CreateQueue")?.queue_url;
        url.ok_or_else(|| AwsError::incomplete("sqs:CreateQueue", "QueueUrl"))
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

    async fn make_rule(&self, run: &str, until: i64) -> Result<()> {
        let tags = [
            (DEPLOYMENT_TAG, self.names.deployment.clone()),
            (UNTIL_TAG, until.to_string()),
        ];
        let mut rule = self
            .aws
            .eventbridge
            .put_rule()
            .name(&self.name)
            .event_bus_name(self.names.bus())
            .description("Temporary: the canaries of one `rootwatch test`")
            .event_pattern(pattern::canaries(run).to_string())
            .state(RuleState::Enabled);
        for (key, value) in tags {
            rule = rule.tags(Tag::builder().key(key).value(value).build()?);
        }
        rule.send().await.call("events:PutRule")?;
        let target = Target::builder()
            .id(TARGET_ID)
            .arn(self.queue_arn())
            .build()?;
        let call = self.aws.eventbridge.put_targets().rule(&self.name);
        let call = call.event_bus_name(self.names.bus()).targets(target);
        let answer = call.send().await.call("events:PutTargets")?;
        match answer.failed_entries().first() {
            None => Ok(()),
            Some(failed) => Err(AwsError {
                operation: "events:PutTargets",
                code: failed.error_code().unwrap_or("UnknownError").to_owned(),
                message: failed
                    .error_message()
                    .unwrap_or("AWS gave no message")
                    .to_owned(),
                request_id: None,
            }
            .into()),
        }
    }

    /// For canaries alone. Until SNS applies the filter everywhere other messages may arrive, which the reader skips.
    async fn subscribe(&self) -> Result<(), AwsError> {
        let call = self.aws.sns.subscribe().topic_arn(self.topic_arn());
        let call = call.protocol("sqs").endpoint(self.queue_arn());
        let filter = json!({"activity": ["canary"]}).to_string();
        let call = call
            .attributes("FilterPolicy", filter)
            .return_subscription_arn(true);
        let answer = call.send().await.call("sns:Subscribe")?;
        if let Some(arn) = answer.subscription_arn {
            self.subscription.get_or_init(|| arn);
        }
        Ok(())
    }

    /// Removes all of it that is there. The queue stays when something else could not be removed, so that the next run
    /// finds that by it.
    pub(crate) async fn remove(&self) -> Result<()> {
        let (rule, subscription) = tokio::join!(self.remove_rule(), self.unsubscribe());
        rule?;
        subscription?;
        let queue = self
            .aws
            .sqs
            .get_queue_url()
            .queue_name(&self.name)
            .send()
            .await;
        let found = queue.found("sqs:GetQueueUrl")?;
        if let Some(url) = found.and_then(|answer| answer.queue_url) {
            let answer = self.aws.sqs.delete_queue().queue_url(url).send().await;
            gone(answer.call("sqs:DeleteQueue"))?;
        }
        Ok(())
    }

    async fn remove_rule(&self) -> Result<(), AwsError> {
        let (client, bus) = (&self.aws.eventbridge, self.names.bus());
        let call = client
            .remove_targets()
            .rule(&self.name)
            .event_bus_name(&bus);
        gone(
            call.ids(TARGET_ID)
                .send()
                .await
                .call("events:RemoveTargets"),
        )?;
        let call = client.delete_rule().name(&self.name).event_bus_name(&bus);
        gone(call.send().await.call("events:DeleteRule"))
    }

    /// Found by its queue too: its ARN may have been lost with a call's response.
    async fn unsubscribe(&self) -> Result<(), AwsError> {
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
            let answer = self
                .aws
                .sns
                .unsubscribe()
                .subscription_arn(arn)
                .send()
                .await;
            gone(answer.call("sns:Unsubscribe"))?;
        }
        Ok(())
    }
}
