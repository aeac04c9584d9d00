//! What can be typed and set, and what needs no AWS.

/// Settings that must end in one clear message before the first write.
mod bad_input;
/// `rootwatch.toml`: what is wrong with it, and `rootwatch init`, which writes one.
mod config;
/// Manual pages, the version, and traces.
mod conventions;
/// `rootwatch explain`.
mod explain;
/// Help texts, completions, and what needs no AWS.
mod help;
