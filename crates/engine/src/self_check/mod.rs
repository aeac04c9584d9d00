//! The daily self-check: the same looks as `status` and `verify`, and a test event, compared with the last time; and mails
//! about what is wrong, what changed, and now and then that all is well.
//!
//! The hub's second function does it, by a role that only reads (`hub/self_check/policy.rs`). Its report is one line of
//! that function's log, where the next run and `status` find it. What is a finding, what changed and what is mailed is
//! pure.

mod compare;
mod entries;
mod invoke;
mod mail;
mod past;
mod report;
mod run;
mod state;
#[cfg(test)]
mod tests;

pub use entries::Entry;
pub use invoke::Cause;
pub(crate) use invoke::invoke;
pub(crate) use past::last;
pub use report::{Change, Figures, Found, Group, Mailed, Report, SCHEMA};
pub use run::run;
pub use state::SelfCheckStatus;
pub(crate) use state::gaps;
