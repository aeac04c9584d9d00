//! `rootwatch status`: would I know? What exists of the hub, who is told, and which accounts are covered.

use super::deploy_spokes::follow_one;
use super::{Exit, Run};
use crate::hub::desired::hub;
use crate::hub::{metrics, observe, plan_deploy};
use crate::report;
use crate::report::page::Page;
use crate::spokes::coverage::{Known, coverage};
use crate::spokes::management::Unread;
use crate::spokes::operation::Preferences;
use crate::spokes::organization::{self, Account, Organization, Region};
use crate::spokes::preflight;
use crate::spokes::stack_set::StackSet;
use crate::spokes::{self, HubBus, Observed, Place, management, regions, trail};
use crate::status::{
    HubStatus, Report, SpokesStatus, drift_hole, forwards_to, hub_holes, resource_holes, text,
};
use anyhow::{Context, Result, bail};
use std::collections::BTreeSet;
use std::path::Path;

/// Shows the state of the whole path as far as these credentials can see it.
pub(super) async fn status(run: &Run, html: Option<&Path>, drift: bool) -> Result<Exit> {
    let organization = organization::find(&run.aws).await?;
    let mut holes = Vec::new();
    if drift {
        holes.extend(detect_drift(run, &organization).await?);
    }
    let spokes = spokes_status(run, &organization, &mut holes).await?;
    let hub = hub_status(
        run,
        &organization,
        spokes.forwards_to.as_deref(),
        &mut holes,
    )
    .await?;
    if let Some(found) = &spokes.found {
        let wanted = wanted_set(run);
        let is_known = hub.is_here() || run.config.hub.account.is_some();
        holes.extend(found.faults(&wanted, is_known));
    }
    let report = Report {
        schema: "rootwatch.status/1",
        account: run.aws.account.clone(),
        region: run.aws.region.clone(),
        hub,
        spokes,
        holes,
    };
    run.output.result(&text(&report), &report)?;
    if let Some(file) = html {
        write_page(run, &report, file)?;
    }
    Ok(if report.holes.is_empty() {
        Exit::Done
    } else {
        Exit::Found
    })
}

/// Has CloudFormation compare every stack instance with its template, waits for the end of that, and gives where it
/// could not.
async fn detect_drift(run: &Run, organization: &Organization) -> Result<Option<String>> {
    let place = Place::of(&run.aws, organization, run.config.spokes.call_as);
    let name = run.names().stack_set();
    let preferences = Preferences::of(&run.config.spokes.operations);
    let id = StackSet::detect_drift(&place, &name, &preferences)
        .await
        .with_context(|| {
            format!(
                "starting drift detection of the StackSet {name} in {}",
                run.aws.place()
            )
        })?;
    let ended = follow_one(run, &place, &name, &id).await?;
    Ok((!ended.is_success()).then(|| {
        let told = report::spokes::operation(&ended);
        format!(
            "drift could not be looked for everywhere: {}",
            told.trim_end()
        )
    }))
}

/// Writes the coverage as a page.
fn write_page(run: &Run, report: &Report, file: &Path) -> Result<()> {
    if let Some(why) = &report.spokes.unknown {
        bail!(
            "{} was not written, since the coverage is not known: {why}",
            file.display()
        );
    }
    let page = Page {
        place: format!("rootwatch \"{}\": {}", run.config.name, run.aws.place()),
        made: format!("{:.0}", jiff::Timestamp::now()),
        coverage: &report.spokes.coverage,
        all_holes: &report.holes,
    };
    std::fs::write(file, page.html()?).with_context(|| format!("writing {}", file.display()))?;
    run.progress.say(&format!("Wrote {}.", file.display()));
    Ok(())
}

/// The StackSet as it would be made from here.
fn wanted_set(run: &Run) -> StackSet {
    let given = &run.config.hub;
    let hub = HubBus {
        account: given.account.clone().unwrap_or(run.aws.account.clone()),
        region: given.region.clone().unwrap_or(run.aws.region.clone()),
    };
    spokes::stack_set(&run.config, run.names().stack_set(), &hub)
}

/// Compares the hub with the settings of this run: one that was given only at deployment shows as a change.
async fn hub_status(
    run: &Run,
    organization: &Organization,
    forwards_to: Option<&str>,
    holes: &mut Vec<String>,
) -> Result<HubStatus> {
    let org_id = run.config.org_id.as_ref().unwrap_or(&organization.id);
    let nodes = hub(&run.hub(org_id.clone()));
    let names = run.names();
    let now = jiff::Timestamp::now();
    let (observed, metrics) = tokio::join!(
        observe(&run.aws, &nodes),
        metrics::read(&run.aws, &names, now)
    );
    let plan = plan_deploy(nodes, observed?);
    let status = HubStatus::of(&plan, metrics, &names);
    holes.extend(resource_holes(&plan));
    if !status.is_here() {
        holes.push(match forwards_to {
            Some(hub) => format!("the hub cannot be seen from here: run `rootwatch status` in {hub}, where the spokes forward to"),
            None => format!("there is no hub in {}: `rootwatch deploy hub` makes it", run.aws.place()),
        });
        return Ok(status);
    }
    holes.extend(hub_holes(&status, &names, now));
    Ok(status)
}

async fn spokes_status(
    run: &Run,
    organization: &Organization,
    holes: &mut Vec<String>,
) -> Result<SpokesStatus> {
    let seen = match see_spokes(run, organization).await {
        Ok(seen) => seen,
        Err(error) => {
            let why = format!("{error:#}");
            holes.push(format!("the spokes cannot be seen from here: {why}"));
            return Ok(SpokesStatus {
                unknown: Some(why),
                ..SpokesStatus::default()
            });
        }
    };
    let name = run.names().stack_set();
    holes.extend(seen.trail.warning().map(|it| format!("CloudTrail: {it}")));
    let set = seen.observed.stack_set.as_ref();
    match set {
        None => holes.push(format!(
            "there is no StackSet {name} in {}: `rootwatch deploy spokes --ou …` makes it",
            run.aws.place()
        )),
        Some(found) if found.template != spokes::TEMPLATE => holes.push(format!(
            "the StackSet {name} has another template than this rootwatch: `rootwatch deploy spokes` updates it"
        )),
        Some(_) => {}
    }
    let regions = seen.regions(run, holes);
    let off = regions::suspects(&seen.observed.instances, &seen.enabled);
    let off = regions::turned_off(&run.aws, off).await;
    let standing = seen.own.as_ref().map(|own| {
        let forwards = set.map(|set| &set.parameters);
        management::standing(&own.stacks, &run.config.name, spokes::TEMPLATE, forwards)
    });
    let coverage = coverage(&Known {
        accounts: &seen.accounts,
        regions: &regions,
        instances: &seen.observed.instances,
        management_account: &organization.management_account,
        management: standing.as_ref(),
        unread: seen.own.as_ref().map_or(&Unread::new(), |own| &own.unread),
        off: &off,
    });
    holes.extend(coverage.holes.iter().map(|hole| hole.words(regions.len())));
    holes.extend(coverage.unseen.iter().cloned());
    let drift = set.and_then(|found| found.drift.clone());
    holes.extend(drift.as_ref().and_then(drift_hole));
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
    accounts: Vec<Account>,
    enabled: Vec<Region>,
    /// The management account's own stacks, when these credentials are its own.
    own: Option<management::Found>,
    trail: trail::Coverage,
}

async fn see_spokes(run: &Run, organization: &Organization) -> Result<Seen> {
    let place = Place::of(&run.aws, organization, run.config.spokes.call_as);
    let name = run.names().stack_set();
    let asked = run.config.spokes.regions.iter().cloned().collect();
    let (observed, accounts, (enabled, own), trail) = tokio::try_join!(
        async {
            preflight::access(&place, organization).await?;
            Ok(spokes::observe(&place, &name, &asked).await?)
        },
        organization::accounts(&run.aws),
        async {
            let enabled = organization::enabled_regions(&run.aws).await?;
            let is_here = run.aws.account == organization.management_account;
            let everywhere = enabled.iter().map(|region| region.name.clone()).collect();
            let own = match is_here {
                true => Some(management::observe(&run.aws, &name, &everywhere, &asked).await?),
                false => None,
            };
            Ok((enabled, own))
        },
        async { Ok(trail::find(&run.aws).await) },
    )?;
    Ok(Seen {
        observed,
        accounts,
        enabled,
        own,
        trail,
    })
}

impl Seen {
    /// The regions of the settings, or else those that are deployed to. Those that are enabled beside them are a hole.
    fn regions(&self, run: &Run, holes: &mut Vec<String>) -> BTreeSet<String> {
        let asked = &run.config.spokes.regions;
        if !asked.is_empty() {
            return asked.iter().cloned().collect();
        }
        let sign_in = run.aws.partition.sign_in_region();
        let mut regions: BTreeSet<String> = self.observed.instances.regions().cloned().collect();
        regions.insert(sign_in.to_owned());
        let unwatched: Vec<&str> = self
            .enabled
            .iter()
            .map(|region| region.name.as_str())
            .filter(|region| !regions.contains(*region))
            .collect();
        if self.observed.stack_set.is_some() && !unwatched.is_empty() {
            holes.push(format!(
                "not watched, but enabled in account {}: {}: `rootwatch deploy spokes` watches them, unless --regions or the settings name others",
                run.aws.account,
                unwatched.join(", ")
            ));
        }
        regions
    }
}
