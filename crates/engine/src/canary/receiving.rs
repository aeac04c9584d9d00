//! What the temporary queue receives: canaries from the hub's bus, and the topic's message about one.

use crate::aws::Aws;
use crate::aws::consistency::retry_until_consistent;
use crate::aws::error::{AwsError, Call};
use crate::work::Work;
use aws_sdk_sqs::types::{DeleteMessageBatchRequestEntry, Message, MessageSystemAttributeName};
use rootwatch_root_event::CANARY_SOURCE;
use serde_json::Value;

/// Seconds that one call waits for messages (long polling).
const WAIT: i32 = 2;

/// A received message.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Received {
    /// A canary, from the hub's bus.
    OnBus {
        id: String,
        /// Set by EventBridge, not by the sender.
        account: String,
        at_ms: i64,
    },
    /// The topic's message about one.
    Alert(Delivery),
}

/// When the canary for people was seen, in milliseconds since 1970.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Delivery {
    pub(super) id: String,
    /// When the function got the event.
    pub(super) function_ms: Option<i64>,
    /// When SNS accepted the message.
    pub(super) topic_ms: Option<i64>,
    /// When it came to the queue.
    pub(super) at_ms: i64,
}

/// Receives from the temporary queue.
pub(super) struct Receiver<'a> {
    aws: &'a Aws,
    queue_url: &'a str,
}

/// What has to be deleted of what was received.
pub(super) type Handles = Vec<String>;

impl<'a> Receiver<'a> {
    pub(super) fn new(aws: &'a Aws, queue_url: &'a str) -> Self {
        Self { aws, queue_url }
    }

    /// Waits a little for messages. What is not deleted comes again.
    pub(super) async fn receive(&self, work: &Work) -> Result<(Vec<Received>, Handles), AwsError> {
        let answer = retry_until_consistent(work, async || {
            let call = self.aws.sqs.receive_message().queue_url(self.queue_url);
            let call = call.max_number_of_messages(10).wait_time_seconds(WAIT);
            let sent = MessageSystemAttributeName::SentTimestamp;
            let call = call.message_system_attribute_names(sent);
            call.send().await.call("sqs:ReceiveMessage")
        })
        .await?;
        let messages = answer.messages.unwrap_or_default();
        let all = messages.iter().filter_map(received).collect();
        let handles = messages.into_iter().filter_map(|it| it.receipt_handle);
        Ok((all, handles.collect()))
    }

    /// What cannot be deleted comes again, which does no harm.
    pub(super) async fn delete(&self, handles: Handles) -> Result<(), AwsError> {
        let entries = handles.into_iter().enumerate().map(|(number, handle)| {
            DeleteMessageBatchRequestEntry::builder()
                .id(number.to_string())
                .receipt_handle(handle)
                .build()
        });
        // It fails where a field is missing, and none is.
        let entries: Vec<_> = entries.filter_map(Result::ok).collect();
        let call = self.aws.sqs.delete_message_batch();
        let call = call.queue_url(self.queue_url).set_entries(Some(entries));
        call.send().await.call("sqs:DeleteMessageBatch")?;
        Ok(())
    }
}

fn received(message: &Message) -> Option<Received> {
    let sent = MessageSystemAttributeName::SentTimestamp;
    let at_ms = message.attributes()?.get(&sent)?.parse().ok()?;
    read(message.body()?, at_ms)
}

fn read(body: &str, at_ms: i64) -> Option<Received> {
    let body: Value = serde_json::from_str(body).ok()?;
    let text = |value: &Value| value.as_str().map(str::to_owned);
    if body["source"] == CANARY_SOURCE {
        return Some(Received::OnBus {
            id: text(&body["detail"]["eventID"])?,
            account: text(&body["account"])?,
            at_ms,
        });
    }
    let alert: Value = serde_json::from_str(body["Message"].as_str()?).ok()?;
    Some(Received::Alert(Delivery {
        id: text(&alert["event_id"])?,
        function_ms: milliseconds(&alert["received"]),
        topic_ms: milliseconds(&body["Timestamp"]),
        at_ms,
    }))
}

fn milliseconds(value: &Value) -> Option<i64> {
    let time: jiff::Timestamp = value.as_str()?.parse().ok()?;
    Some(time.as_millisecond())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn both_kinds_are_read_and_anything_else_is_passed_over() {
        let on_bus =
            json!({"source": "rootwatch.canary", "account": "1", "detail": {"eventID": "a"}});
        let received = read(&on_bus.to_string(), 5);
        assert_eq!(
            received,
            Some(Received::OnBus {
                id: "a".into(),
                account: "1".into(),
                at_ms: 5
            })
        );
        let alert = json!({"event_id": "a", "received": "1970-01-01T00:00:00.007Z"}).to_string();
        let reported = json!({"Message": alert, "Timestamp": "1970-01-01T00:00:00.008Z"});
        assert_eq!(
            read(&reported.to_string(), 9),
            Some(Received::Alert(Delivery {
                id: "a".into(),
                function_ms: Some(7),
                topic_ms: Some(8),
                at_ms: 9
            }))
        );
        for other in [
            "",
            "[]",
            "{\"Message\": \"text\"}",
            "{\"source\": \"aws.iam\"}",
        ] {
            assert_eq!(read(other, 0), None, "{other}");
        }
    }
}
