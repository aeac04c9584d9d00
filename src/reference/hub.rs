//! The reference's hub: bus, rule, function, role and topic, as far as they are there.

use super::subscribers::special;
use super::{BUS, FUNCTION, ROLE, ROLE_POLICY, RULE, TOPIC_VARIABLE};
use crate::aws::Aws;
use crate::hub::async_invoke::AsyncInvoke;
use crate::hub::desired::Node;
use crate::hub::event_bus::EventBus;
use crate::hub::foreign::{self, Hanging};
use crate::hub::function::Function;
use crate::hub::resource::{HubResource, Resource};
use crate::hub::role::Role;
use crate::hub::rule::Rule;
use crate::hub::subscriptions::{Standing, Subscriptions};
use crate::hub::topic::Topic;
use crate::hub::{HubPlan, observe, plan_teardown};
use crate::names::Names;
use anyhow::{Context, Result};
use serde_json::Value;
use std::collections::BTreeMap;

/// What is there of the reference's hub in this account and region.
pub(crate) struct OldHub {
    /// What removes it, last made first.
    pub(crate) removal: HubPlan,
    /// The topic that the function names, if it is here.
    pub(crate) topic: Option<Topic>,
    /// Who is subscribed to it.
    pub(crate) subscribers: BTreeMap<crate::config::Subscription, Standing>,
    /// What of their subscriptions is more than an endpoint, in words.
    pub(crate) special: Vec<String>,
    /// ARN that gets what the function failed on to the end.
    pub(crate) on_failure: Option<String>,
    /// What others hung on it, each with what to do.
    pub(crate) foreign: Vec<String>,
    /// What has one of its names and is something else.
    pub(crate) others: Vec<String>,
}

/// The names of the reference's hub, where they follow from its bus as ours do.
fn names(aws: &Aws) -> Names {
    Names {
        deployment: BUS.into(),
        account: aws.account.clone(),
        region: aws.region.clone(),
        partition: aws.partition,
        topic: None,
    }
}

/// Reads what is there.
pub(crate) async fn find(aws: &Aws) -> Result<OldHub> {
    let names = names(aws);
    let function = function(&names);
    let reading = || format!("reading the function {FUNCTION} in {}", aws.place());
    let invoke = async_invoke();
    let (found, invoke) = tokio::join!(function.find(aws), invoke.find(aws));
    let found = found.with_context(reading)?;
    let on_failure = invoke.with_context(reading)?.and_then(|it| it.on_failure);
    let topic_arn = found.as_ref().and_then(|it| topic_of(it, &names));
    let nodes = nodes(&names, topic_arn.as_deref());
    let observed = observe(aws, &nodes).await?;
    let (observed, others) = without_others(observed);
    let topic = observed.iter().flatten().find_map(|it| match it {
        HubResource::Topic(topic) => Some(topic.clone()),
        _ => None,
    });
    let subscribers = match &topic {
        Some(topic) => subscribers(aws, topic).await?,
        None => BTreeMap::new(),
    };
    let special = special(aws, &subscribers).await;
    let mut foreign = foreign(aws, &names, &nodes, &observed).await?;
    let has_bus = observed.iter().flatten().any(is_bus);
    // A path of which one part is something else cannot be taken apart.
    foreign.extend(others.iter().filter(|_| has_bus).cloned());
    Ok(OldHub {
        removal: plan_teardown(nodes, observed),
        topic,
        subscribers,
        special,
        on_failure,
        foreign,
        others,
    })
}

/// In the order of their making, as removal goes the other way. The topic stands after the function so that it goes
/// before it: the function alone names the topic, and a removal that was interrupted has to find it again.
fn nodes(names: &Names, topic_arn: Option<&str>) -> Vec<Node> {
    let role = Node::free(Role {
        name: ROLE.into(),
        policy_name: ROLE_POLICY,
        ..Role::default()
    });
    let function = Node::after(function(names), &[&role]);
    let bus = Node::free(EventBus {
        name: BUS.into(),
        arn: names.bus_arn(),
        ..EventBus::default()
    });
    let topic = topic_arn.map(|arn| {
        let topic = Topic {
            name: arn.rsplit(':').next().unwrap_or_default().to_owned(),
            arn: arn.to_owned(),
            ..Topic::default()
        };
        Node::after(topic, &[&function])
    });
    let rule = Rule {
        name: RULE.into(),
        arn: names.rule_arn(RULE),
        bus: BUS.into(),
        ..Rule::default()
    };
    let mut before = vec![&bus, &function];
    before.extend(&topic);
    let rule = Node::after(rule, &before);
    let mut nodes = vec![role, function, bus];
    nodes.extend(topic);
    nodes.push(rule);
    nodes
}

fn function(names: &Names) -> Function {
    Function {
        name: FUNCTION.into(),
        arn: names.arn("lambda", &format!("function:{FUNCTION}")),
        ..Function::default()
    }
}

fn async_invoke() -> AsyncInvoke {
    AsyncInvoke {
        name: FUNCTION.into(),
        maximum_event_age: None,
        maximum_retry_attempts: None,
        on_failure: None,
    }
}

/// The ARN of the topic that the function publishes to, if it is one of this account and region.
fn topic_of(function: &Function, names: &Names) -> Option<String> {
    let arn = function.environment.get(TOPIC_VARIABLE)?;
    let here = names.topic_arn("");
    (arn.starts_with(&here) && arn.len() > here.len()).then(|| arn.clone())
}

/// Leaves out what has one of the reference's names, but not its shape; gives that in words.
fn without_others(found: Vec<Option<HubResource>>) -> (Vec<Option<HubResource>>, Vec<String>) {
    let mut others = Vec::new();
    let found = found.into_iter().map(|it| {
        let why = it.as_ref().and_then(not_its_shape);
        let Some(why) = why else { return it };
        others.extend(it.map(|it| format!("{}: {why}", it.id())));
        None
    });
    let found = found.collect();
    (found, others)
}

fn is_bus(found: &HubResource) -> bool {
    matches!(found, HubResource::EventBus(_))
}

fn not_its_shape(found: &HubResource) -> Option<&'static str> {
    match found {
        HubResource::Function(it) if !it.environment.contains_key(TOPIC_VARIABLE) => {
            Some("its environment has no SNSARN, so it is not the reference's")
        }
        HubResource::Role(it) if !is_for_lambda(it) => {
            Some("Lambda may not take it, so it is not the reference's")
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

async fn subscribers(
    aws: &Aws,
    topic: &Topic,
) -> Result<BTreeMap<crate::config::Subscription, Standing>> {
    let listing = Subscriptions::wanted(topic.name.clone(), topic.arn.clone(), &[]);
    let found = listing.find(aws).await;
    let found = found.with_context(|| {
        let place = aws.place();
        format!("reading who is subscribed to {} in {place}", topic.name)
    })?;
    Ok(found.map(|it| it.standings).unwrap_or_default())
}

/// What of others' would break with it, or keeps it from going.
async fn foreign(
    aws: &Aws,
    names: &Names,
    nodes: &[Node],
    observed: &[Option<HubResource>],
) -> Result<Vec<String>> {
    let mut hanging = Vec::new();
    for (node, found) in nodes.iter().zip(observed) {
        let Some(found) = found else { continue };
        let some = foreign::read(aws, &node.resource, Some(found)).await;
        hanging.extend(some.with_context(|| {
            let (id, place) = (node.resource.id(), aws.place());
            format!("reading what hangs on {id} in {place}")
        })?);
    }
    hanging.retain(|it| !matches!(it, Hanging::Rule { name, .. } if name == RULE));
    let mut words = foreign::foreign(names, &hanging);
    words.extend(observed.iter().flatten().flat_map(other_targets));
    Ok(words)
}

/// Targets of the rule beside the function.
fn other_targets(found: &HubResource) -> Vec<String> {
    let HubResource::Rule(rule) = found else {
        return Vec::new();
    };
    let own = format!(":function:{FUNCTION}");
    let others = rule
        .targets
        .iter()
        .filter(|(_, it)| !it.arn.ends_with(&own));
    others
        .map(|(id, target)| {
            format!(
                "target {id} of the rule {RULE}, {}: `aws events remove-targets --event-bus-name {BUS} --rule {RULE} --ids {id}`",
                target.arn
            )
        })
        .collect()
}

impl OldHub {
    /// The resources that are there.
    pub(crate) fn found(&self) -> impl Iterator<Item = &HubResource> {
        self.removal.found()
    }

    /// Whether nothing of it is there.
    pub(crate) fn is_nothing(&self) -> bool {
        self.found().next().is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::partition::Partition;

    fn here() -> Names {
        Names {
            deployment: BUS.into(),
            account: "222222222222".into(),
            region: "eu-west-1".into(),
            partition: Partition::Aws,
            topic: None,
        }
    }

    fn publishing_to(arn: &str) -> Function {
        Function {
            environment: [(TOPIC_VARIABLE.to_owned(), arn.to_owned())].into(),
            ..function(&here())
        }
    }

    #[test]
    fn only_a_topic_of_this_account_and_region_is_its_topic() {
        let of = |arn: &str| topic_of(&publishing_to(arn), &here());
        let own = "arn:aws:sns:eu-west-1:222222222222:root";
        assert_eq!(of(own).as_deref(), Some(own));
        assert_eq!(of("arn:aws:sns:eu-west-1:222222222222:"), None);
        assert_eq!(of("arn:aws:sns:us-east-1:222222222222:root"), None);
        assert_eq!(of("arn:aws:sns:eu-west-1:333333333333:root"), None);
    }

    #[test]
    fn the_function_goes_after_the_topic_that_only_it_names() {
        let nodes = nodes(&here(), Some("arn:aws:sns:eu-west-1:222222222222:root"));
        let observed = nodes.iter().map(|it| Some(it.resource.clone())).collect();
        let plan = plan_teardown(nodes, observed);
        let ids: Vec<String> = plan.steps().into_iter().map(|it| it.resource).collect();
        assert_eq!(
            ids,
            [
                "role LambdaRootAPIMonitorRole",
                "function root-activity-monitor",
                "event-bus hub-root-activity",
                "topic root",
                "rule hub-capture-root-activity"
            ]
        );
        assert_eq!(plan.steps()[3].needs, ["function root-activity-monitor"]);
    }

    #[test]
    fn what_only_has_its_name_is_left_alone() {
        let found = vec![
            Some(function(&here()).into()),
            Some(publishing_to("arn:x").into()),
            Some(
                Role {
                    name: ROLE.into(),
                    ..Role::default()
                }
                .into(),
            ),
            None,
        ];
        let (found, others) = without_others(found);
        assert_eq!(found.iter().flatten().count(), 1);
        assert_eq!(others.len(), 2, "{others:?}");
    }
}
