//! Progress on stderr: bars on a terminal, one line per change elsewhere.

mod calls;
mod keys;

use crate::interrupt::Interrupts;
use crate::output::to_stderr;
use crate::plain::plain;
use crate::{typed, wrap};
use anstyle::{AnsiColor, Style};
use calls::Calls;
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use keys::Unseen;
use rootwatch_engine::{Attempt, Progress, Sent};
use std::io::IsTerminal;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};

/// Without a terminal, a wait is reported this often.
const WAIT_LINE_EVERY: Duration = Duration::from_secs(15);
/// How often a spinner moves.
const TICK: Duration = Duration::from_millis(100);

#[derive(Clone)]
enum Mode {
    Silent,
    Lines,
    Bars(MultiProgress),
}

/// What is on the screen now: a result or a question, which come from elsewhere, need room.
static SHOWN: Mutex<Weak<Shared>> = Mutex::new(Weak::new());

/// Takes the line of calls from the screen, before somebody is asked or something else is printed.
pub(crate) fn make_room() {
    let shown = SHOWN.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(shared) = shown.upgrade() {
        shared.calls.hide();
    }
}

/// What all tasks of a run share.
struct Shared {
    mode: Mode,
    interrupts: Interrupts,
    calls: Arc<Calls>,
    /// Tasks that show a bar of their own.
    tasks: AtomicUsize,
    /// Where there are bars.
    _keys: Option<Unseen>,
}

/// Progress on the terminal, or in lines.
pub(crate) struct Terminal {
    shared: Arc<Shared>,
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
        let calls = Arc::new(Calls::default());
        let has_bars = matches!(mode, Mode::Bars(_));
        let shared = Arc::new(Shared {
            mode,
            interrupts,
            calls,
            tasks: AtomicUsize::new(0),
            _keys: has_bars.then(Unseen::new),
        });
        calls::show_from_time_to_time(&shared);
        *SHOWN.lock().unwrap_or_else(PoisonError::into_inner) = Arc::downgrade(&shared);
        Self::of(shared, String::new(), None)
    }

    fn of(shared: Arc<Shared>, label: String, bar: Option<ProgressBar>) -> Self {
        Self {
            shared,
            label,
            bar,
            last_line: Mutex::default(),
        }
    }

    /// Where it is: in its bar, in the line of calls if it has none, or else in a line from time to time.
    fn tell(&self, topic: &str, text: String) {
        match (&self.bar, &self.shared.mode) {
            (Some(bar), _) => bar.set_message(self.fitting(bar, &text)),
            (None, Mode::Bars(_)) => self.shared.calls.is_about(plain(&text).into_owned()),
            (None, _) if self.is_time_for_a_line(topic) => {
                let label = match self.label.as_str() {
                    "" => "reading",
                    label => label,
                };
                self.message(&format!("  {label}: {text}"));
            }
            _ => {}
        }
    }

    /// As much of a text as fits behind the rest of a bar.
    fn fitting(&self, bar: &ProgressBar, text: &str) -> String {
        let around = match bar.length() {
            Some(_) => AROUND_COUNTED,
            None => AROUND,
        };
        fitting(text, around + bar.prefix().chars().count())
    }

    fn clear(&self) {
        if let Some(bar) = self.bar.as_ref().filter(|bar| !bar.is_finished()) {
            bar.finish_and_clear();
            self.shared.tasks.fetch_sub(1, Ordering::Relaxed);
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
        let bar = match &self.shared.mode {
            Mode::Bars(bars) => {
                self.shared.tasks.fetch_add(1, Ordering::Relaxed);
                Some(spinner(bars, label))
            }
            _ => None,
        };
        Arc::new(Self::of(self.shared.clone(), label.to_owned(), bar))
    }

    fn message(&self, text: &str) {
        self.shared.message(text);
    }

    fn waiting(&self, awaited: &str, since: Duration) {
        let text = format!("waiting for {awaited} ({}s)", since.as_secs());
        self.tell(awaited, text);
    }

    fn at(&self, text: &str) {
        self.tell("", text.to_owned());
    }

    fn part(&self, done: usize, of: usize, text: &str) {
        if let Some(bar) = &self.bar {
            if bar.length().is_none() {
                set_style(bar, COUNTED);
            }
            bar.set_length(of as u64);
            bar.set_position(done as u64);
        }
        self.at(text);
    }

    fn call(&self, attempt: &Attempt, sent: Sent) {
        self.shared.calls.note(attempt, sent);
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
        self.shared.calls.writing_begins();
        self.shared.interrupts.writing_begins();
    }

    fn leaves(&self, what: Option<String>) {
        self.shared.interrupts.leaves(what);
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        self.calls.hide();
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        self.clear();
    }
}

impl Shared {
    fn message(&self, text: &str) {
        let text = &typed::complete(text);
        match &self.mode {
            Mode::Silent => {}
            Mode::Lines => line(text),
            Mode::Bars(bars) => bars.suspend(|| line(&wrap::for_stderr(text))),
        }
    }
}

/// How a task looks.
const WAITING: &str = "  {spinner} {prefix} {elapsed} {msg:.dim}";
/// Columns of that without the name and the message.
const AROUND: usize = 12;
/// The same of which it is known how much there is.
const COUNTED: &str = "  {spinner} {prefix} [{bar:16}] {percent:>3}% {elapsed} {msg:.dim}";
const AROUND_COUNTED: usize = AROUND + 24;
/// The longest name of a task in a bar. The line that says that it is done has all of it.
const LONGEST: usize = 30;

/// As much of a text as fits into a line of which something else takes so many columns.
fn fitting(text: &str, taken: usize) -> String {
    let columns = terminal_size::terminal_size_of(std::io::stderr());
    let columns = columns.map_or(80, |(columns, _)| usize::from(columns.0));
    cut(&plain(text), columns.saturating_sub(taken))
}

fn cut(text: &str, most: usize) -> String {
    match text.chars().count() > most {
        true if most == 0 => String::new(),
        true => text.chars().take(most - 1).chain(['…']).collect(),
        false => text.to_owned(),
    }
}

fn spinner(bars: &MultiProgress, label: &str) -> ProgressBar {
    let bar = bars.add(ProgressBar::new_spinner());
    set_style(&bar, WAITING);
    bar.set_prefix(cut(&plain(label), LONGEST));
    bar.enable_steady_tick(TICK);
    bar
}

fn set_style(bar: &ProgressBar, template: &str) {
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style.progress_chars("=> "));
    }
}

fn line(text: &str) {
    to_stderr(&format!("{text}\n"));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_that_is_too_long_ends_in_an_ellipsis() {
        assert_eq!(cut("waiting", 7), "waiting");
        assert_eq!(cut("waiting", 4), "wai…");
        assert_eq!(cut("waiting", 0), "");
    }
}
