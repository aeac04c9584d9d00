//! The evaluators, held against judges that nobody here wrote.
#![allow(clippy::unwrap_used, clippy::panic)]

/// What holds whatever the JSON is.
mod any_json;
/// EventBridge's patterns, by its own matcher.
mod patterns;
/// IAM's policies, by a simulator.
mod policies;
