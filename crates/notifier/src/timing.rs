//! How long an invocation may take, and what is left of it.

use std::time::{Duration, Instant};

use jiff::Timestamp;

/// No publish is started when less than this is left until the function's timeout: what was not tried is then reported
/// as failed, whereas a timeout would make Lambda retry the whole batch.
const RESERVE_MS: i64 = 4_000;
/// A publish that has not ended this long before the function's timeout is cancelled, and reported as failed.
const REPORT_MS: i64 = 500;
/// Names are looked up only this long into an invocation: the time of a large batch is for its messages.
const TIME_FOR_NAMES: Duration = Duration::from_secs(5);

/// When an invocation was received, and when it times out.
#[derive(Debug, Clone, Copy)]
pub struct Timing {
    pub(crate) received: Timestamp,
    deadline_ms: i64,
    begun: Instant,
}

impl Timing {
    /// `deadline` is Lambda's, in milliseconds since 1970.
    #[must_use]
    pub fn new(received: Timestamp, deadline: u64) -> Self {
        let deadline_ms = i64::try_from(deadline).unwrap_or(i64::MAX);
        Self {
            received,
            deadline_ms,
            begun: Instant::now(),
        }
    }

    pub(crate) fn is_almost_over(&self) -> bool {
        let spent = i64::try_from(self.begun.elapsed().as_millis()).unwrap_or(i64::MAX);
        self.received.as_millisecond().saturating_add(spent)
            > self.deadline_ms.saturating_sub(RESERVE_MS)
    }

    /// What is left for a publish, so that its failure can still be reported in time.
    pub(crate) fn left(&self) -> Duration {
        let spent = i64::try_from(self.begun.elapsed().as_millis()).unwrap_or(i64::MAX);
        let now = self.received.as_millisecond().saturating_add(spent);
        let left = self
            .deadline_ms
            .saturating_sub(now)
            .saturating_sub(REPORT_MS);
        Duration::from_millis(u64::try_from(left).unwrap_or(0))
    }

    pub(crate) fn has_time_for_names(&self) -> bool {
        self.begun.elapsed() < TIME_FOR_NAMES && !self.is_almost_over()
    }
}
