//! How many calls run side by side: as many as AWS takes without throttling.

use crate::aws::consistency::rest;
use crate::aws::error::AwsError;
use crate::work::Work;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::Semaphore;

/// Calls at once to begin with, and at the most.
const FIRST: usize = 16;
const MOST: usize = 64;
/// Calls that are throttled at the same time are one sign.
const BETWEEN_SIGNS: Duration = Duration::from_secs(1);
/// A throttled call is made again after this, which doubles each time.
const PAUSE: Duration = Duration::from_millis(500);
/// Attempts at a throttled call, beyond those of the SDK.
const ATTEMPTS: u32 = 5;

/// A number of calls at once that grows by one for each round of calls that succeed, and is halved when AWS throttles.
pub(super) struct Limit {
    permits: Semaphore,
    size: Mutex<Size>,
    pause: Duration,
}

#[derive(Debug, PartialEq)]
struct Size {
    /// Calls at once.
    now: usize,
    /// Calls that succeeded since the last change.
    successes: usize,
    throttled: Option<Instant>,
}

/// What a call changed.
#[derive(Debug, PartialEq)]
enum Change {
    None,
    More,
    /// By so many.
    Fewer(usize),
}

impl Limit {
    pub(super) fn new() -> Self {
        Self {
            permits: Semaphore::new(FIRST),
            size: Mutex::new(Size {
                now: FIRST,
                successes: 0,
                throttled: None,
            }),
            pause: PAUSE,
        }
    }

    /// Makes a call when it may be made, and again while AWS throttles it.
    pub(super) async fn call<T>(
        &self,
        work: &Work,
        mut call: impl AsyncFnMut() -> Result<T, AwsError>,
    ) -> Result<T, AwsError> {
        let mut pause = self.pause;
        for _ in 1..ATTEMPTS {
            match self.once(&mut call).await {
                Err(error) if error.is_throttled() => {
                    if rest(work, pause).await.is_err() {
                        return Err(error);
                    }
                    pause *= 2;
                }
                done => return done,
            }
        }
        self.once(&mut call).await
    }

    async fn once<T>(
        &self,
        call: &mut impl AsyncFnMut() -> Result<T, AwsError>,
    ) -> Result<T, AwsError> {
        // It fails only when it is closed, and nobody closes it.
        let permit = self.permits.acquire().await.ok();
        let done = call().await;
        let is_throttled = done.as_ref().is_err_and(AwsError::is_throttled);
        let mut size = self.size.lock().unwrap_or_else(PoisonError::into_inner);
        match size.after(is_throttled, Instant::now()) {
            Change::None => {}
            Change::More => self.permits.add_permits(1),
            Change::Fewer(count) => {
                // This call's own is one of them; those of calls under way are taken as they end.
                let taken = self.permits.forget_permits(count);
                if taken < count {
                    size.now += count - taken;
                }
            }
        }
        drop(permit);
        done
    }
}

impl Size {
    fn after(&mut self, is_throttled: bool, now: Instant) -> Change {
        if is_throttled {
            let is_new = self
                .throttled
                .is_none_or(|at| now.saturating_duration_since(at) >= BETWEEN_SIGNS);
            if !is_new || self.now == 1 {
                return Change::None;
            }
            let fewer = self.now / 2;
            *self = Self {
                now: self.now - fewer,
                successes: 0,
                throttled: Some(now),
            };
            return Change::Fewer(fewer);
        }
        self.successes += 1;
        if self.successes < self.now || self.now >= MOST {
            return Change::None;
        }
        self.now += 1;
        self.successes = 0;
        Change::More
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn size(now: usize) -> Size {
        Size {
            now,
            successes: 0,
            throttled: None,
        }
    }

    #[test]
    fn it_grows_by_one_a_round_up_to_the_most() {
        let (mut it, now) = (size(2), Instant::now());
        let changes: Vec<Change> = (0..5).map(|_| it.after(false, now)).collect();
        let [none, more] = [|| Change::None, || Change::More];
        assert_eq!(changes, [none(), more(), none(), none(), more()]);
        assert_eq!(it.now, 4);
        let mut full = size(MOST);
        assert!((0..1_000).all(|_| full.after(false, now) == Change::None));
    }

    #[test]
    fn it_is_halved_once_for_calls_that_are_throttled_at_the_same_time() {
        let (mut it, now) = (size(9), Instant::now());
        assert_eq!(it.after(true, now), Change::Fewer(4));
        assert_eq!(it.after(true, now), Change::None);
        assert_eq!(it.after(true, now + BETWEEN_SIGNS), Change::Fewer(2));
        assert_eq!(it.now, 3);
        let mut least = size(1);
        assert_eq!(least.after(true, now), Change::None);
    }

    fn throttled() -> AwsError {
        AwsError::of_entry("events:PutEvents", Some("ThrottlingException"), "slow down")
    }

    #[tokio::test]
    async fn a_throttled_call_is_made_again_and_fewer_at_once() {
        let work = Work::silent();
        let limit = Limit {
            pause: Duration::from_millis(1),
            ..Limit::new()
        };
        let mut left = 2;
        let done = limit.call(&work, async || {
            left -= 1;
            match left {
                0 => Ok(()),
                _ => Err(throttled()),
            }
        });
        assert!(done.await.is_ok());
        assert_eq!(limit.permits.available_permits(), FIRST / 2);
        let never = limit.call(&work, async || Err::<(), _>(throttled())).await;
        assert!(never.is_err_and(|error| error.is_throttled()));
    }
}
