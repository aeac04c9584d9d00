//! KMS keys of one's own: they serve those who have to use them, and nobody else unnamed.

use super::state::{Hub, policy};
use super::wrong;
use crate::findings::{FindingId, hub};
use crate::hub::desired::Wanted;
use crate::hub::sample;
use crate::verify::deployed::Deployed;
use crate::verify::finding::{CannotRead, Hop, Verdict};
use crate::verify::keys::{Grant, Key};
use rootwatch_eval::Policy;
use serde_json::{Value, json};

const KEY: &str = "arn:aws:kms:eu-west-1:111122223333:key/own";

/// A hub of which everything that can be is under the key.
fn with_key(key: Key) -> Hub {
    let own = || Some(KEY.to_owned());
    let mut hub = Hub::of(Wanted {
        kms_key: own(),
        log_kms_key: own(),
        queue_kms_key: own(),
        ..sample::wanted()
    });
    hub.keys.insert(KEY.to_owned(), Ok(key));
    hub
}

fn good() -> Key {
    Key {
        state: "Enabled".into(),
        policy: Ok(policy(vec![
            account(),
            service("events", json!({})),
            service("logs.eu-west-1", json!({})),
        ])),
        grants: Ok(Vec::new()),
    }
}

fn account() -> Value {
    json!({"Sid": "Account", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"},
        "Action": "kms:*", "Resource": "*"})
}

fn service(name: &str, condition: Value) -> Value {
    json!({"Sid": name, "Effect": "Allow", "Principal": {"Service": format!("{name}.amazonaws.com")},
        "Action": ["kms:GenerateDataKey*", "kms:Decrypt"], "Resource": "*", "Condition": condition})
}

fn statements(policy: Policy) -> Key {
    Key {
        policy: Ok(policy),
        ..good()
    }
}

fn found(key: Key) -> Vec<(Option<FindingId>, Verdict, String)> {
    let hops = wrong(&with_key(key)).into_iter();
    let seen = |hop: Hop| {
        assert_eq!(hop.resource, format!("key {KEY}"));
        assert!(hop.fix.is_some(), "{hop}");
        (hop.id, hop.verdict, hop.finding)
    };
    hops.map(seen).collect()
}

#[test]
fn a_key_that_serves_all_is_fine() {
    assert_eq!(found(good()), []);
    let by_all = |of_events: Value| {
        vec![
            service("events", of_events),
            service("logs.eu-west-1", json!({})),
        ]
    };
    let of_rules = json!({"ArnLike": {"aws:SourceArn": "arn:aws:events:eu-west-1:111122223333:rule/rootwatch*"}});
    let narrow = [vec![account()], by_all(of_rules)].concat();
    assert_eq!(found(statements(policy(narrow))), []);
    // By its own name, and by the organization.
    let mut named = account();
    named["Resource"] = json!(KEY);
    let all = [vec![named], by_all(json!({}))].concat();
    assert_eq!(found(statements(policy(all))), []);
    for (org_id, wrong) in [("o-abcdefghij", 0), ("o-another", 3)] {
        let mut of_organization = account();
        of_organization["Principal"] = json!("*");
        of_organization["Condition"] = json!({"StringEquals": {"aws:PrincipalOrgID": org_id}});
        let all = [vec![of_organization], by_all(json!({}))].concat();
        let found = found(statements(policy(all)));
        assert_eq!(found.len(), wrong, "{found:?}");
    }
    assert!(
        super::super::hub(&with_key(good()).deployed(), [].into_iter())
            .iter()
            .any(|hop| hop.resource == format!("key {KEY}") && hop.verdict == Verdict::Ok)
    );
}

#[test]
fn a_key_that_is_off_or_gone_is_broken_once() {
    for (state, said) in [
        ("Disabled", "\"Disabled\""),
        ("PendingDeletion", "being deleted"),
        ("missing", "does not exist"),
        ("", "its state is \"\""),
    ] {
        let key = Key {
            state: state.into(),
            ..good()
        };
        let found = found(key);
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!(
            (found[0].0, found[0].1),
            (Some(hub::KEY_STATE), Verdict::Broken)
        );
        assert!(found[0].2.contains(said), "{found:?}");
        assert!(found[0].2.contains("queue rootwatch-acts"), "{found:?}");
    }
}

#[test]
fn whoever_a_key_keeps_out_is_named_with_what_is_lost() {
    let without = |sid: &str| {
        let all = [
            account(),
            service("events", json!({})),
            service("logs.eu-west-1", json!({})),
        ];
        let left = all.into_iter().filter(|it| it["Sid"] != sid);
        found(statements(policy(left.collect())))
    };
    // Two queues, and the dead letters of both.
    let events = without("events");
    assert_eq!(events.len(), 3, "{events:?}");
    assert!(events.iter().all(|(id, verdict, text)| {
        (*id, *verdict) == (Some(hub::KEY_POLICY), Verdict::Broken)
            && text.contains("events.amazonaws.com, for rule rootwatch-")
            && text.contains("is lost")
    }));
    // Both queues that it reads, and the topic.
    let role = without("Account");
    assert_eq!(role.len(), 3, "{role:?}");
    assert!(
        role.iter()
            .all(|(_, _, text)| text.starts_with("the notifier's role needs"))
    );
    let log = without("logs.eu-west-1");
    assert_eq!(log.len(), 1, "{log:?}");
    assert!(log[0].2.contains("log-group"), "{log:?}");

    let of_another = json!({"StringEquals": {"aws:SourceAccount": "999988887777"}});
    let other = vec![
        account(),
        service("events", of_another),
        service("logs.eu-west-1", json!({})),
    ];
    assert_eq!(found(statements(policy(other))).len(), 3);
}

#[test]
fn each_rule_that_sends_to_a_queue_needs_the_keys_of_it_and_of_its_dead_letters() {
    let names = Hub::good().names().clone();
    let kept_out = |rules: Vec<String>| {
        let of_rules = json!({"ArnEquals": {"aws:SourceArn": rules}});
        let all = vec![
            account(),
            service("events", of_rules),
            service("logs.eu-west-1", json!({})),
        ];
        let found = found(statements(policy(all))).into_iter();
        let words = |text: String| {
            let (_, who) = text.split_once("for rule ").unwrap();
            let (rule, rest) = who.split_once(')').unwrap();
            let (_, queue) = rest.split_once("for queue ").unwrap();
            format!("{rule} to {}", queue.split(',').next().unwrap())
        };
        found.map(|it| words(it.2)).collect::<Vec<_>>()
    };
    let acts = || names.rule_arn(&names.acts_rule());
    let to_reads = || crate::hub::policies::to_reads(&names).to_vec();
    assert!(kept_out([vec![acts()], to_reads()].concat()).is_empty());
    let dead_letters = "to rootwatch-dead-letters";
    let of_acts = [
        "rootwatch-acts to rootwatch-acts".to_owned(),
        format!("rootwatch-acts {dead_letters}"),
    ];
    assert_eq!(kept_out(to_reads()), of_acts);
    for left_out in to_reads() {
        let mut others = [vec![acts()], to_reads()].concat();
        others.retain(|it| *it != left_out);
        let rule = left_out.rsplit('/').next().unwrap();
        let mut found = kept_out(others);
        found.sort();
        let wanted = ["rootwatch-dead-letters", "rootwatch-reads"];
        assert_eq!(found, wanted.map(|queue| format!("{rule} to {queue}")));
    }
}

#[test]
fn the_role_that_needs_a_key_is_the_one_that_the_function_has() {
    let other = "arn:aws:iam::111122223333:role/other";
    let mut by_role = account();
    by_role["Principal"] = json!({"AWS": other});
    let all = vec![
        by_role,
        service("events", json!({})),
        service("logs.eu-west-1", json!({})),
    ];
    let mut deployed = with_key(statements(policy(all))).deployed();
    let is_fine = |deployed: &Deployed| {
        let hops = super::super::hub(deployed, [].into_iter());
        let mut of_key = hops
            .iter()
            .filter(|hop| hop.resource == format!("key {KEY}"));
        of_key.all(|hop| hop.verdict == Verdict::Ok)
    };
    assert!(!is_fine(&deployed));
    deployed.role.as_mut().unwrap().as_mut().unwrap().arn = other.into();
    assert!(is_fine(&deployed));
    // What the bus lets in says which organization this is, where that cannot be asked.
    assert_eq!(deployed.organization(), "o-abcdefghij");
    deployed.org_id = Err(CannotRead {
        why: "no".into(),
        fix: None,
    });
    assert_eq!(deployed.organization(), "o-abcdefghij");
}

#[test]
fn a_condition_that_cannot_be_judged_is_unknown() {
    let odd = json!({"DateGreaterThan": {"aws:CurrentTime": "2020-01-01T00:00:00Z"}});
    let key = vec![
        account(),
        service("events", odd),
        service("logs.eu-west-1", json!({})),
    ];
    let found = found(statements(policy(key)));
    assert_eq!(found.len(), 3, "{found:?}");
    assert!(found.iter().all(|it| it.1 == Verdict::Unknown));
}

#[test]
fn grants_are_named_whoever_has_them() {
    let grant = |n: usize| Grant {
        grantee: format!("arn:aws:iam::999988887777:role/n{n:02}"),
        operations: ["Decrypt".to_owned(), "CreateGrant".to_owned()].into(),
    };
    let found = |count| {
        found(Key {
            grants: Ok((0..count).map(grant).collect()),
            ..good()
        })
    };
    let one = found(1);
    assert_eq!(one.len(), 1);
    assert_eq!(
        (one[0].0, one[0].1),
        (Some(hub::KEY_GRANT), Verdict::Unknown)
    );
    assert!(
        one[0]
            .2
            .contains("role/n00 use it, whatever its policy says, for CreateGrant, Decrypt")
    );
    assert_eq!(found(20).len(), 20);
    let many = found(25);
    assert_eq!(many.len(), 21);
    assert!(many[20].2.contains("5 more"), "{many:?}");
}

#[test]
fn what_cannot_be_read_of_a_key_is_said_and_never_fine() {
    let refused = || CannotRead {
        why: "could not be read: kms:ListGrants: AccessDenied".into(),
        fix: Some("allow the caller kms:ListGrants".into()),
    };
    let unread = |key: Key| {
        let found = found(key);
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!(
            (found[0].0, found[0].1),
            (Some(hub::UNREAD), Verdict::Unknown)
        );
    };
    unread(Key {
        grants: Err(refused()),
        ..good()
    });
    unread(Key {
        policy: Err(refused()),
        ..good()
    });
    let mut hub = with_key(good());
    hub.keys.insert(KEY.to_owned(), Err(refused()));
    let hops = wrong(&hub);
    assert_eq!(hops.len(), 1, "{hops:?}");
    assert_eq!(hops[0].id, Some(hub::UNREAD));
}
