//! The pace of publishing: what SNS and people can take.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// SNS suspends an e-mail subscription that gets more than this many messages a second (SNS guide, "Email
/// notifications"; "Amazon SNS endpoints and quotas").
#[cfg(test)]
const SNS_LIMIT: f64 = 10.0;
/// Lambda runs as many batches of one queue at once: the least that `MaximumConcurrency` may be.
#[cfg(test)]
const BATCHES_AT_ONCE: f64 = 2.0;

/// Between two messages from the queue of write events.
pub(crate) const ACTS: Duration = Duration::from_millis(350);
/// Between two messages from the queue of read events, which may wait.
pub(crate) const READS: Duration = Duration::from_millis(500);

/// The messages that one batch may become; its other events are counted in the last of them.
///
/// So a full batch of the worst kind takes some seconds, and in a minute, at two batches of a hundred at once, more than a
/// thousand events pass: an alert does not wait longer behind a storm. Of a storm by one session or caller, which is two
/// messages a batch, ten times as many pass.
pub(crate) const MOST_MESSAGES: usize = 20;
/// Of these, events that cannot be read; what is more is left for the next batch.
pub(crate) const MOST_UNREADABLE: usize = 3;

/// When the next message may be published. Lives as long as the process: batches follow each other at once in a storm.
#[derive(Debug, Default)]
pub(crate) struct Pace(Mutex<Option<Instant>>);

impl Pace {
    /// Waits for its turn, at most as long as `every`.
    pub(crate) async fn turn(&self, every: Duration) {
        let wait = self.reserve(every, Instant::now());
        if !wait.is_zero() {
            tokio::time::sleep(wait).await;
        }
    }

    /// Takes the next turn, and returns how long that is from now.
    fn reserve(&self, every: Duration, now: Instant) -> Duration {
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let next = last.map_or(now, |last| now.max(last + every));
        *last = Some(next);
        next - now
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_batches_at_once_stay_below_the_limit_of_sns() {
        let a_second = |every: Duration| BATCHES_AT_ONCE / every.as_secs_f64();
        assert!(a_second(ACTS) + a_second(READS) < SNS_LIMIT);
    }

    #[test]
    fn a_thousand_events_of_the_worst_storm_pass_in_a_minute() {
        let most = u32::try_from(MOST_MESSAGES).unwrap();
        let batch = (ACTS * most).as_secs_f64();
        assert!(60.0 / batch * BATCHES_AT_ONCE * 100.0 > 1_000.0, "{batch}");
    }

    #[test]
    fn the_first_does_not_wait_and_the_next_only_for_what_is_left() {
        let (pace, now) = (Pace::default(), Instant::now());
        let at = |ms| now + Duration::from_millis(ms);
        let wait = |ms| pace.reserve(Duration::from_millis(300), at(ms)).as_millis();
        assert_eq!(
            [wait(0), wait(100), wait(1_000), wait(1_000)],
            [0, 200, 0, 300]
        );
    }
}
