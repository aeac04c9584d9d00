//! Taking over from AWS's published pattern, with no moment in which root is not watched.
//!
//! The old path is read, the new one is made beside it and proved, and only then the old one is removed. Every run
//! reads what is there, so a run that was interrupted, or that waits for people, continues when it is repeated.

mod look;
mod named;
pub(crate) mod old_path;
mod prove;
mod remove;
pub(crate) mod report;
mod shown;
mod terraform_state;
mod waiting;

use crate::end::End;
use crate::failure::Failure;
use crate::memory;
use crate::operator::View;
use crate::reference::subscribers::takeover;
use crate::session::Session;
use crate::settings::Settings;
use crate::source::key;
use crate::spokes::planning::Switches;
use crate::subscription::Subscription;
use crate::{hub, spokes};
use anyhow::{Result, bail};
use std::path::PathBuf;
use std::time::Duration;

pub(crate) use named::{Named, named};

pub use crate::reference::subscribers::Takeover;
pub use old_path::OldPath;
pub use report::{Proved, Report};
pub use shown::{OldHubSteps, OldStackSet};

/// The options of `adopt` besides the settings.
#[derive(Clone, Debug)]
pub struct Options {
    /// Name of the role to assume in the spokes, so that the proof begins there.
    pub role: Option<String>,
    /// What the role's trust policy wants as external id, if it does.
    pub external_id: Option<String>,
    /// Send test events from only this many of the places that the old path watches, at random.
    pub sample: Option<u16>,
    /// How long to wait for the test event.
    pub wait: Duration,
    /// Subscribers of the old topic to leave behind.
    pub leave_behind: Vec<Subscription>,
    /// Whether the old path is removed although something of the new one is unknown.
    pub accept_unknown: bool,
    /// Terraform state that may list the old parts.
    pub terraform_state: Option<PathBuf>,
    /// Whether the spokes are left to the management account.
    pub hub_only: bool,
    /// Accounts of spokes that forward to the new hub already.
    pub accounts: Vec<String>,
}

/// The result of a run.
pub struct Adopted {
    /// How it ended.
    pub end: End,
    /// The old path as the run found it.
    pub old: OldPath,
    /// For programs.
    pub report: Report,
}

/// Moves from the old path to the new one, as far as possible now.
///
/// # Errors
/// When the old path cannot be read, or is in the way. What fails after that is in the result, after it was shown.
pub async fn adopt(session: &Session, options: &Options) -> Result<Adopted> {
    let session = &memory::recall_function(session).await?;
    let old = look::look(session, options).await?;
    prove::check_accounts(session, &old, options).await?;
    let mut report = Report::before(&old);
    if old.is_nothing() {
        let end = End::Done;
        return Ok(Adopted { end, old, report });
    }
    session.show(View::OldPath(&old, &report));
    refuse_its_topic(session, &old)?;
    let takeover = takeover(&old.subscribers(), &options.leave_behind);
    let given = &session.settings.hub.subscriptions;
    let wanted = with_subscribers(session, &takeover).await?;
    if session.settings.sources.is_whole(key::SUBSCRIPTIONS) {
        report.to_keep = missing(given, &wanted.hub.subscriptions);
    }
    session.show(View::Takeover(&takeover, &old));
    let session = session.with(wanted);
    // What was done so far is always reported.
    let changed = change_over(&session, options, &old, &takeover, &mut report);
    let end = match changed.await {
        Ok(end) => end,
        Err(error) => {
            session.show(View::Error(&error));
            report.error = Some(Failure::of(&error));
            End::of(&error)
        }
    };
    Ok(Adopted { end, old, report })
}

async fn change_over(
    session: &Session,
    options: &Options,
    old: &OldPath,
    takeover: &Takeover,
    report: &mut Report,
) -> Result<End> {
    let deployed = deploy(session, old, report).await?;
    if deployed != End::Done {
        return Ok(deployed);
    }
    report.waiting = waiting::waiting(session, old, takeover, options).await?;
    if report.waiting.is_empty() {
        let target = prove::target(session, old, options)?;
        report.waiting = prove::prove(session, old, options, &target).await?;
        report.proved = Proved::of(&target);
    }
    if !report.waiting.is_empty() {
        return Ok(End::Waiting);
    }
    report.is_proved = true;
    remove::remove(session, old, options, report).await
}

/// Only the notifier may publish to our topic: the old function would fall silent before the new path is proved.
fn refuse_its_topic(session: &Session, old: &OldPath) -> Result<()> {
    let name = session.names().alerts_topic();
    let here = old.hubs.iter().filter(|it| it.region == session.aws.region);
    let mut topics = here.filter_map(|it| it.topic.as_ref());
    if topics.any(|it| it.name == name) {
        bail!(
            "the settings name the old topic, {name}, as the topic for alerts, to which nobody but the notifier may publish: the old path would be silent before the new one is proved. Nothing was changed; choose another --topic-name"
        );
    }
    Ok(())
}

/// The settings with everybody who is subscribed to the old topic or to the new one.
async fn with_subscribers(session: &Session, takeover: &Takeover) -> Result<Settings> {
    let has = waiting::standings(session).await?;
    let tests = session.names().queue_arn(&session.names().test(""));
    let has = has
        .into_keys()
        .filter(|it| !it.endpoint.starts_with(&tests));
    let mut settings = session.settings.clone();
    let wanted = &mut settings.hub.subscriptions;
    wanted.extend(takeover.taken.iter().cloned().chain(has));
    wanted.sort();
    wanted.dedup();
    Ok(settings)
}

/// Subscribers that a later `deploy hub` would drop, since the settings file lists all and leaves them out.
fn missing(given: &[Subscription], wanted: &[Subscription]) -> Vec<Subscription> {
    let missing = wanted.iter().filter(|it| !given.contains(it));
    missing.cloned().collect()
}

/// Makes the hub, then the spokes, beside the old path; both show their plan and ask.
async fn deploy(session: &Session, old: &OldPath, report: &mut Report) -> Result<End> {
    let hub = hub::deploy(session, hub::Switches::default()).await?;
    session.show(View::HubDeployed(&hub));
    let end = hub.end;
    report.error.clone_from(&hub.report.error);
    report.hub = Some(hub.report);
    if end != End::Done || old.sets.is_none() {
        return Ok(end);
    }
    let session = with_units(session, old).await?;
    let spokes = spokes::deploy(&session, Switches::default(), false).await?;
    session.show(View::SpokesDeployed(&spokes));
    report.error = spokes.failure();
    report.spokes = serde_json::to_value(spokes.report())?;
    Ok(spokes.end)
}

/// The same run with the old path's units, where the settings name none.
async fn with_units(session: &Session, old: &OldPath) -> Result<Session> {
    if !session.settings.spokes.ous.is_empty() {
        return Ok(session.clone());
    }
    let mut settings = session.settings.clone();
    settings.spokes.ous = look::units(session, old).await?;
    Ok(session.with(settings))
}
