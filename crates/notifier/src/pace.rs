//! The pace of publishing: what SNS and people can take.

use std::time::{Duration, Instant};

/// How much the batches of one queue may publish.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Limits {
    /// From SNS's response to one message until the next is published. A batch ends no sooner either, so that whichever
    /// process takes the next one keeps the pace without knowing of this one.
    pub(crate) every: Duration,
    /// The messages that one batch may become; its other events are counted in the last of them.
    pub(crate) most: usize,
}

/// A full batch of the worst kind takes some seconds, and in a minute, at two batches of a hundred at once, more than a
/// thousand events pass: an alert does not wait longer behind a storm. Of a storm by one session or caller, which is two
/// messages a batch, ten times as many pass.
pub(crate) const ACTS: Limits = Limits {
    every: Duration::from_millis(400),
    most: 20,
};
/// Digests may wait.
pub(crate) const READS: Limits = Limits {
    every: Duration::from_millis(1_200),
    most: 12,
};
/// Of a batch's messages, events that cannot be read; what is more is left for the next batch.
pub(crate) const MOST_UNREADABLE: usize = 3;

/// When the next message of an invocation may be published.
#[derive(Debug)]
pub(crate) struct Pace {
    every: Duration,
    next: Option<Instant>,
}

impl Pace {
    pub(crate) const fn new(limits: Limits) -> Self {
        Self {
            every: limits.every,
            next: None,
        }
    }

    /// Waits until the next message may be published.
    pub(crate) async fn turn(&self) {
        let wait = self.left(Instant::now());
        if !wait.is_zero() {
            tokio::time::sleep(wait).await;
        }
    }

    /// SNS has responded to a message just now.
    pub(crate) fn published(&mut self, now: Instant) {
        self.next = Some(now + self.every);
    }

    fn left(&self, now: Instant) -> Duration {
        self.next
            .map_or(Duration::ZERO, |next| next.saturating_duration_since(now))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// SNS suspends an e-mail subscription that gets more than ten messages a second (SNS guide, "Email
    /// notifications"; "Amazon SNS endpoints and quotas"). A fifth is left for what an event that comes twice adds.
    const MOST_A_SECOND: usize = 8;
    /// Lambda runs as many batches of one queue at once: the least that `MaximumConcurrency` may be.
    const BATCHES_AT_ONCE: usize = 2;
    /// What the function has at the least for messages: its timeout without the reserve, and the time for names.
    const TIME: Duration = Duration::from_secs(30 - 4 - 5);

    #[test]
    fn all_batches_at_once_stay_below_the_limit_of_sns_in_any_second() {
        let one = Duration::from_secs(1);
        let in_a_second = |it: Limits| one.as_millis().div_ceil(it.every.as_millis());
        let all = usize::try_from(in_a_second(ACTS) + in_a_second(READS)).unwrap();
        assert!(all * BATCHES_AT_ONCE <= MOST_A_SECOND, "{all}");
    }

    #[test]
    fn a_thousand_events_of_the_worst_storm_pass_in_a_minute() {
        let batch = (ACTS.every * u32::try_from(ACTS.most).unwrap()).as_secs_f64();
        assert!(60.0 / batch * 2.0 * 100.0 > 1_000.0, "{batch}");
    }

    #[test]
    fn a_batch_of_the_worst_kind_ends_in_the_functions_time() {
        for it in [ACTS, READS] {
            assert!(it.every * u32::try_from(it.most).unwrap() < TIME, "{it:?}");
        }
    }

    #[test]
    fn the_first_does_not_wait_and_the_next_from_the_response_to_the_last() {
        let (mut pace, now) = (Pace::new(ACTS), Instant::now());
        let at = |ms| now + Duration::from_millis(ms);
        assert_eq!(pace.left(at(0)), Duration::ZERO);
        pace.published(at(50));
        let left = |ms| pace.left(at(ms)).as_millis();
        assert_eq!(
            [left(50), left(150), left(450), left(900)],
            [400, 300, 0, 0]
        );
    }
}
