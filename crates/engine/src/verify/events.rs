//! The events that the path is judged by: what must get through, and what must not.

mod record;
mod tampering;

use crate::hub::pattern::CANARY_DETAIL_TYPE;
use crate::names::Names;
use record::{CONSOLE, ORIGINS, TIME};
use rootwatch_root_event::{
    CANARY_SOURCE, DETAIL_TYPES, HEARTBEAT_DETAIL_TYPE, HEARTBEAT_SOURCE, READ_ONLY_THAT_MATTERS,
    canary_detail,
};
use serde_json::{Value, json};

const API_CALL: &str = "AWS API Call via CloudTrail";
/// AWS's pages have both.
const SIGN_IN: [&str; 2] = [
    "AWS Console Sign In via CloudTrail",
    "AWS Console Signin via CloudTrail",
];

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
        let mut assume_root =
            self.api_call("sts", "AssumeRoot", Some(false), &self.administrator());
        let task = "arn:aws:iam::aws:policy/root-task/S3UnlockBucketPolicy";
        assume_root["detail"]["requestParameters"] =
            json!({"targetPrincipal": self.account, "taskPolicyArn": {"arn": task}});
        vec![
            canonical("a sign-in", self.sign_in(0, "Success")),
            canonical(
                "a sign-in in the other spelling",
                self.sign_in(1, "Success"),
            ),
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
            canonical("a call of AssumeRoot", assume_root),
        ]
    }

    /// A sign-in, in one of the spellings of its detail-type. Only new records say `readOnly`.
    fn sign_in(&self, spelling: usize, outcome: &str) -> Value {
        let mut record = CONSOLE.sign_in(self, outcome);
        if spelling == 0 {
            record["readOnly"] = json!(false);
        }
        let mut event = self.event("aws.signin", SIGN_IN[spelling], record);
        event["region"] = json!(self.sign_in_region);
        event
    }

    /// Read-only events, which go into a digest.
    pub(crate) fn reads(&self) -> Vec<Canonical> {
        vec![canonical(
            "a read-only call",
            self.api_call("s3", "ListBuckets", Some(true), &self.root()),
        )]
    }

    /// Further forms of write events: each detail-type, each read-only call that matters, each way to write `readOnly`,
    /// each origin, what failed, and what AWS does not have yet. They do not depend on the place, so one place is enough.
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
            .chain(ORIGINS.map(|origin| {
                let record = origin.record(
                    self,
                    "iam",
                    "CreateAccessKey",
                    "AwsApiCall",
                    &origin.root(self),
                );
                canonical(origin.name.0, self.with_read_only("aws.iam", record, false))
            }))
            .chain(self.further_acts())
            .collect()
    }

    fn further_acts(&self) -> [Canonical; 4] {
        let mut refused = self.api_call("iam", "CreateUser", Some(false), &self.root());
        refused["detail"]["errorCode"] = json!("AccessDenied");
        refused["detail"]["errorMessage"] = json!("denied by a service control policy");
        let mut with_alias = self.root();
        with_alias["userName"] = json!("example-company");
        let mut with_resources =
            self.api_call("kms", "ScheduleKeyDeletion", Some(false), &with_alias);
        with_resources["detail"]["resources"] = json!([{"accountId": self.account, "type": "AWS::KMS::Key",
            "ARN": format!("arn:aws:kms:{}:{}:key/k", self.region, self.account)}]);
        [
            canonical("a failed sign-in", self.sign_in(0, "Failure")),
            canonical("a call that AWS refused", refused),
            canonical("a call of another service", with_resources),
            canonical(
                "a call of another service",
                self.api_call("brandnew", "StartSomething", Some(false), &self.root()),
            ),
        ]
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
        let of_origins = ORIGINS.map(|origin| {
            let record = origin.record(self, "iam", "ListUsers", "AwsApiCall", &origin.root(self));
            canonical(origin.name.1, self.with_read_only("aws.iam", record, true))
        });
        [text]
            .into_iter()
            .chain(of_types)
            .chain(of_origins)
            .collect()
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
        let user = self.user();
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
    #[cfg(test)]
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

    /// What the schedule of the spokes' rule sends.
    pub(crate) fn heartbeat(&self, names: &Names) -> Canonical {
        let event = self.scheduled(HEARTBEAT_SOURCE, names, &names.spoke_rule());
        canonical("a heartbeat", event)
    }

    /// What other schedules send, and what others could make up.
    pub(crate) fn other_schedules(&self, names: &Names) -> [Canonical; 3] {
        let rule = names.spoke_rule();
        let mut other_type = self.scheduled(HEARTBEAT_SOURCE, names, &rule);
        other_type["detail-type"] = json!("made up");
        [
            canonical(
                "what another schedule sends",
                self.scheduled(HEARTBEAT_SOURCE, names, &format!("my-{rule}")),
            ),
            canonical(
                "a scheduled event of another source",
                self.scheduled("made.up", names, &rule),
            ),
            canonical("an event of another kind", other_type),
        ]
    }

    fn scheduled(&self, source: &str, names: &Names, rule: &str) -> Value {
        let mut event = self.event(source, HEARTBEAT_DETAIL_TYPE, json!({}));
        let (partition, region, account) = (names.partition.name(), &self.region, &self.account);
        event["resources"] = json!([format!(
            "arn:{partition}:events:{region}:{account}:rule/{rule}"
        )]);
        event
    }

    fn root(&self) -> Value {
        CONSOLE.root(self)
    }

    fn api_call(&self, service: &str, name: &str, read_only: Option<bool>, by: &Value) -> Value {
        let record = self.record(service, name, "AwsApiCall", read_only, by);
        self.event(&format!("aws.{service}"), API_CALL, record)
    }

    fn with_read_only(&self, source: &str, mut record: Value, read_only: bool) -> Value {
        record["readOnly"] = json!(read_only);
        self.event(source, API_CALL, record)
    }

    fn record(
        &self,
        service: &str,
        name: &str,
        kind: &str,
        read_only: Option<bool>,
        by: &Value,
    ) -> Value {
        let mut record = CONSOLE.record(self, service, name, kind, by);
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
mod tests;
