//! The notifier as AWS Lambda takes it: a zip with one executable, `bootstrap`, built by this crate's build script, and
//! with its settings beside it.
//!
//! The zip without settings depends on the code and the compiler only. Variables of the build:
//! - `ROOTWATCH_LAMBDA_TARGET` is the Rust target of the function; this machine's where it is not set.
//! - `ROOTWATCH_NOTIFIER_BOOTSTRAP` is the path of a prebuilt executable, where this machine cannot build one.
//! - `ROOTWATCH_BUNDLE` is `skip` where code is only checked and no function is wanted, or `build`. Without it, the
//!   build script leaves the function out for `cargo clippy`, and on Linux for `cargo check` and `cargo doc`.
//!
//! Where the function was left out, this crate cannot be compiled to machine code.

#[cfg(test)]
mod digest;
#[cfg(test)]
mod package;
mod settings;

pub use settings::{MOST_SETTINGS, Package, is_same_but_for_settings, settings_in, with_settings};
pub use zip::result::ZipError;

/// The architecture of the function, in Lambda's words: `x86_64` or `arm64`.
pub const ARCHITECTURE: &str = env!("ROOTWATCH_NOTIFIER_ARCHITECTURE");

/// The zip without settings.
#[must_use]
#[inline(never)] // so that this crate does not compile without the function, optimized or not
pub const fn zip() -> &'static [u8] {
    refuse_a_placeholder::<()>();
    include_bytes!(concat!(env!("OUT_DIR"), "/notifier.zip"))
}

/// Generic, so that it is evaluated where machine code is made and not before: `cargo check` passes, `cargo build` of any
/// profile does not.
const fn refuse_a_placeholder<T>() {
    const {
        assert!(
            size_of::<T>() == 0 && !cfg!(placeholder),
            "the Lambda function was left out of this build (ROOTWATCH_BUNDLE=skip, or a cargo command that only \
             checks): build again with ROOTWATCH_BUNDLE=build"
        );
    }
}

/// The SHA-256 of the function's sources, of its dependencies in the lock file and of its build settings, in hexadecimal
/// digits: the same for every build of the same sources, whichever compiler made the zip.
#[must_use]
pub const fn source_digest() -> &'static str {
    env!("ROOTWATCH_NOTIFIER_SOURCE_DIGEST")
}

/// The zip's size in bytes.
#[must_use]
pub const fn size() -> usize {
    zip().len()
}
