//! The functions as AWS Lambda takes them: each a zip with one executable, `bootstrap`, built by this crate's build
//! script, and with its settings beside it.
//!
//! A zip without settings depends on the code and the compiler only. Variables of the build:
//! - `ROOTWATCH_LAMBDA_TARGET` is the Rust target of the functions; this machine's where it is not set.
//! - `ROOTWATCH_NOTIFIER_BOOTSTRAP` and `ROOTWATCH_SELFCHECK_BOOTSTRAP` are the paths of prebuilt executables, where this
//!   machine cannot build them, or where the self-check is not to be built again after each change of the engine.
//! - `ROOTWATCH_BUNDLE` is `skip` where code is only checked and no function is wanted, or `build`. Without it, the
//!   build script leaves the functions out for `cargo clippy`, and on Linux for `cargo check` and `cargo doc`. The build
//!   of the self-check, which stands on this crate too, says `inside`.
//!
//! Where the functions were left out, this crate cannot be compiled to machine code.

#[cfg(test)]
mod digest;
#[cfg(test)]
mod package;
mod settings;

pub use settings::{
    MOST_SETTINGS, Package, executable_in, is_same_but_for_settings, settings_in, with_settings,
};
pub use zip::result::ZipError;

/// The architecture of the functions, in Lambda's words: `x86_64` or `arm64`.
pub const ARCHITECTURE: &str = env!("ROOTWATCH_ARCHITECTURE");

/// The notifier's zip without settings.
#[must_use]
#[inline(never)] // so that this crate does not compile without the function, optimized or not
pub const fn zip() -> &'static [u8] {
    refuse_a_placeholder::<()>();
    include_bytes!(concat!(env!("OUT_DIR"), "/notifier.zip"))
}

/// The self-check's zip without settings; nothing in the self-check, which cannot contain itself.
#[must_use]
#[inline(never)]
pub const fn self_check_zip() -> Option<&'static [u8]> {
    refuse_a_placeholder::<()>();
    match cfg!(inside) {
        true => None,
        false => Some(include_bytes!(concat!(env!("OUT_DIR"), "/selfcheck.zip"))),
    }
}

/// Generic, so that it is evaluated where machine code is made and not before: `cargo check` passes, `cargo build` of any
/// profile does not.
const fn refuse_a_placeholder<T>() {
    const {
        assert!(
            size_of::<T>() == 0 && !cfg!(placeholder),
            "the Lambda functions were left out of this build (ROOTWATCH_BUNDLE=skip, or a cargo command that only \
             checks): build again with ROOTWATCH_BUNDLE=build"
        );
    }
}

/// The SHA-256 of the notifier's sources, of its dependencies in the lock file and of its build settings, in hexadecimal
/// digits: the same for every build of the same sources, whichever compiler made the zip.
#[must_use]
pub const fn source_digest() -> &'static str {
    env!("ROOTWATCH_NOTIFIER_SOURCE_DIGEST")
}

/// The same of the self-check.
#[must_use]
pub const fn self_check_digest() -> &'static str {
    env!("ROOTWATCH_SELFCHECK_SOURCE_DIGEST")
}

/// The SHA-256 of the notifier's executable, in hexadecimal digits. Two builds of the same sources by the same compiler
/// have the same, and so has what is deployed.
#[must_use]
pub const fn executable_digest() -> &'static str {
    env!("ROOTWATCH_NOTIFIER_DIGEST")
}

/// The same of the self-check; empty in the self-check, which cannot contain itself.
#[must_use]
pub const fn self_check_executable_digest() -> &'static str {
    env!("ROOTWATCH_SELFCHECK_DIGEST")
}

/// The size of the notifier's zip in bytes.
#[must_use]
pub const fn size() -> usize {
    zip().len()
}
