//! Which build this is: what a report of a fault, and whoever compares two builds, needs to know.

use rootwatch_engine::functions;
use std::sync::LazyLock;

/// The whole of it, after the program's name.
static LONG: LazyLock<String> = LazyLock::new(|| {
    format!(
        "{}\ncommit:     {}\ntarget:     {}\nnotifier:   {} (executable {})\nself-check: {} (executable {})\nfunctions:  for Lambda's {}; these are SHA-256 of their sources and of their executables",
        env!("CARGO_PKG_VERSION"),
        env!("BUILD_COMMIT"),
        env!("BUILD_TARGET"),
        functions::source_digest(),
        functions::executable_digest(),
        functions::self_check_digest(),
        functions::self_check_executable_digest(),
        functions::ARCHITECTURE,
    )
});

/// Version, commit and target, and the functions inside, as `--version` prints them.
pub(crate) fn long() -> &'static str {
    LONG.as_str()
}
