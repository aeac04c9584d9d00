//! What has to be done before the old path can be removed.

use super::Options;
use super::look;
use super::old_path::OldPath;
use crate::hub::subscriptions::{Standing, Subscriptions};
use crate::reference::hub::OldHub;
use crate::reference::spokes;
use crate::reference::subscribers::{self, Takeover};
use crate::session::Session;
use crate::spokes::{Location, regions};
use crate::subscription::Subscription;
use anyhow::{Context, Result};
use std::collections::BTreeMap;

/// Everything that is known before an event is sent, each with what to do.
pub(crate) async fn waiting(
    session: &Session,
    old: &OldPath,
    takeover: &Takeover,
    options: &Options,
) -> Result<Vec<String>> {
    let standings = standings(session).await?;
    let names = session.names();
    let topic = names.topic_arn(&names.alerts_topic());
    let mut waiting = takeover.blocked.clone();
    waiting.extend(
        subscribers::waiting(
            &session.aws,
            &takeover.taken,
            &standings,
            &topic,
            options.accept_unknown,
        )
        .await,
    );
    waiting.extend(old.foreign());
    if !options.accept_unknown {
        waiting.extend(unread(old));
    }
    match &old.sets {
        Some(_) => {
            waiting.extend(unwatched(session, old).await?);
            waiting.extend(not_compared(old));
        }
        None if options.accounts.is_empty() => waiting.push(spokes_elsewhere(session)),
        None => {}
    }
    if options.role.is_none() && !options.accept_unknown && !old.alive().is_empty() {
        waiting.push("a role: with --role NAME the test event is sent from the spokes that the old path watches; without it the way from there to the hub is judged, and not proved (or continue with --accept-unknown)".into());
    }
    Ok(waiting)
}

/// Regions that may hold a part of it.
fn unread(old: &OldPath) -> impl Iterator<Item = String> {
    old.unread.iter().map(|(region, why)| {
        format!("{region}: could not determine whether the pattern is there: {why} (or continue with --accept-unknown)")
    })
}

/// The state of the subscriptions of the new topic for alerts.
pub(crate) async fn standings(session: &Session) -> Result<BTreeMap<Subscription, Standing>> {
    let names = session.names();
    let name = names.alerts_topic();
    let found = Subscriptions::standings_of(&session.aws, &names.topic_arn(&name)).await;
    found.with_context(|| {
        let place = session.aws.place();
        format!("reading who is subscribed to {name} in {place}")
    })
}

/// Where the old spokes watch and the new ones do not, but for regions that the account has turned off since.
async fn unwatched(session: &Session, old: &OldPath) -> Result<Vec<String>> {
    let alive = old.alive();
    if alive.is_empty() {
        return Ok(Vec::new());
    }
    let ours = look::ours(session, old).await?;
    let unwatched = spokes::unwatched(&alive, &ours.instances);
    let off = regions::turned_off(&session.aws, unwatched.clone())
        .await
        .context("reading which regions accounts have turned off")?;
    if let Some(unknown) = off.unknown() {
        session.work.message(&unknown);
    }
    let name = session.names().stack_set();
    let words = |it: &Location| {
        format!(
            "account {} in {}: the old StackSet is there and {name} is not, or not up to date; add its unit with --ou or its region with --regions, or see `rootwatch status`",
            it.account, it.region
        )
    };
    Ok(unwatched.difference(&off.locations).map(words).collect())
}

/// A bus to which no StackSet that could be compared forwards.
fn not_compared(old: &OldPath) -> Option<String> {
    let is_open = |hub: &OldHub| hub.has_bus() && !hub.is_compared();
    (old.stack_sets().is_empty() && old.hubs.iter().any(is_open)).then(|| {
        "the spokes: no StackSet of the pattern was found in any region, so what forwards to the old bus is not known. When `rootwatch status` shows all of it as watched, continue with --hub-only --account ID --role NAME, for a spoke that proves it".into()
    })
}

fn spokes_elsewhere(session: &Session) -> String {
    let (region, account) = (&session.aws.region, &session.aws.account);
    let flags = session.settings.flags(session.aws.partition);
    let command = format!(
        "rootwatch deploy spokes --region {region} --hub-account {account} --hub-region {region}{flags}"
    );
    format!(
        "the spokes: with the management account's credentials run `{command} --ou /`, or with the units that the old StackSet has, then this command again with --account ID --role NAME, for a spoke that proves it"
    )
}
