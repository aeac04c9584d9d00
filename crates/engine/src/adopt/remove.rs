//! The end of the old path: its StackSets, then its hub.

use super::Options;
use super::look::{look, place};
use super::old_path::OldPath;
use super::report::{self, Report};
use crate::end::End;
use crate::operator::{Question, View};
use crate::reference::hub::OldHub;
use crate::reference::spokes::OldSpokes;
use crate::removal::stack_set::Removal;
use crate::session::Session;
use crate::spokes::Place;
use crate::spokes::following::wait_for_others;
use anyhow::{Context, Result, bail};

/// Shows what is removed, asks, and removes it.
pub(crate) async fn remove(
    session: &Session,
    old: &OldPath,
    options: &Options,
    report: &mut Report,
) -> Result<End> {
    session.show(View::OldPathRemoval(old));
    let question = Question::RemoveOldPath {
        deployment: &session.settings.name,
        proved: report.proved,
    };
    let asked = session.confirm(question).await;
    asked.context("both paths stand, and the old one was not touched")?;
    let now = look(session, options).await?;
    refuse_news(old, &now)?;
    let sets = now.stack_sets();
    if !sets.is_empty() {
        mark_compared(session, &now).await?;
    }
    for set in sets {
        let aws = now.aws_in(&set.region)?;
        let place = place(session, aws, &now.organization);
        remove_stack_set(session, &place, set, report).await?;
    }
    for hub in &now.hubs {
        let end = remove_hub(session, &now, hub, report).await?;
        if end != End::Done {
            return Ok(end);
        }
    }
    Ok(End::Done)
}

/// Subscribers that joined the old path while the new one was made and proved have not been taken over.
fn refuse_news(old: &OldPath, now: &OldPath) -> Result<()> {
    let is_same = old.subscribers() == now.subscribers()
        && old.foreign() == now.foreign()
        && old.alive() == now.alive();
    if !is_same {
        bail!(
            "the old path's subscribers, spokes or others who use it have changed since this run began, and nothing of it was removed: run the same command again"
        );
    }
    Ok(())
}

/// A removal that ends early finds no StackSet any more, and has to know that it was compared with the new spokes.
async fn mark_compared(session: &Session, now: &OldPath) -> Result<()> {
    for hub in now.hubs.iter().filter(|it| it.has_bus()) {
        let aws = now.aws_in(&hub.region)?;
        let marked = hub.mark_compared(aws, &session.work, &session.settings.name);
        marked
            .await
            .with_context(|| format!("marking the old bus in {}", aws.place()))?;
    }
    Ok(())
}

/// Stacks that StackSets cannot reach stay: the new path cannot reach these accounts either.
async fn remove_stack_set(
    session: &Session,
    place: &Place<'_>,
    set: &OldSpokes,
    report: &mut Report,
) -> Result<()> {
    let name = &set.name;
    wait_for_others(session, place, name, &set.observed.running, false).await?;
    let removal = Removal {
        place,
        name,
        retain: true,
        no_wait: false,
    };
    let mut retained = Vec::new();
    let operations = &mut report.operations;
    let removed = removal.carry_out(session, &set.observed, operations, &mut retained);
    let removed = removed.await;
    session.show(View::LeftBehind(&retained));
    report.retained.extend(retained);
    removed.context("the new path is proved and stands; the old one is not gone yet")?;
    report.removed.push(format!("stack-set {name}"));
    Ok(())
}

async fn remove_hub(
    session: &Session,
    now: &OldPath,
    hub: &OldHub,
    report: &mut Report,
) -> Result<End> {
    let aws = now.aws_in(&hub.region)?;
    let outcome = hub.removal.apply(aws, &session.work).await;
    let part = |name: &String| report::with_region(now.home(), name, &hub.region);
    report.removed.extend(outcome.done.iter().map(part));
    report.left.extend(outcome.left.iter().map(part));
    let Some(unfinished) = &outcome.unfinished else {
        return Ok(End::Done);
    };
    session.show(View::Unfinished(&outcome));
    report.error = outcome.error();
    Ok(End::from(unfinished))
}
