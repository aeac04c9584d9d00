//! What benchmarks of the binary share.

use std::env;
use std::ffi::OsString;
use std::io::{self, Write as _};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use serde_json::Value;

/// Builds the binary in the release profile, or in the faster to build development profile.
pub fn build(release: bool) -> Result<PathBuf> {
    let profile = if release { "release" } else { "dev" };
    let output = cargo(env::vars_os().map(|(name, _)| name))
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

/// A cargo that does not see which package the `cargo run` around it runs: build scripts (ring's, for one) look at these
/// variables, and would be run again, and all that stands on them compiled again, for each that comes and goes.
fn cargo(variables: impl Iterator<Item = OsString>) -> Command {
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or("cargo".into()));
    for name in variables {
        let text = name.to_string_lossy();
        if text.starts_with("CARGO_PKG_")
            || text.starts_with("CARGO_MANIFEST_")
            || text == "OUT_DIR"
        {
            cargo.env_remove(&name);
        }
    }
    cargo
}

/// Whole milliseconds.
pub fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// Prints a line.
pub fn say(text: &str) -> Result<()> {
    writeln!(io::stdout(), "{text}").context("writing")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_build_within_cargo_run_sees_the_same_environment_as_one_without() {
        let names = [
            "CARGO_MANIFEST_DIR",
            "CARGO_PKG_NAME",
            "CARGO_HOME",
            "PATH",
            "OUT_DIR",
        ];
        let cargo = cargo(names.iter().map(OsString::from));
        let removed: Vec<_> = cargo
            .get_envs()
            .map(|(name, value)| (name, value.is_none()))
            .collect();
        let expected = ["CARGO_MANIFEST_DIR", "CARGO_PKG_NAME", "OUT_DIR"];
        assert_eq!(removed, expected.map(|name| (name.as_ref(), true)));
    }
}
