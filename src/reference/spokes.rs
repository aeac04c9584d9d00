//! The reference's StackSets: their names are free, so they are known by their template.

use super::{BUS, HUB_PARAMETER, SPOKE_RULE};
use crate::aws::error::{AwsError, Call};
use crate::spokes::instances::Instances;
use crate::spokes::stack_set::StackSet;
use crate::spokes::{Observed, Place, Spot, observe};
use aws_sdk_cloudformation::types as sdk;
use futures_util::stream::{self, StreamExt, TryStreamExt};
use std::collections::BTreeSet;

/// StackSets that are read side by side.
const READERS: usize = 8;

/// A StackSet of the reference that forwards to this account.
pub(crate) struct OldSpokes {
    pub(crate) name: String,
    pub(crate) observed: Observed,
}

/// What StackSets there are.
#[derive(Default)]
pub(crate) struct Found {
    pub(crate) old: Vec<OldSpokes>,
    /// Those of the reference that are not for this account's hub, or that rootwatch cannot work on; in words.
    pub(crate) others: Vec<String>,
}

/// Reads all StackSets of the organization, and of those that are the reference's all instances.
pub(crate) async fn find(place: &Place<'_>) -> Result<Found, AwsError> {
    let mut found = find_as(place).await?;
    if place.call_as == sdk::CallAs::DelegatedAdmin {
        // Self-managed ones of this account are listed to itself only.
        let own = Place {
            aws: place.aws,
            call_as: sdk::CallAs::SelfValue,
        };
        found.others.extend(find_as(&own).await?.others);
    }
    Ok(found)
}

async fn find_as(place: &Place<'_>) -> Result<Found, AwsError> {
    let read = async |(name, model): (String, Option<sdk::PermissionModels>)| {
        let found = StackSet::find(place, &name).await?;
        Ok::<_, AwsError>((name, model, found))
    };
    let sets: Vec<_> = stream::iter(list(place).await?)
        .map(read)
        .buffered(READERS)
        .try_collect()
        .await?;
    let mut found = Found::default();
    for (name, model, set) in sets {
        let Some(set) = set.filter(is_reference) else {
            continue;
        };
        match foreign(&set, model.as_ref(), &place.aws.account) {
            Some(why) => found.others.push(format!("stack-set {name}: {why}")),
            None => found.old.push(OldSpokes {
                observed: observe(place, &name, &BTreeSet::new()).await?,
                name,
            }),
        }
    }
    Ok(found)
}

async fn list(place: &Place<'_>) -> Result<Vec<(String, Option<sdk::PermissionModels>)>, AwsError> {
    let call = place.aws.cloudformation.list_stack_sets();
    let call = call
        .status(sdk::StackSetStatus::Active)
        .call_as(place.call_as.clone());
    let mut pages = call.into_paginator().items().send();
    let mut all = Vec::new();
    while let Some(one) = pages.next().await {
        let one = one.call("cloudformation:ListStackSets")?;
        let name = one.stack_set_name().unwrap_or_default().to_owned();
        all.push((name, one.permission_model().cloned()));
    }
    Ok(all)
}

/// Whether it makes the reference's rule, which sends to the reference's bus. Pure.
fn is_reference(set: &StackSet) -> bool {
    set.template.contains(SPOKE_RULE) && set.template.contains(BUS)
}

fn foreign(set: &StackSet, model: Option<&sdk::PermissionModels>, hub: &str) -> Option<String> {
    let account = set.parameters.get(HUB_PARAMETER).map(String::as_str);
    if account != Some(hub) {
        let account = account.unwrap_or("nowhere");
        return Some(format!("it forwards to the hub of account {account}"));
    }
    (model == Some(&sdk::PermissionModels::SelfManaged)).then(|| {
        let name = &set.name;
        format!(
            "it is self-managed: when all is watched by rootwatch, `aws cloudformation delete-stack-instances --stack-set-name {name} --accounts … --regions … --no-retain-stacks` and `aws cloudformation delete-stack-set --stack-set-name {name}` remove it"
        )
    })
}

/// Where the old path was alive and the new one is not, so that it may not go yet. Pure.
///
/// A suspended account is left out: nothing can be deployed there.
pub(crate) fn unwatched(old: &Instances, new: &Instances) -> Vec<Spot> {
    let is_watched = |spot: &Spot| {
        let instance = new.at(spot);
        instance.is_some_and(|it| it.is_current() || it.is_skipped())
    };
    let alive = old.spots().filter(|(_, instance)| instance.is_current());
    let spots = alive.map(|(spot, _)| spot);
    spots.filter(|spot| !is_watched(spot)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spokes::instances::Instance;

    fn instances(given: &[(&str, &str, &str)]) -> Instances {
        let mut all = Instances::default();
        for (account, status, detail) in given {
            let instance = Instance {
                status: (*status).into(),
                detail: (*detail).into(),
                reason: None,
                unit: "ou-1".into(),
            };
            all.insert(Spot::of(account, "eu-west-1"), instance);
        }
        all
    }

    #[test]
    fn what_the_old_path_watched_the_new_one_has_to() {
        let old = instances(&[
            ("1", "CURRENT", "SUCCEEDED"),
            ("2", "CURRENT", "SUCCEEDED"),
            ("3", "CURRENT", "SUCCEEDED"),
            ("4", "OUTDATED", "FAILED"),
            ("5", "CURRENT", "SUCCEEDED"),
        ]);
        let new = instances(&[
            ("1", "CURRENT", "SUCCEEDED"),
            ("2", "OUTDATED", "FAILED"),
            ("5", "OUTDATED", "SKIPPED_SUSPENDED_ACCOUNT"),
        ]);
        let spot = |account| Spot::of(account, "eu-west-1");
        assert_eq!(unwatched(&old, &new), [spot("2"), spot("3")]);
    }
}
