//! `rootwatch adopt`: takes over from AWS's published pattern, and is blind at no moment.
//!
//! The old path is read, the new one is made beside it and proved, and only then the old one goes. Every run looks at
//! what is there, so a run that was interrupted, or that waits for people, goes on when it is repeated.

mod look;
mod prove;
mod remove;
mod report;

use super::plan_spokes::Switches;
use super::{Closing, Exit, Run, deploy_hub, deploy_spokes};
use crate::cli::ReferenceArgs;
use crate::config::Subscription;
use crate::hub::resource::Resource;
use crate::hub::subscriptions::{Standing, Subscriptions};
use crate::reference::subscribers::{self, Takeover, takeover};
use anyhow::{Context, Result, bail};
use look::Old;
use report::Report;
use std::collections::BTreeMap;

/// Walks from the old path to the new one, as far as it can be done now.
pub(super) async fn adopt(mut run: Run, args: &ReferenceArgs) -> Result<Exit> {
    let old = look::look(&run, args).await?;
    let mut report = Report::before(&run, &old);
    if old.is_nothing() {
        return finish(&run, &report, &old, Exit::Done);
    }
    run.show(&report::found(&old, &report));
    refuse_foreign(&run, &old)?;
    refuse_its_topic(&run, &old)?;
    let takeover = takeover(&old.hub.subscribers, &args.leave_behind);
    let given = run.config.hub.subscriptions.clone();
    subscribe_too(&mut run, &takeover).await?;
    run.show(&report::takeover(&takeover, &old.hub.special));
    let deployed = deploy(&mut run, &old, &mut report).await?;
    if deployed != Exit::Done {
        return finish(&run, &report, &old, deployed);
    }
    report.to_keep = subscribers_to_keep(&given, &takeover);
    report.waiting = waiting(&run, &old, &takeover, args).await?;
    if report.waiting.is_empty() {
        let proof = prove::prove(&run, &old, args).await?;
        report.waiting = proof;
    }
    if !report.waiting.is_empty() {
        return finish(&run, &report, &old, Exit::Found);
    }
    report.is_proved = true;
    let exit = remove::remove(&run, &old, &mut report).await?;
    finish(&run, &report, &old, exit)
}

fn finish(run: &Run, report: &Report, old: &Old, exit: Exit) -> Result<Exit> {
    run.output
        .result(&report::ending(run, report, old, exit), report)?;
    Ok(exit)
}

/// What others hung on the old hub would break, or stop its removal halfway: better known before anything is made.
fn refuse_foreign(run: &Run, old: &Old) -> Result<()> {
    if old.hub.foreign.is_empty() {
        return Ok(());
    }
    let lines: Vec<String> = old
        .hub
        .foreign
        .iter()
        .map(|it| format!("\n  - {it}"))
        .collect();
    bail!(
        "{}: others use what would be removed in the end, and nothing was changed:{}\nWhen these are gone, run the same command again.",
        run.aws.place(),
        lines.concat()
    )
}

/// Only the notifier may publish to our topic: the old function would fall silent before the new path is proved.
fn refuse_its_topic(run: &Run, old: &Old) -> Result<()> {
    let name = run.names().alerts_topic();
    if old.hub.topic.as_ref().is_some_and(|it| it.name == name) {
        bail!(
            "the settings name the old topic, {name}, as the topic for alerts, to which nobody but the notifier may publish: the old path would be silent before the new one is proved. Nothing was changed; choose another --topic-name"
        );
    }
    Ok(())
}

/// Wants everybody who hears the old topic, and nobody less than the new one has.
async fn subscribe_too(run: &mut Run, takeover: &Takeover) -> Result<()> {
    let has = standings(run).await?;
    let tests = run.names().queue_arn(&run.names().test(""));
    let has = has
        .into_keys()
        .filter(|it| !it.endpoint.starts_with(&tests));
    let wanted = &mut run.config.hub.subscriptions;
    wanted.extend(takeover.taken.iter().cloned().chain(has));
    wanted.sort();
    wanted.dedup();
    Ok(())
}

/// Where the subscriptions of the new topic for alerts stand.
async fn standings(run: &Run) -> Result<BTreeMap<Subscription, Standing>> {
    let names = run.names();
    let name = names.alerts_topic();
    let listing = Subscriptions::wanted(name.clone(), names.topic_arn(&name), &[]);
    let found = listing.find(&run.aws).await.with_context(|| {
        let place = run.aws.place();
        format!("reading who is subscribed to {name} in {place}")
    })?;
    Ok(found.map(|it| it.standings).unwrap_or_default())
}

/// Makes the hub, then the spokes, beside the old path; both show their plan and ask.
async fn deploy(run: &mut Run, old: &Old, report: &mut Report) -> Result<Exit> {
    let hub = deploy_hub::bring(run, false).await?;
    let exit = note(run, hub, &mut report.hub);
    if exit != Exit::Done || old.spokes.is_none() {
        return Ok(exit);
    }
    if run.config.spokes.ous.is_empty() {
        run.config.spokes.ous = look::units(run, old).await?;
    }
    let switches = Switches {
        adopt: false,
        enable_trusted_access: false,
    };
    let spokes = deploy_spokes::bring(run, switches, false).await?;
    Ok(note(run, spokes, &mut report.spokes))
}

fn note(run: &Run, closing: Closing, report: &mut serde_json::Value) -> Exit {
    run.show(&closing.text);
    *report = closing.report;
    closing.exit
}

/// Subscribers that a later `deploy hub` would drop, since they are in no setting.
fn subscribers_to_keep(given: &[Subscription], takeover: &Takeover) -> Vec<Subscription> {
    let taken = takeover.taken.iter();
    taken.filter(|it| !given.contains(it)).cloned().collect()
}

/// Why the old path cannot go yet, before anything is tried.
async fn waiting(
    run: &Run,
    old: &Old,
    takeover: &Takeover,
    args: &ReferenceArgs,
) -> Result<Vec<String>> {
    let standings = standings(run).await?;
    let names = run.names();
    let topic = names.topic_arn(&names.alerts_topic());
    let mut waiting = takeover.blocked.clone();
    waiting.extend(subscribers::waiting(&run.aws, &takeover.taken, &standings, &topic).await);
    waiting.extend(look::unwatched(run, old).await?);
    if old.spokes.is_none() && args.account.is_empty() {
        waiting.push(format!(
            "the spokes: with the management account's credentials run `rootwatch deploy spokes --region {} --hub-account {} --hub-region {} --ou …`, then this command again with --account ID --role NAME, for a spoke that proves it",
            run.aws.region, run.aws.account, run.aws.region
        ));
    }
    Ok(waiting)
}
