//! What of the spokes is watched, what is a gap, and what could not be read. Pure.

use super::heartbeats::Deployed;
use super::spokes::{Looked, Seen};
use super::{Gap, SpokesStatus, drift_gap, forwards_to};
use crate::aws::error::AwsError;
use crate::findings::coverage as kinds;
use crate::ignore::{Accepted, Ignore};
use crate::next;
use crate::spokes::coverage::{Coverage, Known, Named, coverage};
use crate::spokes::directory::Directory;
use crate::spokes::management::{self, Unread};
use crate::spokes::organization::Region;
use crate::spokes::stack_set::StackSet;
use crate::spokes::{self, Location, coverage};
use std::collections::{BTreeMap, BTreeSet};

/// The report of what was seen; its gaps come behind those that are known already.
pub(super) fn report(seen: Seen<'_>, mut gaps: Vec<Gap>, with_trail: bool) -> Looked {
    gaps.extend(seen.unread());
    gaps.extend(seen.stack_set_gap());
    let mut accepted = Vec::new();
    let regions = seen.regions();
    let ignores = &seen.session.settings.ignores;
    if let Some(unwatched) = seen.unwatched(&regions) {
        let all = divide(unwatched, ignores, |gap| seen.unwatched_gap(&gap));
        gaps.extend(all.0);
        accepted.extend(all.1);
    }
    gaps.extend(seen.of_turned_off());
    let coverage = seen.coverage(&regions);
    for gap in &coverage.gaps {
        let all = divide(gap.clone(), ignores, |gap| {
            seen.coverage_gap(&gap, regions.len())
        });
        gaps.extend(all.0);
        accepted.extend(all.1);
    }
    gaps.extend(seen.of_regions(&coverage));
    let set = seen.set.as_ref().ok().and_then(Option::as_ref);
    let drift = set.and_then(|found| found.drift.clone());
    gaps.extend(drift.as_ref().and_then(|it| drift_gap(it, &seen.name())));
    let status = seen.status(coverage, with_trail);
    Looked {
        status,
        gaps,
        accepted,
    }
}

/// A gap of several accounts and regions without what somebody accepts of it, and that.
pub(super) fn divide(
    gap: coverage::Gap,
    ignores: &[Ignore],
    show: impl Fn(coverage::Gap) -> Gap,
) -> (Vec<Gap>, Vec<Accepted<Gap>>) {
    let (id, resource) = (gap.id, show(gap.clone()).resource);
    let is_meant = |it: &&Ignore| it.id == id && it.covers_resource(&resource);
    let (mut open, mut accepted) = (vec![gap], Vec::new());
    for ignore in ignores.iter().filter(is_meant) {
        let parts = open.into_iter();
        let parts =
            parts.map(|it| it.split(|account, region| ignore.covers_place(account, region)));
        let (left, taken): (Vec<_>, Vec<_>) = parts.unzip();
        open = left.into_iter().flatten().collect();
        let taken = taken.into_iter().flatten();
        accepted.extend(taken.map(|it| ignore.accept(show(it))));
    }
    (open.into_iter().map(show).collect(), accepted)
}

impl Seen<'_> {
    /// Name of the StackSet, and of the management account's own stacks.
    pub(super) fn name(&self) -> String {
        self.session.names().stack_set()
    }

    fn found(&self) -> Option<&StackSet> {
        self.set.as_ref().ok().and_then(Option::as_ref)
    }

    /// Of the StackSet, where it is administered.
    pub(super) fn of_set(&self, gap: Gap) -> Gap {
        gap.at(&self.session.aws.account, &self.session.aws.region)
    }

    /// What is wrong with the StackSet as a whole.
    fn stack_set_gap(&self) -> Vec<Gap> {
        let (name, session) = (self.name(), &self.session);
        let set = format!("stack-set {name}");
        let mut gaps = Vec::new();
        match &self.set {
            Ok(None) => gaps.push(Gap::new(
                kinds::NO_STACK_SET,
                &set,
                format!("there is no StackSet {name} in {}", session.aws.place()),
                format!(
                    "{} creates it",
                    next::first_spokes(&session.settings.spokes.ous)
                ),
            )),
            Ok(Some(found)) if found.template != spokes::TEMPLATE => gaps.push(Gap::new(
                kinds::OTHER_TEMPLATE,
                &set,
                format!("the StackSet {name} has another template than this rootwatch"),
                "`rootwatch deploy spokes` updates it",
            )),
            _ => {}
        }
        let note = self.note.as_ref();
        gaps.extend(note.map(|it| Gap::new(kinds::REGIONS_UNCLEAR, &set, it, "")));
        gaps.into_iter().map(|gap| self.of_set(gap)).collect()
    }

    /// The regions of the settings, or else those that are deployed to.
    fn regions(&self) -> BTreeSet<String> {
        let asked = &self.session.settings.spokes.regions;
        if !asked.is_empty() {
            return asked.iter().cloned().collect();
        }
        let sign_in = self.session.aws.partition.sign_in_region();
        let mut regions: BTreeSet<String> =
            self.listed.observed.instances.regions().cloned().collect();
        // Where the instances are not known, the StackSet says where they are.
        let of_set = self.found().filter(|_| self.listed.instances.is_some());
        regions.extend(of_set.into_iter().flat_map(|it| it.regions.iter().cloned()));
        regions.insert(sign_in.to_owned());
        regions
    }

    /// Enabled regions that are not watched, where no regions are named.
    fn unwatched(&self, regions: &BTreeSet<String>) -> Option<coverage::Gap> {
        let enabled: &[Region] = self.enabled.as_deref().unwrap_or_default();
        let enabled = enabled.iter().map(|region| &region.name);
        let regions: Vec<String> = enabled
            .filter(|it| !regions.contains(*it))
            .cloned()
            .collect();
        let is_meant = self.session.settings.spokes.regions.is_empty() && self.found().is_some();
        (is_meant && !regions.is_empty()).then(|| coverage::Gap {
            id: kinds::REGION_NOT_WATCHED,
            accounts: vec![Named {
                account: self.session.aws.account.clone(),
                name: String::new(),
            }],
            regions,
            reason: "not watched".into(),
            closes: "`rootwatch deploy spokes --all-regions` watches them".into(),
        })
    }

    fn unwatched_gap(&self, gap: &coverage::Gap) -> Gap {
        let account = &self.session.aws.account;
        let text = format!(
            "not watched, but enabled in account {account}: {}",
            gap.regions.join(", ")
        );
        Gap::new(
            gap.id,
            format!("stack-set {}", self.name()),
            text,
            &gap.closes,
        )
        .in_all(vec![account.clone()], gap.regions.clone())
    }

    /// What is wrong with each of the management account's own stacks.
    fn own_standing(&self) -> Option<BTreeMap<String, Option<String>>> {
        let own = self.own.as_ref().ok().and_then(Option::as_ref)?;
        let forwards = self.found().map(|set| &set.parameters);
        let name = &self.session.settings.name;
        let template = spokes::TEMPLATE;
        Some(management::standing(&own.stacks, name, template, forwards))
    }

    fn coverage(&self, regions: &BTreeSet<String>) -> Coverage {
        let observed = &self.listed.observed;
        let own = self.own.as_ref().ok().and_then(Option::as_ref);
        let standing = self.own_standing();
        coverage(&Known {
            directory: &Directory::of(self.tree.paths.clone(), &self.tree.accounts),
            accounts: &self.tree.accounts,
            regions,
            instances: match &self.listed.instances {
                Some(_) => None,
                None => Some(&observed.instances),
            },
            management_account: self.management.unwrap_or_default(),
            management: standing.as_ref(),
            unread: own.map_or(&Unread::new(), |own| &own.unread),
            off: &self.off.locations,
        })
    }

    fn coverage_gap(&self, gap: &coverage::Gap, all_regions: usize) -> Gap {
        let kind = match gap.id {
            kinds::NO_OWN_STACK | kinds::OWN_STACK_WRONG => "stack",
            _ => "stack-set",
        };
        let resource = format!("{kind} {}", self.name());
        let accounts = gap.accounts.iter().map(|it| it.account.clone());
        Gap::new(gap.id, resource, gap.words(all_regions), &gap.closes)
            .in_all(accounts.collect(), gap.regions.clone())
    }

    /// The management account's own stacks that are as they should be.
    fn own_stacks(&self) -> Vec<(Location, Option<i64>)> {
        let standing = self.own_standing().unwrap_or_default();
        let own = self.own.as_ref().ok().and_then(Option::as_ref);
        let stacks = own.iter().flat_map(|own| own.stacks.iter());
        let account = self.management.unwrap_or_default();
        let good = stacks.filter(|(region, _)| matches!(standing.get(*region), Some(None)));
        good.map(|(region, it)| (Location::of(account, region), it.changed_s))
            .collect()
    }

    fn status(self, coverage: Coverage, with_trail: bool) -> SpokesStatus {
        let found = self.found().cloned();
        let stacks = self.own_stacks();
        let name = self.name();
        let words = |why: Option<&AwsError>| why.map(ToString::to_string);
        let accounts_unknown = match (&self.accounts_unread, self.management) {
            (Some(why), _) => Some(format!("{why:#}")),
            (None, None) => Some("which account is the management account is not known".into()),
            (None, Some(_)) => None,
        };
        let observed = self.listed.observed;
        let is_known = self.listed.operations.is_none();
        SpokesStatus {
            unknown: None,
            heartbeats: None,
            stack_set_unknown: words(self.set.as_ref().err()),
            instances_unknown: words(self.listed.instances.as_ref()),
            accounts_unknown,
            drift: found.as_ref().and_then(|it| it.drift.clone()),
            last_operation: observed.last,
            forwards_to: found.as_ref().map(forwards_to),
            stack_set: match (&found, observed.instances.len()) {
                (None, 0) => None,
                _ => Some(name),
            },
            deployed: Deployed {
                instances: observed.instances,
                ends: is_known.then_some(observed.ends),
                stacks,
            },
            found,
            coverage,
            running: observed.running,
            with_management: !matches!(self.own, Ok(None)),
            with_trail,
        }
    }
}
