use crate::network::proxy::Proxy;
use crate::world::{PERSON, World, eventually, run};
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

    let config = world.sdk(&world.organization.hub, region);
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

    world.count_calls();
    let again = world.rootwatch(&[&hub[..], &place].concat()).ends_with(0);
    assert!(again.stdout.starts_with("No changes"), "{}", again.stdout);
    assert_eq!(world.writes(), Vec::<String>::new());
    let teardown = ["teardown", "hub", "--yes", "--region", region];
    world.rootwatch(&teardown).ends_with(0);
    assert_eq!(world.at_rest(), before);
}

#[test]
fn a_hub_works_in_govcloud() {
    a_hub_works_in("us-gov-west-1", "aws-us-gov");
}

#[test]
fn a_hub_works_in_china() {
    a_hub_works_in("cn-north-1", "aws-cn");
}

/// moto's Lambda refuses ARNs of regions that AWS's accepts (`FunctionEventInvokeConfig`), so here the plan alone.
#[test]
fn every_arn_of_a_plan_is_of_the_callers_partition() {
    let world = World::new();
    for (region, partition) in [
        ("eusc-de-east-1", "aws-eusc"),
        ("us-iso-east-1", "aws-iso"),
        ("us-isob-east-1", "aws-iso-b"),
    ] {
        let plan = [
            "plan",
            "hub",
            "--region",
            region,
            "--org-id",
            &world.organization.id,
        ];
        let plan = world.rootwatch(&[&plan[..], &["--output", "json"]].concat());
        let plan = plan.ends_with(0).stdout;
        let ours = plan.matches(&format!("arn:{partition}:")).count();
        assert_eq!(plan.matches("arn:").count(), ours, "{region}: {plan}");
        assert!(ours > 10, "{plan}");
    }
}

/// Who the caller is AWS says; a region of another partition is named before anything is planned.
#[test]
fn a_region_of_another_partition_than_the_callers_is_refused() {
    let world = World::new();
    let caller = "<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:aws-cn:iam::222222222222:user/me</Arn><UserId>u</UserId><Account>222222222222</Account></GetCallerIdentityResult></GetCallerIdentityResponse>";
    let length = caller.len();
    let answer = format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n{caller}");
    let proxy = Proxy::answering("", move |_| Some(answer.clone()));
    let mut env = world.lab.env(&world.organization.hub, "eu-west-1");
    env.push(("AWS_ENDPOINT_URL".into(), proxy.url()));
    let ran = run(&env, &["plan", "hub"]).ends_with(1);
    let says = "the region eu-west-1 is in the partition aws, and the caller arn:aws-cn:iam::222222222222:user/me in aws-cn: give a region of aws-cn";
    assert!(ran.stderr.contains(says), "{}", ran.stderr);
    assert_eq!(proxy.log().len(), 1);
}
