//! `rootwatch deploy guardrail`, `plan guardrail` and `teardown guardrail`.

use super::Exit;
use super::run::Run;
use crate::cli::{
    CallerArgs, DeployGuardrailArgs, FreeArgs, OtherAccountArgs, PlanGuardrailArgs, SpokesArgs,
    TeardownArgs,
};
use crate::report;
use anyhow::{Result, bail};
use rootwatch_engine::guardrail;

/// Makes and attaches it.
pub(super) async fn deploy(run: &Run<'_>, args: &DeployGuardrailArgs) -> Result<Exit> {
    let guard = &args.guard;
    let spokes = reached(&guard.caller, &guard.others);
    let session = run.start_guarding(&spokes, &guard.free).await?;
    let deployed = guardrail::deploy(&session, &guard.targets(), guard.switches()).await?;
    let text = report::guardrail::deployed(&deployed, run.output.verbose);
    run.output.result(&text, &deployed.report)?;
    Ok(deployed.end.into())
}

/// Shows what that would change.
pub(super) async fn plan(run: &Run<'_>, args: &PlanGuardrailArgs) -> Result<Exit> {
    let guard = &args.guard;
    let spokes = reached(&guard.caller, &guard.others);
    let session = run.start_guarding(&spokes, &guard.free).await?;
    let planned = guardrail::plan(&session, &guard.targets(), guard.switches()).await?;
    let text = report::guardrail::planned(&planned, run.output.verbose);
    run.output.result(&text, &planned.report)?;
    let changes = planned.report.counts.changes() > 0;
    Ok(Exit::found(args.detailed_exitcode && changes))
}

/// Detaches and deletes it.
pub(super) async fn teardown(run: &Run<'_>, args: &TeardownArgs) -> Result<Exit> {
    if args.abandon_spokes || args.retain_stacks || args.keep_logs || args.no_wait {
        bail!(
            "--abandon-spokes, --retain-stacks, --keep-logs and --no-wait have no meaning for `teardown guardrail`: nothing was changed"
        );
    }
    let spokes = reached(&args.caller, &args.others);
    let session = run.start_guarding(&spokes, &FreeArgs::default()).await?;
    let removed = guardrail::teardown(&session).await?;
    let text = report::guardrail::removed(&removed);
    run.output.result(&text, &removed.report)?;
    Ok(removed.end.into())
}

/// How the StackSet and the management account are reached.
pub(super) fn reached(caller: &CallerArgs, others: &OtherAccountArgs) -> SpokesArgs {
    SpokesArgs {
        caller: caller.clone(),
        others: others.clone(),
        ..SpokesArgs::default()
    }
}
