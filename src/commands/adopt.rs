//! `rootwatch adopt`: takes over from AWS's published pattern without a gap in the watch.

use super::Exit;
use super::run::Run;
use crate::cli::ReferenceArgs;
use crate::report::{self, next};
use anyhow::Result;
use rootwatch_engine::adopt::{self, Options};

/// Moves from the old path to the new one, as far as possible now.
pub(super) async fn adopt(run: &Run<'_>, args: &ReferenceArgs) -> Result<Exit> {
    let session = run.start(&args.hub, &args.spokes).await?;
    let options = Options {
        role: args.role.clone(),
        external_id: args.external_id.clone(),
        sample: args.sample,
        wait: args.wait,
        leave_behind: args.leave_behind.clone(),
        accept_unknown: args.accept_unknown,
        terraform_state: args.terraform_state.clone(),
        hub_only: args.hub_only,
        accounts: args.account.clone(),
    };
    let adopted = adopt::adopt(&session, &options).await?;
    run.output
        .result(&report::adopt::ending(&adopted), &adopted.report)?;
    run.next(&session, &next::after_adopt(adopted.end));
    Ok(adopted.end.into())
}
