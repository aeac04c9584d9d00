//! Prerequisites, checked before anything is written, each with the command that fixes it.

use super::directory::Directory;
use super::organization::{self, Organization, Paths, Resolved, Subtree};
use super::{HubBus, Location, Place};
use crate::aws::Aws;
use crate::aws::error::Call;
use crate::elsewhere::{self, Denied};
use crate::next;
use crate::session::Session;
use crate::settings::Settings;
use crate::source::{Source, key};
use anyhow::{Context, Result, bail};
use aws_sdk_cloudformation::types::OrganizationStatus;
use futures_util::future::join_all;
use rootwatch_eval::Policy;

use std::collections::{BTreeMap, BTreeSet};

/// Why `deploy spokes` cannot work yet: every reason that was found, each with its remedy.
#[derive(Debug, thiserror::Error)]
#[error("the spokes cannot be deployed yet, and nothing was changed:{}", lines(.0))]
pub(crate) struct NotReady(pub(crate) Vec<String>);

fn lines(problems: &[String]) -> String {
    problems.iter().map(|it| format!("\n  - {it}")).collect()
}

/// The organization must have all features.
pub(crate) fn features(organization: &Organization) -> Result<(), String> {
    if organization.all_features {
        return Ok(());
    }
    Err("the organization has consolidated billing only, and StackSets need all features: `aws organizations enable-all-features` in the management account".into())
}

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

/// The call that [`trusted_access`] makes.
pub(crate) const ACCESS: &str = "cloudformation:DescribeOrganizationsAccess";

/// Whether StackSets may work in the organization's accounts, as set in its management account.
///
/// Fails with what to do when these credentials may not ask.
pub(crate) async fn trusted_access(place: &Place<'_>) -> Result<bool, NoAccess> {
    let account = &place.aws.account;
    let answer = place
        .aws
        .cloudformation
        .describe_organizations_access()
        .call_as(place.call_as.clone())
        .send()
        .await
        .call(ACCESS);
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
pub(crate) async fn access(place: &Place<'_>, organization: &Organization) -> Result<()> {
    match trusted_access(place).await {
        Ok(true) => Ok(()),
        Ok(false) => bail!(access_is_off(organization, &place.aws.account)),
        Err(problem) => bail!(problem),
    }
}

/// That trusted access is off, and what to do.
pub(crate) fn access_is_off(organization: &Organization, account: &str) -> NoAccess {
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
pub(crate) async fn enable_trusted_access(aws: &Aws) -> Result<()> {
    aws.cloudformation
        .activate_organizations_access()
        .send()
        .await
        .call("cloudformation:ActivateOrganizationsAccess")
        .context("turning on trusted access for StackSets")?;
    Ok(())
}

/// Organizational units with all that is below each, and those that another one includes already.
pub(crate) struct Units {
    pub(crate) outermost: BTreeMap<String, Subtree>,
    pub(crate) inside: Vec<String>,
    /// Those that were deployed to, and no longer exist.
    pub(crate) gone: Vec<String>,
    /// Paths of the units that were seen.
    pub(crate) paths: Paths,
}

/// The units that are to be watched, by id.
#[derive(Default)]
struct Chosen {
    ids: BTreeSet<String>,
    gone: Vec<String>,
    paths: Paths,
}

/// Looks up the units of the settings. One that is only `deployed` to may be gone.
async fn choose(
    aws: &Aws,
    all: &Settings,
    deployed: Option<&BTreeSet<String>>,
) -> Result<Chosen, Vec<String>> {
    let settings = &all.spokes;
    let look_up = async |units: &[String]| {
        let found = units.iter().map(|unit| organization::resolve(aws, unit));
        join_all(found).await
    };
    let (found, removed) = tokio::join!(look_up(&settings.ous), look_up(&settings.removed_ous));
    let (mut chosen, mut problems) = (Chosen::default(), Vec::new());
    let mut given: BTreeMap<String, &String> = BTreeMap::new();
    for (unit, found) in settings.ous.iter().zip(found) {
        match found {
            Ok(found) => {
                if all.sources.get(&format!("{}.{unit}", key::OU)).is_some() {
                    given.insert(found.id.clone(), unit);
                }
                chosen.ids.insert(found.id);
                chosen.paths.extend(found.paths);
            }
            Err(error) if is_gone(&error) && deployed.is_some_and(|it| it.contains(unit)) => {
                chosen.gone.push(unit.clone());
            }
            Err(error) => problems.push(format!("{error:#}")),
        }
    }
    for (unit, found) in settings.removed_ous.iter().zip(removed) {
        let is_removed = found.map_err(|error| format!("{error:#}"));
        let is_removed = is_removed.and_then(|found| match given.get(&found.id) {
            Some(same) => Err(contradicted(unit, same, all)),
            None => chosen.remove(unit, found, deployed),
        });
        problems.extend(is_removed.err());
    }
    if problems.is_empty() && chosen.ids.is_empty() {
        problems.push(match settings.removed_ous.is_empty() {
            true => "no organizational unit is given, and none is deployed to yet: --ou, or `ou` under [spokes] in rootwatch.toml; the root's id or / selects all accounts".into(),
            false => "no organizational unit is left to watch: `rootwatch teardown spokes` removes the spokes, --ou watches another unit".into(),
        });
    }
    match problems.is_empty() {
        true => Ok(chosen),
        false => Err(problems),
    }
}

impl Chosen {
    /// Takes a unit out. One that is deployed to and that the file's list leaves out is out already.
    fn remove(
        &mut self,
        unit: &str,
        found: Resolved,
        deployed: Option<&BTreeSet<String>>,
    ) -> Result<(), String> {
        let is_deployed = deployed.is_some_and(|it| it.contains(&found.id));
        if !self.ids.remove(&found.id) && !is_deployed {
            return Err(not_deployed_to(unit, &found.id, self));
        }
        self.paths.extend(found.paths);
        Ok(())
    }
}

/// What to do where a unit is to be removed that the run gives under another name.
fn contradicted(removed: &str, given: &str, settings: &Settings) -> String {
    let source = settings.sources.get(&format!("{}.{given}", key::OU));
    let what = match source {
        Some(Source::File(place)) => {
            format!("{place} lists: take it out of the file, whose list is the whole one")
        }
        Some(source) => format!("is given by {source}: leave one of them out"),
        None => "is given too: leave one of them out".into(),
    };
    let same = match removed == given {
        true => String::new(),
        false => format!(", the unit {given}"),
    };
    format!("--remove-ou removes {removed}{same}, which {what}")
}

fn not_deployed_to(unit: &str, id: &str, chosen: &Chosen) -> String {
    let directory = Directory::of(chosen.paths.clone(), []);
    let all: Vec<String> = chosen.ids.iter().map(|it| directory.unit(it)).collect();
    format!(
        "--remove-ou names {unit} ({id}), to which the spokes are not deployed; they are deployed to {}",
        all.join(", ")
    )
}

/// Looks up the units, which must exist and contain accounts. One that is only `deployed` to may be gone.
pub(crate) async fn units(
    aws: &Aws,
    settings: &Settings,
    deployed: Option<&BTreeSet<String>>,
    management_account: &str,
) -> Result<Units, Vec<String>> {
    let chosen = choose(aws, settings, deployed).await?;
    let ids: Vec<String> = chosen.ids.into_iter().collect();
    let mut paths = chosen.paths;
    let trees = organization::subtrees(aws, &ids).await.map_err(|error| {
        vec![format!(
            "the accounts of the organizational units cannot be read: {error}"
        )]
    })?;
    let unknown = ids.iter().filter(|id| !paths.contains_key(*id));
    let unknown = organization::paths(aws, unknown).await;
    paths.extend(unknown);
    let mut units = outermost(trees);
    units.gone = chosen.gone;
    units.paths = below(&units, paths);
    let is_target = |tree: &Subtree| {
        let mut accounts = tree.accounts.iter();
        accounts.any(|account| account.active && account.id != management_account)
    };
    if !units.outermost.values().any(is_target) {
        let directory = Directory::of(units.paths, []);
        let all: Vec<String> = units
            .outermost
            .keys()
            .map(|it| directory.unit(it))
            .collect();
        return Err(vec![format!(
            "no active account is in {}: `aws organizations move-account` puts one there, or give another --ou",
            all.join(", ")
        )]);
    }
    Ok(units)
}

/// Adds the paths of the units below those whose path is known. Pure.
fn below(units: &Units, mut paths: Paths) -> Paths {
    for (unit, tree) in &units.outermost {
        let Some(path) = paths.get(unit).cloned() else {
            continue;
        };
        let path = path.trim_end_matches('/');
        let under = tree.paths.iter();
        paths.extend(under.map(|(id, rest)| (id.clone(), format!("{path}{rest}"))));
    }
    paths
}

/// Leaves out units that are inside another one of them: the outer one reaches all their accounts. Pure.
fn outermost(mut trees: BTreeMap<String, Subtree>) -> Units {
    let is_inside = |unit: &String| trees.values().any(|tree| tree.units.contains(unit));
    let inside: Vec<String> = trees
        .keys()
        .filter(|unit| is_inside(unit))
        .cloned()
        .collect();
    trees.retain(|unit, _| !inside.contains(unit));
    Units {
        outermost: trees,
        inside,
        gone: Vec::new(),
        paths: Paths::new(),
    }
}

/// Whether the organization has no such unit.
fn is_gone(error: &anyhow::Error) -> bool {
    error.is::<organization::NoSuchUnit>()
}

/// AWS refuses more, after the StackSet was made (CloudFormation API Reference, CreateStackInstances,
/// LimitExceededException).
pub(crate) fn quota(
    units: &Units,
    management_account: &str,
    regions: usize,
    most: usize,
) -> Result<(), String> {
    let accounts = units.outermost.values().flat_map(|tree| &tree.accounts);
    let accounts = accounts.filter(|it| it.id != management_account).count();
    let instances = accounts * regions;
    if instances <= most {
        return Ok(());
    }
    Err(format!(
        "{accounts} accounts by {regions} regions are {instances} stack instances, and one StackSet may have {most}: ask AWS for a higher quota (Service Quotas, CloudFormation) and give it with --instance-quota, leave out regions with --regions, or give another part of the units to a deployment of another --name"
    ))
}

/// What is known of the hub's bus.
pub(crate) struct Hub {
    pub(crate) bus: HubBus,
    /// What could not be checked.
    pub(crate) note: Option<String>,
}

/// The hub of the settings, or this account when the hub's bus is here. Its policy must let the organization in, since
/// EventBridge checks it when a spoke's rule gets its target.
pub(crate) async fn hub(session: &Session, org_id: &str) -> Result<Hub, String> {
    let (aws, given) = (&session.aws, &session.settings.hub);
    let region = given.region.clone().unwrap_or(aws.region.clone());
    let account = given.account.clone().unwrap_or(aws.account.clone());
    let at = session.at_hub(&Location::of(&account, &region)).await;
    let at = at.map_err(|error| format!("{error:#}"))?;
    let bus = HubBus { account, region };
    let Some(at) = at else {
        let note = format!(
            "the hub's bus in account {}, region {} cannot be seen from here: {} shows whether it allows the organization",
            bus.account,
            bus.region,
            next::there("rootwatch status", &bus.location())
        );
        return Ok(Hub {
            bus,
            note: Some(note),
        });
    };
    let here = Location::of(&aws.account, &aws.region);
    let (name, place) = (session.names().bus(), at.aws.place());
    let answer = at.aws.eventbridge.describe_event_bus().name(&name);
    let answer = answer.send().await;
    let found = answer.found("events:DescribeEventBus").map_err(|error| {
        format!("the hub's event bus \"{name}\" in {place} cannot be read: {error}")
    })?;
    let Some(found) = found else {
        return Err(no_bus(session, &name, &place, &bus.location()).await);
    };
    if !lets_in(found.policy().unwrap_or_default(), org_id) {
        return Err(format!(
            "the policy of the hub's event bus \"{name}\" in {place} does not allow the organization {org_id}: {} fixes it",
            next::at_hub("rootwatch deploy hub", &bus.location(), &here)
        ));
    }
    Ok(Hub { bus, note: None })
}

/// What to do where there is no bus: name the hub that the spokes forward to, if one can be found.
async fn no_bus(session: &Session, name: &str, place: &str, hub: &Location) -> String {
    let none = format!("the hub's event bus \"{name}\" is not in {place}");
    let (aws, names) = (&session.aws, session.names());
    let (call_as, denied) = (session.settings.spokes.call_as, Denied::default());
    match elsewhere::find_widely(aws, &names, call_as, &denied).await {
        Ok(Some(other)) => format!(
            "{none}; {}, or give --hub-account {} --hub-region {}",
            other.words(aws),
            other.hub.account,
            other.hub.region
        ),
        // That there is none here is what ends the run, so another failure only adds to the doubt.
        Err(error) => format!(
            "{none}, and whether it is elsewhere could not be read: {error:#}; say where it is with --hub-account and --hub-region"
        ),
        Ok(None) => format!(
            "{none}{}; say where it is with --hub-account and --hub-region, or run {} first",
            denied.doubt(),
            next::at_hub(
                "rootwatch deploy hub",
                hub,
                &Location::of(&aws.account, &aws.region)
            )
        ),
    }
}

/// Whether our statement of the bus's policy is there and names the organization. Pure.
fn lets_in(policy: &str, org_id: &str) -> bool {
    let Ok(policy) = Policy::parse(policy) else {
        return false;
    };
    policy
        .statement("RootwatchOrganization")
        .is_some_and(|statement| {
            let ids = &statement["Condition"]["StringEquals"]["aws:PrincipalOrgID"];
            let names = ids.as_array().map_or_else(
                || ids.as_str() == Some(org_id),
                |all| all.iter().any(|id| id.as_str() == Some(org_id)),
            );
            statement["Effect"] == "Allow" && names
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(units: &[&str]) -> Subtree {
        Subtree {
            units: units.iter().map(|unit| (*unit).to_owned()).collect(),
            ..Subtree::default()
        }
    }

    #[test]
    fn more_instances_than_a_stack_set_may_have_are_refused() {
        let account = |id: usize| organization::Account {
            id: id.to_string(),
            name: String::new(),
            active: true,
            unit: "ou".into(),
        };
        let tree = Subtree {
            accounts: (0..10).map(account).collect(),
            ..Subtree::default()
        };
        let units = Units {
            outermost: BTreeMap::from([("ou".to_owned(), tree)]),
            inside: Vec::new(),
            gone: Vec::new(),
            paths: Paths::new(),
        };
        assert_eq!(quota(&units, "m", 10, 100), Ok(()));
        let refused = quota(&units, "m", 11, 100).unwrap_err();
        assert!(
            refused.starts_with("10 accounts by 11 regions are 110"),
            "{refused}"
        );
    }

    #[test]
    fn a_region_without_delegated_administrators_is_named() {
        assert_eq!(unlisted("eu-west-1"), "");
        assert!(unlisted("ap-southeast-5").contains("--hub-region ap-southeast-5"));
    }

    #[test]
    fn a_unit_inside_another_is_left_out() {
        let trees = BTreeMap::from([
            ("ou-workloads".to_owned(), tree(&["ou-prod", "ou-test"])),
            ("ou-prod".to_owned(), tree(&[])),
            ("ou-security".to_owned(), tree(&[])),
        ]);
        let units = outermost(trees);
        let outer: Vec<&String> = units.outermost.keys().collect();
        assert_eq!(outer, ["ou-security", "ou-workloads"]);
        assert_eq!(units.inside, ["ou-prod"]);
    }

    #[test]
    fn a_policy_lets_in_the_organization_it_names() {
        let policy = |effect: &str, org: &str| {
            format!(
                r#"{{"Statement": {{"Sid": "RootwatchOrganization", "Effect": "{effect}", "Principal": "*", "Action": "events:PutEvents", "Resource": "b", "Condition": {{"StringEquals": {{"aws:PrincipalOrgID": "{org}"}}}}}}}}"#
            )
        };
        assert!(lets_in(&policy("Allow", "o-a"), "o-a"));
        assert!(!lets_in(&policy("Allow", "o-b"), "o-a"));
        assert!(!lets_in(&policy("Deny", "o-a"), "o-a"));
        assert!(!lets_in("", "o-a"));
    }
}
