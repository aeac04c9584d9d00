//! Which resources of a Terraform state are the reference's hub: Terraform would make them again, or take away what
//! rootwatch has taken over. Pure.
//!
//! Source: the state's format, version 4, as `terraform state pull` prints it.

use super::{BUS, FUNCTION, ROLE};
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

/// Addresses of everything in the state that is the reference's hub in this account and region, whose topic is `topic`
/// where that is still known.
pub(crate) fn addresses(
    state: &str,
    account: &str,
    region: &str,
    topic: Option<&str>,
) -> Result<Vec<String>> {
    let state: State = serde_json::from_str(state).context("it is no Terraform state")?;
    if state.version != VERSION {
        bail!(
            "its format has version {}, and rootwatch reads version {VERSION}: `terraform state pull` with Terraform 0.12 or later prints that",
            state.version
        );
    }
    let here = format!(":{region}:{account}:");
    let all = || {
        let managed = state.resources.iter().filter(|it| it.mode == "managed");
        managed.flat_map(|it| it.instances.iter().map(move |instance| (it, instance)))
    };
    let anchor = all().find(|(it, instance)| is_anchor(it, instance, &here));
    let module = anchor.and_then(|(it, _)| it.module.as_ref());
    let topics: BTreeSet<&str> = all()
        .filter(|(it, _)| it.r#type == "aws_sns_topic")
        .filter_map(|(it, instance)| {
            let arn = instance.attributes["arn"].as_str()?;
            let is_its = topic == Some(arn) || (module.is_some() && it.module.as_ref() == module);
            (is_its && arn.contains(&here)).then_some(arn)
        })
        .collect();
    // In another region there may be a second one, with the same names.
    let is_here = |it: &Resource, instance: &Instance| {
        let arn = instance.attributes["arn"].as_str().unwrap_or_default();
        let is_regional = arn.contains(&here) || !arn.contains(":lambda:");
        is_regional && (module.is_none() || it.module.as_ref() == module)
    };
    let is_old = |(it, instance): &(&Resource, &Instance)| {
        is_of_reference(it, instance, &topics) && anchor.is_some() && is_here(it, instance)
    };
    Ok(all()
        .filter(is_old)
        .map(|(it, at)| it.address(at))
        .collect())
}

/// Whether it shows by itself that the reference's hub is here.
fn is_anchor(resource: &Resource, instance: &Instance, here: &str) -> bool {
    let arn = instance.attributes["arn"].as_str().unwrap_or_default();
    resource.r#type != "aws_sns_topic"
        && is_of_reference(resource, instance, &BTreeSet::new())
        && arn.contains(here)
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
            ("aws_lambda_function", json!({"function_name": FUNCTION, "arn": arn("lambda", "function:root-activity-monitor")})),
            ("aws_lambda_permission", json!({"function_name": FUNCTION})),
            ("aws_sns_topic", json!({"arn": topic})),
            ("aws_sns_topic_subscription", json!({"topic_arn": topic, "endpoint": "secret@example.com"})),
        ]
        .map(|(kind, attributes)| resource(module, kind, "x", attributes))
        .into()
    }

    fn found(resources: Vec<Value>, topic: Option<&str>) -> Vec<String> {
        let state = json!({"version": 4, "serial": 1, "resources": resources}).to_string();
        addresses(&state, ACCOUNT, "eu-west-1", topic).unwrap()
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
        let addresses = found(all, None);
        assert_eq!(addresses.len(), 10, "{addresses:#?}");
        assert!(
            addresses
                .iter()
                .all(|it| it.starts_with("module.root-activity-monitor-euw1.aws_"))
        );
    }

    #[test]
    fn without_a_module_the_topic_is_known_by_its_arn() {
        let arn = format!("arn:aws:sns:eu-west-1:{ACCOUNT}:root");
        assert_eq!(found(hub(None, "eu-west-1"), Some(&arn)).len(), 10);
        assert_eq!(found(hub(None, "eu-west-1"), None).len(), 8);
    }

    #[test]
    fn a_second_one_in_another_region_stays() {
        let mut all = hub(Some("module.a"), "us-east-1");
        assert_eq!(found(all.clone(), None), Vec::<String>::new());
        all.extend(hub(Some("module.b"), "eu-west-1"));
        let addresses = found(all, None);
        assert_eq!(addresses.len(), 10);
        assert!(addresses.iter().all(|it| it.starts_with("module.b.")));
    }

    #[test]
    fn an_index_is_part_of_the_address() {
        let mut all = hub(None, "eu-west-1");
        all[0]["instances"][0]["index_key"] = json!("eu");
        let addresses = found(all, None);
        assert_eq!(addresses[0], "aws_cloudwatch_event_bus.x[\"eu\"]");
        assert_eq!(
            commands(&addresses)[0],
            "terraform state rm 'aws_cloudwatch_event_bus.x[\"eu\"]'"
        );
    }

    #[test]
    fn what_is_no_state_is_said() {
        let said = |text: &str| {
            format!(
                "{:#}",
                addresses(text, ACCOUNT, "eu-west-1", None).unwrap_err()
            )
        };
        assert!(said("{").contains("no Terraform state"));
        assert!(said(r#"{"version": 3}"#).contains("version 3"));
    }
}
