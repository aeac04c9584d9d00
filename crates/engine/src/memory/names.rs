//! The two names of a hub that do not follow from the deployment's: its alerts topic's and its role's.
//!
//! The function, the role and an alarm name the topic, each by what it does with it. What most of them say is believed,
//! so that nobody turns the alerts away by changing one of them; where they are divided, a run that writes is refused.

use crate::hub::alarm::Alarm;
use crate::hub::function::Function;
use crate::hub::hub_resource::HubResource;
use crate::hub::observe::Found;
use crate::hub::resource::{Resource, Tags};
use crate::hub::role::Role;
use crate::hub::topic::Topic;
use crate::names::{DEPLOYMENT_TAG, Names};
use crate::settings::Settings;
use crate::source::{Source, key};
use std::collections::BTreeMap;

/// What one part of the hub says of the alerts topic.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Witness {
    /// The part, `function rootwatch-notifier`.
    part: String,
    /// Name of the topic.
    topic: String,
}

/// Takes the topic's name that the parts of the hub agree on. Returns what they are divided about. Pure.
pub(super) fn topic(settings: &mut Settings, found: &Found, names: &Names) -> Option<String> {
    if !settings.sources.is_open(key::TOPIC_NAME) {
        return None;
    }
    let witnesses = witnesses(found, names);
    let (believed, doubt) = believed(&witnesses);
    let default = default_topic(names);
    settings.hub.topic_name = believed
        .map(|it| it.topic.clone())
        .filter(|name| *name != default);
    settings.sources.forget(key::TOPIC_NAME);
    if let (Some(it), Some(_)) = (believed, &settings.hub.topic_name) {
        let from = Source::Deployed(it.part.clone());
        settings.sources.set(key::TOPIC_NAME, from);
    }
    doubt
}

/// Takes what the role's name and path are made of, from the function, or where that is gone, from the one role that
/// the topic lets publish. Pure.
pub(super) fn role(settings: &mut Settings, found: &Found, names: &Names) {
    let function = function(found).filter(|it| is_ours(&it.tags, names));
    let (arn, from) = match function {
        Some(function) => (
            Some(function.role.as_str()),
            id(Function::KIND, &function.name),
        ),
        None => {
            let topic = alerts(found, names).filter(|it| is_ours(&it.tags, names));
            let from = topic
                .map(|it| id(Topic::KIND, &it.name))
                .unwrap_or_default();
            (topic.and_then(publisher), from)
        }
    };
    let Some((path, prefix)) = arn.and_then(|arn| role_parts(arn, names)) else {
        return;
    };
    let Settings { iam, sources, .. } = settings;
    let path = (path != "/").then_some(Some(path));
    sources.remember(key::IAM_PATH, &mut iam.path, path, &from);
    let prefix = Some(prefix).filter(|it| !it.is_empty());
    sources.remember(key::ROLE_PREFIX, &mut iam.role_prefix, prefix, &from);
}

fn id(kind: &str, name: &str) -> String {
    format!("{kind} {name}")
}

fn is_ours(tags: &Tags, names: &Names) -> bool {
    tags.get(DEPLOYMENT_TAG) == Some(&names.deployment)
}

fn witnesses(found: &Found, names: &Names) -> Vec<Witness> {
    let mut all = Vec::new();
    let alarm_name = names.alarm("not-delivered");
    for resource in found.values() {
        let topic = match resource {
            HubResource::Function(it) if is_ours(&it.tags, names) => {
                it.topic().and_then(|arn| topic_of(arn, names))
            }
            HubResource::Role(it) if is_ours(&it.tags, names) => {
                publishes_to(it).and_then(|arn| topic_of(arn, names))
            }
            HubResource::Alarm(it) if it.name == alarm_name && is_ours(&it.tags, names) => {
                it.dimensions.get("TopicName").cloned()
            }
            _ => None,
        };
        let is_usable = |name: &String| !name.is_empty() && *name != names.health_topic();
        all.extend(topic.filter(is_usable).map(|topic| Witness {
            part: resource.id(),
            topic,
        }));
    }
    all
}

/// The witness that most others agree with, and what they say where there is none such: then the function counts least,
/// since what it says is what alerts follow. Pure.
fn believed(witnesses: &[Witness]) -> (Option<&Witness>, Option<String>) {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for it in witnesses {
        *counts.entry(&it.topic).or_default() += 1;
    }
    let most = counts.values().max().copied().unwrap_or_default();
    let is_believed = |it: &&Witness| counts[it.topic.as_str()] == most;
    let is_function = |it: &&Witness| it.part.starts_with(Function::KIND);
    let mut believed = witnesses.iter().filter(is_believed);
    let first = believed.clone().find(|it| !is_function(it));
    let is_divided = counts.values().filter(|count| **count == most).count() > 1;
    let doubt = is_divided.then(|| {
        let said: Vec<String> = witnesses
            .iter()
            .map(|it| format!("{} says {}", it.part, it.topic))
            .collect();
        format!(
            "which topic alerts go to is not clear ({}): somebody changed a part of the hub. Name the right one with --topic-name",
            said.join(", ")
        )
    });
    (first.or_else(|| believed.next()), doubt)
}

fn default_topic(names: &Names) -> String {
    Names {
        topic: None,
        ..names.clone()
    }
    .alerts_topic()
}

/// Name of a topic of this account and region.
fn topic_of(arn: &str, names: &Names) -> Option<String> {
    Some(arn.strip_prefix(&names.topic_arn(""))?.to_owned())
}

/// ARN of the topic that the role may publish to.
fn publishes_to(role: &Role) -> Option<&str> {
    role.inline_policy.statement("Publish")?["Resource"].as_str()
}

/// ARN of the role that the topic lets publish.
fn publisher(topic: &Topic) -> Option<&str> {
    let statement = topic.policy.statement("RootwatchNotifier")?;
    statement["Condition"]["ArnEquals"]["aws:PrincipalArn"].as_str()
}

/// The deployment's function among what was found.
pub(super) fn function(found: &Found) -> Option<&Function> {
    found.values().find_map(|it| match it {
        HubResource::Function(function) => Some(function),
        _ => None,
    })
}

fn alerts<'a>(found: &'a Found, names: &Names) -> Option<&'a Topic> {
    match found.get(&id(Topic::KIND, &names.alerts_topic()))? {
        HubResource::Topic(topic) => Some(topic),
        _ => None,
    }
}

/// Path of a role and what its name begins with, where the rest is the deployment's name for it.
fn role_parts(arn: &str, names: &Names) -> Option<(String, String)> {
    let (partition, account) = (names.partition.name(), &names.account);
    let role = arn.strip_prefix(&format!("arn:{partition}:iam::{account}:role/"))?;
    let (path, name) = role.rsplit_once('/').unwrap_or(("", role));
    let prefix = name.strip_suffix(&names.role_without_prefix())?;
    let path = match path {
        "" => "/".to_owned(),
        path => format!("/{path}/"),
    };
    Some((path, prefix.to_owned()))
}

/// Whether this is one of the parts that name the topic or the role.
pub(super) fn is_witness(resource: &HubResource, names: &Names) -> bool {
    match resource {
        HubResource::Function(_) | HubResource::Role(_) => true,
        HubResource::Topic(topic) => topic.name != names.health_topic(),
        HubResource::Alarm(Alarm { name, .. }) => *name == names.alarm("not-delivered"),
        // It names no topic, and its key is that of the queue which `test` makes.
        HubResource::Queue(queue) => queue.name == names.acts_queue(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn witness(part: &str, topic: &str) -> Witness {
        Witness {
            part: part.to_owned(),
            topic: topic.to_owned(),
        }
    }

    #[test]
    fn what_most_parts_say_is_believed() {
        let [function, role, alarm] = ["function f", "role r", "alarm a"];
        for (said, wanted, is_divided) in [
            (
                &[(function, "x"), (role, "x"), (alarm, "x")][..],
                Some("x"),
                false,
            ),
            (
                &[(function, "evil"), (role, "x"), (alarm, "x")],
                Some("x"),
                false,
            ),
            (&[(function, "x"), (alarm, "x")], Some("x"), false),
            (&[(function, "evil"), (alarm, "x")], Some("x"), true),
            (
                &[(function, "evil"), (role, "y"), (alarm, "x")],
                Some("y"),
                true,
            ),
            (&[(alarm, "x")], Some("x"), false),
            (&[], None, false),
        ] {
            let all: Vec<Witness> = said.iter().map(|(part, it)| witness(part, it)).collect();
            let (found, doubt) = believed(&all);
            assert_eq!(found.map(|it| it.topic.as_str()), wanted, "{said:?}");
            assert_eq!(doubt.is_some(), is_divided, "{said:?}");
        }
    }
}
