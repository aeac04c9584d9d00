//! The organization's service control policy, from its plan to its removal, and whom it binds meanwhile.

/// What `status` and `teardown` say of it.
mod said;

use crate::world::{REGION, Ran, World, name};
use aws_sdk_organizations::types::PolicyType;
use serde_json::Value;

pub(crate) const POLICY: &str = "rootwatch-guardrail";
/// Everything in `/Workloads`.
const DEPLOY: [&str; 5] = ["deploy", "guardrail", "--ou", "/Workloads", "--yes"];

pub(crate) fn in_management(world: &World, args: &[&str]) -> Ran {
    world.rootwatch_as(&world.organization.management, args)
}

/// A world with a hub, spokes, and the guardrail of `/Workloads`.
pub(crate) fn guarded() -> World {
    let world = World::deployed();
    in_management(&world, &DEPLOY).ends_with(0);
    world
}

/// The organization's own policies by name, as the lab lists them.
pub(crate) fn policies(world: &World) -> Value {
    let snapshot = world.lab.snapshot().unwrap();
    let management = &world.organization.management;
    let mut regions = snapshot[management].as_object().unwrap().values();
    let found = regions.find_map(|it| it.get("policies"));
    found.cloned().unwrap_or_default()
}

/// Somebody else who may change the organization.
pub(crate) struct Administrator {
    pub(crate) organizations: aws_sdk_organizations::Client,
    runtime: tokio::runtime::Runtime,
}

impl Administrator {
    pub(crate) fn new(world: &World) -> Self {
        let sdk = world.sdk(&world.organization.management, "us-east-1");
        Self {
            organizations: aws_sdk_organizations::Client::new(&sdk),
            runtime: tokio::runtime::Runtime::new().unwrap(),
        }
    }

    pub(crate) fn does<T>(&self, what: impl Future<Output = T>) -> T {
        self.runtime.block_on(what)
    }

    /// The id of a service control policy.
    pub(crate) fn id(&self, name: &str) -> String {
        let all = self.organizations.list_policies();
        let all = all.filter(PolicyType::ServiceControlPolicy).send();
        let all = self.does(all).unwrap();
        let found = all.policies().iter().find(|it| it.name() == Some(name));
        found.unwrap().id().unwrap().to_owned()
    }

    pub(crate) fn create(&self, name: &str) -> String {
        let content = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"s3:DeleteBucket","Resource":"*"}]}"#;
        let call = self.organizations.create_policy().name(name);
        let call = call.description("").content(content);
        let made = self.does(call.r#type(PolicyType::ServiceControlPolicy).send());
        let summary = made.unwrap().policy.unwrap().policy_summary.unwrap();
        summary.id.unwrap()
    }

    pub(crate) fn turn_off(&self, world: &World) {
        let call = self.organizations.disable_policy_type();
        let call = call.root_id(&world.organization.root_id);
        self.does(call.policy_type(PolicyType::ServiceControlPolicy).send())
            .unwrap();
    }
}

/// What an administrator of a spoke's account can do to the spoke.
fn deletes_rule(world: &World, account: &str) -> Result<(), String> {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let events = aws_sdk_eventbridge::Client::new(&world.sdk(account, REGION));
    let call = events.disable_rule().name("rootwatch-root-activity").send();
    let answer = runtime.block_on(call);
    answer.map(drop).map_err(|error| format!("{error:?}"))
}

#[test]
fn it_is_planned_deployed_and_then_left_alone() {
    let world = World::deployed();
    let plan = [
        "plan",
        "guardrail",
        "--ou",
        "/Workloads",
        "--detailed-exitcode",
    ];
    let planned = in_management(&world, &plan).ends_with(2);
    insta::assert_snapshot!("planned", world.shown(&planned.stdout));
    assert_eq!(
        world
            .writes()
            .iter()
            .filter(|it| it.starts_with("organizations:"))
            .count(),
        0
    );
    let deployed = in_management(&world, &DEPLOY).ends_with(0);
    insta::assert_snapshot!("deployed", world.shown(&deployed.stdout));
    let found = &policies(&world)[POLICY];
    let workloads = &world.organization.ou("/Workloads").unwrap().id;
    assert_eq!(found["attached"], serde_json::json!([workloads]));
    assert_eq!(found["tags"]["rootwatch:deployment"], "rootwatch");
    // A second run only reads, and needs nothing named.
    world.count_calls();
    let again = in_management(&world, &["deploy", "guardrail"]).ends_with(0);
    assert!(again.stdout.contains("No changes"), "{}", again.stdout);
    assert_eq!(world.writes(), [""; 0]);
}

#[test]
fn it_binds_administrators_below_it_and_nothing_of_rootwatch() {
    let world = World::deployed().calm();
    let (shop, hub) = (world.account("shop"), world.organization.hub.clone());
    in_management(&world, &["deploy", "guardrail", "--ou", "/", "--yes"]).ends_with(0);
    let refused = deletes_rule(&world, &shop).unwrap_err();
    assert!(
        refused.contains("explicit deny in a service control policy"),
        "{refused}"
    );
    // Everything of rootwatch goes on: in the hub's account, by StackSets, and with the management account's credentials.
    world
        .rootwatch(&["deploy", "hub", "--yes", "--log-retention-days", "30"])
        .ends_with(0);
    let tagged = ["deploy", "spokes", "--yes", "--tag", "team=security"];
    world.rootwatch(&tagged).ends_with(0);
    let to = ["test", "--account", &shop, "--role", "rootwatch-reader"];
    world.rootwatch(&to).ends_with(0);
    world
        .rootwatch(&["verify", "--role", "rootwatch-reader"])
        .ends_with(0);
    assert!(
        deletes_rule(&world, &hub).is_err(),
        "the hub's account is one like any other"
    );
    world.rootwatch(&["teardown", "all", "--yes"]).ends_with(0);
    assert!(!world.is_watched(&shop, REGION));
}

#[test]
fn roles_that_stay_free_are_given_once() {
    let world = guarded();
    let free = |more: &[&str]| {
        let args = [&["plan", "guardrail", "--output", "json"], more].concat();
        in_management(&world, &args).ends_with(0).json()["free_roles"].clone()
    };
    let role = "arn:aws:iam::*:role/AWSControlTowerExecution";
    let with = [&DEPLOY[..], &["--free-role", "AWSControlTowerExecution"]].concat();
    in_management(&world, &with).ends_with(0);
    assert_eq!(free(&[]), serde_json::json!([role]));
    in_management(&world, &["deploy", "guardrail", "--yes"]).ends_with(0);
    assert_eq!(free(&[]), serde_json::json!([role]));
    assert_eq!(
        free(&["--reset", "guardrail.free_roles"]),
        serde_json::json!([])
    );
    let scp = in_management(&world, &["scp", "--output", "json"])
        .ends_with(0)
        .json();
    assert_eq!(scp["free_roles"], serde_json::json!([role]));
    let deployed = &policies(&world)[POLICY]["content"];
    assert_eq!(&scp["policy"], deployed);
}

#[test]
fn a_unit_or_account_is_taken_away_by_name() {
    let world = guarded();
    let (shop, hub) = (world.account("shop"), world.organization.hub.clone());
    let deploy =
        |args: &[&str]| in_management(&world, &[&["deploy", "guardrail", "--yes"], args].concat());
    deploy(&["--account", &hub]).ends_with(0);
    let attached = || policies(&world)[POLICY]["attached"].clone();
    let workloads = world.organization.ou("/Workloads").unwrap().id.clone();
    assert_eq!(attached(), serde_json::json!([hub, workloads]));
    deploy(&["--remove-ou", "/Workloads"]).ends_with(0);
    assert_eq!(attached(), serde_json::json!([hub]));
    let tags = policies(&world)[POLICY]["tags"].to_string();
    assert!(!tags.contains(&workloads), "{tags}");
    let never = deploy(&["--remove-account", &shop]).ends_with(1);
    assert!(
        never.stderr.contains("is not attached to"),
        "{}",
        never.stderr
    );
    let management = deploy(&["--account", &world.organization.management]).ends_with(1);
    assert!(
        management.stderr.contains("is the management account"),
        "{}",
        management.stderr
    );
    let last = deploy(&["--remove-account", &hub]).ends_with(1);
    assert!(
        last.stderr.contains("`rootwatch teardown guardrail`"),
        "{}",
        last.stderr
    );
}

#[test]
fn somebody_elses_policy_of_the_name_is_left_alone() {
    let world = World::deployed();
    let administrator = Administrator::new(&world);
    administrator.create(POLICY);
    let before = policies(&world);
    let refused = in_management(&world, &DEPLOY).ends_with(1);
    assert!(
        refused.stderr.contains("belongs to somebody else"),
        "{}",
        refused.stderr
    );
    let removed = in_management(&world, &["teardown", "guardrail", "--yes"]).ends_with(0);
    assert!(removed.stderr.contains("left alone"), "{}", removed.stderr);
    assert_eq!(policies(&world), before);
    let status = in_management(&world, &["status", "--output", "json"]).json();
    assert_eq!(status["guardrail"]["state"], "none");
}

#[test]
fn what_was_changed_by_hand_is_put_back() {
    let world = guarded().calm();
    let before = policies(&world);
    let administrator = Administrator::new(&world);
    let (id, client) = (administrator.id(POLICY), &administrator.organizations);
    let content = r#"{"Version":"2012-10-17","Statement":[{"Sid":"RootwatchRule","Effect":"Deny","Action":"events:DeleteRule","Resource":"*"}]}"#;
    administrator
        .does(
            client
                .update_policy()
                .policy_id(&id)
                .content(content)
                .send(),
        )
        .unwrap();
    let workloads = &world.organization.ou("/Workloads").unwrap().id;
    administrator
        .does(
            client
                .detach_policy()
                .policy_id(&id)
                .target_id(workloads)
                .send(),
        )
        .unwrap();
    in_management(&world, &["deploy", "guardrail", "--yes"]).ends_with(0);
    assert_eq!(policies(&world), before);
}

#[test]
fn policies_that_are_off_are_turned_on_only_when_asked() {
    let world = World::deployed();
    Administrator::new(&world).turn_off(&world);
    let refused = in_management(&world, &DEPLOY).ends_with(1);
    assert!(
        refused.stderr.contains("--enable-policy-type"),
        "{}",
        refused.stderr
    );
    assert_eq!(policies(&world), Value::Null);
    let asked = [&DEPLOY[..], &["--enable-policy-type"]].concat();
    let deployed = in_management(&world, &asked).ends_with(0);
    assert!(
        deployed
            .stderr
            .contains("policy-type SERVICE_CONTROL_POLICY of root"),
        "{}",
        deployed.stderr
    );
    assert!(policies(&world)[POLICY].is_object());
}

#[test]
fn a_target_that_is_full_says_the_way_out() {
    let world = World::deployed();
    let administrator = Administrator::new(&world);
    let workloads = &world.organization.ou("/Workloads").unwrap().id;
    for at in 0..9 {
        let id = administrator.create(&format!("theirs-{at}"));
        let call = administrator.organizations.attach_policy();
        administrator
            .does(call.policy_id(&id).target_id(workloads).send())
            .unwrap();
    }
    let full = in_management(&world, &DEPLOY).ends_with(1);
    assert!(
        full.stderr.contains("ten service control policies at most"),
        "{}",
        full.stderr
    );
    assert!(full.stderr.contains("RW941"), "{}", full.stderr);
    // What did not depend on it is done, and the same command goes on once there is room.
    let ids = administrator.id("theirs-0");
    let call = administrator.organizations.detach_policy();
    administrator
        .does(call.policy_id(ids).target_id(workloads).send())
        .unwrap();
    in_management(&world, &DEPLOY).ends_with(0);
}

#[test]
fn it_is_removed_wherever_it_is_attached() {
    let world = guarded();
    let unasked = in_management(&world, &["teardown", "guardrail"]).ends_with(3);
    assert!(
        unasked.stderr.contains("- service-control-policy"),
        "{}",
        unasked.stderr
    );
    let removed = in_management(&world, &["teardown", "guardrail", "--yes"]).ends_with(0);
    insta::assert_snapshot!("removed", world.shown(&removed.stdout));
    assert_eq!(policies(&world), Value::Null);
    let nothing = in_management(&world, &["teardown", "guardrail", "--yes"]).ends_with(0);
    assert!(
        nothing.stdout.contains("There is no rootwatch guardrail"),
        "{}",
        nothing.stdout
    );
}

#[test]
fn the_hubs_account_needs_credentials_of_the_management_account() {
    let world = World::deployed();
    let refused = world.rootwatch(&DEPLOY).ends_with(1);
    assert!(
        refused
            .stderr
            .contains("delegated administrator for policies"),
        "{}",
        refused.stderr
    );
    let management = &world.organization.management;
    let env = world.lab.env(&world.organization.hub, REGION);
    let (_folder, env) = crate::world::with_profiles(env, &[("management", management)]);
    let args = [&DEPLOY[..], &["--management-profile", "management"]].concat();
    crate::world::run(&env, &args).ends_with(0);
    assert!(policies(&world)[POLICY].is_object());
}

#[test]
fn the_printed_policy_is_for_the_roles_that_are_deployed() {
    let world = World::with_hub();
    let shown = world.rootwatch(&["scp"]).ends_with(0);
    insta::assert_snapshot!("scp", shown.stdout);
    let prefixed = [
        &crate::world::DEPLOY_SPOKES[..],
        &["--role-prefix", "Corp-"],
    ]
    .concat();
    world.rootwatch(&prefixed).ends_with(0);
    let scp = in_management(&world, &["scp", "--output", "json"])
        .ends_with(0)
        .json();
    let text = scp["policy"].to_string();
    assert!(text.contains("role/Corp-rootwatch-spoke-*"), "{text}");
    let (length, most) = (&scp["characters"], &scp["most_characters"]);
    assert!(length.as_u64() < most.as_u64(), "{length} {most}");
    assert_eq!(length.as_u64().unwrap(), text.chars().count() as u64);
    let wrong = world.rootwatch(&["scp", "--free-role", "*"]).ends_with(1);
    assert!(
        wrong.stderr.contains("would leave every role free"),
        "{}",
        wrong.stderr
    );
    // It writes nothing, anywhere.
    world.count_calls();
    in_management(&world, &["scp"]).ends_with(0);
    let calls = world.lab.calls().unwrap();
    assert!(
        calls.iter().all(|call| !call.write),
        "{:?}",
        calls.iter().map(name).collect::<Vec<_>>()
    );
}
