//! What `plan spokes` shows and `deploy spokes` carries out: reads everything, then decides. Writes nothing.

use super::basis::basis;
use super::deployed::SpokesPlanned;
use super::directory::Directory;
use super::instances::Instance;
use super::management::{self, Management, Unread};
use super::organization::{self, Account, Organization, Region};
use super::plan::{self, SpokesPlan};
use super::preflight::{self, Hub, NotReady};
use super::record::Record;
use super::stack_set::{Only, StackSet};
use super::trusted_access;
use super::units::{self, Units};
use super::wanted::Wanted;
use super::{
    HubBus, Location, Observed, Place, observe, regions, stack_set, stacks, stuck_role, trail,
};
use crate::aws::consistency::rest;
use crate::elsewhere::{self, Denied};
use crate::memory::{self, Deployment};
use crate::names::DEPLOYMENT_TAG;
use crate::next;
use crate::session::Session;
use crate::source::key;
use crate::verify;
use anyhow::{Context, Result, bail};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// The flags of a run that are not settings.
#[derive(Clone, Copy, Debug, Default)]
pub struct Switches {
    /// Whether to take over resources that have our names but not our tag.
    pub adopt: bool,
    /// Whether to turn on trusted access for StackSets where it is off.
    pub enable_trusted_access: bool,
}

/// What was found before the spokes are read.
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
///
/// # Errors
/// When no unit is given, something cannot be read, a prerequisite is missing, or something exists without our tag.
pub async fn plan(session: &Session, switches: Switches) -> Result<SpokesPlanned> {
    let organization = organization::find(&session.aws).await?;
    let place = session.stack_sets(&organization);
    let recalled = remember(session, &place).await?;
    let ground = preflight(&recalled, &place, organization, switches).await?;
    let (session, remembered) = (&recalled.session, &recalled.deployment);
    let name = session.names().stack_set();
    let (observed, own) = tokio::try_join!(
        async { Ok(observe(&place, &name, &ground.regions).await?) },
        own_stacks(session, &name, &ground),
    )?;
    let observed = with_targets(session, &place, observed, &ground).await?;
    let targets = observed.targets();
    let outermost = &ground.units.outermost;
    let unwanted = targets.keys().filter(|unit| !outermost.contains_key(*unit));
    let beneath = organization::accounts_beneath(&session.aws, unwanted)
        .await
        .context("reading the accounts of the units that are deployed to and no longer wanted")?;
    let off = regions::suspects(&observed.instances, &ground.enabled);
    let off = regions::turned_off(&session.aws, off)
        .await
        .context("reading which regions accounts have turned off")?;
    let mut notes = ground.notes();
    notes.extend(remembered.as_ref().and_then(Deployment::note));
    notes.extend(off.unknown());
    let unnamed = targets
        .keys()
        .filter(|unit| !ground.units.paths.contains_key(*unit));
    let mut paths = organization::paths(&session.aws, unnamed).await;
    let mut set = stack_set(&session.settings, name, &ground.hub.bus);
    set.description = description(session, remembered.as_ref(), &ground.units);
    paths.extend(ground.units.paths);
    let mut wanted = Wanted {
        paths,
        stack_set: set,
        notes,
        regions: ground.regions.clone(),
        units: ground.units.outermost,
        active_beneath: active(&beneath),
        beneath: organization::ids(&beneath),
        management_account: ground.organization.management_account,
        off: off.locations,
    };
    if session.settings.spokes.regions.is_empty() {
        wanted.keep_regions(&targets, &session.aws.account);
    }
    let (management, unread) =
        own.unwrap_or_else(|| (elsewhere(session, &wanted, &ground.hub.bus), Unread::new()));
    if !unread.is_empty() {
        wanted.notes.push(format!(
            "management account: {}; stacks that are no longer wanted stay there",
            management::unread_words(&unread)
        ));
    }
    if !switches.adopt {
        refuse_foreign(session, &wanted, &observed, &management)?;
    }
    if let Some(found) = &observed.stack_set
        && let Some(why) = stuck_role(&found.parameters, &wanted.stack_set.parameters)
    {
        bail!(why);
    }
    keep_tags(&mut wanted, &observed);
    let hub = &ground.hub.bus;
    let mut plan = plan::plan(&wanted, &observed, management);
    plan.name_sources(|key| session.settings.sources.words(key));
    plan.enable_trusted_access = !ground.trusted_access;
    plan.trail = verify::trail::lacks(&session.aws, &ground.trail);
    let only = one_instance(&plan, &wanted, &observed);
    let basis = basis(&wanted, &observed, &plan, &ground.enabled);
    Ok(SpokesPlanned {
        account: session.aws.account.clone(),
        region: session.aws.region.clone(),
        call_as: place.call_as,
        wanted,
        plan,
        enabled: ground.enabled,
        only,
        basis,
        test: (hub.account.clone(), next::test(&session.settings, hub)),
    })
}

/// How often the targets of automatic deployment are read again where one is missing, and how long after each other.
const AGAIN: usize = 3;
const PAUSE: Duration = Duration::from_secs(1);

/// With the targets of automatic deployment as they are: AWS does not say that their list is consistent, and the one that
/// lags behind an operation would lack a target.
async fn with_targets(
    session: &Session,
    place: &Place<'_>,
    mut observed: Observed,
    ground: &Ground,
) -> Result<Observed> {
    let name = session.names().stack_set();
    for _ in 0..AGAIN {
        if !observed.lacks_target(ground.units.outermost.keys(), &ground.regions) {
            break;
        }
        rest(&session.work, PAUSE).await?;
        observed.auto_deployment = StackSet::auto_deployment_targets(place, &name).await?;
    }
    Ok(observed)
}

fn active(beneath: &BTreeMap<String, Vec<Account>>) -> BTreeSet<String> {
    let active = beneath.values().flatten().filter(|it| it.active);
    active.map(|it| it.id.clone()).collect()
}

/// A stack instance that stays, where an update of the StackSet changes nothing but its description: then no stack
/// changes, and none but this one has to be gone through. Pure.
fn one_instance(plan: &SpokesPlan, wanted: &Wanted, observed: &Observed) -> Option<Only> {
    let changed = plan.stack_set.changed();
    if changed.is_empty() || changed.iter().any(|field| *field != "description") {
        return None;
    }
    let stays = |it: &(Location, &Instance)| it.1.is_current() && wanted.is_wanted(&it.0);
    let (location, instance) = observed.instances.locations().find(stays)?;
    Some(Only {
        unit: instance.unit.to_string(),
        location,
    })
}

/// What the StackSet is to keep of the settings. What is only guessed stays as it is written.
fn description(session: &Session, remembered: Option<&Deployment>, units: &Units) -> String {
    let is_guess = session.settings.sources.is_open(key::REGIONS);
    if let Some(found) = remembered.filter(|it| is_guess && it.note().is_some()) {
        return found.set.description.clone();
    }
    let ids = units.outermost.keys().chain(&units.inside);
    let record = Record {
        regions: session.settings.spokes.regions.iter().cloned().collect(),
        units: Some(ids.cloned().collect()),
    };
    record.description()
}

/// A run with the settings of what is deployed.
struct Remembered {
    session: Session,
    deployment: Option<Deployment>,
    /// Why the StackSet cannot be read, if so: what is missing to read it is found by the checks that follow.
    unread: Option<String>,
}

/// Takes the settings of the StackSet, or before there is one, of a hub that is here, which says what is demanded of
/// roles, and the tags.
async fn remember(session: &Session, place: &Place<'_>) -> Result<Remembered> {
    let (recalled, deployment) = match memory::recall_spokes(session, place).await {
        Ok(found) => found,
        Err(error) => {
            return Ok(Remembered {
                session: session.clone(),
                deployment: None,
                unread: Some(format!(
                    "what is deployed of the spokes cannot be read: {error:#}"
                )),
            });
        }
    };
    if deployment.is_some() {
        refuse_redirected(session, &recalled).await?;
    }
    let is_here = |it: &Option<String>, here: &String| it.as_ref().is_none_or(|it| it == here);
    let (hub, aws) = (&session.settings.hub, &session.aws);
    let is_hub = is_here(&hub.account, &aws.account) && is_here(&hub.region, &aws.region);
    let session = match deployment.is_none() && is_hub {
        true => memory::recall_function(session)
            .await
            .with_context(|| format!("reading the settings of the hub, from {}", aws.place()))?,
        false => recalled,
    };
    Ok(Remembered {
        session,
        deployment,
        unread: None,
    })
}

/// Fails when a hub of this deployment is here, and only the StackSet says that it is elsewhere: somebody may have turned
/// the spokes away.
async fn refuse_redirected(session: &Session, recalled: &Session) -> Result<()> {
    let (aws, given, hub) = (&session.aws, &session.settings.hub, &recalled.settings.hub);
    let is_given = given.account.is_some() || given.region.is_some();
    let here = (Some(&aws.account), Some(&aws.region));
    let is_here = (hub.account.as_ref(), hub.region.as_ref()) == here;
    if is_given || is_here {
        return Ok(());
    }
    let denied = Denied::default();
    if !elsewhere::has_bus(aws, &session.names(), &denied).await? {
        for why in denied.answers() {
            session.work.message(&format!(
                "Could not determine whether a hub of this deployment is here too, besides the one to which the StackSet forwards: {why}."
            ));
        }
        return Ok(());
    }
    let (account, region) = (&aws.account, &aws.region);
    bail!(
        "the StackSet {} forwards to account {}, region {}, and there is a hub of this deployment here, in {}: somebody may have turned the spokes away. Nothing was changed; say which hub is meant: `rootwatch deploy spokes --hub-account {account} --hub-region {region}` turns them to this one",
        session.names().stack_set(),
        hub.account.as_deref().unwrap_or("(none)"),
        hub.region.as_deref().unwrap_or("(none)"),
        aws.place()
    );
}

/// Checks all prerequisites concurrently, and reports everything that is missing at once.
async fn preflight(
    recalled: &Remembered,
    place: &Place<'_>,
    organization: Organization,
    switches: Switches,
) -> Result<Ground> {
    let session = &recalled.session;
    let (aws, settings) = (&session.aws, &session.settings);
    let deployed = recalled.deployment.as_ref().map(|it| &it.units);
    let (access, hub, units, enabled, trail) = tokio::join!(
        trusted_access::is_on(place),
        preflight::hub(session, &organization.id),
        units::look_up(aws, settings, deployed, &organization.management_account),
        regions::enabled(aws, &settings.spokes.regions),
        trail::find(aws),
    );
    let mut problems: Vec<String> = preflight::features(&organization)
        .err()
        .into_iter()
        .collect();
    let may_enable =
        switches.enable_trusted_access && aws.account == organization.management_account;
    let access = match access {
        Ok(false) if !may_enable => Err(trusted_access::off(&organization, &aws.account)),
        other => other,
    };
    let access = access.map_err(|problem| problems.push(problem.to_string()));
    let units = units.map_err(|found| problems.extend(found));
    // Without access the StackSet cannot be read either.
    problems.extend(recalled.unread.clone().filter(|_| access.is_ok()));
    let hub = hub.map_err(|problem| problems.push(problem));
    let enabled = enabled.map_err(|error| {
        problems.push(format!(
            "the regions that this account has enabled cannot be read, and --regions names none: {error}"
        ));
    });
    let sign_in = aws.partition.sign_in_region();
    let inexistent = match &enabled {
        Ok(enabled) => regions::inexistent(aws, &settings.spokes.regions, enabled).await,
        Err(()) => Vec::new(),
    };
    let is_real = inexistent.is_empty();
    problems.extend(inexistent);
    let regions = enabled.and_then(|enabled| {
        if !is_real {
            return Err(());
        }
        regions::choose(&settings.spokes.regions, &enabled, sign_in, &aws.account)
            .map(|regions| (enabled, regions))
            .map_err(|problem| problems.push(problem))
    });
    if let (Ok(units), Ok((_, regions))) = (&units, &regions) {
        let most = settings.spokes.operations.instance_quota;
        problems.extend(
            preflight::quota(units, &organization.management_account, regions.len(), most).err(),
        );
    }
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
    fn notes(&self) -> Vec<String> {
        let mut notes: Vec<String> = self.hub.note.iter().cloned().collect();
        for unit in &self.units.gone {
            notes.push(format!(
                "{unit}, which is deployed to, no longer exists in the organization"
            ));
        }
        let directory = Directory::of(self.units.paths.clone(), []);
        for unit in &self.units.inside {
            let unit = directory.unit(unit);
            notes.push(format!(
                "{unit} is inside another of the units, which includes it already"
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
                "the hub account {hub} is in none of the units: its own root user is not watched until its unit is added"
            ));
        }
        if let trail::Best::Organization { .. } = self.trail.best {
            let warning = self.trail.warning();
            notes.extend(warning.map(|it| format!("CloudTrail: {it}")));
        }
        notes
    }
}

/// The management account's own stacks and what to do with them, when these credentials are its own.
async fn own_stacks(
    session: &Session,
    name: &str,
    ground: &Ground,
) -> Result<Option<(Management, Unread)>> {
    let management = &ground.organization.management_account;
    let Some(aws) = session.management(management).await? else {
        return Ok(None);
    };
    let everywhere = ground
        .enabled
        .iter()
        .map(|region| region.name.clone())
        .collect();
    let found = management::observe(&aws, name, &everywhere, &ground.regions).await?;
    let wanted = stacks(&session.settings, name, &ground.hub.bus, &ground.regions);
    let plans = management::plan(&wanted, found.stacks, &session.settings.name);
    Ok(Some((Management::Here(plans), found.unread)))
}

/// The command left to run, for somebody with the management account's credentials but not this machine's settings.
fn elsewhere(session: &Session, wanted: &Wanted, hub: &HubBus) -> Management {
    let aws = &session.aws;
    let directory = Directory::of(wanted.paths.clone(), []);
    let units: Vec<String> = wanted
        .units
        .keys()
        .map(|it| directory.unit_argument(it))
        .collect();
    let command = next::deploy_spokes(&session.settings, hub, &aws.region, &units, aws.partition);
    Management::Elsewhere {
        account: wanted.management_account.clone(),
        command: command.to_string(),
    }
}

fn refuse_foreign(
    session: &Session,
    wanted: &Wanted,
    observed: &Observed,
    management: &Management,
) -> Result<()> {
    let name = &wanted.stack_set.name;
    let deployment = &session.settings.name;
    let refused = |what: String| {
        format!(
            "{what}, without the tag {DEPLOYMENT_TAG}={deployment}: it belongs to somebody else, and nothing was changed. Choose another --name, remove it, or take it over with --adopt"
        )
    };
    if let Some(found) = &observed.stack_set
        && found.tags.get(DEPLOYMENT_TAG) != Some(deployment)
    {
        let place = session.aws.place();
        bail!(refused(format!(
            "in {place} there is already a StackSet {name}"
        )));
    }
    if let Some(stack) = management
        .stacks()
        .iter()
        .find(|it| it.is_foreign(deployment))
    {
        let (account, resource) = (&wanted.management_account, &stack.step.resource);
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
