//! The settings that a hub shows. Reads, and writes nothing.

use crate::hub::desired::{Node, hub};
use crate::hub::function::Function;
use crate::hub::hub_resource::HubResource;
use crate::hub::observe::{Found, observe};
use crate::hub::resource::{Resource, Tags};
use crate::hub::role::Role;
use crate::hub::topic::Topic;
use crate::names::{DEPLOYMENT_TAG, Names};
use crate::session::Session;
use crate::settings::{Boundary, Notify, Settings};
use crate::source::{Sources, key};
use anyhow::{Result, bail};
use rootwatch_eval::Policy;
use rootwatch_root_event::{Format, ReadOnly};
use std::collections::{BTreeMap, BTreeSet};

/// Key that SNS provides, which is the default.
const DEFAULT_TOPIC_KEY: &str = "alias/aws/sns";

/// A run with the settings that the hub remembers, and what is there of the hub.
pub(crate) struct Recalled {
    pub(crate) session: Session,
    pub(crate) found: Found,
}

/// Reads the hub, and takes from it the settings that this run does not give.
///
/// The names of the topic and the role are known by the function alone: what has another name than this run would
/// give it is read after the rest.
///
/// # Errors
/// When something cannot be read.
pub(crate) async fn recall(session: &Session) -> Result<Recalled> {
    // What is there is found by its name, so the organization need not be known.
    let before = hub(&session.hub(String::new()));
    let mut found = observe(&session.aws, &before).await?;
    let mut settings = session.settings.clone();
    match function(&found) {
        Some(function) => names(&mut settings, function, &session.names()),
        None => topic_of_role(&mut settings, &found, &session.names()),
    }
    let named = session.with(settings);
    let mut after = hub(&named.hub(String::new()));
    let more = observe(&session.aws, &not_read(&before, &after)).await?;
    found.extend(more);
    let mut settings = named.settings.clone();
    if !is_believable(&named.names(), &found) {
        forget_topic(&mut settings, session);
        after = hub(&session.with(settings.clone()).hub(String::new()));
    }
    let known: BTreeSet<String> = after.iter().map(|node| node.resource.id()).collect();
    found.retain(|id, _| known.contains(id));
    values(&mut settings, &found, &named.names());
    Ok(Recalled {
        session: session.with(settings),
        found,
    })
}

fn not_read(before: &[Node], after: &[Node]) -> Vec<Node> {
    let read: BTreeSet<String> = before.iter().map(|node| node.resource.id()).collect();
    let new = after
        .iter()
        .filter(|node| !read.contains(&node.resource.id()));
    new.cloned().collect()
}

/// Whether the topic that the function names is the deployment's: by its tag, or where it is gone, by what the role
/// may publish to. All else is no setting of ours, but a change by hand. Pure.
fn is_believable(names: &Names, found: &Found) -> bool {
    let topic = found.get(&format!("{} {}", Topic::KIND, names.alerts_topic()));
    match topic {
        Some(HubResource::Topic(topic)) => {
            topic.tags.get(DEPLOYMENT_TAG) == Some(&names.deployment)
        }
        _ => {
            let arn = role(found).and_then(publishes_to);
            let is_default = names.topic.is_none();
            is_default || arn == Some(names.topic_arn(&names.alerts_topic()).as_str())
        }
    }
}

/// Puts the topic back to what this run gives, if anything.
fn forget_topic(settings: &mut Settings, session: &Session) {
    if settings.sources.is_open(key::TOPIC_NAME) {
        settings.hub.topic_name = session.settings.hub.topic_name.clone();
        settings.sources.forget(key::TOPIC_NAME);
    }
}

/// The notifier's role among what was found.
fn role(found: &Found) -> Option<&Role> {
    found.values().find_map(|it| match it {
        HubResource::Role(role) => Some(role),
        _ => None,
    })
}

/// ARN of the topic that the role may publish to.
fn publishes_to(role: &Role) -> Option<&str> {
    role.inline_policy.statement("Publish")?["Resource"].as_str()
}

/// The deployment's function among what was found.
fn function(found: &Found) -> Option<&Function> {
    found.values().find_map(|it| match it {
        HubResource::Function(function) => Some(function),
        _ => None,
    })
}

/// Takes the names that only the function knows: its topic's, and what its role's is made of. Pure.
pub(crate) fn names(settings: &mut Settings, function: &Function, names: &Names) {
    if function.tags.get(DEPLOYMENT_TAG) != Some(&names.deployment) {
        return;
    }
    let from = format!("{} {}", Function::KIND, function.name);
    let Settings {
        hub, iam, sources, ..
    } = settings;
    let arn = function.environment.get(Notify::TOPIC_ARN);
    let topic = arn.and_then(|arn| topic_name(arn, names));
    sources.remember(key::TOPIC_NAME, &mut hub.topic_name, topic.map(Some), &from);
    let Some((path, prefix)) = role_parts(function, names) else {
        return;
    };
    let path = (path != "/").then_some(Some(path));
    sources.remember(key::IAM_PATH, &mut iam.path, path, &from);
    let prefix = Some(prefix).filter(|it| !it.is_empty());
    sources.remember(key::ROLE_PREFIX, &mut iam.role_prefix, prefix, &from);
}

/// Takes the topic's name from what the role may publish to, where the function is gone. Pure.
fn topic_of_role(settings: &mut Settings, found: &Found, names: &Names) {
    let is_ours = |role: &&Role| role.tags.get(DEPLOYMENT_TAG) == Some(&names.deployment);
    let Some(role) = role(found).filter(is_ours) else {
        return;
    };
    let topic = publishes_to(role).and_then(|arn| topic_name(arn, names));
    let from = format!("{} {}", Role::KIND, role.name);
    let Settings { hub, sources, .. } = settings;
    sources.remember(key::TOPIC_NAME, &mut hub.topic_name, topic.map(Some), &from);
}

/// Name of a topic of this account and region, where it is not the default one.
fn topic_name(arn: &str, names: &Names) -> Option<String> {
    let name = arn.strip_prefix(&names.topic_arn(""))?;
    let default = Names {
        topic: None,
        ..names.clone()
    };
    let is_other = name != default.alerts_topic() && name != names.health_topic();
    (is_other && !name.is_empty()).then(|| name.to_owned())
}

/// Path of the function's role and what its name begins with, where the rest is the deployment's name for it.
fn role_parts(function: &Function, names: &Names) -> Option<(String, String)> {
    let (partition, account) = (names.partition.name(), &names.account);
    let role = function
        .role
        .strip_prefix(&format!("arn:{partition}:iam::{account}:role/"))?;
    let (path, name) = role.rsplit_once('/').unwrap_or(("", role));
    let prefix = name.strip_suffix(&names.role_without_prefix())?;
    let path = match path {
        "" => "/".to_owned(),
        path => format!("/{path}/"),
    };
    Some((path, prefix.to_owned()))
}

/// Takes what the resources show, each for the setting that it is made from. Pure.
pub(crate) fn values(settings: &mut Settings, found: &Found, names: &Names) {
    let ours = |it: &&HubResource| {
        let deployment = it.tags().and_then(|tags| tags.get(DEPLOYMENT_TAG));
        deployment == Some(&names.deployment)
    };
    let ours: Vec<&HubResource> = found.values().filter(ours).collect();
    for resource in &ours {
        of_one(settings, resource, names);
    }
    let from = format!("tags of the hub in account {}", names.account);
    let Settings { sources, tags, .. } = settings;
    sources.remember_pairs(key::TAGS, tags, common_tags(&ours), &from);
}

fn of_one(settings: &mut Settings, resource: &HubResource, names: &Names) {
    let from = resource.id();
    let Settings {
        hub,
        notify,
        iam,
        sources,
        ..
    } = settings;
    match resource {
        HubResource::Topic(topic) if topic.name == names.alerts_topic() => {
            let found = topic.kms_master_key_id.clone();
            let found = found.filter(|it| it != DEFAULT_TOPIC_KEY && is_key(it));
            sources.remember(key::KMS_KEY, &mut hub.kms_key, found.map(Some), &from);
        }
        HubResource::LogGroup(group) => {
            let found = group.kms_key.clone().map(Some);
            sources.remember(key::LOG_KMS_KEY, &mut hub.log_kms_key, found, &from);
            // The account's policy wins over what is set at the group, so that this is no setting of ours.
            let days = group.retention_in_days;
            let days = days.filter(|_| group.retention_policy.is_none());
            let slot = &mut hub.log_retention_days;
            sources.remember(key::LOG_RETENTION_DAYS, slot, days, &from);
        }
        HubResource::Queue(queue) => {
            let found = queue.kms_key.clone().filter(|it| is_key(it));
            let slot = &mut hub.queue_kms_key;
            sources.remember(key::QUEUE_KMS_KEY, slot, found.map(Some), &from);
        }
        HubResource::Role(role) => {
            let boundary = role.permissions_boundary.as_deref();
            let boundary = boundary.and_then(|arn| Boundary::of_arn(arn, &names.account));
            let slot = &mut iam.boundary;
            sources.remember(key::PERMISSIONS_BOUNDARY, slot, boundary.map(Some), &from);
        }
        HubResource::Function(function) => of_function(notify, sources, function, &from),
        _ => {}
    }
}

fn of_function(notify: &mut Notify, sources: &mut Sources, function: &Function, from: &str) {
    let word = |name: &str| function.environment.get(name).map(String::as_str);
    let read_only = ReadOnly::ALL
        .iter()
        .find(|(it, _)| Some(*it) == word(Notify::READ_ONLY));
    let read_only = read_only.map(|(_, it)| *it);
    sources.remember(key::READ_ONLY, &mut notify.read_only, read_only, from);
    let format = Format::ALL
        .iter()
        .find(|(it, _)| Some(*it) == word(Notify::FORMAT));
    let format = format.map(|(_, it)| *it);
    sources.remember(key::FORMAT, &mut notify.format, format, from);
    let named = account_names(function);
    sources.remember_pairs(key::ACCOUNT_NAMES, &mut notify.account_names, named, from);
}

/// The names of accounts that the function was given.
fn account_names(function: &Function) -> BTreeMap<String, String> {
    let text = function.environment.get(Notify::ACCOUNT_NAMES);
    let named = text.and_then(|text| serde_json::from_str(text).ok());
    named.unwrap_or_default()
}

/// Fails where the name of an account is to be reset and the hub remembers none: the account was probably mistyped, and
/// the run would change nothing and end well. Pure.
pub(crate) fn refuse_unknown_names(session: &Session, found: &Found) -> Result<()> {
    let named = function(found).map(account_names).unwrap_or_default();
    let mut resets = session.settings.sources.resets_of(key::ACCOUNT_NAMES);
    let Some(account) = resets.find(|it| !named.contains_key(*it)) else {
        return Ok(());
    };
    let known: Vec<&str> = named.keys().map(String::as_str).collect();
    let known = match known.as_slice() {
        [] => "none".to_owned(),
        all => format!("those of {}", all.join(", ")),
    };
    bail!(
        "--reset account_names.{account}: the hub in {} remembers no name of that account; of account names it remembers {known}",
        session.aws.place()
    )
}

/// A key by its ARN: rootwatch sets no other, and what is set by hand is a difference to repair.
fn is_key(text: &str) -> bool {
    text.split(':').nth(2) == Some("kms") && text.starts_with("arn:")
}

/// The tags that more than half of the resources have: one that somebody took off one of them is put there again, one
/// that somebody put on one of them is left there.
fn common_tags(ours: &[&HubResource]) -> Tags {
    let mut counts: BTreeMap<(&String, &String), usize> = BTreeMap::new();
    for tag in ours.iter().filter_map(|it| it.tags()).flatten() {
        *counts.entry(tag).or_default() += 1;
    }
    let is_of_a_setting =
        |key: &str| !key.starts_with("rootwatch:") && !key.to_lowercase().starts_with("aws:");
    counts
        .into_iter()
        .filter(|((key, _), count)| is_of_a_setting(key) && 2 * count > ours.len())
        .map(|((key, value), _)| (key.clone(), value.clone()))
        .collect()
}

/// The organization that the hub's bus lets in, where the caller may not ask which it belongs to. Pure.
pub(crate) fn organization_id(found: &Found) -> Option<String> {
    let policy = found.values().find_map(|it| match it {
        HubResource::EventBus(bus) => Some(&bus.policy),
        _ => None,
    })?;
    organization_of(policy)
}

fn organization_of(policy: &Policy) -> Option<String> {
    let statement = policy.statement("RootwatchOrganization")?;
    let ids = &statement["Condition"]["StringEquals"]["aws:PrincipalOrgID"];
    let id = ids.as_str().or_else(|| match ids.as_array()?.as_slice() {
        [one] => one.as_str(),
        _ => None,
    })?;
    Some(id.to_owned())
}

/// Takes what the function and its role know, by few reads: for what reads the rest of the hub by itself, or needs none.
///
/// # Errors
/// When one of them cannot be read.
pub(crate) async fn recall_function(session: &Session) -> Result<Session> {
    let nodes = hub(&session.hub(String::new()));
    let is_function = |node: &&Node| matches!(node.resource, HubResource::Function(_));
    let mut found = observe(&session.aws, &only(&nodes, is_function)).await?;
    let mut settings = session.settings.clone();
    if let Some(function) = function(&found) {
        names(&mut settings, function, &session.names());
        let named = session.with(settings.clone());
        let nodes = hub(&named.hub(String::new()));
        let alerts = named.names().alerts_topic();
        let is_read = |node: &&Node| match &node.resource {
            HubResource::Role(_) => true,
            HubResource::Topic(topic) => {
                topic.name == alerts && named.settings.hub.topic_name.is_some()
            }
            _ => false,
        };
        found.extend(observe(&session.aws, &only(&nodes, is_read)).await?);
        if !is_believable(&named.names(), &found) {
            forget_topic(&mut settings, session);
        }
        values(&mut settings, &found, &named.names());
    }
    Ok(session.with(settings))
}

fn only(nodes: &[Node], is_one: impl Fn(&&Node) -> bool) -> Vec<Node> {
    nodes.iter().filter(is_one).cloned().collect()
}

#[cfg(test)]
#[path = "hub_tests.rs"]
mod tests;
