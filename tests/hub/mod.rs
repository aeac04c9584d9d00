//! `rootwatch plan` and `rootwatch deploy hub`.

/// `rootwatch deploy hub`: idempotence, ownership, late consistency.
mod deploy;
/// Every property of the hub, changed behind rootwatch's back.
mod drift;
/// `rootwatch deploy hub` interrupted at any call, and by Ctrl-C.
mod interrupt;
/// The hub in the partitions of GovCloud and China.
mod partitions;
/// Plans as people and programs read them.
mod plan;
