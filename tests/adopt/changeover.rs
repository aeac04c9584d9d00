use crate::adopt::reference::{
    OLD_PERSON, STACK_SET, TEMPLATE, TOPIC, block_on, build, build_hub, build_hub_in, build_spokes,
    settle,
};
use crate::faults::denied;
use crate::world::{REGION, Ran, World, api_call, eventually};
use rootwatch_lab::Mail;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

pub(crate) const UNITS: [&str; 2] = ["/Workloads", "/Security"];
const ADOPT: [&str; 6] = [
    "adopt",
    "--regions",
    "us-east-1,eu-west-1",
    "--role",
    "rootwatch-reader",
    "--yes",
];
pub(crate) const BUS: &str = "hub-root-activity";

pub(crate) fn world() -> World {
    static PUBLISHED: LazyLock<World> = LazyLock::new(|| {
        // As in `world.rs`: what other tests begin with is no test of late truths.
        let world = World::new().calm();
        build(&world, &UNITS, &[REGION]);
        world
    });
    PUBLISHED.fork()
}

pub(crate) fn adopt(world: &World, more: &[&str]) -> Ran {
    world.rootwatch(&[&ADOPT[..], more].concat())
}

/// A world in which both paths stand, and everybody has confirmed.
pub(crate) fn beside() -> World {
    static BESIDE: LazyLock<World> = LazyLock::new(|| {
        let world = world().calm();
        adopt(&world, &[]).ends_with(2);
        world.lab.confirm_subscription(OLD_PERSON).unwrap();
        world
    });
    BESIDE.fork()
}

fn reported(world: &World) -> Vec<Mail> {
    let mut mails = world.lab.mailbox(OLD_PERSON).unwrap();
    mails.retain(|mail| mail.kind == "notification");
    mails
}

/// Root of a spoke acts again and again until `done`, and counts; gives the names of its calls.
fn act(world: &World, done: &AtomicBool, acts: &AtomicUsize) -> Vec<String> {
    let shop = world.account("shop");
    let mut names = Vec::new();
    while !done.load(Ordering::Relaxed) {
        let name = format!("Step{:04}", names.len());
        world.root_does(&shop, REGION, &api_call(&shop, REGION, "iam", &name, false));
        names.push(name);
        acts.store(names.len(), Ordering::Relaxed);
        std::thread::sleep(Duration::from_millis(40));
    }
    names
}

#[test]
fn what_root_does_at_any_moment_of_the_changeover_is_reported() {
    let world = world();
    world.lab.set_delay(20).unwrap();
    let (done, count) = (AtomicBool::new(false), AtomicUsize::new(0));
    let acts = std::thread::scope(|scope| {
        let acting = scope.spawn(|| act(&world, &done, &count));
        let ran = adopt(&world, &[]);
        world.lab.confirm_subscription(OLD_PERSON).unwrap();
        let again = adopt(&world, &[]);
        let so_far = count.load(Ordering::Relaxed);
        eventually("acts after the changeover", || {
            count.load(Ordering::Relaxed) >= so_far + 5
        });
        done.store(true, Ordering::Relaxed);
        let acts = acting.join().unwrap();
        ran.ends_with(2);
        again.ends_with(0);
        acts
    });
    world.lab.wait_idle(Duration::from_secs(30)).unwrap();
    let mails = reported(&world);
    let is_reported = |act: &&String| mails.iter().any(|mail| mail.body.contains(act.as_str()));
    let untold: Vec<&String> = acts.iter().filter(|act| !is_reported(act)).collect();
    assert_eq!(untold, Vec::<&String>::new(), "of {} acts", acts.len());
    assert!(acts.len() > 30, "{}", acts.len());
    let by = |topic: &str| mails.iter().any(|mail| mail.topic_arn.ends_with(topic));
    assert!(by(TOPIC) && by("rootwatch-alerts"));
}

#[test]
fn after_the_changeover_and_a_teardown_nothing_is_left_of_either() {
    let world = World::new();
    let before = world.lab.snapshot().unwrap();
    build(&world, &UNITS, &[REGION]);
    let ran = adopt(&world, &[]).ends_with(2);
    let shown = world.shown(&ran.stdout);
    insta::assert_snapshot!("adopt_waits", shown);
    insta::assert_snapshot!("adopt_finds", found(&world.shown(&ran.stderr)));
    world.lab.confirm_subscription(OLD_PERSON).unwrap();
    let ran = adopt(&world, &[]).ends_with(0);
    insta::assert_snapshot!("adopt_ends", world.shown(&ran.stdout));
    for said in ["on the hub's bus", "Passed: the test event arrived."] {
        assert!(ran.stderr.contains(said), "{said}\n{}", ran.stderr);
    }
    let ran = adopt(&world, &[]).ends_with(0);
    assert!(
        ran.stdout
            .contains("There is nothing of the published pattern in account 222222222222, in any of its 17 regions."),
        "{}",
        ran.stdout
    );
    world.rootwatch(&["teardown", "all", "--yes"]).ends_with(0);
    assert_eq!(world.lab.snapshot().unwrap(), before);
}

/// The part of the log that says what was found.
fn found(log: &str) -> &str {
    log.split_once("is subscribed to the new topic").unwrap().0
}

#[test]
fn a_removal_that_fails_at_any_call_goes_on_in_the_next_run() {
    let world = beside();
    // The test event's own rule goes by the same calls, before. What is removed side by side fails together.
    let bus = ("events", "DeleteEventBus", 1);
    let function = ("lambda", "DeleteFunction", 1);
    let steps: [&[(&str, &str, u64)]; 9] = [
        &[("cloudformation", "DeleteStackInstances", 1)],
        &[("cloudformation", "DeleteStackSet", 1)],
        &[("events", "RemoveTargets", 2)],
        &[("events", "DeleteRule", 2)],
        &[("sns", "DeleteTopic", 1), bus],
        &[bus, function],
        &[function],
        &[("iam", "DeleteRolePolicy", 1)],
        &[("iam", "DeleteRole", 1)],
    ];
    let mut ended = Vec::new();
    for faults in steps {
        for (service, operation, nth) in faults {
            let fault = denied().service(service).operation(operation);
            world.fail(&fault.nth(*nth));
        }
        let ran = adopt(&world, &["--output", "json"]);
        world.lab.clear_faults().unwrap();
        let (service, operation, _) = faults[0];
        let said = format!("{service}:{operation}: AccessDeniedException: not today");
        assert!(ran.stderr.contains(&said), "{said}\n{}", ran.stderr);
        let report = ran.json();
        assert_eq!(report["is_proved"], true);
        // Whoever was taken over stays, without a setting.
        assert_eq!(report["to_keep"], serde_json::json!([]));
        ended.push((operation, ran.code));
    }
    assert!(ended.iter().all(|(_, code)| *code == 1), "{ended:?}");
    adopt(&world, &[]).ends_with(0);
    let plain = ["plan", "hub", "--detailed-exitcode"];
    world.rootwatch(&plain).ends_with(0);
    let left = world.lab.snapshot().unwrap().to_string();
    for old in [
        BUS,
        TOPIC,
        STACK_SET,
        "root-activity-monitor",
        "LambdaRootAPIMonitorRole",
    ] {
        assert!(!left.contains(old), "{old}");
    }
}

#[test]
fn hubs_and_stack_sets_of_other_regions_are_taken_over_too() {
    let (other, colleague) = ("us-east-1", "colleague@example.com");
    let world = World::new();
    block_on(async {
        build_hub(&world).await;
        build_hub_in(&world, other, colleague).await;
        build_spokes(&world, other, TEMPLATE, &UNITS, &[REGION, other]).await;
    });
    let people = [OLD_PERSON, colleague];
    settle(&world, &people);
    let ran = adopt(&world, &[]).ends_with(2);
    for said in [
        "event-bus hub-root-activity, in us-east-1",
        "stack-set root-activity-spokes with 10 stack instances in 5 accounts, in us-east-1",
        "every region but eu-west-1, us-east-1",
    ] {
        assert!(ran.stderr.contains(said), "{said}\n{}", ran.stderr);
    }
    assert!(!ran.stderr.contains("root sign-ins"), "{}", ran.stderr);
    settle(&world, &people);
    let ran = adopt(&world, &["--output", "json"]).ends_with(0);
    // Two hubs of four parts each, the role that they share, and the StackSet.
    assert_eq!(ran.json()["removed"].as_array().unwrap().len(), 10);
    let left = world.lab.snapshot().unwrap();
    assert!(!left.to_string().contains(BUS));
    let topics = left[&world.organization.hub][REGION]["topics"].to_string();
    assert!(topics.contains(OLD_PERSON) && topics.contains(colleague));
}

#[test]
fn what_nobody_can_reach_any_more_is_left_behind_with_its_command() {
    let world = beside();
    let sandbox = world.account("sandbox");
    world.lab.suspend_account(&sandbox).unwrap();
    let ran = adopt(&world, &[]).ends_with(0);
    let said = format!(
        "Left behind; once the account can be used again, these commands remove it with its own credentials:\n  account {sandbox}: aws cloudformation delete-stack"
    );
    assert!(ran.stderr.contains(&said), "{}", ran.stderr);
    let left = world.lab.snapshot().unwrap();
    assert!(
        !left[&world.organization.management]
            .to_string()
            .contains(STACK_SET)
    );
    assert!(
        left[&sandbox]
            .to_string()
            .contains("RootActivityMonitorRule")
    );
}
