//! What is missing, and the numbers of what only differs, by the kind of resource. Pure.

use super::deployed::Deployed;
use super::finding::{DEPLOY_HUB, Hop};
use crate::findings::{FindingId, hub};
use crate::hub::hub_resource::HubResource;
use crate::hub::log_group::LogGroup;

/// A finding for each resource that is not there.
pub(super) fn all(deployed: &Deployed) -> Vec<Hop> {
    let wanted = deployed.wanted.iter().map(|node| &node.resource);
    let missing = wanted.filter_map(|it| {
        let id = it.id();
        let is_there = !matches!(deployed.found.get(&id), Some(Ok(None)));
        (!is_there).then(|| hop(deployed, &id, it)).flatten()
    });
    missing.collect()
}

/// The finding of a resource that is not there; none where another says it.
fn hop(deployed: &Deployed, id: &str, wanted: &HubResource) -> Option<Hop> {
    let (kind, finding) = match wanted {
        HubResource::Alarm(_) => (hub::ALARM_MISSING, "there is none"),
        HubResource::EventBus(_) => (hub::BUS_MISSING, "there is none"),
        HubResource::Function(_) => (hub::FUNCTION_MISSING, "there is none"),
        HubResource::LogGroup(_) => (hub::LOG_GROUP_MISSING, "there is none"),
        HubResource::Mapping(_) => (
            hub::MAPPING_MISSING,
            "there is none: events wait in the queue and are never reported",
        ),
        HubResource::Queue(_) => (hub::QUEUE_MISSING, "there is none"),
        HubResource::Role(_) => (hub::ROLE_MISSING, "there is none: the notifier cannot run"),
        HubResource::Rule(_) => (hub::RULE_MISSING, "there is none"),
        HubResource::SelfCheckFunction(_)
        | HubResource::SelfCheckLog(_)
        | HubResource::SelfCheckPermission(_)
        | HubResource::SelfCheckRole(_)
        | HubResource::SelfCheckSchedule(_) => (
            hub::SELF_CHECK_MISSING,
            "there is none: the self-check does not run",
        ),
        HubResource::Topic(topic) if topic.name == deployed.names.health_topic() => {
            (hub::TOPIC_MISSING, "there is none: alarms reach nobody")
        }
        HubResource::Topic(_) => (hub::TOPIC_MISSING, "there is none"),
        // A topic that is missing is a finding of its own, and what earlier versions made is not wanted.
        HubResource::Subscriptions(_) | HubResource::DirectWay(_) => return None,
    };
    Some(Hop::broken(kind, id, "exists", finding, DEPLOY_HUB))
}

/// The number of what differs and is not known to break anything.
pub(super) fn differs(wanted: &HubResource) -> FindingId {
    match wanted {
        HubResource::Alarm(_) => hub::ALARM_DIFFERS,
        HubResource::EventBus(_) => hub::BUS_DIFFERS,
        HubResource::Function(_) => hub::FUNCTION_DIFFERS,
        HubResource::LogGroup(_) => hub::LOG_GROUP_DIFFERS,
        HubResource::Mapping(_) => hub::MAPPING_DIFFERS,
        HubResource::Queue(_) => hub::QUEUE_DIFFERS,
        HubResource::Role(_) => hub::ROLE_DIFFERS,
        HubResource::Rule(_) | HubResource::DirectWay(_) => hub::RULE_DIFFERS,
        HubResource::SelfCheckFunction(_)
        | HubResource::SelfCheckLog(_)
        | HubResource::SelfCheckPermission(_)
        | HubResource::SelfCheckRole(_)
        | HubResource::SelfCheckSchedule(_) => hub::SELF_CHECK_DIFFERS,
        HubResource::Subscriptions(_) => hub::SUBSCRIPTIONS_DIFFER,
        HubResource::Topic(_) => hub::TOPIC_DIFFERS,
    }
}

/// Its class is set at its creation only, so that no deployment changes it (CloudWatch Logs User Guide, "Log classes").
pub(super) fn class(deployed: &Deployed, id: &str, found: &LogGroup) -> Vec<Hop> {
    let Some(class) = found.class.as_deref().filter(|it| *it != "STANDARD") else {
        return Vec::new();
    };
    let finding = format!(
        "its class is {class}, in which what the notifier wrote cannot be searched as `rootwatch test` does"
    );
    let fix = format!(
        "delete it by `aws logs delete-log-group --region {} --log-group-name {}`, with all that is in it, and {DEPLOY_HUB}",
        deployed.names.region, found.name
    );
    vec![Hop::differs(hub::LOG_GROUP_DIFFERS, id, finding, fix)]
}
