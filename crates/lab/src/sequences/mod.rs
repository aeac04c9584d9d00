//! Drawn sequences: commands, settings that change, edits by hand, accounts that come, move and leave, faults and kills,
//! and root users who act at any time, all from one seed.
//!
//! What has to hold after each step is in `judge.rs` and `promise.rs`, of what the lab shows and of a small model
//! (`model.rs`) of what was done: neither asks rootwatch. proptest draws, and makes a sequence that fails shorter.

mod acts;
mod confirm;
mod draw;
mod guard;
mod hands;
mod judge;
#[cfg(test)]
mod judge_tests;
mod model;
mod organization;
mod play;
mod promise;
mod report;
mod run;
mod settings;
mod stage;
mod step;
mod tally;

use std::cell::{Cell, RefCell};
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, anyhow};
use proptest::strategy::{Strategy as _, ValueTree as _};
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner};
use sha2::{Digest as _, Sha256};

pub use report::{Outcome, Report};
pub use step::Case;

use crate::sweep::lock;
use crate::sweep::process::Program;
use stage::Stage;
use tally::Tally;

/// What is drawn, and how it is played.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The `rootwatch` to run.
    pub binary: PathBuf,
    /// What all follows from.
    pub seed: u64,
    /// How many sequences.
    pub count: usize,
    /// Of these only the one with this number, from 1.
    pub only: Option<usize>,
    /// This one in place of all that is drawn.
    pub case: Option<Case>,
    /// The most steps of a sequence.
    pub longest: usize,
    /// Sequences at the same time. Most of one is waiting.
    pub at_once: usize,
    /// How often a sequence that fails is tried shorter.
    pub shorter: u32,
    /// Attempts that the SDK makes at a call.
    pub attempts: u32,
    /// How long one run may take before it counts as hanging.
    pub limit: Duration,
    /// No sequence is begun after this time.
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

/// The edits by hand that change nothing where everything is deployed: none, or sequences with them show nothing.
///
/// # Errors
/// When the worlds cannot be made, or an edit cannot be tried.
pub fn edits_without_effect(settings: &Settings) -> Result<Vec<String>> {
    Stage::new(settings.program())?.edits_without_effect()
}

/// Plays the sequences that the settings ask for, and tells of each as it ends.
///
/// # Errors
/// When the worlds that they begin with cannot be made.
pub fn sequences(settings: &Settings, tell: &(dyn Fn(&Outcome) + Sync)) -> Result<Report> {
    let since = Instant::now();
    let stage = Stage::new(settings.program())?;
    let (next, outcomes) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    let numbers = numbers(settings);
    let is_over = || {
        settings
            .within
            .is_some_and(|within| since.elapsed() > within)
    };
    thread::scope(|scope| {
        let work = || -> Result<()> {
            while let Some(number) = numbers.get(next.fetch_add(1, Ordering::Relaxed))
                && !is_over()
            {
                let outcome = one(&stage, settings, *number)?;
                tell(&outcome);
                lock(&outcomes).push(outcome);
            }
            Ok(())
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
    let outcomes = std::mem::take(&mut *lock(&outcomes));
    Ok(Report::new(
        settings.seed,
        outcomes,
        numbers.len(),
        since.elapsed(),
    ))
}

fn numbers(settings: &Settings) -> Vec<usize> {
    match (&settings.case, settings.only) {
        (Some(_), _) => vec![0],
        (None, Some(number)) => vec![number],
        (None, None) => (1..=settings.count).collect(),
    }
}

/// The case of this number: drawn, or given as number 0.
fn one(stage: &Stage, settings: &Settings, number: usize) -> Result<Outcome> {
    let drawn = RefCell::new(None);
    let play = |case: &Case| -> Vec<String> {
        let mut tally = Tally::default();
        let problems = play_safely(stage, case, &mut tally);
        // What proptest tries after that is no part of what was drawn.
        drawn.borrow_mut().get_or_insert((tally, case.steps.len()));
        problems
    };
    let (case, problems) = match &settings.case {
        Some(case) => (case.clone(), play(case)),
        None => draw(settings, number, &play)?,
    };
    let (tally, steps) = drawn.into_inner().context("nothing was played")?;
    Ok(Outcome {
        seed: settings.seed,
        number,
        case,
        problems,
        steps,
        tally,
    })
}

/// Draws a case and plays it; one that fails is given as short as it became.
fn draw(
    settings: &Settings,
    number: usize,
    play: &dyn Fn(&Case) -> Vec<String>,
) -> Result<(Case, Vec<String>)> {
    let seed = Sha256::digest(format!("{} {number}", settings.seed));
    let config = Config {
        failure_persistence: None,
        // Those that are too many pass unplayed, which ends it without a word on standard error.
        max_shrink_iters: u32::MAX,
        ..Config::default()
    };
    let random = TestRng::from_seed(RngAlgorithm::ChaCha, &seed);
    let mut runner = TestRunner::new_with_rng(config, random);
    let tree = draw::case(settings.longest).new_tree(&mut runner);
    let tree = tree.map_err(|why| anyhow!("drawing a sequence: {why}"))?;
    let whole = tree.current();
    let found = RefCell::new(Vec::new());
    let tries = Cell::new(0);
    let ended = runner.run_one(tree, |case| {
        if tries.replace(tries.get() + 1) > settings.shorter {
            return Ok(());
        }
        let problems = play(&case);
        if problems.is_empty() {
            return Ok(());
        }
        let said = problems.join("\n");
        found.borrow_mut().push((case, problems));
        Err(TestCaseError::fail(said))
    });
    match ended {
        Ok(_) => Ok((whole, Vec::new())),
        Err(TestError::Fail(_, least)) => {
            let found = found.into_inner().into_iter().rev();
            let mut of_least = found.filter(|(case, _)| *case == least);
            let (case, problems) = of_least.next().context("the shortest was not played")?;
            Ok((case, problems))
        }
        Err(TestError::Abort(why)) => Err(anyhow!("playing a sequence: {why}")),
    }
}

/// What cannot be played to its end is a problem as well.
fn play_safely(stage: &Stage, case: &Case, tally: &mut Tally) -> Vec<String> {
    let played = stage.with_hands(|hands| play::play(stage, hands, case, tally));
    played.unwrap_or_else(|error| vec![format!("not played to its end: {error:#}")])
}
