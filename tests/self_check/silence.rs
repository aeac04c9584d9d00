//! Twelve ways to silence a spoke or the hub, none followed by a command of ours: each is told to a person.
//!
//! What is done is done by the services' own calls; its record comes after it, as CloudTrail's do, and where the way of
//! records itself is what was cut, it is lost.

use super::{check, runtime, watched};
use crate::events::tampering::change;
use crate::intruder::{Intruder, SpokeIntruder};
use crate::world::{REGION, World, at_a_time, run, with_profiles};
use aws_sdk_eventbridge::types::RuleState;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

const HOUR: Duration = Duration::from_secs(3600);
/// A heartbeat may be late by half, and the self-check looks once a day.
const LATEST: u32 = 36;
/// How long the lab may take until an alert or an alarm has arrived.
const AT_ONCE: Duration = Duration::from_secs(40);
const SIGN_INS: &str = "us-east-1";
const ACTIVITY: &str = "rootwatch-root-activity";

/// By what a person learns of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum By {
    /// The notifier reports the act itself.
    Alert,
    /// An alarm of the hub.
    Alarm,
    /// The self-check says what is wrong.
    SelfCheck,
}

struct Way {
    what: &'static str,
    act: fn(&World),
    by: By,
}

/// A call by a role of the account, as it is recorded.
fn record(world: &World, account: &str, region: &str, call: (&str, &str), parameters: &Value) {
    let event = change(account, region, call, parameters, "Admin");
    world.root_does(account, region, &event);
}

fn shop(world: &World, region: &'static str) -> SpokeIntruder {
    SpokeIntruder::new(world, "shop", region)
}

fn of_rule() -> Value {
    json!({"name": ACTIVITY})
}

const WAYS: [Way; 12] = [
    Way {
        what: "the rule is turned off",
        act: |world| {
            let it = shop(world, REGION);
            runtime().block_on(it.put_rule(RuleState::Disabled, str::to_owned));
            record(
                world,
                &it.account,
                REGION,
                ("events", "DisableRule"),
                &of_rule(),
            );
        },
        by: By::Alert,
    },
    Way {
        what: "the role may no longer forward",
        act: |world| {
            let it = shop(world, SIGN_INS);
            runtime().block_on(it.forbid_forwarding());
            let role = json!({"roleName": "StackSet-rootwatch-spoke-1-ForwardRole-2"});
            record(
                world,
                &it.account,
                SIGN_INS,
                ("iam", "PutRolePolicy"),
                &role,
            );
        },
        by: By::SelfCheck,
    },
    Way {
        what: "the rule has no target",
        act: |world| {
            let it = shop(world, REGION);
            runtime().block_on(it.remove_target());
            let rule = json!({"rule": ACTIVITY});
            record(
                world,
                &it.account,
                REGION,
                ("events", "RemoveTargets"),
                &rule,
            );
        },
        by: By::Alert,
    },
    Way {
        what: "the pattern is narrowed",
        act: |world| {
            let it = shop(world, REGION);
            let narrow = |it: &str| it.replace("\"Root\"", "\"Nobody\"");
            let all = RuleState::EnabledWithAllCloudtrailManagementEvents;
            runtime().block_on(it.put_rule(all, narrow));
            record(
                world,
                &it.account,
                REGION,
                ("events", "PutRule"),
                &of_rule(),
            );
        },
        by: By::Alert,
    },
    Way {
        what: "EventBridge can take no role in the region, as where its STS is turned off",
        act: |world| runtime().block_on(shop(world, REGION).trust_another_rule()),
        by: By::SelfCheck,
    },
    Way {
        what: "the stack is deleted, by somebody's own credentials",
        act: |world| {
            let it = shop(world, REGION);
            runtime().block_on(it.delete_rule());
            // IAM's records are another region's, whose own spoke still stands.
            let role = json!({"roleName": "StackSet-rootwatch-spoke-1-ForwardRole-2"});
            record(world, &it.account, SIGN_INS, ("iam", "DeleteRole"), &role);
        },
        by: By::Alert,
    },
    Way {
        what: "the account is moved out of the units",
        act: |world| {
            let shop = world.account("shop");
            let management = &world.organization.management;
            let away = &world.organization.root_id;
            let from = &world.organization.ou("/Workloads/Prod").unwrap().id;
            world.lab.move_account(&shop, away).unwrap();
            let moved =
                json!({"accountId": shop, "sourceParentId": from, "destinationParentId": away});
            record(
                world,
                management,
                SIGN_INS,
                ("organizations", "MoveAccount"),
                &moved,
            );
        },
        by: By::Alert,
    },
    Way {
        what: "the bus lets nobody in",
        act: |world| {
            let everybody = json!({"Principal": "*"});
            let hub = Intruder::new(world);
            runtime().block_on(hub.add_bus_statement("Theirs", "Deny", everybody));
            let bus = json!({"eventBusName": "rootwatch"});
            record(world, &hub.hub, REGION, ("events", "PutPermission"), &bus);
        },
        by: By::Alert,
    },
    Way {
        what: "an event source mapping is off",
        act: |world| {
            let hub = Intruder::new(world);
            runtime().block_on(hub.update_mapping(|it| it.enabled(false)));
            let call = ("lambda", "UpdateEventSourceMapping20150331");
            let mut event = change(&hub.hub, REGION, call, &json!({"enabled": false}), "Admin");
            let arn = format!(
                "arn:aws:lambda:{REGION}:{}:function:rootwatch-notifier",
                hub.hub
            );
            event["responseElements"] = json!({"functionArn": arn});
            world.root_does(&hub.hub, REGION, &event);
        },
        by: By::Alarm,
    },
    Way {
        what: "the function may not run",
        act: |world| {
            let hub = Intruder::new(world);
            runtime().block_on(hub.never_run());
            let call = ("lambda", "PutFunctionConcurrency20171031");
            let function = json!({"functionName": "rootwatch-notifier"});
            record(world, &hub.hub, REGION, call, &function);
        },
        by: By::Alarm,
    },
    Way {
        what: "a mail scanner follows the links that unsubscribe",
        act: |world| {
            world
                .lab
                .follow_unsubscribe_links("second@example.com")
                .unwrap()
        },
        by: By::SelfCheck,
    },
    Way {
        what: "the organization's trail is stopped",
        act: |world| {
            let management = &world.organization.management;
            let trail = json!({"name": "organization-trail"});
            record(
                world,
                management,
                SIGN_INS,
                ("cloudtrail", "StopLogging"),
                &trail,
            );
            world.lab.stop_trails().unwrap();
        },
        by: By::Alert,
    },
];

/// Until nothing is under way: each turn of the clock has everybody heard, and some the self-check run.
fn rest(world: &World) {
    world.lab.wait_idle(Duration::from_secs(180)).unwrap();
}

/// What there is within this time.
fn within<T>(time: Duration, look: impl Fn() -> Option<T>) -> Option<T> {
    let since = Instant::now();
    loop {
        let found = look();
        if found.is_some() || since.elapsed() > time {
            return found;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// How many mails of each kind a person has got.
fn mails(world: &World) -> [usize; 3] {
    let health = world.health_mails();
    let alarms = health.iter().filter(|it| it.subject.starts_with("ALARM"));
    let alarms = alarms.count();
    [world.alerts_now().len(), alarms, health.len() - alarms]
}

/// By what a person has learned of it since, if they have.
fn told(world: &World, before: [usize; 3]) -> Option<By> {
    let now = mails(world);
    let kinds = [By::Alert, By::Alarm, By::SelfCheck];
    let mut grown = kinds.into_iter().zip(before).zip(now);
    grown
        .find(|((_, before), now)| now > before)
        .map(|((by, _), _)| by)
}

#[test]
fn each_of_twelve_ways_to_silence_it_is_told_to_somebody() {
    let base = watched();
    base.rootwatch(&["deploy", "hub", "--email", "second@example.com", "--yes"])
        .ends_with(0);
    base.lab.confirm_subscription("second@example.com").unwrap();
    // The management account is watched too: what is done with the organization is recorded there.
    let (hub, management) = (&base.organization.hub, &base.organization.management);
    let profiles = [("management", management.as_str())];
    let (_folder, env) = with_profiles(base.lab.env(hub, REGION), &profiles);
    let deploy = [
        "deploy",
        "spokes",
        "--yes",
        "--management-profile",
        "management",
    ];
    run(&env, &deploy).ends_with(0);
    base.lab.turn_clock(HOUR * 6).unwrap();
    rest(&base);
    check(&base);
    at_a_time(4, WAYS, |way| {
        let world = base.fork();
        let before = mails(&world);
        (way.act)(&world);
        let mut hours = 0;
        // The lab does not come to rest where what waits in a queue is not taken out.
        let mut by = within(AT_ONCE, || told(&world, before));
        while by.is_none() && hours < LATEST {
            world.lab.turn_clock(HOUR * 6).unwrap();
            rest(&world);
            hours += 6;
            by = told(&world, before);
        }
        println!("{}: by {by:?} after {hours} h", way.what);
        assert_eq!(by, Some(way.by), "{} after {hours} h", way.what);
        let is_at_once = hours == 0;
        assert_eq!(
            is_at_once,
            way.by != By::SelfCheck,
            "{}: {hours} h",
            way.what
        );
    });
}
