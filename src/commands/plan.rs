//! `rootwatch plan`: shows what `deploy` would change.

use super::Exit;
use super::plan_file::Kept;
use super::run::Run;
use crate::cli::{HubArgs, PlanHubArgs, PlanSpokesArgs, SpokesArgs};
use crate::report::{self, next};
use anyhow::{Result, bail};
use rootwatch_engine::{hub, spokes};

/// `rootwatch plan hub`.
pub(super) async fn hub(run: &Run<'_>, args: &PlanHubArgs) -> Result<Exit> {
    let session = run.start(&args.hub, &SpokesArgs::default()).await?;
    let planned = hub::plan(&session, args.switches.switches()).await?;
    let kept = Kept::of(run, &session, "deploy hub", Vec::new());
    let kept = kept.write(&args.out, &planned.basis)?;
    let text = report::hub::planned(&planned, run.output.verbose) + &kept;
    run.output.result(&text, &planned.report)?;
    let changes = planned.report.counts.changes() > 0;
    // A plan that was kept has said by which command it is carried out.
    if kept.is_empty() {
        run.next(&session, &next::after_plan(changes, "rootwatch deploy hub"));
    }
    Ok(Exit::found(args.detailed_exitcode && changes))
}

/// `rootwatch plan spokes`.
pub(super) async fn spokes(run: &Run<'_>, args: &PlanSpokesArgs) -> Result<Exit> {
    let session = run.start(&HubArgs::default(), &args.spokes).await?;
    let planned = spokes::plan(&session, args.switches()).await?;
    if args.out.out.is_some()
        && let Some(running) = planned.plan.running.first()
    {
        bail!(
            "the operation {} of the StackSet {} is under way: a plan that is made now would not hold once it has ended, and none was kept. Make it then",
            running.operation_id,
            planned.stack_set()
        );
    }
    let kept = Kept::of(run, &session, "deploy spokes", Vec::new());
    let kept = kept.write(&args.out, &planned.basis)?;
    let text = report::spokes::plan(&planned.plan, planned.stack_set(), run.output.verbose) + &kept;
    run.output.result(&text, &planned.report())?;
    let changes = planned.plan.is_change();
    // A plan that was kept has said by which command it is carried out.
    if kept.is_empty() {
        run.next(
            &session,
            &next::after_plan(changes, "rootwatch deploy spokes"),
        );
    }
    Ok(Exit::found(args.detailed_exitcode && changes))
}
