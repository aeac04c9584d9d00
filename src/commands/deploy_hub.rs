//! `rootwatch deploy hub` and `rootwatch plan hub`: one path, of which `plan` walks the first half.

use super::{Closing, Exit, Run};
use crate::apply::{Outcome, Stop};
use crate::hub::desired::{Node, hub};
use crate::hub::resource::HubResource;
use crate::hub::subscriptions::Standing;
use crate::hub::{HubPlan, chain, observe, plan_deploy};
use crate::plan::{Counts, Step};
use crate::report;
use crate::spokes::organization;
use anyhow::{Context, Result, bail};
use serde::Serialize;

/// Versioned form of the JSON that `plan hub` and `deploy hub` print.
#[derive(Serialize)]
#[cfg_attr(
    test,
    derive(schemars::JsonSchema),
    schemars(title = "rootwatch plan hub and deploy hub, version 1")
)]
struct Report<'a> {
    /// `rootwatch.plan-hub/1` or `rootwatch.deploy-hub/1`.
    schema: &'static str,
    /// The hub's account.
    account: &'a str,
    /// The hub's region.
    region: &'a str,
    /// ARN of the bus that spokes forward to.
    event_bus: String,
    /// ARN of the topic for alerts.
    topic: String,
    counts: Counts,
    /// Every resource of the hub, each after all that it needs.
    steps: &'a [Step],
    /// What could not be carried out, after an error or an interruption.
    left: Vec<&'a str>,
    /// The calls that `deploy hub` cannot do side by side; only in a plan.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    longest_chain: Vec<String>,
    /// Subscriptions that somebody has to confirm.
    pending_subscriptions: Vec<String>,
}

/// Shows what `deploy hub` would change.
pub(super) async fn plan(run: &Run, adopt: bool, detailed_exitcode: bool) -> Result<Exit> {
    let plan = make_plan(run, adopt).await?;
    let steps = plan.steps();
    let mut text = report::steps(&steps, run.output.verbose);
    if tells_nobody(&plan) {
        text += NOBODY;
    }
    text += &silenced(&plan);
    let longest_chain = chain::longest(&plan);
    if run.output.verbose {
        text += &report::longest_chain(&longest_chain);
    }
    let mut report = json(
        "rootwatch.plan-hub/1",
        run,
        &steps,
        &[],
        pending(plan.found()),
    );
    report.longest_chain = longest_chain;
    let changes = report.counts.changes();
    run.output.result(&text, &report)?;
    Ok(if detailed_exitcode && changes > 0 {
        Exit::Found
    } else {
        Exit::Done
    })
}

/// Makes the hub as wanted.
pub(super) async fn deploy(run: &Run, adopt: bool) -> Result<Exit> {
    bring(run, adopt).await?.print(run)
}

/// The same, with the result not yet printed.
pub(super) async fn bring(run: &Run, adopt: bool) -> Result<Closing> {
    let plan = make_plan(run, adopt).await?;
    let steps = plan.steps();
    let changes = Counts::of(&plan.actions).changes();
    if changes == 0 {
        let found: Vec<&HubResource> = plan.found().collect();
        let pending = pending(found.iter().copied());
        let text = report::steps(&steps, run.output.verbose) + &told(found.iter().copied());
        let report = json("rootwatch.deploy-hub/1", run, &steps, &[], pending);
        return Closing::of(Exit::Done, text, &report);
    }
    run.show(&(report::steps(&steps, run.output.verbose) + &silenced(&plan)));
    run.confirm("Make these changes?", "yes").await?;
    let outcome = plan.apply(&run.aws, &run.progress).await;
    finish(run, &plan, &steps, &outcome).await
}

async fn finish(run: &Run, plan: &HubPlan, steps: &[Step], outcome: &Outcome) -> Result<Closing> {
    let left: Vec<usize> = outcome
        .left
        .iter()
        .copied()
        .filter(|index| steps[*index].action.is_change())
        .collect();
    let (exit, text, pending) = match &outcome.stop {
        Some(stop) => {
            run.show(&report::ended_early(outcome, stop, steps));
            let exit = match stop {
                Stop::Failed(_) => Exit::Error,
                Stop::Interrupted => Exit::Interrupted,
            };
            (exit, String::new(), Vec::new())
        }
        None => match plan
            .settle(&run.aws, &run.progress, run.config.timeout)
            .await
        {
            Ok(now) => (
                Exit::Done,
                success(run, steps, &told(now.iter())),
                pending(&now),
            ),
            Err(error) => {
                run.show(&report::error(&error));
                (Exit::of(&error), String::new(), Vec::new())
            }
        },
    };
    let report = json("rootwatch.deploy-hub/1", run, steps, &left, pending);
    Closing::of(exit, text, &report)
}

fn success(run: &Run, steps: &[Step], told: &str) -> String {
    let counts = Counts::of(steps.iter().map(|step| &step.action));
    format!(
        "The hub is deployed: {} created, {} changed, {} unchanged.\n  event bus  {}\n  topic      {}\n{told}",
        counts.create,
        counts.update,
        counts.keep,
        run.names().bus_arn(),
        run.names().topic_arn(&run.names().alerts_topic())
    )
}

const NOBODY: &str = "Nobody is told yet: give --email or --sns-subscription.\n";

fn is_heard(found: &HubResource) -> bool {
    match found {
        HubResource::Subscriptions(found) => !found.standings.is_empty(),
        _ => false,
    }
}

/// Whether a plan leaves the hub without anybody who is subscribed.
fn tells_nobody(plan: &HubPlan) -> bool {
    let is_told = |node: &Node| match &node.resource {
        HubResource::Subscriptions(wanted) => !wanted.subscriptions.is_empty(),
        _ => false,
    };
    !plan.nodes.iter().any(is_told) && !plan.found().any(is_heard)
}

/// The topics of which a plan takes away everybody who hears them now.
fn silenced(plan: &HubPlan) -> String {
    let pairs = plan.nodes.iter().zip(&plan.observed);
    let lines = pairs.filter_map(|(node, found)| match (&node.resource, found) {
        (HubResource::Subscriptions(wanted), Some(HubResource::Subscriptions(found))) => {
            wanted.silences(found).then(|| {
                format!(
                    "! nobody who hears {} now is left: it is told to nobody until one of the others has confirmed\n",
                    found.name
                )
            })
        }
        _ => None,
    });
    lines.collect()
}

/// What has to be done by people before alerts arrive.
fn told<'a>(observed: impl Iterator<Item = &'a HubResource> + Clone) -> String {
    if !observed.clone().any(is_heard) {
        return NOBODY.into();
    }
    let line = |who: String| {
        format!(
            "Not confirmed yet: {who}. SNS has sent a link that must be followed within two days.\n"
        )
    };
    pending(observed).into_iter().map(line).collect()
}

/// Reads what is there and compares it. Fails, before any write, when something there is not ours and not to be adopted.
async fn make_plan(run: &Run, adopt: bool) -> Result<HubPlan> {
    refuse_elsewhere(run)?;
    // What is there is found by its name, so the organization can be looked up meanwhile.
    let nameless = hub(&run.hub(String::new()));
    let (org_id, observed) = tokio::try_join!(org_id(run), observe(&run.aws, &nameless))?;
    let plan = plan_deploy(hub(&run.hub(org_id)), observed);
    let foreign = plan.foreign();
    if !foreign.is_empty() && !adopt {
        bail!(
            "in {} there is already {}, without the tag {}={}: it belongs to somebody else, and nothing was changed. Choose another --name, remove it, or take it over with --adopt",
            run.aws.place(),
            foreign.join(", "),
            crate::names::DEPLOYMENT_TAG,
            run.config.name
        );
    }
    Ok(plan)
}

async fn org_id(run: &Run) -> Result<String> {
    if let Some(id) = &run.config.org_id {
        return Ok(id.clone());
    }
    let found = organization::find(&run.aws).await.context(
        "looking up the organization that may forward events; --org-id names it instead",
    )?;
    Ok(found.id)
}

/// Fails when the settings say that the hub is somewhere else: the spokes would forward to where nothing is.
fn refuse_elsewhere(run: &Run) -> Result<()> {
    let (hub, aws) = (&run.config.hub, &run.aws);
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

fn json<'a>(
    schema: &'static str,
    run: &'a Run,
    steps: &'a [Step],
    left: &[usize],
    pending_subscriptions: Vec<String>,
) -> Report<'a> {
    let names = run.names();
    Report {
        schema,
        account: &run.aws.account,
        region: &run.aws.region,
        event_bus: names.bus_arn(),
        topic: names.topic_arn(&names.alerts_topic()),
        counts: Counts::of(steps.iter().map(|step| &step.action)),
        steps,
        left: left
            .iter()
            .map(|index| steps[*index].resource.as_str())
            .collect(),
        longest_chain: Vec::new(),
        pending_subscriptions,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schema_in_templates_is_of_what_is_printed() {
        let settings = schemars::generate::SchemaSettings::draft2020_12().for_serialize();
        let schema = settings
            .into_generator()
            .into_root_schema_for::<Report<'_>>();
        let text = serde_json::to_string_pretty(&schema).unwrap() + "\n";
        let file = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/templates/plan-hub-1.schema.json"
        );
        if std::env::var_os("ROOTWATCH_WRITE_SCHEMA").is_some() {
            std::fs::write(file, &text).unwrap();
        }
        let committed = std::fs::read_to_string(file).unwrap_or_default();
        assert!(
            committed == text,
            "{file} is stale; ROOTWATCH_WRITE_SCHEMA=1 writes it anew"
        );
    }
}
