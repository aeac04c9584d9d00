//! Copies of a prepared process, which `python/rootwatch_lab/forks.py` makes.

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

/// The process that all labs of this one are copies of. It is made at the first need, and ends with this process.
static PREPARED: Mutex<Option<Prepared>> = Mutex::new(None);

struct Prepared {
    /// Holds the pipe that the process ends with.
    _server: Server,
    door: String,
}

/// A running copy of a process; it ends with this value, and with this process, however that ends.
#[derive(Debug)]
pub(crate) struct Copy {
    /// The copy ends when this closes.
    life: TcpStream,
    errors: File,
    answer: Answer,
}

/// What a copy says when it serves.
#[derive(Debug, Deserialize)]
struct Answer {
    endpoint: String,
    /// Where copies of the copy are asked for.
    door: String,
    process: u32,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Reply {
    Serves(Answer),
    Failed { error: String },
}

impl Copy {
    /// A lab in which nothing has happened yet.
    pub(crate) fn of_prepared() -> Result<Self> {
        Self::at(&prepared_door()?).context("copying the prepared process of the lab")
    }

    /// The same lab once more, as it is now.
    pub(crate) fn again(&self) -> Result<Self> {
        let endpoint = self.endpoint();
        Self::at(&self.answer.door).with_context(|| format!("copying the lab at {endpoint}"))
    }

    fn at(door: &str) -> Result<Self> {
        // The copy opens the file by its name, and after that nobody needs it.
        let named = NamedTempFile::new().context("making a file for a lab's errors")?;
        let life = TcpStream::connect(door).with_context(|| format!("connecting to {door}"))?;
        let request = json!({ "errors": named.path() });
        (&life).write_all(format!("{request}\n").as_bytes())?;
        let mut line = String::new();
        BufReader::new(&life).read_line(&mut line)?;
        let errors = named.into_file();
        if line.is_empty() {
            bail!("it ended before it was ready:\n{}", tail(&errors));
        }
        match serde_json::from_str(&line).with_context(|| format!("it answered {line}"))? {
            Reply::Failed { error } => bail!("{error}"),
            Reply::Serves(answer) => Ok(Self {
                life,
                errors,
                answer,
            }),
        }
    }

    /// Where it serves.
    pub(crate) fn endpoint(&self) -> &str {
        &self.answer.endpoint
    }

    /// The end of what it wrote to standard error.
    pub(crate) fn complaint(&self) -> String {
        tail(&self.errors)
    }

    /// Closes the connection, and waits for the other side to do so: that is when the process has ended.
    fn end(&self) -> Result<()> {
        self.life.shutdown(Shutdown::Write)?;
        self.life.set_read_timeout(Some(GRACE))?;
        while (&self.life).read(&mut [0; 64])? > 0 {}
        Ok(())
    }
}

impl Drop for Copy {
    fn drop(&mut self) {
        if self.end().is_err() {
            signal("-KILL", self.answer.process);
        }
    }
}

fn prepared_door() -> Result<String> {
    let mut prepared = PREPARED.lock().unwrap_or_else(PoisonError::into_inner);
    if prepared.is_none() {
        *prepared = Some(prepare()?);
    }
    Ok(prepared
        .as_ref()
        .map_or_else(String::new, |it| it.door.clone()))
}

fn prepare() -> Result<Prepared> {
    let mut command = Command::new(venv::python("moto.txt")?);
    command
        .args(["-m", "rootwatch_lab"])
        .current_dir(venv::python_folder())
        .env_remove("PYTHONPATH")
        .env_remove("MOTO_ACCOUNT_ID");
    let mut server = Server::start(&mut command)?;
    let door = server.first_line()?;
    Ok(Prepared {
        _server: server,
        door,
    })
}
