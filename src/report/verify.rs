//! Every hop of the path, with its verdict.

use super::{GREEN, RED, YELLOW, alike, ignore};
use crate::output::Output;
use rootwatch_engine::one_line;
use rootwatch_engine::verify::{AS_MADE, Counts, Hop, Part, Report, Verdict};
use std::collections::BTreeMap;
use std::fmt::Write;

/// One line per hop; the good ones are counted together unless `--verbose` is given.
pub(crate) fn text(report: &Report, output: Output) -> String {
    let (spokes, others): (Vec<&Hop>, Vec<&Hop>) =
        report.hops.iter().partition(|hop| hop.part == Part::Spoke);
    let quiet = output.quiet;
    let is_shown = |hop: &&Hop| !quiet || hop.verdict != Verdict::Ok;
    let (first, others): (Vec<&Hop>, Vec<&Hop>) = others
        .into_iter()
        .partition(|hop| hop.part == Part::Organization);
    let first = first.into_iter().filter(is_shown);
    let mut text: String = first.map(|hop| line(hop, false)).collect();
    let mut fine: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    let (good, bad): (Vec<&Hop>, Vec<&Hop>) = spokes
        .into_iter()
        .partition(|hop| hop.verdict == Verdict::Ok && !output.verbose);
    for hop in good {
        let kind = hop.resource.split(' ').next().unwrap_or_default();
        *fine.entry((kind, hop.check)).or_default() += 1;
    }
    let trouble = |hop: &&Hop| {
        let is_alike = hop.verdict == Verdict::Unknown && !output.verbose;
        is_alike.then(|| unread(hop))
    };
    for hops in alike::groups(bad, trouble) {
        text += &spokes_line(&hops);
    }
    for ((kind, check), count) in fine.into_iter().filter(|_| !quiet) {
        let _ = writeln!(
            text,
            "{GREEN}ok{GREEN:#}             spokes' {kind}, {check}: {count}"
        );
    }
    let is_counted = |hop: &&Hop| !output.verbose && is_as_made(hop);
    let (made, others): (Vec<&Hop>, Vec<&Hop>) = others.into_iter().partition(is_counted);
    if !quiet && !made.is_empty() {
        let _ = writeln!(
            text,
            "{GREEN}ok{GREEN:#}             hub, as made: {}",
            kinds(&made)
        );
    }
    for hop in others.into_iter().filter(is_shown) {
        text += &line(hop, false);
    }
    if !quiet {
        text += &accepted(report, output.verbose);
    }
    let Counts {
        ok,
        broken,
        differs,
        unknown,
    } = report.counts;
    if !quiet || report.counts.findings() > 0 {
        let differs = match differs {
            0 => String::new(),
            some => format!("{some} not as made, "),
        };
        let _ = writeln!(
            text,
            "{ok} fine, {broken} broken, {differs}{unknown} unknown."
        );
    }
    text
}

/// What could not be read of a spoke, and why, whatever account it is in.
fn unread(hop: &Hop) -> String {
    let fix = hop.fix.as_deref().unwrap_or_default();
    let said = format!(
        "{:?} {} {} {} {fix}",
        hop.id, hop.resource, hop.check, hop.finding
    );
    alike::trouble(&said)
}

/// Hops of spokes with one trouble, which the first shows.
fn spokes_line(hops: &[&Hop]) -> String {
    let accounts = hops.iter().map(|hop| hop.account.as_str());
    match hops {
        [] => String::new(),
        [hop] => line(hop, true),
        [hop, ..] => {
            let places = alike::places(accounts);
            let text = line_at(hop, &format!(" in {places}"));
            format!("{text}               -v and --output json name each\n")
        }
    }
}

/// Whether there is nothing to say of a resource of the hub.
fn is_as_made(hop: &Hop) -> bool {
    hop.part == Part::Hub && hop.verdict == Verdict::Ok && hop.finding == AS_MADE
}

/// `event-bus, rule (2), queue (3)`, in the order of the path.
fn kinds(hops: &[&Hop]) -> String {
    let mut counts: Vec<(&str, usize)> = Vec::new();
    for hop in hops {
        let kind = hop.resource.split(' ').next().unwrap_or_default();
        match counts.iter_mut().find(|(known, _)| *known == kind) {
            Some((_, count)) => *count += 1,
            None => counts.push((kind, 1)),
        }
    }
    let shown = counts.into_iter().map(|(kind, count)| match count {
        1 => kind.to_owned(),
        more => format!("{kind} ({more})"),
    });
    shown.collect::<Vec<_>>().join(", ")
}

/// What somebody accepts, and what of it means that events are lost.
fn accepted(report: &Report, verbose: bool) -> String {
    let shown = |hop: &Hop| {
        format!(
            "{} in account {}, {}, {} is {}: {}",
            hop.resource,
            hop.account,
            hop.region,
            hop.check,
            hop.verdict.word(),
            one_line(&hop.finding)
        )
    };
    let mut text = ignore::accepted(&report.accepted, shown, verbose);
    let all = report.accepted.iter();
    let broken = all
        .filter(|it| it.finding.verdict == Verdict::Broken)
        .count();
    if broken > 0 {
        let _ = writeln!(
            text,
            "{YELLOW}!{YELLOW:#} {broken} of them broken: events may be lost there, as somebody accepts."
        );
    }
    text + &ignore::unused(&report.unused_ignores)
}

/// One hop for people.
pub(crate) fn line(hop: &Hop, with_place: bool) -> String {
    let place = if with_place {
        format!(" in account {}, {}", hop.account, hop.region)
    } else {
        String::new()
    };
    line_at(hop, &place)
}

fn line_at(hop: &Hop, place: &str) -> String {
    let word = hop.verdict.word();
    let style = match hop.verdict {
        Verdict::Ok => GREEN,
        Verdict::Broken => RED,
        Verdict::Differs | Verdict::Unknown => YELLOW,
    };
    let id = hop.id.map(|id| id.to_string()).unwrap_or_default();
    let mut text = format!(
        "{style}{word}{style:#}{}{id:<7}{}{place}, {}: {}\n",
        " ".repeat(8_usize.saturating_sub(word.len())),
        hop.resource,
        hop.check,
        one_line(&hop.finding)
    );
    if let Some(fix) = &hop.fix {
        let _ = writeln!(text, "               fix: {fix}");
    }
    text
}
