//! Forks of a prepared process, which `python/rootwatch_lab/forks.py` makes.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Shutdown, TcpStream};
use std::process::Command;
use std::sync::{Mutex, PoisonError};

use anyhow::{Context as _, Result, bail};
use serde::Deserialize;
use serde_json::json;
use tempfile::NamedTempFile;

use crate::process::{GRACE, Server, signal, tail};
use crate::venv;

/// The process that all labs of this one are forks of. The first lab starts it, and it ends with this process.
static FORK_SERVER: Mutex<Option<ForkServer>> = Mutex::new(None);

struct ForkServer {
    /// Holds the pipe whose end ends the process.
    _server: Server,
    listener: String,
}

/// A running fork; it ends with this value, and with this process, however that ends.
#[derive(Debug)]
pub(crate) struct Fork {
    /// The fork ends when this closes.
    connection: TcpStream,
    stderr: File,
    serving: Serving,
}

/// What a fork sends when it serves.
#[derive(Debug, Deserialize)]
struct Serving {
    endpoint: String,
    /// Where forks of the fork are requested.
    listener: String,
    process: u32,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Reply {
    Serving(Serving),
    Failed { error: String },
}

impl Fork {
    /// A lab in which nothing has happened yet.
    pub(crate) fn of_prepared() -> Result<Self> {
        Self::request(&prepared()?).context("forking the prepared process of the lab")
    }

    /// A second lab that is as this one is now.
    pub(crate) fn fork(&self) -> Result<Self> {
        let endpoint = self.endpoint();
        let forked = Self::request(&self.serving.listener);
        forked.with_context(|| format!("forking the lab at {endpoint}"))
    }

    fn request(listener: &str) -> Result<Self> {
        // The fork opens the file by its name, which then is not needed any more.
        let stderr = NamedTempFile::new().context("creating a file for a lab's standard error")?;
        let connection =
            TcpStream::connect(listener).with_context(|| format!("connecting to {listener}"))?;
        let request = json!({ "stderr": stderr.path() });
        (&connection).write_all(format!("{request}\n").as_bytes())?;
        let mut line = String::new();
        BufReader::new(&connection).read_line(&mut line)?;
        let stderr = stderr.into_file();
        if line.is_empty() {
            bail!("it ended before it was ready:\n{}", tail(&stderr));
        }
        match serde_json::from_str(&line).with_context(|| format!("it replied {line}"))? {
            Reply::Failed { error } => bail!("{error}"),
            Reply::Serving(serving) => Ok(Self {
                connection,
                stderr,
                serving,
            }),
        }
    }

    /// Where it serves.
    pub(crate) fn endpoint(&self) -> &str {
        &self.serving.endpoint
    }

    /// The end of what it wrote to standard error.
    pub(crate) fn stderr(&self) -> String {
        tail(&self.stderr)
    }

    /// Closes the connection, and waits until the fork's end closes it too.
    fn end(&self) -> Result<()> {
        self.connection.shutdown(Shutdown::Write)?;
        self.connection.set_read_timeout(Some(GRACE))?;
        while (&self.connection).read(&mut [0; 64])? > 0 {}
        Ok(())
    }
}

impl Drop for Fork {
    fn drop(&mut self) {
        if self.end().is_err() {
            signal("-KILL", self.serving.process);
        }
    }
}

/// The address of the fork server's listener.
fn prepared() -> Result<String> {
    let mut server = FORK_SERVER.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(running) = &*server {
        return Ok(running.listener.clone());
    }
    let started = start()?;
    let listener = started.listener.clone();
    *server = Some(started);
    Ok(listener)
}

fn start() -> Result<ForkServer> {
    let mut command = Command::new(venv::python("moto.txt")?);
    command
        .args(["-m", "rootwatch_lab"])
        .current_dir(venv::python_folder())
        .env_remove("PYTHONPATH")
        .env_remove("MOTO_ACCOUNT_ID");
    let mut server = Server::start(&mut command)?;
    let listener = server.first_line()?;
    Ok(ForkServer {
        _server: server,
        listener,
    })
}
