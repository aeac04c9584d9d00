//! `rootwatch deploy`: brings the hub or the spokes to the configured state.

use super::Exit;
use super::plan_file;
use super::run::Run;
use crate::cli::{DeploySpokesArgs, HubArgs, HubSwitchArgs, SavedPlanArgs, SpokesArgs};
use crate::report;
use anyhow::Result;
use rootwatch_engine::{End, hub, spokes};

/// `rootwatch deploy hub`.
pub(super) async fn hub(
    run: &Run<'_>,
    args: &HubArgs,
    switches: HubSwitchArgs,
    saved: &SavedPlanArgs,
) -> Result<Exit> {
    let command = "deploy hub";
    let saved = plan_file::read(saved, command)?;
    let session = run.start(args, &SpokesArgs::default()).await?;
    let deployed = match &saved {
        None => hub::deploy(&session, switches.switches()).await?,
        Some(saved) => {
            plan_file::check(saved, run, &session, command, Vec::new())?;
            hub::deploy_saved(&session, switches.switches(), saved).await?
        }
    };
    let text = report::hub::deployed(&deployed, run.output.verbose);
    run.output.result(&text, &deployed.report)?;
    if deployed.end == End::Done && !report::hub::has_said_what_next(&deployed) {
        run.next(&session, &["rootwatch status".into()]);
    }
    Ok(deployed.end.into())
}

/// `rootwatch deploy spokes`.
pub(super) async fn spokes(run: &Run<'_>, args: &DeploySpokesArgs) -> Result<Exit> {
    let command = "deploy spokes";
    let saved = plan_file::read(&args.saved, command)?;
    let session = run.start(&HubArgs::default(), &args.spokes).await?;
    let deployed = match &saved {
        None => spokes::deploy(&session, args.switches(), args.no_wait).await?,
        Some(saved) => {
            plan_file::check(saved, run, &session, command, Vec::new())?;
            spokes::deploy_saved(&session, args.switches(), args.no_wait, saved).await?
        }
    };
    let text = report::spokes::deployed(&deployed, run.output.verbose);
    run.output.result(&text, &deployed.report())?;
    if deployed.end == End::Done && !deployed.planned.plan.is_change() {
        run.next(&session, &["rootwatch status".into()]);
    }
    Ok(deployed.end.into())
}
