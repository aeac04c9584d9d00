//! The regions that are watched, and accounts in which one of them is turned off.

use super::Location;
use super::instances::{Instance, Instances};
use super::organization::{self, Region};
use crate::aws::Aws;
use crate::aws::error::AwsError;
use futures_util::stream::{self, StreamExt};
use std::collections::{BTreeMap, BTreeSet};

/// Accounts whose regions are read concurrently.
const ASKED: usize = 10;

/// The regions that this account has enabled. Where it may not ask, those that are `asked` for count as enabled, and as
/// regions that other accounts may have turned off.
pub(crate) async fn enabled(aws: &Aws, asked: &[String]) -> Result<Vec<Region>, AwsError> {
    match organization::enabled_regions(aws).await {
        Err(error) if error.is_denied() && !asked.is_empty() => {
            let region = |name: &String| Region {
                name: name.clone(),
                opt_in: true,
            };
            Ok(asked.iter().map(region).collect())
        }
        answer => answer,
    }
}

/// The regions to watch: those asked for, or else all that are enabled. Fails with what is wrong. Pure.
pub(crate) fn choose(
    asked: &[String],
    enabled: &[Region],
    sign_in: &str,
    account: &str,
) -> Result<BTreeSet<String>, String> {
    let names: BTreeSet<String> = enabled.iter().map(|region| region.name.clone()).collect();
    let wanted = if asked.is_empty() {
        names.clone()
    } else {
        asked.iter().cloned().collect()
    };
    let unknown: Vec<&String> = wanted.difference(&names).collect();
    if let [first, ..] = unknown.as_slice() {
        let all = |names: Vec<&String>| {
            let names: Vec<&str> = names.into_iter().map(String::as_str).collect();
            names.join(", ")
        };
        return Err(format!(
            "not enabled in account {account}: {}. Enabled are {}. `aws account enable-region --region-name {first}` turns an opt-in region on",
            all(unknown.clone()),
            all(names.iter().collect()),
        ));
    }
    if !wanted.contains(sign_in) {
        return Err(format!(
            "the regions leave out {sign_in}, where AWS records every root sign-in: add it"
        ));
    }
    Ok(wanted)
}

/// The regions whose names are a slip of the keyboard away. Pure.
pub(crate) fn nearest<'a>(
    name: &str,
    regions: impl IntoIterator<Item = &'a String>,
) -> Vec<&'a str> {
    const SLIP: usize = 2;
    let near = |it: &&'a String| (strsim::damerau_levenshtein(name, it), it.as_str());
    let near: Vec<(usize, &str)> = regions
        .into_iter()
        .map(|it| near(&it))
        .filter(|(slips, _)| *slips <= SLIP)
        .collect();
    let least = near.iter().map(|(slips, _)| *slips).min();
    let nearest = near.into_iter().filter(|(slips, _)| Some(*slips) == least);
    nearest.map(|(_, name)| name).collect()
}

/// That there is no such region, with the names that may be meant; those `at_hand` come first. Pure.
pub(crate) fn no_such(name: &str, at_hand: &BTreeSet<String>, all: &BTreeSet<String>) -> String {
    let mut near = nearest(name, at_hand);
    if near.is_empty() {
        near = nearest(name, all);
    }
    match near.as_slice() {
        [] => format!("there is no region {name}"),
        near => format!(
            "there is no region {name}; did you mean {}?",
            near.join(" or ")
        ),
    }
}

/// Which of some regions that are not enabled do not exist at all, as far as AWS says. They cannot be turned on.
pub(crate) async fn inexistent(aws: &Aws, asked: &[String], enabled: &[Region]) -> Vec<String> {
    let at_hand: BTreeSet<String> = enabled.iter().map(|it| it.name.clone()).collect();
    let is_open = |it: &&String| !at_hand.contains(*it);
    if !asked.iter().any(|it| is_open(&it)) {
        return Vec::new();
    }
    let Ok(all) = organization::every_region(aws).await else {
        return Vec::new();
    };
    let gone = asked.iter().filter(|it| !all.contains(*it));
    gone.filter(is_open)
        .map(|it| no_such(it, &at_hand, &all))
        .collect()
}

/// Where an instance failed in a region that an account has to turn on first. One that is not `enabled` here is such a
/// region too. Pure.
pub(crate) fn suspects(instances: &Instances, enabled: &[Region]) -> BTreeSet<Location> {
    let is_suspect =
        |region: &str, instance: &Instance| !instance.is_current() && is_opt_in(region, enabled);
    instances
        .iter()
        .filter(|(region, _, instance)| is_suspect(region, instance))
        .map(|(region, account, _)| Location::of(account, region))
        .collect()
}

/// Whether an account may have to turn a region on first, by the regions that one account has enabled. Pure.
pub(crate) fn is_opt_in(region: &str, enabled: &[Region]) -> bool {
    let is_always_on = |it: &Region| it.name == region && !it.opt_in;
    !enabled.iter().any(is_always_on)
}

/// The regions that accounts have turned off, as far as these credentials may ask.
#[derive(Debug, Default)]
pub(crate) struct Off {
    pub(crate) locations: BTreeSet<Location>,
    /// AWS's answer where it denied the question: an instance there counts as failed.
    pub(crate) denied: Option<String>,
}

impl Off {
    /// What is not known, why, and how to allow it.
    pub(crate) fn unknown(&self) -> Option<String> {
        let why = self.denied.as_ref()?;
        Some(format!(
            "which regions other accounts have turned off cannot be read ({why}), so a stack instance in such a region counts as failed. To allow it: {}",
            self.fix()
        ))
    }

    /// How to allow it. Trusted access: Account Management API Reference, ListRegions.
    pub(crate) fn fix(&self) -> &'static str {
        "`aws organizations enable-aws-service-access --service-principal account.amazonaws.com` in the management account, and account:ListRegions for the caller, who must be there or in a delegated administrator of Account Management; or leave the region out with --regions"
    }
}

/// Those of some accounts' regions that are turned off there. Fails when AWS gives another answer than a denial.
pub(crate) async fn turned_off(aws: &Aws, suspects: BTreeSet<Location>) -> Result<Off, AwsError> {
    let mut by_account: BTreeMap<String, Vec<Location>> = BTreeMap::new();
    for location in suspects {
        let locations = by_account.entry(location.account.clone()).or_default();
        locations.push(location);
    }
    let mut answers = stream::iter(by_account)
        .map(async |(account, locations)| {
            let off = organization::disabled_regions(aws, &account).await;
            (off, locations)
        })
        .buffer_unordered(ASKED);
    let mut all = Off::default();
    while let Some((off, locations)) = answers.next().await {
        match off {
            Ok(off) => all
                .locations
                .extend(locations.into_iter().filter(|it| off.contains(&it.region))),
            Err(error) if error.is_denied() => all.denied = Some(error.to_string()),
            Err(error) => return Err(error),
        }
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn region(name: &str, opt_in: bool) -> Region {
        Region {
            name: name.into(),
            opt_in,
        }
    }

    fn chosen(asked: &[&str]) -> Result<Vec<String>, String> {
        let enabled = [
            region("af-south-1", true),
            region("eu-west-1", false),
            region("us-east-1", false),
        ];
        let asked: Vec<String> = asked.iter().map(|it| (*it).to_owned()).collect();
        let chosen = choose(&asked, &enabled, "us-east-1", "1")?;
        Ok(chosen.into_iter().collect())
    }

    #[test]
    fn a_region_that_does_not_exist_is_named_with_those_that_may_be_meant() {
        let set = |names: &[&str]| names.iter().map(|it| (*it).to_owned()).collect();
        let all: BTreeSet<String> = set(&["ap-south-1", "eu-west-1", "eu-west-2", "us-east-1"]);
        for (name, at_hand, said) in [
            (
                "eu-west-9",
                set(&["eu-west-2", "us-east-1"]),
                "; did you mean eu-west-2?",
            ),
            (
                "eu-west-9",
                BTreeSet::new(),
                "; did you mean eu-west-1 or eu-west-2?",
            ),
            ("eu-wst-1", set(&["us-east-1"]), "; did you mean eu-west-1?"),
            ("mars-north-1", set(&["us-east-1"]), ""),
        ] {
            let wanted = format!("there is no region {name}{said}");
            assert_eq!(no_such(name, &at_hand, &all), wanted);
        }
    }

    #[test]
    fn regions_are_those_asked_for_or_all_that_are_enabled() {
        let all = ["af-south-1", "eu-west-1", "us-east-1"].map(String::from);
        assert_eq!(chosen(&[]), Ok(all.into()));
        assert_eq!(chosen(&["us-east-1"]), Ok(vec!["us-east-1".into()]));
    }

    #[test]
    fn a_region_that_is_off_and_a_missing_sign_in_region_are_refused() {
        insta::assert_snapshot!(chosen(&["us-east-1", "me-south-1"]).unwrap_err(), @"not enabled in account 1: me-south-1. Enabled are af-south-1, eu-west-1, us-east-1. `aws account enable-region --region-name me-south-1` turns an opt-in region on");
        insta::assert_snapshot!(chosen(&["eu-west-1"]).unwrap_err(), @"the regions leave out us-east-1, where AWS records every root sign-in: add it");
    }

    #[test]
    fn only_what_failed_where_a_region_must_be_turned_on_is_asked_about() {
        let mut instances = Instances::default();
        for (account, region, status, detail) in [
            ("1", "af-south-1", "OUTDATED", "FAILED"),
            ("2", "af-south-1", "CURRENT", "SUCCEEDED"),
            ("3", "eu-west-1", "OUTDATED", "FAILED"),
            ("4", "af-south-1", "OUTDATED", "SKIPPED_SUSPENDED_ACCOUNT"),
            ("5", "me-south-1", "OUTDATED", "FAILED"),
        ] {
            let instance = Instance {
                status: status.into(),
                detail: detail.into(),
                reason: None,
                unit: "ou-1".into(),
                operation: "".into(),
                has_stack: true,
            };
            instances.insert(Location::of(account, region), instance);
        }
        let enabled = [region("af-south-1", true), region("eu-west-1", false)];
        let found = suspects(&instances, &enabled);
        let [first, fourth] = ["1", "4"].map(|it| Location::of(it, "af-south-1"));
        assert_eq!(
            found,
            [first, fourth, Location::of("5", "me-south-1")].into()
        );
    }
}
