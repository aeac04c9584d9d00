//! What has to happen to remove all stack instances. Pure.

use super::change::{Accounts, Change, ChangeKind, rectangles};
use super::{Location, Observed};
use std::collections::{BTreeMap, BTreeSet};

/// What removes every instance: all units, each with all regions that it is deployed to.
pub(crate) fn plan_removal(observed: &Observed) -> Vec<Change> {
    let mut alike: BTreeMap<Vec<String>, Vec<String>> = BTreeMap::new();
    for (unit, regions) in observed.targets() {
        let regions = regions.into_iter().collect();
        alike.entry(regions).or_default().push(unit);
    }
    alike
        .into_iter()
        .map(|(regions, units)| observed.deletion(Accounts::All, regions, units))
        .collect()
}

/// What removes every instance that is left after [`plan_removal`] and retains their stacks.
///
/// An account that is still `beneath` its unit is named alone, and so is each where that is not known. One that is not can only be named beside the whole unit
/// (CloudFormation API Reference, DeploymentTargets: INTERSECTION selects accounts that belong to the unit, UNION adds
/// others), so no other instance of the unit may be left.
pub(crate) fn plan_release(
    left: &Observed,
    beneath: Option<&BTreeMap<String, BTreeSet<String>>>,
) -> Vec<Change> {
    let mut found = Vec::new();
    for unit in left.targets().into_keys() {
        let of_unit = left.instances.iter().filter(|(_, _, it)| *it.unit == *unit);
        let locations = of_unit.map(|(region, account, _)| Location::of(account, region));
        let below = beneath.and_then(|all| all.get(&unit));
        let (inside, outside): (Vec<Location>, Vec<Location>) = locations
            .partition(|location| below.is_none_or(|below| below.contains(&location.account)));
        found.extend(releases(&unit, inside, Accounts::Only));
        found.extend(releases(&unit, outside, Accounts::AllAnd));
    }
    found
}

fn releases(
    unit: &str,
    locations: Vec<Location>,
    named: fn(BTreeSet<String>) -> Accounts,
) -> impl Iterator<Item = Change> {
    let groups = rectangles(locations).into_iter();
    groups.map(move |(accounts, regions)| Change {
        kind: ChangeKind::Delete,
        why: "out of reach: stacks retained",
        instances: accounts.len() * regions.len(),
        units: vec![unit.to_owned()],
        accounts: named(accounts),
        regions,
        retain: true,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spokes::instances::{Instance, Instances};

    /// Instances as `account region unit`.
    fn observed(instances: &[&str]) -> Observed {
        let mut all = Instances::default();
        for line in instances {
            let [account, region, unit] = line.split(' ').collect::<Vec<_>>()[..] else {
                panic!("{line}");
            };
            let instance = Instance {
                status: "CURRENT".into(),
                detail: "SUCCEEDED".into(),
                reason: None,
                unit: unit.into(),
                operation: "".into(),
                has_stack: true,
            };
            all.insert(Location::of(account, region), instance);
        }
        Observed {
            instances: all,
            ..Observed::default()
        }
    }

    fn short(changes: &[Change]) -> Vec<String> {
        let words = |it: &Change| {
            let (units, regions) = (it.units.join(" "), it.regions.join(" "));
            let retain = if it.retain { " retain" } else { "" };
            format!(
                "{} {units}: {:?}: {regions}{retain}",
                it.instances, it.accounts
            )
        };
        changes.iter().map(words).collect()
    }

    #[test]
    fn removal_takes_every_unit_with_its_own_regions() {
        let mut found = observed(&["1 a ou-1", "1 b ou-1", "2 a ou-2", "2 b ou-2"]);
        let unit = ("ou-3".to_owned(), ["a".to_owned()].into());
        found.auto_deployment.extend([unit]);
        assert_eq!(
            short(&plan_removal(&found)),
            ["0 ou-3: All: a", "4 ou-1 ou-2: All: a b"]
        );
    }

    #[test]
    fn an_account_is_let_go_alone_while_it_is_in_its_unit() {
        let left = observed(&["1 a ou-1", "1 b ou-1", "2 a ou-1", "3 b ou-2"]);
        let beneath = |unit: &str, account: &str| (unit.to_owned(), [account.to_owned()].into());
        let beneath = BTreeMap::from([beneath("ou-1", "1"), beneath("ou-2", "x")]);
        assert_eq!(
            short(&plan_release(&left, Some(&beneath))),
            [
                r#"2 ou-1: Only({"1"}): a b retain"#,
                r#"1 ou-1: AllAnd({"2"}): a retain"#,
                r#"1 ou-2: AllAnd({"3"}): b retain"#,
            ]
        );
        // Where the units cannot be read, the narrower way.
        let unknown = plan_release(&left, None);
        let narrow = |it: &Change| matches!(it.accounts, Accounts::Only(_));
        assert!(unknown.iter().all(narrow), "{unknown:?}");
    }
}
