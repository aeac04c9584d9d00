//! `rootwatch plan spokes`, and the plan that `deploy spokes` carries out.

use super::{Exit, Run};
use crate::names::DEPLOYMENT_TAG;
use crate::report;
use crate::spokes::management::{self, Management, Unread};
use crate::spokes::operation::Ended;
use crate::spokes::organization::{self, Organization, Region};
use crate::spokes::plan::{SpokesPlan, Wanted};
use crate::spokes::preflight::{self, Hub, NotReady, Units};
use crate::spokes::{self, HubBus, Observed, Place, regions, trail};
use anyhow::{Context, Result, bail};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// What of a run's flags is no setting.
#[derive(Clone, Copy)]
pub(super) struct Switches {
    pub(super) adopt: bool,
    pub(super) enable_trusted_access: bool,
}

/// A plan and what it was made from.
pub(super) struct Made<'a> {
    pub(super) place: Place<'a>,
    pub(super) wanted: Wanted,
    pub(super) plan: SpokesPlan,
    /// The regions that this account has enabled.
    pub(super) enabled: Vec<Region>,
}

/// Versioned form of the JSON that `plan spokes` and `deploy spokes` print.
#[derive(Serialize)]
pub(super) struct Report<'a> {
    schema: &'static str,
    account: &'a str,
    region: &'a str,
    stack_set: &'a str,
    plan: &'a SpokesPlan,
    operations: &'a [Ended],
    /// An operation that goes on in AWS after Ctrl-C.
    #[serde(skip_serializing_if = "Option::is_none")]
    detached: Option<&'a str>,
}

impl<'a> Made<'a> {
    pub(super) fn report(
        &'a self,
        schema: &'static str,
        run: &'a Run,
        operations: &'a [Ended],
        detached: Option<&'a str>,
    ) -> Report<'a> {
        Report {
            schema,
            account: &run.aws.account,
            region: &run.aws.region,
            stack_set: &self.wanted.stack_set.name,
            plan: &self.plan,
            operations,
            detached,
        }
    }

    pub(super) fn text(&self, run: &Run) -> String {
        let name = &self.wanted.stack_set.name;
        report::spokes::plan(&self.plan, name, run.output.verbose)
    }
}

/// Shows what `deploy spokes` would change.
pub(super) async fn plan(run: &Run, switches: Switches, detailed_exitcode: bool) -> Result<Exit> {
    let made = make(run, switches).await?;
    let report = made.report("rootwatch.plan-spokes/1", run, &[], None);
    run.output.result(&made.text(run), &report)?;
    Ok(if detailed_exitcode && made.plan.is_change() {
        Exit::Found
    } else {
        Exit::Done
    })
}

/// What was found before anything of ours is looked at.
struct Ground {
    organization: Organization,
    trusted_access: bool,
    hub: Hub,
    units: Units,
    enabled: Vec<Region>,
    regions: BTreeSet<String>,
    trail: trail::Coverage,
}

/// Reads everything and compares it with the settings. Writes nothing.
pub(super) async fn make(run: &Run, switches: Switches) -> Result<Made<'_>> {
    if run.config.spokes.ous.is_empty() {
        bail!(
            "no organizational unit is given: --ou, or `ou` under [spokes] in rootwatch.toml; the root's id or / takes all accounts"
        );
    }
    let organization = organization::find(&run.aws).await?;
    let place = Place::of(&run.aws, &organization, run.config.spokes.call_as);
    let ground = preflight(run, &place, organization, switches).await?;
    let name = run.names().stack_set();
    let (observed, stacks) = tokio::try_join!(
        async { Ok(spokes::observe(&place, &name, &ground.regions).await?) },
        own_stacks(run, &name, &ground),
    )?;
    let targets = observed.targets();
    let outermost = &ground.units.outermost;
    let unwanted = targets.keys().filter(|unit| !outermost.contains_key(*unit));
    let beneath = organization::beneath(&run.aws, unwanted)
        .await
        .context("reading the accounts of the units that are deployed to and no longer wanted")?;
    let off = regions::suspects(&observed.instances, &ground.enabled);
    let off = regions::turned_off(&run.aws, off).await;
    let mut wanted = Wanted {
        stack_set: spokes::stack_set(&run.config, name, &ground.hub.bus),
        notes: ground.notes(run),
        regions: ground.regions.clone(),
        units: ground.units.outermost,
        beneath,
        management_account: ground.organization.management_account,
        off,
    };
    if run.config.spokes.regions.is_empty() {
        wanted.keep_regions(&targets, &run.aws.account);
    }
    let (management, unread) =
        stacks.unwrap_or_else(|| (elsewhere(run, &wanted, &ground.hub.bus), Unread::new()));
    if !unread.is_empty() {
        wanted.notes.push(format!(
            "management account: {}: what is no longer wanted stays there",
            management::unread_words(&unread)
        ));
    }
    if !switches.adopt {
        refuse_foreign(run, &wanted.stack_set.name, &observed, &management)?;
    }
    keep_tags(&mut wanted, &observed);
    let mut plan = spokes::plan::plan(&wanted, &observed, management);
    plan.enable_trusted_access = !ground.trusted_access;
    Ok(Made {
        place,
        wanted,
        plan,
        enabled: ground.enabled,
    })
}

/// Asks everything that must be so, side by side, and tells everything that is not so at once.
async fn preflight(
    run: &Run,
    place: &Place<'_>,
    organization: Organization,
    switches: Switches,
) -> Result<Ground> {
    let (aws, config) = (&run.aws, &run.config);
    let names = run.names();
    let (access, hub, units, enabled, trail) = tokio::join!(
        preflight::trusted_access(place),
        preflight::hub(aws, &names, &config.hub, &organization.id),
        preflight::units(aws, &config.spokes.ous, &organization.management_account),
        organization::enabled_regions(aws),
        trail::find(aws),
    );
    let mut problems: Vec<String> = preflight::features(&organization)
        .err()
        .into_iter()
        .collect();
    let may_enable =
        switches.enable_trusted_access && aws.account == organization.management_account;
    let access = match access {
        Ok(false) if !may_enable => Err(preflight::access_is_off(&organization, &aws.account)),
        other => other,
    };
    let access = access.map_err(|problem| problems.push(problem));
    let units = units.map_err(|found| problems.extend(found));
    let hub = hub.map_err(|problem| problems.push(problem));
    let enabled = enabled.map_err(|error| {
        problems.push(format!(
            "the regions that this account has enabled cannot be read: {error}"
        ));
    });
    let sign_in = aws.partition.sign_in_region();
    let regions = enabled.and_then(|enabled| {
        regions::choose(&config.spokes.regions, &enabled, sign_in, &aws.account)
            .map(|regions| (enabled, regions))
            .map_err(|problem| problems.push(problem))
    });
    match (access, units, hub, regions) {
        (Ok(trusted_access), Ok(units), Ok(hub), Ok((enabled, regions))) if problems.is_empty() => {
            Ok(Ground {
                organization,
                trusted_access,
                hub,
                units,
                enabled,
                regions,
                trail,
            })
        }
        _ => Err(NotReady(problems).into()),
    }
}

impl Ground {
    fn notes(&self, run: &Run) -> Vec<String> {
        let mut notes: Vec<String> = self.hub.note.iter().cloned().collect();
        for unit in &self.units.inside {
            notes.push(format!(
                "{unit} is inside another of the units, which holds it already"
            ));
        }
        let hub = &self.hub.bus.account;
        let mut accounts = self
            .units
            .outermost
            .values()
            .flat_map(|tree| &tree.accounts);
        if *hub != self.organization.management_account
            && !accounts.any(|account| account.id == *hub)
        {
            notes.push(format!(
                "the hub account {hub} is in none of the units: its own root is not watched until its unit is among them"
            ));
        }
        let warning = self.trail.warning();
        notes.extend(warning.map(|it| format!("CloudTrail: {it}")));
        if run.output.verbose && !self.trusted_access {
            notes.push("trusted access for StackSets is off".into());
        }
        notes
    }
}

/// The management account's own stacks and what to do with them, when these credentials are its own.
async fn own_stacks(
    run: &Run,
    name: &str,
    ground: &Ground,
) -> Result<Option<(Management, Unread)>> {
    if run.aws.account != ground.organization.management_account {
        return Ok(None);
    }
    let everywhere = ground
        .enabled
        .iter()
        .map(|region| region.name.clone())
        .collect();
    let found = management::observe(&run.aws, name, &everywhere, &ground.regions).await?;
    let wanted = spokes::stacks(&run.config, name, &ground.hub.bus, &ground.regions);
    let plans = management::plan(&wanted, found.stacks, &run.config.name);
    Ok(Some((Management::Here(plans), found.unread)))
}

/// What is left to run, for somebody who has the management account's credentials but not this machine's settings.
fn elsewhere(run: &Run, wanted: &Wanted, hub: &HubBus) -> Management {
    let mut command = format!("rootwatch deploy spokes --region {}", run.aws.region);
    let mut add = |flag: &str, value: &str| {
        command.push_str(&format!(" {flag} {value}"));
    };
    if run.config.name != "rootwatch" {
        add("--name", &run.config.name);
    }
    add("--hub-account", &hub.account);
    add("--hub-region", &hub.region);
    for unit in wanted.units.keys() {
        add("--ou", unit);
    }
    // Always, since that account may have other regions enabled.
    let regions: Vec<&str> = wanted.regions.iter().map(String::as_str).collect();
    add("--regions", &regions.join(","));
    for (key, value) in &run.config.tags {
        add("--tag", &format!("'{key}={value}'"));
    }
    Management::Elsewhere {
        account: wanted.management_account.clone(),
        command,
    }
}

fn refuse_foreign(
    run: &Run,
    name: &str,
    observed: &Observed,
    management: &Management,
) -> Result<()> {
    let deployment = &run.config.name;
    let refused = |what: String| {
        format!(
            "{what}, without the tag {DEPLOYMENT_TAG}={deployment}: it belongs to somebody else, and nothing was changed. Choose another --name, remove it, or take it over with --adopt"
        )
    };
    if let Some(found) = &observed.stack_set
        && found.tags.get(DEPLOYMENT_TAG) != Some(deployment)
    {
        let place = run.aws.place();
        bail!(refused(format!(
            "in {place} there is already a StackSet {name}"
        )));
    }
    if let Some(stack) = management
        .stacks()
        .iter()
        .find(|it| it.is_foreign(deployment))
    {
        let (account, resource) = (&run.aws.account, &stack.step.resource);
        bail!(refused(format!(
            "in account {account} there is already a {resource}"
        )));
    }
    Ok(())
}

/// An update of the StackSet replaces all its tags: those that others added are sent again.
fn keep_tags(wanted: &mut Wanted, observed: &Observed) {
    let found = observed.stack_set.as_ref().map(|found| found.tags.clone());
    let mut tags: BTreeMap<String, String> = found.unwrap_or_default();
    tags.retain(|key, _| !key.starts_with("aws:"));
    tags.append(&mut wanted.stack_set.tags);
    wanted.stack_set.tags = tags;
}
