//! Ctrl-C. While nothing is written it ends a run at once; after that, only between two calls.

use crate::aws::error::AwsError;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{LazyLock, Mutex, PoisonError};
use tokio::sync::watch;

/// How often it was pressed. A signal is for the whole process, and so is this.
static PRESSED: LazyLock<watch::Sender<u32>> = LazyLock::new(|| watch::Sender::new(0));
static LEFT: Mutex<Option<String>> = Mutex::new(None);
static WRITING: AtomicBool = AtomicBool::new(false);

/// Somebody pressed Ctrl-C, and that ended something early.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Interrupted {
    #[error("interrupted before anything was changed")]
    BeforeAnyWrite,
    #[error("interrupted while waiting")]
    Waiting,
    #[error("interrupted again: calls under way were cut off; {0}")]
    Twice(String),
}

/// Hears Ctrl-C from now on, instead of being ended by it.
pub(crate) fn listen() {
    tokio::spawn(async {
        while tokio::signal::ctrl_c().await.is_ok() {
            PRESSED.send_modify(|times| *times += 1);
        }
    });
}

/// From now on a run ends in order: what is under way is finished, and what is done is told.
pub(crate) fn writing_begins() {
    WRITING.store(true, Ordering::Relaxed);
}

/// Resolves when Ctrl-C is pressed, or was.
pub(crate) async fn pressed() {
    pressed_times(1).await;
}

/// Resolves when there is nothing to finish, or when somebody will not wait for it.
pub(crate) async fn to_end_at_once() -> Interrupted {
    pressed().await;
    if !WRITING.load(Ordering::Relaxed) {
        return Interrupted::BeforeAnyWrite;
    }
    pressed_times(2).await;
    let left = LEFT.lock().unwrap_or_else(PoisonError::into_inner).clone();
    Interrupted::Twice(left.map_or_else(
        || "run the same command again to go on".to_owned(),
        |left| format!("left behind, as far as it was made: {left}"),
    ))
}

/// What a second Ctrl-C would leave behind from now on, where running the same command again is not what mends it.
pub(crate) fn leaves(what: Option<String>) {
    *LEFT.lock().unwrap_or_else(PoisonError::into_inner) = what;
}

async fn pressed_times(wanted: u32) {
    let mut presses = PRESSED.subscribe();
    if presses.wait_for(|times| *times >= wanted).await.is_err() {
        std::future::pending::<()>().await;
    }
}

/// Fails when Ctrl-C was pressed; stands before each of several writes in a row.
pub(crate) fn check() -> Result<(), Interrupted> {
    if *PRESSED.borrow() > 0 {
        return Err(Interrupted::Waiting);
    }
    Ok(())
}

/// Whether an error only says that Ctrl-C was pressed.
pub(crate) fn is_cause(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        cause.is::<Interrupted>()
            || cause
                .downcast_ref::<AwsError>()
                .is_some_and(AwsError::is_interruption)
    })
}
