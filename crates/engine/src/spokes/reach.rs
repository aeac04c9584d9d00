//! Stack instances that StackSets cannot reach: their accounts are suspended or gone, or have turned the region off.
//!
//! Such an instance can only be removed with RetainStacks, which leaves its stack where it is (AWS Knowledge Center,
//! "How do I delete a stack instance … in a closed or suspended AWS account?").

use super::instances::{Instance, Instances};
use super::organization::{self, Account};
use super::regions::Off;
use super::{Location, Observed, Place, regions};
use crate::aws::Aws;
use crate::aws::error::{AwsError, Call};
use anyhow::{Context, Result};
use futures_util::stream::{self, StreamExt, TryStreamExt};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// Accounts whose stacks are looked up concurrently.
const ASKED: usize = 10;

/// Why an instance is out of reach.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Why {
    /// The account is suspended; a closed one is for 90 days (AWS Account Management Reference Guide, "Close an AWS
    /// account").
    Suspended,
    /// The account is no longer in the organization.
    Left,
    /// The account has turned the region off.
    RegionOff,
}

impl Why {
    /// What follows the account in a sentence.
    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::Suspended => "is suspended or closed",
            Self::Left => "is no longer in the organization",
            Self::RegionOff => "has turned the region off",
        }
    }
}

/// What is known of accounts and their regions.
#[derive(Debug, Default)]
pub(crate) struct Reach {
    /// The organization's accounts, or why these credentials may not list them.
    accounts: Option<Result<BTreeMap<String, Account>, String>>,
    /// Regions that accounts have turned off.
    off: Off,
}

impl Reach {
    /// Looks up the accounts, if any instance is there, and the regions in which an instance is not up to date.
    pub(crate) async fn find(aws: &Aws, instances: &Instances) -> Result<Self> {
        if instances.len() == 0 {
            return Ok(Self::default());
        }
        let accounts = match organization::accounts(aws).await {
            Ok(found) => Ok(found.into_iter().map(|it| (it.id.clone(), it)).collect()),
            Err(error) => Err(refused(error).context("reading the organization's accounts")?),
        };
        let off = turned_off(aws, instances).await?;
        Ok(Self {
            accounts: Some(accounts),
            off,
        })
    }

    /// Why it is not known which accounts have turned a region off.
    pub(crate) fn off_unknown(&self) -> Option<String> {
        self.off.unknown()
    }

    /// Why it is not known which accounts are out of reach.
    pub(crate) fn unknown(&self) -> Option<&str> {
        let answer = self.accounts.as_ref()?.as_ref();
        answer.err().map(String::as_str)
    }

    /// The account's name, where it is known.
    pub(crate) fn name(&self, account: &str) -> Option<&str> {
        Some(self.account(account)?.name.as_str())
    }

    fn account(&self, account: &str) -> Option<&Account> {
        self.accounts.as_ref()?.as_ref().ok()?.get(account)
    }

    /// Why an instance is out of reach, if it is.
    pub(crate) fn why(&self, location: &Location, instance: &Instance) -> Option<Why> {
        let is_listed = matches!(self.accounts, Some(Ok(_)));
        match self.account(&location.account) {
            Some(account) if !account.active => Some(Why::Suspended),
            None if is_listed => Some(Why::Left),
            // AWS's status, where Organizations may not be asked.
            None if instance.is_skipped() => Some(Why::Suspended),
            _ => self
                .off
                .locations
                .contains(location)
                .then_some(Why::RegionOff),
        }
    }
}

/// The denial in an error, as text; any other error is returned.
fn refused(error: anyhow::Error) -> Result<String> {
    match error.downcast_ref::<AwsError>() {
        Some(refusal) if refusal.is_denied() => Ok(refusal.to_string()),
        _ => Err(error),
    }
}

async fn turned_off(aws: &Aws, instances: &Instances) -> Result<Off> {
    if instances
        .iter()
        .all(|(_, _, instance)| instance.is_current())
    {
        return Ok(Off::default());
    }
    let enabled = match organization::enabled_regions(aws).await {
        Ok(enabled) => enabled,
        // Then nothing counts as off.
        Err(error) if error.is_denied() => {
            return Ok(Off {
                denied: Some(error.to_string()),
                ..Off::default()
            });
        }
        Err(error) => return Err(error).context("reading which regions are turned on"),
    };
    let suspects = regions::suspects(instances, &enabled);
    let off = regions::turned_off(aws, suspects).await;
    off.context("reading which regions accounts have turned off")
}

/// The accounts below each unit that instances name, or AWS's reason why these credentials may not list them.
pub(crate) async fn beneath(
    aws: &Aws,
    left: &Observed,
) -> Result<Result<BTreeMap<String, BTreeSet<String>>, String>> {
    match organization::beneath(aws, left.targets().keys()).await {
        Err(error) if error.is_denied() => Ok(Err(error.to_string())),
        Err(error) => Err(error).context("reading the accounts of the organizational units"),
        Ok(found) => Ok(Ok(found)),
    }
}

/// An instance that is out of reach, or that cannot be removed.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Stuck {
    /// Its account and region.
    #[serde(flatten)]
    pub location: Location,
    /// The account's name, where it is known.
    pub name: Option<String>,
    /// `None` where the account and the region can be reached.
    pub why: Option<Why>,
    /// The stack's name; `None` where there never was one.
    pub stack: Option<String>,
}

impl Stuck {
    /// What removes the stack, by the account's own credentials.
    pub fn command(&self) -> Option<String> {
        let stack = self.stack.as_ref()?;
        let region = &self.location.region;
        Some(format!(
            "aws cloudformation delete-stack --region {region} --stack-name {stack}"
        ))
    }
}

/// Some instances with their stacks, in order: those that are `wanted`, by why they are out of reach.
pub(crate) async fn stuck(
    place: &Place<'_>,
    stack_set: &str,
    reach: &Reach,
    instances: &Instances,
    wanted: fn(Option<Why>) -> bool,
) -> Result<Vec<Stuck>> {
    let found = instances.locations();
    let found = found.map(|(location, it)| (location.clone(), reach.why(&location, it)));
    let found = found.filter(|(_, why)| wanted(*why));
    with_stacks(place, stack_set, reach, found.collect()).await
}

async fn with_stacks(
    place: &Place<'_>,
    stack_set: &str,
    reach: &Reach,
    locations: BTreeMap<Location, Option<Why>>,
) -> Result<Vec<Stuck>> {
    let accounts: BTreeSet<String> = locations
        .keys()
        .map(|location| location.account.clone())
        .collect();
    let found: Vec<Vec<(Location, String)>> = stream::iter(accounts)
        .map(async |account| stacks_of(place, stack_set, &account).await)
        .buffer_unordered(ASKED)
        .try_collect()
        .await
        .with_context(|| format!("reading the stacks of the StackSet {stack_set}"))?;
    let mut stacks: BTreeMap<Location, String> = found.into_iter().flatten().collect();
    let stuck = locations.into_iter().map(|(location, why)| Stuck {
        name: reach.name(&location.account).map(str::to_owned),
        stack: stacks.remove(&location),
        location,
        why,
    });
    Ok(stuck.collect())
}

async fn stacks_of(
    place: &Place<'_>,
    stack_set: &str,
    account: &str,
) -> Result<Vec<(Location, String)>, AwsError> {
    let call = place.aws.cloudformation.list_stack_instances();
    let call = call
        .stack_set_name(stack_set)
        .stack_instance_account(account)
        .call_as(place.call_as.clone());
    let mut pages = call.into_paginator().items().send();
    let mut found = Vec::new();
    while let Some(instance) = pages.next().await {
        let instance = instance.call("cloudformation:ListStackInstances")?;
        let location = Location::of(account, instance.region().unwrap_or_default());
        found.extend(instance.stack_id().map(|id| (location, stack_name(id))));
    }
    Ok(found)
}

/// `arn:…:stack/NAME/ID`.
fn stack_name(id: &str) -> String {
    id.split('/').nth(1).unwrap_or(id).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account(id: &str, active: bool) -> (String, Account) {
        let account = Account {
            id: id.into(),
            name: String::new(),
            active,
            unit: "ou".into(),
        };
        (id.to_owned(), account)
    }

    fn instance(detail: &str) -> Instance {
        Instance {
            status: "OUTDATED".into(),
            detail: detail.into(),
            reason: None,
            unit: "ou".into(),
            operation: "".into(),
            has_stack: true,
        }
    }

    #[test]
    fn out_of_reach_is_what_the_organization_says() {
        let reach = Reach {
            accounts: Some(Ok([account("1", true), account("2", false)].into())),
            off: Off {
                locations: [Location::of("1", "b")].into(),
                denied: None,
            },
        };
        let skipped = instance("SKIPPED_SUSPENDED_ACCOUNT");
        for (account, region, why) in [
            ("1", "a", None),
            ("1", "b", Some(Why::RegionOff)),
            ("2", "a", Some(Why::Suspended)),
            ("3", "a", Some(Why::Left)),
        ] {
            let location = Location::of(account, region);
            // A suspended account that is active again can be reached.
            for instance in [&skipped, &instance("FAILED")] {
                assert_eq!(reach.why(&location, instance), why, "{account} {region}");
            }
        }
    }

    #[test]
    fn where_organizations_may_not_be_asked_only_awss_own_word_counts() {
        let reach = Reach {
            accounts: Some(Err("organizations:ListRoots: AccessDenied".into())),
            off: Off::default(),
        };
        let location = Location::of("1", "a");
        assert_eq!(reach.why(&location, &instance("FAILED")), None);
        let skipped = instance("SKIPPED_SUSPENDED_ACCOUNT");
        assert_eq!(reach.why(&location, &skipped), Some(Why::Suspended));
        assert!(reach.unknown().is_some());
    }

    #[test]
    fn a_stack_is_named_as_the_aws_cli_takes_it() {
        let id = "arn:aws:cloudformation:eu-west-1:1:stack/StackSet-x-1/2";
        assert_eq!(stack_name(id), "StackSet-x-1");
    }
}
