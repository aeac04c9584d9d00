//! `rootwatch deploy`: brings the hub or the spokes to the configured state.

use super::Exit;
use super::run::Run;
use crate::cli::{DeploySpokesArgs, HubArgs, HubSwitchArgs, SpokesArgs};
use crate::report;
use anyhow::Result;
use rootwatch_engine::{hub, spokes};

/// `rootwatch deploy hub`.
pub(super) async fn hub(run: &Run<'_>, args: &HubArgs, switches: HubSwitchArgs) -> Result<Exit> {
    let session = run.start(args, &SpokesArgs::default()).await?;
    let deployed = hub::deploy(&session, switches.switches()).await?;
    let text = report::hub::deployed(&deployed, run.output.verbose);
    run.output.result(&text, &deployed.report)?;
    Ok(deployed.end.into())
}

/// `rootwatch deploy spokes`.
pub(super) async fn spokes(run: &Run<'_>, args: &DeploySpokesArgs) -> Result<Exit> {
    let session = run.start(&HubArgs::default(), &args.spokes).await?;
    let deployed = spokes::deploy(&session, args.switches(), args.no_wait).await?;
    let text = report::spokes::deployed(&deployed, run.output.verbose);
    run.output.result(&text, &deployed.report())?;
    Ok(deployed.end.into())
}
