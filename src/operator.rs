//! The operator at the terminal, who is shown plans on stderr, and asked before anything is changed.

use crate::report;
use anyhow::{Context, Result};
use futures_util::future::LocalBoxFuture;
use rootwatch_engine::{NotConfirmed, Operator, Progress, Question, View};
use std::io::{BufRead, IsTerminal, Write};
use std::sync::Arc;

/// Shows by the progress, and asks on the terminal.
pub(crate) struct Person {
    pub(crate) progress: Arc<dyn Progress>,
    /// Whether plans show what is unchanged, too.
    pub(crate) verbose: bool,
    /// Whether everything is confirmed without asking.
    pub(crate) yes: bool,
}

impl Operator for Person {
    fn show(&self, view: &View<'_>) {
        let text = report::view(view, self.verbose);
        if !text.is_empty() {
            self.progress.message(text.trim_end());
        }
    }

    fn confirm<'a>(&'a self, question: &'a Question<'a>) -> LocalBoxFuture<'a, Result<()>> {
        let (question, word) = report::question(question);
        Box::pin(async move { confirm(&question, &word, self.yes).await })
    }
}

/// Asks on the terminal for the given word; without a terminal nobody can answer.
async fn confirm(question: &str, word: &str, yes: bool) -> Result<()> {
    if yes {
        return Ok(());
    }
    if !std::io::stdin().is_terminal() {
        return Err(NotConfirmed("there is no terminal to ask on; --yes confirms").into());
    }
    write!(
        anstream::stderr(),
        "{question} Type \"{word}\" to confirm: "
    )
    .context("asking")?;
    let answer = read_line().await.context("reading the answer")?;
    if answer.trim() == word {
        Ok(())
    } else {
        Err(NotConfirmed("not confirmed").into())
    }
}

/// Reads a line on a thread of its own, so that Ctrl-C works meanwhile.
async fn read_line() -> Result<String> {
    let (send, answer) = tokio::sync::oneshot::channel();
    std::thread::spawn(move || {
        let mut line = String::new();
        let read = std::io::stdin().lock().read_line(&mut line);
        // The receiver is gone once a run has ended.
        let _ = send.send(read.map(|_| line));
    });
    Ok(answer.await??)
}
