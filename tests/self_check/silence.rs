//! Twelve ways to silence a spoke or the hub, none followed by a command of ours: each is told to a person.
//!
//! What is done is done by the services' own calls; its record comes after it, as CloudTrail's do, and where the way of
//! records itself is what was cut, it is lost.

use super::{check, runtime, watched};
use crate::events::tampering::change;
use crate::intruder::{ACTS, Intruder, SpokeIntruder};
use crate::world::{PERSON, REGION, World, at_a_time};
use aws_sdk_eventbridge::types::RuleState;
use serde_json::{Value, json};
use std::time::Duration;

const HOUR: Duration = Duration::from_secs(3600);
/// A heartbeat may be late by half, and the self-check looks once a day.
const LATEST: u32 = 36;
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
            let away = &world.organization.ou("/Workloads").unwrap().id;
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
            let mapping = json!({"functionName": "rootwatch-notifier", "enabled": false});
            let call = ("lambda", "UpdateEventSourceMapping20150331");
            record(world, &hub.hub, REGION, call, &mapping);
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
    base.lab.turn_clock(HOUR * 6).unwrap();
    base.at_rest();
    check(&base);
    at_a_time(2, WAYS, |way| {
        let world = base.fork();
        let before = mails(&world);
        (way.act)(&world);
        world.at_rest();
        let mut hours = 0;
        let by = loop {
            match told(&world, before) {
                None if hours < LATEST => {
                    world.lab.turn_clock(HOUR * 6).unwrap();
                    world.at_rest();
                    hours += 6;
                }
                found => break found,
            }
        };
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
