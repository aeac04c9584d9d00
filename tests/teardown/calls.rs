use crate::world::{PERSON, World, name};
use std::collections::BTreeSet;
use std::time::Duration;

type Calls = BTreeSet<String>;

fn calls_of(world: &World, account: &str, args: &[&str]) -> Calls {
    world.count_calls();
    world.rootwatch_as(account, args).ends_with(0);
    let calls = world.lab.calls().unwrap();
    let own = calls.iter().filter(|call| !call.by_function);
    own.map(name).collect()
}

/// The rows of the table in docs/removal.md, `call part`.
fn documented() -> Calls {
    let page = include_str!("../../docs/removal.md");
    let (_, section) = page.split_once("\n## What a removal asks\n").unwrap();
    let section = section.split("\n## ").next().unwrap();
    let rows = section.lines().filter(|line| line.starts_with("| `"));
    let cells = |row: &str| -> Vec<String> {
        let cells = row.split('|').map(|cell| cell.trim().replace('`', ""));
        cells.collect()
    };
    rows.map(|row| format!("{} {}", cells(row)[1], cells(row)[2]))
        .collect()
}

#[test]
fn every_call_of_a_removal_stands_in_the_readme() {
    let world = World::deployed();
    let (hub, management) = (&world.organization.hub, &world.organization.management);
    let deploy = ["deploy", "hub", "--email", PERSON, "--yes"];
    let known = calls_of(&world, hub, &deploy);
    // With an account whose stack is retained.
    let sandbox = world.account("sandbox");
    world.lab.suspend_account(&sandbox).unwrap();
    world.lab.wait_idle(Duration::from_secs(30)).unwrap();
    let spokes = ["teardown", "spokes", "--yes", "--retain-stacks"];
    let mut of_spokes = calls_of(&world, hub, &spokes);
    let of_hub = calls_of(&world, hub, &["teardown", "hub", "--yes"]);
    world.deploy_hub();
    let own = ["deploy", "spokes", "--ou", "/Security", "--yes"];
    let regions = ["--regions", "us-east-1,eu-west-1"];
    world.as_management(&[&own[..], &regions].concat());
    let mut of_management = calls_of(&world, management, &["teardown", "spokes", "--yes"]);
    of_management.retain(|call| !of_spokes.contains(call));
    of_spokes.remove("sts:GetCallerIdentity");
    let parts = [
        ("hub", of_hub.difference(&known).cloned().collect()),
        ("spokes", of_spokes),
        ("management account", of_management),
    ];
    let with_part = |(part, calls): (&str, Calls)| -> Vec<String> {
        calls.iter().map(|call| format!("{call} {part}")).collect()
    };
    let made: Calls = parts.into_iter().flat_map(with_part).collect();
    assert_eq!(made, documented());
}
