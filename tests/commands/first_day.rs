//! From nothing to `status` 0 everywhere, by the commands that README prints.

use super::printed::{saying_yes, shell};
use crate::world::{PERSON, REGION, Ran, World, with_profiles};
use std::path::Path;

/// Steps that README may take, with following the links in SNS's mails.
const MOST: usize = 7;

/// README's commands of the first day: each block's, the management account's first.
fn blocks() -> Vec<Vec<String>> {
    let readme = include_str!("../../README.md");
    let section = readme.split("\n## Use\n").nth(1).unwrap();
    let section = section
        .split("\n`tests/commands/first_day.rs`")
        .next()
        .unwrap();
    let indented = |text: &str| text.starts_with("    ");
    let is_block = |part: &&str| part.lines().all(|line| line.is_empty() || indented(line));
    let parts = section.split("\n\n").filter(is_block);
    let commands = parts.map(|part| {
        let lines = part
            .lines()
            .map(|line| line.split(" # ").next().unwrap().trim());
        let lines = lines.filter(|line| !line.is_empty());
        lines.map(str::to_owned).collect::<Vec<_>>()
    });
    commands.filter(|it| !it.is_empty()).collect()
}

/// A folder with an `aws` in it.
fn with_aws(world: &World) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let script = folder.path().join("aws.py");
    std::fs::write(&script, include_str!("../fixtures/aws.py")).unwrap();
    let aws = folder.path().join("aws");
    let python = world.lab.python().display().to_string();
    let text = format!("#!/bin/sh\nexec '{python}' '{}' \"$@\"\n", script.display());
    std::fs::write(&aws, text).unwrap();
    std::fs::set_permissions(&aws, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    folder
}

/// Types a line of README's, and says yes to what it asks.
fn typed(env: &[(String, String)], folder: &Path, line: &str) -> Ran {
    shell(env, &[folder], &saying_yes(line))
}

#[test]
fn from_nothing_to_a_status_without_gaps() {
    let world = World::without_delegation().calm();
    world.lab.set_trusted_access(false).unwrap();
    let (hub, management) = (&world.organization.hub, &world.organization.management);
    let aws = with_aws(&world);
    let profiles = [("management", management.as_str())];
    let (_folder, in_hub) = with_profiles(world.lab.env(hub, REGION), &profiles);
    let in_management = world.lab.env(management, REGION);
    let blocks = blocks();
    let [of_management, of_hub] = &blocks[..] else {
        panic!("{blocks:#?}");
    };
    assert!(of_management.len() + of_hub.len() < MOST, "{blocks:#?}");
    for line in of_management {
        let line = line.replace("<hub account>", hub);
        typed(&in_management, aws.path(), &line).ends_with(0);
    }
    for line in of_hub {
        typed(&in_hub, aws.path(), line).ends_with(0);
        if line.starts_with("rootwatch deploy hub") {
            world.lab.confirm_subscription(PERSON).unwrap();
        }
    }
    let strict = "rootwatch status --strict --management-profile management";
    assert!(of_hub.iter().any(|line| line == strict), "{of_hub:#?}");
    for env in [&in_hub, &in_management] {
        let ran = typed(env, aws.path(), "rootwatch status").ends_with(0);
        assert!(ran.stdout.ends_with("No gaps found.\n"), "{}", ran.stdout);
    }
}
