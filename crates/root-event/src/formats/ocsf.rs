//! A Detection Finding of OCSF 1.5.0, with the profile `cloud`. The test holds it against the part of the schema that it
//! uses, `schema/ocsf-detection-finding-1.5.0.json`.

use std::net::IpAddr;

use serde_json::{Value, json};

use crate::json::without_nulls;
use crate::message::Message;
use crate::severity::Severity;

pub(crate) fn ocsf(message: &Message) -> Value {
    let json = &message.json;
    let (severity_id, severity) = severity(message.about.severity);
    let at = milliseconds(&json["received"]).or_else(|| message.milliseconds());
    let (activity, class) = ("Create", "Detection Finding");
    without_nulls(json!({
        "activity_id": 1,
        "activity_name": activity,
        "category_uid": 2,
        "category_name": "Findings",
        "class_uid": 2004,
        "class_name": class,
        "type_uid": 200_401,
        "type_name": format!("{class}: {activity}"),
        "severity_id": severity_id,
        "severity": severity,
        "status_id": 1,
        "status": "New",
        "is_alert": true,
        "time": at.unwrap_or_default(),
        "message": message.body.sentence,
        "metadata": metadata(message),
        "finding_info": finding_info(message, at),
        "cloud": cloud(json),
        "resources": resources(json),
        "evidences": evidences(json),
        "observables": observables(json),
        "remediation": remediation(message),
        "raw_data": json.to_string(),
    }))
}

/// "Info" is informational in OCSF.
const fn severity(severity: Severity) -> (u8, &'static str) {
    match severity {
        Severity::Info => (1, "Informational"),
        Severity::Low => (2, "Low"),
        Severity::Medium => (3, "Medium"),
        Severity::High => (4, "High"),
        Severity::Critical => (5, "Critical"),
    }
}

fn metadata(message: &Message) -> Value {
    let json = &message.json;
    without_nulls(json!({
        "version": "1.5.0",
        "profiles": ["cloud"],
        "product": {
            "name": "rootwatch",
            "vendor_name": "rootwatch",
            "version": env!("CARGO_PKG_VERSION"),
        },
        "uid": message.key(),
        "event_code": message.attributes.activity,
        "original_time": json["time"],
        "tenant_uid": json["sender"]["account"],
    }))
}

fn finding_info(message: &Message, at: Option<i64>) -> Value {
    let (json, digest) = (&message.json, &message.json["digest"]);
    let first = milliseconds(&digest["first"]).or_else(|| milliseconds(&json["time"]));
    let last = milliseconds(&digest["last"]).or(first);
    without_nulls(json!({
        "uid": message.key(),
        "title": message.subject,
        "desc": message.body.sentence,
        "types": [message.attributes.activity],
        "created_time": at,
        "first_seen_time": first,
        "last_seen_time": last,
        "src_url": json["link"],
    }))
}

fn cloud(json: &Value) -> Value {
    let region = [&json["region"], &json["digest"]["regions"][0]];
    without_nulls(json!({
        "provider": "AWS",
        "region": region.into_iter().find(|it| it.is_string()),
        "account": without_nulls(json!({
            "uid": json["account"]["id"],
            "name": json["account"]["name"],
            "type_id": 10,
            "type": "AWS Account",
        })),
    }))
}

/// The accounts that it is about; the first has the owner.
fn resources(json: &Value) -> Value {
    let several = json["digest"]["accounts"].as_array();
    let target = &json["target_account"];
    let one = match target.as_str() {
        Some(_) => json!({ "id": target, "name": json["target_account_name"] }),
        None => json["account"].clone(),
    };
    let accounts = several.cloned().unwrap_or_else(|| vec![one]);
    let owner = json["owner"].as_str().map(|name| json!({ "name": name }));
    let all = accounts.iter().map(|account| {
        without_nulls(json!({
            "uid": account["id"],
            "name": account["name"],
            "type": "AWS::Organizations::Account",
            "region": json["region"],
            "owner": owner,
        }))
    });
    all.collect()
}

/// Who called what, from where: of one event.
fn evidences(json: &Value) -> Option<Value> {
    let operation = json["action"].as_str()?;
    let outcome = &json["outcome"];
    let response = without_nulls(json!({
        "error": outcome["error_code"],
        "error_message": outcome["error_message"],
    }));
    let address = json["source_ip"].as_str();
    let endpoint = address.map(|it| match it.parse::<IpAddr>() {
        Ok(_) => json!({ "ip": it }),
        // A service's name, or "AWS Internal".
        Err(_) => json!({ "name": it }),
    });
    let agent = json["agent"].as_str();
    let user = without_nulls(json!({
        "uid": json["identity"],
        "type": "User",
        "has_mfa": match json["mfa"].as_str() {
            Some("yes") => Some(true),
            Some("no") => Some(false),
            _ => None,
        },
        "account": { "uid": json["account"]["id"] },
    }));
    let service = json["service"].as_str().map(|name| json!({ "name": name }));
    Some(json!([without_nulls(json!({
        "actor": { "user": user },
        "api": without_nulls(json!({
            "operation": operation,
            "service": service,
            "response": Some(response).filter(|it| it != &json!({})),
        })),
        "src_endpoint": endpoint,
        "http_request": agent.map(|it| json!({ "user_agent": it })),
    }))]))
}

/// What can be searched for. 2 is an IP address.
fn observables(json: &Value) -> Option<Value> {
    let one = json["source_ip"].as_str().into_iter();
    let several = json["digest"]["source_ips"].as_array();
    let several = several.into_iter().flatten().filter_map(Value::as_str);
    let addresses = one.chain(several).filter(|it| it.parse::<IpAddr>().is_ok());
    let all: Vec<Value> = addresses
        .map(|it| json!({ "name": "evidences.src_endpoint.ip", "type_id": 2, "type": "IP Address", "value": it }))
        .collect();
    (!all.is_empty()).then_some(Value::Array(all))
}

fn remediation(message: &Message) -> Value {
    let steps: Vec<&str> = message.body.all_steps().collect();
    let runbook = message.json["runbook"].as_str();
    without_nulls(json!({
        "desc": steps.join("\n"),
        "references": runbook.map(|link| [link]),
    }))
}

fn milliseconds(time: &Value) -> Option<i64> {
    let at: jiff::Timestamp = time.as_str()?.parse().ok()?;
    Some(at.as_millisecond())
}
