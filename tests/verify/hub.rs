//! A row for each resource and each kind of call by which it is read, many broken at once: exactly those hops are
//! named, and what is said to fix each does.

use super::wrong;
use crate::intruder::{
    ACTS, ALARM, ALERTS, Change, DEAD_LETTERS, HEALTH, Intruder, READS, filter, policy_with,
};
use crate::world::{PERSON, World};
use aws_sdk_cloudwatch::types::StandardUnit;
use aws_sdk_eventbridge::types::RuleState;
use aws_sdk_lambda::types::Runtime;
use aws_sdk_sqs::types::QueueAttributeName as Name;
use rootwatch_lab::Late;
use serde_json::{Value, json};

const DEPLOY: [&str; 5] = ["deploy", "hub", "--email", PERSON, "--yes"];
const HINT: &str = "`rootwatch deploy hub";

struct Break<'a> {
    /// Resource and check of each hop that is named.
    hops: Vec<(&'static str, &'static str)>,
    verdict: &'static str,
    change: Change<'a>,
    /// Of what is said to fix it.
    hint: &'static str,
    /// What the hint says beside `rootwatch deploy hub`.
    also: Option<Change<'a>>,
}

impl<'a> Break<'a> {
    fn new(
        resource: &'static str,
        check: &'static str,
        change: impl Future<Output = ()> + 'a,
    ) -> Self {
        Self {
            hops: vec![(resource, check)],
            verdict: "broken",
            change: Box::pin(change),
            hint: HINT,
            also: None,
        }
    }

    /// With a further hop that it breaks.
    fn and(mut self, resource: &'static str, check: &'static str) -> Self {
        self.hops.push((resource, check));
        self
    }

    fn verdict(mut self, verdict: &'static str) -> Self {
        self.verdict = verdict;
        self
    }

    fn fixed_by(mut self, hint: &'static str, change: impl Future<Output = ()> + 'a) -> Self {
        self.hint = hint;
        self.also = Some(Box::pin(change));
        self
    }
}

const BUS: &str = "event-bus rootwatch";
const ACTS_RULE: &str = "rule rootwatch-acts";
const READS_RULE: &str = "rule rootwatch-reads";
const FUNCTION: &str = "function rootwatch-notifier";
const ROLE: &str = "role rootwatch-notifier-eu-west-1";
const READS_QUEUE: &str = "queue rootwatch-reads";
const DEAD_LETTER_QUEUE: &str = "queue rootwatch-dead-letters";
const MAPPING: &str = "event-source-mapping rootwatch-reads";
const ACTS_MAPPING: &str = "event-source-mapping rootwatch-acts";
const ALERTS_TOPIC: &str = "topic rootwatch-alerts";
const HEALTH_TOPIC: &str = "topic rootwatch-health";
const ALERTS_SUBSCRIPTIONS: &str = "subscriptions rootwatch-alerts";
const HEALTH_SUBSCRIPTIONS: &str = "subscriptions rootwatch-health";

/// Everything is there and something of it is wrong.
fn changed(c: &Intruder) -> Vec<Break<'_>> {
    [changed_path(c), changed_function(c), changed_end(c)]
        .into_iter()
        .flatten()
        .collect()
}

fn changed_path(c: &Intruder) -> Vec<Break<'_>> {
    let other = json!({"StringEquals": {"aws:PrincipalOrgID": "o-another"}});
    let other = Some(("Condition", other));
    let no_retries = c.put_target(|target| {
        let policy = target.retry_policy.as_mut().unwrap();
        policy.maximum_retry_attempts = Some(0);
    });
    let rule =
        json!({"ArnEquals": {"aws:SourceArn": "arn:aws:events:eu-west-1:222222222222:rule/x"}});
    let of_another_rule = c.reads_statement("RootwatchRules", Some(("Condition", rule)));
    let set = |name, value| c.set_queue(READS, name, value);
    vec![
        Break::new(
            BUS,
            "policy lets in",
            c.bus_statement("RootwatchOrganization", other),
        ),
        Break::new(
            ACTS_RULE,
            "pattern",
            c.pattern(|it| it.replace("{\"prefix\":\"aws.\"}", "{\"prefix\":\"\"}")),
        ),
        Break::new(ACTS_RULE, "retries", no_retries),
        Break::new(READS_RULE, "state", c.set_state(READS, RuleState::Disabled)),
        Break::new(READS_QUEUE, "policy lets in", of_another_rule),
        Break::new(
            READS_QUEUE,
            "retention",
            set(Name::MessageRetentionPeriod, "60"),
        ),
        Break::new(READS_QUEUE, "dead letters", set(Name::RedrivePolicy, "")),
        Break::new(READS_QUEUE, "visibility", set(Name::VisibilityTimeout, "1")),
        Break::new(
            DEAD_LETTER_QUEUE,
            "policy lets in",
            c.set_queue(DEAD_LETTERS, Name::Policy, ""),
        ),
        Break::new(READS_QUEUE, "size", set(Name::MaximumMessageSize, "1024")),
        Break::new(
            DEAD_LETTER_QUEUE,
            "as made",
            c.set_queue(DEAD_LETTERS, Name::DelaySeconds, "900"),
        )
        .verdict("differs"),
        Break::new(
            MAPPING,
            "delivers",
            c.update_mapping(|call| call.filter_criteria(filter())),
        ),
    ]
}

fn changed_function(c: &Intruder) -> Vec<Break<'_>> {
    let no_log = c.role_policy(|it| policy_with(it, "Log", None));
    let endpoint = c.set_variable("AWS_ENDPOINT_URL_SNS", "http://127.0.0.1:9");
    vec![
        Break::new(FUNCTION, "policy", c.permit("Theirs", "999988887777"))
            .fixed_by("find out who made it", c.revoke("Theirs")),
        Break::new(FUNCTION, "state", c.never_run()),
        Break::new(
            FUNCTION,
            "code",
            c.configure(|call| call.runtime(Runtime::Providedal2)),
        ),
        Break::new(FUNCTION, "environment", endpoint),
        Break::new(ROLE, "trust", c.trust_another_service()),
        Break::new(ROLE, "policy", no_log),
    ]
}

fn changed_end(c: &Intruder) -> Vec<Break<'_>> {
    let other = Some(("Action", json!("sns:Subscribe")));
    let sign_ins = json!({"activity": [{"anything-but": ["sign-in"]}]});
    vec![
        Break::new(
            ALERTS_TOPIC,
            "policy keeps out",
            c.topic_statement(ALERTS, "RootwatchNobodyElse", None),
        ),
        Break::new(
            HEALTH_TOPIC,
            "policy lets in",
            c.topic_statement(HEALTH, "RootwatchAlarms", other),
        ),
        Break::new(
            HEALTH_TOPIC,
            "key",
            c.set_topic(HEALTH, "KmsMasterKeyId", "alias/aws/sns"),
        ),
        Break::new(
            ALERTS_SUBSCRIPTIONS,
            "received",
            c.set_filter(ALERTS, sign_ins),
        )
        .fixed_by("remove the filter policy", c.set_filter(ALERTS, json!({}))),
        Break::new(HEALTH_SUBSCRIPTIONS, "received", c.unsubscribe(HEALTH)),
        Break::new(
            "alarm rootwatch-dead-letters",
            "goes off",
            c.put_alarm(ALARM, |put| put.unit(StandardUnit::TerabytesSecond)),
        ),
    ]
}

/// Something of it is not there.
fn gone(c: &Intruder) -> Vec<Break<'_>> {
    let deny = json!({"Sid": "No", "Effect": "Deny", "Action": "sqs:*", "Resource": "*"});
    let severe = json!({"severity": ["critical"]});
    vec![
        Break::new(
            BUS,
            "policy keeps out",
            c.bus_statement("RootwatchForwardedOnly", None),
        ),
        Break::new(ACTS_RULE, "exists", c.delete_acts_rule()),
        Break::new(READS_RULE, "target", c.remove_target(READS)),
        Break::new(DEAD_LETTER_QUEUE, "exists", c.delete_queue(DEAD_LETTERS)),
        Break::new(MAPPING, "exists", c.delete_mapping(READS)),
        Break::new(ACTS_MAPPING, "exists", c.delete_mapping(ACTS)),
        Break::new(FUNCTION, "code", c.other_code(json!({"topic_arn": ""}))).and(FUNCTION, "told"),
        Break::new(FUNCTION, "settings", c.configure(|call| call.timeout(1))),
        Break::new(ROLE, "policy", c.attach("no-queues", deny))
            .fixed_by("detach policies of the role", c.detach("no-queues")),
        Break::new(ALERTS_SUBSCRIPTIONS, "received", c.unsubscribe(ALERTS)),
        Break::new(
            HEALTH_SUBSCRIPTIONS,
            "received",
            c.set_filter(HEALTH, severe),
        )
        .fixed_by("remove the filter policy", c.set_filter(HEALTH, json!({}))),
        Break::new(
            "alarm rootwatch-not-delivered",
            "exists",
            c.delete_alarm("rootwatch-not-delivered"),
        ),
    ]
}

/// What rootwatch never writes, and a topic that is not its own.
fn unknown(c: &Intruder) -> Vec<Break<'_>> {
    let unknown = || json!({"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}});
    let deny = json!({"Principal": "*", "Condition": unknown()});
    // How EventBridge compares such a character without case is not known.
    let odd = |it: &str| {
        let ours = "[{\"prefix\":\"aws.\"}]";
        it.replace(
            ours,
            "[{\"prefix\":\"aws.\"},{\"equals-ignore-case\":\"\u{1f600}\"}]",
        )
    };
    let another_topic = async {
        let arn = c.other_topic().await;
        c.retell(json!({"topic_arn": arn})).await;
    };
    vec![
        Break::new(BUS, "policy", c.add_bus_statement("Freeze", "Deny", deny))
            .verdict("unknown")
            .fixed_by("find out who made it", c.bus_statement("Freeze", None)),
        Break::new(ACTS_RULE, "as made", c.pattern(odd)).verdict("differs"),
        Break::new(READS_QUEUE, "policy", c.open_reads(json!("*"), unknown()))
            .verdict("unknown")
            .fixed_by("find out who made it", c.close_reads()),
        Break::new(FUNCTION, "told", another_topic),
    ]
}

#[test]
fn what_is_broken_is_named_and_fixed() {
    let world = World::with_hub();
    let late = Late {
        mapping_ms: Some(0),
        ..Late::default()
    };
    world.lab.set_late(&late).unwrap();
    let intruder = Intruder::new(&world);
    for breaks in [changed, gone, unknown] {
        break_and_fix(&world, breaks(&intruder));
    }
    world.rootwatch(&["verify", "--hub-only"]).ends_with(0);
}

fn break_and_fix(world: &World, breaks: Vec<Break>) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let (mut expected, mut hints, mut further) = (Vec::new(), Vec::new(), Vec::new());
    for one in breaks {
        runtime.block_on(one.change);
        hints.push((one.hops[0], one.hint));
        expected.extend(
            one.hops
                .iter()
                .map(|(resource, check)| (*resource, *check, one.verdict)),
        );
        further.extend(one.also);
    }
    let verify = ["verify", "--hub-only", "--output", "json"];
    let found = wrong(&world.rootwatch(&verify).ends_with(2));
    let mut named: Vec<_> = found
        .iter()
        .map(|it| (&*it.resource, &*it.check, &*it.verdict))
        .collect();
    named.sort_unstable();
    expected.sort_unstable();
    assert_eq!(named, expected);
    for ((resource, check), hint) in hints {
        let mut hops = found
            .iter()
            .filter(|it| it.resource == resource && it.check == check);
        assert!(
            hops.all(|it| it.fix.contains(hint)),
            "{resource} {check}: {found:#?}"
        );
    }
    for change in further {
        runtime.block_on(change);
    }
    world.rootwatch(&DEPLOY).ends_with(0);
    world.lab.confirm_subscription(PERSON).unwrap();
}

#[test]
fn whom_somebody_elses_statement_lets_in_is_unknown() {
    let world = World::deployed();
    let intruder = Intruder::new(&world);
    let theirs: Value = json!({"Principal": {"AWS": "arn:aws:iam::999988887777:root"}});
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(intruder.add_bus_statement("Theirs", "Allow", theirs));
    let ran = world.rootwatch(&["verify"]).ends_with(2);
    let reported = "statement \"Theirs\" of its policy is not rootwatch's: it allows arn:aws:iam::999988887777:root events:PutEvents";
    assert!(ran.stdout.contains(reported), "{}", ran.stdout);
    assert!(
        ran.stdout
            .contains("find out who made it and what it is for"),
        "{}",
        ran.stdout
    );
}
