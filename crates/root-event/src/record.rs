//! Reading: an EventBridge envelope, a bare CloudTrail record, a CloudTrail log file, or what `lookup-events` prints.
//!
//! Records differ by age and by service, so every field may be missing or of another type than documented. Field
//! names are those of the CloudTrail user guide, "CloudTrail record contents" and "CloudTrail userIdentity element".

use std::fmt;

use serde_json::Value;

use crate::parameters::Parameters;
use crate::sanitize;

/// One CloudTrail record, with its EventBridge envelope, if it has one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    pub(crate) envelope: Option<Envelope>,
    pub(crate) record: Record,
}

/// The fields of an EventBridge envelope that say where an event is from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Envelope {
    pub(crate) id: Option<String>,
    pub(crate) source: Option<String>,
    pub(crate) detail_type: Option<String>,
    pub(crate) account: Option<String>,
    pub(crate) region: Option<String>,
    pub(crate) time: Option<String>,
    /// The replay of an archive that sent the event again; EventBridge adds it, and nobody else can (EventBridge guide,
    /// "Replaying events from an archive").
    pub(crate) replay: Option<String>,
}

/// The fields of a CloudTrail record that are used. Every text is one safe line.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Record {
    pub(crate) identity: Identity,
    pub(crate) event_id: Option<String>,
    pub(crate) event_name: Option<String>,
    pub(crate) event_source: Option<String>,
    pub(crate) event_time: Option<String>,
    pub(crate) event_type: Option<String>,
    pub(crate) region: Option<String>,
    pub(crate) recipient_account: Option<String>,
    pub(crate) source_ip: Option<String>,
    pub(crate) agent: Option<String>,
    pub(crate) error_code: Option<String>,
    pub(crate) error_message: Option<String>,
    pub(crate) read_only: Option<bool>,
    pub(crate) from_console: Option<bool>,
    pub(crate) mfa_used: Option<String>,
    /// `responseElements.<eventName>`: "Success" or "Failure" of a sign-in event.
    pub(crate) answer: Option<String>,
    pub(crate) parameters: Parameters,
    pub(crate) for_user: Option<String>,
    /// The names and ARNs of what a call is about, such as a rule or a queue; never reported.
    pub(crate) about: Vec<String>,
    pub(crate) target_principal: Option<String>,
    pub(crate) task_policy: Option<String>,
    pub(crate) addendum: Option<String>,
}

/// `userIdentity`, with the fields of its `sessionContext` that are used.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Identity {
    pub(crate) kind: Option<String>,
    pub(crate) account: Option<String>,
    pub(crate) arn: Option<String>,
    pub(crate) access_key: Option<String>,
    pub(crate) invoked_by: Option<String>,
    pub(crate) session_since: Option<String>,
    pub(crate) mfa: Option<bool>,
    pub(crate) assumed_root: Option<bool>,
    pub(crate) issuer_kind: Option<String>,
    pub(crate) issuer: Option<String>,
}

/// What the alerts' topic is called where it may have any name.
pub(crate) const OWN_TOPIC: &str = "rootwatch-alerts";

/// Why bytes could not be read as CloudTrail records.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unreadable {
    reason: String,
}

impl Unreadable {
    fn new(reason: impl Into<String>) -> Self {
        Self {
            reason: sanitize::line(&reason.into()),
        }
    }
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.reason)
    }
}

impl std::error::Error for Unreadable {}

/// Reads every event in `bytes`: one JSON value or several in a row, each an EventBridge envelope, a CloudTrail record,
/// an array of these, a log file (`{"Records": [...]}`) or the output of `aws cloudtrail lookup-events`.
///
/// # Errors
/// When the bytes are not JSON, or a value is none of these.
pub fn parse(bytes: &[u8]) -> Result<Vec<Event>, Unreadable> {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let mut events = Vec::new();
    for value in serde_json::Deserializer::from_slice(bytes).into_iter::<Value>() {
        let value = value.map_err(|error| Unreadable::new(format!("not JSON: {error}")))?;
        collect(&value, &mut events)?;
    }
    if events.is_empty() {
        return Err(Unreadable::new("it contains no event"));
    }
    Ok(events)
}

fn collect(value: &Value, events: &mut Vec<Event>) -> Result<(), Unreadable> {
    if let Some(list) = many(value) {
        return list.iter().try_for_each(|one| collect(one, events));
    }
    if let Some(text) = value.get("CloudTrailEvent").and_then(Value::as_str) {
        let inner: Value = serde_json::from_str(text)
            .map_err(|error| Unreadable::new(format!("not JSON: {error}")))?;
        events.push(event(&inner)?);
        return Ok(());
    }
    events.push(event(value)?);
    Ok(())
}

fn many(value: &Value) -> Option<&Vec<Value>> {
    let list = ["Records", "Events"].iter().find_map(|key| value.get(key));
    list.unwrap_or(value).as_array()
}

fn event(value: &Value) -> Result<Event, Unreadable> {
    if !value.is_object() {
        return Err(Unreadable::new(
            "not a CloudTrail record: it is not a JSON object",
        ));
    }
    match value.get("detail") {
        Some(detail) if value.get("source").is_some() || value.get("detail-type").is_some() => {
            enveloped(value, detail)
        }
        _ => Ok(Event {
            envelope: None,
            record: record(value)?,
        }),
    }
}

fn enveloped(value: &Value, detail: &Value) -> Result<Event, Unreadable> {
    let envelope = Envelope::read(value);
    // An event that does not claim to be from AWS is judged by its envelope: it need not contain a record.
    let record = if envelope.claims_aws() {
        record(detail)?
    } else {
        Record::read(detail)
    };
    Ok(Event {
        envelope: Some(envelope),
        record,
    })
}

fn record(value: &Value) -> Result<Record, Unreadable> {
    let record = Record::read(value);
    let is_empty = record.event_name.is_none() && record.identity == Identity::default();
    if is_empty && !record.is_insight() {
        return Err(Unreadable::new(
            "not a CloudTrail record: it has neither eventName nor userIdentity",
        ));
    }
    Ok(record)
}

impl Record {
    /// Whether CloudTrail Insights made it: it counts calls, and has nobody who made them (CloudTrail guide, "CloudTrail
    /// record contents for Insights events for trails").
    pub(crate) fn is_insight(&self) -> bool {
        self.event_type.as_deref() == Some("AwsCloudTrailInsight")
    }
}

impl Envelope {
    fn read(value: &Value) -> Self {
        Self {
            id: text(value, "id"),
            source: text(value, "source"),
            detail_type: text(value, "detail-type"),
            account: text(value, "account"),
            region: text(value, "region"),
            time: text(value, "time"),
            replay: text(value, "replay-name"),
        }
    }

    /// EventBridge rejects `aws.` as a source from anybody but AWS; `aws.partner/` is a partner's.
    fn claims_aws(&self) -> bool {
        self.source
            .as_deref()
            .is_none_or(|source| source.starts_with("aws.") && !source.starts_with("aws.partner/"))
    }
}

impl Event {
    /// Whether the event, if it has an envelope, is from AWS itself.
    pub(crate) fn is_from_aws(&self) -> bool {
        self.envelope.as_ref().is_none_or(Envelope::claims_aws)
    }

    /// The same for a hub whose alerts are published to this topic, whatever its name: a call about it is about what
    /// carries alerts.
    #[must_use]
    pub fn of_hub(mut self, topic_arn: &str) -> Self {
        let is_it = |about: &String| {
            let rest = about.strip_prefix(topic_arn);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(':'))
        };
        if self.record.about.iter().any(is_it) {
            self.record.about.push(OWN_TOPIC.to_owned());
        }
        self
    }

    pub(crate) fn source(&self) -> Option<&str> {
        self.envelope.as_ref()?.source.as_deref()
    }
}

impl Record {
    fn read(value: &Value) -> Self {
        let request = value.get("requestParameters").unwrap_or(&Value::Null);
        let event_name = text(value, "eventName");
        Self {
            identity: value
                .get("userIdentity")
                .map(Identity::read)
                .unwrap_or_default(),
            event_id: text(value, "eventID"),
            event_source: text(value, "eventSource"),
            event_time: text(value, "eventTime"),
            event_type: text(value, "eventType"),
            region: text(value, "awsRegion"),
            recipient_account: text(value, "recipientAccountId"),
            source_ip: text(value, "sourceIPAddress"),
            agent: text(value, "userAgent"),
            error_code: text(value, "errorCode"),
            error_message: text(value, "errorMessage"),
            read_only: flag(value, "readOnly"),
            from_console: flag(value, "sessionCredentialFromConsole"),
            mfa_used: at(value, "additionalEventData").and_then(|more| text(more, "MFAUsed")),
            answer: answer(value),
            parameters: Parameters::read(request),
            for_user: text(request, "userName"),
            about: about(value, request),
            target_principal: text(request, "targetPrincipal"),
            task_policy: at(request, "taskPolicyArn").and_then(|policy| text(policy, "arn")),
            addendum: at(value, "addendum").and_then(|addendum| text(addendum, "reason")),
            event_name,
        }
    }
}

impl Identity {
    fn read(value: &Value) -> Self {
        let session = value.get("sessionContext").unwrap_or(&Value::Null);
        let attributes = session.get("attributes").unwrap_or(&Value::Null);
        Self {
            kind: text(value, "type"),
            account: text(value, "accountId"),
            arn: text(value, "arn"),
            access_key: text(value, "accessKeyId"),
            invoked_by: text(value, "invokedBy"),
            session_since: text(attributes, "creationDate"),
            mfa: flag(attributes, "mfaAuthenticated"),
            assumed_root: flag(session, "assumedRoot"),
            issuer_kind: at(session, "sessionIssuer").and_then(|issuer| text(issuer, "type")),
            issuer: at(session, "sessionIssuer").and_then(|issuer| text(issuer, "arn")),
        }
    }
}

/// Parameters that name what carries alerts, as the API models of the services spell them in CloudTrail's records.
const ABOUT: [&str; 11] = [
    "alarmName",
    "eventBusName",
    "functionName",
    "logGroupName",
    "name",
    "queueUrl",
    "roleName",
    "rule",
    "stackName",
    "subscriptionArn",
    "topicArn",
];
/// The maximum number of alarms that are looked at of a call about several.
const MOST_ALARMS: usize = 100;

/// A call about an event source mapping names it by an id alone; what CloudTrail records of the response has the
/// function.
fn about(value: &Value, request: &Value) -> Vec<String> {
    let named = ABOUT.iter().filter_map(|key| text(request, key));
    let alarms = at(request, "alarmNames").and_then(Value::as_array);
    let alarms = alarms.into_iter().flatten().take(MOST_ALARMS);
    let alarms = alarms.filter_map(Value::as_str).map(sanitize::line);
    let answered = at(value, "responseElements").and_then(|it| text(it, "functionArn"));
    named.chain(alarms).chain(answered).collect()
}

fn at<'a>(value: &'a Value, key: &str) -> Option<&'a Value> {
    value.get(key)
}

fn answer(value: &Value) -> Option<String> {
    let name = value.get("eventName")?.as_str()?;
    text(value.get("responseElements")?, name)
}

/// A field as one safe line; numbers and booleans as they are written; none for an empty one.
fn text(value: &Value, key: &str) -> Option<String> {
    let line = match value.get(key)? {
        Value::String(text) => sanitize::line(text),
        Value::Number(number) => number.to_string(),
        Value::Bool(flag) => flag.to_string(),
        _ => return None,
    };
    (!line.is_empty()).then_some(line)
}

/// A field as a boolean; older records and `MFAUsed` have booleans as text.
fn flag(value: &Value, key: &str) -> Option<bool> {
    truth(&text(value, key)?)
}

/// "true", "Yes", "YES" and the like.
pub(crate) fn truth(word: &str) -> Option<bool> {
    match word.to_ascii_lowercase().as_str() {
        "true" | "yes" => Some(true),
        "false" | "no" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(text: &str) -> Event {
        parse(text.as_bytes()).unwrap().remove(0)
    }

    #[test]
    fn reads_a_bare_record_an_envelope_a_log_file_and_a_look_up() {
        let record = r#"{"eventName":"A","eventID":"1"}"#;
        let quoted = serde_json::to_string(record).unwrap();
        for text in [
            record.to_owned(),
            format!(r#"{{"source":"aws.iam","detail-type":"t","detail":{record}}}"#),
            format!(r#"{{"Records":[{record}]}}"#),
            format!("[{record}]"),
            format!(r#"{{"Events":[{{"EventId":"1","CloudTrailEvent":{quoted}}}]}}"#),
            format!("\u{FEFF}{record}\n"),
        ] {
            assert_eq!(one(&text).record.event_id.as_deref(), Some("1"), "{text}");
        }
    }

    #[test]
    fn reads_several_values_in_a_row() {
        assert_eq!(
            parse(b"{\"eventName\":\"A\"}\n{\"eventName\":\"B\"}\n")
                .unwrap()
                .len(),
            2
        );
    }

    #[test]
    fn text_is_accepted_as_booleans_and_duplicate_keys_are_no_error() {
        let event = one(
            r#"{"eventName":"A","readOnly":"True","readOnly":"false","recipientAccountId":111122223333}"#,
        );
        assert_eq!(event.record.read_only, Some(false));
        assert_eq!(
            event.record.recipient_account.as_deref(),
            Some("111122223333")
        );
    }

    #[test]
    fn fields_of_another_type_are_missing_fields() {
        let event = one(
            r#"{"eventName":"A","userIdentity":[1],"eventTime":{},"requestParameters":"x","addendum":3}"#,
        );
        assert_eq!(event.record.identity, Identity::default());
        assert_eq!(event.record.event_time, None);
        assert_eq!(event.record.parameters, Parameters::default());
    }

    #[test]
    fn says_why_it_cannot_read() {
        for (text, reason) in [
            ("", "contains no event"),
            ("{", "not JSON"),
            ("3", "not a JSON object"),
            ("{}", "neither eventName nor userIdentity"),
            (
                r#"{"source":"aws.iam","detail":"x"}"#,
                "neither eventName nor userIdentity",
            ),
            (r#"{"Records":[]}"#, "contains no event"),
        ] {
            let said = parse(text.as_bytes()).unwrap_err().to_string();
            assert!(said.contains(reason), "{text}: {said}");
        }
    }
}
