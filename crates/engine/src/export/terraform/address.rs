//! The types and labels of resources, and how one names another. Pure.

use super::hcl::Expression;
use crate::export::address::{Address, Addresses};
use crate::export::part::{Part, short};
use crate::names::Names;

/// Those of all of these.
pub(super) fn addresses(names: &Names, parts: &[Part<'_>]) -> Addresses {
    Addresses::of(names, parts, "_", |part| {
        let (space, name) = kind_and_name(part)?;
        Some(Address {
            space,
            label: label(&names.deployment, name),
        })
    })
}

/// An attribute of the resource with this key; the text itself where the files do not have it.
pub(super) fn attribute(all: &Addresses, key: &str, attribute: &str, text: &str) -> Expression {
    match all.get(key) {
        Some(Address { space, label }) => Expression::code(format!("{space}.{label}.{attribute}")),
        None => Expression::Text(text.to_owned()),
    }
}

/// The ARN of a resource.
pub(super) fn arn(all: &Addresses, arn: &str) -> Expression {
    attribute(all, arn, "arn", arn)
}

fn kind_and_name<'a>(part: &Part<'a>) -> Option<(&'static str, &'a str)> {
    Some(match part {
        Part::Alarm(it) => ("aws_cloudwatch_metric_alarm", &it.name),
        Part::EventBus(it) => ("aws_cloudwatch_event_bus", &it.name),
        Part::Function(it) => ("aws_lambda_function", &it.name),
        Part::LogGroup(it) => ("aws_cloudwatch_log_group", &it.name),
        Part::Mapping(it) => ("aws_lambda_event_source_mapping", &it.name),
        Part::Permission(it) => ("aws_lambda_permission", &it.function),
        Part::Queue(it) => ("aws_sqs_queue", &it.name),
        Part::Role(it) => ("aws_iam_role", &it.name),
        Part::Rule(it) => ("aws_cloudwatch_event_rule", it.name),
        Part::Topic(it) => ("aws_sns_topic", &it.name),
        // Each of them is a resource of its own.
        Part::Subscriptions(_) => return None,
    })
}

/// A label that HCL takes: without what all of a deployment begin with.
pub(super) fn label(deployment: &str, name: &str) -> String {
    let is_part = |it: char| it.is_ascii_alphanumeric() || it == '_';
    let name = short(deployment, name).chars();
    let label: String = name.map(|it| if is_part(it) { it } else { '_' }).collect();
    match label.starts_with(|it: char| it.is_ascii_digit()) {
        true => format!("_{label}"),
        false => label,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hub::topic::Topic;

    #[test]
    fn a_label_is_one_that_hcl_takes() {
        assert_eq!(label("root", "root-hub-tampering"), "hub_tampering");
        assert_eq!(label("root", "1.x"), "_1_x");
    }

    #[test]
    fn what_is_in_the_files_is_named_by_its_address() {
        let names = Names::sample();
        let topic = Topic {
            name: "rootwatch-alerts".into(),
            arn: names.topic_arn("rootwatch-alerts"),
            ..Topic::default()
        };
        let addresses = addresses(&names, &[Part::Topic(&topic)]);
        let named = arn(&addresses, &topic.arn);
        assert_eq!(named, Expression::code("aws_sns_topic.alerts.arn"));
        let other = names.topic_arn("other");
        assert_eq!(arn(&addresses, &other), Expression::Text(other.clone()));
    }
}
