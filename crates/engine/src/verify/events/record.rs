//! CloudTrail's records as AWS writes them, so that no pattern can tell a judged event from a real one.
//!
//! Source: CloudTrail User Guide, "CloudTrail record contents", "userIdentity element" and "Console sign-in events".

use super::Place;
use crate::aws::partition::Partition;
use serde_json::{Value, json};

pub(super) const TIME: &str = "2026-01-01T00:00:00Z";
const EARLIER: &str = "2025-12-31T23:45:00Z";
const BROWSER: &str = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/143.0.0.0 Safari/537.36";
const CLI: &str = "aws-cli/2.32.3 md/awscrt#0.28.4 ua/2.1 os/linux#6.12 md/arch#x86_64 lang/python#3.13.9 md/prompt#off md/command#iam.create-access-key";

/// From where and with what somebody acts.
#[derive(Clone, Copy)]
pub(super) struct Origin {
    /// What follows "a write call" or "a read-only call".
    pub(super) name: (&'static str, &'static str),
    key: Key,
    address: &'static str,
    agent: &'static str,
}

/// The credentials of a call.
#[derive(Clone, Copy, PartialEq)]
enum Key {
    /// Of a session in the console: begins with `ASIA`.
    Session,
    /// A root user's own access key: begins with `AKIA`, and there is no session.
    LongLived,
    /// Not named, as at sign-in.
    Empty,
    /// The record has no such field.
    Absent,
}

/// The console, from an address of version 4.
pub(super) const CONSOLE: Origin = Origin {
    name: ("a write call", "a read-only call"),
    key: Key::Session,
    address: "203.0.113.7",
    agent: BROWSER,
};

/// All other origins, so that a pattern that leaves out one of them is noticed.
pub(super) const ORIGINS: [Origin; 5] = [
    Origin {
        name: (
            "a write call with a long-lived access key",
            "a read-only call with a long-lived access key",
        ),
        key: Key::LongLived,
        address: "198.51.100.20",
        agent: CLI,
    },
    Origin {
        name: (
            "a write call from another address",
            "a read-only call from another address",
        ),
        key: Key::LongLived,
        address: "2001:db8:85a3::8a2e:370:7334",
        agent: "Boto3/1.42.1 md/Botocore#1.42.1 ua/2.1 os/macos#24.6.0 lang/python#3.14.0",
    },
    Origin {
        name: (
            "a write call from another address",
            "a read-only call from another address",
        ),
        key: Key::Session,
        address: "AWS Internal",
        agent: "AWS Internal",
    },
    Origin {
        name: (
            "a write call without an access key",
            "a read-only call without an access key",
        ),
        key: Key::Absent,
        address: "192.0.2.200",
        agent: "[S3Console/0.4]",
    },
    Origin {
        name: (
            "a write call without an access key",
            "a read-only call without an access key",
        ),
        key: Key::Empty,
        address: "10.20.30.40",
        agent: "console.amazonaws.com",
    },
];

impl Origin {
    /// Who root is in a record from here.
    pub(super) fn root(self, place: &Place) -> Value {
        let mut identity = json!({
            "type": "Root",
            "principalId": place.account,
            "arn": place.iam_arn("root"),
            "accountId": place.account,
        });
        match self.key {
            Key::Session => {
                identity["accessKeyId"] = json!("ASIAEXAMPLEEXAMPLE42");
                identity["sessionContext"] = json!({"attributes": attributes("true")});
            }
            Key::LongLived => identity["accessKeyId"] = json!("AKIAEXAMPLEEXAMPLE42"),
            Key::Empty => identity["accessKeyId"] = json!(""),
            Key::Absent => {}
        }
        identity
    }

    /// A record of what `identity` did from here.
    pub(super) fn record(
        self,
        place: &Place,
        service: &str,
        name: &str,
        kind: &str,
        identity: &Value,
    ) -> Value {
        let mut record = json!({
            "eventVersion": "1.11",
            "userIdentity": identity,
            "eventTime": TIME,
            "eventSource": format!("{service}.amazonaws.com"),
            "eventName": name,
            "awsRegion": place.region,
            "sourceIPAddress": self.address,
            "userAgent": self.agent,
            "requestParameters": null,
            "responseElements": null,
            "requestID": "11111111-2222-4333-8444-555555555555",
            "eventID": "00000000-0000-4000-8000-000000000000",
            "eventType": kind,
            "managementEvent": true,
            "recipientAccountId": place.account,
            "eventCategory": "Management",
        });
        // What AWS's own pages call has no connection of the caller's.
        if self.address != "AWS Internal" {
            record["tlsDetails"] = json!({
                "tlsVersion": "TLSv1.3",
                "cipherSuite": "TLS_AES_128_GCM_SHA256",
                "clientProvidedHostHeader": format!("{service}.{}.amazonaws.com", place.region),
            });
        }
        if self.key == Key::Session {
            record["sessionCredentialFromConsole"] = json!("true");
        }
        record
    }

    /// A sign-in to the console, which no credentials precede.
    pub(super) fn sign_in(self, place: &Place, outcome: &str) -> Value {
        let origin = Self {
            key: Key::Empty,
            ..self
        };
        let at = Place {
            region: place.sign_in_region.clone(),
            ..place.clone()
        };
        let identity = origin.root(place);
        let mut record =
            origin.record(&at, "signin", "ConsoleLogin", "AwsConsoleSignIn", &identity);
        record["responseElements"] = json!({"ConsoleLogin": outcome});
        record["additionalEventData"] = json!({
            "LoginTo": "https://console.aws.amazon.com/console/home?hashArgs=%23&isauthcode=true&state=hashArgsFromTB",
            "MobileVersion": "No",
            "MFAUsed": "Yes",
        });
        record["tlsDetails"]["clientProvidedHostHeader"] =
            json!(format!("{}.signin.aws.amazon.com", at.region));
        if outcome == "Failure" {
            record["errorMessage"] = json!("Failed authentication");
        }
        record
    }
}

impl Place {
    /// A session that root handed out.
    pub(super) fn federated(&self) -> Value {
        json!({
            "type": "FederatedUser",
            "principalId": format!("{}:deploy", self.account),
            "arn": self.arn("sts", "federated-user/deploy"),
            "accountId": self.account,
            "accessKeyId": "ASIAEXAMPLEEXAMPLE43",
            "sessionContext": {
                "sessionIssuer": {
                    "type": "Root",
                    "principalId": self.account,
                    "arn": self.iam_arn("root"),
                    "accountId": self.account,
                },
                "attributes": attributes("false"),
            },
        })
    }

    /// A session of a role.
    pub(super) fn administrator(&self) -> Value {
        json!({
            "type": "AssumedRole",
            "principalId": "AROAEXAMPLEEXAMPLE44:alice",
            "arn": self.arn("sts", "assumed-role/Admin/alice"),
            "accountId": self.account,
            "accessKeyId": "ASIAEXAMPLEEXAMPLE44",
            "sessionContext": {
                "sessionIssuer": {
                    "type": "Role",
                    "principalId": "AROAEXAMPLEEXAMPLE44",
                    "arn": self.iam_arn("role/Admin"),
                    "accountId": self.account,
                    "userName": "Admin",
                },
                "attributes": attributes("true"),
            },
        })
    }

    /// A user.
    pub(super) fn user(&self) -> Value {
        json!({
            "type": "IAMUser",
            "principalId": "AIDAEXAMPLEEXAMPLE45",
            "arn": self.iam_arn("user/alice"),
            "accountId": self.account,
            "accessKeyId": "AKIAEXAMPLEEXAMPLE45",
            "userName": "alice",
        })
    }

    pub(super) fn iam_arn(&self, resource: &str) -> String {
        self.arn("iam", resource)
    }

    fn arn(&self, service: &str, resource: &str) -> String {
        let partition = Partition::of_region(&self.region).map_or("aws", Partition::name);
        format!("arn:{partition}:{service}::{}:{resource}", self.account)
    }
}

fn attributes(mfa: &str) -> Value {
    json!({"creationDate": EARLIER, "mfaAuthenticated": mfa})
}
