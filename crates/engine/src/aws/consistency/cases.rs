//! Errors that pass with time, each by its operation, its code and a part of its message: the rows of `cases.tsv`.
//!
//! Not there is what the SDK repeats by itself (throttling, errors of 500 and more), and what more often means a missing
//! permission than a new one: waiting would only hide it.

use std::sync::LazyLock;
use std::time::Duration;

/// The table: operation, code, part of the message, what is waited for, seconds, source; one row a line, the first of
/// which is its head.
const TABLE: &str = include_str!("cases.tsv");

/// An error that passes with time.
#[derive(Debug)]
pub struct Case {
    /// An operation as an IAM action, or with a colon at its end all of a service's.
    pub operation: &'static str,
    /// AWS's code.
    pub code: &'static str,
    /// Part of the message; several causes share one code.
    pub message: &'static str,
    /// What is waited for; follows "waiting for".
    pub awaited: &'static str,
    /// After this long it counts as an error.
    pub patience: Duration,
    /// Who has seen or documented it.
    pub source: &'static str,
}

impl Case {
    /// Whether an operation can meet it.
    #[must_use]
    pub fn is_of(&self, operation: &str) -> bool {
        match self.operation.ends_with(':') {
            true => operation.starts_with(self.operation),
            false => operation == self.operation,
        }
    }
}

/// All cases; the first that fits is the one.
pub static CASES: LazyLock<Vec<Case>> = LazyLock::new(|| TABLE.lines().filter_map(read).collect());

fn read(line: &'static str) -> Option<Case> {
    let cells: Vec<&str> = line.split('\t').collect();
    let [operation, code, message, awaited, seconds, source] = cells[..] else {
        return None;
    };
    Some(Case {
        operation,
        code,
        message,
        awaited,
        patience: Duration::from_secs(seconds.parse().ok()?),
        source,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_whole() {
        assert_eq!(CASES.len(), TABLE.lines().count() - 1);
        for case in CASES.iter() {
            let is_whole = |text: &str| !text.is_empty() && text.trim() == text;
            assert!(is_whole(case.code) && is_whole(case.awaited), "{case:?}");
            assert!(
                is_whole(case.source) && !case.patience.is_zero(),
                "{case:?}"
            );
            assert!(case.operation.contains(':'), "{case:?}");
        }
    }

    #[test]
    fn no_row_is_hidden_by_another() {
        for (at, case) in CASES.iter().enumerate() {
            let hides = |other: &&Case| {
                other.is_of(case.operation)
                    && case.code == other.code
                    && case.message.contains(other.message)
            };
            assert!(CASES[..at].iter().find(hides).is_none(), "{case:?}");
        }
    }
}
