use super::state::{Hub, add, with};
use super::{Break, all_are_named_and_fixed, wrong};
use crate::hub::mapping::Mapping;
use crate::hub::queue::Queue;
use crate::verify::finding::Verdict;
use rootwatch_eval::Policy;
use serde_json::{Value, json};

const ACTS: &str = "queue rootwatch-acts";
const READS: &str = "queue rootwatch-reads";
const DEAD_LETTERS: &str = "queue rootwatch-dead-letters";
const ACTS_MAPPING: &str = "event-source-mapping rootwatch-acts";
const MAPPING: &str = "event-source-mapping rootwatch-reads";

fn reads(
    what: &'static str,
    check: &'static str,
    change: impl FnOnce(&mut Queue) + 'static,
) -> Break {
    Break::new(what, READS, check, |hub| {
        change(hub.queue("rootwatch-reads"))
    })
}

fn acts(
    what: &'static str,
    check: &'static str,
    change: impl FnOnce(&mut Queue) + 'static,
) -> Break {
    Break::new(what, ACTS, check, |hub| change(hub.queue("rootwatch-acts")))
}

/// Allows somebody else to send to it.
fn open(what: &'static str, principal: Value, condition: Value) -> Break {
    let theirs = json!({
        "Sid": "Theirs", "Effect": "Allow", "Principal": principal, "Action": "sqs:SendMessage",
        "Resource": "arn:aws:sqs:eu-west-1:111122223333:rootwatch-reads", "Condition": condition,
    });
    reads(what, "policy", |it| add(&mut it.policy, theirs)).needs("find out who made it")
}

#[test]
fn a_queue_that_takes_too_little_or_too_much() {
    let events = || json!({"Service": "events.amazonaws.com"});
    let source = |arn: &str| json!({"ArnEquals": {"aws:SourceArn": arn}});
    let other = source("arn:aws:events:eu-west-1:111122223333:rule/x");
    let breaks = vec![
        reads("accepts nothing", "policy lets in", |it| {
            it.policy = Policy::default()
        }),
        acts("accepts nothing", "policy lets in", |it| {
            it.policy = Policy::default()
        }),
        acts("accepts everybody's", "policy", |it| {
            let theirs = json!({
                "Sid": "Theirs", "Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage",
                "Resource": "arn:aws:sqs:eu-west-1:111122223333:rootwatch-acts",
            });
            add(&mut it.policy, theirs);
        })
        .needs("find out who made it"),
        reads("accepts another rule's", "policy lets in", |it| {
            with(&mut it.policy, "RootwatchRules", "Condition", other);
        }),
        reads("has a key that EventBridge may not use", "key", |it| {
            it.kms_key = Some("alias/aws/sqs".into());
        }),
        reads("has a key that the notifier may not use", "key", |it| {
            it.kms_key = Some("arn:aws:kms:eu-west-1:111122223333:key/x".into());
        })
        .differs()
        .and("role rootwatch-notifier-eu-west-1", "policy"),
        reads("ours accepts everybody's", "policy keeps out", |it| {
            with(&mut it.policy, "RootwatchRules", "Principal", json!("*"));
            with(&mut it.policy, "RootwatchRules", "Condition", json!({}));
        }),
        open("accepts everybody's", json!("*"), json!({})),
        open(
            "accepts another account's",
            json!({"AWS": "arn:aws:iam::999988887777:root"}),
            json!({}),
        ),
        open("accepts what any account's rules send", events(), json!({})),
        open(
            "accepts what a rule of another account sends",
            events(),
            source("arn:aws:events:eu-west-1:999988887777:rule/x"),
        ),
        open(
            "accepts what cannot be judged",
            json!("*"),
            json!({"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}}),
        )
        .unknown(),
    ];
    all_are_named_and_fixed("queue-policies", breaks);
}

fn dead_letters(what: &'static str, change: impl FnOnce(&mut Queue) + 'static) -> Break {
    Break::new(what, DEAD_LETTERS, "policy lets in", |hub| {
        change(hub.queue("rootwatch-dead-letters"));
    })
}

#[test]
fn a_queue_that_loses_what_waits_in_it() {
    let breaks = vec![
        reads("keeps a minute", "retention", |it| {
            it.message_retention_period = Some(60)
        }),
        reads("no redrive", "dead letters", |it| it.redrive = None),
        reads("redrive to elsewhere", "dead letters", |it| {
            let redrive = it.redrive.as_mut().unwrap();
            redrive.dead_letter_target_arn = "arn:aws:sqs:eu-west-1:111122223333:x".into();
        }),
        reads("visible again at once", "visibility", |it| {
            it.visibility_timeout = Some(1)
        }),
        Break::new(
            "visible again when the notifier has ended",
            READS,
            "visibility",
            |hub| {
                let timeout = hub.function("rootwatch-notifier").timeout;
                hub.queue("rootwatch-reads").visibility_timeout = timeout.try_into().ok();
            },
        )
        .differs(),
        acts("no redrive", "dead letters", |it| it.redrive = None),
        acts("visible again at once", "visibility", |it| {
            it.visibility_timeout = Some(1)
        }),
        Break::new("no queue for acts", ACTS, "exists", |hub| hub.delete(ACTS)),
        dead_letters("dead letters refused", |it| it.policy = Policy::default()),
        Break::new(
            "dead letters kept not quite three days",
            DEAD_LETTERS,
            "retention",
            |hub| {
                hub.queue("rootwatch-dead-letters").message_retention_period = Some(259_199);
            },
        ),
        dead_letters("dead letters kept three days", |it| {
            it.message_retention_period = Some(259_200);
        })
        .differs(),
        Break::new("no dead-letter queue", DEAD_LETTERS, "exists", |hub| {
            hub.delete(DEAD_LETTERS)
        }),
        Break::new("no queue for reads", READS, "exists", |hub| {
            hub.delete(READS)
        }),
    ];
    all_are_named_and_fixed("queues", breaks);
}

fn mapping(what: &'static str, change: impl FnOnce(&mut Mapping) + 'static) -> Break {
    Break::new(what, MAPPING, "delivers", |hub| {
        change(hub.mapping("rootwatch-reads"))
    })
}

#[test]
fn a_mapping_that_does_not_deliver() {
    let breaks = vec![
        mapping("mapping disabled", |it| it.enabled = false),
        mapping("mapping without ReportBatchItemFailures", |it| {
            it.report_batch_item_failures = false
        }),
        mapping("mapping with a filter", |it| {
            it.filters.insert("{\"body\":{\"source\":[\"x\"]}}".into());
        }),
        Break::new("mapping disabled", ACTS_MAPPING, "delivers", |hub| {
            hub.mapping("rootwatch-acts").enabled = false;
        }),
        Break::new("mapping deleted", ACTS_MAPPING, "exists", |hub| {
            hub.delete(ACTS_MAPPING)
        }),
        Break::new("mapping deleted", MAPPING, "exists", |hub| {
            hub.delete(MAPPING)
        }),
    ];
    all_are_named_and_fixed("mapping", breaks);
}

#[test]
fn what_others_let_in_is_not_said_of_a_statement_of_ours() {
    let mut hub = Hub::good();
    let policy = &mut hub.queue("rootwatch-reads").policy;
    let more = json!(["sqs:GetQueueUrl", "sqs:SendMessage"]);
    with(policy, "RootwatchRules", "Action", more);
    let theirs = json!({"Sid": "Theirs", "Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage",
        "Resource": "arn:aws:sqs:eu-west-1:111122223333:rootwatch-reads"});
    add(policy, theirs);
    let checks: Vec<_> = wrong(&hub)
        .iter()
        .map(|hop| (hop.check, hop.verdict))
        .collect();
    let wanted = [("policy", Verdict::Broken), ("as made", Verdict::Differs)];
    assert_eq!(checks, wanted);
}
