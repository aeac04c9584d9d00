//! The reference's hubs: bus, rule, function, role and topic, as far as they are there, in each region.

use super::shape::{hung_on, not_its_shape, other_callers, topic_of};
use super::subscribers::{function_policy, special};
use super::{BUS, COMPARED_TAG, DISPLAY_NAME, FUNCTION, ROLE, ROLE_POLICY, RULE};
use crate::aws::Aws;
use crate::aws::error::{AwsError, Call};
use crate::hub::attachments::{self, Attachment};
use crate::hub::desired::Node;
use crate::hub::event_bus::EventBus;
use crate::hub::foreign;
use crate::hub::function::Function;
use crate::hub::hub_resource::HubResource;
use crate::hub::observe::{Found, observe};
use crate::hub::plan::{HubPlan, plan_teardown};
use crate::hub::resource::Resource;
use crate::hub::role::Role;
use crate::hub::rule::Rule;
use crate::hub::subscriptions::{Standing, Subscriptions};
use crate::hub::topic::Topic;
use crate::names::Names;
use crate::settings::IamSettings;
use crate::subscription::Subscription;
use crate::work::Work;
use anyhow::{Context, Result};
use std::collections::{BTreeMap, BTreeSet};

/// What is there of the reference's hub in this account and one region.
pub(crate) struct OldHub {
    pub(crate) region: String,
    /// What removes it, last made first.
    pub(crate) removal: HubPlan,
    /// The topic that the function names, if it is here.
    pub(crate) topic: Option<Topic>,
    /// Why the topic stays, if it does.
    pub(crate) topic_stays: Option<String>,
    /// Who is subscribed to it.
    pub(crate) subscribers: BTreeMap<Subscription, Standing>,
    /// Attributes of their subscriptions that are not taken over, as text.
    pub(crate) special: Vec<String>,
    /// ARN of the function's failure destination.
    pub(crate) on_failure: Option<String>,
    /// What prevents its removal, each with what to do.
    pub(crate) foreign: Vec<String>,
    /// What has one of its names and is not part of it.
    pub(crate) others: Vec<String>,
}

/// Whether there is a bus or a function of its name.
pub(crate) async fn is_in(aws: &Aws) -> Result<bool, AwsError> {
    let (bus, function) = tokio::join!(
        aws.eventbridge.describe_event_bus().name(BUS).send(),
        aws.lambda.get_function().function_name(FUNCTION).send(),
    );
    let bus = bus.found("events:DescribeEventBus")?;
    let function = function.found("lambda:GetFunction")?;
    Ok(bus.is_some() || function.is_some())
}

/// The names of the reference's hub, where they follow from its bus as rootwatch's do.
fn names(aws: &Aws) -> Names {
    Names {
        deployment: BUS.into(),
        account: aws.account.clone(),
        region: aws.region.clone(),
        partition: aws.partition,
        topic: None,
        iam: IamSettings::default(),
    }
}

/// Reads what is there. The role is for all regions, so it is removed `with_role` with one of them. `listed` are the
/// ARNs of topics that a Terraform state has as the module's.
pub(crate) async fn find(aws: &Aws, with_role: bool, listed: &BTreeSet<String>) -> Result<OldHub> {
    let names = names(aws);
    let function = function(&names);
    let reading = || format!("reading the function {FUNCTION} in {}", aws.place());
    let (found, on_failure) = tokio::join!(function.find(aws), on_failure(aws));
    let found = found.with_context(reading)?;
    let on_failure = on_failure.with_context(reading)?;
    let topic_arn = found.as_ref().map(|it| topic_of(it, &names));
    let (topic_arn, unknown_topic) = match topic_arn {
        Some(Ok(arn)) => (Some(arn), None),
        Some(Err(why)) => (None, Some(why)),
        None => (None, None),
    };
    let nodes = nodes(&names, topic_arn.as_deref(), with_role);
    let found = observe(aws, &nodes).await?;
    let (found, others) = without_others(found);
    let topic = found.values().find_map(|it| match it {
        HubResource::Topic(topic) => Some(topic.clone()),
        _ => None,
    });
    let subscribers = match &topic {
        Some(topic) => subscribers(aws, topic).await?,
        None => BTreeMap::new(),
    };
    let special = special(aws, &subscribers).await;
    let mut foreign = foreign(aws, &names, &nodes, &found).await?;
    // A path of which one part is foreign, or unknown, cannot be removed.
    let has_bus = found.values().any(is_bus);
    let in_the_way = others.iter().cloned().chain(unknown_topic);
    foreign.extend(in_the_way.filter(|_| has_bus));
    let topic_stays = match &topic {
        Some(topic) => topic_stays(aws, topic, listed).await?,
        None => None,
    };
    let mut nodes = nodes;
    nodes.retain(|node| topic_stays.is_none() || !is_topic(&node.resource));
    Ok(OldHub {
        region: aws.region.clone(),
        removal: plan_teardown(nodes, found),
        topic,
        topic_stays,
        subscribers,
        special,
        on_failure,
        foreign,
        others,
    })
}

/// In the order of creation, as removal is in reverse order. The topic stands after the function so that it goes
/// before it: the function alone names the topic, and a removal that was interrupted has to find it again.
fn nodes(names: &Names, topic_arn: Option<&str>, with_role: bool) -> Vec<Node> {
    let role = with_role.then(|| {
        Node::free(Role {
            name: ROLE.into(),
            policy_name: ROLE_POLICY,
            ..Role::default()
        })
    });
    let before: Vec<&Node> = role.iter().collect();
    let function = Node::after(function(names), &before);
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
    let mut nodes: Vec<Node> = role.into_iter().collect();
    nodes.extend([function, bus]);
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

/// ARN of the function's failure destination.
async fn on_failure(aws: &Aws) -> Result<Option<String>, AwsError> {
    let call = aws.lambda.get_function_event_invoke_config();
    let answer = call.function_name(FUNCTION).send().await;
    let found = answer.found("lambda:GetFunctionEventInvokeConfig")?;
    let destinations = found.and_then(|found| found.destination_config);
    let on_failure = destinations.and_then(|it| it.on_failure);
    Ok(on_failure.and_then(|it| it.destination))
}

/// Leaves out what has one of the reference's names, but not its shape; returns why. A role is removed with no
/// function but its own.
fn without_others(found: Found) -> (Found, Vec<String>) {
    let is_other_function =
        |it: &HubResource| matches!(it, HubResource::Function(_)) && not_its_shape(it).is_some();
    let keeps_role = found.values().any(is_other_function);
    let (mut ours, mut others) = (Found::new(), Vec::new());
    for (id, resource) in found {
        let why = match &resource {
            HubResource::Role(_) if keeps_role => Some("the function of that name has it"),
            resource => not_its_shape(resource),
        };
        match why {
            Some(why) => others.push(format!("{id}: {why}")),
            None => drop(ours.insert(id, resource)),
        }
    }
    (ours, others)
}

fn is_bus(found: &HubResource) -> bool {
    matches!(found, HubResource::EventBus(_))
}

fn is_topic(found: &HubResource) -> bool {
    matches!(found, HubResource::Topic(_))
}

async fn subscribers(aws: &Aws, topic: &Topic) -> Result<BTreeMap<Subscription, Standing>> {
    let found = Subscriptions::standings_of(aws, &topic.arn).await;
    found.with_context(|| {
        let place = aws.place();
        format!("reading who is subscribed to {} in {place}", topic.name)
    })
}

/// A topic that is not certainly the module's own may be used by others too, who publish to it by their own policies.
async fn topic_stays(
    aws: &Aws,
    topic: &Topic,
    listed: &BTreeSet<String>,
) -> Result<Option<String>> {
    let call = aws.sns.get_topic_attributes().topic_arn(&topic.arn);
    let answer = call.send().await.found("sns:GetTopicAttributes")?;
    let attributes = answer.and_then(|it| it.attributes).unwrap_or_default();
    let display = attributes.get("DisplayName").map(String::as_str);
    if display == Some(DISPLAY_NAME) || listed.contains(&topic.arn) {
        return Ok(None);
    }
    let (name, arn, region) = (&topic.name, &topic.arn, &aws.region);
    Ok(Some(format!(
        "topic {name} in {region}, since its display name is not the pattern's, and others may publish to it; `aws sns delete-topic --region {region} --topic-arn {arn}` removes it"
    )))
}

/// What others attached that would break with it, or prevents its removal.
async fn foreign(aws: &Aws, names: &Names, nodes: &[Node], found: &Found) -> Result<Vec<String>> {
    let mut attachments = Vec::new();
    for node in nodes {
        let Some(found) = found.get(&node.resource.id()) else {
            continue;
        };
        let some = attachments::read(aws, &node.resource, Some(found)).await;
        attachments.extend(some.with_context(|| {
            let (id, place) = (node.resource.id(), aws.place());
            format!("reading what is attached to {id} in {place}")
        })?);
    }
    attachments.retain(|it| !matches!(it, Attachment::Rule { name, .. } if name == RULE));
    let mut words = foreign::foreign(names, &attachments);
    words.extend(found.values().flat_map(hung_on));
    let callers = function_policy(aws, FUNCTION).await?;
    words.extend(other_callers(&callers, &names.region));
    Ok(words)
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

    /// Whether events can arrive here.
    pub(crate) fn has_bus(&self) -> bool {
        self.found().any(is_bus)
    }

    /// Whether rootwatch was found to watch all that the StackSets watched, before they went.
    pub(crate) fn is_compared(&self) -> bool {
        self.found().any(|it| {
            let tags = Some(it).filter(|it| is_bus(it)).and_then(HubResource::tags);
            tags.is_some_and(|tags| tags.contains_key(COMPARED_TAG))
        })
    }

    /// Tags the bus with that.
    pub(crate) async fn mark_compared(
        &self,
        aws: &Aws,
        work: &Work,
        deployment: &str,
    ) -> Result<()> {
        let tags = [(COMPARED_TAG.to_owned(), deployment.to_owned())].into();
        crate::hub::event_bus::put_tags(aws, work, &names(aws).bus_arn(), &tags).await
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample_names;
    use super::*;
    use rootwatch_eval::Policy;

    #[test]
    fn the_function_goes_after_the_topic_that_only_it_names() {
        let nodes = nodes(
            &sample_names(),
            Some("arn:aws:sns:eu-west-1:222222222222:root"),
            true,
        );
        let found = nodes
            .iter()
            .map(|it| (it.resource.id(), it.resource.clone()));
        let plan = plan_teardown(nodes.clone(), found.collect());
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
    fn a_function_that_is_left_alone_keeps_its_role() {
        let trust = r#"{"Statement": {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}}"#;
        let role = Role {
            name: ROLE.into(),
            trust: Policy::parse(trust).unwrap(),
            ..Role::default()
        };
        let found = |all: Vec<HubResource>| -> (usize, usize) {
            let found = all.into_iter().map(|it| (it.id(), it)).collect();
            let (ours, others) = without_others(found);
            (ours.len(), others.len())
        };
        assert_eq!(found(vec![role.clone().into()]), (1, 0));
        let function = function(&sample_names());
        assert_eq!(found(vec![role.into(), function.into()]), (0, 2));
    }
}
