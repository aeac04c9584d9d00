//! The hub as it is deployed, each part with what was read or why it was not. Read-only.

use super::finding::{CannotRead, Read};
use super::identity::Identity;
use super::keys::{self, Key};
use super::others::Others;
use super::routes;
use crate::aws::Aws;
use crate::aws::error::Call;
use crate::hub::desired::{Node, Wanted, hub};
use crate::hub::event_bus::EventBus;
use crate::hub::function::Function;
use crate::hub::hub_resource::HubResource;
use crate::hub::observe::Found;
use crate::hub::queue::Queue;
use crate::hub::resource::Resource;
use crate::hub::rule::Rule;
use crate::hub::subscriptions::{Standing, Subscriptions};
use crate::hub::topic::Topic;
use crate::memory;
use crate::names::Names;
use crate::session::Session;
use crate::subscription::Subscription;
use anyhow::Result;
use futures_util::future::join_all;
use rootwatch_eval::Policy;
use rootwatch_root_event::Route;
use std::collections::{BTreeMap, HashMap};

/// A subscription of a topic.
#[derive(Clone, Debug)]
pub(crate) struct Subscriber {
    /// Protocol and endpoint, without a password.
    pub(crate) who: String,
    pub(crate) subscription: Subscription,
    pub(crate) confirmed: bool,
    /// `None` where there is no filter.
    pub(crate) filter: Read<Option<Filter>>,
    /// How an HTTP endpoint is tried again and throttled, where that is set for this one.
    pub(crate) delivery: Option<String>,
}

/// A subscription's filter.
#[derive(Clone, Debug)]
pub(crate) struct Filter {
    pub(crate) policy: String,
    pub(crate) on_body: bool,
}

/// Everything of the hub that decides whether an event gets through.
pub(crate) struct Deployed {
    pub(crate) names: Names,
    pub(crate) org_id: Read<String>,
    /// The deployment's resources as this version makes them, for what is compared and not evaluated.
    pub(crate) wanted: Vec<Node>,
    pub(super) found: BTreeMap<String, Read<Option<HubResource>>>,
    /// The whole policy of the function, with the statements of others.
    pub(crate) function_policy: Read<Option<Policy>>,
    /// The role that the function runs as.
    pub(crate) role: Read<Option<Identity>>,
    /// What others made.
    pub(crate) others: Others,
    /// The KMS keys of one's own, by the names that the resources have for them.
    pub(crate) keys: BTreeMap<String, Read<Key>>,
    /// The topics of routes.
    pub(super) routes: Vec<(Route, Read<Option<routes::Topic>>)>,
    pub(crate) alerts_subscribers: Read<Vec<Subscriber>>,
    pub(crate) health_subscribers: Read<Vec<Subscriber>>,
}

macro_rules! by_name {
    ($(#[$doc:meta])* $function:ident, $kind:ident) => {
        $(#[$doc])*
        pub(crate) fn $function(&self, name: &str) -> Read<Option<&$kind>> {
            match self.found.get(&format!("{} {name}", $kind::KIND)) {
                Some(Ok(Some(HubResource::$kind(it)))) => Ok(Some(it)),
                Some(Err(why)) => Err(why.clone()),
                _ => Ok(None),
            }
        }
    };
}

impl Deployed {
    /// Reads it; what cannot be read is kept with the reason.
    pub(crate) async fn read(aws: &Aws, wanted: &Wanted, org_id: Read<String>) -> Self {
        let names = wanted.names.clone();
        let nodes = hub(wanted);
        let (found, function_policy, others) = tokio::join!(
            find_all(aws, &nodes),
            function_policy(aws, &names),
            Others::read(aws, &names),
        );
        let function = match found.get(&format!("{} {}", Function::KIND, names.function())) {
            Some(Ok(Some(HubResource::Function(function)))) => Some(function.clone()),
            _ => None,
        };
        let topic = |name: String| names.topic_arn(&name);
        let (alerts, health) = (topic(names.alerts_topic()), topic(names.health_topic()));
        let test_queues = names.queue_arn(&names.test(""));
        let there: Vec<&HubResource> = found.values().flatten().flatten().collect();
        let (keys, role, routes, alerts_subscribers, health_subscribers) = tokio::join!(
            keys::read(aws, &there),
            role(aws, function.as_ref(), &names),
            routes::read(aws, wanted.notify.routes()),
            subscribers(aws, &alerts, &test_queues),
            subscribers(aws, &health, &test_queues),
        );
        Self {
            names,
            org_id,
            wanted: nodes,
            found,
            function_policy,
            role,
            others,
            keys,
            routes,
            alerts_subscribers,
            health_subscribers,
        }
    }

    by_name!(
        /// A bus as deployed.
        bus, EventBus);
    by_name!(
        /// A function as deployed.
        function, Function);
    by_name!(
        /// A queue as deployed.
        queue, Queue);
    by_name!(
        /// A rule as deployed.
        rule, Rule);
    by_name!(
        /// A topic of the deployment as deployed.
        topic, Topic);

    /// Takes what is wanted from the settings that the hub itself shows, where this run does not give them.
    pub(crate) async fn remember(&mut self, session: &Session) {
        let mut settings = session.settings.clone();
        memory::values(&mut settings, &self.readable(), &self.names);
        let are_tags_new = session.settings.tags.is_empty() && !settings.tags.is_empty();
        self.wanted = hub(&session.with(settings).hub(self.organization()));
        if are_tags_new {
            self.read_tags(&session.aws).await;
        }
    }

    /// Reads again what is ours by what it is part of, and was read without its tags: those turned out to be a setting.
    async fn read_tags(&mut self, aws: &Aws) {
        let is_without = |node: &&Node| {
            matches!(node.resource, HubResource::Alarm(_) | HubResource::Rule(_))
                && self.unread(&node.resource.id()).is_none()
        };
        let nodes: Vec<Node> = self.wanted.iter().filter(is_without).cloned().collect();
        self.found.extend(find_all(aws, &nodes).await);
    }

    /// The organization; where it is not known, which is a finding, the one that the bus lets in.
    pub(crate) fn organization(&self) -> String {
        let known = self.org_id.as_ref().ok().cloned();
        let let_in = || memory::organization_id(&self.readable());
        known.or_else(let_in).unwrap_or_default()
    }

    /// What could be read.
    pub(super) fn readable(&self) -> Found {
        let read = self.found.iter().filter_map(|(id, it)| match it {
            Ok(Some(found)) => Some((id.clone(), found.clone())),
            _ => None,
        });
        read.collect()
    }

    /// Whether all was read, and nothing of the hub is there.
    pub(crate) fn is_nothing(&self) -> bool {
        self.found.values().all(|it| matches!(it, Ok(None)))
    }

    /// Why a resource could not be read, if so.
    pub(super) fn unread(&self, id: &str) -> Option<&CannotRead> {
        self.found.get(id)?.as_ref().err()
    }
}

async fn find_all(aws: &Aws, nodes: &[Node]) -> BTreeMap<String, Read<Option<HubResource>>> {
    let all = join_all(nodes.iter().map(async |node| {
        let found = node.resource.find(aws).await;
        (node.resource.id(), found.map_err(CannotRead::from))
    }));
    all.await.into_iter().collect()
}

async fn function_policy(aws: &Aws, names: &Names) -> Read<Option<Policy>> {
    let call = aws.lambda.get_policy().function_name(names.function());
    let answer = call.send().await.found("lambda:GetPolicy")?;
    let text = answer.and_then(|answer| answer.policy);
    Ok(text.map(|text| Policy::parse(&text)).transpose()?)
}

/// The role that the function runs as, or else the one that it would have.
async fn role(aws: &Aws, function: Option<&Function>, names: &Names) -> Read<Option<Identity>> {
    let wanted = names.role_arn();
    let role = function.map_or(&wanted, |function| &function.role);
    Identity::read(&aws.iam, role).await
}

/// All subscriptions of a topic but those of the temporary queues of `rootwatch test`.
async fn subscribers(aws: &Aws, topic_arn: &str, test_queues: &str) -> Read<Vec<Subscriber>> {
    let all = Subscriptions::standings_of(aws, topic_arn).await?;
    let people = all
        .into_iter()
        .filter(|(it, _)| !it.endpoint.starts_with(test_queues));
    Ok(join_all(people.map(async |(it, standing)| {
        let attributes = match &standing {
            Standing::Confirmed(arn) => attributes(aws, arn).await.map_err(CannotRead::from),
            Standing::Pending => Ok(HashMap::new()),
        };
        let delivery = attributes
            .as_ref()
            .ok()
            .and_then(|all| all.get("DeliveryPolicy"));
        Subscriber {
            who: it.to_string(),
            subscription: it.clone(),
            confirmed: matches!(standing, Standing::Confirmed(_)),
            delivery: delivery.filter(|it| !it.is_empty()).cloned(),
            filter: attributes.map(|all| filter(&all)),
        }
    }))
    .await)
}

async fn attributes(aws: &Aws, arn: &str) -> Result<HashMap<String, String>> {
    let call = aws.sns.get_subscription_attributes().subscription_arn(arn);
    let answer = call.send().await.found("sns:GetSubscriptionAttributes")?;
    let attributes = answer.and_then(|answer| answer.attributes);
    Ok(attributes.unwrap_or_default())
}

fn filter(attributes: &HashMap<String, String>) -> Option<Filter> {
    let policy = attributes.get("FilterPolicy");
    let policy = policy.filter(|policy| !policy.is_empty() && *policy != "{}");
    policy.map(|policy| Filter {
        policy: policy.clone(),
        on_body: attributes
            .get("FilterPolicyScope")
            .is_some_and(|scope| scope == "MessageBody"),
    })
}
