//! Who hears what a topic says.

use super::resource::Resource;
use crate::aws::Aws;
use crate::aws::error::{AwsError, Call, absent};
use crate::config::Subscription;
use crate::progress::Progress;
use anyhow::{Context, Result};
use futures_util::future::try_join_all;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// What SNS lists as the ARN of a subscription that nobody has confirmed.
const PENDING: &str = "PendingConfirmation";

/// Where a subscription stands. A pending one is there too: subscribing again would only mail the person again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    Confirmed,
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
    /// By protocol and endpoint; `true` for each that is there.
    pub(crate) subscriptions: BTreeMap<Subscription, bool>,
    /// Where each found one stands.
    #[serde(skip)]
    pub(crate) standings: BTreeMap<Subscription, Standing>,
}

impl Subscriptions {
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
            for entry in page.subscriptions() {
                let standing = match entry.subscription_arn() {
                    Some(PENDING) => Standing::Pending,
                    Some("Deleted") => continue,
                    _ => Standing::Confirmed,
                };
                found.insert(
                    Subscription {
                        protocol: entry.protocol().unwrap_or_default().to_owned(),
                        endpoint: entry.endpoint().unwrap_or_default().to_owned(),
                    },
                    standing,
                );
            }
        }
        Ok(Some(found))
    }

    async fn subscribe(&self, aws: &Aws, wanted: &Subscription) -> Result<()> {
        aws.sns
            .subscribe()
            .topic_arn(&self.topic_arn)
            .protocol(&wanted.protocol)
            .endpoint(&wanted.endpoint)
            .send()
            .await
            .call("sns:Subscribe")
            .with_context(|| format!("subscribing {wanted}"))?;
        Ok(())
    }
}

impl Resource for Subscriptions {
    const KIND: &'static str = "subscriptions";
    const FIND: &'static [&'static str] = &["sns:ListSubscriptionsByTopic"];
    const CREATE: &'static [&'static str] = &["sns:Subscribe"];

    fn name(&self) -> &str {
        &self.name
    }

    async fn find(&self, aws: &Aws) -> Result<Option<Self>> {
        let found = self.list(aws).await?;
        Ok(found.map(|standings| Self {
            subscriptions: standings.keys().map(|key| (key.clone(), true)).collect(),
            standings,
            ..self.clone()
        }))
    }

    async fn create(&self, aws: &Aws, _: &Progress) -> Result<()> {
        try_join_all(
            self.subscriptions
                .keys()
                .map(|wanted| self.subscribe(aws, wanted)),
        )
        .await?;
        Ok(())
    }

    async fn update(
        &self,
        aws: &Aws,
        _: &Progress,
        observed: &Self,
        _: &BTreeSet<&str>,
    ) -> Result<()> {
        for wanted in self.subscriptions.keys() {
            if !observed.subscriptions.contains_key(wanted) {
                self.subscribe(aws, wanted).await?;
            }
        }
        Ok(())
    }

    /// SNS removes a topic's subscriptions with the topic.
    async fn delete(&self, _: &Aws, _: &Progress) -> Result<()> {
        Ok(())
    }
}
