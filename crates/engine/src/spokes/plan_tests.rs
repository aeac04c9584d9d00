use super::super::change::Accounts;
use super::super::organization::{Paths, Subtree};
use super::super::stack_set::StackSet;
use super::*;
use std::collections::BTreeMap;

const TWO: [&str; 2] = ["eu-west-1", "us-east-1"];

fn set(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|it| (*it).to_owned()).collect()
}

fn account(id: &str) -> Account {
    Account {
        id: id.into(),
        name: format!("account {id}"),
        // The tests' convention.
        active: !id.starts_with('s'),
        unit: "ou".into(),
    }
}

/// Units with their accounts, `("ou-1", "1 2")`.
fn wanted(units: &[(&str, &str)], regions: &[&str]) -> Wanted {
    let tree = |accounts: &str| Subtree {
        accounts: accounts.split_whitespace().map(account).collect(),
        ..Subtree::default()
    };
    Wanted {
        stack_set: StackSet {
            name: "rootwatch-spoke".into(),
            auto_deployment: true,
            capabilities: Vec::new(),
            description: String::new(),
            managed_execution: true,
            parameters: BTreeMap::new(),
            retain_stacks_on_account_removal: false,
            tags: BTreeMap::new(),
            template: "t".into(),
            regions: BTreeSet::new(),
            units: BTreeSet::new(),
            drift: None,
        },
        regions: set(regions),
        units: units
            .iter()
            .map(|(unit, accounts)| ((*unit).to_owned(), tree(accounts)))
            .collect(),
        beneath: BTreeMap::new(),
        active_beneath: BTreeSet::new(),
        management_account: "9".into(),
        off: BTreeSet::new(),
        notes: Vec::new(),
        paths: Paths::new(),
    }
}

/// Instances as `account region unit status`.
fn observed(instances: &[&str]) -> Observed {
    let mut all = Instances::default();
    for line in instances {
        let [account, region, unit, status] = line.split(' ').collect::<Vec<_>>()[..] else {
            panic!("{line}");
        };
        let instance = Instance {
            status: status.into(),
            detail: "".into(),
            reason: None,
            unit: unit.into(),
            operation: "".into(),
            has_stack: true,
        };
        all.insert(Location::of(account, region), instance);
    }
    let mut found = Observed {
        stack_set: Some(wanted(&[], &[]).stack_set),
        instances: all,
        ..Observed::default()
    };
    found.auto_deployment = found.targets();
    found
}

/// An instance that AWS left out of the last operation, since the account was suspended.
fn skipped(unit: &str) -> Instance {
    Instance {
        status: "OUTDATED".into(),
        detail: "SKIPPED_SUSPENDED_ACCOUNT".into(),
        reason: None,
        unit: unit.into(),
        operation: "".into(),
        has_stack: true,
    }
}

/// All current instances of some accounts of a unit, in two regions.
fn current(unit: &str, accounts: &str) -> Vec<String> {
    let lines = |account: &str| TWO.map(|region| format!("{account} {region} {unit} CURRENT"));
    accounts.split_whitespace().flat_map(lines).collect()
}

fn planned(wanted: &Wanted, observed: &Observed) -> SpokesPlan {
    plan(wanted, observed, Management::Here(Vec::new()))
}

/// The changes in short.
fn changes(wanted: &Wanted, observed: &Observed) -> Vec<String> {
    let short = |change: &Change| {
        let sign = match change.kind {
            ChangeKind::Create => "+",
            ChangeKind::Update => "~",
            ChangeKind::Delete => "-",
        };
        let join = |it: &BTreeSet<String>| it.iter().cloned().collect::<Vec<_>>().join(" ");
        let accounts = match &change.accounts {
            Accounts::All => "all".to_owned(),
            Accounts::Only(accounts) => format!("only {}", join(accounts)),
            Accounts::AllBut(accounts) => format!("all but {}", join(accounts)),
            Accounts::AllAnd(accounts) => format!("all and {}", join(accounts)),
        };
        let (units, regions) = (change.units.join(" "), change.regions.join(" "));
        format!("{sign}{} {units}: {accounts}: {regions}", change.instances)
    };
    planned(wanted, observed)
        .changes
        .iter()
        .map(short)
        .collect()
}

fn lines(all: &[Vec<String>]) -> Observed {
    let all: Vec<&str> = all.iter().flatten().map(String::as_str).collect();
    observed(&all)
}

#[test]
fn nothing_there_creates_all_units_but_never_the_management_account() {
    let wanted = wanted(&[("ou-1", "1 s2"), ("ou-2", "3 9")], &TWO);
    let found = Observed::default();
    assert!(matches!(
        planned(&wanted, &found).stack_set,
        Action::Create { .. }
    ));
    assert_eq!(
        changes(&wanted, &found),
        ["+4 ou-1 ou-2: all: eu-west-1 us-east-1"]
    );
    assert_eq!(planned(&wanted, &found).suspended, [account("s2")]);
}

#[test]
fn all_there_changes_nothing() {
    let wanted = wanted(&[("ou-1", "1 s2"), ("ou-2", "3 9")], &TWO);
    let found = lines(&[current("ou-1", "1"), current("ou-2", "3")]);
    let plan = planned(&wanted, &found);
    assert!(!plan.is_change());
    assert_eq!(plan.current, 4);
}

#[test]
fn what_aws_left_out_in_a_suspended_account_is_named_and_not_removed_again() {
    let mut wanted = wanted(&[("ou-1", "1")], &TWO);
    let mut found = lines(&[current("ou-1", "1")]);
    for region in TWO {
        let location = Location::of("s2", region);
        found.instances.insert(location, skipped("ou-2"));
    }
    assert_eq!(changes(&wanted, &found), [""; 0]);
    let notes = planned(&wanted, &found).notes.join("\n");
    assert!(
        notes.contains("account s2 is suspended or closed: 2 stack instances"),
        "{notes}"
    );
    // It can be used again.
    let all = ["-2 ou-2: all but 1: eu-west-1 us-east-1"];
    wanted.active_beneath.insert("s2".into());
    assert_eq!(changes(&wanted, &found), all);
    assert!(planned(&wanted, &found).notes.is_empty());
    // Whoever joins its unit would get a stack.
    wanted.active_beneath.clear();
    found.auto_deployment.insert("ou-2".into(), set(&TWO));
    assert_eq!(changes(&wanted, &found), all);
    // There is nothing to leave behind.
    found.auto_deployment.remove("ou-2");
    let never = Instance {
        has_stack: false,
        ..skipped("ou-2")
    };
    let location = Location::of("s2", "us-east-1");
    found.instances.insert(location, never);
    assert_eq!(changes(&wanted, &found), all);
}

#[test]
fn what_an_account_left_behind_is_named_where_no_deletion_reaches_it() {
    let mut wanted = wanted(&[("root", "1 2")], &TWO);
    wanted.beneath.insert("ou-2".into(), set(&["2"]));
    let mut found = lines(&[current("root", "1"), current("ou-2", "2 3")]);
    found.auto_deployment.remove("ou-2");
    let plan = planned(&wanted, &found);
    assert_eq!(changes(&wanted, &found), [""; 0]);
    assert_eq!(plan.stops, Stops::default());
    let notes = plan.notes.join("\n");
    assert!(
        notes.contains("account 3 is no longer below ou-2: 2 stack instances"),
        "{notes}"
    );
    // One beside it is reached, and counted alone.
    found
        .instances
        .insert(Location::of("4", "us-east-1"), skipped("ou-2"));
    wanted.beneath.insert("ou-2".into(), set(&["2", "4"]));
    wanted.active_beneath.insert("4".into());
    let beside = ["-1 ou-2: all but 2: eu-west-1 us-east-1"];
    assert_eq!(changes(&wanted, &found), beside);
    // One that is left out is tried no more.
    wanted.active_beneath.clear();
    assert_eq!(changes(&wanted, &found), [""; 0]);
    // Where nobody is kept, the whole unit is deleted, and with it whoever has left it.
    wanted.beneath.insert("ou-2".into(), set(&["4"]));
    let all = ["-5 ou-2: all: eu-west-1 us-east-1"];
    assert_eq!(changes(&wanted, &found), all);
}

#[test]
fn a_new_region_is_created_for_whole_units_and_a_new_account_alone() {
    let found = lines(&[current("ou-1", "1 2")]);
    let more = [&TWO[..], &["eu-north-1"]].concat();
    assert_eq!(
        changes(&wanted(&[("ou-1", "1 2")], &more), &found),
        ["+2 ou-1: all: eu-north-1"]
    );
    assert_eq!(
        changes(&wanted(&[("ou-1", "1 2 3")], &TWO), &found),
        ["+2 ou-1: only 3: eu-west-1 us-east-1"]
    );
}

#[test]
fn an_account_that_a_new_region_of_its_unit_reaches_is_not_named_beside() {
    // Account 3 came to ou-1 later; ou-2 has the new region already, without account 4.
    let mut found = lines(&[current("ou-1", "1")]);
    found.auto_deployment.insert(
        "ou-2".into(),
        set(&["eu-north-1", "eu-west-1", "us-east-1"]),
    );
    let more = [&TWO[..], &["eu-north-1"]].concat();
    assert_eq!(
        changes(&wanted(&[("ou-1", "1 3"), ("ou-2", "4")], &more), &found),
        [
            "+2 ou-1: all: eu-north-1",
            "+3 ou-2: only 4: eu-north-1 eu-west-1 us-east-1",
            "+2 ou-1: only 3: eu-west-1 us-east-1"
        ]
    );
}

#[test]
fn only_what_is_outdated_is_updated() {
    let wanted = wanted(&[("ou-1", "1 2")], &TWO);
    let found = observed(&[
        "1 eu-west-1 ou-1 OUTDATED",
        "1 us-east-1 ou-1 CURRENT",
        "2 eu-west-1 ou-1 CURRENT",
        "2 us-east-1 ou-1 OUTDATED",
    ]);
    assert_eq!(
        changes(&wanted, &found),
        ["~1 ou-1: only 1: eu-west-1", "~1 ou-1: only 2: us-east-1"]
    );
}

#[test]
fn an_account_that_is_active_again_is_deployed_to() {
    let mut found = observed(&[]);
    for account in ["1", "s2"] {
        found
            .instances
            .insert(Location::of(account, "us-east-1"), skipped("ou-1"));
    }
    found.auto_deployment = found.targets();
    let wanted = wanted(&[("ou-1", "1 s2")], &["us-east-1"]);
    assert_eq!(changes(&wanted, &found), ["~1 ou-1: only 1: us-east-1"]);
}

#[test]
fn an_inoperable_instance_is_deleted_and_created_again() {
    let wanted = wanted(&[("ou-1", "1 2")], &["us-east-1"]);
    let found = observed(&["1 us-east-1 ou-1 INOPERABLE", "2 us-east-1 ou-1 CURRENT"]);
    assert_eq!(
        changes(&wanted, &found),
        ["-1 ou-1: only 1: us-east-1", "+1 ou-1: only 1: us-east-1"]
    );
    assert_eq!(planned(&wanted, &found).stops.count(), 0);
}

#[test]
fn a_unit_that_automatic_deployment_has_lost_is_made_a_target_again() {
    let wanted = wanted(&[("ou-1", "s1 2 3"), ("ou-2", "4")], &TWO);
    let mut found = observed(&[
        "2 eu-west-1 ou-1 CURRENT",
        "2 us-east-1 ou-1 OUTDATED",
        "3 eu-west-1 ou-1 CURRENT",
        "3 us-east-1 ou-1 CURRENT",
        "4 eu-west-1 ou-2 CURRENT",
        "4 us-east-1 ou-2 CURRENT",
    ]);
    let stale = "~1 ou-1: only 2: us-east-1";
    assert_eq!(changes(&wanted, &found), [stale]);
    assert!(!found.lacks_target(wanted.units.keys(), &wanted.regions));
    found
        .auto_deployment
        .insert("ou-1".into(), set(&["eu-west-1"]));
    found.auto_deployment.remove("ou-2");
    assert!(found.lacks_target(wanted.units.keys(), &wanted.regions));
    // By one account that has its stacks.
    assert_eq!(
        changes(&wanted, &found),
        [
            "+0 ou-1: only 3: us-east-1",
            "+0 ou-2: only 4: eu-west-1 us-east-1",
            stale
        ]
    );
    assert_eq!(planned(&wanted, &found).instances.created, 0);
}

#[test]
fn a_region_that_only_this_account_lacks_stays() {
    let found = lines(&[current("ou-1", "1")]);
    let mut here = wanted(&[("ou-1", "1")], &["us-east-1"]);
    here.keep_regions(&found.targets(), "7");
    assert_eq!(changes(&here, &found), Vec::<String>::new());
    assert_eq!(here.notes.len(), 1);
    assert!(here.notes[0].contains("still watched: eu-west-1"));
    here.keep_regions(&found.targets(), "7");
    assert_eq!(here.notes.len(), 1);
}

#[test]
fn a_region_and_a_unit_that_are_no_longer_wanted_go() {
    let found = lines(&[current("ou-1", "1 2"), current("ou-2", "3")]);
    let mut narrower = wanted(&[("ou-1", "1 2")], &["us-east-1"]);
    narrower.beneath.insert("ou-2".into(), set(&["3"]));
    assert_eq!(
        changes(&narrower, &found),
        [
            "-2 ou-1: all: eu-west-1",
            "-2 ou-2: all: eu-west-1 us-east-1"
        ]
    );
    let stops = planned(&narrower, &found).stops;
    assert_eq!(stops.accounts, set(&["3"]));
    assert_eq!(
        (stops.partly, stops.regions),
        (set(&["1", "2"]), set(&["eu-west-1"]))
    );
}

#[test]
fn an_instance_that_is_not_current_counts_when_it_goes() {
    let mut narrower = wanted(&[("ou-1", "1")], &["us-east-1"]);
    narrower.off.insert(Location::of("5", "eu-west-1"));
    let mut found = observed(&[
        "1 us-east-1 ou-1 CURRENT",
        "1 eu-west-1 ou-1 OUTDATED",
        "3 us-east-1 ou-2 OUTDATED",
        "4 us-east-1 ou-2 INOPERABLE",
        "5 eu-west-1 ou-2 OUTDATED",
    ]);
    found
        .instances
        .insert(Location::of("6", "us-east-1"), skipped("ou-2"));
    let stops = planned(&narrower, &found).stops;
    assert_eq!(stops.accounts, set(&["3", "4"]));
    assert_eq!(stops.partly, set(&["1"]));
}

#[test]
fn narrowing_to_an_inner_unit_never_takes_its_accounts_away() {
    let mut found = lines(&[current("ou-all", "1 2 3")]);
    let inner = wanted(&[("ou-inner", "1")], &TWO);
    assert_eq!(
        changes(&inner, &found),
        [
            "+0 ou-inner: all: eu-west-1 us-east-1",
            "-4 ou-all: all but 1: eu-west-1 us-east-1"
        ]
    );
    assert_eq!(planned(&inner, &found).stops.accounts, set(&["2", "3"]));
    // After that run the inner unit is a target, and nothing is left to do.
    found = lines(&[current("ou-all", "1")]);
    found.auto_deployment = BTreeMap::from([
        ("ou-all".to_owned(), set(&TWO)),
        ("ou-inner".to_owned(), set(&TWO)),
    ]);
    assert_eq!(changes(&inner, &found), Vec::<String>::new());
}

#[test]
fn narrowing_widening_and_narrowing_again_keeps_the_inner_account() {
    let inner = |beneath: &[&str]| {
        let mut inner = wanted(&[("ou-inner", "1")], &TWO);
        inner.beneath.insert("ou-all".into(), set(beneath));
        inner
    };
    // The instance of account 1 still names the unit of the first step.
    let found = lines(&[current("ou-inner", "1"), current("ou-all", "2")]);
    let kept = ["-2 ou-all: all but 1: eu-west-1 us-east-1"];
    assert_eq!(changes(&inner(&["1", "2"]), &found), kept);
    assert_eq!(
        changes(&inner(&["2"]), &found),
        ["-2 ou-all: all: eu-west-1 us-east-1"]
    );
    // Where it is not known who is below, everybody who is wanted may be.
    assert_eq!(changes(&wanted(&[("ou-inner", "1")], &TWO), &found), kept);
}

#[test]
fn a_wanted_account_that_has_no_instance_yet_is_kept_too() {
    let mut inner = wanted(&[("ou-inner", "1 3")], &TWO);
    inner.beneath.insert("ou-all".into(), set(&["1", "2", "3"]));
    let found = lines(&[current("ou-all", "1 2")]);
    assert_eq!(
        changes(&inner, &found),
        [
            "+2 ou-inner: all: eu-west-1 us-east-1",
            "-2 ou-all: all but 1 3: eu-west-1 us-east-1"
        ]
    );
}

#[test]
fn widening_to_an_outer_unit_takes_nothing_away() {
    let found = lines(&[current("ou-inner", "1")]);
    let outer = wanted(&[("ou-all", "1 2")], &TWO);
    assert_eq!(
        changes(&outer, &found),
        ["+2 ou-all: all: eu-west-1 us-east-1"]
    );
}

#[test]
fn an_account_that_left_is_left_to_automatic_deployment() {
    let found = lines(&[current("ou-1", "1 2")]);
    let plan = planned(&wanted(&[("ou-1", "1")], &TWO), &found);
    assert!(!plan.is_change());
    assert!(
        plan.notes[0].starts_with("2 left the units"),
        "{:?}",
        plan.notes
    );
}

#[test]
fn an_empty_unit_is_a_target_once() {
    let units = [("ou-1", "1"), ("ou-2", "")];
    let mut found = lines(&[current("ou-1", "1")]);
    let wanted = wanted(&units, &TWO);
    assert_eq!(
        changes(&wanted, &found),
        ["+0 ou-2: all: eu-west-1 us-east-1"]
    );
    found.auto_deployment.insert("ou-2".into(), set(&TWO));
    assert_eq!(changes(&wanted, &found), Vec::<String>::new());
    assert!(planned(&wanted, &found).notes[0].contains("no active account yet"));
}

#[test]
fn nothing_is_deployed_where_a_region_is_off() {
    let mut wanted = wanted(&[("ou-1", "1")], &TWO);
    wanted.off.insert(Location::of("1", "eu-west-1"));
    let found = observed(&["1 eu-west-1 ou-1 OUTDATED", "1 us-east-1 ou-1 CURRENT"]);
    assert!(!planned(&wanted, &found).is_change());
}

#[test]
fn a_unit_around_one_that_is_there_counts_what_is_there_as_kept() {
    let wanted = wanted(&[("ou-all", "1 2 3")], &TWO);
    let found = lines(&[current("ou-inner", "1")]);
    let plan = planned(&wanted, &found);
    assert_eq!(
        plan.instances,
        InstanceCounts {
            kept: 2,
            created: 4,
            updated: 0,
            deleted: 0,
        }
    );
    assert_eq!(plan.changes[0].instances, 4);
}

#[test]
fn an_update_of_the_set_updates_what_is_there_and_keeps_nothing() {
    let mut wanted = wanted(&[("ou-1", "1 2")], &TWO);
    wanted.stack_set.template = "other".into();
    let plan = planned(&wanted, &lines(&[current("ou-1", "1")]));
    assert_eq!(
        plan.instances,
        InstanceCounts {
            kept: 0,
            created: 2,
            updated: 2,
            deleted: 0,
        }
    );
}

#[test]
fn what_a_plan_names_is_named_by_path_and_name() {
    let mut wanted = wanted(&[("ou-1", "1 2")], &TWO);
    wanted.paths = Paths::from([
        ("ou-1".into(), "/Workloads".into()),
        ("ou-other".into(), "/Other".into()),
    ]);
    let directory = planned(&wanted, &Observed::default()).directory;
    assert_eq!(directory.unit("ou-1"), "/Workloads (ou-1)");
    // What the plan does not name would only make the JSON long.
    assert_eq!(directory.unit("ou-other"), "ou-other");
    assert_eq!(directory.account("1"), "1 (account 1)");
}
