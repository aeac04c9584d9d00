use crate::world::{PERSON, REGION, World, api_call, eventually};
use rootwatch_lab::{InstanceFault, Late};
use serde_json::json;
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(30);

/// What `status` printed, and its gaps.
struct Status {
    text: String,
}

impl Status {
    fn of(world: &World, account: &str, more: &[&str]) -> Self {
        let ran = world.rootwatch_as(account, &[&["status"], more].concat());
        let code = i32::from(ran.stdout.contains("\nGaps: ")) * 2;
        Self {
            text: ran.ends_with(code).stdout,
        }
    }

    fn gaps(&self) -> Vec<&str> {
        let lines = self.text.lines();
        let gaps = lines.filter_map(|line| line.strip_prefix("  ! RW")?.split_once(' '));
        gaps.map(|(_, gap)| gap).collect()
    }

    /// The one gap that begins like this; it must name what closes it.
    #[track_caller]
    fn gap(&self, begins: &str, closes: &str) -> &str {
        let mut found = self.gaps().into_iter().filter(|it| it.starts_with(begins));
        let gap = found
            .next()
            .unwrap_or_else(|| panic!("no {begins}: {}", self.text));
        assert!(found.next().is_none(), "two of {begins}: {}", self.text);
        assert!(gap.contains(closes), "{closes}: {gap}");
        gap
    }

    #[track_caller]
    fn has_none(&self, what: &str) {
        let found = self.gaps().into_iter().find(|it| it.contains(what));
        assert_eq!(found, None, "{}", self.text);
    }
}

#[test]
fn accounts_and_regions_that_are_not_watched() {
    let world = World::with_hub();
    let organization = &world.organization;
    let [payments, sandbox] = ["payments", "sandbox"].map(|name| world.account(name));
    let reason = "Resource handler returned message: Access denied by SCP";
    let fault = InstanceFault {
        account: Some(payments.clone()),
        reason: reason.into(),
        ..InstanceFault::default()
    };
    world.lab.fail_instances(&fault).unwrap();
    let narrow = ["--ou", "/Workloads/Prod", "--regions", "us-east-1", "--yes"];
    let deploy = ["deploy", "spokes"];
    world
        .rootwatch(&[&deploy[..], &narrow].concat())
        .ends_with(1);
    world.lab.clear_instance_faults().unwrap();
    // StackSets will be long about an account that is new.
    let late = Late {
        auto_deployment_ms: Some(600_000),
        ..Late::default()
    };
    world.lab.set_late(&late).unwrap();
    let prod = &organization.ou("/Workloads/Prod").unwrap().id;
    let new = world.lab.add_account("newcomer", prod).unwrap().id;

    let hub = &organization.hub;
    let status = Status::of(&world, hub, &[]);
    status.gap(
        &format!("account {payments} (payments): us-east-1 OUTDATED {reason}"),
        "`rootwatch deploy spokes` tries again",
    );
    let missing = "us-east-1 no stack instance: its unit was not given, or automatic deployment has not reached it yet";
    for (id, name, path) in [
        (&sandbox, "sandbox", "/Workloads"),
        (hub, "hub", "/Security"),
        (&new, "newcomer", "/Workloads/Prod"),
    ] {
        status.gap(
            &format!("account {id} ({name}): {missing}"),
            &format!("`rootwatch deploy spokes --ou {path}` creates it"),
        );
    }
    // The regions were named; whoever asks for all sees what is left out.
    let all = Status::of(&world, hub, &["--all-regions"]);
    let regions = all.gap(
        &format!("not watched, but enabled in account {hub}: "),
        "`rootwatch deploy spokes --all-regions` watches them",
    );
    assert!(regions.contains("eu-west-1"), "{regions}");
    status.has_none("(management)");
    let skipped = "  account 666666666666 (retired) is suspended: skipped\n";
    assert!(status.text.contains(skipped), "{}", status.text);
    status.has_none("retired");

    // What the gaps say, done: the same command with all units, in all regions.
    let unit = |path: &str| organization.ou(path).unwrap().id.clone();
    let units = ["/Workloads/Prod", "/Workloads", "/Security"].map(unit);
    let mut all = vec!["deploy", "spokes", "--yes", "--all-regions"];
    all.extend(units.iter().flat_map(|unit| ["--ou", unit.as_str()]));
    world.rootwatch(&all).ends_with(0);
    let closed = Status::of(&world, hub, &[]);
    assert!(
        closed.text.ends_with("\nNo gaps found.\n"),
        "{}",
        closed.text
    );
}

#[test]
fn the_management_account_is_not_covered_until_its_own_run() {
    let world = World::with_hub();
    let units = ["--ou", "/Workloads", "--ou", "/Security"];
    let regions = ["--regions", "us-east-1,eu-west-1"];
    world
        .as_management(&[&["deploy", "spokes", "--yes"], &units[..], &regions].concat())
        .ends_with(0);
    let management = &world.organization.management;
    let config = world.sdk(management, "us-east-1");
    let own = aws_sdk_cloudformation::Client::new(&config);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let gone = own.delete_stack().stack_name("rootwatch-spoke");
    runtime.block_on(gone.send()).unwrap();
    world.lab.wait_idle(PATIENCE).unwrap();
    let status = Status::of(&world, management, &regions);
    status.gap(
        &format!("account {management} (management): us-east-1 no stack"),
        "`rootwatch deploy spokes` fixes it",
    );
    world
        .as_management(&[&["deploy", "spokes", "--yes"], &units[..], &regions].concat())
        .ends_with(0);
    let closed = Status::of(&world, management, &regions);
    closed.has_none("(management)");
    assert!(
        closed.text.contains("5 of 5 active accounts covered"),
        "{}",
        closed.text
    );
}

#[test]
fn an_instance_that_cannot_be_removed_is_made_anew() {
    let world = World::deployed();
    let shop = world.account("shop");
    let fault = InstanceFault {
        account: Some(shop.clone()),
        action: Some("DELETE".into()),
        reason: "Stack cannot be deleted".into(),
        ..InstanceFault::default()
    };
    world.lab.fail_instances(&fault).unwrap();
    world
        .rootwatch(&["teardown", "spokes", "--yes"])
        .ends_with(1);
    world.lab.clear_instance_faults().unwrap();
    let hub = &world.organization.hub;
    let begins = format!("account {shop} (shop): all 2 regions INOPERABLE Stack cannot be deleted");
    Status::of(&world, hub, &["--regions", "us-east-1,eu-west-1"]).gap(
        &begins,
        "`rootwatch deploy spokes` deletes the instance and creates it again",
    );
    world.deploy_spokes().ends_with(0);
    Status::of(&world, hub, &["--regions", "us-east-1,eu-west-1"]).has_none("(shop)");
}

#[test]
fn people_who_are_not_notified() {
    let world = World::new();
    let hub = &world.organization.hub;
    let deploy = ["deploy", "hub", "--email", PERSON, "--yes"];
    world.rootwatch(&deploy).ends_with(0);
    let topics = [
        ("rootwatch-alerts", "nobody is notified of the alerts: "),
        (
            "rootwatch-health",
            "nobody is notified of failures of the path itself: ",
        ),
    ];
    let pending = Status::of(&world, hub, &[]);
    for (topic, nobody) in topics {
        // One fact, one gap: another address would wait for a click just as long.
        pending.gap(
            &format!("{nobody}email {PERSON} has not confirmed the subscription to the topic {topic}, pending for "),
            "give the link in the mail from no-reply@sns.amazonaws.com to `rootwatch confirm`, or click it, within 4",
        );
    }
    assert!(!pending.text.contains("RW403"), "{}", pending.text);
    assert!(!pending.text.contains("--email"), "{}", pending.text);
    let since = format!("  notified: email {PERSON} (pending since 20");
    assert!(pending.text.contains(&since), "{}", pending.text);

    // Nobody does, and two days pass.
    world.lab.expire_subscriptions(PERSON).unwrap();
    let named = Status::of(&world, hub, &["--email", PERSON]);
    let unnamed = Status::of(&world, hub, &[]);
    for (topic, _) in topics {
        named.gap(
            &format!("email {PERSON} is gone from the topic {topic}: "),
            "`rootwatch deploy hub` subscribes it again",
        );
        unnamed.gap(
            &format!(
                "somebody whom rootwatch subscribed by email is gone from the topic {topic}: "
            ),
            "`rootwatch deploy hub` with --email, or --sns-subscription, and the address subscribes them again",
        );
    }
    named.has_none("is not up to date");
    world.rootwatch(&deploy).ends_with(0);
    world.lab.confirm_subscription(PERSON).unwrap();
    for more in [&["--email", PERSON][..], &[]] {
        let closed = Status::of(&world, hub, more);
        closed.has_none("topic");
        closed.has_none("nobody is notified of");
        let reported = format!("  notified: email {PERSON} (confirmed; ");
        assert!(closed.text.contains(&reported), "{}", closed.text);
    }
}

#[test]
fn a_topic_that_nobody_is_subscribed_to() {
    let world = World::new();
    let hub = &world.organization.hub;
    world.rootwatch(&["deploy", "hub", "--yes"]).ends_with(0);
    let command = "`rootwatch deploy hub` with --email and an address subscribes somebody, who then has to confirm";
    let status = Status::of(&world, hub, &[]);
    let alerts = "nobody is notified of the alerts: no subscription of the topic rootwatch-alerts is confirmed";
    status.gap(alerts, command);
    let health = "nobody is notified of failures of the path itself: no subscription of the topic rootwatch-health is confirmed";
    status.gap(health, command);
    world.deploy_hub();
    Status::of(&world, hub, &[]).has_none("nobody is notified of");
}

#[test]
fn somebody_nobody_misses_is_let_go_by_the_command_that_is_named() {
    let world = World::new();
    let hub = &world.organization.hub;
    let typo = "secruity@example.com";
    world
        .rootwatch(&["deploy", "hub", "--email", typo, "--yes"])
        .ends_with(0);
    world.deploy_hub();
    world.lab.expire_subscriptions(typo).unwrap();
    Status::of(&world, hub, &["--email", PERSON]).has_none("gone");
    let status = Status::of(&world, hub, &[]);
    let sns = aws_sdk_sns::Client::new(&world.sdk(hub, REGION));
    let runtime = tokio::runtime::Runtime::new().unwrap();
    for topic in ["rootwatch-alerts", "rootwatch-health"] {
        let begins =
            format!("somebody whom rootwatch subscribed by email is gone from the topic {topic}: ");
        let arn = format!("arn:aws:sns:{REGION}:{hub}:{topic}");
        let command =
            format!("`aws sns untag-resource --region {REGION} --resource-arn {arn} --tag-keys ");
        let gap = status.gap(&begins, &command);
        assert!(!gap.contains("example.com"), "{gap}");
        let key = gap
            .split(" --tag-keys ")
            .nth(1)
            .unwrap()
            .trim_end_matches('`');
        let call = sns.untag_resource().resource_arn(arn).tag_keys(key);
        runtime.block_on(call.send()).unwrap();
    }
    Status::of(&world, hub, &[]).has_none("gone");
}

#[test]
fn what_waits_undelivered() {
    let world = World::deployed();
    let hub = &world.organization.hub;
    let config = world.sdk(hub, REGION);
    let iam = aws_sdk_iam::Client::new(&config);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let deny = json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Deny", "Action": "sns:Publish", "Resource": "*"},
    ]});
    let role = format!("rootwatch-notifier-{REGION}");
    let put = iam.put_role_policy().role_name(role).policy_name("quiet");
    runtime
        .block_on(put.policy_document(deny.to_string()).send())
        .unwrap();
    // Minutes between attempts are seconds here.
    let quick = rootwatch_lab::Late {
        visibility_percent: Some(1),
        ..Default::default()
    };
    world.lab.set_late(&quick).unwrap();
    let shop = world.account("shop");
    world.root_does(
        &shop,
        REGION,
        &api_call(&shop, REGION, "iam", "CreateUser", false),
    );
    let waiting = || {
        world
            .lab
            .queue_messages(hub, REGION, "rootwatch-dead-letters")
            .unwrap()
    };
    eventually("the dead letter", || !waiting().is_empty());
    let status = Status::of(&world, hub, &[]);
    let begins = "1 undelivered event waits in the dead-letter queue rootwatch-dead-letters, the oldest for ";
    let gap = status.gap(
        begins,
        "`rootwatch verify` says what is broken and how to fix it",
    );
    assert!(gap.contains("`aws sqs receive-message --region eu-west-1 --queue-url \"$(aws sqs get-queue-url --region eu-west-1 --queue-name rootwatch-dead-letters "), "{gap}");
    // Followed: what verify says, and the message is taken out once it has been read.
    let verify = world.rootwatch(&["verify", "--hub-only"]).ends_with(2);
    assert!(
        verify.stdout.contains("fix: run `rootwatch deploy hub`"),
        "{}",
        verify.stdout
    );
    world
        .rootwatch(&["deploy", "hub", "--email", PERSON, "--yes"])
        .ends_with(0);
    let sqs = aws_sdk_sqs::Client::new(&config);
    runtime.block_on(async {
        let url = sqs.get_queue_url().queue_name("rootwatch-dead-letters");
        let url = url.send().await.unwrap().queue_url.unwrap();
        let read = sqs.receive_message().queue_url(&url).send().await.unwrap();
        let message = &read.messages()[0];
        assert!(message.body().unwrap().contains("CreateUser"));
        let taken = sqs
            .delete_message()
            .queue_url(url)
            .receipt_handle(message.receipt_handle().unwrap());
        taken.send().await.unwrap();
    });
    Status::of(&world, hub, &[]).has_none("undelivered");
    world.root_does(
        &shop,
        REGION,
        &api_call(&shop, REGION, "iam", "DeleteUser", false),
    );
    world.alerts(1);
}
