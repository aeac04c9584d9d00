//! What benchmarks of the binary share.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

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

/// How often the memory of a run is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(10);

/// What a run of the binary came to.
#[derive(Clone, Debug)]
pub struct Measured {
    /// How long it took.
    pub took: Duration,
    /// Its exit code.
    pub code: Option<i32>,
    /// The most memory that it held at once.
    pub peak_mb: u64,
    /// What it wrote on its standard output.
    pub stdout: String,
}

/// Runs the binary with these arguments and this environment. Reads its memory from /proc, so that is 0 but on Linux.
///
/// # Errors
/// When it cannot be started.
pub fn measure(binary: &Path, args: &[&str], env: Vec<(String, String)>) -> Result<Measured> {
    let since = Instant::now();
    let mut output = tempfile::tempfile().context("making a file for the output")?;
    let mut child = Command::new(binary)
        .args(args)
        .envs(env)
        .current_dir(env::temp_dir())
        .stdin(Stdio::null())
        .stdout(output.try_clone().context("sharing the file")?)
        .stderr(Stdio::null())
        .spawn()
        .context("starting rootwatch")?;
    let mut peak_mb = 0;
    let status = loop {
        // Gone once it has ended, so the last look before that counts.
        peak_mb = peak_mb.max(peak_memory_mb(child.id()).unwrap_or_default());
        match child.try_wait()? {
            Some(status) => break status,
            None => thread::sleep(LOOK_EVERY),
        }
    };
    let took = since.elapsed();
    let mut stdout = String::new();
    output.seek(SeekFrom::Start(0))?;
    output.read_to_string(&mut stdout)?;
    Ok(Measured {
        took,
        code: status.code(),
        peak_mb,
        stdout,
    })
}

/// The most that a process has held in memory so far.
pub fn peak_memory_mb(id: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{id}/status")).ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    let kilobytes: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kilobytes / 1024)
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
