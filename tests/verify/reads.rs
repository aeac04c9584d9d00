use super::{SPOKE_ROLE, wrong};
use crate::faults::access_denied;
use crate::intruder::Intruder;
use crate::world::World;
use std::collections::BTreeSet;

#[test]
fn a_good_deployment_is_fine_by_reads_alone() {
    let world = World::deployed();
    world.count_calls();
    let said = world
        .rootwatch(&["verify", "--role", SPOKE_ROLE])
        .ends_with(0)
        .stdout;
    let hub = "hub, as made: event-bus, rule (6), queue (3), event-source-mapping (2), function, role, topic (2), alarm (11), log-group\n";
    assert!(said.contains(hub), "{said}");
    assert!(!said.contains("rule rootwatch-acts"), "{said}");
    let each = world.rootwatch(&["verify", "-v"]).ends_with(0).stdout;
    assert!(
        each.contains("rule rootwatch-acts, as made: is as rootwatch makes it"),
        "{each}"
    );
    let quiet = world.rootwatch(&["verify", "--quiet"]).ends_with(0);
    assert_eq!(quiet.stdout, "");
    let report = world
        .rootwatch(&["verify", "--output", "json"])
        .ends_with(0)
        .json();
    assert_eq!(report["schema"], "rootwatch.verify/3");
    assert_eq!(report["counts"]["broken"], 0);
    let writes = world.writes();
    assert!(
        writes.iter().all(|call| call == "sts:AssumeRole"),
        "{writes:?}"
    );
}

/// Call, the resources that are unknown without it, and the permission that is missing.
const DENIED: [(&str, &[&str], &str); 7] = [
    (
        "DescribeRule",
        &[
            "rule rootwatch-acts",
            "rule rootwatch-heartbeats",
            "rule rootwatch-hub-tampering",
            "rule rootwatch-hub-urgent-tampering",
            "rule rootwatch-reads",
            "rule rootwatch-tampering",
        ],
        "events:DescribeRule",
    ),
    (
        "GetQueueAttributes",
        &[
            "queue rootwatch-acts",
            "queue rootwatch-reads",
            "queue rootwatch-dead-letters",
        ],
        "sqs:GetQueueAttributes",
    ),
    (
        "GetRole",
        &["role rootwatch-notifier-eu-west-1"],
        "iam:GetRole",
    ),
    (
        "GetPolicy",
        &["function rootwatch-notifier"],
        "lambda:GetPolicy",
    ),
    (
        "GetSubscriptionAttributes",
        &[
            "subscriptions rootwatch-alerts",
            "subscriptions rootwatch-health",
        ],
        "",
    ),
    (
        "DescribeAlarms",
        &[
            "alarm rootwatch-acts-failed",
            "alarm rootwatch-acts-waiting",
            "alarm rootwatch-dead-letters",
            "alarm rootwatch-hub-tampering",
            "alarm rootwatch-more-dead-letters",
            "alarm rootwatch-no-heartbeats",
            "alarm rootwatch-not-delivered",
            "alarm rootwatch-notifier-errors",
            "alarm rootwatch-reads-failed",
            "alarm rootwatch-reads-waiting",
            "alarm rootwatch-tampering-failed",
        ],
        "cloudwatch:DescribeAlarms",
    ),
    (
        "DescribeOrganization",
        &["event-bus rootwatch"],
        "organizations:DescribeOrganization",
    ),
];

#[test]
fn tags_that_only_the_resources_know_are_compared() {
    let world = World::with_hub();
    let deploy = ["deploy", "hub", "--tag", "team=security", "--yes"];
    world.rootwatch(&deploy).ends_with(0);
    let verify = ["verify", "--hub-only", "--output", "json"];
    world.rootwatch(&verify).ends_with(0);
    let intruder = Intruder::new(&world);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(intruder.tag_alarm());
    let found = wrong(&world.rootwatch(&verify).ends_with(2));
    let [alarm] = &found[..] else {
        panic!("{found:#?}");
    };
    assert_eq!(
        (&*alarm.resource, &*alarm.verdict),
        ("alarm rootwatch-dead-letters", "differs")
    );
}

/// All at once: each call's resources are its own.
#[test]
fn what_may_not_be_read_is_unknown_and_the_missing_permission_is_named() {
    let world = World::with_hub();
    for (operation, _, _) in DENIED {
        let fault = access_denied().operation(operation);
        world.fail(&fault);
    }
    let verify = ["verify", "--hub-only", "--output", "json"];
    let found = wrong(&world.rootwatch(&verify).ends_with(2));
    assert!(found.iter().all(|it| it.verdict == "unknown"), "{found:#?}");
    let named: BTreeSet<&str> = found.iter().map(|it| &*it.resource).collect();
    let all = DENIED.iter().flat_map(|(_, resources, _)| *resources);
    assert_eq!(named, all.copied().collect());
    for (operation, resources, action) in DENIED {
        let of_it = found.iter().filter(|it| resources.contains(&&*it.resource));
        let fixes: Vec<&str> = of_it.map(|it| &*it.fix).collect();
        assert!(fixes.join("\n").contains(action), "{operation}: {fixes:?}");
    }
    world.lab.clear_faults().unwrap();
    world.rootwatch(&verify).ends_with(0);
}
