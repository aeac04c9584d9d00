//! Ending a run early: a token that its caller holds.

use tokio_util::sync::CancellationToken;

/// Asks a run to end in order: what is under way is finished, and nothing more is started.
#[derive(Clone, Debug, Default)]
pub struct Stop(CancellationToken);

/// The run was asked to end, and that ended something early.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("interrupted while waiting")]
pub struct Stopped;

impl Stop {
    /// Asks the run to end.
    pub fn request(&self) {
        self.0.cancel();
    }

    /// Resolves when the run is asked to end, or was.
    pub async fn requested(&self) {
        self.0.cancelled().await;
    }

    /// Fails when the run was asked to end; called before each of several writes in a row.
    ///
    /// # Errors
    /// [`Stopped`], when it was.
    pub fn check(&self) -> Result<(), Stopped> {
        if self.0.is_cancelled() {
            return Err(Stopped);
        }
        Ok(())
    }
}
