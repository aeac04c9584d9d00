//! Carries out a plan's steps: each when all that it needs is done, side by side where nothing binds them.

use crate::interrupt;
use anyhow::{Error, Result};
use futures_util::stream::{FuturesUnordered, StreamExt};
use std::future::Future;

/// Why a run of steps ended before all were done.
#[derive(Debug)]
pub(crate) enum Stop {
    /// Steps that failed, each with its reason.
    Failed(Vec<(usize, Error)>),
    /// Somebody pressed Ctrl-C.
    Interrupted,
}

/// What a run of steps came to.
#[derive(Debug)]
pub(crate) struct Outcome {
    /// Steps that were carried out, in the order in which they ended.
    pub(crate) done: Vec<usize>,
    /// Steps that were not carried out, or failed.
    pub(crate) left: Vec<usize>,
    pub(crate) stop: Option<Stop>,
}

/// Runs every step after those it needs. `needs[step]` are indices of other steps.
///
/// After a failure or an interruption no step is begun any more; those under way are finished, so that no call is cut
/// off in the middle.
pub(crate) async fn in_order<F: Future<Output = Result<()>>>(
    needs: &[Vec<usize>],
    interrupted: impl Future<Output = ()>,
    run: impl Fn(usize) -> F,
) -> Outcome {
    let mut left: Vec<usize> = (0..needs.len()).collect();
    let mut waiting = left.clone();
    let mut done = Vec::new();
    let mut failed = Vec::new();
    let mut stopped = false;
    let mut running = FuturesUnordered::new();
    let mut interrupted = std::pin::pin!(interrupted);
    loop {
        if failed.is_empty() && !stopped {
            let (ready, later): (Vec<usize>, Vec<usize>) = waiting
                .into_iter()
                .partition(|step| needs[*step].iter().all(|need| done.contains(need)));
            waiting = later;
            for step in ready {
                let work = run(step);
                running.push(async move { (step, work.await) });
            }
        }
        tokio::select! {
            biased;
            ended = running.next() => match ended {
                None => break,
                Some((step, Ok(()))) => {
                    done.push(step);
                    left.retain(|other| *other != step);
                }
                Some((_, Err(error))) if interrupt::is_cause(&error) => stopped = true,
                Some((step, Err(error))) => failed.push((step, error)),
            },
            () = &mut interrupted, if !stopped => stopped = true,
        }
    }
    let stop = if !failed.is_empty() {
        Some(Stop::Failed(failed))
    } else if stopped && !left.is_empty() {
        Some(Stop::Interrupted)
    } else {
        None
    };
    Outcome { done, left, stop }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::interrupt::Interrupted;
    use std::cell::RefCell;
    use std::future::{pending, ready};
    use tokio::task::yield_now;

    /// 0 and 1 are free, 2 needs 0, 3 needs both 1 and 2.
    fn diamond() -> Vec<Vec<usize>> {
        vec![vec![], vec![], vec![0], vec![1, 2]]
    }

    #[tokio::test]
    async fn steps_wait_for_what_they_need_and_for_nothing_else() {
        let log = RefCell::new(Vec::new());
        let outcome = in_order(&diamond(), pending(), async |step| {
            log.borrow_mut().push(format!("begin {step}"));
            yield_now().await;
            log.borrow_mut().push(format!("end {step}"));
            Ok(())
        })
        .await;
        assert!(outcome.stop.is_none() && outcome.left.is_empty());
        let at = |what: &str| log.borrow().iter().position(|entry| entry == what);
        // 1 begins while 0 is under way; 2 begins after 0, 3 after both.
        assert!(at("begin 1") < at("end 0"));
        assert!(
            at("end 0") < at("begin 2")
                && at("end 2") < at("begin 3")
                && at("end 1") < at("begin 3")
        );
    }

    #[tokio::test]
    async fn a_failure_lets_running_steps_end_and_begins_no_other() {
        let outcome = in_order(&diamond(), pending(), async |step| {
            if step == 0 {
                anyhow::bail!("no")
            }
            yield_now().await;
            Ok(())
        })
        .await;
        assert_eq!((outcome.done, outcome.left), (vec![1], vec![0, 2, 3]));
        assert!(matches!(outcome.stop, Some(Stop::Failed(failed)) if failed[0].0 == 0));
    }

    #[tokio::test]
    async fn a_wait_that_an_interruption_cut_off_is_no_failure() {
        let outcome = in_order(&diamond(), pending(), async |step| {
            if step == 0 {
                return Err(Error::from(Interrupted::Waiting).context("creating the role"));
            }
            Ok(())
        })
        .await;
        assert_eq!((outcome.done, outcome.left), (vec![1], vec![0, 2, 3]));
        assert!(matches!(outcome.stop, Some(Stop::Interrupted)));
    }

    #[tokio::test]
    async fn an_interruption_finishes_what_is_under_way() {
        let mut outcome = in_order(&diamond(), ready(()), async |_| {
            yield_now().await;
            Ok(())
        })
        .await;
        outcome.done.sort_unstable();
        assert_eq!((outcome.done, outcome.left), (vec![0, 1], vec![2, 3]));
        assert!(matches!(outcome.stop, Some(Stop::Interrupted)));
    }
}
