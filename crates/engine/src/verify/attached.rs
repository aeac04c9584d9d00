//! What others attached to the hub's bus, queues and function, each by name. Pure.

use super::deployed::Deployed;
use super::finding::{Hop, Read};
use super::others::{OtherMapping, OtherRule, Way};
use super::strangers::{self, Of};
use crate::findings::{FindingId, hub};
use crate::names::Names;
use rootwatch_eval::Policy;

/// A finding for each.
pub(super) fn judge(deployed: &Deployed) -> Vec<Hop> {
    let (names, others) = (&deployed.names, &deployed.others);
    let function = format!("function {}", names.function());
    let bus = format!("event-bus {}", names.bus());
    let mut hops = each(&others.rules, &bus, "rules", |it| of_rule(names, it));
    hops.extend(each(&others.ways, &function, "ways", |it| {
        of_way(names, &function, it)
    }));
    hops.extend(each(&others.mappings, &function, "mappings", |it| {
        of_mapping(names, &function, it)
    }));
    hops
}

fn each<T>(
    found: &Read<Vec<T>>,
    id: &str,
    check: &'static str,
    judge: impl Fn(&T) -> Vec<Hop>,
) -> Vec<Hop> {
    match found {
        Ok(all) => all.iter().flat_map(judge).collect(),
        Err(why) => vec![Hop::unread(hub::UNREAD, id, check, why)],
    }
}

fn unknown(kind: FindingId, id: &str, finding: String, command: &str) -> Vec<Hop> {
    let fix = format!(
        "find out who made it and what it is for (`{command}` shows it), and have it taken away unless somebody needs it"
    );
    vec![Hop::unknown(kind, id, "others", finding, Some(fix))]
}

fn of_rule(names: &Names, rule: &OtherRule) -> Vec<Hop> {
    let (region, bus, name) = (&names.region, names.bus(), &rule.name);
    let whose = match &rule.managed_by {
        Some(service) => format!("which {service} manages"),
        None => "which is not rootwatch's".to_owned(),
    };
    let targets = match rule.targets.as_slice() {
        [] => "has no target".to_owned(),
        all => format!("sends what it matches to {}", all.join(", ")),
    };
    let finding = format!("this rule on the bus {bus}, {whose}, {targets}");
    let command =
        format!("aws events describe-rule --region {region} --event-bus-name {bus} --name {name}");
    unknown(hub::OTHER_RULE, &format!("rule {name}"), finding, &command)
}

fn of_mapping(names: &Names, id: &str, mapping: &OtherMapping) -> Vec<Hop> {
    let OtherMapping {
        source,
        function,
        uuid,
    } = mapping;
    let finding = match *function == names.function_arn() {
        true => format!("it is invoked with what is in {source}, which is not rootwatch's"),
        false => format!("{function} takes events out of {source} before the notifier does"),
    };
    let command = format!(
        "aws lambda get-event-source-mapping --region {} --uuid {uuid}",
        names.region
    );
    unknown(hub::FUNCTION_WAYS, id, finding, &command)
}

fn of_way(names: &Names, id: &str, way: &Way) -> Vec<Hop> {
    let (region, function) = (&names.region, names.function());
    let lambda = |call: &str, qualifier: Option<&str>| {
        let qualifier = qualifier
            .map(|it| format!(" --qualifier {it}"))
            .unwrap_or_default();
        format!("aws lambda {call} --region {region} --function-name {function}{qualifier}")
    };
    match way {
        Way::Url { qualifier, auth } => {
            let of = qualifier
                .as_ref()
                .map(|it| format!(" of {it}"))
                .unwrap_or_default();
            let finding = format!(
                "it has a function URL{of} of the auth type {auth}: whom its policy allows can invoke it from the internet"
            );
            let command = lambda("get-function-url-config", qualifier.as_deref());
            unknown(hub::FUNCTION_WAYS, id, finding, &command)
        }
        Way::Invocations {
            qualifier,
            destinations,
        } => {
            let to = match destinations.as_slice() {
                [] => String::new(),
                all => format!(", whose results go to {}", all.join(", ")),
            };
            let finding = format!(
                "{qualifier} has settings for asynchronous invocations{to}: rootwatch makes none"
            );
            let command = lambda("list-function-event-invoke-configs", None);
            unknown(hub::FUNCTION_WAYS, id, finding, &command)
        }
        Way::Qualified { qualifier, policy } => {
            let of = Of {
                open: hub::FUNCTION_WAYS,
                statement: hub::FUNCTION_WAYS,
                id: &format!("{id}:{qualifier}"),
                shown_by: lambda("get-policy", Some(qualifier)),
            };
            strangers::statements(&of, &Policy::default(), policy, |_| None)
        }
    }
}
