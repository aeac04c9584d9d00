//! The hub's account or the management account, seen by a run in another one.

use super::caller::identity;
use super::profile::{self, Profile};
use super::{Aws, attempts, with_profile};
use crate::settings::Access;
use anyhow::{Context, Result, bail};
use aws_config::SdkConfig;
use aws_config::sts::AssumeRoleProvider;
use aws_sdk_sts::config::SharedCredentialsProvider;

impl Aws {
    /// The clients of another account in this region.
    ///
    /// Fails when there are no credentials, or they are those of another account than `account`.
    pub(crate) async fn of_account(
        &self,
        account: &str,
        what: &str,
        access: &Access,
    ) -> Result<Self> {
        if let Some(profile) = &access.profile {
            let whose = || format!("getting credentials of {what}, account {account}");
            profile::must_exist(profile).await.with_context(whose)?;
        }
        let mut sdk = match &access.profile {
            Some(profile) => with_profile(&self.sdk, profile),
            None => self.sdk.clone(),
        };
        if let Some(role) = &access.role {
            sdk = as_role(&sdk, role).await?;
        }
        let by = access.words();
        let caller = match (identity(&sdk, attempts()).await, &access.profile) {
            (Err(error), Some(profile)) => {
                Err(Profile::selected(Some(profile)).await.explained(error))
            }
            (answer, _) => answer,
        };
        let caller = caller.with_context(|| {
            format!("getting credentials of {what}, account {account}, by {by}")
        })?;
        if caller.account != account {
            bail!(
                "the credentials by {by} are those of account {}, and {what} is account {account}: name one of that account",
                caller.account
            );
        }
        let downloads = self.downloads.clone();
        Ok(Self::of(
            sdk,
            downloads,
            caller,
            self.region.clone(),
            self.partition,
        ))
    }
}

/// The same with credentials of a role, which are renewed when they expire: a removal may take hours.
async fn as_role(sdk: &SdkConfig, arn: &str) -> Result<SdkConfig> {
    let Some(own) = sdk.credentials_provider() else {
        bail!("there are no credentials with which the role {arn} could be assumed");
    };
    let role = AssumeRoleProvider::builder(arn)
        .session_name("rootwatch")
        .configure(sdk)
        .build_from_provider(own)
        .await;
    let role = SharedCredentialsProvider::new(role);
    Ok(sdk.to_builder().credentials_provider(role).build())
}
