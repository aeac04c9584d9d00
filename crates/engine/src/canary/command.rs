//! What `test` does: chooses where canaries come from, sends them, and reports.

use super::{Audience, Counts, Outcome, Problem, Sent, Target, run};
use crate::findings::FindingId;
use crate::memory;
use crate::session::Session;
use crate::spokes::instances::Instances;
use crate::spokes::{self, Location, organization};
use crate::verify::finding::Hop;
use crate::verify::named;
use crate::verify::spokes::Selection;
use anyhow::{Context, Result, bail};
use serde::Serialize;
use std::collections::BTreeSet;
use std::time::Duration;

/// Which spokes are tested.
#[derive(Clone, Copy, Debug)]
pub struct Scope {
    /// Every account and region that the StackSet covers.
    pub all_accounts: bool,
    /// This many of them, at random.
    pub sample: Option<u16>,
}

/// Versioned form of the JSON that `test` prints.
#[derive(Serialize)]
#[cfg_attr(
    test,
    derive(schemars::JsonSchema),
    schemars(title = "rootwatch test, version 3")
)]
pub struct Report<'a> {
    schema: &'static str,
    account: &'a str,
    region: &'a str,
    id: &'a str,
    /// Whether the event arrived, real ones can set out, and somebody was notified.
    passed: bool,
    /// Whether the event arrived at the topic, from everywhere that it was sent from.
    arrived: bool,
    counts: Counts,
    /// What was found, by kind.
    problems: Vec<Problem>,
    spokes: Vec<SpokeReport<'a>>,
    hops: Vec<HopReport<'a>>,
    /// Where it stopped, as text.
    stopped: Option<&'a str>,
    traces: &'a [String],
    findings: &'a [Hop],
    /// Who gets what the topic delivers.
    subscribers: &'a Audience,
    /// What is wrong with CloudTrail's trails, as `verify` finds it.
    trail: Option<&'a Hop>,
    /// Why people may not be notified although every event arrived.
    warning: Option<String>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct SpokeReport<'a> {
    #[serde(flatten)]
    location: &'a Location,
    #[serde(flatten)]
    sent: &'a Sent,
    /// The kind of finding; none where it arrived in time.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schemars(with = "Option<String>"))]
    id: Option<FindingId>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct HopReport<'a> {
    hop: &'a str,
    /// Since the event was sent; by AWS's clocks, but for what this machine sent.
    ms: i64,
}

/// Tests the hub, one or some spokes, or all of them. With `allow_nobody` it passes although nobody is notified.
///
/// # Errors
/// When the test could not be made: no hub, no permission to create what it needs, no spoke to test, or an account or
/// region of the selection that does not exist. That the event did not arrive is an outcome.
pub async fn test(
    session: &Session,
    selection: &Selection,
    scope: Scope,
    wait: Duration,
    allow_nobody: bool,
) -> Result<Outcome> {
    let session = &memory::recall_function(session).await?;
    let target = target(session, selection, scope).await?;
    let org_id = session.settings.org_id.clone();
    let wanted = session.hub(org_id.unwrap_or_default());
    let outcome = run(session, &wanted, &target, wait).await?;
    Ok(Outcome {
        allow_nobody,
        ..outcome
    })
}

async fn target(session: &Session, selection: &Selection, scope: Scope) -> Result<Target> {
    let entry = selection.entry.clone();
    if scope.all_accounts {
        let mut locations = all_locations(session, selection).await?;
        if let Some(count) = scope.sample {
            locations = sample(locations, count.into())?;
        }
        return Ok(Target::Spokes { entry, locations });
    }
    if selection.accounts.is_empty() {
        if entry.is_some() || !selection.regions.is_empty() {
            bail!("--role, --spoke-profile and --spoke-region need --account or --all-accounts");
        }
        return Ok(Target::Hub);
    }
    let is_other = |account: &&String| **account != session.aws.account;
    if let Some(other) = selection
        .accounts
        .iter()
        .find(is_other)
        .filter(|_| entry.is_none())
    {
        bail!(
            "account {other} is not the one of these credentials: name a role to assume there with --role, or a profile with --spoke-profile"
        );
    }
    named::check_unread(session, selection).await?;
    let home = session.aws.partition.sign_in_region();
    let locations = selection
        .of(&Instances::default(), home)
        .into_iter()
        .collect();
    Ok(Target::Spokes { entry, locations })
}

async fn all_locations(session: &Session, selection: &Selection) -> Result<Vec<Location>> {
    let organization = organization::find(&session.aws).await?;
    let place = session.stack_sets(&organization);
    let name = session.names().stack_set();
    let observed = spokes::observe(&place, &name, &BTreeSet::new())
        .await
        .context("looking up which spokes there are")?;
    let instances = observed.stack_set.as_ref().map(|_| &observed.instances);
    named::check(session, &organization, instances, selection).await?;
    let home = session.aws.partition.sign_in_region();
    let locations: Vec<Location> = selection
        .of(&observed.instances, home)
        .into_iter()
        .collect();
    if locations.is_empty() {
        bail!(
            "the StackSet {name} has no instances to test: `rootwatch deploy spokes` creates them"
        );
    }
    Ok(locations)
}

/// This many of them, at random.
pub(crate) fn sample(locations: Vec<Location>, count: usize) -> Result<Vec<Location>> {
    let mut drawn: Vec<(String, Location)> = locations
        .into_iter()
        .map(|location| Ok((crate::id::random()?, location)))
        .collect::<Result<_>>()?;
    drawn.sort();
    let mut locations: Vec<Location> = drawn
        .into_iter()
        .take(count)
        .map(|(_, location)| location)
        .collect();
    locations.sort();
    Ok(locations)
}

impl Outcome {
    /// For programs.
    #[must_use]
    pub fn report<'a>(&'a self, session: &'a Session) -> Report<'a> {
        let diagnosis = self.diagnosis.as_ref();
        let spokes = self.spokes.iter();
        let hops = self.hops.iter();
        Report {
            schema: "rootwatch.test/3",
            account: &session.aws.account,
            region: &session.aws.region,
            id: &self.id,
            passed: self.is_passed(),
            arrived: self.is_arrived(),
            counts: self.counts(),
            problems: self.problems(),
            spokes: spokes
                .map(|(location, sent)| SpokeReport {
                    location,
                    sent,
                    id: sent.id(),
                })
                .collect(),
            hops: hops.map(|(hop, ms)| HopReport { hop, ms: *ms }).collect(),
            stopped: diagnosis.map(|it| it.stopped.as_str()),
            traces: diagnosis.map(|it| it.traces.as_slice()).unwrap_or_default(),
            findings: diagnosis
                .map(|it| it.findings.as_slice())
                .unwrap_or_default(),
            subscribers: &self.audience,
            trail: self.trail.as_ref(),
            warning: Some(self.warnings().join("; ")).filter(|it| !it.is_empty()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schema_in_templates_is_of_what_is_printed() {
        crate::schema::holds::<Report<'_>>(&["test/3"]);
    }
}
