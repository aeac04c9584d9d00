use super::WHOLE;
use crate::world::{REGION, World};
use rootwatch_lab::terraform;
use std::path::Path;

/// Runs Terraform as the hub account.
fn run(world: &World, folder: &Path, args: &[&str]) -> String {
    let env = world.lab.env(&world.organization.hub, REGION);
    terraform(&env, folder, args).unwrap()
}

#[test]
#[ignore = "needs terraform with version 5.100 of its provider for AWS"]
fn terraform_takes_all_of_it_over_and_changes_nothing() {
    let world = WHOLE.fork().calm();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tf");
    let exported = world.rootwatch(&[
        "export",
        "terraform",
        path.to_str().unwrap(),
        "--output",
        "json",
    ]);
    let count = exported.ends_with(0).json()["resources"]
        .as_array()
        .unwrap()
        .len();
    run(&world, &path, &["init"]);
    terraform(&[], &path, &["fmt", "-check", "-diff"]).unwrap();
    let before = world.at_rest();
    let plan = run(&world, &path, &["plan"]);
    let wanted = format!("Plan: {count} to import, 0 to add, 0 to change, 0 to destroy.");
    eprintln!("{wanted}");
    assert!(plan.contains(&wanted), "{plan}");
    let applied = run(&world, &path, &["apply", "-auto-approve"]);
    let wanted = format!("Resources: {count} imported, 0 added, 0 changed, 0 destroyed.");
    assert!(applied.contains(&wanted), "{applied}");
    let again = run(&world, &path, &["plan", "-detailed-exitcode"]);
    assert!(again.contains("No changes."), "{again}");
    assert_eq!(world.at_rest(), before);
    // rootwatch finds nothing to change in it either.
    for what in ["hub", "spokes"] {
        world
            .rootwatch(&["plan", what, "--detailed-exitcode"])
            .ends_with(0);
    }
}
