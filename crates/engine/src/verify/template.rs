//! The StackSet that makes the spokes, against what rootwatch makes, and the status of its instances. Pure.
//!
//! That is what CloudFormation deployed last, not what somebody changed since; for that the account must be read.

use super::as_made::Changes;
use super::events::Place;
use super::finding::{DEPLOY_SPOKES, Hop, Part};
use super::rules::{self, Events};
use super::spoke::must;
use crate::findings::spokes;
use crate::names::Names;
use crate::spokes::instances::{Instance, Instances};
use crate::spokes::stack_set::StackSet;
use serde_json::Value;

/// The StackSet, against the one that is wanted.
pub(crate) fn check_set(set: &StackSet, wanted: &StackSet, names: &Names) -> Vec<Hop> {
    let id = format!("stack-set {}", set.name);
    // Line ends and blank lines at the end are no difference.
    let found = StackSet {
        template: set.template.trim().to_owned(),
        ..set.clone()
    };
    let wanted = StackSet {
        template: wanted.template.trim().to_owned(),
        ..wanted.clone()
    };
    let changes = Changes::between(&wanted, &found);
    let mut hops = Vec::new();
    if changes.has("template") {
        hops.push(template(&id, &found.template, names).about("template"));
    }
    let hub = ["DeploymentName", "HubAccountId", "HubBusName", "HubRegion"];
    for name in hub {
        let field = format!("parameters.{name}");
        if changes.has(&field) {
            let value = |set: &StackSet| set.parameters.get(name).cloned().unwrap_or_default();
            let (is, wanted) = (value(&found), value(&wanted));
            let finding = format!("{name} is \"{is}\" and not \"{wanted}\"");
            let fix = format!("{DEPLOY_SPOKES} with this hub");
            let kind = spokes::STACK_SET_PARAMETERS;
            hops.push(Hop::broken(kind, &id, "parameters", finding, fix).about(&field));
        }
    }
    hops.extend(changes.left(spokes::STACK_SET_DIFFERS, &id, &hops, DEPLOY_SPOKES));
    if hops.is_empty() {
        let finding = format!("every instance forwards to {}", names.bus_arn());
        hops.push(Hop::ok(&id, "as made", finding));
    }
    hops
}

/// Says of another template what its rule does to events, as far as that can be seen.
fn template(id: &str, template: &str, names: &Names) -> Hop {
    let other = "its template is not the one of this version of rootwatch";
    let place = Place {
        account: names.account.clone(),
        region: names.region.clone(),
        sign_in_region: names.partition.sign_in_region().to_owned(),
    };
    let events = Events {
        must: must(&place),
        never: place.never(),
    };
    let unfit = pattern(template).and_then(|found| rules::unfit(&found, &events));
    let finding = match unfit {
        Some(unfit) => format!("{other}: of the rule's pattern, {unfit}"),
        None => other.to_owned(),
    };
    Hop::broken(
        spokes::STACK_SET_TEMPLATE,
        id,
        "template",
        finding,
        DEPLOY_SPOKES,
    )
}

/// The event pattern, which stands in the YAML as JSON.
fn pattern(template: &str) -> Option<Value> {
    let (_, rest) = template.split_once("EventPattern:")?;
    let mut values = serde_json::Deserializer::from_str(rest).into_iter::<Value>();
    values.next()?.ok()
}

/// The instances that are selected, as far as CloudFormation knows: one finding for each that is not as it should be, and
/// one for all others, since there may be 200,000.
pub(crate) fn check_instances(
    instances: &Instances,
    is_selected: impl Fn(&str, &str) -> bool,
) -> Vec<Hop> {
    let (mut hops, mut current, mut skipped) = (Vec::new(), 0, 0);
    for (region, account, instance) in instances.iter() {
        if !is_selected(account, region) {
        } else if instance.is_skipped() {
            skipped += 1;
        } else if instance.is_current() {
            current += 1;
        } else {
            hops.push(instance_hop(instance).at(Part::Spoke, account, region));
        }
    }
    if current + skipped > 0 {
        let skipped = match skipped {
            0 => String::new(),
            some => format!(", {some} skipped: their accounts are suspended"),
        };
        let finding = format!("{current} up to date{skipped}");
        hops.insert(0, Hop::ok("stack instances", "status", finding));
    }
    hops
}

fn instance_hop(instance: &Instance) -> Hop {
    let reason = instance.reason.as_deref().unwrap_or(&instance.detail);
    let finding = format!("it is {}: {reason}", instance.status);
    Hop::broken(
        spokes::INSTANCE,
        "stack instance",
        "status",
        finding,
        DEPLOY_SPOKES,
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spokes::{HubBus, Location, TEMPLATE, stack_set};
    use crate::verify::finding::Verdict;

    fn wanted() -> StackSet {
        let hub = HubBus {
            account: "111122223333".into(),
            region: "eu-west-1".into(),
        };
        stack_set(
            &crate::settings::Settings::default(),
            "rootwatch-spoke".into(),
            &hub,
        )
    }

    /// Check and verdict of what is not fine.
    fn wrong(change: impl FnOnce(&mut StackSet)) -> Vec<(&'static str, Verdict)> {
        let mut found = wanted();
        change(&mut found);
        let hops = check_set(&found, &wanted(), &Names::sample()).into_iter();
        hops.filter(|hop| hop.verdict != Verdict::Ok)
            .map(|hop| (hop.check, hop.verdict))
            .collect()
    }

    #[test]
    fn each_change_of_the_stack_set_is_named() {
        assert_eq!(wrong(|_| {}), []);
        assert_eq!(wrong(|it| it.template += "\n"), []);
        let broken = |check| vec![(check, Verdict::Broken)];
        let region = |it: &mut StackSet| {
            it.parameters.insert("HubRegion".into(), "eu-west-2".into());
        };
        assert_eq!(wrong(region), broken("parameters"));
        for (old, new) in [
            ("State: ENABLED_WITH", "State: DISABLED #"),
            ("[\"Root\"]", "[\"root\"]"),
            ("events:PutEvents", "events:PutEvent"),
        ] {
            let template = TEMPLATE.replace(old, new);
            assert_ne!(template, TEMPLATE, "{old}");
            assert_eq!(wrong(|it| it.template = template), broken("template"));
        }
        let differs = vec![("as made", Verdict::Differs)];
        assert_eq!(wrong(|it| it.auto_deployment = false), differs);
        assert_eq!(wrong(|it| it.capabilities.clear()), differs);
        assert_eq!(wrong(|it| it.tags.clear()), differs);
        assert_eq!(
            wrong(|it| it.retain_stacks_on_account_removal = true),
            differs
        );
        let boundary = |it: &mut StackSet| {
            it.parameters
                .insert("PermissionsBoundary".into(), "x".into());
        };
        assert_eq!(wrong(boundary), differs);
    }

    #[test]
    fn another_template_is_judged_by_its_pattern() {
        let mut found = wanted();
        found.template = TEMPLATE.replace("[\"Root\"]", "[\"root\"]");
        let hops = check_set(&found, &wanted(), &Names::sample());
        assert!(
            hops[0].finding.contains("it does not match a sign-in"),
            "{hops:?}"
        );
    }

    #[test]
    fn instances_that_are_up_to_date_are_one_finding() {
        let instance = |status: &str, detail: &str| Instance {
            status: status.into(),
            detail: detail.into(),
            reason: None,
            unit: "ou".into(),
            operation: "".into(),
            has_stack: true,
        };
        let mut all = Instances::default();
        for account in 0..1000 {
            all.insert(
                Location::of(&account.to_string(), "a"),
                instance("CURRENT", "SUCCEEDED"),
            );
        }
        all.insert(Location::of("x", "a"), instance("OUTDATED", "FAILED"));
        all.insert(
            Location::of("y", "a"),
            instance("OUTDATED", "SKIPPED_SUSPENDED_ACCOUNT"),
        );
        let hops = check_instances(&all, |_, _| true);
        assert_eq!(hops.len(), 2, "{hops:?}");
        assert_eq!(
            hops[0].finding,
            "1000 up to date, 1 skipped: their accounts are suspended"
        );
        assert_eq!(
            (hops[1].account.as_str(), hops[1].verdict),
            ("x", Verdict::Broken)
        );
        assert_eq!(check_instances(&all, |account, _| account == "7").len(), 1);
    }
}
