use crate::every::of_each_operation;
use crate::faults::{denied, failing};
use crate::world::{PERSON, REGION, World, side_by_side};
use rootwatch_lab::{Fault, Kind, Late};
use std::future::Future;

const HUB: [&str; 3] = ["teardown", "hub", "--yes"];
const ALL: [&str; 3] = ["teardown", "all", "--yes"];

fn block_on<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Runtime::new().unwrap().block_on(work)
}

/// What others could hang on the hub.
struct Others {
    events: aws_sdk_eventbridge::Client,
    iam: aws_sdk_iam::Client,
    lambda: aws_sdk_lambda::Client,
    sns: aws_sdk_sns::Client,
    role: String,
    subscription: String,
    mapping: String,
    policy: String,
}

const POLICY: &str = r#"{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:ListAllMyBuckets", "Resource": "*"}]}"#;

impl Others {
    fn hang(world: &World) -> Self {
        let hub = world.organization.hub.clone();
        let config = world.sdk(&hub, REGION);
        let mut others = Self {
            events: aws_sdk_eventbridge::Client::new(&config),
            iam: aws_sdk_iam::Client::new(&config),
            lambda: aws_sdk_lambda::Client::new(&config),
            sns: aws_sdk_sns::Client::new(&config),
            role: format!("rootwatch-notifier-{REGION}"),
            subscription: String::new(),
            mapping: String::new(),
            policy: String::new(),
        };
        block_on(others.hang_all(&hub));
        others
    }

    async fn hang_all(&mut self, hub: &str) {
        let rule = self.events.put_rule().event_bus_name("rootwatch");
        let rule = rule
            .name("rootwatch-archive")
            .event_pattern(r#"{"source": ["x"]}"#);
        rule.send().await.unwrap();
        let bus = format!("arn:aws:events:{REGION}:{hub}:event-bus/rootwatch");
        let archive = self.events.create_archive().archive_name("siem");
        archive.event_source_arn(bus).send().await.unwrap();
        let profile = self.iam.create_instance_profile();
        let profile = profile.instance_profile_name("machine").send();
        profile.await.unwrap();
        let profile = self.iam.add_role_to_instance_profile();
        let profile = profile.instance_profile_name("machine");
        profile.role_name(&self.role).send().await.unwrap();
        let policy = self.iam.put_role_policy().role_name(&self.role);
        let policy = policy.policy_name("extra").policy_document(POLICY);
        policy.send().await.unwrap();
        let policy = self.iam.create_policy().policy_name("theirs");
        let answer = policy.policy_document(POLICY).send().await.unwrap();
        self.policy = answer.policy.unwrap().arn.unwrap();
        let policy = self.iam.attach_role_policy().role_name(&self.role);
        policy.policy_arn(&self.policy).send().await.unwrap();
        let topic = format!("arn:aws:sns:{REGION}:{hub}:rootwatch-alerts");
        let call = self.sns.subscribe().topic_arn(topic).protocol("sqs");
        let call = call.endpoint(format!("arn:aws:sqs:{REGION}:{hub}:siem"));
        let answer = call.return_subscription_arn(true).send().await.unwrap();
        self.subscription = answer.subscription_arn.unwrap();
        let role = format!("arn:aws:iam::{hub}:role/{}", self.role);
        let found = self
            .lambda
            .get_function()
            .function_name("rootwatch-notifier");
        let runtime = found.send().await.unwrap().configuration.unwrap().runtime;
        let code = aws_sdk_lambda::types::FunctionCode::builder();
        let code = code.zip_file(aws_sdk_lambda::primitives::Blob::new(
            rootwatch_bundle::zip(),
        ));
        let call = self
            .lambda
            .create_function()
            .function_name("siem")
            .role(role);
        let call = call
            .set_runtime(runtime)
            .handler("bootstrap")
            .code(code.build());
        call.send().await.unwrap();
        let call = self
            .lambda
            .create_event_source_mapping()
            .function_name("siem");
        let call = call.event_source_arn(format!("arn:aws:sqs:{REGION}:{hub}:rootwatch-reads"));
        self.mapping = call.enabled(false).send().await.unwrap().uuid.unwrap();
    }

    async fn remove(&self) {
        let call = self.events.delete_rule().event_bus_name("rootwatch");
        call.name("rootwatch-archive").send().await.unwrap();
        let call = self.events.delete_archive().archive_name("siem");
        call.send().await.unwrap();
        let call = self.iam.remove_role_from_instance_profile();
        let call = call.instance_profile_name("machine");
        call.role_name(&self.role).send().await.unwrap();
        let call = self.iam.delete_instance_profile();
        let call = call.instance_profile_name("machine");
        call.send().await.unwrap();
        let call = self.iam.delete_role_policy().role_name(&self.role);
        call.policy_name("extra").send().await.unwrap();
        let call = self.iam.detach_role_policy().role_name(&self.role);
        call.policy_arn(&self.policy).send().await.unwrap();
        let call = self.iam.delete_policy().policy_arn(&self.policy);
        call.send().await.unwrap();
        let call = self.sns.unsubscribe().subscription_arn(&self.subscription);
        call.send().await.unwrap();
        let call = self
            .lambda
            .delete_event_source_mapping()
            .uuid(&self.mapping);
        call.send().await.unwrap();
        let call = self.lambda.delete_function().function_name("siem");
        call.send().await.unwrap();
    }
}

#[test]
fn what_others_hung_on_the_hub_stops_its_removal_before_the_first_write() {
    let world = World::new();
    let before = world.lab.snapshot().unwrap();
    world.deploy_hub();
    let others = Others::hang(&world);
    let with_others = world.lab.snapshot().unwrap();
    world.count_calls();
    for command in [HUB, ALL] {
        let ran = world.rootwatch(&command).ends_with(1);
        for named in [
            "rule rootwatch-archive on the bus rootwatch",
            &format!(
                "subscription sqs arn:aws:sqs:{REGION}:{}:siem",
                world.organization.hub
            ),
            &others.subscription,
            "inline policy extra of the role",
            "archive siem of the bus rootwatch",
            "instance profile machine with the role",
            &others.policy,
            &format!("event source mapping {}", others.mapping),
            "nothing was changed",
        ] {
            assert!(ran.stderr.contains(named), "{named}\n{}", ran.stderr);
        }
        assert_eq!(ran.stderr.matches("\n  - ").count(), 7, "{}", ran.stderr);
    }
    assert_eq!(world.writes(), Vec::<String>::new());
    assert_eq!(world.lab.snapshot().unwrap(), with_others);
    block_on(others.remove());
    world.rootwatch(&HUB).ends_with(0);
    assert_eq!(world.lab.snapshot().unwrap(), before);
}

#[test]
fn a_function_that_somebody_put_into_a_vpc_has_to_leave_it_first() {
    let world = World::with_hub();
    let config = world.sdk(&world.organization.hub, REGION);
    let lambda = aws_sdk_lambda::Client::new(&config);
    let place = |subnets: &[&str], groups: &[&str]| {
        let owned = |ids: &[&str]| ids.iter().map(|id| (*id).to_owned()).collect();
        let vpc = aws_sdk_lambda::types::VpcConfig::builder()
            .set_subnet_ids(Some(owned(subnets)))
            .set_security_group_ids(Some(owned(groups)));
        let call = lambda.update_function_configuration();
        let call = call.function_name("rootwatch-notifier");
        block_on(call.vpc_config(vpc.build()).send()).unwrap();
    };
    place(&["subnet-1"], &["sg-1"]);
    world.count_calls();
    let refused = world.rootwatch(&HUB).ends_with(1);
    let said = "the function rootwatch-notifier is in a VPC";
    assert!(refused.stderr.contains(said), "{}", refused.stderr);
    assert_eq!(world.writes(), Vec::<String>::new());
    place(&[], &[]);
    world.rootwatch(&HUB).ends_with(0);
}

/// Waits of a removal, and of a deployment right after it.
#[test]
fn what_aws_still_holds_on_to_is_waited_for() {
    let world = World::with_hub();
    let late = Late {
        mapping_ms: Some(6_000),
        queue_name_reuse_ms: Some(15_000),
        ..Late::default()
    };
    world.lab.set_late(&late).unwrap();
    let config = world.sdk(&world.organization.hub, REGION);
    let lambda = aws_sdk_lambda::Client::new(&config);
    let all = block_on(lambda.list_event_source_mappings().send()).unwrap();
    let mut all = all.event_source_mappings().iter();
    let acts = all.find(|it| it.event_source_arn().unwrap().ends_with(":rootwatch-acts"));
    let uuid = acts.unwrap().uuid().unwrap();
    block_on(lambda.delete_event_source_mapping().uuid(uuid).send()).unwrap();
    // One that is going is none, and in the way of another.
    let again = world.rootwatch(&["deploy", "hub", "--email", PERSON, "--yes"]);
    let again = again.ends_with(0).stderr;
    let said =
        "event-source-mapping rootwatch-acts: waiting for the deletion of the event source mapping";
    assert!(again.contains(said), "{again}");
    for (code, message, operation, said) in [
        (
            "ValidationException",
            "EventBus can't be deleted since it has rules.",
            "DeleteEventBus",
            "the bus's rules are gone",
        ),
        (
            "DeleteConflict",
            "Cannot delete entity, must delete policies first.",
            "DeleteRole",
            "the role's policy is gone",
        ),
        (
            "ResourceConflictException",
            "The operation cannot be performed at this time. An update is in progress for resource: x",
            "DeleteFunction",
            "another update of the function to end",
        ),
    ] {
        let fault = failing(code, message, 409).operation(operation).times(2);
        world.fail(&fault);
        let ran = world.rootwatch(&HUB).ends_with(0);
        assert!(ran.stderr.contains(said), "{operation}\n{}", ran.stderr);
        world.lab.clear_faults().unwrap();
        // The queues' names are taken for a while.
        world.deploy_hub();
    }
}

#[test]
fn logs_are_kept_on_demand() {
    let world = World::with_hub();
    let group = "log-group /aws/lambda/rootwatch-notifier";
    let keep = ["--keep-logs", "--output", "json"];
    let ran = world.rootwatch(&[&HUB[..], &keep].concat()).ends_with(0);
    let said = format!("= {group} is kept (--keep-logs)\n");
    assert!(ran.stderr.contains(&said), "{}", ran.stderr);
    let report = ran.json();
    assert_eq!(report["kept"], serde_json::json!([group]));
    let steps = report["hub"].as_array().unwrap();
    let step = steps.iter().find(|step| step["resource"] == group).unwrap();
    assert_eq!(step["action"], "keep");
    let hub = &world.lab.snapshot().unwrap()[&world.organization.hub][REGION];
    let kept: Vec<_> = hub["log_groups"].as_object().unwrap().keys().collect();
    assert_eq!(kept, ["/aws/lambda/rootwatch-notifier"]);
    let again = [&HUB[..], &["--keep-logs"]].concat();
    let again = world.rootwatch(&again).ends_with(0);
    assert_eq!(again.stdout, format!("There is nothing to remove.\n{said}"));
    // Without the flag it goes.
    world.rootwatch(&HUB).ends_with(0);
    let hub = &world.lab.snapshot().unwrap()[&world.organization.hub][REGION];
    assert!(hub["log_groups"].is_null(), "{hub}");
}

const LIKE_OURS: &str = "rootwatch-alerts-archive";

/// What is named like ours and is not.
async fn make_alike(world: &World) {
    let config = world.sdk(&world.organization.hub, REGION);
    let sns = aws_sdk_sns::Client::new(&config);
    sns.create_topic().name(LIKE_OURS).send().await.unwrap();
    let sqs = aws_sdk_sqs::Client::new(&config);
    let queues = ["rootwatch-reads-2", "rootwatch-test-mine"];
    for queue in queues {
        sqs.create_queue().queue_name(queue).send().await.unwrap();
    }
    let events = aws_sdk_eventbridge::Client::new(&config);
    let bus = events.create_event_bus().name("rootwatch-2");
    bus.send().await.unwrap();
    // On the default bus, where the spokes' rules are.
    let rule = events.put_rule().name("rootwatch-acts-2");
    let rule = rule.event_pattern(r#"{"source": ["x"]}"#);
    rule.send().await.unwrap();
    let logs = aws_sdk_cloudwatchlogs::Client::new(&config);
    let group = logs.create_log_group();
    let group = group.log_group_name("/aws/lambda/rootwatch-notifier-2");
    group.send().await.unwrap();
}

#[test]
fn what_is_named_like_ours_stays_and_nothing_else_does() {
    let world = World::new();
    block_on(make_alike(&world));
    let before = world.lab.snapshot().unwrap();
    assert!(before.to_string().contains(LIKE_OURS));
    deploy_all(&world);
    assert_ne!(world.lab.snapshot().unwrap(), before);
    world.rootwatch(&ALL).ends_with(0);
    assert_eq!(world.lab.snapshot().unwrap(), before);
    world.count_calls();
    let again = world.rootwatch(&ALL).ends_with(0);
    assert_eq!(again.stdout, "There is nothing to remove.\n");
    assert_eq!(world.writes(), Vec::<String>::new());
}

fn deploy_all(world: &World) {
    world
        .rootwatch(&["deploy", "hub", "--email", PERSON, "--yes"])
        .ends_with(0);
    world.lab.confirm_subscription(PERSON).unwrap();
    world.deploy_spokes().ends_with(0);
}

/// Each write of an uninterrupted removal: service, operation, and which of its kind it is.
fn writes_of_a_removal(world: &World) -> Vec<(String, String, u64)> {
    world.count_calls();
    world.rootwatch(&ALL).ends_with(0);
    world.numbered_writes()
}

#[test]
fn the_next_removal_goes_on_after_a_failure_at_any_write() {
    let before = World::new().lab.snapshot().unwrap();
    let (hub, all) = (World::with_hub(), World::deployed());
    let undisturbed = all.fork();
    let writes = writes_of_a_removal(&undisturbed);
    assert_eq!(undisturbed.lab.snapshot().unwrap(), before);
    assert!(writes.len() > 15, "{writes:?}");
    side_by_side(of_each_operation(writes), |(service, operation, nth)| {
        let of_spokes = service == "cloudformation";
        let (world, removal) = if of_spokes {
            (all.fork(), &ALL)
        } else {
            (hub.fork(), &HUB)
        };
        let fault = denied().service(service).operation(operation).nth(*nth);
        world.fail(&fault);
        let ran = world.rootwatch(removal).ends_with(1);
        assert!(ran.stderr.contains(operation), "{fault:?}\n{}", ran.stderr);
        world.lab.clear_faults().unwrap();
        world.rootwatch(removal).ends_with(0);
        assert_eq!(world.lab.snapshot().unwrap(), before, "{fault:?}");
        let again = world.rootwatch(removal).ends_with(0);
        assert_eq!(again.stdout, "There is nothing to remove.\n");
    });
}

/// An answer that cannot be told from AWS's, of something on the way that never asked it.
fn believable() -> Fault {
    let headers = [
        ("Content-Type", "application/x-amz-json-1.1"),
        ("x-amzn-RequestId", "11111111-2222-3333-4444-555555555555"),
    ];
    let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned()));
    Fault::new(Kind::Page {
        status: 200,
        headers: headers.into(),
        body: "{}".into(),
        applied: false,
    })
}

#[test]
fn a_removal_is_believed_when_it_was_seen() {
    let rows = [
        ("sqs", "DeleteQueue", "queue rootwatch-"),
        ("lambda", "DeleteFunction", "function rootwatch-"),
        ("logs", "DeleteLogGroup", "log-group /aws/lambda/"),
    ];
    side_by_side(rows, |(service, operation, left)| {
        let world = World::with_hub().calm();
        world.fail(&believable().service(service).operation(operation));
        let args = [
            "teardown",
            "hub",
            "--yes",
            "--timeout",
            "2s",
            "--output",
            "json",
        ];
        let ran = world.rootwatch(&args).ends_with(1);
        let report = ran.json();
        let all = report["left"].as_array().unwrap().iter();
        let all: Vec<&str> = all.map(|it| it.as_str().unwrap()).collect();
        assert!(all.iter().any(|it| it.starts_with(left)), "{all:?}");
        assert!(ran.stderr.contains("error: "), "{}", ran.stderr);
        world.lab.clear_faults().unwrap();
        world.rootwatch(&HUB).ends_with(0);
        assert_eq!(world.at_rest(), World::new().at_rest());
    });
}
