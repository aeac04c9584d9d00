//! The events that the path is judged by: what must get through, and what must not.

use crate::hub::pattern::CANARY_DETAIL_TYPE;
use rootwatch_root_event::{CANARY_SOURCE, DETAIL_TYPES, READ_ONLY_THAT_MATTERS, canary_detail};
use serde_json::{Value, json};

const API_CALL: &str = "AWS API Call via CloudTrail";
const TIME: &str = "2026-01-01T00:00:00Z";

/// An event in EventBridge's form.
#[derive(Clone, Debug)]
pub(crate) struct Canonical {
    /// What follows "matches".
    pub(crate) name: &'static str,
    pub(crate) event: Value,
}

impl Canonical {
    /// Whether CloudTrail marks it as read-only, so that a rule in the state `ENABLED` does not get it.
    pub(crate) fn is_read_only(&self) -> bool {
        let read_only = &self.event["detail"]["readOnly"];
        *read_only == json!(true) || *read_only == json!("true")
    }
}

/// Where events come from.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    pub(crate) account: String,
    pub(crate) region: String,
    /// The region that records sign-ins and calls of global services.
    pub(crate) sign_in_region: String,
}

impl Place {
    /// Write events, which alert at once.
    pub(crate) fn acts(&self) -> Vec<Canonical> {
        let root = || self.root();
        let sign_in = || {
            let mut event = self.event(
                "aws.signin",
                "AWS Console Sign In via CloudTrail",
                self.record("signin", "ConsoleLogin", "AwsConsoleSignIn", None, &root()),
            );
            event["region"] = json!(self.sign_in_region);
            event["detail"]["awsRegion"] = json!(self.sign_in_region);
            event["detail"]["responseElements"] = json!({"ConsoleLogin": "Success"});
            event
        };
        let mut other_spelling = sign_in();
        other_spelling["detail-type"] = json!("AWS Console Signin via CloudTrail");
        vec![
            canonical("a sign-in", sign_in()),
            canonical("a sign-in in the other spelling", other_spelling),
            canonical(
                "a write call",
                self.api_call("iam", "CreateAccessKey", Some(false), &root()),
            ),
            canonical(
                "a call of an old record without readOnly",
                self.api_call("s3", "DeleteBucket", None, &root()),
            ),
            canonical(
                "a read-only call that matters as much as a write",
                self.api_call("iam", READ_ONLY_THAT_MATTERS[0], Some(true), &root()),
            ),
            canonical(
                "a console action",
                self.event(
                    "aws.billingconsole",
                    "AWS Console Action via CloudTrail",
                    self.record(
                        "billingconsole",
                        "CloseAccount",
                        "AwsConsoleAction",
                        Some(false),
                        &root(),
                    ),
                ),
            ),
            canonical(
                "a call of a session that root handed out",
                self.api_call("ec2", "RunInstances", Some(false), &self.federated()),
            ),
            canonical(
                "a call of AssumeRoot",
                self.api_call("sts", "AssumeRoot", Some(false), &self.administrator()),
            ),
        ]
    }

    /// Read-only events, which go into a digest.
    pub(crate) fn reads(&self) -> Vec<Canonical> {
        vec![canonical(
            "a read-only call",
            self.api_call("s3", "ListBuckets", Some(true), &self.root()),
        )]
    }

    /// Further forms of write events: each detail-type, each read-only call that matters, each way to write `readOnly`.
    /// They do not depend on the place, so one place is enough.
    pub(crate) fn act_forms(&self) -> Vec<Canonical> {
        let texts = [
            ("a call whose readOnly is text", json!("false")),
            ("a call whose readOnly is null", Value::Null),
        ];
        let written = texts.map(|(name, form)| {
            canonical(
                name,
                self.root_event(API_CALL, "CreateAccessKey", Some(form)),
            )
        });
        let of_types = DETAIL_TYPES.iter().flat_map(|kind| {
            [Some(json!(false)), None].map(|form| {
                canonical(
                    "a write call of another detail-type",
                    self.root_event(kind, "CreateAccessKey", form),
                )
            })
        });
        let that_matter = READ_ONLY_THAT_MATTERS.iter().flat_map(|name| {
            [json!(true), json!("true")].map(|form| {
                canonical(
                    "another read-only call that matters as much as a write",
                    self.root_event(API_CALL, name, Some(form)),
                )
            })
        });
        written
            .into_iter()
            .chain(of_types)
            .chain(that_matter)
            .collect()
    }

    /// Further forms of read-only events, as of write events.
    pub(crate) fn read_forms(&self) -> Vec<Canonical> {
        let text = canonical(
            "a read-only call whose readOnly is text",
            self.root_event(API_CALL, "ListUsers", Some(json!("true"))),
        );
        let of_types = DETAIL_TYPES.iter().map(|kind| {
            canonical(
                "a read-only call of another detail-type",
                self.root_event(kind, "ListUsers", Some(json!(true))),
            )
        });
        [text].into_iter().chain(of_types).collect()
    }

    fn root_event(&self, kind: &str, name: &str, read_only: Option<Value>) -> Value {
        let mut record = self.record("iam", name, "AwsApiCall", None, &self.root());
        if let Some(form) = read_only {
            record["readOnly"] = form;
        }
        self.event("aws.iam", kind, record)
    }

    /// Events that must not alert.
    pub(crate) fn never(&self) -> Vec<Canonical> {
        let mut forged = self.api_call("iam", "CreateAccessKey", Some(false), &self.root());
        forged["source"] = json!("made.up");
        let user = json!({"type": "IAMUser", "accountId": self.account, "userName": "alice"});
        vec![
            canonical(
                "an IAM user's call",
                self.api_call("iam", "CreateAccessKey", Some(false), &user),
            ),
            canonical(
                "an IAM user's read-only call",
                self.api_call("s3", "ListBuckets", Some(true), &user),
            ),
            canonical("a forged event", forged),
        ]
    }

    /// What an AWS service does with root's authority: forwarded, and ignored by the notifier.
    pub(crate) fn service_made(&self) -> Canonical {
        let mut identity = self.root();
        identity["invokedBy"] = json!("autoscaling.amazonaws.com");
        canonical(
            "a call that a service made",
            self.api_call("ec2", "RunInstances", Some(false), &identity),
        )
    }

    /// The event of `rootwatch test`.
    pub(crate) fn canary(&self) -> Canonical {
        let time = jiff::Timestamp::UNIX_EPOCH;
        let detail = canary_detail("id", &self.account, &self.region, time);
        canonical(
            "a canary",
            self.event(CANARY_SOURCE, CANARY_DETAIL_TYPE, detail),
        )
    }

    fn root(&self) -> Value {
        json!({"type": "Root", "accountId": self.account, "accessKeyId": "ASIAEXAMPLEEXAMPLE42"})
    }

    fn federated(&self) -> Value {
        json!({
            "type": "FederatedUser",
            "accountId": self.account,
            "sessionContext": {"sessionIssuer": {"type": "Root", "accountId": self.account}},
        })
    }

    fn administrator(&self) -> Value {
        json!({
            "type": "AssumedRole",
            "accountId": self.account,
            "sessionContext": {"sessionIssuer": {"type": "Role", "accountId": self.account}},
        })
    }

    fn api_call(&self, service: &str, name: &str, read_only: Option<bool>, by: &Value) -> Value {
        let record = self.record(service, name, "AwsApiCall", read_only, by);
        self.event(&format!("aws.{service}"), API_CALL, record)
    }

    fn record(
        &self,
        service: &str,
        name: &str,
        kind: &str,
        read_only: Option<bool>,
        by: &Value,
    ) -> Value {
        let mut record = json!({
            "eventVersion": "1.11",
            "eventID": "00000000-0000-4000-8000-000000000000",
            "eventName": name,
            "eventSource": format!("{service}.amazonaws.com"),
            "eventTime": TIME,
            "eventType": kind,
            "awsRegion": self.region,
            "recipientAccountId": self.account,
            "userIdentity": by,
        });
        if let Some(read_only) = read_only {
            record["readOnly"] = json!(read_only);
        }
        record
    }

    fn event(&self, source: &str, detail_type: &str, detail: Value) -> Value {
        json!({
            "version": "0",
            "id": "00000000-0000-4000-8000-000000000000",
            "detail-type": detail_type,
            "source": source,
            "account": self.account,
            "time": TIME,
            "region": self.region,
            "resources": [],
            "detail": detail,
        })
    }
}

fn canonical(name: &'static str, event: Value) -> Canonical {
    Canonical { name, event }
}

#[cfg(test)]
mod tests {
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
            let is_read = form.as_ref().is_some_and(|it| *it == true || *it == "true")
                && *name == "ListUsers";
            assert_eq!(is(&reads, &event), is_read, "{event}");
            assert_eq!(is(&acts, &event), !is_read, "{event}");
        }
        // Forwarded, and matched by neither: README, "Limits".
        for form in ["True", "False"] {
            let event = Place::sample().root_event(API_CALL, "ListUsers", Some(json!(form)));
            assert!(is(&pattern::root_activity(), &event));
            assert!(!is(&acts, &event) && !is(&reads, &event), "{event}");
        }
    }
}
