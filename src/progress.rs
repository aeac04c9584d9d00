//! Progress on stderr: bars on a terminal, one line per change elsewhere.

use crate::interrupt::Interrupts;
use crate::output::to_stderr;
use crate::plain::plain;
use crate::typed;
use anstyle::{AnsiColor, Style};
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use rootwatch_engine::Progress;
use std::io::IsTerminal;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Without a terminal, a wait is reported this often.
const WAIT_LINE_EVERY: Duration = Duration::from_secs(15);

#[derive(Clone)]
enum Mode {
    Silent,
    Lines,
    Bars(MultiProgress),
}

/// Progress on the terminal, or in lines.
pub(crate) struct Terminal {
    mode: Mode,
    interrupts: Interrupts,
    label: String,
    bar: Option<ProgressBar>,
    last_line: Mutex<Option<(String, Instant)>>,
}

impl Terminal {
    /// Bars where stderr is a terminal, lines elsewhere and among traces.
    pub(crate) fn new(quiet: bool, is_traced: bool, interrupts: Interrupts) -> Self {
        let mode = match (quiet, std::io::stderr().is_terminal() && !is_traced) {
            (true, _) => Mode::Silent,
            (false, true) => Mode::Bars(MultiProgress::new()),
            (false, false) => Mode::Lines,
        };
        Self {
            mode,
            interrupts,
            label: String::new(),
            bar: None,
            last_line: Mutex::default(),
        }
    }

    fn clear(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }

    /// Whether this topic is new, or was reported long enough ago.
    fn is_time_for_a_line(&self, topic: &str) -> bool {
        let mut last = self
            .last_line
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let is_fresh =
            |(said, at): &(String, Instant)| said == topic && at.elapsed() < WAIT_LINE_EVERY;
        let due = !last.as_ref().is_some_and(is_fresh);
        if due {
            *last = Some((topic.to_owned(), Instant::now()));
        }
        due
    }
}

impl Progress for Terminal {
    fn task(&self, label: &str) -> Arc<dyn Progress> {
        let bar = match &self.mode {
            Mode::Bars(bars) => Some(spinner(bars, label)),
            _ => None,
        };
        Arc::new(Self {
            mode: self.mode.clone(),
            interrupts: self.interrupts.clone(),
            label: label.to_owned(),
            bar,
            last_line: Mutex::default(),
        })
    }

    fn message(&self, text: &str) {
        let text = &typed::complete(text);
        match &self.mode {
            Mode::Silent => {}
            Mode::Lines => line(text),
            Mode::Bars(bars) => bars.suspend(|| line(text)),
        }
    }

    fn waiting(&self, awaited: &str, since: Duration) {
        let text = format!("waiting for {awaited} ({}s)", since.as_secs());
        match &self.bar {
            Some(bar) => bar.set_message(plain(&text).into_owned()),
            None if self.is_time_for_a_line(awaited) => {
                self.message(&format!("  {}: {text}", self.label));
            }
            None => {}
        }
    }

    fn at(&self, text: &str) {
        match &self.bar {
            Some(bar) => bar.set_message(plain(text).into_owned()),
            None if self.is_time_for_a_line("") => {
                self.message(&format!("  {}: {text}", self.label));
            }
            None => {}
        }
    }

    fn done(&self, verb: &str) {
        self.clear();
        self.message(&format!("  {} {verb}", self.label));
    }

    fn failed(&self) {
        self.clear();
        let red = Style::new().fg_color(Some(AnsiColor::Red.into())).bold();
        self.message(&format!("  {} {red}failed{red:#}", self.label));
    }

    fn end(&self) {
        self.clear();
    }

    fn writing_begins(&self) {
        self.interrupts.writing_begins();
    }

    fn leaves(&self, what: Option<String>) {
        self.interrupts.leaves(what);
    }
}

fn spinner(bars: &MultiProgress, label: &str) -> ProgressBar {
    let bar = bars.add(ProgressBar::new_spinner());
    if let Ok(style) = ProgressStyle::with_template("  {spinner} {prefix} {elapsed} {msg:.dim}") {
        bar.set_style(style);
    }
    bar.set_prefix(plain(label).into_owned());
    bar.enable_steady_tick(Duration::from_millis(100));
    bar
}

fn line(text: &str) {
    to_stderr(&format!("{text}\n"));
}
