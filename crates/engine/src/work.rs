//! What a run shows while it works, and how it is ended early.

use crate::stop::Stop;
use std::sync::Arc;
use std::time::Duration;

/// What became of one attempt of a call to AWS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sent {
    /// It is under way.
    Begun,
    /// AWS answered, with a result or an error that another attempt would not change.
    Answered,
    /// AWS asks for fewer calls.
    Throttled,
    /// No answer came, or one that says that AWS cannot answer now.
    Failed,
}

/// One attempt of a call to AWS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// `cloudformation:ListStackInstances`, or the service alone where a request does not name its operation.
    pub call: String,
    /// Which one it is, from 1.
    pub number: u32,
    /// How many there are at the most.
    pub most: u32,
}

/// Receives what happens while it happens: a terminal, a log, or nobody.
pub trait Progress: Send + Sync {
    /// Progress of one thing that is worked on, by name: `topic rootwatch-alerts`.
    fn task(&self, label: &str) -> Arc<dyn Progress>;

    /// A message, as a sentence.
    fn message(&self, text: &str);

    /// What this task waits for, and how long it has.
    fn waiting(&self, awaited: &str, since: Duration);

    /// How far this task is.
    fn at(&self, text: &str);

    /// How far this task is, where that can be counted.
    fn part(&self, _done: usize, _of: usize, text: &str) {
        self.at(text);
    }

    /// A call to AWS, of whatever task.
    fn call(&self, _attempt: &Attempt, _sent: Sent) {}

    /// This task is done, in a verb: `created`.
    fn done(&self, verb: &str);

    /// This task failed; the reason follows with the error.
    fn failed(&self);

    /// This task ended with nothing to report.
    fn end(&self);

    /// From now on calls change something: a run that is stopped ends in order.
    fn writing_begins(&self) {}

    /// What would be left behind if the run were cut off now, where running it again is not what removes it.
    fn leaves(&self, _what: Option<String>) {}
}

/// Progress that is not shown.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl Progress for Silent {
    fn task(&self, _label: &str) -> Arc<dyn Progress> {
        Arc::new(Self)
    }
    fn message(&self, _text: &str) {}
    fn waiting(&self, _awaited: &str, _since: Duration) {}
    fn at(&self, _text: &str) {}
    fn done(&self, _verb: &str) {}
    fn failed(&self) {}
    fn end(&self) {}
}

/// The progress of a run, or of one task of it, and the token that ends it early.
#[derive(Clone)]
pub struct Work {
    progress: Arc<dyn Progress>,
    stop: Stop,
}

impl Work {
    /// Work that reports to `progress`, and is ended by `stop`.
    #[must_use]
    pub fn new(progress: Arc<dyn Progress>, stop: Stop) -> Self {
        Self { progress, stop }
    }

    /// Work that is not shown and not stopped.
    #[must_use]
    pub fn silent() -> Self {
        Self::new(Arc::new(Silent), Stop::default())
    }

    /// The same run's work, not shown.
    pub(crate) fn unseen(&self) -> Self {
        Self::new(Arc::new(Silent), self.stop.clone())
    }

    /// The same work, to be done although the run was asked to end.
    pub(crate) fn unstopped(&self) -> Self {
        Self::new(self.progress.clone(), Stop::default())
    }

    /// Whoever is shown it.
    pub(crate) fn progress(&self) -> Arc<dyn Progress> {
        self.progress.clone()
    }

    /// One task of this work, by name.
    pub(crate) fn of(&self, label: &str) -> Self {
        Self::new(self.progress.task(label), self.stop.clone())
    }

    /// The token that ends it early.
    #[must_use]
    pub fn stop(&self) -> &Stop {
        &self.stop
    }
}

impl std::ops::Deref for Work {
    type Target = dyn Progress;

    fn deref(&self) -> &Self::Target {
        &*self.progress
    }
}
