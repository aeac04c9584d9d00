//! Routes: what further topics get, and that the alerts topic is never the worse for them.

use rootwatch_notifier::{Notifier, Settings};
use serde_json::{Value, json};

use crate::handle::handle;
use crate::names::in_account;
use crate::services::{self, Form, NEVER, Organizations, Sns};
use crate::{TOPIC, batch_of, envelope};

const SHOP: &str = "444455556666";
const SHOPS: &str = "arn:aws:sns:eu-west-1:444455556666:shops";
const PAGER: &str = "arn:aws:sns:eu-west-1:999988887777:pager";

fn notifier(routes: &Value, sns: Sns, organizations: &Organizations) -> (Notifier, Sns) {
    let file = json!({ "topic_arn": TOPIC, "routes": routes });
    let settings = Settings::read(|_| None, Some(&file.to_string())).unwrap();
    (services::notifier(settings, &sns, organizations), sns)
}

/// Topic and subject of each message, in the order in which SNS got them.
fn got(sns: &Sns) -> Vec<(String, String)> {
    let accepted = sns.accepted();
    let of = |form: &Form| {
        let topic = form.get("TopicArn").rsplit(':').next().unwrap_or_default();
        let subject: String = form.get("Subject").chars().take(24).collect();
        (topic.to_owned(), subject)
    };
    accepted.iter().map(of).collect()
}

fn pairs(all: &[(&str, &str)]) -> Vec<(String, String)> {
    all.iter()
        .map(|(a, b)| ((*a).to_owned(), (*b).to_owned()))
        .collect()
}

#[tokio::test]
async fn a_team_gets_its_accounts_alerts_after_the_security_team_has_all() {
    let organizations = Organizations::refusing();
    let routes =
        json!({ SHOPS: format!("of={SHOP}"), PAGER: "severity=critical format=pagerduty" });
    let (notifier, sns) = notifier(&routes, Sns::refusing(NEVER), &organizations);
    let mut key = in_account("e3", SHOP);
    key["detail"]["eventName"] = json!("CreateAccessKey");
    key["detail"]["eventSource"] = json!("iam.amazonaws.com");
    let other = envelope("e1", "PutBucketPolicy", false);
    let events = [other, key].map(|it| it.to_string());
    handle(&notifier, &batch_of("acts", &events)).await.unwrap();
    let (high, critical) = ("[HIGH] Root called s3:Pu", "[CRITICAL] Root created ");
    assert_eq!(
        got(&sns),
        pairs(&[
            ("rootwatch-alerts", critical),
            ("rootwatch-alerts", high),
            ("shops", critical),
            ("pager", critical),
        ])
    );
    let accepted = sns.accepted();
    let body = |index: usize| -> Value {
        let all: Value = serde_json::from_str(accepted[index].get("Message")).unwrap();
        serde_json::from_str(all["default"].as_str().unwrap()).unwrap()
    };
    assert_eq!(body(2)["schema"], "rootwatch.alert/1");
    assert_eq!(body(3)["payload"]["severity"], "critical");
}

#[tokio::test]
async fn a_topic_that_refuses_delays_and_doubles_nothing_and_is_told_of_once() {
    let organizations = Organizations::refusing();
    let routes = json!({ SHOPS: "all", PAGER: "all" });
    let (notifier, sns) = notifier(&routes, Sns::refusing_topic("shops"), &organizations);
    for id in ["e1", "e2"] {
        let events = [envelope(id, "PutBucketPolicy", false).to_string()];
        let reply = handle(&notifier, &batch_of("acts", &events)).await.unwrap();
        assert_eq!(
            reply,
            json!({ "batchItemFailures": [] }),
            "nothing comes again"
        );
    }
    let high = "[HIGH] Root called s3:Pu";
    assert_eq!(
        got(&sns),
        pairs(&[
            ("rootwatch-alerts", high),
            ("rootwatch-alerts", "[HIGH] Alerts do not rea"),
            ("pager", high),
            ("rootwatch-alerts", high),
            ("pager", high),
        ])
    );
    let accepted = sns.accepted();
    let told: Value = serde_json::from_str(accepted[1].get("Message")).unwrap();
    let text = told["email"].as_str().unwrap();
    assert!(
        text.contains(SHOPS) && text.contains("InternalError"),
        "{text}"
    );
}

#[tokio::test]
async fn what_the_alerts_topic_does_not_get_comes_again_and_goes_no_other_way() {
    let organizations = Organizations::refusing();
    let (notifier, sns) = notifier(
        &json!({ PAGER: "all" }),
        Sns::refusing_topic("rootwatch-alerts"),
        &organizations,
    );
    let events = [envelope("e1", "PutBucketPolicy", false).to_string()];
    assert!(handle(&notifier, &batch_of("acts", &events)).await.is_err());
    assert_eq!(got(&sns), pairs(&[]));
}

#[tokio::test]
async fn a_route_of_a_unit_gets_what_is_below_it() {
    let organizations =
        Organizations::with_units(&[SHOP, "ou-ab12-inner000", "ou-ab12-outer000", "r-ab12"]);
    let routes = json!({ SHOPS: "of=ou-ab12-outer000", PAGER: "of=ou-ab12-other000" });
    let (notifier, sns) = notifier(&routes, Sns::refusing(NEVER), &organizations);
    handle(&notifier, &in_account("e1", SHOP)).await.unwrap();
    let high = "[HIGH] Root called s3:Pu";
    assert_eq!(
        got(&sns),
        pairs(&[("rootwatch-alerts", high), ("shops", high)])
    );
}

#[tokio::test]
async fn where_units_are_not_known_somebody_is_told() {
    let organizations = Organizations::with_units(&[]);
    let routes =
        json!({ SHOPS: "of=ou-ab12-outer000", PAGER: "severity=critical of=ou-ab12-outer000" });
    let (notifier, sns) = notifier(&routes, Sns::refusing(NEVER), &organizations);
    handle(&notifier, &in_account("e1", SHOP)).await.unwrap();
    assert_eq!(
        got(&sns),
        pairs(&[
            ("rootwatch-alerts", "[HIGH] Root called s3:Pu"),
            ("rootwatch-alerts", "[HIGH] Alerts do not rea"),
        ])
    );
    let accepted = sns.accepted();
    let told: Value = serde_json::from_str(accepted[1].get("Message")).unwrap();
    let text = told["email"].as_str().unwrap();
    assert!(
        text.contains(SHOPS) && text.contains("could not be looked up"),
        "{text}"
    );
}
