//! `rootwatch status`: would I know? What exists of the hub, who is told, and which accounts are covered.

use super::{Exit, Run};
use crate::hub::desired::hub;
use crate::hub::resource::HubResource;
use crate::hub::subscriptions::Standing;
use crate::hub::{observe, plan_deploy};
use crate::plan::Action;
use crate::spokes::instances::Instance;
use crate::spokes::organization::{Account, Organization};
use crate::spokes::stack_set::StackSet;
use crate::spokes::{self, Place, Spot, organization};
use anyhow::Result;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

/// Versioned form of the JSON that `status` prints.
#[derive(Serialize)]
struct Report {
    schema: &'static str,
    account: String,
    region: String,
    hub: HubStatus,
    spokes: SpokesStatus,
    /// Everything that could keep an alert from a person.
    holes: Vec<String>,
}

#[derive(Default, Serialize)]
struct HubStatus {
    present: Vec<String>,
    missing: Vec<String>,
    changed: Vec<String>,
    subscriptions: BTreeMap<String, &'static str>,
    dead_letters: Option<u64>,
}

#[derive(Default, Serialize)]
struct SpokesStatus {
    /// Why nothing is known of them, if so.
    unknown: Option<String>,
    /// Account and region of the hub, as the StackSet has them.
    forwards_to: Option<String>,
    stack_set: Option<String>,
    regions: Vec<String>,
    accounts: usize,
    covered_accounts: usize,
    suspended: Vec<String>,
}

/// Shows the state of the whole path as far as these credentials can see it.
pub(super) async fn status(run: &Run) -> Result<Exit> {
    let organization = organization::find(&run.aws).await?;
    let mut holes = Vec::new();
    let spokes = spokes_status(run, &organization, &mut holes).await?;
    let hub = hub_status(
        run,
        &organization,
        spokes.forwards_to.as_deref(),
        &mut holes,
    )
    .await?;
    let report = Report {
        schema: "rootwatch.status/1",
        account: run.aws.account.clone(),
        region: run.aws.region.clone(),
        hub,
        spokes,
        holes,
    };
    run.output.result(&text(&report), &report)?;
    Ok(if report.holes.is_empty() {
        Exit::Done
    } else {
        Exit::Found
    })
}

/// Compares the hub with the settings of this run: one that was given only at deployment shows as a change.
async fn hub_status(
    run: &Run,
    organization: &Organization,
    forwards_to: Option<&str>,
    holes: &mut Vec<String>,
) -> Result<HubStatus> {
    let org_id = run.config.org_id.as_ref().unwrap_or(&organization.id);
    let nodes = hub(&run.hub(org_id.clone()));
    let observed = observe(&run.aws, &nodes).await?;
    let plan = plan_deploy(nodes, observed);
    let mut status = HubStatus::default();
    for (step, found) in plan.steps().into_iter().zip(&plan.observed) {
        let id = step.resource;
        let foreign = step
            .kept
            .iter()
            .filter(|it| it.starts_with("policy statement"));
        holes.extend(foreign.map(|it| {
            format!("{id} has a {it} that is not ours: make sure that it neither denies nor opens the path")
        }));
        match (found, step.action) {
            (None, _) => status.missing.push(id),
            (Some(_), Action::Keep) => status.present.push(id),
            (Some(_), _) => status.changed.push(id),
        }
        if let Some(HubResource::Function(function)) = found
            && !function.active
        {
            holes.push(format!("function {} is not active", function.name));
        }
        if let Some(HubResource::Queue(queue)) = found
            && queue.name == run.names().dead_letter_queue()
        {
            status.dead_letters = queue.depth;
        }
    }
    if status.present.is_empty() && status.changed.is_empty() {
        holes.push(match forwards_to {
            Some(hub) => format!("the hub cannot be seen from here: run `rootwatch status` in {hub}, where the spokes forward to"),
            None => format!("there is no hub in {}: `rootwatch deploy hub` makes it", run.aws.place()),
        });
        return Ok(status);
    }
    status.subscriptions = who_is_told(&plan.observed, &run.names().alerts_topic());
    hub_holes(&status, holes);
    Ok(status)
}

fn hub_holes(status: &HubStatus, holes: &mut Vec<String>) {
    let mend = "`rootwatch deploy hub` mends it";
    for id in &status.missing {
        holes.push(format!("{id} is missing: {mend}"));
    }
    for id in &status.changed {
        holes.push(format!(
            "{id} is not as wanted (`rootwatch plan hub` shows it): {mend}"
        ));
    }
    if !status
        .subscriptions
        .values()
        .any(|standing| *standing == "confirmed")
    {
        holes.push("nobody hears the alerts: no subscription of the topic is confirmed".into());
    }
    for (who, standing) in &status.subscriptions {
        if *standing == "pending" {
            holes.push(format!("{who} has not confirmed the subscription: the link in SNS's mail must be followed within two days"));
        }
    }
    if let Some(depth @ 1..) = status.dead_letters {
        holes.push(format!(
            "{depth} undelivered events wait in the dead-letter queue"
        ));
    }
}

/// Everybody on a topic, whoever subscribed them.
fn who_is_told(observed: &[Option<HubResource>], topic: &str) -> BTreeMap<String, &'static str> {
    let word = |standing: &Standing| match standing {
        Standing::Confirmed(_) => "confirmed",
        Standing::Pending => "pending",
    };
    let subscriptions = observed.iter().flatten().filter_map(|found| match found {
        HubResource::Subscriptions(found) if found.name == topic => Some(found),
        _ => None,
    });
    subscriptions
        .flat_map(|found| &found.standings)
        .map(|(who, standing)| (who.to_string(), word(standing)))
        .collect()
}

async fn spokes_status(
    run: &Run,
    organization: &Organization,
    holes: &mut Vec<String>,
) -> Result<SpokesStatus> {
    let place = Place::of(&run.aws, organization, run.config.spokes.call_as);
    let name = run.names().stack_set();
    let read = tokio::try_join!(
        async { place.check_access().await },
        async { spokes::observe(&place, &name).await },
        organization::accounts(&run.aws),
    );
    let (observed, accounts) = match read {
        Ok(((), observed, accounts)) => (observed, accounts),
        Err(error) => {
            let why = format!("{error:#}");
            holes.push(format!("the spokes cannot be seen from here: {why}"));
            return Ok(SpokesStatus {
                unknown: Some(why),
                ..SpokesStatus::default()
            });
        }
    };
    if observed.stack_set.is_none() {
        holes.push(format!(
            "there is no StackSet {name} in {}: `rootwatch deploy spokes --ou …` makes it",
            run.aws.place()
        ));
    }
    let sign_in = run.aws.partition.sign_in_region();
    let status = coverage(&accounts, &observed.instances, sign_in, organization, holes);
    let parameter =
        |found: &StackSet, name: &str| found.parameters.get(name).cloned().unwrap_or_default();
    Ok(SpokesStatus {
        forwards_to: observed.stack_set.as_ref().map(|found| {
            format!(
                "account {}, region {}",
                parameter(found, "HubAccountId"),
                parameter(found, "HubRegion")
            )
        }),
        stack_set: observed.stack_set.map(|found| found.name),
        ..status
    })
}

/// Every account of the organization against every region that any account is watched in. Pure.
fn coverage(
    accounts: &[Account],
    instances: &BTreeMap<Spot, Instance>,
    sign_in_region: &str,
    organization: &Organization,
    holes: &mut Vec<String>,
) -> SpokesStatus {
    let mut regions: BTreeSet<String> = instances.keys().map(|spot| spot.region.clone()).collect();
    regions.insert(sign_in_region.to_owned());
    let mut status = SpokesStatus::default();
    for account in accounts {
        let label = format!("{} ({})", account.id, account.name);
        if !account.active {
            status.suspended.push(label);
            continue;
        }
        status.accounts += 1;
        let uncovered: Vec<String> = regions
            .iter()
            .filter_map(|region| hole(account, region, instances))
            .collect();
        if uncovered.is_empty() {
            status.covered_accounts += 1;
        } else if account.id == organization.management_account {
            holes.push(format!(
                "management account {label}: StackSets never reach it, and its root is not watched"
            ));
        } else if uncovered.len() == regions.len()
            && uncovered.iter().all(|it| it.ends_with(NOT_THERE))
        {
            holes.push(format!(
                "account {label} has no stack instance: its unit was not given, or automatic deployment has not reached it yet; `rootwatch deploy spokes --ou …` with its unit makes them"
            ));
        } else {
            holes.push(format!(
                "account {label}: {}: `rootwatch deploy spokes` tries again",
                uncovered.join("; ")
            ));
        }
    }
    status.regions = regions.into_iter().collect();
    status
}

const NOT_THERE: &str = "no stack instance";

fn hole(account: &Account, region: &str, instances: &BTreeMap<Spot, Instance>) -> Option<String> {
    let spot = Spot {
        account: account.id.clone(),
        region: region.to_owned(),
    };
    match instances.get(&spot) {
        None => Some(format!("{region} {NOT_THERE}")),
        Some(instance) if instance.is_current() => None,
        Some(instance) => Some(format!(
            "{region} {} {}",
            instance.status,
            instance.reason.as_deref().unwrap_or(&instance.detail)
        )),
    }
}

fn text(report: &Report) -> String {
    let mut text = String::new();
    let hub = &report.hub;
    let all = hub.present.len() + hub.missing.len() + hub.changed.len();
    let _ = writeln!(
        text,
        "Hub in account {}, region {}",
        report.account, report.region
    );
    if hub.present.is_empty() && hub.changed.is_empty() {
        let _ = writeln!(text, "  not here");
    } else {
        let _ = writeln!(text, "  {} of {all} resources as wanted", hub.present.len());
    }
    for (who, standing) in &hub.subscriptions {
        let _ = writeln!(text, "  told: {who} ({standing})");
    }
    if let Some(depth) = hub.dead_letters {
        let _ = writeln!(text, "  dead-letter queue: {depth} waiting");
    }
    let _ = writeln!(text, "Spokes");
    let spokes = &report.spokes;
    match (&spokes.unknown, &spokes.stack_set) {
        (Some(why), _) => {
            let _ = writeln!(text, "  cannot be seen from here: {why}");
        }
        (None, None) => {
            let _ = writeln!(text, "  no StackSet");
        }
        (None, Some(name)) => spokes_text(&mut text, name, spokes),
    }
    if report.holes.is_empty() {
        let _ = writeln!(text, "No holes found.");
    } else {
        let _ = writeln!(text, "Holes: {}", report.holes.len());
        for hole in &report.holes {
            let _ = writeln!(text, "  ! {hole}");
        }
    }
    text
}

fn spokes_text(text: &mut String, name: &str, spokes: &SpokesStatus) {
    let _ = writeln!(
        text,
        "  StackSet {name}: {} of {} active accounts covered in {} regions ({})",
        spokes.covered_accounts,
        spokes.accounts,
        spokes.regions.len(),
        spokes.regions.join(", ")
    );
    if let Some(hub) = &spokes.forwards_to {
        let _ = writeln!(text, "  forwarding to the hub in {hub}");
    }
    for account in &spokes.suspended {
        let _ = writeln!(text, "  account {account} is suspended: skipped");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account(id: &str, active: bool) -> Account {
        Account {
            id: id.into(),
            name: format!("name-{id}"),
            active,
        }
    }

    fn instances(spots: &[(&str, &str, &str)]) -> BTreeMap<Spot, Instance> {
        let instance = |status: &str| Instance {
            status: status.into(),
            detail: "FAILED".into(),
            reason: Some("no permission".into()),
            unit: "ou-1".into(),
        };
        spots
            .iter()
            .map(|(account, region, status)| {
                let spot = Spot {
                    account: (*account).into(),
                    region: (*region).into(),
                };
                (spot, instance(status))
            })
            .collect()
    }

    #[test]
    fn every_account_is_covered_suspended_or_a_hole_with_its_reason() {
        let organization = Organization {
            id: "o-abcdefghij".into(),
            management_account: "0".into(),
        };
        let accounts = [
            account("0", true),
            account("1", true),
            account("2", true),
            account("3", false),
            account("4", true),
        ];
        let found = instances(&[
            ("1", "us-east-1", "CURRENT"),
            ("1", "eu-west-1", "CURRENT"),
            ("2", "us-east-1", "CURRENT"),
            ("2", "eu-west-1", "OUTDATED"),
        ]);
        let mut holes = Vec::new();
        let status = coverage(&accounts, &found, "us-east-1", &organization, &mut holes);
        assert_eq!((status.accounts, status.covered_accounts), (4, 1));
        assert_eq!(status.suspended, ["3 (name-3)"]);
        assert_eq!(holes.len(), 3);
        assert!(holes[0].contains("management account 0"));
        assert!(
            holes[1].contains("account 2") && holes[1].contains("eu-west-1 OUTDATED no permission")
        );
        assert!(holes[2].contains("account 4") && holes[2].contains("no stack instance"));
    }

    #[test]
    fn a_missing_sign_in_region_is_a_hole_even_where_all_else_is_covered() {
        let organization = Organization {
            id: "o-abcdefghij".into(),
            management_account: "0".into(),
        };
        let found = instances(&[("1", "eu-west-1", "CURRENT")]);
        let mut holes = Vec::new();
        coverage(
            &[account("1", true)],
            &found,
            "us-east-1",
            &organization,
            &mut holes,
        );
        assert!(holes[0].contains("us-east-1"), "{holes:?}");
    }
}
