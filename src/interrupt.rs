//! What asks a run to end: Ctrl-C, SIGTERM (a job that is cancelled, a service that is stopped) and SIGHUP (a terminal that
//! is closed), all alike. While nothing is written it ends a run at once; after that, only between two calls.

use rootwatch_engine::Stop;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
#[cfg(unix)]
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;

/// The run was ended at once.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Interrupted {
    #[error("interrupted before anything was changed")]
    BeforeAnyWrite,
    #[error("interrupted again: calls under way were cut off; {0}")]
    Twice(String),
}

/// How often the run was asked to end, and what that means now.
#[derive(Clone)]
pub(crate) struct Interrupts {
    asked: watch::Receiver<u32>,
    stop: Stop,
    state: Arc<State>,
}

#[derive(Default)]
struct State {
    writing: AtomicBool,
    left: Mutex<Option<String>>,
}

impl Interrupts {
    /// Catches the signals from now on, instead of being ended by them.
    ///
    /// # Errors
    /// When the system does not let them be caught.
    pub(crate) fn listen() -> io::Result<Self> {
        let (times, asked) = watch::channel(0);
        let stop = Stop::default();
        let asking = stop.clone();
        // Caught before anything is awaited: one that comes early is not lost.
        let mut signals = Signals::catch()?;
        tokio::spawn(async move {
            while signals.next().await.is_some() {
                times.send_modify(|times| *times += 1);
                asking.request();
            }
        });
        Ok(Self {
            asked,
            stop,
            state: Arc::default(),
        })
    }

    /// Asks a run to end in order.
    pub(crate) fn stop(&self) -> Stop {
        self.stop.clone()
    }

    /// From now on a run ends in order: what is under way is finished, and what is done is reported.
    pub(crate) fn writing_begins(&self) {
        self.state.writing.store(true, Ordering::Relaxed);
    }

    /// What a second signal would leave behind from now on, where running the same command again is not what removes
    /// it.
    pub(crate) fn leaves(&self, what: Option<String>) {
        let left = &self.state.left;
        *left.lock().unwrap_or_else(PoisonError::into_inner) = what;
    }

    /// Resolves when there is nothing to finish, or on a second signal.
    pub(crate) async fn to_end_at_once(&self) -> Interrupted {
        self.asked_times(1).await;
        if !self.state.writing.load(Ordering::Relaxed) {
            return Interrupted::BeforeAnyWrite;
        }
        self.asked_times(2).await;
        let left = self.state.left.lock();
        let left = left.unwrap_or_else(PoisonError::into_inner).clone();
        Interrupted::Twice(left.map_or_else(
            || "run the same command again to continue".to_owned(),
            |left| format!("left behind, as far as it was created: {left}"),
        ))
    }

    async fn asked_times(&self, wanted: u32) {
        let mut asked = self.asked.clone();
        if asked.wait_for(|times| *times >= wanted).await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

#[cfg(unix)]
struct Signals {
    interrupt: Signal,
    terminate: Signal,
    /// None where whoever started the run has it ignored, as `nohup` does.
    hang_up: Option<Signal>,
}

#[cfg(unix)]
impl Signals {
    fn catch() -> io::Result<Self> {
        let hang_up = match is_hang_up_ignored() {
            true => None,
            false => Some(signal(SignalKind::hangup())?),
        };
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hang_up,
        })
    }

    async fn next(&mut self) -> Option<()> {
        let hang_up = async {
            match &mut self.hang_up {
                Some(signal) => signal.recv().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            it = self.interrupt.recv() => it,
            it = self.terminate.recv() => it,
            it = hang_up => it,
        }
    }
}

/// Whether SIGHUP is ignored, by Linux's list of ignored signals; other systems have none that can be read.
#[cfg(unix)]
fn is_hang_up_ignored() -> bool {
    let status = std::fs::read_to_string("/proc/self/status");
    status.is_ok_and(|status| ignores_hang_up(&status))
}

/// Source: proc_pid_status(5), `SigIgn`: a mask in hexadecimal digits, in which signal 1 is the lowest bit.
#[cfg(unix)]
fn ignores_hang_up(status: &str) -> bool {
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let last = mask.and_then(|mask| mask.trim().chars().last()?.to_digit(16));
    last.is_some_and(|digit| digit & 1 == 1)
}

#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    fn catch() -> io::Result<Self> {
        Ok(Self)
    }

    async fn next(&mut self) -> Option<()> {
        tokio::signal::ctrl_c().await.ok()
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::ignores_hang_up;

    #[test]
    fn an_ignored_hang_up_is_known_by_the_mask() {
        let status = |mask: &str| format!("Name:\trootwatch\nSigIgn:\t{mask}\nSigCgt:\t1\n");
        assert!(ignores_hang_up(&status("0000000000001001")));
        assert!(!ignores_hang_up(&status("0000000000001000")));
        assert!(!ignores_hang_up("Name:\trootwatch\n"));
    }
}
