//! The operator at the terminal, who is shown plans on stderr, and asked before anything is changed.

use crate::output::to_stderr;
use crate::{input, progress, report};
use anyhow::Result;
use futures_util::future::LocalBoxFuture;
use rootwatch_engine::{NotConfirmed, Operator, Progress, Question, View};
use std::io::IsTerminal;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Shows by the progress, and asks on the terminal.
pub(crate) struct Person {
    pub(crate) progress: Arc<dyn Progress>,
    /// Whether plans show what is unchanged, too.
    pub(crate) verbose: bool,
    /// Whether everything is confirmed without asking.
    pub(crate) yes: bool,
    /// Whether something was confirmed before, and so may have been done.
    pub(crate) has_confirmed: AtomicBool,
}

impl Operator for Person {
    fn show(&self, view: &View<'_>) {
        let text = report::view(view, self.verbose);
        if !text.is_empty() {
            self.progress.message(text.trim_end());
        }
    }

    fn confirm<'a>(&'a self, question: &'a Question<'a>) -> LocalBoxFuture<'a, Result<()>> {
        if self.yes {
            let text = report::confirmed_unasked(question);
            if !text.is_empty() {
                self.progress.message(&text);
            }
            return Box::pin(async { Ok(()) });
        }
        let (question, word) = report::question(question);
        Box::pin(async move {
            let confirmed = confirm(&question, &word).await;
            let is_rest = self
                .has_confirmed
                .fetch_or(confirmed.is_ok(), Ordering::Relaxed);
            confirmed.map_err(|error| match error.downcast::<NotConfirmed>() {
                Ok(not) if is_rest => not.of_the_rest().into(),
                Ok(not) => not.into(),
                Err(error) => error,
            })
        })
    }
}

/// Asks on the terminal for the given word; without a terminal nobody can answer.
async fn confirm(question: &str, word: &str) -> Result<()> {
    progress::make_room();
    if !std::io::stdin().is_terminal() {
        return Err(NotConfirmed::unasked(
            "there is no terminal for the question; add --yes to confirm",
        )
        .into());
    }
    to_stderr(&format!("{question} Type \"{word}\" to confirm: "));
    // A terminal that is closed ends the reading too.
    let answer = input::line().await.map_err(|error| {
        NotConfirmed::unasked(&format!("the answer could not be read: {error:#}"))
    })?;
    Ok(judge(&answer, word)?)
}

/// Only the word itself confirms. Pure.
fn judge(answer: &str, word: &str) -> Result<(), NotConfirmed> {
    match answer.trim() == word {
        true => Ok(()),
        false => Err(NotConfirmed::answered_otherwise(word)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rootwatch_engine::hub::{Lost, Subject};

    #[test]
    fn an_answer_other_than_the_word_says_what_to_type() {
        assert!(judge("yes\n", "yes").is_ok());
        for (answer, word) in [("y", "yes"), ("", "yes"), ("Yes", "yes"), ("1", "2")] {
            let not = judge(answer, word).unwrap_err();
            let wanted = format!("Not confirmed: type {word} in full. Nothing was changed.");
            assert_eq!(not.to_string(), wanted);
            let shown = report::error(&not.into());
            assert!(!shown.contains("error:"), "{shown}");
        }
    }

    #[test]
    fn whoever_stops_being_notified_is_confirmed_by_their_number() {
        let lost = Lost {
            subscriber: "email a@example.com".into(),
            subjects: vec![Subject::Alerts],
            until_confirmed: Vec::new(),
        };
        let two = [lost.clone(), lost];
        let (question, word) = report::question(&Question::StopNotifying(&two));
        assert_eq!(
            (question.as_str(), word.as_str()),
            ("2 subscribers are no longer notified.", "2")
        );
        // --yes answers this too, but never in silence.
        let said = report::confirmed_unasked(&Question::StopNotifying(&two));
        assert!(said.contains("Confirmed by --yes: 2 subscribers"), "{said}");
        assert_eq!(report::confirmed_unasked(&Question::MakeChanges), "");
    }
}
