//! `rootwatch policy`: what the caller of a command must be allowed.

use super::Exit;
use super::run::{Run, called_by, on_topic};
use crate::cli::{Form, PolicyArgs};
use crate::report;
use anyhow::{Result, anyhow, bail};
use rootwatch_engine::permissions::{self, Command};

/// Prints the IAM policy, as narrow as the names of this deployment make it.
pub(super) async fn policy(run: &Run<'_>, args: &PolicyArgs) -> Result<Exit> {
    let command = args.command().map_err(|why| anyhow!(why))?;
    if args.format == Form::Template && command != Command::Reader {
        bail!(
            "--format template prints a role for the spokes: rootwatch policy reader --format template"
        );
    }
    let session = run
        .start(&on_topic(&args.topic), &called_by(&args.caller))
        .await?;
    let made = permissions::policy(&session, command, args.role.as_deref()).await?;
    if !made.fits() {
        let instead = match made.fits_inline() {
            true => {
                "use it as an inline policy of a role, which holds 10,240, or put its statements into two"
            }
            false => "put its statements into several, of which a role takes ten",
        };
        session.work().message(&format!(
            "This policy has {} characters, and one managed policy holds 6,144: {instead}.",
            made.characters
        ));
    }
    let text = report::policy::text(&made, args.format)?;
    run.output.document(&text, &made)?;
    // Those have to be told what to remove or confirm, or for which tool; and the reader is no command.
    if !matches!(
        command,
        Command::Teardown | Command::Confirm | Command::Export | Command::Reader
    ) {
        let allowed = format!("once that is allowed: rootwatch {}", command.name());
        run.next(&session, &[allowed]);
    }
    Ok(Exit::Done)
}
