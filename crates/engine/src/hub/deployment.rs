//! Deploying the hub: plan, confirm, apply, read back. Planning stops after the first step.

use super::chain;
use super::desired::{Wanted, hub};
use super::observe::observe;
use super::plan::{HubPlan, plan_deploy};
use super::resource::HubResource;
use super::subscriptions::Standing;
use crate::apply::Outcome;
use crate::end::End;
use crate::names::DEPLOYMENT_TAG;
use crate::operator::{Question, View};
use crate::plan::{Counts, Step};
use crate::session::Session;
use crate::spokes::organization;
use anyhow::{Context, Result, bail};
use serde::Serialize;

/// Versioned form of the JSON that `plan hub` and `deploy hub` print.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(
    test,
    derive(schemars::JsonSchema),
    schemars(title = "rootwatch plan hub and deploy hub, version 2")
)]
pub struct Report {
    /// `rootwatch.plan-hub/2` or `rootwatch.deploy-hub/2`.
    pub schema: &'static str,
    /// The hub's account.
    pub account: String,
    /// The hub's region.
    pub region: String,
    /// ARN of the bus that spokes forward to.
    pub event_bus: String,
    /// ARN of the topic for alerts.
    pub topic: String,
    /// How many resources are created, changed, deleted and kept.
    pub counts: Counts,
    /// Every resource of the hub, each after all that it needs.
    pub steps: Vec<Step>,
    /// What could not be carried out, after an error or an interruption.
    pub left: Vec<String>,
    /// The calls that `deploy hub` cannot do side by side; only in a plan.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub longest_chain: Vec<String>,
    /// Subscriptions that somebody has to confirm.
    pub pending_subscriptions: Vec<String>,
}

/// The flags of a run that are not settings.
#[derive(Clone, Copy, Debug, Default)]
pub struct Switches {
    /// Whether to take over resources that have our names but not our tag.
    pub adopt: bool,
    /// Whether to replace a function of this version that another build made.
    pub own_build: bool,
}

/// A plan and its report.
pub struct HubPlanned {
    /// What has to change.
    pub plan: HubPlan,
    /// The same for programs.
    pub report: Report,
}

/// The result of `deploy hub`.
pub struct HubDeployed {
    /// How it ended. Only with [`End::Done`] is there anything to show beside the report.
    pub end: End,
    /// Whether anything was to be changed.
    pub is_changed: bool,
    /// Whether anybody is subscribed to a topic.
    pub has_subscribers: bool,
    /// For programs.
    pub report: Report,
}

/// Reads the hub and says what [`deploy`] would change. Writes nothing.
///
/// # Errors
/// When something cannot be read, or exists without the deployment's tag and is not to be adopted.
pub async fn plan(session: &Session, switches: Switches) -> Result<HubPlanned> {
    let plan = make_plan(session, switches).await?;
    let mut report = Report::of("rootwatch.plan-hub/2", session, &plan);
    report.longest_chain = chain::longest(&plan);
    report.pending_subscriptions = pending(plan.found());
    Ok(HubPlanned { plan, report })
}

/// Brings the hub to the configured state.
///
/// # Errors
/// As [`plan`], or when it is not confirmed. What fails while it is applied is in the result.
pub async fn deploy(session: &Session, switches: Switches) -> Result<HubDeployed> {
    let plan = make_plan(session, switches).await?;
    let mut report = Report::of("rootwatch.deploy-hub/2", session, &plan);
    if report.counts.changes() == 0 {
        report.pending_subscriptions = pending(plan.found());
        return Ok(HubDeployed {
            end: End::Done,
            is_changed: false,
            has_subscribers: plan.found().any(has_subscribers),
            report,
        });
    }
    session.show(View::HubPlan(&plan));
    session.confirm(Question::MakeChanges).await?;
    let outcome = plan.apply(&session.aws, &session.work).await;
    Ok(finish(session, &plan, outcome, report).await)
}

async fn finish(
    session: &Session,
    plan: &HubPlan,
    outcome: Outcome,
    mut report: Report,
) -> HubDeployed {
    report.left.clone_from(&outcome.left);
    let mut deployed = HubDeployed {
        end: End::Done,
        is_changed: true,
        has_subscribers: false,
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
            deployed.has_subscribers = now.iter().any(has_subscribers);
            deployed.report.pending_subscriptions = pending(&now);
        }
        Err(error) => {
            session.show(View::Error(&error));
            deployed.end = End::of(&error);
        }
    }
    deployed
}

fn has_subscribers(found: &HubResource) -> bool {
    matches!(found, HubResource::Subscriptions(found) if !found.standings.is_empty())
}

impl HubPlan {
    /// Whether it leaves the hub without anybody who is subscribed.
    #[must_use]
    pub fn notifies_nobody(&self) -> bool {
        let wants_some = |it: &HubResource| match it {
            HubResource::Subscriptions(wanted) => !wanted.subscriptions.is_empty(),
            _ => false,
        };
        let mut wanted = self.resources.iter().map(|it| &it.wanted.resource);
        !wanted.any(wants_some) && !self.found().any(has_subscribers)
    }

    /// The topics of which it takes away everybody who is notified now.
    #[must_use]
    pub fn silenced_topics(&self) -> Vec<&str> {
        let pairs = self
            .resources
            .iter()
            .map(|it| (&it.wanted.resource, &it.found));
        let silenced = pairs.filter_map(|pair| match pair {
            (HubResource::Subscriptions(wanted), Some(HubResource::Subscriptions(found))) => {
                wanted.silences(found).then_some(found.name.as_str())
            }
            _ => None,
        });
        silenced.collect()
    }
}

/// Reads what is there and compares it. Fails, before any write, when something lacks our tag and is not to be adopted.
async fn make_plan(session: &Session, switches: Switches) -> Result<HubPlan> {
    refuse_elsewhere(session)?;
    // What is there is found by its name, so the organization can be looked up meanwhile.
    let wanted = |org_id| Wanted {
        own_build: switches.own_build,
        ..session.hub(org_id)
    };
    let nameless = hub(&wanted(String::new()));
    let (org_id, found) = tokio::try_join!(org_id(session), observe(&session.aws, &nameless))?;
    let plan = plan_deploy(hub(&wanted(org_id)), found);
    let foreign = plan.foreign();
    if !foreign.is_empty() && !switches.adopt {
        bail!(
            "in {} there is already {}, without the tag {DEPLOYMENT_TAG}={}: it belongs to somebody else, and nothing was changed. Choose another --name, remove it, or take it over with --adopt",
            session.aws.place(),
            foreign.join(", "),
            session.settings.name
        );
    }
    Ok(plan)
}

async fn org_id(session: &Session) -> Result<String> {
    if let Some(id) = &session.settings.org_id {
        return Ok(id.clone());
    }
    let found = organization::find(&session.aws).await.context(
        "looking up the organization that may forward events; --org-id names it instead",
    )?;
    Ok(found.id)
}

/// Fails when the settings say that the hub is somewhere else: the spokes would forward to a bus that does not exist.
fn refuse_elsewhere(session: &Session) -> Result<()> {
    let (hub, aws) = (&session.settings.hub, &session.aws);
    let account = hub.account.as_ref().unwrap_or(&aws.account);
    let region = hub.region.as_ref().unwrap_or(&aws.region);
    if *account != aws.account || *region != aws.region {
        bail!(
            "the settings say that the hub is in account {account}, region {region}, and this run is in {}: use that account's credentials and --region {region}, or change [hub]",
            aws.place()
        );
    }
    Ok(())
}

/// Who has not confirmed yet, once for each topic.
fn pending<'a>(observed: impl IntoIterator<Item = &'a HubResource>) -> Vec<String> {
    let mut all = Vec::new();
    for found in observed {
        let HubResource::Subscriptions(subscriptions) = found else {
            continue;
        };
        for (who, standing) in &subscriptions.standings {
            if *standing == Standing::Pending {
                all.push(format!("{who} on {}", subscriptions.name));
            }
        }
    }
    all
}

impl Report {
    /// Of a plan of which nothing is carried out yet.
    fn of(schema: &'static str, session: &Session, plan: &HubPlan) -> Self {
        let names = session.names();
        Self {
            schema,
            account: session.aws.account.clone(),
            region: session.aws.region.clone(),
            event_bus: names.bus_arn(),
            topic: names.topic_arn(&names.alerts_topic()),
            counts: plan.counts(),
            steps: plan.steps(),
            left: Vec::new(),
            longest_chain: Vec::new(),
            pending_subscriptions: Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schema_in_templates_is_of_what_is_printed() {
        let settings = schemars::generate::SchemaSettings::draft2020_12().for_serialize();
        let schema = settings.into_generator().into_root_schema_for::<Report>();
        let text = serde_json::to_string_pretty(&schema).unwrap() + "\n";
        let file = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../../templates/plan-hub-2.schema.json"
        );
        if std::env::var_os("ROOTWATCH_WRITE_SCHEMA").is_some() {
            std::fs::write(file, &text).unwrap();
        }
        let committed = std::fs::read_to_string(file).unwrap_or_default();
        assert!(
            committed == text,
            "{file} is stale; ROOTWATCH_WRITE_SCHEMA=1 rewrites it"
        );
    }
}
