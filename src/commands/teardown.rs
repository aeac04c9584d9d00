//! `rootwatch teardown`: removes what carries the deployment's tag, in reverse order, and nothing else.

use super::Exit;
use super::run::{Run, called_by, on_topic};
use crate::cli::{SpokesArgs, Teardown, TeardownArgs};
use crate::report::{self, next};
use anyhow::{Result, bail};
use rootwatch_engine::removal::{self, Options, Part};

/// Removes the hub, the spokes, or the spokes and then the hub.
pub(super) async fn teardown(run: &Run<'_>, args: &TeardownArgs) -> Result<Exit> {
    let options = options(args)?;
    let spokes = SpokesArgs {
        operations: args.operations.clone(),
        others: args.others.clone(),
        ..called_by(&args.caller)
    };
    let session = run.start(&on_topic(&args.topic), &spokes).await?;
    let removed = removal::teardown(&session, options).await?;
    let text = report::teardown::ending(&removed, &session.settings().name);
    run.output.result(&text, &removed.report)?;
    run.next(&session, &next::after_teardown(options.part, &removed));
    Ok(removed.end.into())
}

/// Fails for a flag that would have no effect.
fn options(args: &TeardownArgs) -> Result<Options> {
    if args.abandon_spokes && args.what != Teardown::Hub {
        bail!("--abandon-spokes goes with `teardown hub` only: nothing was changed");
    }
    if args.retain_stacks && args.what == Teardown::Hub {
        bail!(
            "--retain-stacks goes with `teardown spokes` and `teardown all`: nothing was changed"
        );
    }
    if args.keep_logs && args.what == Teardown::Spokes {
        bail!("--keep-logs goes with `teardown hub` and `teardown all`: nothing was changed");
    }
    Ok(Options {
        part: match args.what {
            Teardown::Hub => Part::Hub,
            Teardown::Spokes => Part::Spokes,
            Teardown::All => Part::All,
            Teardown::Guardrail => {
                bail!("the guardrail is no part of the spokes or the hub: nothing was changed")
            }
        },
        abandon_spokes: args.abandon_spokes,
        retain_stacks: args.retain_stacks,
        keep_logs: args.keep_logs,
        no_wait: args.no_wait,
    })
}
