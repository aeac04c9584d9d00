use super::{DEPLOY, NAME, runtime, watched};
use crate::world::{REGION, World, side_by_side};
use std::pin::Pin;

const ROLE: &str = "rootwatch-selfcheck-eu-west-1";

/// What somebody does, and the part of the hub that it is about.
type Change = (
    &'static str,
    fn(&World) -> Pin<Box<dyn Future<Output = ()> + '_>>,
);

fn config(world: &World) -> aws_config::SdkConfig {
    world.sdk(&world.organization.hub, REGION)
}

const CHANGES: [Change; 9] = [
    ("rule rootwatch-selfcheck", |world| {
        Box::pin(async {
            let client = aws_sdk_eventbridge::Client::new(&config(world));
            client.disable_rule().name(NAME).send().await.unwrap();
        })
    }),
    ("rule rootwatch-selfcheck", |world| {
        Box::pin(async {
            let client = aws_sdk_eventbridge::Client::new(&config(world));
            let call = client.remove_targets().rule(NAME).ids("selfcheck");
            call.send().await.unwrap();
        })
    }),
    ("rule rootwatch-selfcheck", |world| {
        Box::pin(async {
            let client = aws_sdk_eventbridge::Client::new(&config(world));
            let call = client.put_rule().name(NAME);
            let call = call.schedule_expression("rate(90 days)");
            call.send().await.unwrap();
        })
    }),
    (
        "permission rootwatch-selfcheck RootwatchSchedule",
        |world| {
            Box::pin(async {
                let client = aws_sdk_lambda::Client::new(&config(world));
                let call = client.remove_permission().function_name(NAME);
                let call = call.statement_id("RootwatchSchedule");
                call.send().await.unwrap();
            })
        },
    ),
    ("function rootwatch-selfcheck", |world| {
        Box::pin(async {
            let client = aws_sdk_lambda::Client::new(&config(world));
            let call = client.put_function_concurrency().function_name(NAME);
            let call = call.reserved_concurrent_executions(0);
            call.send().await.unwrap();
        })
    }),
    ("function rootwatch-selfcheck", |world| {
        Box::pin(async {
            let client = aws_sdk_lambda::Client::new(&config(world));
            let call = client.update_function_configuration().function_name(NAME);
            call.timeout(3).memory_size(128).send().await.unwrap();
        })
    }),
    ("role rootwatch-selfcheck-eu-west-1", |world| {
        Box::pin(async {
            let client = aws_sdk_iam::Client::new(&config(world));
            let call = client.put_role_policy().role_name(ROLE);
            let call = call.policy_name("selfcheck");
            let policy = r#"{"Version":"2012-10-17","Statement":{"Sid":"Log","Effect":"Allow","Action":"logs:PutLogEvents","Resource":"arn:aws:logs:*:*:log-group:/aws/lambda/rootwatch-selfcheck:*"}}"#;
            call.policy_document(policy).send().await.unwrap();
        })
    }),
    ("log-group /aws/lambda/rootwatch-selfcheck", |world| {
        Box::pin(async {
            let client = aws_sdk_cloudwatchlogs::Client::new(&config(world));
            let call = client.delete_log_group();
            let call = call.log_group_name("/aws/lambda/rootwatch-selfcheck");
            call.send().await.unwrap();
        })
    }),
    ("alarm rootwatch-selfcheck-silent", |world| {
        Box::pin(async {
            let client = aws_sdk_cloudwatch::Client::new(&config(world));
            let call = client.delete_alarms();
            let call = call.alarm_names("rootwatch-selfcheck-silent");
            call.send().await.unwrap();
        })
    }),
];

#[test]
fn what_somebody_changes_is_found_and_repaired() {
    let watched = watched();
    side_by_side(CHANGES, |(part, change)| {
        let world = watched.fork().calm();
        runtime().block_on(change(&world));
        let verified = world.rootwatch(&["verify", "--hub-only"]).ends_with(2);
        assert!(
            verified.stdout.contains(part),
            "{part}: {}",
            verified.stdout
        );
        world.rootwatch(&DEPLOY).ends_with(0);
        world.at_rest();
        world.rootwatch(&["verify", "--hub-only"]).ends_with(0);
        world.count_calls();
        world.rootwatch(&DEPLOY).ends_with(0);
        assert_eq!(world.writes(), Vec::<String>::new(), "{part}");
    });
}
