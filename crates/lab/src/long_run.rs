//! What programs share that run the binary many times: `cargo sweep` and `cargo sequences`.

use std::path::PathBuf;
use std::str::FromStr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use anyhow::{Context as _, Result, anyhow};

use crate::bench::{build, say};

/// Between two lines that say how far it is.
const TELL_EVERY: usize = 20;

/// A number that was typed.
///
/// # Errors
/// When it is none.
pub fn number<T: FromStr>(text: &str) -> Result<T> {
    text.parse().map_err(|_| anyhow!("{text} is no number"))
}

/// The binary that was named, or one that is built now.
///
/// # Errors
/// When it is not there, or does not build.
pub fn binary(named: Option<PathBuf>, release: bool) -> Result<PathBuf> {
    match named {
        Some(binary) => binary.canonicalize().context("--binary FILE"),
        None => build(release),
    }
}

/// Tells how far it is.
pub struct Teller {
    /// What is counted, `cases`.
    what: &'static str,
    since: Instant,
    done: AtomicUsize,
}

impl Teller {
    /// Counts these from now on.
    #[must_use]
    pub fn of(what: &'static str) -> Self {
        Self {
            what,
            since: Instant::now(),
            done: AtomicUsize::new(0),
        }
    }

    /// One more has ended; `failure` says how, if it failed.
    pub fn ended(&self, failure: Option<&str>) {
        let count = self.done.fetch_add(1, Ordering::Relaxed) + 1;
        let mut said = failure.map_or(Ok(()), say);
        if count.is_multiple_of(TELL_EVERY) {
            let (what, seconds) = (self.what, self.since.elapsed().as_secs());
            said = said.and(say(&format!("{count} {what} in {seconds} s")));
        }
        // Whoever does not listen still gets the exit code.
        drop(said);
    }
}
