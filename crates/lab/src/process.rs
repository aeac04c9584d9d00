//! A child process that ends when the value that started it is dropped.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _};
use std::os::unix::fs::FileExt as _;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};

/// How long a process may take to end when it is asked to.
pub(crate) const GRACE: Duration = Duration::from_secs(5);
const ERROR_BYTES: u64 = 4000;

/// A running server; its standard error is kept in a file without a name.
#[derive(Debug)]
pub(crate) struct Server {
    child: Child,
    errors: File,
}

impl Server {
    /// Starts it. Its standard input is a pipe that closes when this process ends, for any reason.
    pub(crate) fn start(command: &mut Command) -> Result<Self> {
        let errors = tempfile::tempfile().context("making a file for a server's errors")?;
        let child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(errors.try_clone()?)
            .spawn()
            .with_context(|| format!("cannot run {}", command.get_program().display()))?;
        Ok(Self { child, errors })
    }

    /// Reads the first line of its output, or fails with what it wrote to standard error.
    pub(crate) fn first_line(&mut self) -> Result<String> {
        let output = self
            .child
            .stdout
            .take()
            .context("the server has no output")?;
        let mut reader = BufReader::new(output);
        let mut line = String::new();
        reader.read_line(&mut line)?;
        // Later output must not fill the pipe.
        thread::spawn(move || {
            let mut rest = [0; 4096];
            while matches!(reader.read(&mut rest), Ok(1..)) {}
        });
        if line.is_empty() {
            bail!(
                "the server ended before it was ready:\n{}",
                self.complaint()
            );
        }
        Ok(line.trim_end().to_owned())
    }

    /// Waits until `ready` returns true; fails if the server ends or takes too long.
    pub(crate) fn wait_until(&mut self, limit: Duration, ready: impl Fn() -> bool) -> Result<()> {
        let begun = Instant::now();
        while !ready() {
            if let Some(status) = self.child.try_wait()? {
                bail!("the server ended ({status}):\n{}", self.complaint());
            }
            if begun.elapsed() > limit {
                bail!(
                    "the server is not ready after {limit:?}:\n{}",
                    self.complaint()
                );
            }
            thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    }

    /// The end of what it wrote to standard error.
    pub(crate) fn complaint(&self) -> String {
        tail(&self.errors)
    }
}

/// The end of a file that another process writes.
pub(crate) fn tail(file: &File) -> String {
    let length = file.metadata().map_or(0, |about| about.len());
    let from = length.saturating_sub(ERROR_BYTES);
    let mut bytes = vec![0; usize::try_from(length - from).unwrap_or_default()];
    // At an offset: a seek would move where that process writes.
    match file.read_exact_at(&mut bytes, from) {
        Ok(()) => String::from_utf8_lossy(&bytes).into_owned(),
        Err(error) => format!("(cannot be read: {error})"),
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        signal("-TERM", self.child.id());
        let begun = Instant::now();
        while begun.elapsed() < GRACE {
            if !matches!(self.child.try_wait(), Ok(None)) {
                break;
            }
            thread::sleep(Duration::from_millis(5));
        }
        // No effect if it has ended already.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// Sends a signal to one process; the standard library has no call for it.
pub(crate) fn signal(name: &str, id: u32) {
    let sent = Command::new("kill")
        .args([name, &id.to_string()])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    drop(sent);
}
