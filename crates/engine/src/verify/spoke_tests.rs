//! Each hop of a correct spoke is broken in turn: that hop is named and no other, with the hint.

use super::*;
use crate::hub::pattern;
use crate::hub::rule::ALL_MANAGEMENT_EVENTS;
use crate::verify::finding::Verdict;
use aws_sdk_eventbridge::types::DeadLetterConfig;
use rootwatch_eval::Policy;
use serde_json::json;

const ACCOUNT: &str = "333333333333";
const REGION: &str = "us-east-1";
const RULE: &str = "arn:aws:events:us-east-1:333333333333:rule/rootwatch-root-activity";
const OTHER_RULE: &str = "arn:aws:events:us-east-1:333333333333:rule/other";
const ROLE: &str = "arn:aws:iam::333333333333:role/forward";
const QUEUE: &str = "arn:aws:sqs:us-east-1:333333333333:dead-letters";
const FIX: &str = "create it again";

fn policy(statement: Value) -> Policy {
    Policy::parse(&json!({"Statement": [statement]}).to_string()).unwrap()
}

fn target() -> Target {
    Target::builder()
        .id("hub")
        .arn(Names::sample().bus_arn())
        .role_arn(ROLE)
        .dead_letter_config(DeadLetterConfig::builder().arn(QUEUE).build())
        .build()
        .unwrap()
}

fn trust(rule: &str) -> Policy {
    policy(json!({
        "Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "events.amazonaws.com"},
        "Condition": {"StringEquals": {"aws:SourceAccount": ACCOUNT}, "ArnEquals": {"aws:SourceArn": rule}},
    }))
}

fn queue(rule: &str) -> spoke_queue::Queue {
    spoke_queue::Queue {
        policy: queue_policy(rule),
        kms_key: None,
    }
}

/// Allows what one rule alone sends.
fn queue_policy(rule: &str) -> Policy {
    policy(json!({
        "Effect": "Allow", "Action": "sqs:SendMessage", "Principal": {"Service": "events.amazonaws.com"},
        "Resource": QUEUE, "Condition": {"ArnEquals": {"aws:SourceArn": rule}},
    }))
}

/// As the template makes it.
fn good() -> Seen {
    let forward = policy(json!({
        "Effect": "Allow", "Action": "events:PutEvents", "Resource": Names::sample().bus_arn(),
    }));
    Seen {
        account: ACCOUNT.into(),
        region: REGION.into(),
        rule: Ok(Some(Rule {
            arn: RULE.into(),
            state: ALL_MANAGEMENT_EVENTS.into(),
            pattern: pattern::root_activity(),
            targets: vec![target()],
        })),
        role: Ok(Some(Identity {
            arn: ROLE.into(),
            account: ACCOUNT.into(),
            trust: trust(RULE),
            policies: vec![forward],
            boundary: None,
        })),
        dead_letters: Ok(Some(queue(RULE))),
    }
}

impl Seen {
    fn the_rule(&mut self) -> &mut Rule {
        self.rule.as_mut().unwrap().as_mut().unwrap()
    }

    fn the_target(&mut self) -> &mut Target {
        &mut self.the_rule().targets[0]
    }

    fn the_role(&mut self) -> &mut Identity {
        self.role.as_mut().unwrap().as_mut().unwrap()
    }

    fn replace_in_pattern(&mut self, old: &str, new: &str) {
        let rule = self.the_rule();
        let text = rule.pattern.to_string();
        assert!(text.contains(old), "{text}");
        rule.pattern = serde_json::from_str(&text.replace(old, new)).unwrap();
    }
}

/// Kind of the resource, check, and finding of every hop that is not fine.
fn wrong(seen: &Seen, verdict: Verdict) -> Vec<(String, &'static str, String)> {
    let hops = seen.check(&Names::sample(), FIX);
    let wrong = hops.into_iter().filter(|hop| hop.verdict != Verdict::Ok);
    wrong
        .map(|hop| {
            assert_eq!((hop.part, hop.verdict), (Part::Spoke, verdict));
            assert_eq!((&*hop.account, &*hop.region), (ACCOUNT, REGION));
            let kind = hop.resource.split(' ').next().unwrap_or_default();
            (kind.to_owned(), hop.check, hop.finding)
        })
        .collect()
}

/// Checks that one hop is broken, and why.
#[track_caller]
fn breaks(kind: &str, check: &str, finding: &str, change: impl FnOnce(&mut Seen)) {
    let mut seen = good();
    change(&mut seen);
    let found = wrong(&seen, Verdict::Broken);
    assert_eq!(found.len(), 1, "{found:#?}");
    assert_eq!((&*found[0].0, found[0].1), (kind, check));
    assert!(found[0].2.contains(finding), "{finding}: {found:#?}");
    let hops = seen.check(&Names::sample(), FIX);
    assert!(hops.iter().any(|hop| hop.fix.as_deref() == Some(FIX)));
}

#[test]
fn a_good_spoke_is_fine() {
    assert_eq!(wrong(&good(), Verdict::Ok), []);
}

#[test]
fn a_broken_rule() {
    let state = |state: &'static str| move |it: &mut Seen| it.the_rule().state = state.into();
    breaks("rule", "exists", "nothing is forwarded", |it| {
        it.rule = Ok(None)
    });
    breaks("rule", "state", "disabled", state("DISABLED"));
    breaks(
        "rule",
        "state",
        "never gets a read-only call",
        state("ENABLED"),
    );
    breaks("rule", "pattern", "does not match a sign-in", |it| {
        it.replace_in_pattern(
            "AWS Console Sign In via CloudTrail",
            "AWS Console SignIn via CloudTrail",
        );
    });
    breaks("rule", "pattern", "also matches an IAM user's call", |it| {
        it.replace_in_pattern("[\"Root\"]", "[\"Root\",\"IAMUser\"]");
    });
}

#[test]
fn a_broken_target() {
    breaks("rule", "target", "it has no target", |it| {
        it.the_rule().targets.clear();
        (it.role, it.dead_letters) = (Ok(None), Ok(None));
    });
    breaks(
        "rule",
        "target",
        "it does not forward to arn:aws:events:",
        |it| {
            it.the_target().arn = "arn:aws:sqs:us-east-1:333333333333:x".into();
            (it.role, it.dead_letters) = (Ok(None), Ok(None));
        },
    );
    breaks("rule", "target", "has no role", |it| {
        it.the_target().role_arn = None;
        it.role = Ok(None);
    });
}

#[test]
fn a_broken_role() {
    let deny = json!({"Effect": "Deny", "Action": "events:*", "Resource": "*"});
    breaks("role", "exists", "does not exist", |it| it.role = Ok(None));
    breaks("role", "trust", "may not assume it for this rule", |it| {
        it.the_role().trust = trust(OTHER_RULE);
    });
    breaks(
        "role",
        "policy",
        "may not put events on the hub's bus",
        |it| {
            it.the_role().policies = vec![policy(deny)];
        },
    );
}

#[test]
fn dead_letters_that_are_lost() {
    breaks(
        "rule",
        "dead letters",
        "the target has no dead-letter queue",
        |it| {
            it.the_target().dead_letter_config = None;
            it.dead_letters = Ok(None);
        },
    );
    breaks(
        "rule",
        "dead letters",
        "there is no queue arn:aws:sqs:",
        |it| {
            it.dead_letters = Ok(None);
        },
    );
    breaks("rule", "dead letters", "the policy of arn:aws:sqs:", |it| {
        it.dead_letters = Ok(Some(spoke_queue::Queue::default()));
    });
    breaks("rule", "dead letters", "the policy of arn:aws:sqs:", |it| {
        it.dead_letters = Ok(Some(queue(OTHER_RULE)));
    });
    breaks("rule", "dead letters", "EventBridge may not use", |it| {
        let kms_key = Some("alias/aws/sqs".into());
        it.dead_letters = Ok(Some(spoke_queue::Queue {
            kms_key,
            ..queue(RULE)
        }));
    });
}

#[test]
fn what_cannot_be_read_is_unknown() {
    let why = || CannotRead {
        why: "could not be read: no".into(),
        fix: Some("allow the caller events:DescribeRule".into()),
    };
    let closed = Seen::closed(ACCOUNT, REGION, why());
    let unread = |kind: &str, check| (kind.to_owned(), check, why().why);
    assert_eq!(wrong(&closed, Verdict::Unknown), [unread("rule", "exists")]);
    let mut seen = good();
    (seen.role, seen.dead_letters) = (Err(why()), Err(why()));
    let expected = [unread("role", "exists"), unread("rule", "dead letters")];
    assert_eq!(wrong(&seen, Verdict::Unknown), expected);
    let mut seen = good();
    let kms_key = Some("arn:aws:kms:us-east-1:333333333333:key/1".to_owned());
    seen.dead_letters = Ok(Some(spoke_queue::Queue {
        kms_key,
        ..queue(RULE)
    }));
    let found = wrong(&seen, Verdict::Unknown);
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0].1, "dead letters");
}
