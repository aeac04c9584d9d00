//! How a run ended.

use crate::aws::error::is_stopped;
use anyhow::Error;

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// All of it was done, or there was nothing to do.
    Done,
    /// Something remains to be done by people, as the report says.
    Waiting,
    /// Something failed.
    Failed,
    /// It was not confirmed.
    NotConfirmed,
    /// It was stopped.
    Interrupted,
}

impl End {
    /// The end of a run that failed with an error.
    #[must_use]
    pub fn of(error: &Error) -> Self {
        if error.is::<NotConfirmed>() {
            Self::NotConfirmed
        } else if is_stopped(error) {
            Self::Interrupted
        } else {
            Self::Failed
        }
    }
}

impl From<&crate::apply::Unfinished> for End {
    fn from(unfinished: &crate::apply::Unfinished) -> Self {
        match unfinished {
            crate::apply::Unfinished::Failed(_) => Self::Failed,
            crate::apply::Unfinished::Interrupted => Self::Interrupted,
        }
    }
}

/// The question was not confirmed.
#[derive(Debug, thiserror::Error)]
#[error("Not confirmed: {why}. {left}")]
pub struct NotConfirmed {
    why: String,
    left: &'static str,
}

impl NotConfirmed {
    /// Nobody was asked.
    #[must_use]
    pub fn unasked(why: &str) -> Self {
        Self {
            why: why.to_owned(),
            left: "Nothing was changed.",
        }
    }

    /// The answer was not the word that confirms, and nothing was changed before the question.
    #[must_use]
    pub fn answered_otherwise(word: &str) -> Self {
        Self {
            why: format!("type {word} in full"),
            left: "Nothing was changed.",
        }
    }

    /// The same, after a part that was confirmed before.
    #[must_use]
    pub fn of_the_rest(self) -> Self {
        Self {
            left: "The rest was not done.",
            ..self
        }
    }
}
