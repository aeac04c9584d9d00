//! Reads what `status` reports of the spokes, each part by itself: one that cannot be read is a gap and hides no other.

use super::covered;
use super::{Gap, SpokesStatus};
use crate::aws::error::AwsError;
use crate::findings::coverage as kinds;
use crate::ignore::Accepted;
use crate::memory;
use crate::names::DEPLOYMENT_TAG;
use crate::session::Session;
use crate::settings::CallAs;
use crate::spokes::management::{self, Found};
use crate::spokes::organization::{self, Account, Organization, Region, Subtree};
use crate::spokes::regions::{self, Off};
use crate::spokes::stack_set::StackSet;
use crate::spokes::trail::{self, Best};
use crate::spokes::trusted_access::{self, NoAccess};
use crate::spokes::{self, Listed, Place};
use anyhow::{Error, Result};
use aws_sdk_cloudformation::types::CallAs as SdkCallAs;
use std::collections::{BTreeMap, BTreeSet};

/// The spokes' part of the report.
pub(super) struct Looked {
    pub(super) status: SpokesStatus,
    pub(super) gaps: Vec<Gap>,
    pub(super) accepted: Vec<Accepted<Gap>>,
}

/// Where StackSet calls go; as a delegated administrator where it is not known who the management account is.
pub(super) fn place<'a>(session: &'a Session, organization: Option<&Organization>) -> Place<'a> {
    if let Some(organization) = organization {
        return session.stack_sets(organization);
    }
    Place {
        aws: &session.aws,
        call_as: match session.settings.spokes.call_as {
            Some(CallAs::Management) => SdkCallAs::SelfValue,
            _ => SdkCallAs::DelegatedAdmin,
        },
    }
}

/// All that can be seen of the spokes.
///
/// # Errors
/// When the run is stopped.
pub(super) async fn look(session: &Session, organization: Option<&Organization>) -> Result<Looked> {
    let mut place = place(session, organization);
    let name = session.names().stack_set();
    let ((access, set), whole, enabled, trail) = tokio::join!(
        find(&mut place, &name, organization.is_none()),
        organization::whole(&session.aws),
        organization::enabled_regions(&session.aws),
        trail::find(&session.aws),
    );
    let mut gaps: Vec<Gap> = trail_gap(session, &trail).into_iter().collect();
    let with_trail = !matches!(trail.best, Best::Unseen(_));
    let access = access_gap(session, organization, access);
    let set = match (set, access) {
        (Err(_), Some((gap, why))) => {
            gaps.push(gap);
            return Ok(Looked {
                status: SpokesStatus {
                    unknown: Some(why),
                    with_trail,
                    ..SpokesStatus::default()
                },
                gaps,
                accepted: Vec::new(),
            });
        }
        (set, access) => {
            gaps.extend(access.map(|(gap, _)| gap));
            set
        }
    };
    let mut seen = see(session, &place, organization, set, enabled).await?;
    seen.take_accounts(whole);
    Ok(covered::report(seen, gaps, with_trail))
}

/// The access to StackSets, and the StackSet; by the other way of calling, where it is `open` and only that finds it.
async fn find(
    place: &mut Place<'_>,
    name: &str,
    open: bool,
) -> (Result<bool, NoAccess>, Result<Option<StackSet>, AwsError>) {
    let found = tokio::join!(trusted_access::is_on(place), StackSet::find(place, name));
    if !open || found.1.is_ok() {
        return found;
    }
    let other = Place {
        aws: place.aws,
        call_as: match place.call_as {
            SdkCallAs::SelfValue => SdkCallAs::DelegatedAdmin,
            _ => SdkCallAs::SelfValue,
        },
    };
    let by_other = tokio::join!(trusted_access::is_on(&other), StackSet::find(&other, name));
    // Nothing found proves nothing: an account that is not the management account has StackSets of its own only.
    if matches!(by_other.1, Ok(Some(_))) {
        *place = other;
        return by_other;
    }
    found
}

/// What is wrong with the trails.
fn trail_gap(session: &Session, trail: &trail::Coverage) -> Option<Gap> {
    let operation = match &trail.best {
        Best::Unseen(why) => why.operation,
        _ => None,
    };
    let text = format!("CloudTrail: {}", trail.finding());
    let gap = Gap::new(trail.id()?, "trail", text, trail.fix().unwrap_or_default());
    let gap = gap.at(&session.aws.account, &session.aws.region);
    Some(Gap { operation, ..gap })
}

/// What is wrong with the access to StackSets, and why in one sentence.
fn access_gap(
    session: &Session,
    organization: Option<&Organization>,
    access: Result<bool, NoAccess>,
) -> Option<(Gap, String)> {
    let (id, why, operation) = match (access, organization) {
        (Ok(true), _) => return None,
        (Err(why), _) => (kinds::SPOKES_NOT_READ, why, Some(trusted_access::CALL)),
        (Ok(false), organization) => {
            let why = match organization {
                Some(it) => trusted_access::off(it, &session.aws.account),
                None => NoAccess {
                    why: "trusted access for StackSets is off".into(),
                    fix: "`aws cloudformation activate-organizations-access` in the management account turns it on".into(),
                },
            };
            (kinds::NO_TRUSTED_ACCESS, why, None)
        }
    };
    let text = format!("the spokes cannot be seen from here: {}", why.why);
    let gap = Gap::new(id, "stack-sets", text, why.fix.clone());
    let gap = gap.at(&session.aws.account, &session.aws.region);
    Some((Gap { operation, ..gap }, why.to_string()))
}

/// Reads the instances, the operations and the management account's own stacks.
async fn see<'a>(
    session: &Session,
    place: &Place<'_>,
    organization: Option<&'a Organization>,
    set: Result<Option<StackSet>, AwsError>,
    enabled: Result<Vec<Region>, AwsError>,
) -> Result<Seen<'a>> {
    let name = session.names().stack_set();
    let found = set.as_ref().ok().and_then(Option::as_ref);
    let (session, note) = recall(session, found).await;
    let asked: BTreeSet<String> = session.settings.spokes.regions.iter().cloned().collect();
    let of_set = found.map(|it| it.regions.clone()).unwrap_or_default();
    let regions: BTreeSet<String> = of_set.union(&asked).cloned().collect();
    let listed = match &set {
        Ok(None) => Listed::default(),
        _ => spokes::list_settled(place, &name, &regions, &session.work).await?,
    };
    let everywhere: BTreeSet<String> = match &enabled {
        Ok(enabled) => enabled.iter().map(|region| region.name.clone()).collect(),
        Err(_) => {
            let sign_in = session.aws.partition.sign_in_region().to_owned();
            let of_instances = listed.observed.instances.regions().cloned();
            of_instances.chain(regions).chain([sign_in]).collect()
        }
    };
    let suspects = regions::suspects(
        &listed.observed.instances,
        enabled.as_deref().unwrap_or_default(),
    );
    let (own, off) = tokio::join!(
        own_stacks(&session, organization, &everywhere),
        regions::turned_off(&session.aws, suspects)
    );
    let off = off.unwrap_or_else(|error| Off {
        denied: Some(error.to_string()),
        ..Off::default()
    });
    Ok(Seen {
        session,
        note,
        set,
        listed,
        enabled,
        own,
        off,
        management: organization.map(|it| it.management_account.as_str()),
        tree: Subtree::default(),
        accounts_unread: None,
    })
}

/// The run with what the StackSet remembers, and what is not clear about its regions.
async fn recall(session: &Session, set: Option<&StackSet>) -> (Session, Option<String>) {
    let deployment = &session.settings.name;
    let ours = set.filter(|it| it.tags.get(DEPLOYMENT_TAG) == Some(deployment));
    let Some(set) = ours else {
        return (session.clone(), None);
    };
    // Fails only where the regions cannot be read, which is a gap of its own.
    let Ok(found) = memory::of_set(session, set.clone(), BTreeMap::new(), None).await else {
        return (session.clone(), None);
    };
    let mut settings = session.settings.clone();
    memory::remember_spokes(&mut settings, &found);
    (session.with(settings), found.note())
}

/// The management account's own stacks; `None` where these credentials are another account's.
async fn own_stacks(
    session: &Session,
    organization: Option<&Organization>,
    regions: &BTreeSet<String>,
) -> Result<Option<Found>> {
    let Some(organization) = organization else {
        return Ok(None);
    };
    let name = session.names().stack_set();
    let aws = session.management(&organization.management_account).await?;
    Ok(match aws {
        Some(aws) => Some(management::look(&aws, &name, regions).await),
        None => None,
    })
}

/// What was read of the spokes, each part or why it could not be.
pub(super) struct Seen<'a> {
    /// The run with the settings that the StackSet remembers.
    pub(super) session: Session,
    /// What is not clear about the regions.
    pub(super) note: Option<String>,
    pub(super) set: Result<Option<StackSet>, AwsError>,
    pub(super) listed: Listed,
    pub(super) enabled: Result<Vec<Region>, AwsError>,
    /// The management account's own stacks, when these credentials are its own.
    pub(super) own: Result<Option<Found>>,
    /// The regions that accounts have turned off.
    pub(super) off: Off,
    /// The management account, where it is known.
    pub(super) management: Option<&'a str>,
    /// The accounts to look at.
    pub(super) tree: Subtree,
    /// Why the organization's accounts are not known.
    pub(super) accounts_unread: Option<Error>,
}

impl Seen<'_> {
    /// Takes the accounts of the organization; where they, or the management account, are not known, those that have a
    /// stack instance: of another it cannot be said that one is missing.
    fn take_accounts(&mut self, whole: Result<Subtree>) {
        match whole {
            Ok(tree) => self.tree = tree,
            Err(error) => self.accounts_unread = Some(error),
        }
        let instances = &self.listed.observed.instances;
        let (has_instance, active) = (instances.accounts(), instances.active_accounts());
        if self.accounts_unread.is_some() {
            let units: BTreeMap<&str, &str> = instances
                .iter()
                .map(|(_, account, it)| (account, &*it.unit))
                .collect();
            let account = |(id, unit): (&str, &str)| Account {
                id: id.to_owned(),
                name: String::new(),
                active: active.contains(id),
                unit: unit.to_owned(),
            };
            self.tree.accounts = units.into_iter().map(account).collect();
        } else if self.management.is_none() {
            let accounts = &mut self.tree.accounts;
            accounts.retain(|it| has_instance.contains(it.id.as_str()));
        }
    }
}
