//! `rootwatch verify`: would an event arrive? Follows what is deployed, hop by hop, with read-only calls.

use super::Exit;
use super::run::{Run, called_by, on_topic, selection};
use crate::cli::{HubArgs, VerifyArgs};
use crate::report::{self, next};
use anyhow::Result;
use rootwatch_engine::verify;

/// Reads what is deployed, judges it, and shows every hop.
pub(super) async fn verify(run: &Run<'_>, args: &VerifyArgs) -> Result<Exit> {
    let hub = HubArgs {
        org_id: args.org_id.clone(),
        ..on_topic(&args.topic)
    };
    let session = run
        .start_accepting(&hub, &called_by(&args.caller), &args.ignore)
        .await?;
    let found = verify::verify(&session, &selection(&args.spokes), args.hub_only).await?;
    let text = report::verify::text(&found, run.output);
    run.output.result(&text, &found)?;
    run.next(&session, &next::after_verify(&found));
    Ok(Exit::found(found.counts.findings() > 0))
}
