//! Another account of the organization, by a role there or a profile.

use super::caller::identity;
use super::error::{self, AwsError, Call};
use super::profile::Profile;
use super::trace::Trace;
use super::{Aws, attempts, client, with_profile};
use aws_config::{Region, SdkConfig};
use aws_sdk_sts::config::{Credentials, SharedCredentialsProvider};

/// Seconds for which a role is assumed; the minimum of STS.
const SESSION: i32 = 900;

/// How to get credentials in an account of the organization.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entry {
    /// By assuming a role there.
    Role {
        /// Its name.
        name: String,
        /// What its trust policy wants as `sts:ExternalId`, if it does.
        external_id: Option<String>,
    },
    /// By a profile of the AWS configuration, whose credentials are the account's.
    Profile(String),
}

/// Credentials in an account.
#[derive(Clone)]
pub(crate) struct Session {
    pub(crate) account: String,
    sdk: SdkConfig,
}

/// The clients of one account and region with which a spoke is read.
pub(crate) struct Spoke {
    pub(crate) account: String,
    pub(crate) region: String,
    pub(crate) eventbridge: aws_sdk_eventbridge::Client,
    pub(crate) iam: aws_sdk_iam::Client,
    pub(crate) sqs: aws_sdk_sqs::Client,
}

impl Aws {
    /// This run's own account, as a spoke.
    pub(crate) fn own_session(&self) -> Session {
        Session {
            account: self.account.clone(),
            sdk: self.sdk.clone(),
        }
    }

    /// Credentials in an account.
    ///
    /// Fails when the role cannot be assumed, or the profile has no credentials or those of another account.
    pub(crate) async fn enter(&self, account: &str, entry: &Entry) -> Result<Session, AwsError> {
        match entry {
            Entry::Role { name, external_id } => {
                self.assume(account, name, external_id.as_deref()).await
            }
            Entry::Profile(profile) => self.by_profile(account, profile).await,
        }
    }

    async fn by_profile(&self, account: &str, profile: &str) -> Result<Session, AwsError> {
        let sdk = with_profile(&self.sdk, profile);
        let of_profile = |error: AwsError| AwsError {
            message: format!("{} (with the profile {profile})", error.message),
            ..error
        };
        let whose = match identity(&sdk, attempts()).await {
            Ok(whose) => whose,
            Err(error) => {
                let selected = Profile::selected(Some(profile)).await;
                return Err(of_profile(selected.explained(error)));
            }
        };
        if whose.account != account {
            return Err(AwsError {
                message: format!(
                    "the credentials of the profile {profile} are those of account {}, not of {account}",
                    whose.account
                ),
                code: error::OTHER_ACCOUNT.into(),
                operation: "sts:GetCallerIdentity",
                request_id: None,
                http_status: None,
            });
        }
        Ok(Session {
            account: account.to_owned(),
            sdk,
        })
    }

    /// Assumes a role, by its name, in an account.
    async fn assume(
        &self,
        account: &str,
        role: &str,
        external_id: Option<&str>,
    ) -> Result<Session, AwsError> {
        let arn = format!("arn:{}:iam::{account}:role/{role}", self.partition.name());
        let answer = client!(aws_sdk_sts, &self.sdk, Trace::of(&self.account))
            .assume_role()
            .role_arn(&arn)
            .role_session_name("rootwatch")
            .set_external_id(external_id.map(str::to_owned))
            .duration_seconds(SESSION)
            .send()
            .await
            .call("sts:AssumeRole")
            .map_err(|error| naming(error, &arn))?;
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

/// The error with the role that was to be assumed, which AWS names where it refuses.
fn naming(error: AwsError, arn: &str) -> AwsError {
    if error.message.contains(arn) {
        return error;
    }
    AwsError {
        message: format!("{} (assuming the role {arn})", error.message),
        ..error
    }
}

impl Session {
    /// EventBridge in a region of the account.
    pub(crate) fn events(&self, region: &str) -> aws_sdk_eventbridge::Client {
        let sdk = self.sdk.to_builder();
        let sdk = sdk.region(Region::new(region.to_owned())).build();
        client!(aws_sdk_eventbridge, &sdk, Trace::of(&self.account))
    }

    /// The account's clients in a region.
    pub(crate) fn spoke(&self, region: &str) -> Spoke {
        let sdk = self.sdk.to_builder();
        let sdk = sdk.region(Region::new(region.to_owned())).build();
        Spoke {
            account: self.account.clone(),
            region: region.to_owned(),
            eventbridge: client!(aws_sdk_eventbridge, &sdk, Trace::of(&self.account)),
            iam: client!(aws_sdk_iam, &sdk, Trace::of(&self.account)),
            sqs: client!(aws_sdk_sqs, &sdk, Trace::of(&self.account)),
        }
    }
}
