//! Whether the function is built. It is not needed where code is only checked.

use std::path::Path;

use super::{Result, caller, given, say};

/// Says it outright: `build` or `skip`.
const SWITCH: &str = "ROOTWATCH_BUNDLE";

/// Whether a placeholder will do.
pub(crate) fn skip() -> Result<bool> {
    say("rustc-check-cfg", "cfg(placeholder)");
    let clippy = is_clippy();
    match given(SWITCH).as_ref().map(|value| value.to_string_lossy()) {
        Some(value) if value == "build" => Ok(false),
        Some(value) if value == "skip" => Ok(true),
        Some(value) => {
            Err(format!("{SWITCH} is `{value}`; expected `build`, `skip` or nothing").into())
        }
        None => Ok(clippy || only_checks()),
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
