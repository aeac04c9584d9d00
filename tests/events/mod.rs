//! Events on their way: from root's act to a person, and the canary of `rootwatch test`.

/// Many events at once, while SNS fails.
mod burst;
/// `rootwatch test`: a canary from the hub and from spokes, what it says when it stops, and that nothing stays.
mod canary;
/// What the alerts topic sends, collected.
mod collected;
/// `rootwatch test` for many accounts.
mod many;
/// The hub's inner path on a second emulator that nobody here wrote.
mod ministack;
/// How people are notified: read-only activity, chat programs, account names.
mod notify;
/// From root's act to a person's mail, and what happens when a hop fails.
mod path;
/// Routes to further topics, and what helps to act.
mod routes;
pub(crate) use routes::topic;
/// `rootwatch verify` and `rootwatch test` as a scheduled job runs them.
mod scheduled;
/// Storms that anybody can make.
mod storms;
/// What others than root do to what alerts depend on.
pub(crate) mod tampering;
