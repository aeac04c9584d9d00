//! The spokes: one StackSet that puts the spoke template into every account and region.

mod again;
pub(crate) mod basis;
pub(crate) mod change;
pub mod coverage;
mod deletions;
pub(crate) mod deployed;
pub(crate) mod deployment;
pub(crate) mod directory;
pub(crate) mod following;
pub(crate) mod hint;
pub(crate) mod instances;
mod left_out;
pub(crate) mod management;
pub(crate) mod operation;
pub(crate) mod operations;
pub(crate) mod organization;
mod pace;
pub(crate) mod plan;
pub(crate) mod planning;
pub(crate) mod preferences;
pub(crate) mod preflight;
pub(crate) mod reach;
pub mod reason;
pub(crate) mod record;
pub(crate) mod regions;
pub(crate) mod removal;
pub(crate) mod stack;
pub(crate) mod stack_set;
pub mod stuck;
mod targets;
pub(crate) mod trail;
pub(crate) mod trusted_access;
mod units;
mod wanted;
pub(crate) mod watched;
pub mod words;

pub use change::{Accounts, Change, ChangeKind};
pub use deployed::{SpokesDeployed, SpokesPlanned};
pub use deployment::{deploy, deploy_saved};
pub use directory::Directory;
pub use management::{Management, StackPlan};
pub use operation::{Ended, Failure};
pub use operations::{Last, Running};
pub use organization::Account;
pub use plan::{InstanceCounts, SpokesPlan, Stops};
pub use planning::{Switches, plan};
pub use reach::{Stuck, Why};
pub use watched::Watched;

use crate::aws::Aws;
use crate::aws::consistency::{Poll, poll_until};
use crate::aws::error::AwsError;
use crate::heartbeat::Heartbeat;
use crate::names::DEPLOYMENT_TAG;
use crate::settings::{CallAs, IamSettings, Settings};
use crate::work::Work;
use aws_sdk_cloudformation::types::CallAs as SdkCallAs;
use instances::{Instance, Instances};
use operations::Operations;
use organization::Organization;
use record::Record;
use serde::Serialize;
use stack::Stack;
use stack_set::StackSet;
use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

/// The spoke template, as it is deployed, and as it may be read and deployed by hand.
pub(crate) const TEMPLATE: &str = include_str!("../../../../templates/spoke.yaml");

/// Where StackSet calls go, and as whom.
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
}

/// An account and a region.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Location {
    /// Number of the account.
    pub account: String,
    /// Name of the region.
    pub region: String,
}

impl Location {
    /// An account's region.
    pub(crate) fn of(account: &str, region: &str) -> Self {
        Self {
            account: account.to_owned(),
            region: region.to_owned(),
        }
    }
}

/// The bus that spokes forward to.
pub(crate) struct HubBus {
    pub(crate) account: String,
    pub(crate) region: String,
}

impl HubBus {
    pub(crate) fn location(&self) -> Location {
        Location::of(&self.account, &self.region)
    }
}

/// Parameter with what the roles' names begin with.
const ROLE_PREFIX: &str = "RolePrefix";

/// Why CloudFormation could not update stacks to these parameters, if so. Pure.
///
/// Another path is another role, and the new one is made before the old one is deleted; two of one name cannot be
/// (CloudFormation User Guide, "AWS::IAM::Role", `RoleName`).
pub(crate) fn stuck_role(
    found: &BTreeMap<String, String>,
    wanted: &BTreeMap<String, String>,
) -> Option<String> {
    let of = |all: &BTreeMap<String, String>, key: &str| all.get(key).cloned().unwrap_or_default();
    let (prefix, path) = (of(found, ROLE_PREFIX), of(found, "RolePath"));
    let is_stuck =
        !prefix.is_empty() && prefix == of(wanted, ROLE_PREFIX) && path != of(wanted, "RolePath");
    is_stuck.then(|| {
        format!(
            "the spokes' roles have the path {path}, and the settings say {}: CloudFormation cannot move a role that has a name. Give another --role-prefix with the new --iam-path: then new roles take the place of the old ones",
            of(wanted, "RolePath")
        )
    })
}

/// What is the same for the StackSet and for the management account's own stacks.
fn parameters(settings: &Settings, hub: &HubBus) -> BTreeMap<String, String> {
    let name = || settings.name.clone();
    let mut all = iam_parameters(&settings.iam);
    all.extend([
        (
            Heartbeat::PARAMETER.into(),
            settings.spokes.heartbeat.schedule(),
        ),
        ("DeploymentName".into(), name()),
        ("HubAccountId".into(), hub.account.clone()),
        ("HubBusName".into(), name()),
        ("HubRegion".into(), hub.region.clone()),
    ]);
    all
}

/// Of them those that say what the organization demands of roles.
pub(crate) fn iam_parameters(iam: &IamSettings) -> BTreeMap<String, String> {
    let boundary = iam.boundary.as_ref();
    let owner = match boundary {
        Some(boundary) if boundary.is_aws => "aws",
        _ => "",
    };
    BTreeMap::from([
        ("BoundaryAccount".into(), owner.into()),
        (
            "PermissionsBoundary".into(),
            boundary.map(|it| it.policy.clone()).unwrap_or_default(),
        ),
        ("RolePath".into(), iam.path().to_owned()),
        (ROLE_PREFIX.into(), iam.role_prefix.clone()),
    ])
}

fn tags(settings: &Settings) -> BTreeMap<String, String> {
    let mut tags = settings.tags.clone();
    tags.insert(DEPLOYMENT_TAG.into(), settings.name.clone());
    tags
}

/// For a role that has a name, as it has with a prefix; it includes CAPABILITY_IAM.
fn capabilities() -> Vec<String> {
    vec!["CAPABILITY_NAMED_IAM".into()]
}

/// The StackSet for a deployment. Pure.
pub(crate) fn stack_set(settings: &Settings, name: String, hub: &HubBus) -> StackSet {
    StackSet {
        name,
        auto_deployment: true,
        capabilities: capabilities(),
        description: Record {
            regions: settings.spokes.regions.iter().cloned().collect(),
            units: None,
        }
        .description(),
        managed_execution: true,
        parameters: parameters(settings, hub),
        retain_stacks_on_account_removal: false,
        tags: tags(settings),
        template: TEMPLATE.into(),
        regions: BTreeSet::new(),
        units: BTreeSet::new(),
        drift: None,
    }
}

/// The management account's own stacks, one a region. Pure.
pub(crate) fn stacks(
    settings: &Settings,
    name: &str,
    hub: &HubBus,
    regions: &BTreeSet<String>,
) -> BTreeMap<String, Stack> {
    let stack = |region: &String| Stack {
        name: name.to_owned(),
        region: region.clone(),
        id: String::new(),
        protected: false,
        capabilities: capabilities(),
        parameters: parameters(settings, hub),
        status: Stack::USABLE.into(),
        tags: tags(settings),
        template: TEMPLATE.into(),
        changed_s: None,
    };
    regions
        .iter()
        .map(|region| (region.clone(), stack(region)))
        .collect()
}

/// What is there.
#[derive(Default)]
pub(crate) struct Observed {
    pub(crate) stack_set: Option<StackSet>,
    pub(crate) instances: Instances,
    /// Units and regions that new accounts are deployed to.
    pub(crate) auto_deployment: BTreeMap<String, BTreeSet<String>>,
    /// Operations that have not ended.
    pub(crate) running: Vec<Running>,
    /// The newest operation that has ended.
    pub(crate) last: Option<Last>,
    /// When each operation ended, in seconds since 1970, by its id; `None` while it is under way.
    pub(crate) ends: BTreeMap<String, Option<i64>>,
}

/// How long the list of stack instances may lag behind an operation that has ended. The model of ListStackInstances
/// says nothing; others have seen it (github.com/hashicorp/terraform-provider-aws/issues/40649).
const LAG: Duration = Duration::from_secs(60);
/// Equal answers in a row that are believed after an operation that has just ended.
const STEADY: usize = 3;

/// What is there beside the StackSet, each with why it could not be read.
#[derive(Default)]
pub(crate) struct Listed {
    /// Empty where it could not be read.
    pub(crate) observed: Observed,
    /// Why the instances are not known.
    pub(crate) instances: Option<AwsError>,
    /// Why the operations are not known.
    pub(crate) operations: Option<AwsError>,
}

/// The same as [`observe`], read again after an operation that has ended a moment ago: until no instance shows it as
/// under way, and the list stays the same.
pub(crate) async fn observe_settled(
    place: &Place<'_>,
    name: &str,
    regions: &BTreeSet<String>,
    work: &Work,
) -> anyhow::Result<Observed> {
    let read = async || Ok(observe(place, name, regions).await?);
    settled(work, read, |it| it).await
}

/// Instances and operations, in the same manner. `regions` are all that the StackSet may be in.
///
/// # Errors
/// When the run is stopped.
pub(crate) async fn list_settled(
    place: &Place<'_>,
    name: &str,
    regions: &BTreeSet<String>,
    work: &Work,
) -> anyhow::Result<Listed> {
    let read = async || Ok(list(place, name, regions).await);
    settled(work, read, |it| &it.observed).await
}

async fn settled<T>(
    work: &Work,
    read: impl AsyncFn() -> anyhow::Result<T>,
    of: impl Fn(&T) -> &Observed,
) -> anyhow::Result<T> {
    let since = Instant::now();
    let (mut last, mut equal) = (Instances::default(), 0);
    let awaited = "AWS's list of stack instances to settle";
    poll_until(work, awaited, 2 * LAG, async || {
        let seen = read().await?;
        let observed = of(&seen);
        equal = match observed.instances == last {
            true => equal + 1,
            false => 1,
        };
        last = observed.instances.clone();
        let is_believed = !observed.is_fresh(jiff::Timestamp::now().as_second())
            || (equal >= STEADY && !observed.moves())
            || since.elapsed() >= LAG;
        Ok(match is_believed {
            true => Poll::Ready(seen),
            false => Poll::Pending,
        })
    })
    .await
}

async fn list(place: &Place<'_>, name: &str, regions: &BTreeSet<String>) -> Listed {
    let (instances, operations) = tokio::join!(
        instances::list(place, name, regions),
        operations::list(place, name),
    );
    let mut listed = Listed::default();
    let observed = &mut listed.observed;
    match instances {
        Ok(found) => observed.instances = found,
        Err(error) => listed.instances = Some(error),
    }
    match operations {
        Ok(found) => {
            let Operations {
                running,
                last,
                ends,
            } = found;
            (observed.running, observed.last, observed.ends) = (running, last, ends);
        }
        Err(error) => listed.operations = Some(error),
    }
    listed
}

impl Observed {
    /// Whether no operation is under way, and the last has just ended. Pure.
    fn is_fresh(&self, now_s: i64) -> bool {
        let ended = self.last.as_ref().and_then(|last| last.ended_s);
        let is_recent = ended.is_some_and(|ended| now_s - ended < LAG.as_secs().cast_signed());
        self.running.is_empty() && is_recent
    }

    /// Whether an instance shows an operation under way. Pure.
    fn moves(&self) -> bool {
        let moves = |instance: &Instance| matches!(&*instance.detail, "PENDING" | "RUNNING");
        self.instances.iter().any(|(.., it)| moves(it))
    }
}

/// Reads the StackSet and all that belongs to it. `regions` are read in addition to those that the StackSet names.
pub(crate) async fn observe(
    place: &Place<'_>,
    name: &str,
    regions: &BTreeSet<String>,
) -> Result<Observed, AwsError> {
    let Some(stack_set) = StackSet::find(place, name).await? else {
        return Ok(Observed::default());
    };
    let regions: BTreeSet<String> = stack_set.regions.union(regions).cloned().collect();
    let (instances, auto_deployment, operations) = tokio::try_join!(
        instances::list(place, name, &regions),
        StackSet::auto_deployment_targets(place, name),
        operations::list(place, name),
    )?;
    Ok(Observed {
        stack_set: Some(stack_set),
        instances,
        auto_deployment,
        running: operations.running,
        last: operations.last,
        ends: operations.ends,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instances_lag_that_show_an_operation_that_has_just_ended() {
        let observed = |detail: &str, ended_s: i64| {
            let instance = Instance {
                status: "OUTDATED".into(),
                detail: detail.into(),
                reason: None,
                unit: "ou".into(),
                operation: "".into(),
                has_stack: true,
            };
            let mut observed = Observed::default();
            observed.instances.insert(Location::of("1", "a"), instance);
            observed.last = Some(Last {
                operation_id: String::new(),
                action: "CREATE".into(),
                status: "SUCCEEDED".into(),
                failed: 0,
                status_reason: None,
                ended: None,
                ended_s: Some(ended_s),
            });
            observed
        };
        assert!(observed("RUNNING", 1000).is_fresh(1001));
        assert!(!observed("RUNNING", 1000).is_fresh(1200));
        assert!(!Observed::default().is_fresh(1000));
        assert!(observed("PENDING", 1000).moves());
        assert!(!observed("FAILED", 1000).moves());
    }

    #[test]
    fn the_template_fits_a_stack_set() {
        // CloudFormation API Reference, CreateStackSet: TemplateBody has at most 51,200 bytes.
        assert!(TEMPLATE.len() <= 51_200);
    }
    #[test]
    fn a_role_with_a_name_cannot_be_moved() {
        let of = |prefix: &str, path: &str| {
            BTreeMap::from([
                ("RolePrefix".to_owned(), prefix.to_owned()),
                ("RolePath".to_owned(), path.to_owned()),
            ])
        };
        for (found, wanted, is_stuck) in [
            (of("a-", "/x/"), of("a-", "/y/"), true),
            (of("a-", "/x/"), of("b-", "/y/"), false),
            (of("a-", "/x/"), of("b-", "/x/"), false),
            // CloudFormation gave it another name, as it will again.
            (of("", "/"), of("", "/y/"), false),
            (of("a-", "/x/"), of("", "/y/"), false),
            (BTreeMap::new(), of("a-", "/y/"), false),
        ] {
            assert_eq!(
                stuck_role(&found, &wanted).is_some(),
                is_stuck,
                "{found:?} {wanted:?}"
            );
        }
    }

    #[test]
    fn a_boundary_is_a_policy_of_the_account_or_of_aws() {
        for (text, owner, policy) in [
            (
                "arn:aws:iam::aws:policy/PowerUserAccess",
                "aws",
                "PowerUserAccess",
            ),
            ("/team/Boundary", "", "team/Boundary"),
            ("Boundary", "", "Boundary"),
        ] {
            let found = iam_parameters(&IamSettings {
                boundary: crate::settings::Boundary::parse(text),
                ..IamSettings::default()
            });
            assert_eq!(
                (
                    found["BoundaryAccount"].as_str(),
                    found["PermissionsBoundary"].as_str()
                ),
                (owner, policy)
            );
        }
    }
}
