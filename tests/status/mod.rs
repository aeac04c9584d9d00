//! `rootwatch status`.

/// What somebody accepts.
mod accepted;
/// Each kind of gap that `rootwatch status` finds, and what closes it.
mod gaps;
/// Who was heard, as time passes.
mod heartbeats;
/// `rootwatch status --html`, in a real browser where there is one.
pub(crate) mod page;
/// Reads that are refused, one at a time.
mod refused;
/// What another account has to look at.
mod unseen;
/// What `rootwatch status` says of the hub at work: what waits, and how the notifier fared.
mod work;
