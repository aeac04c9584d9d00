//! Late truths: what AWS says only for a while, drawn from a seed (`python/rootwatch_lab/truths.py`).

#![expect(
    clippy::print_stderr,
    reason = "what a test that fails is repeated with"
)]

use std::collections::BTreeMap;
use std::env;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::panic;
use std::sync::atomic::Ordering;
use std::sync::{Once, OnceLock};
use std::thread;
use std::time::SystemTime;

use anyhow::Result;
use serde::{Deserialize, Serialize};

use crate::server::Lab;

/// The seed, `clock` for one that nobody chose, or `none` for a world without late truths.
const VARIABLE: &str = "ROOTWATCH_LAB_SEED";
/// The seed of tests without the variable.
const USUAL: u64 = 1;

/// How often what happens. Chances are between 0 and 1.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Truths {
    /// All draws follow from it.
    pub seed: u64,
    /// The chance of each answer of the table, whenever it is plausible.
    pub rate: f64,
    /// The chance of a write to lose its connection, before or after it takes effect.
    pub lost: f64,
    /// The chance of an eventually consistent read to return once or twice what it returned before.
    pub lag: f64,
    /// Whether the table's answers count that nobody has seen and AWS does not document.
    pub inferred: bool,
}

impl Truths {
    /// Few enough that a run meets one or two and takes hardly longer.
    pub fn of(seed: u64) -> Self {
        Self {
            seed,
            rate: 0.05,
            lost: 0.02,
            lag: 0.05,
            inferred: false,
        }
    }

    /// What tests are to meet, as `ROOTWATCH_LAB_SEED` says: a number, `clock` or `none`. Each test has draws of its
    /// own, by its name.
    ///
    /// # Panics
    /// If the variable is anything else.
    #[expect(
        clippy::panic,
        reason = "a seed that is not one would be taken for tests that pass"
    )]
    pub fn of_test() -> Option<Self> {
        let seed = match env::var(VARIABLE) {
            Ok(text) if text == "none" => return None,
            Ok(text) if text == "clock" => clock(),
            Ok(text) => text.parse().unwrap_or_else(|_| {
                panic!("{VARIABLE} is a number, `clock` or `none`, not {text}")
            }),
            Err(_) => USUAL,
        };
        tell_when_a_test_fails(seed);
        let mut hasher = DefaultHasher::new();
        (seed, thread::current().name()).hash(&mut hasher);
        Some(Self::of(hasher.finish()))
    }
}

/// With the seed, a test that fails can be repeated.
fn tell_when_a_test_fails(seed: u64) {
    static TOLD: Once = Once::new();
    TOLD.call_once(|| {
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            before(info);
            eprintln!("the lab's late truths: {VARIABLE}={seed}");
        }));
    });
}

/// A seed for this process.
fn clock() -> u64 {
    static CLOCK: OnceLock<u64> = OnceLock::new();
    let now = || SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default();
    *CLOCK.get_or_init(|| now().as_secs())
}

#[derive(Deserialize)]
struct Met {
    met: BTreeMap<String, u64>,
}

impl Lab {
    /// Draws late truths from now on.
    pub fn truths(&self, truths: &Truths) -> Result<()> {
        self.draws.store(true, Ordering::Relaxed);
        self.client.post("truths", &serde_json::to_value(truths)?)
    }

    /// Draws none any more.
    pub fn calm(&self) -> Result<()> {
        self.client.delete("truths")
    }

    /// How often each late truth was met, by its name in the table; lost answers and late reads have names as well.
    pub fn truths_met(&self) -> Result<BTreeMap<String, u64>> {
        let met: Met = self.client.get("truths", &[])?;
        Ok(met.met)
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        if thread::panicking() && self.draws.load(Ordering::Relaxed) {
            let met = self.truths_met();
            eprintln!("late truths met in the lab at {}: {met:?}", self.endpoint());
        }
    }
}
