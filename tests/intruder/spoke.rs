use super::policy;
use crate::world::World;
use aws_sdk_eventbridge::types::{RuleState, Target};
use aws_sdk_sqs::types::QueueAttributeName;
use serde_json::json;

const RULE: &str = "rootwatch-root-activity";

/// Somebody with all rights in a spoke's account.
pub(crate) struct SpokeIntruder {
    pub(crate) account: String,
    pub(crate) region: &'static str,
    events: aws_sdk_eventbridge::Client,
    iam: aws_sdk_iam::Client,
    sqs: aws_sdk_sqs::Client,
}

impl SpokeIntruder {
    pub(crate) fn new(world: &World, account: &str, region: &'static str) -> Self {
        let account = world.account(account);
        let sdk = world.sdk(&account, region);
        Self {
            account,
            region,
            events: aws_sdk_eventbridge::Client::new(&sdk),
            iam: aws_sdk_iam::Client::new(&sdk),
            sqs: aws_sdk_sqs::Client::new(&sdk),
        }
    }

    fn other_rule(&self) -> String {
        format!("arn:aws:events:{}:{}:rule/other", self.region, self.account)
    }

    /// The rule in this state, with a change of its pattern.
    pub(crate) async fn put_rule(&self, state: RuleState, change: impl FnOnce(&str) -> String) {
        let rule = self.events.describe_rule().name(RULE).send().await.unwrap();
        let put = self.events.put_rule().name(RULE).state(state);
        let put = put
            .event_pattern(change(rule.event_pattern().unwrap()))
            .set_schedule_expression(rule.schedule_expression.clone());
        put.send().await.unwrap();
    }

    async fn target(&self) -> Target {
        let targets = self.events.list_targets_by_rule().rule(RULE).send().await;
        targets.unwrap().targets()[0].clone()
    }

    pub(crate) async fn remove_target(&self) {
        let call = self.events.remove_targets().rule(RULE).ids("hub");
        call.send().await.unwrap();
    }

    pub(crate) async fn delete_rule(&self) {
        self.remove_target().await;
        let call = self.events.delete_rule().name(RULE);
        call.send().await.unwrap();
    }

    /// The name of the role that forwards.
    async fn role(&self) -> String {
        let arn = self.target().await.role_arn.unwrap();
        arn.rsplit('/').next().unwrap().to_owned()
    }

    /// Lets EventBridge take the role for another rule alone.
    pub(crate) async fn trust_another_rule(&self) {
        let trust = policy(json!({
            "Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "events.amazonaws.com"},
            "Condition": {"ArnEquals": {"aws:SourceArn": self.other_rule()}},
        }));
        let call = self.iam.update_assume_role_policy();
        let call = call.role_name(self.role().await).policy_document(trust);
        call.send().await.unwrap();
    }

    pub(crate) async fn forbid_forwarding(&self) {
        let deny = policy(json!({"Effect": "Deny", "Action": "events:*", "Resource": "*"}));
        let call = self.iam.put_role_policy().role_name(self.role().await);
        let call = call.policy_name("forward-to-hub").policy_document(deny);
        call.send().await.unwrap();
    }

    async fn queue_url(&self) -> String {
        let arn = self.target().await.dead_letter_config.unwrap().arn.unwrap();
        let name = arn.rsplit(':').next().unwrap();
        let call = self.sqs.get_queue_url().queue_name(name);
        call.send().await.unwrap().queue_url.unwrap()
    }

    /// Lets the dead-letter queue take what another rule sends.
    pub(crate) async fn queue_for_another_rule(&self) {
        let allow = policy(json!({
            "Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "*",
            "Principal": {"Service": "events.amazonaws.com"},
            "Condition": {"ArnEquals": {"aws:SourceArn": self.other_rule()}},
        }));
        let call = self.sqs.set_queue_attributes();
        let call = call.queue_url(self.queue_url().await);
        let call = call.attributes(QueueAttributeName::Policy, allow);
        call.send().await.unwrap();
    }

    pub(crate) async fn delete_queue(&self) {
        let call = self.sqs.delete_queue().queue_url(self.queue_url().await);
        call.send().await.unwrap();
    }
}
