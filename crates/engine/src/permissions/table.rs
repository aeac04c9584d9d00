//! The rows of `table.tsv`: which call of which part of the work needs which action, on what, and what for.

use std::sync::LazyLock;

const TEXT: &str = include_str!("table.tsv");

/// What happens where it is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mark {
    /// The run fails, or cannot judge something.
    Required,
    /// The same, in those runs that ask for it.
    Seldom,
    /// The run goes on without it.
    Optional,
}

/// One row.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) part: &'static str,
    pub(super) mark: Mark,
    pub(super) actions: Vec<&'static str>,
    pub(super) on: &'static str,
    pub(super) purpose: &'static str,
}

/// All rows.
pub(super) static TABLE: LazyLock<Vec<Row>> =
    LazyLock::new(|| TEXT.lines().skip(1).filter_map(read).collect());

fn read(line: &'static str) -> Option<Row> {
    let cells: Vec<&str> = line.split('\t').collect();
    let [part, mark, actions, on, purpose] = cells[..] else {
        return None;
    };
    Some(Row {
        part,
        mark: match mark {
            "" => Mark::Required,
            "~" => Mark::Seldom,
            "?" => Mark::Optional,
            _ => return None,
        },
        actions: actions.split(' ').collect(),
        on,
        purpose,
    })
}

/// Whether each line is a row.
#[cfg(test)]
pub(super) fn is_whole() -> bool {
    TABLE.len() == TEXT.lines().count() - 1
}
