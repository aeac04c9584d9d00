//! The organization: who manages it, and which accounts its organizational units hold.

use crate::aws::Aws;
use crate::aws::consistency::read_until_consistent;
use crate::aws::error::{AwsError, Call};
use crate::words::one_line;
use anyhow::{Context, Result, bail};
use aws_sdk_account::types::RegionOptStatus;
use aws_sdk_organizations::types as sdk;
use futures_util::future::{FutureExt, LocalBoxFuture, try_join_all};
use rootwatch_root_event::is_invisible;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// An AWS Organization.
#[derive(Clone, Debug)]
pub(crate) struct Organization {
    pub(crate) id: String,
    pub(crate) management_account: String,
    /// Whether it has all features and not only consolidated billing.
    pub(crate) all_features: bool,
}

/// An account of the organization.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Account {
    /// Its number.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Whether it is neither suspended nor closed.
    pub active: bool,
    /// The unit, or the root, that it is in.
    pub unit: String,
}

/// Asks which organization this account is in. Any member account may.
pub(crate) async fn find(aws: &Aws) -> Result<Organization> {
    let answer = in_turn(aws, async || {
        let answer = aws.organizations.describe_organization().send().await;
        answer.call("organizations:DescribeOrganization")
    })
    .await?;
    let found = answer.organization.and_then(|found| {
        Some(Organization {
            all_features: found.feature_set == Some(sdk::OrganizationFeatureSet::All),
            id: found.id?,
            management_account: found.master_account_id?,
        })
    });
    let incomplete = || AwsError::incomplete("organizations:DescribeOrganization", "Organization");
    Ok(found.ok_or_else(incomplete)?)
}

/// An id of which the organization knows nothing.
#[derive(Debug, thiserror::Error)]
#[error(
    "there is no organizational unit {unit} in this organization; `aws organizations list-organizational-units-for-parent --parent-id {root}` lists them"
)]
pub(crate) struct NoSuchUnit {
    unit: String,
    root: String,
}

/// Paths of units by their ids, `/` for the root.
pub(crate) type Paths = BTreeMap<String, String>;

/// An organizational unit that was looked up, with the paths that were seen on the way.
#[derive(Default)]
pub(crate) struct Resolved {
    pub(crate) id: String,
    pub(crate) paths: Paths,
}

/// Looks up an organizational unit that is given by id or path. Fails when it does not exist.
pub(crate) async fn resolve(aws: &Aws, unit: &str) -> Result<Resolved> {
    resolve_one(aws, unit)
        .await
        .with_context(|| format!("looking up the organizational unit \"{unit}\""))
}

async fn resolve_one(aws: &Aws, unit: &str) -> Result<Resolved> {
    if let Some(path) = unit.strip_prefix('/') {
        return resolve_path(aws, path).await;
    }
    if unit.starts_with("r-") {
        let root = root_id(aws).await?;
        if root != unit {
            bail!("the organization's root is {root}");
        }
        return Ok(Resolved {
            paths: Paths::from([(root.clone(), "/".to_owned())]),
            id: root,
        });
    }
    let answer = in_turn(aws, async || {
        let call = aws.organizations.describe_organizational_unit();
        let answer = call.organizational_unit_id(unit).send().await;
        answer.call("organizations:DescribeOrganizationalUnit")
    });
    match answer.await {
        Err(error) if error.code == "OrganizationalUnitNotFoundException" => {
            let (unit, root) = (unit.to_owned(), root_id(aws).await?);
            Err(NoSuchUnit { unit, root }.into())
        }
        Err(error) => Err(error.into()),
        Ok(_) => Ok(Resolved {
            id: unit.to_owned(),
            paths: Paths::new(),
        }),
    }
}

async fn resolve_path(aws: &Aws, path: &str) -> Result<Resolved> {
    let mut at = root_id(aws).await?;
    let mut above = String::new();
    let mut paths = Paths::from([(at.clone(), "/".to_owned())]);
    for name in path.split('/').filter(|name| !name.is_empty()) {
        let children = in_turn(aws, async || children(aws, &at).await).await?;
        let Some(child) = children.iter().find(|child| child.name() == Some(name)) else {
            let names: Vec<&str> = children.iter().filter_map(|child| child.name()).collect();
            let place = match above.as_str() {
                "" => "/",
                path => path,
            };
            bail!("{place} ({at}) holds no organizational unit \"{name}\", only {names:?}");
        };
        at = child.id().unwrap_or_default().to_owned();
        for (id, name) in children.iter().filter_map(named) {
            paths.insert(id.to_owned(), format!("{above}/{name}"));
        }
        above = format!("{above}/{name}");
    }
    Ok(Resolved { id: at, paths })
}

fn named(unit: &sdk::OrganizationalUnit) -> Option<(&str, &str)> {
    unit.id().zip(unit.name().filter(|name| is_plain(name)))
}

/// Whether a name can stand in a line and in a command. AWS lets a unit's name have any character; a unit whose name has
/// those that break lines or steer a terminal has no path, and is shown by its id.
fn is_plain(name: &str) -> bool {
    !name.contains(is_invisible)
}

/// The paths of some units, by those of the units above them. One that cannot be read is left out: without its path a
/// unit is shown by its id.
pub(crate) async fn paths(aws: &Aws, units: impl IntoIterator<Item = &String>) -> Paths {
    let found = units.into_iter().map(async |unit| {
        let path = path_of(aws, unit).await;
        path.ok().flatten().map(|path| (unit.clone(), path))
    });
    let found = futures_util::future::join_all(found).await;
    found.into_iter().flatten().collect()
}

/// The unit that an account is in, as a command takes it: its path, or else its id; empty where it cannot be read.
pub(crate) async fn unit_of(aws: &Aws, account: &str) -> String {
    let Ok(Some(unit)) = parent(aws, account).await else {
        return String::new();
    };
    let path = path_of(aws, &unit).await.ok().flatten();
    path.unwrap_or(unit)
}

async fn path_of(aws: &Aws, unit: &str) -> Result<Option<String>, AwsError> {
    let (mut at, mut path) = (unit.to_owned(), String::new());
    // AWS Organizations User Guide, "Quotas": units nest five deep.
    for _ in 0..=5 {
        if at.starts_with("r-") {
            let is_root = path.is_empty();
            return Ok(Some(if is_root { "/".into() } else { path }));
        }
        let (name, parent) = tokio::try_join!(unit_name(aws, &at), parent(aws, &at))?;
        let (Some(name), Some(parent)) = (name, parent) else {
            return Ok(None);
        };
        path = format!("/{name}{path}");
        at = parent;
    }
    Ok(None)
}

async fn unit_name(aws: &Aws, unit: &str) -> Result<Option<String>, AwsError> {
    let answer = in_turn(aws, async || {
        let call = aws.organizations.describe_organizational_unit();
        let answer = call.organizational_unit_id(unit).send().await;
        answer.call("organizations:DescribeOrganizationalUnit")
    })
    .await?;
    let name = answer.organizational_unit.and_then(|it| it.name);
    Ok(name.filter(|name| is_plain(name)))
}

async fn parent(aws: &Aws, unit: &str) -> Result<Option<String>, AwsError> {
    let answer = in_turn(aws, async || {
        let call = aws.organizations.list_parents().child_id(unit);
        call.send().await.call("organizations:ListParents")
    })
    .await?;
    let first = answer.parents.unwrap_or_default().into_iter().next();
    Ok(first.and_then(|it| it.id))
}

async fn root_id(aws: &Aws) -> Result<String, AwsError> {
    in_turn(aws, async || read_root(aws).await).await
}

async fn read_root(aws: &Aws) -> Result<String, AwsError> {
    const OPERATION: &str = "organizations:ListRoots";
    let mut pages = aws.organizations.list_roots().into_paginator().send();
    // A page may be empty and yet not the last (AWS Organizations API Reference, ListRoots).
    while let Some(page) = pages.next().await {
        let roots = page.call(OPERATION)?.roots.unwrap_or_default();
        if let Some(id) = roots.into_iter().find_map(|root| root.id) {
            return Ok(id);
        }
    }
    Err(AwsError::incomplete(OPERATION, "Roots"))
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

/// An organizational unit, or the root, with all that is below it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Subtree {
    /// Its accounts and those of all units below, in order.
    pub(crate) accounts: Vec<Account>,
    /// The units below it.
    pub(crate) units: BTreeSet<String>,
    /// Their paths from here.
    pub(crate) paths: Paths,
}

/// Each of some units with all that is below it.
///
/// Lists units concurrently, since AWS Organizations gives only 20 accounts a call (Organizations API Reference,
/// ListAccountsForParent) and one list of 10,000 would take 500 calls in a row.
pub(crate) async fn subtrees(
    aws: &Aws,
    units: &[String],
) -> Result<BTreeMap<String, Subtree>, AwsError> {
    let trees = units
        .iter()
        .map(async |unit| Ok((unit.clone(), subtree(aws, unit).await?)));
    Ok(try_join_all(trees).await?.into_iter().collect())
}

/// The accounts below each of some units; none below one that no longer exists.
pub(crate) async fn beneath<'a>(
    aws: &Aws,
    units: impl IntoIterator<Item = &'a String>,
) -> Result<BTreeMap<String, BTreeSet<String>>, AwsError> {
    Ok(ids(&accounts_beneath(aws, units).await?))
}

/// The ids alone.
pub(crate) fn ids(beneath: &BTreeMap<String, Vec<Account>>) -> BTreeMap<String, BTreeSet<String>> {
    let ids = |all: &Vec<Account>| all.iter().map(|it| it.id.clone()).collect();
    let units = beneath.iter();
    units.map(|(unit, all)| (unit.clone(), ids(all))).collect()
}

/// The same with what else is known of each account.
pub(crate) async fn accounts_beneath<'a>(
    aws: &Aws,
    units: impl IntoIterator<Item = &'a String>,
) -> Result<BTreeMap<String, Vec<Account>>, AwsError> {
    let below = units.into_iter().map(async |unit| {
        let tree = match subtree(aws, unit).await {
            Err(error) if error.code == "ParentNotFoundException" => Subtree::default(),
            tree => tree?,
        };
        Ok((unit.clone(), tree.accounts.into_iter().collect()))
    });
    Ok(try_join_all(below).await?.into_iter().collect())
}

/// An account of the organization; `None` where it is in none, or in another one.
pub(crate) async fn member(aws: &Aws, account: &str) -> Result<Option<Account>, AwsError> {
    let answer = in_turn(aws, async || {
        let call = aws.organizations.describe_account().account_id(account);
        call.send().await.call("organizations:DescribeAccount")
    });
    match answer.await {
        Err(error) if error.code == "AccountNotFoundException" => Ok(None),
        answer => Ok(answer?.account.map(|it| read_account(&it, ""))),
    }
}

/// All accounts of the organization, in order.
pub(crate) async fn accounts(aws: &Aws) -> Result<Vec<Account>> {
    Ok(whole(aws).await?.accounts)
}

/// The organization with all accounts, and the paths of all units.
pub(crate) async fn whole(aws: &Aws) -> Result<Subtree> {
    let root = root_id(aws).await?;
    let mut trees = subtrees(aws, std::slice::from_ref(&root)).await?;
    let mut tree = trees.remove(&root).unwrap_or_default();
    tree.paths.insert(root, "/".into());
    Ok(tree)
}

fn subtree<'a>(aws: &'a Aws, unit: &'a str) -> LocalBoxFuture<'a, Result<Subtree, AwsError>> {
    async move {
        let (own, children) = tokio::try_join!(
            in_turn(aws, async || own_accounts(aws, unit).await),
            in_turn(aws, async || children(aws, unit).await)
        )?;
        let ids: Vec<&str> = children
            .iter()
            .map(|child| child.id().unwrap_or_default())
            .collect();
        let below = try_join_all(ids.iter().map(|id| subtree(aws, id))).await?;
        let mut all = Subtree {
            accounts: own,
            units: ids.iter().map(|id| (*id).to_owned()).collect(),
            paths: Paths::new(),
        };
        for (child, tree) in children.iter().zip(below) {
            if let Some((id, name)) = named(child) {
                let paths = tree.paths.into_iter();
                let paths = paths.map(|(id, path)| (id, format!("/{name}{path}")));
                all.paths.extend(paths);
                all.paths.insert(id.to_owned(), format!("/{name}"));
            }
            all.accounts.extend(tree.accounts);
            all.units.extend(tree.units);
        }
        all.accounts.sort();
        Ok(all)
    }
    .boxed_local()
}

/// Makes one read of the organization, of a list all pages, when it is its turn.
async fn in_turn<T>(
    aws: &Aws,
    read: impl AsyncFnMut() -> Result<T, AwsError>,
) -> Result<T, AwsError> {
    // The semaphore is never closed, so a permit is always granted in the end.
    let _permit = aws.organization_turns.acquire().await;
    read_until_consistent(read).await
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
        all.extend(page.accounts().iter().map(|it| read_account(it, unit)));
    }
    Ok(all)
}

/// `State` replaces `Status`, which AWS Organizations retires (Organizations API Reference, Account).
fn read_account(account: &sdk::Account, unit: &str) -> Account {
    let active = match account.state() {
        Some(state) => *state == sdk::AccountState::Active,
        None => account.status() == Some(&sdk::AccountStatus::Active),
    };
    Account {
        id: account.id().unwrap_or_default().to_owned(),
        name: one_line(account.name().unwrap_or_default()),
        active,
        unit: unit.to_owned(),
    }
}

/// A region that an account has enabled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Region {
    pub(crate) name: String,
    /// Whether an account has to turn it on first.
    pub(crate) opt_in: bool,
}

/// The regions that this account has enabled, in order.
pub(crate) async fn enabled_regions(aws: &Aws) -> Result<Vec<Region>, AwsError> {
    use RegionOptStatus::{Enabled, EnabledByDefault};
    let mut found = regions(aws, None, &[Enabled, EnabledByDefault]).await?;
    found.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(found)
}

/// The regions that another account has turned off.
///
/// Requires the management account or a delegated administrator of Account Management (Account Management Reference
/// Guide, ListRegions).
pub(crate) async fn disabled_regions(
    aws: &Aws,
    account: &str,
) -> Result<BTreeSet<String>, AwsError> {
    use RegionOptStatus::{Disabled, Disabling};
    let account = (account != aws.account).then_some(account);
    let found = regions(aws, account, &[Disabled, Disabling]).await?;
    Ok(found.into_iter().map(|region| region.name).collect())
}

/// Every region that there is for this account, whether or not it is turned on.
pub(crate) async fn every_region(aws: &Aws) -> Result<BTreeSet<String>, AwsError> {
    let found = regions(aws, None, &[]).await?;
    Ok(found.into_iter().map(|region| region.name).collect())
}

async fn regions(
    aws: &Aws,
    account: Option<&str>,
    statuses: &[RegionOptStatus],
) -> Result<Vec<Region>, AwsError> {
    let mut pages = aws
        .accounts
        .list_regions()
        .set_account_id(account.map(str::to_owned))
        .set_region_opt_status_contains((!statuses.is_empty()).then(|| statuses.to_vec()))
        .into_paginator()
        .items()
        .send();
    let mut found = Vec::new();
    while let Some(region) = pages.next().await {
        let region = region.call("account:ListRegions")?;
        found.push(Region {
            opt_in: region.region_opt_status() != Some(&RegionOptStatus::EnabledByDefault),
            name: region.region_name.unwrap_or_default(),
        });
    }
    Ok(found)
}
