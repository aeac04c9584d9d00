//! The lab's server: moto with its extension.

use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};

use crate::fork::Fork;
use crate::http::Client;
use crate::venv;

/// Between two looks at what is waited for.
const PAUSE: Duration = Duration::from_millis(40);

/// A running lab. Dropping it ends its server and every function that runs there.
#[derive(Debug)]
pub struct Lab {
    pub(crate) client: Client,
    fork: Fork,
    python: PathBuf,
    /// Whether late truths were ever drawn here.
    pub(crate) draws: AtomicBool,
}

impl Lab {
    /// Starts a lab of its own on a free port; the first start on a machine installs moto, the first in a process loads
    /// it, and the others take milliseconds.
    pub fn start() -> Result<Self> {
        let python = venv::python("moto.txt")?;
        Ok(Self::new(Fork::of_prepared()?, python))
    }

    /// A second lab that is at first as this one is now, on a port of its own. Neither sees what happens in the other.
    ///
    /// It has all state of services, mailboxes, logs of calls and invocations, faults and settings, and what is planned
    /// for later (retries, auto-deployment) happens in both. Functions get new processes. A call that a fault holds takes
    /// effect in this lab only.
    ///
    /// # Errors
    /// When something is under way that does not end within 15 seconds, such as a function, a StackSet operation or a
    /// ReceiveMessage that waits.
    pub fn fork(&self) -> Result<Self> {
        Ok(Self::new(self.fork.fork()?, self.python.clone()))
    }

    fn new(fork: Fork, python: PathBuf) -> Self {
        let client = Client::new(fork.endpoint().to_owned());
        Self {
            client,
            fork,
            python,
            draws: AtomicBool::new(false),
        }
    }

    /// The address of every service: `http://127.0.0.1:PORT`.
    pub fn endpoint(&self) -> &str {
        self.client.endpoint()
    }

    /// The environment in which AWS's tools and SDKs act as an administrator of `account`.
    pub fn env(&self, account: &str, region: &str) -> Vec<(String, String)> {
        environment(self.endpoint(), account, region)
    }

    /// The Python interpreter of the lab; it has boto3.
    pub fn python(&self) -> &Path {
        &self.python
    }

    /// Waits until AWS would have nothing left to do by itself: no delivery, retry,
    /// invocation or StackSet operation, no message in a queue that a function polls.
    pub fn wait_idle(&self, limit: Duration) -> Result<()> {
        self.wait(limit, "it is still busy", || self.is_idle())
    }

    /// Whether that is so now.
    pub(crate) fn is_idle(&self) -> Result<bool> {
        self.client.get("idle", &[])
    }

    /// Waits until nobody is connected any more, functions' processes included: whatever a process sent before it ended
    /// has come in by then, and has been answered.
    pub fn wait_disconnected(&self, limit: Duration) -> Result<()> {
        self.wait(limit, "clients are still connected", || {
            let connected: u64 = self.client.get("connections", &[])?;
            Ok(connected == 1)
        })
    }

    fn wait(&self, limit: Duration, trouble: &str, done: impl Fn() -> Result<bool>) -> Result<()> {
        let begun = Instant::now();
        while !done()? {
            if begun.elapsed() > limit {
                bail!("the lab at {}: {trouble} after {limit:?}", self.endpoint());
            }
            thread::sleep(PAUSE);
        }
        Ok(())
    }

    /// The end of what the server wrote to standard error, such as tracebacks.
    pub fn complaints(&self) -> String {
        self.fork.stderr()
    }
}

/// The environment that both emulators expect callers to have.
pub(crate) fn environment(endpoint: &str, account: &str, region: &str) -> Vec<(String, String)> {
    [
        ("AWS_ACCESS_KEY_ID", account),
        ("AWS_SECRET_ACCESS_KEY", "lab"),
        ("AWS_SESSION_TOKEN", ""),
        ("AWS_REGION", region),
        ("AWS_DEFAULT_REGION", region),
        ("AWS_ENDPOINT_URL", endpoint),
        ("AWS_EC2_METADATA_DISABLED", "true"),
        ("AWS_CONFIG_FILE", "/dev/null"),
        ("AWS_SHARED_CREDENTIALS_FILE", "/dev/null"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .into()
}
