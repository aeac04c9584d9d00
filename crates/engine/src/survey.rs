//! What can be found out before there are settings: who asks, the organization and its units, the regions, the trails,
//! and what is here already. It only reads; what it may not read it leaves open, and says so.

use crate::aws::Aws;
use crate::aws::error::Call;
use crate::memory;
use crate::reference;
use crate::session::Session;
use crate::spokes::organization::{self, Organization, Subtree};
use crate::spokes::{preflight, regions, trail, trusted_access};
use std::collections::BTreeMap;

/// What was found out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Survey {
    /// The account whose credentials these are.
    pub account: String,
    /// The region of the run.
    pub region: String,
    /// The region in which AWS records every root sign-in.
    pub sign_in_region: String,
    /// The organization; none where there is none, or it could not be read.
    pub organization: Option<Found>,
    /// The units, the root first, each below the one that holds it; empty where they could not be read.
    pub units: Vec<Unit>,
    /// The regions that are enabled here; empty where they could not be read.
    pub regions: Vec<String>,
    /// What is deployed already, `hub in account 111122223333, region eu-west-1`.
    pub deployed: Vec<String>,
    /// Whether AWS's published pattern is here.
    pub has_pattern: bool,
    /// What is missing before anything can work, each with what to do, as a sentence.
    pub missing: Vec<String>,
    /// What could not be read, each as a sentence.
    pub unknown: Vec<String>,
}

/// An organization, and what this account is in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Its id.
    pub id: String,
    /// The account that manages it.
    pub management_account: String,
    /// What this account is.
    pub standing: Standing,
}

/// What an account is in its organization.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It manages the organization.
    Management,
    /// It may deploy StackSets for the organization.
    DelegatedAdministrator,
    /// It may not.
    Member,
}

/// An organizational unit, or the root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unit {
    /// Its path, `/Workloads/Prod`; `/` for the root.
    pub path: String,
    /// The active accounts in it and below.
    pub accounts: usize,
}

/// Finds out what there is.
pub async fn survey(session: &Session) -> Survey {
    let aws = &session.aws;
    let mut found = Survey {
        account: aws.account.clone(),
        region: aws.region.clone(),
        sign_in_region: aws.partition.sign_in_region().to_owned(),
        ..Survey::default()
    };
    let (organization, enabled, trails, deployed, pattern) = tokio::join!(
        organization::find(aws),
        regions::enabled(aws, &[]),
        trail::find(aws),
        memory::deployed(session),
        has_pattern(aws),
    );
    match enabled {
        Ok(all) => found.regions = all.into_iter().map(|region| region.name).collect(),
        Err(error) => found.unknown(format!("the enabled regions could not be read: {error}")),
    }
    match deployed {
        Ok(all) => found.deployed = all.found().map(str::to_owned).collect(),
        Err(error) => found.unknown(format!("{error:#}")),
    }
    match pattern {
        Ok(is_here) => found.has_pattern = is_here,
        Err(error) => found.unknown(format!(
            "whether AWS's published pattern is here could not be read: {error}"
        )),
    }
    match organization {
        Ok(organization) => found.organization(session, organization).await,
        Err(error) => found.unknown(format!("the organization could not be read: {error:#}")),
    }
    found.missing.extend(trails.warning());
    found
}

impl Survey {
    fn unknown(&mut self, what: String) {
        self.unknown.push(what);
    }

    async fn organization(&mut self, session: &Session, organization: Organization) {
        let aws = &session.aws;
        if let Err(problem) = preflight::features(&organization) {
            self.missing.push(problem);
        }
        let place = session.stack_sets(&organization);
        let (access, whole) = tokio::join!(trusted_access::is_on(&place), organization::whole(aws));
        let is_management = aws.account == organization.management_account;
        let standing = match (is_management, &access) {
            (true, _) => Standing::Management,
            (false, Ok(_)) => Standing::DelegatedAdministrator,
            (false, Err(_)) => Standing::Member,
        };
        match access {
            Ok(true) => {}
            Ok(false) => {
                let off = trusted_access::off(&organization, &aws.account);
                self.missing.push(off.to_string());
            }
            Err(problem) if is_management => self.unknown(problem.to_string()),
            // Another account can deploy the spokes.
            Err(_) => {}
        }
        match whole {
            Ok(tree) => self.units = units(&tree),
            Err(error) => self.unknown(format!(
                "the organization's units could not be read: {error:#}"
            )),
        }
        self.organization = Some(Found {
            id: organization.id,
            management_account: organization.management_account,
            standing,
        });
    }
}

/// The profiles of the AWS configuration, in order.
pub async fn profiles() -> Vec<String> {
    crate::aws::profile_names().await
}

/// Whether AWS's published pattern has its bus here.
async fn has_pattern(aws: &Aws) -> Result<bool, crate::aws::error::AwsError> {
    let call = aws.eventbridge.describe_event_bus().name(reference::BUS);
    match call.send().await.call("events:DescribeEventBus") {
        Err(error) if error.code == "ResourceNotFoundException" => Ok(false),
        answer => answer.map(|_| true),
    }
}

/// The units with the active accounts in each and below it, in the order of their paths. Pure.
fn units(tree: &Subtree) -> Vec<Unit> {
    let mut counts: BTreeMap<&str, usize> =
        tree.paths.values().map(|path| (path.as_str(), 0)).collect();
    for account in tree.accounts.iter().filter(|account| account.active) {
        let Some(path) = tree.paths.get(&account.unit) else {
            continue;
        };
        for (unit, count) in &mut counts {
            *count += usize::from(is_in(path, unit));
        }
    }
    counts
        .into_iter()
        .map(|(path, accounts)| Unit {
            path: path.to_owned(),
            accounts,
        })
        .collect()
}

/// Whether a path is a unit's own, or lies below it.
#[must_use]
pub fn is_in(path: &str, unit: &str) -> bool {
    unit == "/"
        || path
            .strip_prefix(unit)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spokes::Account;

    #[test]
    fn accounts_count_in_each_unit_above_them() {
        let account = |id: &str, unit: &str, active: bool| Account {
            id: id.into(),
            name: id.into(),
            active,
            unit: unit.into(),
        };
        let path = |id: &str, path: &str| (id.to_owned(), path.to_owned());
        let tree = Subtree {
            accounts: vec![
                account("1", "r", true),
                account("2", "prod", true),
                account("3", "prod", false),
                account("4", "work", true),
                account("5", "works", true),
            ],
            paths: [
                path("r", "/"),
                path("work", "/Work"),
                path("prod", "/Work/Prod"),
                path("works", "/Works"),
            ]
            .into(),
            ..Subtree::default()
        };
        let found: Vec<(String, usize)> = units(&tree)
            .into_iter()
            .map(|it| (it.path, it.accounts))
            .collect();
        let wanted = [("/", 4), ("/Work", 2), ("/Work/Prod", 1), ("/Works", 1)];
        assert_eq!(found, wanted.map(|(path, count)| (path.to_owned(), count)));
    }
}
