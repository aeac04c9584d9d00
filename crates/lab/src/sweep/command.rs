//! The commands that are swept: all that write.

use serde::{Deserialize, Serialize};

use super::worlds::World;

/// Region of the hub.
pub(crate) const REGION: &str = "eu-west-1";
/// Who is notified.
pub(crate) const PERSON: &str = "security@example.com";
/// Who is notified, too, in some worlds.
pub(crate) const SECOND: &str = "night@example.com";
/// In place of the token in the last mail that asks to confirm.
pub(super) const TOKEN: &str = "{token}";
/// The role in every account that lets the hub's in.
const ROLE: &str = "rootwatch-reader";
/// The units that are watched, and where.
const UNITS: [&str; 6] = [
    "--ou",
    "/Workloads",
    "--ou",
    "/Security",
    "--regions",
    "us-east-1,eu-west-1",
];
/// What the management account is told of the hub.
const HUB: [&str; 4] = ["--hub-account", "222222222222", "--hub-region", REGION];

/// Who runs a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum By {
    /// The hub's account, a delegated administrator.
    Hub,
    /// The management account.
    Management,
}

/// A command, and what it is run on.
#[derive(Clone, Debug)]
pub(crate) struct Command {
    /// Its name in a case.
    pub(super) name: &'static str,
    pub(super) from: World,
    pub(super) by: By,
    pub(super) args: Vec<&'static str>,
    /// The exit code when nothing disturbs it.
    pub(super) code: i32,
    /// Whether 2 says that it did not find what it looked for.
    pub(super) may_find: bool,
}

impl Command {
    fn new(name: &'static str, from: World, by: By, args: &[&[&'static str]]) -> Self {
        Self {
            name,
            from,
            by,
            args: args.concat(),
            code: 0,
            may_find: false,
        }
    }

    fn ends_with(self, code: i32) -> Self {
        Self { code, ..self }
    }

    fn may_find(self) -> Self {
        Self {
            may_find: true,
            ..self
        }
    }
}

/// All of them.
pub(super) fn all() -> Vec<Command> {
    use By::{Hub, Management};
    let new = Command::new;
    vec![
        new("deploy-hub", World::Empty, Hub, &[deploy_hub()]),
        new(
            "deploy-hub-repair",
            World::Damaged,
            Hub,
            &[&["deploy", "hub"]],
        ),
        new("confirm", World::Unconfirmed, Hub, &[&["confirm", TOKEN]]).may_find(),
        new(
            "deploy-spokes",
            World::Hub,
            Management,
            &[deploy_spokes(), &UNITS, &HUB],
        ),
        new(
            "deploy-spokes-delegated",
            World::Hub,
            Hub,
            &[deploy_spokes(), &UNITS],
        ),
        new("test", World::Watched, Hub, &[&["test", "--wait", "60s"]]).may_find(),
        new("test-from-spoke", World::Watched, Hub, &[test_from_spoke()]).may_find(),
        new("adopt", World::Published, Hub, &[adopt()])
            .ends_with(2)
            .may_find(),
        new("adopt-finish", World::Beside, Hub, &[adopt()]).may_find(),
        new(
            "deploy-guardrail",
            World::Whole,
            Management,
            &[deploy_guardrail()],
        ),
        new(
            "teardown-guardrail",
            World::Guarded,
            Management,
            &[&["teardown", "guardrail"]],
        ),
        new(
            "teardown-spokes",
            World::Whole,
            Management,
            &[&["teardown", "spokes"]],
        ),
        new("teardown-hub", World::Hub, Hub, &[&["teardown", "hub"]]),
        new("teardown-all", World::Watched, Hub, &[&["teardown", "all"]]),
    ]
}

pub(super) fn deploy_hub() -> &'static [&'static str] {
    &["deploy", "hub", "--email", PERSON]
}

fn deploy_spokes() -> &'static [&'static str] {
    &["deploy", "spokes"]
}

fn test_from_spoke() -> &'static [&'static str] {
    &[
        "test",
        "--wait",
        "60s",
        "--account",
        "333333333333",
        "--spoke-region",
        "us-east-1",
        "--role",
        ROLE,
    ]
}

pub(super) fn adopt() -> &'static [&'static str] {
    &[
        "adopt",
        "--regions",
        "us-east-1,eu-west-1",
        "--role",
        ROLE,
        "--wait",
        "60s",
    ]
}

pub(super) fn deploy_guardrail() -> &'static [&'static str] {
    &["deploy", "guardrail", "--ou", "/Workloads"]
}

/// `deploy spokes`, by the management account or by the hub's.
pub(super) fn spokes_by(by: By) -> Vec<&'static str> {
    match by {
        By::Hub => [deploy_spokes(), &UNITS].concat(),
        By::Management => [deploy_spokes(), &UNITS, &HUB].concat(),
    }
}
