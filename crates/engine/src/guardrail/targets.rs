//! What the guardrail is attached to: what is given, what is attached already, and what its tags remember.

use super::resource::Guardrail;
use crate::aws::Aws;
use crate::spokes::Directory;
use crate::spokes::organization::{self, Account, Organization};
use anyhow::{Result, bail};
use std::collections::{BTreeMap, BTreeSet};

/// What this run adds to, and takes from, the units and accounts that are guarded.
#[derive(Clone, Debug, Default)]
pub struct Targets {
    /// Organizational units, by id, root id or path.
    pub ous: Vec<String>,
    /// Accounts, by number.
    pub accounts: Vec<String>,
    /// Units that are no longer guarded.
    pub removed_ous: Vec<String>,
    /// Accounts that are no longer guarded.
    pub removed_accounts: Vec<String>,
}

/// The targets by their ids, and what the organization calls them.
pub(super) struct Resolved {
    pub(super) wanted: BTreeMap<String, bool>,
    pub(super) directory: Directory,
}

/// What is to be guarded: what is attached, or should be by the tags, with what is given and without what is removed.
///
/// # Errors
/// When a unit or account does not exist, is the management account, or is to be removed and is not guarded.
pub(super) async fn resolve(
    aws: &Aws,
    organization: &Organization,
    targets: &Targets,
    found: Option<&Guardrail>,
) -> Result<Resolved> {
    let mut directory = Known::default();
    let given = ids(
        aws,
        organization,
        &targets.ous,
        &targets.accounts,
        &mut directory,
    )
    .await?;
    let removed = ids(
        aws,
        organization,
        &targets.removed_ous,
        &targets.removed_accounts,
        &mut directory,
    )
    .await?;
    let mut wanted = BTreeSet::new();
    if let Some(found) = found {
        wanted.extend(found.attached.iter().cloned());
        wanted.extend(found.targets.keys().cloned());
    }
    for target in &removed {
        if !wanted.remove(target) {
            bail!(
                "the guardrail is not attached to {target}, which is to be removed: nothing was changed"
            );
        }
        if given.contains(target) {
            bail!("{target} is both given and removed: nothing was changed");
        }
    }
    wanted.extend(given);
    let all = wanted.iter().chain(&removed);
    let directory = directory.complete(aws, all).await;
    Ok(Resolved {
        wanted: wanted.into_iter().map(|it| (it, true)).collect(),
        directory,
    })
}

/// Paths and names as they were met.
#[derive(Default)]
struct Known {
    paths: BTreeMap<String, String>,
    accounts: Vec<Account>,
}

impl Known {
    /// With those that were not met yet. What cannot be read is shown by its id.
    async fn complete(mut self, aws: &Aws, targets: impl Iterator<Item = &String>) -> Directory {
        let (accounts, units): (Vec<&String>, Vec<&String>) =
            targets.partition(|it| is_account(it));
        let unknown = units.into_iter().filter(|it| !self.paths.contains_key(*it));
        let paths = organization::paths(aws, unknown).await;
        self.paths.extend(paths);
        for account in accounts {
            if self.accounts.iter().all(|it| it.id != *account) {
                let found = organization::member(aws, account).await;
                self.accounts.extend(found.ok().flatten());
            }
        }
        Directory::of(self.paths, &self.accounts)
    }
}

/// What a directory says of some ids.
pub(super) async fn directory(aws: &Aws, targets: &BTreeSet<String>) -> Directory {
    Known::default().complete(aws, targets.iter()).await
}

async fn ids(
    aws: &Aws,
    organization: &Organization,
    ous: &[String],
    accounts: &[String],
    known: &mut Known,
) -> Result<BTreeSet<String>> {
    let mut all = BTreeSet::new();
    for ou in ous {
        let resolved = organization::resolve(aws, ou).await?;
        known.paths.extend(resolved.paths);
        all.insert(resolved.id);
    }
    for account in accounts {
        if *account == organization.management_account {
            bail!(
                "{account} is the management account, which no service control policy binds: nobody but its own administrators guards what is there"
            );
        }
        let Some(found) = organization::member(aws, account).await? else {
            bail!(
                "account {account} is not in this organization ({})",
                organization.id
            );
        };
        known.accounts.push(found);
        all.insert(account.clone());
    }
    Ok(all)
}

pub(super) fn is_account(target: &str) -> bool {
    target.bytes().all(|it| it.is_ascii_digit())
}
