//! Reads what `status` reports: the hub, who is subscribed, and which accounts are covered.

use super::{HubStatus, Report, SpokesStatus, drift_gap, forwards_to, hub_gaps, resource_gaps};
use crate::hub::desired::hub;
use crate::hub::metrics;
use crate::hub::observe::observe;
use crate::hub::plan::plan_deploy;
use crate::session::Session;
use crate::spokes::coverage::{Known, coverage};
use crate::spokes::directory::Directory;
use crate::spokes::following::follow_one;
use crate::spokes::management::Unread;
use crate::spokes::operation::Preferences;
use crate::spokes::organization::{self, Organization, Region, Subtree};
use crate::spokes::stack_set::StackSet;
use crate::spokes::{self, HubBus, Observed, management, preflight, regions, trail, words};
use anyhow::{Context, Result};
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
    let forwards_to = spokes.forwards_to.as_deref();
    let hub = hub_status(session, &organization, forwards_to, &mut gaps).await?;
    if let Some(found) = &spokes.found {
        let wanted = wanted_set(session);
        let is_known = hub.is_here() || session.settings.hub.account.is_some();
        gaps.extend(found.faults(&wanted, is_known));
    }
    Ok(Report {
        schema: "rootwatch.status/2",
        account: session.aws.account.clone(),
        region: session.aws.region.clone(),
        hub,
        spokes,
        gaps,
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

/// The StackSet as it would be deployed from here.
fn wanted_set(session: &Session) -> StackSet {
    let given = &session.settings.hub;
    let hub = HubBus {
        account: given.account.clone().unwrap_or(session.aws.account.clone()),
        region: given.region.clone().unwrap_or(session.aws.region.clone()),
    };
    spokes::stack_set(&session.settings, session.names().stack_set(), &hub)
}

/// Compares the hub with the settings of this run: one that was given only at deployment shows as a change.
async fn hub_status(
    session: &Session,
    organization: &Organization,
    forwards_to: Option<&str>,
    gaps: &mut Vec<String>,
) -> Result<HubStatus> {
    let org_id = session.settings.org_id.as_ref().unwrap_or(&organization.id);
    let nodes = hub(&session.hub(org_id.clone()));
    let names = session.names();
    let now = jiff::Timestamp::now();
    let (found, metrics) = tokio::join!(
        observe(&session.aws, &nodes),
        metrics::read(&session.aws, &names, now)
    );
    let plan = plan_deploy(nodes, found?);
    let status = HubStatus::of(&plan, metrics, &names);
    gaps.extend(resource_gaps(&plan));
    if !status.is_here() {
        gaps.push(match forwards_to {
            Some(hub) => format!("the hub cannot be seen from here: run `rootwatch status` in {hub}, to which the spokes forward"),
            None => format!("there is no hub in {}: `rootwatch deploy hub` creates it", session.aws.place()),
        });
        return Ok(status);
    }
    gaps.extend(hub_gaps(&status, &names, now));
    Ok(status)
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
            "there is no StackSet {name} in {}: `rootwatch deploy spokes --ou …` creates it",
            session.aws.place()
        )),
        Some(found) if found.template != spokes::TEMPLATE => gaps.push(format!(
            "the StackSet {name} has another template than this rootwatch: `rootwatch deploy spokes` updates it"
        )),
        Some(_) => {}
    }
    let regions = seen.regions(session, gaps);
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
    gaps.extend(coverage.unseen.iter().cloned());
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
    })
}

/// What these credentials can see of the spokes.
struct Seen {
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
    let asked = session.settings.spokes.regions.iter().cloned().collect();
    let (observed, whole, (enabled, own), trail) = tokio::try_join!(
        async {
            preflight::access(&place, organization).await?;
            spokes::observe_settled(&place, &name, &asked, &session.work).await
        },
        organization::whole(&session.aws),
        async {
            let named = &session.settings.spokes.regions;
            let enabled = regions::enabled(&session.aws, named).await?;
            let is_here = session.aws.account == organization.management_account;
            let everywhere = enabled.iter().map(|region| region.name.clone()).collect();
            let own = match is_here {
                true => Some(management::observe(&session.aws, &name, &everywhere, &asked).await?),
                false => None,
            };
            Ok((enabled, own))
        },
        async { Ok(trail::find(&session.aws).await) },
    )?;
    Ok(Seen {
        observed,
        organization: whole,
        enabled,
        own,
        trail,
    })
}

impl Seen {
    /// The regions of the settings, or else those that are deployed to. Other enabled regions are a gap.
    fn regions(&self, session: &Session, gaps: &mut Vec<String>) -> BTreeSet<String> {
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
                "not watched, but enabled in account {}: {}: `rootwatch deploy spokes` watches them, unless --regions or the settings name others",
                session.aws.account,
                unwatched.join(", ")
            ));
        }
        regions
    }
}
