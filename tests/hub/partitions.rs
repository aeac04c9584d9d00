use crate::world::{PERSON, World, eventually, sdk};
use rootwatch_root_event::{CANARY_SOURCE, canary_detail};

/// A hub there notifies a person, only reads on a second run, and is removed without a trace.
fn a_hub_works_in(region: &str, partition: &str) {
    let world = World::new();
    let before = world.lab.snapshot().unwrap();
    let place = ["--region", region, "--org-id", &world.organization.id];
    let hub = ["deploy", "hub", "--email", PERSON, "--yes"];
    let deployed = world.rootwatch(&[&hub[..], &place].concat()).ends_with(0);
    let bus = format!(
        "arn:{partition}:events:{region}:{}:event-bus/rootwatch",
        world.organization.hub
    );
    assert!(deployed.stdout.contains(&bus), "{}", deployed.stdout);
    world.lab.confirm_subscription(PERSON).unwrap();

    let config = sdk(world.lab.endpoint(), &world.organization.hub, region);
    let events = aws_sdk_eventbridge::Client::new(&config);
    let detail = canary_detail(
        "marker",
        &world.organization.hub,
        region,
        jiff::Timestamp::now(),
    );
    let canary = aws_sdk_eventbridge::types::PutEventsRequestEntry::builder()
        .event_bus_name("rootwatch")
        .source(CANARY_SOURCE)
        .detail_type("rootwatch canary")
        .detail(detail.to_string())
        .build();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime
        .block_on(events.put_events().entries(canary).send())
        .unwrap();
    eventually("the canary's mail", || {
        let mails = world.alerts_now();
        mails
            .iter()
            .any(|mail| mail.topic_arn.starts_with(&format!("arn:{partition}:sns:")))
    });

    world.lab.clear_calls().unwrap();
    let again = world.rootwatch(&[&hub[..], &place].concat()).ends_with(0);
    assert!(again.stdout.starts_with("No changes"), "{}", again.stdout);
    assert_eq!(world.writes(), Vec::<String>::new());
    let teardown = ["teardown", "hub", "--yes", "--region", region];
    world.rootwatch(&teardown).ends_with(0);
    assert_eq!(world.lab.snapshot().unwrap(), before);
}

#[test]
fn a_hub_works_in_govcloud() {
    a_hub_works_in("us-gov-west-1", "aws-us-gov");
}

#[test]
fn a_hub_works_in_china() {
    a_hub_works_in("cn-north-1", "aws-cn");
}
