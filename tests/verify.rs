//! From a good deployment each hop is broken in turn. `verify` has to name that hop and no other, and what it says has
//! to mend it: each row's finding stands alone only when the row before was mended.

use crate::drift::{Intruder, policy_with};
use crate::world::{PERSON, Ran, World};
use aws_sdk_cloudformation::types as cfn;
use aws_sdk_eventbridge::types as events;
use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types as lambda;
use aws_sdk_sqs::types::QueueAttributeName;
use rootwatch_lab::{Fault, Kind, Late};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::pin::Pin;

const BUS: &str = "rootwatch";
const ACTS: &str = "rootwatch-acts";
const READS: &str = "rootwatch-reads";
const FUNCTION: &str = "rootwatch-notifier";
const ROLE: &str = "rootwatch-notifier-eu-west-1";
const ALERTS: &str = "rootwatch-alerts";
const HEALTH: &str = "rootwatch-health";
const DEAD_LETTERS: &str = "rootwatch-dead-letters";
const DEPLOY: [&str; 5] = ["deploy", "hub", "--email", PERSON, "--yes"];
/// Taken in a spoke's account; the lab lets any name in.
const SPOKE_ROLE: &str = "OrganizationAccountAccessRole";

type Change<'a> = Pin<Box<dyn Future<Output = ()> + 'a>>;

/// How a break is mended.
enum Mend<'a> {
    /// By `rootwatch deploy hub`, as the hint says.
    Deploy,
    /// By that, and by what the hint says beside it, of which this is a part.
    Also(&'static str, Change<'a>),
}

struct Break<'a> {
    what: &'static str,
    /// Resource and check of each hop that is named.
    hops: Vec<(String, &'static str)>,
    verdict: &'static str,
    change: Change<'a>,
    mend: Mend<'a>,
}

impl<'a> Break<'a> {
    fn new(
        what: &'static str,
        resource: &str,
        check: &'static str,
        change: impl Future<Output = ()> + 'a,
    ) -> Self {
        Self {
            what,
            hops: vec![(resource.to_owned(), check)],
            verdict: "broken",
            change: Box::pin(change),
            mend: Mend::Deploy,
        }
    }

    /// With a further hop that it breaks.
    fn and(mut self, resource: &str, check: &'static str) -> Self {
        self.hops.push((resource.to_owned(), check));
        self
    }

    fn cannot_be_told(mut self) -> Self {
        self.verdict = "cannot-tell";
        self
    }

    fn mended_by(mut self, hint: &'static str, change: impl Future<Output = ()> + 'a) -> Self {
        self.mend = Mend::Also(hint, Box::pin(change));
        self
    }
}

/// Hops that are not fine: resource, check and verdict, and what is said to mend each.
fn wrong(ran: &Ran) -> (BTreeSet<(String, String, String)>, String) {
    let report = ran.json();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let hops = report["hops"].as_array().unwrap().iter();
    let wrong: Vec<&Value> = hops.filter(|hop| hop["verdict"] != "ok").collect();
    let mends: Vec<String> = wrong.iter().map(|hop| text(&hop["mend"])).collect();
    let of = |hop: &&Value| {
        (
            text(&hop["resource"]),
            text(&hop["check"]),
            text(&hop["verdict"]),
        )
    };
    (wrong.iter().map(of).collect(), mends.join("\n"))
}

fn statement(sid: &str, effect: &str, action: &str, resource: &str, more: &Value) -> Value {
    let mut statement =
        json!({"Sid": sid, "Effect": effect, "Action": action, "Resource": resource});
    for (key, value) in more.as_object().into_iter().flatten() {
        statement[key] = value.clone();
    }
    statement
}

fn with_statement(policy: &str, statement: Value) -> String {
    let mut policy: Value = serde_json::from_str(policy).unwrap();
    policy["Statement"].as_array_mut().unwrap().push(statement);
    policy.to_string()
}

/// What these tests change beside what the drift table does.
impl Intruder {
    fn bus_arn(&self) -> String {
        self.arn("events", "event-bus/rootwatch")
    }

    async fn bus_statement(&self, sid: &str, change: Option<(&str, Value)>) {
        let policy = policy_with(&self.bus_policy().await, sid, change);
        self.put_bus_policy(policy).await;
    }

    async fn freeze_bus(&self, condition: Value) {
        let more = json!({"Principal": "*", "Condition": condition});
        let freeze = statement("Freeze", "Deny", "events:PutEvents", &self.bus_arn(), &more);
        let policy = with_statement(&self.bus_policy().await, freeze);
        self.put_bus_policy(policy).await;
    }

    async fn thaw_bus(&self) {
        self.bus_statement("Freeze", None).await;
    }

    async fn pattern(&self, change: impl FnOnce(&str) -> String) {
        self.put_rule(|put, pattern| put.event_pattern(change(pattern)))
            .await;
    }

    async fn set_reads_rule(&self, state: events::RuleState) {
        let rule = self.events.describe_rule().name(READS).event_bus_name(BUS);
        let rule = rule.send().await.unwrap();
        let put = self.events.put_rule().name(READS).event_bus_name(BUS);
        let put = put
            .event_pattern(rule.event_pattern().unwrap())
            .state(state);
        put.send().await.unwrap();
    }

    async fn remove_targets(&self, rule: &str, id: &str) {
        let call = self.events.remove_targets().rule(rule).event_bus_name(BUS);
        call.ids(id).send().await.unwrap();
    }

    async fn role_policy(&self, change: impl FnOnce(&str) -> String) {
        let call = self
            .iam
            .get_role_policy()
            .role_name(ROLE)
            .policy_name("notifier");
        let text = call.send().await.unwrap().policy_document;
        let text = percent_encoding::percent_decode_str(&text)
            .decode_utf8_lossy()
            .into_owned();
        let call = self
            .iam
            .put_role_policy()
            .role_name(ROLE)
            .policy_name("notifier");
        call.policy_document(change(&text)).send().await.unwrap();
    }

    async fn permit(&self, sid: &str, principal: &str) {
        let call = self.lambda.add_permission().function_name(FUNCTION);
        let call = call.statement_id(sid).action("lambda:InvokeFunction");
        call.principal(principal).send().await.unwrap();
    }

    async fn revoke(&self, sid: &str) {
        let call = self.lambda.remove_permission().function_name(FUNCTION);
        call.statement_id(sid).send().await.unwrap();
    }

    async fn open_reads(&self, principal: Value, condition: Value) {
        let queue = self.arn("sqs", READS);
        let more = json!({"Principal": principal, "Condition": condition});
        let theirs = statement("Theirs", "Allow", "sqs:SendMessage", &queue, &more);
        let policy = with_statement(&self.queue_policy(READS).await, theirs);
        self.set_queue(READS, QueueAttributeName::Policy, &policy)
            .await;
    }

    async fn close_reads(&self) {
        let policy = policy_with(&self.queue_policy(READS).await, "Theirs", None);
        self.set_queue(READS, QueueAttributeName::Policy, &policy)
            .await;
    }

    async fn attach_deny(&self) {
        let deny = json!({"Version": "2012-10-17", "Statement": [statement("No", "Deny", "sqs:*", "*", &json!({}))]});
        let call = self.iam.create_policy().policy_name("no-queues");
        call.policy_document(deny.to_string()).send().await.unwrap();
        let call = self.iam.attach_role_policy().role_name(ROLE);
        call.policy_arn(self.deny_arn()).send().await.unwrap();
    }

    async fn detach_deny(&self) {
        let call = self.iam.detach_role_policy().role_name(ROLE);
        call.policy_arn(self.deny_arn()).send().await.unwrap();
    }

    fn deny_arn(&self) -> String {
        format!("arn:aws:iam::{}:policy/no-queues", self.hub)
    }

    async fn topic_statement(&self, topic: &str, sid: &str, change: Option<(&str, Value)>) {
        let policy = self.topic_attribute(topic, "Policy").await;
        self.set_topic(topic, "Policy", &policy_with(&policy, sid, change))
            .await;
    }

    async fn subscription(&self, topic: &str) -> String {
        let all = self.sns.list_subscriptions_by_topic();
        let all = all.topic_arn(self.arn("sns", topic)).send().await.unwrap();
        all.subscriptions()[0]
            .subscription_arn()
            .unwrap()
            .to_owned()
    }

    async fn unsubscribe(&self, topic: &str) {
        let arn = self.subscription(topic).await;
        self.sns
            .unsubscribe()
            .subscription_arn(arn)
            .send()
            .await
            .unwrap();
    }

    async fn set_filter(&self, topic: &str, policy: Value) {
        let call = self.sns.set_subscription_attributes();
        let call = call.subscription_arn(self.subscription(topic).await);
        let call = call
            .attribute_name("FilterPolicy")
            .attribute_value(policy.to_string());
        call.send().await.unwrap();
    }
}

fn bus_breaks(c: &Intruder) -> Vec<Break<'_>> {
    let id = "event-bus rootwatch";
    let lets_in = "policy lets in";
    let keeps_out = "policy keeps out";
    let other = json!({"StringEquals": {"aws:PrincipalOrgID": "o-another"}});
    vec![
        Break::new(
            "no organization",
            id,
            lets_in,
            c.bus_statement("RootwatchOrganization", None),
        ),
        Break::new(
            "another organization",
            id,
            lets_in,
            c.bus_statement("RootwatchOrganization", Some(("Condition", other))),
        ),
        Break::new(
            "another action",
            id,
            lets_in,
            c.bus_statement(
                "RootwatchOrganization",
                Some(("Action", json!("events:PutRule"))),
            ),
        ),
        Break::new(
            "open to everybody",
            id,
            keeps_out,
            c.bus_statement("RootwatchOrganization", Some(("Condition", json!({})))),
        ),
        Break::new(
            "direct calls",
            id,
            keeps_out,
            c.bus_statement("RootwatchForwardedOnly", None),
        ),
        Break::new(
            "any detail-type",
            id,
            keeps_out,
            c.bus_statement("RootwatchCloudTrailOnly", None),
        ),
        Break::new(
            "a Deny of somebody else's",
            id,
            lets_in,
            c.freeze_bus(json!({})),
        )
        .mended_by("remove statements of the bus's policy", c.thaw_bus()),
        Break::new(
            "a Deny that cannot be judged",
            id,
            lets_in,
            c.freeze_bus(json!({"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}})),
        )
        .and(id, keeps_out)
        .cannot_be_told()
        .mended_by("remove statements of the bus's policy", c.thaw_bus()),
    ]
}

fn rule_breaks(c: &Intruder) -> Vec<Break<'_>> {
    let id = "rule rootwatch-acts";
    let reads = "rule rootwatch-reads";
    let retry = |age, attempts| {
        c.put_target(move |target| {
            let policy = target.retry_policy.as_mut().unwrap();
            policy.maximum_event_age_in_seconds = Some(age);
            policy.maximum_retry_attempts = Some(attempts);
        })
    };
    let dead_letters = |arn: Option<String>| {
        c.put_target(|target| {
            target.dead_letter_config =
                arn.map(|arn| events::DeadLetterConfig::builder().arn(arn).build())
        })
    };
    vec![
        Break::new("disabled", id, "state", async {
            c.events
                .disable_rule()
                .name(ACTS)
                .event_bus_name(BUS)
                .send()
                .await
                .unwrap();
        }),
        Break::new(
            "plain ENABLED",
            id,
            "state",
            c.put_rule(|put, _| put.state(events::RuleState::Enabled)),
        ),
        Break::new(
            "Root misspelt",
            id,
            "pattern",
            c.pattern(|it| it.replace("[\"Root\"]", "[\"root\"]")),
        ),
        Break::new(
            "sign-ins left out",
            id,
            "pattern",
            c.pattern(|it| it.replace("\"AWS Console Sign In via CloudTrail\",", "")),
        ),
        Break::new(
            "service events left out",
            id,
            "pattern",
            c.pattern(|it| it.replace("\"AWS Service Event via CloudTrail\",", "")),
        ),
        Break::new(
            "readOnly as text left out",
            id,
            "pattern",
            c.pattern(|it| it.replace("[false,\"false\"]", "[false]")),
        ),
        Break::new(
            "a read that matters left out",
            id,
            "pattern",
            c.pattern(|it| it.replace("\"GetSessionToken\",", "")),
        ),
        Break::new(
            "AssumeRoot misspelt",
            id,
            "pattern",
            c.pattern(|it| it.replace("AssumeRoot", "AssumeROOT")),
        ),
        Break::new(
            "one account only",
            id,
            "pattern",
            c.pattern(|it| it.replacen('{', "{\"account\":[\"333333333333\"],", 1)),
        ),
        Break::new(
            "one region only",
            id,
            "pattern",
            c.pattern(|it| it.replacen('{', "{\"region\":[\"eu-west-1\"],", 1)),
        ),
        Break::new(
            "IAM users too",
            id,
            "pattern",
            c.pattern(|it| it.replace("[\"Root\"]", "[\"Root\",\"IAMUser\"]")),
        ),
        Break::new(
            "any source",
            id,
            "pattern",
            c.pattern(|it| it.replace("{\"prefix\":\"aws.\"}", "{\"prefix\":\"\"}")),
        ),
        Break::new(
            "canaries of spokes",
            id,
            "pattern",
            c.pattern(|it| {
                it.replace(
                    "\"account\":[\"222222222222\"]",
                    "\"account\":[{\"prefix\":\"\"}]",
                )
            }),
        ),
        Break::new(
            "an operator that cannot be judged",
            id,
            "pattern",
            c.pattern(|it| it.replace("[{\"prefix\":\"aws.\"}]", "[{\"wildcard\":\"aws.*\"}]")),
        )
        .cannot_be_told(),
        Break::new(
            "no target",
            id,
            "target",
            c.remove_targets(ACTS, "notifier"),
        ),
        Break::new("another target", id, "target", {
            let other = c.arn("sqs", READS);
            c.put_target(|target| target.arn = other)
        }),
        Break::new(
            "a changed event",
            id,
            "target",
            c.put_target(|target| target.input = Some("{}".into())),
        ),
        Break::new("no retries", id, "retries", retry(86_400, 0)),
        Break::new("a minute of retries", id, "retries", retry(60, 185)),
        Break::new(
            "no dead-letter queue",
            id,
            "dead letters",
            dead_letters(None),
        ),
        Break::new(
            "another dead-letter queue",
            id,
            "dead letters",
            dead_letters(Some(c.arn("sqs", READS))),
        ),
        Break::new("deleted", id, "exists", async {
            c.remove_targets(ACTS, "notifier").await;
            c.events
                .delete_rule()
                .name(ACTS)
                .event_bus_name(BUS)
                .send()
                .await
                .unwrap();
        }),
        Break::new(
            "reads disabled",
            reads,
            "state",
            c.set_reads_rule(events::RuleState::Disabled),
        ),
        Break::new(
            "reads in plain ENABLED",
            reads,
            "state",
            c.set_reads_rule(events::RuleState::Enabled),
        ),
        Break::new(
            "reads without target",
            reads,
            "target",
            c.remove_targets(READS, "reads"),
        ),
    ]
}

fn function_breaks(c: &Intruder) -> Vec<Break<'_>> {
    let id = "function rootwatch-notifier";
    let invoke = "async-invoke rootwatch-notifier";
    vec![
        Break::new("no permission", id, "permission", c.remove_permission()),
        Break::new("permission for another rule", id, "permission", async {
            c.remove_permission().await;
            let call = c
                .lambda
                .add_permission()
                .function_name(FUNCTION)
                .statement_id(ACTS);
            let call = call
                .action("lambda:InvokeFunction")
                .principal("events.amazonaws.com");
            call.source_arn(c.arn("events", "rule/rootwatch/other"))
                .send()
                .await
                .unwrap();
        }),
        Break::new(
            "open to everybody",
            id,
            "keeps out",
            c.permit("Theirs", "*"),
        )
        .mended_by("--statement-id Theirs", c.revoke("Theirs")),
        Break::new(
            "open to another account",
            id,
            "keeps out",
            c.permit("Theirs", "999988887777"),
        )
        .mended_by("--statement-id Theirs", c.revoke("Theirs")),
        Break::new("reserved concurrency 0", id, "state", async {
            let call = c.lambda.put_function_concurrency().function_name(FUNCTION);
            call.reserved_concurrent_executions(0).send().await.unwrap();
        }),
        Break::new("other code", id, "code", async {
            let mut zip = rootwatch_notifier_bundle::zip().to_vec();
            zip.push(0);
            let call = c.lambda.update_function_code().function_name(FUNCTION);
            call.zip_file(Blob::new(zip)).send().await.unwrap();
        }),
        Break::new(
            "another runtime",
            id,
            "code",
            c.configure(|call| call.runtime(lambda::Runtime::Providedal2)),
        ),
        Break::new(
            "a second's time",
            id,
            "settings",
            c.configure(|call| call.timeout(1)),
        ),
        Break::new("in a VPC", id, "settings", {
            let vpc = lambda::VpcConfig::builder().subnet_ids("subnet-1");
            let vpc = vpc.security_group_ids("sg-1").build();
            c.configure(|call| call.vpc_config(vpc))
        }),
        Break::new(
            "no topic",
            id,
            "environment",
            c.environment("ROOTWATCH_TOPIC_ARN", ""),
        ),
        Break::new("another topic", id, "environment", async {
            let call = c.sns.create_topic().name("elsewhere").send().await;
            let arn = call.unwrap().topic_arn.unwrap();
            c.environment("ROOTWATCH_TOPIC_ARN", &arn).await;
        }),
        Break::new(
            "another endpoint",
            id,
            "environment",
            c.environment("AWS_ENDPOINT_URL_SNS", "http://127.0.0.1:9"),
        ),
        Break::new("no settings for failures", invoke, "retries", async {
            let call = c.lambda.delete_function_event_invoke_config();
            call.function_name(FUNCTION).send().await.unwrap();
        }),
        Break::new(
            "no retries",
            invoke,
            "retries",
            c.invoke_config(21_600, 0, true),
        ),
        Break::new(
            "no destination",
            invoke,
            "retries",
            c.invoke_config(21_600, 2, false),
        ),
    ]
}

fn role_breaks(c: &Intruder) -> Vec<Break<'_>> {
    let id = "role rootwatch-notifier-eu-west-1";
    let topic = "topic rootwatch-alerts";
    let trust = json!({"Version": "2012-10-17", "Statement": [{"Sid": "RootwatchLambda", "Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "ec2.amazonaws.com"}}]});
    vec![
        Break::new("trusts somebody else", id, "trust", async move {
            let call = c.iam.update_assume_role_policy().role_name(ROLE);
            call.policy_document(trust.to_string())
                .send()
                .await
                .unwrap();
        }),
        Break::new(
            "may not publish",
            topic,
            "policy lets in",
            c.role_policy(|it| policy_with(it, "Publish", None)),
        ),
        Break::new(
            "may publish elsewhere",
            topic,
            "policy lets in",
            c.role_policy(|it| {
                policy_with(
                    it,
                    "Publish",
                    Some(("Resource", json!("arn:aws:sns:eu-west-1:222222222222:x"))),
                )
            }),
        ),
        Break::new(
            "a Deny in it",
            topic,
            "policy lets in",
            c.role_policy(|it| {
                with_statement(it, statement("No", "Deny", "sns:*", "*", &json!({})))
            }),
        ),
        Break::new(
            "may not keep what failed",
            id,
            "policy",
            c.role_policy(|it| policy_with(it, "KeepWhatFailed", None)),
        ),
        Break::new(
            "may not read its queue",
            id,
            "policy",
            c.role_policy(|it| {
                policy_with(
                    it,
                    "ReadQueue",
                    Some(("Action", json!("sqs:ReceiveMessage"))),
                )
            }),
        ),
        Break::new(
            "may not log",
            id,
            "policy",
            c.role_policy(|it| policy_with(it, "Log", None)),
        ),
        Break::new("a Deny attached to it", id, "policy", c.attach_deny())
            .mended_by("detach policies of the role", c.detach_deny()),
    ]
}

fn queue_breaks(c: &Intruder) -> Vec<Break<'_>> {
    use QueueAttributeName as Name;
    let id = "queue rootwatch-reads";
    let dead = "queue rootwatch-dead-letters";
    let mapping = "event-source-mapping rootwatch-reads";
    let (acts, reads) = ("rule rootwatch-acts", "rule rootwatch-reads");
    vec![
        Break::new(
            "takes nothing",
            id,
            "policy lets in",
            c.set_queue(READS, Name::Policy, ""),
        ),
        Break::new("takes another rule's", id, "policy lets in", async {
            let condition = json!({"ArnEquals": {"aws:SourceArn": "arn:aws:events:eu-west-1:222222222222:rule/x"}});
            let policy = policy_with(
                &c.queue_policy(READS).await,
                "RootwatchRules",
                Some(("Condition", condition)),
            );
            c.set_queue(READS, Name::Policy, &policy).await;
        }),
        Break::new(
            "takes everybody's",
            id,
            "policy keeps out",
            c.open_reads(json!("*"), json!({})),
        )
        .mended_by("statements of that policy", c.close_reads()),
        Break::new(
            "takes another account's",
            id,
            "policy keeps out",
            c.open_reads(json!({"AWS": "arn:aws:iam::999988887777:root"}), json!({})),
        )
        .mended_by("statements of that policy", c.close_reads()),
        Break::new(
            "takes what any account's rules send",
            id,
            "policy keeps out",
            c.open_reads(json!({"Service": "events.amazonaws.com"}), json!({})),
        )
        .mended_by("statements of that policy", c.close_reads()),
        Break::new(
            "takes what a rule of another account sends",
            id,
            "policy keeps out",
            c.open_reads(
                json!({"Service": "events.amazonaws.com"}),
                json!({"ArnEquals": {"aws:SourceArn": "arn:aws:events:eu-west-1:999988887777:rule/x"}}),
            ),
        )
        .mended_by("statements of that policy", c.close_reads()),
        Break::new(
            "takes what cannot be judged",
            id,
            "policy keeps out",
            c.open_reads(
                json!("*"),
                json!({"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}}),
            ),
        )
        .cannot_be_told()
        .mended_by("statements of that policy", c.close_reads()),
        Break::new(
            "keeps a minute",
            id,
            "retention",
            c.set_queue(READS, Name::MessageRetentionPeriod, "60"),
        ),
        Break::new(
            "no redrive",
            id,
            "dead letters",
            c.set_queue(READS, Name::RedrivePolicy, ""),
        ),
        Break::new(
            "shows again at once",
            id,
            "visibility",
            c.set_queue(READS, Name::VisibilityTimeout, "1"),
        ),
        Break::new(
            "dead letters refused",
            acts,
            "dead letters",
            c.set_queue(DEAD_LETTERS, Name::Policy, ""),
        )
        .and(reads, "dead letters"),
        Break::new(
            "dead letters kept an hour",
            dead,
            "retention",
            c.set_queue(DEAD_LETTERS, Name::MessageRetentionPeriod, "3600"),
        ),
        Break::new("no dead-letter queue", dead, "exists", async {
            let url = c.queue_url(DEAD_LETTERS).await;
            c.sqs.delete_queue().queue_url(url).send().await.unwrap();
        })
        .and(acts, "dead letters")
        .and(reads, "dead letters"),
        Break::new(
            "mapping disabled",
            mapping,
            "delivers",
            c.update_mapping(|call| call.enabled(false)),
        ),
        Break::new(
            "mapping that hears no failures",
            mapping,
            "delivers",
            c.update_mapping(|call| call.set_function_response_types(Some(vec![]))),
        ),
        Break::new("mapping with a filter", mapping, "delivers", {
            let filter = lambda::Filter::builder().pattern("{\"body\":{\"source\":[\"x\"]}}");
            let criteria = lambda::FilterCriteria::builder().filters(filter.build());
            c.update_mapping(|call| call.filter_criteria(criteria.build()))
        }),
        Break::new("mapping deleted", mapping, "delivers", async {
            let call = c.lambda.delete_event_source_mapping();
            call.uuid(c.mapping().await).send().await.unwrap();
        }),
    ]
}

fn topic_breaks(c: &Intruder) -> Vec<Break<'_>> {
    let (alerts, health) = ("topic rootwatch-alerts", "topic rootwatch-health");
    let other = json!({"ArnNotEquals": {"aws:PrincipalArn": "arn:aws:iam::222222222222:role/x"}});
    vec![
        Break::new(
            "denies the notifier",
            alerts,
            "policy lets in",
            c.topic_statement(ALERTS, "RootwatchNobodyElse", Some(("Condition", other))),
        ),
        Break::new(
            "open to the account",
            alerts,
            "policy keeps out",
            c.topic_statement(ALERTS, "RootwatchNobodyElse", None),
        ),
        Break::new(
            "health denied to alarms",
            health,
            "policy lets in",
            c.topic_statement(
                HEALTH,
                "RootwatchAlarms",
                Some(("Action", json!("sns:Subscribe"))),
            ),
        ),
        Break::new(
            "health for another account's alarms",
            health,
            "policy lets in",
            {
                let condition = json!({"StringEquals": {"aws:SourceAccount": "999999999999"}});
                c.topic_statement(HEALTH, "RootwatchAlarms", Some(("Condition", condition)))
            },
        ),
        Break::new(
            "health encrypted",
            health,
            "key",
            c.set_topic(HEALTH, "KmsMasterKeyId", "alias/aws/sns"),
        ),
        Break::new(
            "nobody on alerts",
            "subscriptions rootwatch-alerts",
            "heard",
            c.unsubscribe(ALERTS),
        ),
        Break::new(
            "nobody on health",
            "subscriptions rootwatch-health",
            "heard",
            c.unsubscribe(HEALTH),
        ),
        Break::new(
            "sign-ins filtered away",
            "subscriptions rootwatch-alerts",
            "heard",
            c.set_filter(ALERTS, json!({"activity": [{"anything-but": ["sign-in"]}]})),
        )
        .mended_by(
            "take the filter policy off",
            c.set_filter(ALERTS, json!({})),
        ),
        Break::new(
            "alarms filtered away",
            "subscriptions rootwatch-health",
            "heard",
            c.set_filter(HEALTH, json!({"severity": ["critical"]})),
        )
        .mended_by(
            "take the filter policy off",
            c.set_filter(HEALTH, json!({})),
        ),
    ]
}

fn alarm_breaks(c: &Intruder) -> Vec<Break<'_>> {
    let id = "alarm rootwatch-dead-letters";
    vec![
        Break::new(
            "silent",
            id,
            "goes off",
            c.put_alarm(|put| put.actions_enabled(false)),
        ),
        Break::new(
            "tells nobody",
            id,
            "goes off",
            c.put_alarm(|put| put.set_alarm_actions(Some(vec![]))),
        ),
        Break::new(
            "never reached",
            id,
            "goes off",
            c.put_alarm(|put| put.threshold(1000.0)),
        ),
        Break::new(
            "another metric",
            id,
            "goes off",
            c.put_alarm(|put| put.metric_name("NumberOfMessagesSent")),
        ),
        Break::new(
            "deleted",
            "alarm rootwatch-not-delivered",
            "goes off",
            async {
                let call = c
                    .alarms
                    .delete_alarms()
                    .alarm_names("rootwatch-not-delivered");
                call.send().await.unwrap();
            },
        ),
    ]
}

type Breaks = for<'a> fn(&'a Intruder) -> Vec<Break<'a>>;

/// In three worlds side by side, by the time they take.
const WORLDS: [&[Breaks]; 3] = [
    &[rule_breaks, alarm_breaks],
    &[bus_breaks, function_breaks, topic_breaks],
    &[role_breaks, queue_breaks],
];

#[test]
fn broken_rules_and_alarms_are_named_and_mended() {
    each_is_named_and_mended(WORLDS[0]);
}

#[test]
fn a_broken_bus_function_or_topic_is_named_and_mended() {
    each_is_named_and_mended(WORLDS[1]);
}

#[test]
fn a_broken_role_or_queue_is_named_and_mended() {
    each_is_named_and_mended(WORLDS[2]);
}

#[test]
fn there_are_enough_ways_to_break_it() {
    let world = World::new();
    let intruder = Intruder::new(&world);
    let all = WORLDS
        .concat()
        .into_iter()
        .flat_map(|breaks| breaks(&intruder));
    // README, "Would I know?"
    assert!(all.count() > 80);
}

fn each_is_named_and_mended(breaks: &[Breaks]) {
    let world = World::with_hub();
    let late = Late {
        mapping_ms: Some(0),
        ..Late::default()
    };
    world.lab.set_late(&late).unwrap();
    let intruder = Intruder::new(&world);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let mut complaints = Vec::new();
    for one in breaks.iter().flat_map(|breaks| breaks(&intruder)) {
        let what = format!("{} {}", one.hops[0].0, one.what);
        runtime.block_on(one.change);
        let (found, mends) = wrong(
            &world
                .rootwatch(&["verify", "--hub-only", "--output", "json"])
                .ends_with(2),
        );
        let expected: BTreeSet<_> = one
            .hops
            .iter()
            .map(|(resource, check)| {
                (
                    resource.clone(),
                    (*check).to_owned(),
                    one.verdict.to_owned(),
                )
            })
            .collect();
        if found != expected {
            complaints.push(format!("{what}: found {found:#?}"));
        }
        let hint = match one.mend {
            Mend::Deploy => "`rootwatch deploy hub",
            Mend::Also(hint, change) => {
                runtime.block_on(change);
                hint
            }
        };
        if !mends.contains(hint) {
            complaints.push(format!("{what}: the hint is {mends}"));
        }
        world.rootwatch(&DEPLOY).ends_with(0);
        world.lab.confirm_subscription(PERSON).unwrap();
    }
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
    world.rootwatch(&["verify", "--hub-only"]).ends_with(0);
}

#[test]
fn a_good_deployment_is_fine_by_reads_alone() {
    let world = World::deployed();
    world.lab.clear_calls().unwrap();
    world
        .rootwatch(&["verify", "--role", SPOKE_ROLE])
        .ends_with(0);
    let quiet = world.rootwatch(&["verify", "--quiet"]).ends_with(0);
    assert_eq!(quiet.stdout, "");
    let report = world
        .rootwatch(&["verify", "--output", "json"])
        .ends_with(0)
        .json();
    assert_eq!(report["schema"], "rootwatch.verify/1");
    assert_eq!(report["counts"]["broken"], 0);
    let writes = world.writes();
    assert!(
        writes.iter().all(|call| call == "sts:AssumeRole"),
        "{writes:?}"
    );
}

#[test]
fn what_may_not_be_read_cannot_be_told_and_the_missing_permission_is_named() {
    let world = World::with_hub();
    let denied = Kind::Fail {
        code: "AccessDenied".into(),
        message: "no".into(),
        status: 403,
    };
    for (operation, resource, action) in [
        ("DescribeRule", "rule rootwatch-acts", "events:DescribeRule"),
        (
            "GetQueueAttributes",
            "queue rootwatch-reads",
            "sqs:GetQueueAttributes",
        ),
        (
            "GetRole",
            "role rootwatch-notifier-eu-west-1",
            "iam:GetRole",
        ),
        (
            "GetPolicy",
            "function rootwatch-notifier",
            "lambda:GetPolicy",
        ),
        (
            "GetSubscriptionAttributes",
            "subscriptions rootwatch-alerts",
            "",
        ),
        (
            "DescribeAlarms",
            "alarm rootwatch-dead-letters",
            "cloudwatch:DescribeAlarms",
        ),
        (
            "DescribeOrganization",
            "event-bus rootwatch",
            "organizations:DescribeOrganization",
        ),
    ] {
        world
            .lab
            .add_fault(&Fault::new(denied.clone()).operation(operation))
            .unwrap();
        let ran = world
            .rootwatch(&["verify", "--hub-only", "--output", "json"])
            .ends_with(2);
        let (found, mends) = wrong(&ran);
        assert!(
            found
                .iter()
                .any(|(id, _, verdict)| id == resource && verdict == "cannot-tell"),
            "{operation}: {found:?}"
        );
        assert!(
            found.iter().all(|(_, _, verdict)| verdict == "cannot-tell"),
            "{operation}: {found:?}"
        );
        assert!(
            mends.contains(action),
            "{operation}: {mends}\n{}",
            ran.stdout
        );
        world.lab.clear_faults().unwrap();
    }
}

/// Somebody with all rights in a spoke's account.
struct Traitor {
    account: String,
    events: aws_sdk_eventbridge::Client,
    iam: aws_sdk_iam::Client,
    sqs: aws_sdk_sqs::Client,
}

const SPOKE_RULE: &str = "rootwatch-root-activity";
const SPOKE_REGION: &str = "us-east-1";

impl Traitor {
    fn new(world: &World) -> Self {
        let account = world.account("shop");
        let sdk = world.sdk(&account, SPOKE_REGION);
        Self {
            account,
            events: aws_sdk_eventbridge::Client::new(&sdk),
            iam: aws_sdk_iam::Client::new(&sdk),
            sqs: aws_sdk_sqs::Client::new(&sdk),
        }
    }

    async fn queue_url(&self) -> String {
        let target = self.target().await;
        let arn = target.dead_letter_config.unwrap().arn.unwrap();
        let name = arn.rsplit(':').next().unwrap();
        let call = self.sqs.get_queue_url().queue_name(name);
        call.send().await.unwrap().queue_url.unwrap()
    }

    /// Lets the queue take what this rule alone sends, or nothing.
    async fn queue_policy(&self, rule: Option<&str>) {
        let policy = rule.map(|rule| {
            let more = json!({"Principal": {"Service": "events.amazonaws.com"}, "Condition": {"ArnEquals": {"aws:SourceArn": rule}}});
            let allow = statement("A", "Allow", "sqs:SendMessage", "*", &more);
            json!({"Version": "2012-10-17", "Statement": [allow]}).to_string()
        });
        let call = self.sqs.set_queue_attributes();
        let call = call.queue_url(self.queue_url().await);
        let call = call.attributes(QueueAttributeName::Policy, policy.unwrap_or_default());
        call.send().await.unwrap();
    }

    async fn rule(&self, state: events::RuleState, change: impl FnOnce(&str) -> String) {
        let rule = self
            .events
            .describe_rule()
            .name(SPOKE_RULE)
            .send()
            .await
            .unwrap();
        let put = self.events.put_rule().name(SPOKE_RULE).state(state);
        put.event_pattern(change(rule.event_pattern().unwrap()))
            .send()
            .await
            .unwrap();
    }

    async fn target(&self) -> events::Target {
        let targets = self
            .events
            .list_targets_by_rule()
            .rule(SPOKE_RULE)
            .send()
            .await;
        targets.unwrap().targets()[0].clone()
    }

    async fn remove_target(&self) {
        let call = self.events.remove_targets().rule(SPOKE_RULE);
        call.ids("hub").send().await.unwrap();
    }

    /// The role's name.
    async fn role(&self) -> String {
        let arn = self.target().await.role_arn.unwrap();
        arn.rsplit('/').next().unwrap().to_owned()
    }
}

fn spoke_breaks(t: &Traitor) -> Vec<(&'static str, &'static str, Change<'_>)> {
    let all = || events::RuleState::EnabledWithAllCloudtrailManagementEvents;
    vec![
        (
            "rule",
            "state",
            Box::pin(t.rule(events::RuleState::Disabled, str::to_owned)) as Change<'_>,
        ),
        (
            "rule",
            "state",
            Box::pin(t.rule(events::RuleState::Enabled, str::to_owned)),
        ),
        (
            "rule",
            "pattern",
            Box::pin(t.rule(all(), |it| {
                it.replace(
                    "AWS Console Sign In via CloudTrail",
                    "AWS Console SignIn via CloudTrail",
                )
            })),
        ),
        (
            "rule",
            "pattern",
            Box::pin(t.rule(all(), |it| {
                it.replace("[\"Root\"]", "[\"Root\",\"IAMUser\"]")
            })),
        ),
        ("rule", "target", Box::pin(t.remove_target())),
        (
            "rule",
            "target",
            Box::pin(async {
                let mut target = t.target().await;
                t.remove_target().await;
                // The lab, as AWS, takes no bus of another account that does not let it in.
                target.arn = format!("arn:aws:sqs:us-east-1:{}:x", t.account);
                t.events
                    .put_targets()
                    .rule(SPOKE_RULE)
                    .targets(target)
                    .send()
                    .await
                    .unwrap();
            }),
        ),
        (
            "role",
            "trust",
            Box::pin(async {
                let trust = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "events.amazonaws.com"},
                "Condition": {"ArnEquals": {"aws:SourceArn": "arn:aws:events:us-east-1:333333333333:rule/other"}}}]});
                let call = t.iam.update_assume_role_policy().role_name(t.role().await);
                call.policy_document(trust.to_string())
                    .send()
                    .await
                    .unwrap();
            }),
        ),
        (
            "role",
            "policy",
            Box::pin(async {
                let deny = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "events:*", "Resource": "*"}]});
                let call = t
                    .iam
                    .put_role_policy()
                    .role_name(t.role().await)
                    .policy_name("forward-to-hub");
                call.policy_document(deny.to_string()).send().await.unwrap();
            }),
        ),
        ("rule", "dead letters", Box::pin(t.queue_policy(None))),
        (
            "rule",
            "dead letters",
            Box::pin(t.queue_policy(Some("arn:aws:events:us-east-1:333333333333:rule/other"))),
        ),
        (
            "rule",
            "dead letters",
            Box::pin(async {
                let url = t.queue_url().await;
                t.sqs.delete_queue().queue_url(url).send().await.unwrap();
            }),
        ),
        (
            "rule",
            "dead letters",
            Box::pin(async {
                let mut target = t.target().await;
                target.dead_letter_config = None;
                let call = t.events.put_targets().rule(SPOKE_RULE);
                call.targets(target).send().await.unwrap();
            }),
        ),
        (
            "rule",
            "exists",
            Box::pin(async {
                t.remove_target().await;
                t.events
                    .delete_rule()
                    .name(SPOKE_RULE)
                    .send()
                    .await
                    .unwrap();
            }),
        ),
    ]
}

/// Does what the hint says: the stack goes, and `deploy spokes` makes it anew.
async fn remove_instance(world: &World, ou: &str, account: &str) {
    let client = aws_sdk_cloudformation::Client::new(
        &world.sdk(&world.organization.hub, crate::world::REGION),
    );
    let targets = cfn::DeploymentTargets::builder()
        .organizational_unit_ids(ou)
        .accounts(account)
        .account_filter_type(cfn::AccountFilterType::Intersection);
    let call = client
        .delete_stack_instances()
        .stack_set_name("rootwatch-spoke")
        .regions(SPOKE_REGION);
    let call = call
        .deployment_targets(targets.build())
        .retain_stacks(false);
    call.call_as(cfn::CallAs::DelegatedAdmin)
        .send()
        .await
        .unwrap();
    while client
        .list_stack_instances()
        .stack_set_name("rootwatch-spoke")
        .stack_instance_account(account)
        .stack_instance_region(SPOKE_REGION)
        .call_as(cfn::CallAs::DelegatedAdmin)
        .send()
        .await
        .unwrap()
        .summaries()
        .iter()
        .any(|it| it.account() == Some(account) && it.region() == Some(SPOKE_REGION))
    {
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
}

#[test]
fn a_broken_spoke_is_named_and_mended() {
    let world = World::deployed();
    let traitor = Traitor::new(&world);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let args = [
        "verify",
        "--role",
        SPOKE_ROLE,
        "--account",
        &traitor.account,
        "--spoke-region",
        SPOKE_REGION,
        "--output",
        "json",
    ];
    for (index, (kind, check, change)) in spoke_breaks(&traitor).into_iter().enumerate() {
        runtime.block_on(change);
        let (found, mend) = wrong(&world.rootwatch(&args).ends_with(2));
        let found: Vec<_> = found.into_iter().collect();
        assert_eq!(found.len(), 1, "{index}: {found:#?}");
        assert!(
            found[0].0.starts_with(kind) && found[0].1 == check && found[0].2 == "broken",
            "{index}: {found:?}"
        );
        let unit = mend
            .split("OrganizationalUnitIds=")
            .nth(1)
            .and_then(|it| it.split(',').next());
        assert!(
            mend.contains("delete-stack-instances") && mend.contains("rootwatch deploy spokes"),
            "{mend}"
        );
        runtime.block_on(remove_instance(&world, unit.unwrap(), &traitor.account));
        world.deploy_spokes().ends_with(0);
    }
    world.rootwatch(&args).ends_with(0);
}

#[test]
fn a_spoke_that_cannot_be_entered_or_is_missing_is_said_so() {
    let world = World::deployed();
    let denied = Kind::Fail {
        code: "AccessDenied".into(),
        message: "not trusted".into(),
        status: 403,
    };
    world
        .lab
        .add_fault(&Fault::new(denied).operation("AssumeRole"))
        .unwrap();
    let shop = world.account("shop");
    let args = [
        "verify",
        "--role",
        SPOKE_ROLE,
        "--account",
        &shop,
        "--output",
        "json",
    ];
    let (found, mends) = wrong(&world.rootwatch(&args).ends_with(2));
    assert!(
        !found.is_empty() && found.iter().all(|(_, _, verdict)| verdict == "cannot-tell"),
        "{found:?}"
    );
    assert!(mends.contains("sts:AssumeRole"), "{mends}");
    world.lab.clear_faults().unwrap();
    // The management account is in no StackSet; it is looked at because it was named.
    let args = [
        "verify",
        "--role",
        SPOKE_ROLE,
        "--account",
        &world.organization.management,
        "--output",
        "json",
    ];
    let (found, _) = wrong(&world.rootwatch(&args).ends_with(2));
    let missing = (
        "rule rootwatch-root-activity".to_owned(),
        "exists".to_owned(),
        "broken".to_owned(),
    );
    assert_eq!(found, BTreeSet::from([missing]));
}

#[test]
fn patterns_are_judged_as_the_emulator_judges_them() {
    let world = World::with_hub();
    let client =
        aws_sdk_eventbridge::Client::new(&world.sdk(&world.organization.hub, crate::world::REGION));
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let cases = include_str!("fixtures/patterns.json");
    let cases: Vec<(Value, Value, bool)> = serde_json::from_str(cases).unwrap();
    assert!(cases.len() >= 25);
    for (pattern, fields, expected) in cases {
        // EventBridge wants a whole event; the case's fields are its detail.
        let event = json!({"id": "1", "account": "1", "source": "s", "time": "2026-01-01T00:00:00Z", "region": "r", "resources": [], "detail-type": "t", "detail": fields});
        let call = client
            .test_event_pattern()
            .event_pattern(json!({"detail": pattern}).to_string());
        let answer = runtime
            .block_on(call.event(event.to_string()).send())
            .unwrap();
        assert_eq!(answer.result, expected, "{pattern} {fields}");
    }
}

#[test]
fn whom_somebody_elses_statement_lets_in_cannot_be_told() {
    let world = World::deployed();
    let intruder = Intruder::new(&world);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let policy = runtime.block_on(intruder.bus_policy());
    let mut policy: Value = serde_json::from_str(&policy).unwrap();
    let theirs = json!({
        "Sid": "Theirs", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::999988887777:root"},
        "Action": "events:PutEvents", "Resource": intruder.arn("events", "event-bus/rootwatch"),
    });
    policy["Statement"].as_array_mut().unwrap().push(theirs);
    runtime.block_on(intruder.put_bus_policy(policy.to_string()));
    let ran = world.rootwatch(&["verify"]).ends_with(2);
    let told = "\"Theirs\" of its policy is not ours and may let others in";
    assert!(ran.stdout.contains(told), "{}", ran.stdout);
    assert!(
        ran.stdout.contains("--statement-id Theirs"),
        "{}",
        ran.stdout
    );
}
