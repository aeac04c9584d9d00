//! Who is subscribed to a topic.
//!
//! So that only what rootwatch subscribed is ever unsubscribed, the topic carries a tag for each of those: its mark.

use super::mark;
use super::resource::{Resource, Tags, tag_list};
use super::topic::find_tags;
use crate::aws::Aws;
use crate::aws::consistency::retry_until_consistent;
use crate::aws::error::{AwsError, Call, absent, gone};
use crate::subscription::Subscription;
use crate::work::Work;
use anyhow::{Context, Result};
use aws_sdk_sns::types::Tag;
use futures_util::future::try_join_all;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// What SNS lists as the ARN of a subscription that nobody has confirmed.
const PENDING: &str = "PendingConfirmation";

/// The state of a subscription. A pending one counts as there: subscribing again would only mail the person again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// With the subscription's ARN.
    Confirmed(String),
    Pending,
}

/// All subscriptions of one topic.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Subscriptions {
    /// The topic's.
    #[serde(skip)]
    pub(crate) name: String,
    #[serde(skip)]
    pub(crate) topic_arn: String,
    /// Whether those that are wanted are all: then others that rootwatch made are removed.
    #[serde(skip)]
    pub(crate) is_whole: bool,
    /// Those that are to be removed, whoever made them.
    #[serde(skip)]
    pub(crate) removed: BTreeSet<Subscription>,
    /// Those that are wanted, to be removed, or made by rootwatch while the wanted ones are all; `true` for each.
    pub(crate) subscriptions: BTreeMap<Subscription, bool>,
    /// Those that others made.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) others: BTreeMap<Subscription, bool>,
    /// The state of each found one.
    #[serde(skip)]
    pub(crate) standings: BTreeMap<Subscription, Standing>,
}

impl Subscriptions {
    /// Subscriptions to a topic that are wanted.
    pub(crate) fn wanted(name: String, topic_arn: String, wanted: &[Subscription]) -> Self {
        Self {
            name,
            topic_arn,
            is_whole: true,
            removed: BTreeSet::new(),
            subscriptions: wanted.iter().map(|it| (it.clone(), true)).collect(),
            others: BTreeMap::new(),
            standings: BTreeMap::new(),
        }
    }

    /// All subscriptions of a topic with their states; none when the topic does not exist.
    pub(crate) async fn standings_of(
        aws: &Aws,
        topic_arn: &str,
    ) -> Result<BTreeMap<Subscription, Standing>, AwsError> {
        let all = Self::wanted(String::new(), topic_arn.to_owned(), &[]);
        Ok(all.list(aws).await?.unwrap_or_default())
    }

    async fn list(&self, aws: &Aws) -> Result<Option<BTreeMap<Subscription, Standing>>, AwsError> {
        let mut pages = aws
            .sns
            .list_subscriptions_by_topic()
            .topic_arn(&self.topic_arn)
            .into_paginator()
            .send();
        let mut found = BTreeMap::new();
        while let Some(page) = pages.next().await {
            let Some(page) = absent(page.call("sns:ListSubscriptionsByTopic"))? else {
                return Ok(None);
            };
            found.extend(page.subscriptions().iter().filter_map(read));
        }
        Ok(Some(found))
    }

    /// Sorts what was found into this deployment's subscriptions and those of others.
    fn found(&self, standings: BTreeMap<Subscription, Standing>, tags: &Tags) -> Self {
        let is_marked = |it: &Subscription| tags.contains_key(&mark::key(it));
        // A pending one cannot be removed; SNS drops it after two days.
        let is_removable =
            |it: &Subscription, at: &Standing| *at != Standing::Pending && is_marked(it);
        let is_compared = |it: &Subscription, standing: &Standing| {
            self.subscriptions.contains_key(it)
                || self.is_whole && is_removable(it, standing)
                || *standing != Standing::Pending && self.removed.contains(it)
        };
        let those = |is_one: &dyn Fn(&Subscription, &Standing) -> bool| {
            let ones = standings.iter().filter(|(it, at)| is_one(it, at));
            ones.map(|(it, _)| (it.clone(), true)).collect()
        };
        Self {
            subscriptions: those(&is_compared),
            others: those(&|it, at| !is_compared(it, at) && !is_marked(it)),
            standings: standings.clone(),
            ..self.clone()
        }
    }

    /// Those found that nobody has confirmed and that a list of all does not name.
    pub(super) fn left_pending(&self) -> impl Iterator<Item = &Subscription> {
        let is_list = self.is_whole && !self.subscriptions.is_empty();
        let pending = self.standings.iter().filter(move |(it, at)| {
            is_list && **at == Standing::Pending && !self.subscriptions.contains_key(*it)
        });
        pending.map(|(it, _)| it)
    }

    /// Confirmed subscriptions that are neither configured nor marked, each with its ARN.
    pub(super) async fn others_confirmed(
        &self,
        aws: &Aws,
    ) -> Result<Vec<(Subscription, String)>, AwsError> {
        let Some(standings) = self.list(aws).await? else {
            return Ok(Vec::new());
        };
        let found = self.found(standings, &find_tags(aws, &self.topic_arn).await?);
        let others = found.others.keys();
        Ok(others
            .filter_map(|it| match found.standings.get(it)? {
                Standing::Confirmed(arn) => Some((it.clone(), arn.clone())),
                // SNS drops it after two days, and nobody receives anything by it.
                Standing::Pending => None,
            })
            .collect())
    }

    async fn subscribe(
        &self,
        aws: &Aws,
        work: &Work,
        wanted: &[&Subscription],
        tags: &Tags,
    ) -> Result<()> {
        let mut room = mark::MOST_TAGS.saturating_sub(tags.len());
        // One that is marked already is subscribed again, and the mark says since when.
        let fits = |it: &&&Subscription| {
            let is_new = !tags.contains_key(&mark::key(it));
            let fits = !is_new || room > 0;
            room -= usize::from(is_new && fits);
            fits
        };
        // Marked first: what is marked but not there is subscribed by the next run, what is there but not marked would
        // stay.
        let marked: Vec<_> = wanted.iter().filter(fits).copied().collect();
        self.mark(aws, work, &marked).await?;
        try_join_all(wanted.iter().map(|it| self.subscribe_one(aws, work, it))).await?;
        Ok(())
    }

    async fn subscribe_one(&self, aws: &Aws, work: &Work, it: &Subscription) -> Result<()> {
        let answer = retry_until_consistent(work, async || {
            let call = aws.sns.subscribe().topic_arn(&self.topic_arn);
            let call = call.protocol(&it.protocol).endpoint(&it.endpoint);
            call.send().await.call("sns:Subscribe")
        })
        .await;
        answer.with_context(|| format!("subscribing {it}"))?;
        Ok(())
    }

    async fn mark(&self, aws: &Aws, work: &Work, ours: &[&Subscription]) -> Result<()> {
        if ours.is_empty() {
            return Ok(());
        }
        let now = jiff::Timestamp::now();
        let marks: Tags = ours
            .iter()
            .map(|it| (mark::key(it), mark::value(it, now)))
            .collect();
        let tags = tag_list(&marks, |key, value| {
            Tag::builder().key(key).value(value).build()
        })?;
        retry_until_consistent(work, async || {
            let call = aws.sns.tag_resource().resource_arn(&self.topic_arn);
            let answer = call.set_tags(Some(tags.clone())).send().await;
            answer.call("sns:TagResource")
        })
        .await?;
        Ok(())
    }

    async fn unsubscribe(
        &self,
        aws: &Aws,
        work: &Work,
        surplus: &[(&Subscription, &Standing)],
    ) -> Result<()> {
        for (it, standing) in surplus {
            if let Standing::Confirmed(arn) = standing {
                let answer = retry_until_consistent(work, async || {
                    let call = aws.sns.unsubscribe().subscription_arn(arn);
                    call.send().await.call("sns:Unsubscribe")
                });
                gone(answer.await).with_context(|| format!("unsubscribing {it}"))?;
            }
        }
        if surplus.is_empty() {
            return Ok(());
        }
        let marks: Vec<String> = surplus.iter().map(|(it, _)| mark::key(it)).collect();
        retry_until_consistent(work, async || {
            let call = aws.sns.untag_resource().resource_arn(&self.topic_arn);
            let call = call.set_tag_keys(Some(marks.clone()));
            call.send().await.call("sns:UntagResource")
        })
        .await?;
        Ok(())
    }
}

/// Those of a topic that rootwatch made, confirmed or not.
pub(crate) async fn ours(aws: &Aws, topic_arn: &str) -> Result<Vec<Subscription>, AwsError> {
    let (standings, tags) = tokio::try_join!(
        Subscriptions::standings_of(aws, topic_arn),
        find_tags(aws, topic_arn)
    )?;
    let ours = standings.into_keys();
    Ok(ours
        .filter(|it| tags.contains_key(&mark::key(it)))
        .collect())
}

fn read(entry: &aws_sdk_sns::types::Subscription) -> Option<(Subscription, Standing)> {
    let standing = match entry.subscription_arn()? {
        PENDING => Standing::Pending,
        "Deleted" => return None,
        arn => Standing::Confirmed(arn.to_owned()),
    };
    let subscription = Subscription {
        protocol: entry.protocol().unwrap_or_default().to_owned(),
        endpoint: entry.endpoint().unwrap_or_default().to_owned(),
    };
    Some((subscription, standing))
}

impl Resource for Subscriptions {
    const KIND: &'static str = "subscriptions";
    const FIND: &'static [&'static str] = &["sns:ListSubscriptionsByTopic"];
    const CREATE: &'static [&'static str] = &["sns:TagResource", "sns:Subscribe"];

    fn name(&self) -> &str {
        &self.name
    }

    async fn find(&self, aws: &Aws) -> Result<Option<Self>> {
        let Some(standings) = self.list(aws).await? else {
            return Ok(None);
        };
        // A run that names no subscriber leaves the subscriptions as they are.
        if self.subscriptions.is_empty() && self.removed.is_empty() {
            let unchanged = self.clone();
            return Ok(Some(Self {
                standings,
                ..unchanged
            }));
        }
        // Who owns a subscription matters only when it is not configured.
        let tags = if standings
            .keys()
            .all(|it| self.subscriptions.contains_key(it))
        {
            Tags::new()
        } else {
            find_tags(aws, &self.topic_arn).await?
        };
        Ok(Some(self.found(standings, &tags)))
    }

    async fn create(&self, aws: &Aws, work: &Work) -> Result<()> {
        let wanted: Vec<&Subscription> = self.subscriptions.keys().collect();
        // There was no topic, so the new one has no mark.
        self.subscribe(aws, work, &wanted, &Tags::new()).await
    }

    async fn update(
        &self,
        aws: &Aws,
        work: &Work,
        observed: &Self,
        _: &BTreeSet<&str>,
    ) -> Result<()> {
        let missing: Vec<&Subscription> = self
            .subscriptions
            .keys()
            .filter(|it| !observed.subscriptions.contains_key(it))
            .collect();
        let surplus: Vec<(&Subscription, &Standing)> = observed
            .standings
            .iter()
            .filter(|(it, _)| {
                observed.subscriptions.contains_key(it) && !self.subscriptions.contains_key(it)
            })
            .collect();
        if !missing.is_empty() {
            let tags = find_tags(aws, &self.topic_arn).await?;
            self.subscribe(aws, work, &missing, &tags).await?;
        }
        self.unsubscribe(aws, work, &surplus).await
    }

    fn is_wanted(&self) -> bool {
        !self.subscriptions.is_empty()
    }

    /// SNS removes a topic's subscriptions with the topic.
    async fn delete(&self, _: &Aws, _: &Work) -> Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn email(endpoint: &str) -> Subscription {
        Subscription {
            protocol: "email".into(),
            endpoint: endpoint.into(),
        }
    }

    #[test]
    fn found_subscriptions_are_ours_when_wanted_or_marked_and_confirmed() {
        let wanted = Subscriptions::wanted("t".into(), "arn".into(), &[email("wanted")]);
        let confirmed = || Standing::Confirmed("arn:x".into());
        let standings = BTreeMap::from([
            (email("wanted"), Standing::Pending),
            (email("left"), confirmed()),
            (email("left-pending"), Standing::Pending),
            (email("theirs"), confirmed()),
        ]);
        let tags = [email("left"), email("left-pending")]
            .iter()
            .map(|it| (mark::key(it), String::new()))
            .collect();
        let found = wanted.found(standings, &tags);
        let names = |map: &BTreeMap<Subscription, bool>| -> Vec<String> {
            map.keys().map(|it| it.endpoint.clone()).collect()
        };
        assert_eq!(names(&found.subscriptions), ["left", "wanted"]);
        let left: Vec<String> = found.left_pending().map(ToString::to_string).collect();
        assert_eq!(left, ["email left-pending"]);
        // What rootwatch subscribed itself is nobody else's, though it can no longer be removed.
        assert_eq!(names(&found.others), ["theirs"]);
    }
}
