//! A spoke as its StackSet describes it: the template, the parameters, and the status of each instance.
//!
//! That is what CloudFormation deployed last, not what somebody changed since; for that the account must be read.

use super::events::Place;
use super::finding::{DEPLOY_SPOKES, Hop, Part};
use super::rules;
use super::spoke::must;
use crate::names::Names;
use crate::spokes::instances::Instance;
use crate::spokes::stack_set::StackSet;
use crate::spokes::{Location, TEMPLATE};
use serde_json::Value;
use std::collections::BTreeMap;

/// What the StackSet deploys everywhere.
pub(crate) fn check_set(set: &StackSet, names: &Names) -> Vec<Hop> {
    let id = format!("stack-set {}", set.name);
    let mut hops = vec![parameters(&id, set, names)];
    let place = Place {
        account: names.account.clone(),
        region: names.region.clone(),
        sign_in_region: names.partition.sign_in_region().to_owned(),
    };
    let must = must(&place);
    hops.push(match pattern(&set.template) {
        Some(found) => rules::pattern(&id, &found, &must, &place.never(), DEPLOY_SPOKES),
        None => Hop::unknown(
            &id,
            "pattern",
            "no event pattern was found in its template",
            Some(DEPLOY_SPOKES.into()),
        ),
    });
    hops.push(match state(&set.template) {
        Some(found) => rules::state(&id, found, &must, DEPLOY_SPOKES),
        None => Hop::unknown(
            &id,
            "state",
            "no state of a rule was found in its template",
            Some(DEPLOY_SPOKES.into()),
        ),
    });
    hops.push(if set.template.trim() == TEMPLATE.trim() {
        Hop::ok(
            &id,
            "template",
            "the one of this version: rule, target and role",
        )
    } else {
        Hop::broken(
            &id,
            "template",
            "its template is not the one of this version of rootwatch",
            DEPLOY_SPOKES,
        )
    });
    hops
}

/// An instance, as far as CloudFormation knows.
pub(crate) fn check_instance(location: &Location, instance: &Instance) -> Hop {
    let (id, check) = ("stack instance", "status");
    let hop = if instance.is_skipped() {
        Hop::ok(id, check, "skipped: the account is suspended")
    } else if instance.is_current() {
        Hop::ok(id, check, "up to date")
    } else {
        let reason = instance.reason.as_deref().unwrap_or(&instance.detail);
        Hop::broken(
            id,
            check,
            format!("it is {}: {reason}", instance.status),
            DEPLOY_SPOKES,
        )
    };
    hop.at(Part::Spoke, &location.account, &location.region)
}

fn parameters(id: &str, set: &StackSet, names: &Names) -> Hop {
    let check = "parameters";
    let wanted = BTreeMap::from([
        ("DeploymentName", names.deployment.clone()),
        ("HubAccountId", names.account.clone()),
        ("HubBusName", names.bus()),
        ("HubRegion", names.region.clone()),
    ]);
    let wrong: Vec<String> = wanted
        .into_iter()
        .filter_map(|(name, wanted)| {
            let found = set.parameters.get(name).cloned().unwrap_or_default();
            (found != wanted).then(|| format!("{name} is \"{found}\" and not \"{wanted}\""))
        })
        .collect();
    if wrong.is_empty() {
        return Hop::ok(
            id,
            check,
            format!("every instance forwards to {}", names.bus_arn()),
        );
    }
    Hop::broken(
        id,
        check,
        wrong.join("; "),
        format!("{DEPLOY_SPOKES} with this hub"),
    )
}

/// The event pattern, which stands in the YAML as JSON.
fn pattern(template: &str) -> Option<Value> {
    let (_, rest) = template.split_once("EventPattern:")?;
    let mut values = serde_json::Deserializer::from_str(rest).into_iter::<Value>();
    values.next()?.ok()
}

fn state(template: &str) -> Option<&str> {
    let mut lines = template.lines().map(str::trim);
    lines
        .find_map(|line| line.strip_prefix("State:"))
        .map(str::trim)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::partition::Partition;
    use crate::verify::finding::Verdict;

    fn set(template: &str, hub_region: &str) -> StackSet {
        let parameter = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        StackSet {
            regions: std::collections::BTreeSet::new(),
            units: std::collections::BTreeSet::new(),
            drift: None,
            name: "rootwatch-spoke".into(),
            auto_deployment: true,
            capabilities: Vec::new(),
            description: String::new(),
            managed_execution: true,
            parameters: BTreeMap::from([
                parameter("DeploymentName", "rootwatch"),
                parameter("HubAccountId", "222222222222"),
                parameter("HubBusName", "rootwatch"),
                parameter("HubRegion", hub_region),
            ]),
            retain_stacks_on_account_removal: false,
            tags: BTreeMap::new(),
            template: template.to_owned(),
        }
    }

    /// The checks that are not fine.
    fn wrong(template: &str, hub_region: &str) -> Vec<&'static str> {
        let names = Names {
            deployment: "rootwatch".into(),
            account: "222222222222".into(),
            region: "eu-west-1".into(),
            partition: Partition::Aws,
            topic: None,
            iam: crate::settings::IamSettings::default(),
        };
        let hops = check_set(&set(template, hub_region), &names);
        hops.iter()
            .filter(|hop| hop.verdict != Verdict::Ok)
            .map(|hop| hop.check)
            .collect()
    }

    #[test]
    fn the_template_is_fine_and_each_change_of_it_is_not() {
        assert_eq!(wrong(TEMPLATE, "eu-west-1"), Vec::<&str>::new());
        assert_eq!(wrong(TEMPLATE, "eu-west-2"), ["parameters"]);
        let all = crate::hub::rule::ALL_MANAGEMENT_EVENTS;
        assert_eq!(
            wrong(
                &TEMPLATE.replace(&format!("State: {all}"), "State: ENABLED"),
                "eu-west-1"
            ),
            ["state", "template"]
        );
        assert_eq!(
            wrong(&TEMPLATE.replace("[\"Root\"]", "[\"root\"]"), "eu-west-1"),
            ["pattern", "template"]
        );
        assert_eq!(
            wrong(
                &TEMPLATE.replace("events:PutEvents", "events:PutEvent"),
                "eu-west-1"
            ),
            ["template"]
        );
        assert_eq!(
            wrong("Resources: {}", "eu-west-1"),
            ["pattern", "state", "template"]
        );
    }
}
