//! Routes and owners, from the command line to the mail.

use crate::world::{PERSON, REGION, World, api_call, eventually};
use aws_sdk_sns::Client;

const TEAM: &str = "shops@example.com";

/// A topic of the hub's account with a subscriber, as a team makes one.
pub(crate) fn topic(world: &World, name: &str) -> String {
    let sns = Client::new(&world.sdk(&world.organization.hub, REGION));
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let arn = runtime.block_on(async {
        let made = sns.create_topic().name(name).send().await.unwrap();
        let arn = made.topic_arn.unwrap();
        let call = sns.subscribe().topic_arn(&arn).protocol("email");
        call.endpoint(TEAM).send().await.unwrap();
        arn
    });
    world.lab.confirm_subscription(TEAM).unwrap();
    arn
}

fn team_mails(world: &World) -> Vec<String> {
    let mut mails = world.lab.mailbox(TEAM).unwrap();
    mails.retain(|mail| mail.kind == "notification");
    mails.into_iter().map(|mail| mail.subject).collect()
}

#[test]
fn a_team_gets_its_accounts_alerts_and_everybody_sees_what_helps() {
    let world = World::deployed();
    let (shop, data) = (world.account("shop"), world.account("payments"));
    let arn = topic(&world, "shops");
    let route = format!("{arn}=severity=medium of={shop}");
    let owner = format!("{shop}=Shops, shops-oncall@example.com");
    let settings = [
        "--route",
        &route,
        "--owner",
        &owner,
        "--notify-runbook",
        "https://wiki.example.com/root",
        "--notify-contact",
        "Security on call",
    ];
    let deploy = [&["deploy", "hub", "--yes"], &settings[..]].concat();
    world.rootwatch(&deploy).ends_with(0);
    let plan = world.rootwatch(&["plan", "hub", "--detailed-exitcode"]);
    assert_eq!(plan.code, 0, "it is remembered: {}", plan.stdout);

    for account in [&shop, &data] {
        world.root_does(
            account,
            REGION,
            &api_call(account, REGION, "s3", "PutBucketPolicy", false),
        );
    }
    let mails = world.alerts(2);
    eventually("the team's mail", || !team_mails(&world).is_empty());
    let subject = format!("[HIGH] Root called s3:PutBucketPolicy in shop {shop} {REGION}");
    assert_eq!(team_mails(&world), std::slice::from_ref(&subject));
    let mail = mails.iter().find(|mail| mail.subject == subject).unwrap();
    for line in [
        "Owner:       Shops, shops-oncall@example.com\n",
        "What to do now:\n- Runbook: https://wiki.example.com/root\n- Contact: Security on call\n",
        &format!(
            "\nSent by rootwatch, account {}, {REGION}\n",
            world.organization.hub
        ),
    ] {
        assert!(mail.body.contains(line), "{line}: {}", mail.body);
    }
    let other = mails.iter().find(|mail| mail.subject != subject).unwrap();
    assert!(!other.body.contains("Owner:"), "{}", other.body);

    let verified = world.rootwatch(&["verify", "--hub-only", "-v"]);
    let line = format!("route {arn}");
    assert!(verified.stdout.contains(&line), "{}", verified.stdout);
    assert!(!verified.stdout.contains("RW17"), "{}", verified.stdout);
}

#[test]
fn a_route_that_ends_nowhere_is_found_and_told_of() {
    let world = World::deployed();
    let shop = world.account("shop");
    let arn = topic(&world, "shops");
    let route = format!("{arn}=all");
    world
        .rootwatch(&["deploy", "hub", "--yes", "--route", &route])
        .ends_with(0);
    let sns = Client::new(&world.sdk(&world.organization.hub, REGION));
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async { sns.delete_topic().topic_arn(&arn).send().await.unwrap() });

    world.root_does(
        &shop,
        REGION,
        &api_call(&shop, REGION, "s3", "PutBucketPolicy", false),
    );
    let mails = world.alerts(2);
    let told = mails
        .iter()
        .find(|mail| mail.subject.contains("do not reach"))
        .unwrap();
    assert!(told.body.contains(&arn), "{}", told.body);

    let verified = world.rootwatch(&["verify", "--hub-only"]).ends_with(2);
    assert!(verified.stdout.contains("RW174"), "{}", verified.stdout);
    let reset = format!("routes.{arn}");
    world
        .rootwatch(&["deploy", "hub", "--yes", "--reset", &reset])
        .ends_with(0);
    world.rootwatch(&["verify", "--hub-only"]).ends_with(0);
}

#[test]
fn a_route_that_cannot_work_is_refused_before_anything_is_written() {
    let world = World::deployed();
    world.count_calls();
    for (route, part) in [
        (
            "arn:aws:sns:ap-south-1:444455556666:shops=all".to_owned(),
            "Make a topic in",
        ),
        (
            format!(
                "arn:aws:sns:{REGION}:{}:rootwatch-alerts=all",
                world.organization.hub
            ),
            "a further topic",
        ),
        ("shops=all".to_owned(), "is not the ARN of an SNS topic"),
        (
            format!("arn:aws:sns:{REGION}:444455556666:shops=severity=urgent"),
            "critical",
        ),
    ] {
        let args = [
            "deploy", "hub", "--yes", "--email", PERSON, "--route", &route,
        ];
        let refused = world.rootwatch(&args).ends_with(1);
        assert!(refused.stderr.contains(part), "{route}: {}", refused.stderr);
    }
    assert_eq!(world.writes(), Vec::<String>::new());
}
