//! The spokes: one StackSet that puts the spoke template into every account and region.

pub(crate) mod instances;
pub(crate) mod operation;
pub(crate) mod organization;
pub(crate) mod stack_set;

use crate::aws::Aws;
use crate::aws::error::Call;
use crate::config::{CallAs, Config};
use crate::names::DEPLOYMENT_TAG;
use crate::plan::{Action, decide};
use anyhow::{Context, Result, bail};
use aws_sdk_cloudformation::types::{CallAs as SdkCallAs, OrganizationStatus};
use instances::{Change, ChangeKind, Instance, axes};
use organization::{Account, Organization};
use serde::Serialize;
use stack_set::StackSet;
use std::collections::{BTreeMap, BTreeSet};

/// The spoke template, as it is deployed and as people may read and deploy it themselves.
pub(crate) const TEMPLATE: &str = include_str!("../../templates/spoke.yaml");

/// Where StackSet calls go, and in whose name.
pub(crate) struct Place<'a> {
    pub(crate) aws: &'a Aws,
    pub(crate) call_as: SdkCallAs,
}

impl<'a> Place<'a> {
    /// The management account calls as itself, any other account as a delegated administrator.
    pub(crate) fn of(aws: &'a Aws, organization: &Organization, given: Option<CallAs>) -> Self {
        let found = if aws.account == organization.management_account {
            CallAs::Management
        } else {
            CallAs::DelegatedAdmin
        };
        let call_as = match given.unwrap_or(found) {
            CallAs::Management => SdkCallAs::SelfValue,
            CallAs::DelegatedAdmin => SdkCallAs::DelegatedAdmin,
        };
        Self { aws, call_as }
    }

    /// Fails unless StackSets may work in the organization's accounts.
    pub(crate) async fn check_access(&self) -> Result<()> {
        let answer = self
            .aws
            .cloudformation
            .describe_organizations_access()
            .call_as(self.call_as.clone())
            .send()
            .await
            .call("cloudformation:DescribeOrganizationsAccess")
            .with_context(|| {
                format!(
                    "asking whether account {} may run service-managed StackSets; that takes the management account, or a delegated administrator for StackSets \
                     (`aws organizations register-delegated-administrator --service-principal member.org.stacksets.cloudformation.amazonaws.com --account-id {}`)",
                    self.aws.account, self.aws.account
                )
            })?;
        match answer.status() {
            Some(OrganizationStatus::Enabled) => Ok(()),
            status => bail!(
                "trusted access for StackSets is {}; turn it on with `aws cloudformation activate-organizations-access` in the management account",
                status.map_or("unknown", |status| status.as_str())
            ),
        }
    }
}

/// An account and a region.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub(crate) struct Spot {
    pub(crate) account: String,
    pub(crate) region: String,
}

/// What the spokes are made from.
pub(crate) struct Wanted {
    pub(crate) stack_set: StackSet,
    pub(crate) regions: Vec<String>,
    /// The accounts under each organizational unit.
    pub(crate) units: BTreeMap<String, Vec<Account>>,
    /// Never a target of a StackSet.
    pub(crate) management_account: String,
}

/// The bus that spokes forward to.
pub(crate) struct HubBus {
    pub(crate) account: String,
    pub(crate) region: String,
}

/// The StackSet for a deployment. Pure.
pub(crate) fn stack_set(config: &Config, name: String, hub: &HubBus) -> StackSet {
    let mut tags = config.tags.clone();
    tags.insert(DEPLOYMENT_TAG.into(), config.name.clone());
    StackSet {
        name,
        auto_deployment: true,
        capabilities: vec!["CAPABILITY_IAM".into()],
        description: "rootwatch: forwards root activity of every account and region to the hub"
            .into(),
        managed_execution: true,
        parameters: BTreeMap::from([
            ("DeploymentName".into(), config.name.clone()),
            ("HubAccountId".into(), hub.account.clone()),
            ("HubBusName".into(), config.name.clone()),
            ("HubRegion".into(), hub.region.clone()),
        ]),
        retain_stacks_on_account_removal: false,
        tags,
        template: TEMPLATE.into(),
    }
}

/// What is there.
pub(crate) struct Observed {
    pub(crate) stack_set: Option<StackSet>,
    pub(crate) instances: BTreeMap<Spot, Instance>,
}

/// Reads the StackSet and its instances.
pub(crate) async fn observe(place: &Place<'_>, name: &str) -> Result<Observed> {
    let stack_set = StackSet::find(place, name).await?;
    let instances = match &stack_set {
        Some(_) => instances::list(place, name).await?,
        None => BTreeMap::new(),
    };
    Ok(Observed {
        stack_set,
        instances,
    })
}

/// What has to change for the spokes to be as wanted.
#[derive(Serialize)]
pub(crate) struct SpokesPlan {
    pub(crate) stack_set: Action,
    pub(crate) changes: Vec<Change>,
    /// Accounts that AWS leaves out because they are suspended.
    pub(crate) suspended: Vec<Account>,
    /// Accounts and regions that are as wanted already.
    pub(crate) current: usize,
}

impl SpokesPlan {
    /// Whether carrying this out writes anything.
    pub(crate) fn is_change(&self) -> bool {
        self.stack_set.is_change() || !self.changes.is_empty()
    }
}

/// Compares the wanted accounts and regions with the instances that are there. Pure.
pub(crate) fn plan(wanted: &Wanted, observed: &Observed) -> SpokesPlan {
    let stack_set = decide(&wanted.stack_set, observed.stack_set.as_ref());
    let spots = wanted.spots();
    let found = |spot: &Spot| observed.instances.get(spot);
    let missing: BTreeSet<&Spot> = spots.iter().filter(|spot| found(spot).is_none()).collect();
    let stale: BTreeSet<&Spot> = spots
        .iter()
        .filter(|spot| found(spot).is_some_and(|it| !it.is_current() && !it.is_skipped()))
        .collect();
    let mut changes = Vec::new();
    changes.extend(wanted.change(ChangeKind::Create, &missing));
    // An update of the set updates every instance that is there.
    if !matches!(stack_set, Action::Update { .. }) {
        changes.extend(wanted.change(ChangeKind::Update, &stale));
    }
    SpokesPlan {
        stack_set,
        changes,
        suspended: wanted.suspended(),
        current: spots.len() - missing.len() - stale.len(),
    }
}

impl Wanted {
    fn accounts(&self) -> impl Iterator<Item = &Account> {
        self.units
            .values()
            .flatten()
            .filter(|account| account.id != self.management_account)
    }

    /// Every account and region that shall have an instance.
    fn spots(&self) -> BTreeSet<Spot> {
        self.accounts()
            .filter(|account| account.active)
            .flat_map(|account| {
                self.regions.iter().map(|region| Spot {
                    account: account.id.clone(),
                    region: region.clone(),
                })
            })
            .collect()
    }

    fn suspended(&self) -> Vec<Account> {
        let suspended: BTreeSet<Account> = self
            .accounts()
            .filter(|account| !account.active)
            .cloned()
            .collect();
        suspended.into_iter().collect()
    }

    /// One change over the units and regions of some spots.
    fn change(&self, kind: ChangeKind, spots: &BTreeSet<&Spot>) -> Option<Change> {
        if spots.is_empty() {
            return None;
        }
        let (accounts, regions) = axes(spots.iter().copied());
        let holds_one = |held: &Vec<Account>| held.iter().any(|held| accounts.contains(&held.id));
        let units = self.units.iter().filter(|(_, held)| holds_one(held));
        Some(Change {
            kind,
            units: units.map(|(unit, _)| unit.clone()).collect(),
            accounts: match kind {
                // A unit as a whole, so that automatic deployment takes it from there.
                ChangeKind::Create => Vec::new(),
                ChangeKind::Update | ChangeKind::Delete => accounts,
            },
            regions,
        })
    }
}

/// What removes every instance: all units and regions that have one. Pure.
pub(crate) fn plan_removal(observed: &Observed) -> Option<Change> {
    let units: BTreeSet<String> = observed
        .instances
        .values()
        .map(|instance| instance.unit.clone())
        .collect();
    let (_, regions) = axes(observed.instances.keys());
    (!units.is_empty()).then(|| Change {
        kind: ChangeKind::Delete,
        units: units.into_iter().collect(),
        accounts: Vec::new(),
        regions,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account(id: &str, active: bool) -> Account {
        Account {
            id: id.into(),
            name: format!("account {id}"),
            active,
        }
    }

    fn wanted() -> Wanted {
        Wanted {
            stack_set: StackSet {
                name: "rootwatch-spoke".into(),
                auto_deployment: true,
                capabilities: vec!["CAPABILITY_IAM".into()],
                description: String::new(),
                managed_execution: true,
                parameters: BTreeMap::new(),
                retain_stacks_on_account_removal: false,
                tags: BTreeMap::new(),
                template: TEMPLATE.into(),
            },
            regions: vec!["eu-west-1".into(), "us-east-1".into()],
            units: BTreeMap::from([
                ("ou-1".into(), vec![account("1", true), account("2", false)]),
                ("ou-2".into(), vec![account("3", true), account("9", true)]),
            ]),
            management_account: "9".into(),
        }
    }

    fn instance(status: &str) -> Instance {
        Instance {
            status: status.into(),
            detail: String::new(),
            reason: None,
            unit: "ou-1".into(),
        }
    }

    fn observed(instances: &[(&str, &str, &str)]) -> Observed {
        Observed {
            stack_set: Some(wanted().stack_set),
            instances: instances
                .iter()
                .map(|(account, region, status)| {
                    let spot = Spot {
                        account: (*account).into(),
                        region: (*region).into(),
                    };
                    (spot, instance(status))
                })
                .collect(),
        }
    }

    const ALL: [(&str, &str, &str); 4] = [
        ("1", "eu-west-1", "CURRENT"),
        ("1", "us-east-1", "CURRENT"),
        ("3", "eu-west-1", "CURRENT"),
        ("3", "us-east-1", "CURRENT"),
    ];

    #[test]
    fn nothing_there_creates_all_units_but_never_the_management_account() {
        let plan = plan(
            &wanted(),
            &Observed {
                stack_set: None,
                instances: BTreeMap::new(),
            },
        );
        assert!(matches!(plan.stack_set, Action::Create { .. }));
        assert_eq!(plan.changes.len(), 1);
        assert_eq!(plan.changes[0].units, ["ou-1", "ou-2"]);
        assert_eq!(plan.suspended, [account("2", false)]);
        assert_eq!(wanted().spots().len(), 4);
    }

    #[test]
    fn all_there_changes_nothing() {
        let plan = plan(&wanted(), &observed(&ALL));
        assert!(!plan.is_change());
        assert_eq!(plan.current, 4);
    }

    #[test]
    fn only_the_unit_and_region_with_a_hole_are_created() {
        let plan = plan(&wanted(), &observed(&ALL[..3]));
        assert_eq!(
            plan.changes,
            [Change {
                kind: ChangeKind::Create,
                units: vec!["ou-2".into()],
                accounts: Vec::new(),
                regions: vec!["us-east-1".into()],
            }]
        );
    }

    #[test]
    fn only_the_account_that_is_outdated_is_updated() {
        let mut all = ALL;
        all[1].2 = "OUTDATED";
        let plan = plan(&wanted(), &observed(&all));
        assert_eq!(
            plan.changes,
            [Change {
                kind: ChangeKind::Update,
                units: vec!["ou-1".into()],
                accounts: vec!["1".into()],
                regions: vec!["us-east-1".into()],
            }]
        );
    }

    #[test]
    fn more_units_than_one_call_takes_are_split() {
        let change = Change {
            kind: ChangeKind::Create,
            units: (0..120).map(|unit| format!("ou-{unit}")).collect(),
            accounts: Vec::new(),
            regions: Vec::new(),
        };
        let sizes: Vec<usize> = change.calls().iter().map(|call| call.units.len()).collect();
        assert_eq!(sizes, [50, 50, 20]);
    }

    #[test]
    fn the_template_fits_a_stack_set() {
        // CloudFormation API Reference, CreateStackSet: TemplateBody has at most 51,200 bytes.
        assert!(TEMPLATE.len() <= 51_200);
    }
}
