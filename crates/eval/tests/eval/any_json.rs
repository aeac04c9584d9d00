//! Whatever the JSON is: nothing panics, takes long, or turns a Deny into an Allow.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use rootwatch_eval::external::{self, Access};
use rootwatch_eval::iam::{Decision, Keys, Principal, Request, decide};
use rootwatch_eval::pattern::matches;
use rootwatch_eval::{Answer, Policy};
use serde_json::{Map, Value, json};

const RESOURCE: &str = "arn:aws:sqs:eu-west-1:111122223333:reads";

/// Words that mean something to an evaluator, so that what is drawn is often almost right.
const WORDS: &[&str] = &[
    "a",
    "b",
    "a.b",
    "$or",
    "prefix",
    "suffix",
    "anything-but",
    "exists",
    "numeric",
    "cidr",
    "wildcard",
    "equals-ignore-case",
    "=",
    "<",
    "",
    "*",
    "**",
    "\\",
    "${",
    "${*}",
    "${a}",
    "x",
    "ß",
    "é",
    "😀",
    "10.0.0.1",
    "10.0.0.0/8",
    "::1",
    "Effect",
    "Allow",
    "Deny",
    "Principal",
    "NotPrincipal",
    "Action",
    "NotAction",
    "Resource",
    "NotResource",
    "Condition",
    "AWS",
    "Service",
    "Federated",
    "StringEquals",
    "ForAnyValue:StringNotLike",
    "ForAllValues:ArnLikeIfExists",
    "Null",
    "Bool",
    "true",
    "aws:PrincipalArn",
    "aws:SourceArn",
    "events:source",
    "arn",
    "arn:aws:sqs",
    "arn:*:::::",
    RESOURCE,
    "sqs:SendMessage",
    "events.amazonaws.com",
];

fn word() -> impl Strategy<Value = String> {
    prop_oneof![8 => select(WORDS).prop_map(str::to_owned), 1 => any::<String>()]
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        word().prop_map(Value::from),
    ];
    leaf.prop_recursive(6, 48, 5, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..5).prop_map(Value::Array),
            vec((word(), inner), 0..5).prop_map(|all| Value::Object(Map::from_iter(all))),
        ]
    })
}

fn request() -> Request {
    let arn = "arn:aws:iam::111122223333:role/x".to_owned();
    Request {
        principal: Some(Principal::Role {
            account: "111122223333".into(),
            arn: arn.clone(),
        }),
        action: "sqs:SendMessage",
        resource: RESOURCE.into(),
        keys: Keys::from([
            ("aws:PrincipalArn", Some(arn)),
            ("aws:SourceArn", None),
            ("events:source", Some("a".into())),
        ]),
    }
}

fn policy(statements: &[Value]) -> Policy {
    let document = json!({"Version": "2012-10-17", "Statement": statements});
    Policy::parse(&document.to_string()).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_pattern_has_an_answer(pattern in any_json(), event in any_json()) {
        let answer = matches(&pattern, &event);
        if answer == Answer::Yes {
            prop_assert!(pattern.is_object() && event.is_object());
        }
    }

    #[test]
    fn a_policy_has_a_decision_and_a_deny_never_widens_it(
        allow in any_json(),
        deny in any_json(),
        condition in any_json(),
    ) {
        let ours = json!({"Sid": "Ours", "Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"});
        let mut denies = ours.clone();
        denies["Sid"] = json!("Deny");
        denies["Effect"] = json!("Deny");
        denies["Condition"] = condition;
        let without = decide([&policy(std::slice::from_ref(&allow))], &request());
        let with = decide([&policy(&[allow, denies])], &request());
        if with == Decision::Allowed {
            prop_assert_eq!(without, Decision::Allowed);
        }
        prop_assert_ne!(decide([&policy(&[ours, deny])], &request()), Decision::NotAllowed);
    }

    #[test]
    fn a_policy_is_read_back_as_it_is_written(document in any_json()) {
        if let Ok(read) = Policy::parse(&document.to_string()) {
            prop_assert_eq!(Policy::parse(&read.document()).unwrap(), read);
        }
    }

    #[test]
    fn an_external_principal_is_found_or_not(principal in any_json(), condition in any_json()) {
        let statement = json!({"Sid": "Theirs", "Effect": "Allow", "Principal": principal, "Action": "*", "Resource": "*", "Condition": condition});
        let access = Access { account: "111122223333", actions: &["sqs:SendMessage"], resource: RESOURCE };
        if let Some(found) = external::find(&policy(&[statement]), &access) {
            prop_assert_eq!(found.sid, "Theirs");
        }
    }
}
