//! Which accounts and regions were heard, and which should have been. Pure.

use super::covered::divide;
use super::{Gap, SpokesStatus};
use crate::findings::FindingId;
use crate::findings::coverage as kinds;
use crate::heard::Heard;
use crate::heartbeat::Heartbeat;
use crate::ignore::{Accepted, Ignore};
use crate::spokes::coverage::{self, Named};
use crate::spokes::instances::{Instance, Instances};
use crate::spokes::{Location, stack_set::StackSet};
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// Who was last heard when.
#[derive(Debug, Default, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Heartbeats {
    /// How often each should be heard, `6h`, or `off`.
    pub every: String,
    /// Accounts and regions that should be heard: those whose stack is current.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expected: Option<usize>,
    /// Those of them that were heard within `within`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub heard: Option<usize>,
    /// Those of the others that were changed so recently that they may not have been heard yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub new: Option<usize>,
    /// How long ago the last heartbeat may be, `9h`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub within: Option<String>,
    /// Each of them by region and account; `null` for one that was not heard as far back as was looked.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    #[cfg_attr(
        test,
        schemars(with = "BTreeMap<String, BTreeMap<String, Option<String>>>")
    )]
    pub last_heard: BTreeMap<String, BTreeMap<String, Option<Timestamp>>>,
}

impl Heartbeats {
    /// Where there are none, or none could be read.
    pub(super) fn unknown(heartbeat: Heartbeat) -> Self {
        Self {
            every: heartbeat.to_string(),
            ..Self::default()
        }
    }
}

/// What is deployed, and since when.
#[derive(Default)]
pub(crate) struct Deployed {
    pub(crate) instances: Instances,
    /// When each operation of the StackSet ended; `None` where that is not known.
    pub(crate) ends: Option<BTreeMap<String, Option<i64>>>,
    /// The management account's own stacks that are as they should be, and when each was made or updated.
    pub(crate) stacks: Vec<(Location, Option<i64>)>,
}

/// The times by which a heartbeat is judged.
#[derive(Clone, Copy)]
pub(super) struct Times {
    every: SignedDuration,
    now: Timestamp,
}

impl Times {
    /// None where there are no heartbeats.
    pub(super) fn of(heartbeat: Heartbeat, now: Timestamp) -> Option<Self> {
        let every = heartbeat.every()?;
        Some(Self { every, now })
    }

    /// How far back is looked: a bit more than two heartbeats.
    fn window(self) -> SignedDuration {
        self.every * 5 / 2
    }

    /// How long ago the last may be: one may be late by half.
    fn quiet(self) -> SignedDuration {
        self.every * 3 / 2
    }

    /// Since when is looked.
    pub(super) fn since(self) -> Timestamp {
        self.before(self.window())
    }

    /// Whether what changed then may not have been heard yet: a rate begins anew with each update of its rule, so that
    /// two heartbeats may pass from the one before an update to the one after it.
    fn is_new(self, changed_s: Option<i64>) -> bool {
        let since = self.before(self.every * 2);
        changed_s.is_none_or(|it| it > since.as_second())
    }

    fn is_quiet(self, last: Timestamp) -> bool {
        last < self.before(self.quiet())
    }

    fn before(self, by: SignedDuration) -> Timestamp {
        self.now.saturating_sub(by).unwrap_or(Timestamp::MIN)
    }
}

/// As people say it, in hours and minutes.
fn words(time: SignedDuration) -> String {
    format!("{time:#}").replace(' ', "")
}

/// The heartbeat of the StackSet; `None` where it has none that rootwatch knows, as one of an earlier version.
pub(super) fn of_set(set: Option<&StackSet>) -> Option<Heartbeat> {
    let schedule = set?.parameters.get(Heartbeat::PARAMETER)?;
    Heartbeat::of_schedule(schedule)
}

/// Whether an instance has been changed so recently that it may not have been heard since.
fn is_new(instance: &Instance, deployed: &Deployed, times: Times) -> bool {
    let Some(ends) = &deployed.ends else {
        return true;
    };
    // AWS forgets operations after months.
    let end = ends.get(&*instance.operation);
    end.is_some_and(|end| times.is_new(*end))
}

/// Every account and region that should be heard, and whether it is new there.
fn expected<'a>(
    deployed: &'a Deployed,
    off: &'a BTreeSet<&Location>,
    times: Times,
) -> impl Iterator<Item = (&'a str, &'a str, bool)> {
    let instances = deployed.instances.iter();
    let current = instances.filter(|(.., it)| it.is_current() && !it.is_skipped());
    let on = current.filter(|(region, account, _)| {
        off.is_empty() || !off.contains(&Location::of(account, region))
    });
    let of_set =
        on.map(move |(region, account, it)| (region, account, is_new(it, deployed, times)));
    let own = deployed
        .stacks
        .iter()
        .map(move |(at, changed_s)| (&*at.region, &*at.account, times.is_new(*changed_s)));
    of_set.chain(own)
}

/// Accounts with the regions in which each was not heard.
type Missing<'a> = BTreeMap<&'a str, Vec<&'a str>>;

/// Judges who was heard, and says so in the status. Returns the gaps, and those that somebody accepts.
pub(super) fn judge(
    spokes: &mut SpokesStatus,
    heard: &Heard,
    (heartbeat, times): (Heartbeat, Times),
    rule: &str,
    ignores: &[Ignore],
) -> (Vec<Gap>, Vec<Accepted<Gap>>) {
    let off: BTreeSet<&Location> = spokes.coverage.off.iter().collect();
    let (mut never, mut quiet) = (Missing::new(), Missing::new());
    let mut found = Heartbeats {
        every: heartbeat.to_string(),
        within: Some(words(times.quiet())),
        ..Heartbeats::default()
    };
    let (mut all, mut fresh, mut new) = (0, 0, 0);
    for (region, account, is_new) in expected(&spokes.deployed, &off, times) {
        let last = heard.last(account, region);
        let is_quiet = last.is_none_or(|last| times.is_quiet(last));
        all += 1;
        fresh += usize::from(!is_quiet);
        new += usize::from(is_quiet && is_new);
        let of_region = found.last_heard.entry(region.to_owned()).or_default();
        of_region.insert(account.to_owned(), last);
        if is_quiet && !is_new {
            let missing = if last.is_some() {
                &mut quiet
            } else {
                &mut never
            };
            missing.entry(account).or_default().push(region);
        }
    }
    (found.expected, found.heard, found.new) = (Some(all), Some(fresh), Some(new));
    let window = words(times.window());
    let never = gaps(
        spokes,
        never,
        kinds::NEVER_HEARD,
        &format!("not heard in the last {window}"),
    );
    let reason = format!(
        "gone quiet: heard before, but not in the last {}",
        words(times.quiet())
    );
    let quiet = gaps(spokes, quiet, kinds::GONE_QUIET, &reason);
    spokes.heartbeats = Some(found);
    shown(
        [never, quiet].concat(),
        rule,
        &spokes.coverage.regions,
        ignores,
    )
}

/// Who was not heard in the same regions is one gap.
fn gaps(
    spokes: &SpokesStatus,
    missing: Missing<'_>,
    id: FindingId,
    reason: &str,
) -> Vec<coverage::Gap> {
    let named = spokes.coverage.every_account.iter();
    let names: BTreeMap<&str, &Named> = named.map(|it| (&*it.named.account, &it.named)).collect();
    let mut groups: BTreeMap<Vec<&str>, Vec<Named>> = BTreeMap::new();
    for (account, mut regions) in missing {
        let unknown = || Named {
            account: account.to_owned(),
            name: String::new(),
        };
        regions.sort_unstable();
        let named = names.get(account).map_or_else(unknown, |it| (*it).clone());
        groups.entry(regions).or_default().push(named);
    }
    let gap = |(regions, accounts): (Vec<&str>, Vec<Named>)| {
        coverage::Gap {
        id,
        accounts,
        regions: regions.into_iter().map(str::to_owned).collect(),
        reason: reason.to_owned(),
        closes: "`rootwatch verify` with --role and the name of a role in those accounts says what is broken on the way and how to fix it".into(),
    }
    };
    groups.into_iter().map(gap).collect()
}

/// The gaps as they are reported, each without what somebody accepts of it, and that.
fn shown(
    gaps: Vec<coverage::Gap>,
    rule: &str,
    regions: &[String],
    ignores: &[Ignore],
) -> (Vec<Gap>, Vec<Accepted<Gap>>) {
    let show = |gap: coverage::Gap| {
        let accounts = gap.accounts.iter().map(|it| it.account.clone());
        Gap::new(
            gap.id,
            format!("rule {rule}"),
            gap.words(regions.len()),
            &gap.closes,
        )
        .in_all(accounts.collect(), gap.regions.clone())
    };
    let divided = gaps.into_iter().map(|gap| divide(gap, ignores, show));
    let (open, accepted): (Vec<_>, Vec<_>) = divided.unzip();
    (open.concat(), accepted.into_iter().flatten().collect())
}

#[cfg(test)]
#[path = "heartbeats_tests.rs"]
mod tests;
