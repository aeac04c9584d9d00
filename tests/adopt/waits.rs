use crate::adopt::changeover::{BUS, UNITS, adopt, beside, world};
use crate::adopt::reference::{
    OLD_PERSON, TEMPLATE, TOPIC, block_on, build, build_hub, build_spokes, settle,
};
use crate::faults::denied;
use crate::world::{DEPLOY_SPOKES, REGION, World};

#[test]
fn what_others_hung_on_the_old_path_keeps_it_until_it_has_moved() {
    let world = beside();
    let config = world.sdk(&world.organization.hub, REGION);
    let events = aws_sdk_eventbridge::Client::new(&config);
    let iam = aws_sdk_iam::Client::new(&config);
    let lambda = aws_sdk_lambda::Client::new(&config);
    let role = "LambdaRootAPIMonitorRole";
    let arn = block_on(async {
        let rule = events.put_rule().event_bus_name(BUS).name("to-siem");
        let rule = rule.event_pattern(r#"{"source": ["x"]}"#);
        rule.send().await.unwrap();
        let call = lambda
            .add_permission()
            .function_name("root-activity-monitor");
        let call = call
            .statement_id("own-root")
            .action("lambda:InvokeFunction");
        call.principal("events.amazonaws.com").send().await.unwrap();
        let policy = r#"{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:ListAllMyBuckets", "Resource": "*"}]}"#;
        let call = iam.create_policy().policy_name("extra");
        let answer = call.policy_document(policy).send().await.unwrap();
        let arn = answer.policy.unwrap().arn.unwrap();
        let call = iam.attach_role_policy().policy_arn(&arn);
        call.role_name(role).send().await.unwrap();
        arn
    });
    world.count_calls();
    let ran = adopt(&world, &["--output", "json"]).ends_with(2);
    let waiting = ran.json()["waiting"].to_string();
    for said in [
        "rule to-siem on the bus hub-root-activity",
        "policy/extra attached to the role LambdaRootAPIMonitorRole",
        "own-root",
    ] {
        assert!(waiting.contains(said), "{said}\n{waiting}");
    }
    assert_eq!(world.writes(), Vec::<String>::new());
    block_on(async {
        let rule = events.delete_rule().event_bus_name(BUS).name("to-siem");
        rule.send().await.unwrap();
        let call = lambda
            .remove_permission()
            .function_name("root-activity-monitor");
        call.statement_id("own-root").send().await.unwrap();
        let call = iam.detach_role_policy().policy_arn(&arn);
        call.role_name(role).send().await.unwrap();
    });
    adopt(&world, &[]).ends_with(0);
}

/// What a run in which both paths stand is waiting for.
fn waits_for(world: &World) -> String {
    let ran = adopt(world, &["--ou", "/", "--output", "json"]).ends_with(2);
    assert_eq!(ran.json()["removed"], serde_json::json!([]));
    ran.json()["waiting"].to_string()
}

#[test]
fn without_a_trail_the_new_path_is_not_proved() {
    let world = beside();
    world.lab.stop_trails().unwrap();
    let ran = adopt(&world, &["--output", "json"]).ends_with(2);
    let waiting = ran.json()["waiting"].to_string();
    assert!(
        waiting.contains("CloudTrail") && waiting.contains("is stopped"),
        "{waiting}"
    );
    assert_eq!(ran.json()["removed"], serde_json::json!([]));
}

#[test]
fn spokes_that_nobody_can_compare_keep_the_old_hub() {
    let world = World::new();
    block_on(build_hub(&world));
    settle(&world, &[OLD_PERSON]);
    adopt(&world, &["--ou", "/"]).ends_with(2);
    settle(&world, &[OLD_PERSON]);
    let said = "no StackSet of the pattern was found in any region";
    assert!(waits_for(&world).contains(said));
    // One that has more in it is seen and stays.
    let more = format!("{TEMPLATE}  Log:\n    Type: AWS::Logs::LogGroup\n");
    block_on(build_spokes(&world, REGION, &more, &UNITS, &[REGION]));
    settle(&world, &[]);
    let said = "the template of the StackSet root-activity-spokes has more in it";
    assert!(waits_for(&world).contains(said));
    let shop = world.account("shop");
    let left = world.lab.snapshot().unwrap()[&shop][REGION]["log_groups"].to_string();
    assert!(left.contains("StackSet-root-activity-spokes"), "{left}");
}

#[test]
fn a_topic_that_may_be_others_stays_and_one_elsewhere_keeps_the_hub() {
    let world = beside();
    let hub = &world.organization.hub;
    let config = world.sdk(hub, REGION);
    let lambda = aws_sdk_lambda::Client::new(&config);
    let sns = aws_sdk_sns::Client::new(&config);
    let publish_to = |topic: &str| {
        let variables = aws_sdk_lambda::types::Environment::builder().variables("SNSARN", topic);
        let call = lambda
            .update_function_configuration()
            .function_name("root-activity-monitor");
        block_on(call.environment(variables.build()).send()).unwrap();
    };
    publish_to("arn:aws:sns:us-east-1:999999999999:central");
    let ran = adopt(&world, &[]).ends_with(2);
    let said = "publishes to \"arn:aws:sns:us-east-1:999999999999:central\", which is not a topic of this account and region";
    assert!(ran.stdout.contains(said), "{}", ran.stdout);
    let topic = format!("arn:aws:sns:{REGION}:{hub}:{TOPIC}");
    publish_to(&topic);
    let call = sns.set_topic_attributes().topic_arn(&topic);
    let call = call.attribute_name("DisplayName").attribute_value("Alerts");
    block_on(call.send()).unwrap();
    let ran = adopt(&world, &[]).ends_with(0);
    let said =
        format!("Kept: topic {TOPIC} in {REGION}, since its display name is not the pattern's");
    assert!(ran.stdout.contains(&said), "{}", ran.stdout);
    let left = world.lab.snapshot().unwrap()[hub][REGION].to_string();
    assert!(left.contains(TOPIC) && !left.contains(BUS));
}

#[test]
fn a_queue_that_refuses_the_new_topic_keeps_the_old_one() {
    let world = world();
    let hub = &world.organization.hub;
    let config = world.sdk(hub, REGION);
    let sqs = aws_sdk_sqs::Client::new(&config);
    let sns = aws_sdk_sns::Client::new(&config);
    let queue = format!("arn:aws:sqs:{REGION}:{hub}:siem");
    let lets_in = |topic: &str| {
        format!(
            r#"{{"Version": "2012-10-17", "Statement": [{{"Effect": "Allow", "Principal": {{"Service": "sns.amazonaws.com"}}, "Action": "sqs:SendMessage", "Resource": "{queue}", "Condition": {{"ArnEquals": {{"aws:SourceArn": "arn:aws:sns:{REGION}:{hub}:{topic}"}}}}}}]}}"#
        )
    };
    let url = block_on(async {
        let call = sqs.create_queue().queue_name("siem");
        let call = call.attributes("Policy".into(), lets_in(TOPIC));
        let url = call.send().await.unwrap().queue_url.unwrap();
        let topic = format!("arn:aws:sns:{REGION}:{hub}:{TOPIC}");
        let call = sns.subscribe().topic_arn(topic).protocol("sqs");
        let call = call.attributes("RawMessageDelivery", "true");
        call.endpoint(&queue).send().await.unwrap();
        url
    });
    let ran = adopt(&world, &[]).ends_with(2);
    let said = format!("! sqs {queue} has raw delivery, which the new subscription does not get");
    assert!(ran.stderr.contains(&said), "{}", ran.stderr);
    world.lab.confirm_subscription(OLD_PERSON).unwrap();
    let ran = adopt(&world, &["--output", "json"]).ends_with(2);
    let waiting = ran.json()["waiting"].clone();
    let said =
        format!("sqs {queue} would not be notified: its policy has no statement that allows it");
    assert_eq!(waiting.as_array().unwrap().len(), 1, "{waiting}");
    assert!(waiting[0].as_str().unwrap().starts_with(&said), "{waiting}");
    block_on(async {
        let call = sqs.set_queue_attributes().queue_url(&url);
        let call = call.attributes("Policy".into(), lets_in("rootwatch-alerts"));
        call.send().await.unwrap();
    });
    let ran = adopt(&world, &["--output", "json"]).ends_with(0);
    let report = ran.json();
    assert_eq!(report["is_proved"], true);
    assert_eq!(report["removed"].as_array().unwrap().len(), 6, "{report}");
    assert_eq!(report["to_keep"], serde_json::json!([]), "{report}");
    assert_eq!(report["hub"]["schema"], "rootwatch.deploy-hub/2");
    assert_eq!(report["spokes"]["schema"], "rootwatch.deploy-spokes/1");
}

#[test]
fn the_old_path_stays_where_the_new_one_does_not_watch() {
    let world = beside();
    let less = ["--remove-ou", "/Workloads"];
    let ran = adopt(&world, &less).ends_with(2);
    let shop = world.account("shop");
    let said =
        format!("account {shop} in {REGION}: the old StackSet is there and rootwatch-spoke is not");
    assert!(ran.stdout.contains(&said), "{}", ran.stdout);
    // Somebody who never answers is left behind.
    let lab = World::new();
    build(&lab, &UNITS, &[REGION]);
    let person = format!("email={OLD_PERSON}");
    let reported = ["--leave-behind", &person, "--email", "new@example.com"];
    adopt(&lab, &reported).ends_with(2);
    lab.lab.confirm_subscription("new@example.com").unwrap();
    adopt(&lab, &reported).ends_with(0);
    let topics = lab.lab.snapshot().unwrap()[&lab.organization.hub][REGION]["topics"].to_string();
    assert!(topics.contains("new@example.com") && !topics.contains(OLD_PERSON));
}

#[test]
fn a_hub_that_cannot_see_stack_sets_goes_on_by_itself_when_told_to() {
    let world = World::without_delegation();
    block_on(build_hub(&world));
    world.lab.confirm_subscription(OLD_PERSON).unwrap();
    world.count_calls();
    let ran = adopt(&world, &[]).ends_with(1);
    let said = "the StackSets of the organization cannot be seen";
    assert!(ran.stderr.contains(said), "{}", ran.stderr);
    assert_eq!(world.writes(), Vec::<String>::new());

    let hub_only = ["adopt", "--hub-only", "--yes"];
    let ran = world.rootwatch(&hub_only).ends_with(2);
    world.lab.confirm_subscription(OLD_PERSON).unwrap();
    let said = "run `rootwatch deploy spokes --region eu-west-1 --hub-account 222222222222";
    assert!(ran.stdout.contains(said), "{}", ran.stdout);
    world.as_management(&DEPLOY_SPOKES).ends_with(0);
    let shop = world.account("shop");
    let prove = ["--account", &shop, "--role", "rootwatch-reader"];
    let ran = world
        .rootwatch(&[&hub_only[..], &prove].concat())
        .ends_with(0);
    assert!(
        ran.stdout.contains("If the old StackSet is still there"),
        "{}",
        ran.stdout
    );
    assert!(!world.lab.snapshot().unwrap().to_string().contains(BUS));
}

#[test]
fn a_terraform_state_that_lists_the_old_parts_is_named() {
    let world = world();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("state.json");
    let arn = format!(
        "arn:aws:events:{REGION}:{}:event-bus/{BUS}",
        world.organization.hub
    );
    std::fs::write(&file, format!(
        r#"{{"version": 4, "resources": [{{"module": "module.euw1", "mode": "managed", "type": "aws_cloudwatch_event_bus", "name": "hub", "instances": [{{"attributes": {{"name": "{BUS}", "arn": "{arn}"}}}}]}}]}}"#
    )).unwrap();
    let path = file.to_str().unwrap();
    let ran = adopt(&world, &["--terraform-state", path]).ends_with(2);
    let said = "  terraform state rm 'module.euw1.aws_cloudwatch_event_bus.hub'\n";
    assert!(ran.stdout.contains(said), "{}", ran.stdout);
    std::fs::write(&file, "{}").unwrap();
    world.count_calls();
    let ran = adopt(&world, &["--terraform-state", path]).ends_with(1);
    assert!(
        ran.stderr.contains("it is not a Terraform state"),
        "{}",
        ran.stderr
    );
    assert_eq!(world.writes(), Vec::<String>::new());
}

#[test]
fn what_only_has_a_name_of_it_is_left_alone() {
    let world = World::new();
    let config = world.sdk(&world.organization.hub, REGION);
    block_on(async {
        let trust = r#"{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}]}"#;
        let iam = aws_sdk_iam::Client::new(&config);
        let call = iam.create_role().role_name("LambdaRootAPIMonitorRole");
        call.assume_role_policy_document(trust)
            .send()
            .await
            .unwrap();
    });
    let before = world.lab.snapshot().unwrap();
    let ran = adopt(&world, &[]).ends_with(0);
    let said = "Left alone: role LambdaRootAPIMonitorRole: Lambda may not assume it, so it is not the pattern's.";
    assert!(ran.stdout.contains(said), "{}", ran.stdout);
    assert_eq!(world.lab.snapshot().unwrap(), before);
    // With the pattern's bus beside it, it is a part of a path that cannot be taken apart.
    block_on(async {
        let events = aws_sdk_eventbridge::Client::new(&config);
        events.create_event_bus().name(BUS).send().await.unwrap();
    });
    let ran = adopt(&world, &["--ou", "/"]).ends_with(2);
    assert!(
        ran.stdout.contains("Lambda may not assume it"),
        "{}",
        ran.stdout
    );
    let left = world.lab.snapshot().unwrap().to_string();
    assert!(left.contains(BUS) && left.contains("LambdaRootAPIMonitorRole"));
}

#[test]
fn a_region_that_may_not_be_read_keeps_the_old_path_until_that_is_accepted() {
    let world = beside();
    let mut fault = denied().operation("ListStackSets");
    fault.region = Some("eu-north-1".into());
    world.fail(&fault);
    let ran = adopt(&world, &[]).ends_with(2);
    let said = "eu-north-1: could not determine whether the pattern is there: cloudformation:ListStackSets: AccessDeniedException: not today";
    assert!(ran.stdout.contains(said), "{}", ran.stdout);
    let ran = adopt(&world, &["--accept-unknown"]).ends_with(0);
    let said = "and the new one is proved.\n";
    assert!(ran.stdout.contains(said), "{}", ran.stdout);
}

#[test]
fn without_a_role_only_the_hubs_part_is_said_to_be_proved() {
    let world = beside();
    let adopt = |more: &[&str]| {
        let args = ["adopt", "--regions", "us-east-1,eu-west-1", "--yes"];
        world.rootwatch(&[&args, more].concat())
    };
    let ran = adopt(&[]).ends_with(2);
    assert!(
        ran.stdout.contains("a role: with --role NAME"),
        "{}",
        ran.stdout
    );
    let ran = adopt(&["--accept-unknown"]).ends_with(0);
    let said = "and the new one is proved from the hub's bus on.\n";
    assert!(ran.stdout.contains(said), "{}", ran.stdout);
}
