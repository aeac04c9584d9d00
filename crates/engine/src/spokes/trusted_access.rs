//! Whether StackSets may work in the organization's accounts, and what turns that on.

use super::Place;
use super::organization::Organization;
use crate::aws::Aws;
use crate::aws::error::Call;
use anyhow::{Context, Result, bail};
use aws_sdk_cloudformation::types::OrganizationStatus;

/// Regions in which a delegated administrator can keep StackSets, as AWS lists them (CloudFormation User Guide, "Register
/// a delegated administrator member account", as of 2026-10).
const OF_DELEGATES: [&str; 19] = [
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-south-1",
    "ap-southeast-1",
    "ap-southeast-2",
    "ca-central-1",
    "eu-central-1",
    "eu-north-1",
    "eu-west-1",
    "eu-west-2",
    "eu-west-3",
    "il-central-1",
    "sa-east-1",
    "us-east-1",
    "us-east-2",
    "us-gov-east-1",
    "us-gov-west-1",
    "us-west-1",
    "us-west-2",
];

/// What may be wrong with the region itself, where a delegated administrator is refused. Pure.
fn unlisted(region: &str) -> String {
    if OF_DELEGATES.contains(&region) {
        return String::new();
    }
    format!(
        ". AWS's list of the regions in which a delegated administrator can keep StackSets does not have {region}: use the management account, or another region by --region with --hub-region {region}"
    )
}

/// Why it is not known whether StackSets may work in the organization's accounts, and what to do.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{why}{}", after(.fix))]
pub(crate) struct NoAccess {
    pub(crate) why: String,
    pub(crate) fix: String,
}

fn after(fix: &str) -> String {
    match fix {
        "" => String::new(),
        fix => format!(": {fix}"),
    }
}

/// The call that [`is_on`] makes.
pub(crate) const CALL: &str = "cloudformation:DescribeOrganizationsAccess";

/// Whether StackSets may work in the organization's accounts, as set in its management account.
///
/// Fails with what to do when these credentials may not ask.
pub(crate) async fn is_on(place: &Place<'_>) -> Result<bool, NoAccess> {
    let account = &place.aws.account;
    let answer = place
        .aws
        .cloudformation
        .describe_organizations_access()
        .call_as(place.call_as.clone())
        .send()
        .await
        .call(CALL);
    match answer {
        Ok(answer) => Ok(answer.status() == Some(&OrganizationStatus::Enabled)),
        // CloudFormation says the same when the caller lacks the permission to look it up.
        Err(error) if error.is_denied() || error.code == "ValidationError" => Err(NoAccess {
            why: format!("account {account} may not run service-managed StackSets ({error})"),
            fix: format!(
                "that requires the management account, or a delegated administrator for StackSets, which needs organizations:ListDelegatedAdministrators too: `aws organizations register-delegated-administrator --service-principal member.org.stacksets.cloudformation.amazonaws.com --account-id {account}` in the management account{}",
                unlisted(&place.aws.region)
            ),
        }),
        Err(error) => Err(NoAccess {
            why: format!(
                "whether account {account} may run service-managed StackSets cannot be read: {error}"
            ),
            fix: String::new(),
        }),
    }
}

/// Fails with what to do when StackSets cannot be read.
pub(crate) async fn require(place: &Place<'_>, organization: &Organization) -> Result<()> {
    match is_on(place).await {
        Ok(true) => Ok(()),
        Ok(false) => bail!(off(organization, &place.aws.account)),
        Err(problem) => bail!(problem),
    }
}

/// That trusted access is off, and what to do.
pub(crate) fn off(organization: &Organization, account: &str) -> NoAccess {
    let fix = match organization.management_account == account {
        true => "--enable-trusted-access turns it on, as `aws cloudformation activate-organizations-access` does".into(),
        false => format!(
            "`aws cloudformation activate-organizations-access` in the management account {} turns it on",
            organization.management_account
        ),
    };
    NoAccess {
        why: "trusted access for StackSets is off".into(),
        fix,
    }
}

/// Turns trusted access on (CloudFormation API Reference, ActivateOrganizationsAccess).
pub(crate) async fn enable(aws: &Aws) -> Result<()> {
    aws.cloudformation
        .activate_organizations_access()
        .send()
        .await
        .call("cloudformation:ActivateOrganizationsAccess")
        .context("turning on trusted access for StackSets")?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_region_without_delegated_administrators_is_named() {
        assert_eq!(unlisted("eu-west-1"), "");
        assert!(unlisted("ap-southeast-5").contains("--hub-region ap-southeast-5"));
    }
}
