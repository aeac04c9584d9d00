//! `rootwatch deploy spokes`.

/// What an organization demands of roles and of everything with tags, in the hub and the spokes.
mod demands;
/// `rootwatch deploy spokes`: every account and region, and those that fail.
mod deploy;
/// Spokes that fail, stop, wait and are off.
mod faults;
/// The management account's own stacks, which no StackSet makes.
mod management;
/// One run that acts in the hub and in the management account.
mod one_run;
/// Spokes over time: accounts, units and regions that come and go.
mod over_time;
/// What a plan names and counts, and what comes after it.
mod plan;
/// Spokes of a generated organization.
mod scale;
