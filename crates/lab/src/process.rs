//! A child process that ends when the value that started it is dropped.

use std::io::{BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};
use std::{env, fs, process};

use anyhow::{Context as _, Result, bail};

const GRACE: Duration = Duration::from_secs(5);
const ERROR_BYTES: usize = 4000;

static NUMBER: AtomicU32 = AtomicU32::new(0);

/// A running server; its standard error is kept in a file until it ends.
#[derive(Debug)]
pub(crate) struct Server {
    child: Child,
    errors: PathBuf,
}

impl Server {
    /// Starts it. Its standard input is a pipe that closes when this process ends, for any reason.
    pub(crate) fn start(command: &mut Command) -> Result<Self> {
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let errors = env::temp_dir().join(format!("lab-{}-{number}.log", process::id()));
        let child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(fs::File::create(&errors)?)
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

fn tail(path: &Path) -> String {
    let bytes = fs::read(path).unwrap_or_default();
    let from = bytes.len().saturating_sub(ERROR_BYTES);
    String::from_utf8_lossy(&bytes[from..]).into_owned()
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        terminate(self.child.id());
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
        drop(fs::remove_file(&self.errors));
    }
}

/// Sends one process SIGTERM; the standard library has no call for it.
fn terminate(id: u32) {
    let sent = Command::new("kill")
        .args(["-TERM", &id.to_string()])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    drop(sent);
}
