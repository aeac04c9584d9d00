//! What is deployed is the memory: the settings of earlier runs, as the resources themselves show them.
//!
//! There is no other record that could disagree with what is there. A run takes each setting from its flags, else from
//! rootwatch's own variables, else from the settings file, else from here, else its default.

mod hub;
mod hub_values;
mod names;
mod place;
mod spokes;

pub(crate) use hub::{
    Recalled, organization_id, recall, recall_beside, recall_function, recall_readable,
    refuse_unknown_names,
};
pub(crate) use hub_values::values;
pub(crate) use spokes::{
    Deployment, of_set, recall as recall_spokes, remember as remember_spokes, remember_set,
};

use crate::elsewhere::{self, Denied};
use crate::session::Session;
use crate::settings::Settings;
use crate::source::{Source, key};
use crate::spokes::organization;
use crate::subscription::Subscription;
use anyhow::{Result, bail};

/// The settings of a run with what is deployed, and what of that could not be read.
pub struct Deployed {
    /// Every setting has its value and its source; of what the hub and the spokes both have, the hub's.
    pub settings: Settings,
    /// The settings as the StackSet shows them, where both are here: those of [`key::SHARED`] may differ.
    pub of_spokes: Option<Settings>,
    /// Why the hub or the spokes are not known, each as a sentence.
    pub unknown: Vec<String>,
    /// The hub, as it was found, `hub in account 111122223333, region eu-west-1`.
    pub hub: Option<String>,
    /// The StackSet, as it was found, `StackSet rootwatch-spoke`.
    pub spokes: Option<String>,
}

impl Deployed {
    /// What was found.
    pub fn found(&self) -> impl Iterator<Item = &str> {
        self.spokes.iter().chain(&self.hub).map(String::as_str)
    }
}

/// Reads all that is deployed, as far as these credentials can see it.
///
/// # Errors
/// When the hub of this account and region cannot be read, or is elsewhere and nothing of the deployment is here. What
/// cannot be read of the spokes is in the result.
pub async fn deployed(session: &Session) -> Result<Deployed> {
    let mut unknown = Vec::new();
    let spokes = spokes_of(session).await.unwrap_or_else(|error| {
        unknown.push(format!("the spokes cannot be read from here: {error:#}"));
        None
    });
    // Each by itself: what one remembers of roles and tags is no setting of the other.
    let Recalled {
        session: recalled,
        found,
        doubts,
        ..
    } = recall(session).await?;
    unknown.extend(doubts);
    refuse_unknown_names(session, &found)?;
    let has_hub = !found.is_empty();
    if !has_hub && spokes.is_none() {
        let denied = Denied::default();
        refuse_elsewhere(session, &denied).await?;
        let answers = denied.answers().into_iter();
        unknown.extend(answers.map(|why| format!("whether it is elsewhere cannot be read: {why}")));
    }
    let mut settings = recalled.settings.clone();
    if has_hub {
        remember_subscribers(&recalled, &mut settings).await?;
    }
    let of_spokes = spokes.as_ref().map(|it| of_spokes(session, it));
    if let Some(deployment) = &spokes {
        spokes::remember(&mut settings, deployment);
    }
    if has_hub {
        keep_shared(&mut settings, &recalled.settings);
    }
    place::remember(&mut settings, session).await;
    Ok(Deployed {
        settings,
        of_spokes: of_spokes.filter(|_| has_hub),
        unknown,
        hub: has_hub.then(|| format!("hub in {}", session.aws.place())),
        spokes: spokes.map(|it| format!("StackSet {}", it.set.name)),
    })
}

/// The settings of a run with what the StackSet shows, and nothing of the hub. Pure.
fn of_spokes(session: &Session, deployment: &Deployment) -> Settings {
    let mut settings = session.settings.clone();
    spokes::remember(&mut settings, deployment);
    settings
}

/// Puts back what both the hub and the spokes have to what the hub has. Pure.
fn keep_shared(settings: &mut Settings, of_hub: &Settings) {
    settings.iam = of_hub.iam.clone();
    settings.tags = of_hub.tags.clone();
    for shared in key::SHARED {
        settings.sources.forget(shared);
        if let Some(source) = of_hub.sources.get(shared) {
            settings.sources.set(shared, source.clone());
        }
    }
}

/// Fails where nothing is here and the hub is known to be elsewhere.
async fn refuse_elsewhere(session: &Session, denied: &Denied) -> Result<()> {
    let (aws, settings) = (&session.aws, &session.settings);
    let call_as = settings.spokes.call_as;
    let Some(other) = elsewhere::find_widely(aws, &session.names(), call_as, denied).await? else {
        return Ok(());
    };
    bail!(
        "nothing of the deployment \"{}\" is in {}, and so there is {}",
        settings.name,
        aws.place(),
        other.words(aws)
    )
}

async fn spokes_of(session: &Session) -> Result<Option<Deployment>> {
    let organization = organization::find(&session.aws).await?;
    spokes::read(session, &session.stack_sets(&organization)).await
}

/// Adds those that rootwatch subscribed to the alerts, unless the settings file lists all.
async fn remember_subscribers(session: &Session, settings: &mut Settings) -> Result<()> {
    if settings.sources.is_whole(key::SUBSCRIPTIONS) {
        return Ok(());
    }
    let names = session.names();
    let topic = names.alerts_topic();
    let ours = crate::hub::subscriptions::ours(&session.aws, &names.topic_arn(&topic)).await?;
    if ours.is_empty() {
        return Ok(());
    }
    let hub = &mut settings.hub;
    let is_gone = |it: &Subscription| hub.unsubscribed.contains(it);
    let ours: Vec<Subscription> = ours.into_iter().filter(|it| !is_gone(it)).collect();
    hub.subscriptions.extend(ours);
    hub.subscriptions.sort();
    hub.subscriptions.dedup();
    let from = format!("topic {topic}");
    settings
        .sources
        .set(key::SUBSCRIPTIONS, Source::Deployed(from));
    Ok(())
}
