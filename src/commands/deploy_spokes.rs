//! `rootwatch deploy spokes` and `rootwatch plan spokes`: one path, of which `plan` walks the first half.

use super::{Exit, Run};
use crate::aws::error::Call;
use crate::interrupt;
use crate::names::DEPLOYMENT_TAG;
use crate::plan::Action;
use crate::report;
use crate::spokes::instances::Change;
use crate::spokes::operation::{Ended, follow};
use crate::spokes::{self, HubBus, Observed, Place, SpokesPlan, Wanted, organization};
use anyhow::{Context, Result, bail};
use serde::Serialize;

/// Versioned form of the JSON that `plan spokes` and `deploy spokes` print.
#[derive(Serialize)]
struct Report<'a> {
    schema: &'static str,
    account: &'a str,
    region: &'a str,
    stack_set: &'a str,
    plan: &'a SpokesPlan,
    operations: &'a [Ended],
}

/// Shows what `deploy spokes` would change.
pub(super) async fn plan(run: &Run, detailed_exitcode: bool) -> Result<Exit> {
    let (_, wanted, plan) = make_plan(run).await?;
    let name = &wanted.stack_set.name;
    let text = report::spokes_plan(&plan, name, run.output.verbose);
    run.output.result(
        &text,
        &json("rootwatch.plan-spokes/1", run, name, &plan, &[]),
    )?;
    Ok(if detailed_exitcode && plan.is_change() {
        Exit::Found
    } else {
        Exit::Done
    })
}

/// Makes the StackSet and its instances as wanted.
pub(super) async fn deploy(run: &Run) -> Result<Exit> {
    let (place, wanted, plan) = make_plan(run).await?;
    let name = &wanted.stack_set.name;
    let text = report::spokes_plan(&plan, name, run.output.verbose);
    let schema = "rootwatch.deploy-spokes/1";
    if !plan.is_change() {
        run.output
            .result(&text, &json(schema, run, name, &plan, &[]))?;
        return Ok(Exit::Done);
    }
    run.show(&text);
    run.confirm("Make these changes?", "yes").await?;
    let operations = apply(run, &place, &wanted, &plan).await?;
    let text: String = operations.iter().map(report::operation).collect();
    run.output
        .result(&text, &json(schema, run, name, &plan, &operations))?;
    Ok(if operations.iter().all(Ended::is_success) {
        Exit::Done
    } else {
        Exit::Error
    })
}

fn json<'a>(
    schema: &'static str,
    run: &'a Run,
    stack_set: &'a str,
    plan: &'a SpokesPlan,
    operations: &'a [Ended],
) -> Report<'a> {
    Report {
        schema,
        account: &run.aws.account,
        region: &run.aws.region,
        stack_set,
        plan,
        operations,
    }
}

async fn make_plan(run: &Run) -> Result<(Place<'_>, Wanted, SpokesPlan)> {
    if run.config.spokes.ous.is_empty() {
        bail!(
            "no organizational unit is given: --ou, or `ou` under [spokes] in rootwatch.toml; the root's id or / takes all accounts"
        );
    }
    let organization = organization::find(&run.aws).await?;
    let place = Place::of(&run.aws, &organization, run.config.spokes.call_as);
    place.check_access().await?;
    let name = run.names().stack_set();
    let (hub, units, regions, observed) = tokio::try_join!(
        hub_bus(run),
        units(run),
        regions(run),
        spokes::observe(&place, &name),
    )?;
    refuse_foreign(run, &name, &observed)?;
    let wanted = Wanted {
        stack_set: spokes::stack_set(&run.config, name, &hub),
        regions,
        units,
        management_account: organization.management_account,
    };
    let plan = spokes::plan(&wanted, &observed);
    Ok((place, wanted, plan))
}

async fn units(
    run: &Run,
) -> Result<std::collections::BTreeMap<String, Vec<organization::Account>>> {
    let ids = organization::resolve(&run.aws, &run.config.spokes.ous).await?;
    organization::accounts_by_unit(&run.aws, &ids)
        .await
        .context("reading the accounts of the organizational units")
}

/// The regions asked for, each of which must be enabled, or else all that are.
async fn regions(run: &Run) -> Result<Vec<String>> {
    let enabled = organization::enabled_regions(&run.aws)
        .await
        .context("reading the regions that this account has enabled")?;
    let wanted = &run.config.spokes.regions;
    if wanted.is_empty() {
        return Ok(enabled);
    }
    let unknown: Vec<&str> = wanted
        .iter()
        .filter(|region| !enabled.contains(region))
        .map(String::as_str)
        .collect();
    if !unknown.is_empty() {
        bail!(
            "no such region is enabled in account {}: {}. Enabled are {}",
            run.aws.account,
            unknown.join(", "),
            enabled.join(", ")
        );
    }
    Ok(wanted.clone())
}

/// The hub as it is given, or this account when the hub's bus is here.
async fn hub_bus(run: &Run) -> Result<HubBus> {
    let given = &run.config.hub;
    let region = given.region.clone().unwrap_or(run.aws.region.clone());
    if let Some(account) = &given.account {
        return Ok(HubBus {
            account: account.clone(),
            region,
        });
    }
    let bus = run.names().bus();
    let answer = run.aws.eventbridge.describe_event_bus().name(&bus).send();
    let found = answer.await.found("events:DescribeEventBus")?;
    if found.is_none() || region != run.aws.region {
        bail!(
            "the hub's event bus \"{bus}\" is not in {}; say where it is with --hub-account and --hub-region, or run `rootwatch deploy hub` here first",
            run.aws.place()
        );
    }
    Ok(HubBus {
        account: run.aws.account.clone(),
        region,
    })
}

fn refuse_foreign(run: &Run, name: &str, observed: &Observed) -> Result<()> {
    let tag = |tags: &std::collections::BTreeMap<String, String>| tags.get(DEPLOYMENT_TAG).cloned();
    match &observed.stack_set {
        Some(found) if tag(&found.tags).as_deref() != Some(run.config.name.as_str()) => bail!(
            "in {} there is already a StackSet {name}, without the tag {DEPLOYMENT_TAG}={}: it belongs to somebody else, and nothing was changed. Choose another --name, or remove it",
            run.aws.place(),
            run.config.name
        ),
        _ => Ok(()),
    }
}

async fn apply(
    run: &Run,
    place: &Place<'_>,
    wanted: &Wanted,
    plan: &SpokesPlan,
) -> Result<Vec<Ended>> {
    let name = &wanted.stack_set.name;
    let mut ended = Vec::new();
    match plan.stack_set {
        Action::Create { .. } => {
            let created = wanted.stack_set.create(place).await;
            created
                .with_context(|| format!("creating the StackSet {name} in {}", run.aws.place()))?;
            run.progress
                .of(&format!("stack-set {name}"))
                .done("created");
        }
        Action::Update { .. } => {
            let started = wanted.stack_set.update(place).await;
            let id = started
                .with_context(|| format!("updating the StackSet {name} in {}", run.aws.place()))?;
            ended.push(follow_one(run, place, name, &id).await?);
        }
        Action::Keep | Action::Delete => {}
    }
    for change in plan.changes.iter().flat_map(Change::calls) {
        ended.push(carry_out(run, place, name, &change).await?);
    }
    Ok(ended)
}

/// Starts a change of instances and follows it to its end.
pub(super) async fn carry_out(
    run: &Run,
    place: &Place<'_>,
    name: &str,
    change: &Change,
) -> Result<Ended> {
    interrupt::check()?;
    let progress = run.progress.of(&format!("stack instances of {name}"));
    let id = change
        .start(place, name, &progress)
        .await
        .with_context(|| {
            format!(
                "changing instances of the StackSet {name} in {}",
                run.aws.place()
            )
        })?;
    follow_one(run, place, name, &id).await
}

async fn follow_one(run: &Run, place: &Place<'_>, name: &str, id: &str) -> Result<Ended> {
    let progress = run.progress.of(&format!("operation {id}"));
    let ended = follow(place, name, id, run.config.timeout, &progress)
        .await
        .with_context(|| {
            format!("following operation {id} of the StackSet {name}; it goes on in AWS, and the next run picks up what it leaves")
        })?;
    progress.done(&ended.status.to_lowercase());
    Ok(ended)
}
