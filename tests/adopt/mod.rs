//! `rootwatch adopt`: from AWS's published pattern to rootwatch.

/// `rootwatch adopt`: from the published pattern to rootwatch, blind at no moment.
mod changeover;
pub(crate) use changeover::{beside, world};
/// AWS's published pattern, as people have it deployed.
pub(crate) mod reference;
/// What keeps the old path: others who use it, what is unknown, who would not be notified.
mod waits;
