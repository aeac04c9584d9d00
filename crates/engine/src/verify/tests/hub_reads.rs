//! What is read of the hub and of routes, from answers as AWS gives them.

use super::reads::{ROLE, at_hub, document, policy, role};
use crate::aws::canned::{Row, xml};
use crate::hub::sample;
use crate::names::Names;
use crate::verify::deployed::{Deployed, Subscriber};
use crate::verify::routes;
use rootwatch_root_event::Route;
use serde_json::json;

fn attributes(all: &[(&str, &str)]) -> String {
    let entry = |(key, value): &(&str, &str)| {
        format!("<entry><key>{key}</key><value>{value}</value></entry>")
    };
    let all: String = all.iter().map(entry).collect();
    format!("<Attributes>{all}</Attributes>")
}

/// Subscriptions of the alerts topic, with their filters.
fn subscribers() -> Vec<Row> {
    let one = |arn: &str, protocol: &str, endpoint: &str| {
        format!(
            "<member><SubscriptionArn>{arn}</SubscriptionArn><Protocol>{protocol}</Protocol><Endpoint>{endpoint}</Endpoint></member>"
        )
    };
    let test_queue = Names::sample().queue_arn("rootwatch-test-1");
    let all = [
        one("arn:s:all", "email", "a@example.com"),
        one("arn:s:body", "email", "b@example.com"),
        one("arn:s:attributes", "email", "c@example.com"),
        one("PendingConfirmation", "email", "d@example.com"),
        one("arn:s:unread", "https", "https://example.com"),
        one("arn:s:test", "sqs", &test_queue),
    ];
    let list = format!("<Subscriptions>{}</Subscriptions>", all.concat());
    let of = |all: &[(&str, &str)]| xml("GetSubscriptionAttributes", &attributes(all));
    let policy = "{&quot;a&quot;:[1]}";
    vec![
        (
            &["Action=ListSubscriptionsByTopic", "rootwatch-alerts"],
            xml("ListSubscriptionsByTopic", &list),
        ),
        (
            &["GetSubscriptionAttributes", "arn:s:all"],
            of(&[("FilterPolicy", "{}"), ("DeliveryPolicy", "")]),
        ),
        (
            &["GetSubscriptionAttributes", "arn:s:body"],
            of(&[
                ("FilterPolicy", policy),
                ("FilterPolicyScope", "MessageBody"),
                ("DeliveryPolicy", "{}"),
            ]),
        ),
        (
            &["GetSubscriptionAttributes", "arn:s:attributes"],
            of(&[
                ("FilterPolicy", policy),
                ("FilterPolicyScope", "MessageAttributes"),
            ]),
        ),
        (
            &["GetSubscriptionAttributes", "arn:s:unread"],
            "<unreadable".into(),
        ),
    ]
}

/// The function as it runs, under another role.
fn function() -> Vec<Row> {
    let configuration = json!({"FunctionName": "rootwatch-notifier", "Role": ROLE,
        "FunctionArn": Names::sample().function_arn()});
    vec![
        (
            &["GET", "/functions/rootwatch-notifier/policy"],
            json!({"Policy": document("Theirs")}).to_string(),
        ),
        (
            &["GET", "/functions/rootwatch-notifier/concurrency"],
            "{}".into(),
        ),
        (
            &["GET", "/2015-03-31/functions/rootwatch-notifier "],
            json!({"Configuration": configuration}).to_string(),
        ),
    ]
}

/// Who is subscribed, whether that is confirmed, the filter, whether that is of the body, and the delivery policy.
fn seen(it: &Subscriber) -> (&str, bool, Option<(&str, bool)>, Option<&str>) {
    let filter = it.filter.as_ref().ok().and_then(Option::as_ref);
    let filter = filter.map(|it| (&*it.policy, it.on_body));
    (&it.who, it.confirmed, filter, it.delivery.as_deref())
}

#[tokio::test]
async fn the_hub_is_read_with_its_subscribers_and_the_role_that_it_has() {
    let rows = [subscribers(), function(), role()].concat();
    let org_id = || Ok("o-abcdefghij".to_owned());
    let found = Deployed::read(&at_hub(rows), &sample::wanted(), org_id()).await;
    assert!(!found.is_nothing());
    assert_eq!(found.role.unwrap().unwrap().arn, ROLE);
    assert_eq!(found.function_policy, Ok(Some(policy("Theirs"))));
    let subscribers = found.alerts_subscribers.unwrap();
    let all: Vec<_> = subscribers.iter().map(seen).collect();
    let a = r#"{"a":[1]}"#;
    assert_eq!(
        all,
        [
            ("email a@example.com", true, None, None),
            ("email b@example.com", true, Some((a, true)), Some("{}")),
            ("email c@example.com", true, Some((a, false)), None),
            ("email d@example.com", false, None, None),
            ("https https://example.com", true, None, None),
        ]
    );
    let unread = subscribers.iter().filter(|it| it.filter.is_err());
    assert_eq!(unread.count(), 1);
    assert!(found.health_subscribers.unwrap().is_empty());
    let nothing = Deployed::read(&at_hub(Vec::new()), &sample::wanted(), org_id()).await;
    let there = nothing
        .found
        .iter()
        .filter(|(_, it)| !matches!(it, Ok(None)));
    assert!(nothing.is_nothing(), "{:?}", there.collect::<Vec<_>>());
    assert_eq!(nothing.found.len(), nothing.wanted.len());
}

#[tokio::test]
async fn a_routes_topic_is_read_where_the_hub_may_publish() {
    let topic = |name: &str, region: &str| format!("arn:aws:sns:{region}:444455556666:{name}");
    let of = |all: &[(&str, &str)]| xml("GetTopicAttributes", &attributes(all));
    let aws = at_hub(vec![
        (
            &["GetTopicAttributes", "eu-west-1", ":shops"],
            of(&[
                ("SubscriptionsConfirmed", "3"),
                ("KmsMasterKeyId", "alias/own"),
                ("Policy", &document("Shops")),
            ]),
        ),
        (
            &["GetTopicAttributes", ":bare"],
            of(&[("KmsMasterKeyId", "")]),
        ),
    ]);
    let route = |topic: String| Route::parse(&topic, "all").unwrap();
    let routes = vec![
        route(topic("shops", "eu-west-1")),
        route(topic("bare", "eu-west-1")),
        route(topic("gone", "eu-west-1")),
        route(topic("bare", "us-east-1")),
    ];
    let found = routes::read(&aws, routes).await;
    let found: Vec<_> = found.into_iter().map(|(_, topic)| topic.unwrap()).collect();
    let shops = found[0].as_ref().unwrap();
    assert_eq!(
        (shops.confirmed, shops.key.as_deref()),
        (3, Some("alias/own"))
    );
    assert_eq!(shops.policy, policy("Shops"));
    let bare = found[1].as_ref().unwrap();
    assert_eq!((bare.confirmed, bare.key.as_deref()), (0, None));
    assert!(found[2].is_none() && found[3].is_none());
}
