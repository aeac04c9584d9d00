use super::{Intruder, READS, policy_with, with_statement};
use aws_sdk_sqs::types::QueueAttributeName as Name;
use serde_json::{Value, json};

impl Intruder {
    async fn queue_url(&self, queue: &str) -> String {
        let answer = self.sqs.get_queue_url().queue_name(queue).send().await;
        answer.unwrap().queue_url.unwrap()
    }

    pub(crate) async fn set_queue(&self, queue: &str, name: Name, value: &str) {
        let url = self.queue_url(queue).await;
        let call = self.sqs.set_queue_attributes().queue_url(url);
        call.attributes(name, value).send().await.unwrap();
    }

    /// Where it sends what was received too often.
    pub(crate) async fn redrive(&self, queue: &str, target: &str, count: Value) {
        let target = self.arn("sqs", target);
        let policy = json!({"deadLetterTargetArn": target, "maxReceiveCount": count});
        self.set_queue(queue, Name::RedrivePolicy, &policy.to_string())
            .await;
    }

    async fn queue_policy(&self, queue: &str) -> String {
        let url = self.queue_url(queue).await;
        let call = self.sqs.get_queue_attributes().queue_url(url);
        let answer = call.attribute_names(Name::Policy).send().await.unwrap();
        answer.attributes.unwrap()[&Name::Policy].clone()
    }

    pub(crate) async fn reads_statement(&self, sid: &str, change: Option<(&str, Value)>) {
        let policy = policy_with(&self.queue_policy(READS).await, sid, change);
        self.set_queue(READS, Name::Policy, &policy).await;
    }

    /// A statement of one's own about who may send to the queue for reads.
    pub(crate) async fn open_reads(&self, principal: Value, condition: Value) {
        let theirs = json!({
            "Sid": "Theirs", "Effect": "Allow", "Action": "sqs:SendMessage", "Resource": self.arn("sqs", READS),
            "Principal": principal, "Condition": condition,
        });
        let policy = with_statement(&self.queue_policy(READS).await, theirs);
        self.set_queue(READS, Name::Policy, &policy).await;
    }

    pub(crate) async fn close_reads(&self) {
        self.reads_statement("Theirs", None).await;
    }

    pub(crate) async fn tag_queue(&self, queue: &str) {
        let call = self.sqs.tag_queue().queue_url(self.queue_url(queue).await);
        call.tags("team", "x").send().await.unwrap();
    }

    /// Takes away the tag that says whose it is.
    pub(crate) async fn disown_queue(&self, queue: &str) {
        let call = self
            .sqs
            .untag_queue()
            .queue_url(self.queue_url(queue).await);
        let call = call.tag_keys("rootwatch:deployment");
        call.send().await.unwrap();
    }

    pub(crate) async fn send(&self, queue: &str, body: &str) {
        let call = self
            .sqs
            .send_message()
            .queue_url(self.queue_url(queue).await);
        call.message_body(body).send().await.unwrap();
    }

    pub(crate) async fn delete_queue(&self, queue: &str) {
        let url = self.queue_url(queue).await;
        let call = self.sqs.delete_queue().queue_url(url);
        call.send().await.unwrap();
    }
}
