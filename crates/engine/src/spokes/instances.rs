//! The StackSet's instances: one stack in one account and region each. There may be 100,000.

use super::{Location, Place};
use crate::aws::error::{AwsError, Call};
use crate::words::one_line;
use aws_sdk_cloudformation::types as sdk;
use futures_util::stream::{self, StreamExt, TryStreamExt};
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;

/// Regions that are listed concurrently. More would only be throttled.
const LISTERS: usize = 20;

/// The state of an instance. Small, since there are many.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Instance {
    /// `CURRENT`, `OUTDATED` or `INOPERABLE`.
    pub(crate) status: Arc<str>,
    /// AWS's detailed status, `SUCCEEDED`, `FAILED`, `SKIPPED_SUSPENDED_ACCOUNT` and the like.
    pub(crate) detail: Arc<str>,
    /// Why, when AWS says so.
    pub(crate) reason: Option<Box<str>>,
    /// The unit that it was made for.
    pub(crate) unit: Arc<str>,
    /// Id of the last operation on it.
    pub(crate) operation: Arc<str>,
    /// Whether it has a stack: where AWS has left the account out from the beginning, it has none.
    pub(crate) has_stack: bool,
}

impl Instance {
    /// Whether the stack is as the StackSet says.
    pub(crate) fn is_current(&self) -> bool {
        &*self.status == "CURRENT"
    }

    /// Whether a deletion failed: AWS leaves such a stack out of every update (CloudFormation API Reference,
    /// StackInstance).
    pub(crate) fn is_inoperable(&self) -> bool {
        &*self.status == "INOPERABLE"
    }

    /// Whether AWS left the account out because it is suspended.
    pub(crate) fn is_skipped(&self) -> bool {
        &*self.detail == "SKIPPED_SUSPENDED_ACCOUNT"
    }
}

/// All instances of a StackSet, by region and account.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Instances(BTreeMap<String, BTreeMap<String, Instance>>);

impl Instances {
    /// The instance in an account's region.
    pub(crate) fn get(&self, account: &str, region: &str) -> Option<&Instance> {
        self.0.get(region)?.get(account)
    }

    /// The instance in a location.
    pub(crate) fn at(&self, location: &Location) -> Option<&Instance> {
        self.get(&location.account, &location.region)
    }

    /// Adds one.
    pub(crate) fn insert(&mut self, location: Location, instance: Instance) {
        let region = self.0.entry(location.region).or_default();
        region.insert(location.account, instance);
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.0.values().map(BTreeMap::len).sum()
    }

    /// The regions that hold one, in order.
    pub(crate) fn regions(&self) -> impl Iterator<Item = &String> {
        self.0.keys()
    }

    /// Region, account and instance, one after the other.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &str, &Instance)> {
        self.0.iter().flat_map(|(region, accounts)| {
            accounts
                .iter()
                .map(move |(account, instance)| (region.as_str(), account.as_str(), instance))
        })
    }

    /// Where each instance is, with the instance.
    pub(crate) fn locations(&self) -> impl Iterator<Item = (Location, &Instance)> {
        self.iter().map(|(region, account, instance)| {
            let location = Location {
                account: account.to_owned(),
                region: region.to_owned(),
            };
            (location, instance)
        })
    }

    /// The accounts that have at least one instance.
    pub(crate) fn accounts(&self) -> BTreeSet<&str> {
        self.iter().map(|(_, account, _)| account).collect()
    }

    /// Those of them in which somebody may act: AWS leaves out the suspended ones.
    pub(crate) fn active_accounts(&self) -> BTreeSet<&str> {
        let active = self.iter().filter(|(.., instance)| !instance.is_skipped());
        active.map(|(_, account, _)| account).collect()
    }
}

/// Reads all instances, one lister a region side by side; a single one where the regions are not known.
pub(crate) async fn list(
    place: &Place<'_>,
    stack_set: &str,
    regions: &BTreeSet<String>,
) -> Result<Instances, AwsError> {
    if regions.is_empty() {
        return list_some(place, stack_set, None, None).await;
    }
    stream::iter(regions)
        .map(|region| list_some(place, stack_set, Some(region), None))
        .buffer_unordered(LISTERS)
        .try_fold(Instances::default(), async |mut all, some| {
            all.0.extend(some.0);
            Ok(all)
        })
        .await
}

/// Reads the instances in some accounts alone; `None` where there is no such StackSet.
pub(crate) async fn of_accounts(
    place: &Place<'_>,
    stack_set: &str,
    accounts: &[String],
) -> Result<Option<Instances>, AwsError> {
    let mut all = Instances::default();
    for account in accounts {
        match list_some(place, stack_set, None, Some(account)).await {
            Err(error) if error.is_not_found() => return Ok(None),
            some => {
                let some = some?;
                some.locations()
                    .for_each(|(location, it)| all.insert(location, it.clone()));
            }
        }
    }
    Ok(Some(all))
}

async fn list_some(
    place: &Place<'_>,
    stack_set: &str,
    region: Option<&String>,
    account: Option<&String>,
) -> Result<Instances, AwsError> {
    let mut pages = place
        .aws
        .cloudformation
        .list_stack_instances()
        .stack_set_name(stack_set)
        .set_stack_instance_region(region.cloned())
        .set_stack_instance_account(account.cloned())
        .call_as(place.call_as.clone())
        .into_paginator()
        .items()
        .send();
    let mut words = Words::default();
    let mut all = Instances::default();
    while let Some(summary) = pages.next().await {
        let summary = summary.call("cloudformation:ListStackInstances")?;
        let location = Location {
            account: summary.account().unwrap_or_default().to_owned(),
            region: summary.region().unwrap_or_default().to_owned(),
        };
        all.insert(location, words.instance(&summary));
    }
    Ok(all)
}

/// Each of the few strings that many instances share, once.
#[derive(Default)]
struct Words(HashSet<Arc<str>>);

impl Words {
    fn instance(&mut self, summary: &sdk::StackInstanceSummary) -> Instance {
        let detail = summary
            .stack_instance_status()
            .and_then(|status| status.detailed_status());
        Instance {
            status: self.word(summary.status().map_or("", |status| status.as_str())),
            detail: self.word(detail.map_or("", |detail| detail.as_str())),
            reason: summary.status_reason().map(|it| one_line(it).into()),
            unit: self.word(summary.organizational_unit_id().unwrap_or_default()),
            operation: self.word(summary.last_operation_id().unwrap_or_default()),
            has_stack: summary.stack_id().is_some_and(|id| !id.is_empty()),
        }
    }

    fn word(&mut self, text: &str) -> Arc<str> {
        if let Some(known) = self.0.get(text) {
            return known.clone();
        }
        let word: Arc<str> = text.into();
        self.0.insert(word.clone());
        word
    }
}
