//! `rootwatch confirm`: confirms a subscription so that no click in a mail can end it.

use super::Exit;
use super::run::{Run, on_topic};
use crate::cli::{ConfirmArgs, SpokesArgs};
use crate::{input, report};
use anyhow::{Context, Result};
use rootwatch_engine::confirm;

/// Confirms by the link that was given, or by the first line of standard input: a link in a terminal needs quotes, and a
/// line needs none.
pub(super) async fn confirm(run: &Run<'_>, args: &ConfirmArgs) -> Result<Exit> {
    let given = match &args.link {
        Some(link) => link.clone(),
        None => input::line()
            .await
            .context("reading the link from standard input")?,
    };
    let session = run
        .start(&on_topic(&args.topic), &SpokesArgs::default())
        .await?;
    let confirmed = confirm::confirm(&session, &given).await?;
    let text = report::confirm::text(&confirmed);
    run.output.result(&text, &confirmed)?;
    run.next(&session, &["rootwatch test".into()]);
    Ok(Exit::found(confirmed.authenticated != Some(true)))
}
