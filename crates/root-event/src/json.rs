//! The body for programs. Its schema is `schema/alert-1.json`.

use serde_json::{Map, Value, json};

use crate::assess::{Assessment, Mfa, Outcome};
use crate::context::{Context, with_context};
use crate::message::late_seconds;
use crate::{advice, sanitize, tally, words};

/// The version of the schema. It changes when a field is removed or its meaning changes, not when one is added.
pub(crate) const SCHEMA: &str = "rootwatch.alert/1";

pub(crate) fn alert(
    it: &Assessment,
    others: &[&Assessment],
    context: &Context<'_>,
    subject: &str,
) -> Value {
    let account = account(it.account_or_unknown(), context);
    let summary = words::sentence(
        it,
        &format!("account {}", it.account_or_unknown()),
        it.target_account.as_deref(),
    );
    let identifiers: Map<String, Value> = it
        .identifiers
        .iter()
        .map(|(name, value)| (name.clone(), json!(value)))
        .collect();
    let body = without_nulls(json!({
        "schema": SCHEMA,
        "kind": "alert",
        "test": it.is_test(),
        "severity": it.severity.name(),
        "activity": it.activity.name(),
        "account": account,
        "subject": subject,
        "summary": summary,
        "region": it.region,
        "time": it.time,
        "received": context.received.map(|at| at.to_string()),
        "late_seconds": late_seconds(it, context),
        "event_id": it.event_id,
        "service": it.service,
        "action": it.action,
        "outcome": outcome(&it.outcome),
        "mfa": mfa(it.mfa),
        "source_ip": it.source_ip,
        "agent": it.agent,
        "access": access(it),
        "identity": it.identity,
        "target_account": it.target_account,
        "target_account_name": target_name(it, context),
        "task_policy": it.task_policy,
        "parameters": it.parameters,
        "identifiers": (!identifiers.is_empty()).then_some(identifiers),
        "parameters_left_out": (it.parameters_left_out > 0).then_some(it.parameters_left_out),
        "replay": it.replay,
        "others": tally::others(others),
        "notes": it.notes,
        "what_to_do": advice::what_to_do(it),
        "link": console_link(it),
    }));
    with_context(body, context, context.owner_in_words())
}

pub(crate) fn account(id: &str, context: &Context<'_>) -> Value {
    without_nulls(json!({ "id": id, "name": context.account_name.and_then(name) }))
}

fn target_name(it: &Assessment, context: &Context<'_>) -> Option<String> {
    it.target_account.as_ref()?;
    context.target_name.and_then(name)
}

/// An account's name as one safe line; none for an empty one.
pub(crate) fn name(text: &str) -> Option<String> {
    let line = sanitize::line_within(text, 64);
    (!line.is_empty()).then_some(line)
}

fn outcome(outcome: &Outcome) -> Value {
    match outcome {
        Outcome::Success => json!({ "result": "success" }),
        Outcome::Unknown => json!({ "result": "unknown" }),
        Outcome::Failure { code, message } => without_nulls(
            json!({ "result": "failure", "error_code": code, "error_message": message }),
        ),
    }
}

pub(crate) const fn mfa(mfa: Mfa) -> &'static str {
    match mfa {
        Mfa::Used => "yes",
        Mfa::NotUsed => "no",
        Mfa::Unknown => "unknown",
    }
}

pub(crate) fn access(it: &Assessment) -> Value {
    let access = &it.access;
    without_nulls(json!({ "kind": access.kind, "key_end": access.key_end, "since": access.since }))
}

/// What is unknown is left out rather than null.
pub(crate) fn without_nulls(value: Value) -> Value {
    match value {
        Value::Object(map) => Value::Object(
            map.into_iter()
                .filter(|(_, value)| !value.is_null())
                .collect::<Map<_, _>>(),
        ),
        other => other,
    }
}

/// The event in the CloudTrail console; none for a test, without a valid region and event id, or in a partition whose
/// console is not publicly documented.
pub(crate) fn console_link(it: &Assessment) -> Option<String> {
    let region = it
        .region
        .as_deref()
        .filter(|region| is_plain(region) && !it.is_test())?;
    let id = it
        .event_id
        .as_deref()
        .filter(|id| is_plain(id) && id.len() == 36)?;
    let host = console_host(region)?;
    Some(format!(
        "https://{host}/cloudtrailv2/home?region={region}#/events/{id}"
    ))
}

/// The console's host by partition (AWS China and GovCloud guides).
fn console_host(region: &str) -> Option<&'static str> {
    match region {
        _ if region.contains("iso") => None,
        _ if region.starts_with("eusc-") => None,
        _ if region.starts_with("cn-") => Some("console.amazonaws.cn"),
        _ if region.starts_with("us-gov-") => Some("console.amazonaws-us-gov.com"),
        _ => Some("console.aws.amazon.com"),
    }
}

fn is_plain(text: &str) -> bool {
    text.len() <= 40
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}
