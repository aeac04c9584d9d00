use super::DEPLOY;
use crate::intruder::{DEAD_LETTERS, Intruder};
use crate::world::{PERSON, REGION, World, api_call};
use aws_sdk_cloudformation::types::{CallAs, Capability};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

/// Between two events.
const PACE: Duration = Duration::from_millis(40);
const PATIENCE: Duration = Duration::from_secs(60);

/// Has root act until told to end; returns the ids of the events.
fn stream(world: &World, is_over: &AtomicBool) -> BTreeSet<String> {
    let shop = world.account("shop");
    let mut sent = BTreeSet::new();
    while !is_over.load(Ordering::Relaxed) {
        let id = format!("stream-{:06}", sent.len());
        let mut event = api_call(&shop, REGION, "iam", "CreateUser", false);
        event["eventID"] = json!(id);
        world.root_does(&shop, REGION, &event);
        sent.insert(id);
        thread::sleep(PACE);
    }
    sent
}

/// How often the notifier published each event, by its log.
fn published(world: &World) -> BTreeMap<String, usize> {
    let mut times = BTreeMap::new();
    let invocations = world.lab.invocations().unwrap();
    let lines = invocations.iter().flat_map(|it| it.log.lines());
    for line in lines.filter_map(|line| serde_json::from_str::<Value>(line).ok()) {
        if let (Some(id), Some(_)) = (line["event_id"].as_str(), line["sns_message_id"].as_str()) {
            *times.entry(id.to_owned()).or_default() += 1;
        }
    }
    times
}

#[test]
fn a_hub_of_an_earlier_version_is_brought_over_without_losing_or_repeating_an_event() {
    let world = World::deployed();
    let intruder = Intruder::new(&world);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(intruder.as_an_earlier_version_made_it());
    world.count_calls();
    let is_over = AtomicBool::new(false);
    let (sent, writes) = thread::scope(|scope| {
        let stream = scope.spawn(|| stream(&world, &is_over));
        let ran = world.rootwatch(&DEPLOY);
        is_over.store(true, Ordering::Relaxed);
        let sent = stream.join().unwrap();
        let ran = ran.ends_with(0);
        assert!(
            ran.stderr.contains("- permission rootwatch-acts"),
            "{}",
            ran.stderr
        );
        (sent, world.writes())
    });
    // Everything that the new way needs, then the one target, and what the old way needed at the very end.
    let end = writes.len() - 3;
    let last = [
        "lambda:DeleteFunctionEventInvokeConfig",
        "iam:PutRolePolicy",
        "lambda:RemovePermission",
    ];
    assert_eq!(writes[end..], last, "{writes:?}");
    let place = |call: &str| writes.iter().position(|write| write == call);
    assert!(place("sqs:CreateQueue") < place("lambda:CreateEventSourceMapping"));
    assert!(place("lambda:CreateEventSourceMapping") < place("events:PutTargets"));

    world.lab.wait_idle(PATIENCE).unwrap();
    let all_once = sent.iter().map(|id| (id.clone(), 1)).collect();
    assert_eq!(published(&world), all_once);
    let hub = &world.organization.hub;
    let lost = world.lab.queue_messages(hub, REGION, DEAD_LETTERS).unwrap();
    assert!(lost.is_empty(), "{lost:?}");

    assert_eq!(runtime.block_on(intruder.function_policy()), None);
    world.count_calls();
    world.rootwatch(&DEPLOY).ends_with(0);
    assert_eq!(world.writes(), Vec::<String>::new());
    world.rootwatch(&["verify", "--hub-only"]).ends_with(0);
    // What the environment said is kept.
    let settings = world.rootwatch(&["settings"]).ends_with(0).stdout;
    assert!(
        settings.contains(r#""111122223333" = "Shop""#),
        "{settings}"
    );
    let plan = ["plan", "hub", "--email", PERSON, "--detailed-exitcode"];
    world.rootwatch(&plan).ends_with(0);
}

/// The template of spokes before there were heartbeats and rules for tampering.
const EARLIER_SPOKE: &str = include_str!("../fixtures/spoke-before-heartbeats.yaml");

async fn give_earlier_template(world: &World) {
    let sdk = world.sdk(&world.organization.hub, REGION);
    let cloudformation = aws_sdk_cloudformation::Client::new(&sdk);
    let call = cloudformation.describe_stack_set();
    let call = call.stack_set_name("rootwatch-spoke");
    let found = call.call_as(CallAs::DelegatedAdmin).send().await.unwrap();
    let mut parameters = found.stack_set.unwrap().parameters.unwrap_or_default();
    parameters.retain(|it| it.parameter_key() != Some("Heartbeat"));
    let call = cloudformation.update_stack_set();
    let call = call.stack_set_name("rootwatch-spoke");
    let call = call.call_as(CallAs::DelegatedAdmin);
    let call = call.template_body(EARLIER_SPOKE);
    let call = call.set_parameters(Some(parameters));
    let call = call.capabilities(Capability::CapabilityNamedIam);
    call.send().await.unwrap();
}

#[test]
fn a_deployment_without_heartbeats_is_brought_over_without_losing_or_repeating_an_event() {
    let world = World::deployed().with_self_check();
    let intruder = Intruder::new(&world);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        intruder.as_one_without_heartbeats().await;
        give_earlier_template(&world).await;
    });
    world.lab.wait_idle(PATIENCE).unwrap();
    let gaps = world.rootwatch(&["status"]).ends_with(2);
    assert!(gaps.stdout.contains("RW"), "{}", gaps.stdout);

    let is_over = AtomicBool::new(false);
    let sent = thread::scope(|scope| {
        let stream = scope.spawn(|| stream(&world, &is_over));
        let hub = world.rootwatch(&DEPLOY);
        let spokes = world.deploy_spokes();
        is_over.store(true, Ordering::Relaxed);
        let sent = stream.join().unwrap();
        let hub = hub.ends_with(0);
        for made in ["rule rootwatch-heartbeats", "function rootwatch-selfcheck"] {
            assert!(hub.stderr.contains(made), "{}", hub.stderr);
        }
        spokes.ends_with(0);
        sent
    });
    world.lab.wait_idle(PATIENCE).unwrap();
    let all_once = sent.iter().map(|id| (id.clone(), 1)).collect();
    assert_eq!(published(&world), all_once);
    let hub = &world.organization.hub;
    let lost = world.lab.queue_messages(hub, REGION, DEAD_LETTERS).unwrap();
    assert!(lost.is_empty(), "{lost:?}");

    world.count_calls();
    world.rootwatch(&DEPLOY).ends_with(0);
    world.deploy_spokes().ends_with(0);
    assert_eq!(world.writes(), Vec::<String>::new());
    world.rootwatch(&["verify"]).ends_with(0);
    world.rootwatch(&["status"]).ends_with(0);
}
