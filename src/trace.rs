//! Traces on stderr, for whoever looks for what AWS did: `-vv`, or the filter in `RUST_LOG`.
//!
//! Lines of rootwatch itself only: the AWS SDK writes headers and bodies, which have credentials in them.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use tracing::Level;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// Filters as other Rust programs take them: `debug`, `rootwatch=trace`.
const VARIABLE: &str = "RUST_LOG";
/// What every line comes from.
const OURS: &str = "rootwatch";
/// How often -v is given for a line for each call.
const CALLS: u8 = 2;

/// Whether lines are written.
static IS_ON: AtomicBool = AtomicBool::new(false);

pub(crate) fn is_on() -> bool {
    IS_ON.load(Ordering::Relaxed)
}

/// Begins to write them, if they are asked for.
pub(crate) fn begin(verbosity: u8) {
    let variable = std::env::var(VARIABLE).unwrap_or_default();
    let Some(level) = wanted(verbosity, &variable) else {
        return;
    };
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(|| Stderr)
        .with_ansi(false)
        .with_filter(Targets::new().with_target(OURS, level));
    let begun = tracing_subscriber::registry().with(lines).try_init();
    IS_ON.store(begun.is_ok(), Ordering::Relaxed);
}

/// The level that is asked for; none where that is less than a line for each call. A variable that cannot be read is some
/// other program's.
fn wanted(verbosity: u8, variable: &str) -> Option<Level> {
    let filter = variable.parse::<Targets>().ok();
    let filter = filter.filter(|_| !variable.trim().is_empty());
    let asked = filter.and_then(|it| {
        let mut levels = [Level::TRACE, Level::DEBUG].into_iter();
        levels.find(|level| it.would_enable(rootwatch_engine::CALLS, level))
    });
    asked.or((verbosity >= CALLS).then_some(Level::DEBUG))
}

/// One write a line, without what steers a terminal.
struct Stderr;

impl io::Write for Stderr {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        crate::output::to_stderr(&String::from_utf8_lossy(bytes));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_are_traced_when_asked_for() {
        assert_eq!(wanted(0, ""), None);
        assert_eq!(wanted(1, ""), None);
        assert_eq!(wanted(2, ""), Some(Level::DEBUG));
        assert_eq!(wanted(0, "trace"), Some(Level::TRACE));
        assert_eq!(wanted(0, "rootwatch=debug"), Some(Level::DEBUG));
        let several = "rootwatch::calls=trace,hyper=info";
        assert_eq!(wanted(0, several), Some(Level::TRACE));
    }

    #[test]
    fn the_variable_of_other_programs_is_theirs() {
        for variable in ["hyper=trace", "off", "info", "a=b=c", " "] {
            assert_eq!(wanted(0, variable), None, "{variable}");
            assert_eq!(wanted(2, variable), Some(Level::DEBUG), "{variable}");
        }
    }
}
