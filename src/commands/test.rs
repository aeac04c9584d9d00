//! `rootwatch test`: sends a marked event and waits until the topic delivers it.

use super::{Exit, Run};
use crate::canary::{self, Outcome, Sent, Target};
use crate::cli::TestArgs;
use crate::report::{GREEN, RED, YELLOW, one_line};
use crate::spokes::instances::Instances;
use crate::spokes::{self, Place, Spot, organization};
use crate::verify::finding::Hop;
use crate::verify::spokes::Selection;
use anyhow::{Context, Result, bail};
use serde::Serialize;
use std::collections::BTreeSet;
use std::fmt::Write;

/// Versioned form of the JSON that `test` prints.
#[derive(Serialize)]
struct Report<'a> {
    schema: &'static str,
    account: &'a str,
    region: &'a str,
    id: &'a str,
    passed: bool,
    spokes: Vec<SpokeReport<'a>>,
    hops: Vec<HopReport<'a>>,
    /// Where it stopped, in words.
    stopped: Option<&'a str>,
    traces: &'a [String],
    findings: &'a [Hop],
    /// Why people may hear nothing although all came through.
    warning: Option<&'a str>,
}

#[derive(Serialize)]
struct SpokeReport<'a> {
    #[serde(flatten)]
    spot: &'a Spot,
    #[serde(flatten)]
    sent: &'a Sent,
}

#[derive(Serialize)]
struct HopReport<'a> {
    hop: &'a str,
    /// Since the event was sent; by AWS's clocks, but for what this machine sent.
    ms: i64,
}

/// Tests the hub, one or some spokes, or all of them.
pub(super) async fn test(run: &Run, selection: &Selection, args: &TestArgs) -> Result<Exit> {
    let target = target(run, selection, args).await?;
    let wanted = run.hub(run.config.org_id.clone().unwrap_or_default());
    let outcome = canary::run(&run.aws, &wanted, &target, args.wait, &run.progress).await?;
    let is_fine = outcome.is_passed() && outcome.warning.is_none();
    let text = if run.output.quiet && is_fine {
        String::new()
    } else {
        text(&outcome)
    };
    run.output.result(&text, &report(run, &outcome))?;
    Ok(if outcome.is_passed() {
        Exit::Done
    } else {
        Exit::Found
    })
}

async fn target(run: &Run, selection: &Selection, args: &TestArgs) -> Result<Target> {
    let entry = selection.entry.clone();
    if args.all_accounts {
        let mut spots = all_spots(run, selection).await?;
        if let Some(count) = args.sample {
            spots = sample(spots, count.into())?;
        }
        return Ok(Target::Spokes { entry, spots });
    }
    if selection.accounts.is_empty() {
        if entry.is_some() || !selection.regions.is_empty() {
            bail!("--role, --spoke-profile and --spoke-region need --account or --all-accounts");
        }
        return Ok(Target::Hub);
    }
    let is_other = |account: &&String| **account != run.aws.account;
    if let Some(other) = selection
        .accounts
        .iter()
        .find(is_other)
        .filter(|_| entry.is_none())
    {
        bail!(
            "account {other} is not the one of these credentials: name a role to take there with --role, or a profile with --spoke-profile"
        );
    }
    let home = run.aws.partition.sign_in_region();
    let spots = selection
        .of(&Instances::default(), home)
        .into_iter()
        .collect();
    Ok(Target::Spokes { entry, spots })
}

async fn all_spots(run: &Run, selection: &Selection) -> Result<Vec<Spot>> {
    let organization = organization::find(&run.aws).await?;
    let place = Place::of(&run.aws, &organization, run.config.spokes.call_as);
    let name = run.names().stack_set();
    let observed = spokes::observe(&place, &name, &BTreeSet::new())
        .await
        .context("looking up which spokes there are")?;
    let home = run.aws.partition.sign_in_region();
    let spots: Vec<Spot> = selection
        .of(&observed.instances, home)
        .into_iter()
        .collect();
    if spots.is_empty() {
        bail!("the StackSet {name} has no instances to test: `rootwatch deploy spokes` makes them");
    }
    Ok(spots)
}

/// So many of them, at random.
pub(super) fn sample(spots: Vec<Spot>, count: usize) -> Result<Vec<Spot>> {
    let mut drawn: Vec<(String, Spot)> = spots
        .into_iter()
        .map(|spot| Ok((canary::new_id()?, spot)))
        .collect::<Result<_>>()?;
    drawn.sort();
    let mut spots: Vec<Spot> = drawn
        .into_iter()
        .take(count)
        .map(|(_, spot)| spot)
        .collect();
    spots.sort();
    Ok(spots)
}

fn report<'a>(run: &'a Run, outcome: &'a Outcome) -> Report<'a> {
    let diagnosis = outcome.diagnosis.as_ref();
    let spokes = outcome.spokes.iter();
    let hops = outcome.hops.iter();
    Report {
        schema: "rootwatch.test/1",
        account: &run.aws.account,
        region: &run.aws.region,
        id: &outcome.id,
        passed: outcome.is_passed(),
        spokes: spokes
            .map(|(spot, sent)| SpokeReport { spot, sent })
            .collect(),
        hops: hops.map(|(hop, ms)| HopReport { hop, ms: *ms }).collect(),
        stopped: diagnosis.map(|it| it.stopped.as_str()),
        traces: diagnosis.map(|it| it.traces.as_slice()).unwrap_or_default(),
        findings: diagnosis
            .map(|it| it.findings.as_slice())
            .unwrap_or_default(),
        warning: outcome.warning.as_deref(),
    }
}

/// What it came to, for people.
pub(super) fn text(outcome: &Outcome) -> String {
    let mut text = ending(outcome);
    if let Some(warning) = &outcome.warning {
        let _ = writeln!(text, "{YELLOW}Warning{YELLOW:#}: {}.", one_line(warning));
    }
    text
}

fn ending(outcome: &Outcome) -> String {
    let mut text = String::new();
    if outcome.spokes.len() > 1 || !outcome.is_passed() {
        for (spot, sent) in &outcome.spokes {
            text += &spoke_line(spot, sent);
        }
    }
    for (hop, ms) in &outcome.hops {
        let _ = writeln!(text, "{ms:>8} ms  {hop}");
    }
    let Some(diagnosis) = &outcome.diagnosis else {
        let _ = writeln!(
            text,
            "{GREEN}Passed{GREEN:#}: the test event came all the way."
        );
        return text;
    };
    let _ = writeln!(
        text,
        "{RED}Failed{RED:#}: it stopped {}.",
        diagnosis.stopped
    );
    for trace in &diagnosis.traces {
        let _ = writeln!(text, "  {}", one_line(trace));
    }
    for hop in &diagnosis.findings {
        let place = format!("account {}, {}", hop.account, hop.region);
        let _ = writeln!(
            text,
            "  {} in {place}, {}: {}",
            hop.resource,
            hop.check,
            one_line(&hop.finding)
        );
        if let Some(mend) = &hop.mend {
            let _ = writeln!(text, "    to mend it: {mend}");
        }
    }
    text
}

fn spoke_line(spot: &Spot, sent: &Sent) -> String {
    let (style, said) = match sent {
        Sent::Arrived { ms } => (GREEN, format!("on the hub's bus after {ms} ms")),
        Sent::Lost => (RED, "did not reach the hub's bus".to_owned()),
        Sent::Unsent { why } => (RED, format!("could not be sent: {}", one_line(why))),
    };
    format!(
        "{}  {:<15} {style}{said}{style:#}\n",
        spot.account, spot.region
    )
}
