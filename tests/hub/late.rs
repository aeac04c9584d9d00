use super::DEPLOY;
use crate::faults::failing;
use crate::world::{PERSON, REGION, World};
use rootwatch_lab::Late;

#[test]
fn late_truths_are_waited_out_in_sight() {
    let world = World::new();
    world
        .lab
        .set_late(&Late {
            role_visible_after_ms: Some(3000),
            lambda_pending_ms: Some(4000),
            mapping_ms: Some(400),
            ..Late::default()
        })
        .unwrap();
    let ran = world.rootwatch(&DEPLOY).ends_with(0);
    for awaited in [
        "waiting for Lambda to see the new role",
        "waiting for AWS to show what was set: ",
        "function rootwatch-notifier (",
    ] {
        assert!(ran.stderr.contains(awaited), "{}", ran.stderr);
    }
    world.count_calls();
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
        world.fail(&fault);
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
    world.count_calls();
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
            queue_name_reuse_ms: Some(15_000),
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
fn an_update_of_the_function_that_is_under_way_is_waited_for() {
    let world = World::with_hub();
    let late = Late {
        lambda_update_ms: Some(4000),
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
