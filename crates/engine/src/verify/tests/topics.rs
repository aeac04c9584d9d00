use super::state::{Hub, add, with, without};
use super::{Break, all_are_named_and_fixed};
use crate::hub::subscriptions::Standing;
use crate::hub::topic::Topic;
use crate::subscription::Subscription;
use crate::verify::AS_MADE;
use crate::verify::deployed::Subscriber;
use crate::verify::finding::Verdict;
use serde_json::{Value, json};

const ALERTS: &str = "topic rootwatch-alerts";
const HEALTH: &str = "topic rootwatch-health";

fn topic(
    (what, id): (&'static str, &'static str),
    check: &'static str,
    change: impl FnOnce(&mut Topic) + 'static,
) -> Break {
    Break::new(what, id, check, |hub| {
        change(hub.topic(&id["topic ".len()..]))
    })
}

#[test]
fn a_broken_topic() {
    const NOBODY: &str = "RootwatchNobodyElse";
    const ALARMS: &str = "RootwatchAlarms";
    let other = json!({"ArnNotEquals": {"aws:PrincipalArn": "arn:aws:iam::111122223333:role/x"}});
    let other_account = json!({"StringEquals": {"aws:SourceAccount": "999999999999"}});
    let breaks = vec![
        topic(("denies the notifier", ALERTS), "policy lets in", |it| {
            with(&mut it.policy, NOBODY, "Condition", other);
        }),
        topic(("open to the account", ALERTS), "policy keeps out", |it| {
            without(&mut it.policy, NOBODY);
        }),
        topic(
            ("health denied to alarms", HEALTH),
            "policy lets in",
            |it| {
                with(&mut it.policy, ALARMS, "Action", json!("sns:Subscribe"));
            },
        ),
        topic(
            ("health for another account's alarms", HEALTH),
            "policy lets in",
            |it| {
                with(&mut it.policy, ALARMS, "Condition", other_account);
            },
        ),
        topic(("health open to everybody", HEALTH), "policy keeps out", |it| {
            without(&mut it.policy, NOBODY);
            let everybody = json!({"Sid": "X", "Effect": "Allow", "Principal": "*", "Action": "sns:Publish", "Resource": "*"});
            add(&mut it.policy, everybody);
        })
        .and(HEALTH, "policy")
        .needs("find out who"),
        topic(("health encrypted", HEALTH), "key", |it| {
            it.kms_master_key_id = Some("alias/aws/sns".into());
        }),
        topic(
            ("health encrypted with a customer managed key", HEALTH),
            "key",
            |it| {
                it.kms_master_key_id = Some("alias/own".into());
            },
        )
        .differs(),
        Break::new("health deleted", HEALTH, "exists", |hub| hub.delete(HEALTH)),
        Break::new("alerts deleted", ALERTS, "exists", |hub| hub.delete(ALERTS)),
    ];
    all_are_named_and_fixed("topics", breaks);
}

fn nobody(what: &'static str, id: &'static str) -> Break {
    Break::new(what, id, "received", |hub| {
        let name = &id["subscriptions ".len()..];
        hub.subscriptions(name).subscriptions.clear();
    })
}

fn filtered(what: &'static str, id: &'static str, policy: Value) -> Break {
    Break::new(what, id, "received", move |hub| {
        let name = &id["subscriptions ".len()..];
        hub.filters.insert(name.into(), (policy, false));
    })
    .needs("remove the filter policy")
}

#[test]
fn a_topic_that_nobody_receives() {
    const ALERTS: &str = "subscriptions rootwatch-alerts";
    const HEALTH: &str = "subscriptions rootwatch-health";
    let sign_ins = json!({"activity": [{"anything-but": ["sign-in"]}]});
    let unconfirmed = Break::new("nobody has confirmed", ALERTS, "received", |hub| {
        let all = hub.subscriptions("rootwatch-alerts");
        let people = all.subscriptions.keys().cloned();
        all.standings = people.map(|it| (it, Standing::Pending)).collect();
    });
    let breaks = vec![
        nobody("nobody on alerts", ALERTS),
        nobody("nobody on health", HEALTH),
        unconfirmed.needs("give the link in the mail from SNS to `rootwatch confirm`"),
        filtered("sign-ins filtered away", ALERTS, sign_ins),
        Break::new("nobody may hear anything", ALERTS, "received", |hub| {
            let policy = json!({"x": [{"exists": false}]});
            hub.filters
                .insert("rootwatch-alerts".into(), (policy, true));
        })
        .unknown()
        .needs("subscribe somebody without a filter policy"),
        filtered(
            "alarms filtered away",
            HEALTH,
            json!({"severity": ["critical"]}),
        ),
    ];
    all_are_named_and_fixed("subscriptions", breaks);
}

#[test]
fn of_what_is_fine_it_is_said_who_is_subscribed() {
    let mut hub = Hub::good();
    let some = json!({"severity": [{"anything-but": ["none"]}]});
    hub.filters.insert("rootwatch-alerts".into(), (some, false));
    for (endpoint, confirmed) in [
        ("a@example.com", true),
        ("b@example.com", false),
        ("c@example.com", false),
    ] {
        let subscription = Subscription {
            protocol: "email".into(),
            endpoint: endpoint.into(),
        };
        hub.further.push(Subscriber {
            who: subscription.to_string(),
            subscription,
            confirmed,
            filter: Ok(None),
            delivery: None,
        });
    }
    let hops = super::super::hub(&hub.deployed(), [].into_iter());
    let said = |id: &str| {
        let mut of = hops.iter().filter(|hop| hop.resource == id);
        let hop = of.next().unwrap();
        assert!(hop.verdict == Verdict::Ok && of.next().is_none(), "{hop:?}");
        hop.finding.as_str()
    };
    let alerts = "2 confirmed, 1 of them filtered; not confirmed yet: email b@example.com, email c@example.com";
    assert_eq!(said("subscriptions rootwatch-alerts"), alerts);
    assert_eq!(said("subscriptions rootwatch-health"), "1 confirmed");
    assert_eq!(said("queue rootwatch-acts"), AS_MADE);
}
