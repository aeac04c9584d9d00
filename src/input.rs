//! Reads that may keep a run waiting: standard input, and a file that may be a pipe.

use anyhow::{Context, Result};

/// Reads on a thread of its own, so that Ctrl-C and the like are heard meanwhile. The thread ends with the process.
pub(crate) async fn read<T: Send + 'static>(
    read: impl FnOnce() -> T + Send + 'static,
) -> Result<T> {
    let (send, answer) = tokio::sync::oneshot::channel();
    std::thread::spawn(move || {
        // The receiver is gone once a run has ended.
        let _ = send.send(read());
    });
    answer.await.context("reading")
}

/// A line of standard input.
pub(crate) async fn line() -> Result<String> {
    let line = read(|| {
        let mut line = String::new();
        std::io::stdin().read_line(&mut line).map(|_| line)
    });
    Ok(line.await??)
}
