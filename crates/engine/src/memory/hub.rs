//! The settings that a hub shows. Reads, and writes nothing.

use super::hub_values::values;
use super::names;
use crate::hub::desired::{Node, hub, hub_and_former};
use crate::hub::hub_resource::HubResource;
use crate::hub::notifier_settings::NotifierSettings;
use crate::hub::observe::{Found, Seen, Unreadable, observe_doubtful, observe_each};
use crate::hub::policies::LETS_IN;
use crate::hub::resource::Resource;
use crate::hub::topic::Topic;
use crate::names::Names;
use crate::session::Session;
use crate::source::key;
use anyhow::{Result, bail};
use rootwatch_eval::Policy;
use std::collections::{BTreeMap, BTreeSet};
use std::future::Ready;

/// A run with the settings that the hub remembers, and what is there of the hub.
pub(crate) struct Recalled {
    pub(crate) session: Session,
    pub(crate) found: Found,
    /// What the hub contradicts itself about: no run that writes may guess.
    pub(crate) doubts: Vec<String>,
    /// What could not be read; nothing of it in a run that needs all.
    pub(crate) unread: Vec<Unreadable>,
}

/// Reads the hub, and takes from it the settings that this run does not give.
///
/// The names of the topic and the role are not known before: what has another name than this run would give it is read
/// after the rest.
///
/// # Errors
/// When something cannot be read.
pub(crate) async fn recall(session: &Session) -> Result<Recalled> {
    whole(recall_readable(session).await)
}

/// The same; where there is no bus, `without_bus` runs beside the reading of the rest, and what it came to is given too.
///
/// # Errors
/// When something cannot be read.
pub(crate) async fn recall_beside<F: Future>(
    session: &Session,
    without_bus: F,
) -> Result<(Recalled, Option<F::Output>)> {
    let mut beside = Beside::of(Some(without_bus));
    let recalled = whole(read(session, |_, _| true, &mut beside).await)?;
    Ok((recalled, beside.result))
}

/// The same of what can be read; the rest is named.
pub(crate) async fn recall_readable(session: &Session) -> Recalled {
    read(session, |_, _| true, &mut nothing()).await
}

fn whole(mut recalled: Recalled) -> Result<Recalled> {
    match recalled.unread.is_empty() {
        true => Ok(recalled),
        false => Err(recalled.unread.swap_remove(0).error),
    }
}

/// The same of the few parts that say the most: for what reads the rest of the hub by itself, or needs none.
///
/// # Errors
/// When one of them cannot be read.
pub(crate) async fn recall_function(session: &Session) -> Result<Session> {
    let recalled = whole(read(session, names::is_witness, &mut nothing()).await)?;
    let names = recalled.session.names();
    let topic = format!("{} {}", Topic::KIND, names.alerts_topic());
    if recalled.doubts.is_empty() && recalled.found.contains_key(&topic) {
        return Ok(recalled.session);
    }
    // What is contradictory is judged by what it should be.
    let mut settings = recalled.session.settings.clone();
    settings.hub.topic_name = session.settings.hub.topic_name.clone();
    Ok(recalled.session.with(settings))
}

/// What runs once, beside the reading of a hub that has no bus.
struct Beside<F: Future> {
    waits: Option<F>,
    result: Option<F::Output>,
}

impl<F: Future> Beside<F> {
    fn of(waits: Option<F>) -> Self {
        Self {
            waits,
            result: None,
        }
    }

    async fn run(&mut self) {
        if let Some(waits) = self.waits.take() {
            self.result = Some(waits.await);
        }
    }
}

fn nothing() -> Beside<Ready<()>> {
    Beside::of(None)
}

async fn read<F: Future>(
    session: &Session,
    is_read: impl Fn(&HubResource, &Names) -> bool,
    beside: &mut Beside<F>,
) -> Recalled {
    let mut at = session.clone();
    let (mut all, mut doubt) = (Seen::default(), None);
    let mut seen = BTreeSet::new();
    loop {
        // What is there is found by its name, so the organization need not be known.
        let mut nodes = hub_and_former(&at.hub(String::new()));
        let here = at.names();
        nodes.retain(|node| is_read(&node.resource, &here));
        let known: BTreeSet<String> = nodes.iter().map(|node| node.resource.id()).collect();
        nodes.retain(|node| seen.insert(node.resource.id()));
        if nodes.is_empty() {
            all.found.retain(|id, _| known.contains(id));
            all.unread
                .retain(|it| it.ids.iter().any(|id| known.contains(id)));
            break;
        }
        all.extend(observe_by_bus(session, &nodes, beside).await);
        let mut settings = session.settings.clone();
        doubt = names::topic(&mut settings, &all.found, &here);
        let named = session.with(settings.clone()).names();
        names::role(&mut settings, &all.found, &named);
        at = session.with(settings);
    }
    let mut settings = at.settings.clone();
    let mut doubts: Vec<String> = doubt.into_iter().collect();
    doubts.extend(values(&mut settings, &all.found, &at.names()));
    let recalled = session.with(settings);
    if session.settings.tags.is_empty() && !recalled.settings.tags.is_empty() {
        let tagged = with_tags(&recalled, &all.found).await;
        all.extend(tagged);
    }
    Recalled {
        session: recalled,
        found: all.found,
        doubts,
        unread: all.unread,
    }
}

/// Reads these; where the bus is among them and is not there, by few calls, since nothing else is then.
async fn observe_by_bus<F: Future>(
    session: &Session,
    nodes: &[Node],
    beside: &mut Beside<F>,
) -> Seen {
    let is_bus = |node: &&Node| matches!(node.resource, HubResource::EventBus(_));
    let (bus, others): (Vec<Node>, Vec<Node>) =
        nodes.iter().cloned().partition(|node| is_bus(&node));
    let mut seen = observe_each(&session.aws, &bus).await;
    // One that cannot be read may be there.
    let is_there = bus.is_empty() || !seen.found.is_empty() || !seen.unread.is_empty();
    seen.extend(match is_there {
        true => observe_each(&session.aws, &others).await,
        false => {
            let others = without_rules(others);
            let others = observe_doubtful(&session.aws, &others);
            tokio::join!(others, beside.run()).0
        }
    });
    seen
}

/// No rule is there without its bus, and nothing that lets it invoke anything.
fn without_rules(mut nodes: Vec<Node>) -> Vec<Node> {
    let needs_bus = |it: &HubResource| match it {
        HubResource::Rule(rule) => !rule.is_on_default_bus(),
        HubResource::DirectWay(_) => true,
        _ => false,
    };
    nodes.retain(|node| !needs_bus(&node.resource));
    nodes
}

/// What was read without its tags, with them: tags turned out to be a setting.
async fn with_tags(session: &Session, found: &Found) -> Seen {
    let mut nodes = hub(&session.hub(String::new()));
    nodes.retain(|node| !are_tags_read(&node.resource) && found.contains_key(&node.resource.id()));
    observe_each(&session.aws, &nodes).await
}

/// Whether its tags are read in every run. Others are ours by what they are part of.
pub(super) fn are_tags_read(resource: &HubResource) -> bool {
    match resource {
        HubResource::Rule(rule) => rule.is_on_default_bus(),
        HubResource::Alarm(_) => false,
        _ => true,
    }
}

/// Fails where one entry of a table is to be reset and the hub remembers none of that name: it was probably mistyped, and
/// the run would change nothing and end well. Pure.
pub(crate) fn refuse_unknown_names(session: &Session, found: &Found) -> Result<()> {
    let told = names::function(found).map(|it| &it.settings);
    let named = told.map(NotifierSettings::account_names);
    refuse_unknown(
        session,
        key::ACCOUNT_NAMES,
        "name",
        &named.unwrap_or_default(),
    )?;
    let owned = told.map(NotifierSettings::owners);
    refuse_unknown(session, key::OWNERS, "owner", &owned.unwrap_or_default())?;
    let routed = told.map(NotifierSettings::routes);
    refuse_unknown(session, key::ROUTES, "route", &routed.unwrap_or_default())
}

fn refuse_unknown(
    session: &Session,
    key: &str,
    what: &str,
    known: &BTreeMap<String, String>,
) -> Result<()> {
    let mut resets = session.settings.sources.resets_of(key);
    let Some(id) = resets.find(|it| !known.contains_key(*it)) else {
        return Ok(());
    };
    let known: Vec<&str> = known.keys().map(String::as_str).collect();
    let known = match known.as_slice() {
        [] => "none".to_owned(),
        all => format!("those of {}", all.join(", ")),
    };
    let whose = match key {
        key::ACCOUNT_NAMES => "that account",
        key::ROUTES => "that topic",
        _ => "that account or unit",
    };
    bail!(
        "--reset {key}.{id}: the hub in {} remembers no {what} of {whose}; of {} it remembers {known}",
        session.aws.place(),
        key.replace('_', " ")
    )
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
    let statement = policy.statement(LETS_IN)?;
    let ids = &statement["Condition"]["StringEquals"]["aws:PrincipalOrgID"];
    let id = ids.as_str().or_else(|| match ids.as_array()?.as_slice() {
        [one] => one.as_str(),
        _ => None,
    })?;
    Some(id.to_owned())
}

#[cfg(test)]
#[path = "hub_tests.rs"]
mod tests;
