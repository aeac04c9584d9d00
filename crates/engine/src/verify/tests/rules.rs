use super::state::Hub;
use super::{Break, all_are_named_and_fixed};
use crate::hub::rule::Rule;
use crate::hub::targets::Target;
use crate::verify::finding::Verdict;
use serde_json::{Value, json};

const ACTS: &str = "rule rootwatch-acts";
const READS: &str = "rule rootwatch-reads";
const HEARTBEATS: &str = "rule rootwatch-heartbeats";

fn rule(
    what: &'static str,
    check: &'static str,
    change: impl FnOnce(&mut Rule) + 'static,
) -> Break {
    Break::new(what, ACTS, check, |hub| change(hub.rule("rootwatch-acts")))
}

/// The pattern as text, with one part replaced.
fn pattern(what: &'static str, old: &'static str, new: &'static str) -> Break {
    rule(what, "pattern", move |it| {
        let text = it.event_pattern.to_string();
        assert!(text.contains(old), "{text}");
        it.event_pattern = serde_json::from_str(&text.replace(old, new)).unwrap();
    })
}

/// The pattern with one more condition.
fn narrowed(what: &'static str, field: &'static str, value: Value) -> Break {
    rule(what, "pattern", move |it| it.event_pattern[field] = value)
}

fn target(
    what: &'static str,
    check: &'static str,
    change: impl FnOnce(&mut Target) + 'static,
) -> Break {
    rule(what, check, |it| {
        change(it.targets.get_mut("notifier").unwrap())
    })
}

fn reads(
    what: &'static str,
    check: &'static str,
    change: impl FnOnce(&mut Rule) + 'static,
) -> Break {
    Break::new(what, READS, check, |hub| {
        change(hub.rule("rootwatch-reads"))
    })
}

fn heartbeats(
    what: &'static str,
    check: &'static str,
    change: impl FnOnce(&mut Rule) + 'static,
) -> Break {
    Break::new(what, HEARTBEATS, check, |hub| {
        change(hub.rule("rootwatch-heartbeats"))
    })
}

fn queue_arn(queue: &str) -> String {
    format!("arn:aws:sqs:eu-west-1:111122223333:{queue}")
}

#[test]
fn a_rule_that_is_off_or_gone() {
    let breaks = vec![
        rule("disabled", "state", |it| it.state = "DISABLED".into()),
        rule("plain ENABLED", "state", |it| it.state = "ENABLED".into()),
        rule("an unknown state", "state", |it| it.state = "NEW".into()).differs(),
        Break::new("deleted", ACTS, "exists", |hub| hub.delete(ACTS)),
        reads("reads disabled", "state", |it| it.state = "DISABLED".into()),
        reads("reads in plain ENABLED", "state", |it| {
            it.state = "ENABLED".into()
        }),
        Break::new("reads deleted", READS, "exists", |hub| hub.delete(READS)),
        heartbeats("heartbeats disabled", "state", |it| {
            it.state = "DISABLED".into()
        }),
        Break::new("heartbeats deleted", HEARTBEATS, "exists", |hub| {
            hub.delete(HEARTBEATS)
        }),
    ];
    all_are_named_and_fixed("rules", breaks);
}

#[test]
fn a_broken_pattern() {
    let breaks = vec![
        pattern("Root misspelt", "[\"Root\"]", "[\"root\"]"),
        pattern(
            "sign-ins left out",
            "\"AWS Console Sign In via CloudTrail\",",
            "",
        ),
        pattern(
            "service events left out",
            "\"AWS Service Event via CloudTrail\",",
            "",
        ),
        pattern("readOnly as text left out", "[false,\"false\"]", "[false]"),
        pattern("a read that matters left out", "\"GetSessionToken\",", ""),
        pattern("AssumeRoot misspelt", "AssumeRoot", "AssumeROOT"),
        narrowed("one account only", "account", json!(["333333333333"])),
        narrowed("one region only", "region", json!(["eu-west-1"])),
        pattern("IAM users too", "[\"Root\"]", "[\"Root\",\"IAMUser\"]"),
        pattern("any source", "{\"prefix\":\"aws.\"}", "{\"prefix\":\"\"}"),
        pattern(
            "canaries of spokes",
            "\"account\":[\"111122223333\"]",
            "\"account\":[{\"prefix\":\"\"}]",
        ),
        pattern(
            "an operator that cannot be judged",
            "[{\"prefix\":\"aws.\"}]",
            "[{\"regex\":\"aws.*\"}]",
        )
        .differs(),
        heartbeats("other schedules too", "pattern", |it| {
            it.event_pattern["resources"] = json!([{"suffix": "rootwatch-root-activity"}])
        }),
        heartbeats("heartbeats of one account only", "pattern", |it| {
            it.event_pattern["account"] = json!(["333333333333"])
        }),
    ];
    all_are_named_and_fixed("patterns", breaks);
}

#[test]
fn a_broken_target() {
    let retries = |age, attempts| {
        move |it: &mut Target| {
            it.maximum_event_age = Some(age);
            it.maximum_retry_attempts = Some(attempts);
        }
    };
    let elsewhere = queue_arn("rootwatch-reads");
    let breaks = vec![
        rule("no target", "target", |it| it.targets.clear()),
        target("another target", "target", |it| {
            it.arn = queue_arn("rootwatch-reads")
        }),
        target("a changed event", "target", |it| {
            it.input = Some(json!("{}"))
        }),
        target("no retries", "retries", retries(86_400, 0)),
        target("no retries for a day", "retries", |it| {
            (it.maximum_event_age, it.maximum_retry_attempts) = (None, Some(0));
        }),
        target("a minute of retries", "retries", retries(60, 185)),
        target("no dead-letter queue", "dead letters", |it| {
            it.dead_letter_queue = None
        }),
        target("another dead-letter queue", "dead letters", |it| {
            it.dead_letter_queue = Some(elsewhere);
        }),
        reads("reads without target", "target", |it| it.targets.clear()),
    ];
    all_are_named_and_fixed("targets", breaks);
}

#[test]
fn a_copy_to_others_is_named() {
    let mut hub = Hub::good();
    let targets = &mut hub.rule("rootwatch-acts").targets;
    let mut copy = targets["notifier"].clone();
    copy.arn = queue_arn("theirs");
    targets.insert("copy".into(), copy);
    let found = super::wrong(&hub);
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0].verdict, Verdict::Differs);
    assert!(found[0].finding.contains(&queue_arn("theirs")), "{found:?}");
}
