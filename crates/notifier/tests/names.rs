//! Account names, with an Organizations at an endpoint.

use rootwatch_notifier::Notifier;
use serde_json::json;

use crate::handle::handle;
use crate::services::{self, NEVER, Organizations, Sns, settings};
use crate::{batch, envelope};

const PAYMENTS: &str = "111122223333";
const SHOP: &str = "444455556666";

/// An Organizations that knows only the shop.
fn knowing() -> Organizations {
    Organizations::knowing(SHOP, "Shop")
}

fn notifier(organizations: &Organizations) -> (Notifier, Sns) {
    let sns = Sns::refusing(NEVER);
    let notifier = services::notifier(settings("digest"), &sns, organizations);
    (notifier, sns)
}

pub(crate) fn in_account(id: &str, account: &str) -> serde_json::Value {
    let mut event = envelope(id, "PutBucketPolicy", false);
    event["account"] = json!(account);
    event["detail"]["recipientAccountId"] = json!(account);
    event["detail"]["userIdentity"]["accountId"] = json!(account);
    event
}

#[tokio::test]
async fn each_account_is_looked_up_once() {
    let organizations = knowing();
    let (notifier, sns) = notifier(&organizations);
    for (id, account) in [
        ("e1", SHOP),
        ("e2", SHOP),
        ("e3", PAYMENTS),
        ("e4", PAYMENTS),
    ] {
        handle(&notifier, &in_account(id, account)).await.unwrap();
    }
    let subjects = sns.subjects();
    for (subject, name) in subjects
        .iter()
        .zip(["Shop", "Shop", "Prod-Payments", "Prod-Payments"])
    {
        assert!(subject.contains(name), "{subject}");
    }
    assert_eq!((subjects.len(), organizations.asked()), (4, 2));
}

#[tokio::test]
async fn a_digest_and_the_account_of_a_privileged_session_have_names_too() {
    let organizations = knowing();
    let (notifier, sns) = notifier(&organizations);
    let mut start = in_account("e1", PAYMENTS);
    start["detail"]["eventSource"] = json!("sts.amazonaws.com");
    start["detail"]["eventName"] = json!("AssumeRoot");
    start["detail"]["requestParameters"] = json!({ "targetPrincipal": SHOP });
    handle(&notifier, &start).await.unwrap();
    let text = sns.accepted()[0].get("Message").to_owned();
    assert!(
        text.contains(&format!("in account {SHOP} (Shop)")),
        "{text}"
    );
    let reads = ["r1", "r2"].map(|id| {
        let mut read = in_account(id, SHOP);
        read["detail"]["readOnly"] = json!(true);
        read.to_string()
    });
    handle(&notifier, &batch(&reads)).await.unwrap();
    assert!(sns.subjects()[1].contains("Root made 2 read-only calls in Shop "));
}

#[tokio::test]
async fn what_is_not_an_account_id_is_not_looked_up() {
    let organizations = knowing();
    let (notifier, sns) = notifier(&organizations);
    let mut event = in_account("e1", "somewhere");
    event["detail"]["userIdentity"]["arn"] = json!(null);
    handle(&notifier, &event).await.unwrap();
    assert_eq!((sns.subjects().len(), organizations.asked()), (1, 0));
}

#[tokio::test]
async fn an_unknown_name_is_left_out() {
    let organizations = Organizations::refusing();
    let (notifier, sns) = notifier(&organizations);
    handle(&notifier, &in_account("e1", SHOP)).await.unwrap();
    let subject = "[HIGH] Root called s3:PutBucketPolicy in 444455556666 eu-west-1";
    assert_eq!(sns.subjects(), [subject]);
}
