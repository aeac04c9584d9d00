//! Where results go: stdout, as text or JSON. Only this and the progress write to a stream.

use crate::cli::{Color, OutputForm};
use anyhow::{Context, Result};
use serde::Serialize;
use std::io::{BufRead, IsTerminal, Write};

/// The form of what is printed, and how much of it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Output {
    pub(crate) form: OutputForm,
    pub(crate) verbose: bool,
    /// Whether what is fine need not be said.
    pub(crate) quiet: bool,
}

impl Output {
    /// Prints a result: the text for people, or the value for programs.
    pub(crate) fn result(self, text: &str, value: &impl Serialize) -> Result<()> {
        match self.form {
            OutputForm::Text => self.text(text),
            OutputForm::Json => {
                let json = serde_json::to_string_pretty(value).context("writing JSON")?;
                self.text(&format!("{json}\n"))
            }
        }
    }

    /// Prints text on stdout. A reader that has gone away is no error.
    pub(crate) fn text(self, text: &str) -> Result<()> {
        match anstream::stdout().write_all(text.as_bytes()) {
            Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
                Err(error).context("writing to standard output")
            }
            _ => Ok(()),
        }
    }
}

/// Sets colour for all streams.
pub(crate) fn set_color(color: Color) {
    match color {
        Color::Auto => anstream::ColorChoice::Auto,
        Color::Always => anstream::ColorChoice::Always,
        Color::Never => anstream::ColorChoice::Never,
    }
    .write_global();
}

/// Nobody said yes.
#[derive(Debug, thiserror::Error)]
#[error("nothing of this was done: {0}")]
pub(crate) struct NotConfirmed(&'static str);

/// Asks on the terminal for the given word; without a terminal nobody can answer.
pub(crate) async fn confirm(question: &str, word: &str, yes: bool) -> Result<()> {
    if yes {
        return Ok(());
    }
    if !std::io::stdin().is_terminal() {
        return Err(NotConfirmed("there is no terminal to ask on; --yes goes ahead").into());
    }
    write!(
        anstream::stderr(),
        "{question} Type \"{word}\" to go ahead: "
    )
    .context("asking")?;
    let answer = read_line().await.context("reading the answer")?;
    if answer.trim() == word {
        Ok(())
    } else {
        Err(NotConfirmed("the answer was another one").into())
    }
}

/// Reads a line on a thread of its own, so that Ctrl-C is heard meanwhile.
async fn read_line() -> Result<String> {
    let (send, answer) = tokio::sync::oneshot::channel();
    std::thread::spawn(move || {
        let mut line = String::new();
        let read = std::io::stdin().lock().read_line(&mut line);
        // Nobody listens any more once a run has ended.
        let _ = send.send(read.map(|_| line));
    });
    Ok(answer.await??)
}
