//! What is deployed is the memory: the settings of earlier runs, as the resources themselves show them.
//!
//! There is no other record that could disagree with what is there. A run takes each setting from its flags, else from
//! rootwatch's own variables, else from the settings file, else from here, else its default.

mod hub;
mod names;
mod spokes;

pub(crate) use hub::{Recalled, organization_id, recall, recall_function, values};
pub(crate) use spokes::{Deployment, recall as recall_spokes};

use crate::session::Session;
use crate::settings::Settings;
use crate::source::{Source, key};
use crate::spokes::organization;
use crate::subscription::Subscription;
use anyhow::Result;

/// The settings of a run with what is deployed, and what of that could not be read.
pub struct Deployed {
    /// Every setting has its value and its source.
    pub settings: Settings,
    /// Why the hub or the spokes are not known, each as a sentence.
    pub unknown: Vec<String>,
    /// Where the hub or the StackSet was found, `hub in account 111122223333, region eu-west-1`.
    pub found: Vec<String>,
}

/// Reads all that is deployed, as far as these credentials can see it.
///
/// # Errors
/// When the hub of this account and region cannot be read. What cannot be read of the spokes is in the result.
pub async fn deployed(session: &Session) -> Result<Deployed> {
    let (mut unknown, mut found) = (Vec::new(), Vec::new());
    let mut settings = session.settings.clone();
    match spokes_of(session).await {
        Ok(Some(deployment)) => {
            spokes::remember(&mut settings, &deployment);
            found.push(format!("StackSet {}", deployment.set.name));
        }
        Ok(None) => {}
        Err(error) => unknown.push(format!("the spokes cannot be read from here: {error:#}")),
    }
    // The hub last: where it is here, what it shows of roles and tags is what counts for it.
    let Recalled {
        session: recalled,
        found: hub,
        doubts,
    } = recall(&session.with(settings)).await?;
    unknown.extend(doubts);
    let mut settings = recalled.settings.clone();
    if !hub.is_empty() {
        found.push(format!("hub in {}", session.aws.place()));
        remember_subscribers(&recalled, &mut settings).await?;
    }
    Ok(Deployed {
        settings,
        unknown,
        found,
    })
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
