//! Whether something is the reference's, and what of it is somebody else's. Pure.

use super::{
    BUS, DEFAULT_STATEMENT, FUNCTION, HUB_PARAMETER, PERMISSION, RULE, SPOKE_RULE, TOPIC_VARIABLE,
};
use crate::hub::function::Function;
use crate::hub::hub_resource::HubResource;
use crate::hub::role::Role;
use crate::hub::rule::Rule;
use crate::hub::topic::Topic;
use crate::names::{Names, region_of};
use crate::spokes::stack_set::StackSet;
use rootwatch_eval::Policy;
use serde_json::Value;

/// What a resource is not, when it only has the reference's name.
pub(super) fn not_its_shape(found: &HubResource) -> Option<&'static str> {
    match found {
        HubResource::Function(it) if !it.environment.contains_key(TOPIC_VARIABLE) => {
            Some("its environment has no SNSARN, or cannot be read, so its topic is not known")
        }
        HubResource::Role(it) if !is_for_lambda(it) => {
            Some("Lambda may not assume it, so it is not the pattern's")
        }
        _ => None,
    }
}

/// Whether Lambda may take the role. Its policies say nothing: a removal that was interrupted has left it without.
fn is_for_lambda(role: &Role) -> bool {
    let lambda = Value::from("lambda.amazonaws.com");
    let mut statements = role.trust.statements();
    statements.any(|(_, it)| match &it["Principal"]["Service"] {
        Value::Array(services) => services.contains(&lambda),
        service => *service == lambda,
    })
}

/// The ARN of the topic that the function publishes to, if it is one of this account and region; else why not.
pub(super) fn topic_of(function: &Function, names: &Names) -> Result<String, String> {
    let arn = function.environment.get(TOPIC_VARIABLE);
    let arn = arn.map(String::as_str).unwrap_or_default();
    let here = names.topic_arn("");
    if arn.starts_with(&here) && arn.len() > here.len() {
        return Ok(arn.to_owned());
    }
    Err(format!(
        "the function {FUNCTION} publishes to \"{arn}\", which is not a topic of this account and region: its subscribers cannot be taken over. Subscribe them to rootwatch's topic, then let the function publish to one here"
    ))
}

/// What others attached to a resource that its own settings show, each with what to do.
pub(super) fn hung_on(found: &HubResource) -> Vec<String> {
    match found {
        HubResource::Rule(rule) => other_targets(rule),
        HubResource::Topic(topic) => other_publishers(topic),
        _ => Vec::new(),
    }
}

/// Targets of the rule beside the function, whatever its version or alias.
fn other_targets(rule: &Rule) -> Vec<String> {
    let region = region_of(&rule.arn);
    let own = format!(":function:{FUNCTION}");
    let is_own = |arn: &str| {
        let rest = arn.split_once(&own).map(|(_, rest)| rest);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(':'))
    };
    let others = rule.targets.iter().filter(|(_, it)| !is_own(&it.arn));
    others
        .map(|(id, target)| {
            format!(
                "target {id} of the rule {RULE}, {}: give it a rule on rootwatch's bus, then `aws events remove-targets --region {region} --event-bus-name {BUS} --rule {RULE} --ids {id}`",
                target.arn
            )
        })
        .collect()
}

/// Statements that let somebody else publish to the topic.
fn other_publishers(topic: &Topic) -> Vec<String> {
    let sids = topic.policy.statements().map(|(sid, _)| sid);
    let others = sids.filter(|sid| *sid != DEFAULT_STATEMENT);
    others
        .map(|sid| {
            let (name, arn, region) = (&topic.name, &topic.arn, region_of(&topic.arn));
            format!(
                "statement \"{sid}\" of the policy of the topic {name}: others may publish there; give them another topic, then `aws sns remove-permission --region {region} --topic-arn {arn} --label {sid}`"
            )
        })
        .collect()
}

/// Statements that let somebody else invoke the function.
pub(super) fn other_callers(policy: &Policy, region: &str) -> Vec<String> {
    let sids = policy.statements().map(|(sid, _)| sid);
    let others = sids.filter(|sid| *sid != PERMISSION);
    others
        .map(|sid| {
            format!(
                "statement \"{sid}\" of the policy of the function {FUNCTION}: something else invokes it, such as a rule on the default bus; see what it is for, then `aws lambda remove-permission --region {region} --function-name {FUNCTION} --statement-id {sid}`"
            )
        })
        .collect()
}

/// Whether a StackSet makes the reference's rule, which sends to the reference's bus.
pub(super) fn is_reference(set: &StackSet) -> bool {
    set.template.contains(SPOKE_RULE) && set.template.contains(BUS)
}

/// Whether its template makes anything beside the reference's rule and role.
pub(super) fn has_more(set: &StackSet) -> bool {
    let mut types = resource_types(&set.template);
    types.sort_unstable();
    types != ["AWS::Events::Rule", "AWS::IAM::Role"]
        || set.parameters.keys().any(|it| it != HUB_PARAMETER)
}

/// Every name of a resource type in a template, in YAML or JSON; a pseudo parameter, `AWS::Region`, has one part less.
fn resource_types(template: &str) -> Vec<&str> {
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || byte == b':';
    template
        .match_indices("AWS::")
        .map(|(start, _)| {
            let rest = &template[start..];
            let end = rest.bytes().position(|byte| !is_part(byte));
            rest[..end.unwrap_or(rest.len())].trim_end_matches(':')
        })
        .filter(|name| name.split("::").count() == 3)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::sample_names;
    use super::*;
    use crate::hub::targets::Target;
    use std::collections::{BTreeMap, BTreeSet};

    fn publishing_to(arn: &str) -> Function {
        Function {
            environment: [(TOPIC_VARIABLE.to_owned(), arn.to_owned())].into(),
            ..Function::default()
        }
    }

    #[test]
    fn only_a_topic_of_this_account_and_region_is_its_topic() {
        let of = |arn: &str| topic_of(&publishing_to(arn), &sample_names());
        let own = "arn:aws:sns:eu-west-1:222222222222:root";
        assert_eq!(of(own).as_deref(), Ok(own));
        for other in [
            "arn:aws:sns:eu-west-1:222222222222:",
            "arn:aws:sns:us-east-1:222222222222:root",
            "arn:aws:sns:eu-west-1:333333333333:root",
        ] {
            assert!(of(other).is_err(), "{other}");
        }
    }

    #[test]
    fn what_only_has_its_name_is_not_its() {
        let shape = |it: HubResource| not_its_shape(&it).is_none();
        assert!(shape(publishing_to("arn:x").into()));
        assert!(!shape(Function::default().into()));
        assert!(!shape(Role::default().into()));
        let trust = r#"{"Statement": {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}}"#;
        let role = Role {
            trust: Policy::parse(trust).unwrap(),
            ..Role::default()
        };
        assert!(shape(role.into()));
    }

    #[test]
    fn targets_of_others_are_named() {
        let target = |arn: &str| Target {
            arn: arn.into(),
            dead_letter_queue: None,
            input: None,
            maximum_event_age: None,
            maximum_retry_attempts: None,
            not_default: Default::default(),
            role: None,
        };
        let arns = [
            "arn:aws:lambda:eu-west-1:1:function:root-activity-monitor",
            "arn:aws:lambda:eu-west-1:1:function:root-activity-monitor:live",
            "arn:aws:lambda:eu-west-1:1:function:root-activity-monitor-2",
            "arn:aws:sqs:eu-west-1:1:siem",
        ];
        let targets = arns.iter().enumerate();
        let targets: BTreeMap<String, Target> = targets
            .map(|(index, arn)| (format!("id{index}"), target(arn)))
            .collect();
        let rule = Rule {
            targets,
            ..Rule::default()
        };
        let others = other_targets(&rule);
        assert_eq!(others.len(), 2);
        assert!(others[0].starts_with("target id2 ") && others[1].starts_with("target id3 "));
    }

    #[test]
    fn statements_of_others_are_named() {
        let policy = |sids: &[&str]| {
            let statements: Vec<String> = sids
                .iter()
                .map(|sid| format!(r#"{{"Sid": "{sid}", "Effect": "Allow"}}"#))
                .collect();
            let text = format!(r#"{{"Statement": [{}]}}"#, statements.join(","));
            Policy::parse(&text).unwrap()
        };
        assert_eq!(
            other_callers(&policy(&[PERMISSION]), "r"),
            Vec::<String>::new()
        );
        assert_eq!(
            other_callers(&policy(&[PERMISSION, "own-root"]), "r").len(),
            1
        );
        let topic = Topic {
            policy: policy(&[DEFAULT_STATEMENT, "guardduty"]),
            ..Topic::default()
        };
        assert_eq!(other_publishers(&topic).len(), 1);
    }

    fn set(template: &str, parameters: &[&str]) -> StackSet {
        StackSet {
            name: "s".into(),
            auto_deployment: true,
            capabilities: Vec::new(),
            description: String::new(),
            managed_execution: false,
            parameters: parameters
                .iter()
                .map(|it| ((*it).to_owned(), String::new()))
                .collect(),
            retain_stacks_on_account_removal: false,
            tags: BTreeMap::new(),
            template: template.into(),
            regions: BTreeSet::new(),
            units: BTreeSet::new(),
            drift: None,
        }
    }

    #[test]
    fn a_template_with_more_in_it_is_not_only_the_references() {
        let yaml = "Rule:\n  Type: 'AWS::Events::Rule'\n  Name: RootActivityMonitorRule\n  Arn: !Sub arn:aws:events:${AWS::Region}:${HubAccount}:event-bus/hub-root-activity\nRole:\n  Type: AWS::IAM::Role\n";
        let json = r#"{"A": {"Type": "AWS::IAM::Role"}, "B": {"Type": "AWS::Events::Rule"}, "C": {"Ref": "AWS::AccountId"}}"#;
        assert!(is_reference(&set(yaml, &[])) && !is_reference(&set(json, &[])));
        assert!(!has_more(&set(yaml, &[HUB_PARAMETER])));
        assert!(!has_more(&set(json, &[])));
        assert!(has_more(&set(yaml, &[HUB_PARAMETER, "Config"])));
        let more = format!("{yaml}Log:\n  Type: AWS::Logs::LogGroup\n");
        assert!(has_more(&set(&more, &[])));
        let twice = format!("{yaml}Other:\n  Type: AWS::IAM::Role\n");
        assert!(has_more(&set(&twice, &[])));
    }
}
