//! What a self-check found, as it is written to the log: as much as one line holds. Pure.

use super::entries::Entry;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;

/// The versioned form, which the log is searched for.
pub const SCHEMA: &str = "rootwatch.self-check/1";
/// Bytes that a report has at the most. Lambda hands the lines of a function on in events of 256 KB at the most, and
/// CloudWatch Logs takes no more than 1 MB (CloudWatch Logs User Guide, "CloudWatch Logs quotas").
pub(super) const MOST_BYTES: usize = 200_000;
/// Findings of one kind, and of all kinds, that a report lists; the rest is counted.
pub(super) const MOST_OF_A_KIND: usize = 20;
pub(super) const MOST: usize = 100;

/// Versioned form of the JSON that the self-check writes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(
    test,
    derive(schemars::JsonSchema),
    schemars(title = "rootwatch self-check, version 1")
)]
pub struct Report {
    /// `rootwatch.self-check/1`.
    pub schema: String,
    /// When it was made.
    #[cfg_attr(test, schemars(with = "String"))]
    pub at: Timestamp,
    /// Version of rootwatch.
    pub version: String,
    /// Name of the deployment.
    pub deployment: String,
    /// The hub's account.
    pub account: String,
    /// The hub's region.
    pub region: String,
    /// What was looked at, in figures.
    pub figures: Figures,
    /// What could keep an alert from a person.
    pub wrong: Found,
    /// What could not be read, and so is not known.
    pub unread: Found,
    /// Which kinds of findings changed since the report before.
    pub changes: Vec<Change>,
    /// What this self-check mailed, if it did.
    #[serde(default)]
    pub mailed: Option<Mailed>,
    /// When a self-check last mailed, this one included.
    #[serde(default)]
    #[cfg_attr(test, schemars(with = "Option<String>"))]
    pub last_mail: Option<Timestamp>,
}

/// What was looked at, in figures; none of what could not be read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Figures {
    /// Active accounts that should be watched.
    pub accounts: Option<usize>,
    /// Those of them that are, in every region.
    pub covered: Option<usize>,
    /// Regions that are watched.
    pub regions: Option<usize>,
    /// Accounts and regions that should send heartbeats, where they do.
    #[serde(default)]
    pub heartbeats: Option<usize>,
    /// Those of them that were heard.
    #[serde(default)]
    pub heard: Option<usize>,
    /// When the notifier last ran.
    #[cfg_attr(test, schemars(with = "Option<String>"))]
    pub notifier_ran: Option<Timestamp>,
    /// After how many milliseconds the notifier was seen to have the test event.
    pub test_event_ms: Option<i64>,
    /// How long the self-check took, in milliseconds.
    pub took_ms: u64,
}

/// Findings, counted by kind, and the first of each.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Found {
    /// Each kind, by its number.
    pub kinds: Vec<Group>,
    /// The first findings of each kind.
    pub first: Vec<Entry>,
}

/// All findings of one kind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Group {
    /// The number of the kind.
    pub id: String,
    /// How many there are.
    pub count: usize,
    /// Equal where the findings are about the same accounts, regions and resources.
    pub digest: String,
}

/// How the findings of a kind changed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Change {
    /// The number of the kind.
    pub id: String,
    /// How many there were.
    pub before: usize,
    /// How many there are.
    pub now: usize,
    /// What is new, where both reports list all of the kind.
    pub new: Vec<String>,
    /// What is gone, where both do.
    pub gone: Vec<String>,
}

/// A mail of the self-check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Mailed {
    /// Why: `changed`, `wrong` or `well`.
    pub why: String,
    /// Its subject.
    pub subject: String,
    /// Why it could not be sent, if so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

impl Found {
    /// As much of them as is listed.
    pub(super) fn of(mut entries: Vec<Entry>) -> Self {
        entries.sort();
        entries.dedup_by(|one, other| one.key() == other.key());
        let mut kinds: BTreeMap<&str, Vec<&Entry>> = BTreeMap::new();
        for entry in &entries {
            kinds.entry(&entry.id).or_default().push(entry);
        }
        // No kind is without an example, however many others have.
        let of_each = (MOST / kinds.len().max(1)).clamp(1, MOST_OF_A_KIND);
        Self {
            kinds: kinds.iter().map(|(id, all)| Group::of(id, all)).collect(),
            first: kinds
                .values()
                .flat_map(|all| all.iter().take(of_each))
                .take(MOST)
                .map(|it| (*it).clone())
                .collect(),
        }
    }

    /// How many findings there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.kinds.iter().map(|it| it.count).sum()
    }

    /// The listed ones of a kind.
    pub fn listed<'a>(&'a self, id: &'a str) -> impl Iterator<Item = &'a Entry> {
        self.first.iter().filter(move |it| it.id == id)
    }

    /// The kind of this number.
    pub(super) fn kind(&self, id: &str) -> Option<&Group> {
        self.kinds.iter().find(|it| it.id == id)
    }
}

impl Group {
    fn of(id: &str, all: &[&Entry]) -> Self {
        let mut digest = Sha256::new();
        for entry in all {
            digest.update(entry.key());
            digest.update([0]);
        }
        let digest = digest.finalize();
        Self {
            id: id.to_owned(),
            count: all.len(),
            digest: digest
                .iter()
                .take(8)
                .map(|byte| format!("{byte:02x}"))
                .collect(),
        }
    }
}

impl Report {
    /// Whether nothing is known to keep an alert from a person.
    #[must_use]
    pub fn is_well(&self) -> bool {
        self.wrong.kinds.is_empty()
    }

    /// The report in one line that is short enough: of the listed findings the last are left out first.
    #[must_use]
    pub fn line(&self) -> String {
        let mut report = self.clone();
        loop {
            let line = serde_json::to_string(&report).unwrap_or_default();
            if line.len() <= MOST_BYTES {
                return line;
            }
            let longer = match report.wrong.first.len() < report.unread.first.len() {
                true => &mut report.unread.first,
                false => &mut report.wrong.first,
            };
            if longer.pop().is_none() {
                report.changes.clear();
                report.unread = Found::default();
            }
            if report.wrong.first.is_empty() && report.unread.kinds.is_empty() {
                report.wrong.kinds.truncate(MOST);
            }
        }
    }

    /// From a line of the log; `None` where it is something else.
    #[must_use]
    pub fn parse(line: &str) -> Option<Self> {
        let report: Self = serde_json::from_str(line).ok()?;
        (report.schema == SCHEMA).then_some(report)
    }
}
