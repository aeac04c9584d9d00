//! Reads what is deployed and judges it: would an event arrive?

use super::deployed::Deployed;
use super::finding::{CannotRead, Hop, Part, Read, Verdict};
use super::spokes::{self, Selection};
use super::{named, notifying};
use crate::elsewhere::{self, Denied};
use crate::findings;
use crate::ignore::{Accepted, Ignore};
use crate::memory;
use crate::removal::beside;
use crate::session::Session;
use crate::spokes::organization::{self, Organization};
use crate::spokes::{Place, trail};
use anyhow::{Result, bail};
use serde::Serialize;

/// Versioned form of the JSON that `verify` prints.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(
    test,
    derive(schemars::JsonSchema),
    schemars(title = "rootwatch verify, version 3")
)]
pub struct Report {
    /// `rootwatch.verify/3`.
    pub schema: &'static str,
    /// The account of this run.
    pub account: String,
    /// The region of this run.
    pub region: String,
    /// How many hops there are of each verdict.
    pub counts: Counts,
    /// Every hop, in the order in which an event passes them.
    pub hops: Vec<Hop>,
    /// Hops that are not ok and that somebody accepts, with the reason.
    pub accepted: Vec<Accepted<Hop>>,
    /// What was to be accepted and was not found: it may be gone.
    pub unused_ignores: Vec<Ignore>,
}

impl Counts {
    /// Hops that are not ok.
    #[must_use]
    pub fn findings(&self) -> usize {
        self.broken + self.differs + self.unknown
    }
}

/// How many hops there are of each verdict.
#[derive(Clone, Copy, Debug, Default, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Counts {
    /// Hops that an event passes.
    pub ok: usize,
    /// Hops that are broken.
    pub broken: usize,
    /// Hops that differ from what rootwatch makes.
    pub differs: usize,
    /// Hops that could not be judged.
    pub unknown: usize,
}

/// Reads what is deployed, and judges every hop.
///
/// # Errors
/// When the spokes forward to a hub elsewhere and there is none here, and when an account or region of the selection
/// does not exist. What cannot be read is a finding.
pub async fn verify(session: &Session, selection: &Selection, hub_only: bool) -> Result<Report> {
    let organization = organization::find(&session.aws).await;
    let organization = organization.map_err(CannotRead::from);
    let hops = hops(session, &organization, selection, hub_only).await?;
    let mut report = Report {
        schema: "rootwatch.verify/3",
        account: session.aws.account.clone(),
        region: session.aws.region.clone(),
        counts: count(&hops),
        hops,
        accepted: Vec::new(),
        unused_ignores: Vec::new(),
    };
    report.accept(&session.settings.ignores);
    Ok(report)
}

/// Every hop as it is deployed, with a finding. Fails where the hub is elsewhere: the fix for that would create a second
/// one.
pub(crate) async fn hops(
    session: &Session,
    organization: &Read<Organization>,
    selection: &Selection,
    hub_only: bool,
) -> Result<Vec<Hop>> {
    // What the function cannot say is a finding of its own.
    let named = memory::recall_function(session).await;
    let as_given = session;
    let session = &named.unwrap_or_else(|_| session.clone());
    let (aws, names) = (&session.aws, session.names());
    let org_id = match &session.settings.org_id {
        Some(id) => Ok(id.clone()),
        None => organization
            .as_ref()
            .map(|found| found.id.clone())
            .map_err(Clone::clone),
    };
    let wanted = session.hub(org_id.clone().unwrap_or_default());
    let call_as = session.settings.spokes.call_as;
    let place = organization.as_ref().map_err(Clone::clone);
    let place = place.map(|organization| Place::of(aws, organization, call_as));
    let (mut deployed, observed, trails) = tokio::join!(
        Deployed::read(aws, &wanted, org_id),
        spokes::observe(&place, &names),
        trail::find(aws),
    );
    deployed.remember(session).await;
    let denied = Denied::default();
    refuse_elsewhere(session, &deployed, &denied).await?;
    if let Ok(organization) = organization {
        let found = observed.as_ref().ok();
        let found = found.filter(|it| it.stack_set.is_some());
        let instances = found.map(|it| &it.instances);
        let is_there = named::check(session, organization, instances, selection).await;
        if is_there.is_err() {
            // A list may lag.
            named::check_unread(session, selection).await?;
        }
    }
    let instances = observed.iter().flat_map(|it| it.instances.iter());
    let locations = instances.map(|(region, account, _)| (account, region));
    let mut hops = match deployed.is_nothing() {
        true => vec![no_hub(session, &denied)],
        false => super::hub(&deployed, locations),
    };
    if !hub_only {
        hops.splice(
            0..0,
            spokes::check(as_given, &names, &place, &observed, selection).await,
        );
    }
    let of_trail = super::trail::check(aws, &trails, notifying::reports_reads(&deployed));
    hops.splice(0..0, of_trail);
    Ok(hops)
}

/// Fails when the hub is elsewhere, and says where: no finding of a hub that is not here would help.
async fn refuse_elsewhere(session: &Session, deployed: &Deployed, denied: &Denied) -> Result<()> {
    let (aws, names) = (&session.aws, session.names());
    if !matches!(deployed.bus(&names.bus()), Ok(None)) {
        return Ok(());
    }
    let call_as = session.settings.spokes.call_as;
    match elsewhere::find_widely(aws, &names, call_as, denied).await? {
        Some(other) => bail!(other.words(aws)),
        None => beside::refuse_other_name(aws, &session.settings.name).await,
    }
}

/// The one finding where nothing of a hub is here.
fn no_hub(session: &Session, denied: &Denied) -> Hop {
    let (aws, doubt) = (&session.aws, denied.doubt());
    let place = aws.place();
    let (finding, fix) = match doubt.is_empty() {
        true => (
            format!("there is none in {place}, and nothing leads to another"),
            "run `rootwatch deploy hub`",
        ),
        false => (
            format!("there is none in {place}{doubt}"),
            "allow these reads, or use the account and region of the hub; where there is none, run `rootwatch deploy hub`",
        ),
    };
    let fix = fix.to_owned();
    Hop::broken(findings::hub::HUB_MISSING, "hub", "exists", finding, fix).at(
        Part::Hub,
        &aws.account,
        &aws.region,
    )
}

pub(super) fn count(hops: &[Hop]) -> Counts {
    let of = |verdict| hops.iter().filter(|hop| hop.verdict == verdict).count();
    Counts {
        ok: of(Verdict::Ok),
        broken: of(Verdict::Broken),
        differs: of(Verdict::Differs),
        unknown: of(Verdict::Unknown),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schema_in_templates_is_of_what_is_printed() {
        crate::schema::holds::<Report>(&["verify/3"]);
    }
}
