//! The organization: who manages it, and which accounts its organizational units hold.

use crate::aws::Aws;
use crate::aws::error::{AwsError, Call};
use anyhow::{Context, Result, bail};
use aws_sdk_organizations::types as sdk;
use futures_util::future::{BoxFuture, FutureExt, try_join_all};
use serde::Serialize;
use std::collections::BTreeMap;

/// An AWS Organization.
#[derive(Clone, Debug)]
pub(crate) struct Organization {
    pub(crate) id: String,
    pub(crate) management_account: String,
}

/// An account of the organization.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub(crate) struct Account {
    pub(crate) id: String,
    pub(crate) name: String,
    /// Whether it is neither suspended nor closed.
    pub(crate) active: bool,
}

/// Asks which organization this account is in. Any member account may.
pub(crate) async fn find(aws: &Aws) -> Result<Organization> {
    let answer = aws
        .organizations
        .describe_organization()
        .send()
        .await
        .call("organizations:DescribeOrganization")?;
    let found = answer.organization.and_then(|found| {
        Some(Organization {
            id: found.id?,
            management_account: found.master_account_id?,
        })
    });
    let incomplete = || AwsError::incomplete("organizations:DescribeOrganization", "Organization");
    Ok(found.ok_or_else(incomplete)?)
}

/// All accounts of the organization.
pub(crate) async fn accounts(aws: &Aws) -> Result<Vec<Account>> {
    let mut pages = aws.organizations.list_accounts().into_paginator().send();
    let mut all = Vec::new();
    while let Some(page) = pages.next().await {
        let page = page.call("organizations:ListAccounts")?;
        all.extend(page.accounts().iter().map(read_account));
    }
    all.sort();
    Ok(all)
}

/// The id of each organizational unit, given by id or path. Fails with the one that does not exist.
pub(crate) async fn resolve(aws: &Aws, units: &[String]) -> Result<Vec<String>> {
    let mut ids = try_join_all(units.iter().map(async |unit| {
        resolve_one(aws, unit)
            .await
            .with_context(|| format!("looking up the organizational unit \"{unit}\""))
    }))
    .await?;
    ids.sort();
    ids.dedup();
    Ok(ids)
}

async fn resolve_one(aws: &Aws, unit: &str) -> Result<String> {
    if let Some(path) = unit.strip_prefix('/') {
        return resolve_path(aws, path).await;
    }
    if unit.starts_with("r-") {
        let root = root_id(aws).await?;
        if root != unit {
            bail!("the organization's root is {root}");
        }
        return Ok(root);
    }
    let answer = aws
        .organizations
        .describe_organizational_unit()
        .organizational_unit_id(unit)
        .send()
        .await
        .call("organizations:DescribeOrganizationalUnit");
    match answer {
        Err(error) if error.code == "OrganizationalUnitNotFoundException" => {
            bail!(
                "there is no organizational unit {unit} in this organization; `aws organizations list-organizational-units-for-parent --parent-id {}` lists them",
                root_id(aws).await?
            )
        }
        Err(error) => Err(error.into()),
        Ok(_) => Ok(unit.to_owned()),
    }
}

async fn resolve_path(aws: &Aws, path: &str) -> Result<String> {
    let mut at = root_id(aws).await?;
    for name in path.split('/').filter(|name| !name.is_empty()) {
        let children = children(aws, &at).await?;
        let Some(child) = children.iter().find(|child| child.name() == Some(name)) else {
            let names: Vec<&str> = children.iter().filter_map(|child| child.name()).collect();
            bail!("{at} holds no organizational unit \"{name}\", only {names:?}");
        };
        at = child.id().unwrap_or_default().to_owned();
    }
    Ok(at)
}

async fn root_id(aws: &Aws) -> Result<String> {
    let answer = aws
        .organizations
        .list_roots()
        .send()
        .await
        .call("organizations:ListRoots")?;
    let id = answer.roots().first().and_then(|root| root.id());
    let incomplete = || AwsError::incomplete("organizations:ListRoots", "Roots");
    Ok(id.ok_or_else(incomplete)?.to_owned())
}

async fn children(aws: &Aws, parent: &str) -> Result<Vec<sdk::OrganizationalUnit>, AwsError> {
    let mut pages = aws
        .organizations
        .list_organizational_units_for_parent()
        .parent_id(parent)
        .into_paginator()
        .send();
    let mut all = Vec::new();
    while let Some(page) = pages.next().await {
        let page = page.call("organizations:ListOrganizationalUnitsForParent")?;
        all.extend(page.organizational_units.unwrap_or_default());
    }
    Ok(all)
}

/// The accounts of each unit and of all units below it, by unit.
pub(crate) async fn accounts_by_unit(
    aws: &Aws,
    units: &[String],
) -> Result<BTreeMap<String, Vec<Account>>> {
    let lists = units
        .iter()
        .map(async |unit| Ok::<_, AwsError>((unit.clone(), accounts_under(aws, unit).await?)));
    Ok(try_join_all(lists).await?.into_iter().collect())
}

fn accounts_under<'a>(
    aws: &'a Aws,
    unit: &'a str,
) -> BoxFuture<'a, Result<Vec<Account>, AwsError>> {
    async move {
        let (own, children) = tokio::try_join!(own_accounts(aws, unit), children(aws, unit))?;
        let ids: Vec<&str> = children.iter().filter_map(|child| child.id()).collect();
        let below = try_join_all(ids.into_iter().map(|id| accounts_under(aws, id))).await?;
        let mut all: Vec<Account> = own.into_iter().chain(below.into_iter().flatten()).collect();
        all.sort();
        Ok(all)
    }
    .boxed()
}

async fn own_accounts(aws: &Aws, unit: &str) -> Result<Vec<Account>, AwsError> {
    let mut pages = aws
        .organizations
        .list_accounts_for_parent()
        .parent_id(unit)
        .into_paginator()
        .send();
    let mut all = Vec::new();
    while let Some(page) = pages.next().await {
        let page = page.call("organizations:ListAccountsForParent")?;
        all.extend(page.accounts().iter().map(read_account));
    }
    Ok(all)
}

/// `State` replaces `Status`, which AWS Organizations retires (Organizations API Reference, Account).
fn read_account(account: &sdk::Account) -> Account {
    let active = match account.state() {
        Some(state) => *state == sdk::AccountState::Active,
        None => account.status() == Some(&sdk::AccountStatus::Active),
    };
    Account {
        id: account.id().unwrap_or_default().to_owned(),
        name: account.name().unwrap_or_default().to_owned(),
        active,
    }
}

/// The regions that this account has enabled.
pub(crate) async fn enabled_regions(aws: &Aws) -> Result<Vec<String>> {
    use aws_sdk_account::types::RegionOptStatus;
    let mut pages = aws
        .accounts
        .list_regions()
        .region_opt_status_contains(RegionOptStatus::Enabled)
        .region_opt_status_contains(RegionOptStatus::EnabledByDefault)
        .into_paginator()
        .items()
        .send();
    let mut names = Vec::new();
    while let Some(region) = pages.next().await {
        names.extend(region.call("account:ListRegions")?.region_name);
    }
    names.sort();
    Ok(names)
}
