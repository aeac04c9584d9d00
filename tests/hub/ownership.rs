use super::DEPLOY;
use crate::intruder::Intruder;
use crate::world::{PERSON, REGION, World};

#[test]
fn what_has_our_name_but_not_our_tag_is_refused_before_the_first_write() {
    let world = World::new();
    let hub = world.organization.hub.clone();
    let client = aws_sdk_eventbridge::Client::new(&world.sdk(&hub, REGION));
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime
        .block_on(client.create_event_bus().name("rootwatch").send())
        .unwrap();
    world.count_calls();
    let refused = world.rootwatch(&DEPLOY).ends_with(1);
    assert!(
        refused.stderr.contains("event-bus rootwatch") && refused.stderr.contains("somebody else"),
        "{}",
        refused.stderr
    );
    assert_eq!(world.writes(), Vec::<String>::new());

    // Nor does teardown touch it.
    world.rootwatch(&["teardown", "hub", "--yes"]).ends_with(0);
    assert_eq!(world.writes(), Vec::<String>::new());
}

#[test]
fn what_is_not_ours_is_taken_over_only_when_told_to() {
    let world = World::new();
    let client = aws_sdk_eventbridge::Client::new(&world.sdk(&world.organization.hub, REGION));
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime
        .block_on(client.create_event_bus().name("rootwatch").send())
        .unwrap();
    world.rootwatch(&DEPLOY).ends_with(1);
    let plan = world.rootwatch(&["plan", "hub", "--adopt"]).ends_with(0);
    assert!(
        plan.stdout
            .contains("tags.rootwatch:deployment: (none) -> \"rootwatch\"")
            || plan
                .stdout
                .contains("tags.rootwatch:deployment: \"rootwatch\""),
        "{}",
        plan.stdout
    );
    world
        .rootwatch(&[&DEPLOY[..], &["--adopt"]].concat())
        .ends_with(0);
    world.count_calls();
    world.rootwatch(&DEPLOY).ends_with(0);
    assert_eq!(world.writes(), Vec::<String>::new());
}

#[test]
fn what_others_added_is_shown_and_kept() {
    let world = World::with_hub();
    let hub = &world.organization.hub;
    let config = world.sdk(hub, REGION);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let (bus, topic) = (
        format!("arn:aws:events:{REGION}:{hub}:event-bus/rootwatch"),
        format!("arn:aws:sns:{REGION}:{hub}:rootwatch-alerts"),
    );
    let events = aws_sdk_eventbridge::Client::new(&config);
    let sns = aws_sdk_sns::Client::new(&config);
    runtime.block_on(async {
        let current = events.describe_event_bus().name("rootwatch").send().await.unwrap().policy.unwrap();
        let mut policy: serde_json::Value = serde_json::from_str(&current).unwrap();
        policy["Statement"].as_array_mut().unwrap().push(serde_json::json!({
            "Sid": "Theirs", "Effect": "Deny", "Principal": {"AWS": "*"}, "Action": "events:PutEvents", "Resource": bus,
            "Condition": {"StringEquals": {"events:source": "aws.nothing"}},
        }));
        events.put_permission().event_bus_name("rootwatch").policy(policy.to_string()).send().await.unwrap();
        let tag = aws_sdk_eventbridge::types::Tag::builder().key("cost-center").value("7").build().unwrap();
        events.tag_resource().resource_arn(&bus).tags(tag).send().await.unwrap();
        sns.subscribe().topic_arn(&topic).protocol("email").endpoint("audit@example.com").send().await.unwrap();
    });
    let plan = world
        .rootwatch(&["plan", "hub", "--email", PERSON, "--detailed-exitcode"])
        .ends_with(0);
    for kept in [
        "policy statement \"Theirs\"",
        "tag \"cost-center\"",
        "subscription \"email audit@example.com\"",
    ] {
        assert!(
            plan.stdout.contains(kept),
            "{kept} is not in {}",
            plan.stdout
        );
    }
    // A repair of the same policy keeps their statement.
    world
        .rootwatch(&[&DEPLOY[..], &["--org-id", "o-zzzzzzzzzz"]].concat())
        .ends_with(0);
    let policy = runtime
        .block_on(events.describe_event_bus().name("rootwatch").send())
        .unwrap()
        .policy
        .unwrap();
    assert!(
        policy.contains("Theirs") && policy.contains("o-zzzzzzzzzz"),
        "{policy}"
    );
}

#[test]
fn a_boundary_and_a_key_that_somebody_set_stay_until_they_are_reset() {
    let world = World::with_hub();
    let intruder = Intruder::new(&world);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(intruder.bound_role());
    runtime.block_on(intruder.encrypt_logs());
    world.count_calls();
    let ran = world.rootwatch(&["deploy", "hub", "--email", PERSON, "--yes"]);
    let ran = ran.ends_with(0);
    assert_eq!(world.writes(), Vec::<String>::new());
    let settings = ran.stdout + &world.rootwatch(&["settings"]).ends_with(0).stdout;
    assert!(settings.contains("key/1"), "{settings}");
    let reset = [
        "--reset",
        "iam.permissions_boundary",
        "--reset",
        "hub.log_kms_key",
    ];
    let deploy = [&["deploy", "hub", "--yes"], &reset[..]].concat();
    world.rootwatch(&deploy).ends_with(0);
    let mut writes = world.writes();
    writes.sort();
    assert_eq!(
        writes,
        [
            "iam:DeleteRolePermissionsBoundary",
            "logs:DisassociateKmsKey"
        ]
    );
    let plan = ["plan", "hub", "--detailed-exitcode"];
    world.rootwatch(&plan).ends_with(0);
}

#[test]
fn a_rule_of_our_name_on_the_default_bus_is_somebody_elses_without_our_tag() {
    let world = World::new();
    let client = aws_sdk_eventbridge::Client::new(&world.sdk(&world.organization.hub, REGION));
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let theirs = client
        .put_rule()
        .name("rootwatch-hub-tampering")
        .event_pattern(r#"{"source": ["aws.ec2"]}"#);
    runtime.block_on(theirs.send()).unwrap();
    world.count_calls();
    let refused = world.rootwatch(&DEPLOY).ends_with(1);
    assert!(
        refused.stderr.contains("rule rootwatch-hub-tampering"),
        "{}",
        refused.stderr
    );
    world.rootwatch(&["teardown", "hub", "--yes"]).ends_with(0);
    assert_eq!(world.writes(), Vec::<String>::new());
}
