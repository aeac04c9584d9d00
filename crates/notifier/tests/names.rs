//! Account names, against a mocked Organizations.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use aws_sdk_organizations::Client;
use aws_sdk_organizations::operation::describe_account::{
    DescribeAccountError, DescribeAccountOutput,
};
use aws_sdk_organizations::types::Account;
use aws_sdk_organizations::types::error::{AccessDeniedException, AccountNotFoundException};
use aws_smithy_mocks::{RuleMode, mock, mock_client};
use rootwatch_notifier::{Clients, Notifier};
use serde_json::json;

use crate::handle::{NEVER, Sent, handle, settings, sns, subjects};
use crate::{batch, envelope};

const PAYMENTS: &str = "111122223333";
const SHOP: &str = "444455556666";

/// Organizations for an account that is no delegated administrator.
pub(crate) fn refusing() -> Client {
    let rule = mock!(Client::describe_account).then_error(|| {
        DescribeAccountError::AccessDeniedException(AccessDeniedException::builder().build())
    });
    mock_client!(aws_sdk_organizations, RuleMode::MatchAny, [&rule])
}

/// Organizations that knows the shop, and how often it was asked.
fn knowing() -> (Client, Arc<AtomicUsize>) {
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    let shop = mock!(Client::describe_account)
        .match_requests(move |input| {
            count.fetch_add(1, Ordering::Relaxed);
            input.account_id() == Some(SHOP)
        })
        .then_output(|| {
            let account = Account::builder().id(SHOP).name("Shop").build();
            DescribeAccountOutput::builder().account(account).build()
        });
    let other = mock!(Client::describe_account).then_error(|| {
        let error = AccountNotFoundException::builder().build();
        DescribeAccountError::AccountNotFoundException(error)
    });
    let client = mock_client!(aws_sdk_organizations, RuleMode::MatchAny, [&shop, &other]);
    (client, asked)
}

fn notifier(organizations: Client) -> (Notifier, Sent) {
    let (sns, sent) = sns(NEVER);
    let clients = Clients { sns, organizations };
    (Notifier::new(clients, settings("digest")), sent)
}

fn in_account(id: &str, account: &str) -> serde_json::Value {
    let mut event = envelope(id, "PutBucketPolicy", false);
    event["account"] = json!(account);
    event["detail"]["recipientAccountId"] = json!(account);
    event["detail"]["userIdentity"]["accountId"] = json!(account);
    event
}

#[tokio::test]
async fn each_account_is_asked_for_once() {
    let (organizations, asked) = knowing();
    let (notifier, sent) = notifier(organizations);
    for (id, account) in [
        ("e1", SHOP),
        ("e2", SHOP),
        ("e3", PAYMENTS),
        ("e4", PAYMENTS),
    ] {
        handle(&notifier, &in_account(id, account)).await.unwrap();
    }
    let subjects = subjects(&sent);
    for (subject, name) in subjects
        .iter()
        .zip(["Shop", "Shop", "Prod-Payments", "Prod-Payments"])
    {
        assert!(subject.contains(name), "{subject}");
    }
    assert_eq!((subjects.len(), asked.load(Ordering::Relaxed)), (4, 2));
}

#[tokio::test]
async fn a_digest_and_the_account_of_a_privileged_session_have_names_too() {
    let (organizations, _) = knowing();
    let (notifier, sent) = notifier(organizations);
    let mut start = in_account("e1", PAYMENTS);
    start["detail"]["eventSource"] = json!("sts.amazonaws.com");
    start["detail"]["eventName"] = json!("AssumeRoot");
    start["detail"]["requestParameters"] = json!({ "targetPrincipal": SHOP });
    handle(&notifier, &start).await.unwrap();
    let text = sent.lock().unwrap()[0].message().unwrap().to_owned();
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
    assert!(subjects(&sent)[1].contains("Shop: root made 2 read-only calls"));
}

#[tokio::test]
async fn what_is_no_account_number_is_not_asked_for() {
    let (organizations, asked) = knowing();
    let (notifier, sent) = notifier(organizations);
    let mut event = in_account("e1", "somewhere");
    event["detail"]["userIdentity"]["arn"] = json!(null);
    handle(&notifier, &event).await.unwrap();
    assert_eq!(
        (subjects(&sent).len(), asked.load(Ordering::Relaxed)),
        (1, 0)
    );
}

#[tokio::test]
async fn a_name_that_is_nowhere_is_left_out() {
    let (notifier, sent) = notifier(refusing());
    handle(&notifier, &in_account("e1", SHOP)).await.unwrap();
    let subject = "[HIGH] 444455556666: root called s3:PutBucketPolicy (eu-west-1)";
    assert_eq!(subjects(&sent), [subject]);
}
