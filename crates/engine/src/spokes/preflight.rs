//! Prerequisites, checked before anything is written, each with the command that fixes it.

use super::organization::Organization;
use super::units::Units;
use super::{HubBus, Location};
use crate::aws::error::Call;
use crate::elsewhere::{self, Denied};
use crate::hub::policies::LETS_IN;
use crate::next;
use crate::session::Session;
use rootwatch_eval::Policy;

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
    policy.statement(LETS_IN).is_some_and(|statement| {
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
    use super::super::organization::{Account, Paths, Subtree};
    use super::*;
    use std::collections::BTreeMap;

    #[test]
    fn more_instances_than_a_stack_set_may_have_are_refused() {
        let account = |id: usize| Account {
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
