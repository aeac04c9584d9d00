//! What was printed in many situations, typed.

use super::printed::{Printed, in_json, printed, typed};
use crate::adopt::reference::{block_on, build_hub};
use crate::guardrail::{Administrator, guarded};
use crate::intruder::{ALARM, Intruder, LOGS};
use crate::world::{DEPLOY_SPOKES, PERSON, Ran, World, side_by_side};
use rootwatch_lab::{InstanceFault, Late};

/// A run that prints commands.
struct Asked<'a> {
    world: &'a World,
    account: String,
    args: Vec<&'a str>,
}

/// A command, and where it was printed.
struct Found<'a> {
    by: &'a Asked<'a>,
    /// Whose credentials it is for.
    account: String,
    printed: Printed,
}

impl<'a> Asked<'a> {
    fn new(world: &'a World, account: &str, args: &[&'a str]) -> Self {
        Self {
            world,
            account: account.to_owned(),
            args: args.to_vec(),
        }
    }

    fn run(&self, world: &World) -> Ran {
        world.rootwatch_as(&self.account, &self.args)
    }

    /// Whether it has changed something before its words are read.
    fn changes(&self) -> bool {
        ["adopt", "deploy", "teardown"].contains(&self.args[0])
    }

    /// Each command that it prints, in its text and in the result for programs.
    fn prints(&'a self) -> Vec<Found<'a>> {
        let said = all_of(&self.run(&self.world.fork().calm()));
        let json = [&self.args[..], &["--output", "json"]].concat();
        let ran = (self.world.fork().calm()).rootwatch_as(&self.account, &json);
        let result = serde_json::from_str(&ran.stdout).unwrap_or_default();
        let all = printed(&said).into_iter().chain(in_json(&result));
        let all = all.map(|printed| Found {
            by: self,
            account: printed.account(self.world, &self.account),
            printed,
        });
        all.collect()
    }
}

impl Found<'_> {
    /// What is typed, and after which run where that changes something.
    fn typed(&self) -> (&str, &str, Option<&[&str]>) {
        let after = self.by.changes().then_some(&self.by.args[..]);
        (&self.account, &self.printed.command, after)
    }

    fn what(&self) -> String {
        format!("{:?} printed: {}", self.by.args, self.printed.line)
    }
}

/// Types one command, in a world of its own; whoever printed it as a fix says so no longer.
fn type_one(all: &[Found<'_>]) {
    let one = &all[0];
    let what = one.what();
    assert_eq!(one.printed.placeholder(), None, "{what}");
    let world = one.by.world.fork().calm();
    if one.by.changes() {
        one.by.run(&world);
    }
    let ran = typed(&world, &one.account, &one.printed.command);
    let said = all_of(&ran);
    runs(&ran, &format!("{what}\n{said}"));
    let mut asked: Vec<(&[&str], String)> = Vec::new();
    for fix in all.iter().filter(|it| it.printed.is_fix()) {
        let args = &fix.by.args[..];
        if asked.iter().all(|(known, _)| *known != args) {
            asked.push((args, all_of(&fix.by.run(&world))));
        }
        let (_, again) = asked.iter().find(|(known, _)| *known == args).unwrap();
        let what = fix.what();
        assert!(
            !again.contains(&fix.printed.line),
            "{what}\n{said}\n{again}"
        );
    }
}

fn all_of(ran: &Ran) -> String {
    format!("{}\n{}", ran.stdout, ran.stderr)
}

/// It was understood, and had all that it needs.
#[track_caller]
fn runs(ran: &Ran, what: &str) {
    let wrong = [
        "Usage: ",
        "For more information, try",
        "no organizational unit is given",
        "no hub here",
        "there is no hub in",
        "is not in account",
        "rootwatch: not found",
    ];
    for wrong in wrong {
        assert!(!ran.stderr.contains(wrong), "{wrong:?}: {what}");
    }
}

/// Types each command that these print, once; that there are some shows that they are found.
#[track_caller]
fn all(world: &World, asked: &[(&str, &[&str])]) {
    let asked: Vec<Asked<'_>> = asked
        .iter()
        .map(|(account, args)| Asked::new(world, account, args))
        .collect();
    let mut found: Vec<Found<'_>> = asked.iter().flat_map(Asked::prints).collect();
    assert!(!found.is_empty());
    found.sort_by(|one, other| one.typed().cmp(&other.typed()));
    let same: Vec<&[Found<'_>]> = found
        .chunk_by(|one, other| one.typed() == other.typed())
        .collect();
    side_by_side(same, |it| type_one(it));
}

#[test]
fn what_a_hub_without_spokes_prints() {
    let world = World::with_hub();
    let hub = world.organization.hub.clone();
    all(
        &world,
        &[
            (&hub, &["status"]),
            (&hub, &["verify"]),
            (&hub, &["plan", "spokes"]),
            (&hub, &DEPLOY_SPOKES),
            (&hub, &["test"]),
            (&hub, &["teardown", "all", "--yes"]),
        ],
    );
}

#[test]
fn what_a_first_deployment_prints() {
    let world = World::new();
    let hub = world.organization.hub.clone();
    all(
        &world,
        &[
            (&hub, &["deploy", "hub", "--yes", "--email", PERSON]),
            (
                &hub,
                &[
                    "deploy",
                    "hub",
                    "--yes",
                    "--name",
                    "q",
                    "--role-prefix=Corp-",
                ],
            ),
            (&hub, &["deploy", "hub", "--yes"]),
        ],
    );
}

#[test]
fn what_is_printed_where_there_are_no_subscribers() {
    let world = World::new();
    let hub = world.organization.hub.clone();
    world.rootwatch(&["deploy", "hub", "--yes"]).ends_with(0);
    all(
        &world,
        &[(&hub, &["status"]), (&hub, &["test"]), (&hub, &["verify"])],
    );
}

#[test]
fn what_is_printed_of_a_subscriber_that_is_gone() {
    let world = World::deployed().calm();
    let hub = world.organization.hub.clone();
    world.lab.follow_unsubscribe_links(PERSON).unwrap();
    all(&world, &[(&hub, &["status"]), (&hub, &["verify"])]);
}

#[test]
fn what_is_printed_of_a_guardrail() {
    let world = guarded().calm();
    let (hub, management) = (
        world.organization.hub.clone(),
        world.organization.management.clone(),
    );
    let administrator = Administrator::new(&world);
    let id = administrator.id("rootwatch-guardrail");
    let workloads = &world.organization.ou("/Workloads").unwrap().id;
    let call = administrator.organizations.detach_policy();
    administrator
        .does(call.policy_id(id).target_id(workloads).send())
        .unwrap();
    all(
        &world,
        &[
            (&hub, &["status"]),
            (&management, &["status"]),
            (&management, &["teardown", "spokes", "--yes"]),
        ],
    );
    administrator.turn_off(&world);
    all(&world, &[(&management, &["status"])]);
}

#[test]
fn what_status_prints_of_gaps() {
    let world = World::with_hub().calm();
    let organization = &world.organization;
    let fault = InstanceFault {
        account: Some(world.account("payments")),
        reason: "Access denied by SCP".into(),
        ..InstanceFault::default()
    };
    world.lab.fail_instances(&fault).unwrap();
    world
        .rootwatch(&["deploy", "spokes", "--yes", "--ou", "/Workloads/Prod"])
        .ends_with(1);
    world.lab.clear_instance_faults().unwrap();
    let late = Late {
        auto_deployment_ms: Some(600_000),
        ..Late::default()
    };
    world.lab.set_late(&late).unwrap();
    let prod = &organization.ou("/Workloads/Prod").unwrap().id;
    world.lab.add_account("newcomer", prod).unwrap();
    let hub = organization.hub.clone();
    all(&world, &[(&hub, &["status"]), (&hub, &["verify"])]);
}

#[test]
fn what_the_management_account_prints() {
    let world = World::deployed().calm();
    let management = world.organization.management.clone();
    all(
        &world,
        &[
            (&management, &["status"]),
            (&management, &["plan", "spokes"]),
            (&management, &["deploy", "spokes", "--yes"]),
            (&management, &["teardown", "spokes", "--yes"]),
        ],
    );
}

#[test]
fn what_a_damaged_hub_prints() {
    let world = World::deployed();
    let hub = world.organization.hub.clone();
    let intruder = Intruder::new(&world);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        intruder.delete_acts_rule().await;
        let alarms = intruder.alarms.delete_alarms();
        alarms.alarm_names(ALARM).send().await.unwrap();
        let group = intruder.logs.put_retention_policy();
        let group = group.log_group_name(LOGS).retention_in_days(1);
        group.send().await.unwrap();
    });
    all(
        &world,
        &[
            (&hub, &["status"]),
            (&hub, &["verify"]),
            (&hub, &["test", "--wait", "2s"]),
        ],
    );
}

#[test]
fn what_is_printed_of_accounts_and_regions_that_are_not_watched() {
    let world = World::with_hub().calm();
    let hub = world.organization.hub.clone();
    world.rootwatch(&DEPLOY_SPOKES).ends_with(0);
    let security = hub.clone();
    let shop = world.account("shop");
    all(
        &world,
        &[
            (&hub, &["verify", "--account", &security]),
            (
                &hub,
                &["test", "--account", &security, "--role", "rootwatch-reader"],
            ),
            (&hub, &["verify", "--spoke-region", "eu-central-1"]),
            (
                &hub,
                &[
                    "verify",
                    "--account",
                    &shop,
                    "--spoke-region",
                    "eu-central-1",
                ],
            ),
        ],
    );
}

/// The flags that found the deployment are part of what is printed.
#[test]
fn what_is_printed_of_a_deployment_of_another_name() {
    let world = World::new().calm();
    let hub = world.organization.hub.clone();
    let named = ["--name", "q", "--region", "eu-central-1"];
    let deploy = [&["deploy", "hub", "--yes", "--email", PERSON], &named[..]].concat();
    world.rootwatch(&deploy).ends_with(0);
    let status = [&["status"], &named[..]].concat();
    let verify = [&["verify"], &named[..]].concat();
    all(&world, &[(&hub, &status), (&hub, &verify), (&hub, &deploy)]);
}

#[test]
fn what_adopt_leaves_to_the_management_account() {
    let world = World::without_delegation().calm();
    block_on(build_hub(&world));
    let hub = world.organization.hub.clone();
    all(&world, &[(&hub, &["adopt", "--hub-only", "--yes"])]);
}

/// In a wrong place every command says where the hub is, and nothing of it is a command to create a second one.
#[test]
fn what_is_printed_where_the_spokes_forward_to_another_hub() {
    let world = World::deployed().calm();
    let hub = world.organization.hub.clone();
    let deploy = ["deploy", "hub", "--yes", "--region", "us-east-1"];
    let ran = world.rootwatch(&deploy).ends_with(1);
    let commands: Vec<String> = printed(&ran.stderr)
        .into_iter()
        .map(|it| it.command)
        .collect();
    let spokes = format!(
        "rootwatch deploy spokes --region eu-west-1 --hub-account {hub} --hub-region us-east-1"
    );
    assert_eq!(
        commands,
        [&*spokes, "rootwatch teardown hub --region eu-west-1"]
    );
    // To move it is these, in this order.
    let moved = [&deploy[..], &["--move-hub", "--email", PERSON]].concat();
    world.rootwatch(&moved).ends_with(0);
    for command in &commands {
        typed(&world, &hub, command).ends_with(0);
    }
}
