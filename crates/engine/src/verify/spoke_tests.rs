//! Each hop of a correct spoke is broken in turn: that hop is named and no other, with the hint.

use super::*;
use crate::hub::not_default::NotDefault;
use crate::verify::finding::Verdict;
use crate::verify::tests::is_contradictory;
use rootwatch_eval::Policy;
use serde_json::{Value, json};

const ACCOUNT: &str = "333333333333";
const REGION: &str = "us-east-1";
const OTHER_RULE: &str = "arn:aws:events:us-east-1:333333333333:rule/other";
const ROLE: &str = "arn:aws:iam::333333333333:role/forward";
const QUEUE: &str = "arn:aws:sqs:us-east-1:333333333333:dead-letters";
const FIX: &str = "create it again";

fn policy(statement: Value) -> Policy {
    Policy::parse(&json!({"Statement": [statement]}).to_string()).unwrap()
}

fn trust(rule: impl serde::Serialize) -> Policy {
    policy(json!({
        "Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "events.amazonaws.com"},
        "Condition": {"StringEquals": {"aws:SourceAccount": ACCOUNT}, "ArnEquals": {"aws:SourceArn": rule}},
    }))
}

/// Allows what one rule alone sends.
fn queue_policy(rule: impl serde::Serialize) -> Policy {
    policy(json!({
        "Effect": "Allow", "Action": "sqs:SendMessage", "Principal": {"Service": "events.amazonaws.com"},
        "Resource": QUEUE, "Condition": {"ArnEquals": {"aws:SourceArn": rule}},
    }))
}

/// As the template makes it.
fn good() -> Seen {
    let (names, parameters) = (Names::sample(), BTreeMap::new());
    let at = At {
        names: &names,
        account: ACCOUNT,
        region: REGION,
        parameters: &parameters,
    };
    let mut rule = at.rule(&Rule::default());
    let target = rule.targets.get_mut("hub").unwrap();
    target.role = Some(ROLE.into());
    target.dead_letter_queue = Some(QUEUE.into());
    let forward = policy(json!({
        "Effect": "Allow", "Action": "events:PutEvents", "Resource": names.bus_arn(),
    }));
    let none = Rule::default();
    let tampering = at.tampering_rules([&none, &none], Some(&rule));
    Seen {
        account: ACCOUNT.into(),
        region: REGION.into(),
        role: Ok(Some(Identity {
            arn: ROLE.into(),
            account: ACCOUNT.into(),
            trust: trust(at.rule_arns()),
            policies: vec![forward],
            boundary: None,
            boundary_arn: None,
            tags: BTreeMap::from([(crate::names::DEPLOYMENT_TAG.into(), "rootwatch".into())]),
        })),
        queue: Ok(Some(at.queue(QUEUE))),
        rule: Ok(Some(rule)),
        tampering: tampering.map(|it| Ok(Some(it))),
    }
}

impl Seen {
    fn the_rule(&mut self) -> &mut Rule {
        self.rule.as_mut().unwrap().as_mut().unwrap()
    }

    fn the_target(&mut self) -> &mut Target {
        self.the_rule().targets.get_mut("hub").unwrap()
    }

    fn the_role(&mut self) -> &mut Identity {
        self.role.as_mut().unwrap().as_mut().unwrap()
    }

    fn the_queue(&mut self) -> &mut Queue {
        self.queue.as_mut().unwrap().as_mut().unwrap()
    }

    fn replace_in_pattern(&mut self, old: &str, new: &str) {
        let rule = self.the_rule();
        let text = rule.event_pattern.to_string();
        assert!(text.contains(old), "{text}");
        rule.event_pattern = serde_json::from_str(&text.replace(old, new)).unwrap();
    }

    fn judged(&self) -> Vec<Hop> {
        self.check(&Names::sample(), &BTreeMap::new(), FIX)
    }
}

/// Kind of the resource, check, and finding of every hop that is not fine.
fn wrong(seen: &Seen, verdict: Verdict) -> Vec<(String, &'static str, String)> {
    let hops = seen.judged();
    assert!(!is_contradictory(&hops), "{hops:#?}");
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
    let hops = seen.judged();
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
        (it.role, it.queue) = (Ok(None), Ok(None));
    });
    breaks(
        "rule",
        "target",
        "it does not send to arn:aws:events:",
        |it| {
            it.the_target().arn = "arn:aws:sqs:us-east-1:333333333333:x".into();
            (it.role, it.queue) = (Ok(None), Ok(None));
        },
    );
    breaks("rule", "target", "has no role", |it| {
        it.the_target().role = None;
        it.role = Ok(None);
    });
}

#[test]
fn a_broken_rule_for_tampering() {
    let own = |it: &mut Seen| it.tampering[0].as_mut().unwrap().take().unwrap();
    breaks("rule", "exists", "nobody is told", |it| {
        it.tampering[1] = Ok(None);
    });
    breaks("rule", "state", "disabled", |it| {
        let rule = Rule {
            state: "DISABLED".into(),
            ..own(it)
        };
        it.tampering[0] = Ok(Some(rule));
    });
    breaks("rule", "target", "it has no target", |it| {
        let rule = Rule {
            targets: BTreeMap::new(),
            ..own(it)
        };
        it.tampering[0] = Ok(Some(rule));
    });
    differs("rule", "event_pattern", |it| {
        let mut rule = own(it);
        rule.event_pattern["detail"]["sourceIPAddress"] = json!([{"anything-but": "203.0.113.66"}]);
        it.tampering[0] = Ok(Some(rule));
    });
}

#[test]
fn a_role_or_queue_that_takes_one_rule_alone() {
    let arn = "arn:aws:events:us-east-1:333333333333:rule/rootwatch-root-activity";
    breaks("role", "trust", "may not assume it for this rule", |it| {
        it.the_role().trust = trust(arn);
    });
    breaks("rule", "dead letters", "the policy of arn:aws:sqs:", |it| {
        it.the_queue().policy = queue_policy(arn);
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
            it.the_target().dead_letter_queue = None;
            it.queue = Ok(None);
        },
    );
    breaks(
        "rule",
        "dead letters",
        "there is no queue arn:aws:sqs:",
        |it| {
            it.queue = Ok(None);
        },
    );
    breaks("rule", "dead letters", "the policy of arn:aws:sqs:", |it| {
        it.the_queue().policy = Policy::default();
    });
    breaks("rule", "dead letters", "the policy of arn:aws:sqs:", |it| {
        it.the_queue().policy = queue_policy(OTHER_RULE);
    });
    breaks("rule", "dead letters", "EventBridge may not use", |it| {
        it.the_queue().kms_key = Some("alias/aws/sqs".into());
    });
}

/// Checks that it is a finding, though nothing says that it breaks anything.
#[track_caller]
fn differs(kind: &str, finding: &str, change: impl FnOnce(&mut Seen)) {
    let mut seen = good();
    change(&mut seen);
    let found = wrong(&seen, Verdict::Differs);
    assert_eq!(found.len(), 1, "{found:#?}");
    assert_eq!((&*found[0].0, found[0].1), (kind, "as made"));
    assert!(found[0].2.contains(finding), "{finding}: {found:#?}");
}

#[test]
fn whatever_differs_from_the_template_is_a_finding() {
    let narrowed =
        |detail: Value| move |it: &mut Seen| it.the_rule().event_pattern["detail"] = detail;
    let address = json!({"sourceIPAddress": [{"exists": false}, {"anything-but": "203.0.113.66"}]});
    differs("rule", "event_pattern.detail", narrowed(address));
    let key = json!({"userIdentity": {"accessKeyId": [{"exists": false}, {"prefix": "ASIA"}]}});
    breaks("rule", "pattern", "a long-lived access key", narrowed(key));
    breaks("rule", "pattern", "does not match a sign-in", |it| {
        it.the_rule().event_pattern["resources"] = json!([{"exists": true}]);
    });
    differs("rule", "targets.copy", |it| {
        let mut copy = it.the_target().clone();
        copy.arn = "arn:aws:sqs:us-east-1:999988887777:x".into();
        it.the_rule().targets.insert("copy".into(), copy);
    });
    differs("rule", "not_default.ScheduleExpression", |it| {
        it.the_rule().not_default =
            NotDefault::from([("ScheduleExpression", "rate(1 day)".into())]);
    });
    let more = json!({"Effect": "Allow", "Action": "s3:*", "Resource": "*"});
    differs("role", "policies", |it| {
        it.the_role().policies.push(policy(more))
    });
    differs("role", "permissions_boundary", |it| {
        it.the_role().boundary_arn = Some("arn:aws:iam::333333333333:policy/x".into());
        it.the_role().boundary = Some(policy(
            json!({"Effect": "Allow", "Action": "*", "Resource": "*"}),
        ));
    });
    differs("role", "deployment", |it| it.the_role().tags.clear());
    differs("queue", "message_retention_period", |it| {
        it.the_queue().message_retention_period = Some(60);
    });
    differs("queue", "not_default.MaximumMessageSize", |it| {
        it.the_queue().not_default = NotDefault::from([("MaximumMessageSize", "1024".into())]);
    });
    differs("queue", "kms_key", |it| {
        it.the_queue().kms_key = Some("arn:aws:kms:us-east-1:333333333333:key/1".into());
    });
}

#[test]
fn a_deny_on_a_short_arn_is_no_green() {
    let deny =
        json!({"Effect": "Deny", "Action": "events:PutEvents", "Resource": "arn:aws:events"});
    let mut seen = good();
    seen.the_role().policies.push(policy(deny));
    let found = wrong(&seen, Verdict::Unknown);
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!((&*found[0].0, found[0].1), ("role", "policy"));
}

#[test]
fn a_statement_of_somebody_else_is_named() {
    let theirs =
        json!({"Effect": "Allow", "Action": "sqs:PurgeQueue", "Principal": "*", "Resource": QUEUE});
    let mut seen = good();
    // Without a Sid each, theirs first: which is ours is known by what it says.
    let ours = seen
        .the_queue()
        .policy
        .statement("statement 1")
        .unwrap()
        .clone();
    let document = json!({"Statement": [theirs, ours]});
    seen.the_queue().policy = Policy::parse(&document.to_string()).unwrap();
    let found = wrong(&seen, Verdict::Unknown);
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(
        found[0].2.contains("it allows everybody sqs:PurgeQueue"),
        "{found:?}"
    );
}

#[test]
fn a_boundary_is_that_of_the_stack_sets_parameters() {
    let parameters = BTreeMap::from([("PermissionsBoundary".to_owned(), "team/Bound".to_owned())]);
    let mut seen = good();
    let is_fine = |seen: &Seen| {
        let hops = seen.check(&Names::sample(), &parameters, FIX);
        hops.iter().all(|hop| hop.verdict == Verdict::Ok)
    };
    assert!(!is_fine(&seen));
    seen.the_role().boundary_arn = Some("arn:aws:iam::333333333333:policy/team/Bound".into());
    assert!(is_fine(&seen));
}

#[test]
fn the_schedule_is_that_of_the_stack_sets_parameters() {
    let is_fine = |schedule: Option<&'static str>, parameter: Option<&str>| {
        let mut seen = good();
        let rule = seen.the_rule();
        let value = schedule.map(|it| ("ScheduleExpression", json!(it)));
        rule.not_default = value.into_iter().collect();
        let parameter = parameter.map(|it| ("Heartbeat".to_owned(), it.to_owned()));
        let parameters = parameter.into_iter().collect();
        let hops = seen.check(&Names::sample(), &parameters, FIX);
        let wrong = hops.iter().filter(|hop| hop.verdict != Verdict::Ok);
        let wrong: Vec<_> = wrong.map(|hop| hop.verdict).collect();
        assert!(wrong.iter().all(|it| *it == Verdict::Differs), "{hops:?}");
        wrong.is_empty()
    };
    let six = Some("rate(6 hours)");
    assert!(is_fine(six, six) && is_fine(None, Some("")));
    for (found, parameter) in [(None, six), (Some("rate(1 hour)"), six), (six, Some(""))] {
        assert!(!is_fine(found, parameter), "{found:?} {parameter:?}");
    }
    // Without the StackSet it is not known which it is.
    assert!(is_fine(six, None) && is_fine(None, None));
    assert!(!is_fine(Some("rate(1 minute)"), None));
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
    (seen.role, seen.queue) = (Err(why()), Err(why()));
    let expected = [unread("rule", "dead letters"), unread("role", "exists")];
    assert_eq!(wrong(&seen, Verdict::Unknown), expected);
}
