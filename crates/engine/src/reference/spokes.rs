//! The reference's StackSets: their names are free, so they are recognized by their template.

use super::HUB_PARAMETER;
use super::shape::{has_more, is_reference};
use crate::aws::error::{AwsError, Call};
use crate::spokes::instances::Instances;
use crate::spokes::stack_set::StackSet;
use crate::spokes::{Location, Observed, Place, observe};
use aws_sdk_cloudformation::types as sdk;
use futures_util::stream::{self, StreamExt, TryStreamExt};
use std::collections::BTreeSet;

/// StackSets that are read side by side.
const READERS: usize = 8;

/// A StackSet of the reference that forwards to this account.
pub(crate) struct OldSpokes {
    pub(crate) name: String,
    /// The region that it is administered in.
    pub(crate) region: String,
    pub(crate) observed: Observed,
    /// Why rootwatch does not remove it, if so, with what to do.
    pub(crate) stays: Option<String>,
}

/// What StackSets there are in one region.
#[derive(Default)]
pub(crate) struct Found {
    pub(crate) old: Vec<OldSpokes>,
    /// Those of the reference that forward to another account's hub, as text.
    pub(crate) others: Vec<String>,
}

/// Reads all StackSets that are administered in the place's region, and of those that are the reference's all
/// instances.
pub(crate) async fn find(place: &Place<'_>) -> Result<Found, AwsError> {
    let mut found = find_as(place).await?;
    if place.call_as == sdk::CallAs::DelegatedAdmin {
        // Self-managed ones of this account are listed to itself only.
        let own = Place {
            aws: place.aws,
            call_as: sdk::CallAs::SelfValue,
        };
        let own = find_as(&own).await?;
        found.old.extend(own.old);
        found.others.extend(own.others);
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
        if let Some(why) = of_another_hub(&set, &place.aws.account) {
            found.others.push(format!("stack-set {name}: {why}"));
            continue;
        }
        found.old.push(OldSpokes {
            region: place.aws.region.clone(),
            observed: observe(place, &name, &BTreeSet::new()).await?,
            stays: stays(&set, model.as_ref(), &place.aws.region),
            name,
        });
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

fn of_another_hub(set: &StackSet, hub: &str) -> Option<String> {
    let account = set.parameters.get(HUB_PARAMETER).map(String::as_str);
    (account != Some(hub)).then(|| {
        let account = account.unwrap_or("nowhere");
        format!("it forwards to the hub of account {account}")
    })
}

fn stays(set: &StackSet, model: Option<&sdk::PermissionModels>, region: &str) -> Option<String> {
    let name = &set.name;
    if has_more(set) {
        return Some(format!(
            "the template of the StackSet {name} has more in it than the pattern's: take the pattern's rule and role out of it"
        ));
    }
    (model == Some(&sdk::PermissionModels::SelfManaged)).then(|| {
        format!(
            "the StackSet {name} is self-managed: `aws cloudformation delete-stack-instances --region {region} --stack-set-name {name} --accounts … --regions … --no-retain-stacks`, then `aws cloudformation delete-stack-set --region {region} --stack-set-name {name}`"
        )
    })
}

/// Where the old path may work: every instance in a region that has a bus of the reference, since an outdated one
/// usually has an older stack that works. Not a suspended account: nothing can be deployed there. Pure.
pub(crate) fn alive(sets: &[OldSpokes], regions_with_bus: &BTreeSet<&str>) -> BTreeSet<Location> {
    let instances = sets.iter().flat_map(|it| it.observed.instances.locations());
    let is_alive = |location: &Location| regions_with_bus.contains(location.region.as_str());
    instances
        .filter(|(location, instance)| !instance.is_skipped() && is_alive(location))
        .map(|(location, _)| location)
        .collect()
}

/// Those of them that rootwatch's spokes do not watch. Pure.
pub(crate) fn unwatched(alive: &BTreeSet<Location>, ours: &Instances) -> BTreeSet<Location> {
    let is_watched = |location: &&Location| {
        let instance = ours.at(location);
        instance.is_some_and(|it| it.is_current() || it.is_skipped())
    };
    let unwatched = alive.iter().filter(|location| !is_watched(location));
    unwatched.cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spokes::instances::Instance;

    fn instances(given: &[(&str, &str, &str, &str)]) -> Instances {
        let mut all = Instances::default();
        for (account, region, status, detail) in given {
            let instance = Instance {
                status: (*status).into(),
                detail: (*detail).into(),
                reason: None,
                unit: "ou-1".into(),
                operation: "".into(),
                has_stack: true,
            };
            all.insert(Location::of(account, region), instance);
        }
        all
    }

    #[test]
    fn what_the_old_path_watched_the_new_one_has_to() {
        let (eu, us) = ("eu-west-1", "us-east-1");
        let skipped = "SKIPPED_SUSPENDED_ACCOUNT";
        let old = OldSpokes {
            name: "old".into(),
            region: eu.into(),
            observed: Observed {
                instances: instances(&[
                    ("1", eu, "CURRENT", "SUCCEEDED"),
                    ("1", us, "CURRENT", "SUCCEEDED"),
                    ("2", eu, "CURRENT", "SUCCEEDED"),
                    ("3", eu, "OUTDATED", "FAILED"),
                    ("4", eu, "OUTDATED", skipped),
                    ("5", eu, "CURRENT", "SUCCEEDED"),
                ]),
                ..Observed::default()
            },
            stays: None,
        };
        let alive = alive(&[old], &BTreeSet::from([eu]));
        let locations = |accounts: &[&str]| -> BTreeSet<Location> {
            accounts.iter().map(|it| Location::of(it, eu)).collect()
        };
        assert_eq!(alive, locations(&["1", "2", "3", "5"]));
        let ours = instances(&[
            ("1", eu, "CURRENT", "SUCCEEDED"),
            ("2", eu, "OUTDATED", "FAILED"),
            ("5", eu, "OUTDATED", skipped),
        ]);
        assert_eq!(unwatched(&alive, &ours), locations(&["2", "3"]));
    }
}
