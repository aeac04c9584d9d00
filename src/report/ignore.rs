//! Findings that somebody accepts, and what was accepted in vain, as text.

use super::YELLOW;
use rootwatch_engine::ignore::{Accepted, Finding};
use rootwatch_engine::{Ignore, one_line};
use std::fmt::Write;

/// How many of one kind and reason are accepted; each of them with `verbose`.
pub(crate) fn accepted<T: Finding>(
    all: &[Accepted<T>],
    shown: impl Fn(&T) -> String,
    verbose: bool,
) -> String {
    let mut text = String::new();
    if all.is_empty() {
        return text;
    }
    let _ = writeln!(text, "{YELLOW}Accepted{YELLOW:#}: {}", all.len());
    if verbose {
        for it in all {
            let finding = shown(&it.finding);
            let _ = writeln!(text, "  ~ {}{finding}: {}", id(it), reason(it));
        }
        return text;
    }
    let mut counts: Vec<(String, usize)> = Vec::new();
    for it in all {
        let kind = format!("{}{}", id(it), reason(it));
        match counts.iter_mut().find(|(known, _)| *known == kind) {
            Some((_, count)) => *count += 1,
            None => counts.push((kind, 1)),
        }
    }
    for (kind, count) in counts {
        let _ = match count {
            1 => writeln!(text, "  ~ {kind}"),
            many => writeln!(text, "  ~ {kind} ({many} findings)"),
        };
    }
    text
}

fn id<T: Finding>(accepted: &Accepted<T>) -> String {
    let id = accepted.finding.id();
    id.map(|id| format!("{id} ")).unwrap_or_default()
}

fn reason<T>(accepted: &Accepted<T>) -> String {
    format!(
        "accepted, {} ({})",
        one_line(&accepted.reason),
        accepted.source
    )
}

/// What accepted nothing.
pub(crate) fn unused(all: &[Ignore]) -> String {
    let line = |it: &Ignore| {
        format!(
            "Nothing found for the accepted {it} ({}): it may be gone, and then this can be taken out.\n",
            it.source
        )
    };
    all.iter().map(line).collect()
}
