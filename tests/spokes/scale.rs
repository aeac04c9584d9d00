use crate::world::{World, name};
use rootwatch_lab::Generated;
use std::collections::BTreeMap;

/// Much smaller than `cargo bench-spokes`, and large enough for several pages of everything.
#[test]
fn a_generated_organization_is_read_in_pages_and_nothing_changes() {
    let world = World::with_hub();
    // Nobody sends anything in an organization that is only a formula.
    let silent = ["--heartbeat", "off"];
    world.deploy_units(&["/"], &silent).ends_with(0);
    let generated = Generated {
        accounts: 250,
        units: 7,
        regions: 4,
        hub: world.organization.hub.clone(),
    };
    let regions = world.lab.generate(&generated).unwrap().join(",");
    let deploy = [
        "deploy",
        "spokes",
        "--ou",
        "/",
        "--regions",
        &regions,
        "--yes",
    ];
    // The StackSet was made for fewer units, which it keeps.
    world.rootwatch(&deploy).ends_with(0);
    world.count_calls();
    let ran = world.rootwatch(&deploy).ends_with(0);
    assert!(
        ran.stdout
            .contains("No changes: all 1000 stack instances are up to date."),
        "{}",
        ran.stdout
    );
    let mut calls: BTreeMap<String, usize> = BTreeMap::new();
    for call in world.lab.calls().unwrap() {
        assert!(!call.write, "{call:?}");
        *calls.entry(name(&call)).or_default() += 1;
    }
    // 250 instances a region by 100, 36 accounts a unit by 20; the root once more.
    assert_eq!(calls["cloudformation:ListStackInstances"], 12);
    assert_eq!(calls["organizations:ListAccountsForParent"], 15);
    let status = world
        .rootwatch(&["status", "--regions", &regions])
        .ends_with(0);
    assert!(
        status
            .stdout
            .contains("250 of 251 active accounts covered in 4 regions"),
        "{}",
        status.stdout
    );
}
