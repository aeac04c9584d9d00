//! The part of the path inside the hub, on an emulator that the lab does not touch.
//!
//! Three of its differences from AWS are worked around here, in the open: its rules never fire in the state
//! `ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS`, so the test sets `ENABLED`; it drops the policy of a bus, so the
//! deployment, which reads back what it set, and the plan that follows must find just that; and it does not pass its
//! address to functions, so the test does.

use crate::world::{REGION, eventually, run, sdk};
use rootwatch_lab::Ministack;
use rootwatch_root_event::{CANARY_SOURCE, canary_detail};

const ACCOUNT: &str = "222222222222";

#[test]
fn the_hub_tells_a_subscriber_there_too() {
    let ministack = Ministack::start().unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let config = sdk(ministack.endpoint(), ACCOUNT, REGION);
    let sqs = aws_sdk_sqs::Client::new(&config);
    let queue = runtime
        .block_on(sqs.create_queue().queue_name("person").send())
        .unwrap();
    let queue = queue.queue_url.unwrap();

    let subscription = format!("sqs=arn:aws:sqs:{REGION}:{ACCOUNT}:person");
    let env = ministack.env(ACCOUNT, REGION);
    let hub = [
        "--org-id",
        "o-abcdefghij",
        "--sns-subscription",
        &subscription,
    ];
    let deploy = ["deploy", "hub", "--yes", "--timeout", "1s"];
    let ran = run(&env, &[&deploy, &hub[..]].concat()).ends_with(1);
    for reported in [
        "still waiting for AWS to show what was set: ",
        "event-bus rootwatch (policy)",
    ] {
        assert!(ran.stderr.contains(reported), "{}", ran.stderr);
    }

    let plan = run(
        &env,
        &[&["plan", "hub", "--output", "json"], &hub[..]].concat(),
    )
    .ends_with(0)
    .json();
    let steps = plan["steps"].as_array().unwrap().iter();
    let differing: Vec<_> = steps
        .filter(|step| step["action"] != "keep")
        .map(|step| step["resource"].as_str().unwrap())
        .collect();
    assert_eq!(
        differing,
        [
            "event-bus rootwatch",
            "alarm rootwatch-more-dead-letters",
            "alarm rootwatch-no-heartbeats",
        ],
        "only the policy and the expressions that ministack drops"
    );

    let events = aws_sdk_eventbridge::Client::new(&config);
    let enable = events
        .enable_rule()
        .name("rootwatch-acts")
        .event_bus_name("rootwatch");
    runtime.block_on(enable.send()).unwrap();
    let lambda = aws_sdk_lambda::Client::new(&config);
    let variables = aws_sdk_lambda::types::Environment::builder()
        .variables("AWS_ENDPOINT_URL", ministack.endpoint())
        .build();
    let update = lambda
        .update_function_configuration()
        .function_name("rootwatch-notifier")
        .environment(variables);
    runtime.block_on(update.send()).unwrap();
    let canary = aws_sdk_eventbridge::types::PutEventsRequestEntry::builder()
        .event_bus_name("rootwatch")
        .source(CANARY_SOURCE)
        .detail_type("rootwatch canary")
        .detail(canary_detail("marker-42", ACCOUNT, REGION, jiff::Timestamp::now()).to_string())
        .build();
    runtime
        .block_on(events.put_events().entries(canary).send())
        .unwrap();

    let mut body = String::new();
    eventually("the canary", || {
        let received = runtime
            .block_on(sqs.receive_message().queue_url(&queue).send())
            .unwrap();
        body = received
            .messages()
            .first()
            .and_then(|it| it.body())
            .unwrap_or_default()
            .to_owned();
        !body.is_empty()
    });
    assert!(
        body.contains("marker-42") && body.contains("TEST"),
        "{body}"
    );
}
