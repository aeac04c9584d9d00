//! What is unusual about an event, in sentences.

use crate::classify::{Activity, Class, DETAIL_TYPES, Decision, Privileged};
use crate::record::Event;

pub(crate) fn notes(event: &Event, class: &Class) -> Vec<String> {
    let record = &event.record;
    let mut notes = Vec::new();
    if class.activity == Activity::Canary {
        notes.push("This is a test of rootwatch. Nobody acted as root.".to_owned());
        return notes;
    }
    let kind = record.identity.kind.as_deref();
    if class.activity != Activity::NotRoot
        && kind.is_none()
        && class.underlying != Activity::PrivilegedSessionStart
        && !(class.activity == Activity::Tampering && class.decision == Decision::Digest)
    {
        notes.push("The identity has no type; its ARN is that of the root user.".to_owned());
    }
    if kind == Some("FederatedUser") {
        notes.push("A federated session that the root user created.".to_owned());
    }
    if class.privileged == Privileged::Likely {
        notes.push("It looks like a session started by sts:AssumeRoot; if no such session was started, a root access key was used.".to_owned());
    }
    if let Some(reason) = &record.addendum {
        notes.push(format!(
            "CloudTrail delivered this record late or again ({reason})."
        ));
    }
    notes.extend(contradictions(event));
    notes
}

/// Where envelope and record differ. Unusual, but not a reason to drop the event.
fn contradictions(event: &Event) -> Vec<String> {
    let Some(envelope) = &event.envelope else {
        return Vec::new();
    };
    let record = &event.record;
    let delivered_to = record
        .recipient_account
        .as_ref()
        .or(record.identity.account.as_ref());
    let accounts = differ("account", envelope.account.as_ref(), delivered_to);
    let regions = differ("region", envelope.region.as_ref(), record.region.as_ref());
    let detail_type = match envelope.detail_type.as_deref() {
        Some(known) if DETAIL_TYPES.contains(&known) => None,
        Some(other) => Some(format!(
            "The envelope's detail-type is not one of CloudTrail's: {other}."
        )),
        None => Some("The envelope has no detail-type.".to_owned()),
    };
    let source = envelope
        .source
        .is_none()
        .then(|| "The envelope has no source.".to_owned());
    [accounts, regions, detail_type, source]
        .into_iter()
        .flatten()
        .collect()
}

fn differ(what: &str, envelope: Option<&String>, record: Option<&String>) -> Option<String> {
    match (envelope, record) {
        (Some(one), Some(other)) if one != other => Some(format!(
            "The envelope says {what} {one}, the record says {other}."
        )),
        _ => None,
    }
}
