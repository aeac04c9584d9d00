//! `rootwatch status`: would I know? What exists of the hub, who is notified, and which accounts are covered.

use super::Exit;
use super::run::{Run, called_by};
use crate::cli::{SpokesArgs, StatusArgs};
use crate::report::{self, next, page};
use anyhow::Result;
use rootwatch_engine::{Failure, status};

/// Shows the state of the whole path as far as these credentials can see it.
pub(super) async fn status(run: &Run<'_>, args: &StatusArgs) -> Result<Exit> {
    let spokes = SpokesArgs {
        regions: args.regions.clone(),
        others: args.others.clone(),
        ..called_by(&args.caller)
    };
    let session = run
        .start_accepting(&args.hub, &spokes, &args.ignore)
        .await?;
    let mut found = status::status(&session, args.detect_drift).await?;
    let written = match &args.html {
        Some(file) => page::write(file, &session, &found),
        None => Ok(()),
    };
    found.error = written.as_ref().err().map(Failure::of);
    let text = report::status::text(&found, run.output, args.strict);
    run.output.result(&text, &found)?;
    written?;
    if let Some(file) = &args.html {
        session
            .work()
            .message(&format!("Wrote {}.", file.display()));
    }
    run.next(&session, &next::after_status(&found));
    let is_unseen = args.strict && !found.unseen.is_empty();
    Ok(Exit::found(is_unseen || !found.gaps.is_empty()))
}
