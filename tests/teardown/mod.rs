//! `rootwatch teardown`.

/// `rootwatch teardown` where nothing is to remove, and something is beside it.
mod beside;
/// The calls of a removal, as docs/removal.md lists them.
mod calls;
/// `rootwatch teardown`: what stops it, and that it leaves exactly what was there before.
mod hub;
/// `rootwatch teardown` ended by Ctrl-C, or killed, at any call; and after a deployment that failed halfway.
mod interrupt;
/// `rootwatch teardown hub` while spokes forward to it.
mod order;
/// Spokes that a removal cannot reach, or that refuse to go.
mod stuck;
