//! `rootwatch settings`: each setting's value, and where it comes from.

use super::Exit;
use super::run::Run;
use crate::cli::{HubArgs, SpokesArgs};
use crate::config::shown;
use crate::report;
use anyhow::Result;
use rootwatch_engine::memory;

pub(super) async fn settings(run: &Run<'_>, hub: &HubArgs, spokes: &SpokesArgs) -> Result<Exit> {
    let session = run.start(hub, spokes).await?;
    let deployed = memory::deployed(&session).await?;
    let all = shown::all(&deployed);
    let report = report::settings::Settings::of(&session, &all, &deployed);
    run.output.result(&report.text(), &report)?;
    run.next(&session, &["rootwatch plan hub".into()]);
    Ok(Exit::Done)
}
