//! Where results go: stdout, as text or JSON. Only this, the progress and the operator write to a stream.

use crate::cli::{Cli, Color, OutputForm};
use crate::interrupt::Interrupted;
use crate::plain::plain;
use crate::{progress, typed, wrap};
use anyhow::{Context, Result};
use rootwatch_engine::ErrorReport;
use serde::Serialize;
use std::io::Write;
use std::sync::atomic::{AtomicBool, Ordering};

/// Whether something was printed on stdout: of JSON there is one value.
static HAS_PRINTED: AtomicBool = AtomicBool::new(false);

/// The form of what is printed, and how much of it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Output {
    pub(crate) form: OutputForm,
    pub(crate) verbose: bool,
    /// Whether to leave out what is fine.
    pub(crate) quiet: bool,
}

impl Output {
    /// As the command line asks for it.
    pub(crate) fn of(cli: &Cli) -> Self {
        Self {
            form: cli.output,
            verbose: cli.is_verbose(),
            quiet: cli.quiet,
        }
    }

    /// Prints a result: the text for people, or the value for programs.
    pub(crate) fn result(self, text: &str, value: &impl Serialize) -> Result<()> {
        match self.form {
            OutputForm::Text => self.text(&wrap::for_stdout(&typed::complete(text))),
            OutputForm::Json => {
                let json = serde_json::to_string_pretty(value).context("writing JSON")?;
                self.text(&format!("{}\n", typed::complete_json(&json)))
            }
        }
    }

    /// The same of a text that others read: no line of it is broken.
    pub(crate) fn document(self, text: &str, value: &impl Serialize) -> Result<()> {
        match self.form {
            OutputForm::Text => self.text(text),
            OutputForm::Json => self.result(text, value),
        }
    }

    /// Prints the error that ended a command, unless the command has printed its own report.
    pub(crate) fn error(self, command: String, error: &anyhow::Error) -> Result<()> {
        if self.form == OutputForm::Text || HAS_PRINTED.load(Ordering::Relaxed) {
            return Ok(());
        }
        let mut report = ErrorReport::of(command, error);
        // Nothing is wrong with the run.
        report.error.retry |= error.is::<Interrupted>();
        self.result("", &report)
    }

    /// Says something beside a result, which stays as it is.
    pub(crate) fn aside(self, text: &str) {
        if !self.quiet {
            progress::make_room();
            to_stderr(&format!("{}\n", wrap::for_stderr(text)));
        }
    }

    /// Prints text on stdout. A closed pipe is not an error.
    pub(crate) fn text(self, text: &str) -> Result<()> {
        progress::make_room();
        HAS_PRINTED.store(true, Ordering::Relaxed);
        to_stdout(text)
    }
}

/// Writes text to stdout. A closed pipe is not an error.
pub(crate) fn to_stdout(text: &str) -> Result<()> {
    match anstream::stdout().write_all(plain(text).as_bytes()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(error).context("writing to standard output")
        }
        _ => Ok(()),
    }
}

/// Writes text to stderr, at once: lines of others may be written meanwhile. It may be closed, and then there is no
/// reader.
pub(crate) fn to_stderr(text: &str) {
    let _ = anstream::stderr().write_all(plain(text).as_bytes());
}

/// Sets colour for all streams.
pub(crate) fn set_color(color: Color) {
    match color {
        Color::Auto => anstream::ColorChoice::Auto,
        Color::Always => anstream::ColorChoice::Always,
        Color::Never => anstream::ColorChoice::Never,
    }
    .write_global();
}
