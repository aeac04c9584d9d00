//! Deploying the hub: plan, confirm, apply, read back. Planning stops after the first step.

use super::chain;
use super::deployed::{HubDeployed, HubPlanned, Report, pending};
use super::desired::{Wanted, hub_and_former};
use super::former_roles::{former_roles, remove_former};
use super::former_topic;
use super::hub_resource::HubResource;
use super::observe::Found;
use super::people::{People, Subject, persons_of};
use super::plan::{HubPlan, plan_deploy};
use super::refusals::{
    look_for_another, refuse_elsewhere, refuse_moved_role, refuse_second, refuse_strangers,
};
use super::routes;
use super::subscriptions;
use crate::apply::Outcome;
use crate::elsewhere;
use crate::end::End;
use crate::failure::Failure;
use crate::findings::steps;
use crate::memory::{self, Recalled};
use crate::names::DEPLOYMENT_TAG;
use crate::next::{self, AfterHub};
use crate::operator::{Question, View};
use crate::removal::beside;
use crate::saved::SavedPlan;
use crate::self_check;
use crate::session::Session;
use crate::settings::SelfCheck;
use crate::source::key;
use crate::spokes::HubBus;
use crate::spokes::organization::{self, Organization};
use crate::subscription::Subscription;
use anyhow::{Context, Result, bail};
use std::time::Duration;
use tokio::sync::OnceCell;

/// How long a deployment waits for the self-check to be taken.
const PATIENCE: Duration = Duration::from_secs(3);

/// The flags of a run that are not settings.
#[derive(Clone, Copy, Debug, Default)]
pub struct Switches {
    /// Whether to take over resources that have our names but not our tag.
    pub adopt: bool,
    /// Whether to replace a function of this version that another build made.
    pub own_build: bool,
    /// Whether the hub is meant to be here although the spokes forward to another one.
    pub move_hub: bool,
}

/// Reads the hub and says what [`deploy`] would change. Writes nothing.
///
/// # Errors
/// When something cannot be read, or exists without the deployment's tag and is not to be adopted.
pub async fn plan(session: &Session, switches: Switches) -> Result<HubPlanned> {
    let (session, plan) = make_plan(session, switches).await?;
    let mut report = Report::of("rootwatch.plan-hub/2", &session.names(), &plan);
    report.longest_chain = chain::longest(&plan);
    report.pending_subscriptions = pending(plan.found());
    Ok(HubPlanned {
        basis: plan.basis(),
        plan,
        report,
    })
}

/// Brings the hub to the configured state.
///
/// # Errors
/// As [`plan`], or when it is not confirmed. What fails while it is applied is in the result.
pub async fn deploy(session: &Session, switches: Switches) -> Result<HubDeployed> {
    carry_out(session, switches, None).await
}

/// The same, as a plan says that was made before.
///
/// # Errors
/// As [`deploy`], or when what that plan was made from, or what it changes, is otherwise now: before anything is asked.
pub async fn deploy_saved(
    session: &Session,
    switches: Switches,
    saved: &SavedPlan,
) -> Result<HubDeployed> {
    carry_out(session, switches, Some(saved)).await
}

async fn carry_out(
    given: &Session,
    switches: Switches,
    saved: Option<&SavedPlan>,
) -> Result<HubDeployed> {
    let (session, plan) = &make_plan(given, switches).await?;
    if let Some(saved) = saved {
        saved.check(&plan.basis())?;
    }
    let mut report = Report::of("rootwatch.deploy-hub/2", &session.names(), plan);
    if report.counts.changes() == 0 {
        report.pending_subscriptions = pending(plan.found());
        return Ok(HubDeployed {
            end: End::Done,
            is_changed: false,
            next: after_hub(session, true),
            report,
        });
    }
    session.show(View::HubPlan(plan));
    let people = plan.people();
    let again = async || anyhow::Ok(make_plan(&given.unseen(), switches).await?.1.basis());
    let question = question(&people);
    session.confirm_plan(question, &plan.basis(), again).await?;
    let outcome = plan.apply(&session.aws, &session.work).await;
    Ok(finish(session, plan, outcome, report).await)
}

/// Whether spokes are seen that forward here. A hub that was just made has none.
async fn has_spokes(session: &Session, plan: &HubPlan) -> bool {
    let is_bus = |it: &HubResource| matches!(it, HubResource::EventBus(_));
    if !plan.found().any(is_bus) {
        return false;
    }
    let call_as = session.settings.spokes.call_as;
    let found = elsewhere::forward_here(&session.aws, &session.names(), call_as).await;
    found.unwrap_or_default()
}

fn after_hub(session: &Session, has_spokes: bool) -> AfterHub {
    let hub = HubBus {
        account: session.aws.account.clone(),
        region: session.aws.region.clone(),
    };
    next::after_hub(&session.settings, &hub, session.aws.partition, has_spokes)
}

/// Whoever stops being notified must be confirmed by their number.
fn question(people: &People) -> Question<'_> {
    match people.lost.as_slice() {
        [] if people.unheard.contains(&Subject::Alerts) && !people.is_awaited() => {
            Question::NotifyNobody
        }
        [] => Question::MakeChanges,
        lost => Question::StopNotifying(lost),
    }
}

async fn finish(
    session: &Session,
    plan: &HubPlan,
    outcome: Outcome,
    mut report: Report,
) -> HubDeployed {
    report.left.clone_from(&outcome.left);
    report.failed = outcome.failed();
    report.error = outcome.error();
    let mut deployed = HubDeployed {
        end: End::Done,
        is_changed: true,
        next: after_hub(session, has_spokes(session, plan).await),
        report,
    };
    if let Some(unfinished) = &outcome.unfinished {
        session.show(View::Unfinished(&outcome));
        deployed.end = End::from(unfinished);
        return deployed;
    }
    let timeout = session.settings.timeout;
    match plan.settle(&session.aws, &session.work, timeout).await {
        Ok(now) => {
            deployed.report.notified = persons_of(&now, &deployed.report.topic);
            ask_for_a_self_check(session).await;
            deployed.report.pending_subscriptions = pending(&now);
        }
        Err(error) => {
            session.show(View::StepError(steps::NOT_SHOWN, &error));
            deployed.report.error = Some(Failure::of_step(steps::NOT_SHOWN, &error));
            deployed.end = End::of(&error);
        }
    }
    deployed
}

/// Has the self-check run now. Nobody waits for what it finds, and a deployment does not fail for it.
async fn ask_for_a_self_check(session: &Session) {
    if session.settings.hub.self_check == SelfCheck::Off {
        return;
    }
    let names = session.names();
    let asked = self_check::invoke(&session.aws, &names);
    let why = match tokio::time::timeout(PATIENCE, asked).await {
        Ok(Ok(())) => return,
        Ok(Err(error)) => error.to_string(),
        Err(_) => format!("no answer within {} s", PATIENCE.as_secs()),
    };
    session.work.message(&format!(
        "The self-check could not be started now ({why}): it runs within a day."
    ));
}

/// Reads what is there, takes from it the settings that this run does not give, and compares it with those. Fails,
/// before any write, when something lacks our tag and is not to be adopted.
async fn make_plan(session: &Session, switches: Switches) -> Result<(Session, HubPlan)> {
    refuse_elsewhere(session)?;
    let organization = OnceCell::new();
    let look_up = || organization.get_or_init(|| organization_of(session));
    let another = async {
        let known = look_up().await.as_ref().ok();
        look_for_another(session, known.and_then(|(_, it)| it.as_ref())).await
    };
    let others = beside::other_names(&session.aws, &session.settings.name);
    // On the heap: what a command waits for is on the stack otherwise, several times in a build without optimization.
    let other = Box::pin(async { tokio::join!(another, others) });
    let (_, recalled) = tokio::join!(look_up(), memory::recall_beside(session, other));
    let (recalled, other) = recalled?;
    let (another, others) = other.unzip();
    let Recalled {
        mut session,
        found,
        doubts,
        ..
    } = recalled;
    memory::refuse_unknown_names(&session, &found)?;
    routes::refuse(&session.settings.notify, &session.names())?;
    if !doubts.is_empty() {
        bail!(
            "the settings of the hub in {} are not clear, and nothing was changed:\n  {}",
            session.aws.place(),
            doubts.join("\n  ")
        );
    }
    subscribe_again(&mut session, &found).await?;
    say_what_is_forgotten(&session, &found);
    let is_new = !found
        .values()
        .any(|it| matches!(it, HubResource::EventBus(_)));
    if let Some(meant) = others.transpose()?.flatten() {
        session.work.message(&format!(
            "! This makes another deployment, \"{}\": {meant}",
            session.settings.name
        ));
    }
    let organization = match organization.into_inner() {
        Some(looked_up) => looked_up,
        None => organization_of(&session).await,
    };
    if is_new && let Ok((_, Some(known))) = &organization {
        warn_of_management(&session, known);
    }
    let org_id = match organization {
        Ok((id, _)) => id,
        Err(error) => memory::organization_id(&found).ok_or(error)?,
    };
    if let Some(another) = another.filter(|_| !switches.move_hub) {
        refuse_second(&session, &another?)?;
    }
    let wanted = hub_and_former(&Wanted {
        own_build: switches.own_build,
        ..session.hub(org_id)
    });
    refuse_moved_role(&wanted, &found)?;
    refuse_strangers(&session, &found)?;
    let former = former_roles(&session, &wanted, &found).await?;
    let former_topic = former_topic::observe(&session.aws, &wanted, &found).await;
    let mut plan = plan_deploy(wanted, found);
    plan.former_topic = former_topic;
    plan.keep_what_failed(&session.names());
    plan.name_sources(|key| session.settings.sources.words(key));
    let foreign = plan.foreign();
    if !foreign.is_empty() && !switches.adopt {
        bail!(
            "in {} there is already {}, without the tag {DEPLOYMENT_TAG}={}: it belongs to somebody else, and nothing was changed. Choose another --name, remove it, or take it over with --adopt",
            session.aws.place(),
            foreign.join(", "),
            session.settings.name
        );
    }
    remove_former(&session, former, &mut plan);
    Ok((session, plan))
}

/// A hub in the management account works, and is worse protected than in another one.
fn warn_of_management(session: &Session, organization: &Organization) {
    if organization.management_account == session.aws.account {
        session.work.message(&format!(
            "! Account {} is the organization's management account: service control policies do not protect a hub there, and its administrators can change it. A dedicated security account is better (docs/delegated-administrator.md).",
            session.aws.account
        ));
    }
}

/// Whom the health topic has by our own hand is subscribed to the alerts again, where their topic is gone.
async fn subscribe_again(session: &mut Session, found: &Found) -> Result<()> {
    let names = session.names();
    let topic = |name: &str| found.get(&format!("topic {name}"));
    let is_gone = topic(&names.alerts_topic()).is_none();
    let sources = &session.settings.sources;
    // A run that names another topic gets what it names, and no more.
    let is_settled = sources.is_whole(key::SUBSCRIPTIONS) || !sources.is_open(key::TOPIC_NAME);
    if !is_gone || is_settled || topic(&names.health_topic()).is_none() {
        return Ok(());
    }
    let arn = names.topic_arn(&names.health_topic());
    let ours = subscriptions::ours(&session.aws, &arn).await?;
    let mut settings = session.settings.clone();
    let hub = &mut settings.hub;
    let stays = |it: &Subscription| !hub.unsubscribed.contains(it);
    let ours: Vec<Subscription> = ours.into_iter().filter(stays).collect();
    hub.subscriptions.extend(ours);
    hub.subscriptions.sort();
    hub.subscriptions.dedup();
    *session = session.with(settings);
    Ok(())
}

/// Without its function a hub does not know how people were notified.
fn say_what_is_forgotten(session: &Session, found: &Found) {
    let has = |is_it: fn(&HubResource) -> bool| found.values().any(is_it);
    let has_bus = has(|it| matches!(it, HubResource::EventBus(_)));
    let has_function = has(|it| matches!(it, HubResource::Function(_)));
    if has_bus && !has_function {
        session.work.message(
            "! The notifier is gone, and with it how people were notified: the form of messages, of read-only activity, and names of accounts are the defaults unless this run gives them.",
        );
    }
}

/// The id of the organization that may forward, and the organization where it was looked up.
async fn organization_of(session: &Session) -> Result<(String, Option<Organization>)> {
    if let Some(id) = &session.settings.org_id {
        return Ok((id.clone(), None));
    }
    let found = organization::find(&session.aws).await.context(
        "looking up the organization that may forward events; --org-id names it instead",
    )?;
    Ok((found.id.clone(), Some(found)))
}
