//! Reads what `status` reports: the organization, the spokes and the hub, each by itself.

use super::heartbeats::{self, Times};
use super::looked::{self, Hub};
use super::spokes::{self, place};
use super::{Gap, Heartbeats, Report, SpokesStatus, Unseen, unseen};
use crate::aws::error::{AwsError, is_stopped};
use crate::findings::status_hub::NO_HUB;
use crate::findings::{Command, FindingId, coverage as of_spokes, organization as kinds};
use crate::guardrail::covered;
use crate::heard::Heard;
use crate::heartbeat::Heartbeat;
use crate::ignore::{self, Accepted, Ignore};
use crate::memory;
use crate::session::Session;
use crate::spokes::following::follow_one;
use crate::spokes::organization::{self, Organization};
use crate::spokes::preferences::Preferences;
use crate::spokes::stack_set::StackSet;
use crate::spokes::{HubBus, Location, words};
use anyhow::{Context, Error, Result};
use jiff::Timestamp;

/// The state of the whole path as far as these credentials can see it. What cannot be read is a gap, and keeps nothing
/// else from being read.
///
/// With `detect_drift` CloudFormation compares every stack instance with its template first, and is waited for.
///
/// # Errors
/// When nothing at all can be read, the deployment is elsewhere, or the run is stopped.
pub async fn status(session: &Session, detect_drift: bool) -> Result<Report> {
    let (organization, refused) = match organization::find(&session.aws).await {
        Ok(found) => (Some(found), None),
        Err(error) if is_stopped(&error) => return Err(error),
        Err(error) => (None, Some(error)),
    };
    let organization = organization.as_ref();
    let mut gaps: Vec<Gap> = refused
        .iter()
        .map(|it| organization_gap(session, it))
        .collect();
    if detect_drift {
        gaps.extend(drift(session, organization).await?);
    }
    let spokes::Looked {
        status: mut spokes,
        gaps: of_spokes,
        mut accepted,
    } = spokes::look(session, organization).await?;
    gaps.extend(of_spokes);
    let heartbeat = heartbeats::of_set(spokes.found.as_ref());
    let times = heartbeat.and_then(|it| Times::of(it, Timestamp::now()));
    let since = times.map(Times::since);
    let (hub, guardrail) = tokio::join!(
        looked::hub(session, organization, &spokes, since),
        guardrail(session, organization, &spokes)
    );
    let (mut hub, guardrail) = (hub?, guardrail?);
    if let Some(error) = refused.filter(|_| hub.is_unreadable() && is_unreadable(&spokes)) {
        return Err(error.context("nothing of the deployment can be read"));
    }
    gaps.extend(stack_set_faults(session, &spokes, &hub));
    let heard = hub.heard.take();
    let (of_heard, accepted_of_it) = heard_gaps(session, &mut spokes, heartbeat, times, heard);
    gaps.extend(of_heard);
    accepted.extend(accepted_of_it);
    gaps.extend(guardrail.gaps);
    if is_not_begun(&spokes, &hub) {
        // The spokes come after the hub: until then they are no gaps of their own.
        gaps.retain(|gap| !OF_THE_SPOKES.contains(&gap.id));
    }
    let unseen = unseen_of(session, organization, &spokes, hub.unseen);
    // What is missing of the hub comes first: it may be the cause of the rest.
    gaps.splice(0..0, hub.gaps);
    let mut report = Report {
        schema: "rootwatch.status/3",
        account: session.aws.account.clone(),
        region: session.aws.region.clone(),
        hub: hub.status,
        spokes,
        guardrail: guardrail.guarded,
        gaps: Vec::new(),
        accepted,
        unused_ignores: Vec::new(),
        unseen,
        error: None,
    };
    report.accept(gaps, &session.settings.ignores);
    Ok(report)
}

/// What is missing of spokes that were never deployed.
const OF_THE_SPOKES: [FindingId; 3] = [
    of_spokes::NO_INSTANCE,
    of_spokes::NO_OWN_STACK,
    of_spokes::NO_STACK_SET,
];

/// Whether nothing is deployed: there is no hub, and no StackSet that would forward to one.
fn is_not_begun(spokes: &SpokesStatus, hub: &Hub) -> bool {
    let is_no_hub = hub.gaps.iter().any(|gap| gap.id == NO_HUB);
    let is_known = spokes.unknown.is_none() && spokes.stack_set_unknown.is_none();
    is_no_hub && is_known && spokes.found.is_none()
}

impl Report {
    /// Sorts the gaps by whether somebody accepts them, and says which of that was in vain.
    fn accept(&mut self, gaps: Vec<Gap>, ignores: &[Ignore]) {
        let mut sorted = ignore::sort(gaps, ignores);
        self.gaps = sorted.open;
        let accepted: &mut Vec<Accepted<Gap>> = &mut self.accepted;
        accepted.append(&mut sorted.accepted);
        let is_found = |id| Command::Status.tells(id);
        let unused = ignore::unused(ignores, accepted, is_found);
        self.unused_ignores = unused.into_iter().cloned().collect();
    }
}

/// The guardrail, for roles as the StackSet names them.
async fn guardrail(
    session: &Session,
    organization: Option<&Organization>,
    spokes: &SpokesStatus,
) -> Result<covered::Looked> {
    let Some(organization) = organization else {
        return Ok(covered::unknown("the organization could not be read"));
    };
    let accounts = covered::Accounts {
        all: &spokes.coverage.every_account,
        are_known: spokes.unknown.is_none() && spokes.accounts_unknown.is_none(),
        management: &organization.management_account,
    };
    let mut settings = session.settings.clone();
    let set = spokes.found.as_ref();
    if let Some(set) = set {
        memory::remember_set(&mut settings, set);
    }
    covered::look(&session.with(settings), &accounts, set.is_some()).await
}

fn organization_gap(session: &Session, error: &Error) -> Gap {
    let gap = Gap::failed(kinds::ORGANIZATION_NOT_READ, "organization", error);
    let text = format!(
        "the organization {}; so it is not known which account is the management account, nor whether accounts without any stack instance should be watched",
        gap.text
    );
    Gap { text, ..gap }.at(&session.aws.account, &session.aws.region)
}

/// Who was not heard; where there are no heartbeats, or they were not looked for, nothing.
fn heard_gaps(
    session: &Session,
    spokes: &mut SpokesStatus,
    heartbeat: Option<Heartbeat>,
    times: Option<Times>,
    heard: Option<Result<Heard, AwsError>>,
) -> (Vec<Gap>, Vec<Accepted<Gap>>) {
    let (names, ignores) = (session.names(), &session.settings.ignores);
    match (heartbeat, times, heard) {
        (Some(heartbeat), Some(times), Some(Ok(heard))) => {
            let rule = names.spoke_rule();
            heartbeats::judge(spokes, &heard, (heartbeat, times), &rule, ignores)
        }
        (Some(heartbeat), _, heard) => {
            let is_shown = heartbeat == Heartbeat::Off || heard.is_some();
            spokes.heartbeats = is_shown.then(|| Heartbeats::unknown(heartbeat));
            let unread = heard.and_then(Result::err).map(|why| {
                let log = format!("log-group {}", names.log_group());
                let text = "which accounts and regions were heard could not be read";
                Gap::unread(of_spokes::HEARTBEATS_NOT_READ, log, text, &why).of(&names)
            });
            (unread.into_iter().collect(), Vec::new())
        }
        (None, ..) => (Vec::new(), Vec::new()),
    }
}

/// Whether nothing answered of all that was asked of the spokes.
fn is_unreadable(spokes: &SpokesStatus) -> bool {
    spokes.unknown.is_some() && !spokes.with_trail
}

/// What other credentials have to look at.
fn unseen_of(
    session: &Session,
    organization: Option<&Organization>,
    spokes: &SpokesStatus,
    hub: Option<Unseen>,
) -> Vec<Unseen> {
    let mut all: Vec<Unseen> = hub.into_iter().collect();
    if let Some(organization) = organization.filter(|_| !spokes.with_management) {
        let management = &organization.management_account;
        all.extend(unseen::stacks(session, management, &spokes.coverage));
    }
    all
}

/// What is wrong with the StackSet, compared with the one for this hub.
fn stack_set_faults(session: &Session, spokes: &SpokesStatus, hub: &Hub) -> Vec<Gap> {
    let Some(found) = &spokes.found else {
        return Vec::new();
    };
    let wanted = wanted_set(session, hub.at.as_ref());
    let (account, region) = (&session.aws.account, &session.aws.region);
    let faults = found.faults(&wanted, hub.at.is_some()).into_iter();
    let set = format!("stack-set {}", found.name);
    let faults = faults.map(|it| Gap::new(it.id, &set, it.text, it.fix).at(account, region));
    faults.collect()
}

/// The StackSet as it would be deployed for this hub.
fn wanted_set(session: &Session, hub: Option<&Location>) -> StackSet {
    let here = Location::of(&session.aws.account, &session.aws.region);
    let Location { account, region } = hub.unwrap_or(&here).clone();
    let name = session.names().stack_set();
    crate::spokes::stack_set(&session.settings, name, &HubBus { account, region })
}

/// Has CloudFormation compare every stack instance with its template, waits for that, and returns where it could not.
async fn drift(session: &Session, organization: Option<&Organization>) -> Result<Option<Gap>> {
    let detected = detect_drift(session, organization).await;
    let (text, fix, operation) = match detected {
        Ok(None) => return Ok(None),
        Ok(Some(ended)) => (ended, String::new(), None),
        Err(error) if is_stopped(&error) => return Err(error),
        Err(error) => {
            let gap = Gap::failed(of_spokes::DRIFT_UNKNOWN, "", &error);
            (format!("{error:#}"), gap.fix, gap.operation)
        }
    };
    let set = format!("stack-set {}", session.names().stack_set());
    let text = format!("drift could not be detected everywhere: {text}");
    let gap = Gap::new(of_spokes::DRIFT_UNKNOWN, set, text, fix);
    let gap = gap.at(&session.aws.account, &session.aws.region);
    Ok(Some(Gap { operation, ..gap }))
}

/// How the detection ended, where it did not succeed everywhere.
async fn detect_drift(
    session: &Session,
    organization: Option<&Organization>,
) -> Result<Option<String>> {
    let (place, name) = (place(session, organization), session.names().stack_set());
    let id = StackSet::detect_drift(
        &place,
        &name,
        &Preferences::of(&session.settings.spokes.operations),
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
    Ok((!ended.is_success()).then(|| words::operation(&ended).trim_end().to_owned()))
}
