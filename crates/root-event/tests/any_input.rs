//! Properties that hold for every input.

use proptest::prelude::*;
use rootwatch_root_event::{
    Activity, Assessment, Context, Decision, Guide, ReadOnly, Sender, Severity, assess, digest,
    explain, message, parse, unreadable_message,
};
use serde_json::{Map, Value, json};

use crate::received;
use crate::sound::is_sound;

/// Harmful text: line breaks, marks, quotes, brackets, and sometimes a lot of it.
fn nasty() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        any::<String>(),
        "[\\r\\n\\t\\x00-\\x1f\\x7f-\\x9f\\u{2028}\\u{202e}\\u{2066}\\u{200b}\"\\\\\\[\\]:]{0,20}",
        Just("\nSeverity:    INFO".to_owned()),
        "[A-Za-z0-9.:/-]{0,40}",
    ];
    (piece, prop_oneof![19 => Just(1_usize), 1 => 1_usize..2_000])
        .prop_map(|(piece, times)| piece.repeat(times).chars().take(20_000).collect())
}

fn any_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        nasty().prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((nasty(), inner), 0..4)
                .prop_map(|pairs| Value::from(Map::from_iter(pairs))),
        ]
    })
}

const FIELDS: [&str; 17] = [
    "eventName",
    "eventSource",
    "eventTime",
    "eventType",
    "awsRegion",
    "eventID",
    "recipientAccountId",
    "sourceIPAddress",
    "userAgent",
    "errorCode",
    "errorMessage",
    "readOnly",
    "requestParameters",
    "responseElements",
    "additionalEventData",
    "addendum",
    "sessionCredentialFromConsole",
];

/// Likely values, so that not every field is nonsense.
fn likely() -> impl Strategy<Value = Value> {
    prop::sample::select(vec![
        json!("ConsoleLogin"),
        json!("AssumeRoot"),
        json!("CreateAccessKey"),
        json!("ListBuckets"),
        json!("StopLogging"),
        json!("cloudtrail.amazonaws.com"),
        json!("198.51.100.7"),
        json!("AccessDenied"),
        json!("CloseAccount"),
        json!("AwsConsoleSignIn"),
        json!("sts.amazonaws.com"),
        json!({ "ConsoleLogin": "Failure" }),
        json!({ "MFAUsed": "No" }),
        json!("2026-11-02T09:12:44Z"),
        json!(true),
        json!("true"),
        json!("111122223333"),
    ])
}

/// A record of any shape whose identity's type is Root.
pub(crate) fn root_record() -> impl Strategy<Value = Value> {
    let field = (
        prop::sample::select(&FIELDS[..]),
        prop_oneof![2 => likely(), 1 => any_value()],
    );
    let identity = [
        "accountId",
        "arn",
        "accessKeyId",
        "invokedBy",
        "sessionContext",
        "userName",
    ];
    let identity = (
        prop::sample::select(identity.to_vec()),
        prop_oneof![1 => likely(), 1 => any_value()],
    );
    (
        prop::collection::vec(field, 0..12),
        prop::collection::vec(identity, 0..4),
    )
        .prop_map(|(fields, identity)| {
            let mut identity: Map<String, Value> = identity
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value))
                .collect();
            identity.insert("type".to_owned(), json!("Root"));
            let mut record: Map<String, Value> = fields
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value))
                .collect();
            record.insert("userIdentity".to_owned(), identity.into());
            record.into()
        })
}

fn enveloped(record: &Value, account: &Value, detail_type: &Value) -> Value {
    json!({ "source": "aws.iam", "detail-type": detail_type, "account": account, "detail": record })
}

fn is_service_made(record: &Value) -> bool {
    record["userIdentity"]["invokedBy"]
        .as_str()
        .is_some_and(|by| by.trim().ends_with(".amazonaws.com"))
}

pub(crate) fn one(value: &Value) -> Assessment {
    assess(&parse(value.to_string().as_bytes()).unwrap()[0])
}

/// As many lines of each field as there are fields.
fn fields_stand_once(text: &str) {
    for field in [
        "Severity:",
        "Account:",
        "Event:",
        "Outcome:",
        "When:",
        "MFA:",
        "Access:",
        "Event id:",
    ] {
        assert_eq!(
            text.lines().filter(|line| line.starts_with(field)).count(),
            1,
            "{field}\n{text}"
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_root_record_is_reported(record in root_record(), account in any_value(), detail_type in any_value()) {
        for value in [enveloped(&record, &account, &detail_type), record.clone()] {
            let it = one(&value);
            prop_assert!(it.decision != Decision::Ignore || is_service_made(&record), "{}", it.reason);
        }
    }

    /// With any settings, only read-only calls without a long-lived key can be left out.
    #[test]
    fn only_reads_can_be_switched_off(record in root_record()) {
        let it = one(&record);
        for (_, read_only) in ReadOnly::ALL {
            let under = it.clone().under(read_only);
            let is_reported = under.decision != Decision::Ignore;
            let may_be_left_out = it.decision == Decision::Digest && it.severity < Severity::High;
            prop_assert!(is_reported || it.decision == Decision::Ignore || may_be_left_out && read_only == ReadOnly::Off);
            let of_administrator = it.activity == Activity::PrivilegedSessionStart;
            prop_assert!(read_only != ReadOnly::Each || under.decision != Decision::Digest || of_administrator);
        }
    }

    #[test]
    fn every_message_is_sound(record in root_record(), name in prop::option::of(nasty())) {
        let it = one(&record);
        let text = name.as_deref();
        let sender = text.map(|name| Sender { name, account: name, region: name });
        let guide = Guide { runbook: text, contact: text, sender };
        let context = Context::new().account_name(text).target_name(text).owner(text).guide(guide).received(received());
        let message = message(&it, &context);
        is_sound(&message);
        fields_stand_once(&message.text);
    }

    #[test]
    fn every_digest_is_sound(records in prop::collection::vec(root_record(), 1..20), name in prop::option::of(nasty())) {
        let session: Vec<Assessment> = records.iter().map(one).collect();
        let context = Context::new().account_name(name.as_deref()).received(received());
        is_sound(&digest(&session, &context).unwrap());
    }

    #[test]
    fn any_bytes_are_reported(bytes in prop::collection::vec(any::<u8>(), 0..4_000)) {
        match parse(&bytes) {
            Ok(events) => events.iter().for_each(|event| drop(explain(&assess(event), &Context::new()))),
            Err(why) => is_sound(&unreadable_message(&bytes, &why, &Context::new().received(received()))),
        }
    }

    #[test]
    fn any_text_is_reported(text in nasty()) {
        if let Err(why) = parse(text.as_bytes()) {
            let message = unreadable_message(text.as_bytes(), &why, &Context::new());
            is_sound(&message);
            prop_assert_eq!(message.text.lines().filter(|line| line.starts_with("Severity:")).count(), 0);
        }
    }

    #[test]
    fn any_json_is_reported(value in any_value()) {
        let bytes = value.to_string();
        match parse(bytes.as_bytes()) {
            Ok(events) => events.iter().for_each(|event| drop(explain(&assess(event), &Context::new()))),
            Err(why) => is_sound(&unreadable_message(bytes.as_bytes(), &why, &Context::new())),
        }
    }
}

#[test]
fn deep_nesting_does_no_harm() {
    let deep = format!("{}1{}", "[".repeat(100_000), "]".repeat(100_000));
    let record = format!(
        r#"{{"eventName":"A","userIdentity":{{"type":"Root"}},"requestParameters":{deep}}}"#
    );
    for text in [deep, record] {
        let why = parse(text.as_bytes()).unwrap_err();
        is_sound(&unreadable_message(text.as_bytes(), &why, &Context::new()));
    }
}
