use super::DEPLOY;
use crate::world::{PERSON, REGION, World};
use std::io::Write;

#[test]
fn a_pending_subscription_is_not_mailed_again() {
    let world = World::new();
    world.rootwatch(&DEPLOY).ends_with(0);
    assert_eq!(world.lab.mailbox(PERSON).unwrap().len(), 2);
    world.rootwatch(&DEPLOY).ends_with(0);
    assert_eq!(world.lab.mailbox(PERSON).unwrap().len(), 2);
    let status = world.rootwatch(&["status"]).ends_with(2);
    assert!(
        status.stdout.contains("has not confirmed"),
        "{}",
        status.stdout
    );
}

#[test]
fn only_what_rootwatch_subscribed_is_unsubscribed() {
    let world = World::with_hub();
    let topic = format!(
        "arn:aws:sns:{REGION}:{}:rootwatch-alerts",
        world.organization.hub
    );
    let sns = aws_sdk_sns::Client::new(&world.sdk(&world.organization.hub, REGION));
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let theirs = sns
        .subscribe()
        .topic_arn(&topic)
        .protocol("email")
        .endpoint("audit@example.com");
    runtime.block_on(theirs.send()).unwrap();
    world.lab.confirm_subscription("audit@example.com").unwrap();

    let mut file = tempfile::NamedTempFile::new().unwrap();
    writeln!(file, "[hub]\nemail = [\"new@example.com\"]").unwrap();
    let file = file.path().to_str().unwrap();
    let other = ["deploy", "hub", "--config", file, "--yes"];
    let ran = world.rootwatch(&other).ends_with(0);
    assert!(
        ran.stderr
            .contains("subscriptions.email security@example.com: true -> (none)"),
        "{}",
        ran.stderr
    );
    let listed = runtime
        .block_on(sns.list_subscriptions_by_topic().topic_arn(&topic).send())
        .unwrap();
    let mut who: Vec<_> = listed
        .subscriptions()
        .iter()
        .filter_map(|it| it.endpoint())
        .collect();
    who.sort_unstable();
    assert_eq!(who, ["audit@example.com", "new@example.com"]);
    world.count_calls();
    world.rootwatch(&other).ends_with(0);
    assert_eq!(world.writes(), Vec::<String>::new());
}

#[test]
fn a_run_that_names_nobody_changes_nothing_of_who_is_reported() {
    let world = World::with_hub();
    world.count_calls();
    let ran = world.rootwatch(&["deploy", "hub", "--yes"]).ends_with(0);
    assert!(ran.stdout.starts_with("No changes"), "{}", ran.stdout);
    assert_eq!(world.writes(), Vec::<String>::new());
}

#[test]
fn who_let_two_days_pass_is_asked_again() {
    let world = World::new();
    world.rootwatch(&DEPLOY).ends_with(0);
    world.lab.expire_subscriptions(PERSON).unwrap();
    let plan = world
        .rootwatch(&["plan", "hub", "--email", PERSON])
        .ends_with(0);
    let gone = "subscriptions.email security@example.com: (none) -> true";
    assert!(plan.stdout.contains(gone), "{}", plan.stdout);
    world.rootwatch(&DEPLOY).ends_with(0);
    assert_eq!(world.lab.mailbox(PERSON).unwrap().len(), 4);
}
