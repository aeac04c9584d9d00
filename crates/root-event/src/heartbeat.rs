//! The heartbeat of a spoke: what the schedule of its rule sends, which says that its account and region reach the hub.

use jiff::Timestamp;
use serde::Deserialize;

/// Detail-type of what a schedule sends (EventBridge User Guide, "Scheduled events").
pub const HEARTBEAT_DETAIL_TYPE: &str = "Scheduled Event";
/// Its source. Nobody but AWS can send events whose source begins with `aws.`.
pub const HEARTBEAT_SOURCE: &str = "aws.events";

/// An account and region that has said that it is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heartbeat {
    /// Number of the account.
    pub account: String,
    /// Name of the region.
    pub region: String,
    /// When the schedule fired, where the event says so.
    pub time: Option<Timestamp>,
}

/// The fields of the envelope that make a heartbeat. EventBridge sets all of them.
#[derive(Deserialize)]
struct Envelope {
    source: String,
    #[serde(rename = "detail-type")]
    detail_type: String,
    account: String,
    region: String,
    #[serde(default)]
    time: Option<String>,
    resources: Vec<String>,
}

/// The heartbeat in these bytes, when they are what the schedule of a rule of this name sent: of the envelope's own
/// account and region, which no sender can choose. `None` for everything else.
#[must_use]
pub fn heartbeat(bytes: &[u8], rule: &str) -> Option<Heartbeat> {
    let it: Envelope = serde_json::from_slice(bytes).ok()?;
    let [arn] = it.resources.as_slice() else {
        return None;
    };
    let is_it = it.source == HEARTBEAT_SOURCE
        && it.detail_type == HEARTBEAT_DETAIL_TYPE
        && it.account.len() == 12
        && it.account.bytes().all(|byte| byte.is_ascii_digit())
        && is_arn(arn, &it.region, &it.account, rule);
    is_it.then(|| Heartbeat {
        time: it.time.and_then(|time| time.parse().ok()),
        account: it.account,
        region: it.region,
    })
}

/// Whether this is the ARN of the rule, in any partition.
fn is_arn(arn: &str, region: &str, account: &str, rule: &str) -> bool {
    let parts: Vec<&str> = arn.split(':').collect();
    let ["arn", _, "events", of_region, of_account, resource] = parts.as_slice() else {
        return false;
    };
    *of_region == region && *of_account == account && resource.strip_prefix("rule/") == Some(rule)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn event() -> Value {
        json!({
            "version": "0",
            "id": "53dc4d37-cffa-4f76-80c9-8b7d4a4d2eaa",
            "detail-type": "Scheduled Event",
            "source": "aws.events",
            "account": "111122223333",
            "time": "2026-11-26T19:00:00Z",
            "region": "us-east-1",
            "resources": ["arn:aws:events:us-east-1:111122223333:rule/rootwatch-root-activity"],
            "detail": {},
        })
    }

    fn of(event: &Value) -> Option<Heartbeat> {
        heartbeat(event.to_string().as_bytes(), "rootwatch-root-activity")
    }

    #[test]
    fn it_is_of_the_account_and_region_of_its_envelope() {
        let expected = Heartbeat {
            account: "111122223333".into(),
            region: "us-east-1".into(),
            time: "2026-11-26T19:00:00Z".parse().ok(),
        };
        assert_eq!(of(&event()), Some(expected.clone()));
        let mut china = event();
        china["region"] = json!("cn-north-1");
        china["resources"] =
            json!(["arn:aws-cn:events:cn-north-1:111122223333:rule/rootwatch-root-activity"]);
        assert_eq!(of(&china).unwrap().region, "cn-north-1");
        let mut timeless = event();
        timeless["time"] = json!("noon");
        let unknown = Heartbeat {
            time: None,
            ..expected
        };
        assert_eq!(of(&timeless), Some(unknown));
    }

    #[test]
    fn what_is_made_up_is_none() {
        let rule = "rule/rootwatch-root-activity";
        for (field, value) in [
            ("source", json!("my.events")),
            ("source", json!("aws.partner/events")),
            ("detail-type", json!("AWS API Call via CloudTrail")),
            ("account", json!("444455556666")),
            ("account", json!(111122223333_u64)),
            ("region", json!("eu-west-1")),
            ("region", json!(null)),
            ("resources", json!([])),
            ("resources", json!(null)),
            (
                "resources",
                json!(["arn:aws:events:us-east-1:111122223333:rule/other"]),
            ),
            (
                "resources",
                json!([format!("arn:aws:events:us-east-1:444455556666:{rule}")]),
            ),
            (
                "resources",
                json!([format!("arn:aws:events:eu-west-1:111122223333:{rule}")]),
            ),
            (
                "resources",
                json!([format!("arn:aws:events:us-east-1:111122223333:x-{rule}")]),
            ),
            (
                "resources",
                json!([format!("arn:aws:scheduler:us-east-1:111122223333:{rule}")]),
            ),
            (
                "resources",
                json!([format!(
                    "arn:aws:events:us-east-1:111122223333:rule/bus/{}",
                    &rule[5..]
                )]),
            ),
            (
                "resources",
                json!([event()["resources"][0], event()["resources"][0]]),
            ),
        ] {
            let mut forged = event();
            forged[field] = value;
            assert_eq!(of(&forged), None, "{forged}");
        }
        assert_eq!(heartbeat(b"{", "rootwatch-root-activity"), None);
        assert_eq!(
            heartbeat(event().to_string().as_bytes(), "other-root-activity"),
            None
        );
    }
}
