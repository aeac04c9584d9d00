//! `rootwatch scp`: the service control policy that keeps the spokes as they are.

use super::Exit;
use super::guardrail::reached;
use super::run::Run;
use crate::cli::ScpArgs;
use crate::typed;
use anyhow::Result;
use rootwatch_engine::guardrail;

/// Prints the policy; with `--output json` what it is called and what it holds, too.
pub(super) async fn scp(run: &Run<'_>, args: &ScpArgs) -> Result<Exit> {
    let spokes = reached(&args.caller, &args.others);
    let session = run.start_guarding(&spokes, &args.free).await?;
    let scp = guardrail::scp(&session).await?;
    run.output.document(&format!("{}\n", scp.text()?), &scp)?;
    run.next(
        &session,
        &[typed::with_the_same_flags(
            "rootwatch plan guardrail --ou /",
        )],
    );
    Ok(Exit::Done)
}
