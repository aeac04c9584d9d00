//! Which resources of a Terraform state are the reference's hub: Terraform would create them again, or remove what
//! rootwatch has taken over. Pure.
//!
//! Source: the state's format, version 4, as `terraform state pull` prints it.

use super::{BUS, FUNCTION, ROLE, TOPIC_VARIABLE};
use anyhow::{Context, Result, bail};
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeSet;

/// The one version of the state's format since Terraform 0.12.
const VERSION: u64 = 4;

#[derive(Deserialize)]
struct State {
    version: u64,
    #[serde(default)]
    resources: Vec<Resource>,
}

#[derive(Deserialize)]
struct Resource {
    #[serde(default)]
    module: Option<String>,
    mode: String,
    r#type: String,
    name: String,
    #[serde(default)]
    instances: Vec<Instance>,
}

#[derive(Deserialize)]
struct Instance {
    #[serde(default)]
    index_key: Option<Value>,
    #[serde(default)]
    attributes: Value,
}

impl Resource {
    /// Its address, `module.a.aws_sns_topic.b[0]`.
    fn address(&self, instance: &Instance) -> String {
        let module = self.module.iter().map(|it| format!("{it}."));
        let module: String = module.collect();
        let index = match &instance.index_key {
            Some(key) => format!("[{key}]"),
            None => String::new(),
        };
        format!("{module}{}.{}{index}", self.r#type, self.name)
    }
}

/// The reference's parts in a state.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Listed {
    /// The address of each.
    pub(crate) addresses: Vec<String>,
    /// ARNs of its topics.
    pub(crate) topics: BTreeSet<String>,
}

/// Everything in the state that is a hub of the reference in this account and these regions.
pub(crate) fn listed(state: &str, account: &str, regions: &[String]) -> Result<Listed> {
    let state: State = serde_json::from_str(state).context("it is not a Terraform state")?;
    if state.version != VERSION {
        bail!(
            "its format has version {}, and rootwatch reads version {VERSION}: `terraform state pull` with Terraform 0.12 or later prints that",
            state.version
        );
    }
    let here = Here {
        account,
        regions: regions
            .iter()
            .map(|region| format!(":{region}:{account}:"))
            .collect(),
    };
    let all = || {
        let managed = state.resources.iter().filter(|it| it.mode == "managed");
        managed.flat_map(|it| it.instances.iter().map(move |instance| (it, instance)))
    };
    let anchors = all().filter(|(it, instance)| is_anchor(it, instance, &here));
    let modules: BTreeSet<&Option<String>> = anchors.map(|(it, _)| &it.module).collect();
    let of_functions = all().filter(|(it, _)| it.r#type == "aws_lambda_function");
    let of_functions = of_functions.filter_map(|(_, instance)| topic_of(instance));
    let of_modules = all()
        .filter(|(it, _)| {
            it.r#type == "aws_sns_topic" && it.module.is_some() && modules.contains(&it.module)
        })
        .filter_map(|(_, instance)| instance.attributes["arn"].as_str());
    let topics: BTreeSet<&str> = of_functions.chain(of_modules).collect();
    let topics: BTreeSet<&str> = topics.into_iter().filter(|arn| here.has(arn)).collect();
    let is_old = |(it, instance): &(&Resource, &Instance)| {
        let arn = instance.attributes["arn"].as_str().unwrap_or_default();
        is_of_reference(it, instance, &topics)
            && modules.contains(&it.module)
            && (arn.is_empty() || here.has(arn))
    };
    Ok(Listed {
        addresses: all()
            .filter(is_old)
            .map(|(it, at)| it.address(at))
            .collect(),
        topics: topics.into_iter().map(str::to_owned).collect(),
    })
}

/// One account and some of its regions.
struct Here<'a> {
    account: &'a str,
    /// `:region:account:`, as ARNs have it.
    regions: Vec<String>,
}

impl Here<'_> {
    /// Whether an ARN is there; IAM has no region.
    fn has(&self, arn: &str) -> bool {
        self.has_region(arn) || arn.contains(&format!(":iam::{}:", self.account))
    }

    fn has_region(&self, arn: &str) -> bool {
        self.regions.iter().any(|region| arn.contains(region))
    }
}

/// The topic that the reference's function publishes to.
fn topic_of(function: &Instance) -> Option<&str> {
    let attributes = &function.attributes;
    let variables = &attributes["environment"][0]["variables"];
    let is_its = attributes["function_name"] == FUNCTION;
    variables[TOPIC_VARIABLE].as_str().filter(|_| is_its)
}

/// Whether it shows by itself that a hub of the reference is here.
fn is_anchor(resource: &Resource, instance: &Instance, here: &Here<'_>) -> bool {
    let arn = instance.attributes["arn"].as_str().unwrap_or_default();
    is_of_reference(resource, instance, &BTreeSet::new()) && here.has_region(arn)
}

fn is_of_reference(resource: &Resource, instance: &Instance, topics: &BTreeSet<&str>) -> bool {
    let is = |key: &str, value: &str| instance.attributes[key] == value;
    let is_topic = |key: &str| {
        let arn = instance.attributes[key].as_str();
        arn.is_some_and(|arn| topics.contains(arn))
    };
    match resource.r#type.as_str() {
        "aws_cloudwatch_event_bus" => is("name", BUS),
        "aws_cloudwatch_event_permission"
        | "aws_cloudwatch_event_rule"
        | "aws_cloudwatch_event_target" => is("event_bus_name", BUS),
        "aws_iam_role" => is("name", ROLE),
        "aws_iam_role_policy" => is("role", ROLE),
        "aws_lambda_function" | "aws_lambda_permission" => is("function_name", FUNCTION),
        "aws_sns_topic" => is_topic("arn"),
        "aws_sns_topic_subscription" => is_topic("topic_arn"),
        _ => false,
    }
}

/// The commands that make Terraform forget them.
pub(crate) fn commands(addresses: &[String]) -> Vec<String> {
    let command = |it: &String| format!("terraform state rm '{it}'");
    addresses.iter().map(command).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const ACCOUNT: &str = "222222222222";

    fn resource(module: Option<&str>, kind: &str, name: &str, attributes: Value) -> Value {
        let mut it = json!({"mode": "managed", "type": kind, "name": name, "instances": [{"attributes": attributes}]});
        if let Some(module) = module {
            it["module"] = json!(module);
        }
        it
    }

    fn hub(module: Option<&str>, region: &str) -> Vec<Value> {
        let arn =
            |service: &str, what: &str| format!("arn:aws:{service}:{region}:{ACCOUNT}:{what}");
        let topic = arn("sns", "root");
        [
            ("aws_cloudwatch_event_bus", json!({"name": BUS, "arn": arn("events", "event-bus/hub-root-activity")})),
            ("aws_cloudwatch_event_permission", json!({"event_bus_name": BUS})),
            ("aws_cloudwatch_event_rule", json!({"event_bus_name": BUS, "name": super::super::RULE})),
            ("aws_cloudwatch_event_target", json!({"event_bus_name": BUS})),
            ("aws_iam_role", json!({"name": ROLE, "arn": format!("arn:aws:iam::{ACCOUNT}:role/{ROLE}")})),
            ("aws_iam_role_policy", json!({"role": ROLE})),
            ("aws_lambda_function", json!({"function_name": FUNCTION, "arn": arn("lambda", "function:root-activity-monitor"), "environment": [{"variables": {"SNSARN": topic}}]})),
            ("aws_lambda_permission", json!({"function_name": FUNCTION})),
            ("aws_sns_topic", json!({"arn": topic})),
            ("aws_sns_topic_subscription", json!({"topic_arn": topic, "endpoint": "secret@example.com"})),
        ]
        .map(|(kind, attributes)| resource(module, kind, "x", attributes))
        .into()
    }

    fn found(resources: Vec<Value>) -> Vec<String> {
        let state = json!({"version": 4, "serial": 1, "resources": resources}).to_string();
        let regions = ["eu-west-1".to_owned()];
        listed(&state, ACCOUNT, &regions).unwrap().addresses
    }

    #[test]
    fn everything_of_the_module_is_found_and_nothing_else() {
        let mut all = hub(Some("module.root-activity-monitor-euw1"), "eu-west-1");
        all.push(json!({"mode": "data", "type": "aws_sns_topic", "name": "read", "instances": []}));
        all.push(resource(
            None,
            "aws_sns_topic",
            "other",
            json!({"arn": format!("arn:aws:sns:eu-west-1:{ACCOUNT}:other")}),
        ));
        all.push(resource(
            None,
            "aws_cloudwatch_event_bus",
            "other",
            json!({"name": "other"}),
        ));
        let addresses = found(all);
        assert_eq!(addresses.len(), 10, "{addresses:#?}");
        let module = "module.root-activity-monitor-euw1.aws_";
        assert!(addresses.iter().all(|it| it.starts_with(module)));
    }

    #[test]
    fn without_a_module_the_topic_is_known_by_the_function() {
        assert_eq!(found(hub(None, "eu-west-1")).len(), 10);
    }

    #[test]
    fn a_second_one_in_another_region_stays() {
        let mut all = hub(Some("module.a"), "us-east-1");
        assert_eq!(found(all.clone()), Vec::<String>::new());
        all.extend(hub(Some("module.b"), "eu-west-1"));
        let addresses = found(all);
        assert_eq!(addresses.len(), 10);
        assert!(addresses.iter().all(|it| it.starts_with("module.b.")));
        // All in one module: what has no ARN of its own is unknown apart, what has one can.
        let mut flat = hub(None, "us-east-1");
        flat.extend(hub(None, "eu-west-1"));
        let addresses = found(flat);
        let of = |kind: &str| addresses.iter().filter(|it| it.starts_with(kind)).count();
        assert_eq!(of("aws_cloudwatch_event_bus."), 1);
        assert_eq!(of("aws_sns_topic."), 1);
        assert_eq!(of("aws_lambda_function."), 1);
    }

    #[test]
    fn an_index_is_part_of_the_address() {
        let mut all = hub(None, "eu-west-1");
        all[0]["instances"][0]["index_key"] = json!("eu");
        let addresses = found(all);
        assert_eq!(addresses[0], "aws_cloudwatch_event_bus.x[\"eu\"]");
        assert_eq!(
            commands(&addresses)[0],
            "terraform state rm 'aws_cloudwatch_event_bus.x[\"eu\"]'"
        );
    }

    #[test]
    fn what_is_no_state_is_said() {
        let said = |text: &str| format!("{:#}", listed(text, ACCOUNT, &[]).unwrap_err());
        assert!(said("{").contains("not a Terraform state"));
        assert!(said(r#"{"version": 3}"#).contains("version 3"));
    }
}
