//! Reads what `status` reports: the hub, who is subscribed, and which accounts are covered.

use super::{
    HubStatus, Report, SpokesStatus, Unseen, drift_gap, forwards_to, hub_gaps, resource_gaps,
    unseen,
};
use crate::elsewhere::{self, hub_of};
use crate::hub::desired::hub_and_former;
use crate::hub::metrics;
use crate::hub::plan::plan_deploy;
use crate::memory::{self, Recalled};
use crate::next;
use crate::session::Session;
use crate::spokes::coverage::{Known, coverage};
use crate::spokes::directory::Directory;
use crate::spokes::following::follow_one;
use crate::spokes::management::Unread;
use crate::spokes::operation::Preferences;
use crate::spokes::organization::{self, Organization, Region, Subtree};
use crate::spokes::stack_set::StackSet;
use crate::spokes::{
    self, HubBus, Location, Observed, management, preflight, regions, trail, words,
};
use anyhow::{Context, Result, bail};
use std::collections::BTreeSet;

/// The state of the whole path as far as these credentials can see it.
///
/// With `detect_drift` CloudFormation compares every stack instance with its template first, and is waited for.
///
/// # Errors
/// When the organization or the hub cannot be read.
pub async fn status(session: &Session, detect_drift: bool) -> Result<Report> {
    let organization = organization::find(&session.aws).await?;
    let mut gaps = Vec::new();
    if detect_drift {
        gaps.extend(run_drift_detection(session, &organization).await?);
    }
    let spokes = spokes_status(session, &organization, &mut gaps).await?;
    let looked = look_at_hub(session, &organization, &spokes).await?;
    // What is missing of the hub comes first: it may be the cause of the rest.
    gaps.splice(0..0, looked.gaps);
    let management = &organization.management_account;
    let mut unseen: Vec<Unseen> = looked.unseen.into_iter().collect();
    if !spokes.with_management {
        unseen.extend(unseen::stacks(session, management, &spokes.coverage));
    }
    if let Some(found) = &spokes.found {
        let wanted = wanted_set(session, looked.at.as_ref());
        gaps.extend(found.faults(&wanted, looked.at.is_some()));
    }
    Ok(Report {
        schema: "rootwatch.status/2",
        account: session.aws.account.clone(),
        region: session.aws.region.clone(),
        hub: looked.hub,
        spokes,
        gaps,
        unseen,
    })
}

/// Has CloudFormation compare every stack instance with its template, waits for that, and returns where it
/// could not.
async fn run_drift_detection(
    session: &Session,
    organization: &Organization,
) -> Result<Option<String>> {
    let place = session.stack_sets(organization);
    let name = session.names().stack_set();
    let preferences = Preferences::of(&session.settings.spokes.operations);
    let id = StackSet::detect_drift(
        &place,
        &name,
        &preferences,
        session.settings.timeout,
        &session.work,
    )
    .await
    .with_context(|| {
        format!(
            "starting drift detection of the StackSet {name} in {}",
            session.aws.place()
        )
    })?;
    let ended = follow_one(session, &place, &name, &id).await?;
    Ok((!ended.is_success()).then(|| {
        let ended = words::operation(&ended);
        format!(
            "drift could not be detected everywhere: {}",
            ended.trim_end()
        )
    }))
}

/// The StackSet as it would be deployed for this hub.
fn wanted_set(session: &Session, hub: Option<&Location>) -> StackSet {
    let here = Location::of(&session.aws.account, &session.aws.region);
    let Location { account, region } = hub.unwrap_or(&here).clone();
    let name = session.names().stack_set();
    spokes::stack_set(&session.settings, name, &HubBus { account, region })
}

/// What was found of the hub.
struct Looked {
    hub: HubStatus,
    gaps: Vec<String>,
    unseen: Option<Unseen>,
    /// Where it is, if that is known otherwise than by the StackSet.
    at: Option<Location>,
}

/// The hub here, or where the settings or the spokes say, by the credentials that the settings give for it.
///
/// Fails when nothing of the deployment is here, and says where it is.
async fn look_at_hub(
    session: &Session,
    organization: &Organization,
    spokes: &SpokesStatus,
) -> Result<Looked> {
    let mut looked = hub_status(session, organization).await?;
    if looked.hub.is_here() || session.settings.hub.account.is_some() {
        looked.at = Some(given_hub(session));
    }
    if looked.hub.is_here() {
        return Ok(looked);
    }
    let Some(hub) = hub_elsewhere(session, looked.at.as_ref(), spokes).await? else {
        let place = session.aws.place();
        looked.gaps = vec![format!(
            "there is no hub in {place}: `rootwatch deploy hub` creates it"
        )];
        return Ok(looked);
    };
    match session.at_hub(&hub).await? {
        Some(there) => look_there(&there, organization, hub).await,
        None => {
            looked.unseen = Some(unseen::hub(session, &hub));
            Ok(looked)
        }
    }
}

/// Where the settings say that the hub is, or else here.
fn given_hub(session: &Session) -> Location {
    let (given, aws) = (&session.settings.hub, &session.aws);
    Location {
        account: given.account.clone().unwrap_or(aws.account.clone()),
        region: given.region.clone().unwrap_or(aws.region.clone()),
    }
}

/// Where the hub is that is not here; nothing where everything leads here, or nowhere.
async fn hub_elsewhere(
    session: &Session,
    given: Option<&Location>,
    spokes: &SpokesStatus,
) -> Result<Option<Location>> {
    let (aws, names) = (&session.aws, session.names());
    let here = Location::of(&aws.account, &aws.region);
    let set = spokes.found.as_ref();
    if let Some(hub) = given.cloned().or(set.and_then(|it| hub_of(&it.parameters))) {
        return Ok(Some(hub).filter(|hub| *hub != here));
    }
    let call_as = session.settings.spokes.call_as;
    let Some(other) = elsewhere::find_widely(aws, &names, call_as).await? else {
        return Ok(None);
    };
    if other.hub.region != aws.region || spokes.unknown.is_some() {
        bail!(other.words(aws));
    }
    Ok(Some(other.hub))
}

/// The hub by other credentials, or in another region of this account.
async fn look_there(there: &Session, organization: &Organization, hub: Location) -> Result<Looked> {
    let mut looked = hub_status(there, organization).await?;
    let place = format!("account {}, region {}", hub.account, hub.region);
    looked.gaps = match looked.hub.is_here() {
        true => looked
            .gaps
            .iter()
            .map(|it| format!("hub in {place}: {it}"))
            .collect(),
        false => vec![format!(
            "there is no hub in {place}, to which the spokes forward: {} creates it",
            next::there("rootwatch deploy hub", &hub)
        )],
    };
    looked.at = Some(hub);
    Ok(looked)
}

/// Compares the hub with the settings of this run: one that was given only at deployment shows as a change.
async fn hub_status(session: &Session, organization: &Organization) -> Result<Looked> {
    let org_id = session.settings.org_id.as_ref().unwrap_or(&organization.id);
    let (names, now) = (session.names(), jiff::Timestamp::now());
    let (recalled, metrics) = tokio::join!(
        memory::recall(session),
        metrics::read(&session.aws, &names, now)
    );
    let Recalled {
        session,
        found,
        doubts,
    } = recalled?;
    let names = session.names();
    let plan = plan_deploy(hub_and_former(&session.hub(org_id.clone())), found);
    let status = HubStatus::of(&plan, metrics, &names);
    let mut gaps = resource_gaps(&plan);
    gaps.extend(doubts);
    if status.is_here() {
        gaps.extend(hub_gaps(&status, &names, now));
    }
    Ok(Looked {
        hub: status,
        gaps,
        unseen: None,
        at: None,
    })
}

async fn spokes_status(
    session: &Session,
    organization: &Organization,
    gaps: &mut Vec<String>,
) -> Result<SpokesStatus> {
    let seen = match see_spokes(session, organization).await {
        Ok(seen) => seen,
        Err(error) => {
            let why = format!("{error:#}");
            gaps.push(format!("the spokes cannot be seen from here: {why}"));
            return Ok(SpokesStatus {
                unknown: Some(why),
                ..SpokesStatus::default()
            });
        }
    };
    let name = session.names().stack_set();
    gaps.extend(seen.trail.warning().map(|it| format!("CloudTrail: {it}")));
    let set = seen.observed.stack_set.as_ref();
    match set {
        None => gaps.push(format!(
            "there is no StackSet {name} in {}: {} creates it",
            session.aws.place(),
            next::first_spokes(&session.settings.spokes.ous)
        )),
        Some(found) if found.template != spokes::TEMPLATE => gaps.push(format!(
            "the StackSet {name} has another template than this rootwatch: `rootwatch deploy spokes` updates it"
        )),
        Some(_) => {}
    }
    gaps.extend(seen.note.clone());
    let regions = seen.regions(gaps);
    let off = regions::suspects(&seen.observed.instances, &seen.enabled);
    let off = regions::turned_off(&session.aws, off)
        .await
        .context("reading which regions accounts have turned off")?;
    gaps.extend(off.unknown());
    let standing = seen.own.as_ref().map(|own| {
        let forwards = set.map(|set| &set.parameters);
        management::standing(
            &own.stacks,
            &session.settings.name,
            spokes::TEMPLATE,
            forwards,
        )
    });
    let directory = Directory::of(seen.organization.paths.clone(), &seen.organization.accounts);
    let coverage = coverage(&Known {
        directory: &directory,
        accounts: &seen.organization.accounts,
        regions: &regions,
        instances: &seen.observed.instances,
        management_account: &organization.management_account,
        management: standing.as_ref(),
        unread: seen.own.as_ref().map_or(&Unread::new(), |own| &own.unread),
        off: &off.locations,
    });
    gaps.extend(coverage.gaps.iter().map(|gap| gap.words(regions.len())));
    // What AWS denies to the credentials that should see it is a gap.
    if seen.own.is_some() {
        gaps.extend(coverage.unseen.iter().cloned());
    }
    let drift = set.and_then(|found| found.drift.clone());
    gaps.extend(drift.as_ref().and_then(drift_gap));
    Ok(SpokesStatus {
        unknown: None,
        drift,
        last_operation: seen.observed.last,
        forwards_to: set.map(forwards_to),
        stack_set: set.map(|found| found.name.clone()),
        found: seen.observed.stack_set,
        coverage,
        running: seen.observed.running,
        with_management: seen.own.is_some(),
    })
}

/// What these credentials can see of the spokes.
struct Seen {
    /// The run with the settings that the StackSet remembers.
    session: Session,
    /// What is not clear about the regions.
    note: Option<String>,
    observed: Observed,
    organization: Subtree,
    enabled: Vec<Region>,
    /// The management account's own stacks, when these credentials are its own.
    own: Option<management::Found>,
    trail: trail::Coverage,
}

async fn see_spokes(session: &Session, organization: &Organization) -> Result<Seen> {
    let place = session.stack_sets(organization);
    let name = session.names().stack_set();
    preflight::access(&place, organization).await?;
    // Those of the settings have to be readable; in others a denial is a gap.
    let named = session.settings.spokes.regions.iter().cloned().collect();
    let (session, deployment) = memory::recall_spokes(session, &place).await?;
    let asked = session.settings.spokes.regions.iter().cloned().collect();
    let (observed, whole, (enabled, own), trail) = tokio::try_join!(
        spokes::observe_settled(&place, &name, &asked, &session.work),
        organization::whole(&session.aws),
        async {
            let asked = &session.settings.spokes.regions;
            let enabled = regions::enabled(&session.aws, asked).await?;
            let everywhere = enabled.iter().map(|region| region.name.clone()).collect();
            let account = &organization.management_account;
            let own = match session.management(account).await? {
                Some(aws) => Some(management::observe(&aws, &name, &everywhere, &named).await?),
                None => None,
            };
            Ok((enabled, own))
        },
        async { Ok(trail::find(&session.aws).await) },
    )?;
    Ok(Seen {
        note: deployment.as_ref().and_then(memory::Deployment::note),
        session,
        observed,
        organization: whole,
        enabled,
        own,
        trail,
    })
}

impl Seen {
    /// The regions of the settings, or else those that are deployed to. Other enabled regions are a gap.
    fn regions(&self, gaps: &mut Vec<String>) -> BTreeSet<String> {
        let session = &self.session;
        let asked = &session.settings.spokes.regions;
        if !asked.is_empty() {
            return asked.iter().cloned().collect();
        }
        let sign_in = session.aws.partition.sign_in_region();
        let mut regions: BTreeSet<String> = self.observed.instances.regions().cloned().collect();
        regions.insert(sign_in.to_owned());
        let unwatched: Vec<&str> = self
            .enabled
            .iter()
            .map(|region| region.name.as_str())
            .filter(|region| !regions.contains(*region))
            .collect();
        if self.observed.stack_set.is_some() && !unwatched.is_empty() {
            gaps.push(format!(
                "not watched, but enabled in account {}: {}: `rootwatch deploy spokes --all-regions` watches them",
                session.aws.account,
                unwatched.join(", ")
            ));
        }
        regions
    }
}
