//! The platform that the function is built for.

use std::path::PathBuf;
use std::process::Command;

use super::{Result, given, variable};

/// Names a Rust target.
const TARGET: &str = "ROOTWATCH_LAMBDA_TARGET";

/// The target that is asked for, or this machine's.
/// `ready` names a prebuilt executable of `package`.
pub(crate) fn of_the_function(ready: &str, package: &str) -> Result<String> {
    let asked = given(TARGET).map(|target| target.to_string_lossy().into_owned());
    let target = match asked {
        Some(target) if runs(&target) => target,
        Some(target) => return Err(no_platform(&target)),
        None => host(ready, package)?,
    };
    installed(&target)?;
    Ok(target)
}

/// Whether Lambda runs executables of this target (Lambda guide, "Selecting and configuring an instruction set
/// architecture").
fn runs(target: &str) -> bool {
    let architectures = ["x86_64-", "aarch64-"];
    target.contains("-linux-")
        && architectures
            .iter()
            .any(|architecture| target.starts_with(architecture))
}

fn no_platform(target: &str) -> Box<dyn std::error::Error> {
    format!(
        "{TARGET} is `{target}`; expected a target that Lambda runs, such as x86_64-unknown-linux-gnu, \
         aarch64-unknown-linux-gnu, x86_64-unknown-linux-musl or aarch64-unknown-linux-musl"
    )
    .into()
}

fn host(ready: &str, package: &str) -> Result<String> {
    let host = variable("HOST")?.to_string_lossy().into_owned();
    if runs(&host) {
        return Ok(host);
    }
    Err(format!(
        "Lambda runs no executables of this machine ({host}): set {TARGET} to a target that Lambda runs and for which \
         this machine has a linker, such as x86_64-unknown-linux-musl, or {ready} to the path of a prebuilt \
         executable, which `cargo lambda build --package {package}` makes"
    )
    .into())
}

fn installed(target: &str) -> Result<()> {
    let output = Command::new(variable("RUSTC")?)
        .args(["--print", "target-libdir", "--target", target])
        .output()?;
    let libraries = PathBuf::from(String::from_utf8_lossy(&output.stdout).trim());
    if output.status.success() && libraries.is_dir() {
        return Ok(());
    }
    Err(format!(
        "the Rust toolchain has no standard library for {target}, the target of the function for Lambda \
         ({TARGET}): install it with `rustup target add {target}`. {}",
        String::from_utf8_lossy(&output.stderr).trim()
    )
    .into())
}
