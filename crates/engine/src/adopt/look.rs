//! The old path as found, in every region. Read-only.

use super::Options;
use super::old_path::OldPath;
use super::terraform_state::{self};
use crate::aws::Aws;
use crate::aws::error::AwsError;
use crate::hub::log_group::LogGroup;
use crate::hub::resource::Resource;
use crate::reference::spokes::Found;
use crate::reference::{FUNCTION, gaps, hub, spokes};
use crate::session::Session;
use crate::spokes::organization::{self, Organization};
use crate::spokes::{Observed, Place, observe};
use anyhow::{Context, Result, bail};
use futures_util::future::{join_all, try_join_all};
use std::collections::{BTreeMap, BTreeSet};

/// Where StackSet calls of an account and region go.
pub(crate) fn place<'a>(session: &Session, aws: &'a Aws, organization: &Organization) -> Place<'a> {
    Place::of(aws, organization, session.settings.spokes.call_as)
}

/// Reads everything.
pub(crate) async fn look(session: &Session, options: &Options) -> Result<OldPath> {
    let state = terraform_state::read(options.terraform_state.as_deref())?;
    let organization = organization::find(&session.aws).await?;
    let enabled = organization::enabled_regions(&session.aws).await;
    let enabled = enabled.with_context(|| {
        let place = session.aws.place();
        format!("reading which regions are enabled, from {place}")
    })?;
    let elsewhere = enabled.iter().filter(|it| it.name != session.aws.region);
    let mut regions: Vec<Aws> = elsewhere
        .map(|it| session.aws.in_region(&it.name))
        .collect();
    regions.push(session.aws.in_region(&session.aws.region));
    let mut unread = BTreeMap::new();
    let here = with_hub(session, &regions, &mut unread).await?;
    let names: Vec<String> = here.iter().map(|aws| aws.region.clone()).collect();
    let terraform = state.listed(&session.aws.account, &names)?;
    let hubs = try_join_all(here.iter().map(|aws| {
        let is_last = aws.region == session.aws.region;
        hub::find(aws, is_last, terraform.topics())
    }));
    let sets = async {
        match options.hub_only {
            true => Ok(None),
            false => stack_sets(session, &regions, &organization, &mut unread)
                .await
                .map(Some),
        }
    };
    let logs = try_join_all(here.iter().map(|aws| old_log_group(aws)));
    let (hubs, sets, logs) = tokio::try_join!(hubs, sets, logs)?;
    let (sets, others) = sets.map(|it| (it.old, it.others)).unzip();
    let others: Vec<String> = others.unwrap_or_default();
    let of_hubs = hubs.iter().flat_map(|it| &it.others).cloned();
    let left_alone = others.into_iter().chain(of_hubs).collect();
    let gaps = gaps::gaps(&gaps::Known {
        hubs: &hubs,
        spokes: sets.as_deref(),
        account: &session.aws.account,
        org_id: &organization.id,
        management_account: &organization.management_account,
        sign_in_region: session.aws.partition.sign_in_region(),
    });
    Ok(OldPath {
        gaps,
        log_groups: logs.into_iter().flatten().collect(),
        terraform,
        organization,
        hubs,
        sets,
        left_alone,
        unread,
        regions,
    })
}

/// The regions to read in full: those with a hub, and the run's own, last.
async fn with_hub<'a>(
    session: &Session,
    regions: &'a [Aws],
    unread: &mut BTreeMap<String, String>,
) -> Result<Vec<&'a Aws>> {
    let mut with_hub = Vec::new();
    let found = join_all(regions.iter().map(hub::is_in)).await;
    for (aws, found) in regions.iter().zip(found) {
        let is_home = aws.region == session.aws.region;
        match found {
            Ok(there) if there || is_home => with_hub.push(aws),
            Ok(_) => {}
            Err(error) if error.is_denied() && !is_home => {
                unread.insert(aws.region.clone(), error.to_string());
            }
            Err(error) => {
                let place = aws.place();
                let error = anyhow::Error::new(error);
                return Err(error.context(format!("looking for the old hub in {place}")));
            }
        }
    }
    Ok(with_hub)
}

/// StackSets are administered in one region each, whichever it was.
async fn stack_sets(
    session: &Session,
    regions: &[Aws],
    organization: &Organization,
    unread: &mut BTreeMap<String, String>,
) -> Result<Found> {
    let find = async |aws: &Aws| spokes::find(&place(session, aws, organization)).await;
    let found = join_all(regions.iter().map(find)).await;
    let mut all = Found::default();
    for (aws, found) in regions.iter().zip(found) {
        match found {
            Ok(found) => {
                all.old.extend(found.old);
                all.others.extend(found.others);
            }
            Err(error) if error.is_denied() && aws.region != session.aws.region => {
                unread.insert(aws.region.clone(), error.to_string());
            }
            Err(error) => return Err(unseen(&session.aws, aws, error)),
        }
    }
    Ok(all)
}

async fn old_log_group(aws: &Aws) -> Result<Option<(String, String)>> {
    let name = format!("/aws/lambda/{FUNCTION}");
    let (partition, region, account) = (aws.partition.name(), &aws.region, &aws.account);
    let group = LogGroup {
        class: None,
        is_without_key: false,
        arn: format!("arn:{partition}:logs:{region}:{account}:log-group:{name}"),
        name,
        kms_key: None,
        retention_in_days: None,
        tags: BTreeMap::new(),
        retention_policy: None,
    };
    let found = group.find(aws).await;
    let found = found.with_context(|| format!("reading {} in {}", group.name, aws.place()))?;
    Ok(found.map(|it| (it.name, region.clone())))
}

fn unseen(home: &Aws, aws: &Aws, error: AwsError) -> anyhow::Error {
    if !error.is_denied() && error.code != "ValidationError" {
        let place = aws.place();
        return anyhow::Error::new(error).context(format!("listing the StackSets in {place}"));
    }
    let (place, account) = (home.place(), &home.account);
    anyhow::Error::new(error).context(format!(
        "the StackSets of the organization cannot be seen from {place}, so it could not be shown that the new spokes watch what the old ones do, and nothing was changed: make it a delegated administrator, in the management account, by `aws organizations register-delegated-administrator --service-principal member.org.stacksets.cloudformation.amazonaws.com --account-id {account}`, or leave the spokes to the management account with --hub-only"
    ))
}

/// Our StackSet with its instances.
pub(crate) async fn ours(session: &Session, old: &OldPath) -> Result<Observed> {
    let place = place(session, &session.aws, &old.organization);
    let name = session.names().stack_set();
    let found = observe(&place, &name, &BTreeSet::new()).await;
    found.with_context(|| format!("reading the StackSet {name} in {}", session.aws.place()))
}

/// The units of the old StackSets, and of the new one where it has some already.
pub(crate) async fn units(session: &Session, old: &OldPath) -> Result<Vec<String>> {
    let ours = ours(session, old).await?;
    let sets = old.stack_sets().iter().map(|it| &it.observed);
    let targets = sets.chain([&ours]).flat_map(|it| it.targets().into_keys());
    let units: BTreeSet<String> = targets.collect();
    if units.is_empty() {
        bail!(
            "no StackSet of the published pattern was found in any region, whose units could be taken over: name the units to watch with --ou; / selects all accounts"
        );
    }
    Ok(units.into_iter().collect())
}
