//! What a hub consists of. Pure: from names and settings to resources and what each needs.

mod alarms;
mod rules;
pub(crate) use alarms::{LATE_ALERT, LATE_DIGEST};

use super::direct_way::DirectWay;
use super::event_bus::EventBus;
use super::function::Function;
use super::hub_resource::HubResource;
use super::log_group::LogGroup;
use super::mapping::Mapping;
use super::not_default::NotDefault;
use super::notifier_settings::NotifierSettings;
use super::policies;
use super::queue::{Queue, Redrive};
use super::resource::{Resource, Tags};
use super::role::Role;
use super::self_check::SETTING_TAG;
use super::subscriptions::Subscriptions;
use super::topic::Topic;
use crate::ignore::Ignore;
use crate::names::{DEPLOYMENT_TAG, Names};
use crate::settings::{Notify, SelfCheck};
use crate::subscription::Subscription;
use rootwatch_bundle as bundle;
use rootwatch_eval::Policy;
use rootwatch_root_event::ReadOnly;
use std::collections::{BTreeMap, BTreeSet};

/// Key that SNS provides; every principal of the account may use it through SNS, but no AWS service may.
const AWS_MANAGED_KEY: &str = "alias/aws/sns";
/// Seconds; a digest of a large batch publishes a handful of messages.
const FUNCTION_TIMEOUT: i32 = 30;
/// MB; the smallest, since the notifier needs less than half of it.
const FUNCTION_MEMORY: i32 = 128;
/// Seconds that read-only calls gather before they become a digest.
const DIGEST_WINDOW: i32 = 30;
/// Read-only calls that make one batch, at the most.
const DIGEST_BATCH: i32 = 500;
/// The same where each is reported on its own: as many as the function publishes within its time, and the most that SQS
/// hands over without a window.
const EACH_BATCH: i32 = 10;
/// The least that Lambda accepts: however many read-only events wait, they leave the account's concurrency to the
/// alerts. Where each is reported on its own, two times four a second stay below the ten at which SNS suspends a mail
/// subscription.
const READS_CONCURRENCY: i32 = 2;
/// The longest that SQS keeps a message, in seconds: time to fix what broke.
const LONGEST_RETENTION: u64 = 14 * 24 * 3600;
/// Seconds and events that make a batch of acts: what happens together becomes few messages, and waits a second at most.
const ACTS_WINDOW: i32 = 1;
const ACTS_BATCH: i32 = 100;
/// The least that Lambda accepts; the notifier keeps one pace over both queues, so that more would only wait.
const ACTS_CONCURRENCY: i32 = 2;
/// How often a message is received before it becomes a dead letter.
const MOST_RECEIVES: u64 = 5;
/// What the hub is made from.
#[derive(Clone, Debug)]
pub(crate) struct Wanted {
    pub(crate) names: Names,
    pub(crate) org_id: String,
    pub(crate) kms_key: Option<String>,
    pub(crate) log_kms_key: Option<String>,
    pub(crate) queue_kms_key: Option<String>,
    pub(crate) subscriptions: Vec<Subscription>,
    /// Who is no longer notified.
    pub(crate) unsubscribed: Vec<Subscription>,
    /// Whether nobody else that rootwatch subscribed is notified.
    pub(crate) is_whole_list: bool,
    /// Whether a permissions boundary is taken away that the settings do not name.
    pub(crate) unbounded: bool,
    /// Whether a key of the log is taken away that the settings do not name.
    pub(crate) log_without_key: bool,
    pub(crate) notify: Notify,
    pub(crate) log_retention_days: i32,
    pub(crate) self_check: SelfCheck,
    /// Findings that the self-check accepts.
    pub(crate) accepted: Vec<Ignore>,
    pub(crate) tags: Tags,
    /// Whether a function of the same sources that another build made is replaced.
    pub(crate) own_build: bool,
}

/// A resource and its place in the dependency graph.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub(crate) resource: HubResource,
    /// Ids of the resources that must be there first.
    pub(crate) needs: Vec<String>,
    /// Id of the resource that decides who owns this, where it cannot carry a tag of its own.
    pub(crate) belongs_to: Option<String>,
}

impl Node {
    pub(crate) fn free(resource: impl Into<HubResource>) -> Self {
        Self::after(resource, &[])
    }

    pub(crate) fn after(resource: impl Into<HubResource>, needs: &[&Self]) -> Self {
        Self {
            resource: resource.into(),
            needs: needs.iter().map(|node| node.resource.id()).collect(),
            belongs_to: None,
        }
    }

    pub(crate) fn of(mut self, owner: &Self) -> Self {
        self.belongs_to = Some(owner.resource.id());
        self
    }
}

/// Every resource of the hub, each after all that it needs.
pub(crate) fn hub(wanted: &Wanted) -> Vec<Node> {
    let log_group = Node::free(wanted.log_group());
    let alerts = Node::free(wanted.alerts_topic());
    let health = Node::free(wanted.health_topic());
    let dead_letters = Node::free(wanted.dead_letter_queue());
    let role = Node::free(wanted.role());
    let bus = Node::free(wanted.event_bus());
    let acts_queue = Node::after(wanted.acts_queue(), &[&dead_letters]);
    let reads_queue = Node::after(wanted.reads_queue(), &[&dead_letters]);
    let function = Node::after(wanted.function(), &[&role, &log_group]);
    let acts_mapping = Node::after(wanted.acts_mapping(), &[&function, &acts_queue]).of(&function);
    let reads_mapping =
        Node::after(wanted.reads_mapping(), &[&function, &reads_queue]).of(&function);
    // A rule comes last, when all that it leads to is there: no event meets a half-made path.
    let acts = Node::after(wanted.acts_rule(), &[&bus, &acts_mapping, &alerts]).of(&bus);
    let reads = Node::after(wanted.reads_rule(), &[&bus, &reads_mapping, &alerts]).of(&bus);
    let heartbeats = Node::after(wanted.heartbeats_rule(), &[&bus, &reads_mapping]).of(&bus);
    let tampering = Node::after(wanted.tampering_rule(), &[&bus, &reads_mapping, &alerts]).of(&bus);
    let hub_tampering = Node::after(wanted.hub_tampering_rule(), &[&reads_mapping, &alerts]);
    let hub_urgent = Node::after(wanted.hub_urgent_rule(), &[&reads_mapping, &alerts]);
    let alert_subscriptions = Node::after(
        wanted.subscriptions(&wanted.names.alerts_topic()),
        &[&alerts],
    );
    let health_subscriptions = Node::after(
        wanted.subscriptions(&wanted.names.health_topic()),
        &[&health],
    );
    let (alert_subscriptions, health_subscriptions) = (
        alert_subscriptions.of(&alerts),
        health_subscriptions.of(&health),
    );
    let alarms = wanted
        .alarms()
        .into_iter()
        .map(|alarm| Node::after(alarm, &[&health]))
        .collect::<Vec<_>>();
    let mut nodes = vec![
        log_group,
        alerts,
        health,
        dead_letters,
        role,
        bus,
        acts_queue,
        reads_queue,
        function,
        acts_mapping,
        reads_mapping,
        acts,
        reads,
        heartbeats,
        tampering,
        hub_tampering,
        hub_urgent,
        alert_subscriptions,
        health_subscriptions,
    ];
    if wanted.has_self_check() {
        nodes.extend(wanted.self_check_nodes(false));
    }
    nodes.extend(alarms);
    nodes
}

/// The same, and what hubs of earlier versions have, which is removed where it is found.
pub(crate) fn hub_and_former(wanted: &Wanted) -> Vec<Node> {
    let mut nodes = hub(wanted);
    let (function, rule) = (wanted.names.function(), wanted.names.acts_rule());
    let is_needed = |node: &&Node| match &node.resource {
        HubResource::Function(it) => it.name == function,
        HubResource::Rule(it) => it.name == rule,
        _ => false,
    };
    let needed: Vec<&Node> = nodes.iter().filter(is_needed).collect();
    let mut former = Node::after(wanted.direct_way(), &needed);
    former.belongs_to = Some(format!("{} {function}", Function::KIND));
    nodes.push(former);
    nodes.extend(switched_off(wanted));
    nodes
}

/// What belongs to a part of the hub that is off, and is removed where it is found.
fn switched_off(wanted: &Wanted) -> Vec<Node> {
    if wanted.has_self_check() {
        return Vec::new();
    }
    let mut nodes = wanted.self_check_nodes(true);
    nodes.extend(wanted.self_check_alarms().into_iter().map(Node::free));
    nodes
}

impl Wanted {
    /// On everything that can carry one: those of the settings, and the one that says whose it is.
    pub(crate) fn tags(&self) -> Tags {
        let mut tags = self.tags.clone();
        tags.insert(DEPLOYMENT_TAG.into(), self.names.deployment.clone());
        tags
    }

    pub(crate) fn log_group(&self) -> LogGroup {
        LogGroup {
            name: self.names.log_group(),
            arn: self.names.log_group_arn(),
            kms_key: self.log_kms_key.clone(),
            retention_in_days: Some(self.log_retention_days),
            tags: self.tags(),
            class: None,
            retention_policy: None,
            is_without_key: self.log_without_key,
        }
        .that_remembers()
    }

    fn alerts_topic(&self) -> Topic {
        let key = self.kms_key.clone();
        Topic {
            name: self.names.alerts_topic(),
            arn: self.alerts_arn(),
            kms_master_key_id: Some(key.unwrap_or_else(|| AWS_MANAGED_KEY.into())),
            not_default: NotDefault::new(),
            policy: policies::alerts_topic(&self.names),
            tags: self.tags(),
        }
    }

    fn alerts_arn(&self) -> String {
        self.names.topic_arn(&self.names.alerts_topic())
    }

    /// Not encrypted: CloudWatch cannot use `alias/aws/sns`, and an alarm holds no event content.
    fn health_topic(&self) -> Topic {
        Topic {
            name: self.names.health_topic(),
            arn: self.health_arn(),
            kms_master_key_id: None,
            not_default: NotDefault::new(),
            policy: policies::health_topic(&self.names, &self.alarm_arns(), self.has_self_check()),
            tags: self.health_tags(),
        }
    }

    /// With what the setting of the self-check says, so that it is remembered also where that is off.
    fn health_tags(&self) -> Tags {
        let mut tags = self.tags();
        tags.insert(SETTING_TAG.into(), self.self_check.name().into());
        tags
    }

    fn alarm_arns(&self) -> Vec<String> {
        self.alarms().into_iter().map(|alarm| alarm.arn).collect()
    }

    fn health_arn(&self) -> String {
        self.names.topic_arn(&self.names.health_topic())
    }

    fn subscriptions(&self, topic: &str) -> Subscriptions {
        let arn = self.names.topic_arn(topic);
        Subscriptions {
            is_whole: self.is_whole_list,
            removed: self.unsubscribed.iter().cloned().collect(),
            ..Subscriptions::wanted(topic.to_owned(), arn, &self.subscriptions)
        }
    }

    fn dead_letters_arn(&self) -> String {
        self.names.queue_arn(&self.names.dead_letter_queue())
    }

    fn dead_letter_queue(&self) -> Queue {
        Queue {
            name: self.names.dead_letter_queue(),
            message_retention_period: Some(LONGEST_RETENTION),
            not_default: NotDefault::new(),
            policy: policies::dead_letter_queue(&self.names),
            redrive: None,
            kms_key: self.queue_kms_key.clone(),
            sqs_managed_sse: self.queue_kms_key.is_none(),
            tags: self.tags(),
            visibility_timeout: Some(30),
            depth: None,
            in_flight: None,
        }
    }

    fn acts_queue(&self) -> Queue {
        let policy = policies::acts_queue(&self.names);
        self.read_by_batches(self.names.acts_queue(), policy, ACTS_WINDOW)
    }

    fn reads_queue(&self) -> Queue {
        let policy = policies::reads_queue(&self.names);
        self.read_by_batches(self.names.reads_queue(), policy, DIGEST_WINDOW)
    }

    /// Lambda asks for six times the function's timeout until a message is seen again, and the window on top (Lambda
    /// Developer Guide, "Using Lambda with Amazon SQS").
    fn read_by_batches(&self, name: String, policy: Policy, window: i32) -> Queue {
        let visibility = 6 * FUNCTION_TIMEOUT + window;
        Queue {
            name,
            policy,
            redrive: Some(Redrive {
                dead_letter_target_arn: self.dead_letters_arn(),
                max_receive_count: MOST_RECEIVES,
            }),
            visibility_timeout: u64::try_from(visibility).ok(),
            ..self.dead_letter_queue()
        }
    }

    pub(crate) fn role(&self) -> Role {
        Role {
            name: self.names.role(),
            path: self.names.iam.path().to_owned(),
            policy_name: "notifier",
            attached_policies: BTreeSet::new(),
            other_policies: BTreeSet::new(),
            description: Some(
                "Lets the rootwatch notifier log, publish alerts, read its queues and ask for account names"
                    .into(),
            ),
            inline_policy: policies::notifier(
                &self.names,
                &self.org_id,
                self.kms_key.as_deref(),
                self.queue_kms_key.as_deref(),
                &self.notify,
            ),
            permissions_boundary: self.names.boundary_arn(),
            is_unbounded: self.unbounded,
            tags: self.tags(),
            trust: policies::notifier_trust(),
            policy_for_now: None,
        }
    }

    pub(crate) fn function(&self) -> Function {
        let settings = NotifierSettings::of(&self.notify, &self.alerts_arn());
        let package = settings.package();
        let function = Function {
            name: self.names.function(),
            arn: self.names.function_arn(),
            architecture: bundle::ARCHITECTURE.into(),
            code_sha256: package.sha256.clone(),
            description: "Notifies people of what a root user did".into(),
            environment: BTreeMap::new(),
            handler: "bootstrap".into(),
            kms_key: None,
            layers: BTreeSet::new(),
            log_group: self.names.log_group(),
            memory_size: FUNCTION_MEMORY,
            not_default: NotDefault::new(),
            reserved_concurrency: None,
            role: self.names.role_arn(),
            runtime: "provided.al2023".into(),
            settings,
            subnets: BTreeSet::new(),
            tags: self.tags(),
            timeout: FUNCTION_TIMEOUT,
            code: Some(bundle::zip()),
            package,
            has_our_executable: false,
            unread: None,
            is_own_build_wanted: self.own_build,
            modified: None,
            active: true,
        };
        function.marked(bundle::source_digest())
    }

    fn direct_way(&self) -> DirectWay {
        DirectWay {
            name: self.names.acts_rule(),
            function: self.names.function(),
            role: self.role(),
        }
    }

    fn acts_mapping(&self) -> Mapping {
        Mapping {
            batch_size: Some(ACTS_BATCH),
            maximum_batching_window: Some(ACTS_WINDOW),
            maximum_concurrency: Some(ACTS_CONCURRENCY),
            ..self.mapping(self.names.acts_queue())
        }
    }

    fn reads_mapping(&self) -> Mapping {
        let (batch_size, window) = match self.notify.read_only {
            ReadOnly::Each => (EACH_BATCH, 0),
            ReadOnly::Digest | ReadOnly::Off => (DIGEST_BATCH, DIGEST_WINDOW),
        };
        Mapping {
            batch_size: Some(batch_size),
            maximum_batching_window: Some(window),
            maximum_concurrency: Some(READS_CONCURRENCY),
            ..self.mapping(self.names.reads_queue())
        }
    }

    fn mapping(&self, queue: String) -> Mapping {
        Mapping {
            queue_arn: self.names.queue_arn(&queue),
            name: queue,
            function: self.names.function(),
            batch_size: None,
            enabled: true,
            filters: BTreeSet::new(),
            maximum_batching_window: None,
            maximum_concurrency: None,
            not_default: NotDefault::new(),
            report_batch_item_failures: true,
            uuid: None,
        }
    }

    fn event_bus(&self) -> EventBus {
        EventBus {
            name: self.names.bus(),
            arn: self.names.bus_arn(),
            not_default: NotDefault::new(),
            policy: policies::event_bus(&self.names, &self.org_id),
            tags: self.tags(),
        }
    }
}
