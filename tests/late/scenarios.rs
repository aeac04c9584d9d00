//! Whole commands, each in a world that is ready for it, with the hub in the management account: so one run makes the
//! hub's, the StackSet's and the account's own stacks' calls. The changeover alone is from an account of its own.

use crate::adopt::beside;
use crate::guardrail::Administrator;
use crate::world::{Ran, World, name};
use rootwatch_lab::Call;
use std::sync::LazyLock;

const SPOKES: [&str; 5] = ["deploy", "spokes", "--ou", "/Workloads/Prod", "--yes"];
const REGIONS: [&str; 2] = ["--regions", "us-east-1,eu-west-1"];

/// A command that has to end well, whatever AWS answers for a while.
pub(super) struct Scenario {
    pub(super) name: &'static str,
    pub(super) args: Vec<&'static str>,
    from: &'static LazyLock<World>,
    /// Whether the hub is in an account of its own.
    is_apart: bool,
}

/// The organization, and nothing else.
pub(super) static EMPTY: LazyLock<World> = LazyLock::new(|| World::new().calm());
static HUB: LazyLock<World> = LazyLock::new(|| {
    let world = EMPTY.fork().calm();
    in_management(
        &world,
        &["deploy", "hub", "--email", "a@example.com", "--yes"],
    )
    .ends_with(0);
    world.lab.confirm_subscription("a@example.com").unwrap();
    world
});
static ALL: LazyLock<World> = LazyLock::new(|| {
    let world = HUB.fork().calm();
    in_management(&world, &[&SPOKES[..], &REGIONS].concat()).ends_with(0);
    world
});

/// The organization, where a hub gets its self-check.
static CHECKED: LazyLock<World> = LazyLock::new(|| EMPTY.fork().calm().with_self_check());
/// A hub with one.
static CHECKED_HUB: LazyLock<World> = LazyLock::new(|| {
    let world = CHECKED.fork().calm();
    in_management(
        &world,
        &["deploy", "hub", "--email", "a@example.com", "--yes"],
    )
    .ends_with(0);
    world.at_rest();
    world
});

/// The same where service control policies are off.
static UNGUARDED: LazyLock<World> = LazyLock::new(|| {
    let world = ALL.fork().calm();
    Administrator::new(&world).turn_off(&world);
    world
});
/// AWS's published pattern beside rootwatch, where everybody has confirmed.
static BESIDE: LazyLock<World> = LazyLock::new(|| beside().calm());
static GUARDED: LazyLock<World> = LazyLock::new(|| {
    let world = ALL.fork().calm();
    in_management(
        &world,
        &["deploy", "guardrail", "--ou", "/Workloads", "--yes"],
    )
    .ends_with(0);
    world
});

pub(super) fn in_management(world: &World, args: &[&str]) -> Ran {
    world.rootwatch_as(&world.organization.management, args)
}

/// Every command that writes.
pub(super) fn all() -> Vec<Scenario> {
    let scenario = |name, from, args: &[&'static str]| Scenario {
        name,
        from,
        args: args.to_vec(),
        is_apart: false,
    };
    let spokes = [&SPOKES[..], &REGIONS].concat();
    let changed = ["--tag", "team=security"];
    vec![
        scenario(
            "hub",
            &EMPTY,
            &["deploy", "hub", "--email", "a@example.com", "--yes"],
        ),
        scenario(
            "a boundary",
            &HUB,
            &[
                "deploy",
                "hub",
                "--email",
                "a@example.com",
                "--permissions-boundary",
                "arn:aws:iam::aws:policy/PowerUserAccess",
                "--yes",
            ],
        ),
        scenario(
            "another prefix",
            &HUB,
            &[
                "deploy",
                "hub",
                "--email",
                "a@example.com",
                "--role-prefix",
                "Corp-",
                "--yes",
            ],
        ),
        scenario(
            "another subscriber",
            &HUB,
            &[
                "deploy",
                "hub",
                "--email",
                "b@example.com",
                "--remove-subscription",
                "a@example.com",
                "--yes",
            ],
        ),
        scenario(
            "a hub with a self-check",
            &CHECKED,
            &["deploy", "hub", "--email", "a@example.com", "--yes"],
        ),
        scenario(
            "without a self-check again",
            &CHECKED_HUB,
            &["deploy", "hub", "--self-check", "off", "--yes"],
        ),
        scenario("spokes", &HUB, &spokes),
        scenario("spokes changed", &ALL, &[&spokes[..], &changed].concat()),
        scenario(
            "drift",
            &ALL,
            &["status", "--detect-drift", "--regions", REGIONS[1]],
        ),
        scenario("test", &ALL, &["test"]),
        scenario(
            "test from a spoke",
            &ALL,
            &[
                "test",
                "--account",
                "333333333333",
                "--spoke-region",
                "us-east-1",
                "--role",
                "rootwatch-reader",
            ],
        ),
        scenario("teardown", &ALL, &["teardown", "all", "--yes"]),
        Scenario {
            is_apart: true,
            ..scenario(
                "changeover",
                &BESIDE,
                &[
                    "adopt",
                    "--regions",
                    "us-east-1,eu-west-1",
                    "--role",
                    "rootwatch-reader",
                    "--yes",
                ],
            )
        },
        scenario(
            "guardrail",
            &UNGUARDED,
            &[
                "deploy",
                "guardrail",
                "--ou",
                "/Workloads",
                "--enable-policy-type",
                "--yes",
            ],
        ),
        scenario(
            "guardrail changed",
            &GUARDED,
            &[
                "deploy",
                "guardrail",
                "--ou",
                "/Security",
                "--remove-ou",
                "/Workloads",
                "--free-role",
                "Repair",
                "--yes",
            ],
        ),
        scenario(
            "guardrail removed",
            &GUARDED,
            &["teardown", "guardrail", "--yes"],
        ),
    ]
}

impl Scenario {
    /// A world in which nobody has made a call yet.
    pub(super) fn world(&self) -> World {
        let world = self.from.fork().calm();
        world.lab.clear_calls().unwrap();
        world
    }

    pub(super) fn run(&self, world: &World) -> Ran {
        match self.is_apart {
            true => world.rootwatch(&self.args),
            false => in_management(world, &self.args),
        }
    }

    /// The exit code when nothing disturbs it.
    pub(super) fn run_undisturbed(&self) -> i32 {
        self.run(&self.world()).code
    }

    /// The calls that it makes when nothing disturbs it.
    pub(super) fn calls(&self) -> Vec<Call> {
        let world = self.world();
        self.run(&world);
        self.made_in(&world)
    }

    /// The calls that it has made in a world.
    pub(super) fn made_in(&self, world: &World) -> Vec<Call> {
        let mut calls = world.lab.calls().unwrap();
        calls.retain(|call| !call.by_function);
        assert!(!calls.is_empty(), "{}", self.name);
        calls
    }
}

/// Service, operation, and which of its kind each call is.
pub(super) fn numbered(calls: &[Call]) -> Vec<(&Call, u64)> {
    let nth = |(at, call): (usize, &Call)| {
        let same = calls[..=at].iter().filter(|it| name(it) == name(call));
        same.count() as u64
    };
    calls.iter().enumerate().map(|it| (it.1, nth(it))).collect()
}
