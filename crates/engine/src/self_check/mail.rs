//! Whether a self-check is worth a mail, and its words: the subject says all that a phone shows. Pure.

use super::entries::Entry;
use super::report::{Change, Found, Report};
use crate::findings::FindingId;
use crate::settings::SelfCheck;
use crate::words::{count, lines};
use jiff::{SignedDuration, Timestamp};
use std::fmt::Write as _;

/// How often what is wrong and has not changed is repeated, and that all is well. The schedule is not exact to the hour.
const WEEK: SignedDuration = SignedDuration::from_hours(7 * 24 - 6);
/// Examples of each kind of finding, and lines of what is new or gone.
const EXAMPLES: usize = 3;
/// Characters of a subject (SNS API Reference, Publish: "less than 100 characters long", ASCII).
const MOST_OF_SUBJECT: usize = 99;
/// Kinds that a subject names.
const NAMED: usize = 3;

/// Why a mail is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Occasion {
    /// Something is wrong, gone or unreadable that was not the last time, or the other way round.
    Changed,
    /// Something is wrong, and nobody was told for a week.
    Wrong,
    /// All is well, and the setting asks for a mail now and then.
    Well,
}

impl Occasion {
    /// As a report has it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Changed => "changed",
            Self::Wrong => "wrong",
            Self::Well => "well",
        }
    }
}

/// Why a mail is due now, if so. The first self-check of a deployment, which that deployment itself asks for, mails
/// nothing: who deploys sees what is missing, and the next one follows within a day.
pub(super) fn due(
    report: &Report,
    before: Option<&Report>,
    mails: SelfCheck,
    is_scheduled: bool,
) -> Option<Occasion> {
    let Some(before) = before else {
        return is_scheduled
            .then_some(match report.is_well() {
                false => Occasion::Wrong,
                true => Occasion::Well,
            })
            .filter(|it| *it == Occasion::Wrong || mails != SelfCheck::Problems);
    };
    let was_lost = before.mailed.as_ref().is_some_and(|it| it.error.is_some());
    if !report.changes.is_empty() || was_lost {
        return Some(Occasion::Changed);
    }
    let is_old = |at: Option<Timestamp>| at.is_none_or(|at| report.at.duration_since(at) >= WEEK);
    let is_old = is_old(before.last_mail);
    match (report.is_well(), mails) {
        (false, _) if is_old => Some(Occasion::Wrong),
        (true, SelfCheck::Daily) if is_scheduled => Some(Occasion::Well),
        (true, SelfCheck::Weekly) if is_old => Some(Occasion::Well),
        _ => None,
    }
}

/// Subject of a mail: ASCII, on one line.
pub(super) fn subject(report: &Report) -> String {
    let who = match report.deployment.as_str() {
        "rootwatch" => "rootwatch".to_owned(),
        name => format!("rootwatch {name}"),
    };
    let what = match report.wrong.count() {
        0 => format!("all is well{}", covered(report)),
        many => {
            let ids = report.wrong.kinds.iter().map(|it| it.id.as_str());
            let mut ids: Vec<&str> = ids.take(NAMED + 1).collect();
            if ids.len() > NAMED {
                ids[NAMED] = "...";
            }
            format!("{} ({})", count(many, "problem"), ids.join(", "))
        }
    };
    let subject = format!("{who}: {what}");
    subject
        .chars()
        .map(|it| if it.is_ascii_graphic() { it } else { ' ' })
        .take(MOST_OF_SUBJECT)
        .collect()
}

fn covered(report: &Report) -> String {
    let figures = &report.figures;
    match (figures.covered, figures.regions) {
        (Some(accounts), Some(regions)) => format!(
            ", {} in {}",
            count(accounts, "account"),
            count(regions, "region")
        ),
        _ => String::new(),
    }
}

/// Body of a mail.
pub(super) fn body(report: &Report, occasion: Occasion) -> String {
    let mut text = String::new();
    let (account, region) = (&report.account, &report.region);
    let _ = match report.wrong.count() {
        0 => writeln!(text, "Nothing is known to keep an alert from you."),
        many => writeln!(
            text,
            "The self-check found {} that could keep an alert from you.",
            count(many, "problem")
        ),
    };
    let _ = writeln!(text, "Hub: account {account}, {region}\n");
    kinds(&mut text, &report.wrong);
    if !report.unread.kinds.is_empty() {
        let _ = writeln!(text, "Could not be read, and so is not known:");
        kinds(&mut text, &report.unread);
    }
    changed(&mut text, &report.changes);
    figures(&mut text, report);
    let why = match occasion {
        Occasion::Changed => "You get this because something changed since the last self-check.",
        Occasion::Wrong => "You get this once a week until it is fixed or accepted.",
        Occasion::Well => "You get this so that you know that the self-check runs.",
    };
    let _ = writeln!(text, "\n{why}");
    let _ = writeln!(text, "`rootwatch status` shows all of it.");
    lines(&text)
}

/// What each kind is, the first of it, and what to do.
fn kinds(text: &mut String, found: &Found) {
    for kind in &found.kinds {
        let title = kind.id.parse().ok().and_then(FindingId::kind);
        let title = title.map(|it| it.title).unwrap_or_default();
        let times = match kind.count {
            1 => String::new(),
            many => format!(" ({many} times)"),
        };
        let _ = writeln!(text, "{} {title}{times}", kind.id);
        let mut fixes: Vec<&str> = Vec::new();
        for entry in found.listed(&kind.id).take(EXAMPLES) {
            let _ = writeln!(text, "  - {}", example(entry));
            if !entry.fix.is_empty() && !fixes.contains(&entry.fix.as_str()) {
                fixes.push(&entry.fix);
            }
        }
        if kind.count > EXAMPLES {
            let _ = writeln!(text, "  - and {} more", kind.count - EXAMPLES);
        }
        for fix in fixes {
            let _ = writeln!(text, "  fix: {fix}");
        }
        text.push('\n');
    }
}

fn example(entry: &Entry) -> String {
    match entry.place().as_str() {
        "" => entry.text.clone(),
        place => format!("{place}: {}", entry.text),
    }
}

fn changed(text: &mut String, changes: &[Change]) {
    if changes.is_empty() {
        return;
    }
    let _ = writeln!(text, "Since the last self-check:");
    for change in changes {
        if change.new.is_empty() && change.gone.is_empty() {
            let _ = writeln!(
                text,
                "  {}: {} now, {} before",
                change.id, change.now, change.before
            );
        }
        for (what, all) in [("new", &change.new), ("gone", &change.gone)] {
            for words in all.iter().take(EXAMPLES) {
                let _ = writeln!(text, "  {what}: {} {words}", change.id);
            }
            if all.len() > EXAMPLES {
                let more = all.len() - EXAMPLES;
                let _ = writeln!(text, "  {what}: {} and {more} more", change.id);
            }
        }
    }
    text.push('\n');
}

fn figures(text: &mut String, report: &Report) {
    let figures = &report.figures;
    if let (Some(accounts), Some(covered), Some(regions)) =
        (figures.accounts, figures.covered, figures.regions)
    {
        let _ = writeln!(
            text,
            "Watched: {covered} of {}, {}",
            count(accounts, "account"),
            count(regions, "region")
        );
    }
    if let (Some(all), Some(heard)) = (figures.heartbeats, figures.heard) {
        let _ = writeln!(text, "Heard: {heard} of {all} accounts and regions");
    }
    if let Some(ms) = figures.test_event_ms {
        let _ = writeln!(
            text,
            "Test event: with the notifier after {} s",
            (ms + 999) / 1000
        );
    }
    if let Some(at) = figures.notifier_ran {
        let _ = writeln!(text, "The notifier last ran: {at:.0}");
    }
}
