use crate::world::{REGION, World};
use serde_json::json;

const STATUS: [&str; 3] = ["status", "--regions", "us-east-1,eu-west-1"];

#[test]
fn what_another_account_has_to_look_at_is_no_gap_unless_strict() {
    let world = World::deployed().calm();
    let management = world.organization.management.clone();
    let ran = world.rootwatch(&STATUS).ends_with(0);
    let said = format!(
        "Not seen from here: 1\n  ? management account {management} (management): StackSets never reach it, and its own stacks cannot be seen from here: look with: `rootwatch status --region {REGION}`, with credentials of account {management}\nNo gaps found.\n"
    );
    assert!(ran.stdout.ends_with(&said), "{}", ran.stdout);
    world
        .rootwatch(&[&STATUS[..], &["--strict"]].concat())
        .ends_with(2);
    let json = [&STATUS[..], &["--output", "json"]].concat();
    let report = world.rootwatch(&json).ends_with(0).json();
    assert_eq!(report["gaps"], json!([]));
    assert_eq!(report["unseen"][0]["account"], management);
    assert_eq!(report["unseen"][0]["region"], REGION);
    let command = format!("rootwatch status --region {REGION}");
    assert_eq!(report["unseen"][0]["command"], command);
}

#[test]
fn the_hub_is_not_seen_from_the_management_account() {
    let world = World::deployed().calm();
    let own = [
        "deploy",
        "spokes",
        "--ou",
        "/Workloads",
        "--ou",
        "/Security",
    ];
    let regions = ["--regions", "us-east-1,eu-west-1", "--yes"];
    world
        .as_management(&[&own[..], &regions].concat())
        .ends_with(0);
    let ran = world.as_management(&STATUS).ends_with(0);
    let hub = &world.organization.hub;
    let said = format!(
        "Not seen from here: 1\n  ? the hub in account {hub}, region {REGION}: look with: `rootwatch status --region {REGION}`, with credentials of account {hub}\nNo gaps found.\n"
    );
    assert!(ran.stdout.ends_with(&said), "{}", ran.stdout);
    world
        .as_management(&[&STATUS[..], &["--strict"]].concat())
        .ends_with(2);
}
