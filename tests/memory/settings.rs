//! `rootwatch settings` and `rootwatch init --from-deployed`.

use crate::world::{PERSON, REGION, World, run};

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
    world
        .rootwatch(&["init", path, "--from-deployed"])
        .ends_with(0);
    for what in ["hub", "spokes"] {
        let plan = ["plan", what, "--config", path, "--detailed-exitcode"];
        world.rootwatch(&plan).ends_with(0);
    }
    let text = std::fs::read_to_string(path).unwrap();
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
