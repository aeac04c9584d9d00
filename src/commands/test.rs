//! `rootwatch test`: sends a marked event and waits until the topic delivers it.

use super::Exit;
use super::run::{Run, called_by, on_topic, selection};
use crate::cli::TestArgs;
use crate::report;
use anyhow::Result;
use rootwatch_engine::canary::{self, Scope};

/// Tests the hub, one or some spokes, or all of them.
pub(super) async fn test(run: &Run<'_>, args: &TestArgs) -> Result<Exit> {
    let hub = on_topic(&args.topic);
    let session = run.start(&hub, &called_by(&args.caller)).await?;
    let scope = Scope {
        all_accounts: args.all_accounts,
        sample: args.sample,
    };
    let selection = selection(&args.spokes);
    let outcome = canary::test(&session, &selection, scope, args.wait, args.allow_nobody).await?;
    let is_fine = outcome.is_passed() && outcome.warnings().is_empty();
    let text = match run.output.quiet && is_fine {
        true => String::new(),
        false => report::test::text(&outcome),
    };
    run.output.result(&text, &outcome.report(&session))?;
    if outcome.is_passed() {
        run.next(&session, &["rootwatch status".into()]);
    }
    Ok(Exit::found(!outcome.is_passed()))
}
