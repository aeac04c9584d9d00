//! A run of the binary.

use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};

const LOOK_EVERY: Duration = Duration::from_millis(20);
/// To ask the lab is a call, which costs more than a look at a process.
const ASK_EVERY: Duration = Duration::from_millis(60);

/// The binary, and what bounds each of its runs.
#[derive(Clone, Debug)]
pub(crate) struct Program {
    pub(crate) binary: PathBuf,
    /// Attempts that the SDK makes at a call.
    pub(crate) attempts: u32,
    /// How long one run may take before it counts as hanging.
    pub(crate) limit: Duration,
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    Code(i32),
    /// By our SIGKILL.
    Killed,
    /// By no exit code.
    Crashed,
    /// It did not end in time.
    Hung,
}

/// A run that has ended.
#[derive(Clone, Debug)]
pub(crate) struct Ran {
    pub(crate) ended: Ended,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ran {
    /// All of it, for a message.
    pub(crate) fn words(&self) -> String {
        format!("{:?}\n{}\n{}", self.ended, self.stdout, self.stderr)
    }
}

/// A run that has not. Dropping it ends it.
pub(crate) struct Running {
    child: Child,
    stdout: File,
    stderr: File,
    since: Instant,
    _folder: tempfile::TempDir,
}

impl Running {
    pub(crate) fn start(binary: &Path, args: &[&str], env: Vec<(String, String)>) -> Result<Self> {
        let folder = tempfile::tempdir().context("making a folder")?;
        let (stdout, stderr) = (tempfile::tempfile()?, tempfile::tempfile()?);
        let child = Command::new(binary)
            .args(args)
            .env_clear()
            .envs(env)
            .env("HOME", folder.path())
            .current_dir(folder.path())
            .stdin(Stdio::null())
            .stdout(stdout.try_clone()?)
            .stderr(stderr.try_clone()?)
            .spawn()
            .with_context(|| format!("starting {}", binary.display()))?;
        Ok(Self {
            child,
            stdout,
            stderr,
            since: Instant::now(),
            _folder: folder,
        })
    }

    /// Waits for its end.
    pub(crate) fn wait(self, limit: Duration) -> Result<Ran> {
        self.kill_once(limit, || Ok(false))
    }

    /// Kills it as soon as this is so; waits for its end where it never is.
    pub(crate) fn kill_once(
        mut self,
        limit: Duration,
        mut is_time: impl FnMut() -> Result<bool>,
    ) -> Result<Ran> {
        let mut asked = Instant::now();
        let ended = loop {
            if let Some(status) = self.child.try_wait()? {
                break status.code().map_or(Ended::Crashed, Ended::Code);
            }
            if self.since.elapsed() > limit {
                break Ended::Hung;
            }
            if asked.elapsed() >= ASK_EVERY {
                if is_time()? {
                    break Ended::Killed;
                }
                asked = Instant::now();
            }
            thread::sleep(LOOK_EVERY);
        };
        self.end();
        Ok(Ran {
            ended,
            stdout: text(&mut self.stdout)?,
            stderr: text(&mut self.stderr)?,
        })
    }

    fn end(&mut self) {
        // No effect if it has ended already.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.end();
    }
}

fn text(file: &mut File) -> Result<String> {
    let mut bytes = Vec::new();
    file.seek(SeekFrom::Start(0))?;
    file.read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
