//! Every fixture's decision, activity and severity, in one table.

use std::fmt::Write as _;

use rootwatch_root_event::{
    Access, Activity, Assessment, Context, Decision, Outcome, READ_ONLY_THAT_MATTERS, ReadOnly,
    Severity, assess, canary_detail, digest, explain, explain_unreadable, message, parse,
};
use serde_json::{Value, json};

use crate::{context, fixture, fixtures, received};

#[test]
fn each_fixture_is_what_it_is() {
    let mut table = String::new();
    for (name, event) in fixtures() {
        let it = assess(&event);
        let decision = format!("{:?}", it.decision).to_lowercase();
        let (activity, severity) = (it.activity.name(), it.severity.name());
        let _ = writeln!(
            table,
            "{name:<34}{decision:<8}{activity:<27}{severity:<10}{}",
            it.reason
        );
    }
    insta::assert_snapshot!(table);
}

#[test]
fn every_activity_has_a_fixture() {
    let seen: Vec<Activity> = fixtures()
        .iter()
        .map(|(_, event)| assess(event).activity)
        .collect();
    for activity in [
        Activity::SignIn,
        Activity::FailedSignIn,
        Activity::PasswordRecovery,
        Activity::CredentialChange,
        Activity::AccountChange,
        Activity::Tampering,
        Activity::ApiWrite,
        Activity::ApiRead,
        Activity::PrivilegedSessionStart,
        Activity::PrivilegedSessionAction,
        Activity::ServiceMade,
        Activity::Canary,
        Activity::NotRoot,
        Activity::Forged,
    ] {
        assert!(seen.contains(&activity), "{}", activity.name());
    }
}

#[test]
fn a_read_only_call_that_matters_is_never_in_a_digest() {
    for name in READ_ONLY_THAT_MATTERS {
        let record =
            json!({ "eventName": name, "readOnly": true, "userIdentity": { "type": "Root" } });
        let it = assess(&parse(record.to_string().as_bytes()).unwrap()[0]);
        assert_eq!(it.decision, Decision::Alert, "{name}");
    }
}

fn assessed(record: &Value) -> Assessment {
    assess(&parse(record.to_string().as_bytes()).unwrap()[0])
}

/// What the console does by itself, or what changes nothing, whatever CloudTrail says of it.
#[test]
fn noise_is_low_and_in_digests() {
    let of = |service: &str, name: &str, key: &str| {
        assessed(&json!({
            "eventName": name,
            "eventSource": format!("{service}.amazonaws.com"),
            "readOnly": false,
            "userIdentity": { "type": "Root", "accessKeyId": key },
        }))
    };
    for (service, name) in [
        ("cloudshell", "SendHeartBeat"),
        ("iam", "GenerateCredentialReport"),
        ("iam", "GenerateOrganizationsAccessReport"),
        ("iam", "GenerateServiceLastAccessedDetails"),
        ("logs", "StartQuery"),
        ("logs", "StopQuery"),
        ("support", "RefreshTrustedAdvisorCheck"),
    ] {
        let it = of(service, name, "ASIAEXAMPLEKEY00CONS");
        let found = (it.decision, it.severity, it.activity);
        assert_eq!(
            found,
            (Decision::Digest, Severity::Low, Activity::ApiRead),
            "{name}"
        );
        let elsewhere = of("example", name, "ASIAEXAMPLEKEY00CONS");
        assert_eq!(elsewhere.severity, Severity::High, "{name}");
        let with_key = of(service, name, "AKIAEXAMPLEKEY00LONG");
        assert_eq!(with_key.severity, Severity::Critical, "{name}");
    }
}

#[test]
fn a_session_that_root_created_is_root_of_any_type() {
    for kind in ["FederatedUser", "AssumedRole", "Unknown"] {
        let identity =
            json!({ "type": kind, "sessionContext": { "sessionIssuer": { "type": "Root" } } });
        let record =
            json!({ "eventName": "RunInstances", "readOnly": false, "userIdentity": identity });
        assert_eq!(assessed(&record).decision, Decision::Alert, "{kind}");
    }
}

#[test]
fn the_consoles_own_service_is_a_person_in_china_too() {
    for service in ["signin.amazonaws.com", "signin.amazonaws.com.cn"] {
        let identity = json!({ "type": "Root", "invokedBy": service });
        let record = json!({ "eventName": "StartLogging", "userIdentity": identity });
        assert_eq!(assessed(&record).decision, Decision::Alert, "{service}");
    }
}

#[test]
fn only_aws_itself_and_stack_sets_change_what_alerts_depend_on_unnoticed() {
    let decided = |kind: &str, role: &str| {
        let arn = format!("arn:aws:iam::111122223333:role/{role}");
        let identity = json!({ "type": kind, "sessionContext": { "sessionIssuer": { "type": "Role", "arn": arn } } });
        let record = json!({ "eventName": "DeleteRule", "eventSource": "events.amazonaws.com",
            "requestParameters": { "name": "rootwatch-root-activity" }, "userIdentity": identity });
        assessed(&record).decision
    };
    let slr = "aws-service-role/stacksets.cloudformation.amazonaws.com/AWSServiceRoleForX";
    for (kind, role, wanted) in [
        ("AssumedRole", "Admin", Decision::Digest),
        (
            "AssumedRole",
            "not/stacksets-exec-0a/Admin",
            Decision::Digest,
        ),
        ("AssumedRole", "AWSServiceRoleForX", Decision::Digest),
        ("IAMUser", "", Decision::Digest),
        ("AssumedRole", "stacksets-exec-0a1b", Decision::Ignore),
        ("AssumedRole", slr, Decision::Ignore),
        ("AWSService", "", Decision::Ignore),
    ] {
        assert_eq!(decided(kind, role), wanted, "{kind} {role}");
    }
}

#[test]
fn a_topic_of_any_name_is_known_to_the_hub_that_publishes_to_it() {
    let record = json!({ "eventName": "DeleteTopic", "eventSource": "sns.amazonaws.com",
        "requestParameters": { "topicArn": "arn:aws:sns:eu-west-1:111122223333:security" },
        "userIdentity": { "type": "IAMUser" } });
    let event = parse(record.to_string().as_bytes()).unwrap().remove(0);
    let decided = |topic: &str| {
        let arn = format!("arn:aws:sns:eu-west-1:111122223333:{topic}");
        assess(&event.clone().of_hub(&arn)).activity
    };
    assert_eq!(decided("security"), Activity::Tampering);
    assert_eq!(decided("secu"), Activity::NotRoot);
    assert_eq!(assess(&event).activity, Activity::NotRoot);
}

#[test]
fn another_services_event_of_a_known_name_is_not_taken_for_it() {
    let record = |source: &str| json!({ "eventName": "DeleteOrganization", "eventSource": source, "userIdentity": { "type": "Root" } });
    let activity = |source| assessed(&record(source)).activity;
    assert_eq!(
        activity("organizations.amazonaws.com"),
        Activity::AccountChange
    );
    assert_eq!(activity("workmail.amazonaws.com"), Activity::ApiWrite);
}

#[test]
fn read_only_calls_are_reported_as_the_setting_says() {
    let decisions = |it: Assessment| ReadOnly::ALL.map(|(_, how)| it.clone().under(how).decision);
    let read = fixture("api-read");
    assert_eq!(
        decisions(read.clone()),
        [Decision::Digest, Decision::Alert, Decision::Ignore]
    );
    // Nobody should have a root key: read-only calls with one are reported, switched off or not.
    let mut with_key = read;
    with_key.severity = Severity::Critical;
    assert_eq!(
        decisions(with_key),
        [Decision::Digest, Decision::Alert, Decision::Digest]
    );
    // For none of the settings are these ordinary read-only calls.
    for name in ["account-payment-instrument", "sign-in-command-line"] {
        assert_eq!(decisions(fixture(name)), [Decision::Alert; 3], "{name}");
    }
    assert_eq!(decisions(fixture("not-root")), [Decision::Ignore; 3]);
}

#[test]
fn only_a_service_is_a_service() {
    for (invoked_by, decision) in [
        (json!("autoscaling.amazonaws.com"), Decision::Ignore),
        (json!("autoscaling.amazonaws.com.cn"), Decision::Ignore),
        (json!("signin.amazonaws.com"), Decision::Alert),
        (json!("AWS Internal"), Decision::Alert),
        (json!("amazonaws.com.example.org"), Decision::Alert),
        (json!(""), Decision::Alert),
        (json!(null), Decision::Alert),
        (json!(["x.amazonaws.com"]), Decision::Alert),
    ] {
        let record = json!({ "eventName": "RunInstances", "userIdentity": { "type": "Root", "invokedBy": invoked_by } });
        assert_eq!(
            assess(&parse(record.to_string().as_bytes()).unwrap()[0]).decision,
            decision,
            "{invoked_by}"
        );
    }
}

#[test]
fn a_source_that_is_not_awss_own_is_refused() {
    for source in [
        "com.example",
        "aws",
        "AWS.iam",
        "aws.partner/example.com/x",
        "rootwatch.canary2",
        " aws.iam2 ",
    ] {
        let event = json!({ "source": source, "detail-type": "AWS API Call via CloudTrail",
            "detail": { "eventName": "CreateUser", "userIdentity": { "type": "Root" } } });
        let it = assess(&parse(event.to_string().as_bytes()).unwrap()[0]);
        assert_eq!(it.is_refused(), source.trim() != "aws.iam2", "{source}");
    }
}

#[test]
fn differences_of_envelope_and_record_are_reported() {
    let it = fixture("api-write-envelope-differs");
    assert_eq!(it.decision, Decision::Alert);
    assert_eq!(it.notes.len(), 3, "{:?}", it.notes);
}

#[test]
fn of_a_privileged_session_only_the_task_and_the_account_are_reported() {
    let it = fixture("privileged-session-start");
    assert_eq!(it.target_account.as_deref(), Some("111122223333"));
    assert_eq!(it.task_policy.as_deref(), Some("S3UnlockBucketPolicy"));
}

#[test]
fn no_value_of_a_request_or_a_response_is_reported() {
    for (name, event) in fixtures() {
        let message = message(&assess(&event), &context());
        let all = format!(
            "{}{}{}{}{}",
            message.subject, message.text, message.sms, message.json, message.chatbot
        );
        for secret in ["secret", "Secret", "AKIAEXAMPLE", "ASIAEXAMPLE"] {
            assert!(!all.contains(secret), "{name} discloses {secret}");
        }
    }
}

#[test]
fn the_end_of_a_long_lived_key_is_reported() {
    let Access { kind, key_end, .. } = fixture("api-write-long-lived-key").access;
    assert_eq!((kind, key_end.as_deref()), ("access-key", Some("LONG")));
}

#[test]
fn a_failure_without_a_code_has_its_message() {
    let message = Some("Failed authentication".to_owned());
    assert_eq!(
        fixture("failed-sign-in").outcome,
        Outcome::Failure {
            code: None,
            message
        }
    );
}

#[test]
fn hostile_text_stays_in_its_line() {
    let text = message(&fixture("hostile"), &context()).text;
    for field in ["Severity:", "Outcome:", "MFA:", "Region:", "Account:"] {
        assert_eq!(
            text.lines().filter(|line| line.starts_with(field)).count(),
            1,
            "{field}\n{text}"
        );
    }
}

#[test]
fn the_canary_is_our_own() {
    let detail = canary_detail("a-marker", "111122223333", "eu-west-1", received());
    let event = json!({ "source": rootwatch_root_event::CANARY_SOURCE, "detail-type": "x", "detail": detail });
    let it = assess(&parse(event.to_string().as_bytes()).unwrap()[0]);
    assert!(it.is_test());
    assert_eq!(it.event_id.as_deref(), Some("a-marker"));
    assert!(
        message(&it, &Context::new())
            .subject
            .starts_with("[TEST] Test event from 111122223333")
    );
}

#[test]
fn a_digest_counts_an_event_once() {
    let one = fixture("api-read");
    assert!(digest(&[], &context()).is_none());
    let same = digest(&[one.clone(), one.clone()], &context()).unwrap();
    assert_eq!(
        same,
        message(&one, &context()),
        "one event is reported in the usual form"
    );
}

#[test]
fn explain_has_the_fields_that_are_promised() {
    let event = parse(br#"{"eventName":"CreateUser","userIdentity":{"type":"Root"}}"#)
        .unwrap()
        .remove(0);
    let why = parse(b"{").unwrap_err();
    for said in [
        explain(&assess(&event), &context()),
        explain_unreadable(b"{", &why, &context()),
    ] {
        let Value::Object(fields) = serde_json::to_value(said).unwrap() else {
            unreachable!()
        };
        let mut names: Vec<&str> = fields.keys().map(String::as_str).collect();
        names.sort_unstable();
        let mut promised = [
            "decision", "reason", "severity", "activity", "account", "region", "time", "event_id",
            "subject", "text",
        ];
        promised.sort_unstable();
        assert_eq!(names, promised);
        assert_eq!(fields["decision"], "alert");
    }
}
