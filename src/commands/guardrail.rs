//! `rootwatch deploy guardrail`, `plan guardrail` and `teardown guardrail`.

use super::Exit;
use super::plan_file::{self, Kept};
use super::run::Run;
use crate::cli::{
    CallerArgs, DeployGuardrailArgs, FreeArgs, OtherAccountArgs, PlanGuardrailArgs, SpokesArgs,
    TeardownArgs,
};
use crate::report::{self, next};
use anyhow::{Result, bail};
use rootwatch_engine::End;
use rootwatch_engine::guardrail::{self, Targets};

/// Makes and attaches it.
pub(super) async fn deploy(run: &Run<'_>, args: &DeployGuardrailArgs) -> Result<Exit> {
    let (guard, command) = (&args.guard, "deploy guardrail");
    let saved = plan_file::read(&args.saved, command)?;
    let spokes = reached(&guard.caller, &guard.others);
    let session = run.start_guarding(&spokes, &guard.free).await?;
    let (targets, switches) = (guard.targets(), guard.switches());
    let deployed = match &saved {
        None => guardrail::deploy(&session, &targets, switches).await?,
        Some(saved) => {
            plan_file::check(saved, run, &session, command, guarded(&targets))?;
            guardrail::deploy_saved(&session, &targets, switches, saved).await?
        }
    };
    let text = report::guardrail::deployed(&deployed, run.output.verbose);
    run.output.result(&text, &deployed.report)?;
    if deployed.end == End::Done {
        run.next(&session, &["rootwatch status".into()]);
    }
    Ok(deployed.end.into())
}

/// Shows what that would change.
pub(super) async fn plan(run: &Run<'_>, args: &PlanGuardrailArgs) -> Result<Exit> {
    let guard = &args.guard;
    let spokes = reached(&guard.caller, &guard.others);
    let session = run.start_guarding(&spokes, &guard.free).await?;
    let targets = guard.targets();
    let planned = guardrail::plan(&session, &targets, guard.switches()).await?;
    let command = "deploy guardrail";
    let kept = Kept::of(run, &session, command, guarded(&targets));
    let kept = kept.write(&args.out, &planned.basis)?;
    let text = report::guardrail::planned(&planned, run.output.verbose) + &kept;
    run.output.result(&text, &planned.report)?;
    let changes = planned.report.counts.changes() > 0;
    // A plan that was kept has said by which command it is carried out.
    if kept.is_empty() {
        run.next(
            &session,
            &next::after_plan(changes, "rootwatch deploy guardrail"),
        );
    }
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
    if removed.end == End::Done {
        run.next(&session, &["rootwatch status".into()]);
    }
    Ok(removed.end.into())
}

/// What is named to be guarded, as settings.
fn guarded(targets: &Targets) -> Vec<(&'static str, String)> {
    let named = [
        ("--ou", &targets.ous),
        ("--account", &targets.accounts),
        ("--remove-ou", &targets.removed_ous),
        ("--remove-account", &targets.removed_accounts),
    ];
    let named = named.into_iter().filter(|(_, all)| !all.is_empty());
    named.map(|(flag, all)| (flag, all.join(", "))).collect()
}

/// How the StackSet and the management account are reached.
pub(super) fn reached(caller: &CallerArgs, others: &OtherAccountArgs) -> SpokesArgs {
    SpokesArgs {
        caller: caller.clone(),
        others: others.clone(),
        ..SpokesArgs::default()
    }
}
