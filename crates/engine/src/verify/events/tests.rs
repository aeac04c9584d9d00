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

/// CloudTrail User Guide, "CloudTrail record contents" and "userIdentity element".
#[test]
fn records_have_what_awss_records_have() {
    let place = Place::sample();
    let all = [
        place.acts(),
        place.act_forms(),
        place.reads(),
        place.never(),
    ]
    .concat();
    let mut kinds = std::collections::BTreeSet::new();
    for Canonical { name, event } in all {
        let detail = &event["detail"];
        let who = &detail["userIdentity"];
        let kind = who["type"].as_str().unwrap();
        kinds.insert(kind.to_owned());
        assert_eq!(detail["recipientAccountId"], event["account"], "{name}");
        assert_eq!(
            (&who["accountId"], &detail["awsRegion"]),
            (&event["account"], &event["region"]),
            "{name}"
        );
        let arn = match kind {
            "Root" => "arn:aws:iam::333333333333:root",
            "IAMUser" => "arn:aws:iam::333333333333:user/alice",
            "AssumedRole" => "arn:aws:sts::333333333333:assumed-role/Admin/alice",
            _ => "arn:aws:sts::333333333333:federated-user/deploy",
        };
        assert_eq!(who["arn"], arn, "{name}");
        // A session is who began it, when, and whether with a second factor.
        let session = &who["sessionContext"];
        let key = who["accessKeyId"].as_str().unwrap_or_default();
        assert_eq!(key.starts_with("ASIA"), session.is_object(), "{name}");
        if session.is_object() {
            assert!(session["attributes"]["creationDate"].is_string(), "{name}");
            assert!(
                session["attributes"]["mfaAuthenticated"].is_string(),
                "{name}"
            );
            assert_eq!(
                kind != "Root",
                session["sessionIssuer"]["arn"].is_string(),
                "{name}"
            );
        }
        let is_of_service = detail["sourceIPAddress"] == "AWS Internal";
        assert_eq!(is_of_service, detail["tlsDetails"].is_null(), "{name}");
        assert!(is_of_service || detail["tlsDetails"]["clientProvidedHostHeader"].is_string());
        if detail["eventName"] == "ConsoleLogin" {
            assert_eq!(
                (event["region"].as_str(), key),
                (Some("us-east-1"), ""),
                "{name}"
            );
            // Records of the older spelling say nothing of this.
            let is_new = event["detail-type"] == "AWS Console Sign In via CloudTrail";
            assert_eq!(is_new, detail["readOnly"] == json!(false), "{name}");
        }
    }
    assert_eq!(kinds.len(), 4, "{kinds:?}");
    let of = |key: &str| {
        let mut all = [place.acts(), place.act_forms()].concat();
        all.retain(|it| it.event["detail"]["sessionCredentialFromConsole"] == "true");
        let who = |it: &Canonical| it.event["detail"]["userIdentity"]["accessKeyId"].clone();
        all.iter()
            .filter(|it| who(it).as_str().unwrap_or_default().starts_with(key))
            .count()
    };
    assert!(of("ASIA") > 0 && of("AKIA") == 0);
    let china = Place {
        region: "cn-north-1".into(),
        ..place.clone()
    };
    let root = &china.acts()[2].event["detail"]["userIdentity"]["arn"];
    assert_eq!(root, "arn:aws-cn:iam::333333333333:root");
}
