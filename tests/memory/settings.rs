//! `rootwatch settings` and `rootwatch init --from-deployed`.

use crate::world::{PERSON, REGION, Ran, World, run};

/// Writes the file of what is deployed, by a run that is given these arguments. Returns what was printed, and the file.
fn init(run: impl Fn(&[&str]) -> Ran, path: &str) -> (String, String) {
    let ran = run(&["init", path, "--from-deployed"]).ends_with(0);
    (ran.stdout, std::fs::read_to_string(path).unwrap())
}

/// No plan changes anything with a file.
fn changes_nothing(world: &World, path: &str) {
    for what in ["hub", "spokes"] {
        let plan = ["plan", what, "--config", path, "--detailed-exitcode"];
        world.rootwatch(&plan).ends_with(0);
    }
}

#[test]
fn each_value_says_where_it_comes_from() {
    let world = World::with_hub();
    let mut env = world.lab.env(&world.organization.hub, REGION);
    env.push(("ROOTWATCH_LOG_RETENTION_DAYS".into(), "90".into()));
    let settings = run(&env, &["settings", "--notify-format", "chatbot"]).ends_with(0);
    let shown: Vec<String> = settings
        .stdout
        .lines()
        .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "))
        .collect();
    for wanted in [
        "notify.format \"chatbot\" flag --notify-format",
        "hub.log_retention_days 90 environment ROOTWATCH_LOG_RETENTION_DAYS",
        "hub.topic_name (not set) default",
        &format!("region \"{REGION}\" environment AWS_REGION"),
        &format!("hub.email [\"{PERSON}\"] deployed: topic rootwatch-alerts"),
        "notify.read_only \"digest\" deployed: function rootwatch-notifier",
    ] {
        assert!(
            shown.contains(&wanted.to_owned()),
            "{wanted}\n{}",
            settings.stdout
        );
    }
}

#[test]
fn a_file_of_what_is_deployed_changes_nothing() {
    let world = World::deployed();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("deployed.toml");
    let path = path.to_str().unwrap();
    let (printed, text) = init(|args| world.rootwatch(args), path);
    for plan in ["rootwatch plan hub", "rootwatch plan spokes"] {
        assert!(
            printed.contains(&format!("  {plan} --config {path}\n")),
            "{printed}"
        );
    }
    changes_nothing(&world, path);
    assert!(text.contains(&format!("email = [\"{PERSON}\"]")), "{text}");
    let again = world
        .rootwatch(&["init", path, "--from-deployed"])
        .ends_with(1);
    assert!(again.stderr.contains("exists already"), "{}", again.stderr);
}

#[test]
fn nothing_deployed_makes_no_file() {
    let world = World::new();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("deployed.toml");
    let ran = world
        .rootwatch(&["init", path.to_str().unwrap(), "--from-deployed"])
        .ends_with(1);
    assert!(
        ran.stderr.contains("nothing of the deployment"),
        "{}",
        ran.stderr
    );
    assert!(!path.exists());
}

/// A file holds for both, so that either's tag or prefix in it would change the other.
#[test]
fn what_the_hub_and_the_spokes_do_not_share_is_left_out() {
    let world = World::new().calm();
    let hub = [
        "deploy",
        "hub",
        "--yes",
        "--email",
        PERSON,
        "--tag=team=security",
    ];
    world.rootwatch(&hub).ends_with(0);
    world.lab.confirm_subscription(PERSON).unwrap();
    let other = ["--role-prefix", "Corp-", "--tag=team=platform"];
    world.deploy_units(&["/Security"], &other).ends_with(0);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("deployed.toml");
    let path = path.to_str().unwrap();
    let (printed, text) = init(|args| world.rootwatch(args), path);
    let said =
        "iam.role_prefix is left out. The hub has the default, and the spokes have \"Corp-\".";
    assert!(printed.contains(said), "{printed}");
    for line in ["#role_prefix = ", "#team = "] {
        assert!(text.contains(&format!("\n{line}")), "{text}");
    }
    changes_nothing(&world, path);
    let settings = world.rootwatch(&["settings"]).ends_with(0).stdout;
    let rows: Vec<Vec<&str>> = settings
        .lines()
        .filter(|it| it.starts_with("iam.role_prefix"))
        .map(|it| it.split_whitespace().skip(1).collect())
        .collect();
    let of_spokes = vec![
        "\"Corp-\"",
        "deployed:",
        "StackSet",
        "rootwatch-spoke",
        "(spokes)",
    ];
    assert_eq!(rows, [vec!["(not", "set)", "default", "(hub)"], of_spokes]);
}

/// SNS shows stars for a password, and a list without the subscription would remove it.
#[test]
fn a_password_that_cannot_be_read_is_not_replaced() {
    let world = World::new().calm();
    let https = "https=https://u:secret@example.com/in";
    let hub = [
        "deploy",
        "hub",
        "--yes",
        "--email",
        PERSON,
        "--sns-subscription",
        https,
    ];
    world.rootwatch(&hub).ends_with(0);
    world.lab.confirm_subscription(PERSON).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("deployed.toml");
    let path = path.to_str().unwrap();
    let (printed, text) = init(|args| world.rootwatch(args), path);
    assert!(
        printed.contains("hub.subscriptions is left out"),
        "{printed}"
    );
    let email = format!("\n#email = [\"{PERSON}\"]\n");
    assert!(text.contains(&email), "{text}");
    let endpoint = "\n#endpoint = \"https://u:****@example.com/in\"\n";
    assert!(text.contains(endpoint), "{text}");
    let plan = ["plan", "hub", "--config", path, "--detailed-exitcode"];
    world.rootwatch(&plan).ends_with(0);
}

#[test]
fn where_only_the_stack_set_is_found_the_spokes_come_next() {
    let world = World::deployed().calm();
    let management = world.organization.management.clone();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("deployed.toml");
    let path = path.to_str().unwrap();
    let (printed, _) = init(|args| world.rootwatch_as(&management, args), path);
    assert!(
        printed.contains("rootwatch plan spokes") && !printed.contains("plan hub"),
        "{printed}"
    );
}

#[test]
fn what_cannot_be_read_is_said_in_the_file_and_beside_it() {
    let world = World::without_delegation().calm();
    world.deploy_hub();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("deployed.toml");
    let path = path.to_str().unwrap();
    let (printed, text) = init(|args| world.rootwatch(args), path);
    let said = "the spokes cannot be read from here";
    assert!(
        printed.contains(said) && text.contains(&format!("# {said}")),
        "{printed}{text}"
    );
}

#[test]
fn a_hub_elsewhere_is_named() {
    let world = World::with_hub().calm();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("deployed.toml");
    let init = ["init", path.to_str().unwrap(), "--from-deployed"];
    for command in [&["settings"][..], &init] {
        let there = [command, &["--region", "us-east-1"]].concat();
        let ran = world.rootwatch(&there).ends_with(1);
        let said = format!("run with --region {REGION}");
        assert!(ran.stderr.contains(&said), "{}", ran.stderr);
    }
    assert!(!path.exists());
}
