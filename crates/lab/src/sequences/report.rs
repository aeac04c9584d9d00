//! What became of the sequences, as text.

use std::fmt::{Display, Formatter};
use std::time::Duration;

use super::step::Case;
use super::tally::{Group, Tally};

/// What became of one.
#[derive(Clone, Debug)]
pub struct Outcome {
    pub(super) seed: u64,
    /// Which of the seed's, from 1; 0 for one that was given.
    pub(super) number: usize,
    /// As it was drawn, or as short as it fails.
    pub(super) case: Case,
    /// What does not hold; nothing, if all does.
    pub problems: Vec<String>,
    /// As many as were drawn.
    pub(super) steps: usize,
    pub(super) tally: Tally,
}

/// What became of all.
#[derive(Clone, Debug)]
pub struct Report {
    seed: u64,
    outcomes: Vec<Outcome>,
    asked: usize,
    took: Duration,
    tally: Tally,
}

impl Report {
    pub(super) fn new(seed: u64, mut outcomes: Vec<Outcome>, asked: usize, took: Duration) -> Self {
        outcomes.sort_by_key(|it| it.number);
        let mut tally = Tally::default();
        for outcome in &outcomes {
            tally.add(outcome.tally.clone());
        }
        Self {
            seed,
            outcomes,
            asked,
            took,
            tally,
        }
    }

    /// How many were played.
    pub fn played(&self) -> usize {
        self.outcomes.len()
    }

    /// Those in which something does not hold.
    pub fn failed(&self) -> Vec<&Outcome> {
        let failed = self.outcomes.iter().filter(|it| !it.problems.is_empty());
        failed.collect()
    }

    /// Commands that ended with 0.
    pub fn succeeded(&self) -> usize {
        self.tally.of(Group::Command, "ended with 0")
    }

    /// How often a command was run, however it ended.
    pub fn ran(&self, command: &str) -> usize {
        self.tally.drawn(Group::Command, command)
    }

    /// Faults and kills that met a call.
    pub fn disturbed(&self) -> usize {
        self.tally.of(Group::Fault, "met a call")
    }

    /// Acts of root of which somebody was told.
    pub fn told(&self) -> usize {
        self.tally.of(Group::Act, "told")
    }

    /// Edits by hand that changed something.
    pub fn edited(&self) -> usize {
        self.tally.of(Group::Edit, "done")
    }
}

impl Display for Outcome {
    fn fmt(&self, to: &mut Formatter<'_>) -> std::fmt::Result {
        writeln!(to, "failed  {} of seed {}", self.number, self.seed)?;
        for problem in &self.problems {
            writeln!(
                to,
                "        {}",
                problem.trim_end().replace('\n', "\n        ")
            )?;
        }
        writeln!(
            to,
            "        as short as it fails: cargo sequences --case '{}'",
            self.case
        )?;
        let (seed, number) = (self.seed, self.number);
        write!(
            to,
            "        as it was drawn: cargo sequences --seed {seed} --only {number}"
        )
    }
}

impl Display for Report {
    fn fmt(&self, to: &mut Formatter<'_>) -> std::fmt::Result {
        writeln!(to, "{}", self.tally)?;
        let steps: usize = self.outcomes.iter().map(|it| it.steps).sum();
        let (played, failed) = (self.played(), self.failed().len());
        let (seed, seconds) = (self.seed, self.took.as_secs());
        write!(
            to,
            "{played} sequences of seed {seed} with {steps} steps in {seconds} s: {failed} failed"
        )?;
        match self.asked - played {
            0 => Ok(()),
            left => write!(to, "; {left} were not begun"),
        }
    }
}
