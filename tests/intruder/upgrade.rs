use super::{ACTS, DEAD_LETTERS, FUNCTION, Intruder, READS};
use aws_sdk_lambda::types::{DestinationConfig, Environment, OnFailure};
use serde_json::json;

impl Intruder {
    /// Gives the hub the shape that earlier versions made: the rule for acts invokes the function itself.
    pub(crate) async fn as_an_earlier_version_made_it(&self) {
        self.tell_by_the_environment().await;
        self.let_keep_what_failed().await;
        self.permit_rule().await;
        let queue = self.arn("sqs", DEAD_LETTERS);
        let on_failure = OnFailure::builder().destination(queue).build();
        let destinations = DestinationConfig::builder().on_failure(on_failure);
        let config = self.lambda.put_function_event_invoke_config();
        let config = config.function_name(FUNCTION).maximum_retry_attempts(2);
        let config = config.maximum_event_age_in_seconds(21_600);
        let config = config.destination_config(destinations.build());
        config.send().await.unwrap();
        let function = self.arn("lambda", &format!("function:{FUNCTION}"));
        self.put_target(|target| target.arn = function).await;
        self.delete_mapping(ACTS).await;
        self.delete_queue(ACTS).await;
        for alarm in ["rootwatch-acts-waiting", "rootwatch-more-dead-letters"] {
            self.delete_alarm(alarm).await;
        }
    }

    async fn tell_by_the_environment(&self) {
        let told = Environment::builder()
            .variables("ROOTWATCH_TOPIC_ARN", self.arn("sns", "rootwatch-alerts"))
            .variables("ROOTWATCH_READ_ONLY", "digest")
            .variables("ROOTWATCH_FORMAT", "text")
            .variables("ROOTWATCH_ACCOUNT_NAMES", r#"{"111122223333":"Shop"}"#)
            .build();
        self.configure(|call| call.environment(told)).await;
        self.without_settings().await;
    }

    async fn permit_rule(&self) {
        let call = self.lambda.add_permission().function_name(FUNCTION);
        let call = call.statement_id(ACTS).action("lambda:InvokeFunction");
        let call = call.principal("events.amazonaws.com");
        let rule = self.arn("events", &format!("rule/rootwatch/{ACTS}"));
        call.source_arn(rule).send().await.unwrap();
    }

    async fn let_keep_what_failed(&self) {
        let (reads, dead) = (self.arn("sqs", READS), self.arn("sqs", DEAD_LETTERS));
        self.role_policy(|policy| {
            let mut policy: serde_json::Value = serde_json::from_str(policy).unwrap();
            let statements = policy["Statement"].as_array_mut().unwrap();
            statements.retain(|it| it["Sid"] != "ReadQueues");
            let read = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"];
            statements.push(json!({"Sid": "ReadQueue", "Effect": "Allow", "Action": read, "Resource": reads}));
            statements.push(json!({
                "Sid": "KeepWhatFailed", "Effect": "Allow", "Action": ["sqs:SendMessage"], "Resource": dead,
            }));
            policy.to_string()
        })
        .await;
    }

    /// Gives the hub the shape that it had before there were heartbeats, rules for tampering and the self-check.
    pub(crate) async fn as_one_without_heartbeats(&self) {
        for (bus, rule) in [
            ("rootwatch", "rootwatch-heartbeats"),
            ("rootwatch", "rootwatch-tampering"),
            ("default", "rootwatch-hub-tampering"),
            ("default", "rootwatch-hub-urgent-tampering"),
        ] {
            self.delete_rule(bus, rule).await;
        }
        let policy = self.bus_policy().await;
        assert!(policy.contains(r#""Scheduled Event","#), "{policy}");
        self.put_bus_policy(policy.replace(r#""Scheduled Event","#, ""))
            .await;
        for alarm in ["no-heartbeats", "tampering-failed", "hub-tampering"] {
            self.delete_alarm(&format!("rootwatch-{alarm}")).await;
        }
        let topic = self.arn("sns", "rootwatch-health");
        let untag = self.sns.untag_resource().resource_arn(topic);
        untag.tag_keys("rootwatch:self-check").send().await.unwrap();
        let group = self.arn("logs", "log-group:/aws/lambda/rootwatch-notifier");
        let untag = self.logs.untag_resource().resource_arn(group);
        let untag = untag.tag_keys("rootwatch:retention-days");
        untag.send().await.unwrap();
    }

    async fn delete_rule(&self, bus: &str, rule: &str) {
        let targets = self.events.list_targets_by_rule();
        let targets = targets.rule(rule).event_bus_name(bus).send().await.unwrap();
        let ids = targets.targets().iter().map(|it| it.id().to_owned());
        let call = self.events.remove_targets().rule(rule).event_bus_name(bus);
        call.set_ids(Some(ids.collect())).send().await.unwrap();
        let call = self.events.delete_rule().name(rule).event_bus_name(bus);
        call.send().await.unwrap();
    }

    /// Who may invoke the function, as its policy says.
    pub(crate) async fn function_policy(&self) -> Option<String> {
        let policy = self.lambda.get_policy().function_name(FUNCTION);
        policy.send().await.ok()?.policy
    }
}
