//! `rootwatch plan`: shows what `deploy` would change.

use super::Exit;
use super::run::Run;
use crate::cli::{HubArgs, PlanHubArgs, PlanSpokesArgs, SpokesArgs};
use crate::report;
use anyhow::Result;
use rootwatch_engine::{hub, spokes};

/// `rootwatch plan hub`.
pub(super) async fn hub(run: &Run<'_>, args: &PlanHubArgs) -> Result<Exit> {
    let session = run.start(&args.hub, &SpokesArgs::default()).await?;
    let planned = hub::plan(&session, args.switches.switches()).await?;
    let text = report::hub::planned(&planned, run.output.verbose);
    run.output.result(&text, &planned.report)?;
    let changes = planned.report.counts.changes() > 0;
    Ok(Exit::found(args.detailed_exitcode && changes))
}

/// `rootwatch plan spokes`.
pub(super) async fn spokes(run: &Run<'_>, args: &PlanSpokesArgs) -> Result<Exit> {
    let session = run.start(&HubArgs::default(), &args.spokes).await?;
    let planned = spokes::plan(&session, args.switches()).await?;
    let text = report::spokes::plan(&planned.plan, planned.stack_set(), run.output.verbose);
    run.output.result(&text, &planned.report())?;
    let changes = planned.plan.is_change();
    Ok(Exit::found(args.detailed_exitcode && changes))
}
