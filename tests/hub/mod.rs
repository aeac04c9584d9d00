//! `rootwatch plan` and `rootwatch deploy hub`.

/// `rootwatch deploy hub`: what it makes, and that a second run only reads.
mod deploy;
/// Every property of the hub, changed behind rootwatch's back.
pub(crate) mod drift;
/// A hub that is in another region or account than the run.
mod elsewhere;
/// `rootwatch deploy hub` interrupted at any call, and by Ctrl-C.
mod interrupt;
/// What AWS shows or allows late.
mod late;
/// What belongs to others, or has something of theirs.
mod ownership;
/// The hub in other partitions than the commercial one.
mod partitions;
/// Who is notified after a plan, who no longer, and what comes next.
mod people;
/// Plans as people and programs read them.
mod plan;
/// Subscribers: who is notified, and who no longer.
mod subscribers;
/// A hub as an earlier version made it, brought over while events arrive.
mod upgrade;

use crate::world::PERSON;

const DEPLOY: [&str; 5] = ["deploy", "hub", "--email", PERSON, "--yes"];
