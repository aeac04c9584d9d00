use crate::faults::failing;
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
            .starts_with("No changes: all 21 resources are up to date."),
        "{}",
        again.stdout
    );
    assert_eq!(world.writes(), Vec::<String>::new());
    // README.md names each of these calls and how often it is made.
    let readme = include_str!("../../README.md");
    let mut counts = std::collections::BTreeMap::new();
    for call in world.lab.calls().unwrap() {
        *counts.entry(crate::world::name(&call)).or_insert(0) += 1;
    }
    for (call, count) in counts {
        let row = format!("| `{call}` | {count} |");
        assert!(readme.contains(&row), "{row} is not in README.md");
    }
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
    assert_eq!(tagged.count(), 16);
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
fn what_the_call_before_made_is_waited_for_until_it_is_there() {
    let world = World::new();
    let rows = [
        (
            "iam",
            "PutRolePolicy",
            "NoSuchEntity",
            404,
            "The role with name x cannot be found.",
            "IAM to show the new role",
        ),
        (
            "events",
            "PutPermission",
            "ResourceNotFoundException",
            400,
            "Event bus x does not exist.",
            "EventBridge to show the new bus",
        ),
        (
            "events",
            "PutRule",
            "ResourceNotFoundException",
            400,
            "Event bus x does not exist.",
            "EventBridge to show the new bus",
        ),
        (
            "events",
            "PutTargets",
            "ResourceNotFoundException",
            400,
            "Rule x does not exist on EventBus y.",
            "EventBridge to show the new rule",
        ),
        (
            "logs",
            "PutRetentionPolicy",
            "ResourceNotFoundException",
            400,
            "The specified log group does not exist.",
            "CloudWatch Logs to show the new log group",
        ),
        (
            "sns",
            "Subscribe",
            "NotFound",
            404,
            "Topic does not exist",
            "SNS to show the new topic",
        ),
        (
            "sns",
            "TagResource",
            "ConcurrentAccess",
            400,
            "Can't perform multiple operations on a tag simultaneously.",
            "another change of the topic's tags to end",
        ),
        (
            "lambda",
            "CreateFunction",
            "InvalidParameterValueException",
            400,
            "The role defined for the function cannot be assumed by Lambda.",
            "Lambda to see the new role",
        ),
        (
            "lambda",
            "PutFunctionEventInvokeConfig",
            "InvalidParameterValueException",
            400,
            "The function's execution role does not have permissions to call SendMessage on arn:x",
            "Lambda to see the role's policy",
        ),
        (
            "lambda",
            "AddPermission",
            "ResourceConflictException",
            409,
            "An update is in progress for resource: x",
            "another update of the function to end",
        ),
        (
            "lambda",
            "CreateEventSourceMapping",
            "InvalidParameterValueException",
            400,
            "SQS Error Code: AWS.SimpleQueueService.NonExistentQueue",
            "SQS to show the new queue",
        ),
        (
            "sqs",
            "CreateQueue",
            "AWS.SimpleQueueService.QueueDeletedRecently",
            400,
            "You must wait 60 seconds after deleting a queue",
            "SQS to free the name of the queue deleted a moment ago",
        ),
    ];
    for (service, operation, code, status, message, _) in rows {
        let fault = failing(code, message, status);
        let fault = fault.service(service).operation(operation).nth(1);
        world.lab.add_fault(&fault).unwrap();
    }
    let ran = world.rootwatch(&DEPLOY).ends_with(0);
    for (_, operation, _, _, _, awaited) in rows {
        let reported = format!("waiting for {awaited} (");
        assert!(
            ran.stderr.contains(&reported),
            "{operation}: {}",
            ran.stderr
        );
    }
    let again = world.rootwatch(&DEPLOY).ends_with(0);
    assert!(again.stdout.starts_with("No changes"), "{}", again.stdout);
}

#[test]
fn what_aws_shows_late_is_waited_for_before_success_is_said() {
    let world = World::with_hub();
    let sqs = aws_sdk_sqs::Client::new(&world.sdk(&world.organization.hub, REGION));
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let url = runtime.block_on(sqs.get_queue_url().queue_name("rootwatch-reads").send());
    let change = sqs
        .set_queue_attributes()
        .queue_url(url.unwrap().queue_url.unwrap());
    let name = aws_sdk_sqs::types::QueueAttributeName::VisibilityTimeout;
    runtime
        .block_on(change.attributes(name, "1").send())
        .unwrap();
    let late = Late {
        stale_reads_ms: Some(1500),
        ..Late::default()
    };
    world.lab.set_late(&late).unwrap();
    let ran = world.rootwatch(&DEPLOY).ends_with(0);
    let waited = "waiting for AWS to show what was set: queue rootwatch-reads (";
    assert!(ran.stderr.contains(waited), "{}", ran.stderr);
    assert!(ran.stdout.contains("1 changed"), "{}", ran.stdout);
    world.lab.clear_calls().unwrap();
    world.rootwatch(&DEPLOY).ends_with(0);
    assert_eq!(world.writes(), Vec::<String>::new());
}

#[test]
fn a_first_deployment_that_aws_shows_late_ends_well() {
    let world = World::new();
    let late = Late {
        stale_reads_ms: Some(1500),
        ..Late::default()
    };
    world.lab.set_late(&late).unwrap();
    let ran = world.rootwatch(&DEPLOY).ends_with(0);
    assert!(
        ran.stderr
            .contains("waiting for AWS to show what was set: "),
        "{}",
        ran.stderr
    );
    let again = world.rootwatch(&DEPLOY).ends_with(0);
    assert!(again.stdout.starts_with("No changes"), "{}", again.stdout);
    assert_eq!(world.lab.mailbox(PERSON).unwrap().len(), 2);
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

#[test]
fn what_is_not_ours_is_taken_over_only_when_told_to() {
    let world = World::new();
    let client = aws_sdk_eventbridge::Client::new(&world.sdk(&world.organization.hub, REGION));
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime
        .block_on(client.create_event_bus().name("rootwatch").send())
        .unwrap();
    world.rootwatch(&DEPLOY).ends_with(1);
    let plan = world.rootwatch(&["plan", "hub", "--adopt"]).ends_with(0);
    assert!(
        plan.stdout
            .contains("tags.rootwatch:deployment: (none) -> \"rootwatch\"")
            || plan
                .stdout
                .contains("tags.rootwatch:deployment: \"rootwatch\""),
        "{}",
        plan.stdout
    );
    world
        .rootwatch(&[&DEPLOY[..], &["--adopt"]].concat())
        .ends_with(0);
    world.lab.clear_calls().unwrap();
    world.rootwatch(&DEPLOY).ends_with(0);
    assert_eq!(world.writes(), Vec::<String>::new());
}

#[test]
fn what_others_added_is_shown_and_kept() {
    let world = World::with_hub();
    let hub = &world.organization.hub;
    let config = world.sdk(hub, REGION);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let (bus, topic) = (
        format!("arn:aws:events:{REGION}:{hub}:event-bus/rootwatch"),
        format!("arn:aws:sns:{REGION}:{hub}:rootwatch-alerts"),
    );
    let events = aws_sdk_eventbridge::Client::new(&config);
    let sns = aws_sdk_sns::Client::new(&config);
    runtime.block_on(async {
        let current = events.describe_event_bus().name("rootwatch").send().await.unwrap().policy.unwrap();
        let mut policy: serde_json::Value = serde_json::from_str(&current).unwrap();
        policy["Statement"].as_array_mut().unwrap().push(serde_json::json!({
            "Sid": "Theirs", "Effect": "Deny", "Principal": {"AWS": "*"}, "Action": "events:PutEvents", "Resource": bus,
            "Condition": {"StringEquals": {"events:source": "aws.nothing"}},
        }));
        events.put_permission().event_bus_name("rootwatch").policy(policy.to_string()).send().await.unwrap();
        let tag = aws_sdk_eventbridge::types::Tag::builder().key("cost-center").value("7").build().unwrap();
        events.tag_resource().resource_arn(&bus).tags(tag).send().await.unwrap();
        sns.subscribe().topic_arn(&topic).protocol("email").endpoint("audit@example.com").send().await.unwrap();
    });
    let plan = world
        .rootwatch(&["plan", "hub", "--email", PERSON, "--detailed-exitcode"])
        .ends_with(0);
    for kept in [
        "policy statement \"Theirs\"",
        "tag \"cost-center\"",
        "subscription \"email audit@example.com\"",
    ] {
        assert!(
            plan.stdout.contains(kept),
            "{kept} is not in {}",
            plan.stdout
        );
    }
    // A repair of the same policy keeps their statement.
    world
        .rootwatch(&[&DEPLOY[..], &["--org-id", "o-zzzzzzzzzz"]].concat())
        .ends_with(0);
    let policy = runtime
        .block_on(events.describe_event_bus().name("rootwatch").send())
        .unwrap()
        .policy
        .unwrap();
    assert!(
        policy.contains("Theirs") && policy.contains("o-zzzzzzzzzz"),
        "{policy}"
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

    let other = ["deploy", "hub", "--email", "new@example.com", "--yes"];
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
    world.lab.clear_calls().unwrap();
    world.rootwatch(&other).ends_with(0);
    assert_eq!(world.writes(), Vec::<String>::new());
}

#[test]
fn a_run_that_names_nobody_changes_nothing_of_who_is_told() {
    let world = World::with_hub();
    world.lab.clear_calls().unwrap();
    let ran = world.rootwatch(&["deploy", "hub", "--yes"]).ends_with(0);
    assert!(ran.stdout.starts_with("No changes"), "{}", ran.stdout);
    assert_eq!(world.writes(), Vec::<String>::new());
}

#[test]
fn a_hub_that_tells_nobody_says_so() {
    let world = World::new();
    let plan = world.rootwatch(&["plan", "hub"]).ends_with(0);
    assert!(
        plan.stdout.contains("Nobody is reported yet"),
        "{}",
        plan.stdout
    );
    let ran = world.rootwatch(&["deploy", "hub", "--yes"]).ends_with(0);
    assert!(
        ran.stdout.contains("Nobody is reported yet"),
        "{}",
        ran.stdout
    );
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
    let calls = world.lab.calls().unwrap();
    let own = calls.iter().filter(|call| !call.by_function);
    let mut made: Vec<String> = own.skip(observed).map(name).collect();
    made.sort();
    // What was made is read back, as the next run reads it.
    world.lab.clear_calls().unwrap();
    let again = world.rootwatch(&plan).ends_with(0).json();
    let read = world.lab.calls().unwrap();
    let read = read.iter().map(name).filter(|call| {
        ![
            "sts:GetCallerIdentity",
            "organizations:DescribeOrganization",
        ]
        .contains(&call.as_str())
    });
    planned.extend(read);
    planned.sort();
    assert_eq!(made, planned);

    assert_eq!(
        texts(&first["longest_chain"]).len(),
        2 + 2 + 2 + 1 + 2 + 2,
        "who, what is there; role, function, permission, rule; what is there now"
    );
    assert_eq!(
        texts(&again["longest_chain"]),
        [
            "sts:GetCallerIdentity",
            "sqs:GetQueueUrl",
            "sqs:GetQueueAttributes"
        ]
    );
    let reported = world.rootwatch(&["plan", "hub", "--email", PERSON, "-v"]);
    assert!(
        reported
            .stdout
            .contains("Longest chain of dependent calls, 3 in all:"),
        "{}",
        reported.stdout
    );
}

#[test]
fn a_hub_that_the_settings_put_elsewhere_is_not_made_here() {
    let world = World::new();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("rootwatch.toml");
    std::fs::write(&file, "[hub]\nregion = \"us-east-1\"\n").unwrap();
    let ran = world
        .rootwatch(&["deploy", "hub", "--config", file.to_str().unwrap(), "--yes"])
        .ends_with(1);
    assert!(ran.stderr.contains("region us-east-1"), "{}", ran.stderr);
    assert_eq!(world.writes(), Vec::<String>::new());
}

#[test]
fn an_update_of_the_function_that_is_under_way_is_waited_for() {
    let world = World::with_hub();
    let late = Late {
        lambda_update_ms: Some(1500),
        ..Late::default()
    };
    world.lab.set_late(&late).unwrap();
    let lambda = aws_sdk_lambda::Client::new(&world.sdk(&world.organization.hub, REGION));
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let update = lambda
        .update_function_configuration()
        .function_name("rootwatch-notifier")
        .timeout(3);
    runtime.block_on(update.send()).unwrap();
    let ran = world.rootwatch(&DEPLOY).ends_with(0);
    let awaited = "waiting for another update of the function to end";
    assert!(ran.stderr.contains(awaited), "{}", ran.stderr);
    let again = world.rootwatch(&DEPLOY).ends_with(0);
    assert!(again.stdout.starts_with("No changes"), "{}", again.stdout);
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
