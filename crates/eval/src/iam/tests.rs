//! Tests of what IAM would decide.

use super::*;
use serde_json::json;

fn decided(statements: &Value, keys: &[(&'static str, Option<&str>)]) -> Decision {
    let policy =
        Policy::parse(&json!({"Version": "2012-10-17", "Statement": statements}).to_string())
            .unwrap();
    let request = Request {
        principal: Some(Principal::Role {
            account: "111122223333".into(),
            arn: "arn:aws:iam::111122223333:role/x".into(),
        }),
        action: "sns:Publish",
        resource: "arn:aws:sns:eu-west-1:111122223333:alerts".into(),
        keys: keys
            .iter()
            .map(|(key, value)| (*key, value.map(str::to_owned)))
            .collect(),
    };
    decide([&policy], &request)
}

fn with(field: &str, value: Value) -> Value {
    let mut statement = json!({"Sid": "A", "Effect": "Allow", "Principal": "*", "Action": "sns:Publish", "Resource": "*"});
    statement[field] = value;
    statement
}

#[test]
fn each_element_narrows() {
    for (field, value, expected) in [
        ("Action", json!("SNS:publ*"), Decision::Allowed),
        (
            "Action",
            json!(["sns:Subscribe", "sqs:*"]),
            Decision::NotAllowed,
        ),
        (
            "Resource",
            json!("arn:aws:sns:*:111122223333:al?rts"),
            Decision::Allowed,
        ),
        (
            "Resource",
            json!("arn:aws:sns:eu-west-1:111122223333:alert"),
            Decision::NotAllowed,
        ),
        (
            "Principal",
            json!({"AWS": "111122223333"}),
            Decision::Allowed,
        ),
        (
            "Principal",
            json!({"AWS": "arn:aws:iam::111122223333:root"}),
            Decision::Allowed,
        ),
        (
            "Principal",
            json!({"AWS": "arn:aws:iam::111122223334:root"}),
            Decision::NotAllowed,
        ),
        (
            "Principal",
            json!({"Service": "sns.amazonaws.com"}),
            Decision::NotAllowed,
        ),
    ] {
        assert_eq!(
            decided(&json!([with(field, value.clone())]), &[]),
            expected,
            "{field} {value}"
        );
    }
}

#[test]
fn a_deny_wins_wherever_it_stands() {
    let mut deny = with("Sid", json!("D"));
    deny["Effect"] = json!("Deny");
    let denied = Decision::Denied("D".into());
    assert_eq!(
        decided(&json!([with("Sid", json!("A")), deny]), &[]),
        denied
    );
    assert_eq!(
        decided(&json!([deny, with("Sid", json!("A"))]), &[]),
        denied
    );
}

#[test]
fn of_two_statements_with_one_sid_both_are_judged() {
    let mut deny = with("Sid", json!("A"));
    deny["Effect"] = json!("Deny");
    for statements in [
        json!([with("Sid", json!("A")), deny]),
        json!([deny, with("Sid", json!("A"))]),
    ] {
        let found = decided(&statements, &[]);
        assert!(matches!(found, Decision::Denied(_)), "{found:?}");
    }
}

#[test]
fn each_operator_with_and_without_its_key() {
    for (operator, wanted, have, holds) in [
        ("StringEquals", json!("o-1"), Some("o-1"), true),
        ("StringEquals", json!("o-1"), Some("o-2"), false),
        ("StringEquals", json!("o-1"), None, false),
        ("StringNotEquals", json!(["a", "b"]), Some("b"), false),
        ("StringNotEquals", json!(["a", "b"]), Some("c"), true),
        ("StringNotEquals", json!("a"), None, true),
        ("StringLike", json!("a*c"), Some("abbc"), true),
        ("Bool", json!("true"), Some("True"), true),
        ("Null", json!("true"), None, true),
        ("Null", json!("false"), None, false),
        ("Null", json!("false"), Some("x"), true),
        (
            "ArnLike",
            json!("arn:aws:sns:*:1:a*"),
            Some("arn:aws:sns:eu:1:ab:c"),
            true,
        ),
        (
            "ArnEquals",
            json!("arn:aws:sns:eu:1:a"),
            Some("arn:aws:sns:eu:1:b"),
            false,
        ),
        (
            "ArnNotEquals",
            json!("arn:aws:sns:eu:1:a"),
            Some("arn:aws:sns:eu:1:b"),
            true,
        ),
        ("ArnNotEquals", json!("arn:aws:sns:eu:1:a"), None, true),
        (
            "ArnLike",
            json!("arn:aws:sns:*:1:a*"),
            Some("arn:aws:sns:eu:1"),
            false,
        ),
    ] {
        let statement = with("Condition", json!({operator: {"aws:Key": wanted}}));
        let expected = if holds {
            Decision::Allowed
        } else {
            Decision::NotAllowed
        };
        let found = decided(&json!([statement]), &[("aws:key", have)]);
        assert_eq!(found, expected, "{operator} {have:?}");
    }
}

#[test]
fn what_is_not_evaluated_is_never_certain() {
    for (field, value) in [
        ("NotResource", json!("arn:aws:s3:::x")),
        ("NotPrincipal", json!({"AWS": "1"})),
        ("Principal", json!({"AWS": []})),
        ("Principal", json!({})),
        ("Action", json!([])),
        ("Resource", json!([])),
        ("Resource", json!("arn:aws:sns")),
        ("Resource", json!("arn:aws:sns:*alerts")),
        ("Condition", json!({"ArnLike": {"aws:key": "*"}})),
        ("Condition", json!({"StringEquals": {"aws:key": []}})),
        ("Condition", json!({"StringEquals": {}})),
        ("Condition", json!({"StringEquals": "x"})),
        ("Condition", json!({"stringequals": {"aws:key": "y"}})),
        ("Condition", json!({"NumericEquals": {"aws:key": "1"}})),
        (
            "Condition",
            json!({"ForAnyValue:Null": {"aws:key": "false"}}),
        ),
        ("Condition", json!({"NullIfExists": {"aws:key": "false"}})),
        (
            "Condition",
            json!({"ForSomeValues:StringEquals": {"aws:key": "y"}}),
        ),
        (
            "Condition",
            json!({"StringNotEqualsIgnoreCase": {"aws:key": ["AIDAEXAMPLEEXAMPLE12"]}}),
        ),
        ("Principal", json!({"Federated": "x"})),
        (
            "Principal",
            json!({"AWS": "arn:aws:sts::111122223333:assumed-role/x/session"}),
        ),
        (
            "Principal",
            json!({"AWS": ["arn:aws-cn:sts::1:assumed-role/y/z", "1"]}),
        ),
        ("Principal", json!({"AWS": "AROAEXAMPLEEXAMPLE12"})),
        ("Principal", json!({"AWS": "AIDAEXAMPLEEXAMPLE12"})),
        (
            "Condition",
            json!({"ArnLike": {"aws:key": "arn:*:sts::*:assumed-role/x/*"}}),
        ),
        (
            "Condition",
            json!({"ArnNotLike": {"aws:key": "arn:aws:sts::1:assumed-role/x/*"}}),
        ),
        (
            "Condition",
            json!({"StringEquals": {"aws:key": ["AROAEXAMPLEEXAMPLE12:session", "x"]}}),
        ),
        (
            "Resource",
            json!("arn:aws:sns:eu-west-1:111122223333:${aws:username}"),
        ),
        (
            "Condition",
            json!({"StringEquals": {"aws:SourceIp": "1.2.3.4"}}),
        ),
    ] {
        let found = decided(
            &json!([with(field, value.clone())]),
            &[("aws:key", Some("y"))],
        );
        assert!(
            matches!(found, Decision::Unknown(_)),
            "{field} {value}: {found:?}"
        );
        // An Allow beside it does not make a Deny that cannot be judged harmless.
        let mut deny = with(field, value);
        deny["Effect"] = json!("Deny");
        deny["Sid"] = json!("D");
        let both = json!([deny, with("Sid", json!("A"))]);
        assert!(matches!(
            decided(&both, &[("aws:key", Some("y"))]),
            Decision::Unknown(_)
        ));
    }
}

#[test]
fn a_statement_without_effect_may_be_a_deny() {
    let mut odd = with("Sid", json!("O"));
    odd.as_object_mut().unwrap().remove("Effect");
    let unknown = with(
        "Condition",
        json!({"IpAddress": {"aws:SourceIp": "1.2.3.4"}}),
    );
    let mut odd_and_unknown = unknown.clone();
    odd_and_unknown["effect"] = json!("Deny");
    odd_and_unknown.as_object_mut().unwrap().remove("Effect");
    for odd in [odd, odd_and_unknown] {
        let found = decided(&json!([odd, with("Sid", json!("A"))]), &[]);
        assert!(matches!(found, Decision::Unknown(_)), "{odd}: {found:?}");
    }
    // But one that could only allow does not matter beside an Allow.
    let mut maybe = unknown;
    maybe["Sid"] = json!("M");
    let found = decided(&json!([maybe, with("Sid", json!("A"))]), &[]);
    assert_eq!(found, Decision::Allowed);
}

#[test]
fn a_key_of_several_values_needs_a_set_operator() {
    for (operator, have, expected) in [
        ("StringEquals", "x", None),
        ("StringNotEquals", "y", None),
        ("StringEquals", "y", Some(Decision::NotAllowed)),
        ("StringNotEquals", "x", Some(Decision::NotAllowed)),
        ("ForAnyValue:StringEquals", "x", Some(Decision::Allowed)),
        ("ForAllValues:StringNotEquals", "y", Some(Decision::Allowed)),
        (
            "ForAnyValue:StringNotEquals",
            "x",
            Some(Decision::NotAllowed),
        ),
    ] {
        let statement = with("Condition", json!({operator: {"events:detail-type": "x"}}));
        let found = decided(&json!([statement]), &[("events:detail-type", Some(have))]);
        match expected {
            Some(expected) => assert_eq!(found, expected, "{operator} {have}"),
            None => assert!(matches!(found, Decision::Unknown(_)), "{operator} {have}"),
        }
    }
}

#[test]
fn a_key_that_came_with_several_values_needs_one_too() {
    let document = json!({"Version": "2012-10-17", "Statement": with("Condition", json!({"StringEquals": {"aws:Key": "x"}}))});
    let policy = Policy::parse(&document.to_string()).unwrap();
    let mut keys = Keys::new();
    keys.insert_all("aws:Key", vec!["x".into(), "y".into()]);
    let request = Request {
        principal: Some(Principal::Service("sns.amazonaws.com".into())),
        action: "sns:Publish",
        resource: "arn:aws:sns:eu-west-1:111122223333:alerts".into(),
        keys,
    };
    let found = decide([&policy], &request);
    assert!(matches!(found, Decision::Unknown(_)), "{found:?}");
}

#[test]
fn a_decision_is_said_in_words() {
    for (decision, wanted) in [
        (Decision::Allowed, "allows it"),
        (
            Decision::Denied("Freeze".into()),
            "denies it in statement \"Freeze\"",
        ),
        (Decision::NotAllowed, "has no statement that allows it"),
        (
            Decision::OutOfBounds,
            "allows it, and the permissions boundary does not",
        ),
        (Decision::Unknown("odd".into()), "cannot be judged: odd"),
    ] {
        assert_eq!(decision.words(), wanted);
    }
}

/// Of six parts, as the resource that is asked for has.
#[test]
fn a_wildcard_that_crosses_a_colon_is_unknown() {
    let resource = |text: &str| decided(&with("Resource", json!(text)), &[]);
    assert!(matches!(
        resource("arn:aws:sns:*alerts"),
        Decision::Unknown(_)
    ));
    assert_eq!(
        resource("arn:aws:sns:*:111122223333:alerts"),
        Decision::Allowed
    );
    assert_eq!(
        resource("arn:aws:sns:*:111122223333:other"),
        Decision::NotAllowed
    );
}

#[test]
fn a_session_or_a_unique_id_may_be_the_callers() {
    for name in [
        "arn:aws:sts::111122223333:federated-user/x",
        "arn:aws:sts::111122223333:assumed-role/x/s",
        "arn:aws:iam::111122223333:assumed-role/x/s",
        "AROAEXAMPLE",
        "AIDAEXAMPLE",
    ] {
        let found = decided(&with("Principal", json!({"AWS": name})), &[]);
        assert!(matches!(found, Decision::Unknown(_)), "{name}: {found:?}");
    }
    let other = json!({"AWS": "arn:aws:iam::111122223333:role/y"});
    assert_eq!(
        decided(&with("Principal", other), &[]),
        Decision::NotAllowed
    );
}

/// A wildcard at the end takes the parts that follow, whole.
#[test]
fn the_last_wildcard_of_a_resource_takes_several_parts() {
    let group = "arn:aws:logs:eu-west-1:111122223333:log-group:/x";
    let may = |wanted: &str| {
        let statement =
            json!({"Effect": "Allow", "Action": "logs:PutLogEvents", "Resource": wanted});
        let policy = Policy::parse(&json!({"Statement": [statement]}).to_string()).unwrap();
        let request = Request {
            principal: None,
            action: "logs:PutLogEvents",
            resource: format!("{group}:log-stream:s"),
            keys: Keys::default(),
        };
        decide([&policy], &request)
    };
    assert_eq!(may(&format!("{group}*stream*")), Decision::Allowed);
    assert_eq!(may(&format!("{group}:*")), Decision::Allowed);
    assert_eq!(may(&format!("{group}/*")), Decision::NotAllowed);
}
