use super::state::{with, without};
use super::{Break, all_are_named_and_fixed};
use crate::hub::subscriptions::Standing;
use crate::hub::topic::Topic;
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
        filtered(
            "alarms filtered away",
            HEALTH,
            json!({"severity": ["critical"]}),
        ),
    ];
    all_are_named_and_fixed("subscriptions", breaks);
}
