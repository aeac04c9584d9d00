//! Whether the functions are built. They are not needed where code is only checked.

use std::path::Path;

use super::{Result, caller, given, say};

/// Says it outright: `build`, `skip` or `inside`.
pub(crate) const SWITCH: &str = "ROOTWATCH_BUNDLE";
/// What the build of the self-check says to this script.
pub(crate) const INSIDE: &str = "inside";

/// What is made.
pub(crate) enum Mode {
    /// Both functions.
    Build,
    /// Placeholders.
    Skip,
    /// The notifier, for the self-check that is being built.
    Inside,
}

/// What this build needs.
pub(crate) fn mode() -> Result<Mode> {
    say("rustc-check-cfg", "cfg(placeholder, inside)");
    let clippy = is_clippy();
    match given(SWITCH).as_ref().map(|value| value.to_string_lossy()) {
        Some(value) if value == "build" => Ok(Mode::Build),
        Some(value) if value == "skip" => Ok(Mode::Skip),
        Some(value) if value == INSIDE => Ok(Mode::Inside),
        Some(value) => {
            Err(format!("{SWITCH} is `{value}`; expected `build`, `skip` or nothing").into())
        }
        None if clippy || only_checks() => Ok(Mode::Skip),
        None => Ok(Mode::Build),
    }
}

/// cargo keeps clippy's build scripts apart from others by this variable.
fn is_clippy() -> bool {
    let wrapper = given("RUSTC_WORKSPACE_WRAPPER");
    let stem = wrapper
        .as_ref()
        .and_then(|path| Path::new(path).file_stem());
    stem.is_some_and(|stem| stem == "clippy-driver")
}

/// `cargo build` would use what `cargo check` made; so this asks to be run again each time, until there is a function.
fn only_checks() -> bool {
    let only = caller::only_checks();
    if only {
        say("rerun-if-changed", "no-such-file");
    }
    only
}
