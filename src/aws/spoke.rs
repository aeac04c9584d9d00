//! Another account of the organization, by a role there.

use super::Aws;
use super::error::{AwsError, Call};
use aws_config::{Region, SdkConfig};
use aws_sdk_sts::config::{Credentials, SharedCredentialsProvider};

/// Seconds that a role is taken for; the least that STS gives.
const SESSION: i32 = 900;

/// Credentials in an account.
pub(crate) struct Session {
    pub(crate) account: String,
    sdk: SdkConfig,
}

/// The clients of one account and region that a spoke is looked at with.
pub(crate) struct Spoke {
    pub(crate) account: String,
    pub(crate) region: String,
    pub(crate) eventbridge: aws_sdk_eventbridge::Client,
    pub(crate) iam: aws_sdk_iam::Client,
    pub(crate) sqs: aws_sdk_sqs::Client,
}

impl Aws {
    /// Our own account as if it were another one.
    pub(crate) fn own_session(&self) -> Session {
        Session {
            account: self.account.clone(),
            sdk: self.sdk.clone(),
        }
    }

    /// Takes a role, by its name, in an account.
    pub(crate) async fn assume(&self, account: &str, role: &str) -> Result<Session, AwsError> {
        let arn = format!("arn:{}:iam::{account}:role/{role}", self.partition.name());
        let answer = aws_sdk_sts::Client::new(&self.sdk)
            .assume_role()
            .role_arn(&arn)
            .role_session_name("rootwatch")
            .duration_seconds(SESSION)
            .send()
            .await
            .call("sts:AssumeRole")
            .map_err(|error| AwsError {
                message: format!("{} (taking the role {arn})", error.message),
                ..error
            })?;
        let given = answer
            .credentials
            .ok_or_else(|| AwsError::incomplete("sts:AssumeRole", "Credentials"))?;
        let credentials = Credentials::new(
            given.access_key_id,
            given.secret_access_key,
            Some(given.session_token),
            None,
            "assumed-role",
        );
        let sdk = self.sdk.to_builder();
        Ok(Session {
            account: account.to_owned(),
            sdk: sdk
                .credentials_provider(SharedCredentialsProvider::new(credentials))
                .build(),
        })
    }
}

impl Session {
    /// The account's clients in a region.
    pub(crate) fn spoke(&self, region: &str) -> Spoke {
        let sdk = self.sdk.to_builder();
        let sdk = sdk.region(Region::new(region.to_owned())).build();
        Spoke {
            account: self.account.clone(),
            region: region.to_owned(),
            eventbridge: aws_sdk_eventbridge::Client::new(&sdk),
            iam: aws_sdk_iam::Client::new(&sdk),
            sqs: aws_sdk_sqs::Client::new(&sdk),
        }
    }
}
