//! One case: the command with the fault, and again without.

use anyhow::{Context as _, Result};

use super::case::Case;
use super::judge::{Seen, problems};
use super::listing::Listing;
use super::process::{Ran, Running};
use super::record::{REST, Recorded};
use super::worlds::Worlds;
use super::{Outcome, Settings};
use crate::server::Lab;

pub(super) fn case(
    worlds: &Worlds,
    settings: &Settings,
    recorded: &Recorded,
    case: Case,
) -> Result<Outcome> {
    let name = case.to_string();
    run(worlds, settings, recorded, case).with_context(|| name)
}

fn run(worlds: &Worlds, settings: &Settings, recorded: &Recorded, case: Case) -> Result<Outcome> {
    let command = &recorded.command;
    let lab = worlds.fork(command.from)?;
    let args = Worlds::args(&lab, command)?;
    lab.add_fault(&case.trouble.fault(&case.service, &case.operation, case.nth))?;
    let running = worlds.begin(&lab, command.by, &args)?;
    let first = disturbed(running, settings, &case, &lab)?;
    let met = lab.met_faults()?.iter().any(|times| *times > 0);
    lab.clear_faults()?;
    lab.wait_disconnected(REST)?;
    lab.wait_idle(REST)?;
    let between = Listing::of(&lab)?;
    if between.has_temporary() {
        worlds.expire(&lab)?;
    }
    let second = worlds.run(&lab, command.by, &args)?;
    lab.wait_idle(REST)?;
    let seen = Seen {
        command,
        operation: &case.operation,
        undisturbed: &recorded.end,
        first,
        between,
        second,
        end: Listing::of(&lab)?,
    };
    Ok(Outcome {
        met,
        problems: problems(&seen),
        case,
    })
}

/// To its end, which is a kill where the fault is one.
fn disturbed(running: Running, settings: &Settings, case: &Case, lab: &Lab) -> Result<Ran> {
    if !case.trouble.kills() {
        return running.wait(settings.limit);
    }
    running.kill_once(settings.limit, || Ok(!lab.held()?.is_empty()))
}
