//! What benchmarks of the binary share.

use std::env;
use std::io::{self, Write as _};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use serde_json::Value;

/// Builds the binary as people use it, or quickly.
pub fn build(release: bool) -> Result<PathBuf> {
    let profile = if release { "release" } else { "dev" };
    let output = Command::new(env::var_os("CARGO").unwrap_or("cargo".into()))
        .args(["build", "--package", "rootwatch", "--profile", profile])
        .args(["--message-format", "json-render-diagnostics"])
        .stderr(Stdio::inherit())
        .output()
        .context("running cargo build")?;
    if !output.status.success() {
        bail!("rootwatch does not build");
    }
    String::from_utf8_lossy(&output.stdout)
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter(|message| message["target"]["name"] == "rootwatch")
        .find_map(|message| message["executable"].as_str().map(PathBuf::from))
        .context("cargo built no rootwatch")
}

/// Whole milliseconds.
pub fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// Prints a line.
pub fn say(text: &str) -> Result<()> {
    writeln!(io::stdout(), "{text}").context("writing")
}
