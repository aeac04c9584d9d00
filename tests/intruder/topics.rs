use super::{ALERTS, Intruder, policy_with};
use aws_sdk_sns::types::Tag;
use serde_json::Value;

impl Intruder {
    pub(crate) async fn set_topic(&self, topic: &str, name: &str, value: &str) {
        let call = self.sns.set_topic_attributes();
        let call = call.topic_arn(self.arn("sns", topic)).attribute_name(name);
        call.attribute_value(value).send().await.unwrap();
    }

    pub(crate) async fn topic_statement(
        &self,
        topic: &str,
        sid: &str,
        change: Option<(&str, Value)>,
    ) {
        let call = self.sns.get_topic_attributes();
        let found = call.topic_arn(self.arn("sns", topic)).send().await;
        let policy = &found.unwrap().attributes.unwrap()["Policy"];
        let policy = policy_with(policy, sid, change);
        self.set_topic(topic, "Policy", &policy).await;
    }

    /// A topic of one's own.
    pub(crate) async fn other_topic(&self) -> String {
        let call = self.sns.create_topic().name("elsewhere").send().await;
        call.unwrap().topic_arn.unwrap()
    }

    pub(crate) async fn tag_alerts(&self) {
        let tag = Tag::builder().key("team").value("x").build().unwrap();
        let arn = self.arn("sns", ALERTS);
        let call = self.sns.tag_resource().resource_arn(arn);
        call.tags(tag).send().await.unwrap();
    }

    /// Of the only subscriber.
    async fn subscription(&self, topic: &str) -> String {
        let all = self.sns.list_subscriptions_by_topic();
        let all = all.topic_arn(self.arn("sns", topic)).send().await.unwrap();
        let only = &all.subscriptions()[0];
        only.subscription_arn().unwrap().to_owned()
    }

    pub(crate) async fn unsubscribe(&self, topic: &str) {
        let arn = self.subscription(topic).await;
        let call = self.sns.unsubscribe().subscription_arn(arn);
        call.send().await.unwrap();
    }

    pub(crate) async fn set_filter(&self, topic: &str, policy: Value) {
        let call = self.sns.set_subscription_attributes();
        let call = call.subscription_arn(self.subscription(topic).await);
        let call = call.attribute_name("FilterPolicy");
        let call = call.attribute_value(policy.to_string());
        call.send().await.unwrap();
    }
}
