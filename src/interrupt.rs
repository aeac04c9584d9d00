//! Ctrl-C. While nothing is written it ends a run at once; after that, only between two calls.

use rootwatch_engine::Stop;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::watch;

/// Ctrl-C ended the run at once.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Interrupted {
    #[error("interrupted before anything was changed")]
    BeforeAnyWrite,
    #[error("interrupted again: calls under way were cut off; {0}")]
    Twice(String),
}

/// How often Ctrl-C was pressed, and what that means now.
#[derive(Clone)]
pub(crate) struct Interrupts {
    pressed: watch::Receiver<u32>,
    stop: Stop,
    state: Arc<State>,
}

#[derive(Default)]
struct State {
    writing: AtomicBool,
    left: Mutex<Option<String>>,
}

impl Interrupts {
    /// Catches Ctrl-C from now on, instead of being ended by it.
    pub(crate) fn listen() -> Self {
        let (presses, pressed) = watch::channel(0);
        let stop = Stop::default();
        let asked = stop.clone();
        tokio::spawn(async move {
            while tokio::signal::ctrl_c().await.is_ok() {
                presses.send_modify(|times| *times += 1);
                asked.request();
            }
        });
        Self {
            pressed,
            stop,
            state: Arc::default(),
        }
    }

    /// Asks a run to end in order.
    pub(crate) fn stop(&self) -> Stop {
        self.stop.clone()
    }

    /// From now on a run ends in order: what is under way is finished, and what is done is reported.
    pub(crate) fn writing_begins(&self) {
        self.state.writing.store(true, Ordering::Relaxed);
    }

    /// What a second Ctrl-C would leave behind from now on, where running the same command again is not what removes
    /// it.
    pub(crate) fn leaves(&self, what: Option<String>) {
        let left = &self.state.left;
        *left.lock().unwrap_or_else(PoisonError::into_inner) = what;
    }

    /// Resolves when there is nothing to finish, or on a second Ctrl-C.
    pub(crate) async fn to_end_at_once(&self) -> Interrupted {
        self.pressed_times(1).await;
        if !self.state.writing.load(Ordering::Relaxed) {
            return Interrupted::BeforeAnyWrite;
        }
        self.pressed_times(2).await;
        let left = self.state.left.lock();
        let left = left.unwrap_or_else(PoisonError::into_inner).clone();
        Interrupted::Twice(left.map_or_else(
            || "run the same command again to continue".to_owned(),
            |left| format!("left behind, as far as it was created: {left}"),
        ))
    }

    async fn pressed_times(&self, wanted: u32) {
        let mut pressed = self.pressed.clone();
        if pressed.wait_for(|times| *times >= wanted).await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
