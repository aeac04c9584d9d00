//! The one integration-test binary: the real `rootwatch` against the lab.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

/// At which calls of a run something is tried.
mod every;
/// What AWS refuses.
mod faults;
/// Names, reasons, files and answers of somebody who means harm.
mod hostile;
/// Somebody else who changes a deployment.
mod intruder;
/// What programs read, each value against its schema.
mod schemas;
/// What no command prints.
mod secrets;
/// A lab, its organization, and the binary to run in it.
mod world;

/// `rootwatch adopt`: from AWS's published pattern to rootwatch.
mod adopt;
/// What can be typed and set, and what needs no AWS.
mod cli;
/// Commands that are printed, typed.
mod commands;
/// `rootwatch confirm`.
mod confirm;
/// What each crate stands on.
mod crates;
/// More than one at work.
mod crowd;
/// README and docs/.
mod docs;
/// Events on their way: from root's act to a person, and the canary of `rootwatch test`.
mod events;
/// `rootwatch export`.
mod export;
/// The fuzz targets, seen from outside.
mod fuzzed;
/// The organization's service control policy.
mod guardrail;
/// `rootwatch plan` and `rootwatch deploy hub`.
mod hub;
/// Late truths and lost answers, in every command.
mod late;
/// What is deployed is the memory.
mod memory;
/// The network of a company.
mod network;
/// `rootwatch policy`.
mod permissions;
/// A release and its installer.
mod release;
/// What people see.
#[cfg(unix)]
mod screens;
/// The daily self-check.
mod self_check;
/// Drawn sequences of everything that people, AWS and intruders do.
mod sequences;
/// What asks a run to end.
mod signals;
/// `rootwatch deploy spokes`.
mod spokes;
/// `rootwatch status`.
mod status;
/// Characters that steer a terminal.
mod steers;
/// Faults at each call of each command.
mod sweep;
/// `rootwatch teardown`.
mod teardown;
/// `rootwatch verify`: a good deployment is fine, and each way to break it is found.
mod verify;
