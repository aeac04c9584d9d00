use crate::faults::failing;
use crate::intruder::{DEAD_LETTERS, Intruder};
use crate::world::{REGION, World, api_call, eventually, sign_in};
use aws_sdk_cloudwatch::types::StateValue;
use rootwatch_lab::Late;

#[test]
fn root_in_any_account_and_region_reaches_a_person_and_teardown_leaves_nothing() {
    let world = World::new();
    let before = world.lab.snapshot().unwrap();
    world.deploy_hub();
    world.deploy_spokes().ends_with(0);

    let (shop, payments, hub) = (
        world.account("shop"),
        world.account("payments"),
        world.account("hub"),
    );
    world.root_does(&shop, "us-east-1", &sign_in(&shop, "No"));
    let mail = &world.alerts(1)[0];
    assert!(
        mail.subject.contains(&shop) && mail.subject.contains("CRITICAL"),
        "{mail:?}"
    );
    for part in [
        "without MFA",
        "us-east-1",
        "198.51.100.23",
        "success",
        &shop,
    ] {
        assert!(mail.body.contains(part), "{part} is not in {}", mail.body);
    }

    world.root_does(
        &payments,
        REGION,
        &api_call(&payments, REGION, "cloudtrail", "DeleteTrail", false),
    );
    let mail = world.alerts(2).remove(1);
    for part in [
        payments.as_str(),
        REGION,
        "cloudtrail",
        "DeleteTrail",
        "203.0.113.77",
    ] {
        assert!(mail.body.contains(part), "{part} is not in {}", mail.body);
    }

    // The hub's own root, which the reference leaves out.
    world.root_does(&hub, "us-east-1", &sign_in(&hub, "Yes"));
    assert!(world.alerts(3)[2].body.contains(&hub));

    world.rootwatch(&["teardown", "all", "--yes"]).ends_with(0);
    assert_eq!(world.at_rest(), before);
    let again = world.rootwatch(&["teardown", "all", "--yes"]).ends_with(0);
    assert_eq!(again.stdout, "There is nothing to remove.\n");
}

#[test]
fn read_only_calls_become_one_digest_a_session() {
    let world = World::deployed();
    let shop = world.account("shop");
    for name in ["ListBuckets", "GetBucketAcl", "GetBucketPolicy"] {
        world.root_does(&shop, REGION, &api_call(&shop, REGION, "s3", name, true));
    }
    // The same event twice, as CloudTrail's and EventBridge's at-least-once delivery may bring it.
    world.root_does(
        &shop,
        REGION,
        &api_call(&shop, REGION, "s3", "ListBuckets", true),
    );
    let digest = &world.alerts(1)[0];
    for part in [
        shop.as_str(),
        "ListBuckets",
        "GetBucketAcl",
        "GetBucketPolicy",
    ] {
        assert!(
            digest.body.contains(part),
            "{part} is not in {}",
            digest.body
        );
    }
    let counted = "made 3 read-only calls in one session";
    assert!(digest.body.contains(counted), "{}", digest.body);
}

#[test]
fn an_alert_that_cannot_be_published_waits_in_the_dead_letter_queue_and_status_says_so() {
    let world = World::deployed();
    // Minutes between attempts are seconds here.
    let quick = Late {
        visibility_percent: Some(1),
        ..Late::default()
    };
    world.lab.set_late(&quick).unwrap();
    let fault = failing("KMSAccessDenied", "no", 400).operation("Publish");
    world.fail(&fault);
    let shop = world.account("shop");
    world.root_does(
        &shop,
        REGION,
        &api_call(&shop, REGION, "iam", "CreateUser", false),
    );
    let queue = "rootwatch-dead-letters";
    let kept = || {
        world
            .lab
            .queue_messages(&world.organization.hub, REGION, queue)
            .unwrap()
    };
    eventually("the dead letter", || !kept().is_empty());
    assert!(kept()[0].body.contains("CreateUser"), "{:?}", kept());
    assert!(world.alerts_now().is_empty());
    // The path that broke does not notify people that it broke; the alarms do.
    let reported = |alarm: &str| {
        world
            .health_mails()
            .iter()
            .any(|mail| mail.subject.contains(alarm))
    };
    eventually("the alarms", || {
        reported("\"rootwatch-dead-letters\"") && reported("rootwatch-notifier-errors")
    });
    // The queue brought it five times in all.
    let invocations = world.lab.invocations().unwrap();
    assert_eq!(invocations.iter().filter(|it| !it.ok).count(), 5);
    let status = world.rootwatch(&["status"]).ends_with(2);
    assert!(
        status.stdout.contains("1 undelivered event"),
        "{}",
        status.stdout
    );
}

#[test]
fn nobody_outside_the_organization_and_nobody_directly_can_write_to_the_bus() {
    let world = World::deployed();
    let bus = format!(
        "arn:aws:events:{REGION}:{}:event-bus/rootwatch",
        world.organization.hub
    );
    let is_refused = |account: &str| {
        let config = world.sdk(account, REGION);
        let entry = aws_sdk_eventbridge::types::PutEventsRequestEntry::builder()
            .event_bus_name(&bus)
            .source("rootwatch.canary")
            .detail_type("AWS API Call via CloudTrail")
            .detail(api_call(account, REGION, "iam", "CreateUser", false).to_string())
            .build();
        let client = aws_sdk_eventbridge::Client::new(&config);
        let runtime = tokio::runtime::Runtime::new().unwrap();
        match runtime.block_on(client.put_events().entries(entry).send()) {
            Ok(answer) => answer.failed_entry_count() == 1,
            Err(_) => true,
        }
    };
    assert!(is_refused("999999999999"), "somebody else wrote to the bus");
    assert!(
        is_refused(&world.account("shop")),
        "a spoke wrote to the bus directly"
    );
    assert!(
        !is_refused(&world.organization.hub),
        "the hub itself must be able to"
    );
    world
        .lab
        .wait_idle(std::time::Duration::from_secs(10))
        .unwrap();
    let mails = world.alerts_now();
    let is_test = |mail: &rootwatch_lab::Mail| mail.subject.contains("TEST");
    assert!(mails.iter().all(is_test), "{mails:?}");
}

#[test]
fn a_forged_event_ends_in_the_spoke_or_at_the_notifier() {
    let world = World::deployed();
    let shop = world.account("shop");
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let is_put = |account: &str, bus: &str, source: &str| {
        let entry = aws_sdk_eventbridge::types::PutEventsRequestEntry::builder()
            .event_bus_name(bus)
            .source(source)
            .detail_type("AWS API Call via CloudTrail")
            .detail(api_call(account, REGION, "iam", "CreateUser", false).to_string())
            .build();
        let client = aws_sdk_eventbridge::Client::new(&world.sdk(account, REGION));
        let answer = runtime.block_on(client.put_events().entries(entry).send());
        answer.is_ok_and(|it| it.failed_entry_count() == 0)
    };
    let put = |account: &str, bus: &str, source: &str| assert!(is_put(account, bus, source));
    // A spoke's rule forwards only what AWS sent; neither a made-up source nor our canary gets out of a spoke.
    put(&shop, "default", "made.up");
    put(&shop, "default", "rootwatch.canary");
    world
        .lab
        .wait_idle(std::time::Duration::from_secs(10))
        .unwrap();
    assert!(world.lab.invocations().unwrap().is_empty());
    // Within the hub account a made-up source is refused by the bus; the canary is marked for what it is.
    assert!(!is_put(&world.organization.hub, "rootwatch", "made.up"));
    put(&world.organization.hub, "rootwatch", "rootwatch.canary");
    let mail = &world.alerts(1)[0];
    assert!(mail.subject.contains("TEST"), "{mail:?}");
    // The mail is there before the function has ended.
    world
        .lab
        .wait_idle(std::time::Duration::from_secs(10))
        .unwrap();
    assert_eq!(world.lab.invocations().unwrap().len(), 1);
}

#[test]
fn a_second_loss_is_heard_while_the_first_still_lies_there() {
    let world = World::with_hub();
    let intruder = Intruder::new(&world);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let heard = |alarm: &str| {
        let mails = world.health_mails().into_iter();
        mails.filter(|it| it.subject.contains(alarm)).count()
    };
    runtime.block_on(intruder.send(DEAD_LETTERS, "first"));
    eventually("the first", || heard("\"rootwatch-dead-letters\"") == 1);
    assert_eq!(heard("rootwatch-more-dead-letters"), 0);
    runtime.block_on(intruder.send(DEAD_LETTERS, "second"));
    eventually("the second", || heard("rootwatch-more-dead-letters") == 1);
    // Until it is back to OK, further losses are part of the same alarm.
    let state = || {
        let call = intruder.alarms.describe_alarms();
        let call = call.alarm_names("rootwatch-more-dead-letters");
        let found = runtime.block_on(call.send()).unwrap();
        found.metric_alarms()[0].state_value().cloned()
    };
    eventually("the end of the alarm", || state() == Some(StateValue::Ok));
    runtime.block_on(intruder.send(DEAD_LETTERS, "third"));
    eventually("the third", || heard("rootwatch-more-dead-letters") == 2);
    assert_eq!(heard("\"rootwatch-dead-letters\""), 1);
}
