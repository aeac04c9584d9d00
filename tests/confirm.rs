//! `rootwatch confirm`, and what `status` says of who confirmed otherwise.

use crate::commands::shell_with_input;
use crate::faults::{access_denied, failing};
use crate::world::{PERSON, REGION, Ran, World};
use serde_json::json;

/// The links in the mails that ask to confirm, the last first.
pub(crate) fn links(world: &World) -> Vec<String> {
    let mails = world.lab.mailbox(PERSON).unwrap();
    let asking = mails.iter().rev().filter(|it| it.kind == "confirmation");
    let link = |body: &str| {
        let found = body.lines().find(|it| it.starts_with("https://"));
        found.unwrap().to_owned()
    };
    asking.map(|it| link(&it.body)).collect()
}

/// A hub that nobody has confirmed.
pub(crate) fn unconfirmed() -> World {
    let world = World::new().calm();
    world
        .rootwatch(&["deploy", "hub", "--email", PERSON, "--yes"])
        .ends_with(0);
    world
}

fn confirm(world: &World, given: &str) -> Ran {
    world.rootwatch(&["confirm", given])
}

#[test]
fn what_is_confirmed_by_the_links_no_click_can_end() {
    let world = unconfirmed();
    let links = links(&world);
    assert_eq!(links.len(), 2, "{links:?}");
    let confirmed = confirm(&world, &links[0]).ends_with(0);
    assert!(
        confirmed.stdout.contains("No click in a mail ends"),
        "{}",
        confirmed.stdout
    );
    // By the line that a person pastes.
    let env = world.lab.env(&world.organization.hub, REGION);
    let pasted = shell_with_input(
        &env,
        "rootwatch confirm --output json",
        &format!("{}\n", links[1]),
    );
    assert_eq!(pasted.code, 0, "{}", pasted.stderr);
    let report = pasted.json();
    assert_eq!(
        (&report["schema"], &report["authenticated"]),
        (&json!("rootwatch.confirm/1"), &json!(true))
    );
    assert_eq!(report["subscriber"], format!("email {PERSON}"));
    world.lab.follow_unsubscribe_links(PERSON).unwrap();
    let status = world.rootwatch(&["status"]).stdout;
    assert!(
        status.contains(&format!("notified: email {PERSON} (confirmed)")),
        "{status}"
    );
}

#[test]
fn a_token_alone_is_tried_for_both_topics() {
    let world = unconfirmed();
    for link in links(&world) {
        let token = link.split("Token=").nth(1).unwrap();
        let token = token.split('&').next().unwrap();
        confirm(&world, token).ends_with(0);
    }
    let status = world.rootwatch(&["status", "--output", "json"]).json();
    let who = format!("email {PERSON}");
    for topic in [&status["hub"], &status["hub"]["health"]] {
        assert_eq!(topic["subscriptions"][&who], "confirmed", "{topic}");
        assert!(topic["ended_by_click"].is_null(), "{topic}");
    }
}

#[test]
fn who_confirmed_by_a_click_is_named_and_told_how_to_change_that() {
    let world = unconfirmed();
    let links = links(&world);
    world.lab.confirm_subscription(PERSON).unwrap();
    let late = confirm(&world, &links[0]).ends_with(2);
    assert!(
        late.stdout
            .contains("--remove-subscription security@example.com`"),
        "{}",
        late.stdout
    );
    let status = world.rootwatch(&["status", "--output", "json"]).json();
    assert_eq!(
        status["hub"]["ended_by_click"],
        json!([format!("email {PERSON}")])
    );
    let text = world.rootwatch(&["status"]).stdout;
    assert!(
        text.contains(
            "(confirmed; the unsubscribe link in its mails ends it, see docs/confirm.md)"
        ),
        "{text}"
    );
}

#[test]
fn nothing_but_a_link_of_our_topics_is_taken() {
    let world = unconfirmed();
    let link = links(&world).remove(0);
    let before = world.writes().len();
    for (given, part) in [
        (
            link.replace("sns.eu-west-1.amazonaws.com", "sns.example.com"),
            "the link goes to sns.example.com",
        ),
        (
            link.replace("rootwatch-", "other-"),
            "is not a topic of the deployment",
        ),
        (
            link.replace("222222222222", "333333333333"),
            "these credentials are of account 222222222222",
        ),
        (
            link.replace("eu-west-1", "us-east-1"),
            "give --region us-east-1",
        ),
        ("two words".to_owned(), "letters and digits only"),
    ] {
        let refused = confirm(&world, &given).ends_with(1);
        assert!(refused.stderr.contains(part), "{given}: {}", refused.stderr);
    }
    assert_eq!(world.writes().len(), before);
    let wrong = confirm(&world, &link.replace("Token=", "Token=0")).ends_with(1);
    assert!(
        wrong.stderr.contains("SNS does not take this token"),
        "{}",
        wrong.stderr
    );
    let nothing = world.rootwatch(&["confirm"]).ends_with(1);
    assert!(
        nothing.stderr.contains("no link was given"),
        "{}",
        nothing.stderr
    );
}

#[test]
fn what_cannot_be_read_is_said() {
    let world = unconfirmed();
    let link = links(&world).remove(0);
    world.fail(&access_denied().operation("GetSubscriptionAttributes"));
    let confirmed = confirm(&world, &link).ends_with(2);
    assert!(
        confirmed
            .stdout
            .contains("could not be read: sns:GetSubscriptionAttributes"),
        "{}",
        confirmed.stdout
    );
    let status = world.rootwatch(&["status", "--output", "json"]).json();
    let gaps = status["gaps"].as_array().unwrap();
    let found = gaps.iter().find(|it| it["id"] == "RW407").unwrap();
    assert_eq!(found["operation"], "sns:GetSubscriptionAttributes");
    world.lab.clear_faults().unwrap();
    world.fail(&failing("AuthorizationError", "no", 403).operation("ConfirmSubscription"));
    let json = world
        .rootwatch(&["confirm", &link, "--output", "json"])
        .ends_with(1)
        .json();
    assert_eq!(json["schema"], "rootwatch.error/1");
    assert_eq!(json["error"]["operation"], "sns:ConfirmSubscription");
}
