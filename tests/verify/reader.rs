//! Roles that `--role` enters: which let the hub in, what the reader's may do, and what is said of those that do not.

use super::{DEFAULT_ROLE, SPOKE_ROLE};
use crate::adopt::reference::{block_on, settle};
use crate::world::{DEPLOY_SPOKES, PERSON, REGION, Ran, World, run};
use aws_sdk_cloudformation::types as cfn;
use serde_json::Value;
use std::collections::BTreeSet;

const TEMPLATE: &str = include_str!("../../templates/reader-role.yaml");
const STACK_SET: &str = "watch";
const PAGE: &str = "docs/reader-role.md";

/// The one line that says why no account can be entered, and what stands below it.
#[track_caller]
fn refusal(ran: &Ran, places: &str) -> String {
    let lines: Vec<&str> = ran.stdout.lines().collect();
    let refused = |line: &&&str| line.contains("is not authorized to perform: sts:AssumeRole");
    let refused: Vec<&&str> = lines.iter().filter(refused).collect();
    assert_eq!(refused.len(), 1, "{}", ran.stdout);
    assert!(refused[0].contains(places), "{}", ran.stdout);
    (*refused[0]).to_owned()
}

#[test]
fn a_role_that_does_not_let_the_hub_in_is_one_line_that_says_what_to_do() {
    let world = World::deployed().calm();
    let hub = &world.organization.hub;
    let user = format!("User: arn:aws:iam::{hub}:user/operator");
    for role in [DEFAULT_ROLE, "rootwatch-raeder"] {
        let verified = world.rootwatch(&["verify", "--role", role]).ends_with(2);
        let wait = ["--wait", "10s", "--role", role];
        let tested = world.rootwatch(&[&["test", "--all-accounts"], &wait[..]].concat());
        for ran in [verified, tested.ends_with(2)] {
            let line = refusal(&ran, " places of ");
            assert!(line.contains(&user), "{line}");
            assert!(line.contains(&format!(":role/{role}")), "{line}");
            assert!(line.contains("accounts ("), "{line}");
            assert_eq!(ran.stdout.matches(PAGE).count(), 1, "{}", ran.stdout);
        }
    }
    let args = ["verify", "--role", DEFAULT_ROLE, "--output", "json"];
    let report = world.rootwatch(&args).ends_with(2).json();
    let hops = report["hops"].as_array().unwrap().iter();
    let unread: BTreeSet<String> = hops
        .filter(|hop| hop["verdict"] == "unknown")
        .map(|hop| format!("{} {}", hop["account"], hop["region"]))
        .collect();
    assert_eq!(Value::from(unread.len()), report["counts"]["unknown"]);
    assert!(unread.len() > 3, "{unread:?}");
    let each = world.rootwatch(&["verify", "-v", "--role", DEFAULT_ROLE]);
    assert_eq!(each.stdout.matches(PAGE).count(), unread.len());
}

/// The roles of a lab's account, by name.
fn roles(world: &World, account: &str) -> Value {
    let snapshot = world.lab.snapshot().unwrap();
    let regions = snapshot[account].as_object().unwrap().values();
    let roles = regions.map(|it| &it["roles"]).find(|it| it.is_object());
    roles.unwrap().clone()
}

#[test]
fn the_template_has_the_policy_that_is_printed() {
    let world = World::with_hub().calm();
    let hub = world.organization.hub.clone();
    let printed = world.rootwatch(&["policy", "reader", "--output", "json"]);
    let printed = printed.ends_with(0).json();
    let shop = world.account("shop");
    let made = roles(&world, &shop)[SPOKE_ROLE].clone();
    // A policy may write one value without brackets.
    fn listed(value: &Value) -> Value {
        match value {
            Value::Object(map) => map
                .iter()
                .map(|(key, it)| (key.clone(), listed(it)))
                .collect(),
            Value::Array(list) if list.len() == 1 => listed(&list[0]),
            Value::Array(list) => list.iter().map(listed).collect(),
            other => other.clone(),
        }
    }
    let text = listed(&made["Policies"]["read-and-test"]).to_string();
    let text = text.replace(&shop, "*");
    let wanted = listed(&printed["policy"]);
    assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), wanted);
    let trust = made["Trust"].to_string();
    assert!(
        trust.contains(&format!("arn:aws:iam::{hub}:root")),
        "{trust}"
    );

    let args = ["policy", "reader", "--format", "template"];
    assert_eq!(world.rootwatch(&args).ends_with(0).stdout, TEMPLATE);
    let args = ["policy", "verify", "--format", "template"];
    let ran = world.rootwatch(&args).ends_with(1);
    assert!(
        ran.stderr.contains("rootwatch policy reader"),
        "{}",
        ran.stderr
    );
}

/// The policy of the reader's role in an account, without one statement.
fn without(world: &World, account: &str, sid: &str) -> String {
    let mut policy = roles(world, account)[SPOKE_ROLE]["Policies"]["read-and-test"].clone();
    let statements = policy["Statement"].as_array_mut().unwrap();
    statements.retain(|it| it["Sid"] != sid);
    policy.to_string()
}

#[test]
fn each_statement_of_the_reader_is_needed() {
    let world = World::deployed().calm();
    let shop = world.account("shop");
    let iam = aws_sdk_iam::Client::new(&world.sdk(&shop, REGION));
    let put = |document: String| {
        let call = iam.put_role_policy().role_name(SPOKE_ROLE);
        let call = call.policy_name("read-and-test").policy_document(document);
        block_on(call.send()).unwrap();
    };
    let whole = without(&world, &shop, "none");
    let look = |command: &'static str| {
        let place = ["--account", &shop, "--role", SPOKE_ROLE];
        world.rootwatch(&[&[command], &place[..]].concat())
    };
    for (sid, command, action) in [
        ("RulesInSpokes", "verify", "events:DescribeRule"),
        ("RolesInSpokes", "verify", "iam:GetRole"),
        ("QueuesInSpokes", "verify", "sqs:GetQueueUrl"),
        ("BusInSpokes", "test", "events:PutEvents"),
    ] {
        put(without(&world, &shop, sid));
        let ran = look(command).ends_with(2);
        assert!(ran.stdout.contains(action), "{sid}: {}", ran.stdout);
        put(whole.clone());
        look(command).ends_with(0);
    }
}

/// Deploys the template as a StackSet of the management account's, as the page says.
async fn deploy(world: &World, parameters: &[(&str, &str)]) {
    let management = world.sdk(&world.organization.management, REGION);
    let cloudformation = aws_sdk_cloudformation::Client::new(&management);
    let parameter = |(key, value): &(&str, &str)| {
        let parameter = cfn::Parameter::builder().parameter_key(*key);
        parameter.parameter_value(*value).build()
    };
    let auto = cfn::AutoDeployment::builder().enabled(true);
    let auto = auto.retain_stacks_on_account_removal(false).build();
    let call = cloudformation.create_stack_set().stack_set_name(STACK_SET);
    let call = call
        .template_body(TEMPLATE)
        .set_parameters(Some(parameters.iter().map(parameter).collect()))
        .capabilities(cfn::Capability::CapabilityNamedIam)
        .permission_model(cfn::PermissionModels::ServiceManaged)
        .auto_deployment(auto);
    call.send().await.unwrap();
    let targets = cfn::DeploymentTargets::builder();
    let root = &world.organization.root_id;
    let call = cloudformation
        .create_stack_instances()
        .stack_set_name(STACK_SET)
        .deployment_targets(targets.organizational_unit_ids(root).build())
        .regions(REGION);
    call.send().await.unwrap();
}

#[test]
fn a_stack_set_of_the_template_makes_a_role_that_works_in_every_account() {
    let world = World::deployed().calm();
    let parameters = [
        ("HubAccountId", world.organization.hub.as_str()),
        ("Caller", "user/oper*"),
        ("ExternalId", "corp=1"),
        ("RoleName", "Watch"),
        ("RolePath", "/team/"),
    ];
    block_on(deploy(&world, &parameters));
    settle(&world, &[]);
    let role = ["--role", "team/Watch"];
    let id = ["--external-id", "corp=1"];
    let verify = [&["verify"], &role[..]].concat();
    refusal(&world.rootwatch(&verify).ends_with(2), " places of ");
    world.rootwatch(&[&verify[..], &id].concat()).ends_with(0);
    let test = [&["test", "--all-accounts"], &role[..], &id].concat();
    world.rootwatch(&test).ends_with(0);

    let shop = world.account("shop");
    let made = roles(&world, &shop)["Watch"].clone();
    let mut trust = made["Trust"].clone();
    trust["Statement"][0]["Condition"]["ArnLike"]["aws:PrincipalArn"] =
        "arn:aws:iam::*:role/Job".into();
    let iam = aws_sdk_iam::Client::new(&world.sdk(&shop, REGION));
    let call = iam.update_assume_role_policy().role_name("Watch");
    block_on(call.policy_document(trust.to_string()).send()).unwrap();
    let place = ["--account", &shop, "--spoke-region", REGION];
    let of_shop = [&verify[..], &id, &place].concat();
    refusal(&world.rootwatch(&of_shop).ends_with(2), "");
}

/// Where nobody may add a role: the default one, by a profile that goes by the management account.
#[test]
fn the_default_role_works_by_a_profile_of_the_management_account() {
    let world = World::deployed().calm();
    let (shop, management) = (world.account("shop"), &world.organization.management);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("config");
    let config = format!(
        "[profile management]\naws_access_key_id = {management}\naws_secret_access_key = lab\n\
         [profile shop]\nrole_arn = arn:aws:iam::{shop}:role/{DEFAULT_ROLE}\nsource_profile = management\n"
    );
    std::fs::write(&file, config).unwrap();
    let mut env = world.lab.env(&world.organization.hub, REGION);
    env.retain(|(name, _)| name != "AWS_CONFIG_FILE");
    env.push(("AWS_CONFIG_FILE".into(), file.to_str().unwrap().into()));
    for command in ["verify", "test"] {
        let args = [command, "--account", &shop, "--spoke-profile", "shop"];
        run(&env, &args).ends_with(0);
    }
}

#[test]
fn the_default_role_works_where_the_hub_is_in_the_management_account() {
    let world = World::deployed().calm();
    let management = world.organization.management.clone();
    let with_role = |command: &'static str| {
        let args = [command, "--role", DEFAULT_ROLE];
        let all: &[&str] = match command {
            "test" => &["--all-accounts"],
            _ => &[],
        };
        world.rootwatch_as(&management, &[&args[..], all].concat())
    };
    let hub = ["deploy", "hub", "--email", PERSON, "--yes"];
    for command in ["verify", "test"] {
        let ran = with_role(command).ends_with(1);
        assert!(ran.stderr.contains("no hub here"), "{}", ran.stderr);
    }
    world.rootwatch(&["teardown", "all", "--yes"]).ends_with(0);
    world.rootwatch_as(&management, &hub).ends_with(0);
    world.lab.confirm_subscription(PERSON).unwrap();
    world.rootwatch_as(&management, &DEPLOY_SPOKES).ends_with(0);
    for command in ["verify", "test"] {
        with_role(command).ends_with(0);
    }
}
