//! The lab's server: moto with its extension.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};

use crate::http::Client;
use crate::process::Server;
use crate::venv;

/// A running lab. Dropping it ends its server and every function that runs there.
#[derive(Debug)]
pub struct Lab {
    pub(crate) client: Client,
    server: Server,
    python: PathBuf,
}

impl Lab {
    /// Starts a lab of its own on a free port; the first start on a machine installs moto.
    pub fn start() -> Result<Self> {
        let python = venv::python("moto.txt")?;
        let mut command = Command::new(&python);
        command
            .args(["-m", "rootwatch_lab"])
            .current_dir(venv::python_folder())
            .env_remove("PYTHONPATH")
            .env_remove("MOTO_ACCOUNT_ID");
        let mut server = Server::start(&mut command)?;
        let client = Client::new(server.first_line()?);
        Ok(Self {
            client,
            server,
            python,
        })
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
        let begun = Instant::now();
        while !self.client.get::<bool>("idle", &[])? {
            if begun.elapsed() > limit {
                bail!("the lab is still busy after {limit:?}");
            }
            thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    }

    /// The end of what the server wrote to standard error, such as tracebacks.
    pub fn complaints(&self) -> String {
        self.server.complaint()
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
