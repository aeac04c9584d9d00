//! What happens while it happens, on stderr: bars on a terminal, one line a change elsewhere.

use anstyle::{AnsiColor, Style};
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use std::io::{IsTerminal, Write};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Without a terminal, a wait is told about this often.
const WAIT_LINE_EVERY: Duration = Duration::from_secs(15);

#[derive(Clone)]
enum Mode {
    Silent,
    Lines,
    Bars(MultiProgress),
}

/// Where progress goes.
#[derive(Clone)]
pub(crate) struct Progress {
    mode: Mode,
    label: String,
    bar: Option<ProgressBar>,
    last_line: Arc<Mutex<Option<(String, Instant)>>>,
}

impl Progress {
    /// Bars where stderr is a terminal, lines elsewhere.
    pub(crate) fn to_stderr(quiet: bool) -> Self {
        Self::in_mode(match (quiet, std::io::stderr().is_terminal()) {
            (true, _) => Mode::Silent,
            (false, true) => Mode::Bars(MultiProgress::new()),
            (false, false) => Mode::Lines,
        })
    }

    /// Progress that nobody sees.
    pub(crate) fn silent() -> Self {
        Self::in_mode(Mode::Silent)
    }

    fn in_mode(mode: Mode) -> Self {
        Self {
            mode,
            label: String::new(),
            bar: None,
            last_line: Arc::default(),
        }
    }

    /// Progress of one thing that is being worked on, by name.
    pub(crate) fn of(&self, label: &str) -> Self {
        let bar = match &self.mode {
            Mode::Bars(bars) => Some(spinner(bars, label)),
            _ => None,
        };
        Self {
            mode: self.mode.clone(),
            label: label.to_owned(),
            bar,
            last_line: Arc::default(),
        }
    }

    /// Says something that stays.
    pub(crate) fn say(&self, text: &str) {
        match &self.mode {
            Mode::Silent => {}
            Mode::Lines => line(text),
            Mode::Bars(bars) => bars.suspend(|| line(text)),
        }
    }

    /// Says what this is waiting for, and since when.
    pub(crate) fn waiting(&self, awaited: &str, since: Duration) {
        let text = format!("waiting for {awaited} ({}s)", since.as_secs());
        match &self.bar {
            Some(bar) => bar.set_message(text),
            None if self.is_time_for_a_line(awaited) => {
                self.say(&format!("  {}: {text}", self.label));
            }
            None => {}
        }
    }

    /// Shows how far a long operation is.
    pub(crate) fn at(&self, text: &str) {
        match &self.bar {
            Some(bar) => bar.set_message(text.to_owned()),
            None if self.is_time_for_a_line("") => {
                self.say(&format!("  {}: {text}", self.label));
            }
            None => {}
        }
    }

    /// Says nothing more of this.
    pub(crate) fn end(&self) {
        self.clear();
    }

    /// Says that this is done.
    pub(crate) fn done(&self, verb: &str) {
        self.clear();
        self.say(&format!("  {} {verb}", self.label));
    }

    /// Says that this failed; the reason follows with the error.
    pub(crate) fn failed(&self) {
        self.clear();
        let red = Style::new().fg_color(Some(AnsiColor::Red.into())).bold();
        self.say(&format!("  {} {red}failed{red:#}", self.label));
    }

    fn clear(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }

    /// Whether this topic is new, or was told about long enough ago.
    fn is_time_for_a_line(&self, topic: &str) -> bool {
        let mut last = self
            .last_line
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let told = |(said, at): &(String, Instant)| said == topic && at.elapsed() < WAIT_LINE_EVERY;
        let due = !last.as_ref().is_some_and(told);
        if due {
            *last = Some((topic.to_owned(), Instant::now()));
        }
        due
    }
}

fn spinner(bars: &MultiProgress, label: &str) -> ProgressBar {
    let bar = bars.add(ProgressBar::new_spinner());
    if let Ok(style) = ProgressStyle::with_template("  {spinner} {prefix} {elapsed} {msg:.dim}") {
        bar.set_style(style);
    }
    bar.set_prefix(label.to_owned());
    bar.enable_steady_tick(Duration::from_millis(100));
    bar
}

fn line(text: &str) {
    // Nobody is left to tell when stderr is gone.
    let _ = writeln!(anstream::stderr(), "{text}");
}
