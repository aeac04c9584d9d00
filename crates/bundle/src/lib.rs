//! The notifier as AWS Lambda takes it: a zip with one executable, `bootstrap`, built by this crate's build script.
//!
//! The zip depends on the code and the compiler only, so that its hash says whether a function is up to date. Where the
//! build script cannot build it (not on Linux, or for another architecture), `ROOTWATCH_NOTIFIER_BOOTSTRAP` names a
//! ready executable.

#[cfg(test)]
mod package;

/// The architecture of the function, in Lambda's words: `x86_64` or `arm64`.
pub const ARCHITECTURE: &str = env!("ROOTWATCH_NOTIFIER_ARCHITECTURE");

/// The zip, for `CreateFunction` and `UpdateFunctionCode`.
#[must_use]
pub const fn zip() -> &'static [u8] {
    include_bytes!(concat!(env!("OUT_DIR"), "/notifier.zip"))
}

/// The zip's SHA-256 in base64, as Lambda reports it in `CodeSha256`.
#[must_use]
pub const fn sha256_base64() -> &'static str {
    env!("ROOTWATCH_NOTIFIER_SHA256")
}

/// The zip's size in bytes.
#[must_use]
pub const fn size() -> usize {
    zip().len()
}
