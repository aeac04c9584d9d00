//! The old path as found, in every region. Read-only.

use super::Options;
use super::terraform_state::{self, State};
use crate::aws::Aws;
use crate::aws::error::AwsError;
use crate::hub::log_group::LogGroup;
use crate::hub::resource::Resource;
use crate::hub::subscriptions::Standing;
use crate::reference::hub::OldHub;
use crate::reference::spokes::{Found, OldSpokes};
use crate::reference::{FUNCTION, gaps, hub, spokes, terraform};
use crate::session::Session;
use crate::spokes::organization::{self, Organization};
use crate::spokes::{Location, Observed, Place, is_refusal, observe};
use crate::subscription::Subscription;
use anyhow::{Context, Result, bail};
use futures_util::future::{join_all, try_join_all};
use std::collections::{BTreeMap, BTreeSet};

/// The old path, as far as it is there and can be seen.
pub struct OldPath {
    pub(crate) organization: Organization,
    /// The account in each region that it has enabled, the run's own last.
    pub(crate) regions: Vec<Aws>,
    /// In each region where there is something; the run's own last.
    pub(crate) hubs: Vec<OldHub>,
    /// Nothing with `--hub-only`.
    pub(crate) sets: Option<Vec<OldSpokes>>,
    /// What looks like a part of it and is not, as text.
    pub(crate) left_alone: Vec<String>,
    /// Regions in which these credentials may not read, with AWS's reason.
    pub(crate) unread: BTreeMap<String, String>,
    /// What it misses, each in a sentence.
    pub(crate) gaps: Vec<String>,
    /// The old functions' log groups, which Lambda made, each with its region.
    pub(crate) log_groups: Vec<(String, String)>,
    pub(crate) terraform: State,
}

impl OldPath {
    pub(crate) fn is_nothing(&self) -> bool {
        self.hubs.iter().all(OldHub::is_nothing) && self.stack_sets().is_empty()
    }

    pub(crate) fn stack_sets(&self) -> &[OldSpokes] {
        self.sets.as_deref().unwrap_or_default()
    }

    /// The account in one of the regions.
    pub(crate) fn aws_in(&self, region: &str) -> Result<&Aws> {
        let mut regions = self.regions.iter();
        let found = regions.find(|aws| aws.region == region);
        found.with_context(|| format!("the region {region} was not read"))
    }

    /// Who is subscribed to the topic of any hub. One confirmed subscription is enough.
    pub(crate) fn subscribers(&self) -> BTreeMap<Subscription, Standing> {
        let mut all: BTreeMap<Subscription, Standing> = BTreeMap::new();
        for (it, standing) in self.hubs.iter().flat_map(|hub| &hub.subscribers) {
            let known = all.entry(it.clone()).or_insert(Standing::Pending);
            if *known == Standing::Pending {
                *known = standing.clone();
            }
        }
        all
    }

    /// What prevents its removal.
    pub(crate) fn foreign(&self) -> Vec<String> {
        let foreign = self.hubs.iter().flat_map(|hub| &hub.foreign);
        let stays = self.stack_sets().iter().filter_map(|it| it.stays.as_ref());
        foreign.chain(stays).cloned().collect()
    }

    /// The accounts and regions in which it may be alive. The template leaves the hub's account out.
    pub(crate) fn alive(&self) -> BTreeSet<Location> {
        let mut alive = spokes::alive(self.stack_sets(), &gaps::regions_with_bus(&self.hubs));
        let hub = self.regions.first().map(|aws| aws.account.clone());
        alive.retain(|location| Some(&location.account) != hub.as_ref());
        alive
    }
}

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
            Err(error) if is_refusal(&error) && !is_home => {
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
            Err(error) if is_refusal(&error) && aws.region != session.aws.region => {
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
        arn: format!("arn:{partition}:logs:{region}:{account}:log-group:{name}"),
        name,
        retention_in_days: None,
        tags: BTreeMap::new(),
    };
    let found = group.find(aws).await;
    let found = found.with_context(|| format!("reading {} in {}", group.name, aws.place()))?;
    Ok(found.map(|it| (it.name, region.clone())))
}

fn unseen(home: &Aws, aws: &Aws, error: AwsError) -> anyhow::Error {
    if !is_refusal(&error) && error.code != "ValidationError" {
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

/// The commands that make Terraform forget the old parts.
pub(crate) fn terraform_commands(old: &OldPath) -> Vec<String> {
    terraform::commands(old.terraform.addresses())
}
