use crate::world::{PERSON, REGION, World, name};
use rootwatch_lab::Late;
use std::collections::BTreeSet;

const DEPLOY: [&str; 5] = ["deploy", "hub", "--email", PERSON, "--yes"];

#[test]
fn a_second_run_only_reads() {
    let world = World::with_hub();
    world.lab.clear_calls().unwrap();
    let again = world.rootwatch(&DEPLOY).ends_with(0);
    assert!(
        again
            .stdout
            .starts_with("No changes: all 19 resources are as wanted."),
        "{}",
        again.stdout
    );
    assert_eq!(world.writes(), Vec::<String>::new());
    // One wave: nothing is read twice but what AWS has in pieces.
    assert!(world.lab.calls().unwrap().len() <= 45);
}

#[test]
fn everything_that_can_carry_a_tag_carries_ours() {
    let world = World::new();
    world
        .rootwatch(&[&DEPLOY[..], &["--tag", "team=security"]].concat())
        .ends_with(0);
    let plan = world
        .rootwatch(&[
            "plan",
            "hub",
            "--email",
            PERSON,
            "--tag",
            "team=payments",
            "--output",
            "json",
        ])
        .ends_with(0)
        .json();
    let tagged = plan["steps"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|step| step["action"] == "update");
    let fields: BTreeSet<_> = tagged
        .clone()
        .flat_map(|step| step["fields"].as_array().unwrap())
        .map(|change| change["field"].as_str().unwrap())
        .collect();
    assert_eq!(fields, BTreeSet::from(["tags.team"]));
    assert_eq!(tagged.count(), 14);
}

#[test]
fn what_has_our_name_but_not_our_tag_is_refused_before_the_first_write() {
    let world = World::new();
    let hub = world.organization.hub.clone();
    let client = aws_sdk_eventbridge::Client::new(&world.sdk(&hub, REGION));
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime
        .block_on(client.create_event_bus().name("rootwatch").send())
        .unwrap();
    world.lab.clear_calls().unwrap();
    let refused = world.rootwatch(&DEPLOY).ends_with(1);
    assert!(
        refused.stderr.contains("event-bus rootwatch") && refused.stderr.contains("somebody else"),
        "{}",
        refused.stderr
    );
    assert_eq!(world.writes(), Vec::<String>::new());

    // Nor does teardown touch it.
    world.rootwatch(&["teardown", "hub", "--yes"]).ends_with(0);
    assert_eq!(world.writes(), Vec::<String>::new());
}

#[test]
fn late_truths_are_waited_out_in_sight() {
    let world = World::new();
    world
        .lab
        .set_late(&Late {
            role_visible_after_ms: Some(1200),
            lambda_pending_ms: Some(600),
            mapping_ms: Some(400),
            ..Late::default()
        })
        .unwrap();
    let ran = world.rootwatch(&DEPLOY).ends_with(0);
    for awaited in [
        "waiting for Lambda to see the new role",
        "waiting for the function to become active",
    ] {
        assert!(ran.stderr.contains(awaited), "{}", ran.stderr);
    }
    world.lab.clear_calls().unwrap();
    world.rootwatch(&DEPLOY).ends_with(0);
    assert_eq!(world.writes(), Vec::<String>::new());
}

#[test]
fn a_queue_deleted_a_moment_ago_is_waited_for() {
    let world = World::with_hub();
    world
        .lab
        .set_late(&Late {
            queue_name_reuse_ms: Some(2500),
            ..Late::default()
        })
        .unwrap();
    world.rootwatch(&["teardown", "hub", "--yes"]).ends_with(0);
    let ran = world.rootwatch(&DEPLOY).ends_with(0);
    assert!(
        ran.stderr.contains("waiting for SQS to free the name"),
        "{}",
        ran.stderr
    );
}

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
fn nobody_at_a_terminal_means_nothing_changes_without_yes() {
    let world = World::new();
    world.lab.clear_calls().unwrap();
    let ran = world.rootwatch(&["deploy", "hub"]).ends_with(3);
    assert!(ran.stderr.contains("--yes"), "{}", ran.stderr);
    assert_eq!(world.writes(), Vec::<String>::new());
    world.rootwatch(&["plan", "hub"]).ends_with(0);
    world
        .rootwatch(&["plan", "hub", "--detailed-exitcode"])
        .ends_with(2);
    assert_eq!(world.writes(), Vec::<String>::new());
}

#[test]
fn drift_is_shown_and_repaired_with_one_write() {
    let world = World::with_hub();
    let client = aws_sdk_eventbridge::Client::new(&world.sdk(&world.organization.hub, REGION));
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let disable = client
        .disable_rule()
        .name("rootwatch-acts")
        .event_bus_name("rootwatch");
    runtime.block_on(disable.send()).unwrap();
    let plan = world
        .rootwatch(&["plan", "hub", "--email", PERSON, "--detailed-exitcode"])
        .ends_with(2);
    assert!(
        plan.stdout.contains("~ rule rootwatch-acts"),
        "{}",
        plan.stdout
    );
    assert!(
        plan.stdout
            .contains(r#"state: "DISABLED" -> "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS""#),
        "{}",
        plan.stdout
    );
    world.lab.clear_calls().unwrap();
    world.rootwatch(&DEPLOY).ends_with(0);
    assert_eq!(world.writes(), ["events:PutRule"]);
}

/// The service of a call in the word of its IAM actions, which is not always that of its signature.
fn in_iam_words(call: &str) -> String {
    call.replace("monitoring:", "cloudwatch:")
}

#[test]
fn a_plan_names_the_calls_that_a_deployment_makes() {
    let world = World::new();
    world.lab.clear_calls().unwrap();
    let plan = ["plan", "hub", "--email", PERSON, "--output", "json"];
    let first = world.rootwatch(&plan).ends_with(0).json();
    let observed = world.lab.calls().unwrap().len();
    world.lab.clear_calls().unwrap();
    world.rootwatch(&DEPLOY).ends_with(0);

    let texts = |value: &serde_json::Value| -> Vec<String> {
        let texts = value.as_array().unwrap().iter();
        texts.map(|it| it.as_str().unwrap().to_owned()).collect()
    };
    let steps = first["steps"].as_array().unwrap();
    let mut planned: Vec<String> = steps
        .iter()
        .flat_map(|step| texts(&step["calls"]))
        .collect();
    // What tells who has not confirmed yet.
    planned.extend([
        "sns:ListSubscriptionsByTopic".into(),
        "sns:ListSubscriptionsByTopic".into(),
    ]);
    planned.sort();
    let calls = world.lab.calls().unwrap();
    let own = calls.iter().filter(|call| !call.by_function);
    let mut made: Vec<String> = own
        .skip(observed)
        .map(|call| in_iam_words(&name(call)))
        .collect();
    made.sort();
    assert_eq!(made, planned);

    assert_eq!(
        texts(&first["longest_chain"]).len(),
        2 + 2 + 2 + 1 + 2 + 1,
        "who, what is there; role, function, permission, rule; who has not confirmed"
    );
    let again = world.rootwatch(&plan).ends_with(0).json();
    assert_eq!(
        texts(&again["longest_chain"]),
        [
            "sts:GetCallerIdentity",
            "sqs:GetQueueUrl",
            "sqs:GetQueueAttributes"
        ]
    );
    let told = world.rootwatch(&["plan", "hub", "--email", PERSON, "-v"]);
    assert!(
        told.stdout
            .contains("Longest chain of dependent calls, 3 in all:"),
        "{}",
        told.stdout
    );
}
