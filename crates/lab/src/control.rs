//! What a test can observe and control.

use anyhow::{Result, ensure};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::time::Duration;

use crate::faults::{Fault, InstanceFault};
use crate::server::Lab;

/// One API call that reached the lab.
#[derive(Clone, Debug, Deserialize)]
pub struct Call {
    /// The service by its signing name: `events`, `lambda`, `cloudformation`...
    pub service: String,
    /// The operation: `PutRule`, `CreateFunction`...
    pub operation: String,
    /// The account that called.
    pub account: String,
    /// The region that was called.
    pub region: String,
    /// Whether it is a write.
    pub write: bool,
    /// The access key id, or the session's ARN when a function called.
    pub caller: String,
    /// Whether a Lambda function that runs in the lab made the call.
    pub by_function: bool,
    /// When it was received, in milliseconds since 1970.
    pub at_ms: u64,
    /// The HTTP status of the response; 0 if the connection was dropped on purpose.
    pub status: u16,
    /// The error code of the response.
    pub error_code: Option<String>,
}

/// An e-mail or text message that SNS sent.
#[derive(Clone, Debug, Deserialize)]
pub struct Mail {
    /// Whom it was sent to.
    pub address: String,
    /// The topic it came from.
    pub topic_arn: String,
    /// Its subject.
    pub subject: String,
    /// Its text.
    pub body: String,
    /// When it was sent, as ISO 8601.
    pub at: String,
    /// `confirmation` or `notification`.
    pub kind: String,
}

/// One invocation of a Lambda function.
#[derive(Clone, Debug, Deserialize)]
pub struct Invocation {
    /// The function.
    pub function_arn: String,
    /// The request id, the same for all attempts at one event.
    pub request_id: String,
    /// Whether the function succeeded.
    pub ok: bool,
    /// The type of the error, if it did not.
    pub error: Option<String>,
    /// How long it ran.
    pub duration_ms: f64,
    /// 1 for the first attempt at an event.
    pub attempt: u32,
    /// When it ended, in milliseconds since 1970.
    pub at_ms: u64,
    /// The event, as JSON.
    pub payload: String,
    /// The function's response, as JSON.
    pub response: String,
    /// What it wrote to standard output and error.
    pub log: String,
}

/// A message in a queue.
#[derive(Clone, Debug, Deserialize)]
pub struct Message {
    /// Its body.
    pub body: String,
    /// Its message attributes, as text.
    pub attributes: std::collections::BTreeMap<String, Option<String>>,
    /// How often it has been received.
    pub receive_count: u32,
    /// Whether it is visible now.
    pub visible: bool,
}

/// Delays of what takes a while on AWS. Unset fields stay as they are.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Late {
    /// A new function is `Pending` this long. Initially 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lambda_pending_ms: Option<u64>,
    /// An update of a function is `InProgress` this long. Initially 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lambda_update_ms: Option<u64>,
    /// A new role cannot be assumed, and a new role policy has no effect, for this long. Initially 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role_visible_after_ms: Option<u64>,
    /// KMS does not know a new role, so that no function with environment variables can have it, for this long.
    /// Initially 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role_unknown_to_kms_ms: Option<u64>,
    /// The name of a deleted queue cannot be used again for this long. Initially 0; on AWS 60 s.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub queue_name_reuse_ms: Option<u64>,
    /// After a write to a service, its reads return the previous state for this long. Initially 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stale_reads_ms: Option<u64>,
    /// A stack's own operations are in progress this long. Initially 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stack_ms: Option<u64>,
    /// A StackSet operation runs this long. Initially 300.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stackset_operation_ms: Option<u64>,
    /// Automatic deployment starts this long after an account has moved. Initially 500.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auto_deployment_ms: Option<u64>,
    /// Event source mappings are `Creating`, `Updating`, `Deleting` this long. Initially 100.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mapping_ms: Option<u64>,
    /// Pause before Lambda's first asynchronous retry; the second waits twice as long.
    /// Initially 200; on AWS a minute.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub async_retry_ms: Option<u64>,
    /// Pause before EventBridge's first retry at a target; it doubles up to 2 s. Initially 100.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target_retry_ms: Option<u64>,
    /// How much of a mapping's batching window passes before it invokes the function, in percent. Initially 5.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub batching_window_percent: Option<u64>,
    /// How many batches of one queue a function is given at once, two at the most. Initially 1, so that what arrives
    /// together is one batch.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub batches_at_once: Option<u64>,
    /// How much of a queue's visibility timeout passes before a mapping receives again what a function did not process,
    /// in percent. Initially 100.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub visibility_percent: Option<u64>,
}

impl Lab {
    /// Every API call so far, oldest first. What the emulator does internally is not included.
    pub fn calls(&self) -> Result<Vec<Call>> {
        self.client.get("calls", &[])
    }

    /// How many there were: for who looks again and again while others work.
    pub fn count_calls(&self) -> Result<usize> {
        self.client.get("calls/count", &[])
    }

    /// Forgets the calls so far.
    pub fn clear_calls(&self) -> Result<()> {
        self.client.delete("calls")
    }

    /// Has every API call take this long, or as long as the lab needs where that is more; calls still run concurrently.
    pub fn set_delay(&self, ms: u64) -> Result<()> {
        self.client.post("delay", &json!({ "ms": ms }))
    }

    /// Sets the delays.
    pub fn set_late(&self, late: &Late) -> Result<()> {
        self.client.post("late", &serde_json::to_value(late)?)
    }

    /// Adds a fault.
    pub fn add_fault(&self, fault: &Fault) -> Result<()> {
        self.client.post("faults", &serde_json::to_value(fault)?)
    }

    /// How often each fault that is set has met a call, in the order in which they were added.
    pub fn met_faults(&self) -> Result<Vec<u64>> {
        self.client.get("faults", &[])
    }

    /// Removes all faults.
    pub fn clear_faults(&self) -> Result<()> {
        self.client.delete("faults")
    }

    /// The calls that faults hold now: service and operation, as in `events PutRule`.
    pub fn held(&self) -> Result<Vec<String>> {
        self.client.get("held", &[])
    }

    /// Makes StackSet operations fail for some instances.
    pub fn fail_instances(&self, fault: &InstanceFault) -> Result<()> {
        let fault = serde_json::to_value(fault)?;
        self.client.post("instance-faults", &fault)
    }

    /// Ends all failures of StackSet instances that were made on purpose.
    pub fn clear_instance_faults(&self) -> Result<()> {
        self.client.delete("instance-faults")
    }

    /// Stops every StackSet operation in progress, as another user would.
    pub fn stop_operations(&self) -> Result<()> {
        self.client.post("stacksets/stop", &json!({}))
    }

    /// Does what CloudTrail does: puts a record on the default bus of an account's region.
    /// Fails if no trail covers it. Returns the id of the event.
    pub fn cloudtrail_event(
        &self,
        account: &str,
        region: &str,
        detail_type: &str,
        detail: &Value,
    ) -> Result<String> {
        self.client.post(
            "cloudtrail",
            &json!({
                "account": account,
                "region": region,
                "detail_type": detail_type,
                "detail": detail,
            }),
        )
    }

    /// The e-mails that an address received (or the text messages of a number), oldest first.
    pub fn mailbox(&self, address: &str) -> Result<Vec<Mail>> {
        self.client.get("mail", &[("address", address)])
    }

    /// All e-mails and text messages, oldest first.
    pub fn mails(&self) -> Result<Vec<Mail>> {
        self.client.get("mails", &[])
    }

    /// Confirms all pending subscriptions of an address (or URL), as its owner would.
    pub fn confirm_subscription(&self, address: &str) -> Result<()> {
        let body = json!({ "address": address });
        self.client.post::<u64>("mail/confirm", &body).map(drop)
    }

    /// Deletes what the address has not confirmed, as SNS does after two days.
    pub fn expire_subscriptions(&self, address: &str) -> Result<()> {
        let body = json!({ "address": address });
        self.client.post::<u64>("mail/expire", &body).map(drop)
    }

    /// Follows the links to unsubscribe in the address's mails, as scanners of mail do. What was confirmed with
    /// `AuthenticateOnUnsubscribe` stays.
    pub fn follow_unsubscribe_links(&self, address: &str) -> Result<()> {
        let body = json!({ "address": address });
        self.client.post::<u64>("mail/unsubscribe", &body).map(drop)
    }

    /// The token in the last mail that asks the address to confirm, which `ConfirmSubscription` takes.
    pub fn confirmation_token(&self, address: &str) -> Result<Option<String>> {
        self.client.get("mail/token", &[("address", address)])
    }

    /// The messages of a queue, without receiving them.
    pub fn queue_messages(&self, account: &str, region: &str, queue: &str) -> Result<Vec<Message>> {
        let query = [("account", account), ("region", region), ("queue", queue)];
        self.client.get("messages", &query)
    }

    /// Turns the clock: all that has happened is so much longer ago, but for messages in queues, and every schedule that
    /// is due by that fires, once at the most. Returns how many did.
    pub fn turn_clock(&self, by: Duration) -> Result<u64> {
        let body = json!({ "seconds": by.as_secs() });
        self.client.post("clock", &body)
    }

    /// Makes the messages of a queue this much older. Fails if there are none.
    pub fn age_messages(
        &self,
        account: &str,
        region: &str,
        queue: &str,
        by: Duration,
    ) -> Result<()> {
        let body = json!({
            "account": account, "region": region, "queue": queue, "seconds": by.as_secs(),
        });
        let aged: u64 = self.client.post("messages/age", &body)?;
        ensure!(
            aged > 0,
            "there is no message in the queue {queue} in {account}, {region}"
        );
        Ok(())
    }

    /// All resources in all accounts and regions, in a stable order:
    /// `{account: {region: {kind: {name: properties}}}}`.
    pub fn snapshot(&self) -> Result<Value> {
        self.client.get("snapshot", &[])
    }

    /// Every invocation of a function so far, oldest first.
    pub fn invocations(&self) -> Result<Vec<Invocation>> {
        self.client.get("invocations", &[])
    }
}
