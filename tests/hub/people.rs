use crate::world::{PERSON, REGION, World};

/// The last line of a text.
fn last(text: &str) -> &str {
    text.lines().last().unwrap_or_default()
}

/// Subscribes somebody to a topic, without rootwatch.
fn subscribe(world: &World, topic: &str, endpoint: &str) {
    let hub = &world.organization.hub;
    let sns = aws_sdk_sns::Client::new(&world.sdk(hub, REGION));
    let call = sns
        .subscribe()
        .topic_arn(format!("arn:aws:sns:{REGION}:{hub}:{topic}"))
        .protocol("email")
        .endpoint(endpoint);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(call.send()).unwrap();
    world.lab.confirm_subscription(endpoint).unwrap();
}

#[test]
fn a_plan_that_leaves_people_on_another_topic_names_them_and_asks_for_their_number() {
    let world = World::with_hub();
    subscribe(&world, "rootwatch-alerts", "audit@example.com");
    let elsewhere = ["deploy", "hub", "--topic-name", "alarms", "--email", PERSON];
    world.count_calls();
    let refused = world.rootwatch(&elsewhere).ends_with(3);
    for line in [
        "  email security@example.com: health; alerts (pending: 1 confirmation link to click)",
        "No longer notified: 2",
        "  - email audit@example.com: alerts",
        "  - email security@example.com: alerts (until the link in a new mail is clicked)",
        "! Nobody is notified after this of: alerts, until someone clicks the link in the mail from SNS.",
        "Not confirmed: there is no terminal for the question; add --yes to confirm. Nothing was changed.",
    ] {
        assert!(refused.stderr.contains(line), "{line}\n{}", refused.stderr);
    }
    assert_eq!(world.writes(), Vec::<String>::new());

    let ran = world
        .rootwatch(&[&elsewhere[..], &["--yes"]].concat())
        .ends_with(0);
    let said = "! Confirmed by --yes: 2 subscribers are no longer notified.";
    assert!(ran.stderr.contains(said), "{}", ran.stderr);
}

#[test]
fn programs_read_who_is_notified_and_who_no_longer() {
    let world = World::with_hub();
    let plan = [
        "plan",
        "hub",
        "--email",
        "new@example.com",
        "--remove-subscription",
        PERSON,
        "--output",
        "json",
    ];
    let plan = world.rootwatch(&plan).ends_with(0).json();
    assert_eq!(
        plan["notified"],
        serde_json::json!([
            {"subscriber": "email new@example.com", "confirmed": [], "pending": ["alerts", "health"]}
        ])
    );
    assert_eq!(
        plan["no_longer_notified"],
        serde_json::json!([
            {"subscriber": "email security@example.com", "subjects": ["alerts", "health"], "until_confirmed": []}
        ])
    );
}

#[test]
fn a_hub_that_notifies_nobody_says_so_last_whether_or_not_it_changes() {
    let world = World::new();
    let plan = world.rootwatch(&["plan", "hub"]).ends_with(0);
    let after = "! Nobody is notified after this: give --email or --sns-subscription.";
    assert_eq!(last(&plan.stdout), after);
    let now = "! Nobody is notified now: give --email or --sns-subscription.";
    for _ in ["created", "unchanged"] {
        let ran = world.rootwatch(&["deploy", "hub", "--yes"]).ends_with(0);
        assert_eq!(last(&ran.stdout), now);
    }
}

#[test]
fn a_deployment_ends_with_what_comes_next() {
    let world = World::new();
    let deploy = ["deploy", "hub", "--email", PERSON, "--yes"];
    let hub = world.organization.hub.clone();
    let ran = world.rootwatch(&deploy).ends_with(0);
    let next = format!(
        "Next: 1. within two days, give the link in the mail from no-reply@sns.amazonaws.com to {PERSON} (2 mails: alerts, health) to `rootwatch confirm`, so that no click in a later mail can end the subscription; or click it
      2. deploy the spokes, if you have not yet (as the management account or a delegated administrator): rootwatch deploy spokes --region {REGION} --hub-account {hub} --hub-region {REGION} --ou /
      3. rootwatch test --region {REGION}
! Nobody is notified now of: alerts, health, until someone clicks the link in the mail from SNS.
"
    );
    assert!(ran.stdout.ends_with(&next), "{}", ran.stdout);

    world.lab.confirm_subscription(PERSON).unwrap();
    // What SNS lists late is reported as it lists it.
    let world = world.calm();
    let again = world.rootwatch(&deploy).ends_with(0);
    assert_eq!(
        again.stdout,
        "No changes: all 30 resources are up to date.\nNotified:\n  email security@example.com: alerts, health\n"
    );
}
