//! The one integration-test binary: the real `rootwatch` against the lab.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

/// A lab, its organization, and the binary to run in it.
mod world;

/// `rootwatch adopt`: from the published pattern to rootwatch, blind at no moment.
mod adopt;
/// What keeps the old path: others who use it, what cannot be told, who would hear nothing.
mod adopt_waits;
/// Settings that must end in one clear message before the first write.
mod bad_input;
/// Many events at once, while SNS fails.
mod burst;
/// `rootwatch test`: a canary from the hub and from spokes, what it says when it stops, and that nothing stays.
mod canary;
/// Help texts, completions, and what needs no AWS.
mod cli;
/// `rootwatch.toml`: what is wrong with it, and `rootwatch init`, which writes one.
mod config;
/// Every property of the hub, changed behind rootwatch's back.
mod drift;
/// `rootwatch explain`.
mod explain;
/// What AWS refuses.
mod faults;
/// Each kind of hole that `rootwatch status` finds, and what closes it.
mod holes;
/// `rootwatch deploy hub`: idempotence, ownership, late consistency.
mod hub;
/// `rootwatch deploy hub` interrupted at any call, and by Ctrl-C.
mod interrupt;
/// Somebody else who changes a deployment.
mod intruder;
/// The hub's inner path on a second emulator that nobody here wrote.
mod ministack;
/// How people are told: read-only activity, chat programs, account names.
mod notify;
/// `rootwatch status --html`, in a real browser where there is one.
mod page;
/// The hub in the partitions of GovCloud and China.
mod partitions;
/// From root's act to a person's mail, and what happens when a hop fails.
mod path;
/// Plans as people and programs read them.
mod plan;
/// AWS's published pattern, as people have it deployed.
mod reference;
/// `rootwatch verify` and `rootwatch test` as a scheduled job runs them.
mod scheduled;
/// `rootwatch deploy spokes`: every account and region, and those that fail.
mod spokes;
/// Spokes that fail, stop, wait and are off.
mod spokes_faults;
/// The management account's own stacks, which no StackSet makes.
mod spokes_management;
/// Spokes over time: accounts, units and regions that come and go.
mod spokes_over_time;
/// Spokes of a generated organization.
mod spokes_scale;
/// What `rootwatch status` says of the hub at work: what waits, and how the notifier fared.
mod status_work;
/// `rootwatch teardown`: what stops it, and that it leaves exactly what was there before.
mod teardown;
/// The calls of a removal, as README.md lists them.
mod teardown_calls;
/// `rootwatch teardown` ended by Ctrl-C, or killed, at any call; and after a deployment that failed halfway.
mod teardown_interrupt;
/// `rootwatch teardown hub` while spokes forward to it.
mod teardown_order;
/// Spokes that a removal cannot reach, or that refuse to go.
mod teardown_stuck;
/// `rootwatch verify`: a good deployment is fine, and each way to break it is found.
mod verify;
