use crate::world::{PERSON, REGION, Ran, World};

fn plan(world: &World, more: &[&str]) -> Ran {
    world.rootwatch(&[&["plan", "hub", "--email", PERSON], more].concat())
}

#[test]
fn nothing_there() {
    let world = World::new();
    insta::assert_snapshot!(
        "nothing-there",
        world.stable(&plan(&world, &["-v"]).ends_with(0).stdout)
    );
    let json = plan(&world, &["--output", "json"]).ends_with(0);
    insta::assert_snapshot!("nothing-there-json", world.stable(&json.stdout));
}

#[test]
fn all_there() {
    let world = World::with_hub();
    insta::assert_snapshot!(
        "all-there",
        world.stable(&plan(&world, &["--detailed-exitcode"]).ends_with(0).stdout)
    );
    let json = plan(&world, &["--output", "json"]).ends_with(0);
    insta::assert_snapshot!("all-there-json", world.stable(&json.stdout));
}

#[test]
fn drift_of_each_kind() {
    let world = World::with_hub();
    let hub = world.organization.hub.clone();
    let config = world.sdk(&hub, REGION);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let topic = format!("arn:aws:sns:{REGION}:{hub}:rootwatch-alerts");
    let events = aws_sdk_eventbridge::Client::new(&config);
    let lambda = aws_sdk_lambda::Client::new(&config);
    let sns = aws_sdk_sns::Client::new(&config);
    runtime.block_on(async {
        // A value, an entry of a map, a policy, a part that is gone, a resource that is gone.
        lambda
            .update_function_configuration()
            .function_name("rootwatch-notifier")
            .timeout(3)
            .send()
            .await
            .unwrap();
        let policy = events
            .describe_event_bus()
            .name("rootwatch")
            .send()
            .await
            .unwrap()
            .policy
            .unwrap();
        let wider = policy.replace(&world.organization.id, "o-elsewhere00");
        events
            .put_permission()
            .event_bus_name("rootwatch")
            .policy(wider)
            .send()
            .await
            .unwrap();
        let targets = events
            .remove_targets()
            .rule("rootwatch-acts")
            .event_bus_name("rootwatch")
            .ids("notifier");
        targets.send().await.unwrap();
        let policy = sns
            .set_topic_attributes()
            .topic_arn(&topic)
            .attribute_name("KmsMasterKeyId")
            .attribute_value("");
        policy.send().await.unwrap();
        sns.untag_resource()
            .resource_arn(&topic)
            .tag_keys("team")
            .send()
            .await
            .unwrap();
        let alarms = aws_sdk_cloudwatch::Client::new(&config);
        alarms
            .delete_alarms()
            .alarm_names("rootwatch-acts-failed")
            .send()
            .await
            .unwrap();
    });
    let ran = plan(&world, &["--detailed-exitcode"]).ends_with(2);
    insta::assert_snapshot!("drift", world.stable(&ran.stdout));
    let json = plan(&world, &["--output", "json"]).ends_with(0);
    insta::assert_snapshot!("drift-json", world.stable(&json.stdout));
}

#[test]
fn somebody_elses() {
    let world = World::new();
    let client = aws_sdk_eventbridge::Client::new(&world.sdk(&world.organization.hub, REGION));
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime
        .block_on(client.create_event_bus().name("rootwatch").send())
        .unwrap();
    insta::assert_snapshot!("somebody-elses", plan(&world, &[]).ends_with(1).stderr);
    // A program that reads stdout finds no plan there, and why.
    let json = plan(&world, &["--output", "json"]).ends_with(1);
    let refused = json.json();
    assert_eq!(refused["schema"], "rootwatch.error/1");
    let text = refused["error"]["text"].as_str().unwrap();
    assert!(
        text.contains("there is already event-bus rootwatch"),
        "{text}"
    );
    let adopted = plan(&world, &["--adopt", "--output", "json"]).ends_with(0);
    let bus = &adopted.json()["steps"][5];
    insta::assert_snapshot!("adopted-json", world.stable(&format!("{bus:#}")));
}

#[test]
fn spokes() {
    let world = World::with_hub();
    let plan = [
        "plan",
        "spokes",
        "--ou",
        "/Workloads",
        "--regions",
        "us-east-1,eu-west-1",
        "--detailed-exitcode",
    ];
    insta::assert_snapshot!(
        "spokes",
        world.stable(&world.rootwatch(&plan).ends_with(2).stdout)
    );
}
