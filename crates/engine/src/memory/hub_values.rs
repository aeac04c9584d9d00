//! The settings that the parts of a hub show. Pure.

use super::hub::are_tags_read;
use crate::hub::function::Function;
use crate::hub::hub_resource::HubResource;
use crate::hub::observe::Found;
use crate::hub::resource::{Resource, Tags};
use crate::hub::self_check::SETTING_TAG;
use crate::hub::self_check::settings::accepted;
use crate::hub::topic::Topic;
use crate::names::{DEPLOYMENT_TAG, Names};
use crate::settings::{Boundary, Notify, SelfCheck, Settings};
use crate::source::{Sources, key};
use std::collections::BTreeMap;

/// Key that SNS provides, which is the default.
const DEFAULT_TOPIC_KEY: &str = "alias/aws/sns";

/// Takes what the resources show, each for the setting that it is made from. Returns what they do not say clearly. Pure.
pub(crate) fn values(settings: &mut Settings, found: &Found, names: &Names) -> Vec<String> {
    let ours = |it: &&HubResource| {
        let deployment = it.tags().and_then(|tags| tags.get(DEPLOYMENT_TAG));
        deployment == Some(&names.deployment)
    };
    let ours: Vec<&HubResource> = found.values().filter(ours).collect();
    let tagged: Vec<&HubResource> = ours
        .iter()
        .copied()
        .filter(|it| are_tags_read(it))
        .collect();
    for resource in &ours {
        of_one(settings, resource, names);
    }
    let from = format!("tags of the hub in account {}", names.account);
    let Settings { sources, tags, .. } = settings;
    sources.remember_pairs(key::TAGS, tags, common_tags(&tagged), &from);
    let doubts = [
        queue_key(settings, &ours),
        topic_key(settings, &ours, names),
        unread(settings, &ours, names),
    ];
    doubts.into_iter().flatten().collect()
}

/// Takes the queues' key where all have the same. Pure.
fn queue_key(settings: &mut Settings, ours: &[&HubResource]) -> Option<String> {
    let queues = ours.iter().filter_map(|it| match it {
        HubResource::Queue(queue) => {
            Some((it.id(), queue.kms_key.clone().filter(|it| !is_awss(it))))
        }
        _ => None,
    });
    let queues: Vec<(String, Option<String>)> = queues.collect();
    let Settings { hub, sources, .. } = settings;
    if !sources.is_open(key::QUEUE_KMS_KEY) {
        return None;
    }
    let (from, first) = queues.first()?.clone();
    if queues.iter().any(|(_, it)| *it != first) {
        let said: Vec<String> = queues
            .iter()
            .map(|(id, it)| format!("{id} {}", it.as_deref().unwrap_or("none")))
            .collect();
        return Some(format!(
            "the queues do not have the same key ({}): somebody changed one. Name the right one with --queue-kms-key, or take both off with --reset hub.queue_kms_key",
            said.join(", ")
        ));
    }
    match first.as_deref().is_none_or(is_key) {
        true => {
            let first = first.map(Some);
            sources.remember(key::QUEUE_KMS_KEY, &mut hub.queue_kms_key, first, &from);
            None
        }
        false => Some(unclear_key(
            &from,
            &first,
            "--queue-kms-key",
            key::QUEUE_KMS_KEY,
        )),
    }
}

/// Takes the alerts topic's key. Pure.
fn topic_key(settings: &mut Settings, ours: &[&HubResource], names: &Names) -> Option<String> {
    let topic = ours.iter().find_map(|it| match it {
        HubResource::Topic(topic) if topic.name == names.alerts_topic() => Some(topic),
        _ => None,
    })?;
    let Settings { hub, sources, .. } = settings;
    let found = topic.kms_master_key_id.clone();
    let found = found.filter(|it| it != DEFAULT_TOPIC_KEY);
    let from = format!("{} {}", Topic::KIND, topic.name);
    if !sources.is_open(key::KMS_KEY) || found.as_deref().is_none_or(is_key) {
        sources.remember(key::KMS_KEY, &mut hub.kms_key, found.map(Some), &from);
        return None;
    }
    Some(unclear_key(&from, &found, "--kms-key", key::KMS_KEY))
}

fn unclear_key(from: &str, found: &Option<String>, flag: &str, reset: &str) -> String {
    let key = found.as_deref().unwrap_or_default();
    format!(
        "{from} is under the key {key}, and rootwatch knows keys by their ARNs: give that with {flag}, or take it off with --reset {reset}"
    )
}

/// One of AWS's own, which no policy can be written for.
fn is_awss(key: &str) -> bool {
    key.starts_with("alias/aws/")
}

/// A key by its ARN: rootwatch sets no other, and what is set by hand is a difference to repair.
fn is_key(text: &str) -> bool {
    text.split(':').nth(2) == Some("kms") && text.starts_with("arn:")
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
        HubResource::LogGroup(group) => {
            let found = group.kms_key.clone().map(Some);
            sources.remember(key::LOG_KMS_KEY, &mut hub.log_kms_key, found, &from);
            let days = group.remembered_retention();
            let slot = &mut hub.log_retention_days;
            sources.remember(key::LOG_RETENTION_DAYS, slot, days, &from);
        }
        HubResource::Role(role) => {
            let boundary = role.permissions_boundary.as_deref();
            let boundary = boundary.and_then(|arn| Boundary::of_arn(arn, &names.account));
            let slot = &mut iam.boundary;
            sources.remember(key::PERMISSIONS_BOUNDARY, slot, boundary.map(Some), &from);
        }
        HubResource::Function(function) => of_function(notify, sources, function, &from),
        HubResource::SelfCheckFunction(function) => {
            hub.accepted_by_self_check = accepted(function.it.settings.fields());
        }
        HubResource::Topic(topic) => {
            let said = topic
                .tags
                .get(SETTING_TAG)
                .and_then(|it| SelfCheck::named(it));
            sources.remember(key::SELF_CHECK, &mut hub.self_check, said, &from);
        }
        _ => {}
    }
}

fn of_function(notify: &mut Notify, sources: &mut Sources, function: &Function, from: &str) {
    let told = &function.settings;
    sources.remember(
        key::READ_ONLY,
        &mut notify.read_only,
        told.read_only(),
        from,
    );
    sources.remember(key::FORMAT, &mut notify.format, told.format(), from);
    let runbook = told.runbook().map(Some);
    sources.remember(key::RUNBOOK, &mut notify.runbook, runbook, from);
    let contact = told.contact().map(Some);
    sources.remember(key::CONTACT, &mut notify.contact, contact, from);
    let names = told.account_names();
    sources.remember_pairs(key::ACCOUNT_NAMES, &mut notify.account_names, names, from);
    sources.remember_pairs(key::OWNERS, &mut notify.owners, told.owners(), from);
    sources.remember_pairs(key::ROUTES, &mut notify.routes, told.routes(), from);
}

/// What the notifier is told that could not be read and that this run does not give itself. Pure.
fn unread(settings: &Settings, ours: &[&HubResource], names: &Names) -> Option<String> {
    let why = ours.iter().find_map(|it| match it {
        HubResource::Function(function) => function.unread.as_ref(),
        _ => None,
    })?;
    let sources = &settings.sources;
    let ways = [
        (
            sources.is_open(key::READ_ONLY),
            "--notify-read-only",
            key::READ_ONLY,
        ),
        (sources.is_open(key::FORMAT), "--notify-format", key::FORMAT),
        (
            sources.is_open(key::RUNBOOK),
            "--notify-runbook",
            key::RUNBOOK,
        ),
        (
            sources.is_open(key::CONTACT),
            "--notify-contact",
            key::CONTACT,
        ),
        // A name by a flag is beside those that are remembered.
        (
            !sources.is_whole(key::ACCOUNT_NAMES),
            "[account_names] in the settings file",
            key::ACCOUNT_NAMES,
        ),
        (
            !sources.is_whole(key::OWNERS),
            "[owners] in the settings file",
            key::OWNERS,
        ),
        (
            !sources.is_whole(key::ROUTES),
            "[routes] in the settings file",
            key::ROUTES,
        ),
    ];
    let open: Vec<String> = ways
        .iter()
        .filter(|(is_open, ..)| *is_open)
        .map(|(_, way, key)| format!("{way} or --reset {key}"))
        .collect();
    let function = names.function();
    (!open.is_empty()).then(|| {
        format!(
            "what the notifier is told is in the code of function {function}, which could not be read: {why}. Let this network reach it, or name what could not be read: {}",
            open.join(", ")
        )
    })
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
