//! The settings that a StackSet shows. Reads, and writes nothing.

use crate::aws::error::AwsError;
use crate::heartbeat::Heartbeat;
use crate::names::DEPLOYMENT_TAG;
use crate::session::Session;
use crate::settings::{Boundary, OperationSettings, Settings};
use crate::source::key;
use crate::spokes::record::Record;
use crate::spokes::stack_set::StackSet;
use crate::spokes::{Place, operations, regions};
use anyhow::Result;
use std::collections::{BTreeMap, BTreeSet};

/// The StackSet of this deployment, and what goes with it.
#[derive(Clone, Debug)]
pub(crate) struct Deployment {
    pub(crate) set: StackSet,
    /// The units that it is deployed to, by id.
    pub(crate) units: BTreeSet<String>,
    /// The regions of the settings: none where all that are enabled are watched.
    pub(crate) regions: Vec<String>,
    /// Whether that is written at the StackSet, and not only a guess from where it has instances.
    pub(crate) says_regions: bool,
    /// How the newest operation of rootwatch's went through accounts and regions.
    pub(crate) operations: Option<OperationSettings>,
}

impl Deployment {
    /// What people should know of the regions.
    pub(crate) fn note(&self) -> Option<String> {
        if self.says_regions || self.regions.is_empty() {
            return None;
        }
        Some(format!(
            "the StackSet {} is not in every region that is enabled, and an earlier version of rootwatch, which made it, did not keep whether that was meant: the regions stay as they are; --all-regions watches all",
            self.set.name
        ))
    }
}

/// Reads what is deployed of the spokes; `None` when there is no StackSet of this deployment.
///
/// # Errors
/// When something cannot be read.
pub(crate) async fn read(session: &Session, place: &Place<'_>) -> Result<Option<Deployment>> {
    let name = session.names().stack_set();
    let Some(set) = StackSet::find(place, &name).await? else {
        return Ok(None);
    };
    if set.tags.get(DEPLOYMENT_TAG) != Some(&session.settings.name) {
        return Ok(None);
    }
    let (auto, operations) = tokio::try_join!(
        StackSet::auto_deployment_targets(place, &name),
        operations::newest_preferences(place, &name),
    )?;
    Ok(Some(of_set(session, set, auto, operations).await?))
}

/// What a StackSet shows, with the units of its automatic deployment and how its newest operation went.
///
/// # Errors
/// When the StackSet is of an earlier version, and the regions that are enabled cannot be read.
pub(crate) async fn of_set(
    session: &Session,
    set: StackSet,
    auto: BTreeMap<String, BTreeSet<String>>,
    operations: Option<OperationSettings>,
) -> Result<Deployment, AwsError> {
    let record = Record::of(&set.description);
    let says_regions = record.is_some();
    let (regions, units) = match record {
        Some(record) => (record.regions.into_iter().collect(), record.units),
        None => {
            let deployed = set.regions.iter().cloned().collect();
            (guess(session, deployed).await?, None)
        }
    };
    let targets = || set.units.iter().cloned().chain(auto.into_keys()).collect();
    let units = units.unwrap_or_else(targets);
    Ok(Deployment {
        units,
        regions,
        says_regions,
        operations,
        set,
    })
}

/// What the settings of a StackSet of an earlier version were: where it is in all regions that are enabled, all.
async fn guess(session: &Session, deployed: Vec<String>) -> Result<Vec<String>, AwsError> {
    let enabled = regions::enabled(&session.aws, &deployed).await?;
    let is_everywhere = enabled.iter().all(|it| deployed.contains(&it.name));
    Ok(match is_everywhere {
        true => Vec::new(),
        false => deployed,
    })
}

/// Takes from a StackSet alone the settings that this run does not give. Pure.
pub(crate) fn remember_set(settings: &mut Settings, set: &StackSet) {
    let deployment = Deployment {
        set: set.clone(),
        units: BTreeSet::new(),
        regions: Vec::new(),
        says_regions: true,
        operations: None,
    };
    remember(settings, &deployment);
}

/// Takes from the deployment the settings that this run does not give. Pure.
pub(crate) fn remember(settings: &mut Settings, deployment: &Deployment) {
    let set = &deployment.set;
    let from = format!("StackSet {}", set.name);
    let Settings {
        hub,
        spokes,
        iam,
        tags,
        sources,
        ..
    } = settings;
    let parameter = |name: &str| {
        set.parameters
            .get(name)
            .filter(|it| !it.is_empty())
            .cloned()
    };
    let account = parameter("HubAccountId").map(Some);
    sources.remember(key::HUB_ACCOUNT, &mut hub.account, account, &from);
    let region = parameter("HubRegion").map(Some);
    sources.remember(key::HUB_REGION, &mut hub.region, region, &from);
    let path = parameter("RolePath").filter(|it| it != "/").map(Some);
    sources.remember(key::IAM_PATH, &mut iam.path, path, &from);
    let prefix = parameter("RolePrefix");
    sources.remember(key::ROLE_PREFIX, &mut iam.role_prefix, prefix, &from);
    let boundary = parameter("PermissionsBoundary").map(|policy| {
        Some(Boundary {
            is_aws: parameter("BoundaryAccount").is_some(),
            policy,
        })
    });
    // Empty is off; a template of an earlier version has no such parameter.
    let found = set.parameters.get(Heartbeat::PARAMETER);
    let heartbeat = found.and_then(|it| Heartbeat::of_schedule(it));
    let slot = &mut spokes.heartbeat;
    sources.remember(key::HEARTBEAT, slot, heartbeat, &from);
    let slot = &mut iam.boundary;
    sources.remember(key::PERMISSIONS_BOUNDARY, slot, boundary, &from);
    let is_setting = |(key, _): &(&String, &String)| {
        !key.starts_with("rootwatch:") && !key.to_lowercase().starts_with("aws:")
    };
    let found: BTreeMap<String, String> = set
        .tags
        .iter()
        .filter(is_setting)
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect();
    sources.remember_pairs(key::TAGS, tags, found, &from);
    let regions = Some(deployment.regions.clone());
    sources.remember(key::REGIONS, &mut spokes.regions, regions, &from);
    if !sources.is_whole(key::OU) && !deployment.units.is_empty() {
        for unit in &deployment.units {
            if !spokes.ous.contains(unit) {
                spokes.ous.push(unit.clone());
            }
        }
        sources.set(key::OU, crate::Source::Deployed(from.clone()));
    }
    if let Some(found) = &deployment.operations {
        let slot = &mut spokes.operations;
        let from = format!("the newest operation of the {from}");
        let most = Some(found.max_concurrent);
        sources.remember(key::MAX_CONCURRENT, &mut slot.max_concurrent, most, &from);
        let tolerance = Some(found.failure_tolerance);
        let into = &mut slot.failure_tolerance;
        sources.remember(key::FAILURE_TOLERANCE, into, tolerance, &from);
        let order = Some(found.region_concurrency);
        let into = &mut slot.region_concurrency;
        sources.remember(key::REGION_CONCURRENCY, into, order, &from);
    }
}

/// Reads what is deployed of the spokes, and takes from it the settings that this run does not give.
///
/// # Errors
/// When something cannot be read.
pub(crate) async fn recall(
    session: &Session,
    place: &Place<'_>,
) -> Result<(Session, Option<Deployment>)> {
    let deployment = read(session, place).await?;
    let mut settings = session.settings.clone();
    if let Some(deployment) = &deployment {
        remember(&mut settings, deployment);
    }
    Ok((session.with(settings), deployment))
}

#[cfg(test)]
#[path = "spokes_tests.rs"]
mod tests;
