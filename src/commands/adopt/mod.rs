//! `rootwatch adopt`: takes over from AWS's published pattern, and is blind at no moment.
//!
//! The old path is read, the new one is made beside it and proved, and only then the old one goes. Every run looks at
//! what is there, so a run that was interrupted, or that waits for people, goes on when it is repeated.

mod look;
mod prove;
mod remove;
mod report;
mod terraform_state;
mod waiting;

use super::plan_spokes::Switches;
use super::{Closing, Exit, Run, deploy_hub, deploy_spokes};
use crate::cli::ReferenceArgs;
use crate::config::Subscription;
use crate::reference::subscribers::{Takeover, takeover};
use crate::report as words;
use anyhow::{Result, bail};
use look::Old;
use report::{Proved, Report};

/// Walks from the old path to the new one, as far as it can be done now.
pub(super) async fn adopt(mut run: Run, args: &ReferenceArgs) -> Result<Exit> {
    let old = look::look(&run, args).await?;
    let mut report = Report::before(&run, &old);
    if old.is_nothing() {
        return finish(&run, &report, &old, Exit::Done);
    }
    run.show(&report::found(&old, &report));
    refuse_its_topic(&run, &old)?;
    let takeover = takeover(&old.subscribers(), &args.leave_behind);
    let given = run.config.hub.subscriptions.clone();
    subscribe_too(&mut run, &takeover).await?;
    report.to_keep = missing(&given, &run.config.hub.subscriptions);
    run.show(&report::takeover(&takeover, &old));
    // What was done so far is told whatever comes.
    let exit = match change_over(&mut run, args, &old, &takeover, &mut report).await {
        Ok(exit) => exit,
        Err(error) => {
            run.show(&words::error(&error));
            Exit::of(&error)
        }
    };
    finish(&run, &report, &old, exit)
}

async fn change_over(
    run: &mut Run,
    args: &ReferenceArgs,
    old: &Old,
    takeover: &Takeover,
    report: &mut Report,
) -> Result<Exit> {
    let deployed = deploy(run, old, report).await?;
    if deployed != Exit::Done {
        return Ok(deployed);
    }
    report.waiting = waiting::waiting(run, old, takeover, args).await?;
    if report.waiting.is_empty() {
        let target = prove::target(run, old, args)?;
        report.waiting = prove::prove(run, old, args, &target).await?;
        report.proved = Proved::of(&target);
    }
    if !report.waiting.is_empty() {
        return Ok(Exit::Found);
    }
    report.is_proved = true;
    remove::remove(run, old, args, report).await
}

fn finish(run: &Run, report: &Report, old: &Old, exit: Exit) -> Result<Exit> {
    run.output
        .result(&report::ending(run, report, old, exit), report)?;
    Ok(exit)
}

/// Only the notifier may publish to our topic: the old function would fall silent before the new path is proved.
fn refuse_its_topic(run: &Run, old: &Old) -> Result<()> {
    let name = run.names().alerts_topic();
    let here = old.hubs.iter().filter(|it| it.region == run.aws.region);
    let mut topics = here.filter_map(|it| it.topic.as_ref());
    if topics.any(|it| it.name == name) {
        bail!(
            "the settings name the old topic, {name}, as the topic for alerts, to which nobody but the notifier may publish: the old path would be silent before the new one is proved. Nothing was changed; choose another --topic-name"
        );
    }
    Ok(())
}

/// Wants everybody who hears the old topic, and nobody less than the new one has.
async fn subscribe_too(run: &mut Run, takeover: &Takeover) -> Result<()> {
    let has = waiting::standings(run).await?;
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

/// Subscribers that a later `deploy hub` would drop, since they are in no setting.
fn missing(given: &[Subscription], wanted: &[Subscription]) -> Vec<Subscription> {
    let missing = wanted.iter().filter(|it| !given.contains(it));
    missing.cloned().collect()
}

/// Makes the hub, then the spokes, beside the old path; both show their plan and ask.
async fn deploy(run: &mut Run, old: &Old, report: &mut Report) -> Result<Exit> {
    let hub = deploy_hub::bring(run, false).await?;
    let exit = note(run, hub, &mut report.hub);
    if exit != Exit::Done || old.sets.is_none() {
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
