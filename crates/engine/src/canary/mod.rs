//! An end-to-end test: a marked event is sent, and waited for where people would be notified.
//!
//! A spoke may send as many canaries as it likes: none of the hub's rules matches one. A test announces its own by a
//! temporary rule on the hub's bus that matches the ids of this run alone and leads to a temporary queue. So a flood of
//! canaries that nobody announced invokes nothing, mails nobody, and delays no alert. What arrived there is forwarded,
//! under its own id, to the rule for real alerts, by the hub account, whose canaries that rule accepts.

mod alert;
mod command;
mod diagnosis;
pub(crate) mod leftovers;
mod limit;
mod outcome;
#[cfg(test)]
mod outcome_tests;
mod probes;
#[cfg(test)]
mod probes_tests;
mod quiet;
mod receiving;
mod run;
mod send;
mod sending;
mod temporary;
mod test;

pub(crate) use command::sample;
pub use command::{Report, Scope, test};
pub use outcome::{Audience, Counts, Diagnosis, Outcome, Problem, Sent, Target};
pub(crate) use quiet::{Quiet, send_quietly};
pub(crate) use run::run;

/// Key of the tag on everything temporary; its value is the second since 1970 after which no run needs it any more.
const UNTIL_TAG: &str = "rootwatch:test-until";

/// Milliseconds since 1970, by this machine's clock.
fn now_ms() -> i64 {
    jiff::Timestamp::now().as_millisecond()
}
