//! What a batch of events becomes: few messages, the most severe first, in which each event is reported once.
//!
//! SNS suspends an e-mail subscription that gets more than ten messages a second, and a person reads none of two hundred.
//! So of the events of one session or caller the most severe is an alert, and the others are counted in one message.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use crate::assess::Assessment;
use crate::classify::{Activity, Decision};
use crate::context::Context;
use crate::message::{self, Message};
use crate::several;
use crate::severity::Severity;
use crate::tally::Tally;

/// Of the accounts in one message, those whose names are worth a lookup.
const MOST_NAMES: usize = 10;
/// The part of a batch's messages that digests may always have.
const SHARE_OF_DIGESTS: usize = 4;

/// What the events of a report have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Form {
    /// One event, the most severe of its session or caller.
    Alert,
    /// The others of that session or caller.
    Rest,
    /// Failed root sign-ins in several accounts, from one address.
    Spray {
        /// Whether a root sign-in from that address succeeded in the same batch.
        succeeded: bool,
    },
    /// What is left of a batch with too many sessions for a message each.
    Others,
    /// Read-only calls of one session.
    Reads,
    /// Refused calls of `sts:AssumeRoot` by one caller.
    Refused,
    /// Sessions of one caller that can only read root's credentials.
    Audits,
    /// Changes that one caller other than root made of what the alerts depend on.
    Tampering,
}

impl Form {
    /// Its name in JSON.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Alert => "alert",
            Self::Rest => "rest",
            Self::Spray { .. } => "failed-sign-ins",
            Self::Others => "others",
            Self::Reads => "reads",
            Self::Refused => "refused-sessions",
            Self::Audits => "audits",
            Self::Tampering => "tampering",
        }
    }
}

/// One message, and the events of the batch that it reports.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Report {
    /// What the events have in common.
    pub form: Form,
    /// Their places in the batch.
    pub events: Vec<usize>,
    /// The events that an alert mentions and that another message reports.
    pub mentioned: Vec<usize>,
}

impl Report {
    const fn new(form: Form, events: Vec<usize>) -> Self {
        Self {
            form,
            events,
            mentioned: Vec::new(),
        }
    }

    /// The event that the message is about first of all: its account names the message.
    #[must_use]
    pub fn gravest<'a>(&self, batch: &'a [Assessment]) -> Option<&'a Assessment> {
        Some(Tally::of(&at(batch, &self.events))?.gravest)
    }

    /// The accounts of which the message gives the names, if they are known.
    #[must_use]
    pub fn accounts<'a>(&self, batch: &'a [Assessment]) -> Vec<&'a str> {
        let both = |it: &'a Assessment| [it.account.as_deref(), it.target_account.as_deref()];
        let first = self.gravest(batch).into_iter();
        let events = first.chain(at(batch, &self.events));
        let mut seen = BTreeSet::new();
        let accounts = events.flat_map(both).flatten();
        let different = accounts.filter(|account| seen.insert(*account));
        different.take(MOST_NAMES).collect()
    }

    /// The message; none if the batch is not the one that this report is of.
    #[must_use]
    pub fn message(&self, batch: &[Assessment], context: &Context<'_>) -> Option<Message> {
        let tally = Tally::of(&at(batch, &self.events))?;
        Some(match tally.events.as_slice() {
            [one] => message::alert(one, &at(batch, &self.mentioned), context),
            _ => several::message(self.form, &tally, context),
        })
    }
}

fn at<'a>(batch: &'a [Assessment], places: &[usize]) -> Vec<&'a Assessment> {
    places
        .iter()
        .filter_map(|place| batch.get(*place))
        .collect()
}

/// One message for the read-only calls of one session ([`Assessment::session`]); an event that arrived twice is counted
/// once. None for no events; the usual alert for a single one.
#[must_use]
pub fn digest(session: &[Assessment], context: &Context<'_>) -> Option<Message> {
    Report::new(Form::Reads, (0..session.len()).collect()).message(session, context)
}

/// The reports of a batch, `most` at the most (and that is two at least), in the order in which they are to be published:
/// alerts, the most severe first; then what is left of their groups; then digests.
///
/// Each event that is not ignored is in exactly one report.
#[must_use]
pub fn reports(batch: &[Assessment], most: usize) -> Vec<Report> {
    let (alerts, digests) = (alerts(batch), digests(batch));
    let wanted = |groups: &[Group]| -> usize { groups.iter().map(|it| it.reports.len()).sum() };
    let for_digests = most
        .saturating_sub(wanted(&alerts))
        .max(most / SHARE_OF_DIGESTS)
        .max(1)
        .min(wanted(&digests));
    let mut reports = within(alerts, most.saturating_sub(for_digests));
    // A person learns first of each session, then how much more there was.
    reports.sort_by_key(|report| matches!(report.form, Form::Rest | Form::Others));
    reports.extend(within(digests, for_digests));
    reports
}

/// The events of one session or caller, and the reports that they become.
struct Group {
    reports: Vec<Report>,
    severity: Severity,
    time: Option<jiff::Timestamp>,
}

impl Group {
    fn of(batch: &[Assessment], reports: Vec<Report>) -> Self {
        let tallies = || {
            let all = reports.iter();
            all.filter_map(|report| Some((report.form, Tally::of(&at(batch, &report.events))?)))
        };
        let severities = tallies().map(|(form, tally)| several::severity(form, &tally));
        Self {
            severity: severities.max().unwrap_or(Severity::Info),
            time: tallies().filter_map(|(_, it)| it.first.timestamp()).min(),
            reports,
        }
    }

    fn is_spray(&self) -> bool {
        let mut reports = self.reports.iter();
        reports.any(|report| matches!(report.form, Form::Spray { .. }))
    }
}

/// Of the same severity an attack on several accounts comes first.
fn sorted(mut groups: Vec<Group>) -> Vec<Group> {
    groups.sort_by_key(|group| (Reverse(group.severity), !group.is_spray(), group.time));
    groups
}

/// As many groups as there is room for; all events of the others are in one more report.
fn within(groups: Vec<Group>, room: usize) -> Vec<Report> {
    let wanted: usize = groups.iter().map(|it| it.reports.len()).sum();
    let room = if wanted > room {
        room.saturating_sub(1)
    } else {
        room
    };
    let mut reports: Vec<Report> = Vec::new();
    let mut others = Vec::new();
    for group in groups {
        if others.is_empty() && reports.len() + group.reports.len() <= room {
            reports.extend(group.reports);
        } else {
            others.extend(group.reports.into_iter().flat_map(|report| report.events));
        }
    }
    if !others.is_empty() {
        others.sort_unstable();
        reports.push(Report::new(Form::Others, others));
    }
    reports
}

fn alerts(batch: &[Assessment]) -> Vec<Group> {
    let sprayed = sprayed(batch);
    let mut groups: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (place, it) in decided(batch, Decision::Alert) {
        let spray = address(it).filter(|address| sprayed.contains(address));
        let key = match spray {
            Some(address) => format!("spray {address}"),
            None => key(it, place),
        };
        groups.entry(key).or_default().push(place);
    }
    let reports = |(key, places): (String, Vec<usize>)| match key.strip_prefix("spray ") {
        Some(address) => vec![Report::new(spray(batch, address), places)],
        None => of_group(batch, places),
    };
    let groups = groups.into_iter().map(reports);
    sorted(groups.map(|reports| Group::of(batch, reports)).collect())
}

/// A session, or a caller. What a replay sent again is apart from what is new. A test, and a read that is to be reported on
/// its own, are a group each.
fn key(it: &Assessment, place: usize) -> String {
    match it.underlying {
        Activity::Canary | Activity::ApiRead => format!("alone {place}"),
        _ => format!("of {:?} {}", it.replay, it.session()),
    }
}

/// The most severe as an alert, the others as one message.
fn of_group(batch: &[Assessment], mut places: Vec<usize>) -> Vec<Report> {
    places.sort_by_key(|place| batch.get(*place).map(order));
    let rest = places.split_off(places.len().min(1));
    let mut alert = Report::new(Form::Alert, places);
    alert.mentioned.clone_from(&rest);
    let rest = (!rest.is_empty()).then(|| Report::new(Form::Rest, rest));
    std::iter::once(alert).chain(rest).collect()
}

fn order(it: &Assessment) -> (Reverse<Severity>, bool, Option<jiff::Timestamp>) {
    (Reverse(it.severity), it.has_failed(), it.timestamp())
}

/// Where a failed root sign-in came from.
fn address(it: &Assessment) -> Option<&str> {
    let is_new = it.activity == Activity::FailedSignIn && it.replay.is_none();
    it.source_ip.as_deref().filter(|_| is_new)
}

/// The addresses from which somebody tried the root users of several accounts.
fn sprayed(batch: &[Assessment]) -> BTreeSet<&str> {
    let mut accounts: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (_, it) in decided(batch, Decision::Alert) {
        if let Some(address) = address(it) {
            let tried = accounts.entry(address).or_default();
            tried.insert(it.account_or_unknown());
        }
    }
    let several = accounts.into_iter().filter(|(_, tried)| tried.len() > 1);
    several.map(|(address, _)| address).collect()
}

fn spray(batch: &[Assessment], address: &str) -> Form {
    let is_in = |it: &Assessment| {
        it.activity == Activity::SignIn
            && !it.has_failed()
            && it.source_ip.as_deref() == Some(address)
    };
    Form::Spray {
        succeeded: batch.iter().any(is_in),
    }
}

fn digests(batch: &[Assessment]) -> Vec<Group> {
    let mut groups: BTreeMap<(Form, String), Vec<usize>> = BTreeMap::new();
    for (place, it) in decided(batch, Decision::Digest) {
        let form = match it.activity {
            Activity::PrivilegedSessionStart if it.has_failed() => Form::Refused,
            Activity::PrivilegedSessionStart => Form::Audits,
            Activity::Tampering => Form::Tampering,
            _ => Form::Reads,
        };
        let session = format!("{:?} {}", it.replay, it.session());
        groups.entry((form, session)).or_default().push(place);
    }
    let groups = groups
        .into_iter()
        .map(|((form, _), places)| Group::of(batch, vec![Report::new(form, places)]));
    sorted(groups.collect())
}

fn decided(batch: &[Assessment], decision: Decision) -> impl Iterator<Item = (usize, &Assessment)> {
    let all = batch.iter().enumerate();
    all.filter(move |(_, it)| it.decision == decision)
}
