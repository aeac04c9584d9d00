//! The calls to AWS of a run: one line at the bottom of a terminal while nothing else moves, and elsewhere a line from
//! time to time. A call that is tried again is said, since it may take minutes.

use super::{Mode, Shared, TICK, WAIT_LINE_EVERY, fitting, set_style};
use indicatif::ProgressBar;
use rootwatch_engine::{Attempt, Sent};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How the line looks.
const LINE: &str = "  {spinner} {msg:.dim}";
/// Columns of that without the message.
const AROUND: usize = 5;
/// Between two looks at the calls.
const LOOK: Duration = Duration::from_millis(200);
/// Calls that end sooner are not shown: the line would only flicker.
const SHORT: Duration = Duration::from_millis(600);
/// Without a call for so long, none is under way; the pauses between attempts are known otherwise.
const IDLE: Duration = Duration::from_millis(600);

/// What is waited for is said again at least so often, as long as that is so.
const STALE: Duration = Duration::from_secs(6);

/// What is known of the calls so far.
#[derive(Default)]
pub(super) struct Calls(Mutex<State>);

#[derive(Default)]
struct State {
    /// When the first call of those that are shown now began.
    since: Option<Instant>,
    /// When the last of them began or ended.
    moved: Option<Instant>,
    under_way: usize,
    answered: usize,
    last: String,
    /// The attempt that did not succeed, and whether AWS asked for fewer calls.
    again: Option<(Attempt, bool)>,
    writing: bool,
    bar: Option<ProgressBar>,
    said: Option<Instant>,
    /// What is waited for, and when that was last so.
    about: Option<(String, Instant)>,
}

impl Calls {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A call began or ended.
    pub(super) fn note(&self, attempt: &Attempt, sent: Sent) {
        self.state().note(attempt, sent, Instant::now());
    }

    /// What the calls are for, where no task says it.
    pub(super) fn is_about(&self, text: String) {
        let mut state = self.state();
        let now = Instant::now();
        state.since.get_or_insert(now);
        state.about = Some((text, now));
    }

    /// From now on calls may write.
    pub(super) fn writing_begins(&self) {
        self.state().writing = true;
    }

    /// Takes the line from the screen; the next calls begin another one.
    pub(super) fn hide(&self) {
        let mut state = self.state();
        (state.since, state.about) = (None, None);
        if let Some(bar) = state.bar.take() {
            bar.finish_and_clear();
        }
    }
}

impl State {
    fn note(&mut self, attempt: &Attempt, sent: Sent, now: Instant) {
        self.moved = Some(now);
        if sent == Sent::Begun {
            self.under_way += 1;
            self.since.get_or_insert(now);
            self.last.clone_from(&attempt.call);
            return;
        }
        self.under_way = self.under_way.saturating_sub(1);
        let is_last = attempt.number >= attempt.most;
        match sent {
            Sent::Throttled | Sent::Failed if !is_last => {
                self.again = Some((attempt.clone(), sent == Sent::Throttled));
            }
            _ => {
                self.answered += 1;
                let same = |(it, _): &(Attempt, bool)| it.call == attempt.call;
                if self.again.as_ref().is_some_and(same) {
                    self.again = None;
                }
            }
        }
    }

    /// Whether something is under way that is worth a line.
    fn is_long(&self, now: Instant) -> bool {
        let is_going = self.under_way > 0
            || self.again.is_some()
            || self.awaited(now).is_some()
            || self.moved.is_some_and(|at| now - at < IDLE);
        is_going && self.since.is_some_and(|since| now - since >= SHORT)
    }

    /// What was waited for a moment ago.
    fn awaited(&self, now: Instant) -> Option<&str> {
        let (text, at) = self.about.as_ref()?;
        (now - *at < STALE).then_some(text)
    }

    fn words(&self, now: Instant) -> String {
        if let Some((attempt, is_throttled)) = &self.again {
            let Attempt { call, number, most } = attempt;
            let next = number + 1;
            return match is_throttled {
                true => format!("AWS is throttling {call}; trying again ({next} of {most})"),
                false => format!("no good answer to {call}; trying again ({next} of {most})"),
            };
        }
        if let Some(awaited) = self.awaited(now) {
            return awaited.to_owned();
        }
        let doing = match self.writing {
            true => "calling AWS",
            false => "reading",
        };
        let since = self.since.map_or(Duration::ZERO, |since| now - since);
        let answered = self.answered;
        let rate = match since.as_secs() {
            0..3 => String::new(),
            seconds => format!(", {} a second", answered as u64 / seconds),
        };
        match answered {
            0 => format!("{doing}: {}", self.last),
            1 => format!("{doing}: 1 call answered · {}", self.last),
            many => format!("{doing}: {many} calls answered{rate} · {}", self.last),
        }
    }
}

/// Shows the calls for as long as somebody works.
pub(super) fn show_from_time_to_time(shared: &Arc<Shared>) {
    let Ok(runtime) = tokio::runtime::Handle::try_current() else {
        return;
    };
    let shared = Arc::downgrade(shared);
    runtime.spawn(async move {
        loop {
            tokio::time::sleep(LOOK).await;
            let Some(shared) = shared.upgrade() else {
                return;
            };
            look(&shared, Instant::now());
        }
    });
}

fn look(shared: &Shared, now: Instant) {
    let has_tasks = shared.tasks.load(Ordering::Relaxed) > 0;
    let mut state = shared.calls.state();
    let is_shown = state.is_long(now) && (!has_tasks || state.again.is_some());
    match (&shared.mode, is_shown) {
        (Mode::Bars(bars), true) => {
            let words = state.words(now);
            let bar = state.bar.get_or_insert_with(|| {
                let bar = bars.add(ProgressBar::new_spinner());
                set_style(&bar, LINE);
                bar.enable_steady_tick(TICK);
                bar
            });
            bar.set_message(fitting(&words, AROUND));
        }
        (Mode::Lines, true) => {
            let begun = state.said.or(state.since);
            if begun.is_some_and(|at| now - at >= WAIT_LINE_EVERY) {
                state.said = Some(now);
                let words = state.words(now);
                drop(state);
                shared.message(&format!("  {words}"));
            }
        }
        _ => {
            if let Some(bar) = state.bar.take() {
                bar.finish_and_clear();
            }
            if !state.is_long(now) && state.under_way == 0 && state.again.is_none() {
                state.since = None;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attempt(call: &str, number: u32) -> Attempt {
        Attempt {
            call: call.into(),
            number,
            most: 8,
        }
    }

    #[test]
    fn calls_are_counted_with_their_rate_once_they_take_long() {
        let start = Instant::now();
        let at = |ms: u64| start + Duration::from_millis(ms);
        let mut state = State::default();
        let list = attempt("cloudformation:ListStackInstances", 1);
        state.note(&list, Sent::Begun, at(0));
        assert!(!state.is_long(at(300)));
        assert!(state.is_long(at(700)));
        assert_eq!(
            state.words(at(700)),
            "reading: cloudformation:ListStackInstances"
        );
        for call in 0..40 {
            state.note(&list, Sent::Answered, at(100 * call));
            state.note(&list, Sent::Begun, at(100 * call));
        }
        assert_eq!(
            state.words(at(4_000)),
            "reading: 40 calls answered, 10 a second · cloudformation:ListStackInstances"
        );
        state.note(&list, Sent::Answered, at(4_000));
        assert!(state.is_long(at(4_100)));
        assert!(!state.is_long(at(5_000)), "nothing is under way");
    }

    #[test]
    fn a_call_that_is_tried_again_is_said_with_its_number() {
        let now = Instant::now();
        let mut state = State::default();
        let call = "cloudformation:ListStackInstances";
        state.note(&attempt(call, 2), Sent::Begun, now);
        state.note(&attempt(call, 2), Sent::Throttled, now);
        assert_eq!(
            state.words(now),
            "AWS is throttling cloudformation:ListStackInstances; trying again (3 of 8)"
        );
        assert!(state.is_long(now + Duration::from_secs(20)), "a long pause");
        state.note(&attempt(call, 3), Sent::Failed, now);
        assert!(state.words(now).ends_with("trying again (4 of 8)"));
        state.note(&attempt(call, 4), Sent::Answered, now);
        assert!(state.words(now).starts_with("reading: "));
        state.note(&attempt(call, 8), Sent::Throttled, now);
        assert_eq!(state.again, None, "the last one is an error, which is said");
    }
}
