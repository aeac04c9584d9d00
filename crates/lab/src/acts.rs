//! What CloudTrail records of root users who act, as the demo and the lab by hand have them do.

use anyhow::Result;
use serde_json::{Value, json};

use crate::Lab;

/// Where CloudTrail records root's sign-ins.
const SIGN_INS: &str = "us-east-1";

impl Lab {
    /// The root user of an account signs in to the console without MFA.
    ///
    /// # Errors
    /// When the lab does not take the record.
    pub fn root_signs_in(&self, account: &str) -> Result<String> {
        let kind = "AWS Console Sign In via CloudTrail";
        self.cloudtrail_event(account, SIGN_INS, kind, &console_login(account))
    }

    /// The root user of an account tries to delete a trail, which a service control policy denies.
    ///
    /// # Errors
    /// When the lab does not take the record.
    pub fn root_deletes_trail(&self, account: &str, region: &str) -> Result<String> {
        let kind = "AWS API Call via CloudTrail";
        self.cloudtrail_event(account, region, kind, &delete_trail(account, region))
    }
}

fn console_login(account: &str) -> Value {
    json!({
        "eventVersion": "1.11",
        "userIdentity": {
            "type": "Root",
            "principalId": account,
            "arn": format!("arn:aws:iam::{account}:root"),
            "accountId": account,
        },
        "eventTime": now(),
        "eventSource": "signin.amazonaws.com",
        "eventName": "ConsoleLogin",
        "awsRegion": SIGN_INS,
        "sourceIPAddress": "198.51.100.23",
        "userAgent": "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0",
        "requestParameters": null,
        "responseElements": {"ConsoleLogin": "Success"},
        "additionalEventData": {"MobileVersion": "No", "MFAUsed": "No"},
        "eventID": "7b1f0c2e-6d1b-4f8e-9a52-1c0e5d7a9b11",
        "readOnly": false,
        "eventType": "AwsConsoleSignIn",
        "managementEvent": true,
        "recipientAccountId": account,
        "eventCategory": "Management",
    })
}

fn delete_trail(account: &str, region: &str) -> Value {
    json!({
        "eventVersion": "1.11",
        "userIdentity": {
            "type": "Root",
            "principalId": account,
            "arn": format!("arn:aws:iam::{account}:root"),
            "accountId": account,
            "accessKeyId": "ASIAEXAMPLEEXAMPLE42",
            "sessionContext": {"attributes": {"creationDate": now(), "mfaAuthenticated": "true"}},
        },
        "eventTime": now(),
        "eventSource": "cloudtrail.amazonaws.com",
        "eventName": "DeleteTrail",
        "awsRegion": region,
        "sourceIPAddress": "203.0.113.77",
        "userAgent": "aws-cli/2.32.0",
        "errorCode": "AccessDenied",
        "errorMessage": "explicit deny in a service control policy",
        "requestParameters": {"name": "organization-trail"},
        "responseElements": null,
        "eventID": "c2d4a8b0-52f7-4d0c-8f1e-0b6f4a3e2d22",
        "readOnly": false,
        "eventType": "AwsApiCall",
        "managementEvent": true,
        "recipientAccountId": account,
        "eventCategory": "Management",
        "sessionCredentialFromConsole": "true",
    })
}

fn now() -> String {
    jiff::Timestamp::now()
        .strftime("%Y-%m-%dT%H:%M:%SZ")
        .to_string()
}
