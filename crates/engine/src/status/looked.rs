//! Reads what `status` reports of the hub, here or where it is, each resource by itself.

use super::{
    Gap, HubStatus, SpokesStatus, Unseen, clicks, hub_gaps, resource_gaps, unread_gaps, unseen,
};
use crate::aws::error::{AwsError, is_stopped};
use crate::elsewhere::{self, Denied, hub_of};
use crate::findings::status_hub as kinds;
use crate::heard::{self, Heard};
use crate::hub::desired::hub_and_former;
use crate::hub::event_bus::EventBus;
use crate::hub::function::Function;
use crate::hub::hub_resource::HubResource;
use crate::hub::metrics;
use crate::hub::plan::{HubPlan, plan_deploy};
use crate::hub::resource::Resource;
use crate::hub::role::Role;
use crate::memory::{self, Recalled};
use crate::names::Names;
use crate::next;
use crate::removal::beside;
use crate::self_check::{self, SelfCheckStatus};
use crate::session::Session;
use crate::spokes::Location;
use crate::spokes::organization::Organization;
use anyhow::{Result, bail};
use jiff::Timestamp;
use std::collections::BTreeSet;

/// What was found of the hub.
pub(super) struct Hub {
    pub(super) status: HubStatus,
    pub(super) gaps: Vec<Gap>,
    pub(super) unseen: Option<Unseen>,
    /// Where it is, if that is known otherwise than by the StackSet.
    pub(super) at: Option<Location>,
    /// Who was heard, where it is here and there are heartbeats.
    pub(super) heard: Option<Result<Heard, AwsError>>,
}

impl Hub {
    /// Whether nothing answered of all that was asked of it.
    pub(super) fn is_unreadable(&self) -> bool {
        !self.status.is_here() && self.status.missing.is_empty() && !self.status.unknown.is_empty()
    }
}

/// The hub here, or where the settings or the spokes say, by the credentials that the settings give for it.
///
/// Fails when nothing of the deployment is here, and says where it is.
pub(super) async fn hub(
    session: &Session,
    organization: Option<&Organization>,
    spokes: &SpokesStatus,
    since: Option<Timestamp>,
) -> Result<Hub> {
    let mut looked = read(session, organization, since).await;
    if looked.status.is_here() || session.settings.hub.account.is_some() {
        looked.at = Some(given_hub(session));
    }
    if looked.status.is_here() {
        return Ok(looked);
    }
    let (denied, at) = (Denied::default(), looked.at.clone());
    let at = at.as_ref();
    let elsewhere = match hub_elsewhere(session, organization, at, spokes, &denied).await? {
        Ok(elsewhere) => elsewhere,
        Err(gap) => {
            looked.gaps.push(gap);
            return Ok(looked);
        }
    };
    let Some(hub) = elsewhere else {
        if looked.status.unknown.is_empty() {
            let other = beside::other_names(&session.aws, &session.settings.name).await?;
            looked.gaps = vec![no_hub(session, spokes, &denied.answers(), other)];
        }
        return Ok(looked);
    };
    match session.at_hub(&hub).await {
        Ok(Some(there)) => Ok(look_there(&there, organization, hub, since).await),
        Ok(None) => {
            looked.gaps.clear();
            looked.unseen = Some(unseen::hub(session, &hub));
            Ok(looked)
        }
        Err(error) if is_stopped(&error) => Err(error),
        Err(error) => {
            let gap = Gap::failed(kinds::HUB_NOT_ENTERED, "hub", &error);
            let text = format!("the hub in {} {}", place(&hub), gap.text);
            let gap = Gap { text, ..gap }.not_entered("hub");
            looked.gaps = vec![gap.at(&hub.account, &hub.region)];
            Ok(looked)
        }
    }
}

/// That there is none, and what to do.
fn no_hub(
    session: &Session,
    spokes: &SpokesStatus,
    denied: &[AwsError],
    other_name: Option<String>,
) -> Gap {
    let text = format!("there is no hub in {}", session.aws.place());
    let is_known = spokes.unknown.is_none() && spokes.stack_set_unknown.is_none();
    let denied: Vec<String> = denied.iter().map(ToString::to_string).collect();
    let creates = "`rootwatch deploy hub` creates it";
    let fix = match (is_known, denied.is_empty()) {
        (true, true) => format!("{creates}, and then says how to deploy the spokes"),
        (false, true) => format!(
            "{creates}, unless there is one elsewhere: where the spokes forward to could not be read"
        ),
        (_, false) => format!(
            "{creates}, unless there is one elsewhere, which could not be read: {}",
            denied.join("; ")
        ),
    };
    let fix = match other_name {
        Some(meant) => format!("{meant} Otherwise {fix}"),
        None => fix,
    };
    Gap::new(kinds::NO_HUB, "hub", text, fix).of(&session.names())
}

/// Where the settings say that the hub is, or else here.
fn given_hub(session: &Session) -> Location {
    let (given, aws) = (&session.settings.hub, &session.aws);
    Location {
        account: given.account.clone().unwrap_or(aws.account.clone()),
        region: given.region.clone().unwrap_or(aws.region.clone()),
    }
}

/// Where the hub is that is not here; nothing where everything leads here, or nowhere. What could not be looked up is a
/// gap.
async fn hub_elsewhere(
    session: &Session,
    organization: Option<&Organization>,
    given: Option<&Location>,
    spokes: &SpokesStatus,
    denied: &Denied,
) -> Result<Result<Option<Location>, Gap>> {
    let (aws, names) = (&session.aws, session.names());
    let here = Location::of(&aws.account, &aws.region);
    let set = spokes.found.as_ref();
    if let Some(hub) = given.cloned().or(set.and_then(|it| hub_of(&it.parameters))) {
        return Ok(Ok(Some(hub).filter(|hub| *hub != here)));
    }
    let call_as = session.settings.spokes.call_as;
    let other = match elsewhere::find_widely(aws, &names, call_as, denied).await {
        Ok(Some(other)) => other,
        Ok(None) => return Ok(Ok(None)),
        Err(error) if is_stopped(&error) => return Err(error),
        Err(error) => {
            let gap = Gap::failed(kinds::ELSEWHERE_NOT_READ, "hub", &error);
            let text = format!(
                "there is no hub in {}, and whether there is one elsewhere {}",
                aws.place(),
                gap.text
            );
            return Ok(Err(Gap { text, ..gap }.of(&names)));
        }
    };
    // Where the organization is not known, neither is whether the spokes are here.
    let is_elsewhere = spokes.unknown.is_some() && organization.is_some();
    if other.hub.region != aws.region || is_elsewhere {
        bail!(other.words(aws));
    }
    Ok(Ok(Some(other.hub)))
}

/// The hub by other credentials, or in another region of this account.
async fn look_there(
    there: &Session,
    organization: Option<&Organization>,
    hub: Location,
    since: Option<Timestamp>,
) -> Hub {
    let mut looked = read(there, organization, since).await;
    let place = place(&hub);
    if looked.status.is_here() || !looked.status.unknown.is_empty() {
        for gap in &mut looked.gaps {
            gap.text = format!("hub in {place}: {}", gap.text);
        }
    } else {
        let text = format!("there is no hub in {place}, to which the spokes forward");
        let fix = format!("{} creates it", next::there("rootwatch deploy hub", &hub));
        let gap = Gap::new(kinds::NO_HUB, "hub", text, fix);
        looked.gaps = vec![gap.at(&hub.account, &hub.region)];
    }
    looked.at = Some(hub);
    looked
}

fn place(hub: &Location) -> String {
    format!("account {}, region {}", hub.account, hub.region)
}

/// Compares the hub with the settings of this run: one that was given only at deployment shows as a change. With `since`
/// it is read who was heard since then.
async fn read(
    session: &Session,
    organization: Option<&Organization>,
    since: Option<Timestamp>,
) -> Hub {
    let (names, now) = (session.names(), Timestamp::now());
    let heard = async {
        match since {
            Some(since) => Some(heard::read(&session.aws, &names, since).await),
            None => None,
        }
    };
    let (recalled, metrics, last, heard) = tokio::join!(
        memory::recall_readable(session),
        metrics::read(&session.aws, &names, now),
        self_check::last(&session.aws, &names),
        heard
    );
    let Recalled {
        session,
        found,
        doubts,
        unread,
    } = recalled;
    let names = session.names();
    let given = session.settings.org_id.clone();
    let org_id = given.or_else(|| organization.map(|it| it.id.clone()));
    let org_id = org_id.or_else(|| memory::organization_id(&found));
    let mut unknown: BTreeSet<String> = unread.iter().flat_map(|it| it.ids.clone()).collect();
    if org_id.is_none() {
        unknown.extend(of_the_organization(&names));
    }
    let plan = plan_deploy(
        hub_and_former(&session.hub(org_id.unwrap_or_default())),
        found,
    );
    let mut status = HubStatus::of(&plan, metrics, &names, &unknown);
    let mut gaps = unread_gaps(&unread, &names);
    gaps.extend(clicks::look(&session.aws, &plan, &names, &mut status).await);
    gaps.extend(resource_gaps(&plan, &names));
    let doubt = |it| Gap::new(kinds::CONTRADICTION, "hub", it, "").of(&names);
    gaps.extend(doubts.into_iter().map(doubt));
    if status.is_here() {
        gaps.extend(hub_gaps(&status, &names, now));
        let setting = session.settings.hub.self_check;
        let found = SelfCheckStatus::of(setting, last);
        gaps.extend(self_check::gaps(&found, function_of(&plan), &names, now));
        status.self_check = Some(found);
    }
    Hub {
        heard: heard.filter(|_| status.is_here()),
        status,
        gaps,
        unseen: None,
        at: None,
    }
}

/// The self-check's function, where it is there.
fn function_of(plan: &HubPlan) -> Option<&Function> {
    plan.found().find_map(|it| match it {
        HubResource::SelfCheckFunction(function) => Some(&function.it),
        _ => None,
    })
}

/// What has the organization's id in a policy, and cannot be judged without it.
fn of_the_organization(names: &Names) -> [String; 3] {
    [
        format!("{} {}", Role::KIND, names.self_check_role()),
        format!("{} {}", EventBus::KIND, names.bus()),
        format!("{} {}", Role::KIND, names.role()),
    ]
}
