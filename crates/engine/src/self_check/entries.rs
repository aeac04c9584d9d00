//! What `status`, `verify` and the test event found, as the self-check reports it: each thing once. Pure.

use crate::canary::Quiet;
use crate::findings::coverage as kinds;
use crate::findings::{FindingId, hub, spokes, status_hub};
use crate::hub::self_check::wanted::ALARMS;
use crate::ignore::Finding as _;
use crate::names::Names;
use crate::status::Gap;
use crate::verify::{Hop, Part, Verdict};
use crate::words::one_line;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// Characters of a text that are kept: a line has to hold a hundred of them.
const MOST_CHARACTERS: usize = 400;

/// One finding.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Entry {
    /// The number of its kind.
    pub id: String,
    /// Its account; `null` where there are several.
    pub account: Option<String>,
    /// Its region; `null` where there are several, or none.
    pub region: Option<String>,
    /// In how many accounts and regions it is, where these are several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub places: Option<usize>,
    /// Kind and name of the resource.
    pub resource: String,
    /// What was found.
    pub text: String,
    /// What to do.
    pub fix: String,
    /// Stands for the accounts and regions, where these are several.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub digest: String,
}

impl Entry {
    /// Equal for the same finding, whatever its words say of it today.
    pub(super) fn key(&self) -> String {
        let text = |it: &Option<String>| it.clone().unwrap_or_default();
        let (account, region) = (text(&self.account), text(&self.region));
        let Self {
            id,
            resource,
            digest,
            ..
        } = self;
        format!("{id}|{account}|{region}|{resource}|{digest}")
    }

    /// Where it is, as text.
    #[must_use]
    pub fn place(&self) -> String {
        match (&self.account, &self.region, self.places) {
            (_, _, Some(places)) => format!("{places} accounts and regions"),
            (Some(account), Some(region), None) => format!("{account} {region}"),
            (Some(one), None, None) | (None, Some(one), None) => one.clone(),
            (None, None, None) => String::new(),
        }
    }

    /// Of the self-check itself.
    pub(super) fn own(names: &Names, id: FindingId, text: String, fix: &str) -> Self {
        Self {
            id: id.to_string(),
            account: Some(names.account.clone()),
            region: Some(names.region.clone()),
            resource: format!("function {}", names.self_check()),
            text: short(&text),
            fix: fix.to_owned(),
            ..Self::default()
        }
    }
}

/// In one line, and not too long.
fn short(text: &str) -> String {
    let text = one_line(text);
    match text.char_indices().nth(MOST_CHARACTERS) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text,
    }
}

/// What is wrong, and what could not be read.
#[derive(Debug, Default)]
pub(super) struct Entries {
    pub(super) wrong: Vec<Entry>,
    pub(super) unread: Vec<Entry>,
}

impl Entries {
    fn add(&mut self, is_unread: bool, entry: Entry) {
        match is_unread {
            true => self.unread.push(entry),
            false => self.wrong.push(entry),
        }
    }

    /// Adds the gaps of `status`, but for those that `hops` say better, and for what is not so while this runs.
    pub(super) fn gaps(&mut self, names: &Names, gaps: &[Gap], hops: &[Hop]) {
        let of_ours = |it: &Gap| {
            let own = [
                kinds::SELF_CHECK_NEVER,
                kinds::SELF_CHECK_SILENT,
                kinds::SELF_CHECK_INCOMPLETE,
                kinds::SELF_CHECK_NOT_READ,
                kinds::TEST_EVENT_LOST,
            ];
            let alarms = ALARMS.map(|it| format!("alarm {}", names.alarm(it)));
            let is_own_alarm = it.id == status_hub::IN_ALARM && alarms.contains(&it.resource);
            own.contains(&it.id) || is_own_alarm
        };
        let is_said = |it: &Gap| {
            let of_resource = [status_hub::RESOURCE_MISSING, status_hub::RESOURCE_CHANGED];
            let judged = |hop: &Hop| hop.resource == it.resource && hop.verdict != Verdict::Ok;
            of_resource.contains(&it.id) && hops.iter().any(judged)
        };
        for gap in gaps.iter().filter(|it| !of_ours(it) && !is_said(it)) {
            self.add(gap.operation.is_some(), of_gap(gap));
        }
    }

    /// Adds what `verify` does not call ok of the hub and the StackSet. `status` says the rest, and says it of all accounts
    /// and regions together.
    pub(super) fn hops(&mut self, hops: &[Hop]) {
        let is_told = |it: &Hop| {
            it.verdict != Verdict::Ok
                && matches!(it.part, Part::Hub | Part::StackSet)
                && !it.id.is_some_and(|id| OF_STATUS.contains(&id))
        };
        for hop in hops.iter().filter(|it| is_told(it)) {
            let id = hop.id.map(|it| it.to_string()).unwrap_or_default();
            let is_unread = hop.id.is_some_and(is_unread);
            let entry = Entry {
                id,
                account: Some(hop.account.clone()).filter(|it| !it.is_empty()),
                region: Some(hop.region.clone()).filter(|it| !it.is_empty()),
                resource: hop.resource.clone(),
                text: short(&hop.finding),
                fix: short(hop.fix.as_deref().unwrap_or_default()),
                ..Entry::default()
            };
            self.add(is_unread && hop.verdict == Verdict::Unknown, entry);
        }
    }

    /// Adds what became of the test event.
    pub(super) fn test_event(&mut self, names: &Names, sent: &anyhow::Result<Quiet>) {
        let fix = "`rootwatch test` says where a test event stops";
        match sent {
            Ok(Quiet::Arrived(_)) => {}
            Ok(Quiet::Lost(seconds)) => {
                let text = format!(
                    "the test event did not reach the notifier within {seconds} seconds: no root activity is reported"
                );
                self.wrong
                    .push(Entry::own(names, kinds::TEST_EVENT_LOST, text, fix));
            }
            Err(error) => self.incomplete(names, "the test event", error),
        }
    }

    /// Adds that a part of the work could not be done.
    pub(super) fn incomplete(&mut self, names: &Names, what: &str, error: &anyhow::Error) {
        let text = format!("{what} could not be done: {error:#}");
        let fix = "`rootwatch deploy hub` sets the self-check's role again";
        self.unread
            .push(Entry::own(names, kinds::SELF_CHECK_INCOMPLETE, text, fix));
    }
}

/// What `verify` finds of the StackSet and `status` does too.
const OF_STATUS: [FindingId; 4] = [
    spokes::STACK_SET_MISSING,
    spokes::STACK_SET_PARAMETERS,
    spokes::STACK_SET_TEMPLATE,
    spokes::INSTANCE,
];

/// Whether a kind of `verify`'s says that something could not be read.
fn is_unread(id: FindingId) -> bool {
    [hub::UNREAD, spokes::UNREAD].contains(&id)
}

fn of_gap(gap: &Gap) -> Entry {
    let several = !gap.accounts.is_empty() || !gap.regions.is_empty();
    let places = gap.locations();
    Entry {
        id: gap.id.to_string(),
        account: gap.account.clone(),
        region: gap.region.clone(),
        places: several.then_some(places.len()),
        resource: gap.resource.clone(),
        text: short(&gap.text),
        fix: short(&gap.fix),
        digest: match several {
            true => digest(gap),
            false => String::new(),
        },
    }
}

fn digest(gap: &Gap) -> String {
    let mut digest = Sha256::new();
    for name in gap.accounts.iter().chain(&gap.regions) {
        digest.update(name);
        digest.update([0]);
    }
    let digest = digest.finalize();
    digest
        .iter()
        .take(8)
        .map(|byte| format!("{byte:02x}"))
        .collect()
}
