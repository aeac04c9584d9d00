//! What a batch becomes: few messages, and no event of it lost or reported twice.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use rootwatch_root_event::{
    Assessment, Decision, Form, Message, Outcome, Report, Severity, assess, parse, reports,
};

use crate::any_input::{one, root_record};
use crate::sound::is_sound;
use crate::{context, fixture};

/// More than any of these batches needs.
const MANY: usize = 1_000;

/// The fixture, as an event of its own.
fn numbered(name: &str, number: usize) -> Assessment {
    let mut it = fixture(name);
    it.event_id = Some(format!("00000000-3333-4222-8333-{number:012}"));
    it.time = Some(format!("2026-11-02T09:12:{:02}Z", number % 60));
    it
}

fn account(number: usize) -> Option<String> {
    Some(format!("{:012}", 111_122_223_333 + number))
}

/// A session in which an MFA device is removed among forty other calls.
fn one_session() -> Vec<Assessment> {
    let calls = [
        "PutBucketPolicy",
        "PutBucketAcl",
        "DeleteBucket",
        "CreateBucket",
        "PutObject",
    ];
    let mut batch: Vec<Assessment> = (0..41)
        .map(|number| {
            let mut it = numbered("api-write", number);
            it.action = Some(calls[number * number % calls.len()].to_owned());
            it
        })
        .collect();
    let gravest = numbered("credential-mfa-removed", 99);
    batch.insert(7, gravest);
    batch
}

fn failed_sign_ins(accounts: usize) -> Vec<Assessment> {
    let sign_in = |number| {
        let mut it = numbered("failed-sign-in", number);
        it.account = account(number % accounts);
        it
    };
    (0..accounts * 2).map(sign_in).collect()
}

fn failed_and_one_that_succeeded() -> Vec<Assessment> {
    let mut batch = failed_sign_ins(2);
    batch.push(numbered("sign-in-with-mfa", 9));
    batch
}

fn calls_of_assume_root(name: &str, number: usize, accounts: usize) -> Vec<Assessment> {
    let call = |number| {
        let mut it = numbered(name, number);
        it.target_account = account(number % accounts);
        it
    };
    (0..number).map(call).collect()
}

/// What a deployment of the hub changes; or what somebody does who wants to act unseen.
fn changes(calls: &[(&str, &str)], number: usize) -> Vec<Assessment> {
    let one = |number: usize| {
        let (service, action) = calls[number % calls.len()];
        let record = serde_json::json!({
            "eventName": action,
            "eventSource": format!("{service}.amazonaws.com"),
            "eventID": format!("00000000-5555-4222-8333-{number:012}"),
            "eventTime": format!("2026-11-02T09:12:{:02}Z", number % 60),
            "awsRegion": "eu-west-1",
            "sourceIPAddress": "198.51.100.7",
            "userAgent": "rootwatch/0.1.0",
            "userIdentity": {
                "type": "AssumedRole",
                "arn": "arn:aws:sts::111122223333:assumed-role/Deployer/pipeline",
                "accountId": "111122223333",
                "sessionContext": {"sessionIssuer": {"type": "Role", "arn": "arn:aws:iam::111122223333:role/Deployer"}},
            },
            "requestParameters": {
                "name": "rootwatch-acts",
                "queueUrl": "https://sqs.eu-west-1.amazonaws.com/111122223333/rootwatch-acts",
                "alarmName": "rootwatch-acts-failed",
                "functionName": "rootwatch-notifier",
            },
        });
        assess(&parse(record.to_string().as_bytes()).unwrap()[0])
    };
    (0..number).map(one).collect()
}

fn deployment() -> Vec<Assessment> {
    let calls = [
        ("events", "PutRule"),
        ("sqs", "SetQueueAttributes"),
        ("monitoring", "PutMetricAlarm"),
        ("lambda", "UpdateFunctionConfiguration20150331v2"),
    ];
    changes(&calls, 23)
}

fn silenced() -> Vec<Assessment> {
    let calls = [
        ("sqs", "SetQueueAttributes"),
        ("events", "DeleteRule"),
        ("lambda", "DeleteFunction20150331"),
    ];
    changes(&calls, 4)
}

fn refused_changes() -> Vec<Assessment> {
    let mut batch = changes(&[("events", "DeleteRule")], 9);
    for it in &mut batch {
        it.outcome = Outcome::Failure {
            code: Some("AccessDenied".to_owned()),
            message: None,
        };
    }
    batch
}

/// Two calls in each of forty accounts, of which ten get messages of their own.
fn many_accounts() -> Vec<Assessment> {
    let names = ["CreateUser", "CreateRole"];
    let each = |number: usize| {
        let record = serde_json::json!({
            "eventName": names[number % 2],
            "eventSource": "iam.amazonaws.com",
            "eventID": format!("00000000-4444-4222-8333-{number:012}"),
            "eventTime": "2026-11-02T09:12:44Z",
            "awsRegion": "us-east-1",
            "sourceIPAddress": "198.51.100.7",
            "recipientAccountId": account(number / 2),
            "userIdentity": { "type": "Root", "accountId": account(number / 2) },
        });
        one(&record)
    };
    (0..80).map(each).collect()
}

/// The only message of this form.
fn only(batch: &[Assessment], most: usize, form: Form) -> Message {
    let all = reports(batch, most);
    let mut chosen = all.iter().filter(|report| report.form == form);
    let report = chosen.next().unwrap();
    assert_eq!(chosen.next(), None);
    let names = BTreeMap::from([
        ("111122223333".to_owned(), "Prod-Payments".to_owned()),
        ("111122223334".to_owned(), "Sandbox-Shop".to_owned()),
    ]);
    report.message(batch, &context().names(&names)).unwrap()
}

/// One message of each form, by the name of its golden files.
pub(crate) fn storms() -> Vec<(&'static str, Message)> {
    let session = one_session();
    let sessions = calls_of_assume_root("privileged-session-start", 3, 2);
    let refused = calls_of_assume_root("privileged-session-refused", 200, 12);
    let audits = calls_of_assume_root("privileged-session-audit", 14, 14);
    let spray = |succeeded| Form::Spray { succeeded };
    vec![
        ("storm-alert", only(&session, MANY, Form::Alert)),
        ("storm-rest", only(&session, MANY, Form::Rest)),
        ("storm-rest-of-sessions", only(&sessions, MANY, Form::Rest)),
        ("storm-refused", only(&refused, MANY, Form::Refused)),
        ("storm-audits", only(&audits, MANY, Form::Audits)),
        ("storm-spray", only(&failed_sign_ins(3), MANY, spray(false))),
        (
            "storm-spray-succeeded",
            only(&failed_and_one_that_succeeded(), MANY, spray(true)),
        ),
        (
            "storm-tampering",
            only(&deployment(), MANY, Form::Tampering),
        ),
        (
            "storm-tampering-silenced",
            only(&silenced(), MANY, Form::Tampering),
        ),
        (
            "storm-tampering-refused",
            only(&refused_changes(), MANY, Form::Tampering),
        ),
        ("storm-others", only(&many_accounts(), 21, Form::Others)),
    ]
}

fn forms(batch: &[Assessment], most: usize) -> Vec<Form> {
    reports(batch, most)
        .iter()
        .map(|report| report.form)
        .collect()
}

#[test]
fn of_one_session_the_gravest_is_an_alert_and_the_others_are_counted() {
    let batch = one_session();
    let reports = reports(&batch, MANY);
    let [alert, rest] = reports.as_slice() else {
        unreachable!("{reports:?}")
    };
    assert_eq!(
        (alert.form, alert.events.as_slice()),
        (Form::Alert, &[7][..])
    );
    assert_eq!((rest.form, rest.events.len()), (Form::Rest, 41));
    assert_eq!(alert.mentioned, rest.events);
    let message = alert.message(&batch, &context()).unwrap();
    assert_eq!(message.json["others"]["events"], 41);
}

#[test]
fn one_event_alone_is_an_alert_as_ever() {
    let batch = [numbered("api-write", 1)];
    let reports = reports(&batch, MANY);
    assert_eq!(reports.len(), 1);
    let message = reports[0].message(&batch, &context()).unwrap();
    assert_eq!(
        message,
        rootwatch_root_event::message(&batch[0], &context())
    );
}

#[test]
fn what_is_left_of_a_group_of_two_is_an_alert_too() {
    let batch = [numbered("api-write", 1), numbered("api-write", 2)];
    let reports = reports(&batch, MANY);
    assert_eq!(forms(&batch, MANY), [Form::Alert, Form::Rest]);
    let last = reports[1].message(&batch, &context()).unwrap();
    assert_eq!(last, rootwatch_root_event::message(&batch[1], &context()));
}

#[test]
fn the_gravest_of_all_sessions_comes_first_and_what_is_left_of_them_after_all() {
    let mut batch = many_accounts();
    batch.push(numbered("tampering-rule", 1));
    let reports = reports(&batch, MANY);
    assert_eq!(reports[0].events, [80]);
    let firsts = reports
        .iter()
        .take_while(|it| it.form == Form::Alert)
        .count();
    assert_eq!((firsts, reports.len()), (41, 81));
}

#[test]
fn a_hammering_user_is_one_message() {
    let batch = calls_of_assume_root("privileged-session-refused", 200, 12);
    assert_eq!(forms(&batch, MANY), [Form::Refused]);
    let message = only(&batch, MANY, Form::Refused);
    let expected = "200 refused sts:AssumeRoot calls by user mallory of account 999988887777 (Prod-Payments) from 198.51.100.7 on 12 accounts.";
    assert_eq!(message.text.lines().next(), Some(expected));
}

#[test]
fn every_session_of_a_role_is_the_same_caller() {
    let call = |session: &str| {
        one(&serde_json::json!({
            "eventName": "AssumeRoot", "eventSource": "sts.amazonaws.com", "errorCode": "AccessDenied", "eventID": session,
            "userIdentity": {
                "type": "AssumedRole", "accountId": "111122223333", "accessKeyId": format!("ASIA{session}"),
                "arn": format!("arn:aws:sts::111122223333:assumed-role/Ops/{session}"),
                "sessionContext": { "sessionIssuer": { "type": "Role", "arn": "arn:aws:iam::111122223333:role/Ops" } },
            },
        }))
    };
    let batch: Vec<Assessment> = ["a", "b", "c"].map(call).to_vec();
    assert_eq!(forms(&batch, MANY), [Form::Refused]);
}

#[test]
fn one_address_that_tries_several_accounts_is_one_severe_alert() {
    let batch = failed_sign_ins(3);
    assert_eq!(forms(&batch, MANY), [Form::Spray { succeeded: false }]);
    let message = only(&batch, MANY, Form::Spray { succeeded: false });
    assert_eq!(message.attributes.severity, "high");
    assert_eq!(message.attributes.accounts.len(), 3);
    for number in 0..3 {
        assert!(
            message.text.contains(&account(number).unwrap()),
            "{}",
            message.text
        );
    }
}

#[test]
fn a_spray_after_which_one_came_in_is_critical() {
    let batch = failed_and_one_that_succeeded();
    let message = only(&batch, MANY, Form::Spray { succeeded: true });
    assert_eq!(message.attributes.severity, "critical");
    assert_eq!(
        forms(&batch, MANY).len(),
        2,
        "the sign-in itself is an alert"
    );
}

#[test]
fn failed_sign_ins_in_one_account_are_a_group_like_any_other() {
    assert_eq!(forms(&failed_sign_ins(1), MANY), [Form::Alert, Form::Rest]);
}

#[test]
fn what_is_replayed_does_not_hide_what_is_new() {
    let new = numbered("api-write", 1);
    let mut replayed = numbered("credential-mfa-removed", 2);
    replayed.replay = Some("look-again".to_owned());
    assert_eq!(replayed.session(), new.session());
    assert_eq!(forms(&[new, replayed], MANY), [Form::Alert, Form::Alert]);
}

#[test]
fn a_test_event_is_never_among_others_of_a_session() {
    let batch = [numbered("canary", 1), numbered("canary", 2)];
    assert_eq!(forms(&batch, MANY), [Form::Alert, Form::Alert]);
}

#[test]
fn a_mass_of_sessions_keeps_to_the_limit() {
    let batch = many_accounts();
    let all = reports(&batch, 21);
    assert_eq!(all.len(), 21);
    assert_eq!(all[20].form, Form::Others);
    assert_eq!(all[20].events.len(), 60);
}

#[test]
fn an_attack_on_several_accounts_is_not_lost_in_a_mass() {
    let mut batch = many_accounts();
    batch.extend(failed_sign_ins(3));
    assert_eq!(forms(&batch, 20)[0], Form::Spray { succeeded: false });
}

#[test]
fn digests_have_a_part_of_the_messages_in_any_storm() {
    let mut batch = many_accounts();
    batch.extend((0..8).map(|number| {
        let mut it = one(&serde_json::json!({
            "eventName": "GetUser", "readOnly": true, "userIdentity": { "type": "Root", "accountId": account(number) },
        }));
        it.event_id = Some(format!("read-{number}"));
        it
    }));
    let all = reports(&batch, 20);
    let reads = all.iter().filter(|it| it.form == Form::Reads).count();
    assert_eq!(
        (all.len(), reads),
        (20, 4),
        "and one for the other four sessions"
    );
}

/// What a report says that it reports: of several events a count, of one its id.
fn number(report: &Report, batch: &[Assessment]) -> u64 {
    let message = report.message(batch, &context()).unwrap();
    is_sound(&message);
    let digest = &message.json["digest"];
    match message.json["kind"].as_str().unwrap() {
        "digest" => digest["events"].as_u64().unwrap() + digest["repeated"].as_u64().unwrap(),
        // An event that arrived several times, and nothing else, is an alert.
        _ => report.events.len() as u64,
    }
}

fn any_batch() -> impl Strategy<Value = Vec<Assessment>> {
    let session = (0_usize..4, any::<bool>(), any::<bool>(), 0_u8..3);
    let known =
        (root_record(), session).prop_map(|(record, (account_number, fails, replayed, kind))| {
            let mut it = one(&record);
            match kind {
                0 => it.account = account(account_number),
                1 => it = numbered("failed-sign-in", account_number),
                _ => it = numbered("privileged-session-start", account_number),
            }
            if fails {
                it.outcome = Outcome::Failure {
                    code: None,
                    message: None,
                };
            }
            it.replay = replayed.then(|| "again".to_owned());
            it
        });
    prop::collection::vec(known, 0..24)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 16, ..ProptestConfig::default() })]

    #[test]
    fn every_event_of_a_batch_is_in_exactly_one_report(batch in any_batch(), most in 2_usize..30) {
        let reports = reports(&batch, most);
        prop_assert!(reports.len() <= most);
        let mut seen = BTreeSet::new();
        for report in &reports {
            for place in &report.events {
                prop_assert!(seen.insert(*place), "{place} is reported twice");
                prop_assert!(batch[*place].decision != Decision::Ignore);
            }
            prop_assert_eq!(number(report, &batch), report.events.len() as u64);
        }
        let wanted = batch.iter().filter(|it| it.decision != Decision::Ignore).count();
        prop_assert_eq!(seen.len(), wanted);
        prop_assert!(reports.iter().all(|it| it.mentioned.iter().all(|place| !it.events.contains(place))));
    }

    #[test]
    fn nothing_grave_is_only_counted_while_something_lesser_is_an_alert(batch in any_batch(), most in 4_usize..30) {
        let reports = reports(&batch, most);
        let severity = |report: &Report| batch[report.events[0]].severity;
        let alerts: Vec<Severity> = reports.iter().filter(|it| it.form == Form::Alert).map(severity).collect();
        prop_assert!(alerts.is_sorted_by(|one, next| one >= next), "{alerts:?}");
    }
}

#[test]
fn what_one_caller_changed_is_one_message_and_counts_each_change_once() {
    let mut batch = deployment();
    batch.extend(deployment());
    let reports = reports(&batch, MANY);
    let [report] = reports.as_slice() else {
        unreachable!("{reports:?}")
    };
    assert_eq!((report.form, report.events.len()), (Form::Tampering, 46));
    let message = report.message(&batch, &context()).unwrap();
    let digest = &message.json["digest"];
    assert_eq!(
        (&digest["events"], &digest["repeated"]),
        (&23.into(), &23.into())
    );
    assert_eq!(message.attributes.severity, "critical");
    assert_eq!(message.attributes.activity, "tampering");
}
