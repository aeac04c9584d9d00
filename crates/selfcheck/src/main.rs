//! The Lambda function that looks every day whether people would be notified.
//!
//! It is the engine's self-check with a clock: what it is told is `settings.json` beside its executable, what it found is
//! one line of its log. It fails only where it could not look at all, or could not write that line: then Lambda tries
//! again, and the alarm on its errors goes off.

use anyhow::{Context, Error, Result};
use lambda_runtime::{Error as LambdaError, LambdaEvent, service_fn};
use rootwatch_engine::self_check::{self, Cause, Report};
use rootwatch_engine::{Nobody, Session, Settings, Told, Work};
use serde_json::Value;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The file's name, in the folder of the function's code.
const FILE: &str = "settings.json";

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), LambdaError> {
    let folder = std::env::var_os("LAMBDA_TASK_ROOT").map(PathBuf::from);
    let told = &told(&folder.unwrap_or_default())?;
    lambda_runtime::run(service_fn(|event: LambdaEvent<Value>| async move {
        let report = check(told, Cause::of(&event.payload)).await;
        let written = report.and_then(|report| write(&report));
        // With all that it says of where it failed.
        written.map_err(|error| LambdaError::from(format!("{error:#}")))
    }))
    .await
}

/// What this function was told.
fn told(folder: &Path) -> Result<Told> {
    let path = folder.join(FILE);
    let text = std::fs::read_to_string(&path);
    let text = text.with_context(|| format!("reading {}", path.display()))?;
    Told::parse(&text).map_err(Error::msg)
}

async fn check(told: &Told, cause: Cause) -> Result<Report> {
    let settings = Settings {
        ignores: told.accepted.clone(),
        ..Settings::of_deployed(&told.name)
    };
    let session = Session::start(settings, Work::silent(), Arc::new(Nobody)).await?;
    Ok(Box::pin(self_check::run(&session, told.mails, cause)).await)
}

/// Lambda reads the log from standard output.
fn write(report: &Report) -> Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{}", report.line()).context("writing the report to the log")
}
