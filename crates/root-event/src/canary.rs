//! The marked event of `rootwatch test`, which takes the whole path and is reported as a TEST.

use serde_json::{Value, json};

/// The `source` of our own test events. Nobody but AWS can send `aws.*`, so a test needs a source of its own.
pub const CANARY_SOURCE: &str = "rootwatch.canary";

/// Name of the daily test event of the self-check: the notifier writes to its log that it has it, and notifies nobody.
pub const SELF_CHECK_EVENT: &str = "RootwatchSelfCheck";

/// The `detail` of a test event: shaped like a CloudTrail record, but not of a root user.
///
/// `marker` becomes the event id, by which the message is recognized.
#[must_use]
pub fn canary_detail(marker: &str, account: &str, region: &str, time: jiff::Timestamp) -> Value {
    json!({
        "eventVersion": "1.11",
        "eventID": marker,
        "eventName": "RootwatchTest",
        "eventSource": CANARY_SOURCE,
        "eventTime": time.to_string(),
        "eventType": "AwsServiceEvent",
        "awsRegion": region,
        "recipientAccountId": account,
        "userIdentity": { "type": "Canary", "accountId": account },
    })
}
