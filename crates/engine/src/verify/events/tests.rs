//! Tests of the events that the path is judged by.

use super::*;
use crate::hub::pattern;
use rootwatch_eval::Answer;
use rootwatch_eval::pattern::matches;

impl Place {
    /// A spoke.
    pub(crate) fn sample() -> Self {
        Self {
            account: "333333333333".into(),
            region: "eu-west-1".into(),
            sign_in_region: "us-east-1".into(),
        }
    }
}

#[test]
fn our_own_patterns_pass_what_they_must_and_nothing_else() {
    let (acts, reads) = (pattern::acts("222222222222"), pattern::reads());
    let spoke = pattern::root_activity();
    let is = |pattern: &Value, event: &Canonical| matches(pattern, &event.event) == Answer::Yes;
    let place = Place::sample();
    for event in [place.acts(), place.act_forms()].concat() {
        assert!(is(&spoke, &event) && is(&acts, &event), "{event:?}");
        assert!(!is(&reads, &event), "{event:?}");
    }
    for event in [place.reads(), place.read_forms()].concat() {
        assert!(is(&spoke, &event) && is(&reads, &event), "{event:?}");
        assert!(!is(&acts, &event), "{event:?}");
    }
    for event in place.never() {
        assert!(
            ![&spoke, &acts, &reads]
                .iter()
                .any(|pattern| is(pattern, &event)),
            "{event:?}"
        );
    }
    // A spoke's canary reaches the hub's bus, and matches no rule there.
    assert!(is(&spoke, &place.canary()));
    assert!(!is(&acts, &place.canary()) && !is(&reads, &place.canary()));
    let hub = Place {
        account: "222222222222".into(),
        ..place
    };
    assert!(is(&acts, &hub.canary()));
}

/// A rule that somebody narrowed to stay unseen, as `verify` judges it.
#[test]
fn a_pattern_that_leaves_some_root_events_out_is_noticed() {
    let place = Place::sample();
    let must = [
        place.acts(),
        place.act_forms(),
        place.reads(),
        place.read_forms(),
    ]
    .concat();
    for (path, filter) in [
        ("detail.sourceIPAddress", json!([{"exists": false}])),
        (
            "detail.sourceIPAddress",
            json!([{"cidr": "203.0.113.0/24"}]),
        ),
        (
            "detail.sourceIPAddress",
            json!([{"anything-but": "AWS Internal"}]),
        ),
        ("detail.userAgent", json!([{"exists": false}])),
        ("detail.userAgent", json!([{"prefix": "Mozilla/"}])),
        (
            "detail.userAgent",
            json!([{"anything-but": {"prefix": "aws-cli/"}}]),
        ),
        (
            "detail.userIdentity.accessKeyId",
            json!([{"exists": false}, {"prefix": "ASIA"}]),
        ),
        ("detail.userIdentity.accessKeyId", json!([{"exists": true}])),
        (
            "detail.userIdentity.accessKeyId",
            json!([{"exists": false}, {"anything-but": ""}]),
        ),
        (
            "detail.userIdentity.sessionContext.attributes.mfaAuthenticated",
            json!(["true"]),
        ),
        ("detail.userIdentity.userName", json!([{"exists": false}])),
        ("detail.errorCode", json!([{"exists": false}])),
        ("detail.errorMessage", json!([{"exists": false}])),
        ("detail.eventVersion", json!(["1.08"])),
        (
            "detail.eventSource",
            json!(["iam.amazonaws.com", "signin.amazonaws.com"]),
        ),
        ("detail.resources.type", json!([{"exists": false}])),
        ("detail.tlsDetails.tlsVersion", json!([{"exists": true}])),
        ("resources", json!([{"exists": true}])),
    ] {
        let mut pattern = pattern::root_activity();
        pattern[path] = filter;
        let is_missed = |it: &Canonical| matches(&pattern, &it.event) == Answer::No;
        assert!(must.iter().any(is_missed), "{pattern}");
    }
}

#[test]
fn every_form_of_a_root_event_matches_one_rule_of_the_hub_but_capitals() {
    let (acts, reads) = (pattern::acts("222222222222"), pattern::reads());
    let is = |pattern: &Value, event: &Value| matches(pattern, event) == Answer::Yes;
    let forms = [
        Some(json!(true)),
        Some(json!("true")),
        Some(json!(false)),
        Some(json!("false")),
        Some(Value::Null),
        None,
    ];
    let names = READ_ONLY_THAT_MATTERS.iter().chain(&["ListUsers"]);
    for ((kind, name), form) in DETAIL_TYPES
        .iter()
        .flat_map(|kind| names.clone().map(move |name| (kind, name)))
        .flat_map(|it| forms.iter().map(move |form| (it, form)))
    {
        let event = Place::sample().root_event(kind, name, form.clone());
        let is_read =
            form.as_ref().is_some_and(|it| *it == true || *it == "true") && *name == "ListUsers";
        assert_eq!(is(&reads, &event), is_read, "{event}");
        assert_eq!(is(&acts, &event), !is_read, "{event}");
    }
    // Forwarded, and matched by neither: docs/limits.md.
    for form in ["True", "False"] {
        let event = Place::sample().root_event(API_CALL, "ListUsers", Some(json!(form)));
        assert!(is(&pattern::root_activity(), &event));
        assert!(!is(&acts, &event) && !is(&reads, &event), "{event}");
    }
}
