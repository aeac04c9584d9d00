//! Each command once without a fault: its calls, and where it ends.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};

use super::command::{self, Command};
use super::listing::Listing;
use super::process::Ended;
use super::worlds::Worlds;
use super::{Settings, lock};
use crate::control::Call;

/// How long the lab may take to come to rest.
pub(super) const REST: Duration = Duration::from_secs(60);

/// A command that nothing disturbed.
pub(super) struct Recorded {
    pub(super) command: Command,
    /// How often it calls each operation, by service and operation.
    pub(super) calls: BTreeMap<(String, String), u64>,
    /// All that there is then.
    pub(super) end: Listing,
}

/// Those commands of which a case may be wanted, in their order.
pub(super) fn all(worlds: &Worlds, settings: &Settings) -> Result<Vec<Recorded>> {
    let patterns = &settings.only;
    let is_wanted =
        |command: &Command| patterns.is_empty() || patterns.iter().any(|it| it.is_of(command.name));
    let commands = command::all().into_iter().filter(is_wanted);
    let done = Mutex::new(BTreeMap::new());
    let waiting = Mutex::new(commands.enumerate());
    thread::scope(|scope| -> Result<()> {
        let work = || -> Result<()> {
            loop {
                // One after the other: they stand on each other.
                let mut waiting = lock(&waiting);
                let Some((at, command)) = waiting.next() else {
                    return Ok(());
                };
                let lab = worlds.fork(command.from)?;
                drop(waiting);
                let recorded = record(worlds, &lab, command)?;
                lock(&done).insert(at, recorded);
            }
        };
        let recording: Vec<_> = (0..settings.at_once.max(1))
            .map(|_| scope.spawn(work))
            .collect();
        for one in recording {
            match one.join() {
                Ok(ended) => ended?,
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        Ok(())
    })?;
    let done = done
        .into_inner()
        .unwrap_or_else(std::sync::PoisonError::into_inner);
    Ok(done.into_values().collect())
}

fn record(worlds: &Worlds, lab: &crate::server::Lab, command: Command) -> Result<Recorded> {
    let args = Worlds::args(lab, &command)?;
    let ran = worlds.run(lab, command.by, &args)?;
    let name = command.name;
    ensure!(
        ran.ended == Ended::Code(command.code),
        "{name}: {}",
        ran.words()
    );
    lab.wait_idle(REST).context(name)?;
    let end = Listing::of(lab)?;
    ensure!(!end.has_temporary(), "{name} left something temporary");
    let calls = count(lab.calls()?);
    ensure!(!calls.is_empty(), "{name} made no call");
    Ok(Recorded {
        command,
        calls,
        end,
    })
}

fn count(calls: Vec<Call>) -> BTreeMap<(String, String), u64> {
    let mut all = BTreeMap::new();
    // The code of a function is fetched from S3 by its address, which is no call of a service.
    for call in calls
        .into_iter()
        .filter(|it| !it.by_function && it.service != "s3")
    {
        *all.entry((call.service, call.operation)).or_default() += 1;
    }
    all
}
