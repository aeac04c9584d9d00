use crate::intruder::Intruder;
use crate::world::{PERSON, REGION, World};
use serde_json::Value;
use std::collections::BTreeSet;

const REGIONS: [&str; 2] = ["us-east-1", "eu-west-1"];
/// Nothing of what the organization demands, but for the tags.
const GIVEN_UP: [&str; 6] = [
    "--reset",
    "iam.permissions_boundary",
    "--reset",
    "iam.path",
    "--reset",
    "iam.role_prefix",
];
/// What the organization demands, as flags.
const DEMANDS: [&str; 10] = [
    "--permissions-boundary",
    "/team/Boundary",
    "--iam-path",
    "/team/",
    "--role-prefix",
    "Corp-",
    "--tag",
    "team=security",
    "--tag",
    "cost-center=4711",
];

fn hub<'a>(command: &'a str, demands: &[&'a str]) -> Vec<&'a str> {
    [&[command, "hub", "--email", PERSON, "--yes"], demands].concat()
}

fn spokes<'a>(command: &'a str, demands: &[&'a str]) -> Vec<&'a str> {
    let units = ["--ou", "/Workloads", "--ou", "/Security"];
    let regions = ["--regions", "us-east-1,eu-west-1", "--yes"];
    [&[command, "spokes"], &units[..], &regions, demands].concat()
}

/// The roles of an account whose names have this in them.
fn roles(world: &World, account: &str, part: &str) -> Vec<(String, Value)> {
    let snapshot = world.lab.snapshot().unwrap();
    let regions = snapshot[account].as_object().unwrap().values();
    let of_iam = regions.filter_map(|it| it["roles"].as_object());
    let all = of_iam.flatten().filter(|(name, _)| name.contains(part));
    let mut all: Vec<_> = all
        .map(|(name, role)| (name.clone(), role.clone()))
        .collect();
    all.sort_by(|one, other| one.0.cmp(&other.0));
    all
}

fn names(roles: &[(String, Value)]) -> Vec<&str> {
    roles.iter().map(|(name, _)| name.as_str()).collect()
}

fn no_change(world: &World, demands: &[&str]) {
    for args in [hub("deploy", demands), spokes("deploy", demands)] {
        world.count_calls();
        let ran = world.rootwatch(&args).ends_with(0);
        assert!(
            ran.stdout.contains("No changes"),
            "{}\n{}",
            ran.stdout,
            ran.stderr
        );
        assert_eq!(world.writes(), Vec::<String>::new());
    }
}

fn allow_everything(world: &World) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    for account in ["hub", "shop", "payments", "sandbox"] {
        let sdk = world.sdk(&world.account(account), REGION);
        runtime.block_on(Intruder::make_boundary(&aws_sdk_iam::Client::new(&sdk)));
    }
}

#[test]
fn an_organizations_demands_are_met_everywhere_and_can_be_given_up() {
    let world = World::new();
    allow_everything(&world);
    world.rootwatch(&hub("deploy", &DEMANDS)).ends_with(0);
    let ran = world.rootwatch(&spokes("deploy", &DEMANDS)).ends_with(0);
    // What is left to run in the management account meets them too.
    let said = ran.stdout + &ran.stderr;
    let (_, left) = said.split_once("rootwatch deploy spokes ").unwrap();
    for demand in DEMANDS.chunks(2).filter(|it| it[0] != "--tag") {
        assert!(left.contains(&demand.join(" ")), "{demand:?}: {left}");
    }
    no_change(&world, &DEMANDS);
    for account in ["hub", "shop", "payments", "sandbox"] {
        let account = world.account(account);
        let found = roles(&world, &account, "rootwatch-spoke-");
        let wanted = [
            "Corp-rootwatch-spoke-eu-west-1",
            "Corp-rootwatch-spoke-us-east-1",
        ];
        assert_eq!(names(&found), wanted);
        for (name, role) in found {
            assert_eq!(role["Path"], "/team/", "{name}");
            let boundary = format!("arn:aws:iam::{account}:policy/team/Boundary");
            assert_eq!(role["PermissionsBoundary"], boundary, "{name}");
        }
    }
    let snapshot = world.lab.snapshot().unwrap();
    let stacks = snapshot[&world.account("shop")][REGION]["stacks"].to_string();
    assert!(stacks.contains("\"cost-center\":\"4711\""), "{stacks}");
    let found = roles(&world, &world.organization.hub, "-notifier-");
    assert_eq!(names(&found), ["Corp-rootwatch-notifier-eu-west-1"]);
    let role = &found[0].1;
    assert_eq!(role["Path"], "/team/");
    assert_eq!(role["Tags"]["cost-center"], "4711");
    world.lab.confirm_subscription(PERSON).unwrap();
    let verify = [&["verify", "--role", "rootwatch-reader"], &DEMANDS[..6]].concat();
    world.rootwatch(&verify).ends_with(0);
    world
        .rootwatch(&[&["test"], &DEMANDS[..6]].concat())
        .ends_with(0);

    // Without any of it, but for the tags, which stay: the notifier's role is made anew under its own name.
    let plan = [&["plan", "hub"], &GIVEN_UP[..]].concat();
    let plan = world.rootwatch(&plan).ends_with(0);
    insta::assert_snapshot!("demands-given-up", world.stable(&plan.stdout));
    world.count_calls();
    world.rootwatch(&hub("deploy", &GIVEN_UP)).ends_with(0);
    // The topic's policy allows one role alone: it follows the function, which publishes as the former role until then.
    let writes = world.writes();
    let (before, after) = writes.split_at(3);
    assert_eq!(
        before,
        [
            "iam:CreateRole",
            "iam:PutRolePolicy",
            "lambda:UpdateFunctionConfiguration",
        ]
    );
    let after: BTreeSet<&str> = after.iter().map(String::as_str).collect();
    let expected = [
        "iam:DeleteRole",
        "iam:DeleteRolePolicy",
        "sns:SetTopicAttributes",
    ];
    assert_eq!(after, expected.into());
    world.rootwatch(&spokes("deploy", &GIVEN_UP)).ends_with(0);
    no_change(&world, &[]);
    for account in ["hub", "shop"] {
        assert!(roles(&world, &world.account(account), "Corp-").is_empty());
    }
    assert_eq!(
        roles(&world, &world.account("shop"), "StackSet-").len(),
        REGIONS.len()
    );
}

#[test]
fn a_role_is_not_moved_to_another_path() {
    let world = World::new();
    allow_everything(&world);
    world.rootwatch(&hub("deploy", &DEMANDS)).ends_with(0);
    world.rootwatch(&spokes("deploy", &DEMANDS)).ends_with(0);
    world.count_calls();
    let elsewhere = [&DEMANDS[..2], &["--iam-path", "/other/"], &DEMANDS[4..]].concat();
    for (args, said) in [
        (hub("deploy", &elsewhere), "IAM moves no role"),
        (
            spokes("deploy", &elsewhere),
            "CloudFormation cannot move a role",
        ),
    ] {
        let ran = world.rootwatch(&args).ends_with(1);
        assert!(ran.stderr.contains(said), "{}", ran.stderr);
        assert!(
            ran.stderr.contains("Give another --role-prefix"),
            "{}",
            ran.stderr
        );
    }
    assert_eq!(world.writes(), Vec::<String>::new());
    let renamed = [
        &elsewhere[..4],
        &["--role-prefix", "Other-"],
        &elsewhere[6..],
    ]
    .concat();
    world.rootwatch(&hub("deploy", &renamed)).ends_with(0);
    world.rootwatch(&spokes("deploy", &renamed)).ends_with(0);
    no_change(&world, &renamed);
    let shop = world.account("shop");
    assert_eq!(roles(&world, &shop, "Corp-"), []);
    assert_eq!(roles(&world, &shop, "Other-").len(), 2);
    // The settings of the removal are those of the deployment before: the role is found by the function.
    world.rootwatch(&spokes("deploy", &renamed)).ends_with(0);
    world
        .rootwatch(
            &[
                &["teardown", "hub", "--abandon-spokes", "--yes"],
                &DEMANDS[..6],
            ]
            .concat(),
        )
        .ends_with(0);
    assert_eq!(roles(&world, &world.organization.hub, "-notifier-"), []);
}

#[test]
fn one_of_awss_policies_is_a_boundary_too() {
    let world = World::new();
    let demands = [
        "--permissions-boundary",
        "arn:aws:iam::aws:policy/PowerUserAccess",
    ];
    world.rootwatch(&hub("deploy", &demands)).ends_with(0);
    world.rootwatch(&spokes("deploy", &demands)).ends_with(0);
    no_change(&world, &demands);
    let found = roles(&world, &world.account("shop"), "StackSet-");
    assert_eq!(found[0].1["PermissionsBoundary"], demands[1]);
}

#[test]
fn the_hubs_log_and_queues_get_keys_of_their_own() {
    let world = World::new();
    let log = format!("arn:aws:kms:{REGION}:222222222222:key/log");
    let queue = format!("arn:aws:kms:{REGION}:222222222222:key/queue");
    let keys = ["--log-kms-key", &log, "--queue-kms-key", &queue];
    world.rootwatch(&hub("deploy", &keys)).ends_with(0);
    world.lab.confirm_subscription(PERSON).unwrap();
    let here =
        |world: &World| world.lab.snapshot().unwrap()[&world.organization.hub][REGION].clone();
    let made = here(&world);
    for name in [
        "rootwatch-acts",
        "rootwatch-reads",
        "rootwatch-dead-letters",
    ] {
        assert_eq!(made["queues"][name]["KmsMasterKeyId"], queue, "{name}");
        assert_eq!(
            made["queues"][name]["SqsManagedSseEnabled"], "false",
            "{name}"
        );
    }
    assert_eq!(
        made["log_groups"]["/aws/lambda/rootwatch-notifier"]["KmsKeyId"],
        log
    );
    world.count_calls();
    world.rootwatch(&hub("deploy", &keys)).ends_with(0);
    assert_eq!(world.writes(), Vec::<String>::new());

    let reset = ["--reset", "hub.queue_kms_key"];
    world.rootwatch(&hub("deploy", &reset)).ends_with(0);
    let made = here(&world);
    assert!(!made["queues"].to_string().contains("key/queue"), "{made}");
    // Nobody asked for the log to lose its key.
    let kept = &made["log_groups"]["/aws/lambda/rootwatch-notifier"]["KmsKeyId"];
    assert_eq!(kept, &log);
    world.count_calls();
    world.rootwatch(&hub("deploy", &[])).ends_with(0);
    assert_eq!(world.writes(), Vec::<String>::new());
}
