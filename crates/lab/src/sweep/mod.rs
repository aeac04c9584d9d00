//! The fault sweep: each command, with something going wrong at each call that it makes, and then the same command again.
//!
//! A call is known by a recorded run that nothing disturbs. What may go wrong is in [`trouble`](self), and what has to
//! hold all the same in `judge.rs`: a success is one, a failure says where and ends with its exit code, and the run after
//! it ends where the undisturbed one did, with nothing doubled and nothing left over.

mod case;
pub(crate) mod command;
mod judge;
pub(crate) mod listing;
pub(crate) mod process;
mod record;
mod run;
mod table;
pub(crate) mod trouble;
pub(crate) mod worlds;

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};

pub use case::{Case, Pattern};
pub use table::Table;

use process::Program;
use record::Recorded;
use worlds::Worlds;

/// What is swept, and how.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The `rootwatch` to run.
    pub binary: PathBuf,
    /// Only these cases; all, if there are none.
    pub only: Vec<Pattern>,
    /// Of each operation that a command calls, at most this many calls, spread evenly; all, if not set.
    pub each: Option<usize>,
    /// So many cases, drawn by a seed, in place of all.
    pub sample: Option<(usize, u64)>,
    /// Cases at the same time. Most of a case is waiting.
    pub at_once: usize,
    /// Attempts that the SDK makes at a call.
    pub attempts: u32,
    /// How long one run may take before it counts as hanging.
    pub limit: Duration,
    /// No case is begun after this time.
    pub within: Option<Duration>,
}

impl Settings {
    fn program(&self) -> Program {
        Program {
            binary: self.binary.clone(),
            attempts: self.attempts,
            limit: self.limit,
        }
    }
}

/// What became of a case.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// Which one.
    pub case: Case,
    /// Whether the fault met a call: which of its kind a call is can differ where calls go side by side.
    pub met: bool,
    /// What does not hold; nothing, if it survived.
    pub problems: Vec<String>,
}

/// The commands that are swept, by the names that cases have.
#[must_use]
pub fn commands() -> Vec<&'static str> {
    command::all().iter().map(|it| it.name).collect()
}

/// Runs the cases that the settings ask for, and tells of each as it ends.
///
/// # Errors
/// When no case is like what was asked for, or a command does not end as it should although nothing disturbs it.
pub fn sweep(settings: &Settings, tell: &(dyn Fn(&Outcome) + Sync)) -> Result<Table> {
    let since = Instant::now();
    let worlds = Worlds::new(settings.program(), |_, _| Ok(()))?;
    let recorded = record::all(&worlds, settings)?;
    let cases = case::choose(&recorded, settings);
    ensure!(!cases.is_empty(), "no case is like what was asked for");
    let count = cases.len();
    let outcomes = each(&worlds, settings, cases, tell)?;
    let left = count - outcomes.len();
    Ok(Table::new(outcomes, left, since.elapsed()))
}

type Waiting<'a> = Mutex<VecDeque<(&'a Recorded, Case)>>;

fn each(
    worlds: &Worlds,
    settings: &Settings,
    cases: Vec<(&Recorded, Case)>,
    tell: &(dyn Fn(&Outcome) + Sync),
) -> Result<Vec<Outcome>> {
    let waiting: Waiting<'_> = Mutex::new(cases.into());
    let done = Mutex::new(Vec::new());
    let since = Instant::now();
    let is_over = || {
        settings
            .within
            .is_some_and(|within| since.elapsed() > within)
    };
    thread::scope(|scope| {
        let work = || -> Result<()> {
            loop {
                let next = lock(&waiting).pop_front();
                let Some((recorded, case)) = next.filter(|_| !is_over()) else {
                    return Ok(());
                };
                let outcome = run::case(worlds, settings, recorded, case)?;
                tell(&outcome);
                lock(&done).push(outcome);
            }
        };
        let workers: Vec<_> = (0..settings.at_once.max(1))
            .map(|_| scope.spawn(work))
            .collect();
        for worker in workers {
            match worker.join() {
                Ok(ended) => ended?,
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        anyhow::Ok(())
    })?;
    Ok(done.into_inner().unwrap_or_else(PoisonError::into_inner))
}

pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
