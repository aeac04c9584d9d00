//! A resource of the hub, whichever function it belongs to: for a form, a role is a role. Pure.

use crate::hub::alarm::Alarm;
use crate::hub::event_bus::EventBus;
use crate::hub::function::Function;
use crate::hub::hub_resource::HubResource;
use crate::hub::log_group::LogGroup;
use crate::hub::mapping::Mapping;
use crate::hub::queue::Queue;
use crate::hub::role::Role;
use crate::hub::rule::{DEFAULT_BUS, Rule};
use crate::hub::self_check::permission::Permission;
use crate::hub::self_check::schedule::Schedule;
use crate::hub::subscriptions::{Standing, Subscriptions};
use crate::hub::targets::Targets;
use crate::hub::topic::Topic;
use crate::subscription::Subscription;
use serde_json::Value;

/// A resource as it is deployed.
#[derive(Clone, Copy)]
pub(super) enum Part<'a> {
    Alarm(&'a Alarm),
    EventBus(&'a EventBus),
    Function(&'a Function),
    LogGroup(&'a LogGroup),
    Mapping(&'a Mapping),
    Permission(&'a Permission),
    Queue(&'a Queue),
    Role(&'a Role),
    Rule(AnyRule<'a>),
    Subscriptions(&'a Subscriptions),
    Topic(&'a Topic),
}

impl<'a> Part<'a> {
    /// `None` for what only a hub of an earlier version has.
    pub(super) fn of(resource: &'a HubResource) -> Option<Self> {
        Some(match resource {
            HubResource::Alarm(it) => Self::Alarm(it),
            HubResource::DirectWay(_) => return None,
            HubResource::EventBus(it) => Self::EventBus(it),
            HubResource::Function(it) => Self::Function(it),
            HubResource::LogGroup(it) => Self::LogGroup(it),
            HubResource::Mapping(it) => Self::Mapping(it),
            HubResource::Queue(it) => Self::Queue(it),
            HubResource::Role(it) => Self::Role(it),
            HubResource::Rule(it) => Self::Rule(AnyRule::by_pattern(it)),
            HubResource::SelfCheckFunction(it) => Self::Function(&it.it),
            HubResource::SelfCheckLog(it) => Self::LogGroup(&it.it),
            HubResource::SelfCheckPermission(it) => Self::Permission(&it.it),
            HubResource::SelfCheckRole(it) => Self::Role(&it.it),
            HubResource::SelfCheckSchedule(it) => Self::Rule(AnyRule::by_clock(&it.it)),
            HubResource::Subscriptions(it) => Self::Subscriptions(it),
            HubResource::Topic(it) => Self::Topic(it),
        })
    }
}

/// A rule by a pattern or by the clock.
#[derive(Clone, Copy)]
pub(super) struct AnyRule<'a> {
    pub(super) name: &'a str,
    pub(super) arn: &'a str,
    pub(super) bus: &'a str,
    pub(super) description: &'a str,
    pub(super) pattern: Option<&'a Value>,
    pub(super) schedule: Option<&'a str>,
    pub(super) state: &'a str,
    pub(super) tags: &'a crate::hub::resource::Tags,
    pub(super) targets: &'a Targets,
}

impl<'a> AnyRule<'a> {
    fn by_pattern(rule: &'a Rule) -> Self {
        Self {
            name: &rule.name,
            arn: &rule.arn,
            bus: &rule.bus,
            description: &rule.description,
            pattern: Some(&rule.event_pattern),
            schedule: None,
            state: &rule.state,
            tags: &rule.tags,
            targets: &rule.targets,
        }
    }

    fn by_clock(rule: &'a Schedule) -> Self {
        Self {
            name: &rule.name,
            arn: &rule.arn,
            bus: DEFAULT_BUS,
            description: &rule.description,
            pattern: None,
            schedule: Some(&rule.schedule),
            state: &rule.state,
            tags: &rule.tags,
            targets: &rule.targets,
        }
    }
}

/// A subscription that can be taken over.
pub(super) struct Subscriber<'a> {
    pub(super) subscription: &'a Subscription,
    pub(super) arn: &'a str,
}

impl Subscriber<'_> {
    /// The address of a service without what may be a key: its path, and a password. `None` where it has neither.
    pub(super) fn without_secret(&self) -> Option<String> {
        let address = self.subscription.shown();
        let (scheme, rest) = address.split_once("://")?;
        let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
        let (user, host) = host.rsplit_once('@').unwrap_or(("", host));
        match user.is_empty() && path.is_empty() {
            true => None,
            false => Some(format!("{scheme}://{host}/{HIDDEN}")),
        }
    }
}

/// What stands in place of a secret.
const HIDDEN: &str = "****";

/// The subscriptions that rootwatch made and that are confirmed.
pub(super) fn subscribers(all: &Subscriptions) -> impl Iterator<Item = Subscriber<'_>> {
    let ours = all.standings.iter();
    let ours = ours.filter(|(it, _)| all.subscriptions.contains_key(*it));
    ours.filter_map(|(subscription, standing)| match standing {
        Standing::Confirmed(arn) => Some(Subscriber { subscription, arn }),
        Standing::Pending => None,
    })
}

/// What a resource is called, without what all of one deployment begin with: `acts` for `rootwatch-acts`.
pub(super) fn short<'a>(deployment: &str, name: &'a str) -> &'a str {
    let name = name.rsplit('/').next().unwrap_or(name);
    let rest = name.strip_prefix(deployment);
    let rest = rest.and_then(|it| it.strip_prefix('-'));
    rest.filter(|it| !it.is_empty()).unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_written_without_what_may_be_a_key() {
        for (endpoint, wanted) in [
            (
                "https://host.example/key/enqueue",
                Some("https://host.example/****"),
            ),
            (
                "https://me:word@host.example:8443",
                Some("https://host.example:8443/****"),
            ),
            ("https://host.example/", None),
            ("https://host.example", None),
            ("security@example.com", None),
            ("arn:aws:sqs:eu-west-1:111122223333:queue", None),
        ] {
            let subscription = Subscription {
                protocol: "https".into(),
                endpoint: endpoint.into(),
            };
            let it = Subscriber {
                subscription: &subscription,
                arn: "",
            };
            assert_eq!(it.without_secret().as_deref(), wanted, "{endpoint}");
        }
    }

    #[test]
    fn a_short_name_is_what_follows_the_deployment() {
        for (name, wanted) in [
            ("root-acts", "acts"),
            ("/aws/lambda/root-notifier", "notifier"),
            ("root", "root"),
            ("root-", "root-"),
            ("rootwatch-acts", "rootwatch-acts"),
        ] {
            assert_eq!(short("root", name), wanted, "{name}");
        }
    }
}
