//! Terraform on the lab, where it is installed with its provider for AWS.

use anyhow::{Context as _, Result, bail};
use std::path::Path;
use std::process::{Command, Stdio};

/// Runs `terraform` in a folder, with this environment beside that of the process; returns what it printed.
///
/// # Errors
/// When it is not there, or ends with an error.
pub fn terraform(env: &[(String, String)], folder: &Path, args: &[&str]) -> Result<String> {
    let output = Command::new("terraform")
        .args(args)
        .arg("-no-color")
        .env("TF_INPUT", "0")
        .envs(env.iter().cloned())
        .current_dir(folder)
        .stdin(Stdio::null())
        .output()
        .context("running terraform, which has to be installed")?;
    let stdout = String::from_utf8_lossy(&output.stdout);
    if !output.status.success() {
        bail!(
            "terraform {} ended with {}:\n{stdout}{}",
            args.join(" "),
            output.status,
            String::from_utf8_lossy(&output.stderr)
        );
    }
    Ok(stdout.into_owned())
}
