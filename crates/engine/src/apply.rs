//! Carries out a plan's steps: each when its dependencies are done, concurrently where there are none.

use crate::aws::error::is_stopped;
use crate::findings::{FindingId, steps};
use anyhow::{Error, Result};
use futures_util::stream::{FuturesUnordered, StreamExt};
use std::collections::BTreeSet;
use std::future::Future;

/// One thing to do, by name, and the names of those that have to be done before it.
#[derive(Clone, Debug)]
pub(crate) struct Task<T> {
    pub(crate) name: String,
    pub(crate) after: Vec<String>,
    pub(crate) what: T,
}

/// Why a run ended before all was done.
#[derive(Debug)]
pub enum Unfinished {
    /// What failed, by name, each with its reason.
    Failed(Vec<(String, Error)>),
    /// The run was stopped.
    Interrupted,
}

/// The result of a run.
#[derive(Debug)]
pub struct Outcome {
    /// Names of what was done, in the order in which it ended.
    pub done: Vec<String>,
    /// Names of what was not done, or failed, in the order of the plan.
    pub left: Vec<String>,
    /// Why it ended early, if it did.
    pub unfinished: Option<Unfinished>,
    /// The kind of finding that a failure of a step is.
    pub kind: FindingId,
}

impl Outcome {
    /// The same of another kind of steps.
    pub(crate) fn of(self, kind: FindingId) -> Self {
        Self { kind, ..self }
    }

    /// Keeps only these names.
    pub(crate) fn retain(mut self, is_kept: impl Fn(&str) -> bool) -> Self {
        self.done.retain(|name| is_kept(name));
        self.left.retain(|name| is_kept(name));
        self
    }
}

/// Runs every task after those that it waits for. A dependency that is not a task is ignored.
///
/// After a failure or an interruption no further task is started; those under way are finished, so that no call is cut
/// off in the middle.
pub(crate) async fn in_order<T, F: Future<Output = Result<()>>>(
    tasks: Vec<Task<T>>,
    interrupted: impl Future<Output = ()>,
    run: impl Fn(T) -> F,
) -> Outcome {
    let mut left: Vec<String> = tasks.iter().map(|task| task.name.clone()).collect();
    let names: BTreeSet<String> = left.iter().cloned().collect();
    let mut waiting = tasks;
    let mut done: Vec<String> = Vec::new();
    let mut failed = Vec::new();
    let mut stopped = false;
    let mut running = FuturesUnordered::new();
    let mut interrupted = std::pin::pin!(interrupted);
    loop {
        if failed.is_empty() && !stopped {
            let is_done = |name: &String| !names.contains(name) || done.contains(name);
            let is_ready = |task: &Task<T>| task.after.iter().all(is_done);
            let (ready, later): (Vec<_>, Vec<_>) = waiting.into_iter().partition(is_ready);
            waiting = later;
            for task in ready {
                let work = run(task.what);
                running.push(async move { (task.name, work.await) });
            }
        }
        tokio::select! {
            biased;
            ended = running.next() => match ended {
                None => break,
                Some((name, Ok(()))) => {
                    left.retain(|other| *other != name);
                    done.push(name);
                }
                Some((_, Err(error))) if is_stopped(&error) => stopped = true,
                Some((name, Err(error))) => failed.push((name, error)),
            },
            () = &mut interrupted, if !stopped => stopped = true,
        }
    }
    let unfinished = if !failed.is_empty() {
        Some(Unfinished::Failed(failed))
    } else if stopped && !left.is_empty() {
        Some(Unfinished::Interrupted)
    } else {
        None
    };
    Outcome {
        done,
        left,
        unfinished,
        kind: steps::STEP_FAILED,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stop::Stopped;
    use std::cell::RefCell;
    use std::future::{pending, ready};
    use tokio::task::yield_now;

    /// a and b are free, c comes after a, d after both b and c.
    fn diamond() -> Vec<Task<&'static str>> {
        [("a", ""), ("b", ""), ("c", "a"), ("d", "b c")]
            .map(|(name, after)| Task {
                name: name.to_owned(),
                after: after.split_whitespace().map(str::to_owned).collect(),
                what: name,
            })
            .into()
    }

    #[tokio::test]
    async fn tasks_wait_for_what_they_need_and_for_nothing_else() {
        let log = RefCell::new(Vec::new());
        let outcome = in_order(diamond(), pending(), async |name| {
            log.borrow_mut().push(format!("begin {name}"));
            yield_now().await;
            log.borrow_mut().push(format!("end {name}"));
            Ok(())
        })
        .await;
        assert!(outcome.unfinished.is_none() && outcome.left.is_empty());
        let at = |what: &str| log.borrow().iter().position(|entry| entry == what);
        // b begins while a is under way; c begins after a, d after both.
        assert!(at("begin b") < at("end a"));
        assert!(
            at("end a") < at("begin c")
                && at("end c") < at("begin d")
                && at("end b") < at("begin d")
        );
    }

    #[tokio::test]
    async fn a_name_that_is_no_task_keeps_nothing_waiting() {
        let task = Task {
            name: "a".to_owned(),
            after: vec!["elsewhere".to_owned()],
            what: (),
        };
        let outcome = in_order(vec![task], pending(), async |()| Ok(())).await;
        assert_eq!(outcome.done, ["a"]);
    }

    #[tokio::test]
    async fn a_failure_lets_running_tasks_end_and_begins_no_other() {
        let outcome = in_order(diamond(), pending(), async |name| {
            if name == "a" {
                anyhow::bail!("no")
            }
            yield_now().await;
            Ok(())
        })
        .await;
        assert_eq!((outcome.done, outcome.left), (names("b"), names("a c d")));
        assert!(
            matches!(outcome.unfinished, Some(Unfinished::Failed(failed)) if failed[0].0 == "a")
        );
    }

    #[tokio::test]
    async fn a_wait_that_an_interruption_cut_off_is_no_failure() {
        let outcome = in_order(diamond(), pending(), async |name| {
            if name == "a" {
                return Err(Error::from(Stopped).context("creating the role"));
            }
            Ok(())
        })
        .await;
        assert_eq!((outcome.done, outcome.left), (names("b"), names("a c d")));
        assert!(matches!(outcome.unfinished, Some(Unfinished::Interrupted)));
    }

    #[tokio::test]
    async fn an_interruption_finishes_what_is_under_way() {
        let mut outcome = in_order(diamond(), ready(()), async |_| {
            yield_now().await;
            Ok(())
        })
        .await;
        outcome.done.sort_unstable();
        assert_eq!((outcome.done, outcome.left), (names("a b"), names("c d")));
        assert!(matches!(outcome.unfinished, Some(Unfinished::Interrupted)));
    }

    fn names(all: &str) -> Vec<String> {
        all.split(' ').map(str::to_owned).collect()
    }
}
