use super::{ACTS, BUS, Intruder, READS, policy_with, with_statement};
use aws_sdk_eventbridge::operation::put_rule::builders::PutRuleFluentBuilder as PutRule;
use aws_sdk_eventbridge::types::{RuleState, Tag, Target};
use serde_json::{Value, json};

impl Intruder {
    pub(crate) async fn bus_policy(&self) -> String {
        let bus = self.events.describe_event_bus().name(BUS).send().await;
        bus.unwrap().policy.unwrap()
    }

    pub(crate) async fn put_bus_policy(&self, policy: String) {
        let call = self.events.put_permission().event_bus_name(BUS);
        call.policy(policy).send().await.unwrap();
    }

    pub(crate) async fn bus_statement(&self, sid: &str, change: Option<(&str, Value)>) {
        let policy = policy_with(&self.bus_policy().await, sid, change);
        self.put_bus_policy(policy).await;
    }

    /// A statement of one's own about who may put events on the bus.
    pub(crate) async fn add_bus_statement(&self, sid: &str, effect: &str, more: Value) {
        let mut statement = more;
        statement["Sid"] = json!(sid);
        statement["Effect"] = json!(effect);
        statement["Action"] = json!("events:PutEvents");
        statement["Resource"] = json!(self.arn("events", "event-bus/rootwatch"));
        let policy = with_statement(&self.bus_policy().await, statement);
        self.put_bus_policy(policy).await;
    }

    /// The rule as it is, with a change.
    pub(crate) async fn put_rule(&self, name: &str, change: impl FnOnce(PutRule, &str) -> PutRule) {
        let rule = self.events.describe_rule().name(name).event_bus_name(BUS);
        let rule = rule.send().await.unwrap();
        let put = self.events.put_rule().name(name).event_bus_name(BUS);
        let put = put
            .event_pattern(rule.event_pattern().unwrap())
            .set_description(rule.description.clone())
            .set_state(rule.state.clone());
        let put = change(put, rule.event_pattern().unwrap());
        put.send().await.unwrap();
    }

    pub(crate) async fn set_state(&self, name: &str, state: RuleState) {
        self.put_rule(name, |put, _| put.state(state)).await;
    }

    /// The pattern of the rule for acts as text, with a change.
    pub(crate) async fn pattern(&self, change: impl FnOnce(&str) -> String) {
        self.put_rule(ACTS, |put, pattern| put.event_pattern(change(pattern)))
            .await;
    }

    /// The target of the rule for acts as it is, with a change.
    pub(crate) async fn put_target(&self, change: impl FnOnce(&mut Target)) {
        let targets = self.events.list_targets_by_rule().rule(ACTS);
        let targets = targets.event_bus_name(BUS).send().await.unwrap();
        let mut target = targets.targets()[0].clone();
        change(&mut target);
        let put = self.events.put_targets().rule(ACTS).event_bus_name(BUS);
        put.targets(target).send().await.unwrap();
    }

    /// Its only target.
    pub(crate) async fn remove_target(&self, rule: &str) {
        let id = if rule == READS { "reads" } else { "notifier" };
        let call = self.events.remove_targets().rule(rule).event_bus_name(BUS);
        call.ids(id).send().await.unwrap();
    }

    pub(crate) async fn delete_acts_rule(&self) {
        self.remove_target(ACTS).await;
        let call = self.events.delete_rule().name(ACTS).event_bus_name(BUS);
        call.send().await.unwrap();
    }

    /// The rule of this name on the default bus, with its target.
    pub(crate) async fn delete_default_rule(&self, name: &str) {
        let call = self.events.remove_targets().rule(name).ids("reads");
        call.send().await.unwrap();
        let call = self.events.delete_rule().name(name);
        call.send().await.unwrap();
    }

    pub(crate) async fn tag_event(&self, resource: &str) {
        let tag = Tag::builder().key("team").value("x").build();
        let arn = self.arn("events", resource);
        let call = self.events.tag_resource().resource_arn(arn);
        call.tags(tag.unwrap()).send().await.unwrap();
    }
}
