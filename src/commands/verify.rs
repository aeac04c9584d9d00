//! `rootwatch verify`: would an event get all the way? Follows what is deployed, hop by hop, by reads alone.

use super::{Exit, Run};
use crate::report::{self, GREEN, RED, YELLOW};
use crate::spokes::organization::{self, Organization};
use crate::spokes::{Observed, Spot};
use crate::status::{forwards_here, forwards_to};
use crate::verify;
use crate::verify::deployed::Deployed;
use crate::verify::finding::{CannotRead, Hop, Part, Read, Verdict};
use crate::verify::spokes::{self, Selection};
use anyhow::{Result, bail};
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt::Write;

/// Versioned form of the JSON that `verify` prints.
#[derive(Serialize)]
struct Report {
    schema: &'static str,
    account: String,
    region: String,
    counts: Counts,
    hops: Vec<Hop>,
}

#[derive(Default, Serialize)]
struct Counts {
    ok: usize,
    broken: usize,
    cannot_tell: usize,
}

/// Reads what is deployed, judges it, and tells every hop.
pub(super) async fn verify(run: &Run, selection: &Selection, hub_only: bool) -> Result<Exit> {
    let organization = organization::find(&run.aws).await.map_err(CannotRead::from);
    let hops = hops(run, &organization, selection, hub_only).await?;
    let report = Report {
        schema: "rootwatch.verify/1",
        account: run.aws.account.clone(),
        region: run.aws.region.clone(),
        counts: count(&hops),
        hops,
    };
    run.output.result(&text(run, &report), &report)?;
    Ok(if report.counts.broken + report.counts.cannot_tell == 0 {
        Exit::Done
    } else {
        Exit::Found
    })
}

/// Every hop as it is deployed, with a finding. Fails where the spokes forward to a hub elsewhere and none is here: what
/// would mend its absence would make a second one.
pub(super) async fn hops(
    run: &Run,
    organization: &Read<Organization>,
    selection: &Selection,
    hub_only: bool,
) -> Result<Vec<Hop>> {
    let (aws, names) = (&run.aws, run.names());
    let org_id = match &run.config.org_id {
        Some(id) => Ok(id.clone()),
        None => organization
            .as_ref()
            .map(|found| found.id.clone())
            .map_err(Clone::clone),
    };
    let wanted = run.hub(org_id.clone().unwrap_or_default());
    let call_as = run.config.spokes.call_as;
    let (deployed, observed) = tokio::join!(
        Deployed::read(aws, &wanted, org_id),
        spokes::observe(aws, &names, organization, call_as),
    );
    if let Some(hub) = hub_elsewhere(run, &deployed, &observed) {
        bail!(
            "there is no hub in {}, and the spokes forward to the one in {hub}: run `rootwatch verify` there",
            aws.place()
        );
    }
    let spots: Vec<Spot> = observed
        .iter()
        .flat_map(|it| it.instances.spots().map(|(spot, _)| spot))
        .collect();
    let mut hops = verify::hub(&deployed, &spots);
    if !hub_only {
        hops.splice(0..0, spokes::check(aws, &names, &observed, selection).await);
    }
    Ok(hops)
}

/// Where the spokes forward to, when that is not here and nothing is here.
fn hub_elsewhere(run: &Run, deployed: &Deployed, observed: &Read<Observed>) -> Option<String> {
    let set = observed.as_ref().ok()?.stack_set.as_ref()?;
    let is_gone = matches!(deployed.bus(&run.names().bus()), Ok(None));
    Some(forwards_to(set)).filter(|_| is_gone && !forwards_here(set, &run.aws))
}

fn count(hops: &[Hop]) -> Counts {
    let of = |verdict| hops.iter().filter(|hop| hop.verdict == verdict).count();
    Counts {
        ok: of(Verdict::Ok),
        broken: of(Verdict::Broken),
        cannot_tell: of(Verdict::CannotTell),
    }
}

/// One line a hop; the spokes' good ones are counted together unless `--verbose` is given.
fn text(run: &Run, report: &Report) -> String {
    let (spokes, others): (Vec<&Hop>, Vec<&Hop>) =
        report.hops.iter().partition(|hop| hop.part == Part::Spoke);
    let quiet = run.output.quiet;
    let mut text = String::new();
    let mut fine: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for hop in spokes {
        if hop.verdict == Verdict::Ok && !run.output.verbose {
            let kind = hop.resource.split(' ').next().unwrap_or_default();
            *fine.entry((kind, hop.check)).or_default() += 1;
        } else {
            text += &line(hop, true);
        }
    }
    for ((kind, check), count) in fine.into_iter().filter(|_| !quiet) {
        let _ = writeln!(
            text,
            "{GREEN}ok{GREEN:#}          spokes' {kind}, {check}: {count}"
        );
    }
    for hop in others
        .into_iter()
        .filter(|hop| !quiet || hop.verdict != Verdict::Ok)
    {
        text += &line(hop, false);
    }
    let Counts {
        ok,
        broken,
        cannot_tell,
    } = report.counts;
    if !quiet || broken + cannot_tell > 0 {
        let _ = writeln!(
            text,
            "{ok} fine, {broken} broken, {cannot_tell} that cannot be told."
        );
    }
    text
}

/// One hop for people.
pub(super) fn line(hop: &Hop, with_place: bool) -> String {
    let (word, style) = match hop.verdict {
        Verdict::Ok => ("ok", GREEN),
        Verdict::Broken => ("broken", RED),
        Verdict::CannotTell => ("cannot tell", YELLOW),
    };
    let place = if with_place {
        format!(" in account {}, {}", hop.account, hop.region)
    } else {
        String::new()
    };
    let mut text = format!(
        "{style}{word}{style:#}{} {}{place}, {}: {}\n",
        " ".repeat(11 - word.len()),
        hop.resource,
        hop.check,
        report::one_line(&hop.finding)
    );
    if let Some(mend) = &hop.mend {
        let _ = writeln!(text, "            to mend it: {mend}");
    }
    text
}
