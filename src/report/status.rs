//! The report of `rootwatch status` in plain text.

use super::{BOLD, GREEN, RED, YELLOW, guardrail, ignore};
use crate::output::Output;
use rootwatch_engine::spokes::words;
use rootwatch_engine::status::{
    Heartbeats, HubStatus, Report, SpokesStatus, Subscribers, Unseen, notifier, oldest,
};
use rootwatch_engine::{count, one_line};
use std::fmt::Write;

/// The report as people read it; with `--quiet` only what lets the run end with 2.
pub(crate) fn text(report: &Report, output: Output, strict: bool) -> String {
    let mut text = match output.quiet {
        true => String::new(),
        false => all(report, output.verbose),
    };
    if output.quiet && strict {
        unseen_text(&mut text, &report.unseen);
    }
    text + &gaps_text(report)
}

/// Each gap; nothing where there is none.
fn gaps_text(report: &Report) -> String {
    let mut text = String::new();
    if report.gaps.is_empty() {
        return text;
    }
    let _ = writeln!(text, "{RED}Gaps: {}{RED:#}", report.gaps.len());
    for gap in &report.gaps {
        let _ = writeln!(text, "  {RED}!{RED:#} {} {}", gap.id, gap.words());
    }
    text
}

fn all(report: &Report, verbose: bool) -> String {
    let mut text = String::new();
    let hub = &report.hub;
    let all = hub.present.len() + hub.missing.len() + hub.changed.len();
    let _ = writeln!(
        text,
        "{BOLD}Hub{BOLD:#} in account {}, region {}",
        hub.account, hub.region
    );
    let unknown = hub.unknown.len();
    let _ = match (hub.is_here(), unknown) {
        (false, 0) => writeln!(text, "  {RED}not here{RED:#}"),
        (false, _) => writeln!(text, "  {YELLOW}could not be read{YELLOW:#}: see the gaps"),
        (true, 0) => writeln!(
            text,
            "  {} of {all} resources up to date",
            hub.present.len()
        ),
        (true, _) => writeln!(
            text,
            "  {} of {} resources up to date, {unknown} unknown",
            hub.present.len(),
            all + unknown
        ),
    };
    subscribers_text(&mut text, "notified", &hub.alerts);
    subscribers_text(&mut text, "notified when the path breaks", &hub.health);
    work_text(&mut text, hub);
    if let Some(it) = &hub.self_check {
        let _ = writeln!(text, "  self-check: {}", it.words());
    }
    let _ = writeln!(text, "{BOLD}Spokes{BOLD:#}");
    let spokes = &report.spokes;
    match (&spokes.unknown, &spokes.stack_set) {
        (Some(_), _) => {
            let _ = writeln!(text, "  cannot be seen from here: see the gaps");
        }
        (None, None) => {
            let _ = match spokes.stack_set_unknown {
                Some(_) => writeln!(text, "  the StackSet could not be read: see the gaps"),
                None => writeln!(text, "  no StackSet"),
            };
        }
        (None, Some(name)) => spokes_text(&mut text, name, spokes),
    }
    text += &guardrail::standing(&report.guardrail);
    unseen_text(&mut text, &report.unseen);
    text += &ignore::accepted(&report.accepted, |gap| one_line(&gap.text), verbose);
    text += &ignore::unused(&report.unused_ignores);
    if report.gaps.is_empty() {
        let _ = writeln!(text, "{GREEN}No gaps found.{GREEN:#}");
    }
    text
}

/// What other credentials see; it is no gap by itself.
fn unseen_text(text: &mut String, unseen: &[Unseen]) {
    if !unseen.is_empty() {
        let _ = writeln!(
            text,
            "{YELLOW}Not seen from here: {}{YELLOW:#}",
            unseen.len()
        );
    }
    for part in unseen {
        let _ = writeln!(
            text,
            "  {YELLOW}?{YELLOW:#} {}: look with: `{}`, with credentials of account {}",
            part.text, part.command, part.account
        );
    }
}

fn subscribers_text(text: &mut String, what: &str, subscribers: &Subscribers) {
    for (who, standing) in &subscribers.subscriptions {
        let since = match subscribers.pending_since.get(who) {
            Some(since) => format!(" since {since}"),
            None => String::new(),
        };
        let click = match subscribers.ended_by_click.contains(who) {
            true => "; the unsubscribe link in its mails ends it, see docs/confirm.md",
            false => "",
        };
        let _ = writeln!(text, "  {what}: {who} ({standing}{since}{click})");
    }
}

/// What waits in the queues, and how the notifier did.
fn work_text(text: &mut String, hub: &HubStatus) {
    let metrics = hub.metrics.as_ref();
    if let Some(depth) = hub.dead_letters {
        let age = oldest(metrics.and_then(|it| it.oldest_dead_letter_s));
        let _ = writeln!(text, "  dead-letter queue: {depth} waiting{age}");
    }
    if let Some(depth) = hub.acts {
        let age = oldest(metrics.and_then(|it| it.oldest_act_s));
        let _ = writeln!(text, "  acts to be reported: {depth}{age}");
    }
    if let Some(depth) = hub.reads {
        let age = oldest(metrics.and_then(|it| it.oldest_read_s));
        let _ = writeln!(
            text,
            "  read-only events and heartbeats for the next batch: {depth}{age}"
        );
    }
    if let Some(metrics) = metrics {
        let _ = writeln!(text, "  {}", notifier(metrics));
    }
}

/// How many were heard; each is in the JSON and the page.
fn heartbeats_text(heartbeats: &Heartbeats) -> String {
    let every = &heartbeats.every;
    match (&heartbeats.heard, &heartbeats.expected, &heartbeats.within) {
        (Some(heard), Some(expected), Some(within)) => {
            let new = match heartbeats.new.unwrap_or_default() {
                0 => String::new(),
                new => format!(", {new} not due yet"),
            };
            format!("heartbeats every {every}: {heard} of {expected} heard within {within}{new}")
        }
        _ if every == "off" => "heartbeats: off".to_owned(),
        _ => format!("heartbeats every {every}: could not be read, see the gaps"),
    }
}

fn spokes_text(text: &mut String, name: &str, spokes: &SpokesStatus) {
    let coverage = &spokes.coverage;
    let regions = format!(
        "{} ({})",
        count(coverage.regions.len(), "region"),
        coverage.regions.join(", ")
    );
    let covered = format!("{} of {}", coverage.covered_accounts, coverage.accounts);
    let _ = match (&spokes.instances_unknown, &spokes.accounts_unknown) {
        (Some(_), _) => writeln!(
            text,
            "  StackSet {name}: which accounts are covered in {regions} could not be read"
        ),
        (None, Some(_)) => writeln!(
            text,
            "  StackSet {name}: {covered} active accounts with a stack instance covered in {regions}; others are not known"
        ),
        (None, None) => writeln!(
            text,
            "  StackSet {name}: {covered} active accounts covered in {regions}"
        ),
    };
    if let Some(hub) = &spokes.forwards_to {
        let _ = writeln!(text, "  forwarding to the hub in {hub}");
    }
    if let Some(heartbeats) = &spokes.heartbeats {
        let _ = writeln!(text, "  {}", heartbeats_text(heartbeats));
    }
    if let Some(last) = &spokes.last_operation {
        let _ = writeln!(text, "  {}", words::last(last));
    }
    if let Some(drift) = &spokes.drift {
        let _ = writeln!(text, "  {}", drift.words());
    }
    for account in &coverage.suspended {
        let _ = writeln!(text, "  account {account} is suspended: skipped");
    }
    for location in &coverage.off {
        let _ = writeln!(
            text,
            "  region {} is turned off in account {}: nothing to watch there",
            location.region, location.account
        );
    }
    for operation in &spokes.running {
        let _ = writeln!(text, "  {}", words::running(operation));
    }
}
